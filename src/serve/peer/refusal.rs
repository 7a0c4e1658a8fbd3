//! Why a sealed body was refused. The answer says less than the log.

use crate::facts::call::CallFailure;
use crate::rocketchat::body::NotAnEnvelope;
use crate::rocketchat::envelope::Failure;
use crate::rocketchat::events::NotAMessage;

/// Why a body was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the header `x-federation-domain` is missing")]
    NoSender,
    #[error(
        "it claims to be this server's own domain; a real server would accept its body without decryption, this one does not"
    )]
    OwnDomain,
    #[error("no key was found for it: {0}")]
    UnknownSender(CallFailure),
    #[error("the body is not JSON by its content type, so servers treat it as empty")]
    NotJson,
    #[error("{0}")]
    Body(NotAnEnvelope),
    /// Only 1.x answers this one, with the error of Node.
    #[error("the payload contains no bytes")]
    NoBytes,
    #[error("{layer} layer, {whose}: {failure}: {proves}", layer = .failure.layer(), proves = .failure.proves())]
    Layer { failure: Failure, whose: String },
    #[error("both layers open, but {why}")]
    Message {
        why: NotAMessage,
        /// What `JSON.parse` says about it.
        parse: String,
    },
    #[error("too much work at a time")]
    Busy,
}
