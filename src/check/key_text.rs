//! Is the published text the key that servers would publish, and can they read it?

use super::{Check, Judge};
use crate::federation::autopsy;
use crate::federation::dns_facts::{DnsFacts, Expected};
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
    let Some(text) = outcome.records().iter().find_map(|rr| rr.data.joined()) else {
        return Verdict::skip("there is no TXT record with a key");
    };
    let autopsy = autopsy::examine(&text);
    if let Some(key) = &autopsy.exact {
        return Verdict::pass(format!("RSA-{}, {}", key.bits(), key.fingerprint().short()));
    }
    let injuries: Vec<String> = autopsy.injuries.iter().map(|injury| injury.what.clone()).collect();
    let what = injuries.first().cloned().unwrap_or_else(|| "it is not a key".into());
    let (severity, means) = match &autopsy.server {
        Ok(_) => (Severity::Warning, "servers read it nevertheless; other software may not".to_owned()),
        Err(line) => (Severity::Error, format!("peers find you, but cannot read your key; their log says `{line}`")),
    };
    let fix = match &autopsy.repaired {
        Some(key) => format!("publish this in its place: {}", key.one_line()),
        None => "publish the text of the public key again, whole, as `fedctl records` prints it".into(),
    };
    vec![
        Problem::new(severity, format!("the published key is injured: {what}"), means, fix)
            .seen(injuries.into_iter().skip(1))
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
    fn what_servers_forgive_is_a_warning_with_the_right_text() {
        let found = judged(&key().pem());
        assert_eq!(found[0].severity, Severity::Warning);
        assert!(found[0].fix.ends_with(&key().one_line()), "{found:?}");
    }
}
