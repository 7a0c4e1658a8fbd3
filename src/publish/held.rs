//! Records as a provider keeps them, and the steps that change them.

use serde_json::Value;

use super::rdata;
use crate::count::counted;
use crate::dns::name::Host;
use crate::dns::record::{Outcome, Query, RecordType, Rr};
use crate::rocketchat::change::{Change, same_data};

/// One record as the provider keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub rr: Rr,
    /// Its id, where each record has one.
    pub id: Option<String>,
    /// The value as the API wrote it.
    pub raw: String,
    /// Kept but not served.
    pub disabled: bool,
}

impl Held {
    /// The name and type.
    pub fn is_of(&self, question: &Query) -> bool {
        self.rr.name == question.name && self.rr.data.kind() == Some(question.kind)
    }
}

/// The type of a record set, when federation has records of it.
pub fn kind(name: Option<&str>) -> Option<RecordType> {
    match name? {
        "SRV" => Some(RecordType::Srv),
        "TXT" => Some(RecordType::Txt),
        "CNAME" => Some(RecordType::Cname),
        _ => None,
    }
}

/// The TTL of a record set; 0 without one.
pub fn ttl(value: &Value) -> u32 {
    value.as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default()
}

/// The records of a set whose values are written as in zone files.
pub fn of_set<'a>(name: &str, kind: RecordType, ttl: u32, values: impl IntoIterator<Item = &'a Value>) -> Vec<Held> {
    let read = |value: &Value| {
        let raw = value.as_str()?.to_owned();
        let rr = Rr { name: name.to_owned(), ttl, data: rdata::parse(kind, &raw)? };
        Some(Held { rr, id: None, raw, disabled: false })
    };
    values.into_iter().filter_map(read).collect()
}

/// Where a zone is: the id that the API uses in its paths, and the apex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneId {
    pub id: String,
    pub apex: Host,
}

impl ZoneId {
    /// The owner name relative to the zone; `@` for the apex.
    pub fn relative<'a>(&self, owner: &'a str) -> &'a str {
        match owner.strip_suffix(self.apex.as_str()) {
            Some("") => "@",
            Some(rest) => rest.strip_suffix('.').unwrap_or(owner),
            None => owner,
        }
    }
}

/// The records of one name and type that are served.
pub fn records(held: &[Held], question: &Query) -> Vec<Rr> {
    held.iter().filter(|held| held.is_of(question) && !held.disabled).map(|held| held.rr.clone()).collect()
}

/// What a whole zone holds, where the API reports a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    Records(u64),
    /// Names with a type.
    Sets(u64),
}

impl Total {
    /// What is left besides the records of these questions, in words.
    pub fn others(self, held: &[Held], questions: &[Query]) -> String {
        let count = |of: fn(usize) -> usize| -> usize {
            questions.iter().map(|question| of(held.iter().filter(|held| held.is_of(question)).count())).sum()
        };
        let (all, own, what) = match self {
            Self::Records(all) => (all, count(|records| records), "record"),
            Self::Sets(all) => (all, count(|records| records.min(1)), "record set"),
        };
        match all.saturating_sub(own as u64) {
            1 => format!("1 other {what} is not changed"),
            others => format!("{} are not changed", counted(others, &format!("other {what}"))),
        }
    }
}

/// What a name server would answer.
pub fn outcome(held: &[Held], question: &Query) -> Outcome {
    match records(held, question) {
        records if records.is_empty() => Outcome::NoData,
        records => Outcome::Found(records),
    }
}

/// One change of one record, where each has an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The record of this id gets other data.
    Replace(String, Rr),
    Create(Rr),
    Delete(String),
}

/// Turns the old records into the new ones. Records are changed in their place and new ones created before any is deleted, so
/// that a failure halfway leaves no name without a record that it had.
pub fn steps(change: &Change, held: &[Held]) -> Vec<Step> {
    let old = held.iter().filter(|held| held.is_of(&change.question));
    let mut old: Vec<&Held> = old.collect();
    let mut new: Vec<&Rr> = change.after.iter().collect();
    // What is right already is not changed.
    new.retain(|rr| {
        match old.iter().position(|held| same_data(std::slice::from_ref(&held.rr), std::slice::from_ref(*rr))) {
            Some(at) => {
                old.remove(at);
                false
            }
            None => true,
        }
    });
    let mut steps = Vec::new();
    let pairs = old.len().min(new.len());
    let id = |held: &Held| held.id.clone().unwrap_or_default();
    for (held, rr) in old.iter().zip(&new) {
        steps.push(Step::Replace(id(held), (*rr).clone()));
    }
    steps.extend(new[pairs..].iter().map(|rr| Step::Create((*rr).clone())));
    steps.extend(old[pairs..].iter().map(|held| Step::Delete(id(held))));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::record::{CharacterString, RData};

    const NAME: &str = "rocketchat-public-key.mydomain.com";

    fn txt(text: &str) -> Rr {
        Rr { name: NAME.into(), ttl: 60, data: RData::Txt(vec![CharacterString(text.as_bytes().to_vec())]) }
    }

    fn held(texts: &[&str]) -> Vec<Held> {
        let held = |(at, text): (usize, &&str)| Held {
            rr: txt(text),
            id: Some(at.to_string()),
            raw: String::new(),
            disabled: false,
        };
        texts.iter().enumerate().map(held).collect()
    }

    fn done(held: &mut Vec<Held>, step: &Step) {
        match step {
            Step::Replace(id, rr) => {
                held.iter_mut().filter(|held| held.id.as_ref() == Some(id)).for_each(|held| held.rr = rr.clone());
            }
            Step::Create(rr) => {
                let id = Some(format!("new {}", held.len()));
                held.push(Held { rr: rr.clone(), id, raw: String::new(), disabled: false });
            }
            Step::Delete(id) => held.retain(|held| held.id.as_ref() != Some(id)),
        }
    }

    /// Whatever there was, whatever there should be, and wherever it stops.
    #[test]
    fn a_failure_half_way_leaves_no_name_empty_and_the_next_run_completes() {
        let sets: [&[&str]; 7] =
            [&[], &["key"], &["half", "other"], &["half", "key"], &["key", "mine"], &["a", "b", "c"], &["mine"]];
        let question = Query::new(NAME, RecordType::Txt);
        for (before, after) in sets.iter().flat_map(|before| sets.iter().map(move |after| (before, after))) {
            let change = |held: &[Held]| Change {
                question: question.clone(),
                before: records(held, &question),
                after: after.iter().map(|text| txt(text)).collect(),
            };
            let start = held(before);
            let all = steps(&change(&start), &start);
            for stop in 0..=all.len() {
                let mut zone = start.clone();
                all[..stop].iter().for_each(|step| done(&mut zone, step));
                assert!(
                    !zone.is_empty() || before.is_empty() || after.is_empty(),
                    "{before:?} to {after:?}, step {stop}"
                );
                for step in steps(&change(&zone), &zone) {
                    done(&mut zone, &step);
                }
                assert!(
                    same_data(&records(&zone, &question), &change(&zone).after),
                    "{before:?} to {after:?}, step {stop}"
                );
            }
        }
    }

    #[test]
    fn records_and_record_sets_are_counted_apart() {
        let (held, questions) = (held(&["half", "other"]), [Query::new(NAME, RecordType::Txt)]);
        assert_eq!(Total::Records(20).others(&held, &questions), "18 other records are not changed");
        assert_eq!(Total::Sets(20).others(&held, &questions), "19 other record sets are not changed");
        assert_eq!(Total::Records(3).others(&held, &questions), "1 other record is not changed");
        assert_eq!(Total::Records(1).others(&held, &questions), "0 other records are not changed");
    }
}
