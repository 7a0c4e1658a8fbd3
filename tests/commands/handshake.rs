//! Each stage and each fault of the embedded peer against the handshake.

use fedctl::serve::peer::fault::Fault;
use serde_json::Value;

use crate::support::peers::{A, B, Peer, Peers, findings, key};
use crate::support::programs::free_port;
use crate::support::repository;
use crate::support::stub::Stub;

/// Times differ from run to run, and with them the columns before them.
fn timeless(text: &str) -> String {
    let is_time = |word: &str| word.chars().all(|c| c.is_ascii_digit() || c == '.') && !word.is_empty();
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let unit = |at: usize| words.get(at + 1).is_some_and(|next| matches!(*next, "ms" | "s" | "ms)"));
        let shown = words.iter().enumerate().map(|(at, word)| if unit(at) && is_time(word) { "N" } else { word });
        shown.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn stage<'a>(report: &'a Value, name: &str) -> &'a str {
    let stages = report["stages"].as_array().unwrap();
    stages.iter().find(|stage| stage["name"] == name).unwrap()["status"].as_str().unwrap()
}

#[test]
fn a_healthy_peer_goes_through_every_stage() {
    let peers = Peers::start(&Peer::default());
    // On a busy machine it may be slow, and say so.
    let calm = (0..5).map(|_| peers.handshake(&[])).find(|ran| !ran.stdout.contains("warning"));
    let ran = calm.expect("a run without a warning");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    insta::assert_snapshot!(timeless(&ran.stdout), @r#"
    b.example discovery of 6.2, the release of the peer

    discover N ms ok https://chat.b.example:443 with key 19481651a6c7…
    connect N ms ok chat.b.example: 127.0.0.1; connects
    tls N ms ok TLS 1.3; issued by "fedctl test intermediate";
    made for chat.b.example; until 2049-12-31
    http N ms ok JSON from the server itself
    release ok 6.2
    federation N ms ok enabled, protocol of 2.x and later
    identity ok a.example publishes your key
    ping N ms ok both layers opened: the peer has your key and you
    have the peer's
    size N ms ok 110 KB got through
    speed ok at most N ms
    round trip skipped the way back is not verified; try --callback
    ADDR:PORT on the host that your own SRV record
    names
    bypass skipped only probed with --probe-bypass
    exposure N ms notice uploads and user search are open to any client
    found GET /api/v1/federation.users.search → 200
    means servers of all releases answer them without
    authentication, so that any client can search
    users by name and download files whose id it knows
    fix Let the proxy close them:
    fedctl proxy nginx --domain b.example

    b.example is ready for federation: 1 notice N s
    "#);
    let log = peers.log.lock().unwrap().join("\n");
    assert!(log.contains("opened: a.example sends ping; both layers open"), "{log}");
}

/// The findings that a peer with this fault causes, and nothing else.
fn caused(fault: Fault, https: bool) -> Vec<String> {
    let peers = Peers::start(&Peer { faults: &[fault], https, ..Peer::default() });
    let mut found = findings(&peers.report(&["--fail-on", "notice"]));
    // On a busy machine anything may be slow.
    found.retain(|id| !matches!(id.as_str(), "warning peer-latency" | "warning peer-body"));
    found
}

#[test]
fn every_fault_of_the_certificate_has_its_finding() {
    for (fault, expected) in [
        (Fault::ExpiredCertificate, "error tls-expiry"),
        (Fault::SelfSigned, "error tls-chain"),
        (Fault::MissingIntermediate, "error tls-chain"),
        (Fault::WrongHost, "error tls-name"),
        (Fault::Tls13Only, "warning tls-protocol"),
    ] {
        assert_eq!(caused(fault, true), [expected], "{fault:?}");
    }
}

#[test]
fn every_fault_of_the_server_has_its_finding() {
    for (fault, expected) in [
        (Fault::Disabled, "error peer-federation"),
        (Fault::Html, "error peer-http"),
        (Fault::Redirect, "error peer-http"),
        (Fault::RateLimit, "warning peer-http"),
        (Fault::ContentType, "warning peer-http"),
        (Fault::HugeAnswer, "error peer-http"),
        (Fault::Reset, "error peer-http"),
        (Fault::WrongKey, "error peer-ping"),
        (Fault::BodyLimit, "error peer-body"),
        (Fault::Slow, "error peer-latency"),
    ] {
        let found: Vec<String> = caused(fault, false).into_iter().filter(|id| id != "notice tls-protocol").collect();
        // What cannot answer as a federation server is reported as that too, and a refused ping is refused for one reason.
        let rest: Vec<&String> = found
            .iter()
            .filter(|id| {
                !matches!(
                    id.as_str(),
                    "error peer-federation" | "error peer-ping" | "error peer-http" | "warning peer-ping"
                )
            })
            .filter(|id| *id != expected)
            .collect();
        assert!(found.contains(&expected.to_owned()) && rest.is_empty(), "{fault:?}: {found:?}");
    }
}

#[test]
fn a_reset_during_the_tls_handshake_is_reported_as_that() {
    assert_eq!(caused(Fault::Reset, true), ["error tls-protocol"]);
}

#[test]
fn the_other_protocol_on_the_port_is_recognised() {
    let plain = Peers::start(&Peer { swapped: true, ..Peer::default() });
    let ran = plain.handshake(&[]);
    assert_eq!(ran.status, 1);
    assert!(timeless(&ran.stdout).contains("speaks plain HTTP, and\nthe records name https"), "{}", ran.stdout);
    assert!(ran.stdout.contains("stopped at tls"), "{}", ran.stdout);
    let tls = Peers::start(&Peer { swapped: true, https: false, ..Peer::default() });
    let ran = tls.handshake(&[]);
    assert!(timeless(&ran.stdout).contains("speaks TLS, and the\nrecords name http"), "{}", ran.stdout);
}

#[test]
fn later_stages_are_skipped_with_the_reason() {
    let peers = Peers::start(&Peer { faults: &[Fault::SelfSigned], ..Peer::default() });
    let report = peers.report(&[]);
    assert_eq!(report["verdict"], "problems");
    assert_eq!((stage(&report, "connect"), stage(&report, "tls"), stage(&report, "ping")), ("ok", "error", "skipped"));
    let skipped = report["skipped"].as_array().unwrap();
    let ping = skipped.iter().find(|skip| skip["id"] == "peer-ping").unwrap();
    assert_eq!(ping["why"], "no trusted connection");
    assert_eq!(report["requests"], serde_json::json!([]));
    let schema = std::fs::read_to_string(repository("docs/report.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(schema.is_valid(&report), "{:?}", schema.iter_errors(&report).next());
}

#[test]
fn without_an_identity_what_needs_none_is_done() {
    let peers = Peers::start(&Peer::default());
    let ran = peers.anonymous(&[]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stdout.contains("--domain mydomain.com --key"), "{}", ran.stdout);
    assert!(ran.stdout.contains("can be reached; whether messages pass was not tried"), "{}", ran.stdout);
    let (error, _) = peers.fedctl.refused(&["handshake", B, "--domain", A]);
    assert_eq!(error, "--domain needs --key");
}

#[test]
fn an_answer_means_what_it_means_in_that_release() {
    let blind = Peers::start(&Peer { release: "3.18.3", ..Peer::default() });
    let ran = blind.handshake(&[]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert!(timeless(&ran.stdout).contains("proves nothing\nabout keys"), "{}", ran.stdout);
    assert!(ran.stdout.contains("b.example answers; the keys are not verified"), "{}", ran.stdout);
    let receiver = Peers::start(&Peer { release: "6.4.0", ..Peer::default() });
    let report = receiver.report(&[]);
    assert!(findings(&report).contains(&"error peer-release".to_owned()), "{report}");
    assert_eq!(stage(&report, "ping"), "ok");
}

#[test]
fn a_peer_of_1_x_is_pinged_in_its_own_way() {
    let peers = Peers::start(&Peer { release: "1.3.5", ..Peer::default() });
    let report = peers.report(&[]);
    assert_eq!(stage(&report, "ping"), "ok", "{report}");
    assert_eq!(findings(&report), ["warning peer-release"]);
    // A 3.18 server cannot talk to it.
    let report = peers.report(&["--as", "3.18.3"]);
    assert!(findings(&report).contains(&"error peer-federation".to_owned()), "{report}");
}

#[test]
fn the_round_trip_proves_both_directions() {
    let callback = free_port();
    let peers = Peers::start(&Peer { release: "3.18.3", callback: Some(callback), ..Peer::default() });
    let addr = callback.to_string();
    let ran = peers.handshake(&["--callback", &addr]);
    assert_eq!(ran.status, 0, "{}{:?}", ran.stdout, peers.log.lock().unwrap());
    assert!(ran.stdout.contains("its own message arrived"), "{}", ran.stdout);
}

#[test]
fn a_peer_that_never_calls_back_is_reported() {
    let callback = free_port();
    let faults = &[Fault::NeverSends];
    let peers = Peers::start(&Peer { release: "3.18.3", callback: Some(callback), faults, ..Peer::default() });
    let report = peers.report(&["--callback", &callback.to_string()]);
    assert!(findings(&report).contains(&"error peer-round-trip".to_owned()), "{report}");
}

#[test]
fn a_peer_with_another_key_logs_the_layer_and_never_calls_back() {
    let callback = free_port();
    let peers = Peers::start(&Peer {
        release: "3.18.3",
        callback: Some(callback),
        faults: &[Fault::WrongKey],
        ..Peer::default()
    });
    let report = peers.report(&["--callback", &callback.to_string()]);
    assert!(findings(&report).contains(&"error peer-round-trip".to_owned()), "{report}");
    let log = peers.log.lock().unwrap().join("\n");
    assert!(
        log.contains("secrecy layer, own key") && log.contains("another public key than this recipient's"),
        "{log}"
    );
}

#[test]
fn the_embedded_peer_has_no_bypass() {
    let peers = Peers::start(&Peer::default());
    let report = peers.report(&["--probe-bypass"]);
    assert_eq!(stage(&report, "bypass"), "ok", "{report}");
    let log = peers.log.lock().unwrap().join("\n");
    assert!(log.contains("refused: b.example: it claims to be this server's own domain"), "{log}");
}

#[test]
fn a_peer_on_ipv6_is_reached() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        eprintln!("skipped: this machine has no IPv6");
        return;
    }
    let peers = Peers::start(&Peer { listen: "[::1]:0", ..Peer::default() });
    let ran = peers.handshake(&[]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("chat.b.example: ::1"), "{}", ran.stdout);
}

#[test]
fn nothing_that_listens_is_an_error_at_connect() {
    let peers = Peers::around(free_port());
    let report = peers.report(&[]);
    assert_eq!(stage(&report, "connect"), "error");
    assert!(findings(&report).contains(&"error peer-connect".to_owned()), "{report}");
}

#[test]
fn an_unknown_domain_is_an_error_at_discovery() {
    let peers = Peers::around(free_port());
    let flags = peers.flags();
    let mut args = vec!["handshake", "nowhere.b.example"];
    args.extend(flags.iter().map(String::as_str));
    let ran = peers.fedctl.run(&args);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("does not find nowhere.b.example"), "{}", ran.stdout);
    assert!(ran.stdout.contains("stopped at discover"), "{}", ran.stdout);
}

#[test]
fn two_sides_are_compared() {
    let peers = Peers::start(&Peer { faults: &[Fault::WrongKey], ..Peer::default() });
    let there = peers.report(&[]);
    peers.fedctl.write("there.json", there.to_string());
    let mut back = Peers::start(&Peer::default()).report(&[]);
    (back["subject"], back["identity"]) = (A.into(), B.into());
    peers.fedctl.write("back.json", back.to_string());
    let ran = peers.fedctl.run(&["handshake", "--join", "there.json", "back.json"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("a.example → b.example  error\n") && ran.stdout.contains("b.example → a.example  ok\n")
    );
    assert!(ran.stdout.contains("a.example → b.example stops at ping: b.example cannot open"), "{}", ran.stdout);
    let (error, _) = peers.fedctl.refused(&["handshake", "--join", "there.json", "there.json"]);
    assert!(error.contains("do not belong together"), "{error}");
    let (error, _) = peers.fedctl.refused(&["handshake", "--join", "there.json", "a.key"]);
    assert!(error.contains("not the report of a handshake"), "{error}");
}

#[test]
fn the_invitation_names_both_sides_and_has_no_secret() {
    let peers = Peers::around(free_port());
    let description = peers.fedctl.ok(&["handshake", B, "--invite", "--domain", A, "--key", "a.key"]);
    assert!(description.contains("fedctl handshake a.example \\\n    --domain b.example --key"), "{description}");
    assert!(description.lines().all(|line| line.chars().count() <= 80), "{description}");
    assert!(!description.contains("PRIVATE"), "{description}");
}

#[test]
fn the_invitation_works_as_it_is_pasted() {
    let peers = Peers::start(&Peer::default());
    let description = peers.fedctl.ok(&["handshake", B, "--invite", "--domain", A, "--key", "a.key"]);
    // The indented lines are the commands: first the other admin's, then our own two.
    let pasted: Vec<&str> = description.lines().filter(|line| line.starts_with("  ")).collect();
    let (theirs, ours) = pasted.split_at(3);
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_fedctl")).parent().unwrap().to_owned();
    let paste = |lines: &[&str], key_of: &str| {
        let file = peers.fedctl.write("federation.key", key(key_of).one_line().unwrap().as_bytes());
        std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", &lines.join("\n")]).current_dir(peers.fedctl.dir.path()).env_clear();
        shell
            .env("PATH", &bin)
            .env("HOME", peers.fedctl.dir.path())
            .env("FEDCTL_RESOLVERS", peers.resolver.to_string());
        shell.env("FEDCTL_CA_FILE", "ca.pem").env("FEDCTL_CONNECT_TO", format!("chat.b.example:443={}", peers.addr));
        let ran = shell.output().unwrap();
        (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap())
    };
    let (stdout, stderr) = paste(theirs, "bob");
    assert_eq!((stdout.as_str(), stderr.as_str()), ("", ""));
    let (stdout, stderr) = paste(ours, "alice");
    assert_eq!(stderr, "");
    assert!(
        stdout.contains("a.example → b.example  ok\n") && stdout.contains("b.example → a.example  error\n"),
        "{stdout}"
    );
}

#[test]
fn your_records_are_judged_whatever_the_peer_does() {
    let peers = Peers::start(&Peer { faults: &[Fault::Html], ..Peer::default() });
    let report = peers.report(&[]);
    assert_eq!((stage(&report, "identity"), stage(&report, "ping")), ("ok", "skipped"), "{report}");
    let why = report["skipped"].as_array().unwrap().iter().find(|skip| skip["id"] == "peer-ping").unwrap();
    assert_eq!(why["why"], "no federation route answers");
}

#[test]
fn a_terminal_obeys_no_peer() {
    let body = "{\"success\":false,\"error\":\"\\u001b]0;owned\\u0007 \\u001b[2J\"}";
    let page = "<p>\u{1b}[2J\u{9b}31m</p>".repeat(9);
    for (head, body) in [("400 Bad\r\nContent-Type: application/json", body), ("200 OK", &page)] {
        let peers = Peers::around(Stub::start(head, body).addr);
        for format in ["human", "json", "ndjson", "junit", "sarif", "tap", "nagios", "markdown", "html", "github"] {
            let ran = peers.handshake(&["-v", "--format", format]);
            assert!(ran.status > 0 && !ran.stdout.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{format}: {}", ran.stdout);
        }
        let ran = peers.handshake(&["-v"]);
        assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    }
    let peers = Peers::around(free_port());
    for (file, from, to) in [("a.json", "a", "b"), ("b.json", "b", "a"), ("c.json", "c", "d")] {
        let escape = "\\u001b[2J";
        let found = format!(r#"{{"id":"x","severity":"error","what":"{escape}"}}"#);
        let half = format!(
            r#"{{"schema":1,"subject":"{to}{escape}","identity":"{from}{escape}","verdict":"x","findings":[{found}],"stages":[{{"name":"{escape}","status":"error"}}]}}"#
        );
        peers.fedctl.write(file, half);
    }
    for other in ["b.json", "c.json"] {
        let ran = peers.fedctl.run(&["handshake", "--join", "a.json", other]);
        assert!(ran.status > 0 && !format!("{}{}", ran.stdout, ran.stderr).contains('\u{1b}'), "{ran:?}");
    }
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_what_to_do() {
    let peers = Peers::around(free_port());
    let refused = |more: &[&str]| peers.fedctl.refused(&[&["handshake"], more].concat());
    assert_eq!(
        refused(&["--join", "none.json", "a.key"]),
        ("`none.json` does not exist".into(), "check the path".into())
    );
    assert_eq!(refused(&[B, "--ca-file", "."]).1, "give the file inside it");
    assert_eq!(refused(&[B, "--domain", A, "--key", "none"]).1, "`fedctl keygen` makes a key pair");
}

#[test]
fn your_domain_is_looked_at_without_encryption() {
    let peers = Peers::start(&Peer::default());
    let flags = peers.flags();
    let mut args = vec!["handshake", B, "--domain", B, "--key", "a.key"];
    args.extend(flags.iter().map(String::as_str));
    let ran = peers.fedctl.run(&args);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stderr.contains("servers do not decrypt what comes in their own name"), "{}", ran.stderr);
}
