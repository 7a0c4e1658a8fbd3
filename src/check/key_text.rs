//! Is the published text the key that servers would publish, and can they read it?

use super::{Check, Judge};
use crate::federation::autopsy::{self, Injury, Kind};
use crate::federation::dns_facts::{DnsFacts, Expected};
use crate::federation::facts::RrData;
use crate::federation::generation::key_question;
use crate::federation::report::{Problem, Severity, Verdict};

pub const CHECK: Check = Check {
    id: "key-text",
    title: "the published text is a whole key",
    page: include_str!("../../docs/checks/key-text.md"),
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let outcome = dns.outcome(&key_question(&dns.domain));
    let strings = outcome.records().iter().find_map(|rr| match &rr.data {
        RrData::Txt(strings) => Some(strings.iter().map(|string| string.0.clone()).collect::<Vec<_>>()),
        _ => None,
    });
    let Some(strings) = strings else {
        return Verdict::skip("there is no TXT record with a key");
    };
    let autopsy = autopsy::examine_records(&[strings]);
    if let Some(key) = &autopsy.exact {
        return Verdict::pass(format!("RSA-{}, {}", key.bits(), key.fingerprint().short()));
    }
    let told = |injury: &Injury| format!("{} ({})", injury.what, injury.kind);
    let (severity, what, remedy) = match autopsy.injuries.first() {
        Some(worst) => (worst.severity, told(worst), worst.kind.remedy()),
        None => (Severity::Error, "it is not a key".into(), Kind::NotAKey.remedy()),
    };
    let means = match &autopsy.server {
        _ if autopsy.has(Kind::PrivateKey) => "everybody can read it in DNS: it is no secret any more".to_owned(),
        Ok(_) if severity == Severity::Error => {
            "servers read it without complaint, but no message that uses it can be opened".to_owned()
        }
        Ok(_) => "servers read it nevertheless; other software may not".to_owned(),
        Err(line) => format!("peers find you, but cannot read your key; their log says `{line}`"),
    };
    let fix = match &autopsy.repaired {
        Some(key) => format!("publish this in its place: {}", key.one_line()),
        None => remedy.into(),
    };
    vec![
        Problem::new(severity, format!("the published key is injured: {what}"), means, fix)
            .seen(autopsy.injuries.iter().skip(1).map(told))
            .into(),
    ]
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
    fn a_private_key_is_told_and_not_shown() {
        let keys: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors/keys.json")).unwrap();
        let secret = keys[0]["private"].as_str().unwrap();
        for text in [secret, &secret[30..200], &secret[800..]] {
            let found = judged(text);
            assert!(found[0].what.contains("private-key") && found[0].fix.contains("fedctl keygen"), "{found:?}");
            let told = format!("{found:?}");
            assert!(!secret.as_bytes()[40..].windows(12).any(|part| told.contains(std::str::from_utf8(part).unwrap())));
        }
    }

    #[test]
    fn what_servers_forgive_is_no_error_and_comes_with_the_right_text() {
        let found = judged(&key().pem());
        assert_eq!(found[0].severity, Severity::Notice);
        assert!(found[0].fix.ends_with(&key().one_line()), "{found:?}");
    }
}
