//! Does the hub say the same as DNS, and as the admin?

use super::{Check, Judge, Needs};
use crate::facts::hub::HubFacts;
use crate::key::PublicKey;
use crate::key::diagnosis;
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::boundary;
use crate::rocketchat::generation::Generation;
use crate::rocketchat::hub::registration::{Entry, origin};
use crate::rocketchat::release::Release;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "hub-entry",
    title: "the hub's entry agrees with DNS and with your key",
    page: include_str!("../../docs/checks/hub-entry.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Hub(judge),
};

/// The generation whose view of DNS stands for all: it reads every SRV name.
const HUB_RELEASE: Release = boundary::READS_ALL;

fn judge(facts: &HubFacts) -> Vec<Verdict> {
    if let Some(request) = &facts.request {
        return requested(facts, &request.public_key);
    }
    let Some(entry) = facts.entry() else { return Verdict::skip("the hub has no entry to compare") };
    let key = match diagnosis::examine(entry.public_key.as_bytes()).server {
        Ok(key) => key,
        Err(log) => {
            return vec![
                Problem::new(
                    Severity::Error,
                    format!("the hub has a key that servers cannot read: they log `{log}`"),
                    "no server that queries the hub can send to this domain",
                    "Register again with the text of the Public Key setting.",
                )
                .seen([entry.public_key])
                .into(),
            ];
        }
    };
    let mut found = url_problems(&entry);
    found.extend(key_problem(facts, &key));
    found.extend(dns_problems(facts, &entry, &key));
    if found.is_empty() {
        return Verdict::pass(format!("{} with key {}", entry.url, key.fingerprint().short()));
    }
    found.into_iter().map(Verdict::Problem).collect()
}

/// Before the confirmation there is no entry: what is to be registered is compared with DNS.
fn requested(facts: &HubFacts, text: &str) -> Vec<Verdict> {
    let discovery = facts.records.discovery(Generation::of(HUB_RELEASE));
    let (Some(published), Ok(key)) = (discovery.key, diagnosis::examine(text.as_bytes()).server) else {
        return Verdict::skip("DNS has no key to compare");
    };
    let domain = &facts.domain;
    if published == key.fingerprint() {
        return Verdict::pass("DNS has the same key");
    }
    let what = format!("the key that is to be registered is not the one that {domain} publishes in DNS");
    let means = "the server uses one of the two: peers that find the other one drop its messages";
    let fix = with_line("Compare both with the server:", &format!("fedctl doctor --domain {domain} --key FILE"));
    let seen = [format!("to register  {}", key.fingerprint()), format!("in DNS       {published}")];
    vec![Problem::new(Severity::Error, what, means, fix).seen(seen).into()]
}

fn url_problems(entry: &Entry) -> Vec<Problem> {
    let healthy = origin(&entry.url, true);
    if healthy.is_ok() && !entry.url.ends_with('/') {
        return Vec::new();
    }
    vec![Problem::new(
        Severity::Error,
        format!("the hub has the URL `{}`, to which servers append /api/v1/…", entry.url),
        "the requests of peers go to another path and get an error",
        "Register again without path and final slash.",
    )]
}

fn key_problem(facts: &HubFacts, key: &PublicKey) -> Option<Problem> {
    let (wanted, source) = facts.expected_key.as_ref()?;
    let wanted = PublicKey::from_pem(wanted).ok()?;
    (wanted != *key).then(|| {
        Problem::new(
            Severity::Error,
            format!("the hub has another key than {source}"),
            "peers encrypt to a key that your server does not have, and refuse what it sends",
            with_line("Register again:", &format!("fedctl register {} --url URL --key {source}", facts.domain)),
        )
        .seen([format!("hub       {}", key.fingerprint()), format!("expected  {}", wanted.fingerprint())])
    })
}

fn dns_problems(facts: &HubFacts, entry: &Entry, key: &PublicKey) -> Vec<Problem> {
    let discovery = facts.records.discovery(Generation::of(HUB_RELEASE));
    let mut found = Vec::new();
    if let Some(published) = discovery.key
        && published != key.fingerprint()
    {
        found.push(
            Problem::new(
                Severity::Warning,
                "the hub and DNS have different keys",
                "servers that find the DNS records use one key, all others use the other; one of the two is wrong",
                "Register again with the right key, or correct the TXT record.",
            )
            .seen([format!("hub  {}", key.fingerprint()), format!("dns  {published}")]),
        );
    }
    let same = |url: &str| origin(url, true).ok() == origin(&entry.url, true).ok();
    if let Some(url) = discovery.url.filter(|url| !same(url)) {
        found.push(Problem::new(
            Severity::Notice,
            format!("the hub leads to {}, DNS to {url}", entry.url),
            "servers use different URLs for this domain",
            "Make both the same.",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::hub_sample::{call, records, sample};
    use crate::check::sample::{key, problems};
    use crate::key::PrivateKey;

    fn facts(url: &str, key: &str) -> HubFacts {
        let body = serde_json::json!({"peer": {"url": url, "public_key": key}}).to_string();
        HubFacts { hub: Some(call("GET", 200, "application/json", &body)), request: None, ..sample() }
    }

    #[test]
    fn the_entry_is_compared_with_dns_and_with_the_key() {
        let (own, url) = (key().one_line(), "https://chat.mydomain.com");
        assert!(problems(judge(&facts(url, &own))).is_empty());
        let other = PrivateKey::generate(2048).unwrap().public().one_line();
        let found = problems(judge(&facts(url, &other)));
        assert!(found[0].what.contains("different keys") && found[0].severity == Severity::Warning);
        let expecting = HubFacts { expected_key: Some((own.clone(), "federation.pub".into())), ..facts(url, &other) };
        assert!(problems(judge(&expecting))[0].what.contains("another key than federation.pub"));
        assert!(problems(judge(&facts("https://x.example.org", &own)))[0].what.contains("leads to"));
        assert!(problems(judge(&facts(&format!("{url}/"), &own)))[0].what.contains("append"));
        assert!(problems(judge(&facts(url, &own[..255])))[0].what.contains("data must be a node Buffer"));
        let alone = HubFacts { records: records(false), ..facts(url, &other) };
        assert!(problems(judge(&alone)).is_empty(), "there is no DNS to differ from");
    }
}
