//! Everything that was seen of one peer: where it is, what it answered, how long it took. Plain values that can be judged later.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::tls::TlsFacts;
use super::zone::ZoneFailure;
use crate::count::counted;
use crate::dns::name::Domain;
use crate::dns::record::{Outcome, Query, RData};
use crate::endpoint::{Endpoint, missing_route};
use crate::key::PublicKey;
use crate::key::node_rsa::{self, ImportError};
use crate::rocketchat::discovery::{DiscoveryResult, discovery};
use crate::rocketchat::generation::{Generation, key_question};
use crate::rocketchat::quirks;
use crate::rocketchat::release::Release;

/// Why the published key of a domain cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    #[error("the TXT record at {name} gives {outcome}")]
    NoRecord { name: String, outcome: Outcome },
    #[error(transparent)]
    Import(#[from] ImportError),
}

/// The records of one domain as one resolver gives them, which is all that a server knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    pub domain: Domain,
    pub answers: Vec<(Query, Outcome)>,
}

impl Records {
    /// The outcome of a question; one that was never asked counts as a timeout.
    pub fn outcome(&self, question: &Query) -> &Outcome {
        let found = self.answers.iter().find(|(asked, _)| asked == question);
        found.map_or(&Outcome::Timeout, |(_, outcome)| outcome)
    }

    /// How a generation interprets them.
    pub fn discovery(&self, generation: &Generation) -> DiscoveryResult {
        discovery(generation, &self.domain, |question| self.outcome(question))
    }

    /// The key that servers would use.
    pub fn key(&self) -> Result<PublicKey, NoKey> {
        let question = key_question(&self.domain);
        let outcome = self.outcome(&question);
        match outcome.records().iter().find_map(|rr| rr.data.joined()) {
            Some(text) => Ok(node_rsa::key(&text)?),
            None => Err(NoKey::NoRecord { name: question.name, outcome: outcome.clone() }),
        }
    }

    /// The addresses that were found for a host, IPv4 first, as servers prefer them.
    pub fn addresses(&self, host: &str) -> Vec<std::net::IpAddr> {
        let found = |rr: &RData| match rr {
            RData::A(v4) => Some((*v4).into()),
            RData::Aaaa(v6) => Some((*v6).into()),
            _ => None,
        };
        let of_host = self.answers.iter().filter(|(question, _)| question.name.eq_ignore_ascii_case(host));
        let mut addresses: Vec<std::net::IpAddr> =
            of_host.flat_map(|(_, outcome)| outcome.records()).filter_map(|rr| found(&rr.data)).collect();
        addresses.sort_by_key(|ip| ip.is_ipv6());
        addresses.dedup();
        addresses
    }
}

/// Why an address takes no connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ConnectFailure {
    #[error("connection refused")]
    Refused,
    /// Milliseconds that were waited.
    #[error("no answer within {0} ms")]
    Timeout(u32),
    /// This machine has no route to the address, or no address of that family: nothing is known about the peer.
    #[error("no route from this machine")]
    NoRoute,
    /// The system's reason.
    #[error("{0}")]
    #[serde(untagged)]
    Other(String),
}

/// One address of the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressFacts {
    pub addr: SocketAddr,
    /// It came from `--connect-to` and not from DNS.
    pub override_to: bool,
    /// Milliseconds.
    pub connect: Result<u32, ConnectFailure>,
    /// `None` when the base URL is http or nothing connected.
    pub tls: Option<TlsFacts>,
    /// The port speaks the other protocol, not the one that it was called with.
    pub speaks_other: bool,
}

impl AddressFacts {
    /// True when this machine has no route to it.
    pub fn is_unrouted(&self) -> bool {
        self.connect == Err(ConnectFailure::NoRoute)
    }

    /// True when a server would go on to send its request here.
    pub fn is_usable(&self, https: bool) -> bool {
        self.connect.is_ok() && (!https || self.tls.as_ref().is_some_and(TlsFacts::is_trusted))
    }
}

/// One request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    /// Milliseconds, connecting included, as the time limit of servers counts.
    pub elapsed: u32,
    pub outcome: Result<Answer, HttpFailure>,
    /// How the first try failed, when the request was repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<HttpFailure>,
}

/// An HTTP response, as much of it as matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub location: Option<String>,
    /// Bytes read of the body.
    pub length: usize,
    /// The beginning of the body as text, one line.
    pub excerpt: String,
    /// The body, when it is JSON.
    pub json: Option<serde_json::Value>,
    /// Header fields that tell who is between fedctl and the server: the name in lower case, the value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub front: Vec<(String, String)>,
    /// The header field `Date`, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<i64>,
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum HttpFailure {
    #[error("no answer within {0} ms")]
    Timeout(u32),
    #[error("the connection was closed before an answer came ({0})")]
    Closed(String),
    #[error("what came back is not HTTP")]
    NotHttp,
    #[error("the answer is larger than {}", counted(.0, "byte"))]
    TooLarge(usize),
    #[error("{0}")]
    Connect(String),
    /// Nothing was sent.
    #[error("the token is not sent to {0} without TLS: use https, or --allow-plain-http in a network that you trust")]
    PlainToken(String),
}

impl Answer {
    /// The member `success` of a JSON answer.
    pub fn success(&self) -> Option<bool> {
        self.json.as_ref()?.get("success")?.as_bool()
    }

    /// The member `error` of a JSON answer.
    pub fn error(&self) -> Option<&str> {
        self.json.as_ref()?.get("error")?.as_str()
    }

    /// A JSON object, as every federation route gives it.
    pub fn is_object(&self) -> bool {
        self.json.as_ref().is_some_and(serde_json::Value::is_object)
    }

    /// The answer in one line, for evidence.
    pub fn shown(&self) -> String {
        format!("{} {} {}", self.status, self.content_type, self.excerpt).trim_end().to_owned()
    }
}

impl Exchange {
    /// The response, if there is one.
    pub fn answer(&self) -> Option<&Answer> {
        self.outcome.as_ref().ok()
    }

    /// Request and result in one line, for evidence.
    pub fn shown(&self) -> String {
        let result = match &self.outcome {
            Ok(answer) => answer.shown(),
            Err(failure) => failure.to_string(),
        };
        format!("{} {} → {result} ({} ms)", self.method, self.path, self.elapsed)
    }
}

/// Who asks: without an identity nothing encrypted can be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub records: Records,
    /// SHA-256 of the public half of the key in use, in hex.
    pub fingerprint: String,
}

/// What came of waiting for the peer's own request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    pub listened: SocketAddr,
    /// Seconds that were waited at most.
    pub waited: u32,
    /// The peer's message came and both layers opened, after so many milliseconds.
    pub opened: Option<u32>,
    /// Everything else that came in, in the words of the listener.
    pub refused: Vec<String>,
}

/// What was requested, beyond the plain run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeOptions {
    /// `--release`.
    pub release: Option<Release>,
    pub probe_bypass: bool,
    pub callback: bool,
    /// No address in a private network is connected to, unless a person gave it.
    #[serde(default)]
    pub public_only: bool,
}

/// Everything that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerFacts {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    pub options: ProbeOptions,
    pub records: Records,
    /// Why nothing is known about the peer: no resolver could be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unchecked: Option<ZoneFailure>,
    /// The release whose discovery counts: the chosen one, else the peer's own, else the last one that can send.
    pub view: Release,
    /// Milliseconds that the look-ups took.
    pub discovery: u32,
    pub base: Option<Endpoint>,
    pub addresses: Vec<AddressFacts>,
    pub identity: Option<Identity>,
    /// GET `/api/info`.
    pub info: Option<Exchange>,
    /// GET `federation.users.search`, a route of 2.x and later.
    pub search: Option<Exchange>,
    /// GET `federation.users`, a route of 1.x.
    pub users: Option<Exchange>,
    /// The search in the name of a domain that cannot exist, when the others carry an identity.
    #[serde(default)]
    pub stranger: Option<Exchange>,
    /// The encrypted ping.
    pub ping: Option<Exchange>,
    /// The same with padding.
    pub large: Option<Exchange>,
    /// The plain ping in the peer's own name.
    pub bypass: Option<Exchange>,
    /// The request for the events of a room that does not exist.
    pub latest: Option<Exchange>,
    pub callback: Option<Callback>,
}

/// What the two route probes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// 1.0 to 1.3.
    Old,
    /// 2.0 and later.
    New,
    Nothing,
}

impl PeerFacts {
    /// Why nothing is known about the peer, when that is not its fault: no resolver could be used, or this machine reaches none of
    /// its addresses.
    pub fn unreachable_from_here(&self) -> Option<String> {
        let is_cut_off = !self.addresses.is_empty() && self.addresses.iter().all(AddressFacts::is_unrouted);
        is_cut_off.then(|| {
            let host = self.base.as_ref().map_or("the peer", |base| &base.host);
            format!("this machine has {} to {host}", self.missing_route())
        })
    }

    /// The routes that this machine lacks for the addresses that it cannot reach.
    pub fn missing_route(&self) -> &'static str {
        missing_route(self.addresses.iter().filter(|address| address.is_unrouted()).map(|address| address.addr.ip()))
    }

    /// The generation whose discovery counts.
    pub fn generation(&self) -> &'static Generation {
        Generation::of(self.view)
    }

    /// How it interprets the peer's records.
    pub fn discovery(&self) -> DiscoveryResult {
        self.records.discovery(self.generation())
    }

    /// True when some address can be called.
    pub fn is_reachable(&self) -> bool {
        let https = self.base.as_ref().is_some_and(|base| base.https);
        self.addresses.iter().any(|address| address.is_usable(https))
    }

    /// The release that the peer tells, and whether its last number is known.
    pub fn release(&self) -> Option<(Release, bool)> {
        let json = self.info.as_ref()?.answer()?.json.as_ref()?;
        let text = json.pointer("/info/version").or_else(|| json.get("version"))?.as_str()?;
        Some((text.parse().ok()?, text.split('.').count() > 2))
    }

    /// Every request that was made, in order.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        let all = [
            &self.info,
            &self.search,
            &self.users,
            &self.stranger,
            &self.ping,
            &self.large,
            &self.latest,
            &self.bypass,
        ];
        all.into_iter().flatten()
    }

    /// True when a request was answered only when it was repeated, or not even then.
    pub fn drops_requests(&self) -> bool {
        self.exchanges().any(|exchange| exchange.dropped.is_some())
    }

    /// Which protocol the peer speaks: its release tells, else the routes that know what JSON is.
    pub fn speaks(&self) -> Speaks {
        let knows = |exchange: &Option<Exchange>| {
            exchange.as_ref().and_then(Exchange::answer).is_some_and(|answer| answer.success().is_some())
        };
        match (knows(&self.search), knows(&self.users)) {
            (true, _) => Speaks::New,
            (false, true) => Speaks::Old,
            (false, false) => match self.release() {
                Some((release, _)) if Generation::of(release).is_first_protocol() => Speaks::Old,
                Some(_) => Speaks::New,
                None => Speaks::Nothing,
            },
        }
    }

    /// Whether the posted events of this peer are answered before they were looked at (2.0.0 to 4.1.x).
    pub fn answers_blindly(&self) -> bool {
        match self.release() {
            Some((release, _)) => quirks::ALWAYS_200.is_in(release),
            None => self.ping.as_ref().and_then(Exchange::answer).is_some_and(|answer| {
                answer.status == 200 && answer.json == Some(serde_json::Value::Object(serde_json::Map::new()))
            }),
        }
    }
}
