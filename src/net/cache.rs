//! Responses that several parts of a run ask for: the name servers of parent zones, and the addresses of name servers. Each is queried
//! once; all that need it meanwhile wait for the same response. A failure is not kept: the next one asks again.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use crate::dns::codec::Flags;
use crate::dns::record::{Query, Response};

/// Responses that are kept; then the cache starts empty.
const KEPT: usize = 10_000;

type Key = (SocketAddr, Query, Flags);
type Kept = HashMap<Key, Arc<OnceCell<Response>>>;

/// Clones share what is kept.
#[derive(Debug, Clone, Default)]
pub struct Cache(Arc<Mutex<Kept>>);

impl Cache {
    /// The response that is known, or that of `ask`.
    pub async fn response<F>(
        &self,
        server: SocketAddr,
        question: &Query,
        flags: Flags,
        ask: impl FnOnce() -> F,
    ) -> Option<Response>
    where
        F: Future<Output = Option<Response>>,
    {
        let key = (server, question.clone(), flags);
        let cell = self.cell(&key);
        let response = cell.get_or_try_init(|| async { ask().await.ok_or(()) }).await.ok().cloned();
        if !response.as_ref().is_some_and(|response| response.outcome.is_answer()) {
            let mut kept = self.kept();
            // Another one may have asked again already.
            if kept.get(&key).is_some_and(|known| Arc::ptr_eq(known, &cell)) {
                kept.remove(&key);
            }
        }
        response
    }

    fn cell(&self, key: &Key) -> Arc<OnceCell<Response>> {
        let mut kept = self.kept();
        if let Some(cell) = kept.get(key) {
            return cell.clone();
        }
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.entry(key.clone()).or_default().clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;
    use crate::dns::record::{Outcome, RecordType, Transport};

    /// Ten that ask at the same time, and one that asks later.
    async fn asked(outcome: Outcome) -> usize {
        let (cache, count) = (Cache::default(), AtomicUsize::new(0));
        let question = Query::new("example", RecordType::Ns);
        let one = || {
            cache.response(([127, 0, 0, 1], 53).into(), &question, Flags::AUTHORITY, || async {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Some(Response::bare(outcome.clone(), Transport::Udp))
            })
        };
        let all = join_all((0..10).map(|_| one())).await;
        assert!(all.iter().all(|response| response.as_ref().is_some_and(|response| response.outcome == outcome)));
        one().await;
        count.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn an_answer_is_queried_once_and_a_failure_again() {
        assert_eq!(asked(Outcome::NoData).await, 1);
        assert_eq!(asked(Outcome::Timeout).await, 2);
    }

    #[tokio::test]
    async fn a_full_cache_starts_empty() {
        let cache = Cache::default();
        for at in 0..=KEPT {
            cache.cell(&(([127, 0, 0, 1], 53).into(), Query::new(at.to_string(), RecordType::A), Flags::RESOLVER));
        }
        assert_eq!(cache.kept().len(), 1);
    }
}
