//! Did two saved runs get the same responses?

use serde::Serialize;

use super::{Check, Judge, Needs};
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
        let noun = if compared == 1 { "response" } else { "responses" };
        return Verdict::pass(format!("{compared} {noun} compared, without TTLs and order"));
    }
    changed.iter().map(|changed| problem(changed).into()).collect()
}

fn problem(changed: &Changed) -> Problem {
    let Changed { domain, observer, question, before, after } = changed;
    Problem::new(
        Severity::Error,
        format!("{question} differs at {observer}"),
        "the zone was changed between the runs, or this server gives different responses",
        format!("Nothing, if this change was intended. To check the domain as it is now:\n  fedctl dns-check {domain}"),
    )
    .seen([format!("- {before}"), format!("+ {after}")])
}
