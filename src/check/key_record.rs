//! Is there exactly one TXT record with the public key?

use super::{Check, Judge, Needs, UNDELEGATED, UNRESPONSIVE, dns_transport};
use crate::dns::record::{Outcome, Query, RData, RecordType};
use crate::facts::dns::{DnsFacts, Expected};
use crate::key::diagnosis::{self, DefectKind};
use crate::key::node_rsa;
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::key_question;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "key-record",
    title: "one TXT record holds the public key",
    page: include_str!("../../docs/checks/key-record.md"),
    stage: None,
    minor: true,
    needs: Needs::KeyValue,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, expected: &Expected) -> Vec<Verdict> {
    if dns.is_unresponsive() {
        return Verdict::skip(UNRESPONSIVE);
    }
    if dns.is_undelegated() {
        return Verdict::skip(UNDELEGATED);
    }
    let question = key_question(&dns.domain);
    let name = &question.name;
    let outcome = dns.outcome(&question);
    let records: Vec<Vec<Vec<u8>>> = outcome.records().iter().filter_map(|rr| strings(&rr.data)).collect();
    match (&outcome, records.as_slice()) {
        (Outcome::Found(_), [one]) if is_only_wildcard(dns, outcome) => {
            let shown = diagnosis::shown(&[one.concat()]);
            vec![missing(dns, "only a wildcard answers", &question, expected).seen(shown).into()]
        }
        (Outcome::Found(_), [one]) => match long(dns, &question) {
            Some(problem) => vec![problem.into()],
            None => Verdict::pass(passed(one)),
        },
        (Outcome::Found(_), _) if dns.secrets().contains(name.as_str()) => {
            Verdict::skip("a private key is published; see key-secret")
        }
        (Outcome::Found(_), _) => vec![several(dns, expected, name, &records).into()],
        _ if dns_transport::is_lost(dns) => Verdict::skip("its answer does not arrive; see dns-transport"),
        _ if dns.is_wildcard_alias(&question) => Verdict::skip("only a wildcard answers; see dns-wildcard"),
        (outcome, _) if is_aliased(dns, &question) => vec![aliased(dns, &question, outcome, expected).into()],
        (Outcome::NoData | Outcome::NxDomain, _) => {
            vec![missing(dns, &outcome.to_string(), &question, expected).into()]
        }
        (failure, _) => vec![
            Problem::new(
                Severity::Error,
                format!("TXT {name} cannot be read: {failure}"),
                NO_KEY,
                "Fix the name servers first: this is a failure of theirs, not a missing record.",
            )
            .into(),
        ],
    }
}

const NO_KEY: &str = "no server of any release gets the key by DNS, so no message can be encrypted or checked";

/// True when the name itself has no record, and what a wildcard returns instead is no key.
pub(super) fn is_only_wildcard(dns: &DnsFacts, outcome: &Outcome) -> bool {
    let key = outcome.records().iter().filter_map(|rr| rr.data.joined()).any(|text| node_rsa::is_key_like(&text));
    !key && dns.is_wildcard(RecordType::Txt, outcome)
}

pub(super) fn strings(data: &RData) -> Option<Vec<Vec<u8>>> {
    match data {
        RData::Txt(strings) => Some(strings.iter().map(|string| string.0.clone()).collect()),
        _ => None,
    }
}

fn passed(strings: &[Vec<u8>]) -> String {
    // What was a private key is withheld, and the lengths with it.
    if diagnosis::hold_secret(&[strings.concat()]) {
        return "one TXT record".into();
    }
    let lengths: Vec<String> = strings.iter().map(|string| string.len().to_string()).collect();
    format!("one TXT record, strings of {} bytes", lengths.join(" + "))
}

/// True when the name is an alias, and no record is at its end.
fn is_aliased(dns: &DnsFacts, question: &Query) -> bool {
    dns.outcome(question).records().is_empty() && dns.alias_chain(&question.name).count() > 0
}

/// An alias that leads nowhere, or round in a circle.
fn aliased(dns: &DnsFacts, question: &Query, outcome: &Outcome, expected: &Expected) -> Problem {
    let chain = dns.alias_chain(&question.name);
    let what = format!("no public key: {} for TXT {}", chain.fault(outcome), question.name);
    let fix = dns.publish("Delete the alias, and publish what this command prints:", expected);
    Problem::new(Severity::Error, what, NO_KEY, fix).seen(chain.steps())
}

/// More aliases than resolvers like to follow.
fn long(dns: &DnsFacts, question: &Query) -> Option<Problem> {
    let chain = dns.alias_chain(&question.name);
    let (count, severity) = (chain.count(), chain.severity()?);
    let what = format!("the key is behind {count} aliases");
    let means = "resolvers follow at most 8 to 16 aliases: some peers do not get the key";
    let fix = "Make the first alias lead to the name with the record, or put the record at the name of the key.";
    Some(Problem::new(severity, what, means, fix).seen(chain.steps()))
}

fn missing(dns: &DnsFacts, how: &str, question: &Query, expected: &Expected) -> Problem {
    let fix = match dns.near_misses().any(|probe| probe.question.kind == RecordType::Txt) {
        true => "Move the record that is at a wrong name, as dns-near-miss describes.".to_owned(),
        false => dns.publish("Publish what this command prints:", expected),
    };
    Problem::new(Severity::Error, format!("no public key: {how} for TXT {}", question.name), NO_KEY, fix)
}

fn several(dns: &DnsFacts, expected: &Expected, name: &str, records: &[Vec<Vec<u8>>]) -> Problem {
    let count = records.len();
    let diagnosis = diagnosis::examine_records(records);
    let found = |kinds: &[DefectKind]| diagnosis.defects.iter().find(|defect| kinds.contains(&defect.kind));
    let values: Vec<Vec<u8>> = records.iter().map(|strings| strings.concat()).collect();
    let kind = found(&DefectKind::OF_SETS).map(|defect| defect.kind);
    let pieces = diagnosis.defects.iter().find_map(|defect| defect.pieces.as_deref()).unwrap_or_default();
    let order = "servers read only the first record in the response, and name servers change the order";
    let (severity, means, fix) = match kind {
        Some(DefectKind::SplitRecords) => {
            let fix = dns.publish("Delete them all, then add ONE record with all strings in it:", expected);
            (Severity::Error, format!("{order}; each holds {pieces}"), fix)
        }
        Some(DefectKind::TwoKeys) => {
            let fix = dns.publish("Delete them all, then publish the one key that the server uses:", expected);
            (Severity::Error, format!("{order}: which of the keys a peer uses is random"), fix)
        }
        _ if all_one_key(&values) => {
            let means = "all have the same key, so servers find it whichever comes first";
            (Severity::Warning, means.to_owned(), "Delete all but one.".to_owned())
        }
        _ => (Severity::Error, order.to_owned(), "Delete every record but the one with the key.".to_owned()),
    };
    let what = format!("{count} TXT records at {name}; servers read only one");
    let what = kind.map_or(what.clone(), |kind| format!("{what} ({kind})"));
    let shown = diagnosis::shown(&values);
    let evidence = shown.iter().enumerate().map(|(at, value)| format!("{}  {value}", at + 1));
    Problem::new(severity, what, means, fix).seen(evidence)
}

/// True when servers read the same key from each.
fn all_one_key(values: &[Vec<u8>]) -> bool {
    let keys: Vec<_> = values.iter().map(|value| diagnosis::as_servers_read(value)).collect();
    keys.iter().all(|key| key.is_ok() && *key == keys[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{key, problems, sample, set, txt};
    use crate::dns::record::Rr;

    fn judged(outcome: Outcome) -> Vec<Problem> {
        let mut dns = sample();
        let question = key_question(&dns.domain);
        set(&mut dns, &question, outcome);
        problems(judge(&dns, &Expected::default()))
    }

    #[test]
    fn one_record_is_fine() {
        assert_eq!(judge(&sample(), &Expected::default()), Verdict::pass("one TXT record, strings of 255 + 187 bytes"));
    }

    #[test]
    fn none_and_no_answer_are_two_things() {
        assert!(judged(Outcome::NoData)[0].what.starts_with("no public key: NODATA"));
        assert!(judged(Outcome::Timeout)[0].what.contains("cannot be read: timeout"));
    }

    #[test]
    fn a_wildcard_is_no_key_and_a_dead_alias_is_followed() {
        use crate::facts::dns::{Probe, Purpose};
        let mut dns = sample();
        let question = key_question(&dns.domain);
        set(&mut dns, &question, txt(&[&["v=spf1 -all"]]));
        let reply = dns.published(&question).unwrap().clone();
        let stranger = Query::new("fedctl-1.mydomain.com", RecordType::Txt);
        dns.probes.push(Probe { purpose: Purpose::Wildcard, observer: 0, question: stranger, reply });
        let found = problems(judge(&dns, &Expected::default()));
        assert!(found[0].what.starts_with("no public key: only a wildcard answers"), "{found:?}");
        set(&mut dns, &question, Outcome::NxDomain);
        let to = Rr { name: question.name.clone(), ttl: 60, data: RData::Cname("gone.mydomain.com".into()) };
        for seen in dns.observations.iter_mut().filter(|seen| seen.question == question) {
            seen.reply.aliases = vec![to.clone()];
        }
        let found = problems(judge(&dns, &Expected::default()));
        assert_eq!(found[0].evidence, ["rocketchat-public-key.mydomain.com is an alias of gone.mydomain.com"]);
    }

    #[test]
    fn two_halves_are_recognised_in_either_order() {
        let line = key().one_line();
        let found = judged(txt(&[&[&line[255..]], &[&line[..255]]]));
        assert!(found[0].means.contains("joined as 2, 1"), "{found:?}");
        let keys: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors/keys.json")).unwrap();
        let secret = keys[0]["private"].as_str().unwrap();
        // key-secret reports it.
        assert!(judged(txt(&[&[&secret[800..1050]], &[&secret[..250]]])).is_empty());
        let strangers = judged(txt(&[&["v=spf1"], &["x"]]));
        assert!(!strangers[0].means.contains("joined"), "{strangers:?}");
        assert_eq!((strangers[0].severity, strangers[0].fix.contains("all strings")), (Severity::Error, false));
        let twice = judged(txt(&[&[&line[..255], &line[255..]], &[&line[..255], &line[255..], " "]]));
        assert_eq!(twice[0].severity, Severity::Warning, "{twice:?}");
    }
}
