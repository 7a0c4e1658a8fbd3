//! The domains that are watched: from arguments, the settings or a file, each with its own interval.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use crate::commands::domain_list::{DomainList, Listed, Rejected};
use crate::dns::name::Domain;
use crate::error::{Hinted, hinted};
use crate::file;
use crate::store::watch::Watched;

/// Reads the lines of a list: the domains, each with its own interval or the default, and what is wrong with the other lines.
pub fn parse(text: &str, default: Duration) -> Result<(Vec<Watched>, Vec<Rejected>), Hinted> {
    let list = DomainList::parse(text)?;
    let every = |listed: &Listed| listed.every.unwrap_or(default).as_secs();
    let watched =
        |listed: Listed| Watched { every: every(&listed).try_into().unwrap_or(i64::MAX), domain: listed.domain };
    Ok((list.listed.into_iter().map(watched).collect(), list.rejected))
}

/// Reads a file, or standard input for `-`. A line that cannot be read is an error when the watch starts.
pub fn read(path: &Path, default: Duration) -> anyhow::Result<Vec<Watched>> {
    let shown = file::read::shown(path);
    let text = file::read::damaged_text(path, &file::read::LIST)?;
    let (list, rejected) = parse(&text, default).map_err(|why| hinted(format!("{shown}: {why}"), why.hint))?;
    match rejected.into_iter().next() {
        Some(first) => Err(hinted(format!("{shown}: {first}"), first.why.hint)),
        None => Ok(list),
    }
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
        assert_eq!(found, [("alpha.example", 300), ("beta.example", 600)]);
        let rejected: Vec<String> = rejected.iter().map(ToString::to_string).collect();
        assert!(rejected[0].starts_with("line 4 column 1: "), "{rejected:?}");
        assert!(rejected[1].starts_with("line 5 column 15: ") && rejected[1].contains("1s"), "{rejected:?}");
    }
}
