//! Does a body of more than 100 KB get through, as longer messages make it?

use super::{Check, Judge, peer_ping};
use crate::federation::peer_facts::PeerFacts;
use crate::federation::report::{Problem, Severity, Verdict};

pub const CHECK: Check = Check {
    id: "peer-body",
    title: "a large message gets through",
    page: include_str!("../../docs/checks/peer-body.md"),
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let Some(large) = &facts.large else {
        let why = match &facts.ping {
            Some(ping) if !ping.is_ok() => "the small ping failed already".to_owned(),
            Some(_) => "not tried with a 1.x peer".to_owned(),
            None => peer_ping::why_not(facts),
        };
        return Verdict::skip(why);
    };
    if large.is_ok() {
        return Verdict::pass("110 KB got through");
    }
    let fix = match large.answer().map(|answer| answer.status) {
        Some(403 | 406) => {
            "exempt /api/v1/federation.* from the web application firewall: long arrays of numbers look strange to it"
        }
        Some(429) => "run this again in a minute",
        _ => "raise the body limit for /api/v1/federation.* (nginx: client_max_body_size 50m)",
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
        facts.large = None;
        assert_eq!(judge(&facts), Verdict::skip("not tried with a 1.x peer"));
    }
}
