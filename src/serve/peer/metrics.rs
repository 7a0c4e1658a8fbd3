//! What a peer counts, for Prometheus. Each value of a label is from a list here: nothing that a sender chooses becomes one.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::log::Entry;
use crate::metrics::text_of;
use crate::rocketchat::events::kind::{Kind, OldKind};

/// The paths that servers request. Any other one counts as [`OTHER`].
const PATHS: [&str; 9] = [
    "/api/info",
    "/api/v1/info",
    "/api/v1/federation.events",
    "/api/v1/federation.events.dispatch",
    "/api/v1/federation.events.requestFromLatest",
    "/api/v1/federation.uploads",
    "/api/v1/federation.users",
    "/api/v1/federation.users.getByUsername",
    "/api/v1/federation.users.search",
];
const OTHER: &str = "other";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    path: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabels {
    r#type: &'static str,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

/// Everything that is counted since the start.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    messages: Family<ResultLabel, Counter>,
    events: Family<EventLabels, Counter>,
    deliveries: Family<ResultLabel, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("fedctl_peer");
        let (requests, messages, events, deliveries) =
            (Family::default(), Family::default(), Family::default(), Family::default());
        registry.register("requests", "HTTP requests, by path and status", requests.clone());
        registry.register("messages", "Messages, by whether they were opened", messages.clone());
        registry.register("events", "Events that were received, by type and result", events.clone());
        registry.register("deliveries", "Requests with events to other servers, by result", deliveries.clone());
        Self { registry, requests, messages, events, deliveries }
    }
}

impl Metrics {
    /// Counts what the peer reports.
    pub fn count(&self, entry: &Entry) {
        match entry {
            Entry::Answered { path, status, .. } => {
                let path = PATHS.into_iter().find(|known| known == path).unwrap_or(OTHER);
                self.requests.get_or_create(&RequestLabels { path, status: *status }).inc();
            }
            Entry::Opened { .. } => count(&self.messages, "opened"),
            Entry::Plain { .. } => count(&self.messages, "not_encrypted"),
            Entry::Refused { .. } => count(&self.messages, "refused"),
            Entry::Applied { kind, .. } => self.event(kind, "applied"),
            Entry::Repeated { kind, .. } => self.event(kind, "repeated"),
            Entry::Failed { kind, .. } => self.event(kind, "failed"),
            Entry::Delivered { .. } => count(&self.deliveries, "sent"),
            Entry::Undelivered { .. } => count(&self.deliveries, "not_sent"),
            _ => {}
        }
    }

    fn event(&self, kind: &str, result: &'static str) {
        let known = Kind::of(kind).map(Kind::as_str).or_else(|| OldKind::of(kind).map(OldKind::as_str));
        self.events.get_or_create(&EventLabels { r#type: known.unwrap_or(OTHER), result }).inc();
    }

    /// The page.
    pub fn page(&self) -> String {
        text_of(&self.registry)
    }
}

fn count(family: &Family<ResultLabel, Counter>, result: &'static str) {
    family.get_or_create(&ResultLabel { result }).inc();
}
