//! One line for Nagios, Icinga and their kin, with performance data, after the plugin guidelines; the findings follow as long
//! output. The exit status says the same: 0 OK, 1 WARNING, 2 CRITICAL.

use super::{ReportFormat, counts, seconds};
use crate::report::Report;
use crate::severity::Severity;
use crate::text::is_unsafe;

/// The state that a monitoring system shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Ok,
    Warning,
    Critical,
    Unknown,
}

/// The worst of the reports; what could not be checked is unknown unless something else is wrong.
pub fn state(reports: &[Report]) -> State {
    match reports.iter().filter_map(Report::worst).max() {
        Some(Severity::Error) => State::Critical,
        Some(Severity::Warning) => State::Warning,
        _ if reports.iter().any(|report| report.unchecked.is_some()) => State::Unknown,
        Some(Severity::Notice) | None => State::Ok,
    }
}

pub const FORMAT: ReportFormat = ReportFormat {
    id: "nagios",
    readers: "Nagios, Icinga, Naemon",
    holds: "a status line with performance data, findings below, status 0 to 3",
    monitoring: true,
    stream: None,
    write: |reports, _| Ok(write(reports)),
};

/// Writes the status line, the findings, and the performance data behind the first `|`.
fn write(reports: &[Report]) -> String {
    let word = match state(reports) {
        State::Critical => "CRITICAL",
        State::Warning => "WARNING",
        State::Unknown => "UNKNOWN",
        State::Ok => "OK",
    };
    let mut worst: Vec<&Report> = reports.iter().collect();
    worst.sort_by_key(|report| std::cmp::Reverse(report.worst()));
    let description: Vec<String> = worst.iter().take(3).map(|report| about(report)).collect();
    let more = if worst.len() > 3 { format!("; {} more", worst.len() - 3) } else { String::new() };
    let total = |severity| reports.iter().map(|report| report.count(severity)).sum::<usize>();
    let elapsed = reports.iter().map(|report| report.elapsed).sum();
    let mut out = format!(
        "FEDCTL {word} - {}{more} | errors={};;0;0 warnings={};0;;0 notices={};;;0 time={}s;;;0\n",
        description.join("; "),
        total(Severity::Error),
        total(Severity::Warning),
        total(Severity::Notice),
        seconds(elapsed)
    );
    for report in reports {
        for (id, problem) in report.problems() {
            out += &format!("{} {} {id}: {}\n", problem.severity, plain(&report.subject), plain(&problem.what));
        }
        for quiet in &report.suppressed {
            out += &format!("suppressed {} {}: {}\n", plain(&report.subject), quiet.id, plain(&quiet.reason));
        }
    }
    out
}

fn about(report: &Report) -> String {
    match report.problems().first() {
        None if report.unchecked.is_some() => {
            let why = report.unchecked.iter().map(|unchecked| plain(&unchecked.why)).collect::<String>();
            format!("{} could not be checked: {why}", plain(&report.subject))
        }
        None => format!("{} {}", plain(&report.subject), plain(&report.pass_summary)),
        Some((id, problem)) => {
            format!("{}: {} ({id}: {})", plain(&report.subject), counts(report), plain(&problem.what))
        }
    }
}

/// `|` parts the text from the numbers, so it must not be in the text.
fn plain(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) { ' ' } else { c }).collect::<String>().replace('|', "/")
}
