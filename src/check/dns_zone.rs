//! Is there a zone that holds the domain, and does anyone answer for it?

use super::{Check, Judge, Needs};
use crate::facts::dns::{DnsFacts, Expected, Observer, Role, ZoneCut, ZoneFailure};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-zone",
    title: "the domain is in a zone",
    page: include_str!("../../docs/checks/dns-zone.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

const NOBODY: &str = "peers cannot resolve any name below this domain";

fn judge(dns: &DnsFacts, expected: &Expected) -> Vec<Verdict> {
    if let Some(why) = dns.unchecked() {
        return Verdict::skip(why);
    }
    match &dns.zone {
        Ok(_) if dns.is_undelegated() => vec![missing(dns, expected).into()],
        Ok(zone) => match in_zone(dns, zone) {
            Some(problem) => vec![problem.into()],
            None => Verdict::pass(format!("{} is in the zone {}, serial {}", dns.domain, zone.apex, zone.serial())),
        },
        Err(failure) => vec![no_zone(dns, failure, expected).into()],
    }
}

/// A domain that servers can use is not broken, whatever its zone looks like.
fn severity(dns: &DnsFacts) -> Severity {
    if dns.is_usable() { Severity::Notice } else { Severity::Error }
}

fn in_zone(dns: &DnsFacts, zone: &ZoneCut) -> Option<Problem> {
    let apex = &zone.apex;
    if zone.servers.is_empty() {
        let what = format!("the zone `{apex}` has no name servers that a resolver can find");
        let fix = format!("Set the name servers of `{apex}` at its registrar.");
        return Some(Problem::new(severity(dns), what, "no resolver can query its records", fix));
    }
    if dns.is_unresponsive() && !zone.circular.is_empty() {
        return Some(circular(zone));
    }
    let nameless = zone.servers.iter().all(|(_, ips)| ips.is_empty()) && !zone.missing.is_empty();
    if dns.is_unresponsive() && nameless {
        let what = format!("`{apex}` is delegated to name servers that have no address");
        let fix = format!("Correct the name servers of `{apex}` at its registrar.");
        return Some(Problem::new(Severity::Error, what, NOBODY, fix).seen(failures(dns)));
    }
    if dns.is_unresponsive() {
        let what = format!("no name server of `{apex}` answers");
        let fix = format!("Check that the name servers of `{apex}` run and serve the zone.");
        return Some(Problem::new(Severity::Error, what, NOBODY, fix).seen(failures(dns)));
    }
    zone.soa.is_none().then(|| {
        let what = format!("the name servers of `{apex}` give no SOA record");
        let means = "resolvers find the records that exist, but cannot cache that a record is missing, and provider tools \
                     cannot find the zone";
        let fix = "Add a SOA record, or ignore this if a load balancer answers for this name.";
        Problem::new(Severity::Notice, what, means, fix)
    })
}

/// Nobody can begin to look up the name servers.
fn circular(zone: &ZoneCut) -> Problem {
    let apex = &zone.apex;
    let seen = zone.circular.iter().map(|circle| {
        format!("{} is in the zone {}, whose name servers are {}", circle.server, circle.zone, circle.back.join(", "))
    });
    let what = format!(
        "the name servers of `{apex}` can be resolved only by querying them: the parent zone has no address (glue)"
    );
    let fix = format!(
        "Enter the addresses of the name servers (glue) at the registrar of `{apex}`, or use name servers in another zone."
    );
    Problem::new(Severity::Error, what, NOBODY, fix).seen(seen)
}

/// What each name server did instead of answering.
fn failures(dns: &DnsFacts) -> Vec<String> {
    let of = |server: &Observer| {
        let seen = dns.observations.iter().find(|seen| dns.observers.get(seen.observer) == Some(server));
        seen.map(|seen| format!("{} ({}): {}", server.name, server.addr.ip(), seen.reply.outcome))
    };
    let mut lines: Vec<String> = dns.in_role(Role::Authority).filter_map(of).collect();
    let missing = dns.zone.iter().flat_map(|zone| &zone.missing);
    lines.extend(missing.map(|(name, outcome)| format!("{name} has no address: {outcome}")));
    lines
}

fn missing(dns: &DnsFacts, expected: &Expected) -> Problem {
    let domain = &dns.domain;
    let above = match &dns.zone {
        Ok(zone) => zone.apex.to_string(),
        Err(ZoneFailure::Unregistered { registry }) => registry.to_string(),
        Err(_) => "the zone above".to_owned(),
    };
    let what = format!("`{domain}` does not exist: the zone `{above}` above it answers NXDOMAIN");
    let fix = dns.publish(
        &format!(
            "Check the spelling, also of the Domain setting, and that `{domain}` is registered, paid for and delegated. If the \
             zone `{above}` is yours, publish the records there:"
        ),
        expected,
    );
    Problem::new(Severity::Error, what, NOBODY, fix)
}

fn no_zone(dns: &DnsFacts, failure: &ZoneFailure, expected: &Expected) -> Problem {
    let domain = &dns.domain;
    match failure {
        ZoneFailure::Unregistered { .. } => missing(dns, expected),
        ZoneFailure::Servers { .. } if dns.is_unresponsive() => {
            let what = format!("no resolver can resolve `{domain}`: {failure}");
            let fix = format!(
                "Check that the name servers of `{domain}`, which its registrar lists, run and serve the zone."
            );
            Problem::new(Severity::Error, what, NOBODY, fix)
        }
        _ => {
            let what = format!("`{domain}` is in no zone: {failure}");
            let fix = format!("Check the spelling, and that `{domain}` is registered and delegated.");
            let means = if dns.is_usable() { "resolvers find the records all the same" } else { NOBODY };
            Problem::new(severity(dns), what, means, fix)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

    use super::*;
    use crate::dns::record::Outcome;

    const RESOLVER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 53));
    use crate::check::sample::{problems, sample};

    #[test]
    fn a_zone_is_fine_and_none_is_not() {
        let mut dns = sample();
        assert!(problems(judge(&dns, &Expected::default())).is_empty());
        dns.zone = Err(ZoneFailure::NoZone { resolver: RESOLVER, outcome: Outcome::NoData });
        let found = problems(judge(&dns, &Expected::default()));
        assert!(found[0].what.starts_with("`mydomain.com` is in no zone"), "{found:?}");
        assert_eq!(found[0].severity, Severity::Notice, "the records are there all the same");
        for question in crate::rocketchat::generation::questions(&dns.domain) {
            crate::check::sample::set(&mut dns, &question, Outcome::NoData);
        }
        assert_eq!(problems(judge(&dns, &Expected::default()))[0].severity, Severity::Error);
    }

    #[test]
    fn a_domain_that_nobody_registered_is_distinguished_from_one_without_records() {
        let mut dns = sample();
        for question in crate::rocketchat::generation::questions(&dns.domain) {
            crate::check::sample::set(&mut dns, &question, Outcome::NxDomain);
        }
        assert!(problems(judge(&dns, &Expected::default())).is_empty(), "the zone is its own");
        if let Ok(zone) = &mut dns.zone {
            zone.apex = crate::dns::name::Host::zone("com").unwrap();
        }
        let found = problems(judge(&dns, &Expected::default()));
        assert!(found[0].what.starts_with("`mydomain.com` does not exist"), "{found:?}");
    }

    #[test]
    fn dead_name_servers_are_not_dead_resolvers() {
        let mut dns = sample();
        dns.zone = Err(ZoneFailure::Servers { resolver: RESOLVER, outcome: Outcome::ServFail });
        dns.observations.clear();
        let found = problems(judge(&dns, &Expected::default()));
        assert!(found[0].fix.starts_with("Check that the name servers of `mydomain.com`"), "{found:?}");
    }

    #[test]
    fn dead_resolvers_are_not_a_missing_domain() {
        let mut dns = sample();
        dns.zone = Err(ZoneFailure::Resolvers(vec![(RESOLVER, Outcome::Timeout)]));
        dns.observations.clear();
        assert!(matches!(judge(&dns, &Expected::default()).as_slice(), [Verdict::Skip { .. }]));
        assert_eq!(dns.unchecked().unwrap(), "no resolver answers (127.0.0.1:53: timeout)");
    }
}
