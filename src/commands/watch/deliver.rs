//! Sends what is in the database: a message was written before it is sent, and is removed when its receiver has accepted it. A
//! watcher that is killed in between leaves the message to the next one, so it may come twice and is never lost.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::channel::{Channel, Post, Target};
use super::worker::Watcher;
use crate::render::watch::message::firing;
use crate::report::watch::{HOUR, MINUTE};
use crate::store::watch::{Outgoing, WatchStore};

/// Messages taken at a time.
const BATCH: i64 = 8;
/// Between two queries when nothing rings: another watcher may have left a message behind.
const REST: Duration = Duration::from_secs(3);
/// How often a message is tried; the last ones are an hour apart.
const ATTEMPTS: i64 = 16;
/// How often firing alerts are sent to Alertmanager again; they end after [`crate::render::watch::message::FIRES_FOR`].
const AGAIN: Duration = Duration::from_secs(60);

/// Sends to one channel.
#[derive(Clone)]
pub struct Delivery {
    pub channel: Channel,
    pub post: Arc<Post>,
    pub store: WatchStore,
    pub watcher: String,
}

impl Delivery {
    /// Sends until `stopped`.
    pub async fn work(self, watcher: Arc<Watcher>, mut stopped: watch::Receiver<bool>) {
        let mut refreshed: Option<Instant> = None;
        loop {
            let sent = match self.send_due().await {
                Ok(sent) => sent,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the messages that are due cannot be read");
                    0
                }
            };
            if let Channel::Alertmanager(target) = &self.channel
                && refreshed.is_none_or(|refreshed| refreshed.elapsed() >= AGAIN)
            {
                refreshed = Some(Instant::now());
                if let Err(error) = self.refresh(target).await {
                    tracing::warn!(channel = %self.channel, error = format!("{error:#}"), "the firing alerts cannot be sent again");
                }
            }
            if *stopped.borrow() {
                return;
            }
            if sent == 0 {
                tokio::select! {
                    () = watcher.bell.notified() => {}
                    () = sleep(REST) => {}
                    _ = stopped.wait_for(|stopped| *stopped) => {}
                }
            }
        }
    }

    /// Sends what is due now, each once. Gives the number of those that went out.
    pub async fn send_due(&self) -> anyhow::Result<usize> {
        let mut sent = 0;
        loop {
            let now = self.store.now().await?;
            let due = self.store.take_messages(&self.watcher, &self.channel.to_string(), BATCH, now).await?;
            if due.is_empty() {
                return Ok(sent);
            }
            for outgoing in due {
                sent += usize::from(self.send(&outgoing).await?);
            }
        }
    }

    async fn send(&self, outgoing: &Outgoing) -> anyhow::Result<bool> {
        let (channel, domain, attempt) = (self.channel.to_string(), &outgoing.message.domain, outgoing.attempts);
        let result = self.channel.send(&self.post, outgoing).await;
        let now = self.store.now().await?;
        match result {
            Ok(()) => {
                tracing::info!(channel, %domain, attempt, "message sent");
                self.store.close_message(&channel, outgoing, None, now).await?;
                Ok(true)
            }
            Err(error) if attempt >= ATTEMPTS => {
                tracing::error!(channel, %domain, attempt, error = format!("{error:#}"), "a message is given up");
                self.store.close_message(&channel, outgoing, Some(format!("{error:#}")), now).await?;
                Ok(false)
            }
            Err(error) => {
                let wait = (MINUTE / 2 * (1 << attempt.clamp(0, 10))).min(HOUR);
                tracing::warn!(channel, %domain, attempt, wait, error = format!("{error:#}"), "a message failed");
                self.store.postpone_message(&channel, outgoing, format!("{error:#}"), now + wait).await?;
                Ok(false)
            }
        }
    }

    /// Sends the firing alerts again, so that they do not end.
    async fn refresh(&self, target: &Target) -> anyhow::Result<()> {
        let now = self.store.now().await?;
        let statuses = self.store.statuses().await?;
        let alerts: Vec<serde_json::Value> =
            statuses.iter().flat_map(|status| firing(&status.domain, &status.state, now)).collect();
        if alerts.is_empty() { Ok(()) } else { target.post(&self.post, &alerts.into()).await }
    }
}
