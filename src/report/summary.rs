//! The results of many reports in numbers: by verdict and by cause.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::severity::Severity;

/// How one subject was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Result {
    Ok,
    /// With findings that do not reach `--fail-on`, notices aside.
    Warnings,
    Failed,
    /// It could not be checked.
    Unknown,
}

impl Result {
    /// What a report amounts to.
    pub fn of(report: &Report, fail_on: Severity) -> Self {
        match report.worst() {
            _ if report.is_unknown(fail_on) => Self::Unknown,
            Some(worst) if worst >= fail_on => Self::Failed,
            Some(worst) if worst >= Severity::Warning => Self::Warnings,
            _ => Self::Ok,
        }
    }
}

/// One subject in a few words: enough to count it again when a run continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub subject: String,
    pub result: Result,
    /// The check of the worst finding, unless the result is ok.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl Entry {
    /// What counts of a report.
    pub fn of(report: &Report, fail_on: Severity) -> Self {
        let result = Result::of(report, fail_on);
        let worst = report.problems().first().map(|(id, _)| (*id).to_owned());
        Self {
            subject: report.subject.clone(),
            result,
            cause: worst.filter(|_| !matches!(result, Result::Ok | Result::Unknown)),
        }
    }
}

/// The numbers of many subjects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    pub ok: usize,
    pub warnings: usize,
    pub failed: usize,
    /// Could not be checked.
    pub unknown: usize,
    /// How often each check was the worst finding.
    pub causes: BTreeMap<String, usize>,
}

impl Summary {
    /// Counts one subject.
    pub fn add(&mut self, entry: &Entry) {
        match entry.result {
            Result::Ok => self.ok += 1,
            Result::Warnings => self.warnings += 1,
            Result::Failed => self.failed += 1,
            Result::Unknown => self.unknown += 1,
        }
        if let Some(cause) = &entry.cause {
            *self.causes.entry(cause.clone()).or_default() += 1;
        }
    }

    /// All that were counted.
    pub fn total(&self) -> usize {
        self.ok + self.warnings + self.failed + self.unknown
    }

    /// The causes, most frequent first.
    pub fn frequent(&self) -> Vec<(&str, usize)> {
        let mut causes: Vec<(&str, usize)> = self.causes.iter().map(|(id, count)| (id.as_str(), *count)).collect();
        causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        causes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_counted_by_result_and_cause() {
        let mut summary = Summary::default();
        let entry = |result, cause: Option<&str>| Entry { subject: "a".into(), result, cause: cause.map(Into::into) };
        summary.add(&entry(Result::Ok, None));
        for _ in 0..2 {
            summary.add(&entry(Result::Failed, Some("key-record")));
        }
        summary.add(&entry(Result::Warnings, Some("dns-servers")));
        assert_eq!((summary.total(), summary.ok, summary.warnings, summary.failed), (4, 1, 1, 2));
        assert_eq!(summary.frequent(), [("key-record", 2), ("dns-servers", 1)]);
    }
}
