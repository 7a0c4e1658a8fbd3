//! Does the peer fetch a file that a message names?

use super::drill::{fetched, judge_sent, known_limit, unasked};
use super::{Check, Judge, Needs};
use crate::count::counted;
use crate::facts::drill::{DrillFacts, Taken};
use crate::report::Verdict;
use crate::rocketchat::drill::expectation::Outcome;
use crate::rocketchat::drill::step::Step;

pub const CHECK: Check = Check {
    id: "drill-file",
    title: "the peer fetches a file that a message names",
    page: include_str!("../../docs/checks/drill-file.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Steps(&[Step::File], judge),
};

fn judge(facts: &DrillFacts, step: Step) -> Verdict {
    let done = "stored with its file";
    let (Some((request, _)), Some(expected)) = (facts.sent(step), facts.expected(step)) else {
        return judge_sent(facts, step, done);
    };
    match (fetched(facts, request.at), request.taken()) {
        (Some((after, bytes)), Taken::Applied | Taken::Accepted) => {
            Verdict::Pass { note: format!("fetched from us {after} ms later: {}", counted(bytes, "byte")) }
        }
        (None, Taken::Applied | Taken::Accepted) => match expected.outcome {
            Outcome::Fails(error) => known_limit(facts, step, &error.0).seen([request.exchange.shown()]).into(),
            _ => {
                let means = "the message arrives without its file, or not at all";
                unasked(facts, step, request, "did not fetch the file", means)
            }
        },
        _ => judge_sent(facts, step, done),
    }
}
