//! Both directions on one page.

use colored::Colorize;
use serde_json::json;

use crate::render::fill::{fitting, hang, harmless, one_line};
use crate::render::report::{Style, found};
use crate::report::comparison::{Comparison, Half, Passed};

/// For people: the errors of both directions; with -v every finding, with -vv the stages that were skipped.
pub fn write(comparison: &Comparison, style: Style) -> String {
    let (mut out, width) = (String::new(), style.width);
    for half in [&comparison.there, &comparison.back] {
        let from = half.identity.as_deref().unwrap_or_default();
        let status = match half.stopped_at() {
            None => "ok".green(),
            Some(_) => "error".red().bold(),
        };
        out += &format!("{} → {}  {status}\n", harmless(from), harmless(&half.subject));
        out += &stages(half, style);
        for found in half.findings.iter().filter(|found| style.verbose > 0 || found.severity == "error") {
            let severity = if style.verbose > 0 { format!("{}, ", found.severity) } else { String::new() };
            out += &hang(&format!("  {severity}{}: {}", found.id, found.what), width, 2);
        }
        out.push('\n');
    }
    for conclusion in &comparison.conclusions {
        out += &hang(conclusion, width, 0);
    }
    out + &format!("\n{}\n", verdict(comparison, width))
}

fn verdict(comparison: &Comparison, width: usize) -> String {
    let working = comparison.working();
    let counts = match comparison.counts() {
        (0, 0) => String::new(),
        (errors, warnings) => format!(": {}", found(&[(errors, "error"), (warnings, "warning")])),
    };
    let names = one_line(&format!("{} and {}", comparison.back.subject, comparison.there.subject));
    let verb = if working == 1 { "works" } else { "work" };
    let whole = format!("{names}: {working} of 2 directions {verb}{counts}");
    let short = format!("{working} of 2 directions {verb}{counts}");
    let verdict = fitting(&whole, &short, width);
    if working == 2 { verdict.green().to_string() } else { verdict.red().bold().to_string() }
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

/// The stages, without those that were skipped; with -vv all of them, a line each.
fn stages(half: &Half, Style { width, verbose, .. }: Style) -> String {
    let shown = |stage: &Passed| format!("{} {}", stage.name, stage.status);
    if verbose > 1 {
        return half.stages.iter().map(|stage| hang(&format!("  {}", shown(stage)), width, 4)).collect();
    }
    let passed = half.stages.iter().filter(|stage| stage.status != "skipped").map(shown).collect::<Vec<_>>();
    hang(&format!("  {}", passed.join(" · ")), width, 2)
}
