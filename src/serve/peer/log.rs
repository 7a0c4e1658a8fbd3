//! What a peer tells about itself, more than any real server does.

use std::fmt;
use std::net::SocketAddr;

use crate::dns::name::Domain;
use crate::key::Fingerprint;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A request was answered.
    Answered {
        from: SocketAddr,
        method: String,
        path: String,
        status: u16,
        /// Milliseconds.
        elapsed: u64,
    },
    /// A message opened: both keys are proven.
    Opened {
        sender: Domain,
        /// The sender's key, as discovered.
        key: Fingerprint,
        /// The types of the events, or what else was said.
        says: String,
        /// True for events, false for a request for events.
        is_events: bool,
    },
    /// A message was refused.
    Refused {
        sender: String,
        why: String,
    },
    Delivered {
        to: Domain,
        events: usize,
    },
    Undelivered {
        to: String,
        why: String,
    },
    /// Connections or work beyond the bounds.
    Dropped {
        why: &'static str,
        count: u64,
    },
    /// A TLS handshake failed.
    NoTls {
        from: SocketAddr,
        why: String,
    },
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { from, method, path, status, elapsed } => {
                write!(f, "{status} {method} {path} from {from}, {elapsed} ms")
            }
            Self::Opened { sender, key, says, .. } => {
                write!(f, "opened: {sender} says {says}; both layers open, sender's key {}", key.short())
            }
            Self::Refused { sender, why } => write!(f, "refused: {sender}: {why}"),
            Self::Delivered { to, events } => write!(f, "sent: {events} events to {to}"),
            Self::Undelivered { to, why } => write!(f, "not sent: {to}: {why}"),
            Self::Dropped { why, count } => write!(f, "dropped: {count} {why}"),
            Self::NoTls { from, why } => write!(f, "no tls: {from}: {why}"),
        }
    }
}
