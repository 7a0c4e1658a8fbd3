//! The records for programs: one JSON object, or the same as YAML (docs/records.md).

use serde_json::{Map, Value, json};

use super::{Facts, Format, Proof, rdata};
use crate::dns::record::{CharacterString, RData, Rr, STRING_MAX, unescape};
use crate::error::Hinted;
use crate::key::diagnosis;
use crate::position::{Position, in_words};
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
    read: |text, _| records(&parse(text)?.root()),
    facts: FACTS,
};

pub const YAML: Format = Format {
    id: "yaml",
    title: "YAML for programs",
    next: "",
    prints_sizes: true,
    write: |plan| yaml_text(&object(plan)),
    read: |text, _| records(&yaml_document(text)?.root()),
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
fn records(object: &Node) -> Result<Vec<Rr>, Hinted> {
    let hint = "`fedctl records --format json` prints such a text";
    let list = object.get("records");
    if !list.is_list() {
        return Err(list.wrong("there is no list `records`", hint));
    }
    let read = |record: &Node| {
        let data = match record.get("type").text() {
            "SRV" => record.srv(rdata::host(record.get("target").text()))?,
            "TXT" => {
                let strings = record.get("strings").items();
                let strings = strings.iter().map(|string| string.read(bytes));
                let strings: Vec<CharacterString> = strings.collect::<Result<_, _>>()?;
                let whole: Vec<u8> = strings.iter().flat_map(|string| string.0.iter().copied()).collect();
                let value = record.get("value");
                if whole != value.read(bytes)?.0 {
                    return Err(value.wrong("`value` is not what `strings` are together", hint));
                }
                RData::Txt(strings)
            }
            other => RData::Other(other.to_owned()),
        };
        let name = record.get("name").text().to_ascii_lowercase();
        Ok(Rr { name: name.trim_end_matches('.').to_owned(), ttl: record.get("ttl").ttl()?, data })
    };
    list.items().iter().map(read).collect()
}

fn bytes(text: &str) -> Result<CharacterString, Hinted> {
    unescape(text.as_bytes())
        .map(CharacterString)
        .map_err(|why| Hinted::new(why.to_string(), "write a backslash as `\\\\`"))
}

/// JSON with two spaces and a final line end.
pub fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

/// YAML with a final line end.
pub fn yaml_text(value: &Value) -> Result<String, Hinted> {
    serde_yaml::to_string(value)
        .map_err(|error| Hinted::new(format!("this cannot be written as YAML: {error}"), "use --format json"))
}

/// Reads JSON.
pub fn parse(text: &str) -> Result<Document<'_>, Hinted> {
    let refuse = |error: serde_json::Error| {
        let (what, at) = in_words(&error);
        Hinted::new(format!("this is not JSON: {what}"), "give the JSON alone, without other lines").at(at)
    };
    Ok(Document { text, value: serde_json::from_str(text).map_err(refuse)?, place: Position::in_json })
}

/// Reads YAML.
pub fn yaml(text: &str) -> Result<Value, Hinted> {
    serde_yaml::from_str(text).map_err(|error| {
        let what = format!("this is not YAML: {error}");
        let is_placed = what.contains(" at line ");
        let why = Hinted::new(what, "give the YAML alone, without other lines");
        let at =
            error.location().map_or_else(Position::default, |at| Position { line: at.line(), column: at.column() });
        if is_placed { why } else { why.at(at) }
    })
}

/// The same, for values whose place is needed.
pub fn yaml_document(text: &str) -> Result<Document<'_>, Hinted> {
    Ok(Document { text, value: yaml(text)?, place: Position::in_yaml })
}

/// A text that was read, and how the place of a value is found in it.
pub struct Document<'a> {
    pub text: &'a str,
    pub value: Value,
    pub place: fn(&str, &[String]) -> Position,
}

impl Document<'_> {
    /// The outermost value.
    pub fn root(&self) -> Node<'_> {
        Node { document: self, value: &self.value, way: Vec::new() }
    }
}

/// A value of a document. Errors about it name its place.
#[derive(Clone)]
pub struct Node<'a> {
    document: &'a Document<'a>,
    value: &'a Value,
    /// The members and the numbers of items that lead to it.
    way: Vec<String>,
}

impl<'a> Node<'a> {
    fn inner(&self, value: &'a Value, step: String) -> Self {
        let way = self.way.iter().cloned().chain([step]).collect();
        Self { document: self.document, value, way }
    }

    /// A member; `null` when there is none.
    pub fn get(&self, name: &str) -> Self {
        self.inner(&self.value[name], name.to_owned())
    }

    /// The members of an object.
    pub fn members(&self) -> Option<Vec<(&'a str, Self)>> {
        let members = self.value.as_object()?.iter();
        Some(members.map(|(name, value)| (name.as_str(), self.inner(value, name.clone()))).collect())
    }

    /// The items of a list; none when it is not one.
    pub fn items(&self) -> Vec<Self> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(number, value)| self.inner(value, number.to_string())).collect()
    }

    /// The items of a list, or the one thing that is no list.
    pub fn items_or_itself(&self) -> Vec<Self> {
        if self.is_list() { self.items() } else { vec![self.clone()] }
    }

    /// A string; empty when it is not one.
    pub fn text(&self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    pub fn is_list(&self) -> bool {
        self.value.is_array()
    }

    pub fn is_text(&self) -> bool {
        self.value.is_string()
    }

    pub fn is_null(&self) -> bool {
        self.value.is_null()
    }

    pub fn is_true(&self) -> bool {
        self.value == &Value::Bool(true)
    }

    /// The error that the value is not what it should be.
    pub fn wrong(&self, what: impl Into<String>, hint: impl Into<String>) -> Hinted {
        self.place(Hinted::new(what, hint))
    }

    fn place(&self, why: Hinted) -> Hinted {
        why.at((self.document.place)(self.document.text, &self.way))
    }

    /// Reads a string.
    pub fn read<T>(&self, read: impl FnOnce(&'a str) -> Result<T, Hinted>) -> Result<T, Hinted> {
        read(self.text()).map_err(|why| self.place(why))
    }

    /// A TTL in seconds.
    pub fn ttl(&self) -> Result<u32, Hinted> {
        let seconds = self.value.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
        seconds
            .ok_or_else(|| self.wrong(format!("`{}` is not a TTL", self.value), "a TTL is a whole number of seconds"))
    }

    /// The same, where it may be missing.
    pub fn ttl_or(&self, default: u32) -> Result<u32, Hinted> {
        if self.is_null() { Ok(default) } else { self.ttl() }
    }

    /// The members `priority`, `weight` and `port` with a target.
    pub fn srv(&self, target: String) -> Result<RData, Hinted> {
        let number = |name: &str| {
            let node = self.get(name);
            let number = node.value.as_u64().and_then(|number| u16::try_from(number).ok());
            number.ok_or_else(|| {
                node.wrong(format!("`{}` is not a {name}", node.value), format!("a {name} is a number from 0 to 65535"))
            })
        };
        Ok(RData::Srv { priority: number("priority")?, weight: number("weight")?, port: number("port")?, target })
    }
}
