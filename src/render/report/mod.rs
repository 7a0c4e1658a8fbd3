//! A report, for people and for programs: one file for each form. A new form is its file and its line in [`REPORT_FORMATS`]; help,
//! completions and docs/formats.md are made from that list.

mod arrivals;
mod by_release;
mod csv;
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

pub use arrivals::span;
pub use nagios::{State, state as nagios_state};

use crate::count::counted;
use crate::render::fill::one_line;
use crate::report::Report;

use crate::severity::Severity;

/// A form in which a report can be written.
#[derive(Debug)]
pub struct ReportFormat {
    /// What `--format` takes; never renamed.
    pub id: &'static str,
    /// Who reads it.
    pub readers: &'static str,
    /// What it holds, in Markdown.
    pub holds: &'static str,
    /// The exit status follows the rules of monitoring plugins.
    pub monitoring: bool,
    /// How it is written one report after the other; `None` for a form that needs all of them first.
    pub stream: Option<Stream>,
    write: fn(&[Report], Style) -> anyhow::Result<String>,
}

/// The parts of a document that is written as the reports come.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    pub head: fn() -> String,
    /// Stands between two reports that have something to write.
    pub between: &'static str,
    /// One report, and which one it is, from 1.
    pub each: fn(&Report, usize, Style) -> anyhow::Result<String>,
    /// Takes the number of reports.
    pub tail: fn(usize) -> String,
}

impl PartialEq for ReportFormat {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// The forms that some commands write themselves.
pub const HUMAN: &ReportFormat = &human::FORMAT;
pub const JSON: &ReportFormat = &json::FORMAT;
/// The form that a workflow runner obeys.
pub const GITHUB: &ReportFormat = &github::FORMAT;

/// Every form, the default first.
pub const REPORT_FORMATS: &[ReportFormat] = &[
    human::FORMAT,
    json::FORMAT,
    ndjson::FORMAT,
    junit::FORMAT,
    sarif::FORMAT,
    tap::FORMAT,
    nagios::FORMAT,
    prometheus::FORMAT,
    csv::FORMAT,
    markdown::FORMAT,
    html::FORMAT,
    github::FORMAT,
];

/// The ids of all forms in one sentence: `human, json or github`.
pub fn names() -> String {
    let ids: Vec<&str> = REPORT_FORMATS.iter().map(|format| format.id).collect();
    match ids.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => ids.concat(),
    }
}

/// The forms as a table in Markdown (docs/formats.md).
pub fn table() -> String {
    let row = |format: &ReportFormat| format!("| `{}` | {} | {} |\n", format.id, format.readers, format.holds);
    let head = "| `--format` | for | holds |\n| --- | --- | --- |\n".to_owned();
    head + &REPORT_FORMATS.iter().map(row).collect::<String>()
}

/// What a writer needs besides the reports.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// The severity from which on a report is not clean.
    pub fail_on: Severity,
    /// 0; 1 (-v) shows every check and how the result was found, 2 (-vv) also every query and request with its response.
    pub verbose: u8,
    /// Nothing but the verdict.
    pub quiet: bool,
}

/// Writes the reports.
pub fn write(format: &ReportFormat, reports: &[Report], style: Style) -> anyhow::Result<String> {
    (format.write)(reports, style)
}

/// `clean`, `problems` or `unknown`.
pub fn verdict(report: &Report, style: Style) -> &'static str {
    if report.is_unknown(style.fail_on) {
        "unknown"
    } else if report.is_clean(style.fail_on) {
        "clean"
    } else {
        "problems"
    }
}

/// `1 error, 2 notices`; empty when nothing was found.
pub fn counts(report: &Report) -> String {
    let words = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Notice, "notice")];
    found(&words.map(|(severity, word)| (report.count(severity), word)))
}

/// `1 error, 2 warnings`: what there is none of is left out.
pub fn found(counts: &[(usize, &str)]) -> String {
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, word)| counted(count, word)).collect::<Vec<String>>().join(", ")
}

/// The whole verdict in one sentence, and whether it is good.
pub fn sentence(report: &Report, style: Style) -> (bool, String) {
    if let Some(unchecked) = report.unchecked.as_ref().filter(|_| report.is_unknown(style.fail_on)) {
        let why = one_line(&format!("{} could not be checked: {}", report.subject, unchecked.why));
        return (false, why);
    }
    let clean = report.is_clean(style.fail_on);
    let words = if clean { &report.pass_summary } else { &report.fail_summary };
    let counts = counts(report);
    let colon = if counts.is_empty() { "" } else { ": " };
    (clean, one_line(&format!("{} {words}{colon}{counts}", report.subject)))
}

/// The verdict in the fewest words, for a narrow terminal.
pub fn short_sentence(report: &Report, style: Style) -> String {
    let counts = counts(report);
    let rest = match report.is_unknown(style.fail_on) {
        true => " could not be checked",
        false if counts.is_empty() => ": ok",
        false => &format!(": {counts}"),
    };
    one_line(&format!("{}{rest}", report.subject))
}

/// Seconds with three digits behind the point.
pub fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}
