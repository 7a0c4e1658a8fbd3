//! The Test Anything Protocol, version 14: a test point a check, details as YAML below it.

use super::{ReportFormat, Style};
use crate::report::{Problem, Report, Verdict};
use crate::text::is_unsafe;

pub const FORMAT: ReportFormat = ReportFormat {
    id: "tap",
    readers: "test harnesses",
    holds: "TAP version 14 with YAML details",
    monitoring: false,
    stream: None,
    write: |reports, style| Ok(write(reports, style)),
};

/// Writes all reports as one document.
fn write(reports: &[Report], style: Style) -> String {
    let mut points = Vec::new();
    for report in reports {
        let subject = &escape(&report.subject);
        for line in &report.lines {
            let name = |text: &str| format!("{}: {subject}: {}", line.id, escape(text));
            points.push(match &line.verdict {
                Verdict::Pass { note } => (true, name(note), String::new()),
                Verdict::Skip { why } => {
                    (true, format!("{}: {subject} # SKIP {}", line.id, escape(why)), String::new())
                }
                Verdict::Problem(problem) => (problem.severity < style.fail_on, name(&problem.what), details(problem)),
            });
        }
        for quiet in &report.suppressed {
            let text = format!("{}: {subject}: {}", quiet.id, escape(&quiet.problem.what));
            let text = format!("{text} # TODO suppressed: {}", escape(&quiet.reason));
            points.push((false, text, details(&quiet.problem)));
        }
    }
    let mut out = format!("TAP version 14\n1..{}\n", points.len());
    for (at, (ok, text, details)) in points.into_iter().enumerate() {
        let word = if ok { "ok" } else { "not ok" };
        out += &format!("{word} {} - {text}\n{details}", at + 1);
    }
    out
}

/// TAP 14: `#` and `\` are escaped in descriptions; a point is one line.
fn escape(text: &str) -> String {
    let text: String = text.chars().map(|c| if is_unsafe(c) { ' ' } else { c }).collect();
    text.replace('\\', "\\\\").replace('#', "\\#")
}

/// Strings as JSON writes them are valid YAML.
fn details(problem: &Problem) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut out = format!("  ---\n  severity: {}\n", problem.severity);
    out += &format!("  means: {}\n  fix: {}\n", quoted(&problem.means), quoted(&problem.fix));
    if !problem.evidence.is_empty() {
        out += "  seen:\n";
        for line in &problem.evidence {
            out += &format!("    - {}\n", quoted(line));
        }
    }
    out + "  ...\n"
}
