//! JUnit XML as CI servers read it: a suite for each subject, a case for each check. What does not reach `--fail-on` passes, and is listed in
//! its output.

use super::{ReportFormat, Stream, Style, seconds};
use crate::report::{Line, Problem, Report, Suppressed, Verdict};
use crate::text::is_unsafe;

pub const FORMAT: ReportFormat = ReportFormat {
    id: "junit",
    readers: "CI servers",
    holds: "JUnit XML: a suite for each subject, a case for each check",
    monitoring: false,
    stream: Some(Stream {
        head: || "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fedctl\">\n".to_owned(),
        between: "",
        tail: |_| "</testsuites>\n".to_owned(),
        each: |report, _, style| {
            let mut out = String::new();
            suite(&mut out, report, style);
            Ok(out)
        },
    }),
    write: |reports, style| Ok(write(reports, style)),
};

/// Writes all reports as one document.
fn write(reports: &[Report], style: Style) -> String {
    let total = |count: fn(&Report, Style) -> usize| reports.iter().map(|report| count(report, style)).sum::<usize>();
    let elapsed = reports.iter().map(|report| report.elapsed).sum();
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    out += &format!(
        "<testsuites name=\"fedctl\" tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{}\">\n",
        total(tests),
        total(failures),
        seconds(elapsed)
    );
    for report in reports {
        suite(&mut out, report, style);
    }
    out + "</testsuites>\n"
}

fn tests(report: &Report, _: Style) -> usize {
    report.lines.len() + report.suppressed.len()
}

fn failures(report: &Report, style: Style) -> usize {
    report.problems().iter().filter(|(_, problem)| problem.severity >= style.fail_on).count()
}

fn suite(out: &mut String, report: &Report, style: Style) {
    let skipped = report.skipped().count() + report.suppressed.len();
    *out += &format!(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{skipped}\" time=\"{}\">\n",
        escape(&report.subject),
        tests(report, style),
        failures(report, style),
        seconds(report.elapsed)
    );
    for line in &report.lines {
        case(out, report, line, style);
    }
    for Suppressed { id, problem, reason } in &report.suppressed {
        open(out, report, id);
        let why = format!("suppressed: {reason} ({}: {})", problem.severity, problem.what);
        *out += &format!("      <skipped message=\"{}\"/>\n    </testcase>\n", escape(&why));
    }
    *out += "  </testsuite>\n";
}

fn open(out: &mut String, report: &Report, id: &str) {
    *out += &format!("    <testcase classname=\"fedctl.{}\" name=\"{}\">\n", escape(&report.subject), escape(id));
}

fn case(out: &mut String, report: &Report, line: &Line, style: Style) {
    open(out, report, line.id);
    *out += &match &line.verdict {
        Verdict::Pass { note } => format!("      <system-out>{}</system-out>\n", escape(note)),
        Verdict::Skip { why } => format!("      <skipped message=\"{}\"/>\n", escape(why)),
        Verdict::Problem(problem) if problem.severity >= style.fail_on => format!(
            "      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
            problem.severity,
            escape(&problem.what),
            escape(&details(problem))
        ),
        Verdict::Problem(problem) => format!(
            "      <system-out>{}: {}\n{}</system-out>\n",
            problem.severity,
            escape(&problem.what),
            escape(&details(problem))
        ),
    };
    *out += "    </testcase>\n";
}

fn details(problem: &Problem) -> String {
    let seen = problem.evidence.iter().map(|line| format!("seen: {line}\n"));
    seen.chain([format!("means: {}\n", problem.means), format!("fix: {}\n", problem.fix)]).collect()
}

/// XML 1.0 section 2.2 allows no other control characters, escaped or not.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            '\t' | '\n' => out.push(c),
            c if is_unsafe(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
