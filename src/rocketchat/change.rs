//! The difference between what should be published and what is.

use serde::{Deserialize, Serialize};

use super::generation::{PROTOCOL_LABEL, SrvLabel};
use super::records::{Data, Record, RecordSet};
use crate::dns::name::Domain;
use crate::dns::record::STRING_MAX;
use crate::dns::record::{CharacterString, Outcome, Query, RData, RecordType, Rr};

/// All records of one name and type, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub question: Query,
    /// As they were seen; empty when there is none.
    pub before: Vec<Rr>,
    /// As they should be.
    pub after: Vec<Rr>,
}

impl Change {
    /// True when the data differs; TTL and the cutting into strings are nobody's business but the publisher's.
    pub fn is_needed(&self) -> bool {
        data_of(&self.before) != data_of(&self.after)
    }

    /// The same change the other way round.
    pub fn reversed(&self) -> Self {
        Self { question: self.question.clone(), before: self.after.clone(), after: self.before.clone() }
    }

    /// The records that are not there yet.
    pub fn added(&self) -> Vec<&Rr> {
        without(&self.after, &self.before)
    }

    /// The records that will be gone.
    pub fn removed(&self) -> Vec<&Rr> {
        without(&self.before, &self.after)
    }

    /// Leaves alone what another program may have put there: at the name of the key, a TXT record that is neither a key nor a
    /// piece of one. Returns those records.
    pub fn keep_foreign(&mut self) -> Vec<Rr> {
        if self.question.kind != RecordType::Txt {
            return Vec::new();
        }
        let wanted: Vec<Vec<u8>> = self.after.iter().filter_map(|rr| rr.data.joined()).collect();
        let ours = |rr: &&Rr| {
            let value = rr.data.joined().unwrap_or_default();
            wanted.iter().any(|wanted| is_piece_of(&value, wanted))
        };
        let foreign: Vec<Rr> = self.before.iter().filter(|rr| !ours(rr)).cloned().collect();
        self.after.extend(foreign.iter().cloned());
        foreign
    }
}

fn without<'a>(all: &'a [Rr], others: &[Rr]) -> Vec<&'a Rr> {
    let is_there =
        |rr: &Rr| others.iter().any(|other| same_data(std::slice::from_ref(rr), std::slice::from_ref(other)));
    all.iter().filter(|rr| !is_there(rr)).collect()
}

/// The shortest run of base64 that counts as a piece of a key, in characters.
const BASE64_MIN: usize = 24;

/// True for a whole key, for a piece of any key, and for the words into which a key without quotes falls apart.
fn is_piece_of(value: &[u8], wanted: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\\' | '(' | ')')).collect();
    let key = String::from_utf8_lossy(wanted).replace(char::is_whitespace, "");
    // The value of `rocketchat-protocol` has no armour: all of its records are replaced.
    if !key.contains("-----") {
        return true;
    }
    let upper = bare.to_ascii_uppercase();
    let armour = ["-----BEGIN", "PUBLICKEY", "KEY-----", "-----END"].iter().any(|word| upper.contains(word));
    let base64 = bare.len() >= BASE64_MIN
        && bare.trim_end_matches('=').bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    bare.is_empty() || armour || base64 || key.contains(&bare)
}

/// True when both hold the same data: TTLs, order, case of names and the cutting into strings aside.
pub fn same_data(one: &[Rr], other: &[Rr]) -> bool {
    data_of(one) == data_of(other)
}

/// A set of data that compares as peers see it: in any order, names in lower case, strings joined.
fn data_of(records: &[Rr]) -> Vec<RData> {
    let seen = |rr: &Rr| match &rr.data {
        RData::Srv { priority, weight, port, target } => RData::Srv {
            priority: *priority,
            weight: *weight,
            port: *port,
            target: target.trim_end_matches('.').to_ascii_lowercase(),
        },
        data => data.joined().map_or_else(|| data.clone(), |joined| RData::Txt(vec![CharacterString(joined)])),
    };
    let mut data: Vec<RData> = records.iter().map(seen).collect();
    data.sort();
    data
}

/// One record as a name server would answer it.
pub fn rr(record: &Record) -> Rr {
    let data = match &record.data {
        Data::Srv { priority, weight, port, target } => {
            RData::Srv { priority: *priority, weight: *weight, port: *port, target: target.to_string() }
        }
        data => RData::Txt(data.chunks(STRING_MAX).into_iter().map(|chunk| CharacterString(chunk.to_vec())).collect()),
    };
    Rr { name: record.owner.clone(), ttl: record.ttl, data }
}

/// What must be asked to compare the set: a question a name and type.
pub fn questions(set: &RecordSet) -> Vec<Query> {
    let mut questions: Vec<Query> = set.records.iter().map(question).collect();
    questions.dedup();
    questions
}

/// The name and type of a record.
pub fn question(record: &Record) -> Query {
    let kind = match record.data {
        Data::Srv { .. } => RecordType::Srv,
        Data::Txt(_) => RecordType::Txt,
    };
    Query::new(&record.owner, kind)
}

/// Compares the set with what is there; the error is the first question that nobody could answer, and why.
pub fn compare(set: &RecordSet, answer: impl Fn(&Query) -> Outcome) -> Result<Vec<Change>, (Query, Outcome)> {
    let change = |question: Query| {
        let outcome = answer(&question);
        if !outcome.is_answer() {
            return Err((question, outcome));
        }
        let after = set.records.iter().filter(|record| self::question(record) == question).map(rr).collect();
        Ok(Change { before: outcome.records().to_vec(), after, question })
    };
    questions(set).into_iter().map(change).collect()
}

/// Records that the set does not have and that servers stop at before they reach those of the set, a sentence each.
pub fn in_the_way(set: &RecordSet, answer: impl Fn(&Query) -> Outcome) -> Vec<String> {
    let wanted: Vec<SrvLabel> = SrvLabel::ALL.into_iter().filter(|label| has(set, &label.owner(&set.domain))).collect();
    let mut description = Vec::new();
    for label in SrvLabel::ALL {
        let owner = label.owner(&set.domain);
        let later = wanted.iter().any(|wanted| *wanted > label);
        if !has(set, &owner) && later && !answer(&Query::new(&owner, RecordType::Srv)).records().is_empty() {
            description.push(format!("`{owner}` is published too, and servers from 2.0 on stop at it: delete it"));
        }
    }
    description.extend(protocol_in_the_way(set, &set.domain, answer));
    description
}

/// Servers 1.2 and 1.3 use a protocol record that the set does not have.
fn protocol_in_the_way(set: &RecordSet, domain: &Domain, answer: impl Fn(&Query) -> Outcome) -> Option<String> {
    let owner = format!("{PROTOCOL_LABEL}.{domain}");
    let outcome = answer(&Query::new(&owner, RecordType::Txt));
    let is_http = outcome.records().first()?.data.joined()?.eq_ignore_ascii_case(b"http");
    (is_http && !has(set, &owner)).then(|| format!("`{owner}` is http, and servers 1.2 and 1.3 use it: delete it"))
}

fn has(set: &RecordSet, owner: &str) -> bool {
    set.records.iter().any(|record| record.owner == owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> RecordSet {
        let record = |owner: &str, data| Record {
            owner: format!("{owner}.mydomain.com"),
            ttl: 3600,
            data,
            reason: "",
            read_by: "",
        };
        let target = "chat.mydomain.com".parse().unwrap();
        let srv = Data::Srv { priority: 1, weight: 1, port: 443, target };
        RecordSet {
            domain: "mydomain.com".parse().unwrap(),
            zone: "mydomain.com".parse().unwrap(),
            records: vec![record("_rocketchat._tcp", srv), record("rocketchat-public-key", Data::Txt(vec![b'K'; 300]))],
        }
    }

    fn found(question: &Query, data: Vec<RData>) -> Outcome {
        Outcome::Found(data.into_iter().map(|data| Rr { name: question.name.clone(), ttl: 5, data }).collect())
    }

    fn srv(target: &str) -> RData {
        RData::Srv { priority: 1, weight: 1, port: 443, target: target.into() }
    }

    #[test]
    fn ttl_case_and_cutting_are_no_difference() {
        let pieces = vec![CharacterString(vec![b'K'; 100]), CharacterString(vec![b'K'; 200])];
        let answer = |question: &Query| match question.kind {
            RecordType::Srv => found(question, vec![srv("Chat.mydomain.com")]),
            _ => found(question, vec![RData::Txt(pieces.clone())]),
        };
        let changes = compare(&set(), answer).unwrap();
        assert_eq!((changes.len(), changes.iter().filter(|change| change.is_needed()).count()), (2, 0));
    }

    #[test]
    fn what_is_missing_duplicated_or_halved_is_a_difference() {
        let halves =
            vec![RData::Txt(vec![CharacterString(vec![b'K'; 255])]), RData::Txt(vec![CharacterString(vec![b'K'; 45])])];
        let answer = |question: &Query| match question.kind {
            RecordType::Srv => Outcome::NxDomain,
            _ => found(question, halves.clone()),
        };
        let changes = compare(&set(), answer).unwrap();
        assert!(changes.iter().all(Change::is_needed));
        assert_eq!((changes[0].before.len(), changes[1].before.len()), (0, 2));
    }

    #[test]
    fn pieces_of_a_key_are_replaced_and_other_text_is_left_alone() {
        let rr = |text: &str| Rr {
            name: "rocketchat-public-key.mydomain.com".into(),
            ttl: 60,
            data: RData::Txt(vec![CharacterString(text.as_bytes().to_vec())]),
        };
        let key = format!("-----BEGIN PUBLIC KEY-----MIIBIjAN{}-----END PUBLIC KEY-----", "Ab0+/".repeat(80));
        let before = [
            "-----BEGIN",
            "PUBLIC",
            "KEY-----MIIBIjAN",
            "Ab0+/Ab0+/Ab0",
            "",
            "\"-----BEGIN PUBLIC KEY-----MII",
            "OtherKeyOfTheYearBefore0123456789+/",
            "v=spf1 -all",
            "google-site-verification=abc",
        ];
        let question = Query::new("rocketchat-public-key.mydomain.com", RecordType::Txt);
        let mut change = Change { question, before: before.map(rr).to_vec(), after: vec![rr(&key)] };
        let foreign = change.keep_foreign();
        assert_eq!(foreign, [rr("v=spf1 -all"), rr("google-site-verification=abc")]);
        assert_eq!((change.added(), change.removed().len()), (vec![&rr(&key)], before.len() - 2));
    }

    #[test]
    fn silence_is_not_absence() {
        let (question, outcome) = compare(&set(), |_| Outcome::Timeout).unwrap_err();
        assert_eq!((question.kind, outcome), (RecordType::Srv, Outcome::Timeout));
    }

    #[test]
    fn a_record_that_servers_reach_first_is_in_the_way() {
        let answer = |question: &Query| match question.name.as_str() {
            "_rocketchat._https.mydomain.com" => found(question, vec![srv("old.mydomain.com")]),
            "rocketchat-protocol.mydomain.com" => {
                found(question, vec![RData::Txt(vec![CharacterString(b"HTTP".to_vec())])])
            }
            _ => Outcome::NxDomain,
        };
        let description = in_the_way(&set(), answer);
        assert!(
            description.len() == 2 && description[0].contains("_https") && description[1].contains("is http"),
            "{description:?}"
        );
        assert!(in_the_way(&set(), |_| Outcome::NxDomain).is_empty());
    }
}
