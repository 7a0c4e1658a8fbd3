//! Did the encrypted ping get through, and what does the answer prove?

use super::peer_identity::NO_IDENTITY;
use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::{Answer, Exchange, PeerFacts};
use crate::report::{Problem, Verdict, with_line};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-ping",
    title: "the peer decrypts an encrypted ping",
    page: include_str!("../../docs/checks/peer-ping.md"),
    stage: Some(Stage::Ping),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let Some(ping) = &facts.ping else { return Verdict::skip(why_not(facts)) };
    let answer = match &ping.outcome {
        Ok(answer) => answer,
        Err(failure) => {
            let means = "servers try once and wait two seconds: every event is lost like this one";
            let fix = "Check the log of the proxy and of the server for this request.";
            let problem = Problem::new(Severity::Error, format!("the ping was not answered: {failure}"), means, fix);
            return vec![problem.seen([ping.shown()]).into()];
        }
    };
    match (answer.status, answer.success()) {
        (200, Some(true)) => Verdict::pass("both layers opened: the peer has your key and you have the peer's"),
        (200, None) if answer.is_object() && facts.answers_blindly() => vec![blind().seen([ping.shown()]).into()],
        (400, Some(false)) => vec![refused(facts, answer).seen([ping.shown()]).into()],
        _ => vec![stranger(answer).seen([ping.shown()]).into()],
    }
}

/// Why no ping was sent.
pub fn why_not(facts: &PeerFacts) -> String {
    match (&facts.info, &facts.identity, facts.records.key()) {
        (None, ..) => facts.unreached().into(),
        (_, None, _) => NO_IDENTITY.into(),
        (_, _, Err(error)) => format!("the peer's key cannot be used: {error}"),
        _ => "no federation route answers".into(),
    }
}

fn blind() -> Problem {
    Problem::new(
        Severity::Notice,
        "the peer answers `200 {}`, which proves nothing about keys",
        "releases from 2.0 to 4.1 answer this before they decrypt the message: TLS, routing and JSON work, the keys \
         are not verified",
        "Verify the keys in both directions with --callback ADDR: the peer must open a request and send an answer.",
    )
}

fn refused(facts: &PeerFacts, answer: &Answer) -> Problem {
    let error = answer.error().unwrap_or_default();
    let problem = |what: &str, means: &str, fix: &str| Problem::new(Severity::Error, what, means, fix);
    let own = facts.identity.as_ref().map(|identity| identity.records.domain.as_str()).unwrap_or("YOUR_DOMAIN");
    match error {
        _ if error.contains("decrypt") => {
            let fix = format!(
                "Check, in this order:\n\
                 1. Look at your records:\n  fedctl dns-check {own} --key FILE\n\
                 2. The peer may still have your old key: it caches answers for an hour, and a restart of the peer clears them.\n\
                 3. The peer may publish another key than it uses. Its admin compares the Public Key setting with what this \
                 prints:\n  fedctl dns-check {}\n\
                 4. The peer's resolver may not get your records. On the peer's host, its admin runs:\n  \
                 fedctl dns-check {own} --system-only",
                facts.records.domain
            );
            problem(
                "the peer could not open the ping",
                "every message between the two is refused, in this direction at least; the peer's log (section \
                 `crypt`) names the layer: `invalid padding` is your key, `oaep decoding error` is its own",
                &fix,
            )
        }
        "Federation not enabled" | "Not found" => problem(
            "the peer refuses: federation is switched off",
            "nothing can be delivered",
            "Ask the peer's admin to switch federation on.",
        ),
        "Could not find valid peer" => problem(
            "the peer cannot find your domain",
            "it needs your SRV and key records before it opens anything",
            &with_line("Check your own domain, then the resolver of the peer:", &format!("fedctl dns-check {own}")),
        ),
        _ => problem(
            "the peer failed on the ping, before or after it decrypted it",
            "both keys may be right: the error comes from what it does afterwards",
            "Check the peer's log at this time.",
        ),
    }
}

fn stranger(answer: &Answer) -> Problem {
    let (what, fix) = match answer.status {
        300..=399 => (
            "the ping was redirected: a posted event is lost, without an error".to_owned(),
            "Serve /api/v1/ at the published host and port without a redirect.",
        ),
        401 | 403 | 406 => (
            format!("the ping is refused with {}", answer.status),
            "Exempt /api/v1/federation.* from the web application firewall or the login in front of the server.",
        ),
        413 => (
            "the body of a ping is too large for the proxy".to_owned(),
            "Raise the body limit for /api/v1/federation.* (nginx: client_max_body_size 50m).",
        ),
        429 => ("the peer answers that there were too many requests".to_owned(), "Run this again in a minute."),
        status => (
            format!("the ping was answered with {status}, which no release does"),
            "Check the proxy in front of the server.",
        ),
    };
    let severity = if answer.status == 429 { Severity::Warning } else { Severity::Error };
    Problem::new(severity, what, "events from every server get the same response", fix)
}

impl Exchange {
    /// True when the status is 200.
    pub(super) fn is_ok(&self) -> bool {
        self.answer().is_some_and(|answer| answer.status == 200)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{answer, sample, set_release};
    use crate::check::sample::problems;

    fn judged(release: &str, status: u16, body: &str) -> (Option<Severity>, String) {
        let mut facts = sample();
        set_release(&mut facts, release);
        let kind = if body.starts_with('<') { "text/html" } else { "application/json" };
        facts.ping.as_mut().unwrap().outcome = Ok(answer(status, kind, body));
        let found = problems(judge(&facts));
        (
            found.first().map(|problem| problem.severity),
            found.first().map(|problem| problem.what.clone()).unwrap_or_default(),
        )
    }

    #[test]
    fn the_answer_means_what_the_release_means() {
        assert_eq!(judged("6.2.0", 200, r#"{"success":true}"#).0, None);
        let (severity, what) = judged("3.18.3", 200, "{}");
        assert!(severity == Some(Severity::Notice) && what.contains("proves nothing"), "{what}");
        assert_eq!(judged("6.2.0", 200, "{}").0, Some(Severity::Error));
        for (body, part) in [
            (r#"{"success":false,"error":"Could not decrypt payload"}"#, "could not open"),
            (r#"{"success":false,"error":"Could not decrypt [error-decrypt]"}"#, "could not open"),
            (r#"{"success":false,"error":"Federation not enabled"}"#, "switched off"),
            (r#"{"success":false,"error":"Cannot read property 'x' of undefined"}"#, "failed on the ping"),
        ] {
            assert!(judged("5.0", 400, body).1.contains(part), "{body}");
        }
        assert!(judged("5.0", 413, "<p>").1.contains("too large"));
        assert!(judged("5.0", 403, "<p>").1.contains("refused with 403"));
    }

    #[test]
    fn what_was_not_sent_names_what_is_missing() {
        let mut facts = sample();
        facts.ping = None;
        facts.identity = None;
        assert_eq!(judge(&facts), Verdict::skip(NO_IDENTITY));
    }
}
