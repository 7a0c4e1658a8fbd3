//! Entries on their way from one hub to another: the JSON form, and what an import would change.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::ledger::Peer;
use super::registration::{Admission, Request};
use crate::error::Hinted;
use crate::position::Position;

/// Raised when a member changes its meaning.
pub const SCHEMA: u32 = 1;

/// An entry as it is exported.
#[derive(Debug, Serialize, Deserialize)]
pub struct Exported {
    #[serde(flatten)]
    pub request: Request,
    /// RFC 3339, in UTC.
    pub since: String,
    /// RFC 3339, in UTC.
    pub confirmed: String,
}

#[derive(Deserialize)]
struct Document {
    schema: u32,
    peers: Vec<Exported>,
}

impl From<&Peer> for Exported {
    fn from(peer: &Peer) -> Self {
        Self {
            request: Request {
                domain: peer.domain.to_string(),
                url: peer.entry.url.clone(),
                public_key: peer.entry.public_key.clone(),
            },
            since: time_text(peer.since),
            confirmed: time_text(peer.confirmed),
        }
    }
}

/// Seconds since 1970 as RFC 3339 in UTC.
pub fn time_text(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_else(|_| seconds.to_string())
}

/// Reads an export. Every entry is judged as a registration is, but private networks are taken: the operator vouches.
pub fn parse(text: &str) -> Result<Vec<Peer>, Hinted> {
    let hint = "give a file that `fedctl hub export` has written";
    let document: Document =
        serde_json::from_str(text).map_err(|error| Hinted::new(format!("this is not an export: {error}"), hint))?;
    if document.schema != SCHEMA {
        let at = Position::in_json(text, &["schema".to_owned()]);
        return Err(Hinted::new(format!("the export has schema {}, not {SCHEMA}", document.schema), hint).at(at));
    }
    let admission = Admission { allow_domains: Vec::new(), allow_private: true };
    let mut seen = HashSet::new();
    let read = |(number, exported): (usize, &Exported)| {
        let name = &exported.request.domain;
        let wrong = |what: String| {
            let place = place_of_entry(text, number);
            Hinted::new(format!("the entry of `{}`: {what}", name.escape_debug()), hint).at(place)
        };
        let (domain, entry) = admission.admit(&exported.request).map_err(|why| wrong(why.to_string()))?;
        let time = |text: &str| {
            let time = text.parse::<jiff::Timestamp>().map_err(|_| wrong("a time is not RFC 3339".into()));
            time.map(|time| time.as_second())
        };
        if !seen.insert(domain.clone()) {
            return Err(wrong("it is in the file twice".into()));
        }
        Ok(Peer { domain, entry, since: time(&exported.since)?, confirmed: time(&exported.confirmed)? })
    };
    document.peers.iter().enumerate().map(read).collect()
}

/// Where an entry of an export begins, counted from 0. The text has been read as one.
pub fn place_of_entry(text: &str, number: usize) -> Position {
    Position::in_json(text, &["peers".to_owned(), number.to_string()])
}

/// What an import would do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Merge {
    pub added: Vec<Peer>,
    /// Imported entries that differ from the served one.
    pub differing: Vec<Peer>,
    pub unchanged: usize,
}

/// Compares the served entries with the imported ones.
pub fn merge(served: &[Peer], imported: Vec<Peer>) -> Merge {
    let known: HashMap<_, _> = served.iter().map(|peer| (&peer.domain, &peer.entry)).collect();
    let mut merge = Merge::default();
    for peer in imported {
        match known.get(&peer.domain) {
            None => merge.added.push(peer),
            Some(entry) if **entry == peer.entry => merge.unchanged += 1,
            Some(_) => merge.differing.push(peer),
        }
    }
    merge
}
