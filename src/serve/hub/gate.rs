//! How often an address may ask, and which address that is.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;

use super::Limits;
use crate::serve::hub::limit::{Limiter, address_key};

/// The address that the limits are kept for.
#[derive(Debug, Clone, Copy)]
pub struct From(pub IpAddr);

/// Mails about one domain that one address may cause in a day, so that nobody uses up a domain's allowance alone.
const MAILS: u32 = 3;
const HOUR: u32 = 3600;
const DAY: u32 = 86_400;

/// The limits in memory; each hub process has its own. Mails of a domain are counted in the store, for all processes.
#[derive(Debug)]
pub struct Gate {
    registrations: Mutex<Limiter>,
    searches: Mutex<Limiter>,
    mails: Mutex<Limiter>,
    trusted_proxies: Vec<IpAddr>,
    /// A stranger's `X-Forwarded-For` was seen and told.
    warned: AtomicBool,
}

impl Gate {
    pub fn new(limits: Limits, trusted_proxies: Vec<IpAddr>) -> Self {
        Self {
            registrations: Mutex::new(Limiter::new(limits.registrations, HOUR)),
            searches: Mutex::new(Limiter::new(limits.searches, 60)),
            mails: Mutex::new(Limiter::new(MAILS.min(limits.registrations), DAY)),
            trusted_proxies,
            warned: AtomicBool::new(false),
        }
    }

    /// One registration or removal; the error is the time to wait, in seconds.
    pub fn registration(&self, client: IpAddr, now_ms: i64) -> Result<(), u64> {
        take(&self.registrations, &address_key(client), now_ms)
    }

    /// One search or page.
    pub fn search(&self, client: IpAddr, now_ms: i64) -> Result<(), u64> {
        take(&self.searches, &address_key(client), now_ms)
    }

    /// One mail to a domain because of this address.
    pub fn mail(&self, client: IpAddr, domain: &str, now_ms: i64) -> Result<(), u64> {
        take(&self.mails, &format!("{} {domain}", address_key(client)), now_ms)
    }

    /// The address behind a trusted proxy is the last one that the proxy did not write itself; anybody else's header is
    /// hearsay.
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
            tracing::warn!(%proxy, "X-Forwarded-For is not believed; is this your reverse proxy? then add --trusted-proxy");
        }
    }
}

fn take(limiter: &Mutex<Limiter>, key: &str, now_ms: i64) -> Result<(), u64> {
    limiter.lock().unwrap_or_else(PoisonError::into_inner).take(key, now_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed() {
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
}
