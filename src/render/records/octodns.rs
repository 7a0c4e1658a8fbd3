//! octoDNS: the YAML of its config provider.

use serde_json::{Map, Value, json};

use super::json::Node;
use super::{Facts, Format, Place, Proof, field, json, rdata};
use crate::dns::record::{RData, Rr};
use crate::error::Hinted;
use crate::rocketchat::records::{DEFAULT_TTL, Data, Plan, Record};

pub const FORMAT: Format = Format {
    id: "octodns",
    title: "octoDNS, YAML",
    next: "put it into the zone's file, all names in alphabetical order; then: octodns-sync --config-file CONFIG",
    prints_sizes: false,
    write,
    read,
    facts: Facts {
        txt: "in one piece, cut and quoted by octoDNS; `;` is written `\\;`",
        owner: "relative to the zone",
        target: "with a final dot",
        ttl: "seconds",
        limits: &[],
        proof: Proof::Ran("2026-11-23"),
        source: "octoDNS 1.22, its YAML provider and validators",
    },
};

fn write(plan: &Plan) -> Result<String, Hinted> {
    // octoDNS wants every mapping in alphabetical order.
    let mut zone = std::collections::BTreeMap::new();
    for record in &plan.set.records {
        zone.insert(plan.set.relative(&record.owner), entry(record)?);
    }
    let zone: Map<String, Value> = zone.into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect();
    json::yaml_text(&Value::Object(zone))
}

fn entry(record: &Record) -> Result<Value, Hinted> {
    let value = match &record.data {
        Data::Srv { priority, weight, port, target } => {
            json!({ "port": port, "priority": priority, "target": target.absolute(), "weight": weight })
        }
        data => {
            let text = rdata::plain(data)?;
            if text.is_empty() || text.contains(['"', '\\']) {
                return Err(Hinted::new(
                    "octoDNS cannot hold an empty value, a quote or a backslash",
                    "use --format zone",
                ));
            }
            json!(text.replace(';', "\\;"))
        }
    };
    Ok(json!({ "ttl": record.ttl, "type": record.data.kind(), "value": value }))
}

/// A name holds one record or a list, a record one `value` or a list of `values`.
fn read(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let zone = json::yaml_document(text)?;
    let root = zone.root();
    let hint = "`fedctl records --format octodns` prints one";
    let names = root.members().ok_or_else(|| root.wrong("this YAML is not a zone of octoDNS", hint))?;
    let mut records = Vec::new();
    for (name, entries) in names {
        for entry in entries.items_or_itself() {
            let ttl = entry.get("ttl").ttl_or(DEFAULT_TTL)?;
            let values = [entry.get("value"), entry.get("values")].into_iter().flat_map(|some| some.items_or_itself());
            for value in values.filter(|value| !value.is_null()) {
                let data = data(entry.get("type").text(), &value)?;
                records.push(Rr { name: place.relative(name), ttl, data });
            }
        }
    }
    Ok(records)
}

fn data(kind: &str, value: &Node) -> Result<RData, Hinted> {
    match kind {
        "SRV" => {
            let target = value.get("target");
            if !target.text().ends_with('.') {
                let what = format!("octoDNS refuses the target `{}`: it has no final dot", field::shown(target.text()));
                return Err(target.wrong(what, "write the dot"));
            }
            value.srv(rdata::host(target.text()))
        }
        "TXT" => {
            let text = value.text();
            // A value in quotes is taken apart at `" "`, as other tools write it.
            let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let whole = inner.map_or(text.to_owned(), |inner| inner.replace("\" \"", ""));
            let unescaped = whole.replace("\\;", "\u{1}");
            if unescaped.contains(';') {
                return Err(value.wrong("octoDNS refuses a bare `;` in a value", "write it as `\\;`"));
            }
            Ok(rdata::cut(unescaped.replace('\u{1}', ";").as_bytes()))
        }
        other => Ok(RData::Other(other.to_owned())),
    }
}
