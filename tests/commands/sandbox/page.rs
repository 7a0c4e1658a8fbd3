//! What the log and the page of the sandbox report, and what is refused before it starts.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use fedctl::metrics::CONTENT_TYPE;
use fedctl::rocketchat::body::Wire;
use fedctl::rocketchat::events::identifier;
use fedctl::rocketchat::events::kind::Kind;
use serde_json::{Value, json};

use super::{Talk, domain};
use crate::commands::log_lines::fit_their_schema;
use crate::support::browser::Browser;
use crate::support::http::{get, raw, send};
use crate::support::hub::eventually;
use crate::support::peers::{A, B};
use crate::support::programs::promtool_reads;

#[test]
fn what_is_wrong_with_an_event_is_in_the_log_and_on_the_page() {
    let talk = Talk::start("6.2.0", &["--log-format", "json", "--page", "127.0.0.1:0"]);
    talk.open("room", "p", &["echo"]);
    let mut event = talk.message("room", "m1", "<b>hello</b>", &[]).to_json();
    event["extra"] = json!(1);
    event["data"]["message"]["rid"] = "elsewhere".into();
    let handler = talk.peers.handler();
    assert!(talk.peers.wait(handler.deliver(&domain(A), &[event])));
    let line = talk.logged("the member `extra` is unknown");
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["entry"], &line["sender"], &line["level"]), (&json!("irregular"), &json!(B), &json!("INFO")));
    talk.logged("is not the hash of this event in any time zone");
    // A body that does not open is on the page too.
    let body = String::from_utf8(Wire::Two.write(&[7; 512])).unwrap();
    let path = "/api/v1/federation.events.dispatch";
    send(talk.addr, "POST", path, &[("x-federation-domain", B), ("Content-Type", "application/json")], &body);
    let page = talk.page.unwrap();
    let html = eventually(|| Some(get(page, "/").body).filter(|html| html.contains("echo: &lt;b&gt;hello")));
    for part in [
        "the member `extra` is unknown",
        "`data.message.rid` is `elsewhere`",
        "Refused messages",
        "origin layer",
        "room@b.example",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    assert!(!html.contains("<b>hello"), "{html}");
    let other = raw(page, b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(other.status, 403);
    fit_their_schema(talk.log.lock().unwrap().iter().map(String::as_str));
}

#[test]
fn what_does_not_exist_between_servers_is_reported() {
    let talk = Talk::start("6.2.0", &[]);
    talk.logged("not federated since 2.0: read receipts, broadcast rooms, public channels, encrypted rooms");
    talk.open("room", "p", &["echo"]);
    let handler = talk.peers.handler();
    let room = json!({"_id": "other", "t": "p", "broadcast": true, "encrypted": true, "federation": {"origin": B, "domains": [B, A]}});
    let genesis = handler.create("other", Kind::Genesis, json!({"contextType": "room", "room": room}));
    talk.deliver(&genesis);
    talk.logged("no release sends the keys");
    talk.logged("broadcast rooms exist between servers only in 1.x");
    talk.deliver(&talk.message("room", "m1", "hello", &[("unread", json!(true))]));
    talk.logged("only 1.x sends them, so the message stays unread there");
    let encrypted = talk.message("room", "m2", "xyz", &[("t", json!("e2e"))]);
    talk.deliver(&encrypted);
    talk.logged("it cannot be read here");
    talk.hear("room", "echo: hello");
    assert_eq!(talk.heard("room").len(), 1);
}

#[test]
fn metrics_count_by_labels_that_no_sender_chooses() {
    let talk = Talk::start("6.2.0", &["--page", "127.0.0.1:0"]);
    talk.open("room", "p", &["echo"]);
    let message = talk.message("room", "m1", "hello", &[]);
    talk.deliver(&message);
    talk.deliver(&message);
    talk.hear("room", "echo: hello");
    let mut unknown = talk.message("room", "m2", "hello", &[]).to_json();
    unknown["type"] = "chosen\" by a sender".into();
    assert!(!talk.peers.wait(talk.peers.handler().deliver(&domain(A), &[unknown])));
    let refused = String::from_utf8(Wire::Two.write(&[7; 512])).unwrap();
    let path = "/api/v1/federation.events.dispatch";
    send(talk.addr, "POST", path, &[("x-federation-domain", B), ("Content-Type", "application/json")], &refused);
    get(talk.addr, "/chosen-by-a-client");
    let page = talk.page.unwrap();
    let sent = "fedctl_peer_deliveries_total{result=\"sent\"}";
    let metrics = eventually(|| Some(get(page, "/metrics")).filter(|metrics| metrics.body.contains(sent)));
    assert_eq!(metrics.header("content-type"), CONTENT_TYPE);
    for line in [
        "fedctl_peer_events_total{type=\"room_add_user\",result=\"applied\"} 2",
        "fedctl_peer_events_total{type=\"room_message\",result=\"applied\"} 1",
        "fedctl_peer_events_total{type=\"room_message\",result=\"repeated\"} 1",
        "fedctl_peer_events_total{type=\"other\",result=\"failed\"} 1",
        "fedctl_peer_messages_total{result=\"refused\"} 1",
        "fedctl_peer_requests_total{path=\"/api/v1/federation.events.dispatch\",status=\"400\"} 2",
        "fedctl_peer_requests_total{path=\"other\",status=\"200\"} 1",
    ] {
        assert!(metrics.body.lines().any(|found| found == line), "{line} is not in\n{}", metrics.body);
    }
    assert!(!metrics.body.contains("chosen"), "{}", metrics.body);
    promtool_reads(&metrics.body);
}

#[test]
fn contradictions_are_refused_before_anything_starts() {
    let talk = Talk::start("6.2.0", &[]);
    let run = |more: &[&str]| {
        let mut args = vec!["serve", "peer", "--domain", A, "--key", "a.key", "--plain"];
        args.extend(more);
        talk.peers.fedctl.run(&args)
    };
    let outside = run(&["--sandbox", "--page", "192.0.2.1:80"]);
    assert!(outside.status == 2 && outside.stderr.contains("is not a loopback address"), "{outside:?}");
    let without = run(&["--state", "other.db"]);
    assert!(without.status == 2 && without.stderr.contains("--sandbox"), "{without:?}");
    let busy = run(&["--sandbox", "--state", "state.db"]);
    assert!(busy.status == 2 && busy.stderr.contains("another sandbox uses `state.db`"), "{busy:?}");
}

#[test]
fn the_page_is_readable_without_scripts_on_a_phone_in_light_and_dark() {
    let Some(mut browser) = Browser::start() else { return };
    let talk = Talk::start("6.2.0", &["--page", "127.0.0.1:0"]);
    talk.open("room", "p", &["echo"]);
    let long = "a-very-long-word-".repeat(40);
    talk.post("room", "m1", &format!("<script>document.title='hacked'</script> {long}"));
    talk.hear("room", &format!("echo: <script>document.title='hacked'</script> {long}"));
    let page = format!("http://{}/", talk.page.unwrap());
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        browser.as_phone(scheme);
        browser.open(&page);
        let wide = browser.too_wide();
        assert!(wide <= 0.0, "{wide} pixels too wide");
        assert_eq!(browser.evaluate("document.title"), "Sandbox a.example");
        grounds.push(browser.evaluate("getComputedStyle(document.body).backgroundColor"));
        let articles = browser.evaluate("document.querySelectorAll('section.room article').length");
        assert!(articles.as_u64().unwrap() >= 6, "{articles} events");
    }
    assert_ne!(grounds[0], grounds[1], "light and dark differ");
    browser.without_scripts();
    browser.open(&page);
    let html = browser.html();
    for part in [
        "bob@b.example",
        "echo@a.example",
        "room@b.example",
        "creates the room",
        "reacts with :+1:",
        "b.example: arrived",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    assert!(html.contains(&identifier::stable("echo@a.example")) || html.contains("Parents"), "{html}");
}

#[test]
fn the_state_has_a_place_by_default_and_a_missing_directory_is_named() {
    let talk = Talk::start("6.2.0", &[]);
    let args = ["serve", "peer", "--domain", A, "--key", "a.key", "--plain", "--sandbox"];
    let fedctl = &talk.peers.fedctl;
    let mut child =
        fedctl.command(&args).env("XDG_STATE_HOME", fedctl.path("home")).stderr(Stdio::piped()).spawn().unwrap();
    let place = fedctl.path("home/fedctl/sandbox/a.example.db").display().to_string();
    let posted = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("the state is in"));
    let _ = (child.kill(), child.wait());
    assert_eq!(posted, Some(format!("the state is in {place}")));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&place).unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "only the owner reads what was posted");
    let missing = fedctl.run(&[&args[..], &["--state", "nowhere/state.db"]].concat());
    assert!(missing.status == 2 && missing.stderr.contains("mkdir -p nowhere"), "{missing:?}");
}
