//! Where settings are written: the `FEDCTL_*` variables and fedctl.yaml. The only file that reads settings from YAML.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy;

use super::yaml;
use crate::error::{hinted, meant};
use crate::position::Position;

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
    ("ca_file", "authorities to trust in addition to the built-in ones, PEM"),
    ("resolvers", "resolvers to query, ADDR or ADDR:PORT"),
    ("connect_to", "addresses to use instead of those in DNS"),
    ("drill_domain", "the federation domain that `fedctl drill` acts as"),
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
    /// The text of the file.
    text: Option<Arc<str>>,
}

impl Setting {
    /// Where the value with this number is written, for errors: ``line 2 column 7 of `fedctl.yaml` ``.
    pub fn place(&self, number: usize) -> String {
        match (&self.source, &self.text) {
            (Source::File(path), Some(text)) => {
                let at = Position::in_yaml(text, &[self.name.to_owned(), number.to_string()]);
                format!("{at} of `{}`", path.display())
            }
            (source, _) => source.to_string(),
        }
    }
}

/// Where a file can be when none was named.
pub fn candidates() -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::from(FILE_NAME)];
    if let Ok(dirs) = etcetera::choose_base_strategy() {
        paths.push(dirs.config_dir().join("fedctl").join(FILE_NAME));
    }
    paths
}

/// `FEDCTL_DOMAIN` and so on; lists are separated by commas.
pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Vec<Setting> {
    let read = |(name, _): &(&'static str, &str)| {
        let variable_name = format!("FEDCTL_{}", name.to_ascii_uppercase());
        let text = variable(&variable_name).filter(|text| !text.is_empty())?;
        let values =
            if is_list(name) { text.split(',').map(|value| value.trim().to_owned()).collect() } else { vec![text] };
        Some(Setting { name, values, source: Source::Variable(variable_name), text: None })
    };
    SETTINGS.iter().filter_map(read).collect()
}

fn is_list(name: &str) -> bool {
    matches!(name, "releases" | "resolvers" | "connect_to" | "watch")
}

/// The settings of a file.
pub fn from_yaml(text: &str, path: &Path) -> anyhow::Result<Vec<Setting>> {
    let shown = path.display();
    let hint = "a line is `name: value`, as in `domain: mydomain.com`";
    let value = yaml::parse(text).map_err(|why| hinted(format!("`{shown}` is not YAML: {why}"), hint))?;
    let mapping = match value {
        serde_yaml::Value::Null => return Ok(Vec::new()),
        serde_yaml::Value::Mapping(mapping) => mapping,
        _ => return Err(hinted(format!("`{shown}` is not a list of settings"), hint)),
    };
    let mut settings = Vec::new();
    let all: Arc<str> = text.into();
    for (key, value) in &mapping {
        let key = key.as_str().ok_or_else(|| {
            let name = serde_yaml::to_string(key).unwrap_or_default();
            let at = Position::of_name_in_yaml(text, name.trim());
            hinted(format!("`{shown}`: {at}: the name of a setting is text"), hint)
        })?;
        let name = known(key).ok_or_else(|| unknown(key, Position::of_name_in_yaml(text, key), path))?;
        let values = texts(value).filter(|values| is_list(name) || values.len() == 1);
        let values = values.ok_or_else(|| {
            let wanted = if is_list(name) { "a value or a list of values" } else { "one value" };
            let at = Position::in_yaml(text, &[key.to_owned()]);
            hinted(format!("`{name}` in {at} of `{shown}` is not {wanted}"), hint)
        })?;
        settings.push(Setting { name, values, source: Source::File(path.to_owned()), text: Some(all.clone()) });
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

fn unknown(key: &str, at: Position, path: &Path) -> anyhow::Error {
    let names = SETTINGS.iter().map(|(name, _)| *name);
    let hint = match meant(key, names.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the settings are {}", names.collect::<Vec<_>>().join(", ")),
    };
    hinted(format!("`{}` has an unknown setting `{key}` in {at}", path.display()), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

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
