//! The plan of an upgrade, for people and for programs.

use colored::Colorize;
use serde_json::json;

use super::fill::wrap;
use super::key::pretty;
use crate::rocketchat::release::Release;
use crate::rocketchat::upgrade::{Step, When};

/// Columns of the heading.
const HEADING: usize = 10;

/// The steps under their headings.
pub fn human(from: Release, to: Release, steps: &[Step], width: usize) -> String {
    let mut out = format!("{}\n\n", format!("{from} to {to}").bold());
    for when in [When::Stops, When::Before, When::During, When::After, When::Lost] {
        for (at, step) in steps.iter().filter(|step| step.when == when).enumerate() {
            let heading = if at == 0 { heading(when) } else { "" };
            for (line, text) in wrap(&step.text, width.saturating_sub(HEADING + 4)).iter().enumerate() {
                let heading = if line == 0 { heading } else { "" };
                out += &format!("  {heading:<HEADING$}  {text}\n");
            }
        }
    }
    let stops = steps.iter().any(|step| step.when == When::Stops);
    let verdict = match (steps.is_empty(), stops) {
        (true, _) | (_, false) => "classic federation works as before",
        _ => "classic federation does not survive this upgrade unchanged",
    };
    out + &format!("\n{from} to {to}: {verdict}\n")
}

fn heading(when: When) -> &'static str {
    match when {
        When::Stops => "stops",
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
