//! Observes what DNS says about a domain: every authoritative server and each resolver, for every name that some server
//! generation asks for: the way down to the zone, records, target addresses.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use futures_util::future::join_all;

pub use super::resolvers::Resolver;
use super::session::Session;
use super::{Net, delegation, probes, session};
use crate::dns::codec::Flags;
use crate::dns::name::{Domain, Host};
use crate::dns::record::{Outcome, Query, RData, RecordType, Response};
use crate::facts::dns::{DnsFacts, Elsewhere, LeftOut, Observation, Observer, Role, ZoneCut};
use crate::facts::evidence::withhold_secrets;
use crate::rocketchat::generation::questions;

/// Which servers to query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Everybody,
    /// Resolvers only show the way: they are not queried for a name that may not exist yet, because they would cache its absence.
    Authorities,
}

/// Asks everybody everything. `target` is the host that runs the server, if it is known; `time` is in seconds since 1970.
pub async fn observe(net: &Net, domain: &Domain, target: Option<&Host>, scope: Scope, time: i64) -> DnsFacts {
    let session = Session::new(net);
    let addrs = net.resolver_addrs();
    let zone = delegation::walk(&session, &addrs, domain).await;
    let mut dns = DnsFacts {
        domain: domain.clone(),
        time,
        zone,
        observers: Vec::new(),
        observations: Vec::new(),
        probes: Vec::new(),
        elsewhere: Vec::new(),
        left_out: Vec::new(),
    };
    if let Ok(zone) = &dns.zone {
        let (authorities, left_out) = authorities(net, zone, &addrs);
        let parents = parents(net, zone, &addrs);
        dns.observers.extend(authorities.into_iter().chain(parents));
        dns.left_out = left_out;
    }
    let asked = if scope == Scope::Everybody { net.resolvers.as_slice() } else { &[] };
    let observer = |resolver: &Resolver| (Role::Resolver, resolver.name.clone(), resolver.addr);
    let resolvers = asked.iter().map(observer).map(|(role, name, addr)| Observer { role, name, addr });
    dns.observers.extend(resolvers);
    let (observations, probes) = futures_util::join!(records(&session, &dns), probes::first(&session, &dns));
    dns.observations = observations;
    dns.probes = probes;
    let mut targets = targets(&dns.observations);
    let more = targets.split_off(targets.len().min(session::TARGETS * 2)).len() / 2;
    dns.left_out.extend(Some(LeftOut::Targets(more)).filter(|_| more > 0));
    let (inside, outside): (Vec<Query>, Vec<Query>) = targets.iter().cloned().partition(|query| is_held(&dns, query));
    let resolvers_only = |observer: &Observer| observer.role == Role::Resolver;
    let (held, addresses, more) = futures_util::join!(
        ask_all(&session, &dns.observers, &inside, |observer| observer.role != Role::Parent),
        ask_all(&session, &dns.observers, &outside, resolvers_only),
        probes::second(&session, &dns, target)
    );
    dns.observations.extend(held.into_iter().chain(addresses));
    dns.probes.extend(more);
    dns.probes.extend(probes::third(&session, &dns, &targets).await);
    dns.elsewhere = elsewhere(&session, &addrs, &dns, &targets).await;
    dns.left_out.extend(session.left_out());
    withhold_secrets(&mut dns);
    dns
}

/// Every record that some generation reads, from everybody; of the parent's servers only the delegation.
async fn records(session: &Session<'_>, dns: &DnsFacts) -> Vec<Observation> {
    let mut questions = questions(&dns.domain);
    let mut delegation = Vec::new();
    if let Ok(zone) = &dns.zone {
        delegation.push(Query::new(zone.apex.as_str(), RecordType::Ns));
        questions.push(Query::new(zone.apex.as_str(), RecordType::Soa));
        questions.extend(delegation.clone());
    }
    let (child, parent) = futures_util::join!(
        ask_all(session, &dns.observers, &questions, |observer| observer.role != Role::Parent),
        ask_all(session, &dns.observers, &delegation, |observer| observer.role == Role::Parent)
    );
    child.into_iter().chain(parent).collect()
}

/// True for a name in the zone of the domain.
fn is_held(dns: &DnsFacts, query: &Query) -> bool {
    let name: Option<Host> = query.name.parse().ok();
    dns.zone.as_ref().is_ok_and(|zone| name.is_some_and(|name| name.is_within(&zone.apex)))
}

/// What the name servers of other zones say about the targets that no resolver can look up.
async fn elsewhere(
    session: &Session<'_>,
    resolvers: &[SocketAddr],
    dns: &DnsFacts,
    targets: &[Query],
) -> Vec<Elsewhere> {
    let fails = |query: &&Query| {
        let mut replies = dns.replies(query).peekable();
        query.kind == RecordType::A && replies.peek().is_some() && replies.all(|(_, reply)| !reply.outcome.is_answer())
    };
    let failing = targets.iter().filter(|query| !is_held(dns, query)).filter(fails);
    let looked = failing.filter_map(|query| {
        let domain: Domain = query.name.parse().ok()?;
        Some(async move {
            let zone = delegation::walk(session, resolvers, &domain).await;
            let servers = zone.as_ref().map(|zone| zone.servers.clone()).unwrap_or_default();
            let asked = servers.iter().take(session::ADDRESSES).filter_map(|(server, ips)| {
                let addr = delegation::socket(session.net, server, *ips.first()?, resolvers);
                Some(async move {
                    session.ask(addr, query, Flags::AUTHORITY).await.map(|reply| (server.clone(), reply.outcome))
                })
            });
            let answers: Vec<(String, Outcome)> = join_all(asked).await.into_iter().flatten().collect();
            Elsewhere { host: query.name.clone(), zone, answers }
        })
    });
    join_all(looked).await
}

fn parents(net: &Net, zone: &ZoneCut, resolvers: &[SocketAddr]) -> Vec<Observer> {
    let observer = |(server, ips): &(String, Vec<IpAddr>)| {
        let ip = ips.iter().find(|ip| ip.is_ipv4()).or(ips.first())?;
        let addr = delegation::socket(net, server, *ip, resolvers);
        Some(Observer { role: Role::Parent, name: server.clone(), addr })
    };
    zone.parents.iter().filter_map(observer).collect()
}

/// The addresses of the name servers: the first of each server, then the second of each, up to the limits.
fn authorities(net: &Net, zone: &ZoneCut, resolvers: &[SocketAddr]) -> (Vec<Observer>, Vec<LeftOut>) {
    let servers = &zone.servers[..zone.servers.len().min(session::SERVERS)];
    let mut chosen: Vec<(usize, usize)> = (0..session::ADDRESSES)
        .flat_map(|at| (0..servers.len()).map(move |server| (server, at)))
        .filter(|(server, at)| *at < servers[*server].1.len())
        .take(session::ALL_ADDRESSES)
        .collect();
    chosen.sort_unstable();
    let observers: Vec<Observer> = chosen
        .iter()
        .map(|(server, at)| {
            let (name, ips) = &servers[*server];
            let addr = delegation::socket(net, name, ips[*at], resolvers);
            Observer { role: Role::Authority, name: name.clone(), addr }
        })
        .collect();
    let addresses = servers.iter().map(|(_, ips)| ips.len()).sum::<usize>() - observers.len();
    let mut left_out = Vec::new();
    left_out.extend(
        Some(LeftOut::Servers(zone.servers.len() - servers.len())).filter(|_| zone.servers.len() > servers.len()),
    );
    left_out.extend(Some(LeftOut::Addresses(addresses)).filter(|_| addresses > 0));
    (observers, left_out)
}

async fn ask_all(
    session: &Session<'_>,
    observers: &[Observer],
    questions: &[Query],
    concerns: impl Fn(&Observer) -> bool,
) -> Vec<Observation> {
    let questions: Vec<&Query> = questions.iter().collect();
    let concerned = observers.iter().enumerate().filter(|(_, observer)| concerns(observer));
    let asked = concerned.map(async |(index, observer)| {
        let replies = std::iter::zip(&questions, session.ask_all(observer, &questions).await);
        let seen = |(question, reply): (&&Query, Option<Response>)| {
            Some(Observation { observer: index, question: (*question).clone(), reply: reply? })
        };
        replies.filter_map(seen).collect::<Vec<_>>()
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Address questions for every SRV target that was seen.
fn targets(observations: &[Observation]) -> Vec<Query> {
    let names: BTreeSet<&str> = observations
        .iter()
        .flat_map(|seen| seen.reply.outcome.records())
        .filter_map(|rr| match &rr.data {
            RData::Srv { target, .. } if !target.is_empty() => Some(target.as_str()),
            _ => None,
        })
        .collect();
    names.into_iter().flat_map(|name| [RecordType::A, RecordType::Aaaa].map(|kind| Query::new(name, kind))).collect()
}
