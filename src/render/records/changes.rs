//! The plan of what will be changed, for people.

use super::human::size;
use crate::count::counted;
use crate::dns::record::{CharacterString, Query, RData, RecordType, Rr};
use crate::render::fill::{hang, harmless};
use crate::rocketchat::change::Change;
use crate::rocketchat::records::{Data, RecordSet};

/// What happens to the records that nobody has counted.
pub const OTHERS: &str = "other records are not changed";
/// Bytes of an old value that are shown.
const SHOWN: usize = 40;

/// Data in a few words.
fn description(data: &RData) -> String {
    match data {
        RData::Srv { priority, weight, port, target } => format!("{priority} {weight} {port} {target}."),
        other => match other.joined() {
            Some(value) if value.len() <= 20 => format!("{:?}", CharacterString(value)),
            Some(value) => size(&Data::Txt(value)),
            None => "another type".into(),
        },
    }
}

/// What will be done, and what will not.
pub struct Planned<'a> {
    pub set: &'a RecordSet,
    pub changes: &'a [Change],
    /// Values at the names of the set that are nobody's key.
    pub foreign: &'a [Rr],
    /// What happens to everything else.
    pub rest: &'a str,
}

/// The plan, a line for each record: `+` is added, `-` removed, `=` is right already, `!` is left alone.
pub fn plan(heading: &str, planned: &Planned, width: usize) -> String {
    let Planned { set, changes, foreign, rest } = *planned;
    let mut out = format!("{}\n\n", harmless(heading));
    let column = changes.iter().map(|change| set.relative(&change.question.name).len()).max().unwrap_or_default();
    let mut row = |sign: char, question: &Query, text: &str| {
        let (kind, name) = (question.kind.to_string(), set.relative(&question.name));
        out += &hang(&format!("  {sign}  {kind:<4} {name:<column$}  {text}"), width, column + 12);
    };
    for change in changes {
        if !change.is_needed() {
            row('=', &change.question, "as it should be");
        }
        change.removed().iter().for_each(|rr| row('-', &change.question, &excerpt(&rr.data)));
        change
            .added()
            .iter()
            .for_each(|rr| row('+', &change.question, &format!("{}, TTL {}", description(&rr.data), rr.ttl)));
        for rr in foreign.iter().filter(|rr| change.question == Query::new(&rr.name, RecordType::Txt)) {
            let text = format!("left alone, because it is not a piece of a key: {}", excerpt(&rr.data));
            row('!', &change.question, &text);
        }
    }
    out + &format!("     {rest}\n")
}

/// An old record: its length and how it begins.
fn excerpt(data: &RData) -> String {
    match data.joined() {
        Some(value) if value.len() > SHOWN => {
            format!("{}, {}…", counted(value.len(), "byte"), CharacterString(value[..SHOWN].to_vec()))
        }
        _ => description(data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::record::{Query, RecordType};

    fn change() -> Change {
        let rr = |text: &str, ttl| Rr {
            name: "rocketchat-public-key.mydomain.com".into(),
            ttl,
            data: RData::Txt(vec![CharacterString(text.as_bytes().to_vec())]),
        };
        let question = Query::new("rocketchat-public-key.mydomain.com", RecordType::Txt);
        Change { question, before: vec![rr("old", 60), rr("stray", 60)], after: vec![rr("new", 3600)] }
    }

    #[test]
    fn a_plan_has_a_line_for_each_record() {
        let set = RecordSet {
            domain: "mydomain.com".parse().unwrap(),
            zone: "mydomain.com".parse().unwrap(),
            records: Vec::new(),
        };
        let mut change = change();
        let strings = [vec![b'K'; 255], vec![b'K'; 187]].map(CharacterString).to_vec();
        change.after[0].data = RData::Txt(strings);
        let foreign =
            Rr { data: RData::Txt(vec![CharacterString(b"v=spf1 -all".to_vec())]), ..change.before[0].clone() };
        let planned = Planned { set: &set, changes: &[change], foreign: &[foreign], rest: OTHERS };
        insta::assert_snapshot!(plan("zone mydomain.com at Route 53", &planned, 80), @r#"
        zone mydomain.com at Route 53

          -  TXT  rocketchat-public-key  "old"
          -  TXT  rocketchat-public-key  "stray"
          +  TXT  rocketchat-public-key  442 bytes in strings of 255 + 187, TTL 3600
          !  TXT  rocketchat-public-key  left alone, because it is not a piece of a key:
                                         "v=spf1 -all"
             other records are not changed
        "#);
    }
}
