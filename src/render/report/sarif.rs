//! SARIF 2.1.0 (OASIS), for code scanning and its viewers: a rule for each check, a result for each finding.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{ReportFormat, Stream, Style};
use crate::check;
use crate::report::{Problem, Report, Verdict};
use crate::severity::Severity;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub const FORMAT: ReportFormat = ReportFormat {
    id: "sarif",
    readers: "code scanning",
    holds: "SARIF 2.1.0: a rule for each check, a result for each finding",
    monitoring: false,
    // Before all results are known, the rules are those of every check.
    stream: Some(Stream {
        head: || opened(&check::CHECKS.iter().map(|check| check.id).collect::<Vec<_>>()),
        between: ",\n",
        each: |report, _, _| {
            let ids: Vec<&str> = check::CHECKS.iter().map(|check| check.id).collect();
            let results: Vec<String> = results(report, &ids).iter().map(Value::to_string).collect();
            Ok(crate::text::escaped_json(&results.join(",\n")))
        },
        tail: |_| END.to_owned(),
    }),
    write,
};

/// Behind the last result.
const END: &str = "\n]}]}\n";

/// Everything before the first result.
fn opened(ids: &[&str]) -> String {
    let rules: Vec<Value> = ids.iter().map(|id| rule(id)).collect();
    let version = env!("CARGO_PKG_VERSION");
    let tool = json!({ "driver": { "name": "fedctl", "semanticVersion": version, "rules": rules } });
    let run = format!("\"tool\": {tool}, \"columnKind\": \"unicodeCodePoints\", \"results\": [\n");
    crate::text::escaped_json(&format!("{{\"$schema\": \"{SCHEMA}\", \"version\": \"2.1.0\", \"runs\": [{{{run}"))
}

/// Writes all reports as one run.
fn write(reports: &[Report], _: Style) -> anyhow::Result<String> {
    let ids: BTreeSet<&str> = reports.iter().flat_map(ids).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let rules: Vec<Value> = ids.iter().map(|id| rule(id)).collect();
    let results: Vec<Value> = reports.iter().flat_map(|report| results(report, &ids)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "fedctl", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    Ok(crate::text::escaped_json(&serde_json::to_string_pretty(&log)?) + "\n")
}

fn ids(report: &Report) -> Vec<&'static str> {
    let lines = report.lines.iter().map(|line| line.id);
    lines.chain(report.suppressed.iter().map(|quiet| quiet.id)).collect()
}

fn rule(id: &str) -> Value {
    match check::find(id) {
        Some(check) => json!({
            "id": id,
            "shortDescription": { "text": check.title },
            "help": { "text": check.page, "markdown": check.page },
        }),
        None => json!({ "id": id }),
    }
}

fn results(report: &Report, ids: &[&str]) -> Vec<Value> {
    let lines = report.lines.iter().map(|line| match &line.verdict {
        Verdict::Pass { note } => result(report, ids, line.id, Outcome { kind: "pass", level: "none", text: note }),
        // SARIF 3.27.9: not enough is known to decide.
        Verdict::Skip { why } => result(report, ids, line.id, Outcome { kind: "open", level: "none", text: why }),
        Verdict::Problem(problem) => failed(report, ids, line.id, problem),
    });
    let quiet = report.suppressed.iter().map(|quiet| {
        let mut result = failed(report, ids, quiet.id, &quiet.problem);
        result["suppressions"] = json!([{ "kind": "external", "justification": quiet.reason }]);
        result
    });
    lines.chain(quiet).collect()
}

/// What a check found, in the words of the standard.
struct Outcome<'a> {
    kind: &'static str,
    level: &'static str,
    text: &'a str,
}

fn result(report: &Report, ids: &[&str], id: &str, outcome: Outcome) -> Value {
    // Code scanning shows only what has a place in a file; the subject is the nearest thing to one.
    json!({
        "ruleId": id,
        "ruleIndex": ids.iter().position(|known| *known == id),
        "kind": outcome.kind,
        "level": outcome.level,
        "message": { "text": outcome.text },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": uri(&report.subject) }, "region": { "startLine": 1 } },
            "logicalLocations": [{ "name": report.subject, "kind": "resource" }],
        }],
        "partialFingerprints": { "fedctl/v1": format!("{}/{id}", report.subject) },
    })
}

fn failed(report: &Report, ids: &[&str], id: &str, problem: &Problem) -> Value {
    let outcome = Outcome { kind: "fail", level: level(problem.severity), text: &message(problem) };
    let mut result = result(report, ids, id, outcome);
    result["properties"] = json!({
        "means": problem.means, "fix": problem.fix, "evidence": problem.evidence,
    });
    result
}

fn message(problem: &Problem) -> String {
    format!("{}. {}. To fix it: {}", problem.what, problem.means, problem.fix)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "note",
    }
}

/// A relative reference (RFC 3986 section 4.2) with everything but names escaped.
fn uri(subject: &str) -> String {
    let mut out = String::new();
    for byte in subject.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            other => out += &format!("%{other:02X}"),
        }
    }
    out
}
