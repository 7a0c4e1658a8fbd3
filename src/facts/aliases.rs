//! The aliases behind a name: how many, and whether they end.

use std::collections::BTreeMap;

use super::dns::DnsFacts;
use crate::dns::record::{Outcome, RData};
use crate::severity::Severity;

/// Aliases that every resolver follows.
const ALL_FOLLOW: usize = 8;
/// Aliases that some resolver follows.
const SOME_FOLLOW: usize = 16;

/// Names, each an alias of the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasChain(Vec<String>);

impl AliasChain {
    /// The end of the aliases.
    pub fn last(&self) -> &str {
        self.0.last().map(String::as_str).unwrap_or_default()
    }

    /// The name that the first one is an alias of, if it is one.
    pub fn second(&self) -> Option<&str> {
        self.0.get(1).map(String::as_str)
    }

    /// All names; in a loop the last is there twice.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    pub fn count(&self) -> usize {
        self.0.len() - 1
    }

    /// True when the last name is among those before it.
    pub fn is_loop(&self) -> bool {
        self.0.split_last().is_some_and(|(last, before)| before.contains(last))
    }

    /// How much it matters that there are so many.
    pub fn severity(&self) -> Option<Severity> {
        match self.count() {
            count if count > SOME_FOLLOW => Some(Severity::Error),
            count if count > ALL_FOLLOW => Some(Severity::Warning),
            _ => None,
        }
    }

    /// Why there is no record at its end.
    pub fn fault(&self, outcome: &Outcome) -> String {
        let last = self.last();
        match outcome {
            _ if self.is_loop() => "a loop of aliases".to_owned(),
            _ if self.count() > SOME_FOLLOW => format!("more than {SOME_FOLLOW} aliases"),
            Outcome::NxDomain => format!("an alias of {last}, which does not exist,"),
            Outcome::NoData => format!("an alias of {last}, which has no such record,"),
            failure => format!("an alias of {last}, which cannot be read ({failure}),"),
        }
    }

    /// One line for each alias.
    pub fn steps(&self) -> Vec<String> {
        self.0.windows(2).map(|pair| format!("{} is an alias of {}", pair[0], pair[1])).collect()
    }
}

impl DnsFacts {
    /// The aliases behind a name, as far as they were seen.
    pub fn alias_chain(&self, name: &str) -> AliasChain {
        let seen = self.observations.iter().map(|seen| &seen.reply).chain(self.probes.iter().map(|probe| &probe.reply));
        let all = seen.flat_map(|reply| reply.aliases.iter().chain(reply.outcome.records()));
        let aliases: BTreeMap<String, &str> = all
            .filter_map(|rr| match &rr.data {
                RData::Cname(to) => Some((rr.name.to_ascii_lowercase(), to.as_str())),
                _ => None,
            })
            .collect();
        let mut chain = vec![name.to_ascii_lowercase()];
        while let Some(to) = aliases.get(&chain[chain.len() - 1]) {
            let to = to.to_ascii_lowercase();
            let again = chain.contains(&to);
            chain.push(to);
            if again {
                break;
            }
        }
        AliasChain(chain)
    }
}
