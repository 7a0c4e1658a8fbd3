//! Which defects does the server's release have, whatever its admin does?

use super::{Check, Judge, Needs};
use crate::facts::server::OwnFacts;
use crate::report::wording::sentence;
use crate::report::{Problem, Verdict};
use crate::rocketchat::boundary;
use crate::rocketchat::generation::Generation;
use crate::rocketchat::life::Life;
use crate::rocketchat::quirks::{self, Area, Quirk};
use crate::rocketchat::settings::Method;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "server-release",
    title: "the server's release can federate",
    page: include_str!("../../docs/checks/server-release.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Own(judge),
};

fn judge(own: &OwnFacts) -> Vec<Verdict> {
    let Some(release) = own.release() else {
        return Verdict::skip("the server does not report its release: `release: 3.18.3` in fedctl.yaml, or --release");
    };
    match Life::of(release) {
        Life::Removed => return vec![removed(own, &release.to_string()).into()],
        Life::Unknown => return Verdict::pass(format!("{release}, which fedctl does not know")),
        Life::Works | Life::ReceivesOnly | Life::Closed => {}
    }
    // The hub matters to those who rely on it, and a limit of the protocol looks like no wrong setup.
    let matters = |quirk: &&&Quirk| match quirk.area {
        Area::Hub => own.method == Method::Hub,
        Area::Protocol => false,
        Area::Delivery | Area::Rooms | Area::Files | Area::Screens => true,
    };
    let found = quirks::of(release);
    let (small, large): (Vec<&Quirk>, Vec<&Quirk>) =
        found.iter().filter(matters).partition(|quirk| quirk.severity == Severity::Notice);
    let mut verdicts: Vec<Verdict> = large.iter().map(|quirk| description(quirk, &release.to_string())).collect();
    if let [first, rest @ ..] = small.as_slice() {
        let what = match rest.len() {
            0 => format!("{release}: {}", first.what),
            more => format!("{release} has {} known faults that may occasionally affect federation", more + 1),
        };
        let lines = small.iter().map(|quirk| format!("{}: {}", quirk.id, quirk.shows));
        let means = "they look like a wrong setup, but the setup is right";
        verdicts.push(
            Problem::new(
                Severity::Notice,
                what,
                means,
                format!("Nothing, unless you meet one of them:\n  fedctl explain {release}"),
            )
            .seen(lines)
            .into(),
        );
    }
    let generation = Generation::of(release);
    if verdicts.is_empty() { Verdict::pass(format!("{release}; {}", generation.memory)) } else { verdicts }
}

/// Native federation is another one, with other records.
fn removed(own: &OwnFacts, release: &str) -> Problem {
    let what = format!("{release} has no classic federation: it was removed in {}", boundary::REMOVED);
    let means = "native federation, which speaks the Matrix protocol, replaced it; peers on older releases are cut off";
    let fix = format!("Check what native federation needs:\n  fedctl dns-check {} --release {release}", own.dns.domain);
    Problem::new(Severity::Error, what, means, fix)
}

fn description(quirk: &Quirk, release: &str) -> Verdict {
    let issue = quirk.issue.map(|number| format!("RocketChat/Rocket.Chat#{number}"));
    let what = format!("{release}: {} (releases {})", quirk.what, quirk.span());
    let seen = [Some(format!("{} in: fedctl explain {release}", quirk.id)), issue];
    Problem::new(quirk.severity, what, quirk.shows, sentence(quirk.fix)).seen(seen.into_iter().flatten()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_sample::sample;
    use crate::check::sample::problems;
    use crate::rocketchat::release::Release;

    fn judged(release: Release, method: Method) -> Vec<Problem> {
        let mut own = sample();
        own.server = Err(crate::facts::server::NotRead::NoToken);
        own.peer.info = None;
        own.release = Some(release);
        own.method = method;
        problems(judge(&own))
    }

    #[test]
    fn large_faults_stand_alone_and_small_ones_together() {
        let found = judged(Release(3, 5, 0), Method::Dns);
        assert_eq!(found.iter().filter(|problem| problem.severity == Severity::Error).count(), 2);
        assert_eq!(found.iter().filter(|problem| problem.severity == Severity::Notice).count(), 1);
        let hub = |method| judged(Release(5, 0, 0), method).iter().any(|problem| problem.what.contains("the hub"));
        assert!(hub(Method::Hub) && !hub(Method::Dns));
        assert!(judged(Release(6, 3, 0), Method::Dns)[0].what.contains("undefined/api/v1"));
    }

    #[test]
    fn each_fault_has_the_id_that_explain_shows_for_the_release() {
        for release in [Release(3, 5, 0), Release(6, 2, 0)] {
            let known: Vec<&str> = quirks::of(release).iter().map(|quirk| quirk.id).collect();
            let found = judged(release, Method::Hub);
            let ids = |problem: &Problem| -> Vec<String> {
                let id =
                    |line: &String| line.split([':', ' ']).next().filter(|id| known.contains(id)).map(str::to_owned);
                problem.evidence.iter().filter_map(id).collect()
            };
            assert!(found.iter().all(|problem| !ids(problem).is_empty()), "{found:?}");
            let small = found.iter().find(|problem| problem.severity == Severity::Notice).unwrap();
            assert_eq!(ids(small).len(), small.evidence.len(), "{small:?}");
            assert!(small.fix.ends_with(&format!("fedctl explain {release}")), "{small:?}");
        }
    }

    #[test]
    fn a_release_without_classic_federation_has_one_finding() {
        let found = judged(Release(8, 0, 0), Method::Dns);
        assert!(found.len() == 1 && found[0].fix.ends_with("--release 8.0.0"), "{found:?}");
        assert!(judged(Release(99, 0, 0), Method::Dns).is_empty());
    }
}
