//! The plan of an upgrade, for people and for programs.

use colored::Colorize;
use serde_json::json;

use super::fill::{hang, wrap};
use super::key::pretty;
use crate::report::{FixPart, fix_parts};
use crate::rocketchat::life::Life;
use crate::rocketchat::release::Release;
use crate::rocketchat::upgrade::{Step, When};

/// Columns of the heading.
const HEADING: usize = 10;

/// The steps under their headings; a line to copy stands alone.
pub fn human(from: Release, to: Release, steps: &[Step], width: usize) -> String {
    let mut out = format!("{}\n\n", format!("{from} to {to}").bold());
    for when in [When::Stops, When::Partners, When::Before, When::During, When::After, When::Lost] {
        let mut heading = heading(when);
        for step in steps.iter().filter(|step| step.when == when) {
            for part in fix_parts(&step.text) {
                match part {
                    FixPart::Copy(line) => out += &format!("{}{line}\n", " ".repeat(HEADING + 4)),
                    FixPart::Text(text) => {
                        for line in wrap(text, width.saturating_sub(HEADING + 4)) {
                            out += &format!("  {heading:<HEADING$}  {line}\n");
                            heading = "";
                        }
                    }
                }
            }
        }
    }
    let stops = steps.iter().any(|step| step.when == When::Stops);
    let verdict = match (Life::of(from), stops) {
        (Life::Removed, _) => "neither release has classic federation",
        (_, true) => "classic federation does not survive this upgrade unchanged",
        (_, false) => "classic federation works as before",
    };
    out + "\n" + &hang(&format!("{from} to {to}: {verdict}"), width, 2)
}

fn heading(when: When) -> &'static str {
    match when {
        When::Stops => "stops",
        When::Partners => "partners",
        When::Before => "before",
        When::During => "during",
        When::After => "after",
        When::Lost => "lost",
    }
}

/// One JSON object.
pub fn json(from: Release, to: Release, steps: &[Step]) -> anyhow::Result<String> {
    pretty(&json!({"schema": 1, "from": from.to_string(), "to": to.to_string(), "steps": steps}))
}
