//! The stages of a handshake: which checks belong to each, and how long each took.

use super::drill_leftovers::leftovers;
use super::{CHECKS, judge_steps};
use crate::facts::drill::DrillFacts;
use crate::facts::peer::{Exchange, PeerFacts};
use crate::report::{self, Line, Verdict};
use crate::rocketchat::drill::step::Step;
use crate::severity::Severity;

/// One stage, in the order in which a server goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Discover,
    Connect,
    Tls,
    Http,
    Release,
    Federation,
    Identity,
    Ping,
    Size,
    Speed,
    RoundTrip,
    Bypass,
    Exposure,
}

/// Every stage, in order.
pub const STAGES: &[Stage] = &[
    Stage::Discover,
    Stage::Connect,
    Stage::Tls,
    Stage::Http,
    Stage::Release,
    Stage::Federation,
    Stage::Identity,
    Stage::Ping,
    Stage::Size,
    Stage::Speed,
    Stage::RoundTrip,
    Stage::Bypass,
    Stage::Exposure,
];

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Ok,
    Skipped,
    Problem(Severity),
}

impl Ended {
    /// `ok`, `skipped`, or the severity.
    pub fn word(self) -> String {
        match self {
            Self::Ok => "ok".into(),
            Self::Skipped => "skipped".into(),
            Self::Problem(severity) => severity.to_string(),
        }
    }
}

impl Stage {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Discover => "discover",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Release => "release",
            Self::Federation => "federation",
            Self::Identity => "identity",
            Self::Ping => "ping",
            Self::Size => "size",
            Self::Speed => "speed",
            Self::RoundTrip => "round trip",
            Self::Bypass => "bypass",
            Self::Exposure => "exposure",
        }
    }

    /// Milliseconds; `None` when the stage did not happen or takes no time itself.
    pub fn elapsed(self, facts: &PeerFacts) -> Option<u32> {
        match self {
            Self::Discover => Some(facts.discovery),
            Self::Connect => connect(facts),
            Self::Tls => tls(facts),
            Self::Http => time(&facts.info),
            Self::Federation => time(&facts.search).max(time(&facts.users)),
            Self::Ping => time(&facts.ping),
            Self::Size => time(&facts.large),
            Self::RoundTrip => facts.callback.as_ref()?.opened,
            Self::Bypass => time(&facts.bypass),
            Self::Exposure => time(&facts.stranger),
            Self::Release | Self::Identity | Self::Speed => None,
        }
    }

    /// The ids of its checks.
    pub fn ids(self) -> Vec<&'static str> {
        CHECKS.iter().filter(|check| check.stage == Some(self)).map(|check| check.id).collect()
    }

    /// The lines of its checks.
    pub fn lines(self, lines: &[Line]) -> Vec<&Line> {
        let ids = self.ids();
        lines.iter().filter(|line| ids.contains(&line.id)).collect()
    }

    /// The worst of its lines; skipped only when all of them were.
    pub fn ended(self, lines: &[Line]) -> Ended {
        let lines = self.lines(lines);
        let worst = lines.iter().filter_map(|line| match &line.verdict {
            Verdict::Problem(problem) => Some(problem.severity),
            _ => None,
        });
        match worst.max() {
            Some(severity) => Ended::Problem(severity),
            None if lines.iter().all(|line| matches!(line.verdict, Verdict::Skip { .. })) => Ended::Skipped,
            None => Ended::Ok,
        }
    }
}

/// The stages one after the other, for a timeline; the times of those before make the start of each.
pub fn timeline(facts: &PeerFacts, lines: &[Line]) -> Vec<report::Stage> {
    let mut start = 0u32;
    let stage = |stage: &Stage| {
        let lines = stage.lines(lines);
        let took = stage.elapsed(facts).unwrap_or_default();
        let begin = start;
        start = start.saturating_add(took);
        let note = lines.iter().find_map(|line| match &line.verdict {
            Verdict::Problem(problem) if problem.severity == Severity::Error => Some(problem.what.clone()),
            _ => None,
        });
        let first = lines.first().map(|line| match &line.verdict {
            Verdict::Pass { note } => note.clone(),
            Verdict::Problem(problem) => problem.what.clone(),
            Verdict::Skip { why } => why.clone(),
        });
        let outcome = match stage.ended(&lines.into_iter().cloned().collect::<Vec<_>>()) {
            Ended::Problem(Severity::Error) => report::StageOutcome::Failed,
            Ended::Skipped => report::StageOutcome::Skipped,
            Ended::Ok | Ended::Problem(_) => report::StageOutcome::Done,
        };
        let note = note.or(first).unwrap_or_default();
        report::Stage { name: stage.name().to_owned(), start: begin, took, outcome, note }
    };
    STAGES.iter().map(stage).collect()
}

fn time(exchange: &Option<Exchange>) -> Option<u32> {
    exchange.as_ref().map(|exchange| exchange.elapsed)
}

fn connect(facts: &PeerFacts) -> Option<u32> {
    facts.addresses.iter().filter_map(|address| address.connect.as_ref().ok()).max().copied()
}

fn tls(facts: &PeerFacts) -> Option<u32> {
    facts.addresses.iter().filter_map(|address| Some(address.tls.as_ref()?.elapsed)).max()
}

/// The steps of a drill and what stays at the peer, for a timeline.
pub fn drill_timeline(facts: &DrillFacts) -> Vec<report::Stage> {
    let mut end = 0;
    let mut stages: Vec<report::Stage> = judge_steps(facts)
        .into_iter()
        .map(|(step, line)| {
            let (start, took) = match facts.sent(step) {
                Some((request, _)) => (request.at, request.exchange.elapsed),
                None => (end, facts.look_up.as_ref().filter(|_| step == Step::LookUp).map_or(0, |call| call.elapsed)),
            };
            end = start.saturating_add(took);
            let (outcome, note) = match line.verdict {
                Verdict::Pass { note } => (report::StageOutcome::Done, note),
                Verdict::Problem(problem) if problem.severity == Severity::Error => {
                    (report::StageOutcome::Failed, problem.what)
                }
                Verdict::Problem(problem) => (report::StageOutcome::Done, problem.what),
                Verdict::Skip { why } => (report::StageOutcome::Skipped, why),
            };
            report::Stage { name: step.name(), start, took, outcome, note }
        })
        .collect();
    stages.extend(leftovers(facts).into_iter().map(|left| report::Stage {
        name: "left at the peer".into(),
        start: end,
        took: 0,
        outcome: report::StageOutcome::Left,
        note: format!("{}; remove: {}", left.what, left.remove),
    }));
    stages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Judge;

    #[test]
    fn every_check_of_a_peer_has_a_stage_and_every_stage_a_check() {
        for check in CHECKS {
            assert_eq!(check.stage.is_some(), matches!(check.judge, Judge::Peer(_)), "{}", check.id);
        }
        for stage in STAGES {
            assert!(!stage.ids().is_empty(), "{}", stage.name());
        }
    }
}
