//! A report for people: three columns (status, check, sentence), the discovery result by release, and one verdict line last.

use colored::{ColoredString, Colorize};
use unicode_width::UnicodeWidthStr;

use super::{ReportFormat, Style, arrivals, by_release, propagation, short_sentence};
use crate::check::{self, Judge};
use crate::count::counted;
use crate::render::fill::{beside, fitting, hang, harmless, title, titled, wrap, wrap_foreign};
use crate::render::list;
use crate::report::summary::{Entry, Summary};
use crate::report::{Details, FixPart, Line, Problem, Report, Suppressed, Verdict};
use crate::rocketchat::discovery::DiscoveryResult;
use crate::severity::Severity;

/// Columns before the sentence: two, the status, two, the subject, two.
const STATUS: usize = 7;
pub const SUBJECT: usize = 12;
/// Columns of the words `found`, `means` and `fix` under a finding.
const ASIDE: usize = 6;
/// Columns that they have at least, and columns before them where there are fewer.
const ROOM: usize = 24;
const NARROW: usize = 4;
/// Columns below which evidence is indented less: names of records are long.
const NARROW_TERMINAL: usize = 60;
const BY_RELEASE: &str = "by release";
/// What stands above the details of -v and of -vv.
const BASIS: &str = "how it was found";
const EVIDENCE: &str = "evidence";

pub const FORMAT: ReportFormat = ReportFormat {
    id: "human",
    readers: "you",
    holds: "findings with what they mean and how to fix them; the verdict is the last line",
    monitoring: false,
    stream: None,
    write: |reports, style| Ok(write(reports, style)),
};

/// Writes the reports one after the other.
fn write(reports: &[Report], style: Style) -> String {
    let [_, _, ..] = reports else { return reports.iter().map(|report| one(report, style)).collect() };
    let each: Vec<String> = reports.iter().map(|report| one(report, style)).collect();
    let mut summary = Summary::default();
    reports.iter().for_each(|report| summary.add(&Entry::of(report, style.fail_on)));
    format!("{}\n{}\n", each.join("\n"), list::verdict(&summary, 0, style.width))
}

fn one(report: &Report, style: Style) -> String {
    let mut out = heading(report, style.width);
    let lines = ordered(report, style);
    let subject = lines.iter().map(|line| line.id.len()).max().unwrap_or_default().max(SUBJECT);
    for line in lines {
        write_line(&mut out, line, line.id, Columns { subject, width: style.width });
    }
    for suppressed in &report.suppressed {
        write_suppressed(&mut out, suppressed, style.width);
    }
    write_generations(&mut out, &report.generations, style.width);
    if let Some(matrix) = report.matrix.as_ref().filter(|matrix| style.verbose > 1 || propagation::is_uneven(matrix)) {
        out.push('\n');
        out.push_str(&propagation::write(matrix, style.width));
    }
    let in_records = |(id, problem): &(&str, &Problem)| {
        let of_records = check::find(id).is_some_and(|check| matches!(check.judge, Judge::Dns(_)));
        problem.severity >= Severity::Warning && of_records
    };
    if report.problems().iter().any(in_records) && !report.arrivals.is_empty() {
        out.push('\n');
        out.push_str(&arrivals::write(&report.arrivals, style.width));
    }
    write_details(&mut out, &report.details, style);
    // The title ends with an empty line, too.
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    out.push_str(&verdict(report, style));
    out.push('\n');
    out
}

/// How the result was found with -v, and every query and request with -vv.
pub fn write_details(out: &mut String, details: &Details, style: Style) {
    for (title, lines, from) in [(BASIS, &details.basis, 1), (EVIDENCE, &details.evidence, 2)] {
        if style.verbose < from || lines.is_empty() {
            continue;
        }
        out.push_str(&format!("\n  {title}\n"));
        let wrap = if title == BASIS { wrap } else { wrap_foreign };
        let indent = if style.width < NARROW_TERMINAL { "  " } else { "    " };
        for line in lines.iter().flat_map(|line| wrap(line, style.width.saturating_sub(indent.len()))) {
            out.push_str(&format!("{indent}{line}\n"));
        }
    }
}

/// The subject, and what is known about it: beside it, or below it when the line is too short.
pub fn heading(report: &Report, width: usize) -> String {
    title(&report.subject, &report.about, width)
}

/// What passed first, then problems by weight; what was skipped, and what nobody needs to hear of, only for those who want it.
fn ordered(report: &Report, style: Style) -> Vec<&Line> {
    let rank = |line: &&Line| match &line.verdict {
        Verdict::Pass { .. } => 0,
        Verdict::Problem(problem) => 4 - problem.severity as u8,
        Verdict::Skip { .. } => 5,
    };
    let matters = |line: &&Line| match line.verdict {
        Verdict::Problem(_) => true,
        Verdict::Pass { .. } => style.verbose > 0 || !line.minor,
        Verdict::Skip { .. } => style.verbose > 0,
    };
    let mut lines: Vec<&Line> = report.lines.iter().filter(matters).collect();
    lines.sort_by_key(rank);
    lines
}

/// The columns of a row.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// Of the subject.
    pub subject: usize,
    /// Of the whole line.
    pub width: usize,
}

/// One line of a report, with what stands under it.
pub fn write_line(out: &mut String, line: &Line, subject: &str, columns: Columns) {
    let (status, sentence) = match &line.verdict {
        Verdict::Pass { note } => (format!("{:<STATUS$}", "ok").green(), note.as_str()),
        Verdict::Problem(problem) => (status(problem.severity), problem.what.as_str()),
        Verdict::Skip { why } => (format!("{:<STATUS$}", "skipped").dimmed(), why.as_str()),
    };
    write_row(out, status, subject, sentence, columns);
    if let Verdict::Problem(problem) = &line.verdict {
        write_asides(out, problem, 2 + STATUS + 2, columns.width);
    }
}

/// A status, a subject, and a sentence.
fn write_row(out: &mut String, status: ColoredString, subject: &str, sentence: &str, columns: Columns) {
    let Columns { subject: room, width } = columns;
    let head = format!("  {status}  {subject:<room$}  ");
    out.push_str(&beside(&head, sentence, 2 + STATUS + 2 + room + 2, width));
}

/// A row for what does not exist.
pub fn write_absent(out: &mut String, subject: &str, why: &str, columns: Columns) {
    write_row(out, format!("{:<STATUS$}", "n/a").dimmed(), subject, why, columns);
}

/// Listed with its reason, so that nobody takes silence for health.
pub fn write_suppressed(out: &mut String, suppressed: &Suppressed, width: usize) {
    let Suppressed { id, problem, reason } = suppressed;
    let what = format!("{id}: {} {}; suppressed: {reason}", problem.severity, problem.what);
    let head = format!("  {}  ", format!("{:<STATUS$}", "muted").dimmed());
    out.push_str(&beside(&head, &what, 2 + STATUS + 2, width));
}

fn status(severity: Severity) -> ColoredString {
    let word = format!("{:<STATUS$}", severity.to_string());
    match severity {
        Severity::Error => word.red().bold(),
        Severity::Warning => word.yellow(),
        Severity::Notice => word.cyan(),
    }
}

/// What was seen, what it means and what helps, below a finding.
pub fn write_asides(out: &mut String, problem: &Problem, indent: usize, width: usize) {
    let indent = if indent + ASIDE + 2 + ROOM > width { NARROW } else { indent };
    let room = width.saturating_sub(indent + ASIDE + 2);
    let found: Vec<String> = problem.evidence.iter().flat_map(|line| wrap_foreign(line, room)).collect();
    let is_below = found.iter().any(|line| line.width() > room);
    if is_below {
        // A name that has room only below the word.
        out.push_str(&format!("{}found\n", " ".repeat(indent)));
        let below = " ".repeat(indent + 2);
        for line in problem.evidence.iter().flat_map(|line| wrap_foreign(line, width.saturating_sub(below.len()))) {
            out.push_str(&format!("{below}{line}\n"));
        }
    }
    let mut aside = |name: &str, lines: Vec<String>| {
        for (at, line) in lines.iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            out.push_str(format!("{}{name:<ASIDE$}  {line}", " ".repeat(indent)).trim_end());
            out.push('\n');
        }
    };
    if !is_below {
        aside("found", found);
    }
    aside("means", wrap(&problem.means, room));
    aside("fix", problem.fix_parts().flat_map(|part| fix_lines(part, room)).collect());
}

/// A line to copy stays one line, however long it is.
pub fn fix_lines(part: FixPart, room: usize) -> Vec<String> {
    match part {
        FixPart::Text(text) => wrap(text, room),
        FixPart::Copy(line) => vec![harmless(line)],
    }
}

/// Generations with the same result share a line.
fn write_generations(out: &mut String, discoveries: &[DiscoveryResult], width: usize) {
    let rows: Vec<(String, String)> =
        by_release::rows(discoveries).into_iter().map(|(releases, text, _)| (releases, text)).collect();
    if !rows.is_empty() {
        out.push('\n');
        out.push_str(&titled(BY_RELEASE, &rows, width));
    }
}

/// The last line.
pub fn verdict(report: &Report, style: Style) -> String {
    let (clean, sentence) = super::sentence(report, style);
    let aside = match report.problems().first() {
        None => summary(report.lines.len() + report.suppressed.len(), report.elapsed),
        Some((id, _)) => format!("fedctl explain {id}"),
    };
    let short = short_sentence(report, style);
    let reason = reason(report, &sentence, style);
    reason
        + &last_line(
            (&sentence, &short),
            &aside,
            if clean { |text| text.green() } else { |text| text.red().bold() },
            style,
        )
}

/// Why the subject could not be checked, above a verdict that has no room for it.
pub fn reason(report: &Report, whole: &str, style: Style) -> String {
    let unchecked = report.unchecked.as_ref().filter(|_| report.is_unknown(style.fail_on));
    let unchecked = unchecked.filter(|_| whole.width() > style.width);
    unchecked.map(|unchecked| hang(&unchecked.why, style.width, 2)).unwrap_or_default()
}

/// The verdict on one line, whole or in few words, with something at the right margin; in the line above when there is no room,
/// because the verdict is the last.
pub fn last_line(
    (whole, short): (&str, &str),
    aside: &str,
    paint: fn(&str) -> ColoredString,
    Style { width, quiet, .. }: Style,
) -> String {
    let sentence = fitting(whole, short, width);
    match width.checked_sub(sentence.width() + aside.width()).filter(|gap| *gap >= 2) {
        _ if quiet => paint(sentence).to_string(),
        Some(gap) => format!("{}{}{aside}", paint(sentence), " ".repeat(gap)),
        None => format!("{aside:>width$}\n{}", paint(sentence)),
    }
}

/// `12 checks, 0.31 s`; without a time when nothing was waited for.
fn summary(checks: usize, elapsed: u64) -> String {
    let checks = counted(checks, "check");
    match elapsed {
        0 => checks,
        elapsed => format!("{checks}, {:.2} s", elapsed as f64 / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { width: 80, fail_on: Severity::Error, verbose: 0, quiet: false };

    #[test]
    fn what_has_no_room_goes_to_its_own_line() {
        let line = |length: usize| {
            let report =
                Report { subject: "a".repeat(length), about: "zone a · 1 resolver".into(), ..Report::default() };
            one(&report, STYLE)
        };
        assert!(line(20).lines().next().unwrap().ends_with("1 resolver"));
        let long = line(61);
        let lines: Vec<&str> = long.lines().collect();
        assert_eq!(lines[1], "  zone a · 1 resolver");
        assert!(lines.last().unwrap().starts_with("aaa") && lines.iter().all(|line| line.width() <= 80), "{long}");
    }

    #[test]
    fn minor_checks_that_pass_are_reported_only_on_request() {
        let pass = |id, minor| Line { id, minor, verdict: Verdict::Pass { note: "fine".into() } };
        let report = Report { lines: vec![pass("dns-srv", false), pass("dns-ttl", true)], ..Report::default() };
        assert!(!one(&report, STYLE).contains("ttl"));
        assert!(one(&report, Style { verbose: 1, ..STYLE }).contains("ttl"));
    }
}
