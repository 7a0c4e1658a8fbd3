//! Do resolvers see what the name servers publish?

use super::{Check, Judge, Needs, UNRESPONSIVE};
use crate::dns::record::{Outcome, Query, RData, Response};
use crate::facts::dns::{DnsFacts, Expected, Observer, Role};
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
    let questions = questions(&dns.domain);
    let mut verdicts: Vec<Verdict> = Vec::new();
    for resolver in &resolvers {
        let replies: Vec<(&Query, &Response)> =
            questions.iter().filter_map(|question| Some((question, reply(dns, question, resolver)?))).collect();
        match unusable(resolver, &replies) {
            Some(problem) => verdicts.push(problem.into()),
            None => verdicts.extend(lag(dns, resolver, &replies).map(Verdict::from)),
        }
    }
    if verdicts.is_empty() {
        let names: Vec<&str> = resolvers.iter().map(|resolver| resolver.name.as_str()).collect();
        return Verdict::pass(format!(
            "{} {} up to date",
            names.join(", "),
            if names.len() == 1 { "is" } else { "are" }
        ));
    }
    verdicts
}

fn reply<'a>(dns: &'a DnsFacts, question: &'a Query, resolver: &Observer) -> Option<&'a Response> {
    dns.replies(question).find(|(observer, _)| *observer == resolver).map(|(_, reply)| reply)
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
        _ => (Severity::Notice, "nothing is known about what its users see; the domain is not the cause"),
    };
    let what = format!("the resolver {} does not answer: {}", resolver.name, first.outcome);
    let fix = match first.outcome {
        Outcome::ServFail => "check the name servers, and the DS record at the registrar if the zone is signed",
        _ => "leave it out, or name another one with --resolver",
    };
    Some(Problem::new(severity, what, means, fix))
}

/// What a resolver answers otherwise than the name servers do.
fn lag(dns: &DnsFacts, resolver: &Observer, replies: &[(&Query, &Response)]) -> Option<Problem> {
    let mut evidence = Vec::new();
    let mut wait = 0;
    for (question, seen) in replies {
        let truth = dns.replies(question).find(|(observer, reply)| {
            observer.role == Role::Authority
                && reply.authoritative
                && reply.outcome.is_answer()
                && reply.aliases.is_empty()
        });
        let Some((_, truth)) = truth else { continue };
        if same(&truth.outcome, &seen.outcome) {
            continue;
        }
        let left = seen.outcome.records().iter().map(|rr| rr.ttl).max().or(seen.negative_ttl()).unwrap_or(0);
        wait = wait.max(left);
        evidence.push(format!(
            "{} {}: {} here, {} published, {left} s left",
            question.kind, question.name, seen.outcome, truth.outcome
        ));
    }
    (!evidence.is_empty()).then(|| {
        Problem::new(
            Severity::Warning,
            format!("the resolver {} does not see what is published", resolver.name),
            format!("servers that use it have the old state for up to {wait} s, and those from 3.4 on cache it for up to an hour more"),
            "wait, or flush its cache if it is yours; servers from 3.4 on forget at a restart",
        )
        .seen(evidence)
    })
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
    use crate::check::sample::{problems, sample, set_at};
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
        assert_eq!((found.len(), found[0].severity), (1, Severity::Warning));
        assert!(found[0].evidence[0].contains("NXDOMAIN here, 1 record published"), "{found:?}");
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
