//! fedctl.yaml and the `FEDCTL_*` variables: what need not be typed each time. The only file that reads settings from YAML.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use etcetera::BaseStrategy;

use crate::dns::name::{Domain, Host};
use crate::endpoint::ConnectTo;
use crate::error::{Hinted, hinted};
use crate::rocketchat::generation::Protocol;
use crate::rocketchat::release::Release;
use crate::rocketchat::settings::Method;

/// The name that is looked for in the working directory, and as `fedctl/fedctl.yaml` in the user's config directory.
pub const FILE_NAME: &str = "fedctl.yaml";
/// Every setting, in the order in which `fedctl config` shows them: the key in the file, and what it means.
pub const SETTINGS: &[(&str, &str)] = &[
    ("domain", "the Domain of the server's federation settings"),
    ("target", "the host that runs the server"),
    ("port", "the port that peers call"),
    ("protocol", "https or http"),
    ("key", "key file, private or public"),
    ("release", "the server's own release"),
    ("releases", "releases that must be able to federate with this domain"),
    ("provider", "form in which `records` prints: `fedctl records formats`"),
    ("method", "how peers find the server: dns or hub"),
    ("hub_url", "the hub, when the method is hub"),
    ("server", "URL of the server, as in its Site URL"),
    ("token_file", "file with user id and token of an admin"),
    ("ca_file", "authorities to trust besides the known ones, PEM"),
    ("resolvers", "DNS resolvers to ask, ADDR or ADDR:PORT"),
    ("connect_to", "addresses to use in place of those in DNS"),
    ("watch", "domains that `fedctl watch` checks"),
];

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Variable(String),
    File(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.pad(name),
            Self::File(path) => f.pad(&path.display().to_string()),
        }
    }
}

/// One value as text, with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    /// More than one for lists.
    pub values: Vec<String>,
    pub source: Source,
}

/// The values of the environment and of the file; flags are put over them by the commands.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file that was read.
    pub file: Option<PathBuf>,
    settings: Vec<Setting>,
}

impl Config {
    /// Reads the environment, and `explicit` or the first file that exists.
    pub fn load(explicit: Option<&Path>) -> anyhow::Result<Self> {
        let file = match explicit {
            Some(path) => Some(path.to_owned()),
            None => candidates().into_iter().find(|path| path.is_file()),
        };
        let mut settings = from_environment(|name| std::env::var(name).ok());
        if let Some(path) = &file {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("the configuration `{}` cannot be read", path.display()))?;
            for setting in from_yaml(&text, path)? {
                if !settings.iter().any(|known| known.name == setting.name) {
                    settings.push(setting);
                }
            }
        }
        let config = Self { file, settings };
        config.validate()?;
        Ok(config)
    }

    /// Reads the text of a file, and nothing else; `path` names it in errors and is where relative paths count from.
    pub fn of_text(text: &str, path: &Path) -> anyhow::Result<Self> {
        let config = Self { file: Some(path.to_owned()), settings: from_yaml(text, path)? };
        config.validate()?;
        Ok(config)
    }

    /// The setting as it was written.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    /// The federation domain.
    pub fn domain(&self) -> anyhow::Result<Option<Domain>> {
        self.one("domain")
    }

    /// The host that runs the server.
    pub fn target(&self) -> anyhow::Result<Option<Host>> {
        self.one("target")
    }

    /// The port that peers call.
    pub fn port(&self) -> anyhow::Result<Option<u16>> {
        let Some(setting) = self.setting("port") else { return Ok(None) };
        let text = setting.values.first().map(String::as_str).unwrap_or_default();
        port(text).map(Some).with_context(|| format!("`port` of {}", setting.source))
    }

    /// How peers call.
    pub fn protocol(&self) -> anyhow::Result<Option<Protocol>> {
        let Some(setting) = self.setting("protocol") else { return Ok(None) };
        match setting.values.first().map(String::as_str) {
            Some("https") => Ok(Some(Protocol::Https)),
            Some("http") => Ok(Some(Protocol::Http)),
            other => {
                let what = format!("`protocol` of {} is `{}`", setting.source, other.unwrap_or_default());
                Err(hinted(what, "use https or http"))
            }
        }
    }

    /// The key file; a relative path in the file counts from the file's directory.
    pub fn key(&self) -> Option<PathBuf> {
        self.path("key")
    }

    /// The file with the user id and the token of an admin.
    pub fn token_file(&self) -> Option<PathBuf> {
        self.path("token_file")
    }

    /// The file with authorities to trust.
    pub fn ca_file(&self) -> Option<PathBuf> {
        self.path("ca_file")
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        let setting = self.setting(name)?;
        let path = PathBuf::from(setting.values.first()?);
        match &setting.source {
            Source::File(file) => Some(file.parent().map_or(path.clone(), |dir| dir.join(&path))),
            Source::Variable(_) => Some(path),
        }
    }

    /// Releases that must be able to federate with the domain.
    pub fn releases(&self) -> anyhow::Result<Vec<Release>> {
        self.list("releases")
    }

    /// The release of the server itself.
    pub fn release(&self) -> anyhow::Result<Option<Release>> {
        self.one("release")
    }

    /// The form in which records are printed, as text.
    pub fn provider(&self) -> Option<&str> {
        self.text("provider")
    }

    /// How peers find the server.
    pub fn method(&self) -> anyhow::Result<Option<Method>> {
        let Some(setting) = self.setting("method") else { return Ok(None) };
        match setting.values.first().map(String::as_str) {
            Some("dns") => Ok(Some(Method::Dns)),
            Some("hub") => Ok(Some(Method::Hub)),
            other => {
                let what = format!("`method` of {} is `{}`", setting.source, other.unwrap_or_default());
                Err(hinted(what, "use dns or hub"))
            }
        }
    }

    /// The address of the hub, as text.
    pub fn hub_url(&self) -> Option<&str> {
        self.text("hub_url")
    }

    /// The address of the server, as text.
    pub fn server(&self) -> Option<&str> {
        self.text("server")
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.setting(name)?.values.first().map(String::as_str)
    }

    /// Addresses to use in place of those in DNS.
    pub fn connect_to(&self) -> anyhow::Result<Vec<ConnectTo>> {
        self.list("connect_to")
    }

    /// Resolvers, as text.
    pub fn resolvers(&self) -> Vec<String> {
        self.setting("resolvers").map(|setting| setting.values.clone()).unwrap_or_default()
    }

    /// The domains to watch, as text: each may have its interval behind it.
    pub fn watch(&self) -> Vec<String> {
        self.setting("watch").map(|setting| setting.values.clone()).unwrap_or_default()
    }

    fn validate(&self) -> anyhow::Result<()> {
        self.domain()?;
        self.target()?;
        self.port()?;
        self.protocol()?;
        self.release()?;
        self.releases()?;
        self.method()?;
        self.connect_to()?;
        Ok(())
    }

    fn one<T>(&self, name: &str) -> anyhow::Result<Option<T>>
    where
        T: FromStr,
        anyhow::Error: From<T::Err>,
    {
        Ok(self.list(name)?.into_iter().next())
    }

    fn list<T>(&self, name: &str) -> anyhow::Result<Vec<T>>
    where
        T: FromStr,
        anyhow::Error: From<T::Err>,
    {
        let Some(setting) = self.setting(name) else { return Ok(Vec::new()) };
        let parse = |value: &String| {
            value.parse::<T>().map_err(anyhow::Error::from).with_context(|| format!("`{name}` of {}", setting.source))
        };
        setting.values.iter().map(parse).collect()
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

fn candidates() -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::from(FILE_NAME)];
    if let Ok(dirs) = etcetera::choose_base_strategy() {
        paths.push(dirs.config_dir().join("fedctl").join(FILE_NAME));
    }
    paths
}

/// `FEDCTL_DOMAIN` and so on; lists are separated by commas.
fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Vec<Setting> {
    let read = |(name, _): &(&'static str, &str)| {
        let variable_name = format!("FEDCTL_{}", name.to_ascii_uppercase());
        let text = variable(&variable_name).filter(|text| !text.is_empty())?;
        let values =
            if is_list(name) { text.split(',').map(|value| value.trim().to_owned()).collect() } else { vec![text] };
        Some(Setting { name, values, source: Source::Variable(variable_name) })
    };
    SETTINGS.iter().filter_map(read).collect()
}

fn is_list(name: &str) -> bool {
    matches!(name, "releases" | "resolvers" | "connect_to" | "watch")
}

fn from_yaml(text: &str, path: &Path) -> anyhow::Result<Vec<Setting>> {
    let shown = path.display();
    let hint = "a line is `name: value`, as in `domain: mydomain.com`";
    let value: serde_yaml::Value =
        serde_yaml::from_str(text).map_err(|error| hinted(format!("`{shown}` is not YAML: {error}"), hint))?;
    let mapping = match value {
        serde_yaml::Value::Null => return Ok(Vec::new()),
        serde_yaml::Value::Mapping(mapping) => mapping,
        _ => return Err(hinted(format!("`{shown}` is not a list of settings"), hint)),
    };
    let mut settings = Vec::new();
    for (key, value) in &mapping {
        let key = key.as_str().ok_or_else(|| hinted(format!("`{shown}` has a key that is not text"), hint))?;
        let name = known(key).ok_or_else(|| unknown(key, path))?;
        let values = texts(value).filter(|values| is_list(name) || values.len() == 1);
        let values = values.ok_or_else(|| {
            let wanted = if is_list(name) { "a value or a list of values" } else { "one value" };
            hinted(format!("`{name}` of {shown} does not hold {wanted}"), hint)
        })?;
        settings.push(Setting { name, values, source: Source::File(path.to_owned()) });
    }
    Ok(settings)
}

fn texts(value: &serde_yaml::Value) -> Option<Vec<String>> {
    match value {
        serde_yaml::Value::String(text) => Some(vec![text.clone()]),
        serde_yaml::Value::Number(number) => Some(vec![number.to_string()]),
        serde_yaml::Value::Sequence(items) => items.iter().map(|item| texts(item)?.pop()).collect(),
        _ => None,
    }
}

fn known(key: &str) -> Option<&'static str> {
    SETTINGS.iter().map(|(name, _)| *name).find(|name| *name == key)
}

fn unknown(key: &str, path: &Path) -> anyhow::Error {
    let names = SETTINGS.iter().map(|(name, _)| *name);
    let close = names.clone().max_by(|a, b| strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key)));
    let hint = match close.filter(|name| strsim::jaro_winkler(name, key) > 0.7) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the settings are {}", names.collect::<Vec<_>>().join(", ")),
    };
    hinted(format!("`{}` has an unknown setting `{key}`", path.display()), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> anyhow::Result<Config> {
        let path = PathBuf::from("fedctl.yaml");
        Config::of_text(text, &path)
    }

    #[test]
    fn a_file_is_read() {
        let config =
            yaml("domain: mydomain.com\nport: 443\nreleases: [3.18.3, '6.0']\nresolvers: 127.0.0.1:53\n").unwrap();
        assert_eq!(config.domain().unwrap().unwrap().as_str(), "mydomain.com");
        assert_eq!(config.port().unwrap(), Some(443));
        assert_eq!(config.releases().unwrap(), [Release(3, 18, 3), Release(6, 0, 0)]);
        assert_eq!(config.resolvers(), ["127.0.0.1:53"]);
        let config = yaml("release: 6.2.0\nmethod: hub\nconnect_to: 'chat.mydomain.com:443=127.0.0.1:8443'\n").unwrap();
        assert_eq!(config.release().unwrap(), Some(Release(6, 2, 0)));
        assert_eq!((config.method().unwrap(), config.connect_to().unwrap().len()), (Some(Method::Hub), 1));
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
            ("connect_to: chat", "not a detour"),
        ] {
            let error = format!("{:#}", yaml(text).unwrap_err());
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_variable_is_read_and_an_empty_one_is_not() {
        let read = |name: &str| match name {
            "FEDCTL_RELEASES" => Some("3.18, 2.4".to_owned()),
            "FEDCTL_DOMAIN" => Some(String::new()),
            _ => None,
        };
        let settings = from_environment(read);
        assert_eq!(settings.len(), 1);
        assert_eq!(settings[0].values, ["3.18", "2.4"]);
    }
}
