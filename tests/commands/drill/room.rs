//! What a drill sends, what it does not send, and what stays at the peer.

use fedctl::serve::peer::fault::Fault;
use serde_json::json;

use super::{arguments, drill, read, start, steps};
use crate::support::peers::{A, B, Peer, Peers};
use crate::support::programs::free_port;

#[test]
fn a_drill_without_a_resolver_that_responds_reports_nothing_about_the_peer() {
    let (peers, way_back) = start("6.2.0", false);
    let mut args = arguments(&peers, &way_back, &["--timeout", "2s"]);
    let at = args.iter().position(|arg| arg == "--resolver").unwrap();
    args[at + 1] = "127.0.0.1:1".into();
    let at = args.iter().position(|arg| arg == "--timeout").unwrap();
    args.drain(at..at + 2);
    let ran = peers.fedctl.run(&args);
    assert_eq!(ran.status, 2, "{ran:?}");
    let printed = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(printed.contains("no resolver answers (127.0.0.1:1"), "{printed}");
    assert!(ran.stdout.lines().last().unwrap().starts_with("b.example could not be checked"), "{printed}");
    assert!(!printed.contains("error "), "{printed}");
}

#[test]
fn chosen_steps_bring_what_they_need_and_the_room_is_removed() {
    let (peers, way_back) = start("6.2.0", false);
    let report = read(&drill(&peers, &way_back, &["--format", "json", "--only", "file"]));
    let taken: Vec<String> =
        steps(&report).into_iter().filter(|(_, end)| end.starts_with("ok")).map(|(step, _)| step).collect();
    assert_eq!(taken, ["way-back", "look-up", "direct-room", "file", "delete-room"]);
    let ran = drill(&peers, &way_back, &["--only", "mute"]);
    let names: Vec<&str> = ran.stdout.lines().filter_map(|line| line.strip_prefix("  ok       ")).collect();
    assert!(names.iter().any(|line| line.starts_with("mute")) && !ran.stdout.contains("recovery"), "{}", ran.stdout);
}

#[test]
fn a_kept_room_is_listed_and_a_second_drill_meets_it() {
    let (peers, way_back) = start("6.2.0", false);
    let kept = read(&drill(&peers, &way_back, &["--format", "json", "--keep-room"]));
    let ends = steps(&kept);
    let of = |name: &str| ends.iter().find(|(step, _)| step == name).unwrap().1.clone();
    assert_eq!(
        (of("remove"), of("leave"), of("delete-room")),
        ("skipped -".into(), "skipped -".into(), "skipped -".into())
    );
    let left = kept["drill"]["left"].to_string();
    assert!(left.contains("the room ") && left.contains("Administration > Rooms"), "{left}");
    assert!(!peers.log.lock().unwrap().join("\n").contains("applied: room_delete of"));
    let again = read(&drill(&peers, &way_back, &["--format", "json"]));
    assert_eq!(again["verdict"], "clean", "{again:#}");
    assert!(!again["drill"]["left"].to_string().contains("the room "));
}

#[test]
fn a_peer_that_cannot_call_back_fails_exactly_there() {
    // The records lead to the drill only from where it runs.
    let peers = Peers::start(&Peer { https: false, callback: Some(free_port()), ..Peer::default() });
    let way_back = format!("chat.a.example:80={}", free_port());
    let report = read(&drill(&peers, &way_back, &["--format", "json"]));
    let failed: Vec<String> =
        steps(&report).into_iter().filter(|(_, end)| end.starts_with("error")).map(|(step, _)| step).collect();
    assert_eq!(failed, ["file", "recovery"], "{report:#}");
    assert_eq!(report["verdict"], "problems");
}

#[test]
fn a_damaged_peer_is_reported_and_never_written_to_in_vain() {
    let callback = free_port();
    let way_back = format!("chat.a.example:80={callback}");
    for (fault, check) in
        [(Fault::Disabled, "drill-look-up"), (Fault::WrongKey, "drill-room"), (Fault::Html, "peer-http")]
    {
        let peers = Peers::start(&Peer { faults: &[fault], https: false, callback: Some(callback), ..Peer::default() });
        let report = read(&drill(&peers, &way_back, &["--format", "json"]));
        let found = report["findings"].as_array().unwrap();
        assert!(found.iter().any(|finding| finding["id"] == check), "{fault:?}: {report:#}");
        let later: Vec<String> =
            steps(&report).into_iter().filter(|(_, end)| end.starts_with("ok")).map(|(step, _)| step).collect();
        assert!(!later.contains(&"message".to_owned()), "{later:?}");
    }
}

#[test]
fn nothing_is_sent_without_consent() {
    let (peers, way_back) = start("6.2.0", false);
    let args = ["drill", B, "--user", "bob", "--domain", A, "--key", "a.key", "--connect-to", &way_back];
    let args: Vec<String> = args.map(str::to_owned).into_iter().chain(peers.flags()).collect();
    let ran = peers.fedctl.run(&args);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.stderr.contains("no terminal to ask for consent") && ran.stderr.contains("--yes"), "{}", ran.stderr);
    assert_eq!(peers.log.lock().unwrap().len(), 0, "not even a look-up was made");
    let (error, hint) = peers.fedctl.refused(&["drill", A, "--user", "bob", "--domain", A, "--key", "a.key", "--yes"]);
    assert!(error.contains("does not federate with itself") && hint.contains("drill.mydomain.com"), "{error} {hint}");
    let (error, _) = peers.fedctl.refused(&["drill", B, "--user", "bob", "--yes"]);
    assert_eq!(error, "a drill needs a domain and its private key");
}

#[test]
fn an_unreachable_peer_is_reported_before_anything_about_listening() {
    // The records of a.example lead to a host that nothing leads to.
    let peers = Peers::around(free_port());
    let args: Vec<String> = arguments(&peers, "chat.nowhere.example:80=127.0.0.1:9", &["--format", "json"]);
    let args: Vec<String> = args.into_iter().map(|arg| if arg == A { "d.example".to_owned() } else { arg }).collect();
    let ran = peers.fedctl.run(&args);
    assert_eq!(ran.status, 1, "{ran:?}");
    let report = read(&ran);
    let ids: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|found| found["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["peer-connect"], "{report:#}");
    assert_eq!(report["drill"]["requests"], json!([]));
}
