//! What each step does at a peer of every generation, and how it is verified.

use clap::ValueEnum as _;
use fedctl::rocketchat::compatibility::Direction;
use fedctl::rocketchat::drill::step::Step;
use serde_json::{Value, json};

use super::{ABSENT, drill, read, start, steps};
use crate::support::node_peer::{NodePeer, peer};
use crate::support::peers::{A, B, Peer, Peers};
use crate::support::programs::free_port;

/// The same with https in both directions, and the options for the drill's own certificate.
fn start_https(release: &str) -> (Peers, String) {
    let callback = free_port();
    let peer = Peer { release, https_both: true, callback: Some(callback), ..Peer::default() };
    (Peers::start(&peer), format!("chat.a.example:443={callback}"))
}

const CERTIFICATE: [&str; 4] = ["--callback-cert", "drill.pem", "--callback-cert-key", "drill-key.pem"];

/// The steps of 2.x as a peer takes them that applies everything.
const TAKEN: &[&str] = &[
    "direct-room",
    "same-again",
    "message",
    "reaction-on",
    "reaction-off",
    "edit",
    "file",
    "recovery",
    "mute",
    "unmute",
    "delete-message",
    "remove",
    "leave",
    "delete-room",
];

/// `fedctl compatibility` says the same as a drill, which sends as a release without faults does.
fn agrees_with_the_table(sender: &str, release: &str, report: &Value) {
    for (step, found) in steps(report) {
        let Some(promise) = Step::from_str(&step, false).unwrap().promise() else { continue };
        let direction = Direction::of(promise, sender.parse().unwrap(), release.parse().unwrap());
        assert_eq!(found.starts_with("ok"), direction.works(), "{sender} → {release}: {step} is {found}");
    }
}

/// What 4.1 of the description of the wire expects of a release: the steps that differ from all others.
fn compare(release: &str, gate_open: bool, is_blind: bool, exceptions: &[(&str, &str)]) {
    let (peers, way_back) = start(release, gate_open);
    let ran = drill(&peers, &way_back, &["--format", "json"]);
    let report = read(&ran);
    let usual = |step: &str| match step {
        _ if ABSENT.contains(&step) => "n/a -",
        "way-back" | "look-up" => "ok -",
        "file" | "recovery" => "ok call_back",
        "delete-room" if is_blind => "ok -",
        _ if is_blind => "ok question",
        _ => "ok answer",
    };
    for (step, found) in steps(&report) {
        let exception = exceptions.iter().find(|(name, _)| *name == step).map(|(_, status)| *status);
        let expected = exception.unwrap_or_else(|| usual(&step));
        assert_eq!(found, expected, "{release}: {step}\n{report:#}\n{:#?}", peers.log.lock().unwrap());
    }
    // The table takes the gate of 7.x for closed.
    if !gate_open {
        agrees_with_the_table("4.5.7", release, &report);
    }
    let fails = exceptions.iter().any(|(_, status)| status.starts_with("error"));
    assert_eq!(ran.status, i32::from(fails), "{release}");
    let dispatches = report["drill"]["requests"].as_array().unwrap().len();
    let delivered = report["drill"]["call_backs"].as_array().unwrap().iter();
    let delivered = delivered.filter(|arrival| arrival["arrived"] == "delivered").count();
    assert!(!is_blind || dispatches + delivered <= 10, "{release}: {dispatches} + {delivered}");
    // Nothing of the room is left.
    let log = peers.log.lock().unwrap().join("\n");
    let deleted = log.contains("applied: room_delete of");
    assert_eq!(deleted, report["drill"]["requests"] != serde_json::json!([]), "{log}");
}

#[test]
fn releases_2_0_to_3_2_do_what_was_recorded() {
    let ignored = ("leave", "n/a -");
    let fails = ("leave", "warning - known limit");
    for (release, exceptions) in
        [("2.0.0", &[ignored][..]), ("2.4.14", &[ignored]), ("3.0.10", &[fails]), ("3.1.0", &[fails]), ("3.2.0", &[])]
    {
        compare(release, false, true, exceptions);
    }
}

#[test]
fn releases_3_3_to_4_1_do_what_was_recorded() {
    for release in ["3.3.0", "3.4.0", "3.6.3", "3.18.7", "4.1.6"] {
        compare(release, false, true, &[]);
    }
}

#[test]
fn a_release_that_does_not_add_users_is_left_alone_after_the_room() {
    let mut exceptions: Vec<(&str, &str)> = TAKEN.iter().map(|step| (*step, "skipped -")).collect();
    exceptions.retain(|(step, _)| !["direct-room", "message", "delete-room"].contains(step));
    exceptions.extend([("direct-room", "error - known limit"), ("message", "error - known limit")]);
    compare("3.0.9", false, true, &exceptions);
}

#[test]
fn releases_from_4_2_on_verify_every_step_with_their_answer() {
    for release in ["4.2.0", "4.5.7", "5.3.0", "6.2.0"] {
        compare(release, false, false, &[]);
    }
}

#[test]
fn the_drill_speaks_tls_with_its_own_certificate() {
    let (peers, way_back) = start_https("6.2.0");
    let ran = drill(&peers, &way_back, &CERTIFICATE);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stdout.contains("fetched from us"), "{}", ran.stdout);
    let ran = drill(&peers, &way_back, &[]);
    assert!(ran.status == 2 && ran.stderr.contains("there is no certificate for it"), "{ran:?}");
}

#[test]
fn releases_that_cannot_send_receive_all_but_files_and_lost_events() {
    let exceptions = [("file", "error - known limit"), ("recovery", "error - known limit")];
    compare("6.3.0", false, false, &exceptions);
    compare("7.9.0", true, false, &exceptions);
}

#[test]
fn a_closed_gate_ends_the_drill_at_the_look_up() {
    let mut exceptions: Vec<(&str, &str)> = TAKEN.iter().map(|step| (*step, "skipped -")).collect();
    exceptions.push(("look-up", "error -"));
    compare("7.9.0", false, false, &exceptions);
}

#[test]
fn a_peer_of_1_x_takes_every_event_and_keeps_what_is_listed() {
    // Releases before 1.2 cannot be told to speak plain HTTP.
    for release in ["1.0.0", "1.3.5"] {
        let (peers, way_back) = start_https(release);
        let ran = drill(&peers, &way_back, &[&CERTIFICATE[..], &["--format", "json"]].concat());
        let report = read(&ran);
        for (step, found) in steps(&report) {
            let expected = match step.as_str() {
                "way-back" | "look-up" => "ok -",
                "file" => "ok call_back",
                "recovery" | "delete-room" | "encrypted-room" => "n/a -",
                _ => "ok answer",
            };
            assert_eq!(found, expected, "{release}: {step}\n{report:#}");
        }
        agrees_with_the_table("1.3.5", release, &report);
        assert_eq!(ran.status, 0);
        let left = report["drill"]["left"].to_string();
        for what in
            ["the rooms ", "the user fedctl@a.example", "a ping of a.example every few seconds", "1 uploaded file"]
        {
            assert!(left.contains(what), "{left}");
        }
    }
}

#[test]
fn a_server_of_node_takes_every_step() {
    for release in ["3.3.0", "3.18.7", "4.1.6", "4.2.0", "5.3.0", "6.2.0"] {
        let callback = free_port();
        let known = json!({"peers": {A: peer(callback, "alice")}});
        let Some(node) = NodePeer::start(B, "bob", release, &["bob"], &known) else { return };
        let peers = Peers::around(node.addr);
        let ran = drill(&peers, &format!("chat.a.example:80={callback}"), &["--format", "json", "--release", release]);
        let report = read(&ran);
        for (step, found) in steps(&report) {
            let expected = match step.as_str() {
                _ if ABSENT.contains(&step.as_str()) => "n/a -",
                "way-back" | "look-up" => "ok -",
                "file" | "recovery" => "ok call_back",
                "delete-room" if release < "4.2" => "ok -",
                _ if release < "4.2" => "ok question",
                _ => "ok answer",
            };
            assert_eq!(found, expected, "{release}: {step}\n{report:#}");
        }
        assert_eq!(ran.status, 0, "{release}: {report:#}");
        let applied = |kind: &str| node.printed("applied").iter().filter(|line| line["type"] == kind).count();
        for kind in [
            "genesis",
            "room_add_user",
            "room_message",
            "room_set_message_reaction",
            "room_unset_message_reaction",
            "room_edit_message",
            "room_mute_user",
            "room_unmute_user",
            "room_delete_message",
            "room_remove_user",
            "room_user_left",
            "room_delete",
        ] {
            assert!(applied(kind) > 0, "{release}: {kind}");
        }
        assert_eq!(node.printed("fetched").len(), 1, "{release}");
        assert!(node.documents("rooms").is_empty() && node.documents("messages").is_empty(), "{release}");
    }
}
