//! Everything that the doctor looks at: your key file, records and server, and what the server tells through its REST API.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::dns::{DnsFacts, Expected};
use super::hub::HubFacts;
use super::peer::{Exchange, HttpFailure, PeerFacts};
use crate::dns::record::{Outcome, Query, RData};
use crate::endpoint::Endpoint;
use crate::rocketchat::release::Release;
use crate::rocketchat::settings::{FactorMethod, Method};

/// What the key file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    pub path: String,
    /// It holds the private key too.
    pub private: bool,
    /// It holds a private key, and others may read it: the mode, as `0644`.
    pub exposed: Option<String>,
}

/// Why a server, a setting of it, or its resolver was not queried or did not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum NotRead {
    #[error("needs the token of an admin: --token-file FILE")]
    NoToken,
    #[error("a token is sent only to a server that you name: --server URL, or `server` in fedctl.yaml")]
    NoServer,
    #[error("{0}")]
    NoAddress(String),
    #[error("the server was not reached: {0}")]
    Unreachable(HttpFailure),
    /// Nothing was sent.
    #[error("{0}")]
    PlainToken(HttpFailure),
    #[error("the server does not accept the token (401)")]
    TokenRejected,
    #[error("the user of the token may not do this (403): it must be an admin")]
    Forbidden,
    #[error("the server reports too many requests: try again in {0} s")]
    TooManyRequests(u64),
    /// Any other answer, in one line.
    #[error("{0}")]
    OtherAnswer(String),
    #[error("{0} has no value")]
    NoValue(String),
    #[error("`{id}` has {value}, not a text")]
    NoText { id: String, value: Value },
    #[error("it was not requested")]
    NotQueried,
    #[error("release {0} hides this setting")]
    Hidden(Release),
}

impl NotRead {
    /// True when no other request would fare better: the token is refused, or the server cannot be reached.
    pub fn is_general(&self) -> bool {
        !matches!(
            self,
            Self::TooManyRequests(_)
                | Self::OtherAnswer(_)
                | Self::NoValue(_)
                | Self::NoText { .. }
                | Self::NotQueried
                | Self::Hidden(_)
        )
    }
}

/// Why a setting was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSet {
    #[error("the server requires a second factor: the {}", .0.description())]
    FactorNeeded(FactorMethod),
    #[error("the server does not accept the {}", .0.description())]
    FactorRejected(FactorMethod),
    /// The request was not answered with success, and why.
    #[error("{0}")]
    Other(NotRead),
}

/// The value of one setting, or why it is not known.
pub fn value<'a>(settings: &'a [Setting], id: &str) -> Result<&'a Value, NotRead> {
    let setting = settings.iter().find(|setting| setting.id == id).ok_or(NotRead::NotQueried)?;
    setting.value.as_ref().map_err(Clone::clone)
}

/// All of it.
#[derive(Debug, Clone)]
pub struct OwnFacts {
    pub key: Option<KeyFile>,
    /// What fedctl.yaml says.
    pub expected: Expected,
    pub method: Method,
    /// The release that fedctl.yaml says.
    pub release: Option<Release>,
    pub dns: DnsFacts,
    /// Your server, called as a peer would.
    pub peer: PeerFacts,
    /// An address of the server that this machine has, so that calling it was the loopback that servers need.
    pub here: Option<std::net::IpAddr>,
    /// What the hub tells, when the method is hub.
    pub hub: Option<HubFacts>,
    /// `Err` says why the server's settings were not queried.
    pub server: Result<ServerFacts, NotRead>,
}

impl OwnFacts {
    /// The release: the live one, else the one of fedctl.yaml.
    pub fn release(&self) -> Option<Release> {
        let live = self.server.as_ref().ok().and_then(ServerFacts::release);
        live.or_else(|| self.peer.release().map(|(release, _)| release)).or(self.release)
    }

    /// The text of a setting, or why it is not known.
    pub fn text(&self, id: &str) -> Result<&str, NotRead> {
        self.server.as_ref().map_err(Clone::clone)?.text(id)
    }
}

/// One setting of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub id: String,
    /// `Err` says why it could not be read.
    pub value: Result<Value, NotRead>,
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

impl Resolved {
    /// The host of an SRV record, without the final dot.
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Srv { target, .. } => Some(target.trim_end_matches('.')),
            _ => None,
        }
    }

    /// True when a server reads the response as this: its first record, or that there is none.
    pub fn agrees(&self, published: &Outcome) -> bool {
        let same = |data: &RData| match (self, data) {
            (Self::Srv { target, port }, RData::Srv { target: known, port: known_port, .. }) => {
                target.trim_end_matches('.').eq_ignore_ascii_case(known) && port == known_port
            }
            (Self::Txt(text), data) => data.joined().is_some_and(|joined| joined == text.as_bytes()),
            _ => false,
        };
        match published.records() {
            [] => matches!(self, Self::Nothing(_)),
            records => records.iter().any(|rr| same(&rr.data)),
        }
    }
}

/// What a server's own resolver says, through the server's REST API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerView {
    /// Where the server was called.
    pub base: Endpoint,
    /// Each name that was queried, with what came of it.
    pub resolved: Vec<(String, Resolved)>,
    /// The addresses of the SRV targets that it gives, as our own resolvers find them.
    #[serde(default)]
    pub targets: Vec<(Query, Outcome)>,
}

impl ServerView {
    /// Nothing was learnt about any of the names.
    pub fn none(names: &[Query], why: &NotRead) -> Vec<(String, Resolved)> {
        names.iter().map(|question| (question.name.clone(), Resolved::Unknown(why.to_string()))).collect()
    }

    /// Why nothing at all was learnt, if so.
    pub fn unknown(&self) -> Option<&str> {
        let why = |resolved: &Resolved| match resolved {
            Resolved::Unknown(why) => Some(why.clone()),
            _ => None,
        };
        let all = self.resolved.iter().all(|(_, resolved)| why(resolved).is_some());
        self.resolved.iter().find_map(|(_, resolved)| match resolved {
            Resolved::Unknown(why) if all => Some(why.as_str()),
            _ => None,
        })
    }
}

/// Everything that was seen of your server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// Where it was called.
    pub base: Endpoint,
    /// GET `/api/info`.
    pub info: Exchange,
    /// In the order of [`crate::rocketchat::settings::SETTINGS`]; `Err` says why none could be read.
    pub settings: Result<Vec<Setting>, NotRead>,
    /// Each name that was queried, with what came of it.
    pub resolved: Vec<(String, Resolved)>,
    /// The addresses of the SRV targets that it gives, as our own resolvers find them.
    pub targets: Vec<(Query, Outcome)>,
}

impl ServerFacts {
    /// The value of a setting, or why it is not known.
    pub fn setting(&self, id: &str) -> Result<&Value, NotRead> {
        value(self.settings.as_ref().map_err(Clone::clone)?, id)
    }

    /// The text of a setting, or why it is not known.
    pub fn text(&self, id: &str) -> Result<&str, NotRead> {
        let value = self.setting(id)?;
        value.as_str().ok_or_else(|| NotRead::NoText { id: id.to_owned(), value: value.clone() })
    }

    /// What the server's own resolver says about this name.
    pub fn resolved(&self, name: &str) -> Option<&Resolved> {
        self.resolved.iter().find(|(asked, _)| asked == name).map(|(_, resolved)| resolved)
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
