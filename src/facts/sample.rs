//! Facts of a healthy domain, for the cases of the checks to spoil.

use std::net::SocketAddr;

use super::dns::{DnsFacts, Observation, Observer, Role, ZoneCut};
use crate::dns::record::{CharacterString, Outcome, Query, RData, RecordType, Response, Rr, Soa, Transport};
use crate::key::PublicKey;
use crate::rocketchat::generation::{key_question, questions};

/// A key of 2048 bits that nobody has the other half of.
pub fn key() -> PublicKey {
    let keys: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors/keys.json")).unwrap();
    PublicKey::from_pem(keys[0]["public"].as_str().unwrap()).unwrap()
}

/// mydomain.com with https and the old name, two name servers and one resolver, all in agreement.
pub fn sample() -> DnsFacts {
    let domain = "mydomain.com".parse().unwrap();
    let observer =
        |role, name: &str, addr: &str| Observer { role, name: name.into(), addr: addr.parse::<SocketAddr>().unwrap() };
    let soa = Soa {
        mname: "ns1.mydomain.com".into(),
        rname: "hostmaster.mydomain.com".into(),
        serial: 7,
        refresh: 3600,
        retry: 600,
        expire: 86400,
        minimum: 300,
    };
    let mut dns = DnsFacts {
        zone: Ok(ZoneCut {
            apex: "mydomain.com".parse().unwrap(),
            soa: Some(soa),
            servers: vec![("ns1.mydomain.com".into(), vec![]), ("ns2.mydomain.com".into(), vec![])],
            missing: vec![],
            glue: vec![],
            stale_glue: vec![],
            circular: vec![],
            parents: vec![],
        }),
        time: 0,
        observers: vec![
            observer(Role::Authority, "ns1.mydomain.com", "127.0.0.1:53"),
            observer(Role::Authority, "ns2.mydomain.com", "127.0.0.2:53"),
            observer(Role::Resolver, "resolver", "127.0.0.3:53"),
        ],
        observations: Vec::new(),
        probes: Vec::new(),
        elsewhere: Vec::new(),
        left_out: Vec::new(),
        domain,
    };
    for question in questions(&dns.domain) {
        set(&mut dns, &question, Outcome::NxDomain);
    }
    for label in ["_rocketchat._https", "_rocketchat._tcp"] {
        set(&mut dns, &Query::new(format!("{label}.mydomain.com"), RecordType::Srv), srv("chat.mydomain.com", 443));
    }
    let line = key().one_line();
    let question = key_question(&dns.domain);
    set(&mut dns, &question, txt(&[&[&line[..255], &line[255..]]]));
    set(&mut dns, &Query::new("chat.mydomain.com", RecordType::A), a());
    set(&mut dns, &Query::new("chat.mydomain.com", RecordType::Aaaa), Outcome::NoData);
    dns
}

/// Makes every observer answer the question in this way.
pub fn set(dns: &mut DnsFacts, question: &Query, outcome: Outcome) {
    for observer in 0..dns.observers.len() {
        set_at(dns, observer, question, outcome.clone());
    }
}

/// Makes one observer answer the question in this way.
pub fn set_at(dns: &mut DnsFacts, observer: usize, question: &Query, outcome: Outcome) {
    dns.observations.retain(|seen| seen.observer != observer || seen.question != *question);
    let reply = Response {
        outcome,
        transport: Transport::Udp,
        truncated: false,
        authoritative: dns.observers[observer].role == Role::Authority,
        recursion: dns.observers[observer].role == Role::Resolver,
        authenticated: false,
        edns: Some(crate::dns::codec::PAYLOAD),
        edns_fault: None,
        size: 100,
        aliases: Vec::new(),
        authority: Vec::new(),
        additional: Vec::new(),
        omitted: 0,
        elapsed: 1,
    };
    dns.observations.push(Observation { observer, question: question.clone(), reply });
}

pub fn srv(target: &str, port: u16) -> Outcome {
    Outcome::Found(vec![rr(RData::Srv { priority: 1, weight: 1, port, target: target.into() })])
}

/// TXT records, each of some strings.
pub fn txt(records: &[&[&str]]) -> Outcome {
    let record = |strings: &&[&str]| {
        rr(RData::Txt(strings.iter().map(|string| CharacterString(string.as_bytes().to_vec())).collect()))
    };
    Outcome::Found(records.iter().map(record).collect())
}

pub fn a() -> Outcome {
    Outcome::Found(vec![rr(RData::A([192, 0, 2, 7].into()))])
}

fn rr(data: RData) -> Rr {
    Rr { name: String::new(), ttl: 3600, data }
}
