//! Google Cloud DNS: gcloud commands, and Terraform's google provider.

use super::hcl::{self, Block};
use super::{Facts, Format, Place, Proof, rdata, shell};
use crate::dns::record::{RData, Rr};
use crate::error::Hinted;
use crate::rocketchat::records::Plan;

const FACTS: Facts = Facts {
    txt: "quoted strings of at most 255 bytes; without quotes it is cut at each blank",
    owner: "in full, with a final dot",
    target: "with a final dot",
    ttl: "seconds",
    limits: &[],
    proof: Proof::Unverified,
    source: "gcloud reference, dns record-sets create; Terraform's google_dns_record_set",
};

pub const GCLOUD: Format = Format {
    id: "gcloud",
    title: "Google Cloud DNS, gcloud commands",
    next: "put the name of the managed zone instead of ZONE; where a record set exists, write update instead of create",
    prints_sizes: false,
    write: write_gcloud,
    read: read_gcloud,
    facts: FACTS,
};

pub const TERRAFORM: Format = Format {
    id: "terraform-google",
    title: "Terraform, google provider",
    next: "declare the variable managed_zone, or enter the zone's name there; then: terraform plan",
    prints_sizes: false,
    write: write_terraform,
    read: read_terraform,
    facts: FACTS,
};

fn write_gcloud(plan: &Plan) -> Result<String, Hinted> {
    let line = |record: &crate::rocketchat::records::Record| {
        format!(
            "gcloud dns record-sets create {}. --zone=ZONE --type={} --ttl={} {}\n",
            record.owner,
            record.data.kind(),
            record.ttl,
            shell::flag("--rrdatas", &listed(&rdata::any(&record.data)))
        )
    };
    Ok(plan.set.records.iter().map(line).collect())
}

/// A list of one. gcloud cuts lists at commas, unless the list names another delimiter between two carets.
fn listed(value: &str) -> String {
    if !value.contains(',') {
        return value.to_owned();
    }
    let mut delimiter = String::from("|");
    while value.contains(&delimiter) {
        delimiter.push('|');
    }
    format!("^{delimiter}^{value}")
}

fn read_gcloud(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let mut records = Vec::new();
    for line in shell::lines(text)? {
        let [_, _, _, verb, name, ..] = line.words.as_slice() else { continue };
        if !line.starts_with(&["gcloud", "dns", "record-sets"]) || !matches!(&*verb.text, "create" | "update") {
            continue;
        }
        let ttl = line.value_or_empty(&["--ttl"]).seconds()?;
        let (kind, list) = (line.value_or_empty(&["--type"]).text, line.value_or_empty(&["--rrdatas"]));
        for value in unlisted(&list.text) {
            records.push(Rr { name: place.full(&name.text), ttl, data: list.read(|_| data(&kind, value))? });
        }
    }
    Ok(records)
}

fn unlisted(list: &str) -> impl Iterator<Item = &str> {
    let named = list.strip_prefix('^').and_then(|rest| rest.split_once('^'));
    let (delimiter, list) = named.unwrap_or((",", list));
    list.split(delimiter)
}

fn data(kind: &str, value: &str) -> Result<RData, Hinted> {
    match kind {
        "SRV" => rdata::read_srv(value),
        "TXT" => rdata::read_txt(value),
        "CNAME" => Ok(RData::Cname(rdata::host(value))),
        other => Ok(RData::Other(other.to_owned())),
    }
}

fn write_terraform(plan: &Plan) -> Result<String, Hinted> {
    let block = |record: &crate::rocketchat::records::Record| {
        Block::resource("google_dns_record_set", &plan.set, record)
            .raw("managed_zone", "var.managed_zone")
            .text("name", &format!("{}.", record.owner))
            .text("type", record.data.kind())
            .number("ttl", record.ttl)
            .raw("rrdatas", &format!("[{}]", hcl::string(&rdata::any(&record.data))))
            .end()
    };
    Ok(plan.set.records.iter().map(block).collect::<Vec<_>>().join("\n"))
}

fn read_terraform(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let mut records = Vec::new();
    let file = hcl::resources(text, &["google_dns_record_set"])?;
    for body in hcl::bodies(&file) {
        for value in body.get("rrdatas").items() {
            let data = value.read(|value| data(body.get("type").text(), value))?;
            records.push(Rr { name: place.full(body.get("name").text()), ttl: body.get("ttl").ttl()?, data });
        }
    }
    Ok(records)
}
