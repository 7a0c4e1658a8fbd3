//! What `fedctl compatibility`, a handshake and `explain` print of the table.

use serde_json::{Value, json};

use crate::support::Fedctl;
use crate::support::peers::{Peer, Peers};

#[test]
fn the_table_of_two_releases_is_printed() {
    let fedctl = Fedctl::new();
    let good = fedctl.ok(&["compatibility", "3.18.7", "4.5.7"]);
    let lines: Vec<&str> = good.lines().collect();
    assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>().join(" "), "3.18.7 → 4.5.7 4.5.7 → 3.18.7");
    assert_eq!(lines[4].split_whitespace().collect::<Vec<_>>().join(" "), "direct chats works in part 1 works");
    assert!(good.contains("3.18.7 and 4.5.7: public channels cannot be"), "{good}");
    let one_way = fedctl.run(&["compatibility", "3.18.7", "6.5.0"]);
    assert_eq!((one_way.status, one_way.stderr.as_str()), (1, ""));
    let words = one_way.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "1 6.5.0: the server does not wait for the look-up of a peer",
        "undefined/api/v1/...",
        "12 of 20 features work from 3.18.7 to 6.5.0, 0 back",
    ] {
        assert!(words.contains(part), "{part}: {}", one_way.stdout);
    }
    let ran = fedctl.run(&["compatibility", "3.2.0", "3.2.0", "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let files = json["directions"].as_array().unwrap().iter().find(|one| one["promise"] == "other-file").unwrap();
    assert_eq!((ran.status, files["outcome"].as_str()), (0, Some("fails")));
    let reason = &files["reasons"][0];
    assert_eq!((&reason["quirk"], &reason["side"]), (&json!("files-images-only"), &json!("receiver")));
    assert_eq!(reason["fixed_in"], "3.6.3");
    assert_eq!(fedctl.run(&["compatibility", "3.2.0", "3.2.0", "--fail-on", "warning"]).status, 1);
    assert_eq!(fedctl.run(&["compatibility", "1.3.5", "4.5.7"]).status, 1, "nothing works");
    let (error, hint) = fedctl.refused(&["compatibility", "3.18.7", "8.0.0"]);
    assert!(error.contains("8.0.0 has no classic federation") && hint.contains("upgrade plan"), "{error}");
}

#[test]
fn a_handshake_ends_with_what_does_not_work_between_both_releases() {
    let peers = Peers::start(&Peer { release: "3.18.7", ..Peer::default() });
    let ran = peers.handshake(&["--release", "6.5.0"]);
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "between your 6.5.0 and its 3.18.7 6.5.0 → 3.18.7 fails: everything",
        "fedctl compatibility 6.5.0 3.18.7",
        "3.18.7 stops sending to a room at the first peer that has left DNS",
    ] {
        assert!(words.contains(part), "{part}: {}", ran.stdout);
    }
    let compared = &peers.report(&["--release", "6.5.0"])["compatibility"];
    assert_eq!((&compared["a"], &compared["works_a_to_b"]), (&json!("6.5.0"), &json!(0)));
    assert_eq!(peers.report(&[])["compatibility"], Value::Null);
    let equal = peers.handshake(&["--release", "5.3.0"]).stdout;
    assert!(!equal.contains("→ 3.18.7 fails"), "{equal}");
}

#[test]
fn a_peer_that_has_left_dns_is_known_to_explain() {
    let explained = Fedctl::new().ok(&["explain", "Could not find the peer using DNS or Hub"]);
    let words = explained.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("2.0 to 4.1: the domain is that of a peer in a room"), "{explained}");
    assert!(words.contains("upgrade to 4.2.0 or later"), "{explained}");
}
