//! The domains that are watched: from arguments, the settings or a file, each with its own interval.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

use crate::commands::domain_list::DomainList;
use crate::dns::name::Domain;
use crate::error::{Hinted, hinted};
use crate::file;
use crate::position::Position;
use crate::range::Times;
use crate::store::watch::Watched;

/// A server allows ten requests a minute and route, and one check makes up to two; peers may watch too.
const EVERY: Times = Times::new(Duration::from_secs(60), Duration::from_secs(7 * 24 * 3600));
/// What gives a line its own interval.
const EVERY_WORD: &str = "every=";

/// Reads the lines of a list; `every=10m` on a line counts for its domain.
pub fn parse(text: &str, default: Duration) -> Result<(Vec<Watched>, Vec<String>), Hinted> {
    let seconds = |every: Duration| i64::try_from(every.as_secs()).unwrap_or(i64::MAX);
    if text.trim_start().starts_with('{') {
        let list = DomainList::parse(text)?;
        let rejected = list.rejected.iter().map(|bad| format!("{}: {}", bad.at, bad.why)).collect();
        let watched = list.listed.into_iter().map(|it| Watched { domain: it.domain, every: seconds(default) });
        return Ok((watched.collect(), rejected));
    }
    let mut own: BTreeMap<Domain, Duration> = BTreeMap::new();
    let mut lines = Vec::new();
    let mut rejected = Vec::new();
    for (number, line) in text.lines().enumerate() {
        // Blanks instead of the interval keep the columns of the other words.
        let (mut bare, mut every) = (String::new(), None);
        for word in line.split('#').next().unwrap_or_default().split_inclusive(char::is_whitespace) {
            let column = bare.chars().count() + 1;
            match word.strip_prefix(EVERY_WORD) {
                Some(text) => {
                    every = Some(self::every(text.trim_end()).map_err(|why| (why, column)));
                    bare += &" ".repeat(word.chars().count());
                }
                None => bare += word,
            }
        }
        match (bare.split_whitespace().next().map(str::parse::<Domain>), every) {
            (Some(Ok(domain)), Some(Ok(every))) => drop(own.insert(domain, every)),
            (_, Some(Err((why, column)))) => {
                rejected.push(format!("{}: {why}; {}", Position { line: number + 1, column }, why.hint));
            }
            _ => {}
        }
        lines.push(bare);
    }
    let list = DomainList::parse(&lines.join("\n"))?;
    rejected.extend(list.rejected.iter().map(|bad| format!("{}: {}", bad.at, bad.why)));
    let watched = |domain: Domain| {
        let every = own.get(&domain).copied().unwrap_or(default);
        Watched { domain, every: seconds(every) }
    };
    Ok((list.listed.into_iter().map(|listed| watched(listed.domain)).collect(), rejected))
}

/// Reads an interval.
pub fn every(text: &str) -> Result<Duration, Hinted> {
    EVERY.read(text)
}

/// Reads a file, or standard input for `-`. A line that cannot be read is an error when the watch starts.
pub fn read(path: &Path, default: Duration) -> anyhow::Result<Vec<Watched>> {
    let text = file::read::damaged_text(path, &file::read::LIST)?;
    let named = |why: Hinted| hinted(format!("{}: {why}", file::read::shown(path)), why.hint);
    let (list, rejected) = parse(&text, default).map_err(named)?;
    if let Some(first) = rejected.first() {
        return Err(hinted(
            format!("{}: {first}", file::read::shown(path)),
            "write one domain on each line, as in `alpha.example` or `alpha.example every=10m`",
        ));
    }
    Ok(list)
}

/// Both lists, each domain once.
pub fn union(first: &[Watched], more: Vec<Watched>) -> Vec<Watched> {
    let mut all: Vec<Watched> = first.to_vec();
    let mut known: HashSet<Domain> = first.iter().map(|it| it.domain.clone()).collect();
    all.extend(more.into_iter().filter(|it| known.insert(it.domain.clone())));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_domain_and_perhaps_its_interval() {
        let text = "# ours\nalpha.example\nbeta.example 3.18.7 every=10m # slow\nhttps://x\ngamma.example every=1s\n";
        let (list, rejected) = parse(text, Duration::from_secs(300)).unwrap();
        let found: Vec<(&str, i64)> = list.iter().map(|it| (it.domain.as_str(), it.every)).collect();
        assert_eq!(found, [("alpha.example", 300), ("beta.example", 600), ("gamma.example", 300)]);
        assert_eq!(rejected.len(), 2, "{rejected:?}");
        let has = |part: &str| rejected.iter().any(|why| why.contains(part));
        assert!(has("line 5 column 15: ") && has("1m to 168h") && has("line 4 column 1: "), "{rejected:?}");
    }
}
