//! Does the parent zone delegate to the name servers that the zone names itself?

use super::{Check, Judge, Needs, dns_servers};
use crate::facts::dns::{DnsFacts, Expected, Role, ZoneCut};
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
    let Ok(zone) = &dns.zone else { return Verdict::skip("there is no zone to query") };
    let [parent, child] = dns.sides();
    let mut verdicts: Vec<Verdict> = old_addresses(dns, zone).map(Verdict::from).into_iter().collect();
    if let (true, true, Some(route)) = (verdicts.is_empty(), parent.is_empty(), dns.missing_route(Role::Parent)) {
        return Verdict::skip(format!(
            "no name server of the parent zone can be queried from here: this machine has {route} to them"
        ));
    }
    if verdicts.is_empty() && parent.is_empty() {
        return Verdict::skip("no name server of the parent zone responded");
    }
    if verdicts.is_empty() && child.is_empty() {
        return Verdict::skip("no name server of the zone gave its NS records");
    }
    if !parent.is_empty() && !child.is_empty() {
        verdicts.extend(only_parent(dns, zone, parent.difference(&child)).map(Verdict::from));
        verdicts.extend(only_child(dns, zone, child.difference(&parent)).map(Verdict::from));
    }
    if verdicts.is_empty() {
        return Verdict::pass(format!(
            "the parent zone and the zone list {}",
            child.into_iter().collect::<Vec<_>>().join(", ")
        ));
    }
    verdicts
}

/// What is wrong with servers that only one side names: the worst of them, and a line for each.
fn state<'a>(dns: &DnsFacts, names: impl Iterator<Item = &'a String>) -> (Option<Severity>, Vec<String>) {
    let of = |name: &'a String| {
        let observers = dns.in_role(Role::Authority).filter(move |observer| observer.name == *name);
        observers.filter_map(|observer| dns_servers::stray_fault(dns, observer))
    };
    let faults: Vec<(Severity, String)> = names.flat_map(of).collect();
    (faults.iter().map(|(severity, _)| *severity).max(), faults.into_iter().map(|(_, line)| line).collect())
}

fn only_parent<'a>(dns: &DnsFacts, zone: &ZoneCut, names: impl Iterator<Item = &'a String> + Clone) -> Option<Problem> {
    let (fault, seen) = state(dns, names.clone());
    let list = names.cloned().collect::<Vec<_>>().join(", ");
    if list.is_empty() {
        return None;
    }
    let what = format!("the parent zone delegates to {list}, which the zone does not name");
    let means = match fault {
        Some(_) => "resolvers start there, so peers find the domain only occasionally, or old records",
        None => "resolvers start there, and it may serve an old copy when the zone changes",
    };
    let fix = format!(
        "Remove it from the name servers of {} at its registrar, or add it to the NS records in the zone.",
        zone.apex
    );
    Some(Problem::new(fault.unwrap_or(Severity::Warning), what, means, fix).seen(seen))
}

fn only_child<'a>(dns: &DnsFacts, zone: &ZoneCut, names: impl Iterator<Item = &'a String> + Clone) -> Option<Problem> {
    let (fault, seen) = state(dns, names.clone());
    let list = names.cloned().collect::<Vec<_>>().join(", ");
    if list.is_empty() {
        return None;
    }
    let what = format!("the zone names {list}, to which the parent zone does not delegate");
    let means = match fault {
        Some(_) => {
            "resolvers that have read the zone query it too, so peers find the domain only occasionally, or old records"
        }
        None => "resolvers may never query it: changes that are made only there have no effect",
    };
    let fix = match fault {
        Some(_) => format!("Remove it from the NS records in the zone {}, or make it serve the zone.", zone.apex),
        None => format!("Add it to the name servers of {} at its registrar, or remove it from the zone.", zone.apex),
    };
    Some(Problem::new(fault.unwrap_or(Severity::Notice), what, means, fix).seen(seen))
}

/// Glue that the zone has left behind.
fn old_addresses(dns: &DnsFacts, zone: &ZoneCut) -> Option<Problem> {
    let first = zone.stale_glue.first()?;
    let listed = |ips: &[std::net::IpAddr]| ips.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut seen: Vec<String> = Vec::new();
    let mut worst = Severity::Warning;
    for glue in &zone.stale_glue {
        seen.push(format!("{}: {} at the parent, {} in its zone", glue.server, glue.ip, listed(&glue.right)));
        let at_glue =
            dns.in_role(Role::Authority).find(|observer| observer.name == glue.server && observer.addr == glue.addr);
        if let Some((severity, line)) = at_glue.and_then(|observer| dns_servers::stray_fault(dns, observer)) {
            worst = worst.max(severity);
            seen.push(line);
        }
    }
    // Resolvers begin with the glue: when all of it is old, they cannot begin.
    let is_old = |(server, ips): &(String, Vec<std::net::IpAddr>)| {
        ips.iter().all(|ip| zone.stale_glue.iter().any(|glue| glue.server == *server && glue.ip == *ip))
    };
    if zone.glue.iter().all(is_old) {
        worst = Severity::Error;
    }
    let what = format!("the parent zone has an old address (glue) for {}: {}", first.server, first.ip);
    let means = "resolvers start with the glue: they lose time, or query another server at the old address";
    let fix =
        format!("Set the address of {} to {} at the registrar of {}.", first.server, listed(&first.right), zone.apex);
    Some(Problem::new(worst, what, means, fix).seen(seen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, set, set_at};
    use crate::dns::record::{Outcome, Query, RData, RecordType, Rr};
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
