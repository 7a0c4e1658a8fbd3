//! Does a wildcard answer for names that nobody created?

use super::{Check, Judge, Needs, key_record};
use crate::dns::record::{Query, RecordType};
use crate::facts::dns::{DnsFacts, Expected, Observer, Probe, Purpose, Role};
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::{SrvLabel, key_question};
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
    let authority =
        |observer: &Observer| observer.role == Role::Authority || dns.in_role(Role::Authority).next().is_none();
    let counts = |probe: &Probe| matches!(probe.question.kind, RecordType::Txt | RecordType::Srv);
    let probes: Vec<&Probe> = dns
        .probed(|purpose| *purpose == Purpose::Wildcard)
        .filter(|(observer, probe)| authority(observer) && counts(probe))
        .map(|(_, probe)| probe)
        .collect();
    if !probes.iter().any(|probe| probe.reply.outcome.is_answer()) {
        return Verdict::skip("no server answered for a random name");
    }
    if let Some(to) = dns.wildcard_alias() {
        return match dns.is_usable() {
            true => Verdict::pass(format!("a wildcard is an alias of {to}; the federation records hide it")),
            false => vec![alias(dns, to).into()],
        };
    }
    let Some(probe) = probes.iter().find(|probe| !probe.reply.outcome.records().is_empty()) else {
        return Verdict::pass("a random name does not exist");
    };
    if dns.secrets().contains(probe.question.name.as_str()) {
        return Verdict::skip("a wildcard has a private key; see key-secret");
    }
    let by_wildcard: Vec<String> = needed(dns)
        .filter(|question| dns.has_only_wildcard(question))
        .map(|question| format!("{} {}", question.kind, question.name))
        .collect();
    // The key that is missing is the finding then.
    if key_record::is_only_wildcard(dns, dns.outcome(&key_question(&dns.domain))) {
        return Verdict::skip("a wildcard answers instead of the key; see key-record");
    }
    let kind = probe.question.kind;
    let fix = "Create every record that is needed at its exact name: these hide the wildcard.";
    if !by_wildcard.is_empty() {
        let what = format!("only a wildcard below `{}` answers for {}", dns.domain, by_wildcard.join(", "));
        let means = "these records do not exist: servers use the response of the wildcard, also for names that should not exist";
        return vec![Problem::new(Severity::Warning, what, means, fix).into()];
    }
    Verdict::pass(format!(
        "a wildcard gives a {kind} record to names that do not exist; the federation records hide it"
    ))
}

/// The records that servers cannot do without.
fn needed(dns: &DnsFacts) -> impl Iterator<Item = Query> {
    let srv = SrvLabel::ALL.map(|label| Query::new(label.owner(&dns.domain), RecordType::Srv));
    srv.into_iter().chain([key_question(&dns.domain)])
}

/// Every name that has no records leads elsewhere.
fn alias(dns: &DnsFacts, to: &str) -> Problem {
    let domain = &dns.domain;
    let hidden: Vec<String> = needed(dns)
        .filter(|question| dns.is_wildcard_alias(question))
        .map(|question| format!("{} {}", question.kind, question.name))
        .collect();
    let what = format!("the wildcard *.{domain} is an alias of {to} for every name that does not exist");
    let means = "the federation records do not exist: servers are redirected to another name, which has none";
    let sentence = "Keep the wildcard, and create the records at their exact names; these hide it:";
    Problem::new(Severity::Error, what, means, dns.publish(sentence, &Expected::default())).seen(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, txt};
    use crate::dns::record::Outcome;

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
        assert!(problems(judged(txt(&[&["hello"]]))).is_empty());
        // What the key's own name gives comes from the wildcard.
        let line = crate::check::sample::key().one_line();
        let found = problems(judged(txt(&[&[&line[..255], &line[255..]]])));
        assert!(found[0].what.contains("TXT rocketchat-public-key.mydomain.com"), "{found:?}");
        assert!(matches!(judged(Outcome::Timeout).as_slice(), [Verdict::Skip { .. }]));
    }
}
