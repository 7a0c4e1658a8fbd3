//! Is there a zone that holds the domain, and does anybody answer for it?

use super::{Check, Judge, Needs};
use crate::facts::dns::{DnsFacts, Expected};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-zone",
    title: "a zone holds the domain",
    page: include_str!("../../docs/checks/dns-zone.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, expected: &Expected) -> Vec<Verdict> {
    let domain = &dns.domain;
    match &dns.zone {
        Ok(zone) if zone.servers.is_empty() => vec![
            Problem::new(
                Severity::Error,
                format!("the zone `{}` has no name servers that a resolver knows of", zone.apex),
                "nobody can ask for its records",
                format!("set the name servers of `{}` at its registrar", zone.apex),
            )
            .into(),
        ],
        Ok(zone) if dns.is_undelegated() => vec![
            Problem::new(
                Severity::Error,
                format!("`{domain}` does not exist: the zone `{}` above it says NXDOMAIN", zone.apex),
                "peers cannot look anything up under this name",
                format!(
                    "check the spelling, also of the Domain setting; is `{domain}` registered, paid for and delegated? If the \
                     zone `{}` is yours, publish the records there: {}",
                    zone.apex,
                    dns.publish(expected)
                ),
            )
            .into(),
        ],
        Ok(zone) => Verdict::pass(format!("{} is in the zone {}, serial {}", domain, zone.apex, zone.soa.serial)),
        Err(why) => {
            let (what, fix) = if dns.is_mute() && why.ends_with("SERVFAIL") {
                (
                    format!("no resolver can find out about `{domain}`: {why}"),
                    format!("look at the name servers of `{domain}`: do they run, and do they hold the zone? Its registrar lists them"),
                )
            } else if dns.is_mute() {
                (
                    format!("no resolver answers: {why}"),
                    "check the network, or name a resolver with --resolver".to_owned(),
                )
            } else {
                (
                    format!("no zone holds `{domain}`: {why}"),
                    format!("check the spelling; is `{domain}` registered and delegated?"),
                )
            };
            vec![Problem::new(Severity::Error, what, "peers cannot look anything up under this name", fix).into()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample};

    #[test]
    fn a_zone_is_fine_and_none_is_not() {
        let mut dns = sample();
        assert!(problems(judge(&dns, &Expected::default())).is_empty());
        dns.zone = Err("127.0.0.1:53 says NXDOMAIN".into());
        let found = problems(judge(&dns, &Expected::default()));
        assert!(found[0].what.starts_with("no zone holds `mydomain.com`"), "{found:?}");
    }

    #[test]
    fn a_domain_that_nobody_registered_is_told_from_one_without_records() {
        let mut dns = sample();
        for question in crate::rocketchat::generation::questions(&dns.domain) {
            crate::check::sample::set(&mut dns, &question, crate::dns::record::Outcome::NxDomain);
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
        dns.zone = Err("127.0.0.1:53 answers SERVFAIL".into());
        dns.observations.clear();
        let found = problems(judge(&dns, &Expected::default()));
        assert!(found[0].fix.starts_with("look at the name servers of `mydomain.com`"), "{found:?}");
    }

    #[test]
    fn dead_resolvers_are_not_a_missing_domain() {
        let mut dns = sample();
        dns.zone = Err("127.0.0.1:53 answers timeout".into());
        dns.observations.clear();
        let found = problems(judge(&dns, &Expected::default()));
        assert!(found[0].what.starts_with("no resolver answers"), "{found:?}");
    }
}
