//! Name servers that disagree, know nothing, or misbehave, and delegations that differ from the zone.

use fedctl::severity::Severity::{Error, Notice, Warning};

use super::scenario::{HOST, Scenario, Second, healthy, with_key};

const MISBEHAVES: Option<&str> = Some("a real name server cannot be made to do that");
const NO_KEY: &[(fedctl::severity::Severity, &str)] = &[(Error, "key-record"), (Error, "dns-generations")];

pub fn scenarios() -> Vec<Scenario> {
    let mut scenarios = copies();
    scenarios.extend(failures());
    scenarios
}

fn copies() -> Vec<Scenario> {
    vec![
        Scenario {
            second: Second::Older(|_| HOST.into()),
            ..Scenario::new("stale.example", "forgot to raise the serial: one server has none of the records", healthy)
                .finds(&[(Error, "dns-servers"), (Notice, "dns-servers")])
                .mentioning(&["ns2.zoo.example"])
        },
        Scenario {
            second: Second::Older(|keys| with_key(&keys.other)),
            ..Scenario::new("old-key.example", "renewed the key: one server still has the old one", healthy)
                .finds(&[(Error, "dns-servers"), (Notice, "dns-servers")])
        },
        Scenario {
            second: Second::Older(healthy),
            ..Scenario::new("behind.example", "changed something else: one server is a serial behind", healthy)
                .finds(&[(Notice, "dns-servers")])
        },
        Scenario {
            second: Second::Lame,
            ..Scenario::new("lame.example", "delegates to a server that does not hold the zone", healthy)
                .finds(&[(Warning, "dns-servers")])
                .mentioning(&["ns2.zoo.example"])
        },
        Scenario {
            servers: &["ns1", "ns3"],
            parent: &["ns1", "ns3"],
            ..Scenario::new("dead.example", "delegates to a server that was switched off", healthy)
                .finds(&[(Warning, "dns-servers")])
                .mentioning(&["ns3.zoo.example"])
        },
        Scenario {
            servers: &["ns3"],
            parent: &["ns3"],
            embedded_only: Some("a real resolver takes many seconds to give up"),
            ..Scenario::new("all-dead.example", "delegates to nobody but a server that was switched off", healthy)
                .finds(&[(Error, "dns-zone")])
                .mentioning(&["Check that the name servers of `all-dead.example`"])
        },
        Scenario {
            servers: &["ns1"],
            ..Scenario::new("left-over.example", "took a server out of the zone and not out of the registrar", healthy)
                .finds(&[(Warning, "dns-delegation")])
                .mentioning(&["ns2.zoo.example"])
        },
        Scenario {
            parent: &["ns1"],
            ..Scenario::new("hidden.example", "added a server to the zone and not at the registrar", healthy)
                .finds(&[(Notice, "dns-delegation")])
        },
    ]
}

fn failures() -> Vec<Scenario> {
    vec![
        Scenario {
            real_only: Some("the embedded resolver does not validate"),
            ..Scenario::new("bogus.example", "left the DS record of a signed zone at the registrar", healthy)
                .finds(&[(Error, "dns-dnssec")])
                .mentioning(&["answers SERVFAIL, and answers with validation switched off"])
        },
        Scenario {
            faults: &["servfail@rocketchat-public-key.$"],
            embedded_only: MISBEHAVES,
            ..Scenario::new("servfail.example", "has name servers that fail on one name", healthy).finds(NO_KEY)
        },
        Scenario {
            faults: &["refused@rocketchat-public-key.$"],
            embedded_only: MISBEHAVES,
            ..Scenario::new("refused.example", "has name servers that refuse one name", healthy).finds(NO_KEY)
        },
        Scenario {
            faults: &["garbage@rocketchat-public-key.$"],
            embedded_only: MISBEHAVES,
            ..Scenario::new("garbage.example", "has name servers that answer nonsense for one name", healthy)
                .finds(NO_KEY)
        },
        Scenario {
            faults: &["servfail@_rocketchat._https.$"],
            embedded_only: MISBEHAVES,
            ..Scenario::new("srv-servfail.example", "has name servers that fail on SRV names", healthy)
                .finds(&[(Warning, "dns-srv"), (Warning, "dns-generations")])
        },
        Scenario {
            faults: &["truncate@*.$"],
            embedded_only: MISBEHAVES,
            ..Scenario::new("cut-answers.example", "has name servers that cut every answer over UDP", healthy)
        },
        Scenario {
            second_faults: &["silence@*.$"],
            embedded_only: MISBEHAVES,
            ..Scenario::new("silent.example", "has a name server that answers nothing", healthy)
                .finds(&[(Warning, "dns-servers")])
        },
    ]
}
