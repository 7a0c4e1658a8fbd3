//! Does the peer store messages, edits and deletions?

use super::drill::judge_sent;
use super::{Check, Judge, Needs};
use crate::facts::drill::DrillFacts;
use crate::report::Verdict;
use crate::rocketchat::drill::step::Step;

pub const CHECK: Check = Check {
    id: "drill-message",
    title: "the peer stores messages, edits and deletions",
    page: include_str!("../../docs/checks/drill-message.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Steps(&[Step::Message, Step::Edit, Step::ReadReceipt, Step::DeleteMessage], judge),
};

fn judge(facts: &DrillFacts, step: Step) -> Verdict {
    let done = match step {
        Step::Message => "stored, with a mention of the user",
        Step::Edit => "text replaced",
        Step::ReadReceipt => "read",
        _ => "deleted",
    };
    judge_sent(facts, step, done)
}
