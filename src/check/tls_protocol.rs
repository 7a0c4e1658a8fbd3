//! Does the port speak the protocol of the records, and a TLS that servers understand?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::endpoint::Endpoint;
use crate::facts::peer::{AddressFacts, PeerFacts};
use crate::facts::tls::NoSession;
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "tls-protocol",
    title: "the port speaks the protocol that the records name",
    page: include_str!("../../docs/checks/tls-protocol.md"),
    stage: Some(Stage::Tls),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let Some(base) = &facts.base else { return Verdict::skip(super::NO_BASE) };
    let connected: Vec<&AddressFacts> = facts.addresses.iter().filter(|address| address.connect.is_ok()).collect();
    if connected.is_empty() {
        return Verdict::skip(super::NO_CONNECTION);
    }
    let mut verdicts: Vec<Verdict> = Vec::new();
    for address in &connected {
        if let Some(problem) = problem(base, address)
            && !verdicts.contains(&problem.clone().into())
        {
            verdicts.push(problem.into());
        }
    }
    if verdicts.is_empty() {
        let versions =
            connected.iter().filter_map(|address| Some(&address.tls.as_ref()?.outcome.as_ref().ok()?.version));
        return Verdict::pass(
            versions.into_iter().next().map_or_else(|| "plain HTTP, as published".into(), Clone::clone),
        );
    }
    verdicts
}

fn problem(base: &Endpoint, address: &AddressFacts) -> Option<Problem> {
    let port = base.port;
    if !base.https {
        return Some(match address.speaks_other {
            true => wrong(base, "TLS", "http", "https", "_rocketchat._https"),
            false => Problem::new(
                Severity::Notice,
                format!("the records of {} name plain http", base.host),
                "events are encrypted, but user searches and files are not",
                "Put a proxy with TLS in front of the server and publish _rocketchat._https instead of _http.",
            ),
        });
    }
    match &address.tls.as_ref()?.outcome {
        Err(_) if address.speaks_other => Some(wrong(base, "plain HTTP", "https", "http", "_rocketchat._http")),
        Err(failure) => Some(no_session(failure, address, port)),
        Ok(session) if session.speaks_12 == Some(false) => Some(Problem::new(
            Severity::Warning,
            format!("port {port} speaks {} only", session.version),
            "servers whose Node is older than 12, which is Rocket.Chat up to 2.x, cannot connect",
            "Allow TLS 1.2 as well as 1.3 in the proxy (nginx: ssl_protocols TLSv1.2 TLSv1.3).",
        )),
        Ok(_) => None,
    }
}

fn wrong(base: &Endpoint, speaks: &str, published: &str, real: &str, label: &str) -> Problem {
    Problem::new(
        Severity::Error,
        format!("port {} of {} speaks {speaks}, and the records name {published}", base.port, base.host),
        "servers use the protocol of the record and never try the other: nothing can be delivered",
        format!("Publish {label} instead of what is there, which answers {real}, or make the port speak {published}."),
    )
}

fn no_session(failure: &NoSession, address: &AddressFacts, port: u16) -> Problem {
    let fix = match failure {
        NoSession::Refused(why) if why.contains("ProtocolVersion") => {
            "Allow TLS 1.2 and 1.3 in the proxy: it supports no TLS version from 1.2 on."
        }
        NoSession::Refused(why) if why.contains("UnrecognisedName") => {
            "Add the SRV target to the server names of the proxy, which has no site of this name."
        }
        NoSession::Timeout(_) => "Check the proxy and the firewall: the connection is accepted and gets no response.",
        _ => "Check the log of the proxy for this handshake.",
    };
    Problem::new(Severity::Error, format!("no TLS on port {port}: {failure}"), "no server can send a request here", fix)
        .seen([address.addr.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{sample, session};
    use crate::check::sample::problems;

    fn with(outcome: NoSession, speaks_other: bool) -> Problem {
        let mut facts = sample();
        for address in &mut facts.addresses {
            address.tls.as_mut().unwrap().outcome = Err(outcome.clone());
            address.speaks_other = speaks_other;
        }
        problems(judge(&facts)).remove(0)
    }

    #[test]
    fn the_wrong_protocol_is_named_both_ways() {
        assert!(problems(judge(&sample())).is_empty());
        assert!(with(NoSession::NotTls, true).what.contains("speaks plain HTTP"));
        let mut facts = sample();
        facts.base.as_mut().unwrap().https = false;
        assert_eq!(problems(judge(&facts))[0].severity, Severity::Notice);
        facts.addresses.iter_mut().for_each(|address| address.speaks_other = true);
        assert!(problems(judge(&facts))[0].what.contains("speaks TLS"));
    }

    #[test]
    fn a_refused_handshake_has_its_reason() {
        assert!(with(NoSession::Refused("ProtocolVersion".into()), false).fix.contains("TLS 1.2"));
        assert!(with(NoSession::Timeout(5000), false).what.contains("5000 ms"));
    }

    #[test]
    fn tls_13_alone_is_too_new_for_old_servers() {
        let mut facts = sample();
        session(&mut facts).speaks_12 = Some(false);
        assert_eq!(problems(judge(&facts))[0].severity, Severity::Warning);
    }
}
