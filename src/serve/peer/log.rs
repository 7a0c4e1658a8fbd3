//! What a peer reports about itself, more than any real server does.

use std::fmt;
use std::net::SocketAddr;

use serde::Serialize;

use crate::count::counted;
use crate::dns::name::Domain;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
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
    /// A message opened: both keys are verified.
    Opened {
        sender: Domain,
        /// The fingerprint of the sender's key, as discovered.
        key: String,
        /// The types of the events, or what else was said.
        description: String,
        /// True for events, false for a request for events.
        is_events: bool,
    },
    /// A message in the peer's own name was accepted without decryption.
    Plain {
        description: String,
    },
    /// A message was refused.
    Refused {
        sender: String,
        why: String,
    },
    /// An event was applied.
    Applied {
        sender: Domain,
        kind: String,
        room: String,
        event: String,
    },
    /// An event that is known was accepted again; nobody answers it a second time.
    Repeated {
        sender: Domain,
        kind: String,
        room: String,
        event: String,
    },
    /// A room or a message has something that does not exist between servers.
    Unfederated {
        sender: Domain,
        event: String,
        what: String,
    },
    /// A message that `echo` does not answer.
    Unanswered {
        sender: Domain,
        event: String,
        why: String,
    },
    /// A handler failed as that of the release does; from 4.2.0 on this is the answer.
    Failed {
        sender: Domain,
        /// The type of the event; empty when it is not of one event.
        kind: String,
        why: String,
    },
    /// No unchanged server sends this.
    Irregular {
        sender: Domain,
        event: String,
        what: String,
    },
    /// The missing events were requested from the origin of an event.
    Asked {
        origin: String,
        room: String,
    },
    /// Another server asks for the events of a room that it lacks, and names those that it has.
    Requested {
        sender: Domain,
        room: String,
        known: Vec<String>,
    },
    /// A file was fetched from another server.
    Fetched {
        from: String,
        upload: String,
        bytes: usize,
    },
    /// Another server fetched a file.
    Served {
        upload: String,
        bytes: usize,
    },
    Delivered {
        to: Domain,
        events: usize,
    },
    Undelivered {
        to: String,
        why: String,
    },
    /// The database could not be written.
    Unsaved {
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
        let shown = |text: &str| text.escape_debug().to_string();
        match self {
            Self::Answered { from, method, path, status, elapsed } => {
                write!(f, "{status} {method} {path} from {from}, {elapsed} ms")
            }
            Self::Opened { sender, key, description, .. } => {
                let key: String = key.chars().take(12).collect();
                write!(f, "opened: {sender} sends {description}; both layers open, sender's key {key}…")
            }
            Self::Plain { description } => write!(f, "not encrypted: a message in your name with {description}"),
            Self::Refused { sender, why } => write!(f, "refused: {sender}: {why}"),
            Self::Applied { sender, kind, room, event } => {
                write!(f, "applied: {} of {sender}, room {}, event {}", shown(kind), shown(room), shown(event))
            }
            Self::Repeated { sender, kind, room, event } => {
                write!(f, "repeated: {} of {sender}, room {}, event {}", shown(kind), shown(room), shown(event))
            }
            Self::Unanswered { sender, event, why } => {
                write!(f, "not answered: event {} of {sender}: {}", shown(event), shown(why))
            }
            Self::Unfederated { sender, event, what } => {
                write!(f, "not federated: event {} of {sender}: {}", shown(event), shown(what))
            }
            Self::Failed { sender, why, .. } => write!(f, "failed: {sender}: {}", shown(why)),
            Self::Irregular { sender, event, what } => {
                write!(f, "irregular: event {} of {sender}: {}", shown(event), shown(what))
            }
            Self::Asked { origin, room } => {
                write!(f, "asked: {} for the events of room {}", shown(origin), shown(room))
            }
            Self::Requested { sender, room, known } => {
                write!(f, "requested: {sender} asks for the events of room {} and has {}", shown(room), known.len())
            }
            Self::Fetched { from, upload, bytes } => {
                write!(f, "fetched: file {} of {}, {}", shown(upload), shown(from), counted(bytes, "byte"))
            }
            Self::Served { upload, bytes } => {
                write!(f, "fetched from here: file {}, {}", shown(upload), counted(bytes, "byte"))
            }
            Self::Delivered { to, events } => {
                write!(f, "sent: {} to {to}", counted(events, "event"))
            }
            Self::Undelivered { to, why } => write!(f, "not sent: {}: {}", shown(to), shown(why)),
            Self::Unsaved { why } => write!(f, "not saved: {why}"),
            Self::Dropped { why, count } => write!(f, "dropped: {count} {why}"),
            Self::NoTls { from, why } => write!(f, "no tls: {from}: {why}"),
        }
    }
}
