//! The Test Anything Protocol, version 14: a test point a check, details as YAML below it.

use super::{ReportFormat, Stream, Style};
use crate::report::{Problem, Report, Verdict};
use crate::text::is_unsafe;

const VERSION: &str = "TAP version 14\n";

pub const FORMAT: ReportFormat = ReportFormat {
    id: "tap",
    readers: "test harnesses",
    holds: "TAP version 14 with YAML details",
    monitoring: false,
    // A subtest a report: the plan, which is the number of points, may come last.
    stream: Some(Stream {
        head: || VERSION.to_owned(),
        between: "",
        each: |report, number, style| Ok(subtest(report, number, style)),
        tail: |count| format!("1..{count}\n"),
    }),
    write: |reports, style| Ok(write(reports, style)),
};

/// Whether a test point is ok, its description, and its details.
type Point = (bool, String, String);

/// Writes all reports as one document.
fn write(reports: &[Report], style: Style) -> String {
    VERSION.to_owned() + &numbered(reports.iter().flat_map(|report| points(report, style)).collect())
}

fn subtest(report: &Report, number: usize, style: Style) -> String {
    let subject = escape(&report.subject);
    let inner: String = numbered(points(report, style)).lines().map(|line| format!("    {line}\n")).collect();
    let word = if report.is_clean(style.fail_on) { "ok" } else { "not ok" };
    format!("# Subtest: {subject}\n{inner}{word} {number} - {subject}\n")
}

fn points(report: &Report, style: Style) -> Vec<Point> {
    let subject = &escape(&report.subject);
    let judged = report.lines.iter().map(|line| {
        let name = |text: &str| format!("{}: {subject}: {}", line.id, escape(text));
        match &line.verdict {
            Verdict::Pass { note } => (true, name(note), String::new()),
            Verdict::Skip { why } => (true, format!("{}: {subject} # SKIP {}", line.id, escape(why)), String::new()),
            Verdict::Problem(problem) => (problem.severity < style.fail_on, name(&problem.what), details(problem)),
        }
    });
    let suppressed = report.suppressed.iter().map(|quiet| {
        let text = format!("{}: {subject}: {}", quiet.id, escape(&quiet.problem.what));
        (false, format!("{text} # TODO suppressed: {}", escape(&quiet.reason)), details(&quiet.problem))
    });
    judged.chain(suppressed).collect()
}

/// The plan and the points.
fn numbered(points: Vec<Point>) -> String {
    let mut out = format!("1..{}\n", points.len());
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
