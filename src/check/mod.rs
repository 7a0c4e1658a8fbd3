//! The catalogue: one question a file. A check judges facts and nothing else, so it can be run again on a saved observation.

mod dns_delegation;
mod dns_dnssec;
mod dns_generations;
mod dns_near_miss;
mod dns_port;
mod dns_protocol;
mod dns_resolvers;
mod dns_servers;
mod dns_srv;
mod dns_target;
mod dns_transport;
mod dns_ttl;
mod dns_wildcard;
mod dns_wizard;
mod dns_zone;
mod key_match;
mod key_record;
mod key_strength;
mod key_text;
#[cfg(test)]
mod sample;

use crate::federation::dns_facts::{DnsFacts, Expected};
use crate::federation::report::{Line, Verdict};

/// One check.
#[derive(Debug)]
pub struct Check {
    /// Stable, `<area>-<subject>`; never renamed, never used again.
    pub id: &'static str,
    /// What it asks, in a few words.
    pub title: &'static str,
    /// Its page, in Markdown.
    pub page: &'static str,
    pub judge: Judge,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy)]
pub enum Judge {
    /// The records of a domain, and what its admin expects.
    Dns(fn(&DnsFacts, &Expected) -> Vec<Verdict>),
}

/// Why a check skips when there is nothing to go by.
const MUTE: &str = "nobody answered, so nothing is known about the records";

/// Every check, in the order of a report.
pub const CHECKS: &[Check] = &[
    dns_zone::CHECK,
    dns_delegation::CHECK,
    dns_servers::CHECK,
    dns_srv::CHECK,
    dns_target::CHECK,
    dns_port::CHECK,
    key_record::CHECK,
    key_text::CHECK,
    key_strength::CHECK,
    key_match::CHECK,
    dns_near_miss::CHECK,
    dns_protocol::CHECK,
    dns_wildcard::CHECK,
    dns_transport::CHECK,
    dns_dnssec::CHECK,
    dns_ttl::CHECK,
    dns_wizard::CHECK,
    dns_resolvers::CHECK,
    dns_generations::CHECK,
];

/// The check with this id.
pub fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}

/// Judges the records of a domain.
pub fn judge_dns(dns: &DnsFacts, expected: &Expected) -> Vec<Line> {
    let lines = |check: &'static Check| {
        let Judge::Dns(judge) = check.judge;
        judge(dns, expected).into_iter().map(|verdict| Line { id: check.id, verdict })
    };
    CHECKS.iter().flat_map(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_an_id_and_a_page_of_its_own() {
        let pages = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks")).unwrap();
        let mut pages: Vec<String> = pages.map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
        let mut ids: Vec<String> = CHECKS.iter().map(|check| format!("{}.md", check.id)).collect();
        pages.sort();
        ids.sort();
        assert_eq!(pages, ids);
        for check in CHECKS {
            assert!(check.page.starts_with(&format!("# {}: {}\n", check.id, check.title)), "{}", check.id);
            for heading in ["## What it looks at", "## What it means", "## How to mend it"] {
                assert!(check.page.contains(heading), "{} has no `{heading}`", check.id);
            }
        }
    }
}
