//! Was everything looked at?

use super::{Check, Judge, Needs};
use crate::count::counted;
use crate::facts::dns::{DnsFacts, Expected};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-limits",
    title: "all servers and records were checked",
    page: include_str!("../../docs/checks/dns-limits.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let mut evidence: Vec<String> = dns.left_out.iter().map(ToString::to_string).collect();
    let cut = dns.observations.iter().filter(|seen| seen.reply.omitted > 0);
    let mut answers: Vec<String> = cut
        .map(|seen| {
            let omitted = seen.reply.omitted;
            let (kind, name) = (seen.question.kind, &seen.question.name);
            format!("{} of {kind} {name}: fedctl keeps the first 100", counted(omitted, "record"))
        })
        .collect();
    answers.sort();
    answers.dedup();
    evidence.extend(answers);
    if evidence.is_empty() {
        return Verdict::pass("nothing was left out");
    }
    let means = "the findings are valid for what was checked; the rest may be wrong too";
    let fix = "Remove what the domain does not need. For slow servers, give more time with --deadline.";
    vec![Problem::new(Severity::Notice, "not everything was checked", means, fix).seen(evidence).into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample};
    use crate::facts::dns::LeftOut;

    #[test]
    fn what_was_left_out_is_listed() {
        let mut dns = sample();
        assert!(problems(judge(&dns, &Expected::default())).is_empty());
        dns.left_out = vec![LeftOut::Servers(87), LeftOut::Late(1)];
        dns.observations[0].reply.omitted = 900;
        let found = problems(judge(&dns, &Expected::default()));
        assert_eq!(found[0].evidence[0], "87 name servers: the domain has more than fedctl queries");
        assert_eq!(found[0].evidence[1], "1 query: the time of --deadline was over");
        assert!(found[0].evidence[2].starts_with("900 records of "), "{found:?}");
    }
}
