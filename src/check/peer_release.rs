//! Which release runs there, and which of its defects look like a wrong configuration?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::PeerFacts;
use crate::report::{Problem, Verdict};
use crate::rocketchat::release::Release;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-release",
    title: "the peer's release can federate",
    page: include_str!("../../docs/checks/peer-release.md"),
    stage: Some(Stage::Release),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

/// A defect of all releases from `first` up to, and without, `fixed`.
struct Defect {
    first: Release,
    fixed: Option<Release>,
    severity: Severity,
    what: &'static str,
    means: &'static str,
}

const DEFECTS: &[Defect] = &[
    Defect {
        first: Release(6, 3, 0),
        fixed: None,
        severity: Severity::Error,
        what: "cannot send anything to peers",
        means: "it receives, and its own messages vanish: its log says `Invalid URL`",
    },
    Defect {
        first: Release(3, 3, 0),
        fixed: Some(Release(3, 6, 3)),
        severity: Severity::Error,
        what: "sends no messages to peers",
        means: "users are found and nothing arrives, without any error; its \"Test setup\" is green all the same",
    },
    Defect {
        first: Release(3, 0, 0),
        fixed: Some(Release(3, 0, 10)),
        severity: Severity::Error,
        what: "does not understand that a user was added to a room",
        means: "messages pass in one direction only: its log says `Cannot read property 'success' of undefined`",
    },
    Defect {
        first: Release(2, 0, 0),
        fixed: Some(Release(3, 4, 0)),
        severity: Severity::Warning,
        what: "counts members where it should count domains",
        means: "rooms with more than 10 members fail with `Cannot federate rooms with more than 10 domains`",
    },
    Defect {
        first: Release(2, 0, 0),
        fixed: Some(Release(3, 3, 0)),
        severity: Severity::Notice,
        what: "loses attachments that are not images",
        means: "its log says `Cannot read property 'replace' of undefined`",
    },
    Defect {
        first: Release(2, 0, 0),
        fixed: Some(Release(4, 3, 0)),
        severity: Severity::Notice,
        what: "fails on users without a mail address",
        means: "such users are `invalid user` for peers: `Cannot read property '0' of undefined`",
    },
    Defect {
        first: Release(1, 0, 0),
        fixed: Some(Release(2, 0, 0)),
        severity: Severity::Warning,
        what: "speaks the protocol of 1.x",
        means: "it federates with other 1.x servers only",
    },
];

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    if facts.info.is_none() {
        return Verdict::skip(facts.unreached());
    }
    let Some((release, exact)) = facts.release() else { return Verdict::skip("the server does not tell its release") };
    // A server that hides its last number may have the defect or not.
    let last = if exact { release } else { Release(release.0, release.1, u16::MAX) };
    let shown = if exact { release.to_string() } else { format!("{}.{}", release.0, release.1) };
    let has = |defect: &&Defect| defect.first <= last && defect.fixed.is_none_or(|fixed| release < fixed);
    let found: Vec<Verdict> = DEFECTS.iter().filter(has).map(|defect| problem(defect, &shown, last).into()).collect();
    if found.is_empty() { Verdict::pass(shown) } else { found }
}

fn problem(defect: &Defect, shown: &str, last: Release) -> Problem {
    let unsure = defect.fixed.is_some_and(|fixed| fixed <= last);
    let what = match (unsure, defect.fixed) {
        (true, Some(fixed)) => format!("{shown} {}, unless it is {fixed} or later", defect.what),
        _ => format!("{shown} {}", defect.what),
    };
    let fix = match defect.fixed {
        None => "run 6.2.x, the last line that sends; no record can mend this".to_owned(),
        Some(fixed) => {
            // 3.3.0 to 3.6.2 mend this and send nothing.
            let to = if fixed < Release(3, 3, 0) { fixed } else { fixed.max(Release(3, 6, 3)) };
            format!("upgrade the peer to {to} or later; 3.18.x, 4.8.x or 6.2.x are good choices")
        }
    };
    Problem::new(defect.severity, what, defect.means, fix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{sample, set_release};
    use crate::check::sample::problems;

    fn judged(release: &str) -> Vec<String> {
        let mut facts = sample();
        set_release(&mut facts, release);
        problems(judge(&facts)).into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn defects_have_their_spans() {
        assert_eq!(judged("6.2.1"), [""; 0]);
        assert_eq!(judged("6.3"), ["6.3 cannot send anything to peers"]);
        assert!(
            judged("3.6.2")[0].contains("sends no messages")
                && !judged("3.6.3").iter().any(|what| what.contains("sends no"))
        );
        assert!(judged("3.6")[0].ends_with("unless it is 3.6.3 or later"));
        assert!(judged("3.0.9")[0].contains("a user was added") && judged("3.1.0")[0].contains("counts members"));
        assert_eq!(judged("1.3.5"), ["1.3.5 speaks the protocol of 1.x"]);
    }

    #[test]
    fn nobody_is_sent_to_a_release_that_sends_nothing() {
        let mut facts = sample();
        set_release(&mut facts, "3.1.0");
        let found = problems(judge(&facts));
        assert!(
            found.iter().all(|problem| !problem.fix.contains("3.3.0") && !problem.fix.contains("3.4.0")),
            "{found:?}"
        );
    }

    #[test]
    fn no_release_is_no_fault() {
        let mut facts = sample();
        set_release(&mut facts, "develop");
        assert!(matches!(judge(&facts)[..], [Verdict::Skip { .. }]));
    }
}
