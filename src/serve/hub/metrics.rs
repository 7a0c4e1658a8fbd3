//! What the hub counts, for Prometheus.

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::metrics::{self, Metric, Value};
use crate::store::Counts;

/// A counter: name, label, what it counts, and the values that it starts with.
struct Counted {
    name: &'static str,
    label: &'static str,
    help: &'static str,
    values: &'static [&'static str],
}

// The format ends the names of counters with `_total`.
pub const REGISTRATIONS: &str = "registrations";
pub const REMOVALS: &str = "removals";
pub const SEARCHES: &str = "searches";
pub const LINKS: &str = "links";
pub const MAILS: &str = "mails";
const REQUESTS: &str = "requests";

const COUNTED: &[Counted] = &[
    Counted {
        name: REGISTRATIONS,
        label: "outcome",
        help: "Registrations, by outcome",
        values: &["served", "mailed", "waiting", "refused", "limited", "failed"],
    },
    Counted {
        name: REMOVALS,
        label: "outcome",
        help: "Requests to remove an entry, by outcome",
        values: &["mailed", "waiting", "unknown", "refused", "limited", "failed"],
    },
    Counted {
        name: SEARCHES,
        label: "outcome",
        help: "Searches for a domain, by outcome",
        values: &["found", "unknown", "refused", "limited", "failed"],
    },
    Counted {
        name: LINKS,
        label: "outcome",
        help: "Answers given on the page of a link",
        values: &["confirmed", "refused", "dead", "failed"],
    },
    Counted { name: MAILS, label: "outcome", help: "Mails, by attempt", values: &["sent", "failed"] },
    Counted {
        name: REQUESTS,
        label: "status",
        help: "HTTP requests, by class of status",
        values: &["1xx", "2xx", "3xx", "4xx", "5xx"],
    },
];

/// Upper bounds of the histogram, in seconds.
const BOUNDS: [f64; 8] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0];

type Labels = [(&'static str, &'static str); 1];

/// Everything that is counted since the start.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    counters: BTreeMap<&'static str, (&'static str, Family<Labels, Counter>)>,
    seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("fedctl_hub");
        let mut counters = BTreeMap::new();
        for Counted { name, label, help, values } in COUNTED {
            let family = Family::<Labels, Counter>::default();
            for value in *values {
                drop(family.get_or_create(&[(label, value)]));
            }
            registry.register(*name, *help, family.clone());
            counters.insert(*name, (*label, family));
        }
        let seconds = Histogram::new(BOUNDS);
        registry.register("request_seconds", "Time to answer a request", seconds.clone());
        Self { registry, counters, seconds }
    }
}

impl Metrics {
    /// One more of that kind.
    pub fn count(&self, name: &'static str, value: &'static str) {
        if let Some((label, family)) = self.counters.get(name) {
            family.get_or_create(&[(label, value)]).inc();
        }
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
        self.seconds.observe(took.as_secs_f64());
    }

    /// The page; without `counts` when the store does not answer.
    pub fn page(&self, counts: Option<Counts>) -> String {
        let up = Metric::one("fedctl_hub_store_up", "1 when the database answers.", counts.is_some().into());
        let counted = counts.map(|counts| {
            [
                Metric::one("fedctl_hub_peers", "Entries that are served.", Value::Whole(counts.peers)),
                Metric::one(
                    "fedctl_hub_proposals_open",
                    "Links that wait for somebody to confirm.",
                    Value::Whole(counts.open),
                ),
                Metric::one("fedctl_hub_mails_due", "Mails that have not gone out.", Value::Whole(counts.mails_due)),
            ]
        });
        metrics::text([up].into_iter().chain(counted.into_iter().flatten())) + &metrics::text_of(&self.registry)
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
