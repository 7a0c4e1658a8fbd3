//! Does an alias stand beside other records of the same name?

use std::collections::BTreeMap;

use super::{Check, Judge, Needs};
use crate::dns::record::{RData, Rr};
use crate::facts::published::Published;
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "records-alias",
    title: "no alias shares its name with other records",
    page: include_str!("../../docs/checks/records-alias.md"),
    stage: None,
    minor: true,
    needs: Needs::Records,
    judge: Judge::Text(judge),
};

/// RFC 1034 section 3.6.2: where a CNAME record is present, no other data should be present. RFC 2181 section 10.1 allows one
/// CNAME record a name.
fn judge(text: &Published) -> Vec<Verdict> {
    let mut names: BTreeMap<&str, Vec<&Rr>> = BTreeMap::new();
    for rr in text.records() {
        names.entry(&rr.name).or_default().push(rr);
    }
    let crowded = names.iter().filter(|(_, records)| records.len() > 1 && records.iter().any(|rr| is_alias(rr)));
    let problems: Vec<Verdict> = crowded.map(|(name, records)| problem(name, records).into()).collect();
    match (problems.is_empty(), text.records().iter().filter(|rr| is_alias(rr)).count()) {
        (false, _) => problems,
        (true, 0) => Verdict::pass("no alias"),
        (true, 1) => Verdict::pass("1 alias, alone at its name"),
        (true, count) => Verdict::pass(format!("{count} aliases, each alone at its name")),
    }
}

fn is_alias(rr: &Rr) -> bool {
    matches!(rr.data, RData::Cname(_))
}

fn problem(name: &str, records: &[&Rr]) -> Problem {
    let others = records.iter().filter(|rr| !is_alias(rr)).count();
    let (what, fix) = match others {
        0 => (
            format!("`{name}` has {} CNAME records", records.len()),
            "Keep the CNAME record whose target holds the records.",
        ),
        _ => (
            format!("`{name}` has a CNAME record and other records"),
            "Delete the CNAME record, or move the other records to its target.",
        ),
    };
    let means = "BIND, Knot and NSD refuse to load such a zone, and providers drop one of the records";
    Problem::new(Severity::Error, what, means, fix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::record::CharacterString;

    fn judged(records: &[(&str, RData)]) -> Vec<Verdict> {
        let rr = |(name, data): &(&str, RData)| Rr { name: (*name).into(), ttl: 60, data: data.clone() };
        judge(&Published {
            domain: "mydomain.com".parse().unwrap(),
            zone: "mydomain.com".parse().unwrap(),
            form: "zone file".into(),
            records: Ok(records.iter().map(rr).collect()),
            over: Vec::new(),
        })
    }

    #[test]
    fn an_alias_stands_alone() {
        let (key, other) = ("rocketchat-public-key.mydomain.com", "www.mydomain.com");
        let alias = || RData::Cname("elsewhere.example".into());
        let txt = || RData::Txt(vec![CharacterString(b"x".to_vec())]);
        for (records, part) in [
            (vec![(key, alias()), (key, txt())], Some("a CNAME record and other records")),
            (vec![(key, alias()), (key, alias())], Some("2 CNAME records")),
            (vec![(key, alias()), (other, txt())], None),
            (vec![(key, txt()), (key, txt())], None),
        ] {
            match (judged(&records).as_slice(), part) {
                ([Verdict::Problem(problem)], Some(part)) => assert!(problem.what.contains(part), "{problem:?}"),
                ([Verdict::Pass { .. }], None) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}
