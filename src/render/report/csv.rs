//! Comma-separated values (RFC 4180) with a header line, for spreadsheets: a row for each check.

use super::{ReportFormat, Stream};
use crate::report::{Report, Verdict};
use crate::text::is_unsafe;

pub const FORMAT: ReportFormat = ReportFormat {
    id: "csv",
    readers: "spreadsheets",
    holds: "a row for each check: subject, check, result, what, means, fix",
    monitoring: false,
    stream: Some(Stream {
        head: || row(HEADER),
        between: "",
        each: |report, _, _| Ok(rows(report)),
        tail: |_| String::new(),
    }),
    write: |reports, _| Ok(write(reports)),
};

const HEADER: [&str; 6] = ["subject", "check", "result", "what", "means", "fix"];

/// Writes the header and the rows, with the line ends of the RFC.
fn write(reports: &[Report]) -> String {
    row(HEADER) + &reports.iter().map(rows).collect::<String>()
}

fn rows(report: &Report) -> String {
    let mut out = String::new();
    for line in &report.lines {
        let (result, [what, means, fix]) = match &line.verdict {
            Verdict::Pass { note } => ("ok".to_owned(), [note.as_str(), "", ""]),
            Verdict::Skip { why } => ("skipped".to_owned(), [why.as_str(), "", ""]),
            Verdict::Problem(problem) => {
                (problem.severity.to_string(), [problem.what.as_str(), &problem.means, &problem.fix])
            }
        };
        out += &row([&report.subject, line.id, &result, what, means, fix]);
    }
    for quiet in &report.suppressed {
        let fields = [&quiet.problem.what, &quiet.problem.means, &quiet.reason];
        let [what, means, reason] = fields.map(String::as_str);
        out += &row([&report.subject, quiet.id, "suppressed", what, means, reason]);
    }
    out
}

fn row(cells: [&str; 6]) -> String {
    cells.map(cell).join(",") + "\r\n"
}

/// What begins a formula, in both widths that spreadsheets know, and the blank that they skip.
const FORMULA: [char; 9] = ['=', '+', '-', '@', ' ', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A cell in quotes. A spreadsheet runs what begins like a formula, and names and texts come from others: an apostrophe keeps
/// it a text.
fn cell(text: &str) -> String {
    let text: String = text.chars().map(|c| if is_unsafe(c) { ' ' } else { c }).collect();
    let guard = if text.starts_with(FORMULA) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_never_two_cells() {
        assert_eq!(cell("=HYPERLINK(\"http://a\")"), "\"'=HYPERLINK(\"\"http://a\"\")\"");
        assert_eq!(cell("\t-1,\"a\"\nb"), "\"' -1,\"\"a\"\" b\"");
        assert_eq!(cell("\u{ff1d}a()"), "\"'\u{ff1d}a()\"");
        assert_eq!(cell("plain, text"), "\"plain, text\"");
    }
}
