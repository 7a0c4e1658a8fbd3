//! What the steps of a drill have in common: how each was taken, what the release does with it, and what verifies it.

use serde::Serialize;

use crate::facts::drill::{Arrived, DrillFacts, Request, Taken, WayBack};
use crate::facts::peer::Speaks;
use crate::report::wording::sentence;
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::drill::expectation::Outcome;
use crate::rocketchat::drill::step::Step;
use crate::rocketchat::events::thrown::is_same;
use crate::severity::Severity;

/// Why a step was not taken after a signal.
const STOPPED: &str = "left out: the drill was stopped";

/// What verifies that a step was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The peer answers with success only after it has applied the events.
    Answer,
    /// The peer called back for the file or the events.
    CallBack,
    /// A question of the peer names the events as stored.
    Question,
}

/// True when the peer can be talked to at all.
pub fn is_possible(facts: &DrillFacts) -> bool {
    facts.peer.is_reachable() && facts.peer.speaks() != Speaks::Nothing
}

/// Why the peer's release has nothing like the step, or passes it over.
pub fn absence(facts: &DrillFacts, step: Step) -> Option<String> {
    let release = facts.judged_as();
    let ignored = || {
        let is_ignored = facts.expected(step).is_some_and(|expected| expected.outcome == Outcome::Ignored);
        is_ignored.then(|| format!("a {release} server has no such event and ignores it"))
    };
    step.absence(release).map(str::to_owned).or_else(ignored)
}

/// Why a step was not taken; `None` when it was.
pub fn unsent(facts: &DrillFacts, step: Step) -> Option<String> {
    let kept = [Step::Remove, Step::Leave, Step::DeleteRoom];
    if !facts.steps().contains(&step) && facts.sent(step).is_none() {
        return Some("not chosen with --only".into());
    }
    let why = match &facts.way_back {
        _ if !facts.peer.is_reachable() => facts.peer.unreached(),
        _ if facts.peer.speaks() == Speaks::Nothing => "no federation route answers",
        Some(WayBack::NoRecords { .. } | WayBack::NoKey { .. } | WayBack::OtherKey { .. }) if step != Step::WayBack => {
            "the peer could not open anything from this domain"
        }
        _ if facts.look_up.is_none() && facts.stopped.is_some() => STOPPED,
        _ if step <= Step::LookUp => return None,
        _ if facts.guest.is_none() => "the user was not found",
        _ if facts.sent(step).is_some() => return None,
        _ if facts.options.keep_room && kept.contains(&step) => "left out: --keep-room",
        _ if facts.stopped.is_some() => STOPPED,
        _ => "left out: the peer did not accept the room",
    };
    Some(why.into())
}

/// What verifies a step that was sent.
pub fn proof(facts: &DrillFacts, step: Step) -> Option<Proof> {
    let (request, part) = facts.sent(step)?;
    let called = |at| match step {
        Step::File => fetched(facts, at).is_some(),
        Step::Recovery => facts.arrived_since(at).any(|arrival| matches!(arrival.what, Arrived::Delivered { .. })),
        _ => false,
    };
    match request.taken() {
        Taken::Applied | Taken::Accepted if called(request.at) => Some(Proof::CallBack),
        Taken::Applied => Some(Proof::Answer),
        Taken::Accepted if facts.named(part, request.at) == Some(true) => Some(Proof::Question),
        _ => None,
    }
}

/// True when a step was sent and nothing verifies that it was applied.
pub fn is_unverified(facts: &DrillFacts, step: Step) -> bool {
    facts.sent(step).is_some() && proof(facts, step).is_none()
}

/// The peer fetched the drill's file: how many milliseconds later, and its size.
pub fn fetched(facts: &DrillFacts, since: u32) -> Option<(u32, usize)> {
    let (_, part) = facts.sent(Step::File)?;
    let event = part.sent.first()?;
    let message = event.pointer("/data/message").or_else(|| event.pointer("/event/payload/message"))?;
    let id = message.pointer("/file/_id")?.as_str()?;
    facts.arrived_since(since).find_map(|arrival| match &arrival.what {
        Arrived::Fetched { upload, bytes } if upload == id => Some((arrival.at.saturating_sub(since), *bytes)),
        _ => None,
    })
}

/// The verdict on a step that shows in the answer, or in a later question; `done` says what it did.
pub fn judge_sent(facts: &DrillFacts, step: Step, done: &str) -> Verdict {
    if let Some(why) = absence(facts, step).or_else(|| unsent(facts, step)) {
        return Verdict::Skip { why };
    }
    let (Some((request, part)), Some(expected)) = (facts.sent(step), facts.expected(step)) else {
        return Verdict::Skip { why: "it was not sent".into() };
    };
    match (request.taken(), &expected.outcome) {
        (Taken::Unanswered, _) => unanswered(request).into(),
        (Taken::Rejected(text), Outcome::Fails(error)) if is_same(text, &error.0) => {
            known_limit(facts, step, text).seen([request.exchange.shown()]).into()
        }
        (Taken::Rejected(text), _) => rejected(facts, request, text).into(),
        (Taken::Applied, Outcome::Applied) => {
            Verdict::Pass { note: format!("{done} ({} ms)", request.exchange.elapsed) }
        }
        (Taken::Applied, _) => {
            Verdict::Pass { note: format!("{done}, though a {} server is known to fail here", facts.judged_as()) }
        }
        (Taken::Accepted, outcome) => match facts.named(part, request.at) {
            Some(true) => Verdict::Pass { note: format!("{done}; the peer's request lists it as stored") },
            named => judge_accepted(facts, step, request, outcome, named.is_some()),
        },
    }
}

/// The answer says nothing. A question of the peer came after it, or none did; one that came does not name the event.
fn judge_accepted(facts: &DrillFacts, step: Step, request: &Request, outcome: &Outcome, has_asked: bool) -> Verdict {
    match (outcome, has_asked) {
        (Outcome::Fails(error), _) => known_limit(facts, step, &error.0).seen([request.exchange.shown()]).into(),
        (Outcome::Dropped, _) => known_limit(facts, step, "dropped").seen([request.exchange.shown()]).into(),
        (_, true) => Problem::new(
            Severity::Error,
            "accepted, and the peer has not stored it: its request does not name it",
            "messages of this kind do not arrive, and the sender gets no error",
            "Check the peer's log at this time for `Failed to add event` or an error of its handler.",
        )
        .seen([request.exchange.shown()])
        .into(),
        (_, false) => {
            Verdict::Pass { note: "accepted, not verified: the peer answers before it applies events".into() }
        }
    }
}

/// What a release is known for.
pub fn known_limit(facts: &DrillFacts, step: Step, text: &str) -> Problem {
    let release = facts.judged_as();
    let what = if facts.is_blind() && step != Step::LookUp {
        format!("accepted, and a {release} server fails on it: {text}")
    } else {
        format!("every {release} server answers `{text}`")
    };
    match step.quirk(release) {
        Some(quirk) => {
            let severity = quirk.as_peer.as_ref().map_or(Severity::Warning, |as_peer| as_peer.severity);
            Problem::new(severity, what, quirk.what, sentence(quirk.fix))
        }
        None => Problem::new(
            Severity::Warning,
            what,
            "this release does not support it, with any setup",
            with_line("See what the release can do:", &format!("fedctl explain {release}")),
        ),
    }
}

/// True when what was found is what the release is known for.
pub fn is_known_limit(facts: &DrillFacts, step: Step) -> bool {
    let Some((request, _)) = facts.sent(step) else { return false };
    let fails = facts.expected(step).map(|expected| expected.outcome);
    match (request.taken(), fails) {
        (Taken::Rejected(text), Some(Outcome::Fails(error))) => is_same(text, &error.0),
        (Taken::Accepted, Some(Outcome::Fails(_) | Outcome::Dropped)) => proof(facts, step).is_none(),
        _ => false,
    }
}

/// The verdict when the peer did not call back for something.
pub fn unasked(facts: &DrillFacts, step: Step, request: &Request, what: &str, means: &str) -> Verdict {
    if facts.is_cut(step) {
        return Verdict::Skip { why: "the drill was stopped before the peer called back".into() };
    }
    let refused = facts.arrived_since(request.at).filter_map(|arrival| match &arrival.what {
        Arrived::Refused { why } => Some(why.clone()),
        _ => None,
    });
    let evidence: Vec<String> = [request.exchange.shown(), format!("listened on {}", facts.listened())].into();
    let fix = "Check, in this order:\n\
               1. The host and port of the drill's SRV record lead to the --listen address from where the peer is.\n\
               2. The peer trusts the certificate there.\n\
               3. The peer's log has the reason:\n  fedctl explain 'THE LINE'";
    Problem::new(Severity::Error, format!("the peer {what}"), means, fix).seen(evidence).seen(refused).into()
}

fn unanswered(request: &Request) -> Problem {
    let problem = match request.exchange.answer() {
        None => Problem::new(
            Severity::Error,
            "the request was not answered",
            "servers try once and wait two seconds: an event like this one is lost",
            "Check the log of the proxy and of the server for this request.",
        ),
        Some(answer) if answer.status == 429 => Problem::new(
            Severity::Error,
            "the peer answers that there were too many requests",
            "servers up to 3.6.2 allow ten a minute, and others may have used some of them",
            "Run this again in a minute.",
        ),
        Some(answer) => Problem::new(
            Severity::Error,
            format!("answered with {}, which no release does", answer.status),
            "a proxy or another server answers instead of the server",
            "Check the proxy in front of the server.",
        ),
    };
    problem.seen([request.exchange.shown()])
}

fn rejected(facts: &DrillFacts, request: &Request, text: &str) -> Problem {
    let problem = match text.to_ascii_lowercase().contains("decrypt") {
        true => Problem::new(
            Severity::Error,
            "the peer could not open the events",
            "every message from this domain is refused; the peer may have cached an older key for an hour",
            with_line(
                "Check the records as the peer's resolver gives them, on the peer's host:",
                &format!("fedctl dns-check {} --system-only", facts.domain),
            ),
        ),
        false => Problem::new(
            Severity::Error,
            format!("the peer fails on it: {text}"),
            format!("a {} server is expected to apply it", facts.judged_as()),
            "Check the peer's log at this time, and report its lines.",
        ),
    };
    problem.seen([request.exchange.shown()])
}
