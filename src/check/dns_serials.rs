//! Do the name servers have the same serial of the zone?

use std::collections::BTreeMap;

use crate::dns::record::{Query, RData, RecordType, is_newer};
use crate::facts::dns::{DnsFacts, Role};
use crate::report::Problem;
use crate::severity::Severity;

/// Different serials with the same records: a transfer is on its way, or the servers are not fed from one source.
pub(super) fn differ(dns: &DnsFacts) -> Option<Problem> {
    let zone = dns.zone.as_ref().ok()?;
    let question = Query::new(zone.apex.as_str(), RecordType::Soa);
    let serials: BTreeMap<String, u32> = dns
        .replies(&question)
        .filter(|(observer, _)| observer.role == Role::Authority && !dns.is_stray(observer))
        .filter_map(|(observer, reply)| match &reply.outcome.records().first()?.data {
            RData::Soa(soa) => Some((observer.name.clone(), soa.serial)),
            _ => None,
        })
        .collect();
    let newest = serials.values().copied().reduce(|a, b| if is_newer(b, a) { b } else { a })?;
    let behind: Vec<String> = serials
        .iter()
        .filter(|(_, serial)| **serial != newest)
        .map(|(name, serial)| format!("{name} has {serial}"))
        .collect();
    if behind.is_empty() {
        return None;
    }
    let apart = serials.values().any(|serial| *serial != newest && !is_newer(newest, *serial));
    if apart {
        let what = format!("the SOA serials cannot be compared: {}, another has {newest}", behind.join(", "));
        let means = "they are more than half the range apart (RFC 1982): secondaries do not fetch the zone";
        let fix =
            "Set the serial on the primary so that it is newer for every secondary: at most 2147483647 above theirs.";
        return Some(Problem::new(Severity::Notice, what, means, fix));
    }
    Some(Problem::new(
        Severity::Notice,
        format!("the SOA serials differ: {}, the newest is {newest}", behind.join(", ")),
        "a zone transfer is in progress, or it fails",
        format!("Check again after the SOA refresh time of {} s.", zone.refresh()),
    ))
}
