//! Lists of domains: one domain on each line, with comments, or the JSON of a hub's export.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use crate::dns::name::Domain;
use crate::error::{Hinted, hinted};
use crate::file::read;
use crate::rocketchat::hub::transfer::place_of_entry;
use crate::rocketchat::release::Release;

/// A line that names a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub domain: Domain,
    /// The release behind the domain, as in `alpha.example 3.18.7`.
    pub release: Option<Release>,
}

/// A line that names none.
#[derive(Debug)]
pub struct Rejected {
    /// What holds it: `line 3`, or `line 3 column 5` in a hub's export.
    pub place: String,
    pub why: Hinted,
}

/// What a list holds. Each domain is listed once, in the order of its first line.
#[derive(Debug, Default)]
pub struct DomainList {
    pub listed: Vec<Listed>,
    pub rejected: Vec<Rejected>,
}

#[derive(Deserialize)]
struct Export {
    peers: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    domain: String,
}

impl DomainList {
    /// Reads a file, or standard input for `-`.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = read::shown(path);
        let text = read::damaged_text(path, &read::LIST)?;
        Self::parse(&text).map_err(|why| hinted(format!("{shown}: {why}"), why.hint))
    }

    /// Reads the text of a list.
    pub fn parse(text: &str) -> Result<Self, Hinted> {
        let mut list = Self::default();
        let mut known = HashSet::new();
        let mut add = |place: String, read: Result<Listed, Hinted>| match read {
            Ok(listed) if known.insert(listed.domain.clone()) => list.listed.push(listed),
            Ok(_) => {}
            Err(why) => list.rejected.push(Rejected { place, why }),
        };
        if text.trim_start().starts_with('{') {
            let hint = "give the output of `fedctl hub export`, or one domain on each line";
            let export: Export = serde_json::from_str(text)
                .map_err(|error| Hinted::new(format!("it is not the JSON of a hub's export: {error}"), hint))?;
            for (at, entry) in export.peers.iter().enumerate() {
                let listed = entry.domain.parse().map(|domain| Listed { domain, release: None });
                let place = if listed.is_ok() { String::new() } else { place_of_entry(text, at).to_string() };
                add(place, listed);
            }
        } else {
            for (at, line) in text.lines().enumerate() {
                let line = line.split('#').next().unwrap_or_default().trim();
                if !line.is_empty() {
                    add(format!("line {}", at + 1), listed(line));
                }
            }
        }
        Ok(list)
    }
}

/// `alpha.example` or `alpha.example 3.18.7`.
fn listed(line: &str) -> Result<Listed, Hinted> {
    let mut words = line.split_whitespace();
    let domain = words.next().unwrap_or_default().parse()?;
    let release = words.next().map(str::parse).transpose()?;
    match words.next() {
        Some(_) => Err(Hinted::new(
            format!("`{}` is more than a domain and a release", line.escape_debug()),
            "write one domain on each line, as in `alpha.example` or `alpha.example 3.18.7`",
        )),
        None => Ok(Listed { domain, release }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_comments_releases_and_repetitions() {
        let list =
            DomainList::parse("# peers\nalpha.example 3.18.7 # the oldest\n\nbeta.example\nALPHA.example\n").unwrap();
        let domains: Vec<&str> = list.listed.iter().map(|listed| listed.domain.as_str()).collect();
        assert_eq!(domains, ["alpha.example", "beta.example"]);
        assert_eq!(list.listed[0].release, Some(Release(3, 18, 7)));
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_are_read() {
        let list = DomainList::parse("https://a.example\nb.example\nc.example 3.18 x\nd.example soon\n").unwrap();
        assert_eq!(list.listed.len(), 1);
        assert_eq!(
            list.rejected.iter().map(|rejected| &*rejected.place).collect::<Vec<_>>(),
            ["line 1", "line 3", "line 4"]
        );
    }

    #[test]
    fn the_export_of_a_hub_is_a_list() {
        let list = DomainList::parse(r#"{"schema": 1, "peers": [{"domain": "a.example", "url": "x"}]}"#).unwrap();
        assert_eq!(list.listed[0].domain.as_str(), "a.example");
        assert!(DomainList::parse("{").is_err());
    }
}
