//! Counters in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::store::Counts;

/// A counter: name, label, what it counts, and the values that it starts with.
struct Family {
    name: &'static str,
    label: &'static str,
    help: &'static str,
    values: &'static [&'static str],
}

pub const REGISTRATIONS: &str = "fedctl_hub_registrations_total";
pub const REMOVALS: &str = "fedctl_hub_removals_total";
pub const SEARCHES: &str = "fedctl_hub_searches_total";
pub const LINKS: &str = "fedctl_hub_links_total";
pub const MAILS: &str = "fedctl_hub_mails_total";
const REQUESTS: &str = "fedctl_hub_requests_total";
const SECONDS: &str = "fedctl_hub_request_seconds";

const FAMILIES: &[Family] = &[
    Family {
        name: REGISTRATIONS,
        label: "outcome",
        help: "Registrations, by what became of them.",
        values: &["served", "mailed", "waiting", "refused", "limited", "failed"],
    },
    Family {
        name: REMOVALS,
        label: "outcome",
        help: "Requests to remove an entry, by what became of them.",
        values: &["mailed", "waiting", "unknown", "refused", "limited", "failed"],
    },
    Family {
        name: SEARCHES,
        label: "outcome",
        help: "Searches for a domain, by what became of them.",
        values: &["found", "unknown", "refused", "limited", "failed"],
    },
    Family {
        name: LINKS,
        label: "outcome",
        help: "Answers given on the page of a link.",
        values: &["confirmed", "refused", "dead", "failed"],
    },
    Family { name: MAILS, label: "outcome", help: "Mails, by attempt.", values: &["sent", "failed"] },
    Family {
        name: REQUESTS,
        label: "status",
        help: "HTTP requests, by class of status.",
        values: &["1xx", "2xx", "3xx", "4xx", "5xx"],
    },
];

/// Upper bounds of the histogram, in seconds.
const BOUNDS: [f64; 8] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0];

#[derive(Debug, Default)]
struct State {
    counters: BTreeMap<(&'static str, &'static str), u64>,
    buckets: [u64; BOUNDS.len()],
    seconds: f64,
    requests: u64,
}

/// Everything that is counted since the start.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<State>);

impl Metrics {
    /// One more of that kind.
    pub fn count(&self, name: &'static str, value: &'static str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state.counters.entry((name, value)).or_default() += 1;
    }

    /// One request, answered.
    pub fn request(&self, status: u16, took: Duration) {
        let class = match status / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        self.count(REQUESTS, class);
        let seconds = took.as_secs_f64();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (bucket, bound) in state.buckets.iter_mut().zip(BOUNDS) {
            *bucket += u64::from(seconds <= bound);
        }
        state.seconds += seconds;
        state.requests += 1;
    }

    /// The page; without `counts` when the store does not answer.
    pub fn page(&self, counts: Option<Counts>) -> String {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        let mut line = |text: std::fmt::Arguments| {
            // Writing to a String cannot fail.
            let _ = out.write_fmt(format_args!("{text}\n"));
        };
        for family in FAMILIES {
            let Family { name, label, help, values } = family;
            line(format_args!("# HELP {name} {help}\n# TYPE {name} counter"));
            for value in *values {
                let count = state.counters.get(&(*name, *value)).copied().unwrap_or_default();
                line(format_args!("{name}{{{label}=\"{value}\"}} {count}"));
            }
        }
        line(format_args!("# HELP {SECONDS} Time to answer a request.\n# TYPE {SECONDS} histogram"));
        for (bucket, bound) in state.buckets.iter().zip(BOUNDS) {
            line(format_args!("{SECONDS}_bucket{{le=\"{bound}\"}} {bucket}"));
        }
        line(format_args!("{SECONDS}_bucket{{le=\"+Inf\"}} {}", state.requests));
        line(format_args!("{SECONDS}_sum {}\n{SECONDS}_count {}", state.seconds, state.requests));
        let mut gauge = |name: &str, help: &str, value: i64| {
            line(format_args!("# HELP fedctl_hub_{name} {help}\n# TYPE fedctl_hub_{name} gauge"));
            line(format_args!("fedctl_hub_{name} {value}"));
        };
        gauge("store_up", "1 when the database answers.", counts.is_some().into());
        if let Some(counts) = counts {
            gauge("peers", "Entries that are served.", counts.peers);
            gauge("proposals_open", "Links that wait for somebody to confirm.", counts.open);
            gauge("mails_due", "Mails that have not gone out.", counts.mails_due);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_start_at_zero_and_buckets_add_up() {
        let metrics = Metrics::default();
        metrics.count(SEARCHES, "found");
        metrics.request(200, Duration::from_millis(7));
        let page = metrics.page(Some(Counts { peers: 3, open: 0, mails_due: 1 }));
        for line in [
            "fedctl_hub_searches_total{outcome=\"found\"} 1",
            "fedctl_hub_mails_total{outcome=\"failed\"} 0",
            "fedctl_hub_requests_total{status=\"2xx\"} 1",
            "fedctl_hub_request_seconds_bucket{le=\"0.005\"} 0",
            "fedctl_hub_request_seconds_bucket{le=\"0.01\"} 1",
            "fedctl_hub_request_seconds_bucket{le=\"+Inf\"} 1",
            "fedctl_hub_peers 3",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
        }
        assert!(!metrics.page(None).contains("fedctl_hub_peers"));
    }
}
