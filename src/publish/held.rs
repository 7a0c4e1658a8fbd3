//! Records as a provider keeps them, and the steps that change them.

use crate::dns::name::Host;
use crate::dns::record::{Outcome, Query, RData, RecordType, Rr};
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
        self.rr.name == question.name && self.kind() == Some(question.kind)
    }

    fn kind(&self) -> Option<RecordType> {
        match self.rr.data {
            RData::Srv { .. } => Some(RecordType::Srv),
            RData::Txt(_) => Some(RecordType::Txt),
            RData::Cname(_) => Some(RecordType::Cname),
            _ => None,
        }
    }
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
            1 => format!("1 other {what} is not touched"),
            others => format!("{others} other {what}s are not touched"),
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
/// that a failure half-way leaves no name without a record that it had.
pub fn steps(change: &Change, held: &[Held]) -> Vec<Step> {
    let old = held.iter().filter(|held| held.is_of(&change.question));
    let mut old: Vec<&Held> = old.collect();
    let mut new: Vec<&Rr> = change.after.iter().collect();
    // What is right already is not touched.
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
