//! What resolvers know about the zones around a domain: where to begin to look for its delegation.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use futures_util::future::join_all;

use super::session::Session;
use crate::dns::codec::Flags;
use crate::dns::name::Domain;
use crate::dns::record::{Outcome, Query, RData, RecordType, Response, Soa};
use crate::facts::dns::ZoneFailure;

/// Where the name servers are matters even when nobody trusts their signatures (RFC 4035 section 3.2.2).
pub const UNCHECKED: Flags = Flags { unchecked: true, ..Flags::RESOLVER };

/// Names above a domain that resolvers are queried for. Deeper domains exist only to make others work.
const NAMES: usize = 10;

/// The answers of one resolver.
#[derive(Debug, Clone)]
pub struct View {
    pub resolver: SocketAddr,
    /// The zone that holds the domain, by its SOA record.
    pub soa: Option<(String, Soa)>,
    /// The answer for the SOA record of the domain.
    first: Outcome,
    /// Set when the resolver answers for names above the domain and fails for the domain.
    pub failed: Option<Outcome>,
    /// The zones among the domain and the names above it, the longest first, with their name servers.
    zones: Vec<(String, BTreeSet<String>)>,
}

/// The domain and the names above it, without the root.
pub fn ancestors(domain: &Domain) -> Vec<String> {
    let labels: Vec<&str> = domain.host().labels().collect();
    let all: Vec<String> = (0..labels.len()).map(|at| labels[at..].join(".")).collect();
    let skip = all.len().saturating_sub(NAMES);
    // The domain itself and the shortest names.
    all.iter().take(1).chain(all.iter().skip(skip.max(1))).cloned().collect()
}

/// The best view of all resolvers: one that names the zone, else one that answers.
pub async fn view_of(session: &Session<'_>, resolvers: &[SocketAddr], names: &[String]) -> Result<View, ZoneFailure> {
    if resolvers.is_empty() {
        return Err(ZoneFailure::NoResolver);
    }
    let all = join_all(resolvers.iter().map(|resolver| view_or_unchecked(session, *resolver, names))).await;
    let mut failures = Vec::new();
    let mut views = Vec::new();
    for view in all {
        match view {
            Ok(view) => views.push(view),
            Err(failure) => failures.push(failure),
        }
    }
    let best = views.into_iter().min_by_key(|view| match (&view.soa, &view.failed) {
        (Some(_), None) => 0,
        (None, None) => 1,
        (_, Some(_)) => 2,
    });
    best.ok_or(ZoneFailure::Resolvers(failures))
}

/// Without validation when with it nothing can be found.
async fn view_or_unchecked(
    session: &Session<'_>,
    resolver: SocketAddr,
    names: &[String],
) -> Result<View, (SocketAddr, Outcome)> {
    let view = view(session, resolver, names, Flags::RESOLVER).await;
    let failed = |outcome: &Outcome| *outcome == Outcome::ServFail;
    let outcome = view.as_ref().map_or_else(|(_, outcome)| Some(outcome), |view| view.failed.as_ref());
    if !outcome.is_some_and(failed) {
        return view;
    }
    match self::view(session, resolver, names, UNCHECKED).await {
        Ok(unchecked) if unchecked.failed.is_none() => Ok(unchecked),
        _ => view,
    }
}

async fn view(
    session: &Session<'_>,
    resolver: SocketAddr,
    names: &[String],
    flags: Flags,
) -> Result<View, (SocketAddr, Outcome)> {
    let soa = names.first().map(|domain| Query::new(domain, RecordType::Soa));
    let questions: Vec<Query> =
        soa.into_iter().chain(names.iter().map(|name| Query::new(name, RecordType::Ns))).collect();
    let replies = join_all(questions.iter().map(|question| async move {
        match names.first() == Some(&question.name) {
            true => session.ask(resolver, question, flags).await,
            // The names above the domain.
            false => session.ask_common(resolver, question, flags).await,
        }
    }))
    .await;
    let outcome = |reply: &Option<Response>| reply.as_ref().map_or(Outcome::Timeout, |reply| reply.outcome.clone());
    let first = replies.first().map_or(Outcome::Timeout, outcome);
    let above = replies.iter().skip(2).any(|reply| outcome(reply).is_answer());
    if !above && !replies.iter().any(|reply| outcome(reply).is_answer()) {
        return Err((resolver, first));
    }
    let failed = Some(first.clone()).filter(|first| !first.is_answer());
    let zones = names.iter().zip(replies.iter().skip(1)).filter_map(|(name, reply)| {
        let servers = name_servers(reply.as_ref()?, name);
        (!servers.is_empty()).then(|| (name.clone(), servers))
    });
    let soa = replies.first().and_then(|reply| start_of_authority(reply.as_ref()?, names));
    Ok(View { resolver, soa, first, failed, zones: zones.collect() })
}

/// The SOA record of the answer, or the one that a negative answer carries (RFC 2308 section 3). An alias leads to the SOA record of
/// another zone, which holds nothing of the domain.
fn start_of_authority(reply: &Response, names: &[String]) -> Option<(String, Soa)> {
    let all = reply.outcome.records().iter().chain(&reply.authority);
    all.filter_map(|rr| match &rr.data {
        RData::Soa(soa) => Some((rr.name.to_ascii_lowercase(), soa.clone())),
        _ => None,
    })
    .find(|(name, _)| names.contains(name))
}

/// The name servers of a name; those at the end of an alias belong to another name.
fn name_servers(reply: &Response, name: &str) -> BTreeSet<String> {
    let records = reply.outcome.records().iter().filter(|rr| rr.name.eq_ignore_ascii_case(name));
    records
        .filter_map(|rr| match &rr.data {
            RData::Ns(server) => Some(server.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}

impl View {
    /// The zone that holds the domain, as far as the resolver knows.
    pub fn zone(&self) -> Option<&str> {
        let by_soa = self.soa.as_ref().map(|(name, _)| name.as_str());
        by_soa.or_else(|| self.zones.first().map(|(name, _)| name.as_str()))
    }

    /// Where the way down begins: the zone above the one that holds the domain, or that zone when nothing above is known or when it
    /// belongs to a registry.
    pub fn start(&self, is_registry: impl Fn(&str) -> bool) -> Option<&str> {
        let zone = self.zone()?;
        let is_zone = |name: &str| self.zones.iter().any(|(known, _)| known == name);
        if is_registry(zone) && is_zone(zone) {
            return Some(zone);
        }
        let above = self.zones.iter().map(|(name, _)| name.as_str()).find(|name| zone.ends_with(&format!(".{name}")));
        // A failure hides the cut: it may be anywhere below the deepest zone that is known.
        let deepest = || self.zones.first().map(|(name, _)| name.as_str());
        if self.failed.is_some() { deepest() } else { above }
    }

    /// True when the resolver says that the domain does not exist.
    pub fn is_missing(&self) -> bool {
        self.first == Outcome::NxDomain
    }

    /// The name servers of a zone.
    pub fn servers_of(&self, zone: &str) -> BTreeSet<String> {
        self.zones.iter().find(|(name, _)| name == zone).map(|(_, servers)| servers.clone()).unwrap_or_default()
    }

    /// Why there is no zone.
    pub fn failure(&self) -> ZoneFailure {
        let (resolver, outcome) = (self.resolver, self.first.clone());
        match self.failed {
            Some(_) => ZoneFailure::Servers { resolver, outcome },
            None => ZoneFailure::NoZone { resolver, outcome },
        }
    }
}
