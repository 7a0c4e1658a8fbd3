//! Did the peer open a request of ours, find us, and send an answer that we can open?

use super::peer_ping::why_not;
use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::{Callback, PeerFacts, Speaks};
use crate::report::{Problem, Verdict};
use crate::rocketchat::life::Life;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-round-trip",
    title: "the peer decrypts a request and sends one that decrypts",
    page: include_str!("../../docs/checks/peer-round-trip.md"),
    stage: Some(Stage::RoundTrip),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

const UNTRIED: &str = "not verified; try --callback ADDR:PORT on the host that your own SRV record names";

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let (Some(latest), Some(callback)) = (&facts.latest, &facts.callback) else {
        return Verdict::skip(match (facts.options.callback, facts.speaks()) {
            (_, Speaks::Old) if facts.info.is_some() => "1.x has no request that could be answered".to_owned(),
            (true, _) => why_not(facts),
            (false, _) if facts.ping.is_some() => {
                let what = if facts.answers_blindly() { "keys and the way back are" } else { "the way back is" };
                format!("{what} {UNTRIED}")
            }
            (false, _) => why_not(facts),
        });
    };
    if let Some(elapsed) = callback.opened {
        return Verdict::pass(format!(
            "its own message arrived and was decrypted after {elapsed} ms: both directions are verified"
        ));
    }
    let problem = if !latest.is_ok() {
        Problem::new(
            Severity::Error,
            "the peer refused the request for events",
            "whether it could answer is unknown",
            "First fix what peer-ping reports.",
        )
    } else if callback.refused.is_empty() {
        silent(facts, callback)
    } else {
        Problem::new(
            Severity::Error,
            "the peer called back, and its message cannot be decrypted",
            "it reaches you, but what its users write cannot be read",
            "Fix the layer that the evidence names: origin is the key that the peer publishes, secrecy is your \
             own published key.",
        )
    };
    let mut evidence = vec![latest.shown(), format!("listened on {}", callback.listened)];
    evidence.extend(callback.refused.iter().cloned());
    vec![problem.seen(evidence).into()]
}

fn silent(facts: &PeerFacts, callback: &Callback) -> Problem {
    let waited = callback.waited;
    if facts.release().is_some_and(|(release, _)| !Life::of(release).sends()) {
        return Problem::new(
            Severity::Error,
            format!("the peer did not call back within {waited} s, and its release cannot"),
            "from 6.3.0 on servers receive and never send",
            "Ask the peer's admin to return to 6.2.x, or replace classic federation on both sides.",
        );
    }
    Problem::new(
        Severity::Error,
        format!("the peer did not call back within {waited} s"),
        "it could not open the request, or could not find or reach you: what its users write will not arrive",
        "Check, in this order:\n\
         1. The host and port of your SRV record lead to this --callback address.\n\
         2. The peer trusts your certificate. Try it from another machine:\n  fedctl handshake YOUR_DOMAIN\n\
         3. Your records are right:\n  fedctl dns-check YOUR_DOMAIN --key FILE\n\
         4. The peer's log has the reason ([IGNORED], crypt):\n  fedctl explain 'THE LINE'",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{sample, set_release};
    use crate::check::sample::problems;

    #[test]
    fn silence_a_bad_message_and_an_answer_differ() {
        let mut facts = sample();
        assert!(problems(judge(&facts)).is_empty());
        facts.callback.as_mut().unwrap().opened = None;
        assert!(problems(judge(&facts))[0].what.contains("did not call back within 10 s"));
        set_release(&mut facts, "6.4");
        assert!(problems(judge(&facts))[0].what.contains("its release cannot"));
        facts.callback.as_mut().unwrap().refused = vec!["origin layer".into()];
        assert!(problems(judge(&facts))[0].what.contains("cannot be decrypted"));
        (facts.callback, facts.latest, facts.options.callback) = (None, None, false);
        set_release(&mut facts, "6.2.0");
        assert_eq!(judge(&facts), Verdict::skip(format!("the way back is {UNTRIED}")));
    }
}
