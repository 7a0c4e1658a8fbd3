//! Dynamic updates (RFC 2136) as text: scripts for BIND's nsupdate and Knot's knsupdate.

use super::{Facts, Format, Place, Proof, rdata};
use crate::dns::record::{RData, Rr};
use crate::error::Hinted;
use crate::position::Position;
use crate::rocketchat::records::Plan;

const FACTS: Facts = Facts {
    txt: "quoted strings of at most 255 bytes on one line",
    owner: "in full, with a final dot",
    target: "with a final dot",
    ttl: "seconds",
    limits: &[],
    proof: Proof::Ran("2026-11-23"),
    source: "nsupdate 9.18 and knsupdate 3.2 against named 9.18",
};

pub const NSUPDATE: Format = Format {
    id: "nsupdate",
    title: "BIND, nsupdate script",
    next: "nsupdate -k KEYFILE FILE; it takes the server from the SOA record, unless a line `server ADDR` comes first",
    prints_sizes: false,
    write: |plan| Ok(script(plan, "update delete", "update add")),
    read,
    facts: FACTS,
};

pub const KNSUPDATE: Format = Format {
    id: "knsupdate",
    title: "Knot, knsupdate script",
    next: "put a line `server ADDR` first, then: knsupdate -k KEYFILE FILE",
    prints_sizes: false,
    write: |plan| Ok(script(plan, "del", "add")),
    read,
    facts: Facts { txt: "quoted strings on one line; a longer one is cut by knsupdate", ..FACTS },
};

fn script(plan: &Plan, delete: &str, add: &str) -> String {
    let mut out = format!("zone {}\n", plan.set.zone.absolute());
    for record in &plan.set.records {
        let (owner, kind) = (&record.owner, record.data.kind());
        out +=
            &format!("{delete} {owner}. {kind}\n{add} {owner}. {} {kind} {}\n", record.ttl, rdata::any(&record.data));
    }
    out + "show\nsend\n"
}

/// What is there after all lines: a deletion takes away what an earlier line has added.
fn read(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let mut records: Vec<Rr> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(';')) {
        let line = line.strip_prefix("update ").unwrap_or(line).trim_start();
        let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match verb {
            "add" => {
                let entry = rest.trim_start();
                let within = |why: Hinted| why.within(Position::of_part(text, entry));
                records.extend(rdata::read_entries(entry, place).map_err(within)?);
            }
            "delete" | "del" => {
                let words: Vec<&str> = rest.split_whitespace().collect();
                let name = place.full(words.first().copied().unwrap_or_default());
                let kind = words.get(1).copied();
                records.retain(|rr| rr.name != name || kind.is_some_and(|kind| !is(&rr.data, kind)));
            }
            _ => {}
        }
    }
    Ok(records)
}

fn is(data: &RData, kind: &str) -> bool {
    match data {
        RData::Srv { .. } => kind == "SRV",
        RData::Txt(_) => kind == "TXT",
        RData::Cname(_) => kind == "CNAME",
        _ => false,
    }
}
