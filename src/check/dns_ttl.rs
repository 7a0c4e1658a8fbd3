//! Are the TTLs short enough to fix a mistake within a day?

use super::{Check, Judge, Needs};
use crate::dns::record::Query;
use crate::facts::dns::{DnsFacts, Expected, Role};
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::questions;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-ttl",
    title: "a mistake in DNS can be fixed within a day",
    page: include_str!("../../docs/checks/dns-ttl.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

/// Seconds. Above a day a wrong record stays for too long; below half a minute every message costs a look-up.
const SANE: std::ops::RangeInclusive<u32> = 30..=86400;
/// Seconds that the absence of a name may be cached (RFC 2308 section 5 recommends one to three hours at most).
const NEGATIVE_MAX: u32 = 10800;

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let records: Vec<(Query, u32)> =
        questions(&dns.domain).into_iter().filter_map(|question| ttl(dns, question)).collect();
    let mut verdicts: Vec<Verdict> = Vec::new();
    let odd: Vec<String> = records
        .iter()
        .filter(|(_, ttl)| !SANE.contains(ttl))
        .map(|(question, ttl)| format!("{} {}: {ttl} s", question.kind, question.name))
        .collect();
    if !odd.is_empty() {
        let what = format!("a TTL outside of {} to {} s", SANE.start(), SANE.end());
        let means = "resolvers cache a mistake for that long, or repeat the query for every message";
        verdicts.push(
            Problem::new(Severity::Notice, what, means, "Use 3600 s, or 300 s while you make changes.")
                .seen(odd)
                .into(),
        );
    }
    let negative = dns.zone.as_ref().map_or(0, |zone| zone.soa.as_ref().map_or(0, |soa| soa.minimum));
    if negative > NEGATIVE_MAX {
        let what = format!("the negative TTL of the zone is {negative} s");
        let means = "a resolver that queried a record before it existed answers for that long that it does not exist";
        let fix = "Lower the last number of the SOA record, for example to 300.";
        verdicts.push(Problem::new(Severity::Notice, what, means, fix).into());
    }
    if !verdicts.is_empty() {
        return verdicts;
    }
    match records.iter().map(|(_, ttl)| ttl).max() {
        Some(longest) => Verdict::pass(format!("{longest} s; a missing name {negative} s")),
        None => Verdict::skip("there is no record to check"),
    }
}

fn ttl(dns: &DnsFacts, question: Query) -> Option<(Query, u32)> {
    let authoritative = dns.replies(&question).filter(|(observer, _)| observer.role == Role::Authority);
    let ttl = authoritative.flat_map(|(_, reply)| reply.outcome.records()).map(|rr| rr.ttl).max()?;
    Some((question, ttl))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample};
    use crate::dns::record::Outcome;

    #[test]
    fn long_and_short_lives_are_noticed() {
        assert!(problems(judge(&sample(), &Expected::default())).is_empty());
        for (ttl, count) in [(604_800, 1), (0, 1), (300, 0)] {
            let mut dns = sample();
            for seen in &mut dns.observations {
                if let Outcome::Found(records) = &mut seen.reply.outcome {
                    records.iter_mut().for_each(|rr| rr.ttl = ttl);
                }
            }
            assert_eq!(problems(judge(&dns, &Expected::default())).len(), count, "{ttl}");
        }
        let mut dns = sample();
        if let Ok(zone) = &mut dns.zone {
            zone.soa.as_mut().unwrap().minimum = 86400;
        }
        assert!(problems(judge(&dns, &Expected::default()))[0].what.contains("negative TTL"));
    }
}
