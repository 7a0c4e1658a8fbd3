//! Can the peer trust us: is our own domain published, with the key that we sign with?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::PeerFacts;
use crate::report::{Problem, Verdict, with_line};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-identity",
    title: "your domain is published with the key that you sign with",
    page: include_str!("../../docs/checks/peer-identity.md"),
    stage: Some(Stage::Identity),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

/// What a run without an identity is reported.
pub const NO_IDENTITY: &str = "needs your identity: --domain mydomain.com --key federation.key";

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let Some(identity) = &facts.identity else {
        return Verdict::skip(NO_IDENTITY);
    };
    let own = &identity.records.domain;
    let discovery = identity.records.discovery(facts.generation());
    if let Some(error) = discovery.error {
        let evidence = identity
            .records
            .answers
            .iter()
            .map(|(question, outcome)| format!("{} {}: {outcome}", question.kind, question.name));
        return vec![
            Problem::new(
                Severity::Error,
                format!("a peer of release {} cannot find your own domain `{own}`: `{error}`", facts.view),
                "it looks up the SRV record and the key of every sender before it decrypts a message: yours are \
                 refused with `Could not decrypt payload`",
                with_line("Find out what is wrong with your records:", &format!("fedctl dns-check {own}")),
            )
            .seen(evidence)
            .into(),
        ];
    }
    match identity.records.key() {
        Ok(key) if key.fingerprint().to_string() == identity.fingerprint => {
            Verdict::pass(format!("{own} publishes your key"))
        }
        Ok(key) => vec![
            Problem::new(
                Severity::Error,
                format!("`{own}` publishes another key than the one you sign with"),
                "peers refuse what you send, and what they send you cannot open",
                with_line(
                    "Use the key whose public half is published, or publish yours, and compare:",
                    &format!("fedctl dns-check {own} --key FILE"),
                ),
            )
            .seen([format!("published {}", key.fingerprint()), format!("yours     {}", identity.fingerprint)])
            .into(),
        ],
        Err(error) => Verdict::skip(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::sample;
    use crate::check::sample::problems;

    #[test]
    fn another_key_and_no_records_are_reported() {
        assert!(problems(judge(&sample())).is_empty());
        let mut facts = sample();
        facts.identity.as_mut().unwrap().fingerprint = "00".repeat(32);
        assert!(problems(judge(&facts))[0].what.contains("another key"));
        facts.identity.as_mut().unwrap().records.answers.clear();
        assert!(problems(judge(&facts))[0].what.contains("cannot find your own domain"));
        facts.identity = None;
        assert_eq!(judge(&facts), Verdict::skip(NO_IDENTITY));
    }
}
