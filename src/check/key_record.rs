//! Is there exactly one TXT record with the public key?

use super::{Check, Judge, MUTE};
use crate::federation::autopsy::{self, Kind};
use crate::federation::dns_facts::{DnsFacts, Expected};
use crate::federation::facts::{Outcome, RrData};
use crate::federation::generation::key_question;
use crate::federation::report::{Problem, Severity, Verdict};

pub const CHECK: Check = Check {
    id: "key-record",
    title: "one TXT record holds the public key",
    page: include_str!("../../docs/checks/key-record.md"),
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, expected: &Expected) -> Vec<Verdict> {
    if dns.is_mute() {
        return Verdict::skip(MUTE);
    }
    let question = key_question(&dns.domain);
    let name = &question.name;
    let outcome = dns.outcome(&question);
    let records: Vec<Vec<u8>> = outcome.records().iter().filter_map(|rr| rr.data.joined()).collect();
    match (&outcome, records.len()) {
        (Outcome::Found(_), 1) => Verdict::pass(strings(&outcome)),
        (Outcome::Found(_), _) => vec![several(name, &records, &dns.publish(expected)).into()],
        (Outcome::NoData | Outcome::NxDomain, _) => vec![missing(name, &outcome, &dns.publish(expected)).into()],
        (failure, _) => vec![
            Problem::new(
                Severity::Error,
                format!("TXT {name} cannot be read: {failure}"),
                "no server of any release gets the key, so no message can be encrypted or checked",
                "this is a failure of the name servers, not a missing record: mend them first",
            )
            .into(),
        ],
    }
}

fn strings(outcome: &Outcome) -> String {
    let lengths: Vec<String> = outcome
        .records()
        .iter()
        .filter_map(|rr| match &rr.data {
            RrData::Txt(strings) => Some(strings.iter().map(|string| string.0.len().to_string()).collect::<Vec<_>>()),
            _ => None,
        })
        .flatten()
        .collect();
    format!("one TXT record, strings of {} bytes", lengths.join(" + "))
}

fn missing(name: &str, outcome: &Outcome, publish: &str) -> Problem {
    Problem::new(
        Severity::Error,
        format!("no public key: {outcome} for TXT {name}"),
        "no server of any release gets the key, so no message can be encrypted or checked",
        format!("publish what this prints: {publish}"),
    )
}

fn several(name: &str, records: &[Vec<u8>], publish: &str) -> Problem {
    let autopsy = autopsy::examine_records(&records.iter().map(|record| vec![record.clone()]).collect::<Vec<_>>());
    let secret = autopsy.has(Kind::PrivateKey);
    let shown = autopsy::shown(records);
    let evidence = shown.iter().enumerate().map(|(at, value)| format!("{}  {value}", at + 1));
    let mut means = "servers read only the first of the answer, and name servers change the order".to_owned();
    let about = [Kind::PrivateKey, Kind::SplitRecords, Kind::KeyNotFirst, Kind::TwoKeys];
    if let Some(injury) = autopsy.injuries.iter().find(|injury| about.contains(&injury.kind)) {
        means += &format!(
            "; {}",
            injury
                .what
                .trim_start_matches(&format!("{} TXT records, and servers read only the first: ", records.len()))
        );
    }
    let fix = match secret {
        true => Kind::PrivateKey.remedy().to_owned(),
        false => format!("delete them all, then add ONE record with all strings in it: {publish}"),
    };
    Problem::new(Severity::Error, format!("{} TXT records at {name}; servers read only one", records.len()), means, fix)
        .seen(evidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{key, problems, sample, set, txt};

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
    fn two_halves_are_recognised_in_either_order() {
        let line = key().one_line();
        let found = judged(txt(&[&[&line[255..]], &[&line[..255]]]));
        assert!(found[0].means.contains("joined as 2, 1"), "{found:?}");
        let keys: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors/keys.json")).unwrap();
        let secret = keys[0]["private"].as_str().unwrap();
        let leaked = judged(txt(&[&[&secret[800..1050]], &[&secret[..250]]]));
        assert!(leaked[0].fix.contains("fedctl keygen") && !format!("{leaked:?}").contains(&secret[40..52]));
        let strangers = judged(txt(&[&["v=spf1"], &["x"]]));
        assert!(!strangers[0].means.contains("joined"), "{strangers:?}");
    }
}
