//! PowerDNS: pdnsutil commands, and the body of its API.

use serde_json::{Value, json};

use super::field::{self, Placed};
use super::{Facts, Format, Place, Proof, json, rdata, shell};
use crate::dns::record::{RData, Rr};
use crate::error::Hinted;
use crate::rocketchat::records::{DEFAULT_TTL, Plan, Record};

const FACTS: Facts = Facts {
    txt: "in quotes, of any length, cut when it is served; without quotes pdnsutil takes a key for an option",
    owner: "relative for pdnsutil, in full with a final dot in the API",
    target: "with a final dot",
    ttl: "seconds",
    limits: &[],
    proof: Proof::Ran("2026-11-23"),
    source: "pdnsutil and pdns_server 4.7; doc.powerdns.com, HTTP API, zones",
};

pub const PDNSUTIL: Format = Format {
    id: "pdnsutil",
    title: "PowerDNS, pdnsutil commands",
    next: "run it where pdns_server runs; version 5 spells it `pdnsutil rrset replace` and accepts this spelling too",
    prints_sizes: false,
    write: write_pdnsutil,
    read: read_pdnsutil,
    facts: FACTS,
};

pub const API: Format = Format {
    id: "powerdns-api",
    title: "PowerDNS, API body",
    next: "PATCH it to http://127.0.0.1:8081/api/v1/servers/localhost/zones/ZONE. with the header X-API-Key",
    prints_sizes: false,
    write: |plan| Ok(json::text(&json!({ "rrsets": plan.set.records.iter().map(rrset).collect::<Vec<_>>() }))),
    read: read_api,
    facts: FACTS,
};

fn write_pdnsutil(plan: &Plan) -> Result<String, Hinted> {
    let set = &plan.set;
    let line = |record: &Record| {
        let value = shell::quote(&rdata::any(&record.data));
        let name = shell::quote(set.relative(&record.owner));
        format!("pdnsutil replace-rrset {} {name} {} {} {value}\n", set.zone, record.data.kind(), record.ttl)
    };
    let lines: String = set.records.iter().map(line).collect();
    Ok(format!("{lines}pdnsutil rectify-zone {0}\npdnsutil increase-serial {0}\n", set.zone))
}

/// `replace-rrset ZONE NAME TYPE [TTL] CONTENT...`, or `add-record` with the same arguments.
fn read_pdnsutil(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let mut records = Vec::new();
    for line in shell::lines(text)? {
        let words: Vec<&Placed> = line.words.iter().filter(|word| word.text != "rrset").collect();
        let [program, verb, zone, name, kind, contents @ ..] = words.as_slice() else { continue };
        if program.text != "pdnsutil" || !matches!(&*verb.text, "replace-rrset" | "replace" | "add-record" | "add") {
            continue;
        }
        let (ttl, contents) = match contents {
            [ttl, rest @ ..] if ttl.text.bytes().all(|byte| byte.is_ascii_digit()) => (ttl.seconds()?, rest),
            _ => (DEFAULT_TTL, contents),
        };
        let (name, zone) = (&name.text, &zone.text);
        let name = if name == "@" { place.full(zone) } else { place.full(&format!("{name}.{zone}")) };
        for content in contents {
            let data = content.read(|content| argument(&kind.text, content))?;
            records.push(Rr { name: name.clone(), ttl, data });
        }
    }
    Ok(records)
}

fn argument(kind: &str, content: &str) -> Result<RData, Hinted> {
    if content.starts_with('-') {
        let what = format!("pdnsutil takes `{}` for an option", field::shown(content));
        return Err(Hinted::new(what, "put double quotes around the value, and single quotes around those"));
    }
    data(kind, content)
}

/// A string of any length is cut when it is served.
fn data(kind: &str, content: &str) -> Result<RData, Hinted> {
    let quoted = content.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match (kind, quoted) {
        ("SRV", _) => rdata::read_srv(content),
        ("TXT", Some(inner)) if !inner.contains('"') && !inner.contains('\\') => Ok(rdata::cut(inner.as_bytes())),
        ("TXT", _) => rdata::read_txt(content),
        ("CNAME", _) => Ok(RData::Cname(rdata::host(content))),
        (other, _) => Ok(RData::Other(other.to_owned())),
    }
}

fn rrset(record: &Record) -> Value {
    json!({
        "name": format!("{}.", record.owner),
        "type": record.data.kind(),
        "ttl": record.ttl,
        "changetype": "REPLACE",
        "records": [{ "content": rdata::any(&record.data), "disabled": false }],
    })
}

/// Reads the body of a PATCH, or a zone as the API exports it.
fn read_api(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let value = json::parse(text)?;
    let sets = value.root().get("rrsets");
    if !sets.is_list() {
        return Err(sets.wrong("this JSON has no `rrsets`", "`fedctl records --format powerdns-api` prints a body"));
    }
    let mut records = Vec::new();
    for set in sets.items().iter().filter(|set| set.get("changetype").text() != "DELETE") {
        for record in set.get("records").items().iter().filter(|record| !record.get("disabled").is_true()) {
            let data = record.get("content").read(|content| data(set.get("type").text(), content))?;
            records.push(Rr { name: place.full(set.get("name").text()), ttl: set.get("ttl").ttl()?, data });
        }
    }
    Ok(records)
}
