//! The file with the state before a change: what `records undo` reads. It contains no secret; of a configuration file it
//! holds the whole text.

use serde::{Deserialize, Serialize};

use crate::dns::name::{Domain, Host};
use crate::rocketchat::change::Change;

/// The version of the file's form.
pub const SCHEMA: u32 = 1;

/// Where the records were changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// By dynamic update at this name server.
    Server(std::net::SocketAddr),
    /// At a provider, by its id and that of the zone.
    Provider { id: String, zone: String, endpoint: String },
    /// In the configuration file of a tool: what it held before, and the SHA-256 of what it holds since.
    File { tool: String, path: std::path::PathBuf, before: String, sha256: String },
}

/// Everything that is needed to bring the records back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedState {
    pub schema: u32,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// Seconds since 1970.
    pub time: i64,
    pub domain: Domain,
    pub zone: Host,
    pub place: Place,
    /// As they were made.
    pub changes: Vec<Change>,
}
