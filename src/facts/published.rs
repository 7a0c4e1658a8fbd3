//! A text that somebody is about to publish, read as its provider would read it.

use crate::dns::name::{Domain, Host};
use crate::dns::record::{Outcome, Query, RData, RecordType, Rr};

/// The text and what came out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub domain: Domain,
    pub zone: Host,
    /// What the form is called.
    pub form: String,
    /// The records, or why the provider would refuse the text.
    pub records: Result<Vec<Rr>, Refusal>,
    /// What the provider cannot hold, a sentence each.
    pub over: Vec<String>,
}

/// Why a text cannot be published, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub what: String,
    pub fix: String,
}

impl Published {
    /// The records that would be there; none of a text that is refused.
    pub fn records(&self) -> &[Rr] {
        self.records.as_deref().unwrap_or_default()
    }

    /// What a name server would answer. An alias is followed within the text.
    pub fn answer(&self, question: &Query) -> Outcome {
        let mut name = question.name.clone();
        // More aliases than that in one text is a loop.
        for _ in 0..8 {
            let here: Vec<&Rr> = self.records().iter().filter(|rr| rr.name == name).collect();
            let found: Vec<Rr> = here.iter().filter(|rr| is(&rr.data, question.kind)).map(|rr| (*rr).clone()).collect();
            if !found.is_empty() {
                return Outcome::Found(found);
            }
            match here.iter().find_map(|rr| if let RData::Cname(to) = &rr.data { Some(to) } else { None }) {
                Some(to) => name.clone_from(to),
                None if name != question.name => break,
                None if here.is_empty() => return Outcome::NxDomain,
                None => return Outcome::NoData,
            }
        }
        Outcome::Unreachable(format!("it is an alias of `{name}`, which is not in this text"))
    }
}

fn is(data: &RData, kind: RecordType) -> bool {
    match data {
        RData::Srv { .. } => kind == RecordType::Srv,
        RData::Txt(_) => kind == RecordType::Txt,
        _ => false,
    }
}
