//! Metrics for the textfile collector of node_exporter, in the text format of Prometheus (version 0.0.4). No timestamps: the
//! collector adds the age of the file itself.

use super::{ReportFormat, Style, seconds};
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
    let mut out = String::new();
    let mut metric = |name: &str, help: &str, samples: Vec<(String, String)>| {
        if samples.is_empty() {
            return;
        }
        out += &format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
        for (labels, value) in samples {
            out += &format!("{name}{{{labels}}} {value}\n");
        }
    };
    let subject = |report: &Report| label("subject", &report.subject);
    let of_each = |value: &dyn Fn(&Report) -> String| {
        reports.iter().map(|report| (subject(report), value(report))).collect::<Vec<_>>()
    };
    metric(
        "fedctl_clean",
        "1 when nothing at or above --fail-on was found.",
        of_each(&|report| u8::from(report.is_clean(style.fail_on)).to_string()),
    );
    let severities = [Severity::Error, Severity::Warning, Severity::Notice];
    let counted = reports.iter().flat_map(|report| {
        severities.map(|severity| {
            let labels = format!("{},{}", subject(report), label("severity", &severity.to_string()));
            (labels, report.count(severity).to_string())
        })
    });
    metric("fedctl_findings", "Findings by severity; suppressed ones do not count.", counted.collect());
    let judged = reports.iter().flat_map(|report| {
        worst(report).into_iter().map(|(id, state)| (format!("{},{}", subject(report), label("check", id)), state))
    });
    metric(
        "fedctl_check",
        "Result of a check: 0 passed, 1 notice, 2 warning, 3 error, NaN when it could not be judged.",
        judged.map(|(labels, state)| (labels, state.map_or("NaN".to_owned(), |state| state.to_string()))).collect(),
    );
    metric(
        "fedctl_suppressed",
        "Findings that do not count because somebody said so.",
        of_each(&|report| report.suppressed.len().to_string()),
    );
    let generations = reports.iter().flat_map(|report| {
        report.generations.iter().map(move |discovery| {
            let labels =
                [subject(report), label("generation", discovery.id), label("releases", discovery.releases)].join(",");
            (labels, u8::from(discovery.is_usable()).to_string())
        })
    });
    metric(
        "fedctl_generation_usable",
        "1 when servers of this generation find a URL and a key.",
        generations.collect(),
    );
    metric("fedctl_elapsed_seconds", "Time that observing took.", of_each(&|report| seconds(report.elapsed)));
    out
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

fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}
