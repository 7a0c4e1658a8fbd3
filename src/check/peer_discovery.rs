//! Does a server of the chosen release find the peer's URL and key?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::PeerFacts;
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::life::Life;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-discovery",
    title: "a server finds the peer's address and key",
    page: include_str!("../../docs/checks/peer-discovery.md"),
    stage: Some(Stage::Discover),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let discovery = facts.discovery();
    let domain = &facts.records.domain;
    if let (Some(release), Some(url)) =
        (facts.options.release.filter(|release| !Life::of(*release).sends()), &discovery.url)
    {
        return vec![
            Problem::new(
                Severity::Error,
                format!("a {release} server finds {url} and cannot send to it, or to any other peer"),
                "from 6.3 on it receives only: what its users write is lost, and its log has `Invalid URL`",
                "Run 6.2.x, the last releases that send. No record fixes this.",
            )
            .into(),
        ];
    }
    let Some(error) = &discovery.error else {
        let key = discovery.key.map(|key| key.short()).unwrap_or_default();
        return Verdict::pass(format!("{} with key {key}", discovery.url.unwrap_or_default()));
    };
    let evidence = facts
        .records
        .answers
        .iter()
        .map(|(question, outcome)| format!("{} {}: {outcome}", question.kind, question.name));
    let (what, means) = match &discovery.url {
        Some(url) => (
            format!("a {} server finds {url} but no key for `{domain}`", facts.view),
            format!("it cannot send to `{domain}` and refuses what it receives from there; its log has `{error}`"),
        ),
        None => (
            format!("a {} server does not find `{domain}`", facts.view),
            format!("its users cannot reach anyone there, and its log has `{error}`"),
        ),
    };
    let fix = with_line("The admin of the domain runs:", &format!("fedctl dns-check {domain}"));
    vec![Problem::new(Severity::Error, what, means, fix).seen(evidence).into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{sample, without};
    use crate::check::sample::problems;
    use crate::rocketchat::release::Release;

    #[test]
    fn a_found_peer_passes() {
        assert!(
            matches!(&judge(&sample())[..], [Verdict::Pass { note }] if note.starts_with("https://chat.mydomain.com:443 with key"))
        );
    }

    #[test]
    fn who_asks_as_a_release_that_cannot_send_is_reported() {
        let mut facts = sample();
        for (release, count) in [(Release(6, 2, 0), 0), (Release(6, 3, 0), 1)] {
            (facts.options.release, facts.view) = (Some(release), release);
            assert_eq!(problems(judge(&facts)).len(), count, "{release}");
        }
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
