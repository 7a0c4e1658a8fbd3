//! Makes the requests of the event protocols, as a server of a chosen release does.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Net;
use super::http::Caller;
use super::look_up::look_up_all;
use crate::dns::name::Domain;
use crate::endpoint::Endpoint;
use crate::facts::call::{CallFailure, Outgoing};
use crate::facts::peer::{Exchange, Records};
use crate::key::{PrivateKey, PublicKey};
use crate::rocketchat::body::Wire;
use crate::rocketchat::envelope;
use crate::rocketchat::generation::{Generation, questions};
use crate::rocketchat::release::Release;

/// How long an answer about a peer is kept; servers keep it for an hour, and testing needs less.
const KEPT: Duration = Duration::from_secs(5);
const KEPT_MAX: usize = 1024;
/// Bytes of a response with a file, which is a list of numbers: a file has a quarter of it.
const FILE_MAX: usize = 32 << 20;

/// Calls other servers in the name of one domain.
pub struct Peers {
    pub net: Net,
    pub identity: (Domain, PrivateKey),
    /// Peers are discovered as this release does.
    pub release: Release,
    pub known: Mutex<Known>,
}

/// What was found about other servers, and when.
pub type Known = HashMap<Domain, (Instant, Result<Peer, CallFailure>)>;

/// Where another server is, and its key.
#[derive(Debug, Clone)]
pub struct Peer {
    pub base: Endpoint,
    pub addr: SocketAddr,
    pub key: PublicKey,
}

impl Peers {
    /// The records of a domain lead to its server and its key.
    pub async fn find(&self, domain: &Domain) -> Result<Peer, CallFailure> {
        let known =
            |map: &Known| map.get(domain).filter(|(since, _)| since.elapsed() < KEPT).map(|(_, found)| found.clone());
        if let Some(found) = known(&self.known.lock().unwrap_or_else(PoisonError::into_inner)) {
            return found;
        }
        let found = self.look_up(domain).await;
        let mut map = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= KEPT_MAX {
            map.retain(|_, (since, _)| since.elapsed() < KEPT);
        }
        if map.len() < KEPT_MAX {
            map.insert(domain.clone(), (Instant::now(), found.clone()));
        }
        found
    }

    /// The key that messages of a domain are opened with. Without an SRV record servers look no further.
    pub async fn key(&self, domain: &Domain) -> Result<PublicKey, CallFailure> {
        let answers = look_up_all(&self.net, &self.net.resolvers, &questions(domain)).await;
        let records = Records { domain: domain.clone(), answers };
        match records.discovery(Generation::of(self.release)).error {
            Some(error) => Err(CallFailure::NotFound(error.to_string())),
            None => records.key().map_err(CallFailure::Key),
        }
    }

    async fn look_up(&self, domain: &Domain) -> Result<Peer, CallFailure> {
        let answers = look_up_all(&self.net, &self.net.resolvers, &questions(domain)).await;
        let records = Records { domain: domain.clone(), answers };
        let discovery = records.discovery(Generation::of(self.release));
        let missing = CallFailure::NotFound(discovery.error.map(|error| error.to_string()).unwrap_or_default());
        let base = discovery.url.as_deref().and_then(Endpoint::parse).ok_or(missing)?;
        let key = records.key().map_err(CallFailure::Key)?;
        let addr = self.net.locate_one(&base).await.map_err(|none| CallFailure::NotFound(none.to_string()))?;
        Ok(Peer { base, addr, key })
    }

    /// Makes a request to the server of a domain.
    pub async fn call(&self, domain: &Domain, request: Outgoing) -> Result<Exchange, CallFailure> {
        let Peer { base, addr, key } = self.find(domain).await?;
        let (own, own_key) = &self.identity;
        let caller = Caller { sender: Some(own.to_string()), ..Caller::new(&self.net, base, addr) };
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let get = async |path: String| Ok(caller.get(&format!("/api/v1/federation.{path}")).await);
        let (route, text, form) = match request {
            Outgoing::Upload(id) => {
                let caller = Caller { answer_max: FILE_MAX, ..caller };
                return Ok(caller.get(&format!("/api/v1/federation.uploads?upload_id={}", encoded(&id))).await);
            }
            Outgoing::User(name) => return get(format!("users.getByUsername?username={}", encoded(&name))).await,
            Outgoing::OldUser(name) => {
                let name = encoded(&name);
                return get(format!("users?username={name}&domain={domain}&usernameOnly=true")).await;
            }
            Outgoing::Dispatch(text) => ("events.dispatch", text, Wire::Two),
            Outgoing::Latest(text) => ("events.requestFromLatest", text, Wire::Two),
            Outgoing::Event(text) => ("events", text, Wire::One),
        };
        let own_key = own_key.clone();
        let sealed = tokio::task::spawn_blocking(move || envelope::seal(text.as_bytes(), &own_key, &key));
        let failed = |why: &dyn std::fmt::Display| CallFailure::Seal(why.to_string());
        let sealed = sealed.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
        Ok(caller.post(&format!("/api/v1/federation.{route}"), form.write(&sealed)).await)
    }
}
