//! Is there exactly one TXT record with the public key?

use super::{Check, Judge, MUTE};
use crate::federation::autopsy;
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

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    if dns.is_mute() {
        return Verdict::skip(MUTE);
    }
    let question = key_question(&dns.domain);
    let name = &question.name;
    let outcome = dns.outcome(&question);
    let records: Vec<Vec<u8>> = outcome.records().iter().filter_map(|rr| rr.data.joined()).collect();
    match (&outcome, records.len()) {
        (Outcome::Found(_), 1) => Verdict::pass(strings(&outcome)),
        (Outcome::Found(_), _) => vec![several(name, &records).into()],
        (Outcome::NoData | Outcome::NxDomain, _) => vec![missing(name, &outcome, &dns.domain.to_string()).into()],
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

fn missing(name: &str, outcome: &Outcome, domain: &str) -> Problem {
    Problem::new(
        Severity::Error,
        format!("no public key: {outcome} for TXT {name}"),
        "no server of any release gets the key, so no message can be encrypted or checked",
        format!("publish what this prints: fedctl records {domain} --target chat.{domain} --key federation.pub"),
    )
}

fn several(name: &str, records: &[Vec<u8>]) -> Problem {
    let evidence =
        records.iter().enumerate().map(|(at, value)| format!("{}  {} bytes  {}", at + 1, value.len(), ends(value)));
    let mut means = "servers read only the first of the answer, and name servers change the order".to_owned();
    if let Some(order) = whole(records) {
        let order: Vec<String> = order.iter().map(|at| (at + 1).to_string()).collect();
        means += &format!("; joined as {} they are one whole key, so each record holds a part of it", order.join(", "));
    }
    Problem::new(
        Severity::Error,
        format!("{} TXT records at {name}; servers read only one", records.len()),
        means,
        "delete them all, then add ONE record with all strings in it, the one that starts with -----BEGIN first",
    )
    .seen(evidence)
}

/// The order in which the records join to a key that is exactly right; two or three pieces are all that a key is ever cut into.
fn whole(records: &[Vec<u8>]) -> Option<Vec<usize>> {
    let exact = |order: &Vec<usize>| {
        let joined: Vec<u8> = order.iter().flat_map(|at| records[*at].iter().copied()).collect();
        autopsy::examine(&joined).exact.is_some()
    };
    let orders: Vec<Vec<usize>> = match records.len() {
        2 => vec![vec![0, 1], vec![1, 0]],
        3 => [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].map(Vec::from).to_vec(),
        _ => Vec::new(),
    };
    orders.into_iter().find(exact)
}

/// Both ends of a value, unless it may hold a secret.
fn ends(value: &[u8]) -> String {
    let text: String =
        value.iter().map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { *byte as char } else { '�' }).collect();
    if text.contains("PRIVATE") {
        return "(a private key, not shown)".into();
    }
    let (head, tail): (String, Vec<char>) = (text.chars().take(24).collect(), text.chars().rev().take(24).collect());
    if text.len() <= 60 { text } else { format!("{head}…{}", tail.into_iter().rev().collect::<String>()) }
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
        let strangers = judged(txt(&[&["v=spf1"], &["x"]]));
        assert!(!strangers[0].means.contains("joined"), "{strangers:?}");
    }
}
