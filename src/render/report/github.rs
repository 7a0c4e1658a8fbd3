//! Workflow commands of GitHub Actions: an annotation for each finding, the verdict as plain text.

use super::{ReportFormat, Stream, Style, sentence};
use crate::report::{Problem, Report};
use crate::severity::Severity;
use crate::text::is_unsafe;

pub const FORMAT: ReportFormat = ReportFormat {
    id: "github",
    readers: "GitHub Actions",
    holds: "an annotation for each finding",
    monitoring: false,
    stream: Some(Stream {
        head: String::new,
        between: "",
        tail: |_| String::new(),
        each: |report, _, style| Ok(write(std::slice::from_ref(report), style)),
    }),
    write: |reports, style| Ok(write(reports, style)),
};

/// Writes the annotations and one verdict line a report.
fn write(reports: &[Report], style: Style) -> String {
    let mut out = String::new();
    for report in reports {
        for (id, problem) in report.problems() {
            out += &command(word(problem.severity), &format!("{id}: {}", report.subject), &message(problem));
        }
        for quiet in &report.suppressed {
            out += &format!(
                "suppressed {}: {} ({})\n",
                one_line(quiet.id),
                one_line(&quiet.problem.what),
                one_line(&quiet.reason)
            );
        }
        out += &format!("{}\n", one_line(&sentence(report, style).1));
    }
    out
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    }
}

fn message(problem: &Problem) -> String {
    let mut lines = vec![problem.what.clone()];
    lines.extend(problem.evidence.iter().map(|line| format!("seen: {line}")));
    lines.push(format!("means: {}", problem.means));
    lines.push(format!("fix: {}", problem.fix));
    lines.join("\n")
}

fn command(name: &str, title: &str, message: &str) -> String {
    let title = data(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{name} title={title}::{}\n", data(message))
}

fn data(text: &str) -> String {
    let text: String = text.chars().map(|c| if is_unsafe(c) && c != '\n' { ' ' } else { c }).collect();
    text.replace("##[", "## [").replace('%', "%25").replace('\n', "%0A")
}

/// A line that starts with `::` would be a command.
fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if is_unsafe(c) { ' ' } else { c }).collect();
    text.replace("##[", "## [").trim_start_matches([':', ' ']).to_owned()
}
