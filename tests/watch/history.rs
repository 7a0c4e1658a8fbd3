//! `fedctl watch history` and `fedctl watch diff`.

use serde_json::Value;

use crate::support::Fedctl;
use crate::support::world::{World, healthy, key_record, zone};

/// Checks one domain twice, with other records the second time.
fn watched() -> Fedctl {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen", "--quiet"]);
    let whole = healthy(&fedctl);
    let half = whole.replace(
        &key_record(fedctl.read("federation.pub").trim_end()),
        &key_record("-----BEGIN PUBLIC KEY-----MIIBIjAN"),
    );
    for records in [whole, half] {
        let mut world = World::new();
        let resolver = world.serve("ns1.peer.example", &[("peer.example", zone(1, &records))], &[]).to_string();
        let args = ["watch", "--once", "peer.example", "--data", "watch", "--timeout", "20s", "--resolver", &resolver];
        let ran = fedctl.run(&[&args[..], &["--connect-to", "chat.peer.example:443=127.0.0.1:9"]].concat());
        assert_eq!(ran.status, 1, "{ran:?}");
        // Moments have seconds.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }
    fedctl
}

#[test]
fn the_history_shows_each_change_and_its_evidence_can_be_judged_again() {
    let fedctl = watched();
    let human = fedctl.ok(&["watch", "history", "peer.example", "--data", "watch"]);
    assert!(human.contains("failing") && human.lines().all(|line| line.chars().count() <= 80), "{human}");
    let json: Value =
        serde_json::from_str(&fedctl.ok(&["watch", "history", "peer.example", "--data", "watch", "--format", "json"]))
            .unwrap();
    let history = json["history"].as_array().unwrap();
    assert_eq!(history.len(), 2, "{json}");
    let first = history[0]["from"].as_i64().unwrap();
    let at = jiff::Timestamp::from_second(first).unwrap().to_string();

    // The first moment again, without any network: the key was whole.
    let args = ["watch", "history", "peer.example", "--data", "watch", "--at", &at, "--save", "then.json"];
    let then = fedctl.run(&args);
    assert!(then.status == 1 && !then.stdout.contains("error    key-record"), "{then:?}");
    assert!(then.stdout.contains("peer-connect"), "{then:?}");
    let replayed = fedctl.run(&["dns-check", "--replay", "then.json"]);
    assert!(replayed.status == 0, "the records themselves were healthy: {replayed:?}");
    let now = fedctl.run(&["watch", "history", "peer.example", "--data", "watch", "--at", "0s"]);
    assert!(now.status == 1 && now.stdout.contains("key-text") | now.stdout.contains("key-record"), "{now:?}");

    let diff = fedctl.run(&["watch", "diff", "peer.example", &at, "--data", "watch"]);
    assert_eq!(diff.status, 1, "{diff:?}");
    assert!(
        diff.stdout.contains("\nkey\n  - ") && diff.stdout.contains("TXT rocketchat-public-key.peer.example"),
        "{diff:?}"
    );
    let same = fedctl.ok(&["watch", "diff", "peer.example", "0s", "--data", "watch"]);
    assert!(same.ends_with("\nnothing changed\n"), "{same}");
}

#[test]
fn what_was_never_watched_has_no_history() {
    let fedctl = watched();
    let (error, hint) = fedctl.refused(&["watch", "history", "other.example", "--data", "watch"]);
    assert!(
        error.contains("nothing is known about `other.example`") && hint.contains("fedctl watch --once"),
        "{error}"
    );
    let (error, _) = fedctl.refused(&["watch", "diff", "peer.example", "2020-01-01", "--data", "watch"]);
    assert!(error.contains("was not checked before 20"), "{error}");
    let (error, hint) = fedctl.refused(&["watch", "history", "peer.example", "--data", "nowhere"]);
    assert!(error.contains("contains no data of a watch") && hint.contains("--data"), "{error}");
}
