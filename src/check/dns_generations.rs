//! Which server generations can use the domain?

use super::{Check, Judge, Needs, UNDELEGATED, UNRESPONSIVE};
use crate::facts::dns::{DnsFacts, Expected};
use crate::report::{Problem, Verdict};
use crate::rocketchat::discovery::DiscoveryResult;
use crate::rocketchat::generation::{GENERATIONS, Generation};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-generations",
    title: "server generations can use the domain",
    page: include_str!("../../docs/checks/dns-generations.md"),
    stage: None,
    minor: true,
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
    let discoveries = dns.discoveries();
    let fix =
        format!("Publish a set that every release can use:\n  fedctl records {} --target HOST --key FILE", dns.domain);
    if !expected.releases.is_empty() {
        return named(&discoveries, expected, &fix);
    }
    let failing: Vec<(&Generation, &DiscoveryResult)> =
        GENERATIONS.iter().zip(&discoveries).filter(|(_, discovery)| !discovery.is_usable()).collect();
    if failing.is_empty() {
        return Verdict::pass("all of them");
    }
    if failing.len() == discoveries.len() {
        let means = "the domain is not ready for federation; only servers up to 4.1 may still find it at the hub";
        let fix = format!("Fix the other errors. {fix}");
        return vec![problem(
            Severity::Error,
            "no server of any release can use this domain by DNS",
            means,
            &fix,
            &failing,
        )];
    }
    let (old, new): (Vec<_>, Vec<_>) = failing.into_iter().partition(|(generation, _)| generation.is_first_protocol());
    let mut verdicts = Vec::new();
    if !new.is_empty() {
        let what = format!("servers {} cannot use this domain", releases(&new));
        verdicts.push(problem(
            Severity::Warning,
            what,
            "peers of these releases get an error or lose messages",
            &fix,
            &new,
        ));
    }
    if !old.is_empty() {
        let what = format!("servers {} cannot use this domain", releases(&old));
        verdicts.push(problem(
            Severity::Notice,
            what,
            "only peers that still run these releases are affected",
            &fix,
            &old,
        ));
    }
    verdicts
}

/// Only the named releases count, and they must work.
fn named(discoveries: &[DiscoveryResult], expected: &Expected, fix: &str) -> Vec<Verdict> {
    let failing: Vec<Verdict> = expected
        .releases
        .iter()
        .filter_map(|release| {
            let generation = Generation::of(*release);
            let discovery =
                discoveries.iter().find(|discovery| discovery.id == generation.id && !discovery.is_usable())?;
            let what = format!("a server of release {release} cannot use this domain");
            Some(problem(
                Severity::Error,
                what,
                "it was named with --release, so it must",
                fix,
                &[(generation, discovery)],
            ))
        })
        .collect();
    if failing.is_empty() {
        let names: Vec<String> = expected.releases.iter().map(ToString::to_string).collect();
        return Verdict::pass(format!("{} can use the domain", names.join(", ")));
    }
    failing
}

fn releases(failing: &[(&Generation, &DiscoveryResult)]) -> String {
    failing.iter().map(|(generation, _)| generation.releases).collect::<Vec<_>>().join(", ")
}

fn problem(
    severity: Severity,
    what: impl Into<String>,
    means: &str,
    fix: &str,
    failing: &[(&Generation, &DiscoveryResult)],
) -> Verdict {
    let seen = failing.iter().filter_map(|(generation, discovery)| {
        discovery.error.as_ref().map(|error| format!("{}: {error}", generation.releases))
    });
    let mut seen: Vec<String> = seen.collect();
    if failing.len() > 1 && failing.len() == GENERATIONS.len() {
        // The table of generations shows the same.
        seen.clear();
    }
    Problem::new(severity, what, means, fix).seen(seen).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, set};
    use crate::dns::record::{Outcome, Query, RecordType};
    use crate::rocketchat::generation::{SrvLabel, key_question};

    fn without(label: SrvLabel) -> DnsFacts {
        let mut dns = sample();
        let question = Query::new(label.owner(&dns.domain), RecordType::Srv);
        set(&mut dns, &question, Outcome::NxDomain);
        dns
    }

    #[test]
    fn old_and_new_generations_weigh_differently() {
        assert_eq!(judge(&sample(), &Expected::default()), Verdict::pass("all of them"));
        let no_tcp = problems(judge(&without(SrvLabel::Tcp), &Expected::default()));
        assert_eq!((no_tcp.len(), no_tcp[0].severity), (1, Severity::Notice));
        let only_tcp = problems(judge(&without(SrvLabel::Https), &Expected::default()));
        assert_eq!((only_tcp.len(), only_tcp[0].severity), (1, Severity::Warning));
    }

    #[test]
    fn none_at_all_is_an_error() {
        let mut dns = sample();
        let question = key_question(&dns.domain);
        set(&mut dns, &question, Outcome::NxDomain);
        let found = problems(judge(&dns, &Expected::default()));
        assert_eq!((found.len(), found[0].severity), (1, Severity::Error));
    }

    #[test]
    fn a_named_release_must_work() {
        let expect = |release: &str| Expected { releases: vec![release.parse().unwrap()], ..Expected::default() };
        let dns = without(SrvLabel::Https);
        assert!(problems(judge(&dns, &expect("3.18.3"))).is_empty());
        assert_eq!(problems(judge(&dns, &expect("2.4.0")))[0].severity, Severity::Error);
    }
}
