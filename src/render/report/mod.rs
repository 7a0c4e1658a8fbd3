//! A report, for people and for programs.

mod arrivals;
mod human;
mod json;

use crate::federation::report::{Report, Severity};

/// The forms in which a report can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ReportFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a report, or an array when there are several (docs/json.md).
    Json,
}

/// What a writer needs besides the reports.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// The severity from which on a report is not clean.
    pub fail_on: Severity,
    /// Show the checks that passed or were skipped too, each with its note.
    pub verbose: bool,
}

/// Writes the reports.
pub fn write(format: ReportFormat, reports: &[Report], style: Style) -> anyhow::Result<String> {
    match format {
        ReportFormat::Human => Ok(human::write(reports, style)),
        ReportFormat::Json => json::write(reports, style),
    }
}

/// `clean` or `problems`.
pub fn verdict(report: &Report, style: Style) -> &'static str {
    if report.is_clean(style.fail_on) { "clean" } else { "problems" }
}
