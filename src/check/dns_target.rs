//! Does the SRV target lead to an address, and is it the expected one?

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Check, Judge, Needs};
use crate::dns::name::Host;
use crate::dns::record::{Outcome, Query, RData, RecordType, Response};
use crate::endpoint::{Reach, reach};
use crate::facts::dns::{DnsFacts, Elsewhere, Expected, Observer, Role};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::generation::SrvLabel;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-target",
    title: "the SRV target has an address",
    page: include_str!("../../docs/checks/dns-target.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

/// The address families.
const KINDS: [RecordType; 2] = [RecordType::A, RecordType::Aaaa];
const NO_CONNECTION: &str = "peers find the record but cannot connect";

fn judge(dns: &DnsFacts, expected: &Expected) -> Vec<Verdict> {
    let targets = targets(dns);
    if targets.is_empty() {
        return Verdict::skip("there is no SRV record with a target");
    }
    let mut verdicts: Vec<Verdict> = Vec::new();
    let mut addresses = Vec::new();
    let mut names: Vec<&str> = targets.iter().map(|(_, target, _)| target.as_str()).collect();
    names.dedup();
    for name in names {
        match resolve(dns, name) {
            Ok(found) => {
                verdicts.extend(unusable(dns, expected, name, &found).map(Verdict::from));
                verdicts.extend(half(dns, name).map(Verdict::from));
                addresses.extend(found);
            }
            Err(problem) => verdicts.extend(problem.map(Verdict::from)),
        }
    }
    // An alias that leads nowhere is part of the error.
    if verdicts.iter().all(|verdict| matches!(verdict, Verdict::Problem(problem) if problem.severity < Severity::Error))
    {
        let names: BTreeSet<&str> = targets.iter().map(|(_, target, _)| target.as_str()).collect();
        verdicts.extend(names.into_iter().filter_map(|name| alias(dns, name)).map(Verdict::from));
    }
    verdicts.extend(
        targets
            .iter()
            .filter_map(|(label, target, port)| unexpected(dns, expected, *label, target, *port))
            .map(Verdict::from),
    );
    if verdicts.is_empty() && addresses.is_empty() {
        return Verdict::skip(format!("no resolver was queried for the addresses of {}", targets[0].1));
    }
    if verdicts.is_empty() {
        addresses.sort_unstable();
        addresses.dedup();
        let shown: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
        return Verdict::pass(format!("{} is {}", targets[0].1, shown.join(", ")));
    }
    verdicts
}

/// Label, target and port of every SRV record that was seen.
fn targets(dns: &DnsFacts) -> Vec<(SrvLabel, String, u16)> {
    let at = |label: SrvLabel| {
        let outcome = dns.outcome(&Query::new(label.owner(&dns.domain), RecordType::Srv));
        let records = outcome.records().iter().filter_map(|rr| match &rr.data {
            RData::Srv { port, target, .. } if !target.is_empty() => Some((label, target.to_ascii_lowercase(), *port)),
            _ => None,
        });
        records.collect::<Vec<_>>()
    };
    SrvLabel::ALL.into_iter().flat_map(at).collect()
}

/// The addresses, or what is wrong; `Err(None)` when it could not be queried.
fn resolve(dns: &DnsFacts, target: &str) -> Result<Vec<IpAddr>, Option<Problem>> {
    if target.parse::<IpAddr>().is_ok() {
        return Err(Some(Problem::new(
            Severity::Error,
            format!("the SRV target `{target}` is an IP address"),
            "a target must be a name: resolvers query a host of that name, and no certificate is valid for it",
            format!(
                "Give the host a name with an A or AAAA record, for example chat.{}, and use that as target.",
                dns.domain
            ),
        )));
    }
    if let Some(problem) = misspelt(dns, target) {
        return Err(Some(problem));
    }
    let outcomes = KINDS.map(|kind| outcome(dns, target, kind));
    let addresses: Vec<IpAddr> = outcomes
        .iter()
        .flatten()
        .flat_map(|reply| reply.outcome.records())
        .filter_map(|rr| match &rr.data {
            RData::A(v4) => Some(IpAddr::V4(*v4)),
            RData::Aaaa(v6) => Some(IpAddr::V6(*v6)),
            _ => None,
        })
        .collect();
    if !addresses.is_empty() {
        return Ok(addresses);
    }
    let outcomes: Vec<(RecordType, &Outcome)> =
        KINDS.into_iter().zip(&outcomes).filter_map(|(kind, reply)| Some((kind, &reply.as_ref()?.outcome))).collect();
    Err(without_address(dns, target, &outcomes))
}

/// Why there is no address; `None` when it could not be queried, or when another check has the cause.
fn without_address(dns: &DnsFacts, target: &str, outcomes: &[(RecordType, &Outcome)]) -> Option<Problem> {
    let mut evidence: Vec<String> =
        outcomes.iter().map(|(kind, outcome)| format!("{kind} {target}: {outcome}")).collect();
    let outcomes: Vec<&Outcome> = outcomes.iter().map(|(_, outcome)| *outcome).collect();
    let chain = dns.alias_chain(target);
    let first = outcomes.iter().copied().find(|outcome| outcome.is_absent()).or(outcomes.first().copied());
    if let Some(first) = first.filter(|_| chain.count() > 0) {
        let what =
            format!("the SRV target {target} has no address: it is {}", chain.fault(first).trim_end_matches(','));
        let fix = format!("Give {target} its own A or AAAA record, or correct the alias.");
        return Some(Problem::new(Severity::Error, what, NO_CONNECTION, fix).seen(chain.steps()));
    }
    // dns-dnssec has the cause.
    if dns.bogus().iter().any(|(_, question)| question.name == target) {
        return None;
    }
    if let Some(elsewhere) = dns.elsewhere.iter().find(|elsewhere| elsewhere.host == target) {
        return Some(in_other_zone(elsewhere, evidence));
    }
    // A name server that is queried instead of a resolver has no records of hosts outside of its zones.
    if outcomes.iter().all(|outcome| **outcome == Outcome::Refused) && !is_held(dns, target) {
        return None;
    }
    if !outcomes.iter().any(|outcome| outcome.is_absent()) {
        let held = is_held(dns, target);
        let severity = if held { Severity::Error } else { Severity::Warning };
        let what = format!("the addresses of the SRV target {target} cannot be looked up");
        let fix = match held {
            true => format!("Check the name servers of the zone: they answer for other names and fail for {target}."),
            false => "Name another resolver with --resolver; this one fails for the target.".to_owned(),
        };
        evidence.dedup();
        let means = "peers whose resolver fails like this cannot connect";
        return Some(Problem::new(severity, what, means, fix).seen(evidence));
    }
    let apex = dns.zone.as_ref().map_or(dns.domain.as_str(), |zone| zone.apex.as_str());
    let appended = [dns.domain.as_str(), apex].into_iter().find(|name| target.ends_with(&format!(".{name}.{name}")));
    let fix = if let Some(name) = appended {
        let meant = target.trim_end_matches(&format!(".{name}")).to_owned() + &format!(".{name}");
        format!("Write `{meant}.` in the zone file: the final dot of the target was forgotten.")
    } else {
        format!("Publish an A or AAAA record for {target}, or correct the target.")
    };
    Some(
        Problem::new(Severity::Error, format!("the SRV target {target} has no address"), NO_CONNECTION, fix)
            .seen(evidence),
    )
}

/// A target that no host can have: a URL, or an address to which the zone was appended.
fn misspelt(dns: &DnsFacts, target: &str) -> Option<Problem> {
    let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if !target.chars().all(host) {
        return Some(Problem::new(
            Severity::Error,
            format!("the SRV target `{target}` is not a host name"),
            "servers put it into a URL, which is then invalid",
            format!("Write the host alone, without protocol, port and path, for example chat.{}.", dns.domain),
        ));
    }
    let address = target.splitn(5, '.').take(4).collect::<Vec<_>>().join(".");
    address.parse::<std::net::Ipv4Addr>().is_ok().then(|| {
        Problem::new(
            Severity::Error,
            format!("the SRV target {target} is an IP address with the zone appended"),
            "a target must be a name: peers find the record but cannot connect",
            format!(
                "Give the host {address} a name with an A record, for example chat.{}, and use that as target.",
                dns.domain
            ),
        )
    })
}

/// The zone that holds the target fails.
fn in_other_zone(elsewhere: &Elsewhere, mut evidence: Vec<String>) -> Problem {
    let host = &elsewhere.host;
    evidence.extend(elsewhere.answers.iter().map(|(server, outcome)| format!("{server}: {outcome}")));
    let (place, missing) = match &elsewhere.zone {
        Ok(zone) => (format!("the zone {}", zone.apex), zone.missing.clone()),
        Err(failure) => (failure.to_string(), Vec::new()),
    };
    evidence.extend(missing.iter().map(|(server, outcome)| format!("{server} has no address: {outcome}")));
    let what = format!("the SRV target {host} cannot be looked up: {place} fails, not the zone of the domain");
    let fix = format!(
        "Have the name servers of that zone fixed by the admin of {host}, or name a host in a zone that works."
    );
    Problem::new(Severity::Error, what, NO_CONNECTION, fix).seen(evidence)
}

/// Addresses that peers cannot call.
fn unusable(dns: &DnsFacts, expected: &Expected, target: &str, addresses: &[IpAddr]) -> Option<Problem> {
    let mut bad: Vec<(IpAddr, &str, bool)> = Vec::new();
    for ip in addresses {
        match reach(*ip) {
            Reach::World => {}
            // Everything in the lab is on this machine, and peer-address judges a server that is contacted.
            Reach::Nobody(_) if ip.to_canonical().is_loopback() && (dns.is_lab() || expected.is_contacted) => {}
            Reach::Nobody(kind) => bad.push((*ip, kind, true)),
            Reach::Inside(kind) => bad.push((*ip, kind, false)),
        }
    }
    bad.dedup();
    let (ip, kind, _) = bad.first()?;
    let all = bad.iter().all(|(.., nobody)| *nobody) && bad.len() == addresses.len();
    let severity = if all { Severity::Error } else { Severity::Warning };
    let what = format!("the SRV target {target} has the address {ip}: {kind}");
    let means = match all {
        true => "no peer can connect to it; each would connect to itself, or to no host",
        false if bad.len() == addresses.len() => "only peers inside the same network can connect",
        false => "peers that choose this address cannot connect, unless they are inside the same network",
    };
    let fix = format!("Publish the public address of {target}, and resolve it to another one only inside the network.");
    let seen = bad.iter().skip(1).map(|(ip, kind, _)| format!("{ip}: {kind}"));
    Some(Problem::new(severity, what, means, fix).seen(seen))
}

/// One address family answers and the other fails.
fn half(dns: &DnsFacts, target: &str) -> Option<Problem> {
    let failed = KINDS.into_iter().find(|kind| {
        let question = Query::new(target, *kind);
        let mut replies = dns.replies(&question).peekable();
        replies.peek().is_some() && replies.all(|(_, reply)| !reply.outcome.is_answer())
    })?;
    let question = Query::new(target, failed);
    let reply = dns.published(&question)?;
    let what = format!("{failed} {target} cannot be looked up: {}", reply.outcome);
    let means = "a resolver that waits for both address families is slow or fails, and with it the connection";
    let fix = "Fix the name servers of the target: for an address family without records the answer is NODATA.";
    Some(Problem::new(Severity::Warning, what, means, fix))
}

/// True when the zone of the domain holds the target.
fn is_held(dns: &DnsFacts, target: &str) -> bool {
    let name: Option<Host> = target.parse().ok();
    dns.zone.as_ref().is_ok_and(|zone| name.is_some_and(|name| name.is_within(&zone.apex)))
}

/// The answer that counts: the name servers' own, when they hold the target, else the best of the resolvers.
fn outcome<'a>(dns: &'a DnsFacts, target: &str, kind: RecordType) -> Option<&'a Response> {
    let question = Query::new(target, kind);
    let rank = |observer: &Observer, reply: &Response| match (&reply.outcome, observer.role) {
        (Outcome::Found(_), Role::Authority) if reply.speaks() && !dns.is_stray(observer) => 0,
        (outcome, Role::Authority) if outcome.is_absent() && reply.speaks() && reply.aliases.is_empty() => 1,
        (Outcome::Found(_), Role::Resolver) => 2,
        (Outcome::NoData | Outcome::NxDomain, Role::Resolver) => 3,
        (_, Role::Resolver) => 4,
        _ => 5,
    };
    let seen = dns.observations.iter().filter(|seen| seen.question == question);
    let seen = seen.filter_map(|seen| Some((dns.observers.get(seen.observer)?, &seen.reply)));
    seen.min_by_key(|(observer, reply)| rank(observer, reply)).map(|(_, reply)| reply)
}

/// RFC 2782: the target must not be an alias.
fn alias(dns: &DnsFacts, target: &str) -> Option<Problem> {
    let reply = outcome(dns, target, RecordType::A)?;
    let chain: Vec<String> = reply
        .aliases
        .iter()
        .filter_map(|rr| match &rr.data {
            RData::Cname(to) => Some(format!("{} is an alias of {to}", rr.name)),
            _ => None,
        })
        .collect();
    (!chain.is_empty()).then(|| {
        Problem::new(
            Severity::Notice,
            format!("the SRV target {target} is an alias (CNAME)"),
            "servers follow it, but the standard forbids it (RFC 2782) and other software may not",
            "Use the name at the end of the chain as target if its certificate fits, or give the target its own addresses.",
        )
        .seen(chain)
    })
}

fn unexpected(dns: &DnsFacts, expected: &Expected, label: SrvLabel, target: &str, port: u16) -> Option<Problem> {
    let wrong_target = expected.target.as_ref().filter(|wanted| wanted.as_str() != target);
    let wrong_port = expected.port.filter(|wanted| *wanted != port);
    let wanted = match (wrong_target, wrong_port) {
        (None, None) => return None,
        _ => {
            let host = expected.target.as_ref().map_or(target, |host| host.as_str());
            format!("{host}:{}", expected.port.unwrap_or(port))
        }
    };
    let owner = label.owner(&dns.domain);
    let (host, number) = wanted.rsplit_once(':').unwrap_or((target, ""));
    Some(Problem::new(
        Severity::Error,
        format!("SRV {owner} leads to {target}:{port}; {wanted} was expected"),
        "peers connect to another server than yours",
        with_line("Publish this record:", &format!("{owner}. 3600 IN SRV 1 1 {number} {host}.")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, set, srv};
    use crate::dns::record::Rr;

    #[test]
    fn an_address_is_fine() {
        assert_eq!(judge(&sample(), &Expected::default()), Verdict::pass("chat.mydomain.com is 192.0.2.7"));
    }

    #[test]
    fn a_target_that_leads_nowhere_is_reported() {
        for (target, part) in [
            ("gone.mydomain.com", "has no address"),
            ("192.0.2.7", "is an IP address"),
            ("chat.mydomain.com.mydomain.com", "has no address"),
            ("192.0.2.7.mydomain.com", "an IP address with the zone appended"),
            (r"https\:\/\/chat.mydomain.com", "is not a host name"),
        ] {
            let mut dns = sample();
            for label in [SrvLabel::Https, SrvLabel::Tcp] {
                set(
                    &mut dns,
                    &Query::new(label.owner(&"mydomain.com".parse().unwrap()), RecordType::Srv),
                    srv(target, 443),
                );
            }
            set(&mut dns, &Query::new(target, RecordType::A), Outcome::NxDomain);
            let found = problems(judge(&dns, &Expected::default()));
            assert!(found.len() == 1 && found[0].what.contains(part), "{found:?}");
            assert_eq!(found[0].fix.contains("final dot"), target.ends_with(".mydomain.com.mydomain.com"), "{found:?}");
        }
    }

    #[test]
    fn an_alias_is_noticed() {
        let mut dns = sample();
        for seen in dns.observations.iter_mut().filter(|seen| seen.question.kind == RecordType::A) {
            let data = RData::Cname("proxy.example".into());
            seen.reply.aliases = vec![Rr { name: "chat.mydomain.com".into(), ttl: 60, data }];
        }
        let found = problems(judge(&dns, &Expected::default()));
        assert_eq!((found.len(), found[0].severity), (1, Severity::Notice));
    }

    #[test]
    fn another_target_than_expected_is_an_error() {
        let expected =
            Expected { target: Some("rocket.mydomain.com".parse().unwrap()), port: Some(8443), ..Expected::default() };
        let found = problems(judge(&sample(), &expected));
        assert_eq!(found.len(), 2);
        let line = "_rocketchat._https.mydomain.com. 3600 IN SRV 1 1 8443 rocket.mydomain.com.";
        assert_eq!(found[0].fix, with_line("Publish this record:", line));
    }
}
