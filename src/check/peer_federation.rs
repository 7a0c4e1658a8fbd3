//! Is federation switched on, and in a protocol that we have in common?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::{Exchange, PeerFacts, Speaks};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::generation::Generation;
use crate::rocketchat::life::GATE_VARIABLE;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-federation",
    title: "federation is enabled, with a common protocol version",
    page: include_str!("../../docs/checks/peer-federation.md"),
    stage: Some(Stage::Federation),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let (Some(search), Some(users)) = (&facts.search, &facts.users) else { return Verdict::skip(facts.unreached()) };
    let evidence = [search.shown(), users.shown()];
    let limited = [search, users].iter().any(|seen| seen.answer().is_some_and(|answer| answer.status == 429));
    if limited {
        return Verdict::skip("too many requests: run this again in a minute");
    }
    if [search, users].iter().all(|seen| seen.answer().is_some_and(|answer| answer.status == 403)) {
        return match &facts.identity {
            Some(identity) => vec![unlisted(facts, identity.records.domain.as_str()).seen(evidence).into()],
            None => Verdict::skip("a proxy lets only listed domains reach the federation routes (403)"),
        };
    }
    let (asked, protocol) = match facts.speaks() {
        Speaks::New => (search, "2.x and later"),
        Speaks::Old => (users, "1.x"),
        Speaks::Nothing => return vec![nothing().seen(evidence).into()],
    };
    if !asked.is_reported() {
        return vec![nothing().seen(evidence).into()];
    }
    if is_closed(asked) {
        return vec![closed().seen([asked.shown()]).into()];
    }
    if is_off(asked) {
        return vec![off().seen([asked.shown()]).into()];
    }
    match has_other_protocol(facts) {
        true => vec![strangers(facts, protocol).seen([asked.shown()]).into()],
        false => Verdict::pass(format!("enabled, protocol of {protocol}")),
    }
}

/// True when federation is enabled there, and the release that fedctl acts as does not support the peer's protocol.
pub fn has_other_protocol(facts: &PeerFacts) -> bool {
    let (asked, is_old) = match facts.speaks() {
        Speaks::New => (&facts.search, false),
        Speaks::Old => (&facts.users, true),
        Speaks::Nothing => return false,
    };
    let is_enabled = asked.as_ref().is_some_and(|asked| asked.is_reported() && !is_closed(asked) && !is_off(asked));
    let is_old_view = facts.options.release.map(|release| Generation::of(release).is_first_protocol());
    is_enabled && is_old_view.is_some_and(|is_old_view| is_old_view != is_old)
}

fn is_off(asked: &Exchange) -> bool {
    let error = asked.answer().and_then(|answer| answer.error()).unwrap_or_default();
    error.contains("Federation not enabled") || error == "Not found"
}

fn is_closed(asked: &Exchange) -> bool {
    asked.answer().and_then(|answer| answer.error()).is_some_and(|error| error.contains(GATE_VARIABLE))
}

fn closed() -> Problem {
    Problem::new(
        Severity::Error,
        "classic federation is closed there: a 7.x release without its environment variable",
        "every request is refused, whatever the settings are; with the variable the server receives and sends nothing",
        with_line(
            &format!(
                "Ask the peer's admin to start the server with {GATE_VARIABLE}=1, or replace classic federation on both sides:"
            ),
            "fedctl upgrade plan --from 6.2 --to 7.11",
        ),
    )
}

fn unlisted(facts: &PeerFacts, own: &str) -> Problem {
    let peer = &facts.records.domain;
    Problem::new(
        Severity::Error,
        format!("{peer} does not let `{own}` federate (403)"),
        "a proxy in front of the server has a list of the domains that may federate, and yours is not on it",
        with_line(
            &format!("Ask the admin of {peer} to add your domain. For new rules:"),
            &format!("fedctl proxy nginx --allow {own}"),
        ),
    )
}

fn nothing() -> Problem {
    Problem::new(
        Severity::Error,
        "no federation route answers",
        "this is no Rocket.Chat server, one from before 1.0 or from 7.11 on, where classic federation was removed, or \
         a proxy does not forward /api/v1/",
        "Make the proxy forward /api/v1/federation.* to the server, and check the release under Administration.",
    )
}

fn off() -> Problem {
    Problem::new(
        Severity::Error,
        "federation is switched off",
        "every message and every search is refused",
        "Ask the peer's admin to fill in Domain and switch Enabled on under Administration > Settings > Federation.",
    )
}

fn strangers(facts: &PeerFacts, protocol: &str) -> Problem {
    Problem::new(
        Severity::Error,
        format!("the peer uses the protocol of {protocol}, which a {} server does not support", facts.view),
        "paths and payloads differ: no message can pass between the two",
        "Upgrade the older of the two to 3.6.3 or later, and invite each other again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{answer, sample, set_release};
    use crate::check::sample::problems;
    use crate::rocketchat::release::Release;

    #[test]
    fn off_absent_and_foreign_are_three_things() {
        assert!(problems(judge(&sample())).is_empty());
        let mut facts = sample();
        let refusal = r#"{"success":false,"error":"Federation not enabled"}"#;
        facts.search.as_mut().unwrap().outcome = Ok(answer(400, "application/json", refusal));
        assert!(problems(judge(&facts))[0].what.contains("switched off"));
        facts.search.as_mut().unwrap().outcome = Ok(answer(200, "text/html", "<p>"));
        assert!(problems(judge(&facts))[0].what.contains("no federation route"));
        let mut facts = sample();
        facts.options.release = Some(Release(1, 3, 0));
        assert!(problems(judge(&facts))[0].what.contains("does not support"));
    }

    #[test]
    fn an_old_server_without_peers_is_enabled() {
        let mut facts = sample();
        set_release(&mut facts, "1.3.5");
        facts.search.as_mut().unwrap().outcome = Ok(answer(200, "text/html", "<p>"));
        let nobody = r#"{"success":false,"error":"There is no such user in this server"}"#;
        facts.users.as_mut().unwrap().outcome = Ok(answer(400, "application/json", nobody));
        assert_eq!(judge(&facts), Verdict::pass("enabled, protocol of 1.x"));
        facts.users.as_mut().unwrap().outcome =
            Ok(answer(400, "application/json", r#"{"success":false,"error":"Not found"}"#));
        assert!(problems(judge(&facts))[0].what.contains("switched off"));
    }
}
