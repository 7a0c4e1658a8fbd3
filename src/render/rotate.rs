//! The plan for a change of the key, for people and for programs.

use colored::Colorize;
use serde_json::Value;

use super::fill::hang;
use super::key::pretty;
use super::report::human::{Columns, heading, verdict, write_details, write_line};
use super::report::{JSON, Style, write};
use crate::report::Report;
use crate::report::rotation::{Clocks, Rehearsed, Step};

/// Everything that is printed.
pub struct Rotation<'a> {
    pub domain: &'a str,
    pub clocks: Clocks,
    pub steps: &'a [Step],
    /// Seconds since 1970 at which the first step begins.
    pub start: i64,
    /// What is published now, in the provider's form.
    pub rollback: &'a str,
    pub rehearsal: &'a [Rehearsed],
    /// The rehearsal, judged.
    pub report: &'a Report,
}

/// For people.
pub fn human(rotation: &Rotation, style: Style) -> String {
    let width = style.width;
    let Clocks { ttl, low_ttl, refresh } = rotation.clocks;
    let clocks = format!(
        "TTL {ttl} s now, {low_ttl} s during the rotation; secondary servers refresh within {refresh} s; peers cache records \
         for 3600 s"
    );
    let mut out = heading(rotation.report, width) + &hang(&clocks, width, 0);
    for step in rotation.steps {
        out += &format!("\n{:<10}  {}\n", ago(step.at_s), clock(rotation.start, step.at_s));
        out += &hang(&format!("  {}", step.title), width, 2);
        for command in &step.commands {
            out += &format!("    {command}\n");
        }
        out += &hang(&format!("  {}", step.why), width, 2);
    }
    let back = "To go back: publish these records, and put the old key back into the server.";
    out += &format!("\n{}\n", hang(back, width, 0));
    out += rotation.rollback;
    if !rotation.rehearsal.is_empty() {
        let title = hang("rehearsal on this machine, with temporary keys", width, 0);
        out += &format!("\n{}\n\n", title.trim_end().bold());
    }
    for line in &rotation.report.lines {
        write_line(&mut out, line, line.id, Columns { subject: line.id.len(), width });
    }
    write_details(&mut out, &rotation.report.details, style);
    out + &format!("\n{}\n", verdict(rotation.report, style))
}

/// For programs: the report, and the plan beside it.
pub fn json(rotation: &Rotation, style: Style) -> anyhow::Result<String> {
    let report = write(JSON, std::slice::from_ref(rotation.report), style)?;
    let mut document: Value = serde_json::from_str(&report)?;
    document["domain"] = rotation.domain.into();
    document["clocks"] = serde_json::to_value(rotation.clocks)?;
    document["start"] = rotation.start.into();
    document["steps"] = serde_json::to_value(rotation.steps)?;
    document["rollback"] = rotation.rollback.into();
    document["rehearsal"] = serde_json::to_value(rotation.rehearsal)?;
    pretty(&document)
}

/// `now`, `+5 min`, `+1 h 15 min`.
fn ago(seconds: u32) -> String {
    let minutes = seconds.div_ceil(60);
    match (minutes / 60, minutes % 60) {
        (0, 0) => "now".into(),
        (0, minutes) => format!("+{minutes} min"),
        (hours, 0) => format!("+{hours} h"),
        (hours, minutes) => format!("+{hours}h{minutes:02}min"),
    }
}

/// Day, hour and minute in UTC.
fn clock(start: i64, after: u32) -> String {
    let time = jiff::Timestamp::from_second(start.saturating_add(after.into())).unwrap_or_default().to_string();
    time.get(..16).unwrap_or(&time).replace('T', " ") + " UTC"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!([0, 300, 3600, 4500].map(ago), ["now", "+5 min", "+1 h", "+1h15min"]);
        assert_eq!(clock(0, 60), "1970-01-01 00:01 UTC");
    }
}
