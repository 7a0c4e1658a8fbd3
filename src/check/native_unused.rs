//! Which records of classic federation does native federation leave unused?

use super::{Check, Judge, Needs};
use crate::count::{counted, is_or_are};
use crate::dns::record::Query;
use crate::facts::dns::DnsFacts;
use crate::facts::native::NativeFacts;
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::questions;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "native-unused",
    title: "no records of classic federation are left",
    page: include_str!("../../docs/checks/native-unused.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Native(judge),
};

fn judge(dns: &DnsFacts, _: &NativeFacts) -> Vec<Verdict> {
    if dns.is_unresponsive() {
        return Verdict::skip(super::UNRESPONSIVE);
    }
    let exists = |question: &Query| {
        let outcome = dns.outcome(question);
        !outcome.records().is_empty() && !dns.is_wildcard(question.kind, outcome)
    };
    let left: Vec<String> = questions(&dns.domain)
        .iter()
        .filter(|question| exists(question))
        .map(|question| format!("{} {}", question.kind, question.name))
        .collect();
    if left.is_empty() {
        return Verdict::pass("none");
    }
    let what =
        format!("{} of classic federation {} still published", counted(left.len(), "record"), is_or_are(left.len()));
    let means = "releases from 7.11 on do not read them; peers on older releases do";
    let fix = "Remove them when no peer runs a release before 7.11.";
    vec![Problem::new(Severity::Notice, what, means, fix).seen(left).into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample as dns, set};
    use crate::dns::record::Outcome;
    use crate::facts::native::sample::sample;

    #[test]
    fn records_that_are_left_are_listed() {
        let mut dns = dns();
        let found = problems(judge(&dns, &sample()));
        assert_eq!((found.len(), found[0].severity, found[0].evidence.len()), (1, Severity::Notice, 3));
        for question in questions(&dns.domain) {
            set(&mut dns, &question, Outcome::NxDomain);
        }
        assert_eq!(judge(&dns, &sample()), Verdict::pass("none"));
    }
}
