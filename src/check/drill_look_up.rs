//! Does the peer find the user by name?

use super::drill::{known_limit, unsent};
use super::{Check, Judge, Needs};
use crate::facts::drill::DrillFacts;
use crate::facts::peer::Exchange;
use crate::report::{Problem, Verdict};
use crate::rocketchat::drill::step::Step;
use crate::rocketchat::life::GATE_ANSWER;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "drill-look-up",
    title: "the peer finds the user by name",
    page: include_str!("../../docs/checks/drill-look-up.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Steps(&[Step::LookUp], judge),
};

fn judge(facts: &DrillFacts, step: Step) -> Verdict {
    let Some(exchange) = &facts.look_up else {
        return Verdict::Skip { why: unsent(facts, step).unwrap_or_default() };
    };
    match &facts.guest {
        Some(guest) => {
            Verdict::Pass { note: format!("{} exists, id {} ({} ms)", facts.username, guest.id, exchange.elapsed) }
        }
        None => problem(facts, exchange).seen([exchange.shown()]).into(),
    }
}

fn problem(facts: &DrillFacts, exchange: &Exchange) -> Problem {
    let (user, peer) = (&facts.username, &facts.peer.records.domain);
    let error = |what: String, means: &str, fix: &str| Problem::new(Severity::Error, what, means, fix);
    let answer = exchange.answer();
    match answer.map(|answer| (answer.status, answer.error().unwrap_or_default())) {
        None => error(
            "the look-up was not answered".into(),
            "a chat with a user of this peer cannot be opened",
            "Check the log of the proxy and of the server for this request.",
        ),
        Some((_, GATE_ANSWER)) => known_limit(facts, Step::LookUp, GATE_ANSWER),
        Some((_, "Federation not enabled" | "Not found")) => error(
            "the peer refuses: federation is switched off".into(),
            "nothing can be delivered",
            "Ask the peer's admin to switch federation on.",
        ),
        Some((400, _)) => error(
            format!("{peer} has no user `{user}`, or none that can be federated"),
            "a chat with this user cannot be opened; up to 4.2 the same happens with a user without an e-mail address",
            "Check the name with the peer's admin: it is the user name without `@`, in the same case.",
        ),
        Some((429, _)) => error(
            "the peer answers that there were too many requests".into(),
            "servers allow ten a minute for each route and address",
            "Run this again in a minute.",
        ),
        Some((status, _)) => error(
            format!("the look-up was answered with {status}, which no release sends"),
            "a chat with a user of this peer cannot be opened",
            "Check the proxy in front of the server.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::drill_sample::sample;
    use crate::check::peer_sample::answer;

    #[test]
    fn the_answer_reports_why_nobody_was_found() {
        let mut facts = sample("7.9.0");
        assert!(matches!(judge(&facts, Step::LookUp), Verdict::Pass { .. }));
        facts.guest = None;
        for (status, text, part) in [
            (400, "Cannot read property '0' of undefined", "no user `bob`"),
            (400, "Federation not enabled", "switched off"),
            (400, GATE_ANSWER, "Deprecated"),
            (429, "too many", "too many requests"),
            (502, "", "502"),
        ] {
            let body = format!(r#"{{"success":false,"error":"{text}"}}"#);
            facts.look_up.as_mut().unwrap().outcome = Ok(answer(status, "application/json", &body));
            let Verdict::Problem(problem) = judge(&facts, Step::LookUp) else { panic!("{text}") };
            assert!(problem.what.contains(part), "{}", problem.what);
        }
    }
}
