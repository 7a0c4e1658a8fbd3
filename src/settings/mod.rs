//! The settings, resolved once: options are put over these values by the commands, variables win over the file, and every value has its
//! type and its origin.

mod source;
mod yaml;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;

pub use self::source::{FILE_NAME, SETTINGS, Setting, Source};
use self::source::{candidates, from_environment, from_yaml};
use crate::dns::name::{Domain, Host};
use crate::endpoint::{ConnectTo, Endpoint, resolver};
use crate::error::{Hinted, hinted};
use crate::file::read;
use crate::rocketchat::generation::Protocol;
use crate::rocketchat::hub::registration::origin;
use crate::rocketchat::release::Release;
use crate::rocketchat::settings::Method;
use crate::text::{NO_FILE_NAME, holds_private_key};

/// The values of the environment and of the file.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The file that was read.
    pub file: Option<PathBuf>,
    pub domain: Option<Domain>,
    /// The host that runs the server.
    pub target: Option<Host>,
    /// The port that peers call.
    pub port: Option<u16>,
    /// How peers call.
    pub protocol: Option<Protocol>,
    /// The key file.
    pub key: Option<PathBuf>,
    /// The release of the server itself.
    pub release: Option<Release>,
    /// Releases that must be able to federate with the domain.
    pub releases: Vec<Release>,
    /// The id of a form of records.
    pub provider: Option<String>,
    /// How peers find the server.
    pub method: Option<Method>,
    pub hub_url: Option<HubUrl>,
    pub server: Option<Endpoint>,
    /// The file with the user id and the token of an admin.
    pub token_file: Option<PathBuf>,
    /// The file with authorities to trust.
    pub ca_file: Option<PathBuf>,
    pub resolvers: Vec<SocketAddr>,
    /// Addresses to use instead of those in DNS.
    pub connect_to: Vec<ConnectTo>,
    /// The federation domain that drills are held as.
    pub drill_domain: Option<Domain>,
    /// The domains to watch; each may have its interval behind it.
    pub watch: Vec<String>,
    /// As they were written, each with its origin.
    written: Vec<Setting>,
}

impl Settings {
    /// Reads the environment, and `explicit` or the first file that exists.
    pub fn load(explicit: Option<&Path>) -> anyhow::Result<Self> {
        let file = match explicit {
            Some(path) => Some(path.to_owned()),
            None => candidates().into_iter().find(|path| path.is_file()),
        };
        let mut settings = from_environment(|name| std::env::var(name).ok());
        if let Some(path) = &file {
            let text = read::text(path, &read::CONFIG)?;
            for setting in from_yaml(&text, path)? {
                if !settings.iter().any(|known| known.name == setting.name) {
                    settings.push(setting);
                }
            }
        }
        Self::resolve(file, &settings)
    }

    /// Reads the text of a file, and nothing else; `path` names it in errors and is where relative paths count from.
    pub fn of_text(text: &str, path: &Path) -> anyhow::Result<Self> {
        Self::resolve(Some(path.to_owned()), &from_yaml(text, path)?)
    }

    /// The setting as it was written.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.written.iter().find(|setting| setting.name == name)
    }

    fn resolve(file: Option<PathBuf>, settings: &[Setting]) -> anyhow::Result<Self> {
        refuse_keys(settings)?;
        let written = Written(settings);
        Ok(Self {
            file,
            domain: written.one("domain", str::parse)?,
            target: written.one("target", str::parse)?,
            port: written.one("port", port)?,
            protocol: written.one("protocol", protocol)?,
            key: written.path("key"),
            release: written.one("release", str::parse)?,
            releases: written.list("releases", str::parse)?,
            provider: written.texts("provider").next(),
            method: written.one("method", method)?,
            hub_url: written.one("hub_url", str::parse)?,
            server: written.one("server", str::parse)?,
            token_file: written.path("token_file"),
            ca_file: written.path("ca_file"),
            resolvers: written.list("resolvers", resolver)?,
            connect_to: written.list("connect_to", str::parse)?,
            drill_domain: written.one("drill_domain", str::parse)?,
            watch: written.texts("watch").collect(),
            written: settings.to_vec(),
        })
    }
}

/// A key that was given where the name of its file belongs is named, and not shown.
fn refuse_keys(settings: &[Setting]) -> anyhow::Result<()> {
    let key_in = |setting: &Setting| setting.values.iter().position(|value| holds_private_key(value));
    match settings.iter().find_map(|setting| Some((setting, key_in(setting)?))) {
        Some((setting, number)) => {
            let what = format!("{NO_FILE_NAME}: `{}` in {}", setting.name, setting.place(number));
            Err(hinted(what, "write the key into a file that only you can read, and give the file's name"))
        }
        None => Ok(()),
    }
}

/// Settings as text, on the way to their types.
struct Written<'a>(&'a [Setting]);

impl Written<'_> {
    fn get(&self, name: &str) -> Option<&Setting> {
        self.0.iter().find(|setting| setting.name == name)
    }

    fn texts(&self, name: &str) -> impl Iterator<Item = String> {
        self.get(name).into_iter().flat_map(|setting| setting.values.iter().cloned())
    }

    fn list<T, E>(&self, name: &str, read: impl Fn(&str) -> Result<T, E>) -> anyhow::Result<Vec<T>>
    where
        anyhow::Error: From<E>,
    {
        let Some(setting) = self.get(name) else { return Ok(Vec::new()) };
        let read = |(number, value): (usize, &String)| {
            read(value).map_err(anyhow::Error::from).with_context(|| format!("`{name}` in {}", setting.place(number)))
        };
        setting.values.iter().enumerate().map(read).collect()
    }

    fn one<T, E>(&self, name: &str, read: impl Fn(&str) -> Result<T, E>) -> anyhow::Result<Option<T>>
    where
        anyhow::Error: From<E>,
    {
        Ok(self.list(name, read)?.into_iter().next())
    }

    /// A relative path in the file counts from the file's directory.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let setting = self.get(name)?;
        let path = PathBuf::from(setting.values.first()?);
        match &setting.source {
            Source::File(file) => Some(file.parent().map_or(path.clone(), |dir| dir.join(&path))),
            Source::Variable(_) => Some(path),
        }
    }
}

/// The URL of a hub: an origin, as servers use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubUrl {
    /// Scheme, host and port without a final slash.
    pub origin: String,
    pub endpoint: Endpoint,
}

impl FromStr for HubUrl {
    type Err = Hinted;

    fn from_str(text: &str) -> Result<Self, Hinted> {
        let origin = origin(text, true)?;
        Ok(Self { endpoint: origin.parse()?, origin })
    }
}

impl fmt::Display for HubUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.origin)
    }
}

fn protocol(text: &str) -> Result<Protocol, Hinted> {
    match text {
        "https" => Ok(Protocol::Https),
        "http" => Ok(Protocol::Http),
        other => Err(Hinted::new(format!("`{}` is not a protocol", other.escape_debug()), "use https or http")),
    }
}

fn method(text: &str) -> Result<Method, Hinted> {
    match text {
        "dns" => Ok(Method::Dns),
        "hub" => Ok(Method::Hub),
        other => Err(Hinted::new(format!("`{}` is not a method", other.escape_debug()), "use dns or hub")),
    }
}

/// A port from 1 to 65535.
pub fn port(text: &str) -> Result<u16, Hinted> {
    match text.parse::<u32>() {
        Ok(0) => Err(Hinted::new("port 0 cannot be called", "a port is a number from 1 to 65535, and 443 for https")),
        Ok(number) => u16::try_from(number)
            .map_err(|_| Hinted::new(format!("{number} is not a port"), "a port is a number from 1 to 65535")),
        Err(_) => Err(Hinted::new(format!("`{text}` is not a port"), "a port is a number from 1 to 65535")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> anyhow::Result<Settings> {
        let path = PathBuf::from("fedctl.yaml");
        Settings::of_text(text, &path)
    }

    #[test]
    fn a_file_is_read() {
        let config =
            yaml("domain: mydomain.com\nport: 443\nreleases: [3.18.3, '6.0']\nresolvers: 127.0.0.1:53\n").unwrap();
        assert_eq!(config.domain.unwrap().as_str(), "mydomain.com");
        assert_eq!(config.port, Some(443));
        assert_eq!(config.releases, [Release(3, 18, 3), Release(6, 0, 0)]);
        assert_eq!(config.resolvers, ["127.0.0.1:53".parse().unwrap()]);
        let config = yaml("release: 6.2.0\nmethod: hub\nconnect_to: 'chat.mydomain.com:443=127.0.0.1:8443'\n").unwrap();
        assert_eq!(config.release, Some(Release(6, 2, 0)));
        assert_eq!((config.method, config.connect_to.len()), (Some(Method::Hub), 1));
    }

    #[test]
    fn every_setting_is_documented_and_no_other() {
        let page = include_str!("../../docs/config.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        assert_eq!(rows.collect::<Vec<_>>(), SETTINGS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("domian: a.b", "unknown setting `domian`"),
            ("port: 70000", "70000 is not a port"),
            ("port: 0", "port 0"),
            ("domain: [a.b, c.d]", "one value"),
            ("domain: https://a.b", "is a URL"),
            ("protocol: ftp", "`ftp`"),
            ("- domain", "not a list of settings"),
            ("a: [", "not YAML"),
            ("releases: latest", "not a release"),
            ("release: latest", "not a release"),
            ("method: mail", "`mail`"),
            ("connect_to: chat", "not an address override"),
            ("resolvers: [dns.example]", "not the address of a resolver"),
            ("server: chat.mydomain.com", "`server` in line 1 column 9 of `fedctl.yaml`"),
            ("hub_url: ftp://hub.mydomain.com", "neither http nor https"),
        ] {
            let error = format!("{:#}", yaml(text).unwrap_err());
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
