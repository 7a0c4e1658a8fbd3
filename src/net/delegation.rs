//! Finds the zone that holds a domain, its name servers and those of its parent, and their addresses, by asking resolvers. Two
//! round trips: the zone cut and the servers' names, then the servers' addresses.

use std::net::{IpAddr, SocketAddr};

use futures_util::future::join_all;

use super::Route;
use super::ask::ask;
use crate::dns::codec::Flags;
use crate::dns::name::{Domain, Host};
use crate::dns::record::{Outcome, Query, RData, RecordType, Response, Soa};
use crate::facts::dns::ZoneCut;

/// The port of DNS.
pub const PORT: u16 = 53;

/// How many servers of the parent zone are asked for their side of the delegation.
const PARENTS: usize = 2;

/// Where the name servers are is of interest even when nobody believes them (RFC 4035 section 3.2.2).
const UNCHECKED: Flags = Flags { unchecked: true, ..Flags::RESOLVER };

/// What one resolver tells.
struct Cut {
    apex: Host,
    soa: Soa,
    servers: Vec<String>,
    parents: Vec<String>,
}

/// What was found, or why nothing was.
pub async fn find(route: &Route, resolvers: &[SocketAddr], domain: &Domain) -> Result<ZoneCut, String> {
    let labels: Vec<&str> = domain.host().labels().collect();
    let names: Vec<String> = (0..labels.len()).map(|at| labels[at..].join(".")).collect();
    let cuts = join_all(resolvers.iter().map(|resolver| cut_or_unchecked(route, *resolver, &names))).await;
    let (mut first_error, mut found) = (None, None);
    for cut in cuts {
        match cut {
            Ok(cut) => found = found.or(Some(cut)),
            Err(why) => first_error = first_error.or(Some(why)),
        }
    }
    let Some(cut) = found else {
        return Err(first_error.unwrap_or_else(|| "there is no resolver to ask".into()));
    };
    let with_addresses = |servers: Vec<String>| {
        join_all(servers.into_iter().map(|server| async {
            let addresses = addresses(route, resolvers, &server).await;
            (server, addresses)
        }))
    };
    let parents = cut.parents.into_iter().take(PARENTS).collect();
    let (servers, parents) = futures_util::join!(with_addresses(cut.servers), with_addresses(parents));
    Ok(ZoneCut { apex: cut.apex, soa: cut.soa, servers, parents })
}

/// The zone as one resolver sees it, without validation when with it there is nothing to see.
async fn cut_or_unchecked(route: &Route, resolver: SocketAddr, names: &[String]) -> Result<Cut, String> {
    match cut(route, resolver, names, Flags::RESOLVER).await {
        Err(why) if why.ends_with("SERVFAIL") => cut(route, resolver, names, UNCHECKED).await.map_err(|_| why),
        other => other,
    }
}

/// The zone as one resolver sees it; `names` are the domain and all above it.
async fn cut(route: &Route, resolver: SocketAddr, names: &[String], flags: Flags) -> Result<Cut, String> {
    let domain = names.first().ok_or("there is no name to ask for")?;
    let mut questions = vec![Query::new(domain, RecordType::Soa)];
    questions.extend(names.iter().map(|name| Query::new(name, RecordType::Ns)));
    let ask = |question| ask(route, resolver, question, flags);
    let replies = join_all(questions.iter().map(ask)).await;
    let first = replies.first().ok_or("there is no name to ask for")?;
    let (apex, soa) = start_of_authority(first).ok_or_else(|| match &first.outcome {
        Outcome::NoData | Outcome::NxDomain => {
            format!("{resolver} says {} for `{domain}` and names no zone that holds it", first.outcome)
        }
        other => format!("{resolver} answers {other}"),
    })?;
    // The servers of a registry are not asked for records of a domain that they do not know.
    if first.outcome == Outcome::NxDomain && is_registry(&apex) {
        return Err(format!("{resolver} says NXDOMAIN for `{domain}`, and `{apex}` above it is a registry's zone"));
    }
    let servers_of: Vec<(&str, Vec<String>)> =
        names.iter().zip(&replies[1..]).map(|(name, reply)| (name.as_str(), name_servers(reply))).collect();
    let at = servers_of.iter().position(|(name, _)| *name == apex.as_str());
    let servers = at.map(|at| servers_of[at].1.clone()).unwrap_or_default();
    let above = at.map_or(servers_of.len(), |at| at + 1);
    let parents = servers_of[above..].iter().find(|(_, servers)| !servers.is_empty());
    Ok(Cut { apex, soa, servers, parents: parents.map(|(_, servers)| servers.clone()).unwrap_or_default() })
}

/// The SOA of the answer, or the one that a negative answer carries (RFC 2308 section 3).
fn start_of_authority(reply: &Response) -> Option<(Host, Soa)> {
    let all = reply.outcome.records().iter().chain(&reply.authority);
    all.filter_map(|rr| match &rr.data {
        RData::Soa(soa) => Some((Host::zone(&rr.name).ok()?, soa.clone())),
        _ => None,
    })
    .next()
}

fn is_registry(apex: &Host) -> bool {
    psl::suffix(apex.as_str().as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix == apex.as_str().as_bytes())
}

fn name_servers(reply: &Response) -> Vec<String> {
    let mut servers: Vec<String> = reply
        .outcome
        .records()
        .iter()
        .filter_map(|rr| match &rr.data {
            RData::Ns(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect();
    servers.sort();
    servers
}

/// All addresses of a host, as the first resolver that knows any says.
pub async fn addresses(route: &Route, resolvers: &[SocketAddr], host: &str) -> Vec<IpAddr> {
    if let Some(addr) = route.override_to(host, PORT) {
        return vec![addr.ip()];
    }
    let both = [RecordType::A, RecordType::Aaaa].map(|kind| Query::new(host, kind));
    let from_each = join_all(
        resolvers
            .iter()
            .map(|resolver| join_all(both.iter().map(move |question| ask(route, *resolver, question, UNCHECKED)))),
    )
    .await;
    let addresses = |replies: &Vec<Response>| -> Vec<IpAddr> {
        replies.iter().flat_map(|reply| reply.outcome.records()).filter_map(|rr| address(&rr.data)).collect()
    };
    from_each.iter().map(addresses).find(|found| !found.is_empty()).unwrap_or_default()
}

/// The address in an A or AAAA record.
pub fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(v4) => Some(IpAddr::V4(*v4)),
        RData::Aaaa(v6) => Some(IpAddr::V6(*v6)),
        _ => None,
    }
}
