//! Does the peer take a plain message from anyone who claims to be the peer itself?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::{PeerFacts, Speaks};
use crate::report::{Problem, Verdict, with_line};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-bypass",
    title: "no one else can send messages in the peer's name",
    page: include_str!("../../docs/checks/peer-bypass.md"),
    stage: Some(Stage::Bypass),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let Some(bypass) = &facts.bypass else {
        return Verdict::skip(match (facts.options.probe_bypass, facts.speaks()) {
            (false, _) => "only probed with --probe-bypass",
            (true, Speaks::Old) if facts.info.is_some() => "1.x servers decrypt everything",
            (true, _) => facts.unreached(),
        });
    };
    let domain = &facts.records.domain;
    let Some(answer) = bypass.answer() else { return Verdict::skip("the forged message was not answered") };
    match (answer.status, answer.success()) {
        (200, Some(true)) => vec![
            Problem::new(
                Severity::Warning,
                format!("anyone can speak in the name of `{domain}` itself: a plain ping with its own domain in the \
                 header was taken"),
                "anyone who reaches the server can insert messages, users and rooms that seem to come from its own people; \
                 all releases from 2.0 on do this, only a proxy can stop it",
                rule(domain.as_str()),
            )
            .seen([bypass.shown()])
            .into(),
        ],
        (200, _) if facts.answers_blindly() => vec![
            Problem::new(
                Severity::Notice,
                "whether a forged message was accepted cannot be determined: releases from 2.0 to 4.1 answer `200 {}` to everything",
                "by their source they take it: anyone who reaches the server can send in its name",
                rule(domain.as_str()),
            )
            .seen([bypass.shown()])
            .into(),
        ],
        (200, _) => Verdict::skip("the forged message was answered by something else than the server"),
        (429, _) => Verdict::skip("too many requests: run this again in a minute"),
        _ => Verdict::pass("a forged message is refused"),
    }
}

fn rule(domain: &str) -> String {
    with_line(
        "Let the proxy refuse such requests from outside; the server itself must still be able to make them. For the rules of \
         nginx (also caddy, apache, haproxy, traefik):",
        &format!("fedctl proxy nginx --domain {domain}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{answer, sample, set_release};
    use crate::check::sample::problems;

    #[test]
    fn an_open_door_is_reported_with_the_rule_that_closes_it() {
        let mut facts = sample();
        facts.bypass = facts.ping.clone();
        let found = problems(judge(&facts));
        assert!(
            found[0].severity == Severity::Warning && found[0].fix.contains("fedctl proxy nginx --domain mydomain.com"),
            "{found:?}"
        );
        facts.bypass.as_mut().unwrap().outcome = Ok(answer(403, "text/html", "<p>"));
        assert!(problems(judge(&facts)).is_empty());
        set_release(&mut facts, "3.18");
        facts.bypass.as_mut().unwrap().outcome = Ok(answer(200, "application/json", "{}"));
        assert_eq!(problems(judge(&facts))[0].severity, Severity::Notice);
    }

    #[test]
    fn it_is_probed_only_on_request() {
        assert!(matches!(&judge(&sample())[..], [Verdict::Skip { why }] if why.contains("--probe-bypass")));
    }
}
