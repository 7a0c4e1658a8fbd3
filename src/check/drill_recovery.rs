//! Does the peer ask for an event that it has not received, and take it?

use super::drill::{judge_sent, known_limit, unasked};
use super::{Check, Judge, Needs};
use crate::facts::drill::{Arrived, DrillFacts, Purpose, Request, Taken};
use crate::report::{Problem, Verdict};
use crate::rocketchat::drill::expectation::Outcome;
use crate::rocketchat::drill::step::Step;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "drill-recovery",
    title: "the peer requests an event that it has not received",
    page: include_str!("../../docs/checks/drill-recovery.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Steps(&[Step::Recovery], judge),
};

fn judge(facts: &DrillFacts, step: Step) -> Verdict {
    let (Some((request, _)), Some(expected)) = (facts.sent(step), facts.expected(step)) else {
        return judge_sent(facts, step, "");
    };
    let repair = facts.requests.iter().find(|request| request.purpose == Purpose::Repair);
    let until = repair.map_or(u32::MAX, |repair| repair.at);
    let mut since = facts.arrived_since(request.at).filter(|arrival| arrival.at < until);
    let asked = since
        .find(|arrival| matches!(&arrival.what, Arrived::Question { room, .. } if Some(room) == facts.room.as_ref()));
    let sent = since.find_map(|arrival| match &arrival.what {
        Arrived::Delivered { .. } => Some(Ok(arrival.at)),
        Arrived::Undelivered { why } => Some(Err(why.clone())),
        _ => None,
    });
    match (asked, sent, request.taken()) {
        (Some(asked), Some(Ok(_)), Taken::Applied | Taken::Accepted) => {
            let after = asked.at.saturating_sub(request.at);
            Verdict::Pass { note: format!("requested the withheld event {after} ms later, and was sent it") }
        }
        (Some(_), sent, Taken::Applied | Taken::Accepted) => undelivered(request, sent.and_then(Result::err)).into(),
        (None, _, Taken::Applied | Taken::Accepted) => match expected.outcome {
            Outcome::Fails(error) => known_limit(facts, step, &error.0).seen([request.exchange.shown()]).into(),
            _ => unasked(
                facts,
                step,
                request,
                "did not request the withheld event",
                "a lost event stays lost, and so do all events after it",
            ),
        },
        _ => match judge_sent(facts, step, "") {
            Verdict::Problem(mut problem) if repair.is_some_and(|repair| repair.taken() == Taken::Applied) => {
                problem.evidence.push("sending both events again repaired the room".into());
                problem.into()
            }
            other => other,
        },
    }
}

fn undelivered(request: &Request, why: Option<String>) -> Problem {
    let problem = Problem::new(
        Severity::Error,
        "the peer requested the withheld event and did not accept it",
        "a lost event stays lost, and so do all events after it",
        "Check the peer's log at this time. From 4.2 on, all of it must happen within the two seconds of one request.",
    );
    problem.seen([request.exchange.shown()].into_iter().chain(why))
}
