//! Observes what DNS says about a domain: every authoritative server and each resolver, for every name that some server
//! generation asks for. Four round trips: zone cut, server addresses, records, target addresses.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use futures_util::future::join_all;

use super::Route;
use super::ask::ask_one;
use super::delegation::{self, PORT};
use super::probes;
pub use super::resolvers::Resolver;
use crate::dns::name::{Domain, Host};
use crate::dns::record::{Query, RData, RecordType};
use crate::facts::dns::{DnsFacts, Observation, Observer, Role, ZoneCut};
use crate::facts::evidence::withhold_secrets;
use crate::rocketchat::generation::questions;

/// Whom to ask for records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Everybody,
    /// Resolvers only show the way: they are not asked for a name that may not exist yet, because they would remember that.
    Authorities,
}

/// Asks everybody everything. `target` is the host that runs the server, if it is known; `time` is in seconds since 1970.
pub async fn observe(
    route: &Route,
    resolvers: &[Resolver],
    domain: &Domain,
    target: Option<&Host>,
    scope: Scope,
    time: i64,
) -> DnsFacts {
    let addrs: Vec<SocketAddr> = resolvers.iter().map(|resolver| resolver.addr).collect();
    let zone = delegation::find(route, &addrs, domain).await;
    let mut observers: Vec<Observer> = Vec::new();
    if let Ok(zone) = &zone {
        observers.extend(authorities(route, zone, resolvers));
        observers.extend(parents(route, zone));
    }
    let asked = if scope == Scope::Everybody { resolvers } else { &[] };
    observers.extend(asked.iter().map(|resolver| Observer {
        role: Role::Resolver,
        name: resolver.name.clone(),
        addr: resolver.addr,
    }));
    let mut dns =
        DnsFacts { domain: domain.clone(), time, zone, observers, observations: Vec::new(), probes: Vec::new() };
    let (observations, probes) = futures_util::join!(records(route, &dns), probes::first(route, &dns));
    dns.observations = observations;
    dns.probes = probes;
    let targets = targets(&dns.observations);
    let resolvers_only = |observer: &Observer| observer.role == Role::Resolver;
    let (addresses, more) = futures_util::join!(
        ask_all(route, &dns.observers, &targets, resolvers_only),
        probes::second(route, &dns, target)
    );
    dns.observations.extend(addresses);
    dns.probes.extend(more);
    withhold_secrets(&mut dns);
    dns
}

/// Every record that some generation reads, from everybody; of the parent's servers only the delegation.
async fn records(route: &Route, dns: &DnsFacts) -> Vec<Observation> {
    let mut questions = questions(&dns.domain);
    let mut delegation = Vec::new();
    if let Ok(zone) = &dns.zone {
        delegation.push(Query::new(zone.apex.as_str(), RecordType::Ns));
        questions.push(Query::new(zone.apex.as_str(), RecordType::Soa));
        questions.extend(delegation.clone());
    }
    let (child, parent) = futures_util::join!(
        ask_all(route, &dns.observers, &questions, |observer| observer.role != Role::Parent),
        ask_all(route, &dns.observers, &delegation, |observer| observer.role == Role::Parent)
    );
    child.into_iter().chain(parent).collect()
}

fn parents(route: &Route, zone: &ZoneCut) -> Vec<Observer> {
    let observer = |(server, ips): &(String, Vec<IpAddr>)| {
        let ip = ips.iter().find(|ip| ip.is_ipv4()).or(ips.first())?;
        let addr = route.override_to(server, PORT).unwrap_or(SocketAddr::new(*ip, PORT));
        Some(Observer { role: Role::Parent, name: server.clone(), addr })
    };
    zone.parents.iter().filter_map(observer).collect()
}

/// Each address of each name server. A resolver that was given with a port of its own and whose address is that of a name
/// server is taken for that name server: on one machine, name servers cannot all have port 53.
fn authorities(route: &Route, zone: &ZoneCut, resolvers: &[Resolver]) -> Vec<Observer> {
    let mut observers = Vec::new();
    for (server, ips) in &zone.servers {
        let override_to = route.override_to(server, PORT);
        for ip in ips {
            let own =
                resolvers.iter().map(|resolver| resolver.addr).find(|addr| addr.ip() == *ip && addr.port() != PORT);
            let by_address = route.override_to(&ip.to_string(), PORT);
            let addr = override_to.or(by_address).or(own).unwrap_or(SocketAddr::new(*ip, PORT));
            observers.push(Observer { role: Role::Authority, name: server.clone(), addr });
        }
    }
    observers
}

async fn ask_all(
    route: &Route,
    observers: &[Observer],
    questions: &[Query],
    concerns: impl Fn(&Observer) -> bool,
) -> Vec<Observation> {
    let asked =
        observers.iter().enumerate().filter(|(_, observer)| concerns(observer)).flat_map(|(index, observer)| {
            questions.iter().map(move |question| async move {
                let reply = ask_one(route, observer, question).await;
                Observation { observer: index, question: question.clone(), reply }
            })
        });
    join_all(asked).await
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
