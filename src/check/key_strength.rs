//! Is the published key strong enough, and of a size that servers count right?

use super::{Check, Judge};
use crate::federation::autopsy;
use crate::federation::dns_facts::{DnsFacts, Expected};
use crate::federation::generation::key_question;
use crate::federation::report::{Problem, Severity, Verdict};

pub const CHECK: Check = Check {
    id: "key-strength",
    title: "the key has a sound size",
    page: include_str!("../../docs/checks/key-strength.md"),
    judge: Judge::Dns(judge),
};

/// Bits below which RSA is no longer recommended (NIST SP 800-131A).
const STRONG: usize = 2048;

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let outcome = dns.outcome(&key_question(&dns.domain));
    let text = outcome.records().iter().find_map(|rr| rr.data.joined());
    let Some(key) = text.and_then(|text| autopsy::examine(&text).server.ok()) else {
        return Verdict::skip("there is no key that can be read");
    };
    let bits = key.bits();
    let new = "make a new pair with `fedctl keygen`, put it into the server and publish it";
    if bits % 8 == 1 {
        let means = "servers miscount the length of such a key and cannot open anything that it signed";
        return vec![
            Problem::new(Severity::Error, format!("the key has an odd size of {bits} bits"), means, new).into(),
        ];
    }
    if bits < STRONG {
        let means = "servers use it, but RSA of this size can be broken";
        return vec![Problem::new(Severity::Warning, format!("the key is weak: {bits} bits"), means, new).into()];
    }
    Verdict::pass(format!("{bits} bits, exponent {}", key.exponent()))
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
        assert_eq!((found[0].severity, found[0].what.as_str()), (Severity::Warning, "the key is weak: 1024 bits"));
    }
}
