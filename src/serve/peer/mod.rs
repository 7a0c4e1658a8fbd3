//! A federation peer to test against: routes and answers as a chosen release gives them, real discovery and decryption, a database
//! that events are applied to, and faults on request.

mod accept;
mod answer;
pub mod certificate;
pub mod fault;
pub mod handler;
mod inbox;
mod limit;
pub mod log;
pub mod metrics;
mod old_handler;
mod parse;
mod peers;
mod refusal;
mod request;
mod routes;
mod sandbox;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use self::certificate::Tls;
use self::fault::Fault;
use self::handler::Handler;
use self::log::Entry;
use crate::dns::name::Domain;
use crate::error::hinted;
use crate::facts::call::{Call, Discover};
use crate::key::PrivateKey;
use crate::rocketchat::body::Wire;
use crate::rocketchat::events::documents::{Change, Documents};
use crate::rocketchat::release::Release;

/// Receives everything that happens.
pub type Log = Arc<dyn Fn(Entry) + Send + Sync>;
/// Writes what has changed to the disk.
pub type Keep = Arc<dyn Fn(Vec<Change>) -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>;

/// The user that every peer has.
pub const USER: &str = "fedctl";

/// What a peer is made of.
#[derive(Clone)]
pub struct Config {
    pub listen: SocketAddr,
    pub domain: Domain,
    pub key: PrivateKey,
    /// The release whose answers it gives.
    pub release: Release,
    pub speaks: Wire,
    /// Without it the peer speaks plain HTTP.
    pub tls: Option<Tls>,
    pub faults: Vec<Fault>,
    /// The names of its users.
    pub users: Vec<String>,
    /// Apply the rate limits of the release.
    pub rate_limits: bool,
    /// The environment variable that opens the routes of 7.x is set.
    pub gate_open: bool,
    /// Keep a timeline, and answer messages to `echo`.
    pub sandbox: bool,
    /// What was kept.
    pub documents: Documents,
    pub keep: Option<Keep>,
    pub discover: Discover,
    pub call: Call,
    pub log: Log,
}

impl Config {
    /// A peer without faults that listens on a free port of the loopback interface.
    pub fn new(identity: (Domain, PrivateKey), release: Release, (discover, call): (Discover, Call), log: Log) -> Self {
        let (domain, key) = identity;
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            domain,
            key,
            release,
            speaks: Wire::of(release),
            tls: None,
            faults: Vec::new(),
            users: vec![USER.to_owned()],
            rate_limits: false,
            gate_open: false,
            sandbox: false,
            documents: Documents::default(),
            keep: None,
            discover,
            call,
            log,
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}

/// A peer that runs until it is dropped.
pub struct Running {
    /// Where it listens; the port is the real one when 0 was requested.
    pub addr: SocketAddr,
    /// Its database, for a peer that sends too.
    pub handler: Arc<Handler>,
    tasks: Vec<AbortHandle>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // The task owns every connection, so all of them end with it.
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// Starts to listen. Needs a Tokio runtime.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        let hint = "give an address of this machine and a free port; port 0 chooses one";
        hinted(format!("`{}` cannot be listened on: {error}", config.listen), hint)
    })?;
    let addr = listener.local_addr()?;
    let acceptor = config.tls.as_ref().map(Tls::acceptor);
    let handler = Arc::new(Handler::new(config.clone()));
    // What was made at the start is kept before it is announced.
    handler.save().await?;
    let works = config.sandbox.then(|| tokio::spawn(sandbox::run(handler.clone())).abort_handle());
    let peer = Arc::new(routes::Peer::new(config, handler.clone())?);
    let accepts = tokio::spawn(accept::run(listener, acceptor, peer)).abort_handle();
    Ok(Running { addr, handler, tasks: works.into_iter().chain([accepts]).collect() })
}

/// Nothing that holds one of these locks can leave its data half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::facts::call::CallFailure;

    /// A peer that calls no other.
    pub fn config(release: Release) -> Config {
        let nobody = || CallFailure::NotFound("nobody is known".to_owned());
        let discover: Discover = Arc::new(move |_| Box::pin(async move { Err(nobody()) }));
        let call: Call = Arc::new(|_, _| Box::pin(async { Err(CallFailure::Silent) }));
        let identity = ("b.example".parse().unwrap(), PrivateKey::generate(2048).unwrap());
        Config::new(identity, release, (discover, call), Arc::new(|_: Entry| ()))
    }
}
