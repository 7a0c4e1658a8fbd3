//! Azure DNS: az commands, an ARM template, and Terraform's azurerm provider.

use serde_json::{Value, json};

use super::hcl::{self, Block};
use super::json::Node;
use super::shell::{self, Line};
use super::{Facts, Format, Limit, Measure, Place, Proof, json, rdata};
use crate::dns::record::{CharacterString, RData, Rr, STRING_MAX};
use crate::error::Hinted;
use crate::rocketchat::records::{Data, Plan, Record, RecordSet};

const LIMITS: &[Limit] = &[Limit {
    measure: Measure::Txt,
    max: 4096,
    proof: Proof::Read("2026-11-23"),
    source: "Azure DNS limits; tools before 2023 stop at 1024",
}];
const FACTS: Facts = Facts {
    txt: "bare strings of at most 255 characters, all of them in one record",
    owner: "relative to the zone; @ for the zone itself",
    target: "without the final dot",
    ttl: "seconds",
    limits: LIMITS,
    proof: Proof::Read("2026-11-23"),
    source: "az network dns reference; Microsoft.Network/dnsZones 2018-05-01; Terraform's azurerm_dns_txt_record",
};

pub const AZ: Format = Format {
    id: "az",
    title: "Azure DNS, az commands",
    next: "put the resource group instead of RG; add-record appends, so where a set exists, first: az network dns \
     record-set txt delete (or srv delete)",
    prints_sizes: false,
    write: write_az,
    read: read_az,
    facts: FACTS,
};

pub const ARM: Format = Format {
    id: "arm",
    title: "Azure DNS, ARM template",
    next: "az deployment group create --resource-group RG --template-file FILE",
    prints_sizes: false,
    write: write_arm,
    read: read_arm,
    facts: FACTS,
};

pub const TERRAFORM: Format = Format {
    id: "terraform-azurerm",
    title: "Terraform, azurerm provider",
    next: "declare the variable rg, or enter the resource group there; then: terraform plan",
    prints_sizes: false,
    write: write_terraform,
    read: read_terraform,
    facts: Facts {
        txt: "bare and in one piece, cut by the provider; a second record block is a second record",
        ..FACTS
    },
};

fn pieces(data: &Data) -> Result<Vec<String>, Hinted> {
    rdata::plain(data)?;
    Ok(data.chunks(STRING_MAX).into_iter().map(|chunk| String::from_utf8_lossy(chunk).into_owned()).collect())
}

fn write_az(plan: &Plan) -> Result<String, Hinted> {
    let mut out = String::new();
    for record in &plan.set.records {
        let kind = record.data.kind().to_ascii_lowercase();
        let name = shell::quote(plan.set.relative(&record.owner));
        let set = format!("-g RG -z {} -n {name}", plan.set.zone);
        out += &format!("az network dns record-set {kind} create {set} --ttl {}\n", record.ttl);
        out += &format!("az network dns record-set {kind} add-record {set} ");
        out += &match &record.data {
            Data::Srv { priority, weight, port, target } => {
                format!("-t {target} -r {port} -p {priority} -w {weight}\n")
            }
            data => {
                let pieces = pieces(data)?;
                // Option parsers of the kind that az has take a word with a dash for an option unless it has a blank in it.
                if pieces.iter().any(|piece| piece.is_empty() || piece.starts_with('-') && !piece.contains(' ')) {
                    return Err(Hinted::new("az would take a piece of this value for an option", "use --format arm"));
                }
                let quoted: Vec<String> = pieces.iter().map(|piece| shell::quote(piece)).collect();
                format!("-v {}\n", quoted.join(" "))
            }
        };
    }
    Ok(out)
}

fn read_az(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let lines = shell::lines(text)?;
    let of = |line: &Line, verb: &str| {
        let kind = line.words.get(4).map(|word| word.text.as_str()).unwrap_or_default();
        let is = line.starts_with(&["az", "network", "dns", "record-set", kind, verb]);
        let name = line.value_or_empty(&["-n", "--record-set-name", "--name"]);
        is.then(|| (kind.to_ascii_uppercase(), place.relative(&name.text)))
    };
    let mut records = Vec::new();
    for line in &lines {
        let Some((kind, name)) = of(line, "add-record") else { continue };
        let created = lines.iter().find(|line| of(line, "create") == Some((kind.clone(), name.clone())));
        // Without an existing set, add-record makes one with a TTL of an hour.
        let ttl = created.and_then(|line| line.value(&["--ttl"])).map_or(Ok(3600), |ttl| ttl.seconds())?;
        let number = |what: &str, flags: &[&str]| line.value_or_empty(flags).number(what);
        let data = match kind.as_str() {
            "SRV" => RData::Srv {
                priority: number("priority", &["-p", "--priority"])?,
                weight: number("weight", &["-w", "--weight"])?,
                port: number("port", &["-r", "--port"])?,
                target: rdata::host(&line.value_or_empty(&["-t", "--target"]).text),
            },
            "TXT" => {
                let pieces = line.values(&["-v", "--value"]);
                let pieces = pieces.iter().map(|piece| piece.text.as_str()).collect();
                line.value_or_empty(&["-v", "--value"]).read(|_| strings(pieces))?
            }
            other => RData::Other(other.to_owned()),
        };
        records.push(Rr { name, ttl, data });
    }
    Ok(records)
}

/// Strings as they were given; one that is too long is cut as az and the portal cut it.
fn strings(pieces: Vec<&str>) -> Result<RData, Hinted> {
    if pieces.is_empty() {
        return Err(Hinted::new("a TXT record has no value", "`fedctl records --format az` prints the whole command"));
    }
    let cut = |piece: &&str| match rdata::cut(piece.as_bytes()) {
        RData::Txt(strings) => strings,
        _ => Vec::new(),
    };
    Ok(RData::Txt(pieces.iter().flat_map(cut).collect::<Vec<CharacterString>>()))
}

fn write_arm(plan: &Plan) -> Result<String, Hinted> {
    let resources: Vec<Value> =
        plan.set.records.iter().map(|record| resource(&plan.set, record)).collect::<Result<_, _>>()?;
    Ok(json::text(&json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": resources,
    })))
}

fn resource(set: &RecordSet, record: &Record) -> Result<Value, Hinted> {
    let properties = match &record.data {
        Data::Srv { priority, weight, port, target } => json!({
            "TTL": record.ttl,
            "SRVRecords": [{ "priority": priority, "weight": weight, "port": port, "target": target }],
        }),
        data => {
            let pieces: Vec<String> = pieces(data)?.iter().map(|piece| literal(piece)).collect();
            json!({ "TTL": record.ttl, "TXTRecords": [{ "value": pieces }] })
        }
    };
    Ok(json!({
        "type": format!("Microsoft.Network/dnsZones/{}", record.data.kind()),
        "apiVersion": "2018-05-01",
        "name": format!("{}/{}", set.zone, set.relative(&record.owner)),
        "properties": properties,
    }))
}

/// In a template a text in brackets is an expression; one more bracket makes it a text again.
fn literal(text: &str) -> String {
    if text.starts_with('[') && text.ends_with(']') { format!("[{text}") } else { text.to_owned() }
}

fn read_arm(text: &str, _: &Place) -> Result<Vec<Rr>, Hinted> {
    let template = json::parse(text)?;
    let resources = template.root().get("resources");
    if !resources.is_list() {
        let hint = "`fedctl records --format arm` prints a template";
        return Err(resources.wrong("this JSON has no `resources`", hint));
    }
    let mut records = Vec::new();
    for resource in resources.items() {
        let (zone, relative) = resource.get("name").text().split_once('/').unwrap_or_default();
        let name = if relative == "@" { zone.to_owned() } else { format!("{relative}.{zone}") }.to_ascii_lowercase();
        let properties = resource.get("properties");
        let ttl = properties.get("TTL").ttl()?;
        let mut add = |data| records.push(Rr { name: name.clone(), ttl, data });
        for srv in properties.get("SRVRecords").items() {
            add(srv.srv(rdata::host(srv.get("target").text()))?);
        }
        for txt in properties.get("TXTRecords").items() {
            let value = txt.get("value");
            let piece = |piece: &Node| piece.read(unliteral).map(str::to_owned);
            let pieces: Vec<String> = value.items().iter().map(piece).collect::<Result<_, _>>()?;
            add(value.read(|_| strings(pieces.iter().map(String::as_str).collect()))?);
        }
    }
    Ok(records)
}

fn unliteral(text: &str) -> Result<&str, Hinted> {
    let literal = match text.strip_prefix('[') {
        Some(rest) if rest.starts_with('[') && text.ends_with(']') => rest,
        Some(_) if text.ends_with(']') => {
            let what = "a value in brackets is an expression in a template";
            return Err(Hinted::new(what, "write one more `[` before it"));
        }
        _ => text,
    };
    if literal.len() > STRING_MAX {
        let what = format!("a string of {} characters: Azure's API takes {STRING_MAX}", literal.len());
        return Err(Hinted::new(what, "put several strings into the one list `value`"));
    }
    Ok(literal)
}

fn write_terraform(plan: &Plan) -> Result<String, Hinted> {
    let block = |record: &Record| {
        let (kind, inner) = match &record.data {
            Data::Srv { priority, weight, port, target } => {
                let target = hcl::string(target.as_str());
                let rows = format!(
                    "priority = {priority}\n    weight   = {weight}\n    port     = {port}\n    target   = {target}"
                );
                ("azurerm_dns_srv_record", rows)
            }
            data => ("azurerm_dns_txt_record", format!("value = {}", hcl::string(&rdata::plain(data)?))),
        };
        let block = Block::resource(kind, &plan.set, record)
            .text("name", plan.set.relative(&record.owner))
            .text("zone_name", plan.set.zone.as_str())
            .raw("resource_group_name", "var.rg")
            .number("ttl", record.ttl)
            .inner(format!("\n  record {{\n    {inner}\n  }}\n"));
        Ok(block.end())
    };
    Ok(plan.set.records.iter().map(block).collect::<Result<Vec<_>, Hinted>>()?.join("\n"))
}

fn read_terraform(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let mut records = Vec::new();
    let file = hcl::resources(text, &["azurerm_dns_srv_record", "azurerm_dns_txt_record"])?;
    for body in hcl::bodies(&file) {
        for block in body.get("record").items() {
            let value = block.get("value");
            let data = match value.is_text() {
                true => rdata::cut(value.text().as_bytes()),
                false => block.srv(rdata::host(block.get("target").text()))?,
            };
            let (name, zone) = (body.get("name").text(), body.get("zone_name").text());
            let name = if zone.is_empty() { place.relative(name) } else { place.full(&format!("{name}.{zone}")) };
            records.push(Rr { name: name.trim_start_matches("@.").to_owned(), ttl: body.get("ttl").ttl()?, data });
        }
    }
    Ok(records)
}
