//! Do resolvers see what the name servers publish?

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::dns_servers::description;
use super::{Check, Judge, Needs, UNRESPONSIVE};
use crate::count::is_or_are;
use crate::dns::record::{Outcome, Query, RData, RecordType, Response, is_newer};
use crate::endpoint::{Reach, reach};
use crate::facts::dns::{DnsFacts, Expected, Observer, Probe, Purpose, Role};
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::questions;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-resolvers",
    title: "resolvers return what is published",
    page: include_str!("../../docs/checks/dns-resolvers.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let resolvers: Vec<&Observer> = dns.in_role(Role::Resolver).collect();
    if resolvers.is_empty() {
        return Verdict::skip("no resolver was queried");
    }
    if dns.is_unpublished() {
        return Verdict::skip("the zone is not published yet");
    }
    if dns.is_unresponsive() {
        return Verdict::skip(UNRESPONSIVE);
    }
    let questions = compared(dns);
    let bogus: Vec<&Observer> = dns.bogus().into_iter().map(|(resolver, _)| resolver).collect();
    let mut verdicts: Vec<Verdict> = Vec::new();
    // dns-dnssec has the cause of what a validating resolver does not give.
    for resolver in resolvers.iter().filter(|resolver| !bogus.contains(resolver)) {
        let replies = replies(dns, &questions, resolver);
        match unusable(resolver, &replies) {
            Some(problem) => verdicts.push(problem.into()),
            None => verdicts.extend(differences(dns, resolver, &replies).into_iter().map(Verdict::from)),
        }
        verdicts.extend(invented(dns, resolver).map(Verdict::from));
    }
    if verdicts.is_empty() {
        let names: Vec<&str> = resolvers.iter().map(|resolver| &*resolver.name).collect();
        return Verdict::pass(format!("{} {} up to date", names.join(", "), is_or_are(names.len())));
    }
    verdicts
}

fn reply<'a>(dns: &'a DnsFacts, question: &'a Query, resolver: &Observer) -> Option<&'a Response> {
    dns.replies(question).find(|(observer, _)| *observer == resolver).map(|(_, reply)| reply)
}

fn replies<'a>(dns: &'a DnsFacts, questions: &'a [Query], resolver: &Observer) -> Vec<(&'a Query, &'a Response)> {
    questions.iter().filter_map(|question| Some((question, reply(dns, question, resolver)?))).collect()
}

fn unusable(resolver: &Observer, replies: &[(&Query, &Response)]) -> Option<Problem> {
    let (_, first) = replies.first()?;
    if replies.iter().any(|(_, reply)| reply.outcome.is_answer()) {
        return None;
    }
    let (severity, means) = match first.outcome {
        // RFC 4035 section 5.5: a validating resolver answers SERVFAIL for what it holds for forged.
        Outcome::ServFail => {
            (Severity::Warning, "servers that use it cannot find the domain; broken DNSSEC looks like this")
        }
        _ => (Severity::Notice, "it is unknown what servers behind it find; the domain is not the cause"),
    };
    let what = format!("the resolver {} does not answer: {}", resolver.name, first.outcome);
    let fix = match first.outcome {
        Outcome::ServFail => "Check the name servers, and the DS record at the registrar if the zone is signed.",
        _ => "Leave it out, or name another one with --resolver.",
    };
    Some(Problem::new(severity, what, means, fix))
}

/// The records of the domain, and the addresses of its targets.
fn compared(dns: &DnsFacts) -> Vec<Query> {
    let mut all = questions(&dns.domain);
    let seen = dns.observations.iter().map(|seen| &seen.question);
    let targets: BTreeSet<&Query> =
        seen.filter(|question| matches!(question.kind, RecordType::A | RecordType::Aaaa)).collect();
    all.extend(targets.into_iter().cloned());
    all
}

/// What the name servers say when they agree, else, for a target in another zone, what another resolver says.
fn truth<'a>(dns: &'a DnsFacts, question: &'a Query) -> Option<&'a Response> {
    let is_address = matches!(question.kind, RecordType::A | RecordType::Aaaa);
    let mut spoken = dns.replies(question).filter(|(observer, reply)| {
        observer.role == Role::Authority && !dns.is_stray(observer) && reply.speaks() && reply.aliases.is_empty()
    });
    let Some((_, first)) = spoken.next() else {
        let mut others = dns.replies(question).filter(|(observer, _)| observer.role == Role::Resolver);
        return others.find(|(_, reply)| is_address && !reply.outcome.records().is_empty()).map(|(_, reply)| reply);
    };
    // A load balancer answers every query otherwise.
    (!is_address || spoken.all(|(_, reply)| same(&first.outcome, &reply.outcome))).then_some(first)
}

/// What a resolver answers otherwise than the name servers do: by its cause the evidence, and for how many seconds it is cached.
fn causes(dns: &DnsFacts, resolver: &Observer, replies: &[(&Query, &Response)]) -> BTreeMap<Cause, (u32, Vec<String>)> {
    let mut found: BTreeMap<Cause, (u32, Vec<String>)> = BTreeMap::new();
    let own_view = is_own_view(dns, resolver, replies);
    let invents = invented(dns, resolver).is_some();
    for (question, seen) in replies {
        let Some(truth) = truth(dns, question).filter(|truth| !same(&truth.outcome, &seen.outcome)) else { continue };
        let Some(cause) = cause(truth, seen, own_view) else { continue };
        if invents && truth.outcome.is_absent() {
            continue;
        }
        let left = seen.outcome.records().iter().map(|rr| rr.ttl).max().or(seen.negative_ttl()).unwrap_or(0);
        let lasting = if cause == Cause::Cached { format!(", {left} s left") } else { String::new() };
        let [here, published] = [seen, truth].map(|reply| description(&reply.outcome));
        let (longest, evidence) = found.entry(cause).or_default();
        *longest = (*longest).max(left);
        evidence.push(format!("{} {}: {here} here, {published} published{lasting}", question.kind, question.name));
    }
    found
}

fn differences(dns: &DnsFacts, resolver: &Observer, replies: &[(&Query, &Response)]) -> Vec<Problem> {
    let problem = |(cause, (wait, seen)): (Cause, (u32, Vec<String>))| cause.problem(resolver, wait).seen(seen);
    causes(dns, resolver, replies).into_iter().map(problem).collect()
}

/// Why a resolver does not return what is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    /// For so many seconds more.
    Cached(u32),
    Unresponsive,
    /// Waiting does not help, or nobody knows for how long.
    Differs,
}

/// The resolvers that do not return what is published; those with their own version of the zone, which is no fault, are left out.
pub fn lagging(dns: &DnsFacts) -> Vec<(&Observer, Lag)> {
    let questions = compared(dns);
    let lag = |resolver: &Observer| {
        let replies = replies(dns, &questions, resolver);
        if unusable(resolver, &replies).is_some() {
            return Some(Lag::Unresponsive);
        }
        let found = causes(dns, resolver, &replies);
        match found.get(&Cause::Cached) {
            Some((left, _)) => Some(Lag::Cached(*left)),
            None => found.keys().any(|cause| *cause != Cause::OwnView).then_some(Lag::Differs),
        }
    };
    dns.in_role(Role::Resolver).filter_map(|resolver| Some((resolver, lag(resolver)?))).collect()
}

/// The resolver does not pass on the published zone: it answers with authority, or names another primary or a newer serial.
fn is_own_view(dns: &DnsFacts, resolver: &Observer, replies: &[(&Query, &Response)]) -> bool {
    let answers = |(_, reply): &(&Query, &Response)| reply.authoritative && reply.recursion;
    let zone = dns.zone.as_ref().ok();
    let other = zone.is_some_and(|zone| {
        let question = Query::new(zone.apex.as_str(), RecordType::Soa);
        let soa = reply(dns, &question, resolver).and_then(|reply| reply.outcome.records().first());
        match (soa.map(|rr| &rr.data), &zone.soa) {
            (Some(RData::Soa(own)), Some(soa)) => {
                !own.mname.eq_ignore_ascii_case(&soa.mname) || is_newer(own.serial, soa.serial)
            }
            _ => false,
        }
    });
    other || replies.iter().any(answers)
}

/// Why a resolver answers otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// The text arrives changed.
    Rewritten(&'static str),
    /// It says that a name does not exist, without the SOA record that such an answer needs (RFC 2308 section 3).
    Filtered,
    /// It fails where the name servers answer.
    Failed,
    /// It has its own version of the zone.
    OwnView,
    /// It has an older answer in its cache.
    Cached,
}

fn cause(truth: &Response, seen: &Response, own_view: bool) -> Option<Cause> {
    if seen.outcome == Outcome::NoRoute {
        return None;
    }
    if !seen.outcome.is_answer() {
        return Some(Cause::Failed);
    }
    if let Some(how) = rewritten(&truth.outcome, &seen.outcome) {
        return Some(Cause::Rewritten(how));
    }
    let soa = seen.authority.iter().any(|rr| matches!(rr.data, RData::Soa(_)));
    if seen.outcome.is_absent() && !truth.outcome.is_absent() && !soa && !own_view {
        return Some(Cause::Filtered);
    }
    let inside = |outcome: &Outcome| {
        let ips: Vec<IpAddr> = outcome.records().iter().filter_map(|rr| address(&rr.data)).collect();
        !ips.is_empty() && ips.iter().all(|ip| matches!(reach(*ip), Reach::Inside(_)))
    };
    // What is cached has less time left than it was published with.
    let ttl = |outcome: &Outcome| outcome.records().iter().map(|rr| rr.ttl).max();
    let fresh = ttl(&seen.outcome).is_some_and(|left| ttl(&truth.outcome).is_some_and(|full| left > full));
    let other_view = own_view || fresh || inside(&seen.outcome) != inside(&truth.outcome);
    Some(if other_view { Cause::OwnView } else { Cause::Cached })
}

/// How a text was changed on the way, when it is recognisably the same.
fn rewritten(truth: &Outcome, seen: &Outcome) -> Option<&'static str> {
    let text = |outcome: &Outcome| outcome.records().iter().find_map(|rr| rr.data.joined());
    rewritten_text(&text(truth)?, &text(seen)?)
}

/// How one text was made of another on the way.
pub(super) fn rewritten_text(truth_text: &[u8], seen_text: &[u8]) -> Option<&'static str> {
    let plain =
        |text: &[u8]| -> Vec<u8> { text.iter().copied().filter(|byte| !b"\"'\\ \t\r\n".contains(byte)).collect() };
    let sorted = |text: &[u8]| {
        let mut bytes = text.to_vec();
        bytes.sort_unstable();
        bytes
    };
    match () {
        () if truth_text == seen_text => None,
        () if !seen_text.is_empty() && truth_text.starts_with(seen_text) => Some("it cuts the text off"),
        () if truth_text.eq_ignore_ascii_case(seen_text) => Some("it changes upper and lower case"),
        () if plain(truth_text) == plain(seen_text) => Some("it adds or removes quotes, backslashes or blanks"),
        () if sorted(truth_text) == sorted(seen_text) => Some("it puts the strings of the text into another order"),
        () => None,
    }
}

impl Cause {
    fn problem(self, resolver: &Observer, wait: u32) -> Problem {
        let name = &resolver.name;
        let problem = |severity, what: String, means: String, fix: &str| Problem::new(severity, what, means, fix);
        match self {
            Self::Rewritten(how) => problem(
                Severity::Warning,
                format!("the resolver {name} rewrites responses: {how}"),
                "servers that use it cannot read the key; the records are right, and waiting does not help".into(),
                "Use another resolver in your network, or fix the proxy or firewall that rewrites DNS answers.",
            ),
            Self::Filtered => problem(
                Severity::Warning,
                format!(
                    "the resolver {name} answers that published names do not exist, without a SOA record: it has a filter"
                ),
                "servers that use it cannot find the domain, and waiting does not help".into(),
                "Remove the domain from the block list of that resolver, or use another one.",
            ),
            Self::Failed => problem(
                Severity::Warning,
                format!("the resolver {name} fails for names that the name servers answer"),
                "servers that use it do not find the domain, or its host".into(),
                "Look at the log of that resolver if it is yours, or use another one.",
            ),
            Self::OwnView => problem(
                Severity::Notice,
                format!("the resolver {name} has its own version of these names (split horizon)"),
                "servers behind it use its version, all others use the published one; it is not a cache, and waiting \
                 does not help"
                    .into(),
                "Nothing, if this is intended. If not, publish the same records in the internal version of the zone.",
            ),
            Self::Cached => problem(
                Severity::Warning,
                format!("the resolver {name} does not return what is published"),
                format!(
                    "servers that use it get the old records for up to {wait} s, and those from 3.4 on cache them for \
                     up to one hour more"
                ),
                "Wait, or flush its cache if it is yours. A restart clears the cache of servers from 3.4 on.",
            ),
        }
    }
}

/// An address for a name that does not exist hides every misspelt name.
fn invented(dns: &DnsFacts, resolver: &Observer) -> Option<Problem> {
    let of_kind = |probe: &&Probe| probe.question.kind == RecordType::A;
    let strangers = || dns.probed(|purpose| *purpose == Purpose::Wildcard);
    let absent = strangers().any(|(observer, probe)| {
        observer.role == Role::Authority
            && of_kind(&probe)
            && probe.reply.outcome.is_absent()
            && probe.reply.aliases.is_empty()
    });
    let (_, probe) = strangers().find(|(observer, probe)| *observer == resolver && of_kind(probe))?;
    let ip = probe.reply.outcome.records().iter().find_map(|rr| address(&rr.data)).filter(|_| absent)?;
    let what = format!("the resolver {} answers with {ip} for names that do not exist", resolver.name);
    let means =
        "servers that use it connect to that address when a host is misspelt or deleted, and log misleading errors";
    let fix = "Use another resolver, or switch this off where it is offered as search help or a landing page.";
    let seen = format!("A {}: {ip}", probe.question.name);
    Some(Problem::new(Severity::Warning, what, means, fix).seen([seen]))
}

pub(super) fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(v4) => Some(IpAddr::V4(*v4)),
        RData::Aaaa(v6) => Some(IpAddr::V6(*v6)),
        _ => None,
    }
}

fn same(a: &Outcome, b: &Outcome) -> bool {
    let sorted = |outcome: &Outcome| {
        let mut data: Vec<RData> = outcome.records().iter().map(|rr| lower(&rr.data)).collect();
        data.sort();
        data
    };
    (a.is_absent() && b.is_absent()) || (a.is_answer() && b.is_answer() && sorted(a) == sorted(b))
}

fn lower(data: &RData) -> RData {
    match data {
        RData::Srv { priority, weight, port, target } => {
            RData::Srv { priority: *priority, weight: *weight, port: *port, target: target.to_ascii_lowercase() }
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{key, problems, sample, set_at, txt};
    use crate::dns::record::Rr;
    use crate::rocketchat::generation::key_question;

    const RESOLVER: usize = 2;

    #[test]
    fn a_zone_file_is_no_resolver() {
        use crate::facts::dns::ZONE_FILE;
        use crate::report::propagation::arrivals;
        let mut dns = sample();
        assert!(!arrivals(&dns).is_empty());
        dns.observers[2].name = ZONE_FILE.into();
        assert!(matches!(judge(&dns, &Expected::default()).as_slice(), [Verdict::Skip { .. }]));
        assert!(arrivals(&dns).is_empty());
    }

    #[test]
    fn a_resolver_that_lags_is_named_with_its_ttl() {
        let mut dns = sample();
        assert!(problems(judge(&dns, &Expected::default())).is_empty());
        let question = key_question(&dns.domain);
        set_at(&mut dns, RESOLVER, &question, Outcome::NxDomain);
        let found = problems(judge(&dns, &Expected::default()));
        assert!(found.len() == 1 && found[0].what.contains("it has a filter"), "{found:?}");
        let soa = RData::Soa(dns.zone.as_ref().unwrap().soa.clone().unwrap());
        let seen = dns.observations.iter_mut().find(|seen| seen.observer == RESOLVER && seen.question == question);
        seen.unwrap().reply.authority = vec![Rr { name: "mydomain.com".into(), ttl: 120, data: soa }];
        let found = problems(judge(&dns, &Expected::default()));
        assert_eq!((found.len(), found[0].severity), (1, Severity::Warning));
        assert!(found[0].evidence[0].contains("NXDOMAIN here") && found[0].means.contains("120 s"), "{found:?}");
    }

    #[test]
    fn a_text_that_was_changed_on_the_way_is_no_old_text() {
        let line = key().one_line();
        let quoted = format!("\"{line}\"");
        for (text, changed) in [
            (&line[..255], true),
            (&line.to_ascii_lowercase(), true),
            (&quoted, true),
            (&format!("{}{}", &line[255..], &line[..255]), true),
            (&line.replace("MII", "MIJ"), false),
        ] {
            let mut dns = sample();
            let question = key_question(&dns.domain);
            set_at(&mut dns, RESOLVER, &question, txt(&[&[text]]));
            let found = problems(judge(&dns, &Expected::default()));
            assert_eq!(found[0].what.contains("rewrites responses"), changed, "{found:?}");
        }
    }

    #[test]
    fn a_dead_resolver_is_not_held_against_the_domain() {
        for (outcome, severity) in [(Outcome::Timeout, Severity::Notice), (Outcome::ServFail, Severity::Warning)] {
            let mut dns = sample();
            for seen in dns.observations.iter_mut().filter(|seen| seen.observer == RESOLVER) {
                seen.reply.outcome = outcome.clone();
            }
            assert_eq!(problems(judge(&dns, &Expected::default()))[0].severity, severity);
        }
    }
}
