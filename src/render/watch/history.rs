//! The history of one domain, and what differs between two moments.

use serde_json::json;

use super::board::{entry, summary};
use super::strip::availability;
use crate::count::counted;
use crate::dns::name::Domain;
use crate::render::fill::{hang, harmless};
use crate::report::watch::{Difference, Span, Status, Stretch, Verdict, length, moment};

/// Columns in front of what was found.
const INDENT: usize = 2 + 20 + 2 + 12 + 2 + 7 + 2;

/// One entry for each time in which the checks agreed, the newest first: of so many days, from a moment on.
pub fn human(status: &Status, spans: &[Span], (days, from): (u32, i64), width: usize) -> String {
    let listed = if status.is_listed { format!("every {}", length(status.every)) } else { "not on the list".into() };
    let mut out = format!("{}  {listed} · {}\n\n", status.domain, counted(status.checks, "check"));
    for span in spans.iter().rev() {
        let verdict = span.snapshot.verdict.to_string();
        let line =
            format!("  {}  {:<12}  {verdict:<7}  {}", moment(span.start), length(span.end - span.start), what(span));
        out += &hang(&line, width, INDENT);
    }
    let stretches: Vec<Stretch> =
        spans.iter().map(|span| Stretch { start: span.start, end: span.end, verdict: span.snapshot.verdict }).collect();
    match availability(&stretches, from) {
        Some(share) => {
            let days = counted(days, "day");
            out + &hang(&format!("\nworked {share:.2} % of the known time in the last {days}"), width, 0)
        }
        None => out + "nothing is known\n",
    }
}

fn what(span: &Span) -> String {
    let first = span.snapshot.findings.first().filter(|_| span.snapshot.verdict != Verdict::Ok);
    harmless(&match (span.snapshot.verdict, first) {
        (Verdict::Unknown, _) => "no resolver answered".into(),
        (_, Some(finding)) => format!("{}: {}", finding.check, finding.what),
        (_, None) => summary(&span.snapshot),
    })
}

/// One object with the domain and its history, the oldest first.
pub fn json(status: &Status, spans: &[Span]) -> anyhow::Result<String> {
    let history = spans.iter().map(|span| {
        json!({
            "from": span.start, "until": span.end, "checks": span.checks, "verdict": span.snapshot.verdict,
            "findings": span.snapshot.findings, "properties": span.snapshot.properties,
            "certificate_until": span.snapshot.certificate_until,
        })
    });
    let mut value = json!({"schema": 1, "domain": entry(status)});
    value["history"] = history.collect();
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// Each difference with both values.
pub fn differences(domain: &Domain, before: &Span, after: &Span, found: &[Difference], width: usize) -> String {
    let mut out = hang(&format!("{domain}  {} → {}", moment(before.start), moment(after.start)), width, 2);
    for difference in found {
        let side = |value: &Option<String>| harmless(value.as_deref().unwrap_or("nothing")).replace('\n', " ");
        out += &format!("\n{}\n", difference.subject);
        for (mark, value) in [("-", &difference.before), ("+", &difference.after)] {
            out += &hang(&format!("  {mark} {}", side(value)), width, 4);
        }
    }
    out + &match found.len() {
        0 => "\nnothing changed\n".to_owned(),
        count => format!("\n{}\n", counted(count, "difference")),
    }
}

pub fn differences_json(domain: &Domain, before: &Span, after: &Span, found: &[Difference]) -> anyhow::Result<String> {
    let value = json!({
        "schema": 1, "domain": domain, "before": before.start, "after": after.start, "differences": found,
    });
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}
