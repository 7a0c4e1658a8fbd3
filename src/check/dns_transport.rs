//! Does the long answer with the key get through, over UDP and over TCP?

use super::{Check, Judge, Needs};
use crate::dns::codec;
use crate::facts::dns::{DnsFacts, Expected, Probe, Purpose, Role};
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
    let largest = dns
        .replies(&question)
        .filter(|(observer, reply)| observer.role == Role::Authority && reply.outcome.is_answer())
        .map(|(_, reply)| reply)
        .max_by_key(|reply| reply.size);
    let Some(largest) = largest else { return Verdict::skip("no name server answered for the key") };
    let deaf: Vec<String> = dns
        .probed(|purpose| *purpose == Purpose::Tcp)
        .filter(|(_, probe)| !probe.reply.outcome.is_answer() && answers_udp(dns, probe))
        .map(|(observer, probe)| format!("{}: {}", observer.name, probe.reply.outcome))
        .collect();
    let size = largest.size;
    let mut verdicts: Vec<Verdict> = Vec::new();
    if !deaf.is_empty() {
        let severity = if largest.truncated || size > SAFE { Severity::Error } else { Severity::Warning };
        let means = format!(
            "the answer with the key has {size} bytes; a resolver that cannot take it over UDP asks over TCP and gets nothing"
        );
        let fix = "open TCP port 53 beside UDP port 53 on the name server and its firewall (RFC 7766)";
        let what = "a name server does not answer over TCP";
        verdicts.push(Problem::new(severity, what, means, fix).seen(deaf).into());
    }
    // What is no key must be replaced anyway.
    let readable =
        largest.outcome.records().iter().filter_map(|rr| rr.data.joined()).any(|text| node_rsa::import(&text).is_ok());
    if size > SAFE && readable {
        let means = "such answers go over TCP or in fragments, which many firewalls drop; the key is then missing for those behind them";
        let fix = "publish a key of 2048 bits, and nothing but the key at this name";
        verdicts.push(
            Problem::new(
                Severity::Notice,
                format!("the answer with the key has {size} bytes, more than {SAFE}"),
                means,
                fix,
            )
            .into(),
        );
    }
    let without: Vec<String> = dns
        .replies(&question)
        .filter(|(observer, reply)| {
            observer.role == Role::Authority && reply.outcome.is_answer() && reply.edns.is_none()
        })
        .map(|(observer, _)| observer.name.clone())
        .collect();
    if !without.is_empty() && size > PLAIN {
        let what = format!("{} does not speak EDNS", without.join(", "));
        let means =
            format!("every answer over {PLAIN} bytes, and this one has {size}, costs a second question over TCP");
        verdicts.push(Problem::new(Severity::Notice, what, means, "update the name server").into());
    }
    if verdicts.is_empty() {
        let how = if largest.truncated { ", cut over UDP and whole over TCP" } else { "" };
        return Verdict::pass(format!("{size} bytes{how}"));
    }
    verdicts
}

/// A server that answers nothing at all is dns-servers' business.
fn answers_udp(dns: &DnsFacts, probe: &Probe) -> bool {
    dns.observations.iter().any(|seen| seen.observer == probe.observer && seen.reply.outcome.is_answer())
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
