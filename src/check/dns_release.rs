//! What do the named releases get wrong whatever is published?

use super::{Check, Judge, Needs};
use crate::facts::dns::{DnsFacts, Expected};
use crate::report::wording::sentence;
use crate::report::{Problem, Verdict};
use crate::rocketchat::quirks::{self, Area, Quirk};
use crate::rocketchat::release::Release;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-release",
    title: "the named releases have no known faults",
    page: include_str!("../../docs/checks/dns-release.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

/// Records cannot fix these, so they weigh little. What the table of generations tells already, or a screen only, weighs nothing.
fn judge(_: &DnsFacts, expected: &Expected) -> Vec<Verdict> {
    if expected.releases.is_empty() {
        return Verdict::skip("no release was named: --release RELEASE");
    }
    let verdicts: Vec<Verdict> = expected.releases.iter().filter_map(|release| description(*release)).collect();
    if !verdicts.is_empty() {
        return verdicts;
    }
    let mut small = Vec::new();
    for release in &expected.releases {
        small.extend(alike(*release).into_iter().map(|quirk| format!("{release}: {}", quirk.shows)));
    }
    if small.is_empty() {
        Verdict::pass("no fault that looks like wrong records")
    } else {
        Verdict::pass(small.join("; "))
    }
}

fn description(release: Release) -> Option<Verdict> {
    let grave = |quirk: &&Quirk| quirk.area == Area::Delivery && quirk.severity >= Severity::Warning;
    let found: Vec<&Quirk> = alike(release).into_iter().filter(grave).collect();
    let first = found.first()?;
    let what = format!("{release}: {}", first.what);
    let seen = found.iter().map(|quirk| match quirk.issue {
        Some(issue) => format!("{} (#{issue})", quirk.shows),
        None => quirk.shows.to_owned(),
    });
    let means = "it looks like wrong records, and no record fixes it";
    Some(Problem::new(Severity::Notice, what, means, sentence(first.fix)).seen(seen).into())
}

/// The faults that look like wrong records; those inside rooms and with files do not.
fn alike(release: Release) -> Vec<&'static Quirk> {
    let alike =
        |quirk: &&Quirk| matches!(quirk.area, Area::Delivery | Area::Screens) && quirk.id != quirks::SENDING_BROKEN.id;
    quirks::of(release).into_iter().filter(alike).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample};

    fn found(releases: &[Release]) -> Vec<Problem> {
        problems(judge(&sample(), &Expected { releases: releases.to_vec(), ..Expected::default() }))
    }

    #[test]
    fn each_named_release_lists_its_faults_and_none_counts() {
        assert!(matches!(judge(&sample(), &Expected::default())[..], [Verdict::Skip { .. }]));
        let old = found(&[Release(3, 5, 0), Release(3, 6, 3)]);
        assert_eq!((old.len(), old[0].severity), (1, Severity::Notice));
        assert!(old[0].evidence.iter().any(|line| line.contains("#18978")) && old[0].fix.contains("3.6.3"));
        let expected = Expected { releases: vec![Release(6, 5, 0)], ..Expected::default() };
        let Verdict::Pass { note } = &judge(&sample(), &expected)[0] else { panic!("it is reported in the table") };
        assert!(note.contains("always pass") && !note.contains("Invalid URL"), "{note}");
    }
}
