//! The watched domains, for people and for programs: one file for each form.

pub mod board;
pub mod history;
pub mod html;
pub mod message;
pub mod metrics;
pub mod strip;

use crate::count::counted;
use crate::report::watch::{Status, Verdict};

/// How many domains have each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub ok: usize,
    pub warning: usize,
    pub failing: usize,
    /// Never checked, or no resolver answered.
    pub unknown: usize,
}

impl Tally {
    pub fn of(statuses: &[Status]) -> Self {
        let mut tally = Self::default();
        for status in statuses {
            *match verdict(status) {
                Verdict::Ok => &mut tally.ok,
                Verdict::Warning => &mut tally.warning,
                Verdict::Failing => &mut tally.failing,
                Verdict::Unknown => &mut tally.unknown,
            } += 1;
        }
        tally
    }

    pub fn total(&self) -> usize {
        self.ok + self.warning + self.failing + self.unknown
    }

    /// `3 domains: 2 ok, 1 failing`.
    pub fn sentence(&self) -> String {
        let counts =
            [(self.ok, "ok"), (self.warning, "with warnings"), (self.failing, "failing"), (self.unknown, "unknown")];
        let counts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        let total = self.total();
        if total == 0 {
            return "no domains".into();
        }
        format!("{}: {}", counted(total, "domain"), counts.join(", "))
    }
}

/// The verdict of the last check.
pub fn verdict(status: &Status) -> Verdict {
    status.state.snapshot.as_ref().map_or(Verdict::Unknown, |snapshot| snapshot.verdict)
}
