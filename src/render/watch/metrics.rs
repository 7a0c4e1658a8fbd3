//! The metrics of a watch. The values are the database's, so every watcher that shares it gives the same and nothing is counted in
//! memory.

use super::verdict;
use crate::metrics::{self, Labels, Metric, Value};
use crate::report::watch::{Finding, Property, Snapshot, Status, Verdict};

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

/// Every domain, and the watch itself. Without `totals` the database does not answer.
pub fn page(statuses: &[Status], totals: Option<Totals>, now: i64) -> String {
    let mut all = vec![Metric::one("fedctl_watch_up", "1 when the database answers.", totals.is_some().into())];
    if let Some(totals) = totals {
        let outcome = |of: &str, count: i64| (vec![("outcome", of.to_owned())], Value::Whole(count));
        all.extend([
            Metric::one("fedctl_watch_watchers", "Watchers that share the work.", Value::Whole(totals.watchers)),
            Metric::one(
                "fedctl_watch_overdue",
                "Domains that are due and that no watcher checks.",
                Value::Whole(totals.overdue),
            ),
            Metric::counter(
                "fedctl_watch_checks",
                "Checks that were begun.",
                [(Labels::new(), Value::Whole(totals.checks))],
            ),
            Metric::one(
                "fedctl_watch_messages_waiting",
                "Messages that have not gone out.",
                Value::Whole(totals.messages_waiting),
            ),
            Metric::counter(
                "fedctl_watch_messages",
                "Messages that were sent or given up, while they are kept.",
                [outcome("sent", totals.messages_sent), outcome("failed", totals.messages_failed)],
            ),
        ]);
    }
    all.extend(of_domains(statuses, now));
    metrics::text(all)
}

fn of_domains(statuses: &[Status], now: i64) -> [Metric; 9] {
    let each = |value: &dyn Fn(&Status, &Snapshot) -> Option<Value>| -> Vec<(Labels, Value)> {
        let sample = |status: &Status| Some((domain(status), value(status, status.state.snapshot.as_ref()?)?));
        statuses.iter().filter_map(sample).collect()
    };
    let verdicts = statuses.iter().flat_map(|status| {
        Verdict::ALL.map(|known| {
            ([domain(status), vec![("verdict", known.to_string())]].concat(), (verdict(status) == known).into())
        })
    });
    let findings = statuses.iter().flat_map(|status| {
        let findings = status.state.snapshot.iter().flat_map(|snapshot| &snapshot.findings);
        findings.map(|found| ([domain(status), finding(found)].concat(), Value::Whole(1)))
    });
    let unstable = statuses.iter().map(|status| (domain(status), status.state.unstable.is_some().into()));
    let key_age = |status: &Status, _: &Snapshot| {
        status.state.values.get(&Property::Key).map(|key| Value::Whole((now - key.since).max(0)))
    };
    [
        Metric::gauge("fedctl_domain_verdict", "1 for the verdict of the last check, 0 for the others.", verdicts),
        Metric::gauge("fedctl_domain_finding", "1 for each finding of the last check.", findings),
        Metric::gauge("fedctl_domain_unstable", "1 while the domain alternates between failing and working.", unstable),
        Metric::gauge("fedctl_domain_latency_seconds", LATENCY, each(&|_, snapshot| latency(snapshot))),
        Metric::gauge(
            "fedctl_domain_certificate_expiry_seconds",
            EXPIRY,
            each(&|_, snapshot| certificate_expiry(snapshot, now)),
        ),
        Metric::gauge("fedctl_domain_key_age_seconds", "Time since the published key was first seen.", each(&key_age)),
        Metric::gauge(
            "fedctl_domain_age_seconds",
            "Time since the last check.",
            each(&|_, snapshot| Some(Value::Whole((now - snapshot.time).max(0)))),
        ),
        Metric::gauge(
            "fedctl_domain_interval_seconds",
            "Time between two checks.",
            each(&|status, _| Some(Value::Whole(status.every))),
        ),
        Metric::gauge(
            "fedctl_domain_check_seconds",
            "Time that the last check took.",
            each(&|_, snapshot| Some(Value::seconds(snapshot.elapsed))),
        ),
    ]
}

/// What `/probe` answers: one check of one domain.
pub fn probe(snapshot: &Snapshot) -> String {
    let works = matches!(snapshot.verdict, Verdict::Ok | Verdict::Warning);
    let maybe = |value: Option<Value>| value.map(|value| (Labels::new(), value));
    metrics::text([
        Metric::one("probe_success", "1 when nothing fails.", works.into()),
        Metric::one("probe_duration_seconds", "Time that the check took.", Value::seconds(snapshot.elapsed)),
        Metric::gauge(
            "fedctl_probe_finding",
            "1 for each finding.",
            snapshot.findings.iter().map(|found| (finding(found), Value::Whole(1))),
        ),
        Metric::gauge("fedctl_probe_latency_seconds", LATENCY, maybe(latency(snapshot))),
        Metric::gauge(
            "fedctl_probe_certificate_expiry_seconds",
            EXPIRY,
            maybe(certificate_expiry(snapshot, snapshot.time)),
        ),
    ])
}

const LATENCY: &str = "Time that the server took to answer.";
const EXPIRY: &str = "Time until the certificate expires.";

fn latency(snapshot: &Snapshot) -> Option<Value> {
    snapshot.latency.map(|milliseconds| Value::seconds(milliseconds.into()))
}

fn certificate_expiry(snapshot: &Snapshot, now: i64) -> Option<Value> {
    snapshot.certificate_until.map(|until| Value::Whole(until - now))
}

fn domain(status: &Status) -> Labels {
    vec![("domain", status.domain.to_string())]
}

fn finding(finding: &Finding) -> Labels {
    vec![("check", finding.check.clone()), ("severity", finding.severity.to_string())]
}
