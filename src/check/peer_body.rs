//! Does a body of more than 100 KB get through, as longer messages make it?

use super::stage::Stage;
use super::{Check, Judge, Needs, peer_ping};
use crate::facts::peer::PeerFacts;
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-body",
    title: "a large message gets through",
    page: include_str!("../../docs/checks/peer-body.md"),
    stage: Some(Stage::Size),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

/// What servers wait for an answer, in milliseconds.
const LIMIT: u32 = 2000;

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let Some(large) = &facts.large else {
        let why = match &facts.ping {
            Some(ping) if !ping.is_ok() => "the small ping failed already".to_owned(),
            Some(_) => "not tried with a 1.x peer".to_owned(),
            None => peer_ping::why_not(facts),
        };
        return Verdict::skip(why);
    };
    // A peer that is slow with a small one too is another finding.
    let slow_anyway = facts.ping.as_ref().is_some_and(|ping| ping.elapsed > LIMIT);
    if large.is_ok() && (large.elapsed <= LIMIT || slow_anyway) {
        return Verdict::pass("110 KB got through");
    }
    if facts.drops_requests() {
        return Verdict::skip("the peer drops requests, so the size shows nothing; see peer-http");
    }
    if large.is_ok() {
        let what = format!("a message of 110 KB needs {} ms, and servers wait {LIMIT} ms", large.elapsed);
        let means = "the peer accepts it, but the sender has stopped waiting by then and logs `ETIMEDOUT`";
        let fix = "Look at the load of the server: each 214 bytes cost it one operation with its private key.";
        return vec![Problem::new(Severity::Warning, what, means, fix).seen([large.shown()]).into()];
    }
    let fix = match large.answer().map(|answer| answer.status) {
        Some(403 | 406) => {
            "Exempt /api/v1/federation.* from the web application firewall: it may reject long arrays of numbers."
        }
        Some(429) => "Run this again in a minute.",
        _ => "Raise the body limit for /api/v1/federation.* (nginx: client_max_body_size 50m).",
    };
    let what = "a small ping passes and one of 110 KB does not";
    let means = "short messages arrive, long ones and the events of a new room do not; encryption makes bodies five times longer";
    vec![Problem::new(Severity::Error, what, means, fix).seen([large.shown()]).into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{answer, sample};
    use crate::check::sample::problems;

    #[test]
    fn a_limit_between_the_two_sizes_is_found() {
        let mut facts = sample();
        assert!(problems(judge(&facts)).is_empty());
        facts.large.as_mut().unwrap().outcome = Ok(answer(413, "text/html", "<p>"));
        assert!(problems(judge(&facts))[0].fix.contains("client_max_body_size"));
        facts.large = facts.ping.clone();
        facts.large.as_mut().unwrap().elapsed = 2500;
        assert_eq!(problems(judge(&facts))[0].severity, Severity::Warning);
        facts.ping.as_mut().unwrap().elapsed = 2500;
        assert!(problems(judge(&facts)).is_empty());
        facts.large = None;
        assert_eq!(judge(&facts), Verdict::skip("not tried with a 1.x peer"));
    }
}
