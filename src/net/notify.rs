//! Brings a message to a URL: one POST of JSON, no redirects, bounded in time.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::time::timeout;

use super::Route;
use super::http::Caller;
use super::tls::Roots;
use crate::endpoint::Endpoint;
use crate::facts::peer::Exchange;

/// For one attempt.
const WAIT: Duration = Duration::from_secs(20);

/// How to get there.
#[derive(Debug, Clone)]
pub struct Notifier {
    pub route: Route,
    pub roots: Roots,
}

impl Notifier {
    /// Posts to a path, which may hold a secret. The error names host and reason, and no path.
    pub async fn post(&self, base: &Endpoint, path: &str, body: Vec<u8>) -> anyhow::Result<()> {
        let addr = self.address(base).await?;
        let roots = self.roots.clone();
        let caller =
            Caller { base: base.clone(), addr, roots, wait: WAIT, sender: None, authorization: None, login: None };
        let Exchange { outcome, .. } = caller.post(path, body).await;
        match outcome {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) => anyhow::bail!("{base} answers with status {}: {}", answer.status, answer.excerpt),
            Err(why) => anyhow::bail!("{base}: {why}"),
        }
    }

    async fn address(&self, base: &Endpoint) -> anyhow::Result<SocketAddr> {
        if let Some(addr) = self.route.override_to(&base.host, base.port) {
            return Ok(addr);
        }
        if let Ok(ip) = base.host.parse::<IpAddr>() {
            return Ok((ip, base.port).into());
        }
        let found = timeout(WAIT, tokio::net::lookup_host((base.host.as_str(), base.port))).await;
        let first = found.ok().and_then(Result::ok).and_then(|mut addrs| addrs.next());
        first.ok_or_else(|| anyhow::anyhow!("`{}` has no address", base.host))
    }
}
