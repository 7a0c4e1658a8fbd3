//! What `fedctl watch` keeps of the facts of one check.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{judge_dns, judge_hub, judge_peer};
use crate::dns::record::RData;
use crate::facts::dns::{DnsFacts, Expected};
use crate::facts::hub::HubFacts;
use crate::facts::peer::PeerFacts;
use crate::report::watch::{Finding, Property, Snapshot, Verdict};
use crate::report::{Line, Report, Suppression};
use crate::rocketchat::generation::questions;
use crate::severity::Severity;

/// Digits of the digest of the records that are kept.
const DIGEST: usize = 16;

/// What was observed of one domain.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    pub dns: &'a DnsFacts,
    /// `None` when nothing was to be connected to.
    pub peer: Option<&'a PeerFacts>,
    /// `None` without a hub.
    pub hub: Option<&'a HubFacts>,
    /// Milliseconds.
    pub elapsed: u64,
}

/// Judges everything by all checks, and keeps the worst of each.
pub fn snapshot(observed: Observed, expected: &Expected, suppress: &[Suppression], fail_on: Severity) -> Snapshot {
    let Observed { dns, peer, hub, elapsed } = observed;
    let mut lines: Vec<Line> = judge_dns(dns, expected, None);
    lines.extend(peer.map(judge_peer).unwrap_or_default());
    lines.extend(hub.map(judge_hub).unwrap_or_default());
    let mut report = Report { lines, ..Report::default() };
    report.suppress(suppress);
    let mut findings: Vec<Finding> = Vec::new();
    for (check, problem) in report.problems() {
        if !findings.iter().any(|known| known.check == check) {
            findings.push(Finding {
                check: check.to_owned(),
                severity: problem.severity,
                what: problem.what.clone(),
                means: problem.means.clone(),
                fix: problem.fix.clone(),
            });
        }
    }
    let verdict = match report.worst() {
        _ if dns.unchecked().is_some() => Verdict::Unknown,
        Some(worst) if worst >= fail_on => Verdict::Failing,
        _ if peer.is_some_and(|peer| peer.unreachable_from_here().is_some()) => Verdict::Unknown,
        Some(worst) if worst >= Severity::Warning => Verdict::Warning,
        _ => Verdict::Ok,
    };
    Snapshot {
        time: dns.time,
        verdict,
        findings,
        properties: properties(dns, peer),
        certificate_until: peer.and_then(certificate_until),
        latency: peer
            .and_then(|peer| peer.info.as_ref())
            .filter(|info| info.answer().is_some())
            .map(|info| info.elapsed),
        elapsed,
    }
}

fn properties(dns: &DnsFacts, peer: Option<&PeerFacts>) -> BTreeMap<Property, String> {
    let release = |peer: &PeerFacts| {
        let (release, whole) = peer.release()?;
        Some(if whole { release.to_string() } else { format!("{}.{}", release.0, release.1) })
    };
    let values = [
        (Property::Key, peer.and_then(|peer| peer.records.key().ok()).map(|key| key.fingerprint().to_string())),
        (Property::Url, peer.and_then(|peer| peer.base.as_ref()).map(ToString::to_string)),
        (Property::Release, peer.and_then(release)),
        (Property::Records, digest(dns)),
    ];
    values.into_iter().filter_map(|(property, value)| Some((property, value?))).collect()
}

/// A digest of all records that servers read, whatever their order and TTL; `None` while an answer is missing.
fn digest(dns: &DnsFacts) -> Option<String> {
    let mut records: Vec<String> = Vec::new();
    for question in questions(&dns.domain) {
        let outcome = dns.outcome(&question);
        if !outcome.is_answer() {
            return None;
        }
        let mut data: Vec<&RData> = outcome.records().iter().map(|rr| &rr.data).collect();
        data.sort();
        let data = serde_json::to_string(&data).unwrap_or_default();
        records.push(format!("{} {} {data}", question.kind, question.name));
    }
    let digest = Sha256::digest(records.join("\n"));
    Some(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().chars().take(DIGEST).collect())
}

fn certificate_until(peer: &PeerFacts) -> Option<i64> {
    let sessions = peer.addresses.iter().filter_map(|address| address.tls.as_ref()?.outcome.as_ref().ok());
    sessions.flat_map(|session| &session.chain).map(|certificate| certificate.not_after).min()
}

#[cfg(test)]
mod tests {
    use super::super::peer_sample;
    use super::*;
    use crate::dns::record::Outcome;
    use crate::facts::dns::ZoneFailure;
    use crate::facts::sample as dns_sample;

    fn judged(dns: &DnsFacts, peer: Option<&PeerFacts>) -> Snapshot {
        let observed = Observed { dns, peer, hub: None, elapsed: 1 };
        snapshot(observed, &Expected::default(), &[], Severity::Error)
    }

    #[test]
    fn a_healthy_domain_is_ok_and_its_properties_are_kept() {
        let (dns, peer) = (dns_sample::sample(), peer_sample::sample());
        let snapshot = judged(&dns, Some(&peer));
        assert_eq!(snapshot.at_least(Severity::Error).collect::<Vec<_>>(), Vec::<&Finding>::new());
        assert!(snapshot.properties.contains_key(&Property::Key) && snapshot.certificate_until.is_some());
    }

    #[test]
    fn a_domain_about_which_nobody_answers_is_unknown_and_not_failing() {
        let mut dns = dns_sample::sample();
        for seen in &mut dns.observations {
            seen.reply.outcome = Outcome::Timeout;
        }
        assert_ne!(judged(&dns, None).verdict, Verdict::Unknown, "a resolver found the zone: its servers are down");
        dns.zone = Err(ZoneFailure::NoResolver);
        assert_eq!(judged(&dns, None).verdict, Verdict::Unknown);
        let resolver = dns.observers[0].addr;
        dns.zone = Err(ZoneFailure::Servers { resolver, outcome: Outcome::ServFail });
        assert_ne!(judged(&dns, None).verdict, Verdict::Unknown);
    }

    #[test]
    fn order_and_ttl_do_not_change_the_digest_and_other_records_do() {
        let dns = dns_sample::sample();
        let mut other = dns.clone();
        let mut changed = dns.clone();
        for seen in &mut other.observations {
            if let Outcome::Found(records) = &mut seen.reply.outcome {
                records.reverse();
                records.iter_mut().for_each(|rr| rr.ttl = 7);
            }
        }
        let key = crate::rocketchat::generation::key_question(&dns.domain);
        dns_sample::set(&mut changed, &key, dns_sample::txt(&[&["another"]]));
        let digest = |dns: &DnsFacts| judged(dns, None).properties[&Property::Records].clone();
        assert_eq!(digest(&dns), digest(&other));
        assert_ne!(digest(&dns), digest(&changed));
    }
}
