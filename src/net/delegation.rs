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
use crate::facts::dns::{ZoneCut, ZoneFailure};
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
    if view.failed.is_some() && own.is_silent {
        return Err(view.failure());
    }
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
    if let Some(start) = view.start(is_registry) {
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
                Step::Here { .. } => return Ok(zone_of(session, resolvers, names, start, view, None).await),
                Step::Unknown => {
                    parent = Some(here);
                    break;
                }
            }
        }
    }
    match view.zone() {
        Some(zone) if is_registry(zone) && view.is_missing() => Ok(Way::Missing(zone.to_owned())),
        Some(zone) => Ok(zone_of(session, resolvers, names, zone, view, parent).await),
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
    parent: Option<Zone>,
) -> Way {
    let zone = with_addresses(session, resolvers, name, &view.servers_of(name), Vec::new()).await;
    let (_, own) = look(session, &zone, names).await;
    Way::Zone { parent, zone, own }
}

/// Queries every server of a zone for the name servers of the domain, and for the zone itself.
async fn look(session: &Session<'_>, zone: &Zone, names: &[String]) -> (Step, OwnSide) {
    let Some(domain) = names.first() else { return (Step::Unknown, OwnSide::default()) };
    let [down, ns, soa] = [(domain, RecordType::Ns), (&zone.name, RecordType::Ns), (&zone.name, RecordType::Soa)]
        .map(|(name, kind)| Query::new(name, kind));
    let (down, ns, soa) = futures_util::join!(
        ask_each(session, &zone.servers, &down),
        ask_each(session, &zone.servers, &ns),
        ask_each(session, &zone.servers, &soa)
    );
    let is_silent = !down.iter().chain(&ns).chain(&soa).any(|reply| reply.outcome.is_answer());
    let mut own = own_side(zone, &ns, &soa);
    // A load balancer may answer for records and for nothing else.
    own.is_silent = is_silent && {
        let record = Query::new(SrvLabel::Https.as_str().to_owned() + "." + domain, RecordType::Srv);
        !ask_each(session, &zone.servers, &record).await.iter().any(|reply| reply.outcome.is_answer())
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

/// The answers of the first address of each server.
async fn ask_each(session: &Session<'_>, servers: &Servers, question: &Query) -> Vec<Response> {
    let asked = servers.iter().filter_map(|(name, ips)| {
        let ip = ips.iter().find(|ip| ip.is_ipv4()).or(ips.first())?;
        Some(session.ask(socket(session.net, name, *ip, &session.net.resolver_addrs()), question, Flags::AUTHORITY))
    });
    let asked: Vec<_> = asked.take(super::session::SERVERS).collect();
    join_all(asked).await.into_iter().flatten().collect()
}

/// Where a name server is called. A resolver that was given with its own port and whose address is that of a name server is
/// taken for that name server: on one machine, name servers cannot all have port 53.
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

/// The addresses of a host, and what was answered when there is none.
async fn addresses_of(session: &Session<'_>, resolvers: &[SocketAddr], host: &str) -> (Vec<IpAddr>, Option<Outcome>) {
    if let Some(addr) = session.net.override_to(host, PORT) {
        return (vec![addr.ip()], None);
    }
    let both = [RecordType::A, RecordType::Aaaa].map(|kind| Query::new(host, kind));
    let both = &both;
    let from_each = join_all(resolvers.iter().map(|resolver| async move {
        join_all(both.iter().map(|question| session.ask(*resolver, question, UNCHECKED))).await
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
