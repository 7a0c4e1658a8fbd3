//! Does the peer create the rooms of others?

use super::drill::judge_sent;
use super::{Check, Judge, Needs};
use crate::facts::drill::DrillFacts;
use crate::report::Verdict;
use crate::rocketchat::drill::step::Step;

pub const CHECK: Check = Check {
    id: "drill-room",
    title: "the peer creates the rooms that others open",
    page: include_str!("../../docs/checks/drill-room.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Steps(
        &[
            Step::DirectRoom,
            Step::SameAgain,
            Step::PrivateRoom,
            Step::BroadcastRoom,
            Step::PublicChannel,
            Step::EncryptedRoom,
        ],
        judge,
    ),
};

fn judge(facts: &DrillFacts, step: Step) -> Verdict {
    let done = match step {
        Step::DirectRoom => "created with both members",
        Step::SameAgain => "accepted once more",
        Step::PrivateRoom => "created",
        Step::BroadcastRoom => "created, and only its owner can write",
        Step::PublicChannel => "",
        _ => "created",
    };
    judge_sent(facts, step, done)
}
