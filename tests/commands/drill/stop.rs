//! A drill that is stopped by a signal.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fedctl::rocketchat::events::documents::Collection;
use serde_json::json;

use super::{arguments, read};
use crate::support::Ran;
use crate::support::peers::{Peer, Peers};
use crate::support::programs::free_port;

/// A drill that gets this signal as soon as the peer has the room and waits for a file that it cannot fetch: the peer is sent to a
/// port that takes connections and says nothing. Who `insists` sends the signal until the drill has ended.
fn stopped(release: &str, (signal, insists): (&str, bool), more: &[&str]) -> (Peers, Ran) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let callback = Some(silent.local_addr().unwrap());
    let peers = Peers::start(&Peer { release, https: false, callback, ..Peer::default() });
    let args = arguments(&peers, &format!("chat.a.example:80={}", free_port()), more);
    let mut command = peers.fedctl.command(&args);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    let has_file = || peers.log.lock().unwrap().iter().filter(|line| line.contains("sends room_message")).count() > 1;
    while !has_file() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:#?}", peers.log.lock().unwrap());
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    let send = || Command::new("kill").args([signal, &pid]).status().unwrap().success();
    assert!(send());
    while insists && send() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(50));
    }
    let ran = Ran::from(child.wait_with_output().unwrap());
    (peers, ran)
}

#[test]
fn a_drill_that_is_stopped_removes_its_room_and_reports_what_was_seen() {
    for (release, signal) in [("3.18.7", "-INT"), ("6.2.0", "-TERM")] {
        let (peers, ran) = stopped(release, (signal, false), &["--format", "json"]);
        assert_eq!(ran.status, 1, "{ran:?}");
        assert_eq!(peers.with(|documents| documents.all(Collection::Rooms).count()), 0, "{ran:?}");
        let report = read(&ran);
        let steps = report["drill"]["steps"].as_array().unwrap();
        let of = |name: &str| steps.iter().find(|step| step["step"] == name).unwrap();
        assert_eq!(
            (&of("message")["status"], &of("delete-room")["status"]),
            (&json!("ok"), &json!("ok")),
            "{report:#}"
        );
        assert_eq!(
            (&of("mute")["status"], &of("mute")["note"]),
            (&json!("skipped"), &json!("left out: the drill was stopped"))
        );
        let left = report["drill"]["left"].to_string();
        assert!(left.contains("the user fedctl@a.example") && !left.contains("the room "), "{left}");
    }
}

#[test]
fn a_second_signal_ends_the_drill_at_once_and_the_room_is_listed() {
    // The peer answers the message with the file when it has waited for five seconds.
    let (peers, ran) = stopped("6.2.0", ("-INT", true), &["--format", "json"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(peers.with(|documents| documents.all(Collection::Rooms).count()), 1);
    let report = read(&ran);
    assert!(report["drill"]["left"].to_string().contains("the room "), "{report:#}");
    let last = report["drill"]["requests"].as_array().unwrap().last().unwrap();
    assert_eq!(last["steps"], json!(["file"]));
    assert!(last["failure"].as_str().unwrap().contains("the drill was stopped"), "{last}");
}

#[test]
fn a_drill_that_is_stopped_keeps_the_room_with_keep_room() {
    let (peers, ran) = stopped("3.18.7", ("-INT", false), &["--keep-room"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(peers.with(|documents| documents.all(Collection::Rooms).count()), 1);
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("left at the peer") && text.contains("the room "), "{}", ran.stdout);
    assert!(text.contains("skipped file the drill was stopped before the peer called back"), "{}", ran.stdout);
    assert!(text.contains("; stopped"), "{}", ran.stdout);
}
