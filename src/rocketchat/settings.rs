//! The settings of a server that matter to federation.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How peers find a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// SRV and TXT records.
    #[default]
    Dns,
    /// Registration at a hub.
    Hub,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dns => "dns",
            Self::Hub => "hub",
        })
    }
}

/// The settings that matter to federation.
pub const SETTINGS: [&str; 6] = [
    "FEDERATION_Enabled",
    "FEDERATION_Status",
    "FEDERATION_Domain",
    "FEDERATION_Public_Key",
    "FEDERATION_Discovery_Method",
    "Site_Url",
];
