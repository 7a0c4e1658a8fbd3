//! The doctor's page for people: sections, one line a finding, the fix under each, one verdict last.

use colored::Colorize;

use super::report::Style;
use super::report::human::{SUBJECT, heading, verdict, write_line, write_suppressed};
use crate::report::{Line, Report, Verdict};

/// A section: its heading, and the beginnings of the ids that belong to it.
const SECTIONS: &[(&str, &[&str])] = &[
    ("key", &["key-file"]),
    ("records", &["dns-", "key-"]),
    ("connection, from here", &["peer-", "tls-", "server-loopback"]),
    ("hub", &["hub-"]),
    ("release", &["server-release"]),
    ("settings of the server", &["server-"]),
];

/// The page.
pub fn page(report: &Report, style: Style) -> String {
    let mut out = heading(report, style.width);
    out.pop();
    for (at, (name, _)) in SECTIONS.iter().enumerate() {
        let lines: Vec<&Line> = report.lines.iter().filter(|line| section(line.id) == Some(at)).collect();
        write_section(&mut out, name, &lines, style);
    }
    for suppressed in &report.suppressed {
        write_suppressed(&mut out, suppressed, style.width);
    }
    out + &format!("\n{}\n", verdict(report, style))
}

/// The first section that the id belongs to.
fn section(id: &str) -> Option<usize> {
    SECTIONS.iter().position(|(_, starts)| starts.iter().any(|start| id.starts_with(start)))
}

fn write_section(out: &mut String, heading: &str, lines: &[&Line], style: Style) {
    if lines.is_empty() {
        return;
    }
    *out += &format!("\n{}\n", heading.bold());
    // A section that could not be looked at says so once.
    if let Some(why) = common_reason(lines).filter(|_| !style.verbose) {
        let line = Line { id: lines[0].id, minor: false, verdict: Verdict::Skip { why: why.to_owned() } };
        return write_line(out, &line, "", SUBJECT, style.width);
    }
    for line in lines {
        let shown = match line.verdict {
            Verdict::Skip { .. } => style.verbose || line.id == "server-loopback",
            Verdict::Pass { .. } => style.verbose || !line.minor,
            Verdict::Problem(_) => true,
        };
        if shown {
            write_line(out, line, subject(line.id), SUBJECT, style.width);
        }
    }
}

/// The reason of all lines, when all were skipped for the same one.
fn common_reason<'a>(lines: &[&'a Line]) -> Option<&'a str> {
    let mut reasons = lines.iter().map(|line| match &line.verdict {
        Verdict::Skip { why } => Some(why.as_str()),
        _ => None,
    });
    let first = reasons.next()??;
    reasons.all(|reason| reason == Some(first)).then_some(first)
}

/// The id without what its section says already.
fn subject(id: &str) -> &str {
    ["dns-", "peer-", "server-", "hub-"].iter().find_map(|start| id.strip_prefix(start)).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{CHECKS, Judge};

    #[test]
    fn every_check_of_a_domain_has_a_section() {
        for check in CHECKS.iter().filter(|check| !matches!(check.judge, Judge::Text(_))) {
            assert!(section(check.id).is_some(), "{}", check.id);
        }
        assert_eq!(section("server-release"), Some(4));
        assert_eq!(section("server-domain"), Some(5));
        assert_eq!(section("key-match"), Some(1));
    }
}
