//! Metrics for the textfile collector of node_exporter. No timestamps: the collector adds the age of the file itself.

use super::{ReportFormat, Style};
use crate::metrics::{self, Labels, Metric, Value};
use crate::report::{Report, Verdict};
use crate::severity::Severity;

pub const FORMAT: ReportFormat = ReportFormat {
    id: "prometheus",
    readers: "node_exporter's textfile collector",
    holds: "gauges",
    monitoring: false,
    stream: None,
    write: |reports, style| Ok(write(reports, style)),
};

/// Writes every metric with its help, its type, and a sample a subject.
fn write(reports: &[Report], style: Style) -> String {
    let subject = |report: &Report| vec![("subject", report.subject.clone())];
    let of_each = |value: &dyn Fn(&Report) -> Value| -> Vec<(Labels, Value)> {
        reports.iter().map(|report| (subject(report), value(report))).collect()
    };
    let with = |report: &Report, more: Labels| [subject(report), more].concat();
    let severities = [Severity::Error, Severity::Warning, Severity::Notice];
    let counted = reports.iter().flat_map(|report| {
        severities.map(|severity| {
            (with(report, vec![("severity", severity.to_string())]), Value::Whole(report.count(severity) as i64))
        })
    });
    let judged = reports.iter().flat_map(|report| {
        worst(report).into_iter().map(|(id, state)| {
            let state = state.map_or(Value::Decimal(f64::NAN), |state| Value::Whole(state.into()));
            (with(report, vec![("check", id.to_owned())]), state)
        })
    });
    let generations = reports.iter().flat_map(|report| {
        report.generations.iter().map(|discovery| {
            let labels = vec![("generation", discovery.id.to_owned()), ("releases", discovery.releases.to_owned())];
            (with(report, labels), discovery.is_usable().into())
        })
    });
    metrics::text([
        Metric::gauge(
            "fedctl_clean",
            "1 when nothing at or above --fail-on was found.",
            of_each(&|report| report.is_clean(style.fail_on).into()),
        ),
        Metric::gauge("fedctl_findings", "Findings by severity; suppressed ones do not count.", counted),
        Metric::gauge(
            "fedctl_check",
            "Result of a check: 0 passed, 1 notice, 2 warning, 3 error, NaN when it could not be judged.",
            judged,
        ),
        Metric::gauge(
            "fedctl_suppressed",
            "Findings that --suppress excludes.",
            of_each(&|report| Value::Whole(report.suppressed.len() as i64)),
        ),
        Metric::gauge(
            "fedctl_generation_usable",
            "1 when servers of this generation find a URL and a key.",
            generations,
        ),
        Metric::gauge(
            "fedctl_elapsed_seconds",
            "Time that observing took.",
            of_each(&|report| Value::seconds(report.elapsed)),
        ),
    ])
}

/// The worst result of each check, in the order of the checks.
fn worst(report: &Report) -> Vec<(&'static str, Option<u8>)> {
    let mut states: Vec<(&'static str, Option<u8>)> = Vec::new();
    for line in &report.lines {
        let state = match &line.verdict {
            Verdict::Pass { .. } => Some(0),
            Verdict::Problem(problem) => Some(problem.severity as u8 + 1),
            Verdict::Skip { .. } => None,
        };
        match states.iter_mut().find(|(id, _)| *id == line.id) {
            Some((_, known)) => *known = (*known).max(state),
            None => states.push((line.id, state)),
        }
    }
    states
}
