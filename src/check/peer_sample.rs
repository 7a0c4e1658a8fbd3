//! Facts of a healthy peer, for the cases of the checks to spoil.

use super::sample;
use crate::endpoint::Endpoint;
use crate::facts::peer::{AddressFacts, Answer, Callback, Exchange, Identity, PeerFacts, ProbeOptions, Records};
use crate::facts::tls::{Certificate, Session, TlsFacts, Trust};
use crate::rocketchat::generation::questions;
use crate::rocketchat::release::Release;

/// An answer with this body.
pub fn answer(status: u16, content_type: &str, body: &str) -> Answer {
    Answer {
        status,
        content_type: content_type.into(),
        location: None,
        length: body.len(),
        excerpt: body.into(),
        front: Vec::new(),
        json: serde_json::from_str(body).ok(),
        date: None,
    }
}

fn exchange(method: &str, path: &str, body: &str) -> Option<Exchange> {
    let outcome = Ok(answer(200, "application/json", body));
    Some(Exchange { method: method.into(), path: path.into(), elapsed: 20, outcome, dropped: None })
}

fn address(addr: &str) -> AddressFacts {
    let certificate = |subject: &str, issuer: &str, names: &[&str]| Certificate {
        subject: subject.into(),
        issuer: issuer.into(),
        names: names.iter().map(ToString::to_string).collect(),
        not_before: 0,
        not_after: 4_000_000_000,
        self_issued: false,
    };
    let session = Session {
        version: "TLS 1.3".into(),
        speaks_12: Some(true),
        chain: vec![
            certificate("chat.mydomain.com", "R11", &["chat.mydomain.com"]),
            certificate("R11", "ISRG Root X1", &[]),
        ],
        trust: Trust::Trusted,
        name_fits: true,
    };
    AddressFacts {
        addr: addr.parse().unwrap(),
        override_to: false,
        connect: Ok(5),
        tls: Some(TlsFacts { elapsed: 12, outcome: Ok(session) }),
        speaks_other: false,
    }
}

/// mydomain.com as release 6.2.1, seen by a peer that publishes the same key.
pub fn sample() -> PeerFacts {
    let dns = sample::sample();
    let asked = questions(&dns.domain).into_iter();
    let records = Records {
        answers: asked.map(|question| (question.clone(), dns.outcome(&question).clone())).collect(),
        domain: dns.domain.clone(),
    };
    let dispatch = "/api/v1/federation.events.dispatch";
    PeerFacts {
        time: 1_700_000_000,
        options: ProbeOptions { callback: true, ..ProbeOptions::default() },
        view: Release(6, 2, 1),
        discovery: 8,
        base: Endpoint::parse("https://chat.mydomain.com:443"),
        addresses: vec![address("192.0.2.7:443"), address("[2001:db8::7]:443")],
        identity: Some(Identity { records: records.clone(), fingerprint: sample::key().fingerprint().to_string() }),
        records,
        unchecked: None,
        info: exchange("GET", "/api/info", r#"{"version":"6.2.1","success":true}"#),
        search: exchange("GET", "/api/v1/federation.users.search", r#"{"users":[],"success":true}"#),
        users: exchange("GET", "/api/v1/federation.users", "<p>"),
        ping: exchange("POST", dispatch, r#"{"success":true}"#),
        large: exchange("POST", dispatch, r#"{"success":true}"#),
        bypass: None,
        stranger: None,
        latest: exchange("POST", "/api/v1/federation.events.requestFromLatest", r#"{"success":true}"#),
        callback: Some(Callback {
            listened: "192.0.2.1:443".parse().unwrap(),
            waited: 10,
            opened: Some(90),
            refused: vec![],
        }),
    }
}

/// The peer tells this release.
pub fn set_release(facts: &mut PeerFacts, release: &str) {
    let body = format!(r#"{{"version":"{release}","success":true}}"#);
    facts.info.as_mut().unwrap().outcome = Ok(answer(200, "application/json", &body));
}

/// The handshake with the first address.
pub fn session(facts: &mut PeerFacts) -> &mut Session {
    facts.addresses[0].tls.as_mut().unwrap().outcome.as_mut().unwrap()
}

/// Without the answers to names that start so.
pub fn without(mut facts: PeerFacts, label: &str) -> PeerFacts {
    for (question, outcome) in &mut facts.records.answers {
        let rest = question.name.trim_start_matches('_');
        if rest.starts_with(label.trim_start_matches('_')) {
            *outcome = crate::dns::record::Outcome::NxDomain;
        }
    }
    facts
}
