//! Records in a configuration file that somebody else has written: what is ours is replaced, everything else stays byte for byte,
//! and a file in which ours cannot be distinguished from the rest is refused.

mod diff;
mod dnscontrol;
mod octodns;
mod terraform;

use std::ops::Range;

use crate::dns::record::{Outcome, Query, RData, Rr};
use crate::error::Hinted;
use crate::rocketchat::change::{Change, compare, question, questions, same_data};
use crate::rocketchat::records::{Plan, Record, RecordSet};

/// A tool that keeps a zone in a file.
#[derive(Debug)]
pub struct Tool {
    /// As `--via` takes it.
    pub id: &'static str,
    /// The program that compares the file with the zone and changes the zone.
    pub program: &'static str,
    find: fn(&File) -> Result<Vec<Piece>, Hinted>,
    edit: fn(&File, &[Piece], &[Change]) -> Edits,
}

/// Replacements in any order, or why there are none.
type Edits = Result<Vec<Edit>, Hinted>;

/// All of them.
pub const TOOLS: &[Tool] = &[
    Tool { id: "dnscontrol", program: "dnscontrol", find: dnscontrol::find, edit: dnscontrol::edit },
    Tool { id: "octodns", program: "octodns-sync", find: octodns::find, edit: octodns::edit },
    Tool { id: "terraform", program: "terraform", find: terraform::find, edit: terraform::edit },
];

/// The file, and what should be in it.
pub struct File<'a> {
    pub text: &'a str,
    pub plan: &'a Plan,
    /// The id of the DNS provider, where it is known: Terraform's resources differ by provider.
    pub provider: Option<&'a str>,
}

/// A part of the file that holds records at one of the names.
#[derive(Debug, Clone, PartialEq)]
struct Piece {
    range: Range<usize>,
    records: Vec<Rr>,
}

impl Piece {
    fn is_of(&self, question: &Query) -> bool {
        self.records.iter().any(|rr| rr.name == question.name)
    }
}

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    range: Range<usize>,
    text: String,
}

/// What a file becomes.
#[derive(Debug)]
pub struct Edited {
    pub text: String,
    /// The lines that change, for people.
    pub diff: String,
    pub changes: Vec<Change>,
    /// Records at the name of the key that are left alone.
    pub foreign: Vec<Rr>,
}

/// Puts the records into the file.
pub fn edit(tool: &Tool, file: &File) -> Result<Edited, Hinted> {
    let set = &file.plan.set;
    let pieces = (tool.find)(file)?;
    let records: Vec<Rr> = pieces.iter().flat_map(|piece| piece.records.clone()).collect();
    refuse_aliases(&records, set)?;
    let answer = |question: &Query| Outcome::Found(of(&records, question));
    let mut changes =
        compare(set, answer).map_err(|(question, _)| unclear(&format!("the records of `{}`", question.name)))?;
    let foreign = changes.iter_mut().flat_map(Change::keep_foreign).collect();
    let needed: Vec<Change> = changes.iter().filter(|change| change.is_needed()).cloned().collect();
    if needed.is_empty() {
        return Ok(Edited { text: file.text.to_owned(), diff: String::new(), changes, foreign });
    }
    let mut edits = (tool.edit)(file, &pieces, &needed)?;
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    if edits.windows(2).any(|two| two[0].range.end > two[1].range.start) {
        return Err(unclear("one record from the next"));
    }
    let text = applied(file.text, &edits);
    let after = (tool.find)(&File { text: &text, ..*file })?;
    let after: Vec<Rr> = after.into_iter().flat_map(|piece| piece.records).collect();
    for change in &changes {
        if !same_data(&of(&after, &change.question), &change.after) {
            return Err(unclear(&format!("how to change the records of `{}`", change.question.name)));
        }
    }
    let diff = diff::diff(file.text, &edits);
    Ok(Edited { text, diff, changes, foreign })
}

fn of(records: &[Rr], question: &Query) -> Vec<Rr> {
    records.iter().filter(|rr| rr.name == question.name && rr.data.kind() == Some(question.kind)).cloned().collect()
}

/// No other record can exist beside an alias.
fn refuse_aliases(records: &[Rr], set: &RecordSet) -> Result<(), Hinted> {
    let is_alias = |rr: &&Rr| match &rr.data {
        RData::Cname(_) => true,
        RData::Other(kind) => matches!(kind.to_ascii_uppercase().as_str(), "CNAME" | "ALIAS" | "ANAME" | "DNAME"),
        _ => false,
    };
    let named = |rr: &&Rr| questions(set).iter().any(|question| question.name == rr.name);
    match records.iter().filter(named).find(is_alias) {
        Some(rr) => {
            let what =
                format!("`{}` is an alias (CNAME) in the file, and no other record can exist beside it", rr.name);
            Err(Hinted::new(what, "delete the alias, or publish in the zone that it leads to"))
        }
        None => Ok(()),
    }
}

fn applied(text: &str, edits: &[Edit]) -> String {
    let (mut out, mut at) = (String::new(), 0);
    for edit in edits {
        out += &text[at..edit.range.start];
        out += &edit.text;
        at = edit.range.end;
    }
    out + &text[at..]
}

/// The records of the set for one name and type, as a plan of their own.
fn part(plan: &Plan, wanted: &Query) -> Plan {
    let records: Vec<Record> = plan.set.records.iter().filter(|record| question(record) == *wanted).cloned().collect();
    Plan { set: RecordSet { records, ..plan.set.clone() }, warnings: Vec::new() }
}

/// True when the text names one of the records.
fn mentions(text: &str) -> bool {
    text.contains("rocketchat-public-key") || text.contains("rocketchat-protocol") || text.contains("_rocketchat")
}

fn unclear(what: &str) -> Hinted {
    Hinted::new(
        format!("fedctl cannot tell {what} in this file"),
        "change the file manually: `fedctl records --format FORMAT` prints the text, `fedctl records formats` the forms",
    )
}

#[cfg(test)]
mod tests;
