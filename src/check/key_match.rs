//! Is the published key the expected one?

use super::{Check, Judge, Needs};
use crate::facts::dns::{DnsFacts, Expected};
use crate::key::diagnosis::{self, DefectKind};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::generation::key_question;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "key-match",
    title: "the published key is the server's key",
    page: include_str!("../../docs/checks/key-match.md"),
    stage: None,
    minor: false,
    needs: Needs::KeyValue,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, expected: &Expected) -> Vec<Verdict> {
    let Some(wanted) = &expected.key else { return Verdict::skip("no --key was given to compare with") };
    let outcome = dns.outcome(&key_question(&dns.domain));
    let Some(text) = outcome.records().iter().find_map(|rr| rr.data.joined()) else {
        return Verdict::skip("there is no TXT record with a key");
    };
    let Ok(published) = diagnosis::as_servers_read(&text) else {
        return Verdict::skip("the published key cannot be read");
    };
    if published == *wanted {
        return Verdict::pass(format!("equals {}", expected.key_source));
    }
    let line = wanted.one_line();
    let how = match diagnosis::compare(&text, wanted) {
        Some(found) if found.is_one_character() => format!("{found} ({})", DefectKind::OneCharacterChanged),
        Some(found) => format!("they differ from character {} on ({})", found.position(), DefectKind::OtherKey),
        None => "they differ".into(),
    };
    vec![
        Problem::new(
            Severity::Error,
            format!("the published key is not {}: {how}", expected.key_source),
            "peers encrypt to a key that your server does not have, and refuse what it sends; their log says `Error during decryption (probably incorrect key)`",
            with_line(&format!("If {} is what the server uses, publish it:", expected.key_source), &line),
        )
        .seen([
            format!("published {}", published.fingerprint()),
            format!("expected  {}", wanted.fingerprint()),
        ])
        .into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{key, problems, sample};
    use crate::key::PrivateKey;

    #[test]
    fn another_key_is_an_error_and_none_to_compare_is_a_skip() {
        let expect = |key| Expected { key: Some(key), key_source: "federation.pub".into(), ..Expected::default() };
        assert_eq!(judge(&sample(), &expect(key())), Verdict::pass("equals federation.pub"));
        let other = PrivateKey::generate(2048).unwrap();
        let found = problems(judge(&sample(), &expect(other.public().clone())));
        assert_eq!(found[0].severity, Severity::Error);
        assert!(matches!(judge(&sample(), &Expected::default()).as_slice(), [Verdict::Skip { .. }]));
    }
}
