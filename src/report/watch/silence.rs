//! Times in which no messages are sent.

use std::str::FromStr;

use super::{DAY, HOUR, MINUTE};
use crate::dns::name::Domain;
use crate::error::Hinted;

/// A time in which no messages are sent, about one domain or about all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// `None` for all domains.
    pub domain: Option<Domain>,
    window: Window,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Window {
    /// Every day; seconds since midnight UTC. May end after midnight.
    Daily { from: i64, to: i64 },
    /// Once; seconds since 1970.
    Once { from: i64, to: i64 },
}

impl Silence {
    /// True when nothing is to be said about the domain at that moment.
    pub fn covers(&self, domain: &Domain, time: i64) -> bool {
        if self.domain.as_ref().is_some_and(|own| own != domain) {
            return false;
        }
        match self.window {
            Window::Once { from, to } => (from..to).contains(&time),
            Window::Daily { from, to } if from < to => (from..to).contains(&time.rem_euclid(DAY)),
            Window::Daily { from, to } => !(to..from).contains(&time.rem_euclid(DAY)),
        }
    }
}

impl FromStr for Silence {
    type Err = Hinted;

    fn from_str(text: &str) -> Result<Self, Hinted> {
        let (domain, window) = match text.split_once('=') {
            Some((domain, window)) => (Some(domain.parse()?), window),
            None => (None, text),
        };
        let daily = || {
            let (from, to) = window.split_once('-')?;
            let (from, to) = (time_of_day(from)?, time_of_day(to)?);
            (from != to).then_some(Window::Daily { from, to })
        };
        let once = || {
            let (from, to) = window.split_once('/')?;
            let read = |text: &str| text.parse::<jiff::Timestamp>().ok().map(|time| time.as_second());
            let (from, to) = (read(from)?, read(to)?);
            (from < to).then_some(Window::Once { from, to })
        };
        let hint = "write `22:00-06:00` for every day, or `2026-12-01T22:00Z/2026-12-02T02:00Z` for once, both in UTC; \
                    `peer.example=22:00-06:00` for one domain";
        let window = once().or_else(daily);
        let refuse = || Hinted::new(format!("`{}` is not a time without messages", text.escape_debug()), hint);
        Ok(Self { domain, window: window.ok_or_else(refuse)? })
    }
}

/// `22:00`.
fn time_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then(|| hour * HOUR + minute * MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_daily_or_once_for_one_domain_or_all() {
        let (peer, other): (Domain, Domain) = ("peer.example".parse().unwrap(), "other.example".parse().unwrap());
        let night: Silence = "22:00-06:00".parse().unwrap();
        for (time, covered) in [(0, true), (6 * HOUR - 1, true), (6 * HOUR, false), (22 * HOUR, true)] {
            assert_eq!(night.covers(&peer, 20_000 * DAY + time), covered, "{time}");
        }
        let noon: Silence = "peer.example=12:00-13:30".parse().unwrap();
        assert!(noon.covers(&peer, 13 * HOUR) && !noon.covers(&other, 13 * HOUR) && !noon.covers(&peer, 14 * HOUR));
        let once: Silence = "2026-11-24T22:00Z/2026-11-25T02:00Z".parse().unwrap();
        assert!(once.covers(&peer, 1_795_564_800) && !once.covers(&peer, 1_795_564_800 + DAY));
        for bad in [
            "",
            "22:00",
            "25:00-26:00",
            "9223372036854775807:00-1:00",
            "22:00-22:00",
            "2026-11-25T02:00Z/2026-11-24T22:00Z",
            "=1:00-2:00",
        ] {
            assert!(bad.parse::<Silence>().is_err(), "{bad}");
        }
    }
}
