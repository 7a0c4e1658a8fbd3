//! Cloudflare: the API's JSON, the dashboard's boxes, and Terraform's cloudflare provider.

use serde_json::{Value, json};

use super::form::{self, Boxes};
use super::hcl;
use super::json::Node;
use super::{Facts, Format, Limit, Measure, Place, Proof, json, rdata};
use crate::dns::record::{RData, Rr};
use crate::error::Hinted;
use crate::rocketchat::records::{Data, Plan, Record};

const SOURCE: &str = "Cloudflare API reference, DNS records";
const LIMITS: &[Limit] = &[
    Limit { measure: Measure::Ttl, max: 86400, proof: Proof::Read("2026-11-23"), source: SOURCE },
    Limit { measure: Measure::TtlLeast, max: 60, proof: Proof::Read("2026-11-23"), source: SOURCE },
];
const FACTS: Facts = Facts {
    txt: "quoted strings; without quotes it is taken as one, cut by the server and flagged",
    owner: "in full in the API, relative on the dashboard",
    target: "without the final dot",
    ttl: "seconds; 1 is automatic",
    limits: LIMITS,
    proof: Proof::Read("2026-11-23"),
    source: "Cloudflare API reference, DNS records; terraform-provider-cloudflare issue 6354",
};

pub const API: Format = Format {
    id: "cloudflare",
    title: "Cloudflare, API body",
    next: "POST it to https://api.cloudflare.com/client/v4/zones/ZONEID/dns_records/batch; keep the address record of \
     the target unproxied (grey cloud)",
    prints_sizes: false,
    write: |plan| Ok(json::text(&json!({ "posts": plan.set.records.iter().map(object).collect::<Vec<_>>() }))),
    read: read_api,
    facts: FACTS,
};

pub const FIELDS: Format = Format {
    id: "cloudflare-fields",
    title: "Cloudflare, dashboard",
    next: "",
    prints_sizes: true,
    write: write_fields,
    read: |text, place| form::read(text, place, &BOXES),
    facts: FACTS,
};

pub const TERRAFORM: Format = Format {
    id: "terraform-cloudflare",
    title: "Terraform, cloudflare provider (5 and later)",
    next: "declare the variable zone_id, or enter the id there; then: terraform plan",
    prints_sizes: false,
    write: write_terraform,
    read: read_terraform,
    facts: FACTS,
};

const BOXES: Boxes = Boxes { kind: "Type", name: "Name", value: "Content", strings, ttl: form::leading_seconds };

fn object(record: &Record) -> Value {
    match &record.data {
        Data::Srv { priority, weight, port, target } => json!({
            "type": "SRV", "name": record.owner, "ttl": record.ttl,
            "data": { "priority": priority, "weight": weight, "port": port, "target": target },
        }),
        data => json!({ "type": "TXT", "name": record.owner, "ttl": record.ttl, "content": rdata::quoted(data) }),
    }
}

/// Reads a batch, a list, one record, or what the API lists.
fn read_api(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let value = json::parse(text)?;
    let root = value.root();
    let lists = ["posts", "puts", "patches", "result"];
    let found = match root.is_list() || !root.get("type").is_null() {
        true => root.items_or_itself(),
        false => lists.iter().flat_map(|list| root.get(list).items()).collect(),
    };
    found.iter().map(|record| record_of(record, &record.get("data"), &record.get("content"), place)).collect()
}

/// One record; Terraform's arguments have the same names.
fn record_of(record: &Node, data: &Node, content: &Node, place: &Place) -> Result<Rr, Hinted> {
    let data = match record.get("type").text() {
        "SRV" => data.srv(rdata::host(data.get("target").text()))?,
        "TXT" => content.read(strings)?,
        "CNAME" => RData::Cname(rdata::host(content.text())),
        other => RData::Other(other.to_owned()),
    };
    let name = place.full(record.get("name").text());
    // The API takes names relative to the zone too.
    let inside = name.parse::<crate::dns::name::Host>().is_ok_and(|host| host.is_within(place.zone))
        || name.ends_with(&format!(".{}", place.zone));
    let name = if inside { name } else { place.relative(&name) };
    Ok(Rr { name, ttl: record.get("ttl").ttl()?, data })
}

/// Quoted strings; a value without quotes is one whole, which Cloudflare cuts.
fn strings(content: &str) -> Result<RData, Hinted> {
    if content.starts_with('"') { rdata::read_txt(content) } else { form::whole(content) }
}

fn write_fields(plan: &Plan) -> Result<String, Hinted> {
    let set = &plan.set;
    let mut out = format!("Cloudflare dashboard, {}, DNS, Records: Add record, once for each block.\n\n", set.zone);
    for record in &set.records {
        let block = form::Block::default().row("Type", record.data.kind()).row("Name", set.relative(&record.owner));
        let block = match &record.data {
            Data::Srv { priority, weight, port, target } => {
                block.row("Priority", priority).row("Weight", weight).row("Port", port).row("Target", target)
            }
            data => block.row("Content", rdata::quoted(data)),
        };
        out += &form::about(block.row("TTL", form::ttl(record.ttl)), record).text();
    }
    out += &form::note(
        "Content is one line with both pieces in it, quotes included. The address record of the target must be DNS only \
         (grey cloud): behind the proxy peers meet other ports and another certificate.",
    );
    Ok(out)
}

fn write_terraform(plan: &Plan) -> Result<String, Hinted> {
    let block = |record: &Record| {
        let block = hcl::Block::resource("cloudflare_dns_record", &plan.set, record)
            .raw("zone_id", "var.zone_id")
            .text("name", &record.owner)
            .text("type", record.data.kind())
            .number("ttl", record.ttl);
        let block = match &record.data {
            Data::Srv { priority, weight, port, target } => {
                let target = hcl::string(target.as_str());
                let object =
                    format!("{{ priority = {priority}, weight = {weight}, port = {port}, target = {target} }}");
                block.raw("data", &object)
            }
            data => block.text("content", &rdata::quoted(data)),
        };
        block.end()
    };
    Ok(plan.set.records.iter().map(block).collect::<Vec<_>>().join("\n"))
}

fn read_terraform(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let file = hcl::resources(text, &["cloudflare_dns_record", "cloudflare_record"])?;
    let read = |body: &Node| {
        // Version 4 has a block where version 5 has an object, and `value` beside `content`.
        let data = body.get("data");
        let data = data.items().into_iter().next().unwrap_or(data);
        let content = Some(body.get("content")).filter(Node::is_text).unwrap_or_else(|| body.get("value"));
        record_of(body, &data, &content, place)
    };
    hcl::bodies(&file).iter().map(read).collect()
}
