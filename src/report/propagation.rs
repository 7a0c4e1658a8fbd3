//! When a change takes effect: where, at what time at the latest, and what is cached.

use serde::Serialize;

use crate::dns::record::{Query, RData, RecordType, Response, is_newer};
use crate::facts::dns::{DnsFacts, Role};
use crate::rocketchat::generation::questions;

/// Seconds for which servers from 3.4 on cache an answer, whatever its TTL; from 6.3 on failures too.
pub const PEER_MEMORY: u32 = 3600;

/// How late somebody may see a change that is made now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Arrival {
    /// A name server, a resolver, or `peers`.
    pub who: String,
    /// Seconds from now; the earliest is always at once.
    pub latest_s: u32,
    /// What keeps it, and how to shorten it.
    pub why: String,
}

/// Everybody that was queried, then the peers behind them.
pub fn arrivals(dns: &DnsFacts) -> Vec<Arrival> {
    let mut arrivals: Vec<Arrival> = Vec::new();
    if dns.is_unpublished() {
        return arrivals;
    }
    for (index, observer) in dns.observers.iter().enumerate() {
        let arrival = match observer.role {
            Role::Authority => authority(dns, index),
            Role::Resolver => resolver(dns, index),
            Role::Parent => None,
        };
        arrivals.extend(arrival.filter(|arrival| !arrivals.contains(arrival)));
    }
    let slowest = arrivals.iter().map(|arrival| arrival.latest_s).max().unwrap_or_default();
    if !arrivals.is_empty() {
        arrivals.push(Arrival {
            who: "peers".into(),
            latest_s: slowest.saturating_add(PEER_MEMORY),
            why: "servers from 3.4 on cache responses for an hour, from 6.3 on failures too; a restart clears their cache".into(),
        });
    }
    arrivals
}

fn authority(dns: &DnsFacts, index: usize) -> Option<Arrival> {
    let zone = dns.zone.as_ref().ok()?;
    let soa = Query::new(zone.apex.as_str(), RecordType::Soa);
    let serial_of = |reply: &Response| match &reply.outcome.records().first()?.data {
        RData::Soa(soa) => Some(soa.serial),
        _ => None,
    };
    let all = dns.replies(&soa).filter(|(o, _)| o.role == Role::Authority).filter_map(|(_, reply)| serial_of(reply));
    let newest = all.reduce(|a, b| if is_newer(b, a) { b } else { a });
    let own = dns
        .observations
        .iter()
        .find(|seen| seen.observer == index && seen.question == soa)
        .and_then(|seen| serial_of(&seen.reply));
    let who = dns.observers.get(index)?.name.clone();
    if own.is_some() && own != newest {
        let refresh = zone.refresh();
        let why = "it lags behind the newest serial; it looks for changes after the SOA refresh time".into();
        return Some(Arrival { who, latest_s: refresh, why });
    }
    Some(Arrival { who, latest_s: 0, why: "as soon as the zone is loaded".into() })
}

/// What a resolver holds, it gives until the TTL that is left has run out.
fn resolver(dns: &DnsFacts, index: usize) -> Option<Arrival> {
    let asked = questions(&dns.domain);
    let mut longest: Option<(u32, &Query, bool)> = None;
    for seen in dns.observations.iter().filter(|seen| seen.observer == index && asked.contains(&seen.question)) {
        let positive = seen.reply.outcome.records().iter().map(|rr| rr.ttl).max();
        let left = positive.or_else(|| seen.reply.negative_ttl().filter(|_| seen.reply.outcome.is_absent()));
        if let Some(left) = left
            && longest.is_none_or(|(known, ..)| left > known)
        {
            longest = Some((left, &seen.question, positive.is_some()));
        }
    }
    let who = dns.observers.get(index)?.name.clone();
    let (latest_s, question, positive) = longest?;
    let what = if positive { "has cached the response" } else { "has cached that there is none" };
    let label = question.name.strip_suffix(dns.domain.as_str()).map_or("", |label| label.trim_end_matches('.'));
    Some(Arrival { who, latest_s, why: format!("{what} for {} {label}; flush it if it is yours", question.kind) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::record::{Outcome, Rr, Soa};
    use crate::facts::sample::{sample, set_at};

    #[test]
    fn everybody_is_reported_and_peers_come_last() {
        let description = arrivals(&sample());
        let seconds: Vec<(&str, u32)> =
            description.iter().map(|arrival| (arrival.who.as_str(), arrival.latest_s)).collect();
        assert_eq!(seconds, [("ns1.mydomain.com", 0), ("ns2.mydomain.com", 0), ("resolver", 3600), ("peers", 7200)]);
    }

    #[test]
    fn a_server_behind_waits_for_the_refresh() {
        let mut dns = sample();
        let question = Query::new("mydomain.com", RecordType::Soa);
        for (observer, serial) in [(0, 7), (1, 6)] {
            let soa = Soa { serial, ..dns.zone.clone().unwrap().soa.unwrap() };
            let rr = Rr { name: "mydomain.com".into(), ttl: 60, data: RData::Soa(soa) };
            set_at(&mut dns, observer, &question, Outcome::Found(vec![rr]));
        }
        assert_eq!(arrivals(&dns)[1].latest_s, 3600);
    }
}
