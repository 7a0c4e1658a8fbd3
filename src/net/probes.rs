//! Questions beside the records: over TCP, for names that nobody can have created, for names that people create by mistake.

use futures_util::future::join_all;

use super::session::Session;
use crate::dns::codec::Flags;
use crate::dns::name::Host;
use crate::dns::record::{Outcome, Query, RData, RecordType, Response};
use crate::facts::dns::{DnsFacts, Observer, Probe, Purpose, Role};
use crate::facts::near_miss::{candidates, strays};
use crate::rocketchat::generation::{SrvLabel, key_question};

/// Aliases that are followed; no resolver follows more.
const ALIASES: usize = 20;

/// Those that depend on nothing but the servers: the key over TCP from each, and a random sibling from one.
pub async fn first(session: &Session<'_>, dns: &DnsFacts) -> Vec<Probe> {
    let key = key_question(&dns.domain);
    let over_tcp = of_role(dns, Role::Authority).map(|(observer, server)| {
        let question = key.clone();
        async move {
            let reply = session.ask_tcp(server.addr, &question, Flags::AUTHORITY).await?;
            Some(Probe { purpose: Purpose::Tcp, observer, question, reply })
        }
    });
    let label: u64 = rand::random();
    let stranger = [RecordType::Txt, RecordType::Srv, RecordType::A]
        .map(|kind| Query::new(format!("fedctl-{label:016x}.{}", dns.domain), kind));
    let strangers: Vec<&Query> = stranger.iter().collect();
    let servers: Vec<_> = spokesman(dns).into_iter().collect();
    let wildcard = shared(session, &servers, &strangers);
    // A resolver that gives an address for what does not exist hides every mistake.
    let address = &stranger[2];
    let hidden = of_role(dns, Role::Resolver).map(|(observer, resolver)| async move {
        let reply = session.ask_one(resolver, address).await?;
        Some(Probe { purpose: Purpose::Wildcard, observer, question: address.clone(), reply })
    });
    let (tcp, wildcard, hidden) = futures_util::join!(join_all(over_tcp), wildcard, join_all(hidden));
    let wildcard = std::iter::zip(&stranger, wildcard).map(|(question, reply)| {
        let (observer, reply) = reply?;
        Some(Probe { purpose: Purpose::Wildcard, observer, question: question.clone(), reply })
    });
    tcp.into_iter().chain(wildcard).chain(hidden).flatten().collect()
}

/// Those that follow from what was seen: near misses when something is missing, unchecked answers after SERVFAIL.
pub async fn second(session: &Session<'_>, dns: &DnsFacts, target: Option<&Host>) -> Vec<Probe> {
    let (misses, strays) = (candidates(dns, target), strays(dns));
    // These are most of the queries for a domain, so the servers that agree share them. The second begins: the first has been asked
    // more already.
    let mut servers = spokesmen(dns);
    let others = servers.split_off(servers.len().min(1));
    servers = others.into_iter().chain(servers).collect();
    let questions: Vec<&Query> = misses.iter().map(|miss| &miss.question).chain(&strays).collect();
    let near = shared(session, &servers, &questions);
    let key = key_question(&dns.domain);
    let failed = of_role(dns, Role::Resolver).filter(|(_, resolver)| {
        dns.replies(&key).any(|(observer, reply)| observer == *resolver && reply.outcome == Outcome::ServFail)
    });
    let unchecked = failed.map(|(observer, resolver)| {
        let question = key.clone();
        async move {
            let flags = Flags { unchecked: true, ..Flags::RESOLVER };
            let reply = session.ask(resolver.addr, &question, flags).await?;
            Some(Probe { purpose: Purpose::Unchecked, observer, question, reply })
        }
    });
    let host = Query::new(dns.usual_target(), RecordType::A);
    let is_needed = target.is_none() && dns.named_target().is_none();
    let host = spokesman(dns).filter(|_| is_needed).map(|(observer, server)| async move {
        let reply = session.ask_one(server, &host).await?;
        Some(Probe { purpose: Purpose::Host, observer, question: host, reply })
    });
    let (mut near, unchecked, host) = futures_util::join!(near, join_all(unchecked), join_all(host));
    let texts = near.split_off(misses.len());
    let near = std::iter::zip(misses, near).map(|(miss, reply)| {
        let (observer, reply) = reply?;
        let purpose = Purpose::NearMiss { mistake: miss.mistake, meant: miss.meant };
        Some(Probe { purpose, observer, question: miss.question, reply })
    });
    let texts = std::iter::zip(&strays, texts).map(|(question, reply)| {
        let (observer, reply) = reply?;
        Some(Probe { purpose: Purpose::Text, observer, question: question.clone(), reply })
    });
    near.chain(unchecked).chain(texts).chain(host).flatten().collect()
}

/// The replies to questions that servers share: each is sent every n-th. In the order of the questions, with the index of the server.
async fn shared(
    session: &Session<'_>,
    servers: &[(usize, &Observer)],
    questions: &[&Query],
) -> Vec<Option<(usize, Response)>> {
    let lists = servers.iter().enumerate().map(async |(at, (index, server))| {
        let own: Vec<&Query> = questions.iter().copied().skip(at).step_by(servers.len()).collect();
        (*index, session.ask_all(server, &own).await.into_iter())
    });
    let mut lists = join_all(lists).await;
    let reply = |at: usize| {
        let (index, replies) = lists.get_mut(at.checked_rem(servers.len())?)?;
        Some((*index, replies.next()??))
    };
    (0..questions.len()).map(reply).collect()
}

/// Those that follow from the addresses: aliases behind names without records, and unchecked answers for targets.
pub async fn third(session: &Session<'_>, dns: &DnsFacts, targets: &[Query]) -> Vec<Probe> {
    let srv = SrvLabel::ALL.map(|label| Query::new(label.owner(&dns.domain), RecordType::Srv));
    let addresses = targets.iter().filter(|question| question.kind == RecordType::A);
    let asked: Vec<&Query> = srv.iter().chain(addresses.clone()).collect();
    let key = key_question(&dns.domain);
    let without = asked.into_iter().chain([&key]).filter(|question| {
        let outcome = dns.outcome(question);
        let failed = || !outcome.is_answer() && dns.replies(question).next().is_some();
        outcome.records().is_empty() && (failed() || dns.alias_chain(&question.name).count() > 0)
    });
    let followed = join_all(without.map(|question| follow(session, dns, question))).await;
    let failed = of_role(dns, Role::Resolver).flat_map(|(observer, resolver)| {
        let failed = addresses.clone().filter(move |question| {
            dns.replies(question).any(|(who, reply)| who == resolver && reply.outcome == Outcome::ServFail)
        });
        failed.map(move |question| async move {
            let flags = Flags { unchecked: true, ..Flags::RESOLVER };
            let reply = session.ask(resolver.addr, question, flags).await?;
            Some(Probe { purpose: Purpose::Unchecked, observer, question: question.clone(), reply })
        })
    });
    let unchecked = join_all(failed).await;
    followed.into_iter().flatten().chain(unchecked.into_iter().flatten()).collect()
}

/// One alias after the other, each queried by itself: a name server answers only for its own zone.
async fn follow(session: &Session<'_>, dns: &DnsFacts, question: &Query) -> Vec<Probe> {
    let chain = dns.alias_chain(&question.name);
    if chain.is_loop() {
        return Vec::new();
    }
    let (mut name, mut seen) = (chain.last().to_owned(), chain.names().to_vec());
    let mut probes = Vec::new();
    for _ in 0..ALIASES {
        let held = dns.zone.as_ref().is_ok_and(|zone| name.ends_with(zone.apex.as_str()));
        let role = if held { Role::Authority } else { Role::Resolver };
        let Some((observer, server)) = of_role(dns, role).chain(spokesman(dns)).next() else { break };
        let question = Query::new(&name, RecordType::Cname);
        let Some(reply) = session.ask_one(server, &question).await else { break };
        let next = reply.outcome.records().iter().find_map(|rr| match &rr.data {
            RData::Cname(to) => Some(to.to_ascii_lowercase()),
            _ => None,
        });
        probes.push(Probe { purpose: Purpose::Alias, observer, question, reply });
        match next {
            Some(next) if !seen.contains(&next) => {
                seen.push(next.clone());
                name = next;
            }
            _ => break,
        }
    }
    probes
}

fn of_role(dns: &DnsFacts, role: Role) -> impl Iterator<Item = (usize, &Observer)> {
    dns.observers.iter().enumerate().filter(move |(_, observer)| observer.role == role)
}

/// The servers that can share the queries of which one response each is enough: the name servers that answered everything and hold
/// the same version of the zone, else one.
fn spokesmen(dns: &DnsFacts) -> Vec<(usize, &Observer)> {
    let Some(first @ (index, _)) = spokesman(dns) else { return Vec::new() };
    let seen = |index: usize| dns.observations.iter().filter(move |seen| seen.observer == index);
    let serial = |index: usize| {
        let mut records = seen(index).flat_map(|seen| seen.reply.outcome.records());
        records.find_map(|rr| match &rr.data {
            RData::Soa(soa) => Some(soa.serial),
            _ => None,
        })
    };
    let agrees = |other: usize| {
        serial(other).is_some_and(|version| serial(index) == Some(version))
            && seen(other).all(|seen| seen.reply.outcome.is_answer())
    };
    let others = of_role(dns, Role::Authority).filter(|(other, _)| *other != index && agrees(*other));
    std::iter::once(first).chain(others).collect()
}

/// The server to query when all would give the same response: a name server that has shown life, else a resolver. A resolver would
/// cache that the name does not exist.
fn spokesman(dns: &DnsFacts) -> Option<(usize, &Observer)> {
    let alive = |index: usize| {
        dns.observations.is_empty()
            || dns.observations.iter().any(|seen| seen.observer == index && seen.reply.outcome.is_answer())
    };
    of_role(dns, Role::Authority).chain(of_role(dns, Role::Resolver)).find(|(index, _)| alive(*index))
}
