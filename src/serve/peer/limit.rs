//! The servers' own rate limits: so many calls of one route from one address, counted in fixed windows.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::rocketchat::boundary;
use crate::rocketchat::release::Release;

/// Calls of a route in a window.
const GENERAL: (u64, Duration) = (10, Duration::from_secs(60));
/// From 3.6.3 on events have a limit of their own.
const OWN_LIMIT: Release = boundary::SENDS_AGAIN;
const EVENTS: (u64, Duration) = (30, Duration::from_secs(1));
const EVENTS_ROUTE: &str = "events.dispatch";
/// Windows that are kept at the same time.
const WINDOWS_MAX: usize = 10_000;

/// What the header fields of an answer say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub allowed: u64,
    pub left: u64,
    /// When the window ends, in milliseconds since 1970.
    pub reset: u64,
}

/// The end of each window and the calls in it.
type Windows = HashMap<(String, IpAddr), (Duration, u64)>;

/// Counts the calls.
#[derive(Debug)]
pub struct Limits {
    release: Release,
    windows: Mutex<Windows>,
}

impl Limits {
    pub fn new(release: Release) -> Self {
        Self { release, windows: Mutex::default() }
    }

    /// Takes one call; the error is the number of seconds to wait.
    pub fn take(&self, route: &str, from: IpAddr) -> Result<Taken, (Taken, u64)> {
        self.take_at(route, from, SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    fn take_at(&self, route: &str, from: IpAddr, now: Duration) -> Result<Taken, (Taken, u64)> {
        let is_own = self.release >= OWN_LIMIT && route == EVENTS_ROUTE;
        let (allowed, window) = if is_own { EVENTS } else { GENERAL };
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= WINDOWS_MAX {
            windows.retain(|_, (end, _)| now < *end);
        }
        let (end, calls) = windows.entry((route.to_owned(), from)).or_insert((now + window, 0));
        if now >= *end {
            (*end, *calls) = (now + window, 0);
        }
        *calls += 1;
        let reset = u64::try_from(end.as_millis()).unwrap_or(u64::MAX);
        let taken = Taken { allowed, left: allowed.saturating_sub(*calls), reset };
        match *calls <= allowed {
            true => Ok(taken),
            false => Err((taken, (*end - now).as_secs_f64().ceil() as u64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_release_has_its_own_limit_for_events() {
        let from = IpAddr::from([127, 0, 0, 1]);
        let at = |seconds| Duration::from_secs(1_600_000_000 + seconds);
        for (release, route, allowed, window) in [
            (Release(3, 6, 2), "events.dispatch", 10, 60),
            (Release(3, 6, 3), "events.dispatch", 30, 1),
            (Release(3, 6, 3), "users.search", 10, 60),
            (Release(1, 3, 5), "events", 10, 60),
        ] {
            let limits = Limits::new(release);
            for call in 1..=allowed {
                assert_eq!(limits.take_at(route, from, at(0)).unwrap().left, allowed - call, "{release} {route}");
            }
            assert_eq!(limits.take_at(route, from, at(0)).unwrap_err().1, window, "{release} {route}");
            assert!(limits.take_at("other", from, at(0)).is_ok());
            assert!(limits.take_at(route, from, at(window)).is_ok());
        }
    }
}
