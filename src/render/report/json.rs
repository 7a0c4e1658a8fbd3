//! The JSON form of a report: its own structs, so that inner names can change (docs/json.md, docs/report.schema.json).

use serde::Serialize;

use super::{ReportFormat, Stream, Style, verdict};
use crate::report::propagation::Arrival;
use crate::report::{Matrix, Problem, Report, Unchecked, Verdict};
use crate::rocketchat::discovery::DiscoveryResult;
use crate::severity::Severity;

/// Raised when a member changes its meaning or goes away; new members do not raise it.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    subject: &'a str,
    verdict: &'static str,
    worst: Option<Severity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unchecked: Option<&'a Unchecked>,
    findings: Vec<Finding<'a>>,
    passed: Vec<Passed<'a>>,
    skipped: Vec<Skipped<'a>>,
    suppressed: Vec<Quiet<'a>>,
    #[serde(skip_serializing_if = "<[DiscoveryResult]>::is_empty")]
    generations: &'a [DiscoveryResult],
    #[serde(skip_serializing_if = "<[Arrival]>::is_empty")]
    propagation: &'a [Arrival],
    #[serde(skip_serializing_if = "Option::is_none")]
    matrix: Option<&'a Matrix>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<i64>,
    elapsed_ms: u64,
}

#[derive(Serialize)]
pub struct Finding<'a> {
    id: &'a str,
    severity: Severity,
    what: &'a str,
    means: &'a str,
    fix: &'a str,
    evidence: &'a [String],
}

#[derive(Serialize)]
struct Passed<'a> {
    id: &'a str,
    note: &'a str,
}

#[derive(Serialize)]
struct Skipped<'a> {
    id: &'a str,
    why: &'a str,
}

/// A finding that does not count.
#[derive(Serialize)]
struct Quiet<'a> {
    #[serde(flatten)]
    finding: Finding<'a>,
    reason: &'a str,
}

pub const FORMAT: ReportFormat = ReportFormat {
    id: "json",
    readers: "programs",
    holds: "one object for each report, or an array when there are several ([json.md](json.md))",
    monitoring: false,
    stream: Some(Stream {
        head: || "[\n".to_owned(),
        between: ",\n",
        tail: |_| "\n]\n".to_owned(),
        each: |report, _, style| Ok(serde_json::to_string_pretty(&document(report, style))?),
    }),
    write,
};

/// One object, or an array of objects when there are several reports.
fn write(reports: &[Report], style: Style) -> anyhow::Result<String> {
    let documents: Vec<Document> = reports.iter().map(|report| document(report, style)).collect();
    let text = match documents.as_slice() {
        [one] => serde_json::to_string_pretty(one)?,
        many => serde_json::to_string_pretty(many)?,
    };
    Ok(crate::text::escaped_json(&text) + "\n")
}

pub fn finding<'a>(id: &'a str, problem: &'a Problem) -> Finding<'a> {
    let Problem { severity, what, means, fix, evidence } = problem;
    Finding { id, severity: *severity, what, means, fix, evidence }
}

fn document(report: &Report, style: Style) -> Document<'_> {
    let passed = report.lines.iter().filter_map(|line| match &line.verdict {
        Verdict::Pass { note } => Some(Passed { id: line.id, note }),
        _ => None,
    });
    Document {
        schema: SCHEMA,
        subject: &report.subject,
        verdict: verdict(report, style),
        worst: report.worst(),
        unchecked: report.unchecked.as_ref(),
        findings: report.problems().into_iter().map(|(id, problem)| finding(id, problem)).collect(),
        passed: passed.collect(),
        skipped: report.skipped().map(|(id, why)| Skipped { id, why }).collect(),
        suppressed: report
            .suppressed
            .iter()
            .map(|quiet| Quiet { finding: finding(quiet.id, &quiet.problem), reason: &quiet.reason })
            .collect(),
        generations: &report.generations,
        propagation: &report.arrivals,
        matrix: report.matrix.as_ref(),
        time: report.time,
        elapsed_ms: report.elapsed,
    }
}
