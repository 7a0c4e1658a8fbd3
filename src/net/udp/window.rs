//! How many queries wait for one server at the same time, and when one is repeated, as TCP decides both. When one is lost, fewer,
//! and slowly more again (RFC 5681 section 3.1): how many a server can take depends on its buffer, on the way to it, and on who else
//! queries it. A query is repeated when its answer takes much longer than those before
//! it (RFC 6298 section 2).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Never fewer: with fewer, a list would wait for a resolver that is only slow.
const SMALLEST: usize = 96;
/// Never more: so many queries fit into the receive buffer that Linux gives a socket, 212,992 bytes, of which each takes 832. With
/// 480, a name server that needed 50 ms for an answer lost some.
pub const LARGEST: usize = 250;
/// What is left of the window when a query is lost: 7 of 10 (RFC 9438 section 4.6).
const KEPT: [usize; 2] = [7, 10];

/// No query is repeated sooner. RFC 6298 section 2.4 advises a second, and systems wait less where answers come at once: Linux
/// repeats what TCP has lost after 200 ms.
const SOONEST: Duration = Duration::from_millis(300);

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
    /// How long answers take, smoothed, and by how much that varies.
    answer_time: Option<(Duration, Duration)>,
}

/// The place of one query.
#[derive(Debug)]
pub struct Place<'a>(&'a Window);

impl Window {
    pub fn new() -> Self {
        let state = State { size: LARGEST, surplus: 0, answers: 0, shrunk: None, answer_time: None };
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

    /// When a query without an answer is repeated; `None` before the first answer.
    pub fn patience(&self) -> Option<Duration> {
        let (smoothed, variation) = self.state().answer_time?;
        Some((smoothed + 4 * variation).max(SOONEST))
    }

    /// An answer came so long after its query was first sent. Which of the repetitions it belongs to is not known; the longest time
    /// leaves a server that became slow in peace.
    pub fn took(&self, time: Duration) {
        let mut state = self.state();
        state.answer_time = Some(state.answer_time.map_or((time, time / 2), |(smoothed, variation)| {
            ((7 * smoothed + time) / 8, (3 * variation + smoothed.abs_diff(time)) / 4)
        }));
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
        let size = (state.size * KEPT[0] / KEPT[1]).max(SMALLEST);
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
    fn it_never_grows_beyond_its_limit() {
        let window = Window::new();
        (0..1000).for_each(|_| window.answered());
        assert_eq!(fill(&window).len(), LARGEST);
    }

    #[test]
    fn it_becomes_smaller_once_for_what_is_lost_together_and_grows_slowly_then() {
        let window = Window::new();
        let (places, sent) = (fill(&window), Instant::now());
        (0..10).for_each(|_| window.lost(sent));
        assert!(window.enter().now_or_never().is_none());
        drop(places);
        let smaller = fill(&window).len();
        assert!((LARGEST / 2..LARGEST * 3 / 4).contains(&smaller), "{smaller}");
        (0..smaller).for_each(|_| window.answered());
        assert_eq!(fill(&window).len(), smaller + 1);
        for _ in 0..10 {
            window.lost(Instant::now() + Duration::from_secs(1));
        }
        assert_eq!(fill(&window).len(), SMALLEST);
        (0..LARGEST * LARGEST).for_each(|_| window.answered());
        assert_eq!(fill(&window).len(), LARGEST);
    }

    #[test]
    fn a_query_is_repeated_when_its_answer_takes_much_longer_than_those_before() {
        let window = Window::new();
        assert_eq!(window.patience(), None);
        let answered = |milliseconds: u64, times: usize| {
            (0..times).for_each(|_| window.took(Duration::from_millis(milliseconds)));
            window.patience().unwrap().as_millis()
        };
        // RFC 6298: the first time, and four times half of it.
        assert_eq!(answered(600, 1), 1800);
        assert!((1200..1220).contains(&answered(1200, 50)));
        assert_eq!(answered(2, 100), SOONEST.as_millis());
        // One late answer makes the time longer at once.
        assert!(answered(2000, 1) > 2000);
    }
}
