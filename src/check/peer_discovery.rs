//! Does a server of the chosen release find the peer's URL and key?

use super::{Check, Judge};
use crate::federation::peer_facts::PeerFacts;
use crate::federation::report::{Problem, Severity, Verdict};

pub const CHECK: Check = Check {
    id: "peer-discovery",
    title: "a server finds the peer's address and key",
    page: include_str!("../../docs/checks/peer-discovery.md"),
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let sight = facts.sight();
    let domain = &facts.records.domain;
    let Some(error) = &sight.error else {
        let key = sight.key.map(|key| key.short()).unwrap_or_default();
        return Verdict::pass(format!("{} with key {key}", sight.url.unwrap_or_default()));
    };
    let evidence = facts
        .records
        .answers
        .iter()
        .map(|(question, outcome)| format!("{} {}: {outcome}", question.kind, question.name));
    let (what, means) = match &sight.url {
        Some(url) => (
            format!("a {} server finds {url} but no key for `{domain}`", facts.eyes),
            format!("it can neither write to `{domain}` nor believe what comes from there; its log says `{error}`"),
        ),
        None => (
            format!("a {} server does not find `{domain}`", facts.eyes),
            format!("its users cannot reach anybody there, and its log says `{error}`"),
        ),
    };
    let fix = format!("the admin of the domain runs: fedctl dns-check {domain}");
    vec![Problem::new(Severity::Error, what, means, fix).seen(evidence).into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{sample, without};
    use crate::check::sample::problems;

    #[test]
    fn a_found_peer_passes() {
        assert!(
            matches!(&judge(&sample())[..], [Verdict::Pass { note }] if note.starts_with("https://chat.mydomain.com:443 with key"))
        );
    }

    #[test]
    fn no_srv_and_no_key_are_two_things() {
        for (label, part) in [("_rocketchat.", "does not find"), ("rocketchat-public-key", "but no key")] {
            let found = problems(judge(&without(sample(), label)));
            assert!(found.len() == 1 && found[0].what.contains(part), "{found:?}");
            assert!(found[0].means.contains("Could not find the peer using DNS or Hub"), "{found:?}");
        }
    }
}
