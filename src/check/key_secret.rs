//! Is a private key published anywhere that was looked at?

use super::{Check, Judge, Needs};
use crate::facts::dns::{DnsFacts, Expected, Purpose};
use crate::key::diagnosis::DefectKind;
use crate::report::{Problem, Verdict, with_line};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "key-secret",
    title: "no private key is published",
    page: include_str!("../../docs/checks/key-secret.md"),
    stage: None,
    minor: true,
    needs: Needs::Records,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let places = dns.secrets();
    if places.is_empty() {
        return Verdict::pass("none of the texts that were read is a private key");
    }
    let stranger = dns
        .probed(|purpose| *purpose == Purpose::Wildcard)
        .find(|(_, probe)| places.contains(probe.question.name.as_str()));
    let names = match stranger {
        // Every name that does not exist has it.
        Some(_) => format!("*.{}", dns.domain),
        None => places.into_iter().collect::<Vec<_>>().join(", "),
    };
    let what = format!("a private key is published at TXT {names} ({})", DefectKind::PrivateKey);
    let means = "DNS is public, so the key is no longer secret: anyone with it can send as your server and read what \
     peers send to it";
    let fix = with_line(
        "Delete the record now. Caches and copies keep the old private key, so make a new pair, put it into the server and \
         publish its public half:",
        "fedctl keygen",
    );
    vec![Problem::new(Severity::Error, what, means, fix).into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, set, txt};
    use crate::dns::record::{Query, RecordType};

    #[test]
    fn a_private_key_is_found_wherever_it_is_and_never_shown() {
        let keys: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors/keys.json")).unwrap();
        let secret = keys[0]["private"].as_str().unwrap();
        assert!(problems(judge(&sample(), &Expected::default())).is_empty());
        for label in ["rocketchat-public-key", "rocketchat-protocol"] {
            let mut dns = sample();
            let name = format!("{label}.mydomain.com");
            for text in [secret, &secret[30..200], &secret[800..]] {
                let strings: Vec<&str> =
                    text.as_bytes().chunks(250).map(|part| std::str::from_utf8(part).unwrap()).collect();
                set(&mut dns, &Query::new(&name, RecordType::Txt), txt(&[&strings]));
                let found = problems(judge(&dns, &Expected::default()));
                assert!(found.len() == 1 && found[0].what.contains(&name), "{found:?}");
                let description = format!("{found:?}");
                let mut parts = text.as_bytes().windows(12).skip(40).map(|part| std::str::from_utf8(part).unwrap());
                assert!(!parts.any(|part| description.contains(part)), "{description}");
            }
        }
    }
}
