//! Is the published key strong enough, and of a size that servers count right?

use super::{Check, Judge, Needs};
use crate::facts::dns::{DnsFacts, Expected};
use crate::key::diagnosis::{self, DefectKind};
use crate::key::{DEFAULT_BITS, SIZES};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::generation::key_question;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "key-strength",
    title: "the key has a secure size",
    page: include_str!("../../docs/checks/key-strength.md"),
    stage: None,
    minor: true,
    needs: Needs::KeyValue,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let outcome = dns.outcome(&key_question(&dns.domain));
    let text = outcome.records().iter().find_map(|rr| rr.data.joined());
    let Some(key) = text.and_then(|text| diagnosis::as_servers_read(&text).ok()) else {
        return Verdict::skip("there is no key that can be read");
    };
    let bits = key.bits();
    let new = &with_line("Make a new pair, put it into the server and publish its public half:", "fedctl keygen");
    let compare =
        with_line("Compare it with the key of the server:", &format!("fedctl dns-check {} --key FILE", dns.domain));
    let compare = format!("{compare}\nIf it is the same, replace it. {new}");
    let strange = "servers never make such a key: check that it is the server's key and was copied without a mistake";
    let odd = format!("the key has an unusual size of {bits} bits ({})", DefectKind::OddSize);
    let mut found: Vec<Verdict> = Vec::new();
    if bits % 8 == 1 {
        let means = "servers miscount the length of such a key and cannot decrypt anything that it signed";
        found.push(Problem::new(Severity::Error, odd, means, new).into());
    } else if bits < DEFAULT_BITS {
        let what = format!("the key is weak: {bits} bits ({})", DefectKind::WeakSize);
        let means = "servers use it, but RSA of this size can be broken";
        found.push(Problem::new(Severity::Warning, what, means, new).into());
    } else if !SIZES.contains(&bits) {
        found.push(Problem::new(Severity::Warning, odd, strange, &compare).into());
    }
    if *key.e() != 65537u32.into() {
        let what = format!("the key has the exponent {} ({})", key.e(), DefectKind::OddExponent);
        found.push(Problem::new(Severity::Warning, what, strange, &compare).into());
    }
    if found.is_empty() {
        return Verdict::pass(format!("{bits} bits, exponent {}", key.e()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, set, txt};

    #[test]
    fn a_weak_key_is_warned_about() {
        assert!(problems(judge(&sample(), &Expected::default())).is_empty());
        let keys: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors/keys.json")).unwrap();
        let small =
            keys.as_array().unwrap().iter().find(|key| key["bits"] == 1024).unwrap()["public"].as_str().unwrap();
        let mut dns = sample();
        let question = key_question(&dns.domain);
        set(&mut dns, &question, txt(&[&[small]]));
        let found = problems(judge(&dns, &Expected::default()));
        assert_eq!(
            (found[0].severity, found[0].what.as_str()),
            (Severity::Warning, "the key is weak: 1024 bits (weak-size)")
        );
    }

    #[test]
    fn odd_numbers_are_warned_about() {
        use crate::check::sample::key;
        use crate::key::PublicKey;
        use num_bigint::BigUint;
        let own = key();
        let made = |factor: u32, exponent: u32| {
            let n = own.n() * BigUint::from(factor);
            PublicKey::from_numbers(n, exponent.into()).unwrap().one_line()
        };
        for (line, severity, part) in [
            (made(1, 3), Severity::Warning, "exponent 3 (odd-exponent)"),
            (made(16_777_259, 65537), Severity::Warning, "2072 bits (odd-size)"),
            (made(33_554_467, 65537), Severity::Error, "2073 bits (odd-size)"),
        ] {
            let mut dns = sample();
            let question = key_question(&dns.domain);
            set(&mut dns, &question, txt(&[&[&line]]));
            let found = problems(judge(&dns, &Expected::default()));
            assert!(found[0].severity == severity && found[0].what.contains(part), "{found:?}");
        }
    }
}
