//! Facts of a registration that goes well, for the cases of the checks to spoil.

use super::peer_sample::answer;
use super::sample;
use crate::dns::record::{Outcome, Query, RData, RecordType, Rr};
use crate::endpoint::Endpoint;
use crate::facts::hub::{Call, HubFacts};
use crate::facts::peer::{Exchange, HttpFailure, Records};
use crate::rocketchat::generation::questions;
use crate::rocketchat::hub::registration::Request;

/// A call that was answered like that.
pub fn call(method: &str, status: u16, content_type: &str, body: &str) -> Call {
    Call {
        base: Endpoint { https: true, host: "hub.example.org".into(), port: 443 },
        address: Ok("192.0.2.1:443".parse().unwrap()),
        tls: None,
        exchanges: vec![Exchange {
            method: method.into(),
            path: "/api/v1/peers".into(),
            elapsed: 20,
            dropped: None,
            outcome: Ok(answer(status, content_type, body)),
        }],
    }
}

/// A call that failed like that.
pub fn failed(failure: HttpFailure) -> Call {
    let mut call = call("POST", 200, "", "");
    call.exchanges[0].outcome = Err(failure);
    call
}

pub fn records(known: bool) -> Records {
    let dns = sample::sample();
    let outcome = |question: &Query| if known { dns.outcome(question) } else { &Outcome::NxDomain };
    let answers = questions(&dns.domain).into_iter().map(|question| (question.clone(), outcome(&question).clone()));
    Records { domain: dns.domain.clone(), answers: answers.collect() }
}

/// mydomain.com, known to DNS with the key of the sample, before the hub was queried.
pub fn sample() -> HubFacts {
    let rr = |data| Outcome::Found(vec![Rr { name: String::new(), ttl: 60, data }]);
    let mx = RData::Mx { preference: 10, exchange: "mail.mydomain.com".into() };
    let refusal = r#"{"success":false,"error":"There is no such user in this server"}"#;
    HubFacts {
        time: 0,
        domain: "mydomain.com".parse().unwrap(),
        request: Some(Request {
            domain: "mydomain.com".into(),
            url: "https://chat.mydomain.com".into(),
            public_key: sample::key().one_line(),
        }),
        records: records(true),
        mail: vec![
            (Query::new("mydomain.com", RecordType::Mx), rr(mx)),
            (Query::new("mail.mydomain.com", RecordType::A), rr(RData::A([192, 0, 2, 25].into()))),
            (Query::new("mail.mydomain.com", RecordType::Aaaa), Outcome::NoData),
        ],
        server: Some(call("GET", 400, "application/json", refusal)),
        hub: None,
        expected_key: None,
    }
}
