//! The settings of a server that matter to federation.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::boundary;
use super::release::Release;

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

pub const ENABLED: &str = "FEDERATION_Enabled";
pub const STATUS: &str = "FEDERATION_Status";
pub const DOMAIN: &str = "FEDERATION_Domain";
pub const PUBLIC_KEY: &str = "FEDERATION_Public_Key";
pub const DISCOVERY_METHOD: &str = "FEDERATION_Discovery_Method";
pub const HUB_URL: &str = "FEDERATION_Hub_URL";
pub const SITE_URL: &str = "Site_Url";

/// The settings that matter to federation.
pub const SETTINGS: [&str; 7] = [ENABLED, STATUS, DOMAIN, PUBLIC_KEY, DISCOVERY_METHOD, HUB_URL, SITE_URL];

/// Those that a server shows without a login.
pub const PUBLIC: [&str; 3] = [ENABLED, DISCOVERY_METHOD, SITE_URL];

/// The settings that `configure` can change, in the order in which it does: federation starts when everything else is right.
pub const WRITABLE: [&str; 5] = [SITE_URL, DOMAIN, HUB_URL, DISCOVERY_METHOD, ENABLED];

/// The hub of every release from 2.0 on; no setting changes it.
pub const FIXED_HUB: &str = "https://hub.rocket.chat";

/// What an admin can do with a setting through the REST API of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The release has no such setting.
    Absent,
    /// The REST API denies that it exists.
    Hidden,
    ReadOnly,
    Writable,
}

/// What an admin can do with this setting.
pub fn access(id: &str, release: Release) -> Access {
    let removed = release >= boundary::REMOVED;
    match id {
        SITE_URL => Access::Writable,
        HUB_URL if release >= boundary::SECOND_PROTOCOL => Access::Absent,
        ENABLED if removed => Access::ReadOnly,
        _ if removed => Access::Hidden,
        STATUS | PUBLIC_KEY => Access::ReadOnly,
        _ => Access::Writable,
    }
}

/// True when changing a setting needs a second factor, unless the token was made to do without.
pub fn needs_second_factor(release: Release) -> bool {
    release >= boundary::SETTINGS_2FA
}

/// How a server checks that an admin is who the token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorMethod {
    /// A code of an authenticator app.
    Totp,
    /// A code that the server has sent by mail.
    Email,
    /// The password, for admins without the other two.
    Password,
    /// One that this fedctl does not know.
    Other(String),
}

impl FactorMethod {
    /// Reads the name that a server uses.
    pub fn of(name: &str) -> Self {
        match name {
            "totp" => Self::Totp,
            "email" => Self::Email,
            "password" => Self::Password,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The name that a server uses, for the header `x-2fa-method`.
    pub fn name(&self) -> &str {
        match self {
            Self::Totp => "totp",
            Self::Email => "email",
            Self::Password => "password",
            Self::Other(name) => name,
        }
    }

    /// What is requested.
    pub fn description(&self) -> &'static str {
        match self {
            Self::Totp => "code of the authenticator app",
            Self::Email => "code that the server has sent by mail",
            Self::Password => "password of the admin",
            Self::Other(_) => "second factor",
        }
    }

    /// The value of the header `x-2fa-code`: servers take a password as the SHA-256 of it, in hexadecimal.
    pub fn header(&self, secret: &str) -> Zeroizing<String> {
        match self {
            Self::Password => {
                let digest = Sha256::digest(secret.as_bytes());
                Zeroizing::new(digest.iter().map(|byte| format!("{byte:02x}")).collect())
            }
            _ => Zeroizing::new(secret.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_release_has_its_settings() {
        let of = |id: &str, release: &str| access(id, release.parse().unwrap());
        for (id, release, expected) in [
            (HUB_URL, "1.3.5", Access::Writable),
            (HUB_URL, "2.0.0", Access::Absent),
            (STATUS, "6.2.0", Access::ReadOnly),
            (PUBLIC_KEY, "1.0.0", Access::ReadOnly),
            (DOMAIN, "7.10.0", Access::Writable),
            (DOMAIN, "7.11.0", Access::Hidden),
            (ENABLED, "7.11.0", Access::ReadOnly),
            (SITE_URL, "8.0.0", Access::Writable),
        ] {
            assert_eq!(of(id, release), expected, "{id} {release}");
        }
        assert!(!needs_second_factor("3.5.4".parse().unwrap()) && needs_second_factor("3.6.0".parse().unwrap()));
        assert_eq!(WRITABLE.last(), Some(&ENABLED), "federation starts last");
    }

    #[test]
    fn a_password_is_never_sent_itself() {
        // NIST: SHA-256 of "abc".
        let sent = FactorMethod::of("password").header("abc");
        assert_eq!(*sent, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(*FactorMethod::of("totp").header("123456"), "123456");
    }
}
