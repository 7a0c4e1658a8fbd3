//! What do the named releases get wrong whatever the records say?

use super::{Check, Judge};
use crate::federation::defects::{self, Area, Defect};
use crate::federation::dns_facts::{DnsFacts, Expected};
use crate::federation::generation::Release;
use crate::federation::report::{Problem, Severity, Verdict};

pub const CHECK: Check = Check {
    id: "dns-release",
    title: "the named releases have no faults of their own",
    page: include_str!("../../docs/checks/dns-release.md"),
    judge: Judge::Dns(judge),
};

/// Records cannot mend these, so they are told and not counted.
fn judge(_: &DnsFacts, expected: &Expected) -> Vec<Verdict> {
    if expected.releases.is_empty() {
        return Verdict::skip("no release was named: --for RELEASE");
    }
    let verdicts: Vec<Verdict> = expected.releases.iter().filter_map(|release| told(*release)).collect();
    if verdicts.is_empty() { Verdict::pass("none that looks like a wrong set-up") } else { verdicts }
}

fn told(release: Release) -> Option<Verdict> {
    // What happens inside rooms and with files is taken for many things, but not for wrong records.
    let alike = |defect: &&Defect| matches!(defect.area, Area::Delivery | Area::Hub | Area::Screens);
    let found: Vec<&Defect> = defects::of(release).into_iter().filter(alike).collect();
    let fix = found.first()?.fix;
    let what = match found.as_slice() {
        [_] => format!("{release} has a fault that looks like a wrong set-up"),
        more => format!("{release} has {} faults that look like a wrong set-up", more.len()),
    };
    let seen = found.iter().map(|defect| match defect.issue {
        Some(issue) => format!("{} (#{issue})", defect.shows),
        None => defect.shows.to_owned(),
    });
    Some(Problem::new(Severity::Notice, what, "no record can mend them", fix).seen(seen).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample};

    fn found(releases: &[Release]) -> Vec<Problem> {
        problems(judge(&sample(), &Expected { releases: releases.to_vec(), ..Expected::default() }))
    }

    #[test]
    fn each_named_release_tells_its_faults_and_none_counts() {
        assert!(matches!(judge(&sample(), &Expected::default())[..], [Verdict::Skip { .. }]));
        let two = found(&[Release(3, 5, 0), Release(6, 5, 0)]);
        assert_eq!(two.len(), 2);
        assert!(two.iter().all(|problem| problem.severity == Severity::Notice));
        assert!(two[0].evidence.iter().any(|line| line.contains("#18978")) && two[0].fix.contains("3.6.3"));
        assert!(two[1].evidence.iter().any(|line| line.contains("Invalid URL")));
        assert!(found(&[Release(3, 6, 3)]).iter().all(|problem| !problem.evidence[0].contains("nothing is sent")));
    }
}
