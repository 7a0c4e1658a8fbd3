//! Which release runs there, and which of its defects look like a wrong configuration?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::{Exchange, PeerFacts, Speaks};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::boundary;
use crate::rocketchat::life::Life;
use crate::rocketchat::quirks::{self, AsPeer, Quirk};
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

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    if facts.info.is_none() {
        return Verdict::skip(facts.unreached());
    }
    let Some((release, exact)) = facts.release() else {
        return Verdict::skip("the server does not report its release");
    };
    // A server that hides its last number may have the fault or not.
    let last = if exact { release } else { Release(release.0, release.1, u16::MAX) };
    let shown = release.shown(exact);
    match Life::of(release) {
        Life::Removed => return vec![removed(&shown).into()],
        Life::Unknown => return Verdict::pass(format!("{shown}, which fedctl does not know")),
        Life::Works | Life::ReceivesOnly | Life::Closed => {}
    }
    let opened = facts.speaks() == Speaks::New && facts.search.as_ref().is_some_and(answers);
    let has = |quirk: &&Quirk| {
        let is_open = quirk.id == quirks::CLOSED.id && opened;
        !is_open && quirk.first <= last && quirk.until.is_none_or(|until| release < until)
    };
    let mut found: Vec<(Severity, Verdict)> = quirks::all()
        .filter(has)
        .filter_map(|quirk| Some((quirk, quirk.as_peer.as_ref()?)))
        .map(|(quirk, seen)| (seen.severity, problem(quirk, seen, &shown, last).into()))
        .collect();
    found.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    if found.is_empty() { Verdict::pass(shown) } else { found.into_iter().map(|(_, verdict)| verdict).collect() }
}

/// True when the route answered as an open one does, whatever the release would do by default.
fn answers(search: &Exchange) -> bool {
    search.answer().is_some_and(|answer| answer.success() == Some(true))
}

fn removed(shown: &str) -> Problem {
    let removed = boundary::REMOVED;
    Problem::new(
        Severity::Error,
        format!("{shown} has no classic federation: it was removed in {removed}"),
        "native federation, which speaks the Matrix protocol, replaced it; classic servers are not compatible with it",
        with_line(
            "Nothing in DNS changes this. For what replaces classic federation:",
            "fedctl upgrade plan --from 6.2 --to 7.11",
        ),
    )
}

fn problem(quirk: &Quirk, seen: &AsPeer, shown: &str, last: Release) -> Problem {
    let unsure = quirk.until.is_some_and(|fixed| fixed <= last);
    let what = match (unsure, quirk.until) {
        (true, Some(fixed)) => format!("{shown} {}, unless it is {fixed} or later", seen.what),
        _ => format!("{shown} {}", seen.what),
    };
    let fix = match quirk.fixed_in() {
        None => "Run 6.2.x, the last releases that send. No record changes this.".to_owned(),
        Some(to) => format!("Upgrade the peer to {to} or later, for example to 3.18.x, 4.8.x or 6.2.x."),
    };
    Problem::new(seen.severity, what, seen.means, fix)
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
        assert!(judged("3.0.9")[0].contains("does not add users") && judged("3.1.0")[0].contains("counts members"));
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
    fn a_closed_a_removed_and_an_unknown_release_are_three_things() {
        assert!(judged("7.9.0").iter().any(|what| what.contains("cannot send anything")));
        let mut facts = sample();
        set_release(&mut facts, "7.9.0");
        let refusal = format!(r#"{{"success":false,"error":"{}"}}"#, crate::rocketchat::life::GATE_ANSWER);
        facts.search.as_mut().unwrap().outcome =
            Ok(crate::check::peer_sample::answer(400, "application/json", &refusal));
        let closed: Vec<String> = problems(judge(&facts)).into_iter().map(|problem| problem.what).collect();
        assert!(closed.iter().any(|what| what.contains("ENABLE_INSECURE_LEGACY_FEDERATION")), "{closed:?}");
        let removed = judged("8.6.1");
        assert!(removed.len() == 1 && removed[0].contains("was removed in 7.11.0"), "{removed:?}");
        set_release(&mut facts, "99.0.0");
        assert!(matches!(&judge(&facts)[..], [Verdict::Pass { note }] if note.contains("does not know")));
    }

    #[test]
    fn no_release_is_no_fault() {
        let mut facts = sample();
        set_release(&mut facts, "develop");
        assert!(matches!(judge(&facts)[..], [Verdict::Skip { .. }]));
    }
}
