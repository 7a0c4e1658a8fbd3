//! Both directions on one page.

use colored::Colorize;
use serde_json::json;

use crate::render::fill::{hang, harmless};
use crate::report::comparison::{Comparison, Half};

/// For people.
pub fn write(comparison: &Comparison, width: usize) -> String {
    let mut out = String::new();
    for half in [&comparison.there, &comparison.back] {
        let from = half.identity.as_deref().unwrap_or_default();
        let status = match half.stopped_at() {
            None => "ok".green(),
            Some(_) => "error".red().bold(),
        };
        out += &format!("{} → {}  {status}\n", harmless(from), harmless(&half.subject));
        out += &hang(&format!("  {}", stages(half)), width, 2);
        for found in half.errors() {
            out += &hang(&format!("  {}: {}", found.id, found.what), width, 2);
        }
        out.push('\n');
    }
    for conclusion in &comparison.conclusions {
        out += &hang(conclusion, width, 0);
    }
    out
}

/// For programs.
pub fn json(comparison: &Comparison) -> anyhow::Result<String> {
    let half = |half: &Half| {
        json!({
            "from": half.identity,
            "to": half.subject,
            "stopped_at": half.stopped_at(),
            "findings": half.errors().map(|found| json!({"id": found.id, "severity": found.severity, "what": found.what})).collect::<Vec<_>>(),
        })
    };
    let clean = comparison.there.stopped_at().is_none() && comparison.back.stopped_at().is_none();
    crate::render::key::pretty(&json!({
        "schema": 1,
        "verdict": if clean { "clean" } else { "problems" },
        "directions": [half(&comparison.there), half(&comparison.back)],
        "conclusions": comparison.conclusions,
    }))
}

fn stages(half: &Half) -> String {
    let shown = half.stages.iter().filter(|stage| stage.status != "skipped");
    shown.map(|stage| format!("{} {}", stage.name, stage.status)).collect::<Vec<_>>().join(" · ")
}
