//! Does what servers do with a peer, stage by stage, and tells what it saw: discovery, every address, TLS, the routes, an
//! encrypted ping. A stage that an earlier one made impossible is left out. No route is queried more than three times.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::http::{Caller, plain_status};
use super::look_up::look_up_all;
use super::session::Session;
use super::view::{ancestors, view_of};
use super::{Net, description, elapsed, lacks_route, tls};
use crate::dns::name::Domain;
use crate::dns::record::{Query, RecordType};
use crate::endpoint::Endpoint;
use crate::facts::peer::{AddressFacts, ConnectFailure, Exchange, Identity, PeerFacts, ProbeOptions, Records, Speaks};
use crate::facts::tls::NoSession;
use crate::facts::zone::ZoneFailure;
use crate::key::{PrivateKey, PublicKey};
use crate::rocketchat::body::Wire;
use crate::rocketchat::boundary;
use crate::rocketchat::envelope;
use crate::rocketchat::events;
use crate::rocketchat::generation::questions;
use crate::rocketchat::hub::registration::is_public_address;

/// Padding that makes a ping of more than 100 KB on the wire, as a few chat messages with history are.
const LARGE: usize = 22_000;
/// A user that hopefully does not exist; what matters is the form of the answer.
const QUERY: &str = "username=fedctl-probe&domain=";

/// Who calls without an identity: a domain that cannot exist.
const STRANGER: &str = "probe.invalid";

/// The name of the stage in which the peer is requested to send something.
pub const ROUND_TRIP: &str = "round trip";

/// What to find out, and with what.
pub struct Target {
    pub net: Net,
    pub peer: Domain,
    pub options: ProbeOptions,
    pub identity: Option<(Domain, PrivateKey)>,
    /// Seconds since 1970.
    pub time: i64,
}

/// Goes through all stages; `announce` receives the name of each before it starts.
pub async fn observe(probe: &Target, announce: impl Fn(&str)) -> PeerFacts {
    announce("discover");
    let start = Instant::now();
    let (records, identity) = tokio::join!(probe.records(&probe.peer), probe.identity());
    let unchecked = probe.unchecked(&records).await;
    let mut facts = PeerFacts {
        time: probe.time,
        options: probe.options.clone(),
        records,
        unchecked,
        view: probe.options.release.unwrap_or(boundary::LAST_SENDER),
        discovery: 0,
        base: None,
        addresses: Vec::new(),
        identity,
        info: None,
        search: None,
        users: None,
        ping: None,
        large: None,
        stranger: None,
        bypass: None,
        latest: None,
        callback: None,
    };
    probe.find(&mut facts).await;
    facts.discovery = elapsed(start);
    probe.reach(&mut facts, &announce).await;
    // A peer whose own generation would look elsewhere is looked at as its likes would.
    if let (None, Some((release, _))) = (probe.options.release, facts.release()) {
        let before = facts.base.clone();
        facts.view = release;
        probe.find(&mut facts).await;
        match facts.base {
            // What was reached stays reached; the verdict on discovery tells that its likes would not get there.
            None => facts.base = before,
            _ if facts.base != before => probe.reach(&mut facts, &announce).await,
            _ => {}
        }
    }
    if let Some(caller) = probe.caller(&facts) {
        probe.talk(&mut facts, caller, &announce).await;
    }
    facts
}

impl Target {
    async fn records(&self, domain: &Domain) -> Records {
        Records {
            domain: domain.clone(),
            answers: look_up_all(&self.net, &self.net.resolvers, &questions(domain)).await,
        }
    }

    /// Why nothing is known about the records of the peer: no resolver answers, not even for the names above it.
    async fn unchecked(&self, records: &Records) -> Option<ZoneFailure> {
        if records.answers.iter().any(|(_, outcome)| outcome.is_answer()) {
            return None;
        }
        let names = ancestors(&records.domain);
        let view = view_of(&Session::new(&self.net), &self.net.resolver_addrs(), &names).await;
        view.err().filter(ZoneFailure::is_outside)
    }

    /// What our own domain publishes: peers look there before they trust us.
    async fn identity(&self) -> Option<Identity> {
        let (domain, key) = self.identity.as_ref()?;
        Some(Identity { records: self.records(domain).await, fingerprint: key.public().fingerprint().to_string() })
    }

    /// The base URL as the chosen generation finds it, and the addresses of its host.
    async fn find(&self, facts: &mut PeerFacts) {
        facts.base = facts.discovery().url.as_deref().and_then(Endpoint::parse);
        if let Some(base) = &facts.base
            && base.ip().is_none()
            && facts.records.addresses(&base.host).is_empty()
        {
            let asked = [RecordType::A, RecordType::Aaaa].map(|kind| Query::new(&base.host, kind));
            facts.records.answers.extend(look_up_all(&self.net, &self.net.resolvers, &asked).await);
        }
    }

    /// Every address, its TLS, and what needs no key.
    async fn reach(&self, facts: &mut PeerFacts, announce: &impl Fn(&str)) {
        let Some(base) = facts.base.clone() else { return };
        announce("connect");
        let override_to = self.net.override_to(&base.host, base.port);
        let mut addrs: Vec<SocketAddr> = match (override_to, base.ip()) {
            (Some(addr), _) => vec![addr],
            (None, Some(ip)) => vec![(ip, base.port).into()],
            (None, None) => facts.records.addresses(&base.host).iter().map(|ip| (*ip, base.port).into()).collect(),
        };
        if self.options.public_only && override_to.is_none() {
            addrs.retain(|addr| is_public_address(addr.ip()));
        }
        let looks = addrs.into_iter().map(|addr| self.address(addr, override_to.is_some(), &base));
        facts.addresses = join_all(looks).await;
        let Some(caller) = self.caller(facts) else { return };
        announce("federation");
        let user = format!("{QUERY}{}", facts.records.domain);
        let routes = ["federation.users.search", "federation.users"].map(|route| format!("/api/v1/{route}?{user}"));
        let (info, search, users) =
            tokio::join!(caller.get("/api/info"), caller.get(&routes[0]), caller.get(&routes[1]));
        (facts.info, facts.search, facts.users) = (Some(info), Some(search), Some(users));
    }

    async fn address(&self, addr: SocketAddr, override_to: bool, base: &Endpoint) -> AddressFacts {
        let wait = self.net.timeout;
        let mut facts = AddressFacts { addr, override_to, connect: Ok(0), tls: None, speaks_other: false };
        let start = Instant::now();
        let stream = match dial(addr, wait).await {
            Ok(stream) => stream,
            Err(why) => return AddressFacts { connect: Err(why), ..facts },
        };
        facts.connect = Ok(elapsed(start));
        let seen = match base.https {
            true => tls::observe(stream, &base.host, &self.net.roots, wait).await,
            false => {
                let other = tls::observe(stream, &base.host, &self.net.roots, wait.min(Duration::from_secs(2))).await;
                let speaks_tls = other.outcome.is_ok() || matches!(other.outcome, Err(NoSession::Refused(_)));
                // An entry point of Traefik speaks both on one port; a port for TLS alone answers plain HTTP with 400.
                facts.speaks_other =
                    speaks_tls && plain_status(addr, &base.host, wait).await.is_none_or(|status| status == 400);
                return facts;
            }
        };
        facts.speaks_other = seen.outcome.is_err() && plain_status(addr, &base.host, wait).await.is_some();
        let mut seen = seen;
        if let Ok(session) = &mut seen.outcome
            && session.speaks_12.is_none()
            && let Ok(stream) = dial(addr, wait).await
        {
            session.speaks_12 = Some(tls::speaks_12(stream, &base.host, &self.net.roots, wait).await);
        }
        facts.tls = Some(seen);
        facts
    }

    /// The first address that a server could use.
    fn caller(&self, facts: &PeerFacts) -> Option<Caller> {
        let base = facts.base.clone()?;
        let address = facts.addresses.iter().find(|address| address.is_usable(base.https))?;
        let sender = self.identity.as_ref().map_or(STRANGER, |(domain, _)| domain.as_str()).to_owned();
        Some(Caller { sender: Some(sender), ..Caller::new(&self.net, base, address.addr) })
    }

    /// What needs an identity, and the bypass when it was requested.
    async fn talk(&self, facts: &mut PeerFacts, caller: Caller, announce: &impl Fn(&str)) {
        let old = match facts.speaks() {
            Speaks::Old => true,
            Speaks::New => false,
            Speaks::Nothing => return,
        };
        if self.identity.is_some() {
            let route = if old { "federation.users" } else { "federation.users.search" };
            let path = format!("/api/v1/{route}?{QUERY}{}", facts.records.domain);
            let stranger = Caller { sender: Some(STRANGER.to_owned()), ..caller.clone() };
            facts.stranger = Some(stranger.get(&path).await);
        }
        if let Some((domain, key)) = &self.identity {
            announce("ping");
            if let Ok(theirs) = facts.records.key() {
                let sealed = Sealed { caller: &caller, key, theirs: &theirs };
                match old {
                    true => facts.ping = self.ping_old(facts, &sealed).await,
                    false => self.ping(facts, &sealed, domain, announce).await,
                }
            }
        }
        if self.options.probe_bypass && !old {
            announce("bypass");
            let forged = Caller { sender: Some(facts.records.domain.to_string()), ..caller };
            facts.bypass = Some(forged.post("/api/v1/federation.events.dispatch", events::ping().into()).await);
        }
    }

    async fn ping_old(&self, facts: &PeerFacts, sealed: &Sealed<'_>) -> Option<Exchange> {
        let time = jiff::Timestamp::from_second(self.time).unwrap_or_default().to_string();
        let message = events::old_ping(&facts.records.domain, &time, &identifier());
        sealed.post("federation.events", Wire::One, &message).await
    }

    async fn ping(&self, facts: &mut PeerFacts, sealed: &Sealed<'_>, domain: &Domain, announce: &impl Fn(&str)) {
        facts.ping = sealed.post("federation.events.dispatch", Wire::Two, &events::ping()).await;
        let answered = facts.ping.as_ref().and_then(Exchange::answer).is_some_and(|answer| answer.status == 200);
        if answered {
            let message = events::large_ping(LARGE);
            facts.large = sealed.post("federation.events.dispatch", Wire::Two, &message).await;
        }
        if self.options.callback {
            announce(ROUND_TRIP);
            let message = events::LatestRequest::all_of(domain, &format!("fedctl-{}", identifier())).to_json();
            facts.latest = sealed.post("federation.events.requestFromLatest", Wire::Two, &message).await;
        }
    }
}

/// Posts in the name of the identity.
struct Sealed<'a> {
    caller: &'a Caller,
    key: &'a PrivateKey,
    theirs: &'a PublicKey,
}

impl Sealed<'_> {
    async fn post(&self, route: &str, form: Wire, message: &str) -> Option<Exchange> {
        let sealed = envelope::seal(message.as_bytes(), self.key, self.theirs).ok()?;
        Some(self.caller.post_idempotent(&format!("/api/v1/{route}"), form.write(&sealed)).await)
    }
}

pub async fn dial(addr: SocketAddr, wait: Duration) -> Result<TcpStream, ConnectFailure> {
    match timeout(wait, TcpStream::connect(addr)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Err(ConnectFailure::Refused),
        Ok(Err(error)) if lacks_route(&error) => Err(ConnectFailure::NoRoute),
        Ok(Err(error)) => Err(ConnectFailure::Other(description(&error))),
        Err(_) => Err(ConnectFailure::Timeout(u32::try_from(wait.as_millis()).unwrap_or(u32::MAX))),
    }
}

/// Random, 17 characters, in the alphabet of a server's own identifiers.
fn identifier() -> String {
    use rand::RngExt;
    rand::rng().sample_iter(rand::distr::Alphanumeric).take(17).map(char::from).collect()
}
