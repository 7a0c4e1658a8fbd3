//! Do all name servers answer for the zone, and with the same records?

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Check, Judge, Needs, dns_serials};
use crate::count::counted;
use crate::dns::record::{Outcome, Query, RData, RecordType, Response};
use crate::endpoint::{Reach, reach};
use crate::facts::dns::{DnsFacts, Expected, Observer, Role};
use crate::key::diagnosis;
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-servers",
    title: "all name servers give the same responses",
    page: include_str!("../../docs/checks/dns-servers.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    if dns.zone.is_err() {
        return Verdict::skip("there is no zone to query");
    }
    let servers: Vec<&Observer> = dns.in_role(Role::Authority).collect();
    if servers.is_empty() {
        return Verdict::skip("no address is known for any name server");
    }
    let silent: Vec<(&Observer, String)> =
        servers.iter().filter_map(|server| Some((*server, fault(dns, server)?))).collect();
    let unheard = silent.iter().all(|(server, _)| !answers(dns, server));
    if silent.len() == servers.len() && unheard && resolver_answers(dns) {
        if let Some(route) = dns.missing_route(Role::Authority) {
            return Verdict::skip(format!(
                "no name server can be queried from here, though a resolver gets answers: this machine has {route} to them"
            ));
        }
        let seen: Vec<String> = silent.iter().map(|(server, why)| format!("{}: {why}", named(server))).collect();
        return Verdict::skip(format!(
            "no name server can be queried from here, but a resolver gets responses: this network may block port 53 ({})",
            seen.join("; ")
        ));
    }
    if dns.is_unresponsive() {
        return Verdict::skip("no name server answers; see dns-zone");
    }
    // dns-delegation judges the servers that should not be asked at all.
    let agreed = silent.iter().filter(|(server, why)| !dns.is_stray(server) && !is_unreachable_from_here(why));
    let mut verdicts: Vec<Verdict> = agreed.map(|(server, why)| broken(&named(server), why).into()).collect();
    verdicts.extend(nameless(dns).map(Verdict::from));
    verdicts.extend(inside(dns).map(Verdict::from));
    verdicts.extend(partly(dns).map(Verdict::from));
    verdicts.extend(slow(dns).map(Verdict::from));
    verdicts.extend(disagreements(dns).map(Verdict::from));
    verdicts.extend(dns_serials::differ(dns).map(Verdict::from));
    if verdicts.is_empty() {
        let names: Vec<String> = servers.iter().map(|server| server.name.clone()).collect();
        return Verdict::pass(agreement(names));
    }
    verdicts
}

fn named(server: &Observer) -> String {
    format!("{} ({})", server.name, server.addr.ip())
}

/// A machine without IPv6 says nothing about a server that has no other address.
fn is_unreachable_from_here(why: &str) -> bool {
    why == Outcome::NoRoute.to_string()
}

/// True when the server has answered anything.
fn answers(dns: &DnsFacts, server: &Observer) -> bool {
    replies(dns, server).any(|(_, reply)| reply.outcome.is_answer())
}

fn replies<'a>(dns: &'a DnsFacts, server: &'a Observer) -> impl Iterator<Item = (&'a Query, &'a Response)> {
    let of_server = dns.observations.iter().filter(move |seen| dns.observers.get(seen.observer) == Some(server));
    of_server.map(|seen| (&seen.question, &seen.reply))
}

fn agreement(mut names: Vec<String>) -> String {
    names.dedup();
    match names.as_slice() {
        [one] => format!("{one} answers"),
        [first, second] => format!("{first} and {second} agree"),
        more => format!("{} name servers agree", more.len()),
    }
}

fn resolver_answers(dns: &DnsFacts) -> bool {
    dns.observations.iter().any(|seen| {
        dns.observers.get(seen.observer).is_some_and(|observer| observer.role == Role::Resolver)
            && seen.reply.outcome.is_answer()
    })
}

/// Why a server is of no use, if it is.
fn fault(dns: &DnsFacts, server: &Observer) -> Option<String> {
    let replies: Vec<&Response> = replies(dns, server).map(|(_, reply)| reply).collect();
    if replies.is_empty() || replies.iter().any(|reply| reply.outcome.is_answer() && reply.authoritative) {
        return None;
    }
    Some(match replies.iter().find(|reply| reply.outcome.is_answer()) {
        Some(_) => "it answers without authority: it does not serve this zone (lame)".to_owned(),
        None if replies.iter().all(|reply| reply.outcome == Outcome::Refused) => {
            "REFUSED: it does not serve this zone (lame), or not to every client".to_owned()
        }
        None => {
            let failed = replies.iter().find(|reply| reply.outcome != Outcome::Timeout).or(replies.first());
            failed.map(|reply| reply.outcome.to_string()).unwrap_or_default()
        }
    })
}

/// What is wrong with a server that only one side of the delegation names, or that was found at an old address.
pub(super) fn stray_fault(dns: &DnsFacts, server: &Observer) -> Option<(Severity, String)> {
    if let Some(why) = fault(dns, server) {
        return Some((Severity::Warning, format!("{} cannot be used: {why}", named(server))));
    }
    let differs = |(question, reply): &(&Query, &Response)| {
        let counts = matches!(question.kind, RecordType::Srv | RecordType::Txt) && reply.speaks();
        counts
            && dns
                .published(question)
                .is_some_and(|published| description(&published.outcome) != description(&reply.outcome))
    };
    let (question, reply) = replies(dns, server).find(differs)?;
    let line =
        format!("{} gives {} for {} {}", named(server), description(&reply.outcome), question.kind, question.name);
    Some((Severity::Error, line))
}

/// Name servers whose names lead to no address.
fn nameless(dns: &DnsFacts) -> Option<Problem> {
    let zone = dns.zone.as_ref().ok()?;
    let (first, _) = zone.missing.first()?;
    let seen = zone.missing.iter().map(|(name, outcome)| format!("{name}: {outcome}"));
    let what = format!("the name server {first} has no address");
    let means = "resolvers cannot query it, so the domain depends on the others";
    let fix = format!(
        "Correct its name in the NS records and at the registrar of {}, or give {first} an address.",
        zone.apex
    );
    Some(Problem::new(Severity::Warning, what, means, fix).seen(seen))
}

/// Name servers at addresses that exist only inside a network.
fn inside(dns: &DnsFacts) -> Option<Problem> {
    let zone = dns.zone.as_ref().ok()?;
    let of = |(name, ips): &(String, Vec<IpAddr>)| {
        let kind = |ip: &IpAddr| match reach(*ip) {
            Reach::World => None,
            // Trials on one machine have everything on loopback; elsewhere such a server does not answer.
            _ if ip.is_loopback() => None,
            Reach::Inside(kind) | Reach::Nobody(kind) => Some(format!("{name}: {ip}, {kind}")),
        };
        ips.iter().filter_map(kind).collect::<Vec<String>>()
    };
    let seen: Vec<String> = zone.servers.iter().flat_map(of).collect();
    let first = seen.first()?.clone();
    let what = format!("a name server has an address that only its own network can reach ({first})");
    let means = "resolvers elsewhere that choose it lose time or fail, so peers find the domain only occasionally";
    let fix = "Publish the public address of the name server, or remove it from the NS records and the delegation.";
    Some(Problem::new(Severity::Warning, what, means, fix).seen(seen.into_iter().skip(1)))
}

/// Milliseconds after which resolvers have given up on a name server and asked the next one.
const SLOW: u32 = 2000;

/// Servers whose fastest response takes longer than resolvers wait.
fn slow(dns: &DnsFacts) -> Option<Problem> {
    let fastest = |server: &&Observer| {
        let answers = replies(dns, server).filter(|(_, reply)| reply.outcome.is_answer());
        let times: Vec<&Response> = answers.map(|(_, reply)| reply).collect();
        // Queries with EDNS that are dropped cost the same time, and dns-transport reports them.
        let has_other_cause = times.iter().any(|reply| reply.edns_fault.is_some());
        times.iter().map(|reply| reply.elapsed).min().filter(|elapsed| *elapsed >= SLOW && !has_other_cause)
    };
    let servers = dns.in_role(Role::Authority).filter(|server| !dns.is_stray(server));
    let slow = servers.filter_map(|server| Some((server, fastest(&server)?)));
    let seen: Vec<String> =
        slow.map(|(server, elapsed)| format!("{} responds after {elapsed} ms at best", named(server))).collect();
    let first = seen.first()?.clone();
    let what = format!("a name server is slow: {first}");
    let means = "resolvers stop waiting before that and ask another name server; when all are slow, look-ups fail";
    let fix = "Look at the load of the name server and at the network before it, or take it out of the NS records and out of the \
               delegation.";
    Some(Problem::new(Severity::Warning, what, means, fix).seen(seen.into_iter().skip(1)))
}

/// Servers that fail for one name that another server answers.
fn partly(dns: &DnsFacts) -> Option<Problem> {
    let mut seen = Vec::new();
    for server in dns.in_role(Role::Authority).filter(|server| fault(dns, server).is_none() && !dns.is_stray(server)) {
        let failed = replies(dns, server).filter(|(question, reply)| {
            let counts = matches!(question.kind, RecordType::Srv | RecordType::Txt | RecordType::A | RecordType::Aaaa);
            let fails = !reply.outcome.is_answer() && !reply.truncated && reply.outcome != Outcome::NoRoute;
            counts && fails && other_speaks(dns, server, question)
        });
        let kinds: Vec<String> =
            failed.map(|(question, reply)| format!("{} {}: {}", question.kind, question.name, reply.outcome)).collect();
        if let Some(first) = kinds.first() {
            let more = if kinds.len() > 1 { format!(", and {} more", kinds.len() - 1) } else { String::new() };
            seen.push(format!("{} fails for {first}{more}", server.name));
        }
    }
    let first = seen.first()?.clone();
    let means = "resolvers choose a name server at random: peers find the domain only occasionally";
    let fix = "Check the log and the version of this name server: the others answer the same query.";
    let what = format!("a name server answers some queries and fails for others: {first}");
    Some(Problem::new(Severity::Warning, what, means, fix).seen(seen.into_iter().skip(1)))
}

fn other_speaks(dns: &DnsFacts, server: &Observer, question: &Query) -> bool {
    dns.replies(question).any(|(other, reply)| other.role == Role::Authority && other != server && reply.speaks())
}

fn broken(server: &str, why: &str) -> Problem {
    Problem::new(
        Severity::Warning,
        format!("the name server {server} cannot be used: {why}"),
        "resolvers that choose it lose time or fail, so peers find the domain only occasionally",
        "Fix the server, or remove it from the NS records and from the delegation at the registrar.",
    )
}

/// The questions that two servers answer differently.
fn disagreements(dns: &DnsFacts) -> Option<Problem> {
    let mut questions: Vec<&Query> = dns.observations.iter().map(|seen| &seen.question).collect();
    questions.sort();
    questions.dedup();
    let mut found: Vec<(&Query, Vec<String>)> = Vec::new();
    let compared = |kind| !matches!(kind, RecordType::Ns | RecordType::Soa);
    for question in questions.into_iter().filter(|question| compared(question.kind)) {
        let mut answers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let spoken: Vec<(&Observer, &Response)> = dns
            .replies(question)
            .filter(|(observer, reply)| observer.role == Role::Authority && reply.speaks())
            .collect();
        if spoken.windows(2).all(|pair| pair[0].1.outcome == pair[1].1.outcome) {
            continue;
        }
        for (observer, reply) in spoken.into_iter().filter(|(observer, _)| !dns.is_stray(observer)) {
            // Load balancers give other addresses to other clients.
            let is_address = matches!(question.kind, RecordType::A | RecordType::Aaaa) && !reply.outcome.is_absent();
            let answer = if is_address { "an address".to_owned() } else { description(&reply.outcome) };
            answers.entry(answer).or_default().push(observer.name.clone());
        }
        if answers.len() > 1 {
            let description = answers.iter().map(|(answer, servers)| format!("{}: {answer}", servers.join(", ")));
            let mut description: Vec<String> = description.collect();
            description.sort();
            found.push((question, description));
        }
    }
    let names: Vec<String> = found.iter().map(|(question, _)| format!("{} {}", question.kind, question.name)).collect();
    let (what, seen) = match found.as_slice() {
        [] => return None,
        [(_, description)] => (names.concat(), description.clone()),
        _ => {
            let indented = |description: &String| format!("  {description}");
            let each = names.iter().zip(&found);
            let lines = each.flat_map(|(name, (_, description))| {
                std::iter::once(name.clone()).chain(description.iter().map(indented))
            });
            (counted(found.len(), "record"), lines.collect())
        }
    };
    Some(
        Problem::new(
            Severity::Error,
            format!("the name servers disagree about {what}"),
            "which response a peer gets is random, and it is cached for the TTL and up to one hour more",
            "Publish the same zone everywhere: raise the SOA serial on the primary, and check that the zone transfer works.",
        )
        .seen(seen),
    )
}

/// An answer in a few words that differ when the answers do.
pub(super) fn description(outcome: &Outcome) -> String {
    let texts: Vec<Vec<u8>> = outcome.records().iter().filter_map(|rr| rr.data.joined()).collect();
    let mut records = diagnosis::shown(&texts);
    records.extend(outcome.records().iter().filter_map(|rr| record(&rr.data)));
    records.sort();
    if records.is_empty() { outcome.to_string() } else { records.join(" and ") }
}

fn record(data: &RData) -> Option<String> {
    match data {
        RData::Srv { priority, weight, port, target } => {
            Some(format!("{priority} {weight} {port} {}", target.to_ascii_lowercase()))
        }
        RData::Txt(_) => None,
        RData::A(ip) => Some(ip.to_string()),
        RData::Aaaa(ip) => Some(ip.to_string()),
        other => Some(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, set, set_at, srv};
    use crate::rocketchat::generation::key_question;

    fn judged(dns: &DnsFacts) -> Vec<Problem> {
        problems(judge(dns, &Expected::default()))
    }

    #[test]
    fn servers_in_agreement_are_fine() {
        assert_eq!(
            judge(&sample(), &Expected::default()),
            Verdict::pass("ns1.mydomain.com and ns2.mydomain.com agree")
        );
    }

    #[test]
    fn a_stale_server_is_named() {
        let mut dns = sample();
        let question = key_question(&dns.domain);
        set_at(&mut dns, 1, &question, Outcome::NxDomain);
        let found = judged(&dns);
        assert_eq!((found.len(), found[0].severity), (1, Severity::Error));
        assert!(found[0].evidence.contains(&"ns2.mydomain.com: NXDOMAIN".to_owned()), "{found:?}");
    }

    #[test]
    fn one_stale_server_is_one_finding_however_many_records_it_lacks() {
        let mut dns = sample();
        for label in ["_rocketchat._https", "_rocketchat._tcp"] {
            set_at(&mut dns, 1, &Query::new(format!("{label}.mydomain.com"), RecordType::Srv), Outcome::NxDomain);
        }
        let found = judged(&dns);
        assert_eq!((found.len(), found[0].what.as_str()), (1, "the name servers disagree about 2 records"));
        assert_eq!(found[0].evidence[0], "SRV _rocketchat._https.mydomain.com");
        assert!(found[0].evidence.contains(&"  ns2.mydomain.com: NXDOMAIN".to_owned()), "{found:?}");
    }

    #[test]
    fn a_dead_and_a_lame_server_are_distinguished() {
        let mut dns = sample();
        for seen in &mut dns.observations {
            match seen.observer {
                0 => seen.reply.outcome = Outcome::Timeout,
                1 => seen.reply.authoritative = false,
                _ => {}
            }
        }
        dns.observations.retain(|seen| seen.observer != 2);
        let found = judged(&dns);
        assert!(found[0].what.contains("timeout") && found[1].what.contains("lame"), "{found:?}");
    }

    #[test]
    fn a_slow_server_is_named_by_its_fastest_response() {
        let mut dns = sample();
        dns.observations.iter_mut().filter(|seen| seen.observer == 1).for_each(|seen| seen.reply.elapsed = 4000);
        let found = judged(&dns);
        assert!(found.len() == 1 && found[0].what.contains("ns2.mydomain.com"), "{found:?}");
        assert!(found[0].what.contains("4000 ms"), "{found:?}");
        dns.observations.iter_mut().find(|seen| seen.observer == 1).unwrap().reply.elapsed = 30;
        assert!(judged(&dns).is_empty());
    }

    #[test]
    fn a_blocked_port_53_is_not_held_against_the_domain() {
        let mut dns = sample();
        for seen in dns.observations.iter_mut().filter(|seen| seen.observer < 2) {
            seen.reply.outcome = Outcome::Timeout;
        }
        assert!(matches!(judge(&dns, &Expected::default()).as_slice(), [Verdict::Skip { .. }]));
    }

    #[test]
    fn the_case_of_a_target_is_no_difference() {
        let mut dns = sample();
        let question = Query::new("_rocketchat._https.mydomain.com", RecordType::Srv);
        set(&mut dns, &question, srv("chat.mydomain.com", 443));
        set_at(&mut dns, 1, &question, srv("Chat.MyDomain.com", 443));
        assert!(judged(&dns).is_empty());
    }
}
