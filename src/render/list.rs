//! Many domains on a terminal: a line for each domain, the problems opened, and the summary last.

use std::time::Duration;

use colored::{ColoredString, Colorize};
use unicode_width::UnicodeWidthStr;

use super::fill::{fitting, hang, harmless, wrap};
use super::report::Style;
use crate::count::counted;
use crate::report::summary::{Result, Summary};
use crate::report::{Problem, Report, Verdict};
use crate::severity::Severity;

/// Columns of the status and of the domain.
const STATUS: usize = 4;
const DOMAIN: usize = 24;
/// Causes in the summary.
const CAUSES: usize = 5;

/// One domain: `detail` when it is fine, else its problems from warnings on, worst first; with -v every problem, and how many
/// checks passed.
pub fn line(report: &Report, detail: &str, Style { width, fail_on, verbose, .. }: Style) -> String {
    let result = Result::of(report, fail_on);
    let word = match result {
        Result::Ok => format!("{:<STATUS$}", "ok").green(),
        Result::Warnings => format!("{:<STATUS$}", "warn").yellow(),
        Result::Failed => format!("{:<STATUS$}", "FAIL").red().bold(),
        Result::Unknown => format!("{:<STATUS$}", "?").yellow(),
    };
    let domain = harmless(&report.subject);
    let shown = |problem: &Problem| verbose > 0 || problem.severity >= Severity::Warning || problem.severity >= fail_on;
    let found = report.problems().into_iter().filter(|(_, problem)| shown(problem));
    let found = found.map(|(id, problem)| format!("{id}: {}", problem.what));
    let passed = (verbose > 0).then(|| passed(report));
    let problems: Vec<String> = match result {
        Result::Ok if verbose > 0 => std::iter::once(harmless(detail)).chain(found).chain(passed).collect(),
        Result::Ok => vec![harmless(detail)],
        Result::Unknown => {
            let why = report.unchecked.as_ref().map(|unchecked| harmless(&unchecked.why)).unwrap_or_default();
            vec![format!("could not be checked: {why}")]
        }
        _ => found.chain(passed).collect(),
    };
    let indent = STATUS + 2 + DOMAIN + 2;
    let room = width.saturating_sub(margin(width)).max(DOMAIN);
    // What goes on stands below the sentence, behind the id of the check.
    let hung = |problem: &String| hang(problem, room, 2).lines().map(str::to_owned).collect::<Vec<_>>();
    let mut lines = problems.iter().flat_map(hung);
    // A long name, or a narrow terminal, takes its own line.
    let mut out = match lines.next() {
        Some(first) if domain.width() <= DOMAIN && indent + DOMAIN <= width => {
            format!("{word}  {domain:<DOMAIN$}  {first}")
        }
        Some(first) => format!("{word}  {domain}\n{}{first}", " ".repeat(margin(width))),
        None => format!("{word}  {domain}"),
    };
    out = out.trim_end().to_owned() + "\n";
    for line in lines {
        out += &format!("{}{line}\n", " ".repeat(margin(width)));
    }
    out
}

/// How many checks passed, and which could not be judged.
fn passed(report: &Report) -> String {
    let count = report.lines.iter().filter(|line| matches!(line.verdict, Verdict::Pass { .. })).count();
    let skipped: Vec<&str> = report.skipped().map(|(id, _)| id).collect();
    let skipped = if skipped.is_empty() { String::new() } else { format!("; skipped: {}", skipped.join(", ")) };
    format!("{} passed{skipped}", counted(count, "check"))
}

/// Columns before a line that continues.
fn margin(width: usize) -> usize {
    if STATUS + 2 + DOMAIN + 2 + DOMAIN <= width { STATUS + 2 + DOMAIN + 2 } else { STATUS + 2 }
}

/// The last lines: what the domains have most often, and how many of each result.
pub fn summary(summary: &Summary, unread: usize, elapsed: Duration, width: usize) -> String {
    let time = format!("{:.1} s", elapsed.as_secs_f64());
    let causes: Vec<String> =
        summary.frequent().into_iter().take(CAUSES).map(|(id, count)| format!("{id} {}", number(count))).collect();
    let mut out = String::from("\n");
    if unread > 0 {
        out += &format!("      not read: {} of the list\n", counted(number(unread), "line"));
    }
    if !causes.is_empty() {
        let text = format!("most frequent: {}", causes.join(", "));
        wrap(&text, width.saturating_sub(6)).iter().for_each(|line| out += &format!("      {line}\n"));
    }
    let (word, sentence) = parts(summary, unread, width);
    let gap = width.checked_sub(6 + sentence.width() + time.len()).filter(|gap| *gap >= 2);
    let time = gap.map(|gap| format!("{}{time}", " ".repeat(gap))).unwrap_or_default();
    out + &format!("{word}  {sentence}{time}\n")
}

/// The verdict on many domains, whole on one line.
pub fn verdict(summary: &Summary, unread: usize, width: usize) -> String {
    let (word, sentence) = parts(summary, unread, width);
    format!("{word}  {sentence}")
}

/// The word and the counts: all of them, or those above zero where the terminal is narrow.
fn parts(summary: &Summary, unread: usize, width: usize) -> (ColoredString, String) {
    let total = summary.total();
    let counts = [
        (summary.ok, "ok", "ok"),
        (summary.warnings, "with warnings", "warn"),
        (summary.failed, "failed", "failed"),
        (summary.unknown, "could not be checked", "unknown"),
    ];
    let whole = counts.iter().take(3).chain(counts.iter().skip(3).filter(|(count, ..)| *count > 0));
    let whole: Vec<String> = whole.map(|(count, words, _)| format!("{} {words}", number(*count))).collect();
    let short = counts.iter().filter(|(count, ..)| *count > 0);
    let short: Vec<String> = short.map(|(count, _, word)| format!("{} {word}", number(*count))).collect();
    let domains = counted(number(total), "domain");
    let least = format!("{}: {}", number(total), short.join(", "));
    let [whole, short] = [whole, short].map(|counts| format!("{domains}: {}", counts.join(", ")));
    let room = width.saturating_sub(6);
    let word = match (summary.failed == 0 && unread == 0, summary.unknown == 0) {
        (true, true) => "PASS".green(),
        (true, false) => "?   ".yellow(),
        (false, _) => "FAIL".red().bold(),
    };
    (word, fitting(&whole, fitting(&short, &least, room), room).to_owned())
}

/// How far the work is: `812 of 1,000 · 640/s · 0:12 left`.
pub fn progress(done: usize, total: usize, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
    let seconds = ((total - done) as f64 / rate).ceil();
    let left = if done == 0 { String::new() } else { format!(" · {} left", clock(seconds as u64)) };
    format!("{} of {} · {rate:.0}/s{left}", number(done), number(total))
}

/// `0:07`, `59:59`, `1:00:00`.
pub fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 { format!("{minutes}:{seconds:02}") } else { format!("{hours}:{minutes:02}:{seconds:02}") }
}

/// With a comma before every three digits.
pub fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas_and_progress_has_time() {
        assert_eq!([number(7), number(1000), number(1_234_567)], ["7", "1,000", "1,234,567"]);
        assert_eq!(progress(500, 1000, Duration::from_secs(10)), "500 of 1,000 · 50/s · 0:10 left");
        assert_eq!(progress(0, 10, Duration::ZERO), "0 of 10 · 0/s");
    }

    #[test]
    fn the_last_line_names_what_failed() {
        let numbers =
            Summary { ok: 951, warnings: 31, failed: 18, unknown: 0, causes: [("srv".to_owned(), 18)].into() };
        let text = summary(&numbers, 2, Duration::from_millis(1640), 80);
        assert!(text.contains("1,000 domains: 951 ok, 31 with warnings, 18 failed"), "{text}");
        assert!(text.contains("      not read: 2 lines of the list\n"), "{text}");
        assert!(text.lines().any(|line| line == "      most frequent: srv 18"), "{text}");
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    }
}
