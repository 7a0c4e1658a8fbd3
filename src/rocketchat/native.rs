//! How servers of native federation find a domain: the rules of the Matrix specification for resolving server names.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The file that names the server of a domain.
pub const WELL_KNOWN: &str = "/.well-known/matrix/server";
/// The route that names the software of a server.
pub const VERSION: &str = "/_matrix/federation/v1/version";
/// The route with the signing keys of a server.
pub const KEYS: &str = "/_matrix/key/v2/server";
/// The port of servers that nothing else is known about.
pub const PORT: u16 = 8448;
/// The port that the header field `Host` leaves out.
pub const HTTPS: u16 = 443;
/// What the names of usable signing keys begin with.
pub const KEY_PREFIX: &str = "ed25519:";
/// The releases, as the table of generations has them.
pub const RELEASES: &str = "7.11.0 and later, native";

/// The owner names of SRV records, in the order in which they are queried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SrvLabel {
    MatrixFed,
    /// Deprecated; Rocket.Chat itself does not get there when the other one is missing.
    Matrix,
}

impl SrvLabel {
    pub const ALL: [Self; 2] = [Self::MatrixFed, Self::Matrix];

    /// The name below a domain or host.
    pub fn owner(self, name: &str) -> String {
        let label = match self {
            Self::MatrixFed => "_matrix-fed._tcp",
            Self::Matrix => "_matrix._tcp",
        };
        format!("{label}.{name}")
    }
}

/// The server that a well-known file names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// A name, or an address without brackets.
    pub host: String,
    pub port: Option<u16>,
}

impl fmt::Display for Delegation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.port {
            Some(port) => f.pad(&format!("{host}:{port}")),
            None => f.pad(&host),
        }
    }
}

/// What is wrong with a well-known file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    #[error("it is not a JSON object")]
    NoObject,
    #[error("it has no member `m.server`")]
    NoServer,
    #[error("its `m.server` is not a text")]
    NoText,
    #[error("its `m.server` names no host")]
    NoHost,
    #[error("its `m.server` is a URL; a host and a port are expected")]
    Scheme,
    #[error("its `m.server` has a path; a host and a port are expected")]
    Path,
    #[error("its `m.server` has a port that does not exist")]
    BadPort,
    #[error("its `m.server` is not a host name")]
    BadHost,
}

/// Reads the content of a well-known file.
pub fn delegation(file: &Value) -> Result<Delegation, Defect> {
    let object = file.as_object().ok_or(Defect::NoObject)?;
    let server = object.get("m.server").ok_or(Defect::NoServer)?;
    let text = server.as_str().ok_or(Defect::NoText)?;
    if text.contains("://") {
        return Err(Defect::Scheme);
    }
    if text.contains('/') {
        return Err(Defect::Path);
    }
    let (host, port) = match (text.strip_prefix('['), text.rsplit_once(':')) {
        (Some(rest), _) => {
            let (host, after) = rest.split_once(']').ok_or(Defect::BadHost)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| Defect::BadHost)?;
            match (after, after.strip_prefix(':')) {
                ("", _) => (host, None),
                (_, Some(port)) => (host, Some(port)),
                (_, None) => return Err(Defect::BadHost),
            }
        }
        (None, Some((host, port))) => (host, Some(port)),
        (None, None) => (text, None),
    };
    let port = port.map(|port| port.parse().ok().filter(|port| *port != 0).ok_or(Defect::BadPort)).transpose()?;
    let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    match host {
        "" => Err(Defect::NoHost),
        host if host.parse::<IpAddr>().is_ok() || host.chars().all(usual) => {
            Ok(Delegation { host: host.trim_end_matches('.').to_ascii_lowercase(), port })
        }
        _ => Err(Defect::BadHost),
    }
}

/// The signing key that other servers verify with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// `ed25519:` and a version.
    pub name: String,
    /// Seconds since 1970.
    pub until: i64,
}

/// Why other servers cannot use the signing keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyDefect {
    /// There is no JSON object.
    NoObject,
    /// The server has another name.
    OtherName(String),
    NoKey,
    NoTime,
    /// They were valid until this time, in seconds since 1970.
    Expired(i64),
}

/// Reads the signing keys of the server of `domain`; `now` is in seconds since 1970.
pub fn signing_key(answer: &Value, domain: &str, now: i64) -> Result<SigningKey, KeyDefect> {
    let object = answer.as_object().ok_or(KeyDefect::NoObject)?;
    let name = object.get("server_name").and_then(Value::as_str).unwrap_or_default();
    if !name.eq_ignore_ascii_case(domain) {
        return Err(KeyDefect::OtherName(name.to_owned()));
    }
    let keys = object.get("verify_keys").and_then(Value::as_object);
    let key = keys.and_then(|keys| keys.keys().find(|key| key.starts_with(KEY_PREFIX))).ok_or(KeyDefect::NoKey)?;
    let until = object.get("valid_until_ts").and_then(Value::as_i64).ok_or(KeyDefect::NoTime)?.div_euclid(1000);
    if until > now { Ok(SigningKey { name: key.clone(), until }) } else { Err(KeyDefect::Expired(until)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_well_known_file_names_a_host_and_maybe_a_port() {
        for (text, host, port) in [
            ("chat.mydomain.com:443", "chat.mydomain.com", Some(443)),
            ("Chat.mydomain.com.", "chat.mydomain.com", None),
            ("192.0.2.1", "192.0.2.1", None),
            ("[2001:db8::1]:8448", "2001:db8::1", Some(8448)),
            ("[2001:db8::1]", "2001:db8::1", None),
        ] {
            let found = delegation(&json!({"m.server": text})).unwrap();
            assert_eq!((found.host.as_str(), found.port), (host, port), "{text}");
        }
    }

    #[test]
    fn what_servers_cannot_use_is_named() {
        for (file, defect) in [
            (json!([]), Defect::NoObject),
            (json!({"m.homeserver": {}}), Defect::NoServer),
            (json!({"m.server": 7}), Defect::NoText),
            (json!({"m.server": ""}), Defect::NoHost),
            (json!({"m.server": ":443"}), Defect::NoHost),
            (json!({"m.server": "https://chat.mydomain.com"}), Defect::Scheme),
            (json!({"m.server": "chat.mydomain.com/x"}), Defect::Path),
            (json!({"m.server": "chat.mydomain.com:"}), Defect::BadPort),
            (json!({"m.server": "chat.mydomain.com:70000"}), Defect::BadPort),
            (json!({"m.server": "chat mydomain"}), Defect::BadHost),
            (json!({"m.server": "[::1]443"}), Defect::BadHost),
        ] {
            assert_eq!(delegation(&file), Err(defect), "{file}");
        }
    }
}
