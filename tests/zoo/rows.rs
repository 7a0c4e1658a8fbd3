//! Every failure that admins have reported in public, and where the project shows it: in this zoo, in the street of the lab, in the
//! list of defects of releases, or in the translations of log lines. What cannot be shown has its reason.

use std::collections::BTreeMap;

use fedctl::rocketchat::log_line::translate;
use fedctl::rocketchat::quirks;
use serde_json::Value;

use super::scenarios;
use crate::support::Fedctl;

/// Where a failure is shown.
enum Shown {
    /// A domain of the zoo.
    Zoo(&'static str),
    /// A domain of the lab, and the check that finds it there.
    Lab(&'static str, &'static str),
    /// A defect of releases.
    Release(&'static str),
    /// A line of a log that `fedctl explain` translates.
    Log(&'static str),
    /// What dns-check says to somebody who asks for this.
    Refused(&'static str),
    /// Nothing can be seen of it from outside.
    Nowhere(&'static str),
}

use Shown::{Lab, Log, Nowhere, Refused, Release, Zoo};

/// What went wrong, and where it is shown.
const ROWS: &[(&str, &[Shown])] = &[
    ("the key as two TXT records, tail first", &[Zoo("split-records.example"), Lab("two-records.test", "key-record")]),
    ("an @ before the Domain setting", &[Refused("@mydomain.com"), Release("test-raw-domain")]),
    (
        "the text that peers read does not begin with the key",
        &[Zoo("cut-at-start.example"), Log("Expected 0x30: got 0xe2")],
    ),
    (
        "a typing error in the name of the key",
        &[Zoo("underscore-inside.example"), Lab("typo-name.test", "dns-near-miss")],
    ),
    (
        "the resolver of the server does not get the key",
        &[Zoo("servfail.example"), Log("could not find TXT entry for peerDomain=a.com - SRV entry found")],
    ),
    ("answers that need TCP", &[Zoo("cut-answers.example")]),
    ("a string of more than 255 characters in a zone file", &[Zoo("unquoted-zone-file.example")]),
    ("a provider that makes several records of one value", &[Zoo("three-pieces.example")]),
    ("a key in two strings of one record, as Route 53 wants it", &[Zoo("healthy.example")]),
    ("a provider that takes no label but _tcp", &[Zoo("only-tcp.example")]),
    ("the records of the guide, and peers of 2.x", &[Zoo("guide-for-two.example"), Zoo("guide.example")]),
    (
        "records at the host while the Domain setting is above",
        &[Zoo("at-the-host.example"), Lab("at-the-host.test", "dns-near-miss")],
    ),
    ("records at the domain while the Domain setting is below", &[Zoo("team.above.example")]),
    ("two servers under one zone, one name misspelt", &[Zoo("chat1.windows.example")]),
    ("no records at all", &[Zoo("no-records.example"), Lab("no-records.test", "dns-srv")]),
    (
        "localhost, an address or a single label as domain",
        &[Refused("localhost"), Refused("127.0.0.1"), Refused("chat")],
    ),
    ("nothing in DNS, so that all hangs on the hub", &[Zoo("key-only.example"), Lab("hub-only.test", "dns-srv")]),
    ("a user of a domain that does not exist", &[Zoo("nobody.example")]),
    (
        "the link in the mail of the hub leads nowhere",
        &[Nowhere("the public hub is not ours; the tests of the hub follow the links of our own")],
    ),
    (
        "an intermediate certificate is missing",
        &[Lab("chain.test", "tls-chain"), Log("unable to verify the first certificate")],
    ),
    ("the wizard shows a right record in red", &[Zoo("weights.example"), Release("wizard-port")]),
    (
        "the server cannot be connected to",
        &[Lab("closed.test", "peer-connect"), Log("[IGNORED] Error: connect ETIMEDOUT 192.0.2.1:443")],
    ),
    ("attachments vanish, messages arrive", &[Release("files-store")]),
    (
        "files that are not images are lost",
        &[Release("files-images-only"), Log("Cannot read property 'replace' of undefined")],
    ),
    (
        "messages in one direction only, with 3.0.0 to 3.0.9",
        &[Lab("one-way.test", "peer-release"), Release("add-user-handler")],
    ),
    ("nothing is sent after an upgrade to 3.3", &[Release("hooks-missing")]),
    ("users are found and messages never leave", &[Lab("silent.test", "peer-ping"), Release("origin-only")]),
    (
        "rooms of more than ten members",
        &[Release("ten-members"), Log("Cannot federate rooms with more than 10 domains")],
    ),
    ("a second user cannot be invited", &[Release("users-without-origin")]),
    ("users without a mail address", &[Release("users-without-mail")]),
    (
        "one server sees the other and not the reverse",
        &[Nowhere("handshake and doctor look from both sides; the lab runs them from its neighbour")],
    ),
    ("a public channel", &[Log("Channels cannot be federated")]),
    ("a user who left stays in the list", &[Log("error-user-not-in-room")]),
    ("remote users are always online", &[Nowhere("presence is no part of the protocol")]),
    ("1.x and 2.x do not understand each other", &[Lab("first.test", "peer-release")]),
    ("the box with the public key stays empty", &[Release("key-box-empty")]),
    ("a peer that answers later than two seconds", &[Lab("slow.test", "peer-latency")]),
    ("a release that only receives", &[Lab("latest.test", "peer-release"), Release("sending-broken")]),
    ("a user in federated rooms cannot be deleted", &[Log("FEDERATION_Error_user_is_federated_on_rooms")]),
    ("a remote user with the mail address of a local one", &[Nowhere("only 1.x, and only in its own database")]),
    ("im.create refuses a remote user", &[Nowhere("a limit of the REST interface, without a line in any log")]),
    ("the dashboard loops", &[Nowhere("a fault of a screen")]),
    ("long domains break the layout", &[Nowhere("a fault of a screen")]),
    ("an SRV target that is an alias", &[Zoo("alias.example"), Lab("alias.test", "dns-target")]),
    ("an SRV target that is an address", &[Zoo("address.example"), Zoo("address-no-dot.example")]),
    ("several SRV records at one name", &[Zoo("two-srv.example"), Lab("two-srv.test", "dns-srv")]),
    ("a port that speaks the other protocol", &[Zoo("https-on-80.example"), Lab("plain.test", "tls-protocol")]),
    ("both _https and _http", &[Zoo("both.example"), Lab("both.test", "dns-srv")]),
    ("a dead _https record before a good _http", &[Zoo("broken-https.example")]),
    ("a key without SRV records", &[Zoo("key-only.example")]),
    ("a redirect on the published port", &[Lab("redirect.test", "peer-http")]),
    ("a limit of the size of requests", &[Lab("limit.test", "peer-body")]),
    ("a page of the proxy instead of the server", &[Lab("html.test", "peer-http")]),
    ("an expired certificate", &[Lab("expired.test", "tls-expiry")]),
    ("a certificate for another name", &[Lab("wrong-host.test", "tls-name")]),
    ("another key in use than in DNS", &[Zoo("other-key.example"), Lab("wrong-key.test", "peer-ping")]),
    ("federation is switched off", &[Lab("off.test", "peer-federation")]),
    ("one name server has an old zone", &[Zoo("stale.example"), Lab("stale.test", "dns-servers")]),
];

#[test]
fn every_reported_failure_is_shown_somewhere() {
    let fedctl = Fedctl::new();
    let zoo: Vec<String> = scenarios().into_iter().map(|scenario| scenario.domain).collect();
    let lab: Value = serde_json::from_str(&fedctl.ok(&["lab", "--format", "json"])).unwrap();
    let scenarios: BTreeMap<&str, &Value> = lab["domains"]
        .as_array()
        .unwrap()
        .iter()
        .map(|scenario| (scenario["domain"].as_str().unwrap(), scenario))
        .collect();
    assert!(scenarios.len() > 20 && scenarios.values().all(|scenario| scenario["right"] == true), "{lab:#}");
    let mut missing = Vec::new();
    for (failure, places) in ROWS {
        for place in *places {
            let there = match place {
                Zoo(domain) => zoo.iter().any(|known| known == domain),
                Lab(domain, id) => scenarios
                    .get(domain)
                    .is_some_and(|scenario| scenario["found"].as_array().unwrap().iter().any(|found| found == id)),
                Release(id) => quirks::all().any(|defect| defect.id == *id),
                Log(line) => translate(line).is_some(),
                Refused(domain) => fedctl.run(&["dns-check", domain, "--resolver", "127.0.0.1:1"]).status == 2,
                Nowhere(why) => !why.is_empty(),
            };
            let name = match place {
                Zoo(name) | Lab(name, _) | Release(name) | Log(name) | Refused(name) | Nowhere(name) => name,
            };
            if !there {
                missing.push(format!("{failure}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
