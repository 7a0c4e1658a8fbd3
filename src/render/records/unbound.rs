//! Unbound's `local-data` lines, for resolvers of a local network whose domain no public zone holds.

use super::{Facts, Format, Place, Proof, rdata};
use crate::dns::record::Rr;
use crate::error::Hinted;
use crate::position::Position;
use crate::rocketchat::records::Plan;

pub const FORMAT: Format = Format {
    id: "unbound",
    title: "Unbound, local-data",
    next: "save it as a file in unbound.conf.d, then: unbound-checkconf && unbound-control reload",
    prints_sizes: false,
    write: |plan| Ok(write(plan)),
    read,
    facts: Facts {
        txt: "quoted strings of at most 255 bytes, within single quotes",
        owner: "in full; a final dot may be missing",
        target: "in full; a final dot may be missing",
        ttl: "seconds",
        limits: &[],
        proof: Proof::Ran("2026-11-24"),
        source: "unbound 1.17 and its unbound.conf(5), local-data",
    },
};

const KEY: &str = "local-data:";

fn write(plan: &Plan) -> String {
    let mut out = "server:\n".to_owned();
    for record in &plan.set.records {
        let line = format!("{}. {} IN {} {}", record.owner, record.ttl, record.data.kind(), rdata::any(&record.data));
        // Unbound reads no escapes within single quotes, but the record's own text has `\DDD`.
        out += &format!("  {KEY} '{}'\n", line.replace('\'', "\\039"));
    }
    out
}

/// Reads the `local-data` lines; other settings are left alone.
fn read(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let values = text.lines().filter_map(|line| line.trim_start().strip_prefix(KEY)).map(str::trim);
    let mut records = Vec::new();
    for value in values {
        let line = unquoted(value);
        // Dots that are added after names move what comes after them.
        let at = |why: Hinted| why.at(Position::of_part(text, line));
        records.extend(rdata::read_entries(&absolute(line), place).map_err(at)?);
    }
    Ok(records)
}

fn unquoted(value: &str) -> &str {
    let within = |quote| value.strip_prefix(quote).and_then(|rest| rest.split(quote).next());
    within('\'').or_else(|| within('"')).unwrap_or(value)
}

/// Every name counts from the root, with a final dot or without: the owner, and what an SRV record or an alias names.
fn absolute(line: &str) -> String {
    let dotted = |name: &str| format!("{}.", name.trim_end_matches('.'));
    let (owner, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = match rest.trim_end().rsplit_once(char::is_whitespace) {
        Some((head, target)) if names_a_host(head) => format!("{head} {}", dotted(target)),
        _ => rest.to_owned(),
    };
    format!("{} {rest}\n", dotted(owner))
}

fn names_a_host(head: &str) -> bool {
    let mut words = head.split_whitespace().filter(|word| !word.bytes().all(|byte| byte.is_ascii_digit()));
    let kind = words.find(|word| !word.eq_ignore_ascii_case("IN")).unwrap_or_default();
    kind.eq_ignore_ascii_case("SRV") || kind.eq_ignore_ascii_case("CNAME")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::record::RData;

    #[test]
    fn names_count_from_the_root_and_quotes_are_of_either_kind() {
        let (domain, zone) = ("mydomain.com".parse().unwrap(), "mydomain.com".parse().unwrap());
        let place = Place { domain: &domain, zone: &zone };
        let text = "server:\n verbosity: 1\n local-data: \"_rocketchat._https.mydomain.com SRV 1 1 443 chat.mydomain.com\"\n \
                    local-data: 'a.mydomain.com. 60 IN TXT \"one two\"' # note\n";
        let records = read(text, &place).unwrap();
        assert_eq!((records[0].name.as_str(), records[0].ttl), ("_rocketchat._https.mydomain.com", 3600));
        assert!(matches!(&records[0].data, RData::Srv { target, .. } if target == "chat.mydomain.com"), "{records:?}");
        assert_eq!((records[1].name.as_str(), records[1].ttl, records.len()), ("a.mydomain.com", 60, 2));
    }
}
