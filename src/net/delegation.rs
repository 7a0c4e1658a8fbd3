//! Finds the zone that holds a domain, its name servers and those of its parent, and their addresses.
//!
//! Resolvers only show where to begin: what they have cached may be older than the delegation. From the parent zone on, each name
//! server is queried itself (RFC 1034 section 5.3.3), and the servers that either side of the delegation names are kept.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use futures_util::future::join_all;

use super::Net;
use super::session::Session;
use super::view::{UNCHECKED, View, ancestors, view_of};
use crate::dns::codec::Flags;
use crate::dns::name::{Domain, Host};
use crate::dns::record::{Outcome, Query, RData, RecordType, Response, Rr, Soa};
use crate::facts::dns::{Circular, StaleGlue, ZoneCut, ZoneFailure};
use crate::rocketchat::generation::SrvLabel;

/// The port of DNS.
pub const PORT: u16 = 53;

/// How many servers of the parent zone are queried for their side of the delegation.
const PARENTS: usize = 2;
/// Zone cuts on the way down from the zone that the resolvers know.
const STEPS: usize = 4;

/// Some name servers, and the addresses that were found for each.
type Servers = Vec<(String, Vec<IpAddr>)>;

/// A zone on the way down, with its name servers.
#[derive(Debug, Clone, Default)]
struct Zone {
    name: String,
    servers: Servers,
    missing: Vec<(String, Outcome)>,
    glue: Servers,
    /// What resolvers give for the names of the servers.
    resolved: Servers,
}

/// What the servers of a zone say about the way to a domain.
enum Step {
    /// They delegate to a zone further down.
    Down { zone: String, servers: BTreeSet<String>, glue: Servers },
    /// They hold the domain themselves, if it exists.
    Here { exists: bool },
    /// Nothing that could be used.
    Unknown,
}

/// What the servers of a zone say about the zone itself.
#[derive(Debug, Clone, Default)]
struct OwnSide {
    servers: BTreeSet<String>,
    soa: Option<Soa>,
    /// No server answers anything.
    is_silent: bool,
}

/// Where the way down ended.
#[expect(clippy::large_enum_variant, reason = "one value for each domain")]
enum Way {
    Zone {
        parent: Option<Zone>,
        zone: Zone,
        own: OwnSide,
    },
    /// The domain does not exist in the zone of a registry.
    Missing(String),
}

/// What was found, or why nothing was.
pub async fn find(net: &Net, resolvers: &[SocketAddr], domain: &Domain) -> Result<ZoneCut, ZoneFailure> {
    walk(&Session::new(net), resolvers, domain).await
}

/// The same within the limits of an observation.
pub async fn walk(session: &Session<'_>, resolvers: &[SocketAddr], domain: &Domain) -> Result<ZoneCut, ZoneFailure> {
    let names = ancestors(domain);
    let view = view_of(session, resolvers, &names).await?;
    let (parent, zone, own) = match down(session, resolvers, &names, &view).await? {
        Way::Zone { parent, zone, own } => (parent, zone, own),
        Way::Missing(registry) => {
            let registry = Host::zone(&registry).map_err(|_| view.failure())?;
            return Err(ZoneFailure::Unregistered { registry });
        }
    };
    if view.failed.is_some() && own.is_silent && parent.is_none() {
        return Err(view.failure());
    }
    let mut zone = zone;
    own_addresses(session, &mut zone).await;
    let stale_glue = stale_glue(session, &zone);
    let circular = circular(session, parent.as_ref(), &zone).await;
    let known: BTreeSet<&String> = zone.servers.iter().map(|(name, _)| name).collect();
    let more: BTreeSet<String> = own.servers.iter().filter(|name| !known.contains(name)).cloned().collect();
    let more = with_addresses(session, resolvers, &zone.name, &more, Vec::new()).await;
    let soa = own.soa.or_else(|| view.soa.as_ref().filter(|(name, _)| *name == zone.name).map(|(_, soa)| soa.clone()));
    let apex = Host::zone(&zone.name).map_err(|_| view.failure())?;
    Ok(ZoneCut {
        apex,
        soa,
        servers: zone.servers.into_iter().chain(more.servers).collect(),
        missing: zone.missing.into_iter().chain(more.missing).collect(),
        glue: zone.glue,
        stale_glue,
        circular,
        parents: parent.map(|parent| parent.servers).unwrap_or_default(),
    })
}

/// From the zone above the one that the resolvers know down to the one that holds the domain.
async fn down(
    session: &Session<'_>,
    resolvers: &[SocketAddr],
    names: &[String],
    view: &View,
) -> Result<Way, ZoneFailure> {
    let mut above: Option<Zone> = None;
    let mut parent: Option<Zone> = None;
    if let Some(start) = view.start(is_registry).or_else(|| view.zone()) {
        let few: BTreeSet<String> = view.servers_of(start).into_iter().take(PARENTS).collect();
        let mut here = with_addresses(session, resolvers, start, &few, Vec::new()).await;
        for _ in 0..STEPS {
            let (step, own) = look(session, &here, names).await;
            match step {
                Step::Down { zone, servers, glue } => {
                    let next = with_addresses(session, resolvers, &zone, &servers, glue).await;
                    above = Some(std::mem::replace(&mut here, next));
                }
                Step::Here { .. } | Step::Unknown if above.is_some() => {
                    return Ok(Way::Zone { parent: above, zone: here, own });
                }
                Step::Here { exists: false } if is_registry(start) => return Ok(Way::Missing(start.to_owned())),
                // There is no delegation, whatever the resolvers know: all servers of this zone are wanted.
                Step::Here { .. } => {
                    let (zone, own) = zone_of(session, resolvers, names, start, view).await;
                    return Ok(Way::Zone { parent: None, zone, own });
                }
                Step::Unknown => {
                    parent = Some(here).filter(|here| Some(here.name.as_str()) != view.zone());
                    break;
                }
            }
        }
    }
    match view.zone() {
        Some(zone) if is_registry(zone) && view.is_missing() => Ok(Way::Missing(zone.to_owned())),
        Some(zone) => {
            let (zone, own) = zone_of(session, resolvers, names, zone, view).await;
            Ok(Way::Zone { parent, zone, own })
        }
        None => Err(view.failure()),
    }
}

/// A zone with the servers that the resolvers know.
async fn zone_of(
    session: &Session<'_>,
    resolvers: &[SocketAddr],
    names: &[String],
    name: &str,
    view: &View,
) -> (Zone, OwnSide) {
    let zone = with_addresses(session, resolvers, name, &view.servers_of(name), Vec::new()).await;
    let (_, own) = look(session, &zone, names).await;
    (zone, own)
}

/// Queries every server of a zone for the name servers of the domain, and for the zone itself.
async fn look(session: &Session<'_>, zone: &Zone, names: &[String]) -> (Step, OwnSide) {
    let Some(domain) = names.first() else { return (Step::Unknown, OwnSide::default()) };
    let [down, ns, soa] = [(domain, RecordType::Ns), (&zone.name, RecordType::Ns), (&zone.name, RecordType::Soa)]
        .map(|(name, kind)| Query::new(name, kind));
    let (down, ns, soa) = futures_util::join!(
        ask_each(session, &zone.servers, &down, names),
        ask_each(session, &zone.servers, &ns, names),
        ask_each(session, &zone.servers, &soa, names)
    );
    let is_silent = !down.iter().chain(&ns).chain(&soa).any(|reply| reply.outcome.is_answer());
    let mut own = own_side(zone, &ns, &soa);
    // A load balancer may answer for records and for nothing else.
    own.is_silent = is_silent && {
        let record = Query::new(SrvLabel::Https.as_str().to_owned() + "." + domain, RecordType::Srv);
        !ask_each(session, &zone.servers, &record, names).await.iter().any(|reply| reply.outcome.is_answer())
    };
    (step(zone, names, &down), own)
}

fn step(zone: &Zone, names: &[String], replies: &[Response]) -> Step {
    let labels = |name: &str| name.split('.').count();
    let is_below = |name: &str| names.iter().any(|known| known == name) && labels(name) > labels(&zone.name);
    let all = || replies.iter().flat_map(|reply| reply.outcome.records().iter().chain(&reply.authority));
    let cut = all().filter(|rr| matches!(rr.data, RData::Ns(_)) && is_below(&rr.name.to_ascii_lowercase()));
    let Some(deepest) = cut.map(|rr| rr.name.to_ascii_lowercase()).max_by_key(|name| labels(name)) else {
        // A negative answer of a server that holds the zone below too names that zone in its SOA record.
        let other = all().any(|rr| matches!(rr.data, RData::Soa(_)) && is_below(&rr.name.to_ascii_lowercase()));
        let mut holds = replies.iter().filter(|reply| reply.authoritative && reply.outcome.is_answer()).peekable();
        if holds.peek().is_none() || other {
            return Step::Unknown;
        }
        return Step::Here { exists: holds.any(|reply| reply.outcome != Outcome::NxDomain) };
    };
    let named = all().filter(|rr| rr.name.eq_ignore_ascii_case(&deepest));
    let servers: BTreeSet<String> = named.filter_map(name_server).collect();
    let glue = servers.iter().map(|server| (server.clone(), glue_of(replies, server)));
    let glue = glue.filter(|(_, ips)| !ips.is_empty()).collect();
    Step::Down { zone: deepest, servers, glue }
}

fn name_server(rr: &Rr) -> Option<String> {
    match &rr.data {
        RData::Ns(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    }
}

fn glue_of(replies: &[Response], server: &str) -> Vec<IpAddr> {
    let all = replies.iter().flat_map(|reply| &reply.additional).filter(|rr| rr.name.eq_ignore_ascii_case(server));
    let ips: BTreeSet<IpAddr> = all.filter_map(|rr| address(&rr.data)).collect();
    ips.into_iter().collect()
}

fn own_side(zone: &Zone, ns: &[Response], soa: &[Response]) -> OwnSide {
    fn own<'a>(zone: &Zone, replies: &'a [Response]) -> Vec<&'a Rr> {
        let spoken = replies.iter().filter(|reply| reply.authoritative).flat_map(|reply| reply.outcome.records());
        spoken.filter(|rr| rr.name.eq_ignore_ascii_case(&zone.name)).collect()
    }
    let soa = own(zone, soa).into_iter().find_map(|rr| match &rr.data {
        RData::Soa(soa) => Some(soa.clone()),
        _ => None,
    });
    OwnSide { servers: own(zone, ns).into_iter().filter_map(name_server).collect(), soa, is_silent: false }
}

/// The answers of the first address of each server. All `names` but the first, the domain, concern other domains too.
async fn ask_each(session: &Session<'_>, servers: &Servers, question: &Query, names: &[String]) -> Vec<Response> {
    let is_common = names.iter().skip(1).any(|above| *above == question.name);
    let resolvers = &session.net.resolver_addrs();
    let asked = servers.iter().filter_map(|(name, ips)| {
        let ip = ips.iter().find(|ip| ip.is_ipv4()).or(ips.first())?;
        let addr = socket(session.net, name, *ip, resolvers);
        Some(async move {
            match is_common {
                true => session.ask_common(addr, question, Flags::AUTHORITY).await,
                false => session.ask(addr, question, Flags::AUTHORITY).await,
            }
        })
    });
    let asked: Vec<_> = asked.take(super::session::SERVERS).collect();
    join_all(asked).await.into_iter().flatten().collect()
}

/// Where a name server is called. A resolver that was given with its own port and whose address is that of a name server is
/// the same as that name server: on one machine, name servers cannot all have port 53.
pub fn socket(net: &Net, server: &str, ip: IpAddr, resolvers: &[SocketAddr]) -> SocketAddr {
    let own = || resolvers.iter().copied().find(|addr| addr.ip() == ip && addr.port() != PORT);
    let by_address = || net.override_to(&ip.to_string(), PORT);
    net.override_to(server, PORT).or_else(by_address).or_else(own).unwrap_or(SocketAddr::new(ip, PORT))
}

async fn with_addresses(
    session: &Session<'_>,
    resolvers: &[SocketAddr],
    name: &str,
    servers: &BTreeSet<String>,
    glue: Servers,
) -> Zone {
    // One more than will be queried, so that the report can say that there are more.
    let few = servers.iter().take(super::session::SERVERS * 8);
    let found = join_all(few.map(|server| async { (server.clone(), addresses_of(session, resolvers, server).await) }));
    let mut zone = Zone { name: name.to_owned(), glue, ..Zone::default() };
    for (server, (mut ips, outcome)) in found.await {
        zone.resolved.push((server.clone(), ips.clone()));
        let from_parent = zone.glue.iter().find(|(named, _)| *named == server).map(|(_, ips)| ips.clone());
        // An override replaces every address.
        if session.net.override_to(&server, PORT).is_none() {
            ips.extend(from_parent.iter().flatten().filter(|ip| !ips.contains(ip)).copied().collect::<Vec<_>>());
        }
        if let Some(outcome) = outcome.filter(|_| ips.is_empty()) {
            zone.missing.push((server.clone(), outcome));
        }
        zone.servers.push((server, ips));
    }
    zone
}

/// What the zone itself says about the addresses of its name servers, beside the glue.
async fn own_addresses(session: &Session<'_>, zone: &mut Zone) {
    let suffix = format!(".{}", zone.name);
    let own = |(server, _): &(String, Vec<IpAddr>)| {
        server.ends_with(&suffix) && session.net.override_to(server, PORT).is_none()
    };
    let names: Vec<String> = zone.glue.iter().filter(|glue| own(glue)).map(|(server, _)| server.clone()).collect();
    let few: Servers = zone.servers.iter().take(super::session::ADDRESSES).cloned().collect();
    let asked = names.iter().take(super::session::SERVERS).map(|server| {
        let few = &few;
        async move {
            let both = [RecordType::A, RecordType::Aaaa].map(|kind| Query::new(server, kind));
            let replies = join_all(both.iter().map(|question| ask_each(session, few, question, &[]))).await;
            let spoken = replies.into_iter().flatten().filter(Response::speaks);
            let ips: BTreeSet<IpAddr> =
                spoken.flat_map(|reply| reply.outcome.records().to_vec()).filter_map(|rr| address(&rr.data)).collect();
            (server, ips)
        }
    });
    for (server, ips) in join_all(asked).await.into_iter().filter(|(_, ips)| !ips.is_empty()) {
        for (_, known) in zone.servers.iter_mut().filter(|(name, _)| name == server) {
            known.extend(ips.iter().filter(|ip| !known.contains(ip)).copied().collect::<Vec<_>>());
        }
        for (_, resolved) in zone.resolved.iter_mut().filter(|(name, _)| name == server) {
            *resolved = ips.iter().copied().collect();
        }
    }
}

/// The glue that differs from what the zone of the name server itself says.
fn stale_glue(session: &Session<'_>, zone: &Zone) -> Vec<StaleGlue> {
    let resolvers = session.net.resolver_addrs();
    let of = |(server, glue): &(String, Vec<IpAddr>)| {
        let right =
            zone.resolved.iter().find(|(name, _)| name == server).map(|(_, ips)| ips.clone()).unwrap_or_default();
        // An override replaces every address.
        let known = !right.is_empty() && session.net.override_to(server, PORT).is_none();
        let family = |ip: &IpAddr| right.iter().any(|known| known.is_ipv4() == ip.is_ipv4());
        let stale = glue.iter().filter(|ip| known && family(ip) && !right.contains(ip));
        let stale = stale.map(|ip| StaleGlue {
            server: server.clone(),
            ip: *ip,
            addr: socket(session.net, server, *ip, &resolvers),
            right: right.clone(),
        });
        stale.collect::<Vec<_>>()
    };
    zone.glue.iter().flat_map(of).collect()
}

/// The name servers without an address whose names are in a zone that is delegated to servers in the domain's zone.
async fn circular(session: &Session<'_>, parent: Option<&Zone>, zone: &Zone) -> Vec<Circular> {
    let Some(parent) = parent else { return Vec::new() };
    let is_within = |name: &str| name == zone.name || name.ends_with(&format!(".{}", zone.name));
    let mut found = Vec::new();
    for (server, _) in zone.missing.iter().filter(|(_, outcome)| !outcome.is_absent()).take(PARENTS) {
        if is_within(server) {
            found.push(Circular { server: server.clone(), zone: zone.name.clone(), back: vec![server.clone()] });
            continue;
        }
        let replies = ask_each(session, &parent.servers, &Query::new(server, RecordType::Ns), &[]).await;
        let cut = replies.iter().flat_map(|reply| &reply.authority).filter(|rr| matches!(rr.data, RData::Ns(_)));
        let cut: Vec<&Rr> = cut.collect();
        let back: BTreeSet<String> = cut.iter().filter_map(|rr| name_server(rr)).collect();
        if let Some(rr) = cut.first()
            && back.iter().all(|name| is_within(name))
        {
            let back = back.into_iter().collect();
            found.push(Circular { server: server.clone(), zone: rr.name.to_ascii_lowercase(), back });
        }
    }
    found
}

/// The addresses of a host, and what was answered when there is none.
async fn addresses_of(session: &Session<'_>, resolvers: &[SocketAddr], host: &str) -> (Vec<IpAddr>, Option<Outcome>) {
    if let Some(addr) = session.net.override_to(host, PORT) {
        return (vec![addr.ip()], None);
    }
    let both = [RecordType::A, RecordType::Aaaa].map(|kind| Query::new(host, kind));
    let both = &both;
    let from_each = join_all(resolvers.iter().map(|resolver| async move {
        join_all(both.iter().map(|question| session.ask_common(*resolver, question, UNCHECKED))).await
    }));
    let replies: Vec<Vec<Response>> =
        from_each.await.into_iter().map(|both| both.into_iter().flatten().collect()).collect();
    let addresses = |replies: &Vec<Response>| -> Vec<IpAddr> {
        replies.iter().flat_map(|reply| reply.outcome.records()).filter_map(|rr| address(&rr.data)).collect()
    };
    let found = replies.iter().map(addresses).find(|found| !found.is_empty()).unwrap_or_default();
    let all = || replies.iter().flatten().map(|reply| &reply.outcome);
    let outcome = all().find(|outcome| outcome.is_absent()).or_else(|| all().next());
    (found, outcome.cloned())
}

/// All addresses of a host, as the first resolver that knows any says.
pub async fn addresses(net: &Net, resolvers: &[SocketAddr], host: &str) -> Vec<IpAddr> {
    addresses_of(&Session::new(net), resolvers, host).await.0
}

fn is_registry(apex: &str) -> bool {
    psl::suffix(apex.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix == apex.as_bytes())
}

/// The address in an A or AAAA record.
pub fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(v4) => Some(IpAddr::V4(*v4)),
        RData::Aaaa(v6) => Some(IpAddr::V6(*v6)),
        _ => None,
    }
}
