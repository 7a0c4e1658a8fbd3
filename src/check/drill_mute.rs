//! Does the peer mute and unmute users?

use super::drill::judge_sent;
use super::{Check, Judge, Needs};
use crate::facts::drill::DrillFacts;
use crate::report::Verdict;
use crate::rocketchat::drill::step::Step;

pub const CHECK: Check = Check {
    id: "drill-mute",
    title: "the peer mutes and unmutes users",
    page: include_str!("../../docs/checks/drill-mute.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Steps(&[Step::Mute, Step::Unmute], judge),
};

fn judge(facts: &DrillFacts, step: Step) -> Verdict {
    let done = match step {
        Step::Mute => "muted",
        _ => "unmuted",
    };
    judge_sent(facts, step, done)
}
