//! What will the server's own wizard show in red although it is right?

use super::{Check, Judge, Needs};
use crate::dns::record::{Query, RData, RecordType};
use crate::facts::dns::{DnsFacts, Expected};
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::SrvLabel;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-wizard",
    title: "the server's setup wizard accepts the records",
    page: include_str!("../../docs/checks/dns-wizard.md"),
    stage: None,
    minor: true,
    needs: Needs::Records,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let mut seen = false;
    let mut red = Vec::new();
    for label in SrvLabel::ALL {
        let owner = label.owner(&dns.domain);
        let outcome = dns.outcome(&Query::new(&owner, RecordType::Srv));
        if dns.is_wildcard(RecordType::Srv, outcome) {
            continue;
        }
        for rr in outcome.records() {
            if let RData::Srv { priority, weight, target, .. } = &rr.data
                && !target.is_empty()
            {
                seen = true;
                let odd = [("priority", *priority), ("weight", *weight)].into_iter().filter(|(_, value)| *value != 1);
                let odd: Vec<String> = odd.map(|(name, value)| format!("{name} {value}")).collect();
                if !odd.is_empty() {
                    red.push(format!("{owner}: {}; the wizard expects 1", odd.join(" and ")));
                }
            }
        }
    }
    if !seen {
        return Verdict::skip("there is no SRV record");
    }
    if red.is_empty() {
        return Verdict::pass(
            "weight 1, priority 1; the wizard shows 443 in red when the Site URL has no port, although it is right",
        );
    }
    let means =
        "servers never read priority and weight; only the wizard of 3.17 to 6.2 does, and shows the record in red";
    vec![
        Problem::new(
            Severity::Notice,
            "the server's wizard shows the SRV record as wrong",
            means,
            "Set both to 1, or ignore the wizard.",
        )
        .seen(red)
        .into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample};
    use crate::dns::record::Outcome;

    #[test]
    fn another_weight_than_1_is_explained() {
        assert!(problems(judge(&sample(), &Expected::default())).is_empty());
        let mut dns = sample();
        for seen in &mut dns.observations {
            if let Outcome::Found(records) = &mut seen.reply.outcome {
                for rr in records {
                    if let RData::Srv { weight, .. } = &mut rr.data {
                        *weight = 5;
                    }
                }
            }
        }
        let found = problems(judge(&dns, &Expected::default()));
        assert_eq!((found[0].severity, found[0].evidence.len()), (Severity::Notice, 2));
    }
}
