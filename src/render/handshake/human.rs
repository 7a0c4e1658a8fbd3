//! For people: one line for each stage with its time, findings below their stage, one verdict last.

use colored::{ColoredString, Colorize};
use unicode_width::UnicodeWidthStr;

use super::Handshake;
use crate::check::stage::{Ended, STAGES, Stage};
use crate::render::compatibility::broken;
use crate::render::fill::{beside, hang, one_line};
use crate::render::report::human::{heading, last_line, reason, write_asides, write_details};
use crate::render::report::{Style, counts, sentence, short_sentence};
use crate::report::{Line, Verdict};
use crate::severity::Severity;

/// Columns of the name of a stage, of its time and of its status.
const NAME: usize = 10;
const TIME: usize = 8;
const STATUS: usize = 7;
/// Columns before the sentence.
const INDENT: usize = 2 + NAME + TIME + 2 + STATUS + 2;

/// The whole answer.
pub fn write(seen: &Handshake, style: Style) -> String {
    let mut out = heading(seen.report, style.width);
    let mut last_reason = String::new();
    for stage in STAGES {
        write_stage(&mut out, *stage, seen, style, &mut last_reason);
    }
    write_broken(&mut out, seen, style.width);
    write_details(&mut out, &seen.report.details, style);
    out += &format!("\n{}\n", verdict(seen, style));
    out
}

fn write_stage(out: &mut String, stage: Stage, seen: &Handshake, style: Style, last_reason: &mut String) {
    let lines = stage.lines(&seen.report.lines);
    let ended = stage.ended(&seen.report.lines);
    let time = stage.elapsed(seen.facts).map(|elapsed| format!("{elapsed} ms")).unwrap_or_default();
    let head = format!("  {:<NAME$}{time:>TIME$}  ", stage.name());
    match ended {
        Ended::Problem(_) => {
            let problems = lines.iter().filter_map(|line| match &line.verdict {
                Verdict::Problem(problem) => Some(problem),
                _ => None,
            });
            for (at, problem) in problems.enumerate() {
                let head = if at == 0 { head.clone() } else { " ".repeat(head.width()) };
                write_sentence(out, &head, status(problem.severity), &problem.what, style.width);
                write_asides(out, problem, 2 + NAME + TIME + 2, style.width);
            }
        }
        Ended::Ok => {
            let notes: Vec<&str> = lines.iter().filter_map(|line| note(line)).collect();
            write_sentence(out, &head, padded("ok").green(), &notes.join("; "), style.width);
        }
        Ended::Skipped => {
            let reason = lines.iter().find_map(|line| match &line.verdict {
                Verdict::Skip { why } => Some(why.as_str()),
                _ => None,
            });
            let reason = reason.unwrap_or_default();
            let shown = if *last_reason == reason { "" } else { reason };
            write_sentence(out, &head, padded("skipped").dimmed(), shown, style.width);
            *last_reason = reason.to_owned();
        }
    }
}

fn note(line: &Line) -> Option<&str> {
    match &line.verdict {
        Verdict::Pass { note } => Some(note),
        _ => None,
    }
}

fn padded(word: &str) -> String {
    format!("{word:<STATUS$}")
}

fn status(severity: Severity) -> ColoredString {
    let word = padded(&severity.to_string());
    match severity {
        Severity::Error => word.red().bold(),
        Severity::Warning => word.yellow(),
        Severity::Notice => word.cyan(),
    }
}

fn write_sentence(out: &mut String, head: &str, status: ColoredString, sentence: &str, width: usize) {
    out.push_str(&beside(&format!("{head}{status}  "), sentence, INDENT, width));
}

/// What does not work between your release and the peer's, if anything.
fn write_broken(out: &mut String, seen: &Handshake, width: usize) {
    let Some(compared) = seen.compatibility else { return };
    let Some(broken) = broken(compared, width) else { return };
    out.push_str(&hang(&format!("\n  between your {} and its {}", compared.a, compared.b), width, 4));
    out.push_str(&broken);
    out.push_str(&hang(&format!("    all of it: fedctl compatibility {} {}", compared.a, compared.b), width, 6));
}

fn verdict(seen: &Handshake, style: Style) -> String {
    let report = seen.report;
    let seconds = format!("{:.2} s", report.elapsed as f64 / 1000.0);
    let short = short_sentence(report, style);
    let (clean, whole) = sentence(report, style);
    if clean || report.is_unknown(style.fail_on) {
        let paint: fn(&str) -> ColoredString = if clean { |text| text.green() } else { |text| text.yellow() };
        return reason(report, &whole, style) + &last_line((&whole, &short), &seconds, paint, style);
    }
    let stopped = STAGES.iter().find(|stage| match stage.ended(&report.lines) {
        Ended::Problem(severity) => severity >= style.fail_on,
        _ => false,
    });
    let stage = stopped.map(|stage| stage.name()).unwrap_or_default();
    // Only what kept the rest from being asked has stopped anything.
    let is_end = Stage::Federation.ended(&report.lines) == Ended::Skipped;
    let how = if is_end { "stopped" } else { "fails" };
    let whole = one_line(&format!("{} {}: {how} at {stage}, {}", report.subject, report.fail_summary, counts(report)));
    let id = report.problems().first().map(|(id, _)| *id).unwrap_or_default();
    last_line((&whole, &short), &format!("fedctl explain {id}"), |text| text.red().bold(), style)
}
