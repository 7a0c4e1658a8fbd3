//! The hub: a directory of federation servers for domains without DNS records, which trusts only who reads the domain's mail.
//!
//! Speaks the API that servers of 1.x and 2.x know, and shows people one page, without scripts, to confirm or refuse.

mod api;
mod gate;
mod limit;
mod links;
pub mod listener;
mod mail;
mod metrics;
mod pages;
mod routes;

pub use mail::{Mail, Smtp, sender};

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::rocketchat::hub::ledger::Terms;
use crate::rocketchat::hub::registration::Admission;
use crate::store::Store;
use gate::Gate;
use metrics::Metrics;

/// How long a stop waits for requests and mails under way.
const STOP: Duration = Duration::from_secs(10);

/// What to serve, and how.
#[derive(Debug)]
pub struct Config {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The origin under which people and servers reach the hub; links in mails start with it. Without it, the address that the
    /// hub listens on.
    pub public_url: Option<String>,
    pub store: Store,
    pub mail: Mail,
    /// The sender of the mails.
    pub mail_from: String,
    pub admission: Admission,
    pub terms: Terms,
    pub limits: Limits,
    /// Reverse proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpAddr>,
}

/// How much one client may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Registrations and removals for each address in an hour.
    pub registrations: u32,
    /// Searches and pages for each address in a minute.
    pub searches: u32,
    /// Connections at the same time, all addresses together; the rest wait.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { registrations: 30, searches: 300, connections: 1024 }
    }
}

/// A running hub; it stops at once when dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    stopping: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Running {
    /// Takes no more connections, and waits until requests and mails under way are done, for a limited time.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        let all_done = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(STOP, all_done).await;
    }
}

/// What every request and the mail worker share.
#[derive(Debug)]
struct Hub {
    public_url: String,
    store: Store,
    admission: Admission,
    terms: Terms,
    mail: Mail,
    mail_from: String,
    gate: Gate,
    metrics: Metrics,
    /// Rings when a mail is due.
    bell: Notify,
    /// When the store was last written as a probe, and whether that worked.
    health: tokio::sync::Mutex<Option<(Instant, bool)>>,
}

/// Starts listening; the error is the system's.
pub async fn start(config: Config) -> std::io::Result<Running> {
    let listener = tokio::net::TcpListener::bind(config.listen).await?;
    let addr = listener.local_addr()?;
    let hub = Arc::new(Hub {
        public_url: config.public_url.unwrap_or_else(|| format!("http://{addr}")),
        store: config.store,
        admission: config.admission,
        terms: config.terms,
        mail: config.mail,
        mail_from: config.mail_from,
        gate: Gate::new(config.limits, config.trusted_proxies),
        metrics: Metrics::default(),
        bell: Notify::new(),
        health: tokio::sync::Mutex::default(),
    });
    let (stopping, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let (shared, limit) = (hub.clone(), config.limits.connections);
    let bounded = move |ip| !shared.gate.is_proxy(ip);
    tasks.spawn(listener::serve(listener, routes::router(hub.clone()), limit, bounded, stopped.clone()));
    tasks.spawn(mail::work(hub.clone(), stopped.clone()));
    tasks.spawn(sweep(hub, stopped));
    Ok(Running { addr, stopping, tasks })
}

/// Drops old proposals once an hour.
async fn sweep(hub: Arc<Hub>, mut stopped: watch::Receiver<bool>) {
    loop {
        let before = crate::rocketchat::hub::ledger::forget_before(now(), hub.terms);
        match hub.store.sweep(before).await {
            Ok(0) => {}
            Ok(gone) => tracing::info!(gone, "old proposals dropped"),
            Err(error) => tracing::error!(error = format!("{error:#}"), "old proposals cannot be dropped"),
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(3600)) => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
