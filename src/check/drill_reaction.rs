//! Does the peer set and remove reactions?

use super::drill::judge_sent;
use super::{Check, Judge, Needs};
use crate::facts::drill::DrillFacts;
use crate::report::Verdict;
use crate::rocketchat::drill::step::Step;

pub const CHECK: Check = Check {
    id: "drill-reaction",
    title: "the peer sets and removes reactions",
    page: include_str!("../../docs/checks/drill-reaction.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Steps(&[Step::ReactionOn, Step::ReactionOff], judge),
};

fn judge(facts: &DrillFacts, step: Step) -> Verdict {
    let done = match step {
        Step::ReactionOn => "set",
        _ => "removed",
    };
    judge_sent(facts, step, done)
}
