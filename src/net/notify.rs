//! Brings a message to a URL: one POST of JSON, no redirects, bounded in time.

use std::time::Duration;

use super::Net;
use super::http::Caller;
use crate::endpoint::Endpoint;
use crate::facts::peer::Exchange;

/// For one attempt.
const WAIT: Duration = Duration::from_secs(20);

/// How to get there.
#[derive(Debug, Clone)]
pub struct Notifier {
    pub net: Net,
}

impl Notifier {
    /// Posts to a path, which may hold a secret. The error names host and reason, and no path.
    pub async fn post(&self, base: &Endpoint, path: &str, body: Vec<u8>) -> anyhow::Result<()> {
        let addr = self.net.locate_one(base).await.map_err(|why| anyhow::anyhow!("{why}"))?;
        let caller = Caller { wait: WAIT, ..Caller::new(&self.net, base.clone(), addr) };
        let Exchange { outcome, .. } = caller.post(path, body).await;
        match outcome {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) => anyhow::bail!("{base} answers with status {}: {}", answer.status, answer.excerpt),
            Err(why) => anyhow::bail!("{base}: {why}"),
        }
    }
}
