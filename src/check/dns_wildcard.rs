//! Does a wildcard answer for names that nobody created?

use super::{Check, Judge, Needs};
use crate::facts::dns::{DnsFacts, Expected, Probe, Purpose};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-wildcard",
    title: "no wildcard answers for missing names",
    page: include_str!("../../docs/checks/dns-wildcard.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let probes: Vec<&Probe> = dns.probed(|purpose| *purpose == Purpose::Wildcard).map(|(_, probe)| probe).collect();
    if !probes.iter().any(|probe| probe.reply.outcome.is_answer()) {
        return Verdict::skip("no server answered for a random name");
    }
    let hit = probes.iter().find(|probe| !probe.reply.outcome.records().is_empty() || !probe.reply.aliases.is_empty());
    let Some(probe) = hit else { return Verdict::pass("a random name does not exist") };
    let what = match probe.reply.aliases.first() {
        Some(_) => "an alias".to_owned(),
        None => format!("a {} record", probe.question.kind),
    };
    vec![
        Problem::new(
            Severity::Notice,
            format!("a wildcard under `{}` gives {what} to every name that does not exist", dns.domain),
            "a missing or misspelt federation record is answered with something else instead of nothing, which servers take for a key or a target",
            "create every record that is needed under its exact name; these hide the wildcard",
        )
        .seen([format!("{} {} exists", probe.question.kind, probe.question.name)])
        .into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, txt};
    use crate::dns::record::{Outcome, Query, RecordType};

    fn judged(outcome: Outcome) -> Vec<Verdict> {
        let mut dns = sample();
        let mut reply = dns.observations[0].reply.clone();
        reply.outcome = outcome;
        let question = Query::new("fedctl-1.mydomain.com", RecordType::Txt);
        dns.probes.push(Probe { purpose: Purpose::Wildcard, observer: 0, question, reply });
        judge(&dns, &Expected::default())
    }

    #[test]
    fn a_wildcard_is_noticed() {
        assert_eq!(judged(Outcome::NxDomain), Verdict::pass("a random name does not exist"));
        assert_eq!(problems(judged(txt(&[&["hello"]])))[0].severity, Severity::Notice);
        assert!(matches!(judged(Outcome::Timeout).as_slice(), [Verdict::Skip { .. }]));
    }
}
