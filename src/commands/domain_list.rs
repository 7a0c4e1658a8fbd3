//! Lists of domains: one domain on each line, with comments, or the JSON of a hub's export.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use crate::dns::name::Domain;
use crate::error::{Hinted, hinted};
use crate::file::read;
use crate::position::Position;
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
    pub at: Position,
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
        let mut add = |read: Result<Listed, Rejected>| match read {
            Ok(listed) if known.insert(listed.domain.clone()) => list.listed.push(listed),
            Ok(_) => {}
            Err(rejected) => list.rejected.push(rejected),
        };
        if text.trim_start().starts_with('{') {
            let hint = "give the output of `fedctl hub export`, or one domain on each line";
            let export: Export = serde_json::from_str(text)
                .map_err(|error| Hinted::new(format!("it is not the JSON of a hub's export: {error}"), hint))?;
            for (at, entry) in export.peers.iter().enumerate() {
                let rejected = |why| Rejected { at: place_of_entry(text, at), why };
                add(entry.domain.parse().map(|domain| Listed { domain, release: None }).map_err(rejected));
            }
        } else {
            for (number, line) in text.lines().enumerate() {
                let bare = line.split('#').next().unwrap_or_default();
                let rejected = |(word, why): (&str, Hinted)| Rejected {
                    at: Position { line: number + 1, column: Position::of_part(line, word).column },
                    why,
                };
                if !bare.trim().is_empty() {
                    add(listed(bare).map_err(rejected));
                }
            }
        }
        Ok(list)
    }
}

/// `alpha.example` or `alpha.example 3.18.7`. An error names the word.
fn listed(line: &str) -> Result<Listed, (&str, Hinted)> {
    let mut words = line.split_whitespace();
    let domain = words.next().unwrap_or_default();
    let domain = domain.parse().map_err(|why| (domain, why))?;
    let release = words.next().map(|word| word.parse().map_err(|why| (word, why))).transpose()?;
    match words.next() {
        Some(more) => {
            let hint = "write one domain on each line, as in `alpha.example` or `alpha.example 3.18.7`";
            let what = format!("`{}` is more than a domain and a release", line.trim().escape_debug());
            Err((more, Hinted::new(what, hint)))
        }
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
        let list = DomainList::parse("https://a.example\nb.example\nc.example 3.18 x\n d.example soon # x\n").unwrap();
        assert_eq!(list.listed.len(), 1);
        assert_eq!(
            list.rejected.iter().map(|rejected| rejected.at.to_string()).collect::<Vec<_>>(),
            ["line 1 column 1", "line 3 column 16", "line 4 column 12"]
        );
    }

    #[test]
    fn the_export_of_a_hub_is_a_list() {
        let list = DomainList::parse(r#"{"schema": 1, "peers": [{"domain": "a.example", "url": "x"}]}"#).unwrap();
        assert_eq!(list.listed[0].domain.as_str(), "a.example");
        assert!(DomainList::parse("{").is_err());
    }
}
