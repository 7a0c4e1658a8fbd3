//! The stages of a handshake: which checks belong to each, and how long each took.

use crate::facts::peer::{Exchange, PeerFacts};
use crate::report::{self, Line, Verdict};
use crate::severity::Severity;

/// One stage.
pub struct Stage {
    pub name: &'static str,
    /// The checks that judge it.
    pub ids: &'static [&'static str],
    elapsed: fn(&PeerFacts) -> Option<u32>,
}

/// In the order in which a server goes through them.
pub const STAGES: &[Stage] = &[
    Stage { name: "discover", ids: &["peer-discovery"], elapsed: |facts| Some(facts.discovery) },
    Stage { name: "connect", ids: &["peer-address", "peer-connect"], elapsed: connect },
    Stage { name: "tls", ids: &["tls-protocol", "tls-chain", "tls-name", "tls-expiry"], elapsed: tls },
    Stage { name: "http", ids: &["peer-http"], elapsed: |facts| time(&facts.info) },
    Stage { name: "release", ids: &["peer-release"], elapsed: |_| None },
    Stage {
        name: "federation",
        ids: &["peer-federation"],
        elapsed: |facts| time(&facts.search).max(time(&facts.users)),
    },
    Stage { name: "identity", ids: &["peer-identity"], elapsed: |_| None },
    Stage { name: "ping", ids: &["peer-ping"], elapsed: |facts| time(&facts.ping) },
    Stage { name: "size", ids: &["peer-body"], elapsed: |facts| time(&facts.large) },
    Stage { name: "speed", ids: &["peer-latency"], elapsed: |_| None },
    Stage { name: "round trip", ids: &["peer-round-trip"], elapsed: |facts| facts.callback.as_ref()?.opened },
    Stage { name: "bypass", ids: &["peer-bypass"], elapsed: |facts| time(&facts.bypass) },
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
    /// Milliseconds; `None` when the stage did not happen or has no time of its own.
    pub fn elapsed(&self, facts: &PeerFacts) -> Option<u32> {
        (self.elapsed)(facts)
    }

    /// The lines of its checks.
    pub fn lines<'a>(&self, lines: &'a [Line]) -> Vec<&'a Line> {
        lines.iter().filter(|line| self.ids.contains(&line.id)).collect()
    }

    /// The worst of its lines; skipped only when all of them were.
    pub fn ended(&self, lines: &[Line]) -> Ended {
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

/// The stages one after the other, for a picture; the times of those before make the start of each.
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
        report::Stage { name: stage.name.to_owned(), start: begin, took, outcome, note }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{CHECKS, Judge};

    #[test]
    fn every_check_of_a_peer_has_one_stage() {
        let mut staged: Vec<&str> = STAGES.iter().flat_map(|stage| stage.ids.iter().copied()).collect();
        let mut known: Vec<&str> =
            CHECKS.iter().filter(|check| matches!(check.judge, Judge::Peer(_))).map(|check| check.id).collect();
        staged.sort_unstable();
        known.sort_unstable();
        assert_eq!(staged, known);
    }
}
