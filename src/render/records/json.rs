//! The records for programs: one JSON object, or the same as YAML (docs/records.md).

use serde_json::{Map, Value, json};

use super::{Facts, Format, Proof, rdata};
use crate::dns::record::{CharacterString, RData, Rr, STRING_MAX, unescape};
use crate::error::Hinted;
use crate::key::diagnosis;
use crate::rocketchat::records::{Data, Plan, Record};

const FACTS: Facts = Facts {
    txt: "`value` in one piece and `strings` cut at 255 bytes; other bytes than printable ASCII as `\\DDD`",
    owner: "in full, without the final dot",
    target: "without the final dot",
    ttl: "seconds",
    limits: &[],
    proof: Proof::Ran("2026-11-23"),
    source: "fedctl itself",
};

pub const JSON: Format = Format {
    id: "json",
    title: "JSON for programs",
    next: "",
    prints_sizes: true,
    write: |plan| Ok(text(&object(plan))),
    read: |text, _| records(&parse(text)?),
    facts: FACTS,
};

pub const YAML: Format = Format {
    id: "yaml",
    title: "YAML for programs",
    next: "",
    prints_sizes: true,
    write: |plan| yaml_text(&object(plan)),
    read: |text, _| records(&yaml(text)?),
    facts: FACTS,
};

fn object(plan: &Plan) -> Value {
    json!({
        "schema": 1,
        "domain": plan.set.domain,
        "zone": plan.set.zone,
        "records": plan.set.records.iter().map(record).collect::<Vec<_>>(),
        "warnings": plan.warnings,
    })
}

fn record(record: &Record) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.into(), value);
    put("name", json!(record.owner));
    put("type", json!(record.data.kind()));
    put("ttl", json!(record.ttl));
    match &record.data {
        Data::Srv { priority, weight, port, target } => {
            put("priority", json!(priority));
            put("weight", json!(weight));
            put("port", json!(port));
            put("target", json!(target));
        }
        Data::Txt(value) => {
            let strings =
                record.data.chunks(STRING_MAX).into_iter().map(|chunk| json!(CharacterString(chunk.to_vec())));
            put("value", json!(CharacterString(value.clone())));
            put("strings", strings.collect());
            put("length", json!(value.len()));
            put("fingerprint", json!(diagnosis::examine(value).verified.map(|key| key.fingerprint())));
        }
    }
    put("reason", json!(record.reason));
    put("read_by", json!(record.read_by));
    Value::Object(object)
}

/// Reads the object back; `value` and `strings` must say the same.
fn records(object: &Value) -> Result<Vec<Rr>, Hinted> {
    let hint = "`fedctl records --format json` prints such a text";
    let list = object["records"].as_array().ok_or_else(|| Hinted::new("there is no list `records`", hint))?;
    let read = |record: &Value| {
        let data = match record["type"].as_str() {
            Some("SRV") => RData::Srv {
                priority: port(&record["priority"])?,
                weight: port(&record["weight"])?,
                port: port(&record["port"])?,
                target: rdata::host(record["target"].as_str().unwrap_or_default()),
            },
            Some("TXT") => {
                let strings = record["strings"].as_array().into_iter().flatten().map(bytes);
                let strings: Vec<CharacterString> = strings.collect::<Result<_, _>>()?;
                let whole: Vec<u8> = strings.iter().flat_map(|string| string.0.iter().copied()).collect();
                if whole != bytes(&record["value"])?.0 {
                    return Err(Hinted::new("`value` is not what `strings` are together", hint));
                }
                RData::Txt(strings)
            }
            other => RData::Other(other.unwrap_or_default().to_owned()),
        };
        let name = record["name"].as_str().unwrap_or_default().to_ascii_lowercase();
        Ok(Rr { name: name.trim_end_matches('.').to_owned(), ttl: ttl(&record["ttl"])?, data })
    };
    list.iter().map(read).collect()
}

fn bytes(value: &Value) -> Result<CharacterString, Hinted> {
    let text = value.as_str().unwrap_or_default();
    unescape(text.as_bytes())
        .map(CharacterString)
        .map_err(|why| Hinted::new(why.to_string(), "write a backslash as `\\\\`"))
}

/// JSON with two spaces and a final line end.
pub fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Reads JSON; the error names the place.
pub fn parse(text: &str) -> Result<Value, Hinted> {
    serde_json::from_str(text)
        .map_err(|error| Hinted::new(format!("this is not JSON: {error}"), "give the JSON alone, without other lines"))
}

/// YAML with a final line end.
pub fn yaml_text(value: &Value) -> Result<String, Hinted> {
    serde_yaml::to_string(value)
        .map_err(|error| Hinted::new(format!("this cannot be written as YAML: {error}"), "use --format json"))
}

/// Reads YAML.
pub fn yaml(text: &str) -> Result<Value, Hinted> {
    serde_yaml::from_str(text)
        .map_err(|error| Hinted::new(format!("this is not YAML: {error}"), "give the YAML alone, without other lines"))
}

/// A TTL in seconds.
pub fn ttl(value: &Value) -> Result<u32, Hinted> {
    let seconds = value.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
    seconds.ok_or_else(|| Hinted::new(format!("`{value}` is not a TTL"), "a TTL is a whole number of seconds"))
}

/// A port, priority or weight.
pub fn port(value: &Value) -> Result<u16, Hinted> {
    let number = value.as_u64().and_then(|number| u16::try_from(number).ok());
    number.ok_or_else(|| {
        Hinted::new(format!("`{value}` is not a port, priority or weight"), "write a number from 0 to 65535")
    })
}
