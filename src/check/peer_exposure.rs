//! Can any client search users and download files?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::{Exchange, PeerFacts, Speaks};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::life::GATE_VARIABLE;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-exposure",
    title: "files and user search are closed to other clients",
    page: include_str!("../../docs/checks/peer-exposure.md"),
    stage: Some(Stage::Exposure),
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let Some(exchange) = stranger(facts) else { return Verdict::skip(facts.unreached()) };
    let Some(answer) = exchange.answer() else { return Verdict::skip("the search was not answered") };
    match (answer.status, answer.success()) {
        (401 | 403, _) => Verdict::pass("the search is closed to unknown domains"),
        (429, _) => Verdict::skip("too many requests: run this again in a minute"),
        // 1.x answers that there is no such user.
        (200, Some(true)) | (400, Some(false)) if !is_off(answer.error()) => vec![
            Problem::new(
                Severity::Notice,
                "uploads and user search are open to any client",
                "servers of all releases answer them without authentication, so that any client can search users by name and \
                 download files whose id it knows",
                with_line("Let the proxy close them:", &format!("fedctl proxy nginx --domain {}", facts.records.domain)),
            )
            .seen([format!("{} {} → {}", exchange.method, exchange.path, answer.status)])
            .into(),
        ],
        _ => Verdict::skip("no federation route answers"),
    }
}

/// The search in the name of a domain that cannot exist.
fn stranger(facts: &PeerFacts) -> Option<&Exchange> {
    match (&facts.identity, facts.speaks()) {
        (Some(_), _) => facts.stranger.as_ref(),
        (None, Speaks::Old) => facts.users.as_ref(),
        (None, _) => facts.search.as_ref(),
    }
}

fn is_off(error: Option<&str>) -> bool {
    error.is_some_and(|error| matches!(error, "Federation not enabled" | "Not found") || error.contains(GATE_VARIABLE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{answer, sample};
    use crate::check::sample::problems;
    use crate::rocketchat::life::GATE_ANSWER;

    #[test]
    fn open_closed_and_off_are_three_things() {
        let mut facts = sample();
        facts.identity = None;
        let found = problems(judge(&facts));
        assert!(found[0].what.contains("open to any client") && found[0].severity == Severity::Notice);
        facts.search.as_mut().unwrap().outcome = Ok(answer(403, "text/html", "<p>"));
        assert_eq!(judge(&facts), Verdict::pass("the search is closed to unknown domains"));
        for error in ["Federation not enabled", GATE_ANSWER] {
            let off = format!(r#"{{"success":false,"error":"{error}"}}"#);
            facts.search.as_mut().unwrap().outcome = Ok(answer(400, "application/json", &off));
            assert!(problems(judge(&facts)).is_empty(), "{error}");
        }
    }

    #[test]
    fn a_listed_domain_is_judged_by_what_a_stranger_gets() {
        let mut facts = sample();
        assert!(facts.identity.is_some());
        facts.stranger = facts.search.clone();
        assert!(!problems(judge(&facts)).is_empty());
        facts.stranger.as_mut().unwrap().outcome = Ok(answer(403, "text/html", "<p>"));
        assert!(problems(judge(&facts)).is_empty());
    }
}
