//! How many queries wait for one server at the same time, and when one is repeated, as TCP decides both. When one is lost, fewer,
//! and slowly more again (RFC 5681 section 3.1): how many a server can take depends on its buffer, on the way to it, and on who else
//! queries it. A query is repeated when its answer takes much longer than those before
//! it (RFC 6298 section 2).

use std::time::Duration;

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

/// How many queries may wait for one server.
#[derive(Debug)]
pub struct Window {
    size: usize,
    /// Answers since the window last grew.
    answers: usize,
    /// When the window last became smaller.
    shrunk: Option<Instant>,
    /// How long answers take, smoothed, and by how much that varies.
    answer_time: Option<(Duration, Duration)>,
}

impl Window {
    pub fn new() -> Self {
        Self { size: LARGEST, answers: 0, shrunk: None, answer_time: None }
    }

    /// How many queries may wait at the moment.
    pub fn size(&self) -> usize {
        self.size
    }

    /// When a query without an answer is repeated; `None` before the first answer.
    pub fn patience(&self) -> Option<Duration> {
        let (smoothed, variation) = self.answer_time?;
        Some((smoothed + 4 * variation).max(SOONEST))
    }

    /// An answer came so long after its query was first sent. Which of the repetitions it belongs to is not known; the longest time
    /// leaves a server that became slow in peace.
    pub fn took(&mut self, time: Duration) {
        self.answer_time = Some(self.answer_time.map_or((time, time / 2), |(smoothed, variation)| {
            ((7 * smoothed + time) / 8, (3 * variation + smoothed.abs_diff(time)) / 4)
        }));
    }

    /// A query was answered.
    pub fn answered(&mut self) {
        self.answers += 1;
        if self.size < LARGEST && self.answers >= self.size {
            (self.answers, self.size) = (0, self.size + 1);
        }
    }

    /// A query that was sent again at `repeated` had been lost. Those that were lost together count once.
    pub fn lost(&mut self, repeated: Instant, now: Instant) {
        if self.shrunk.is_some_and(|shrunk| repeated <= shrunk) {
            return;
        }
        self.size = (self.size * KEPT[0] / KEPT[1]).max(SMALLEST);
        (self.answers, self.shrunk) = (0, Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_grows_beyond_its_limit() {
        let mut window = Window::new();
        (0..1000).for_each(|_| window.answered());
        assert_eq!(window.size(), LARGEST);
    }

    #[test]
    fn it_becomes_smaller_once_for_what_is_lost_together_and_grows_slowly_then() {
        let (mut window, sent) = (Window::new(), Instant::now());
        (0..10).for_each(|_| window.lost(sent, Instant::now()));
        let smaller = window.size();
        assert!((LARGEST / 2..LARGEST * 3 / 4).contains(&smaller), "{smaller}");
        (0..smaller).for_each(|_| window.answered());
        assert_eq!(window.size(), smaller + 1);
        for _ in 0..10 {
            window.lost(Instant::now() + Duration::from_secs(1), Instant::now());
        }
        assert_eq!(window.size(), SMALLEST);
        (0..LARGEST * LARGEST).for_each(|_| window.answered());
        assert_eq!(window.size(), LARGEST);
    }

    #[test]
    fn a_query_is_repeated_when_its_answer_takes_much_longer_than_those_before() {
        let mut window = Window::new();
        assert_eq!(window.patience(), None);
        let mut answered = |milliseconds: u64, times: usize| {
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
