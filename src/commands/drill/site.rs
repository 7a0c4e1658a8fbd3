//! The small server of a drill: it listens, finds the peer, and knows whether its own records lead to it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::listener::Arrivals;
use super::player::call;
use crate::commands::callback::CallbackArgs;
use crate::commands::serve::peer::network;
use crate::dns::name::Domain;
use crate::error::hinted;
use crate::facts::call::{CallFailure, Outgoing};
use crate::facts::drill::{Arrived, WayBack};
use crate::facts::peer::{PeerFacts, Speaks};
use crate::key::PrivateKey;
use crate::net::Net;
use crate::net::call::Peers;
use crate::rocketchat::boundary;
use crate::rocketchat::events::identifier;
use crate::rocketchat::release::Release;
use crate::serve::peer::{Config, Running, start};

/// Where the server listens, and its certificate.
#[derive(Debug, Clone, Default)]
pub struct Listener {
    /// By default the address that the records of the domain lead to.
    pub addr: Option<SocketAddr>,
    pub tls: CallbackArgs,
}

/// The server, and what comes in.
pub struct Site {
    pub running: Running,
    pub arrivals: Arc<Arrivals>,
    pub peers: Arc<Peers>,
}

impl Site {
    /// Listens, and answers as a server of the peer's protocol does.
    pub async fn open(
        listener: &Listener,
        net: Net,
        own: (Domain, PrivateKey),
        peer: &PeerFacts,
    ) -> anyhow::Result<Self> {
        let is_first = peer.speaks() == Speaks::Old;
        let release = if is_first { boundary::LAST_OF_1 } else { boundary::LAST_SENDER };
        Self::listen(listener, net, own, peer.view, release).await
    }

    /// Listens as this release; records are read as the release `view` reads them.
    pub async fn listen(
        listener: &Listener,
        net: Net,
        own: (Domain, PrivateKey),
        view: Release,
        release: Release,
    ) -> anyhow::Result<Self> {
        let peers = Arc::new(Peers { net, identity: own.clone(), release: view, known: Mutex::default() });
        let addr = match listener.addr {
            Some(addr) => addr,
            None => published(&listener.tls, &peers).await?,
        };
        let arrivals = Arrivals::new();
        // Nobody can be found here, so that no conversation begins that ends with the drill.
        let config = Config { users: Vec::new(), ..Config::new(own, release, network(&peers), arrivals.log()) };
        let running = start(listener.tls.at(addr, config)?).await?;
        Ok(Self { running, arrivals, peers })
    }

    /// Follows the records of the drill domain, and asks there for something that only this server has.
    pub async fn way_back(&self) -> WayBack {
        let (domain, key) = &self.peers.identity;
        let found = match self.peers.find(domain).await {
            Ok(found) => found,
            Err(CallFailure::Key(why)) => return WayBack::NoKey { why: why.to_string() },
            Err(failure) => return WayBack::NoRecords { why: failure.to_string() },
        };
        if found.key != *key.public() {
            return WayBack::OtherKey { published: found.key.fingerprint().to_string() };
        }
        let (token, url, since) = (identifier::random(), found.base.to_string(), self.arrivals.now());
        self.running.handler.keep_upload(&token, json!({"name": "way back"}), b"fedctl");
        let exchange = call(&self.running.handler, domain, Outgoing::Upload(token.clone())).await;
        let is_ours = |what: &Arrived| matches!(what, Arrived::Fetched { upload, .. } if *upload == token);
        match self.arrivals.has(since, is_ours) && exchange.answer().is_some_and(|answer| answer.status == 200) {
            true => WayBack::Here { url },
            false => WayBack::Elsewhere { url, exchange: Box::new(exchange) },
        }
    }
}

/// The address that the records of the domain lead to.
async fn published(tls: &CallbackArgs, peers: &Peers) -> anyhow::Result<SocketAddr> {
    let domain = &peers.identity.0;
    let found = peers.find(domain).await.map_err(|why| {
        let what = format!("the records of {domain} do not say where to listen: {why}");
        hinted(
            what,
            format!(
                "name the address with --listen ADDR:PORT; fedctl drill --prepare --domain {domain} prints the records"
            ),
        )
    })?;
    if found.base.https && !tls.speaks_tls() {
        let what = format!("the records of {domain} lead to {}, and there is no certificate for it", found.base);
        return Err(hinted(what, "add --callback-cert and --callback-cert-key, or --listen ADDR:PORT behind a proxy"));
    }
    Ok(found.addr)
}
