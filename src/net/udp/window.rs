//! How many queries wait for one server at the same time, as TCP decides it (RFC 5681 section 3.1): half as many when one is lost,
//! and slowly more again with the answers. What the buffer of a server holds depends on the server and on who else queries it;
//! with more than that it loses datagrams, and each costs a third of the time for an answer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Never fewer: with fewer, a list would wait for a resolver that is only slow.
const SMALLEST: usize = 96;
/// Never more: so many queries fit into the receive buffer that Linux gives a socket, 212,992 bytes.
pub const LARGEST: usize = 240;

/// The queries that may wait for one server.
#[derive(Debug)]
pub struct Window {
    places: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    size: usize,
    /// Places to take away when they become free.
    surplus: usize,
    /// Answers since the window last grew.
    answers: usize,
    /// When the window last became smaller.
    shrunk: Option<Instant>,
}

/// The place of one query.
#[derive(Debug)]
pub struct Place<'a>(&'a Window);

impl Window {
    pub fn new() -> Self {
        let state = State { size: LARGEST, surplus: 0, answers: 0, shrunk: None };
        Self { places: Semaphore::new(LARGEST), state: Mutex::new(state) }
    }

    /// Waits for a place.
    pub async fn enter(&self) -> Place<'_> {
        // The semaphore is never closed.
        if let Ok(permit) = self.places.acquire().await {
            SemaphorePermit::forget(permit);
        }
        Place(self)
    }

    /// A query was answered.
    pub fn answered(&self) {
        let mut state = self.state();
        state.answers += 1;
        if state.size < LARGEST && state.answers >= state.size {
            (state.answers, state.size) = (0, state.size + 1);
            match state.surplus.checked_sub(1) {
                Some(less) => state.surplus = less,
                None => self.places.add_permits(1),
            }
        }
    }

    /// A query that was sent again at `repeated` had been lost. Those that were lost together count once.
    pub fn lost(&self, repeated: Instant) {
        let mut state = self.state();
        if state.shrunk.is_some_and(|shrunk| repeated <= shrunk) {
            return;
        }
        let size = (state.size / 2).max(SMALLEST);
        let less = state.size - size;
        state.surplus += less - self.places.forget_permits(less);
        (state.size, state.answers, state.shrunk) = (size, 0, Some(Instant::now()));
    }

    /// How many queries may wait at the moment.
    #[cfg(test)]
    pub fn size(&self) -> usize {
        self.state().size
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        match state.surplus.checked_sub(1) {
            Some(less) => state.surplus = less,
            None => self.0.places.add_permits(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// Enters until nobody may any more.
    fn fill(window: &Window) -> Vec<Place<'_>> {
        std::iter::from_fn(|| window.enter().now_or_never()).collect()
    }

    #[test]
    fn it_grows_to_its_limit_and_no_further() {
        let window = Window::new();
        window.lost(Instant::now());
        assert_eq!(fill(&window).len(), LARGEST / 2);
        (0..LARGEST * LARGEST).for_each(|_| window.answered());
        assert_eq!(fill(&window).len(), LARGEST);
    }

    #[test]
    fn it_is_halved_once_for_what_is_lost_together_and_grows_slowly_then() {
        let window = Window::new();
        let (places, sent) = (fill(&window), Instant::now());
        (0..10).for_each(|_| window.lost(sent));
        assert!(window.enter().now_or_never().is_none());
        drop(places);
        assert_eq!(fill(&window).len(), LARGEST / 2);
        (0..LARGEST / 2).for_each(|_| window.answered());
        assert_eq!(fill(&window).len(), LARGEST / 2 + 1);
        for _ in 0..10 {
            window.lost(Instant::now() + std::time::Duration::from_secs(1));
        }
        assert_eq!(fill(&window).len(), SMALLEST);
    }
}
