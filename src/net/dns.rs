//! Observes what DNS says about a domain: every authoritative server and each resolver, for every name that some server
//! generation asks for. Four round trips: zone cut, server addresses, records, target addresses.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use futures_util::future::join_all;

use super::Route;
use super::ask::ask;
use super::delegation::{self, PORT};
use super::wire::Flags;
use crate::federation::dns_facts::{DnsFacts, Observation, Observer, Role, ZoneCut};
use crate::federation::domain::Domain;
use crate::federation::facts::{Kind, Question, Reply, RrData};

/// A resolver to ask, and what to call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolver {
    pub name: String,
    pub addr: SocketAddr,
}

/// The resolvers of this machine; the error is the system's.
pub fn system_resolvers() -> Result<Vec<Resolver>, String> {
    let (config, _) = hickory_resolver::system_conf::read_system_conf().map_err(|error| error.to_string())?;
    let addrs: BTreeSet<_> = config.name_servers().iter().map(|server| server.ip).collect();
    Ok(addrs.into_iter().map(|ip| Resolver { name: format!("system {ip}"), addr: SocketAddr::new(ip, PORT) }).collect())
}

/// The resolvers that much of the world uses.
pub fn public_resolvers() -> Vec<Resolver> {
    [("Cloudflare", [1, 1, 1, 1]), ("Google", [8, 8, 8, 8]), ("Quad9", [9, 9, 9, 9])]
        .map(|(name, ip)| Resolver { name: name.to_owned(), addr: (ip, PORT).into() })
        .to_vec()
}

/// Asks everybody everything. `questions` are the names that server generations ask for; `time` is in seconds since 1970.
pub async fn observe(
    route: &Route,
    resolvers: &[Resolver],
    domain: &Domain,
    questions: &[Question],
    time: i64,
) -> DnsFacts {
    let addrs: Vec<SocketAddr> = resolvers.iter().map(|resolver| resolver.addr).collect();
    let zone = delegation::find(route, &addrs, domain).await;
    let mut observers: Vec<Observer> = Vec::new();
    if let Ok(zone) = &zone {
        observers.extend(authorities(route, zone, resolvers));
    }
    observers.extend(resolvers.iter().map(|resolver| Observer {
        role: Role::Resolver,
        name: resolver.name.clone(),
        addr: resolver.addr,
    }));
    let mut questions = questions.to_vec();
    if let Ok(zone) = &zone {
        questions.extend([Kind::Soa, Kind::Ns].map(|kind| Question::new(zone.apex.as_str(), kind)));
    }
    let mut observations = ask_all(route, &observers, &questions, |_| true).await;
    let targets = targets(&observations);
    observations.extend(ask_all(route, &observers, &targets, |observer| observer.role == Role::Resolver).await);
    DnsFacts { domain: domain.clone(), time, zone, observers, observations }
}

/// Each address of each name server. A resolver that was given with a port of its own and whose address is that of a name
/// server is taken for that name server: on one machine, name servers cannot all have port 53.
fn authorities(route: &Route, zone: &ZoneCut, resolvers: &[Resolver]) -> Vec<Observer> {
    let mut observers = Vec::new();
    for (server, ips) in &zone.servers {
        let detour = route.detour(server, PORT);
        for ip in ips {
            let own =
                resolvers.iter().map(|resolver| resolver.addr).find(|addr| addr.ip() == *ip && addr.port() != PORT);
            let by_address = route.detour(&ip.to_string(), PORT);
            let addr = detour.or(by_address).or(own).unwrap_or(SocketAddr::new(*ip, PORT));
            observers.push(Observer { role: Role::Authority, name: server.clone(), addr });
        }
    }
    observers
}

async fn ask_all(
    route: &Route,
    observers: &[Observer],
    questions: &[Question],
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

async fn ask_one(route: &Route, observer: &Observer, question: &Question) -> Reply {
    let flags = match observer.role {
        Role::Resolver => Flags::RESOLVER,
        Role::Authority | Role::Parent => Flags::AUTHORITY,
    };
    ask(observer.addr, question, flags, route.timeout).await
}

/// Address questions for every SRV target that was seen.
fn targets(observations: &[Observation]) -> Vec<Question> {
    let names: BTreeSet<&str> = observations
        .iter()
        .flat_map(|seen| seen.reply.outcome.records())
        .filter_map(|rr| match &rr.data {
            RrData::Srv { target, .. } if !target.is_empty() => Some(target.as_str()),
            _ => None,
        })
        .collect();
    names.into_iter().flat_map(|name| [Kind::A, Kind::Aaaa].map(|kind| Question::new(name, kind))).collect()
}
