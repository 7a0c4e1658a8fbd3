//! Is it the server itself that answers, and not something before it?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::{Answer, Exchange, HttpFailure, PeerFacts};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-http",
    title: "the server itself answers, with JSON and without redirects",
    page: include_str!("../../docs/checks/peer-http.md"),
    stage: Some(Stage::Http),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let Some(info) = &facts.info else { return Verdict::skip(facts.unreached()) };
    let judged = match &info.outcome {
        Err(failure) => Some(failed(failure)),
        Ok(answer) => answered(answer),
    };
    if facts.drops_requests() {
        return vec![unstable(facts).into()];
    }
    let front = info.answer().and_then(Answer::delivery_network);
    let through = |front: &String| format!("the response came through {front}");
    let judged = judged.map(|problem| problem.seen([info.shown()]).seen(front.as_ref().map(through)));
    match (judged.or_else(|| clock(facts, info)), front) {
        (Some(problem), _) => vec![problem.into()],
        (None, Some(front)) => Verdict::pass(format!("JSON from the server, through {front}")),
        (None, None) => Verdict::pass("JSON from the server itself"),
    }
}

/// Requests that are answered only at the second try say nothing about anything else.
fn unstable(facts: &PeerFacts) -> Problem {
    let all = facts.exchanges().count();
    let dropped: Vec<&Exchange> = facts.exchanges().filter(|exchange| exchange.dropped.is_some()).collect();
    let lost = dropped.iter().any(|exchange| exchange.outcome.is_err());
    let severity = if lost { Severity::Error } else { Severity::Warning };
    let what = format!("the peer drops requests: {} of {all} broke at the first try", dropped.len());
    let means =
        "servers from 2.0 on try once, so the events in such requests are lost; the other findings here are uncertain";
    let fix = "Check the load balancer and every instance behind it: one of them closes its connections.";
    let seen = dropped.iter().filter_map(|exchange| Some((exchange, exchange.dropped.as_ref()?)));
    let seen = seen.map(|(exchange, why)| format!("{} {}: {why}", exchange.method, exchange.path));
    Problem::new(severity, what, means, fix).seen(seen.collect::<Vec<_>>())
}

/// Seconds that the clock of a peer may differ from this one.
const CLOCK: i64 = 60;

fn clock(facts: &PeerFacts, info: &Exchange) -> Option<Problem> {
    let off = info.answer()?.date? - facts.time;
    let what = format!("the clock of the peer is {} s {}", off.abs(), if off > 0 { "fast" } else { "slow" });
    let means = "events are ordered by the clock of the server that made them: missing ones are not sent again, and messages are \
                 in the wrong order";
    let fix = "Synchronise the clock of the peer, and of this machine, with NTP.";
    (off.abs() > CLOCK).then(|| Problem::new(Severity::Warning, what, means, fix))
}

fn failed(failure: &HttpFailure) -> Problem {
    let (fix, means) = match failure {
        HttpFailure::Timeout(_) => (
            "Check the load of the server and the proxy in front of it.",
            "servers wait two seconds for each other, then the message is lost",
        ),
        HttpFailure::NotHttp => ("Check which program listens on this port.", "servers cannot use it at all"),
        HttpFailure::TooLarge(_) => (
            "Check which program answers here: `/api/info` has a hundred bytes.",
            "servers would read until their time limit",
        ),
        HttpFailure::Closed(_) | HttpFailure::Connect(_) | HttpFailure::PlainToken(_) => (
            "Check the log of the proxy: it closes the connection, or the server behind it does.",
            "every message is lost: servers try once",
        ),
    };
    Problem::new(Severity::Error, format!("no answer to `GET /api/info`: {failure}"), means, fix)
}

fn answered(answer: &Answer) -> Option<Problem> {
    let error = |what: String, means: &str, fix: &str| Some(Problem::new(Severity::Error, what, means, fix));
    match answer.status {
        300..=399 => {
            let to = answer.location.as_deref().unwrap_or("nowhere");
            error(
                format!("requests are redirected to {to}"),
                "servers follow a redirect with GET only: a posted event is lost, and no error is logged",
                "Make the proxy serve /api/ at the published host and port without a redirect, or publish where it points to.",
            )
        }
        429 => Some(Problem::new(
            Severity::Warning,
            "the peer answers that there were too many requests",
            "the next checks could not run",
            "Wait a minute and run this again: servers allow 10 requests a minute and route.",
        )),
        200 if answer.is_object() && !answer.content_type.contains("json") => Some(Problem::new(
            Severity::Warning,
            format!("JSON has the content type `{}`", answer.content_type),
            "servers parse a response only when its content type is JSON: user searches find nothing",
            "Make the proxy forward the Content-Type of the server.",
        )),
        200 if answer.is_object() => None,
        200 => error(
            format!("`/api/info` answers with `{}` instead of JSON", answer.content_type),
            "a proxy page, a login or another site answers instead of the server",
            "Make the proxy forward /api/ to the server, without authentication.",
        ),
        status => error(
            format!("`/api/info` answers {status}"),
            "a server answers this to every client: a proxy in front of it refuses, or it is down",
            "Make the proxy forward /api/ to the server, without authentication, and check that the server runs.",
        ),
    }
}

impl PeerFacts {
    /// Why nothing was queried of the server.
    pub(super) fn unreached(&self) -> &'static str {
        match &self.base {
            None => super::NO_BASE,
            Some(_) if self.addresses.iter().all(|address| address.connect.is_err()) => super::NO_CONNECTION,
            Some(_) => "no trusted connection",
        }
    }
}

impl Exchange {
    /// True when the route answered in the words of a server.
    pub(super) fn is_reported(&self) -> bool {
        self.answer().is_some_and(|answer| answer.success().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{answer, sample};
    use crate::check::sample::problems;

    #[test]
    fn each_stranger_is_distinguished() {
        assert!(problems(judge(&sample())).is_empty());
        let html = |status, body| answer(status, "text/html", body);
        let mut redirect = html(301, "<p>Moved");
        redirect.location = Some("https://www.mydomain.com/".into());
        let no_json = answer(200, "text/plain", r#"{"success":true}"#);
        for (outcome, part) in [
            (Ok(html(200, "<p>Welcome")), "instead of JSON"),
            (Ok(html(503, "<p>Down")), "answers 503"),
            (Ok(redirect), "redirected to https://www.mydomain.com/"),
            (Ok(no_json), "content type `text/plain`"),
            (Ok(answer(429, "application/json", "{}")), "too many requests"),
            (Err(HttpFailure::Timeout(5000)), "5000 ms"),
            (Err(HttpFailure::TooLarge(9)), "larger than 9"),
            (Err(HttpFailure::NotHttp), "not HTTP"),
        ] {
            let mut facts = sample();
            facts.info.as_mut().unwrap().outcome = outcome;
            let found = problems(judge(&facts));
            assert!(found.len() == 1 && found[0].what.contains(part), "{part}: {found:?}");
        }
    }

    #[test]
    fn a_peer_that_drops_requests_and_a_clock_that_is_off_are_findings() {
        let mut facts = sample();
        let closed = HttpFailure::Closed("connection reset".into());
        facts.search.as_mut().unwrap().dropped = Some(closed.clone());
        let found = problems(judge(&facts));
        assert!(found[0].severity == Severity::Warning && found[0].what.contains("drops requests: 1 of"), "{found:?}");
        facts.search.as_mut().unwrap().outcome = Err(closed);
        assert_eq!(problems(judge(&facts))[0].severity, Severity::Error);

        for (off, count) in [(0, 0), (60, 0), (61, 1), (-3600, 1)] {
            let mut facts = sample();
            facts.info.as_mut().unwrap().outcome.as_mut().unwrap().date = Some(facts.time + off);
            assert_eq!(problems(judge(&facts)).len(), count, "{off}");
        }
    }

    #[test]
    fn what_was_not_asked_is_skipped_with_the_reason() {
        let mut facts = sample();
        facts.info = None;
        facts.addresses.iter_mut().for_each(|address| address.tls = None);
        assert_eq!(judge(&facts), Verdict::skip("no trusted connection"));
    }
}
