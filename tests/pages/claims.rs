//! Numbers of the docs that the code has too: the default of an option, or a constant of the sources. A change of either fails here
//! until the other follows.

use crate::docs::pages;
use crate::support::repository;

/// The default of an option: page, what the page says, command, option, default.
const DEFAULTS: &[(&str, &str, &str, &str, &str)] = &[
    ("docs/configure.md", "at most `--settle` (60 s)", "configure", "settle", "60s"),
    ("docs/configure.md", "at most `--wait` (10 min)", "init", "wait", "10m"),
    ("docs/exit-codes.md", "`--fail-on error` is the default", "dns-check", "fail-on", "error"),
    ("docs/formats.md", "reaches `--fail-on` (default `error`)", "dns-check", "fail-on", "error"),
    ("docs/hub.md", "127.0.0.1:8080", "serve hub", "listen", "127.0.0.1:8080"),
    ("docs/hub.md", "for 48 hours (`--link-lifetime`)", "serve hub", "link-lifetime", "48h"),
    ("docs/hub.md", "at most 5 mails in 24 hours (`--mails-per-day`)", "serve hub", "mails-per-day", "5"),
    ("docs/hub.md", "register 30 times an hour", "serve hub", "registrations-per-hour", "30"),
    ("docs/hub.md", "search 300 times a minute", "serve hub", "searches-per-minute", "300"),
    ("docs/list.md", "| `--jobs N` | 128 |", "dns-check", "jobs", "128"),
    ("docs/list.md", "| `--qps N` | 500 |", "dns-check", "qps", "500"),
    ("docs/list.md", "| `--jobs N` | 128 |", "handshake", "jobs", "128"),
    ("docs/proxy.md", "[default: 127.0.0.1:3000]", "proxy", "upstream", "127.0.0.1:3000"),
    ("docs/publish.md", "(`--settle`, 60 s)", "records apply", "settle", "60s"),
    ("docs/rotate.md", "in seconds (60 by default)", "rotate plan", "low-ttl", "60"),
    ("docs/watch.md", "default interval is 5 minutes", "watch", "every", "5m"),
    ("docs/watch.md", "more than 400 days ago (`--keep`)", "watch", "keep", "400"),
    ("docs/watch.md", "two checks in a row agree on it (`--confirm`)", "watch", "confirm", "2"),
    ("docs/watch.md", "`--alert-severity` (default `error`)", "watch", "alert-severity", "error"),
    ("docs/watch.md", "in 14, 7, 3 or 1 days (`--certificate-days`)", "watch", "certificate-days", "14,7,3,1"),
    ("docs/watch.md", "`127.0.0.1:8090` (`--listen`)", "watch", "listen", "127.0.0.1:8090"),
];

/// A constant: page, what the page says, source file, the constant as it is written there.
const CONSTANTS: &[(&str, &str, &str, &str)] = &[
    ("README.md", "is judged after 157 ms", "benches/README.md", "| 157 ms: 3.1 delays"),
    ("README.md", "13 times faster than by a dig script", "benches/README.md", "| 13.0 times as long |"),
    ("docs/dns-check.md", "takes at most four round trips", "benches/README.md", "(the limit that was set is 4)"),
    (
        "docs/dns-check.md",
        "three public ones (Cloudflare, Google, Quad9)",
        "src/net/resolvers.rs",
        "[(\"Cloudflare\", [1, 1, 1, 1]), (\"Google\", [8, 8, 8, 8]), (\"Quad9\", [9, 9, 9, 9])]",
    ),
    ("docs/checks/dns-limits.md", "name servers beyond 13", "src/net/session.rs", "SERVERS: usize = 13;"),
    ("docs/checks/dns-limits.md", "beyond 4 each", "src/net/session.rs", "ADDRESSES: usize = 4;"),
    ("docs/checks/dns-limits.md", "and 26 in all", "src/net/session.rs", "ALL_ADDRESSES: usize = 26;"),
    ("docs/checks/dns-limits.md", "SRV targets beyond 8", "src/net/session.rs", "TARGETS: usize = 8;"),
    ("docs/checks/dns-servers.md", "takes two seconds or longer", "src/check/dns_servers.rs", "SLOW: u32 = 2000;"),
    ("docs/checks/dns-transport.md", "one over 1232 bytes", "src/dns/codec.rs", "PAYLOAD: u16 = 1232;"),
    ("docs/checks/dns-ttl.md", "can be fixed within a day", "src/check/dns_ttl.rs", "30..=86400;"),
    ("docs/checks/peer-http.md", "wrong by more than a minute", "src/check/peer_http.rs", "CLOCK: i64 = 60;"),
    ("docs/configure.md", "allow ten requests a minute", "src/serve/peer/limit.rs", "GENERAL: (u64, Duration) = (10,"),
    ("docs/drill.md", "most ten requests a minute", "src/commands/drill/player.rs", "REQUESTS_MAX: usize = 10;"),
    (
        "docs/handshake.md",
        "waits ten seconds",
        "src/commands/handshake.rs",
        "CALLBACK_TIME: Duration = Duration::from_secs(10);",
    ),
    ("docs/handshake.md", "A fourth run against the same peer", "src/commands/handshake_limit.rs", "RUNS: usize = 3;"),
    ("docs/handshake.md", "the two seconds that servers wait", "src/check/peer_latency.rs", "LIMIT: u32 = 2000;"),
    ("docs/hub.md", "3 of them because of one address", "src/serve/hub/gate.rs", "MAILS: u32 = 3;"),
    ("docs/hub.md", "a /48 counts as eight", "src/serve/hub/gate.rs", "SITE: u32 = 8;"),
    ("docs/hub.md", "an IPv6 /64 counts as one address", "src/serve/hub/limit.rs", "network(ip, 64)"),
    ("docs/hub.md", "twice in a quarter of an hour", "src/rocketchat/hub/ledger.rs", "mail_again_after: 900"),
    ("docs/hub.md", "for at most ten seconds", "src/serve/hub/mod.rs", "STOP: Duration = Duration::from_secs(10);"),
    ("docs/hub.md", "is sent at most eight times", "src/rocketchat/hub/ledger.rs", "ATTEMPTS_MAX: u32 = 8;"),
    ("docs/hub.md", "in about two hours", "src/rocketchat/hub/ledger.rs", "let wait = 60 << found.attempts.min(7);"),
    ("docs/list.md", "at most 64 MiB", "src/file/read.rs", "LARGE_MAX: u64 = 64 << 20;"),
    ("docs/list.md", "for at most 5,000 domains", "src/commands/list/output.rs", "HELD_MAX: usize = 5000;"),
    (
        "docs/list.md",
        "written to stderr every 30 seconds",
        "src/commands/list.rs",
        "EVERY: Duration = Duration::from_secs(30);",
    ),
    (
        "docs/list.md",
        "domains that are checked at the same time, 1 to 1000",
        "src/commands/list.rs",
        "Counts::new(1, 1000)",
    ),
    ("docs/list.md", "resolver, 1 to 100000", "src/commands/list.rs", "Counts::new(1, 100_000)"),
    ("docs/list.md", "up to 250 where its responses", "src/net/udp/window.rs", "LARGEST: usize = 250;"),
    (
        "docs/list.md",
        "300 ms at the earliest",
        "src/net/udp/window.rs",
        "SOONEST: Duration = Duration::from_millis(300);",
    ),
    ("docs/list.md", "64 queries wait for one server at first", "src/net/udp/window.rs", "SMALLEST: usize = 64;"),
    ("docs/list.md", "stays open for two seconds", "src/net/tcp.rs", "IDLE: Duration = Duration::from_secs(2);"),
    ("docs/list.md", "Eight are opened at a time", "src/net/tcp.rs", "OPENING: usize = 8;"),
    (
        "docs/mesh.md",
        "6.3 and later cannot send",
        "src/rocketchat/boundary.rs",
        "CANNOT_SEND: Release = Release(6, 3, 0);",
    ),
    (
        "docs/mesh.md",
        "and 3.4.0 to 3.6.2 send",
        "src/rocketchat/boundary.rs",
        "SENDS_AGAIN: Release = Release(3, 6, 3);",
    ),
    ("docs/mesh.md", "counts as 6.2.0", "src/rocketchat/boundary.rs", "LAST_SENDER: Release = Release(6, 2, 0);"),
    ("docs/mesh.md", "at most 500", "src/commands/mesh.rs", "MEMBERS_MAX: usize = 500;"),
    ("docs/proxy.md", "Bodies of up to 50 MiB pass", "src/render/proxy/mod.rs", "BODY_MIB: u32 = 50;"),
    ("docs/proxy.md", "The server gets 60 seconds", "src/render/proxy/mod.rs", "TIMEOUT: u32 = 60;"),
    ("docs/publish.md", "is sent at most five times", "src/publish/api.rs", "ATTEMPTS: u32 = 5;"),
    ("docs/publish.md", "at most 30 seconds", "src/publish/api.rs", "PAUSE_MAX: u64 = 30;"),
    ("docs/register.md", "within two seconds", "src/net/hub.rs", "PATIENCE: Duration = Duration::from_secs(2);"),
    (
        "docs/register.md",
        "for 15 minutes or the given time",
        "src/commands/register.rs",
        "default_missing_value = \"15m\"",
    ),
    (
        "docs/serve-peer.md",
        "10 requests a minute for each route",
        "src/serve/peer/limit.rs",
        "(10, Duration::from_secs(60));",
    ),
    ("docs/serve-peer.md", "30 events a second", "src/serve/peer/limit.rs", "(30, Duration::from_secs(1));"),
    (
        "docs/serve-peer.md",
        "60 messages of a room in a minute",
        "src/rocketchat/events/echo.rs",
        "ANSWERS_MAX: usize = 60;",
    ),
    (
        "docs/serve-peer.md",
        "after 5, 10, 15 and 20 seconds",
        "src/serve/peer/sandbox.rs",
        "[Duration::from_secs(5), Duration::from_secs(10), Duration::from_secs(15), Duration::from_secs(20)];",
    ),
    ("docs/serve-peer.md", "to 64 MiB", "src/serve/peer/handler.rs", "BYTES_MAX: usize = 64 << 20;"),
    ("docs/watch.md", "the shortest 1 minute", "src/commands/domain_list.rs", "Times::new(Duration::from_secs(60),"),
    ("docs/watch.md", "up to a tenth of the interval", "src/commands/watch/recorder.rs", "JITTER: f64 = 0.1;"),
    ("docs/watch.md", "missing for 30 seconds", "src/store/watch/mod.rs", "ALIVE: i64 = 30;"),
    ("docs/watch.md", "working three times within", "src/report/watch/domain_state.rs", "UNSTABLE: u32 = 3;"),
    ("docs/watch.md", "within ten checks", "src/report/watch/domain_state.rs", "KEPT_CHECKS: usize = 10;"),
    ("docs/watch.md", "five checks in a row agree", "src/report/watch/domain_state.rs", "SETTLED: usize = 5;"),
    ("docs/watch.md", "for about ten hours", "src/commands/watch/deliver.rs", "ATTEMPTS: i64 = 16;"),
    (
        "docs/watch.md",
        "sent again each minute",
        "src/commands/watch/deliver.rs",
        "AGAIN: Duration = Duration::from_secs(60);",
    ),
    ("docs/watch.md", "check for more than 10 minutes", "src/commands/watch/pages.rs", "STUCK: i64 = 10 * MINUTE;"),
    ("docs/watch.md", "younger than 30 seconds", "src/commands/watch/pages.rs", "FRESH: i64 = 30;"),
    ("docs/watch.md", "the last 90 days", "src/render/watch/strip.rs", "DAYS: i64 = 90;"),
];

/// A page in one line, so that a phrase is found wherever its lines end.
pub fn page(name: &str) -> String {
    std::fs::read_to_string(repository(name)).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_default_in_the_docs_is_the_default_of_the_option() {
    let mut wrong = Vec::new();
    for (name, phrase, words, option, expected) in DEFAULTS {
        let mut command = fedctl::cli::command();
        for word in words.split(' ') {
            command = command.find_subcommand(word).unwrap().clone();
        }
        let argument = command.get_arguments().find(|argument| argument.get_long() == Some(option)).unwrap();
        let values: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if values.join(",") != *expected {
            wrong.push(format!("{name}: --{option} of {words} is {values:?}, and the page says `{phrase}`"));
        }
        if !page(name).contains(phrase) {
            wrong.push(format!("{name}: no `{phrase}`, and --{option} of {words} is {values:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_number_in_the_docs_is_the_constant_of_the_code() {
    let mut wrong = Vec::new();
    for (name, phrase, file, constant) in CONSTANTS {
        if !page(name).contains(phrase) {
            wrong.push(format!("{name}: no `{phrase}`, and {file} has `{constant}`"));
        }
        if !std::fs::read_to_string(repository(file)).unwrap().contains(constant) {
            wrong.push(format!("{file}: no `{constant}`, and {name} has `{phrase}`"));
        }
    }
    let image = std::fs::metadata(repository("src/rocketchat/drill/image.png")).unwrap().len();
    if !page("docs/drill.md").contains(&format!("a copy of the image, {image} bytes")) {
        wrong.push(format!("docs/drill.md: the image has {image} bytes"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An option with its value in parentheses, as in (`--keep`, 400 days): the value is one that a test compares.
#[test]
fn every_value_beside_an_option_is_compared() {
    let claims: Vec<(&str, &str)> = DEFAULTS.iter().map(|(page, phrase, ..)| (*page, *phrase)).collect();
    let mut open = Vec::new();
    for path in pages() {
        let name = path.strip_prefix(repository("")).unwrap().display().to_string();
        let text = page(&name);
        for (at, _) in text.match_indices("(`--") {
            let inner = text[at + 1..].split(')').next().unwrap_or_default();
            let has_value = inner.splitn(3, '`').nth(2).is_some_and(|rest| rest.contains(|c: char| c.is_ascii_digit()));
            let known = claims.iter().any(|(of, phrase)| *of == name && phrase.contains(inner));
            if has_value && !known {
                open.push(format!("{name}: ({inner})"));
            }
        }
    }
    assert!(open.is_empty(), "add them to DEFAULTS: {open:?}");
}
