//! How often one server is queried.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Servers that are kept before those whose turn is over are forgotten.
const KNOWN: usize = 256;

/// The turns of a run; without a limit, every query has its turn at once. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    /// Queries a second that one server is sent at most; servers on loopback are not limited.
    qps: Option<u32>,
    /// When the next query to a server may be sent.
    next: Arc<Mutex<HashMap<SocketAddr, Instant>>>,
}

impl Pace {
    /// At most `qps` queries a second to a server.
    pub fn limited(qps: u32) -> Self {
        Self { qps: Some(qps), next: Arc::default() }
    }

    /// Waits until the next query to this server may be sent.
    pub async fn turn(&self, to: SocketAddr) {
        if let Some(at) = self.next(to) {
            sleep_until(at).await;
        }
    }

    fn next(&self, to: SocketAddr) -> Option<Instant> {
        let qps = self.qps.filter(|_| !to.ip().is_loopback())?;
        let (now, mut next) = (Instant::now(), self.next.lock().unwrap_or_else(PoisonError::into_inner));
        if next.len() >= KNOWN {
            next.retain(|_, at| *at > now);
        }
        let free = next.entry(to).or_insert(now);
        let at = (*free).max(now);
        *free = at + Duration::from_secs(1) / qps.max(1);
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_sent_so_many_queries_a_second_unless_it_is_on_loopback() {
        let pace = Pace::limited(100);
        let far = SocketAddr::from(([192, 0, 2, 1], 53));
        let turns: Vec<Instant> = (0..10).filter_map(|_| pace.next(far)).collect();
        assert_eq!(turns.len(), 10);
        assert!(turns.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(10)));
        assert_eq!(pace.next(SocketAddr::from(([127, 0, 0, 1], 53))), None);
    }

    #[test]
    fn servers_whose_turn_is_over_are_forgotten() {
        let pace = Pace::limited(1_000_000);
        for at in 0..=u16::MAX {
            pace.next(SocketAddr::from(([192, 0, 2, 1], at)));
        }
        assert!(pace.next.lock().unwrap().len() < usize::from(u16::MAX));
    }
}
