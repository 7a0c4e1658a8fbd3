//! Questions beside the records: over TCP, for names that nobody can have created, for names that people create by mistake.

use futures_util::future::join_all;

use super::session::Session;
use crate::dns::codec::Flags;
use crate::dns::name::Host;
use crate::dns::record::{Outcome, Query, RecordType};
use crate::facts::dns::{DnsFacts, Observer, Probe, Purpose, Role};
use crate::facts::near_miss::candidates;
use crate::rocketchat::generation::key_question;

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
    let stranger =
        [RecordType::Txt, RecordType::Srv].map(|kind| Query::new(format!("fedctl-{label:016x}.{}", dns.domain), kind));
    let wildcard = spokesman(dns).into_iter().flat_map(|(observer, server)| {
        stranger.iter().map(move |question| async move {
            let reply = session.ask_one(server, question).await?;
            Some(Probe { purpose: Purpose::Wildcard, observer, question: question.clone(), reply })
        })
    });
    let (tcp, wildcard) = futures_util::join!(join_all(over_tcp), join_all(wildcard));
    tcp.into_iter().chain(wildcard).flatten().collect()
}

/// Those that follow from what was seen: near misses when something is missing, unchecked answers after SERVFAIL.
pub async fn second(session: &Session<'_>, dns: &DnsFacts, target: Option<&Host>) -> Vec<Probe> {
    let misses = candidates(dns, target);
    let near = spokesman(dns).into_iter().flat_map(|(observer, server)| {
        misses.iter().map(move |miss| async move {
            let reply = session.ask_one(server, &miss.question).await?;
            let purpose = Purpose::NearMiss { mistake: miss.mistake.clone(), meant: miss.meant.clone() };
            Some(Probe { purpose, observer, question: miss.question.clone(), reply })
        })
    });
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
    let (near, unchecked) = futures_util::join!(join_all(near), join_all(unchecked));
    near.into_iter().chain(unchecked).flatten().collect()
}

fn of_role(dns: &DnsFacts, role: Role) -> impl Iterator<Item = (usize, &Observer)> {
    dns.observers.iter().enumerate().filter(move |(_, observer)| observer.role == role)
}

/// The server to query when all would give the same response: a name server that has shown life, else a resolver. A resolver would
/// remember that the name does not exist.
fn spokesman(dns: &DnsFacts) -> Option<(usize, &Observer)> {
    let alive = |index: usize| {
        dns.observations.is_empty()
            || dns.observations.iter().any(|seen| seen.observer == index && seen.reply.outcome.is_answer())
    };
    of_role(dns, Role::Authority).chain(of_role(dns, Role::Resolver)).find(|(index, _)| alive(*index))
}
