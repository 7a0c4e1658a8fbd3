//! How often an address may ask, and which address that is.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::http::HeaderMap;

use super::Limits;
use crate::serve::hub::limit::{Limiter, host, site};

/// The address that the limits are kept for.
#[derive(Debug, Clone, Copy)]
pub struct From(pub IpAddr);

/// Mails about one domain that one address may cause in a day, so that nobody uses up a domain's allowance alone.
const MAILS: u32 = 3;
/// How many times the allowance of one host all hosts of an IPv6 /48 have together.
const SITE: u32 = 8;
const HOUR: u32 = 3600;
const DAY: u32 = 86_400;

/// The limits in memory; each hub process has its own. Mails of a domain are counted in the store, for all processes.
#[derive(Debug)]
pub struct Gate {
    registrations: Limit<IpAddr>,
    searches: Limit<IpAddr>,
    mails: Limit<(IpAddr, String)>,
    trusted_proxies: Vec<IpAddr>,
    /// An `X-Forwarded-For` that is not trusted was logged.
    warned: AtomicBool,
    /// The limits use the time since the start, which does not jump when the system's clock is set.
    start: Instant,
}

/// A limit for each host, and one for its site.
#[derive(Debug)]
struct Limit<K>(Mutex<(Limiter<K>, Limiter<K>)>);

impl<K: Clone + Eq + Hash + Ord> Limit<K> {
    fn new(count: u32, window: u32, site: u32) -> Self {
        Self(Mutex::new((Limiter::new(count, window), Limiter::new(count.saturating_mul(site), window))))
    }

    /// Takes from both or from none.
    fn take(&self, host: &K, site: &K, now_ms: i64) -> Result<(), u64> {
        let mut limiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        limiters.1.check(site, now_ms)?;
        limiters.0.take(host, now_ms)?;
        limiters.1.take(site, now_ms)
    }
}

impl Gate {
    pub fn new(limits: Limits, trusted_proxies: Vec<IpAddr>) -> Self {
        Self {
            registrations: Limit::new(limits.registrations, HOUR, SITE),
            searches: Limit::new(limits.searches, 60, SITE),
            // A domain has few mails: here a site is no more than a host.
            mails: Limit::new(MAILS.min(limits.registrations), DAY, 1),
            trusted_proxies,
            warned: AtomicBool::new(false),
            start: Instant::now(),
        }
    }

    /// One registration or removal; the error is the time to wait, in seconds.
    pub fn registration(&self, client: IpAddr) -> Result<(), u64> {
        self.registrations.take(&host(client), &site(client), self.elapsed_ms())
    }

    /// One search or page.
    pub fn search(&self, client: IpAddr) -> Result<(), u64> {
        self.searches.take(&host(client), &site(client), self.elapsed_ms())
    }

    /// One mail to a domain because of this address.
    pub fn mail(&self, client: IpAddr, domain: &str) -> Result<(), u64> {
        let (host, site) = ((host(client), domain.to_owned()), (site(client), domain.to_owned()));
        self.mails.take(&host, &site, self.elapsed_ms())
    }

    /// True when all clients behind this address are distinguished by its header.
    pub fn is_proxy(&self, connected: IpAddr) -> bool {
        self.trusted_proxies.contains(&connected.to_canonical())
    }

    fn elapsed_ms(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// The address behind a trusted proxy is the last one that the proxy did not write itself; the header of any other
    /// client is ignored.
    pub fn client(&self, connected: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = connected.to_canonical();
        let named: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .collect();
        for name in named.iter().rev() {
            if !self.trusted_proxies.contains(&client) {
                self.warn_once(client);
                break;
            }
            let Ok(ip) = name.parse::<IpAddr>() else { break };
            client = ip.to_canonical();
        }
        client
    }
}

impl Gate {
    /// A proxy on the same machine that is not trusted is mostly an oversight: all its clients share one allowance.
    fn warn_once(&self, proxy: IpAddr) {
        if proxy.is_loopback() && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(%proxy, "X-Forwarded-For is not trusted; is this your reverse proxy? then add --trusted-proxy");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_trusted() {
        let gate = Gate::new(Limits::default(), vec!["127.0.0.1".parse().unwrap(), "10.0.0.1".parse().unwrap()]);
        let client = |connected: &str, forwarded: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            gate.client(connected.parse().unwrap(), &headers).to_string()
        };
        assert_eq!(client("192.0.2.9", "1.2.3.4"), "192.0.2.9");
        assert_eq!(client("127.0.0.1", "1.2.3.4"), "1.2.3.4");
        assert_eq!(client("127.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.1"), "1.2.3.4");
        assert_eq!(client("::ffff:127.0.0.1", "6.6.6.6, garbage"), "127.0.0.1");
    }

    #[test]
    fn the_hosts_of_one_ipv6_site_share_an_allowance_and_lock_nobody_else_out() {
        let gate = Gate::new(Limits { registrations: 2, ..Limits::default() }, Vec::new());
        let passed = (0..60_000u32)
            .filter(|at| gate.registration(format!("2001:db8:1:{:x}::{at:x}", at & 0xffff).parse().unwrap()).is_ok());
        assert_eq!(passed.count(), 16, "eight hosts' worth");
        assert_eq!(gate.registration("2001:db8:2::1".parse().unwrap()), Ok(()), "another site");
        assert_eq!(gate.registration("192.0.2.1".parse().unwrap()), Ok(()));
        let mails = (0..9).filter(|at| gate.mail(format!("2001:db8:3:{at}::1").parse().unwrap(), "b.example").is_ok());
        assert_eq!(mails.count(), 2, "one site does not use up the mails of a domain");
    }
}
