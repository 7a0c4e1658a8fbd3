//! Who would ask the hub at all?

use super::{Check, Judge, Needs};
use crate::facts::hub::HubFacts;
use crate::facts::hub_discovery::{asks_hub, discoveries};
use crate::report::{Problem, Verdict, with_line};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "hub-audience",
    title: "servers of every release find the domain, by DNS or by the hub",
    page: include_str!("../../docs/checks/hub-audience.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Hub(judge),
};

fn judge(facts: &HubFacts) -> Vec<Verdict> {
    if facts.records.answers.iter().all(|(_, outcome)| !outcome.is_answer()) {
        return Verdict::skip("no resolver answered, so nothing is known about the records");
    }
    let by_dns: Vec<_> = discoveries(&facts.records, None);
    let domain = &facts.domain;
    let lost: Vec<&str> = by_dns
        .iter()
        .filter(|discovery| !discovery.is_usable() && matches!(discovery.id, "G5" | "G6"))
        .map(|discovery| discovery.releases)
        .collect();
    if !lost.is_empty() {
        // With an SRV record in place it is the key that is wrong, and `dns-check` says how.
        let published =
            by_dns.iter().filter(|discovery| matches!(discovery.id, "G5" | "G6") && discovery.url.is_some());
        if let Some(error) = published.filter_map(|discovery| discovery.error.as_ref()).next() {
            return vec![
                Problem::new(
                    Severity::Warning,
                    format!("servers of {} cannot use the DNS records of {domain}: `{error}`", lost.join(" and ")),
                    "they cannot use a hub either: look-ups at a hub do not work from 4.2 on",
                    with_line("Find out what is wrong with the records:", &format!("fedctl dns-check {domain}")),
                )
                .into(),
            ];
        }
        return vec![
            Problem::new(
                Severity::Warning,
                format!(
                    "servers of {} cannot find {domain}: not by DNS, and they cannot use a hub",
                    lost.join(" and ")
                ),
                "look-ups at a hub do not work from 4.2 on; these servers need DNS records",
                with_line("Publish records:", &format!("fedctl records {domain} --target HOST --key FILE")),
            )
            .into(),
        ];
    }
    let askers: Vec<&str> =
        by_dns.iter().filter(|discovery| asks_hub(discovery)).map(|discovery| discovery.releases).collect();
    if askers.is_empty() {
        return Verdict::pass(format!("every server finds {domain} by its DNS records; none queries the hub"));
    }
    Verdict::pass(format!("the hub is queried by {}; the others use the DNS records", askers.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::hub_sample::{records, sample};
    use crate::check::sample::problems;
    use crate::dns::record::{CharacterString, Outcome, RData, Rr};

    #[test]
    fn a_hub_alone_does_not_reach_later_servers() {
        assert!(problems(judge(&sample())).is_empty());
        let found = problems(judge(&HubFacts { records: records(false), ..sample() }));
        let mut broken = sample();
        for (question, outcome) in &mut broken.records.answers {
            if question.name.starts_with("rocketchat-public-key.") {
                let data = RData::Txt(vec![CharacterString(b"no key".to_vec())]);
                *outcome = Outcome::Found(vec![Rr { name: String::new(), ttl: 60, data }]);
            }
        }
        let description = problems(judge(&broken));
        assert!(
            description[0].what.contains("cannot use the DNS records") && description[0].fix.contains("dns-check"),
            "{}",
            description[0].what
        );
        assert!(found[0].what.contains("4.2.0 – 6.2.x and 6.3.0 – 7.10.x"), "{}", found[0].what);
    }
}
