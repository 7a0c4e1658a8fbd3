//! A report, for people and for programs: one file a form.

mod arrivals;
mod by_release;
mod github;
mod html;
pub mod human;
mod json;
mod junit;
mod markdown;
mod nagios;
mod ndjson;
mod prometheus;
mod propagation;
mod sarif;
mod tap;

pub use nagios::state as nagios_state;

use crate::report::Report;

use crate::severity::Severity;

/// The forms in which a report can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ReportFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a report, or an array when there are several (docs/json.md).
    Json,
    /// One JSON object a line: each finding, each check, then the verdict.
    Ndjson,
    /// JUnit XML, for CI servers.
    Junit,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// A monitoring plugin: one line, performance data, exit status 0 to 3.
    Nagios,
    /// A file for node_exporter's textfile collector.
    Prometheus,
    /// Markdown, for issues and chats.
    Markdown,
    /// One self-contained page.
    Html,
    /// Workflow commands of GitHub Actions.
    Github,
}

/// One form.
pub struct Form {
    pub format: ReportFormat,
    pub write: fn(&[Report], Style) -> anyhow::Result<String>,
}

/// Every form, the default first.
pub const REPORT_FORMATS: &[Form] = &[
    Form { format: ReportFormat::Human, write: |reports, style| Ok(human::write(reports, style)) },
    Form { format: ReportFormat::Json, write: json::write },
    Form { format: ReportFormat::Ndjson, write: ndjson::write },
    Form { format: ReportFormat::Junit, write: |reports, style| Ok(junit::write(reports, style)) },
    Form { format: ReportFormat::Sarif, write: sarif::write },
    Form { format: ReportFormat::Tap, write: |reports, style| Ok(tap::write(reports, style)) },
    Form { format: ReportFormat::Nagios, write: |reports, _| Ok(nagios::write(reports)) },
    Form { format: ReportFormat::Prometheus, write: |reports, style| Ok(prometheus::write(reports, style)) },
    Form { format: ReportFormat::Markdown, write: |reports, style| Ok(markdown::write(reports, style)) },
    Form { format: ReportFormat::Html, write: |reports, style| Ok(html::write(reports, style)) },
    Form { format: ReportFormat::Github, write: |reports, style| Ok(github::write(reports, style)) },
];

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
    match REPORT_FORMATS.iter().find(|form| form.format == format) {
        Some(form) => (form.write)(reports, style),
        None => anyhow::bail!("this form of report cannot be written"),
    }
}

/// `clean` or `problems`.
pub fn verdict(report: &Report, style: Style) -> &'static str {
    if report.is_clean(style.fail_on) { "clean" } else { "problems" }
}

/// `1 error, 2 notices`; empty when nothing was found.
pub fn counts(report: &Report) -> String {
    let counts: Vec<String> =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Notice, "notice")]
            .into_iter()
            .filter_map(|(severity, word)| match report.count(severity) {
                0 => None,
                1 => Some(format!("1 {word}")),
                more => Some(format!("{more} {word}s")),
            })
            .collect();
    counts.join(", ")
}

/// The whole verdict in one sentence, and whether it is good.
pub fn sentence(report: &Report, style: Style) -> (bool, String) {
    let clean = report.is_clean(style.fail_on);
    let words = if clean { &report.pass_summary } else { &report.fail_summary };
    let counts = counts(report);
    let colon = if counts.is_empty() { "" } else { ": " };
    (clean, format!("{} {words}{colon}{counts}", report.subject))
}

/// Seconds with three digits behind the point.
pub fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}
