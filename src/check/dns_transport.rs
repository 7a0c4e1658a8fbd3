//! Does the long answer with the key get through, over UDP and over TCP?

use std::collections::BTreeSet;

use super::{Check, Judge, Needs};
use crate::count::counted;
use crate::dns::codec;
use crate::dns::record::{EdnsFault, Outcome, Query, Response};
use crate::facts::dns::{DnsFacts, Expected, Observer, Probe, Purpose, Role};
use crate::key::node_rsa;
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::key_question;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-transport",
    title: "the response with the key arrives complete",
    page: include_str!("../../docs/checks/dns-transport.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

/// Bytes of a UDP answer without EDNS (RFC 1035 section 4.2.1).
const PLAIN: usize = 512;
/// Bytes of a UDP answer that is sure not to be cut into fragments (DNS Flag Day 2020).
const SAFE: usize = codec::PAYLOAD as usize;

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let question = key_question(&dns.domain);
    let answered = dns
        .replies(&question)
        .filter(|(observer, reply)| observer.role == Role::Authority && reply.outcome.is_answer())
        .map(|(_, reply)| reply);
    let largest = answered.max_by_key(|reply| reply.size);
    let mut verdicts: Vec<Verdict> = Vec::new();
    verdicts.extend(over_tcp(dns, &question, largest).map(Verdict::from));
    verdicts.extend(edns(dns, largest).map(Verdict::from));
    let Some(largest) = largest else {
        return if verdicts.is_empty() { Verdict::skip("no name server answered for the key") } else { verdicts };
    };
    let size = largest.size;
    // What is no key must be replaced anyway.
    let mut texts = largest.outcome.records().iter().filter_map(|rr| rr.data.joined());
    if size > SAFE && texts.any(|text| node_rsa::import(&text).is_ok()) {
        let means =
            "such responses need TCP or fragments, which many firewalls drop; servers behind them cannot get the key";
        let fix = "Publish a key of 2048 bits, and nothing but the key at this name.";
        let what = format!("the response with the key has {}, more than {SAFE}", counted(size, "byte"));
        verdicts.push(Problem::new(Severity::Notice, what, means, fix).into());
    }
    if verdicts.is_empty() {
        let how = if largest.truncated { ", cut over UDP and whole over TCP" } else { "" };
        return Verdict::pass(format!("{}{how}", counted(size, "byte")));
    }
    verdicts
}

/// True when the key is lost on the way: its answer is cut over UDP, and TCP gives none.
pub(super) fn is_lost(dns: &DnsFacts) -> bool {
    let lost = |reply: &Response| reply.truncated && !reply.outcome.is_answer();
    dns.published(&key_question(&dns.domain)).is_some_and(lost)
}

/// Servers without TCP.
fn over_tcp(dns: &DnsFacts, question: &Query, largest: Option<&Response>) -> Option<Problem> {
    let deaf: Vec<String> = dns
        .probed(|purpose| *purpose == Purpose::Tcp)
        .filter(|(observer, probe)| {
            !probe.reply.outcome.is_answer() && answers_udp(dns, probe) && !is_edns(dns, observer, probe)
        })
        .map(|(observer, probe)| format!("{}: {}", observer.name, probe.reply.outcome))
        .collect();
    if deaf.is_empty() {
        return None;
    }
    let cut = dns.replies(question).any(|(observer, reply)| observer.role == Role::Authority && reply.truncated);
    let fix = "Open TCP port 53 beside UDP port 53 on the name server and its firewall (RFC 7766).";
    let (severity, means) = match largest.map(|reply| reply.size) {
        _ if cut => (
            Severity::Error,
            "the response with the key is truncated over UDP; resolvers then query over TCP and get no response"
                .to_owned(),
        ),
        Some(size) => (
            if size > SAFE { Severity::Error } else { Severity::Warning },
            format!(
                "the response with the key has {}; a resolver that cannot accept it over UDP queries over TCP and gets no \
                 response",
                counted(size, "byte")
            ),
        ),
        None => (Severity::Warning, "resolvers that query over TCP get no response".to_owned()),
    };
    Some(Problem::new(severity, "a name server does not answer over TCP", means, fix).seen(deaf))
}

/// True when EDNS, which the query over TCP had too, explains that it failed.
fn is_edns(dns: &DnsFacts, server: &Observer, probe: &Probe) -> bool {
    let replies = dns.observations.iter().filter(|seen| dns.observers.get(seen.observer) == Some(server));
    let mut faults = replies.filter_map(|seen| seen.reply.edns_fault);
    let answered = matches!(probe.reply.outcome, Outcome::OtherRcode(_));
    faults.any(|fault| fault == EdnsFault::Dropped || answered)
}

/// Servers that drop or refuse EDNS (RFC 6891), and those from before it when the answer is longer than plain DNS carries.
fn edns(dns: &DnsFacts, largest: Option<&Response>) -> Option<Problem> {
    let authorities =
        || dns.observations.iter().filter_map(|seen| Some((dns.observers.get(seen.observer)?, &seen.reply)));
    let faults: BTreeSet<(EdnsFault, &str)> = authorities()
        .filter(|(observer, _)| observer.role == Role::Authority)
        .filter_map(|(observer, reply)| Some((reply.edns_fault?, observer.name.as_str())))
        .collect();
    let names = |is: fn(EdnsFault) -> bool| {
        let names: BTreeSet<&str> = faults.iter().filter(|(fault, _)| is(*fault)).map(|(_, name)| *name).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let seen = faults.iter().map(|(fault, name)| format!("{name}: {fault} with EDNS, an answer without"));
    let dropping = names(|fault| fault == EdnsFault::Dropped);
    if !dropping.is_empty() {
        let what = format!("{dropping} does not answer queries with EDNS");
        let means = "resolvers send EDNS with every query: they get no response, and many treat the server as down";
        let fix = "Make the firewall in front of it pass DNS messages with an OPT record, or update the name server.";
        return Some(Problem::new(Severity::Warning, what, means, fix).seen(seen));
    }
    let refusing = names(|_| true);
    if !refusing.is_empty() {
        let what = format!("{refusing} refuses EDNS");
        let means = "resolvers send each query twice, and once more over TCP for a response over 512 bytes";
        return Some(Problem::new(Severity::Notice, what, means, "Update the name server.").seen(seen));
    }
    let key = key_question(&dns.domain);
    let without: Vec<String> = dns
        .replies(&key)
        .filter(|(observer, reply)| {
            observer.role == Role::Authority && reply.outcome.is_answer() && reply.edns.is_none()
        })
        .map(|(observer, _)| observer.name.clone())
        .collect();
    let size = largest.map_or(0, |reply| reply.size);
    if without.is_empty() || size <= PLAIN {
        return None;
    }
    let what = format!("{} does not support EDNS", without.join(", "));
    let means = format!("every answer over {PLAIN} bytes, and this one has {size}, needs a second query over TCP");
    Some(Problem::new(Severity::Notice, what, means, "Update the name server."))
}

/// A server that fails for the key over UDP too is dns-servers' business.
fn answers_udp(dns: &DnsFacts, probe: &Probe) -> bool {
    dns.observations.iter().any(|seen| {
        let same = seen.observer == probe.observer && seen.question == probe.question;
        same && (seen.reply.outcome.is_answer() || seen.reply.truncated)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample};
    use crate::dns::record::Outcome;

    fn facts(size: usize, tcp: Outcome) -> DnsFacts {
        let mut dns = sample();
        for seen in &mut dns.observations {
            seen.reply.size = size;
        }
        let mut reply = dns.observations[0].reply.clone();
        reply.outcome = tcp;
        dns.probes.push(Probe { purpose: Purpose::Tcp, observer: 0, question: key_question(&dns.domain), reply });
        dns
    }

    #[test]
    fn size_and_tcp_are_weighed_together() {
        for (size, tcp, severity) in [
            (540, Outcome::NoData, None),
            (540, Outcome::Timeout, Some(Severity::Warning)),
            (1300, Outcome::Unreachable("refused".into()), Some(Severity::Error)),
            (1300, Outcome::NoData, Some(Severity::Notice)),
        ] {
            let found = problems(judge(&facts(size, tcp.clone()), &Expected::default()));
            assert_eq!(found.first().map(|problem| problem.severity), severity, "{size} {tcp}");
        }
    }

    #[test]
    fn a_server_that_is_dead_altogether_is_not_blamed_for_tcp() {
        let mut dns = facts(540, Outcome::Timeout);
        for seen in dns.observations.iter_mut().filter(|seen| seen.observer == 0) {
            seen.reply.outcome = Outcome::Timeout;
        }
        assert!(problems(judge(&dns, &Expected::default())).is_empty());
    }

    #[test]
    fn a_server_without_edns_is_noticed_when_it_matters() {
        for (size, count) in [(400, 0), (540, 1)] {
            let mut dns = facts(size, Outcome::NoData);
            for seen in &mut dns.observations {
                seen.reply.edns = None;
            }
            assert_eq!(problems(judge(&dns, &Expected::default())).len(), count);
        }
    }
}
