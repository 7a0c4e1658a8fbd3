//! Does the parent zone delegate to the name servers that the zone names itself?

use std::collections::BTreeSet;

use super::{Check, Judge, Needs};
use crate::dns::record::{Query, RData, RecordType, Response};
use crate::facts::dns::{DnsFacts, Expected, Role};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-delegation",
    title: "the parent zone and the zone list the same name servers",
    page: include_str!("../../docs/checks/dns-delegation.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let Ok(zone) = &dns.zone else { return Verdict::skip("there is no zone to ask about") };
    let question = Query::new(zone.apex.as_str(), RecordType::Ns);
    let side = |role: Role| -> BTreeSet<String> {
        dns.replies(&question)
            .filter(|(observer, _)| observer.role == role)
            .flat_map(|(_, reply)| named(reply, zone.apex.as_str()))
            .collect()
    };
    let (parent, child) = (side(Role::Parent), side(Role::Authority));
    if parent.is_empty() {
        return Verdict::skip("no name server of the parent zone responded");
    }
    if child.is_empty() {
        return Verdict::skip("no name server of the zone told its side");
    }
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>().join(", ");
    let (only_parent, only_child) = (only(&parent, &child), only(&child, &parent));
    let mut verdicts: Vec<Verdict> = Vec::new();
    if !only_parent.is_empty() {
        verdicts.push(
            Problem::new(
                Severity::Warning,
                format!("the parent zone delegates to {only_parent}, which the zone does not name"),
                "resolvers begin there; if it holds an old copy, or nothing, peers find the domain only occasionally",
                format!("correct the name servers of {} at its registrar, or the NS records in the zone", zone.apex),
            )
            .into(),
        );
    }
    if !only_child.is_empty() {
        verdicts.push(
            Problem::new(
                Severity::Notice,
                format!("the zone names {only_child}, to which the parent zone does not delegate"),
                "resolvers may never ask it: changes that are made only there have no effect",
                format!("add it to the name servers of {} at its registrar, or take it out of the zone", zone.apex),
            )
            .into(),
        );
    }
    if verdicts.is_empty() {
        return Verdict::pass(format!("both sides name {}", child.into_iter().collect::<Vec<_>>().join(", ")));
    }
    verdicts
}

/// NS records of the answer, or of a referral in the authority section (RFC 1034 section 4.3.2 step 3b).
fn named(reply: &Response, apex: &str) -> Vec<String> {
    let all = reply.outcome.records().iter().chain(&reply.authority);
    all.filter_map(|rr| match &rr.data {
        RData::Ns(name) if rr.name.eq_ignore_ascii_case(apex) || rr.name.is_empty() => Some(name.to_ascii_lowercase()),
        _ => None,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, set, set_at};
    use crate::dns::record::{Outcome, Rr};
    use crate::facts::dns::Observer;

    fn ns(names: &[&str]) -> Outcome {
        let rr = |name: &&str| Rr { name: "mydomain.com".into(), ttl: 60, data: RData::Ns((*name).into()) };
        Outcome::Found(names.iter().map(rr).collect())
    }

    fn judged(parent: &[&str], child: &[&str]) -> Vec<Verdict> {
        let mut dns = sample();
        let addr = "127.0.0.9:53".parse().unwrap();
        dns.observers.push(Observer { role: Role::Parent, name: "a.gtld".into(), addr });
        let question = Query::new("mydomain.com", RecordType::Ns);
        set(&mut dns, &question, ns(child));
        set_at(&mut dns, 3, &question, ns(parent));
        judge(&dns, &Expected::default())
    }

    #[test]
    fn both_sides_are_compared() {
        assert!(problems(judged(&["ns1", "ns2"], &["ns2", "NS1"])).is_empty());
        let old = problems(judged(&["ns1", "old"], &["ns1"]));
        assert!(old.len() == 1 && old[0].severity == Severity::Warning && old[0].what.contains("old"), "{old:?}");
        let hidden = problems(judged(&["ns1"], &["ns1", "ns3"]));
        assert!(hidden.len() == 1 && hidden[0].severity == Severity::Notice, "{hidden:?}");
    }

    #[test]
    fn an_unknown_parent_is_skipped() {
        assert!(matches!(judge(&sample(), &Expected::default()).as_slice(), [Verdict::Skip { .. }]));
    }
}
