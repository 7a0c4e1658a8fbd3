//! What was found lately: a small file in the user's state directory, for `fedctl status` and for completion. It holds names,
//! check ids and times, no keys and no secrets.

use std::path::PathBuf;

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use super::key_file::{Access, Pending};
use crate::file::read;
use crate::render::fill::harmless;
use crate::report::Report;
use crate::severity::Severity;
use crate::text::Filtered;

/// Runs that are kept, newest first.
const RUNS_MAX: usize = 40;

/// The runs, newest first; one for each command and subject.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    pub runs: Vec<Run>,
}

/// What one run found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// With all its words, as in `hub lookup`.
    pub command: String,
    pub subject: String,
    /// Seconds since 1970.
    pub time: i64,
    pub errors: usize,
    pub warnings: usize,
    /// The check of the worst finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst: Option<String>,
}

impl Run {
    /// What a report says, in short.
    pub fn of(command: &str, report: &Report, time: i64) -> Self {
        let worst = report.problems().into_iter().find(|(_, problem)| problem.severity >= Severity::Warning);
        Self {
            command: command.to_owned(),
            subject: harmless(&report.subject),
            time,
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            worst: worst.map(|(id, _)| id.to_owned()),
        }
    }
}

impl Recent {
    /// What is in the file; nothing when there is none or when it cannot be read.
    pub fn read() -> Self {
        let text = path().and_then(|path| read::text(&path, &read::STATE).ok());
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Puts runs in front, in the place of older ones of the same command and subject.
    pub fn add(&mut self, runs: Vec<Run>) {
        let same = |old: &Run, new: &Run| old.command == new.command && old.subject == new.subject;
        self.runs.retain(|old| !runs.iter().any(|new| same(old, new)));
        self.runs.splice(0..0, runs);
        self.runs.truncate(RUNS_MAX);
    }

    /// Writes the file, readable by its owner only.
    pub fn write(&self) -> anyhow::Result<()> {
        let Some(path) = path() else { return Ok(()) };
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        Pending::write(&path, &Filtered::json(&serde_json::to_string(self)?), Access::OwnerOnly, true)?.commit()
    }
}

/// `fedctl/recent.json` in XDG_STATE_HOME, by default in ~/.local/state.
fn path() -> Option<PathBuf> {
    let dirs = etcetera::choose_base_strategy().ok()?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_dir()).join("fedctl").join("recent.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_replaces_the_one_before_and_old_ones_go() {
        let run = |subject: String, time| Run {
            command: "dns-check".into(),
            subject,
            time,
            errors: 0,
            warnings: 0,
            worst: None,
        };
        let mut recent = Recent::default();
        for at in 0..50 {
            recent.add(vec![run(format!("d{at}.example"), at)]);
        }
        recent.add(vec![run("d30.example".into(), 99)]);
        assert_eq!((recent.runs.len(), recent.runs[0].time), (RUNS_MAX, 99));
        assert_eq!(recent.runs.iter().filter(|run| run.subject == "d30.example").count(), 1);
        assert!(!recent.runs.iter().any(|run| run.subject == "d0.example"));
    }
}
