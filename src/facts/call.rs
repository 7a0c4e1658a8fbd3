//! What one server says to another: the requests of the event protocols, and why one could not be made.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::peer::{Answer, Exchange, HttpFailure, NoKey};
use crate::dns::name::Domain;
use crate::dns::record::Outcome;
use crate::key::PublicKey;

/// A request to another federation server. Texts are JSON that is encrypted on the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Events of version 2.
    Dispatch(String),
    /// Asks for the events that are missing.
    Latest(String),
    /// One event of version 1.
    Event(String),
    /// Fetches a file by its identifier.
    Upload(String),
    /// Looks up a user of version 2 by the name.
    User(String),
    /// The same for version 1.
    OldUser(String),
}

/// Why the host of an endpoint cannot be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("`{host}` has no address{}", outcome.as_ref().map(|outcome| format!(" ({outcome})")).unwrap_or_default())]
pub struct NoAddress {
    pub host: String,
    /// What DNS answers, when it was queried.
    pub outcome: Option<Outcome>,
}

/// Why there is no answer, or none that helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    /// The records of the domain lead nowhere.
    #[error("{0}")]
    NotFound(String),
    #[error("its public key cannot be used: {0}")]
    Key(NoKey),
    #[error("no message can be sealed for it: {0}")]
    Seal(String),
    #[error("{0}")]
    Http(HttpFailure),
    /// This server never calls others.
    #[error("nothing is sent")]
    Silent,
}

/// Finds the public key of a sender, or says why there is none.
pub type Discover = Arc<dyn Fn(Domain) -> BoxFuture<'static, Result<PublicKey, CallFailure>> + Send + Sync>;
/// Makes a request to another server.
pub type Call = Arc<dyn Fn(Domain, Outgoing) -> BoxFuture<'static, Result<Exchange, CallFailure>> + Send + Sync>;

/// The answer of an exchange, whatever its status.
pub fn answer(exchange: Result<Exchange, CallFailure>) -> Result<Answer, CallFailure> {
    exchange?.outcome.map_err(CallFailure::Http)
}
