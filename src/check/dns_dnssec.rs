//! Do validating resolvers accept the zone?

use super::{Check, Judge, Needs};
use crate::facts::dns::{DnsFacts, Expected, Role};
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::key_question;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-dnssec",
    title: "validating resolvers accept the zone",
    page: include_str!("../../docs/checks/dns-dnssec.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let bogus = dns.bogus();
    if let Some((_, first)) = bogus.first() {
        let mut names: Vec<&str> = bogus.iter().map(|(resolver, _)| resolver.name.as_str()).collect();
        names.dedup();
        let of = if **first == key_question(&dns.domain) { "the domain" } else { first.name.as_str() };
        let what = format!(
            "DNSSEC is broken for {of}: {} answers SERVFAIL, and answers with validation switched off",
            names.join(", ")
        );
        let means = "servers with a validating resolver, which are many, cannot find the domain at all; others find it";
        let fix = "Renew the signatures, or correct or remove the DS record at the registrar of that zone.";
        return vec![Problem::new(Severity::Error, what, means, fix).into()];
    }
    let question = key_question(&dns.domain);
    let mut answers =
        dns.replies(&question).filter(|(observer, reply)| observer.role == Role::Resolver && reply.outcome.is_answer());
    match answers.find(|(_, reply)| reply.authenticated) {
        Some((observer, _)) => Verdict::pass(format!("signed, and {} has validated it", observer.name)),
        None => Verdict::pass("no resolver reports a failure; federation does not need DNSSEC"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, txt};
    use crate::dns::record::Outcome;
    use crate::facts::dns::Probe;
    use crate::facts::dns::Purpose;

    fn judged(unchecked: Outcome) -> Vec<Verdict> {
        let mut dns = sample();
        let question = key_question(&dns.domain);
        let mut reply = dns.observations[0].reply.clone();
        reply.outcome = unchecked;
        dns.probes.push(Probe { purpose: Purpose::Unchecked, observer: 2, question, reply });
        judge(&dns, &Expected::default())
    }

    #[test]
    fn an_answer_without_validation_means_that_the_zone_is_bogus() {
        assert_eq!(problems(judged(txt(&[&["key"]])))[0].severity, Severity::Error);
        assert!(problems(judged(Outcome::ServFail)).is_empty());
        assert!(problems(judge(&sample(), &Expected::default())).is_empty());
    }

    #[test]
    fn a_validated_zone_is_reported() {
        let mut dns = sample();
        for seen in dns.observations.iter_mut().filter(|seen| seen.observer == 2) {
            seen.reply.authenticated = true;
        }
        assert_eq!(judge(&dns, &Expected::default()), Verdict::pass("signed, and resolver has validated it"));
    }
}
