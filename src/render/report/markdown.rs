//! Markdown (CommonMark with the tables of GitHub), for issues, merge requests and chats.

use super::{ReportFormat, Stream, Style, arrivals, by_release, sentence};
use crate::report::{FixPart, Matrix, Problem, Report, Stage, StageOutcome, Verdict};
use crate::severity::Severity;
use crate::text::is_unsafe;

pub const FORMAT: ReportFormat = ReportFormat {
    id: "markdown",
    readers: "issues, merge requests, chats",
    holds: "headings, tables, code blocks",
    monitoring: false,
    stream: Some(Stream {
        head: String::new,
        between: BETWEEN,
        tail: |_| String::new(),
        each: |report, _, style| Ok(one(report, style)),
    }),
    write: |reports, style| Ok(write(reports, style)),
};

const BETWEEN: &str = "\n---\n\n";

/// Writes the reports one after the other.
fn write(reports: &[Report], style: Style) -> String {
    let each: Vec<String> = reports.iter().map(|report| one(report, style)).collect();
    each.join(BETWEEN)
}

fn one(report: &Report, style: Style) -> String {
    let (clean, verdict) = sentence(report, style);
    let mark = if clean { "✅" } else { "❌" };
    let mut out = format!("## {}\n\n{mark} **{}**\n", text(&report.subject), text(&verdict));
    if !report.about.is_empty() {
        out += &format!("\n{}\n", text(&report.about));
    }
    for (id, problem) in report.problems() {
        finding(&mut out, id, problem);
    }
    for quiet in &report.suppressed {
        out += &format!(
            "\n- suppressed `{}`: {} {} — {}\n",
            quiet.id,
            quiet.problem.severity,
            text(&quiet.problem.what),
            text(&quiet.reason)
        );
    }
    checks(&mut out, report);
    generations(&mut out, report);
    if let Some(found) = &report.matrix {
        matrix(&mut out, found);
    }
    if report.worst() >= Some(Severity::Warning) {
        let rows = arrivals::rows(&report.arrivals).into_iter().map(|(who, when)| vec![text(&who), text(&when)]);
        table(&mut out, "When a fix takes effect", &["by", "at the latest"].map(String::from), rows.collect());
    }
    stages(&mut out, &report.stages);
    out
}

fn finding(out: &mut String, id: &str, problem: &Problem) {
    let mark = match problem.severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
        Severity::Notice => "ℹ️",
    };
    *out += &format!("\n### {mark} {} `{id}`: {}\n\n", problem.severity, text(&problem.what));
    if !problem.evidence.is_empty() {
        *out += &format!("{}\n\n", fenced(&problem.evidence.join("\n")));
    }
    *out += &format!("Means: {}\n\nFix:\n", text(&problem.means));
    for part in problem.fix_parts() {
        *out += &match part {
            FixPart::Text(sentence) => format!("\n{}\n", text(sentence)),
            FixPart::Copy(line) => format!("\n{}\n", fenced(line)),
        };
    }
}

fn checks(out: &mut String, report: &Report) {
    let rows = report.lines.iter().filter_map(|line| match &line.verdict {
        Verdict::Pass { note } => Some(["ok".into(), format!("`{}`", line.id), text(note)]),
        Verdict::Skip { why } => Some(["skipped".into(), format!("`{}`", line.id), text(why)]),
        Verdict::Problem(_) => None,
    });
    table(out, "Other checks", &["", "check", "found"].map(String::from), rows.map(Vec::from).collect());
}

fn generations(out: &mut String, report: &Report) {
    let rows =
        by_release::rows(&report.generations).into_iter().map(|(releases, seen, _)| vec![text(&releases), text(&seen)]);
    table(out, "Discovery result by release", &["releases", "result"].map(String::from), rows.collect());
}

fn matrix(out: &mut String, found: &Matrix) {
    let head: Vec<String> =
        std::iter::once("server".to_owned()).chain(found.columns.iter().map(|column| text(column))).collect();
    let rows = found.rows.iter().map(|row| {
        let cells = row.cells.iter().map(|cell| match cell.differs {
            true => format!("**{}** ≠", text(&cell.text)),
            false => text(&cell.text),
        });
        std::iter::once(format!("{} ({})", text(&row.observer), row.role)).chain(cells).collect()
    });
    table(out, "Responses by server", &head, rows.collect());
}

fn stages(out: &mut String, stages: &[Stage]) {
    let rows = stages.iter().map(|stage| {
        let (took, word) = match stage.outcome {
            StageOutcome::Done => (format!("{} ms", stage.took), "ok"),
            StageOutcome::Failed => (format!("{} ms", stage.took), "failed"),
            StageOutcome::Skipped => (String::new(), "skipped"),
            StageOutcome::Left => (String::new(), "left"),
        };
        vec![text(&stage.name), took, word.to_owned(), text(&stage.note)]
    });
    table(out, "Timeline", &["stage", "took", "", "found"].map(String::from), rows.collect());
}

fn table(out: &mut String, title: &str, head: &[String], rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    *out += &format!("\n### {title}\n\n| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len()));
    for row in rows {
        *out += &format!("| {} |\n", row.join(" | "));
    }
}

/// One line of text with nothing that Markdown or HTML would interpret.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' => out.extend(['\\', c]),
            c if is_unsafe(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A code block whose fence is longer than any inside.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let text: String = text.chars().map(|c| if is_unsafe(c) && c != '\n' { ' ' } else { c }).collect();
    format!("{fence}text\n{text}\n{fence}")
}
