//! Which of the two a server uses: the DNS records or the hub. Every server queries DNS first.

use crate::facts::peer::Records;
use crate::key::node_rsa;
use crate::rocketchat::discovery::{DiscoveryError, DiscoveryResult};
use crate::rocketchat::generation::{GENERATIONS, Generation};
use crate::rocketchat::hub::registration::Entry;
use crate::rocketchat::quirks;

/// What every generation ends up with, oldest first; `entry` is what the hub has.
pub fn discoveries(records: &Records, entry: Option<&Entry>) -> Vec<DiscoveryResult> {
    GENERATIONS.iter().map(|generation| discovery(generation, records, entry)).collect()
}

/// True when this generation would go on to the hub after what it found in DNS.
pub fn asks_hub(by_dns: &DiscoveryResult) -> bool {
    matches!(by_dns.error, Some(DiscoveryError::NotFound(_)))
}

fn discovery(generation: &Generation, records: &Records, entry: Option<&Entry>) -> DiscoveryResult {
    let by_dns = records.discovery(generation);
    if !asks_hub(&by_dns) {
        let description = match (&by_dns.url, &by_dns.key) {
            (Some(url), Some(key)) if by_dns.is_usable() => Some(format!("{url} key {}, from DNS", key.short())),
            _ => None,
        };
        return DiscoveryResult { note: by_dns.note.clone().or(description), ..by_dns };
    }
    let lost = |error: Option<DiscoveryError>, note: &str| DiscoveryResult {
        url: None,
        key: None,
        error: error.or(by_dns.error.clone()),
        note: Some(note.to_owned()),
        ..by_dns.clone()
    };
    if quirks::HUB_MISREAD.is_in(generation.first) {
        return lost(None, "reads the hub's answer wrongly, so no hub can help it");
    }
    if quirks::HUB_NOT_AWAITED.is_in(generation.first) {
        return lost(Some(DiscoveryError::HubNotAwaited), "does not wait for the hub's answer, so no hub can help it");
    }
    let Some(entry) = entry else { return by_dns };
    match node_rsa::key(entry.public_key.replace(['\n', '\r'], "").as_bytes()) {
        Err(error) => DiscoveryResult { url: Some(entry.url.clone()), error: Some(error.into()), ..by_dns },
        Ok(key) => {
            let fingerprint = key.fingerprint();
            let note = format!("{} key {}, from the hub", entry.url, fingerprint.short());
            DiscoveryResult {
                url: Some(entry.url.clone()),
                key: Some(fingerprint),
                error: None,
                note: Some(note),
                ..by_dns
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::record::{CharacterString, Outcome, Query, RData, RecordType, Rr};
    use crate::key::PrivateKey;

    fn records(answers: Vec<(&str, RecordType, RData)>) -> Records {
        let found = |(label, kind, data): (&str, RecordType, RData)| {
            let rr = Rr { name: String::new(), ttl: 60, data };
            (Query::new(format!("{label}.mydomain.com"), kind), Outcome::Found(vec![rr]))
        };
        let mut answers: Vec<(Query, Outcome)> = answers.into_iter().map(found).collect();
        let domain = "mydomain.com".parse().unwrap();
        for question in crate::rocketchat::generation::questions(&domain) {
            if !answers.iter().any(|(asked, _)| *asked == question) {
                answers.push((question, Outcome::NxDomain));
            }
        }
        Records { domain, answers }
    }

    fn view(records: &Records, entry: &Entry) -> Vec<&'static str> {
        let word = |discovery: DiscoveryResult| match (
            discovery.is_usable(),
            discovery.note.is_some_and(|note| note.contains("from the hub")),
        ) {
            (true, true) => "hub",
            (true, false) => "dns",
            (false, _) => "-",
        };
        discoveries(records, Some(entry)).into_iter().map(word).collect()
    }

    #[test]
    fn the_hub_helps_up_to_4_1_and_only_who_asks_it() {
        let key = PrivateKey::generate(2048).unwrap().public().one_line();
        let entry = Entry { url: "https://chat.mydomain.com".into(), public_key: key.clone() };
        assert_eq!(view(&records(vec![]), &entry), ["hub", "hub", "hub", "hub", "-", "-"]);
        let srv = |label| {
            let data = RData::Srv { priority: 1, weight: 1, port: 443, target: "chat.mydomain.com".into() };
            (label, RecordType::Srv, data)
        };
        let txt =
            || ("rocketchat-public-key", RecordType::Txt, RData::Txt(vec![CharacterString(key.clone().into_bytes())]));
        let https = records(vec![srv("_rocketchat._https"), txt()]);
        assert_eq!(view(&https, &entry), ["hub", "hub", "dns", "dns", "dns", "dns"]);
        let keyless = records(vec![srv("_rocketchat._https")]);
        assert_eq!(view(&keyless, &entry), ["hub", "hub", "-", "hub", "-", "-"], "3.x throws at a missing TXT");
        let broken = Entry { public_key: key[..255].into(), ..entry };
        assert_eq!(view(&records(vec![]), &broken), ["-"; 6]);
    }
}
