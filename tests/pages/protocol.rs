//! What the docs claim about servers is what the tables of the code have: order of look-ups, spans of releases, paths, limits.

use fedctl::rocketchat::boundary;
use fedctl::rocketchat::generation::{GENERATIONS, Generation, SrvLabel};
use fedctl::rocketchat::life::{GATE_VARIABLE, Life};
use fedctl::rocketchat::native;
use fedctl::rocketchat::quirks::{self, Quirk};
use fedctl::rocketchat::release::Release;

use super::claims::page;
use crate::support::repository;

/// A claim: page, what the page says, and whether the tables agree.
type Claim = (&'static str, &'static str, fn() -> bool);

fn generation(release: Release) -> &'static Generation {
    Generation::of(release)
}

fn srv(first: Release) -> &'static [SrvLabel] {
    generation(first).srv
}

/// The span of a fault.
fn is_from(quirk: &str, first: Release, until: Option<Release>) -> bool {
    let found: Vec<&Quirk> = quirks::all().filter(|known| known.id == quirk).collect();
    matches!(found.as_slice(), [one] if one.first == first && one.until.is_none_or(|end| Some(end) == until || end == boundary::REMOVED))
}

/// True when every generation from this release on has it, and none before.
fn begins_at(release: Release, has: fn(&Generation) -> bool) -> bool {
    GENERATIONS.iter().all(|generation| has(generation) == (generation.first >= release))
}

fn source_has(file: &str, text: &str) -> bool {
    std::fs::read_to_string(repository(file)).unwrap().contains(text)
}

const LAST: Release = boundary::REMOVED;

/// The order and the names that servers query, and what they cache.
const DISCOVERY: &[Claim] = &[
    (
        "docs/checks/dns-srv.md",
        "Servers 2.0 and later query `_https`, then `_http`; 3.4 and later then `_tcp`; 1.x only `_tcp`.",
        || {
            srv(Release(2, 0, 0)) == [SrvLabel::Https, SrvLabel::Http]
                && srv(Release(3, 4, 0)) == [SrvLabel::Https, SrvLabel::Http, SrvLabel::Tcp]
                && begins_at(Release(3, 4, 0), |known| known.srv == SrvLabel::ALL)
                && [Release(1, 0, 0), Release(1, 3, 5)].iter().all(|old| srv(*old) == [SrvLabel::Tcp])
        },
    ),
    ("docs/checks/dns-port.md", "https for `_tcp` from 3.4 on", || {
        begins_at(Release(3, 4, 0), |known| known.srv.len() == 3)
    }),
    ("docs/checks/dns-protocol.md", "Only 1.2 and 1.3 read `rocketchat-protocol`", || {
        let readers: Vec<&str> =
            GENERATIONS.iter().filter(|known| known.reads_protocol).map(|known| known.id).collect();
        readers == [generation(Release(1, 2, 0)).id] && generation(Release(1, 3, 5)).id == readers[0]
    }),
    (
        "docs/checks/dns-resolvers.md",
        "Servers 3.4 and later cache responses for one more hour, 6.3 and later failures too.",
        || {
            begins_at(Release(3, 4, 0), |known| known.memory.contains("for one hour"))
                && begins_at(Release(6, 3, 0), |known| known.memory.contains("failures too"))
        },
    ),
    ("docs/checks/dns-ttl.md", "from 3.4 on they cache responses for one hour", || {
        begins_at(Release(3, 4, 0), |known| known.memory.contains("for one hour"))
    }),
    ("docs/rotate.md", "servers from 3.4 on for one more hour, servers of 1.x until a request fails", || {
        begins_at(Release(3, 4, 0), |known| known.memory.contains("for one hour"))
            && generation(Release(1, 0, 0)).memory.contains("until a request fails")
    }),
    ("docs/mesh.md", "releases from 3.4 on cache records for one hour", || {
        begins_at(Release(3, 4, 0), |known| known.memory.contains("for one hour"))
    }),
    ("docs/checks/server-resolver.md", "it caches responses for one hour, from 6.3 on failures too", || {
        begins_at(Release(6, 3, 0), |known| known.memory.contains("failures too"))
    }),
    ("docs/checks/dns-generations.md", "Servers 6.3 and later receive but cannot send", || {
        begins_at(Release(6, 3, 0), |known| !known.sends)
    }),
    ("docs/records.md", "SRV `_rocketchat._https` (2.0 and later), SRV `_rocketchat._tcp` (1.x)", || {
        begins_at(Release(2, 0, 0), |known| known.srv.contains(&SrvLabel::Https))
    }),
    ("docs/records.md", "Releases 2.0 to 3.3 do not find the set of the guide (only `_tcp`)", || {
        GENERATIONS.iter().all(|known| known.srv.contains(&SrvLabel::Tcp) != (known.first == Release(2, 0, 0)))
    }),
    (
        "docs/checks/hub-audience.md",
        "From 4.2 on no server can use a hub: 4.2 to 6.2 do not wait for its response, 6.3 and later misinterpret it.",
        || {
            is_from("hub-not-awaited", Release(4, 2, 0), Some(Release(6, 3, 0)))
                && is_from("hub-misread", Release(6, 3, 0), None)
        },
    ),
    ("docs/hub.md", "none: 4.2 to 6.2 do not wait for the response, 6.3 and later misinterpret it", || {
        is_from("hub-not-awaited", Release(4, 2, 0), Some(Release(6, 3, 0)))
            && is_from("hub-misread", Release(6, 3, 0), None)
    }),
];

/// What releases do and do not do.
const RELEASES: &[Claim] = &[
    (
        "docs/checks/dns-release.md",
        "3.3.0 until 3.6.3 installs no hooks for events, 3.4.0 until 3.6.3 sends single events only to their own domain",
        || {
            is_from("hooks-missing", Release(3, 3, 0), Some(Release(3, 6, 3)))
                && is_from("origin-only", Release(3, 4, 0), Some(Release(3, 6, 3)))
        },
    ),
    ("docs/checks/dns-release.md", "from 4.2 on `Test setup` always passes", || {
        is_from("test-always-green", Release(4, 2, 0), None)
    }),
    ("docs/checks/dns-release.md", "choose one from 3.6.3 to 6.2", || {
        boundary::SENDS_AGAIN == Release(3, 6, 3)
            && Life::of(Release(6, 2, 0)).sends()
            && !Life::of(Release(6, 3, 0)).sends()
    }),
    ("docs/checks/dns-wizard.md", "(3.17 to 6.2)", || {
        is_from("wizard-port", Release(3, 17, 0), Some(Release(6, 3, 0)))
    }),
    ("docs/checks/server-site.md", "The wizard of 3.17 to 6.2", || {
        is_from("wizard-port", Release(3, 17, 0), Some(Release(6, 3, 0)))
    }),
    ("docs/checks/server-resolver.md", "Two routes of 3.17 and later", || boundary::WIZARD == Release(3, 17, 0)),
    ("docs/doctor.md", "can be queried from release 3.17 on", || boundary::WIZARD == Release(3, 17, 0)),
    ("docs/checks/drill-look-up.md", "Up to 4.2 a user without an e-mail address cannot be federated.", || {
        is_from("users-without-mail", Release(2, 0, 0), Some(Release(4, 3, 0)))
    }),
    (
        "docs/checks/drill-member.md",
        "`room_user_left` exists since 3.2.0. Releases 2.x ignore it; 3.0 and 3.1 fail on it",
        || boundary::USER_LEFT == Release(3, 2, 0) && boundary::STRICT_EVENTS == Release(3, 0, 0),
    ),
    (
        "docs/checks/drill-message.md",
        "From 4.2 on the peer answers `success` only after it has applied the event. Releases 2.0 to 4.1 answer `200 {}` to everything",
        || is_from("always-200", Release(2, 0, 0), Some(Release(4, 2, 0))),
    ),
    ("docs/handshake.md", "Releases 2.0 to 4.1 answer `200 {}` before they decrypt the message", || {
        is_from("always-200", Release(2, 0, 0), Some(Release(4, 2, 0)))
    }),
    ("docs/handshake.md", "Releases from 6.3 on cannot send.", || boundary::CANNOT_SEND == Release(6, 3, 0)),
    ("docs/checks/drill-reaction.md", "Releases before 3.4 apply both events and never send the second.", || {
        is_from("reaction-unset", Release(2, 0, 0), Some(Release(3, 4, 0)))
    }),
    ("docs/checks/drill-room.md", "Releases 3.0.0 to 3.0.9 create the room without members", || {
        is_from("add-user-handler", Release(3, 0, 0), Some(Release(3, 0, 10)))
    }),
    (
        "docs/checks/drill-room.md",
        "Only 1.x has broadcast rooms, public channels are refused from 2.0 on, and no release federates encrypted rooms.",
        || {
            is_from("no-broadcast", Release(2, 0, 0), None)
                && is_from("no-channels", Release(2, 0, 0), None)
                && is_from("no-encryption", Release(1, 0, 0), None)
        },
    ),
    ("docs/checks/drill-message.md", "Only 1.x sends read receipts.", || {
        is_from("no-read-receipts", Release(2, 0, 0), None)
    }),
    ("docs/checks/peer-bypass.md", "Servers from 2.0 on accept a request", || {
        boundary::SECOND_PROTOCOL == Release(2, 0, 0)
    }),
    ("docs/register.md", "From 2.1 on it does so only when its", || boundary::REGISTERS_ONCE == Release(2, 1, 0)),
    ("docs/guide.md", "which can happen on new installations from 4.2.0 on", || {
        is_from("key-box-empty", Release(4, 2, 0), None)
    }),
    ("docs/configure.md", "From release 3.6 on a server requires a second factor", || {
        boundary::SETTINGS_2FA == Release(3, 6, 0)
    }),
    ("docs/after.md", "| 1.0 – 6.2 | send and receive. The documentation calls it deprecated from 6.0 on |", || {
        boundary::DEPRECATED == Release(6, 0, 0) && boundary::CANNOT_SEND == Release(6, 3, 0)
    }),
    ("docs/after.md", "| 6.3 – 6.13 | receive only.", || {
        boundary::LAST_MINORS.contains(&(6, 13)) && Life::of(Release(6, 13, 0)) == Life::ReceivesOnly
    }),
    (
        "docs/after.md",
        "| 7.0 – 7.10 | nothing by default: every route answers 400 until `ENABLE_INSECURE_LEGACY_FEDERATION` is set",
        || {
            boundary::GATE == Release(7, 0, 0)
                && LAST == Release(7, 11, 0)
                && GATE_VARIABLE == "ENABLE_INSECURE_LEGACY_FEDERATION"
                && Life::of(Release(7, 10, 0)) == Life::Closed
        },
    ),
    ("README.md", "shipped in 1.0.0 and changed its discovery five times", || {
        GENERATIONS.len() == 6 && GENERATIONS[0].first == Release(1, 0, 0)
    }),
    ("docs/serve-peer.md", "and from 3.6.3 on 30 events a second", || {
        boundary::SENDS_AGAIN == Release(3, 6, 3) && source_has("src/serve/peer/limit.rs", "SENDS_AGAIN")
    }),
];

/// Paths and limits.
const WIRE: &[Claim] = &[
    ("docs/checks/drill-file.md", "`GET /api/v1/federation.uploads`", || {
        source_has("src/serve/peer/routes.rs", "\"uploads\" => (Method::GET, true)")
    }),
    ("docs/checks/drill-file.md", "an image of 70 bytes", || {
        std::fs::metadata(repository("src/rocketchat/drill/image.png")).unwrap().len() == 70
    }),
    ("docs/checks/drill-recovery.md", "both must complete within two seconds", || {
        source_has("src/check/peer_latency.rs", "LIMIT: u32 = 2000;")
    }),
    ("docs/checks/hub-answer.md", "within the two seconds that a server waits", || {
        source_has("src/net/hub.rs", "PATIENCE: Duration = Duration::from_secs(2);")
    }),
    ("docs/checks/native-server.md", "`GET /_matrix/federation/v1/version` and `GET /_matrix/key/v2/server`", || {
        native::VERSION == "/_matrix/federation/v1/version" && native::KEYS == "/_matrix/key/v2/server"
    }),
    ("docs/checks/native-server.md", "begins with `ed25519:`", || native::KEY_PREFIX == "ed25519:"),
    ("docs/checks/native-file.md", "`https://DOMAIN/.well-known/matrix/server` at port 443", || {
        native::WELL_KNOWN == "/.well-known/matrix/server" && native::HTTPS == 443
    }),
    ("docs/checks/native-file.md", "then port 8448", || native::PORT == 8448),
    ("docs/checks/native-srv.md", "SRV `_matrix-fed._tcp`, then the old `_matrix._tcp`", || {
        let domain = "b.example";
        native::SrvLabel::ALL.map(|label| label.owner(domain))
            == ["_matrix-fed._tcp.b.example", "_matrix._tcp.b.example"]
    }),
    (
        "docs/checks/native-unused.md",
        "`_rocketchat._https`, `_rocketchat._http`, `_rocketchat._tcp`, `rocketchat-public-key`, `rocketchat-protocol`, `rocketchat-tcp-protocol`",
        || SrvLabel::ALL.map(SrvLabel::as_str) == ["_rocketchat._https", "_rocketchat._http", "_rocketchat._tcp"],
    ),
    ("docs/checks/key-record.md", "A key of 2048 bits has 442 characters, so it is two strings", || {
        let vectors = std::fs::read_to_string(repository("tests/vectors/keys.json")).unwrap();
        let vectors: serde_json::Value = serde_json::from_str(&vectors).unwrap();
        vectors[0]["bits"] == 2048 && vectors[0]["public"].as_str().unwrap().len() == 442
    }),
    ("docs/checks/dns-limits.md", "records beyond 100 in one response, queries beyond 1,500", || {
        source_has("src/check/dns_limits.rs", "keeps the first 100")
            && source_has("src/net/session.rs", "QUERIES: usize = 1500;")
    }),
    ("docs/checks/tls-expiry.md", "When less than 14 days are left", || {
        source_has("src/check/tls_expiry.rs", "SOON: i64 = 14 * DAY;")
    }),
];

#[test]
fn a_claim_about_servers_is_what_the_tables_have() {
    let mut wrong = Vec::new();
    for (name, phrase, agrees) in [DISCOVERY, RELEASES, WIRE].into_iter().flatten() {
        if !page(name).contains(phrase) {
            wrong.push(format!("{name}: no `{phrase}`"));
        }
        if !agrees() {
            wrong.push(format!("{name}: `{phrase}` is not what the code has"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pages whose numbers with dots are releases of servers.
const OF_SERVERS: &[&str] =
    &["after", "configure", "doctor", "drill", "handshake", "hub", "mesh", "other-tools", "register", "rotate"];

/// The releases at which something changes: those of the boundaries, and the ends of faults.
fn changes() -> Vec<Release> {
    let text = std::fs::read_to_string(repository("src/rocketchat/boundary.rs")).unwrap();
    let numbers = text
        .split("Release(")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(numbers, _)| numbers.replace(", ", "."));
    let mut found: Vec<Release> = numbers.filter_map(|numbers| numbers.parse().ok()).collect();
    found.extend(quirks::all().flat_map(|quirk| [Some(quirk.first), quirk.until]).flatten());
    found
}

/// The newest line whose source was read, where the pages say what was seen there.
const READ: &[(u16, u16)] = &[(7, 9)];

/// The release begins a span, or is the last before one.
fn is_change(text: &str, changes: &[Release]) -> bool {
    let numbers: Vec<u16> = text.split('.').filter_map(|number| number.parse().ok()).collect();
    let ends = |major, minor| boundary::LAST_MINORS.contains(&(major, minor)) || READ.contains(&(major, minor));
    match numbers.as_slice() {
        [major, minor] => {
            let is = |minor| changes.iter().any(|known| (known.0, known.1) == (*major, minor));
            is(*minor) || is(minor + 1) || ends(*major, *minor)
        }
        [major, minor, patch] => {
            let is = |patch| changes.contains(&Release(*major, *minor, patch));
            is(*patch) || is(patch + 1)
        }
        _ => true,
    }
}

/// Numbers with one or two dots in prose: not in code, not of TLS, HTTP or another program, and no address.
fn releases(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut generated, mut in_block) = (false, false);
    for line in text.lines() {
        in_block ^= line.trim_start().starts_with("```");
        generated = (generated || line.starts_with("<!-- ")) && !line.starts_with("<!-- /");
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        let words: Vec<&str> = prose.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '#').collect();
        for (at, word) in words.iter().enumerate().filter(|_| !generated && !in_block) {
            let is_other = at > 0
                && ["TLS", "node", "HTTP", "nginx", "Apache", "Caddy", "HAProxy", "Traefik", "section", "PKCS#1"]
                    .contains(&words[at - 1]);
            let word = word.trim_end_matches('.').trim_end_matches(".x");
            let parts: Vec<&str> = word.split('.').collect();
            let is_number = parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
            if is_number && (2..=3).contains(&parts.len()) && !is_other {
                found.push(word.to_owned());
            }
        }
    }
    found
}

#[test]
fn every_release_in_the_docs_is_one_at_which_something_changes() {
    let changes = changes();
    assert!(changes.len() > 60, "{}", changes.len());
    let mut names: Vec<String> = OF_SERVERS.iter().map(|name| format!("docs/{name}.md")).collect();
    let checks = std::fs::read_dir(repository("docs/checks")).unwrap();
    names.extend(checks.map(|entry| format!("docs/checks/{}", entry.unwrap().file_name().to_string_lossy())));
    let (mut wrong, mut count) = (Vec::new(), 0);
    for name in names {
        for release in releases(&std::fs::read_to_string(repository(&name)).unwrap()) {
            count += 1;
            if !is_change(&release, &changes) {
                wrong.push(format!("{name}: nothing that fedctl knows changes at {release}"));
            }
        }
    }
    assert!(count > 80, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_release_at_which_nothing_changes_is_found() {
    let changes = changes();
    assert!(["3.4", "3.3", "3.6.2", "3.6.3", "6.2", "6.13", "7.10"].iter().all(|release| is_change(release, &changes)));
    assert!(["3.9", "5.2", "3.6.1", "4.9"].iter().all(|release| !is_change(release, &changes)));
    assert_eq!(releases("From 3.9 on, TLS 1.2, `4.4`, 127.0.0.1 and 6.2.x."), ["3.9", "6.2"]);
}
