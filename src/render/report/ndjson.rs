//! One JSON object a line: a line for each check, then one for each verdict.

use serde::Serialize;

use super::json::{Finding, finding};
use super::{ReportFormat, Stream, Style, verdict};
use crate::report::{Report, Verdict};
use crate::severity::Severity;

/// Raised when a member changes its meaning or goes away; new members do not raise it.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Row<'a> {
    schema: u32,
    subject: &'a str,
    #[serde(flatten)]
    event: Event<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Event<'a> {
    Pass {
        id: &'a str,
        note: &'a str,
    },
    Finding(Finding<'a>),
    Skip {
        id: &'a str,
        why: &'a str,
    },
    Suppressed {
        #[serde(flatten)]
        finding: Finding<'a>,
        reason: &'a str,
    },
    Verdict {
        verdict: &'static str,
        worst: Option<Severity>,
        elapsed_ms: u64,
    },
}

/// A line of JSON an event; the verdict of a report follows its checks.
pub const FORMAT: ReportFormat = ReportFormat {
    id: "ndjson",
    readers: "log pipelines",
    holds: "one object on each line: each check (`pass`, `finding`, `skip`, `suppressed`), then the `verdict`",
    monitoring: false,
    stream: Some(Stream {
        head: String::new,
        between: "",
        tail: |_| String::new(),
        each: |report, _, style| write(std::slice::from_ref(report), style),
    }),
    write,
};

fn write(reports: &[Report], style: Style) -> anyhow::Result<String> {
    let mut out = String::new();
    for report in reports {
        let checks = report.lines.iter().map(|line| match &line.verdict {
            Verdict::Pass { note } => Event::Pass { id: line.id, note },
            Verdict::Problem(problem) => Event::Finding(finding(line.id, problem)),
            Verdict::Skip { why } => Event::Skip { id: line.id, why },
        });
        let quiet = report
            .suppressed
            .iter()
            .map(|quiet| Event::Suppressed { finding: finding(quiet.id, &quiet.problem), reason: &quiet.reason });
        let last =
            Event::Verdict { verdict: verdict(report, style), worst: report.worst(), elapsed_ms: report.elapsed };
        for event in checks.chain(quiet).chain([last]) {
            out += &crate::text::escaped_json(&serde_json::to_string(&Row {
                schema: SCHEMA,
                subject: &report.subject,
                event,
            })?);
            out.push('\n');
        }
    }
    Ok(out)
}
