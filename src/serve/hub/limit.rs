//! How often one may ask, in memory: a limit for each key, such as an address. Time is passed in.

use std::collections::HashMap;
use std::net::IpAddr;

/// Keys that are remembered at the same time; beyond that, new ones wait.
const KEYS_MAX: usize = 50_000;
/// What a newcomer is told when the table is full, in seconds.
const FULL_WAIT: u64 = 60;

/// At most `count` in any `window` for each key, evenly refilled (the generic cell rate algorithm).
#[derive(Debug)]
pub struct Limiter {
    count: u32,
    /// Milliseconds.
    window: i64,
    /// When the key's allowance is whole again, in milliseconds.
    whole_at: HashMap<String, i64>,
}

impl Limiter {
    /// `window` is in seconds.
    pub fn new(count: u32, window: u32) -> Self {
        Self { count: count.max(1), window: i64::from(window) * 1000, whole_at: HashMap::new() }
    }

    /// Takes one from the allowance of `key`; `now` is in milliseconds. The error is the time to wait, in seconds.
    pub fn take(&mut self, key: &str, now: i64) -> Result<(), u64> {
        let step = (self.window / i64::from(self.count)).max(1);
        let whole_at = self.whole_at.get(key).copied().unwrap_or(now).max(now);
        let wait = whole_at + step - now - self.window;
        if wait > 0 {
            return Err(u64::try_from(wait).unwrap_or_default().div_ceil(1000).max(1));
        }
        if self.whole_at.len() >= KEYS_MAX && !self.whole_at.contains_key(key) {
            self.whole_at.retain(|_, whole_at| *whole_at > now);
            if self.whole_at.len() >= KEYS_MAX {
                return Err(FULL_WAIT);
            }
        }
        self.whole_at.insert(key.to_owned(), whole_at + step);
        Ok(())
    }
}

/// The key of an address: the address itself, or the /64 that one IPv6 host usually has for itself.
pub fn address_key(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_refills_evenly_and_each_key_has_its_own() {
        let mut limiter = Limiter::new(3, 60);
        for _ in 0..3 {
            assert_eq!(limiter.take("a", 1_000), Ok(()));
        }
        assert_eq!(limiter.take("a", 1_000), Err(20));
        assert_eq!(limiter.take("b", 1_000), Ok(()));
        assert_eq!(limiter.take("a", 20_999), Err(1));
        assert_eq!(limiter.take("a", 21_000), Ok(()));
        assert_eq!(limiter.take("a", 21_000), Err(20));
        for _ in 0..3 {
            assert_eq!(limiter.take("a", 900_000), Ok(()));
        }
        assert!(limiter.take("a", 900_000).is_err());
    }

    #[test]
    fn the_table_is_bounded_and_forgets_what_is_over() {
        let mut limiter = Limiter::new(1, 10);
        for key in 0..KEYS_MAX {
            assert_eq!(limiter.take(&key.to_string(), 0), Ok(()));
        }
        assert_eq!(limiter.take("late", 0), Err(FULL_WAIT));
        assert_eq!(limiter.take("late", 10_000), Ok(()));
        assert_eq!(limiter.whole_at.len(), 1);
    }

    #[test]
    fn one_ipv6_host_is_one_key() {
        let key = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
