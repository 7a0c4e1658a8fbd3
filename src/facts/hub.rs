//! What was seen of a hub, and of what is to be registered there.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::dns::name::Domain;
use crate::dns::record::{Outcome, Query, RData, RecordType};
use crate::endpoint::Endpoint;
use crate::facts::call::NoAddress;
use crate::facts::peer::{Answer, Exchange, Records};
use crate::facts::tls::TlsFacts;
use crate::rocketchat::hub::registration::{Entry, Request};

/// A URL that was called, as far as it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub base: Endpoint,
    /// Where the host is, or why that is not known.
    pub address: Result<SocketAddr, NoAddress>,
    /// Looked at only when a request over https failed.
    pub tls: Option<TlsFacts>,
    /// The requests, in their order.
    pub exchanges: Vec<Exchange>,
}

impl Call {
    /// Why the request did not get an answer, as a server would log it.
    pub fn failure(&self) -> Option<String> {
        if let Err(why) = &self.address {
            return Some(why.to_string());
        }
        let tls = self.tls.as_ref().and_then(|tls| match &tls.outcome {
            Ok(session) => session.node_error().map(str::to_owned),
            Err(why) => Some(why.to_string()),
        });
        let failed = |exchange: &Exchange| exchange.outcome.as_ref().err().map(ToString::to_string);
        self.exchanges.iter().find_map(failed).map(|why| tls.unwrap_or(why))
    }

    /// The answer to the last request.
    pub fn answer(&self) -> Option<&Answer> {
        self.exchanges.last()?.answer()
    }

    /// The requests and answers, a line each.
    pub fn shown(&self) -> Vec<String> {
        self.exchanges.iter().map(Exchange::shown).collect()
    }
}

/// Everything that was seen for a registration or a look-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubFacts {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    pub domain: Domain,
    /// What is to be registered; `None` for a look-up.
    pub request: Option<Request>,
    /// The federation records of the domain, for who finds it without a hub.
    pub records: Records,
    /// Where mail for the domain goes; empty for a look-up.
    pub mail: Vec<(Query, Outcome)>,
    /// The server whose URL is to be registered.
    pub server: Option<Call>,
    /// `None` when nothing was sent.
    pub hub: Option<Call>,
    /// The key that the domain should have, on one line, and how it was named.
    pub expected_key: Option<(String, String)>,
}

/// Why a domain gets no mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMail {
    #[error("it was not queried")]
    NotQueried,
    #[error("the MX look-up gives {0}")]
    Failed(Outcome),
    #[error("its MX record declares that it receives no mail")]
    Refused,
    #[error("it has neither an MX record nor an address")]
    NoHost,
    #[error("no host of its MX records has an address ({})", .0.join(", "))]
    NoAddress(Vec<String>),
}

impl HubFacts {
    /// What the hub tells servers about the domain.
    pub fn entry(&self) -> Option<Entry> {
        let answer = self.hub.as_ref()?.answer().filter(|answer| answer.status == 200)?;
        let peer = answer.json.as_ref()?.get("peer")?;
        let text = |name: &str| Some(peer.get(name)?.as_str()?.to_owned());
        Some(Entry { url: text("url")?, public_key: text("public_key")? })
    }

    /// The hosts that take mail for the domain, best first (RFC 5321 section 5.1: without MX it is the domain itself), or why
    /// there are none.
    pub fn exchangers(&self) -> Result<Vec<String>, NoMail> {
        let domain = self.domain.as_str();
        let outcome = |name: &str, kind| {
            let asked = Query::new(name, kind);
            self.mail.iter().find(|(question, _)| *question == asked).map(|(_, outcome)| outcome)
        };
        let Some(mx) = outcome(domain, RecordType::Mx) else { return Err(NoMail::NotQueried) };
        let mut found: Vec<(u16, String)> = mx
            .records()
            .iter()
            .filter_map(|rr| match &rr.data {
                RData::Mx { preference, exchange } => Some((*preference, exchange.clone())),
                _ => None,
            })
            .collect();
        found.sort();
        // RFC 7505: a single MX with an empty host says that the domain takes no mail.
        if matches!(found.as_slice(), [(_, exchange)] if exchange.is_empty()) {
            return Err(NoMail::Refused);
        }
        if !mx.is_answer() {
            return Err(NoMail::Failed(mx.clone()));
        }
        let hosts: Vec<String> = match found.is_empty() {
            true => vec![domain.to_owned()],
            false => found.into_iter().map(|(_, exchange)| exchange).collect(),
        };
        let has_address = |host: &String| {
            [RecordType::A, RecordType::Aaaa].iter().any(|kind| outcome(host, *kind).is_some_and(is_found))
        };
        let reachable: Vec<String> = hosts.iter().filter(|host| has_address(host)).cloned().collect();
        match (reachable.is_empty(), mx.records().is_empty()) {
            (false, _) => Ok(reachable),
            (true, true) => Err(NoMail::NoHost),
            (true, false) => Err(NoMail::NoAddress(hosts)),
        }
    }
}

fn is_found(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Found(records) if !records.is_empty())
}
