//! Web forms of GoDaddy, Namecheap and Hetzner, and Terraform's hcloud provider.

use super::form::{self, Block, Boxes, about};
use super::{Facts, Format, Limit, Measure, Place, Proof, field, hcl, rdata};
use crate::count::counted;
use crate::dns::record::{RData, Rr};
use crate::error::Hinted;
use crate::rocketchat::records::{Data, Plan, Record, RecordSet};

const HETZNER_FACTS: Facts = Facts {
    txt: "quoted strings of at most 255 characters on one line",
    owner: "relative to the zone",
    target: "with a final dot",
    ttl: "seconds",
    limits: &[],
    proof: Proof::Read("2026-11-23"),
    source: "Hetzner Cloud DNS documentation; Terraform registry, hcloud_zone_rrset",
};

pub const HETZNER: Format = Format {
    id: "hetzner",
    title: "Hetzner console",
    next: "",
    prints_sizes: true,
    write: write_hetzner,
    read: |text, place| form::read(text, place, &HETZNER_BOXES),
    facts: HETZNER_FACTS,
};

pub const TERRAFORM_HETZNER: Format = Format {
    id: "terraform-hetzner",
    title: "Terraform, hcloud provider",
    next: "terraform plan",
    prints_sizes: false,
    write: write_terraform,
    read: read_terraform,
    facts: HETZNER_FACTS,
};

pub const GODADDY: Format = Format {
    id: "godaddy",
    title: "GoDaddy form",
    next: "",
    prints_sizes: true,
    write: write_godaddy,
    read: |text, place| form::read(text, place, &GODADDY_BOXES),
    facts: Facts {
        txt: "in one piece without quotes, ASCII",
        owner: "relative to the zone; SRV has boxes for service and protocol",
        target: "without the final dot",
        ttl: "seconds, under Custom",
        limits: &[Limit {
            measure: Measure::Txt,
            max: 1024,
            proof: Proof::Read("2026-11-23"),
            source: "GoDaddy help article 19232",
        }],
        proof: Proof::Unverified,
        source: "GoDaddy help article 19232; the names of the SRV boxes are from memory",
    },
};

pub const NAMECHEAP: Format = Format {
    id: "namecheap",
    title: "Namecheap form",
    next: "",
    prints_sizes: true,
    write: write_namecheap,
    read: |text, place| form::read(text, place, &NAMECHEAP_BOXES),
    facts: Facts {
        txt: "in one piece; a double quote cannot be stored",
        owner: "relative to the zone; SRV has boxes for service and protocol and none for a name",
        target: "without the final dot",
        ttl: "minutes",
        limits: &[
            Limit { measure: Measure::Txt, max: 2500, proof: Proof::Read("2026-11-23"), source: NAMECHEAP_SOURCE },
            Limit { measure: Measure::TxtOwner, max: 60, proof: Proof::Read("2026-11-23"), source: NAMECHEAP_SOURCE },
            Limit { measure: Measure::SrvTarget, max: 29, proof: Proof::Read("2026-11-23"), source: NAMECHEAP_SOURCE },
        ],
        proof: Proof::Read("2026-11-23"),
        source: "Namecheap knowledge base 10058; dnscontrol, providers/namecheap",
    },
};
const NAMECHEAP_SOURCE: &str = "Namecheap knowledge base 10058";

const HETZNER_BOXES: Boxes =
    Boxes { kind: "Type", name: "Name", value: "Value", strings: rdata::read_txt, ttl: form::leading_seconds };
const GODADDY_BOXES: Boxes =
    Boxes { kind: "Type", name: "Name", value: "Value", strings: form::whole, ttl: form::leading_seconds };
const NAMECHEAP_BOXES: Boxes = Boxes { kind: "Type", name: "Host", value: "Value", strings: form::whole, ttl: minutes };

fn minutes(text: &str) -> Result<u32, Hinted> {
    let count = field::seconds(text.trim_end_matches("min").trim())?;
    count.checked_mul(60).ok_or_else(|| Hinted::new(format!("`{text}` is not a TTL"), "write minutes, as in `60 min`"))
}

/// The labels `_rocketchat` and `_tcp` of an SRV name, and what is left of it in the zone.
fn labels<'a>(set: &RecordSet, owner: &'a str) -> (&'a str, &'a str, &'a str) {
    let mut parts = set.relative(owner).splitn(3, '.');
    let mut next = || parts.next();
    (next().unwrap_or_default(), next().unwrap_or_default(), next().unwrap_or("@"))
}

/// Forms without quotes cannot hold every value.
fn unquoted(data: &Data, provider: &str) -> Result<String, Hinted> {
    let text = rdata::plain(data)?;
    let edges = text.starts_with(' ') || text.ends_with(' ') || text.contains("  ") || text.is_empty();
    if edges || text.contains('"') {
        let what = format!("{provider} cannot hold an empty value, a quote, or blanks that it would trim");
        return Err(Hinted::new(what, "use --format zone, and a DNS provider that takes zone files"));
    }
    Ok(text)
}

fn write_hetzner(plan: &Plan) -> Result<String, Hinted> {
    let mut out = format!("Hetzner console, DNS, {}: Add record, once for each block.\n\n", plan.set.zone);
    for record in &plan.set.records {
        let block = Block::default()
            .row("Type", record.data.kind())
            .row("Name", plan.set.relative(&record.owner))
            .row("Value", rdata::any(&record.data))
            .row("TTL", form::ttl(record.ttl));
        out += &about(block, record).text();
    }
    Ok(out + &form::note("The Value of the key is one line with both pieces in it, quotes included, in ONE record."))
}

fn write_godaddy(plan: &Plan) -> Result<String, Hinted> {
    let mut out = format!("GoDaddy, DNS of {}: Add New Record, once for each block.\n\n", plan.set.zone);
    for record in &plan.set.records {
        let block = Block::default().row("Type", record.data.kind());
        let block = match &record.data {
            Data::Srv { priority, weight, port, target } => {
                let (service, protocol, name) = labels(&plan.set, &record.owner);
                let block = block.row("Service", service).row("Protocol", protocol).row("Name", name);
                block.row("Target", target).row("Priority", priority).row("Weight", weight).row("Port", port)
            }
            data => block.row("Name", plan.set.relative(&record.owner)).row("Value", unquoted(data, "GoDaddy's form")?),
        };
        out += &about(block.row("TTL", form::ttl(record.ttl)), record).text();
    }
    Ok(out + "Never type the zone into a name: the form appends it.\n")
}

fn write_namecheap(plan: &Plan) -> Result<String, Hinted> {
    let mut out = format!("Namecheap, Advanced DNS of {}: Add new record, once for each block.\n\n", plan.set.zone);
    for record in &plan.set.records {
        if !record.ttl.is_multiple_of(60) || record.ttl == 0 {
            let what =
                format!("Namecheap takes a TTL in whole minutes, and this one is {}", counted(record.ttl, "second"));
            return Err(Hinted::new(what, "give a --ttl such as 3600"));
        }
        let block = Block::default().row("Type", record.data.kind());
        let block = match &record.data {
            Data::Srv { priority, weight, port, target } => {
                let (service, protocol, name) = labels(&plan.set, &record.owner);
                if name != "@" {
                    let what =
                        format!("Namecheap's SRV form has no box for a name, and the record belongs to `{name}`");
                    return Err(Hinted::new(
                        what,
                        format!("federate as {}, or host the zone elsewhere", plan.set.zone),
                    ));
                }
                let block = block.row("Service", service).row("Protocol", protocol);
                block.row("Priority", priority).row("Weight", weight).row("Port", port).row("Target", target)
            }
            data => {
                block.row("Host", plan.set.relative(&record.owner)).row("Value", unquoted(data, "Namecheap's form")?)
            }
        };
        out += &about(block.row("TTL", format!("{} min", record.ttl / 60)), record).text();
    }
    Ok(out + "Never type the zone into Host: the form appends it.\n")
}

fn write_terraform(plan: &Plan) -> Result<String, Hinted> {
    let block = |record: &Record| {
        hcl::Block::resource("hcloud_zone_rrset", &plan.set, record)
            .text("zone", plan.set.zone.as_str())
            .text("name", plan.set.relative(&record.owner))
            .text("type", record.data.kind())
            .number("ttl", record.ttl)
            .raw("records", &format!("[{{ value = {} }}]", hcl::string(&rdata::any(&record.data))))
            .end()
    };
    Ok(plan.set.records.iter().map(block).collect::<Vec<_>>().join("\n"))
}

fn read_terraform(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let mut records = Vec::new();
    let file = hcl::resources(text, &["hcloud_zone_rrset"])?;
    for body in hcl::bodies(&file) {
        for record in body.get("records").items() {
            let data = record.get("value").read(|value| match body.get("type").text() {
                "SRV" => rdata::read_srv(value),
                "TXT" if !value.starts_with('"') => {
                    Err(Hinted::new("Hetzner refuses a TXT value without quotes", "write `\\\"` around each string"))
                }
                "TXT" => rdata::read_txt(value),
                other => Ok(RData::Other(other.to_owned())),
            })?;
            records.push(Rr { name: place.relative(body.get("name").text()), ttl: body.get("ttl").ttl()?, data });
        }
    }
    Ok(records)
}
