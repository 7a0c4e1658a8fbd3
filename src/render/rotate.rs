//! The plan for a change of the key, for people and for programs.

use colored::Colorize;
use serde_json::json;

use super::fill::wrap;
use super::key::pretty;
use crate::report::rotation::{Clocks, Step};

/// One state of the rehearsal.
pub struct Act {
    pub state: &'static str,
    /// Whether messages should pass.
    pub expected: bool,
    pub passed: bool,
    /// Why they did not.
    pub trouble: String,
}

impl Act {
    /// It came out as the plan says.
    pub fn is_right(&self) -> bool {
        self.expected == self.passed
    }
}

/// Everything that is printed.
pub struct Rotation<'a> {
    pub domain: &'a str,
    pub clocks: Clocks,
    pub steps: &'a [Step],
    /// Seconds since 1970 at which the first step begins.
    pub start: i64,
    /// What is published now, in the provider's form.
    pub rollback: &'a str,
    pub rehearsal: &'a [Act],
}

/// For people.
pub fn human(rotation: &Rotation, width: usize) -> String {
    let Clocks { ttl, low_ttl, refresh } = rotation.clocks;
    let mut out = format!(
        "{}  a new key\n\nTTL {ttl} s now, {low_ttl} s during the change; secondaries within {refresh} s; peers remember 3600 s\n",
        rotation.domain.bold()
    );
    for step in rotation.steps {
        out += &format!("\n{:<10}  {}  {}\n", ago(step.at_s), clock(rotation.start, step.at_s), step.title.bold());
        for command in &step.commands {
            out += &format!("            {command}\n");
        }
        for line in wrap(&step.why, width.saturating_sub(12)) {
            out += &format!("            {}\n", line.dimmed());
        }
    }
    out += &format!("\n{}\n", "the way back: publish this, and put the old key back into the server".bold());
    out += rotation.rollback;
    if !rotation.rehearsal.is_empty() {
        out += &format!("\n{}\n", "rehearsed on this machine, with throw-away keys".bold());
    }
    for act in rotation.rehearsal {
        let status = if act.is_right() { "right".green() } else { "wrong".red().bold() };
        let description = match (act.passed, act.expected) {
            (true, true) => "messages pass".to_owned(),
            (true, false) => "messages pass, and should not".to_owned(),
            (false, _) => format!("messages do not pass: {}", act.trouble),
        };
        for (at, line) in wrap(&format!("{}: {description}", act.state), width.saturating_sub(9)).iter().enumerate() {
            out += &if at == 0 { format!("  {status}  {line}\n") } else { format!("         {line}\n") };
        }
    }
    out
}

/// For programs.
pub fn json(rotation: &Rotation) -> anyhow::Result<String> {
    let act =
        |act: &Act| json!({"state": act.state, "passed": act.passed, "expected": act.expected, "trouble": act.trouble});
    pretty(&json!({
        "schema": 1,
        "domain": rotation.domain,
        "clocks": rotation.clocks,
        "start": rotation.start,
        "steps": rotation.steps,
        "rollback": rotation.rollback,
        "rehearsal": rotation.rehearsal.iter().map(act).collect::<Vec<_>>(),
    }))
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
