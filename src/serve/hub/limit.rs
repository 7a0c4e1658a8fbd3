//! How often a client may send a request, in memory: a limit for each key, such as an address. Time is passed in.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

/// Keys that are kept at the same time. Above, the one that has used least of its allowance gives way.
const KEYS_MAX: usize = 50_000;

/// At most `count` in any `window` for each key, evenly refilled (the generic cell rate algorithm).
#[derive(Debug)]
pub struct Limiter<K> {
    count: u32,
    /// Milliseconds.
    window: i64,
    /// When the key's allowance is whole again, in milliseconds.
    whole_at: HashMap<K, i64>,
    /// The same, the earliest first.
    order: BTreeSet<(i64, K)>,
}

impl<K: Clone + Eq + Hash + Ord> Limiter<K> {
    /// `window` is in seconds.
    pub fn new(count: u32, window: u32) -> Self {
        let window = i64::from(window) * 1000;
        Self { count: count.max(1), window, whole_at: HashMap::new(), order: BTreeSet::new() }
    }

    /// Fails when the allowance of `key` is used up; the error is the time to wait, in seconds. `now` is in milliseconds.
    pub fn check(&self, key: &K, now: i64) -> Result<(), u64> {
        let wait = self.whole_at(key, now) + self.step() - now - self.window;
        match wait {
            ..=0 => Ok(()),
            _ => Err(u64::try_from(wait).unwrap_or_default().div_ceil(1000).max(1)),
        }
    }

    /// Takes one from the allowance of `key`.
    pub fn take(&mut self, key: &K, now: i64) -> Result<(), u64> {
        self.check(key, now)?;
        let whole_at = self.whole_at(key, now) + self.step();
        if let Some(before) = self.whole_at.insert(key.clone(), whole_at) {
            self.order.remove(&(before, key.clone()));
        }
        self.order.insert((whole_at, key.clone()));
        while let Some((first, key)) = self.order.pop_first() {
            if first > now && self.order.len() < KEYS_MAX {
                self.order.insert((first, key));
                break;
            }
            self.whole_at.remove(&key);
        }
        Ok(())
    }

    fn step(&self) -> i64 {
        (self.window / i64::from(self.count)).max(1)
    }

    fn whole_at(&self, key: &K, now: i64) -> i64 {
        self.whole_at.get(key).copied().unwrap_or(now).max(now)
    }
}

/// The address of a client, or the /64 that one IPv6 host usually has for itself.
pub fn host(ip: IpAddr) -> IpAddr {
    network(ip, 64)
}

/// The /48 that one IPv6 customer usually has; an IPv4 address is only itself.
pub fn site(ip: IpAddr) -> IpAddr {
    network(ip, 48)
}

fn network(ip: IpAddr, bits: u32) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << (128 - bits))).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_refills_evenly_and_each_key_has_its_own() {
        let mut limiter = Limiter::new(3, 60);
        for _ in 0..3 {
            assert_eq!(limiter.take(&"a", 1_000), Ok(()));
        }
        assert_eq!(limiter.take(&"a", 1_000), Err(20));
        assert_eq!(limiter.take(&"b", 1_000), Ok(()));
        assert_eq!(limiter.take(&"a", 20_999), Err(1));
        assert_eq!(limiter.take(&"a", 21_000), Ok(()));
        assert_eq!(limiter.take(&"a", 21_000), Err(20));
        for _ in 0..3 {
            assert_eq!(limiter.take(&"a", 900_000), Ok(()));
        }
        assert!(limiter.take(&"a", 900_000).is_err());
    }

    #[test]
    fn a_full_table_locks_no_newcomer_out_and_keeps_who_is_limited() {
        let mut limiter = Limiter::new(2, 10);
        for _ in 0..2 {
            assert_eq!(limiter.take(&usize::MAX, 0), Ok(()));
        }
        for key in 0..KEYS_MAX + 1000 {
            assert_eq!(limiter.take(&key, 0), Ok(()), "first of {key}");
        }
        assert!(limiter.take(&usize::MAX, 0).is_err(), "others do not clear a used-up allowance");
        assert_eq!((limiter.whole_at.len(), limiter.order.len()), (KEYS_MAX, KEYS_MAX));
        assert_eq!(limiter.take(&usize::MAX, 20_000), Ok(()));
        assert_eq!((limiter.whole_at.len(), limiter.order.len()), (1, 1), "what is whole again is dropped");
    }

    #[test]
    fn one_ipv6_host_is_one_key_and_so_is_its_site() {
        let of = |network: fn(IpAddr) -> IpAddr, text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of(host, "2001:db8:1:2:ffff::9"), "2001:db8:1:2::");
        assert_eq!(of(site, "2001:db8:1:2:ffff::9"), "2001:db8:1::");
        assert_eq!(of(host, "::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(of(site, "192.0.2.1"), "192.0.2.1");
    }
}
