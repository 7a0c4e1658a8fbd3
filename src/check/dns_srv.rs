//! Is there one usable SRV record at a name that servers ask for?

use super::{Check, Judge, Needs, UNDELEGATED, UNRESPONSIVE};
use crate::dns::record::{Outcome, Query, RData, RecordType};
use crate::facts::dns::{DnsFacts, Expected};
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::SrvLabel;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-srv",
    title: "one SRV record at each name that is used",
    page: include_str!("../../docs/checks/dns-srv.md"),
    stage: None,
    minor: false,
    needs: Needs::Records,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, expected: &Expected) -> Vec<Verdict> {
    if dns.is_unresponsive() {
        return Verdict::skip(UNRESPONSIVE);
    }
    if dns.is_undelegated() {
        return Verdict::skip(UNDELEGATED);
    }
    let asked: Vec<(SrvLabel, &Outcome)> = SrvLabel::ALL
        .into_iter()
        .map(|label| (label, dns.outcome(&Query::new(label.owner(&dns.domain), RecordType::Srv))))
        .collect();
    let found: Vec<&(SrvLabel, &Outcome)> = asked.iter().filter(|(_, outcome)| !outcome.records().is_empty()).collect();
    let mut verdicts: Vec<Verdict> = Vec::new();
    if found.is_empty() {
        let only = SrvLabel::ALL
            .iter()
            .all(|label| dns.is_wildcard_alias(&Query::new(label.owner(&dns.domain), RecordType::Srv)));
        return match only {
            true => Verdict::skip("only a wildcard answers; see dns-wildcard"),
            false => vec![none(dns, &asked, expected).into()],
        };
    }
    for (label, outcome) in &asked {
        verdicts.extend(broken(dns, *label, outcome).map(Verdict::from));
        verdicts.extend(several(dns, *label, outcome).map(Verdict::from));
        verdicts.extend(unusable(dns, *label, outcome).into_iter().map(Verdict::from));
    }
    verdicts.extend(both(dns, &found).map(Verdict::from));
    if verdicts.is_empty() {
        return Verdict::pass(
            found.iter().map(|(label, outcome)| shown(*label, outcome)).collect::<Vec<_>>().join(", "),
        );
    }
    verdicts
}

fn shown(label: SrvLabel, outcome: &Outcome) -> String {
    let to = outcome.records().iter().find_map(|rr| match &rr.data {
        RData::Srv { port, target, .. } => Some(format!("{target}:{port}")),
        _ => None,
    });
    format!("{} → {}", label.as_str(), to.unwrap_or_default())
}

const NOT_FOUND: &str = "no server finds this domain in DNS; those up to 4.1 query the hub next";

fn none(dns: &DnsFacts, asked: &[(SrvLabel, &Outcome)], expected: &Expected) -> Problem {
    let evidence = asked.iter().map(|(label, outcome)| format!("{}: {outcome}", label.owner(&dns.domain)));
    let chains = asked.iter().map(|(label, outcome)| (dns.alias_chain(&label.owner(&dns.domain)), outcome));
    if let Some((chain, outcome)) = chains.clone().find(|(chain, _)| chain.count() > 0) {
        let owner = chain.names().first().cloned().unwrap_or_default();
        let what = format!("no SRV record: {} is {}", owner, chain.fault(outcome).trim_end_matches(','));
        let fix = dns.publish("Delete the alias, and publish what this command prints:", expected);
        let mut seen: Vec<String> = chains.flat_map(|(chain, _)| chain.steps()).collect();
        seen.dedup();
        let means = NOT_FOUND;
        return Problem::new(Severity::Error, what, means, fix).seen(seen);
    }
    let absent = asked.iter().all(|(_, outcome)| outcome.is_absent());
    let what = if absent {
        format!("no SRV record: none of the names that servers query exists below `{}`", dns.domain)
    } else {
        format!("no SRV record could be read below `{}`", dns.domain)
    };
    let fix = if absent && dns.near_misses().any(|probe| probe.question.kind == RecordType::Srv) {
        "Move the record that is at a wrong name, as dns-near-miss describes.".to_owned()
    } else if absent {
        dns.publish("Publish what this command prints:", expected)
    } else {
        "Fix the name servers first: this is a failure of theirs, not a missing record.".to_owned()
    };
    Problem::new(Severity::Error, what, NOT_FOUND, fix).seen(evidence)
}

/// A name that can neither be read nor counts as absent.
fn broken(dns: &DnsFacts, label: SrvLabel, outcome: &Outcome) -> Option<Problem> {
    (!outcome.is_answer()).then(|| {
        Problem::new(
            Severity::Warning,
            format!("SRV {} cannot be read: {outcome}", label.owner(&dns.domain)),
            "servers from 2.0 on treat it as missing and try the next name; older ones stop with an error",
            "Fix the name servers: a name without records must answer NXDOMAIN or NODATA.",
        )
    })
}

fn several(dns: &DnsFacts, label: SrvLabel, outcome: &Outcome) -> Option<Problem> {
    let records = outcome.records();
    (records.len() > 1).then(|| {
        let evidence = records.iter().filter_map(|rr| match &rr.data {
            RData::Srv { priority, weight, port, target } => Some(format!("{priority} {weight} {port} {target}")),
            _ => None,
        });
        Problem::new(
            Severity::Warning,
            format!("{} SRV records at {}", records.len(), label.owner(&dns.domain)),
            "servers use the first one in the response, whatever its priority and weight, and name servers change the \
             order: peers connect to one of them at random, and from 3.4 on cache it for one hour",
            "Keep one record: federation cannot balance load or fail over by SRV.",
        )
        .seen(evidence)
    })
}

fn unusable(dns: &DnsFacts, label: SrvLabel, outcome: &Outcome) -> Vec<Problem> {
    let owner = label.owner(&dns.domain);
    let problem = |what: String, fix: &str| {
        let means = "servers stop at this record and use an address that cannot exist; they do not try the next name";
        Problem::new(Severity::Error, what, means, fix)
    };
    let judge = |data: &RData| match data {
        RData::Srv { target, .. } if target.is_empty() => Some(problem(
            format!("SRV {owner} has the target `.`, which means that the service is not available"),
            "Name the host that runs the server, or delete the record.",
        )),
        RData::Srv { port: 0, .. } => Some(problem(
            format!("SRV {owner} has port 0"),
            "Write the port that the server or its proxy listens on, 443 for https.",
        )),
        _ => None,
    };
    outcome.records().iter().filter_map(|rr| judge(&rr.data)).collect()
}

fn both(dns: &DnsFacts, found: &[&(SrvLabel, &Outcome)]) -> Option<Problem> {
    let of = |label| found.iter().find(|(known, _)| *known == label).map(|(_, outcome)| outcome);
    let (https, http) = (of(SrvLabel::Https)?, of(SrvLabel::Http)?);
    if dns.is_wildcard(RecordType::Srv, http) {
        return None;
    }
    if leads_nowhere(dns, https) && !leads_nowhere(dns, http) {
        let owner = SrvLabel::Https.owner(&dns.domain);
        return Some(Problem::new(
            Severity::Error,
            format!("SRV {owner} cannot be used, and hides {}, which can", SrvLabel::Http.owner(&dns.domain)),
            "servers stop at the first name that exists: they do not try _http when https fails",
            format!("Correct {owner}, or delete it and let peers use plain http."),
        ));
    }
    Some({
        Problem::new(
            Severity::Notice,
            format!("both _rocketchat._https and _rocketchat._http exist below `{}`", dns.domain),
            "only _https is ever used: servers do not try _http when https fails",
            format!("Delete {}.", SrvLabel::Http.owner(&dns.domain)),
        )
    })
}

/// No target of the records has an address, as far as is known.
fn leads_nowhere(dns: &DnsFacts, outcome: &Outcome) -> bool {
    let dead = |target: &str| {
        [RecordType::A, RecordType::Aaaa].iter().all(|kind| dns.outcome(&Query::new(target, *kind)).is_absent())
    };
    outcome.records().iter().all(|rr| match &rr.data {
        RData::Srv { target, .. } => dead(target),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, set, srv};

    fn judged(label: SrvLabel, outcome: Outcome) -> Vec<Problem> {
        let mut dns = sample();
        let question = Query::new(label.owner(&dns.domain), RecordType::Srv);
        set(&mut dns, &question, outcome);
        problems(judge(&dns, &Expected::default()))
    }

    #[test]
    fn healthy_records_are_shown() {
        let description = "_rocketchat._https → chat.mydomain.com:443, _rocketchat._tcp → chat.mydomain.com:443";
        assert_eq!(judge(&sample(), &Expected::default()), Verdict::pass(description));
    }

    #[test]
    fn no_record_and_no_answer_are_two_things() {
        for (outcome, part) in [(Outcome::NxDomain, "exists below"), (Outcome::ServFail, "could be read")] {
            let mut dns = sample();
            for label in SrvLabel::ALL {
                set(
                    &mut dns,
                    &Query::new(label.owner(&"mydomain.com".parse().unwrap()), RecordType::Srv),
                    outcome.clone(),
                );
            }
            let found = problems(judge(&dns, &Expected::default()));
            assert!(found.len() == 1 && found[0].what.contains(part), "{found:?}");
        }
    }

    #[test]
    fn each_fault_of_a_record_is_reported() {
        let two = [srv("a.b", 443), srv("c.d", 443)].iter().flat_map(|outcome| outcome.records().to_vec()).collect();
        for (label, outcome, severity, part) in [
            (SrvLabel::Https, srv("", 443), Severity::Error, "target `.`"),
            (SrvLabel::Tcp, srv("chat.mydomain.com", 0), Severity::Error, "port 0"),
            (SrvLabel::Https, Outcome::Found(two), Severity::Warning, "2 SRV records"),
            (SrvLabel::Http, srv("chat.mydomain.com", 80), Severity::Notice, "both"),
            (SrvLabel::Http, Outcome::Refused, Severity::Warning, "REFUSED"),
        ] {
            let found = judged(label, outcome);
            assert!(found.len() == 1 && found[0].severity == severity && found[0].what.contains(part), "{found:?}");
        }
    }
}
