//! DigitalOcean: the bodies of its API, and doctl commands.

use serde_json::{Value, json};

use super::json::Node;
use super::{Facts, Format, Limit, Measure, Place, Proof, json, rdata, shell};
use crate::dns::record::{RData, Rr};
use crate::error::Hinted;
use crate::rocketchat::records::{Data, Plan, Record};

const FACTS: Facts = Facts {
    txt: "in one piece without quotes, cut by the server",
    owner: "relative to the zone",
    target: "with a final dot",
    ttl: "seconds",
    limits: &[Limit {
        measure: Measure::QuotedTxt,
        max: 509,
        proof: Proof::Read("2021-03-01"),
        source: "dnscontrol, providers/digitalocean/auditrecords.go, which calls it a guess",
    }],
    proof: Proof::Read("2026-11-23"),
    source: "DigitalOcean API reference, domain records; doctl reference",
};

pub const API: Format = Format {
    id: "digitalocean",
    title: "DigitalOcean, API bodies",
    next: "POST each object to https://api.digitalocean.com/v2/domains/ZONE/records; a POST adds, so delete older \
     records of the same name first",
    prints_sizes: false,
    write: write_api,
    read: read_api,
    facts: FACTS,
};

pub const DOCTL: Format = Format {
    id: "doctl",
    title: "DigitalOcean, doctl commands",
    next: "the commands add, so delete older records of the same name first: doctl compute domain records list ZONE",
    prints_sizes: false,
    write: write_doctl,
    read: read_doctl,
    facts: FACTS,
};

fn write_api(plan: &Plan) -> Result<String, Hinted> {
    let object = |record: &Record| {
        let name = plan.set.relative(&record.owner);
        Ok(match &record.data {
            Data::Srv { priority, weight, port, target } => json!({
                "type": "SRV", "name": name, "data": target.absolute(),
                "priority": priority, "weight": weight, "port": port, "ttl": record.ttl,
            }),
            data => json!({ "type": "TXT", "name": name, "data": value(data)?, "ttl": record.ttl }),
        })
    };
    let objects: Vec<Value> = plan.set.records.iter().map(object).collect::<Result<_, Hinted>>()?;
    Ok(json::text(&Value::Array(objects)))
}

/// The value in one piece; an empty one and a backslash are refused by the API.
fn value(data: &Data) -> Result<String, Hinted> {
    let text = rdata::plain(data)?;
    if text.is_empty() || text.contains('\\') {
        return Err(Hinted::new("DigitalOcean cannot hold an empty value or a backslash", "use another DNS provider"));
    }
    Ok(text)
}

/// Reads a list, one record, or what the API lists.
fn read_api(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let value = json::parse(text)?;
    let root = value.root();
    let listed = root.get("domain_records");
    let list = if listed.is_list() { listed } else { root }.items_or_itself();
    let read = |record: &Node| {
        let text = record.get("data").text();
        let data = match record.get("type").text() {
            "SRV" => record.srv(target(text, place))?,
            "TXT" => rdata::cut(text.as_bytes()),
            "CNAME" => RData::Cname(target(text, place)),
            other => RData::Other(other.to_owned()),
        };
        Ok(Rr { name: place.relative(record.get("name").text()), ttl: record.get("ttl").ttl()?, data })
    };
    list.iter().map(read).collect()
}

/// Without its final dot a target gets the zone appended.
fn target(text: &str, place: &Place) -> String {
    place.relative(text)
}

fn write_doctl(plan: &Plan) -> Result<String, Hinted> {
    let line = |record: &Record| {
        let data = match &record.data {
            Data::Srv { priority, weight, port, target } => format!(
                "{} --record-priority {priority} --record-weight {weight} --record-port {port}",
                shell::flag("--record-data", &target.absolute())
            ),
            data => shell::flag("--record-data", &value(data)?),
        };
        Ok(format!(
            "doctl compute domain records create {} --record-type {} --record-name {} --record-ttl {} {data}\n",
            plan.set.zone,
            record.data.kind(),
            shell::quote(plan.set.relative(&record.owner)),
            record.ttl
        ))
    };
    plan.set.records.iter().map(line).collect()
}

fn read_doctl(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let mut records = Vec::new();
    for line in
        shell::lines(text)?.iter().filter(|line| line.starts_with(&["doctl", "compute", "domain", "records", "create"]))
    {
        let value = |flag: &str| line.value_or_empty(&[flag]);
        // doctl fills in what is missing: TTL 1800 and port 0.
        let number = |what, flag| match value(flag) {
            missing if missing.text.is_empty() => Ok(0),
            given => given.number(what),
        };
        let data = match &*value("--record-type").text {
            "SRV" => RData::Srv {
                priority: number("priority", "--record-priority")?,
                weight: number("weight", "--record-weight")?,
                port: number("port", "--record-port")?,
                target: target(&value("--record-data").text, place),
            },
            "TXT" => rdata::cut(value("--record-data").text.as_bytes()),
            other => RData::Other(other.to_owned()),
        };
        let ttl = line.value(&["--record-ttl"]).map_or(Ok(1800), |ttl| ttl.seconds())?;
        records.push(Rr { name: place.relative(&value("--record-name").text), ttl, data });
    }
    Ok(records)
}
