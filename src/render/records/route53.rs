//! Amazon Route 53: what to type into the console, and the change batch that its API and the aws command take.

use serde_json::{Value, json};

use super::form::{Block, Boxes, leading_seconds};
use super::{Facts, Format, Limit, Measure, Place, Proof, human, rdata};
use crate::error::Hinted;
use crate::federation::facts::{Rr, RrData};
use crate::federation::record::{Plan, Record};

const LIMITS: &[Limit] = &[Limit {
    measure: Measure::QuotedTxt,
    max: 4000,
    proof: Proof::Read("2026-11-23"),
    source: "Route 53 API reference, ResourceRecord",
}];
const FACTS: Facts = Facts {
    txt: "quoted strings of at most 255 characters on ONE line; each line of the console's box becomes a record",
    owner: "in full; the console appends the zone",
    target: "the final dot is optional",
    ttl: "seconds",
    limits: LIMITS,
    proof: Proof::Ran("2026-11-23"),
    source: "Route 53 API reference; botocore's schema; moto's Route 53 server",
};

pub const CONSOLE: Format = Format {
    id: "route53",
    title: "Route 53 console",
    next: "",
    tells_sizes: true,
    write: write_console,
    read: read_console,
    facts: FACTS,
};

pub const BATCH: Format = Format {
    id: "route53-batch",
    title: "Route 53 change batch",
    next: "aws route53 change-resource-record-sets --hosted-zone-id ZONEID --change-batch file://batch.json",
    tells_sizes: false,
    write: |plan| Ok(super::json::text(&batch(plan))),
    read: read_batch,
    facts: FACTS,
};

const BOXES: Boxes = Boxes {
    kind: "Record type",
    name: "Record name",
    value: "Value",
    strings: strings_in_quotes,
    ttl: leading_seconds,
};

fn write_console(plan: &Plan) -> Result<String, Hinted> {
    let set = &plan.set;
    let mut out = format!("Route 53 console, hosted zone {}: Create record, once for each block.\n\n", set.zone);
    for record in &set.records {
        let name = Some(set.relative(&record.owner)).filter(|name| *name != "@").unwrap_or_default();
        let mut block = Block::default()
            .row("Record name", name)
            .row("Record type", record.data.kind())
            .row("Value", rdata::any(&record.data))
            .row("TTL", record.ttl);
        if record.data.kind() == "TXT" {
            block = block.row("Size", human::size(&record.data));
        }
        out += &block.row("Why", record.reason).row("Read by", record.read_by).text();
    }
    out += "The Value of the key is ONE line with both pieces in it. On two lines, as the guide shows it,\n";
    out += "the console makes two records, and peers read only the one that comes first: half a key.\n";
    Ok(out)
}

fn read_console(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    super::form::read(text, place, &BOXES)
}

/// Route 53 refuses a string without quotes.
pub fn strings_in_quotes(value: &str) -> Result<RrData, Hinted> {
    if !value.starts_with('"') {
        return Err(Hinted::new(
            "Route 53 refuses this value: `InvalidCharacterString`, it should be enclosed in quotation marks",
            "write it as `fedctl records --format route53` does",
        ));
    }
    rdata::read_txt(value)
}

/// The change batch as a value.
pub fn batch(plan: &Plan) -> Value {
    let change = |record: &Record| {
        json!({
            "Action": "UPSERT",
            "ResourceRecordSet": {
                "Name": format!("{}.", record.owner),
                "Type": record.data.kind(),
                "TTL": record.ttl,
                "ResourceRecords": [{ "Value": rdata::any(&record.data) }],
            }
        })
    };
    json!({
        "Comment": format!("Rocket.Chat federation for {}", plan.set.domain),
        "Changes": plan.set.records.iter().map(change).collect::<Vec<_>>(),
    })
}

/// Reads a change batch, or what `list-resource-record-sets` exports.
pub fn read_batch(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let value = super::json::parse(text)?;
    let sets: Vec<&Value> = match (value["Changes"].as_array(), value["ResourceRecordSets"].as_array()) {
        (Some(changes), _) => {
            let kept = changes.iter().filter(|change| change["Action"] != "DELETE");
            kept.map(|change| &change["ResourceRecordSet"]).collect()
        }
        (_, Some(sets)) => sets.iter().collect(),
        _ => {
            let hint = "`fedctl records --format route53-batch` prints one";
            return Err(Hinted::new("this JSON holds neither `Changes` nor `ResourceRecordSets`", hint));
        }
    };
    let mut records = Vec::new();
    for set in sets {
        let name = place.full(set["Name"].as_str().unwrap_or_default());
        let ttl = super::json::ttl(&set["TTL"])?;
        for value in set["ResourceRecords"].as_array().into_iter().flatten() {
            let value = value["Value"].as_str().unwrap_or_default();
            let data = match set["Type"].as_str().unwrap_or_default() {
                "SRV" => rdata::read_srv(value)?,
                "TXT" => strings_in_quotes(value)?,
                "CNAME" => RrData::Cname(rdata::host(value)),
                other => RrData::Other(other.to_owned()),
            };
            records.push(Rr { name: name.clone(), ttl, data });
        }
    }
    Ok(records)
}
