//! The doctor's page for people: sections, one line for each finding, the fix under each, one verdict last.

use colored::Colorize;

use super::report::Style;
use super::report::human::{Columns, SUBJECT, heading, verdict, write_details, write_line, write_suppressed};
use crate::check::{self, Check, Judge, key_file, server_loopback, server_release};
use crate::report::{Line, Report, Verdict};

/// The sections of the page, in order.
const SECTIONS: &[Section] =
    &[Section::Key, Section::Records, Section::Connection, Section::Hub, Section::Release, Section::Settings];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Key,
    Records,
    Connection,
    Hub,
    Release,
    Settings,
}

impl Section {
    fn heading(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Records => "records",
            Self::Connection => "connection, from here",
            Self::Hub => "hub",
            Self::Release => "release",
            Self::Settings => "settings of the server",
        }
    }

    /// Where the lines of a check stand; a text to publish has no section.
    fn of(check: &Check) -> Option<Self> {
        match check.judge {
            _ if check.id == key_file::CHECK.id => Some(Self::Key),
            _ if check.id == server_loopback::CHECK.id => Some(Self::Connection),
            _ if check.id == server_release::CHECK.id => Some(Self::Release),
            Judge::Dns(_) => Some(Self::Records),
            Judge::Peer(_) => Some(Self::Connection),
            Judge::Hub(_) => Some(Self::Hub),
            Judge::Own(_) => Some(Self::Settings),
            Judge::Text(_) | Judge::Steps(..) | Judge::Drill(_) | Judge::Native(_) | Judge::Command => None,
        }
    }
}

/// The page.
pub fn page(report: &Report, style: Style) -> String {
    let mut out = heading(report, style.width);
    out.pop();
    let shown = |line: &&Line| is_shown(line, style);
    let room = report.lines.iter().filter(shown).map(|line| line.id.len()).max().unwrap_or_default().max(SUBJECT);
    for section in SECTIONS {
        let belongs = |line: &&Line| check::find(line.id).and_then(Section::of) == Some(*section);
        let lines: Vec<&Line> = report.lines.iter().filter(belongs).collect();
        write_section(&mut out, section.heading(), &lines, room, style);
    }
    for suppressed in &report.suppressed {
        write_suppressed(&mut out, suppressed, style.width);
    }
    write_details(&mut out, &report.details, style);
    out + &format!("\n{}\n", verdict(report, style))
}

fn write_section(out: &mut String, heading: &str, lines: &[&Line], subject: usize, style: Style) {
    if lines.is_empty() {
        return;
    }
    let is_empty = !lines.iter().any(|line| is_shown(line, style));
    if is_empty && common_reason(lines).is_none() {
        return;
    }
    *out += &format!("\n{}\n", heading.bold());
    let columns = Columns { subject, width: style.width };
    // A section that could not be looked at is reported once.
    if let Some(why) = common_reason(lines).filter(|_| style.verbose == 0) {
        let line = Line { id: lines[0].id, minor: false, verdict: Verdict::Skip { why: why.to_owned() } };
        return write_line(out, &line, "", columns);
    }
    for line in lines.iter().filter(|line| is_shown(line, style)) {
        write_line(out, line, line.id, columns);
    }
}

fn is_shown(line: &Line, style: Style) -> bool {
    match line.verdict {
        Verdict::Skip { .. } => style.verbose > 0 || line.id == server_loopback::CHECK.id,
        Verdict::Pass { .. } => style.verbose > 0 || !line.minor,
        Verdict::Problem(_) => true,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::CHECKS;

    #[test]
    fn a_section_is_chosen_by_what_a_check_judges() {
        let section = |id: &str| check::find(id).and_then(Section::of);
        assert_eq!(section("server-release"), Some(Section::Release));
        assert_eq!(section("server-domain"), Some(Section::Settings));
        assert_eq!(section("key-match"), Some(Section::Records));
        assert_eq!(section("records-text"), None);
        assert!(CHECKS.iter().all(|check| Section::of(check).is_none_or(|section| SECTIONS.contains(&section))));
    }
}
