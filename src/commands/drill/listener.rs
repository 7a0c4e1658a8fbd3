//! What comes in while a drill runs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::timeout_at;

use crate::facts::drill::{Arrival, Arrived};
use crate::serve::peer::Log;
use crate::serve::peer::log::Entry;

/// What is kept; the rest is dropped.
const ARRIVALS_MAX: usize = 1000;

/// The list, which the listener fills while the drill goes on.
pub struct Arrivals {
    begun: Instant,
    list: Mutex<Vec<Arrival>>,
    news: Notify,
}

impl Arrivals {
    /// An empty list that counts its time from now.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { begun: Instant::now(), list: Mutex::default(), news: Notify::new() })
    }

    /// Milliseconds since the beginning.
    pub fn now(&self) -> u32 {
        u32::try_from(self.begun.elapsed().as_millis()).unwrap_or(u32::MAX)
    }

    /// What the listener reports to.
    pub fn log(self: &Arc<Self>) -> Log {
        let arrivals = self.clone();
        Arc::new(move |entry| {
            if let Some(what) = arrived(entry) {
                arrivals.add(what);
            }
        })
    }

    fn add(&self, what: Arrived) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() < ARRIVALS_MAX {
            list.push(Arrival { at: self.now(), what });
        }
        drop(list);
        self.news.notify_one();
    }

    /// Everything so far.
    pub fn all(&self) -> Vec<Arrival> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True when something that fits has come since a moment.
    pub fn has(&self, since: u32, fits: impl Fn(&Arrived) -> bool) -> bool {
        self.all().iter().any(|arrival| arrival.at >= since && fits(&arrival.what))
    }

    /// Waits until something that fits comes; false when it does not come in time.
    pub async fn wait(&self, since: u32, time: Duration, fits: impl Fn(&Arrived) -> bool) -> bool {
        let until = tokio::time::Instant::now() + time;
        while !self.has(since, &fits) {
            if timeout_at(until, self.news.notified()).await.is_err() {
                return self.has(since, &fits);
            }
        }
        true
    }
}

fn arrived(entry: Entry) -> Option<Arrived> {
    Some(match entry {
        Entry::Requested { room, known, .. } => Arrived::Question { room, known },
        Entry::Served { upload, bytes } => Arrived::Fetched { upload, bytes },
        Entry::Delivered { events, .. } => Arrived::Delivered { events },
        Entry::Undelivered { why, .. } => Arrived::Undelivered { why },
        Entry::Opened { description, is_events: true, .. } => Arrived::Events { description },
        entry @ (Entry::Refused { .. } | Entry::NoTls { .. }) => Arrived::Refused { why: entry.to_string() },
        _ => return None,
    })
}
