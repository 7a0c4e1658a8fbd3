//! Metrics in the text format of Prometheus (version 0.0.4). The values are the database's, so every watcher that shares it
//! gives the same and nothing is counted in memory.

use std::fmt::Write as _;

use super::verdict;
use crate::report::watch::{Property, Snapshot, Status, Verdict};

/// The content type of the page.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Numbers of the database beside the domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub overdue: i64,
    pub watchers: i64,
    pub messages_waiting: i64,
    pub messages_sent: i64,
    pub messages_failed: i64,
    pub checks: i64,
}

/// A metric: its name, type and help, and its samples as labels and value.
struct Family {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    samples: Vec<(String, String)>,
}

/// Every domain, and the watch itself. Without `totals` the database does not answer.
pub fn page(statuses: &[Status], totals: Option<Totals>, now: i64) -> String {
    let mut families =
        vec![gauge("fedctl_watch_up", "1 when the database answers.", vec![one(totals.is_some().into())])];
    if let Some(totals) = totals {
        families.extend([
            gauge("fedctl_watch_watchers", "Watchers that share the work.", vec![one(totals.watchers)]),
            gauge(
                "fedctl_watch_overdue",
                "Domains that are due and that no watcher checks.",
                vec![one(totals.overdue)],
            ),
            counter("fedctl_watch_checks_total", "Checks that were begun.", vec![one(totals.checks)]),
            gauge(
                "fedctl_watch_messages_waiting",
                "Messages that have not gone out.",
                vec![one(totals.messages_waiting)],
            ),
            counter(
                "fedctl_watch_messages_total",
                "Messages that were sent or given up, while they are kept.",
                vec![
                    ("outcome=\"sent\"".into(), totals.messages_sent.to_string()),
                    ("outcome=\"failed\"".into(), totals.messages_failed.to_string()),
                ],
            ),
        ]);
    }
    families.extend(of_domains(statuses, now));
    write(&families)
}

fn of_domains(statuses: &[Status], now: i64) -> Vec<Family> {
    let each = |value: &dyn Fn(&Status, &Snapshot) -> Option<String>| -> Vec<(String, String)> {
        let sample = |status: &Status| Some((domain(status), value(status, status.state.snapshot.as_ref()?)?));
        statuses.iter().filter_map(sample).collect()
    };
    let verdicts = statuses.iter().flat_map(|status| {
        Verdict::ALL.map(|known| {
            let labels = format!("{},verdict=\"{known}\"", domain(status));
            (labels, u8::from(verdict(status) == known).to_string())
        })
    });
    let findings = statuses.iter().flat_map(|status| {
        let findings = status.state.snapshot.iter().flat_map(|snapshot| &snapshot.findings);
        findings.map(|finding| {
            let labels =
                [domain(status), label("check", &finding.check), label("severity", &finding.severity.to_string())];
            (labels.join(","), "1".to_owned())
        })
    });
    let unstable =
        statuses.iter().map(|status| (domain(status), u8::from(status.state.unstable.is_some()).to_string()));
    let key_age = |status: &Status, _: &Snapshot| {
        status.state.values.get(&Property::Key).map(|key| (now - key.since).max(0).to_string())
    };
    vec![
        gauge("fedctl_domain_verdict", "1 for the verdict of the last check, 0 for the others.", verdicts.collect()),
        gauge("fedctl_domain_finding", "1 for each finding of the last check.", findings.collect()),
        gauge(
            "fedctl_domain_unstable",
            "1 while the domain alternates between failing and working.",
            unstable.collect(),
        ),
        gauge(
            "fedctl_domain_latency_seconds",
            "Time that the server took to answer.",
            each(&|_, snapshot| snapshot.latency.map(|ms| seconds(ms.into()))),
        ),
        gauge(
            "fedctl_domain_certificate_expiry_seconds",
            "Time until the certificate expires.",
            each(&|_, snapshot| snapshot.certificate_until.map(|until| (until - now).to_string())),
        ),
        gauge("fedctl_domain_key_age_seconds", "Time since the published key was first seen.", each(&key_age)),
        gauge(
            "fedctl_domain_age_seconds",
            "Time since the last check.",
            each(&|_, snapshot| Some((now - snapshot.time).max(0).to_string())),
        ),
        gauge(
            "fedctl_domain_interval_seconds",
            "Time between two checks.",
            each(&|status, _| Some(status.every.to_string())),
        ),
        gauge(
            "fedctl_domain_check_seconds",
            "Time that the last check took.",
            each(&|_, it| Some(seconds(it.elapsed))),
        ),
    ]
}

/// What `/probe` answers: one check of one domain.
pub fn probe(snapshot: &Snapshot) -> String {
    let one = |value: String| vec![(String::new(), value)];
    let works = matches!(snapshot.verdict, Verdict::Ok | Verdict::Warning);
    let maybe = |value: Option<String>| value.map(one).unwrap_or_default();
    let finding = |finding: &crate::report::watch::Finding| {
        let labels = [label("check", &finding.check), label("severity", &finding.severity.to_string())];
        (labels.join(","), "1".to_owned())
    };
    write(&[
        gauge("probe_success", "1 when nothing fails.", one(u8::from(works).to_string())),
        gauge("probe_duration_seconds", "Time that the check took.", one(seconds(snapshot.elapsed))),
        gauge("fedctl_probe_finding", "1 for each finding.", snapshot.findings.iter().map(finding).collect()),
        gauge(
            "fedctl_probe_latency_seconds",
            "Time that the server took to answer.",
            maybe(snapshot.latency.map(|ms| seconds(ms.into()))),
        ),
        gauge(
            "fedctl_probe_certificate_expiry_seconds",
            "Time until the certificate expires.",
            maybe(snapshot.certificate_until.map(|until| (until - snapshot.time).to_string())),
        ),
    ])
}

fn gauge(name: &'static str, help: &'static str, samples: Vec<(String, String)>) -> Family {
    Family { name, kind: "gauge", help, samples }
}

fn counter(name: &'static str, help: &'static str, samples: Vec<(String, String)>) -> Family {
    Family { name, kind: "counter", help, samples }
}

fn one(value: i64) -> (String, String) {
    (String::new(), value.to_string())
}

fn domain(status: &Status) -> String {
    label("domain", status.domain.as_str())
}

fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

fn seconds(ms: u64) -> String {
    format!("{:.3}", ms as f64 / 1000.0)
}

fn write(families: &[Family]) -> String {
    let mut out = String::new();
    for Family { name, kind, help, samples } in families.iter().filter(|family| !family.samples.is_empty()) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let _ = match labels.is_empty() {
                true => writeln!(out, "{name} {value}"),
                false => writeln!(out, "{name}{{{labels}}} {value}"),
            };
        }
    }
    out
}
