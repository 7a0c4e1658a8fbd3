//! Metrics as Prometheus reads them, in its text format (version 0.0.4): of every page of metrics, and of the report format.

use std::fmt;

use prometheus_client::collector::Collector;
pub use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, GaugeValueEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

/// The labels of a sample, in their order. Their values are escaped.
pub type Labels = Vec<(&'static str, String)>;

/// The value of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    Whole(i64),
    Decimal(f64),
}

impl Value {
    pub fn seconds(milliseconds: u64) -> Self {
        Self::Decimal(milliseconds as f64 / 1000.0)
    }
}

impl From<bool> for Value {
    fn from(is_so: bool) -> Self {
        Self::Whole(is_so.into())
    }
}

impl EncodeGaugeValue for Value {
    fn encode(&self, encoder: &mut GaugeValueEncoder) -> fmt::Result {
        match self {
            Self::Whole(value) => value.encode(encoder),
            Self::Decimal(value) => value.encode(encoder),
        }
    }
}

/// A metric whose samples are known when it is written. Without samples nothing is written of it.
#[derive(Debug)]
pub struct Metric {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    samples: Vec<(Labels, Value)>,
}

impl Metric {
    pub fn gauge(name: &'static str, help: &'static str, samples: impl IntoIterator<Item = (Labels, Value)>) -> Self {
        Self { name, help, kind: MetricType::Gauge, samples: samples.into_iter().collect() }
    }

    /// The format adds `_total` to the name.
    pub fn counter(name: &'static str, help: &'static str, samples: impl IntoIterator<Item = (Labels, Value)>) -> Self {
        Self { kind: MetricType::Counter, ..Self::gauge(name, help, samples) }
    }

    /// A gauge with one sample that needs no labels.
    pub fn one(name: &'static str, help: &'static str, value: Value) -> Self {
        Self::gauge(name, help, [(Labels::new(), value)])
    }
}

impl Collector for Metric {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        if self.samples.is_empty() {
            return Ok(());
        }
        let mut encoder = encoder.encode_descriptor(self.name, self.help, None, self.kind)?;
        // The value of a counter is written as that of a gauge is.
        self.samples.iter().try_for_each(|(labels, value)| encoder.encode_family(labels)?.encode_gauge(value))
    }
}

/// The text of these metrics, in their order.
pub fn text(metrics: impl IntoIterator<Item = Metric>) -> String {
    let mut registry = Registry::default();
    metrics.into_iter().for_each(|metric| registry.register_collector(Box::new(metric)));
    text_of(&registry)
}

/// The text of all metrics of a registry.
pub fn text_of(registry: &Registry) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = encode(&mut text, registry);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_keep_their_order_and_labels_are_escaped() {
        let labels = |text: &str| vec![("check", text.to_owned())];
        let written = text([
            Metric::one("fedctl_up", "1 when it is so.", true.into()),
            Metric::gauge("fedctl_none", "Nothing.", []),
            Metric::gauge("fedctl_wait_seconds", "Time.", [(labels("b"), Value::seconds(30))]),
            Metric::gauge("fedctl_state", "NaN when it is not known.", [(labels("a\"\n\\"), Value::Decimal(f64::NAN))]),
            Metric::counter("fedctl_runs", "Runs.", [(labels("z"), Value::Whole(2)), (labels("a"), Value::Whole(0))]),
        ]);
        let expected = "# HELP fedctl_up 1 when it is so.\n# TYPE fedctl_up gauge\nfedctl_up 1\n\
                        # HELP fedctl_wait_seconds Time.\n# TYPE fedctl_wait_seconds gauge\n\
                        fedctl_wait_seconds{check=\"b\"} 0.03\n\
                        # HELP fedctl_state NaN when it is not known.\n# TYPE fedctl_state gauge\n\
                        fedctl_state{check=\"a\\\"\\n\\\\\"} NaN\n\
                        # HELP fedctl_runs_total Runs.\n# TYPE fedctl_runs_total counter\n\
                        fedctl_runs_total{check=\"z\"} 2\nfedctl_runs_total{check=\"a\"} 0\n";
        assert_eq!(written, expected);
    }
}
