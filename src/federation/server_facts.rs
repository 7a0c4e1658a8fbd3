//! What the own server tells about itself through its REST API, as plain values.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::generation::Release;
use super::peer_facts::{Base, Exchange};

/// One setting of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub id: String,
    /// `Err` says why it could not be read.
    pub value: Result<Value, String>,
}

/// What the server's own resolver says about one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resolved {
    Srv {
        target: String,
        port: u16,
    },
    /// The joined strings of the first record.
    Txt(String),
    /// The route is there and the resolver found nothing; the text is the server's.
    Nothing(String),
    /// The server has no such route (releases before 3.17), or did not answer.
    Unknown(String),
}

/// Everything that was seen of the own server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// Where it was called.
    pub base: Base,
    /// GET `/api/info`.
    pub info: Exchange,
    /// In the order of [`SETTINGS`]; `Err` says why none could be read.
    pub settings: Result<Vec<Setting>, String>,
    /// Each name that was asked, with what came of it.
    pub resolved: Vec<(String, Resolved)>,
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

impl ServerFacts {
    /// The value of a setting, or why it is not known.
    pub fn setting(&self, id: &str) -> Result<&Value, &str> {
        let settings = self.settings.as_ref().map_err(String::as_str)?;
        let setting = settings.iter().find(|setting| setting.id == id).ok_or("it was not asked for")?;
        setting.value.as_ref().map_err(String::as_str)
    }

    /// The text of a setting, or why it is not known.
    pub fn text(&self, id: &str) -> Result<&str, String> {
        let value = self.setting(id).map_err(str::to_owned)?;
        value.as_str().ok_or_else(|| format!("`{id}` holds {value}, not a text"))
    }

    /// The release, when the server tells it.
    pub fn release(&self) -> Option<Release> {
        version(&self.info)
    }
}

/// The release in an answer of `/api/info`: older releases nest it.
pub fn version(info: &Exchange) -> Option<Release> {
    let json = info.answer()?.json.as_ref()?;
    json.pointer("/info/version").or_else(|| json.get("version"))?.as_str()?.parse().ok()
}
