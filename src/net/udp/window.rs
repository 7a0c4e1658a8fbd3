//! How many queries wait for one server at the same time, and when one is repeated, as TCP decides both. More where answers take long:
//! with few, a list would wait for them. Fewer when one is lost, and slowly more again (RFC 5681 section 3.1): how many a server can
//! take depends on its buffer, on the way to it, and on who else queries it. A query is repeated when its answer takes much longer
//! than those before it (RFC 6298 section 2).

use std::time::Duration;

use tokio::time::Instant;

/// So many at first, and never fewer: a name server on the same machine is always busy with them.
pub const SMALLEST: usize = 64;
/// Never more: so many queries fit into the receive buffer that Linux gives a socket, 212,992 bytes, of which each takes 832. With
/// 480, a name server that needed 50 ms for an answer lost some.
pub const LARGEST: usize = 250;
/// The time of an answer for which one query more may wait: 10,000 answers a second are enough from any server.
const EACH: Duration = Duration::from_micros(100);
/// What is left of the window when a query is lost: 7 of 10 (RFC 9438 section 4.6).
const KEPT: [usize; 2] = [7, 10];

/// No query is repeated sooner. RFC 6298 section 2.4 advises a second, and systems wait less where answers come at once: Linux
/// repeats what TCP has lost after 200 ms.
const SOONEST: Duration = Duration::from_millis(300);

/// How many queries may wait for one server.
#[derive(Debug)]
pub struct Window {
    size: usize,
    /// Answers since the size was last looked at.
    answers: usize,
    /// When the window last became smaller.
    shrunk: Option<Instant>,
    /// How long answers take, smoothed, and by how much that varies.
    answer_time: Option<(Duration, Duration)>,
}

impl Window {
    pub fn new() -> Self {
        Self { size: SMALLEST, answers: 0, shrunk: None, answer_time: None }
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

    /// A query was answered. After as many as may wait, there may be twice as many, or one more where some were lost before, unless
    /// answers come so soon that more would only wait in the buffer of the server.
    pub fn answered(&mut self) {
        self.answers += 1;
        if self.answers < self.size {
            return;
        }
        let more = if self.shrunk.is_some() { self.size + 1 } else { self.size * 2 };
        (self.answers, self.size) = (0, more.min(self.enough()).clamp(SMALLEST, LARGEST));
    }

    /// As many as make use of a server whose answers take so long.
    fn enough(&self) -> usize {
        let (smoothed, _) = self.answer_time.unwrap_or_default();
        usize::try_from(smoothed.as_micros() / EACH.as_micros()).unwrap_or(LARGEST)
    }

    /// A query had no answer in all its time: the server is away, and a list would wait for it the longer the fewer are sent.
    pub fn gave_up(&mut self) {
        self.size = LARGEST;
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

    /// As many answers as may wait, each after so many milliseconds.
    fn round(window: &mut Window, milliseconds: u64) {
        for _ in 0..window.size() {
            window.took(Duration::from_millis(milliseconds));
            window.answered();
        }
    }

    #[test]
    fn it_grows_to_its_limit_where_answers_take_long() {
        let mut window = Window::new();
        round(&mut window, 50);
        assert_eq!(window.size(), SMALLEST * 2);
        (0..10).for_each(|_| round(&mut window, 50));
        assert_eq!(window.size(), LARGEST);
    }

    /// A resolver has some answers already, and needs long for the others.
    #[test]
    fn it_grows_after_some_answers_that_came_at_once() {
        let mut window = Window::new();
        (0..10).for_each(|_| round(&mut window, 1));
        assert_eq!(window.size(), SMALLEST);
        (0..10).for_each(|_| round(&mut window, 300));
        assert_eq!(window.size(), LARGEST);
    }

    #[test]
    fn it_becomes_smaller_where_answers_come_at_once() {
        let mut window = Window::new();
        (0..10).for_each(|_| round(&mut window, 50));
        (0..10).for_each(|_| round(&mut window, 15));
        assert!((SMALLEST..=160).contains(&window.size()), "{}", window.size());
        (0..10).for_each(|_| round(&mut window, 1));
        assert_eq!(window.size(), SMALLEST);
    }

    #[test]
    fn it_becomes_smaller_once_for_what_is_lost_together_and_grows_slowly_then() {
        let (mut window, sent) = (Window::new(), Instant::now());
        (0..10).for_each(|_| round(&mut window, 50));
        (0..10).for_each(|_| window.lost(sent, Instant::now()));
        let smaller = window.size();
        assert!((LARGEST / 2..LARGEST * 3 / 4).contains(&smaller), "{smaller}");
        round(&mut window, 50);
        assert_eq!(window.size(), smaller + 1);
        for _ in 0..10 {
            window.lost(Instant::now() + Duration::from_secs(1), Instant::now());
        }
        assert_eq!(window.size(), SMALLEST);
    }

    #[test]
    fn a_server_that_is_away_is_sent_as_many_as_ever() {
        let mut window = Window::new();
        window.gave_up();
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
