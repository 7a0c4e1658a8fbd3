//! Did the rehearsal of a key rotation go as planned?

use super::{Check, Judge, Needs};
use crate::report::rotation::Rehearsed;
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "rotate-rehearsal",
    title: "the rehearsal of a key rotation goes as planned",
    page: include_str!("../../docs/checks/rotate-rehearsal.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Command,
};

/// One verdict for each state.
pub fn judge(rehearsed: &[Rehearsed]) -> Vec<Verdict> {
    if rehearsed.is_empty() {
        return Verdict::skip("--no-rehearsal was given");
    }
    rehearsed.iter().map(verdict).collect()
}

fn verdict(state: &Rehearsed) -> Verdict {
    let result = match (state.passed, &state.trouble) {
        (true, _) => "messages pass".to_owned(),
        (false, trouble) => format!("messages do not pass: {trouble}"),
    };
    if state.is_right() {
        return Verdict::Pass { note: format!("{}: {result}", state.state) };
    }
    let expected = if state.expected { "they should" } else { "they should not" };
    Problem::new(
        Severity::Error,
        format!("{}: {result}, and {expected}", state.state),
        "the plan does not match what happens on this machine",
        "Do not start the rotation. Run the command again; if the result is the same, report it with this output.",
    )
    .into()
}
