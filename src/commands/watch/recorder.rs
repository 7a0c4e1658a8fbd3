//! From the result of a check to what is written: the history, the next check, the message.

use rand::RngExt;

use crate::facts::watch_evidence::WatchEvidence;
use crate::report::watch::domain_state::Rules;
use crate::report::watch::silence::Silence;
use crate::report::watch::{MINUTE, Snapshot};
use crate::store::watch::{Checked, Claim, WatchStore};

/// The next check comes up to this part of the interval earlier or later, so that checks spread over time.
const JITTER: f64 = 0.1;
/// Intervals without a check that leave a gap in the history.
const GAP: i64 = 3;

/// Writes results, in the name of one watcher.
#[derive(Debug, Clone)]
pub struct Recorder {
    pub store: WatchStore,
    /// The id of this watcher.
    pub watcher: String,
    pub rules: Rules,
    pub silences: Vec<Silence>,
    /// Where messages go.
    pub channels: Vec<String>,
}

impl Recorder {
    /// Writes what a check found. False when another watcher has taken the domain since: then the result is dropped.
    pub async fn record(&self, claim: &Claim, snapshot: Snapshot, evidence: &WatchEvidence) -> anyhow::Result<bool> {
        let time = snapshot.time;
        let before = claim.state.snapshot.as_ref();
        let goes_on = before
            .is_some_and(|before| before.is_same(&snapshot) && time - before.time <= GAP * claim.every.max(MINUTE));
        let mut state = claim.state.clone();
        let silent = self.silences.iter().any(|silence| silence.covers(&claim.domain, time));
        let message = state.take(&claim.domain, snapshot, &self.rules, silent);
        if let Some(message) = &message {
            tracing::info!(domain = %claim.domain, "{}", message.title());
        }
        let evidence = if goes_on { String::new() } else { serde_json::to_string(evidence)? };
        let due = time + spread(claim.every);
        let checked = Checked { state, due, is_new: !goes_on, evidence, message };
        self.store.finish(&self.watcher, claim, &checked, &self.channels).await
    }
}

/// The interval with its jitter.
fn spread(every: i64) -> i64 {
    let factor = 1.0 + rand::rng().random_range(-JITTER..=JITTER);
    ((every as f64 * factor) as i64).max(1)
}
