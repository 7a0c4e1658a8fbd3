//! For programs: the members of every report, and the drill beside them.

use serde_json::{Value, json};

use super::Drill;
use crate::check::drill::{absence, is_known_limit, proof};
use crate::check::drill_leftovers::leftovers;
use crate::check::judge_steps;
use crate::facts::drill::DrillFacts;
use crate::render::key::pretty;
use crate::render::report::{JSON, Style, write as write_report};
use crate::report::Verdict;

/// The object, with two spaces and a final line end.
pub fn write(seen: &Drill, style: Style) -> anyhow::Result<String> {
    let text = write_report(JSON, std::slice::from_ref(seen.report), style)?;
    let mut value: Value = serde_json::from_str(&text)?;
    let facts = seen.facts;
    value["drill"] = json!({
        "domain": facts.domain,
        "user": facts.user,
        "looked_up": facts.username,
        "release": facts.release(),
        "judged_as": facts.judged_as(),
        "answers_blindly": facts.is_blind(),
        "steps": steps(facts),
        "requests": requests(facts),
        "call_backs": facts.arrivals,
        "left": leftovers(facts),
    });
    pretty(&value)
}

fn steps(facts: &DrillFacts) -> Vec<Value> {
    let all = judge_steps(facts).into_iter().map(|(step, line)| {
        let (status, note) = match line.verdict {
            Verdict::Pass { note } => ("ok".to_owned(), note),
            Verdict::Problem(problem) => (problem.severity.to_string(), problem.what),
            Verdict::Skip { why } if absence(facts, step).is_some() => ("n/a".to_owned(), why),
            Verdict::Skip { why } => ("skipped".to_owned(), why),
        };
        json!({
            "step": step, "status": status, "note": note, "id": line.id, "verified_by": proof(facts, step),
            "known_limit": is_known_limit(facts, step),
        })
    });
    all.collect()
}

fn requests(facts: &DrillFacts) -> Vec<Value> {
    let all = facts.requests.iter().map(|request| {
        let events = request.parts.iter().flat_map(|part| &part.sent);
        let kind = |event: &Value| event.get("type").or_else(|| event.pointer("/event/t")).cloned();
        json!({
            "at_ms": request.at,
            "purpose": request.purpose,
            "steps": request.parts.iter().map(|part| part.step).collect::<Vec<_>>(),
            "events": events.filter_map(kind).collect::<Vec<_>>(),
            "path": request.exchange.path,
            "status": request.exchange.answer().map(|answer| answer.status),
            "answer": request.exchange.answer().map(|answer| &answer.excerpt),
            "failure": request.exchange.outcome.as_ref().err().map(ToString::to_string),
            "elapsed_ms": request.exchange.elapsed,
        })
    });
    all.collect()
}
