//! octoDNS: the YAML file of a zone. One entry for each name, in octoDNS's own order of names.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::super::{Place, json, octodns::FORMAT};
use super::{Edit, Edits, File, Piece, applied, of, part, unclear};
use crate::dns::record::{RData, RecordType};
use crate::error::Hinted;
use crate::position::Position;
use crate::rocketchat::change::{Change, questions};

/// One name with its records, from the name to the end of its last line.
struct Entry {
    name: String,
    range: std::ops::Range<usize>,
}

/// The records at the names of the set.
pub fn find(file: &File) -> Result<Vec<Piece>, Hinted> {
    let set = &file.plan.set;
    let names: Vec<String> = questions(set).iter().map(|question| relative(file, &question.name).to_owned()).collect();
    let here = entries(file.text)?.into_iter().filter(|entry| names.contains(&entry.name));
    here.map(|entry| {
        let records = (FORMAT.read)(&file.text[entry.range.clone()], &Place::of(set))
            .map_err(|why| why.within(Position::of(file.text, entry.range.start)))?;
        Ok(Piece { range: entry.range, records })
    })
    .collect()
}

/// The apex is an empty name.
fn relative<'a>(file: &'a File, owner: &'a str) -> &'a str {
    match file.plan.set.relative(owner) {
        "@" => "",
        name => name,
    }
}

/// The entries; lines in between, and comments before an entry, belong to none.
fn entries(text: &str) -> Result<Vec<Entry>, Hinted> {
    let parsed = match json::yaml(text)? {
        Value::Object(map) => map,
        Value::Null => Map::new(),
        _ => return Err(Hinted::new("this YAML is not a zone of octoDNS", "give the file of the zone, ZONE.yaml")),
    };
    let mut entries: Vec<Entry> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let bare = line.trim_end();
        match (bare.chars().next(), entries.last_mut()) {
            (None | Some('#'), _) => {}
            (Some(' ' | '\t' | '-'), Some(last)) if !bare.starts_with("---") => last.range.end = end,
            (Some('-' | '%' | ' ' | '\t'), _) => {}
            _ => {
                let name = key(bare).ok_or_else(|| unclear("the entries"))?;
                entries.push(Entry { name, range: at..end });
            }
        }
        at = end;
    }
    let same = entries.iter().map(|entry| &entry.name).eq(parsed.keys());
    if same { Ok(entries) } else { Err(unclear("the entries")) }
}

/// The key of a line such as `name:` or `'*': {}`.
fn key(line: &str) -> Option<String> {
    for quote in ['\'', '"'] {
        if let Some(rest) = line.strip_prefix(quote) {
            let (name, rest) = rest.split_once(quote)?;
            return rest.starts_with(':').then(|| name.to_owned());
        }
    }
    let (name, rest) = line.split_once(':')?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| name.trim_end().to_owned())
}

pub fn edit(file: &File, pieces: &[Piece], changes: &[Change]) -> Edits {
    let all = entries(file.text)?;
    let mut edits = Vec::new();
    for change in changes {
        let ours = super::super::write(&FORMAT, &part(file.plan, &change.question))?;
        let name = relative(file, &change.question.name);
        edits.push(match pieces.iter().find(|piece| piece.is_of(&change.question)) {
            Some(piece) => {
                let old = &file.text[piece.range.clone()];
                Edit { range: piece.range.clone(), text: merged(old, &ours, piece, change)? }
            }
            None => {
                let at = place(file.text, &all, name);
                let gap = if at > 0 && !file.text[..at].ends_with('\n') { "\n" } else { "" };
                Edit { range: at..at, text: format!("{gap}{ours}") }
            }
        });
    }
    edits.sort_by(|a, b| a.range.start.cmp(&b.range.start).then_with(|| natural(&a.text, &b.text)));
    unchanged_otherwise(file, &edits, changes)?;
    Ok(edits)
}

/// The new entry, with the values and records of others that are in the old one.
fn merged(old: &str, ours: &str, piece: &Piece, change: &Change) -> Result<String, Hinted> {
    let alone = piece.records.iter().all(|rr| of(std::slice::from_ref(rr), &change.question).len() == 1);
    let kept = change.after.len() - part_count(ours)?;
    if alone && kept == 0 {
        return Ok(ours.to_owned());
    }
    if old.contains('#') {
        return Err(unclear("which comments belong to which records of the key's name"));
    }
    let (Some((name, mut new)), Some((_, before))) = (first(ours)?, first(old)?) else {
        return Err(unclear("the entry of the key"));
    };
    let mut others = Vec::new();
    for item in list(&before) {
        if item["type"] != new["type"] {
            others.push(item);
            continue;
        }
        let values = list(&item["value"]).into_iter().chain(list(&item["values"]));
        let mut values: Vec<Value> = values.filter(|value| is_kept(value, change)).collect();
        if !values.is_empty() {
            values.insert(0, new["value"].take());
            values.sort_by_key(|value| value.as_str().unwrap_or_default().to_owned());
            let entry = new.as_object_mut().ok_or_else(|| unclear("the entry of the key"))?;
            entry.remove("value");
            entry.insert("values".into(), Value::Array(values));
        }
    }
    let entry = if others.is_empty() { new } else { others.into_iter().chain([new]).collect() };
    json::yaml_text(&Value::Object([(name, entry)].into_iter().collect()))
}

fn part_count(ours: &str) -> Result<usize, Hinted> {
    Ok(first(ours)?.map_or(0, |(_, entry)| list(&entry).len()))
}

fn first(text: &str) -> Result<Option<(String, Value)>, Hinted> {
    Ok(json::yaml(text)?
        .as_object()
        .and_then(|map| map.iter().next())
        .map(|(name, entry)| (name.clone(), entry.clone())))
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

/// True for a TXT value that stays.
fn is_kept(value: &Value, change: &Change) -> bool {
    let text = value.as_str().unwrap_or_default().replace("\\;", ";");
    let stays = |rr: &crate::dns::record::Rr| {
        matches!(&rr.data, RData::Txt(_)) && rr.data.joined().as_deref() == Some(text.as_bytes())
    };
    change.question.kind == RecordType::Txt && change.before.iter().any(stays) && change.after.iter().any(stays)
}

/// Where a new entry goes: before the first name that comes later, and before its comments.
fn place(text: &str, entries: &[Entry], name: &str) -> usize {
    let later = entries.iter().position(|entry| natural(&entry.name, name) == Ordering::Greater);
    match (later, entries.last()) {
        (Some(0), _) => entries[0].range.start,
        (Some(at), _) => entries[at - 1].range.end,
        (None, Some(last)) => last.range.end,
        (None, None) => text.len(),
    }
}

/// Numbers inside names count as numbers, as octoDNS sorts them.
fn natural(one: &str, other: &str) -> Ordering {
    let parts = |text: &str| -> Vec<(String, Option<u64>)> {
        let mut parts = vec![(String::new(), None::<u64>)];
        for c in text.chars() {
            match (c.to_digit(10), parts.last_mut()) {
                (Some(digit), Some((_, number))) => {
                    *number = Some(number.unwrap_or_default().saturating_mul(10).saturating_add(digit.into()));
                }
                (None, Some((text, None))) => text.push(c),
                _ => parts.push((c.to_string(), None)),
            }
        }
        parts
    };
    parts(one).cmp(&parts(other))
}

/// Everything but the names of the changes means what it meant before.
fn unchanged_otherwise(file: &File, edits: &[Edit], changes: &[Change]) -> Result<(), Hinted> {
    let others = |text: &str| -> Result<Value, Hinted> {
        let mut zone = json::yaml(text)?;
        if let Some(map) = zone.as_object_mut() {
            map.retain(|name, _| changes.iter().all(|change| relative(file, &change.question.name) != name));
        }
        Ok(if zone.is_null() { Value::Object(Map::new()) } else { zone })
    };
    match others(file.text)? == others(&applied(file.text, edits))? {
        true => Ok(()),
        false => Err(unclear("the entries")),
    }
}
