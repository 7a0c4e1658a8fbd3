//! Does the missing record exist under a name that people type by mistake?

use super::{Check, Judge, Needs};
use crate::dns::record::RData;
use crate::facts::dns::{DnsFacts, Expected, Probe, Purpose};
use crate::key::diagnosis;
use crate::report::{Problem, Verdict, with_line};
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

fn judge(dns: &DnsFacts, expected: &Expected) -> Vec<Verdict> {
    let asked = dns.probed(|purpose| matches!(purpose, Purpose::NearMiss { .. })).count();
    if asked == 0 {
        return Verdict::skip("nothing is missing, so no wrong name was queried");
    }
    let problems: Vec<Verdict> =
        dns.near_misses().filter_map(|probe| problem(dns, expected, probe)).map(Verdict::from).collect();
    if problems.is_empty() {
        return Verdict::pass(format!("none of {asked} likely wrong names has a record"));
    }
    problems
}

fn problem(dns: &DnsFacts, expected: &Expected, probe: &Probe) -> Option<Problem> {
    let Purpose::NearMiss { mistake, meant } = &probe.purpose else { return None };
    let (kind, wrong) = (probe.question.kind, &probe.question.name);
    let fix = moved(dns, expected, probe, meant)?;
    Some(Problem::new(
        Severity::Error,
        format!("{kind} {wrong} exists: {mistake}"),
        format!("no server queries that name; all query {meant}"),
        fix,
    ))
}

/// What to publish instead: the same text when it is a good key, the key in it when that can be repaired, and for SRV records the
/// whole set, because one record alone does not serve every release.
fn moved(dns: &DnsFacts, expected: &Expected, probe: &Probe, meant: &str) -> Option<String> {
    let wrong = &probe.question.name;
    let (first, records) = (probe.reply.outcome.records().first()?, probe.reply.outcome.records().len());
    if let RData::Srv { target, port, .. } = &first.data {
        let target = target.to_ascii_lowercase().parse().ok();
        let expected = Expected {
            target: expected.target.clone().or(target),
            port: expected.port.or(Some(*port).filter(|port| !matches!(port, 0 | 443))),
            ..expected.clone()
        };
        return Some(dns.publish(&format!("Delete {wrong}, and publish what this command prints:"), &expected));
    }
    let diagnosis = diagnosis::examine(&first.data.joined()?);
    let is_good = diagnosis.is_good() && diagnosis.defects.is_empty() && records == 1;
    Some(match diagnosis.repaired.or(diagnosis.verified.filter(|_| !is_good)) {
        _ if is_good => format!("Move the record: delete {wrong} and create {meant} with the same value."),
        Some(key) => with_line(&format!("Delete {wrong} and create TXT {meant} with this text:"), &key.one_line()),
        None => dns.publish(&format!("Delete {wrong}, and publish what this command prints:"), expected),
    })
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
