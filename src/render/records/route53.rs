//! Amazon Route 53: what to type into the console, and the change batch that its API and the aws command take.

use serde_json::{Value, json};

use super::field::Placed;
use super::form::{Block, Boxes, about, leading_seconds, note};
use super::hcl;
use super::json::Node;
use super::shell;
use super::{Facts, Format, Limit, Measure, Place, Proof, rdata};
use crate::dns::record::{RData, Rr, STRING_MAX};
use crate::error::Hinted;
use crate::rocketchat::records::{Plan, Record};

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
    prints_sizes: true,
    write: write_console,
    read: read_console,
    facts: Facts {
        proof: Proof::Read("2026-11-23"),
        source: "Route 53 developer guide; public reports on the console",
        ..FACTS
    },
};

pub const BATCH: Format = Format {
    id: "route53-batch",
    title: "Route 53 change batch",
    next: "aws route53 change-resource-record-sets --hosted-zone-id ZONEID --change-batch file://batch.json",
    prints_sizes: false,
    write: |plan| Ok(super::json::text(&batch(plan))),
    read: read_batch,
    facts: FACTS,
};

pub const AWS_CLI: Format = Format {
    id: "aws-cli",
    title: "Route 53, aws command",
    next: "put the id of the hosted zone instead of ZONEID; then: aws route53 wait resource-record-sets-changed --id CHANGEID",
    prints_sizes: false,
    write: write_command,
    read: read_command,
    facts: FACTS,
};

pub const TERRAFORM: Format = Format {
    id: "terraform-aws",
    title: "Terraform, aws provider",
    next: "declare the variable zone_id, or enter the id there; then: terraform plan",
    prints_sizes: false,
    write: write_terraform,
    read: read_terraform,
    facts: Facts {
        txt: "without the outer quotes, which the provider adds; `\"\"` in the text between strings",
        proof: Proof::Read("2026-11-23"),
        source: "Terraform registry, aws_route53_record; terraform-provider-aws issue 14941",
        ..FACTS
    },
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
        let block = Block::default()
            .row("Record name", name)
            .row("Record type", record.data.kind())
            .row("Value", octal(&rdata::any(&record.data)))
            .row("TTL", record.ttl);
        out += &about(block, record).text();
    }
    out += &note(
        "The Value of the key is ONE line with both pieces in it. On two lines, as the guide shows it, the console makes \
         two records, and peers read only the one that comes first: half a key.",
    );
    Ok(out)
}

fn read_console(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    super::form::read(text, place, &BOXES)
}

/// Route 53 refuses a string without quotes.
pub fn strings_in_quotes(value: &str) -> Result<RData, Hinted> {
    if !value.starts_with('"') {
        return Err(Hinted::new(
            "Route 53 refuses this value: `InvalidCharacterString`, it should be enclosed in quotation marks",
            "write it as `fedctl records --format route53` does",
        ));
    }
    rdata::read_txt(&converted(value, 8, |byte| format!("{byte:03}")))
}

/// Route 53 writes `\ooo` in octal where zone files have decimal digits ("Supported DNS record types", special characters).
fn octal(value: &str) -> String {
    converted(value, 10, |byte| format!("{byte:03o}"))
}

/// Writes each escape of three digits in another base; an escape that is no byte stays as it is.
fn converted(value: &str, from: u32, write: impl Fn(u8) -> String) -> String {
    let (mut out, mut rest) = (String::new(), value);
    while let Some((before, after)) = rest.split_once('\\') {
        out += before;
        out.push('\\');
        let digits = after.get(..3).and_then(|digits| u8::from_str_radix(digits, from).ok());
        let taken = match digits {
            Some(byte) => {
                out += &write(byte);
                3
            }
            None => after.chars().next().map_or(0, |c| {
                out.push(c);
                c.len_utf8()
            }),
        };
        rest = &after[taken..];
    }
    out + rest
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
                "ResourceRecords": [{ "Value": octal(&rdata::any(&record.data)) }],
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
    let root = value.root();
    let (changes, sets) = (root.get("Changes"), root.get("ResourceRecordSets"));
    let sets: Vec<Node> = match (changes.is_list(), sets.is_list()) {
        (true, _) => {
            let changes = changes.items().into_iter();
            let kept = changes.filter(|change| change.get("Action").text() != "DELETE");
            kept.map(|change| change.get("ResourceRecordSet")).collect()
        }
        (_, true) => sets.items(),
        _ => {
            let hint = "`fedctl records --format route53-batch` prints one";
            return Err(root.wrong("this JSON has neither `Changes` nor `ResourceRecordSets`", hint));
        }
    };
    let mut records = Vec::new();
    for set in sets {
        let name = place.full(set.get("Name").text());
        let ttl = set.get("TTL").ttl()?;
        for value in set.get("ResourceRecords").items() {
            let data = value.get("Value").read(|value| match set.get("Type").text() {
                "SRV" => rdata::read_srv(value),
                "TXT" => strings_in_quotes(value),
                "CNAME" => Ok(RData::Cname(rdata::host(value))),
                other => Ok(RData::Other(other.to_owned())),
            })?;
            records.push(Rr { name: name.clone(), ttl, data });
        }
    }
    Ok(records)
}

fn write_command(plan: &Plan) -> Result<String, Hinted> {
    let command = "aws route53 change-resource-record-sets --hosted-zone-id ZONEID --change-batch";
    Ok(format!("{command} {}\n", shell::quote(&batch(plan).to_string())))
}

fn read_command(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let lines = shell::lines(text)?;
    let batches = lines.iter().filter_map(|line| line.value(&["--change-batch"]));
    let read = |batch: Placed| read_batch(&batch.text, place).map_err(|why| why.within(batch.at));
    let records: Vec<Vec<Rr>> = batches.map(read).collect::<Result<_, _>>()?;
    Ok(records.concat())
}

fn write_terraform(plan: &Plan) -> Result<String, Hinted> {
    let block = |record: &Record| {
        let value = match rdata::srv(&record.data, "") {
            Some(srv) => srv,
            None => {
                let quoted = octal(&rdata::joined(&record.data.chunks(STRING_MAX), ""));
                quoted[1..quoted.len() - 1].to_owned()
            }
        };
        hcl::Block::resource("aws_route53_record", &plan.set, record)
            .raw("zone_id", "var.zone_id")
            .text("name", &record.owner)
            .text("type", record.data.kind())
            .number("ttl", record.ttl)
            .raw("records", &format!("[{}]", hcl::string(&value)))
            .end()
    };
    Ok(plan.set.records.iter().map(block).collect::<Vec<_>>().join("\n"))
}

fn read_terraform(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let mut records = Vec::new();
    let file = hcl::resources(text, &["aws_route53_record"])?;
    for body in hcl::bodies(&file) {
        for value in body.get("records").items() {
            let data = value.read(|value| match body.get("type").text() {
                "SRV" => rdata::read_srv(value),
                "TXT" => strings_in_quotes(&format!("\"{value}\"")),
                other => Ok(RData::Other(other.to_owned())),
            })?;
            records.push(Rr { name: place.full(body.get("name").text()), ttl: body.get("ttl").ttl()?, data });
        }
    }
    Ok(records)
}
