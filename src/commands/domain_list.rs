//! Lists of domains: one domain on each line, with comments, or the JSON of a hub's export. All commands take the same lists: each uses
//! the words that concern it.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use crate::dns::name::Domain;
use crate::error::{Hinted, hinted};
use crate::file::read;
use crate::position::Position;
use crate::range::Times;
use crate::rocketchat::hub::transfer::place_of_entry;
use crate::rocketchat::release::Release;

/// How often `fedctl watch` may check a domain. A server allows ten requests a minute and route, and one check makes up to two; peers
/// may watch too.
const EVERY: Times = Times::new(Duration::from_secs(60), Duration::from_secs(7 * 24 * 3600));
/// What gives a line its own interval.
const EVERY_WORD: &str = "every=";
const HINT: &str =
    "write one domain on each line, as in `alpha.example`, `alpha.example 3.18.7` or `alpha.example every=10m`";

/// A line that names a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub domain: Domain,
    /// The release behind the domain, as in `alpha.example 3.18.7`.
    pub release: Option<Release>,
    /// The interval behind the domain, as in `alpha.example every=10m`.
    pub every: Option<Duration>,
}

impl From<Domain> for Listed {
    fn from(domain: Domain) -> Self {
        Self { domain, release: None, every: None }
    }
}

/// A line that names none.
#[derive(Debug)]
pub struct Rejected {
    pub at: Position,
    pub why: Hinted,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.why)
    }
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
                add(entry.domain.parse().map(|domain: Domain| domain.into()).map_err(rejected));
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

/// Reads an interval.
pub fn every(text: &str) -> Result<Duration, Hinted> {
    EVERY.read(text)
}

/// `alpha.example`, with a release and an interval in any order. An error names the word.
fn listed(line: &str) -> Result<Listed, (&str, Hinted)> {
    let mut words = line.split_whitespace();
    let domain = words.next().unwrap_or_default();
    let mut listed = Listed::from(domain.parse::<Domain>().map_err(|why| (domain, why))?);
    for word in words {
        match word.strip_prefix(EVERY_WORD) {
            Some(time) if listed.every.is_none() => listed.every = Some(every(time).map_err(|why| (word, why))?),
            None if listed.release.is_none() => listed.release = Some(word.parse().map_err(|why| (word, why))?),
            _ => {
                let what = format!("`{}` is more than a domain, a release and an interval", line.trim().escape_debug());
                return Err((word, Hinted::new(what, HINT)));
            }
        }
    }
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_comments_releases_and_repetitions() {
        let list = DomainList::parse(
            "# peers\nalpha.example 3.18.7 # the oldest\n\nbeta.example every=10m 4.8\nALPHA.example\n",
        )
        .unwrap();
        let domains: Vec<&str> = list.listed.iter().map(|listed| listed.domain.as_str()).collect();
        assert_eq!(domains, ["alpha.example", "beta.example"]);
        assert_eq!((list.listed[0].release, list.listed[0].every), (Some(Release(3, 18, 7)), None));
        assert_eq!(list.listed[1].every, Some(Duration::from_secs(600)));
        assert!(list.listed[1].release.is_some());
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_are_read() {
        let list = DomainList::parse(
            "https://a.example\nb.example\nc.example 3.18 x\n d.example soon # x\ne.example every=1s\n",
        )
        .unwrap();
        assert_eq!(list.listed.len(), 1);
        assert_eq!(
            list.rejected.iter().map(|rejected| rejected.at.to_string()).collect::<Vec<_>>(),
            ["line 1 column 1", "line 3 column 16", "line 4 column 12", "line 5 column 11"]
        );
    }

    #[test]
    fn the_export_of_a_hub_is_a_list() {
        let list = DomainList::parse(r#"{"schema": 1, "peers": [{"domain": "a.example", "url": "x"}]}"#).unwrap();
        assert_eq!(list.listed[0].domain.as_str(), "a.example");
        assert!(DomainList::parse("{").is_err());
    }
}
