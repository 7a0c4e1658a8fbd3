//! Did two saved runs get the same responses?

use serde::Serialize;

use super::{Check, Judge, Needs};
use crate::count::counted;
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "run-change",
    title: "two saved runs got the same responses",
    page: include_str!("../../docs/checks/run-change.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Command,
};

/// Characters of each end of a long response that are shown.
const SHOWN: usize = 30;

/// One response that differs between the runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    pub domain: String,
    /// The server that responded.
    pub observer: String,
    /// Type and name.
    pub question: String,
    pub before: String,
    pub after: String,
}

/// One finding for each response that differs.
pub fn judge(changed: &[Changed], compared: usize) -> Vec<Verdict> {
    if changed.is_empty() {
        return Verdict::pass(format!("{} compared, without TTLs and order", counted(compared, "response")));
    }
    changed.iter().map(|changed| problem(changed).into()).collect()
}

/// A response with its beginning and its end, when a line cannot hold it: a key is known by these.
pub fn short(response: &str) -> String {
    let count = response.chars().count();
    if count <= SHOWN * 3 {
        return response.to_owned();
    }
    let (start, end): (String, String) =
        (response.chars().take(SHOWN).collect(), response.chars().skip(count - SHOWN).collect());
    format!("{start}…{end} ({})", counted(count, "character"))
}

fn problem(changed: &Changed) -> Problem {
    let Changed { domain, observer, question, before, after } = changed;
    Problem::new(
        Severity::Error,
        format!("{question} differs at {observer}"),
        "the zone was changed between the runs, or this server gives different responses",
        format!("Nothing, if this change was intended. To check the domain as it is now:\n  fedctl dns-check {domain}"),
    )
    .seen([format!("- {}", short(before)), format!("+ {}", short(after))])
}
