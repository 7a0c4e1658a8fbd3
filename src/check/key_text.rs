//! Is the published text the key that servers would publish, and can they read it?

use super::key_record::{is_only_wildcard, strings};
use super::{Check, Judge, Needs};
use crate::facts::dns::{DnsFacts, Expected};
use crate::key::diagnosis::{self, Defect, DefectKind, Diagnosis};
use crate::report::wording::sentence;
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::generation::key_question;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "key-text",
    title: "the published text is a complete key",
    page: include_str!("../../docs/checks/key-text.md"),
    stage: None,
    minor: false,
    needs: Needs::KeyValue,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, expected: &Expected) -> Vec<Verdict> {
    let outcome = dns.outcome(&key_question(&dns.domain));
    let records: Vec<Vec<Vec<u8>>> = outcome.records().iter().filter_map(|rr| strings(&rr.data)).collect();
    let Some(first) = records.first() else {
        return Verdict::skip("there is no TXT record with a key");
    };
    if is_only_wildcard(dns, outcome) {
        return Verdict::skip("only a wildcard answers; see key-record");
    }
    let mut diagnosis = diagnosis::examine_records(&records);
    // Other checks tell of these.
    diagnosis
        .defects
        .retain(|defect| !DefectKind::OF_SETS.contains(&defect.kind) && !DefectKind::OF_NUMBERS.contains(&defect.kind));
    if diagnosis.has(DefectKind::PrivateKey) {
        return Verdict::skip("a private key is published; see key-secret");
    }
    if diagnosis.defects.is_empty() {
        let alone = diagnosis.server.as_ref().ok().filter(|_| records.len() == 1);
        return match diagnosis.verified.as_ref().or(alone) {
            Some(key) => Verdict::pass(format!("RSA-{}, {}", key.bits(), key.fingerprint().short())),
            None => Verdict::skip("the records are wrong as a set; see key-record"),
        };
    }
    vec![damaged(dns, &diagnosis, &first.concat(), expected).into()]
}

fn damaged(dns: &DnsFacts, diagnosis: &Diagnosis, text: &[u8], expected: &Expected) -> Problem {
    let description = |defect: &Defect| format!("{} ({})", defect.what, defect.kind);
    let (severity, what, remedy) = match diagnosis.defects.first() {
        Some(worst) => (worst.severity, description(worst), worst.kind.remedy_without_key()),
        None => (Severity::Error, "it is not a key".into(), DefectKind::NotAKey.remedy_without_key()),
    };
    let secret = diagnosis.has(DefectKind::PrivateKey);
    let is_cut = diagnosis.defects.first().is_some_and(|worst| DefectKind::OF_CUTS.contains(&worst.kind));
    let means = match &diagnosis.server {
        _ if secret => "DNS is public, so the key is no longer secret".to_owned(),
        _ if text.is_empty() => "peers treat an empty text as missing, and query the hub".to_owned(),
        Ok(_) if severity == Severity::Error => {
            "servers read it without an error, but no message with this key can be decrypted".to_owned()
        }
        Ok(_) => "servers accept it; other software may not".to_owned(),
        Err(line) => format!("peers find you, but cannot read your key; their log says `{line}`"),
    };
    let mut seen: Vec<String> = diagnosis.defects.iter().skip(1).map(description).collect();
    let wanted = expected.key.as_ref().filter(|_| !secret && diagnosis.repaired.is_none());
    let difference = wanted.and_then(|key| diagnosis::compare(text, key)).filter(|found| found.is_one_character());
    if let Some(difference) = difference {
        seen.push(format!("compared with {}, {difference} ({})", expected.key_source, DefectKind::OneCharacterChanged));
    }
    let fix = match diagnosis.repaired.as_ref().or(wanted) {
        Some(key) => with_line("Publish this instead:", &key.one_line()),
        None if is_cut => {
            dns.publish("Publish the whole key, cut into strings of at most 255 bytes in one record:", expected)
        }
        None => sentence(remedy),
    };
    Problem::new(severity, format!("the published key is damaged: {what}"), means, fix).seen(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{key, problems, sample, set, txt};

    fn judged(text: &str) -> Vec<Problem> {
        let mut dns = sample();
        let question = key_question(&dns.domain);
        set(&mut dns, &question, txt(&[&[text]]));
        problems(judge(&dns, &Expected::default()))
    }

    #[test]
    fn a_whole_key_is_fine_and_half_a_key_is_not() {
        assert!(problems(judge(&sample(), &Expected::default())).is_empty());
        let half = judged(&key().one_line()[255..]);
        assert_eq!(half[0].severity, Severity::Error);
        assert!(half[0].means.contains("their log says `InvalidAsn1Error"), "{half:?}");
    }

    #[test]
    fn what_servers_forgive_is_no_error_and_comes_with_the_right_text() {
        let found = judged(&key().pem());
        assert_eq!(found[0].severity, Severity::Notice);
        assert!(found[0].fix.ends_with(&key().one_line()), "{found:?}");
    }

    #[test]
    fn pieces_in_several_records_are_left_to_key_record() {
        let mut dns = sample();
        let (question, line) = (key_question(&dns.domain), key().one_line());
        set(&mut dns, &question, txt(&[&[&line[255..]], &[&line[..255]]]));
        assert!(matches!(judge(&dns, &Expected::default()).as_slice(), [Verdict::Skip { .. }]));
        set(&mut dns, &question, txt(&[&["v=spf1"], &["x"]]));
        assert!(problems(judge(&dns, &Expected::default()))[0].what.contains("not-a-key"));
    }

    #[test]
    fn half_a_key_comes_with_the_line_that_prints_the_whole() {
        let found = judged(&key().one_line()[..255]);
        assert!(
            found[0].fix.ends_with("fedctl records mydomain.com --target chat.mydomain.com --key federation.pub"),
            "{found:?}"
        );
    }

    #[test]
    fn a_known_key_shows_which_character_is_lost_and_what_to_publish() {
        let mut dns = sample();
        let (question, line) = (key_question(&dns.domain), key().one_line());
        set(&mut dns, &question, txt(&[&[&line[..100], &line[101..]]]));
        let expected = Expected { key: Some(key()), key_source: "federation.pub".into(), ..Expected::default() };
        let found = problems(judge(&dns, &expected));
        assert!(found[0].evidence[0].contains("character 101 (one-character-changed)"), "{found:?}");
        assert!(
            found[0].fix.ends_with(&line)
                && judged(&(line[..100].to_owned() + &line[101..]))[0].fix.starts_with("Copy")
        );
    }
}
