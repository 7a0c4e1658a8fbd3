//! Does the peer delete the drill's own room at the end?

use super::drill::judge_sent;
use super::{Check, Judge, Needs};
use crate::facts::drill::DrillFacts;
use crate::report::Verdict;
use crate::rocketchat::drill::step::Step;

pub const CHECK: Check = Check {
    id: "drill-delete",
    title: "the peer deletes a room that its owner deletes",
    page: include_str!("../../docs/checks/drill-delete.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Steps(&[Step::DeleteRoom], judge),
};

fn judge(facts: &DrillFacts, step: Step) -> Verdict {
    judge_sent(facts, step, "deleted with its messages, members and events")
}
