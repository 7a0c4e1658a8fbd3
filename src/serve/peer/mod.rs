//! A federation peer to test against: routes and answers as a chosen release gives them, real discovery and decryption, and
//! faults on request. It never takes a plain body for its own domain, as real servers do.

mod accept;
mod answer;
pub mod certificate;
pub mod fault;
mod inbox;
pub mod log;
mod routes;

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use self::certificate::Tls;
use self::fault::Fault;
use self::log::Entry;
use crate::dns::name::Domain;
use crate::error::hinted;
use crate::key::{PrivateKey, PublicKey};
use crate::rocketchat::body::Wire;
use crate::rocketchat::release::Release;

/// Finds the public key of a sender, or says why there is none.
pub type Discover = Arc<dyn Fn(Domain) -> BoxFuture<'static, Result<PublicKey, String>> + Send + Sync>;
/// Brings a message, still in clear, to another peer, or says why it could not.
pub type Deliver = Arc<dyn Fn(Domain, String) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;
/// Is told everything that happens.
pub type Log = Arc<dyn Fn(Entry) + Send + Sync>;

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
    /// The environment variable that opens the routes of 7.x is set.
    pub gate_open: bool,
    pub discover: Discover,
    pub deliver: Deliver,
    pub log: Log,
}

impl Config {
    fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}

/// A peer that runs until it is dropped.
pub struct Running {
    /// Where it listens; the port is the real one when 0 was asked for.
    pub addr: SocketAddr,
    task: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        // The task owns every connection, so all of them end with it.
        self.task.abort();
    }
}

/// Starts to listen. Needs a Tokio runtime.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        let hint = "give an address of this machine and a free port; port 0 takes one that is free";
        hinted(format!("`{}` cannot be listened on: {error}", config.listen), hint)
    })?;
    let addr = listener.local_addr()?;
    let acceptor = config.tls.as_ref().map(Tls::acceptor);
    let peer = Arc::new(routes::Peer::new(config)?);
    let task = tokio::spawn(accept::run(listener, acceptor, peer)).abort_handle();
    Ok(Running { addr, task })
}
