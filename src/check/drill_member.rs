//! Does the peer add, remove and let go members of a room?

use super::drill::judge_sent;
use super::{Check, Judge, Needs};
use crate::facts::drill::DrillFacts;
use crate::report::Verdict;
use crate::rocketchat::drill::step::Step;

pub const CHECK: Check = Check {
    id: "drill-member",
    title: "the peer changes the members of a room",
    page: include_str!("../../docs/checks/drill-member.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Steps(&[Step::Join, Step::AddAgain, Step::Remove, Step::Leave], judge),
};

fn judge(facts: &DrillFacts, step: Step) -> Verdict {
    let done = match step {
        Step::Join => "joined",
        Step::AddAgain => "added",
        Step::Remove => "removed",
        _ => "left",
    };
    judge_sent(facts, step, done)
}
