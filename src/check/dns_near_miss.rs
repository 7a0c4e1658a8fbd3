//! Does the missing record exist under a name that people type by mistake?

use super::{Check, Judge, Needs};
use crate::facts::dns::{DnsFacts, Expected, Probe, Purpose};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-near-miss",
    title: "no record is at a wrong name",
    page: include_str!("../../docs/checks/dns-near-miss.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let asked = dns.probed(|purpose| matches!(purpose, Purpose::NearMiss { .. })).count();
    if asked == 0 {
        return Verdict::skip("nothing is missing, so no wrong name was queried");
    }
    let problems: Vec<Verdict> = dns.near_misses().filter_map(problem).map(Verdict::from).collect();
    if problems.is_empty() {
        return Verdict::pass(format!("none of {asked} likely wrong names holds one"));
    }
    problems
}

fn problem(probe: &Probe) -> Option<Problem> {
    let Purpose::NearMiss { mistake, meant } = &probe.purpose else { return None };
    let (kind, wrong) = (probe.question.kind, &probe.question.name);
    Some(Problem::new(
        Severity::Error,
        format!("{kind} {wrong} exists: {mistake}"),
        format!("no server asks for that name; all ask for {meant}"),
        format!("move the record: delete {wrong} and create {meant} with the same value"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{key, problems, sample, set, txt};
    use crate::dns::record::RecordType;
    use crate::dns::record::{Outcome, Query};
    use crate::rocketchat::generation::key_question;

    /// The key is missing and stands under the name with an underscore, or something else does.
    fn facts(text: &str) -> DnsFacts {
        let mut dns = sample();
        let right = key_question(&dns.domain);
        set(&mut dns, &right, Outcome::NxDomain);
        let mut reply = dns.observations[0].reply.clone();
        reply.outcome = txt(&[&[text]]);
        dns.probes.push(Probe {
            purpose: Purpose::NearMiss { mistake: "an underscore too many".into(), meant: right.name },
            observer: 0,
            question: Query::new("_rocketchat-public-key.mydomain.com", RecordType::Txt),
            reply,
        });
        dns
    }

    #[test]
    fn a_key_under_a_wrong_name_is_found() {
        let line = key().one_line();
        let found = problems(judge(&facts(&line), &Expected::default()));
        assert_eq!(found[0].what, "TXT _rocketchat-public-key.mydomain.com exists: an underscore too many");
        assert!(problems(judge(&facts("v=spf1 -all"), &Expected::default())).is_empty());
    }

    #[test]
    fn a_wildcard_is_no_near_miss() {
        let mut dns = facts(&key().one_line());
        let stranger = Probe {
            purpose: Purpose::Wildcard,
            question: Query::new("fedctl-1.mydomain.com", RecordType::Txt),
            ..dns.probes[0].clone()
        };
        dns.probes.push(stranger);
        assert!(problems(judge(&dns, &Expected::default())).is_empty());
    }
}
