//! `fedctl explain`: check ids and the messages of servers.

use serde_json::Value;

use crate::support::{Fedctl, repository};

#[test]
fn a_log_line_has_its_causes_in_order() {
    let fedctl = Fedctl::new();
    let line = "search: could not find TXT entry for peerDomain=other.org - SRV entry found";
    insta::assert_snapshot!(fedctl.ok(&["explain", line]), @r"
    search: could not find TXT entry for peerDomain=other.org - SRV entry found
      releases  3.4.0 and later
      means     the SRV record was found and the key was not
      1. cause  no TXT record at rocketchat-public-key.other.org; a typing error in
                its NAME is the most frequent
         check  fedctl dns-check other.org
         fix    publish the TXT record at exactly rocketchat-public-key.other.org
      2. cause  the records exist, but the resolver of this server or container does
                not get them: split DNS, or TCP port 53 is blocked
         check  on that host:
                fedctl dns-check other.org --system-only
         fix    fix the resolver of the server; /etc/hosts does not help, because
                servers query DNS for SRV and TXT
    ");
}

#[test]
fn a_whole_log_is_read_from_stdin() {
    let fedctl = Fedctl::new();
    let log = "Nov 23 10:00:00 chat rocketchat[1]: started\n\
               Nov 23 10:00:01 chat rocketchat[1]: [IGNORED] Error: connect ETIMEDOUT 192.0.2.1:443\n\
               Nov 23 10:01:01 chat rocketchat[1]: [IGNORED] Error: connect ETIMEDOUT 192.0.2.1:443\n\
               Nov 23 10:02:01 chat rocketchat[1]: crypt.error InvalidAsn1Error: Expected 0x30: got 0xe2\n";
    let ran = fedctl.run_with(&["explain", "-", "--format", "json"], log);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let description: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&description["schema"], &description["unknown"]), (&1.into(), &1.into()));
    assert_eq!(description["lines"][0]["count"], 2);
    assert!(description["lines"][0]["means"].as_str().unwrap().ends_with("The message is lost: servers try once"));
    assert!(description["lines"][1]["causes"][0]["what"].as_str().unwrap().contains("does not begin with the key"));
    let ran = fedctl.run_with(&["explain", "-"], log);
    assert!(
        ran.stdout.contains("(2 times)") && ran.stdout.contains("\n1 other line contains nothing"),
        "{}",
        ran.stdout
    );
}

#[test]
fn everything_is_there_as_json_too() {
    let fedctl = Fedctl::new();
    for (text, member) in [("peer-ping", "check"), ("Enabled", "statuses"), ("ECONNREFUSED", "lines")] {
        let description: Value = serde_json::from_str(&fedctl.ok(&["explain", text, "--format", "json"])).unwrap();
        assert!(description["schema"] == 1 && !description[member].is_null(), "{description}");
    }
}

/// Reports name the defect of a key text beside the check.
#[test]
fn every_defect_that_a_report_names_is_explained() {
    let fedctl = Fedctl::new();
    insta::assert_snapshot!(fedctl.ok(&["explain", "split-records"]), @r"
    split-records

      found    the key is in pieces in several TXT records; the order that makes it
               whole is reported
      fix      Keep one record: delete all, then add one that holds the whole key.
      check    fedctl explain key-text, fedctl explain key-record
    ");
    let page = std::fs::read_to_string(repository("docs/key-diagnosis.md")).unwrap();
    let ids: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |")).map(|row| row.0).collect();
    assert!(ids.len() > 50);
    for id in ids {
        let description: Value = serde_json::from_str(&fedctl.ok(&["explain", id, "--format", "json"])).unwrap();
        let filled = |member: &str| description["defect"][member].as_str().is_some_and(|text| !text.is_empty());
        assert!(filled("found") && filled("fix"), "{description}");
    }
}

#[test]
fn the_record_of_a_logger_is_shown_as_its_text() {
    let fedctl = Fedctl::new();
    let line =
        r#"{"level":50,"name":"Federation","section":"crypt","err":{"message":"Empty key given"},"msg":"Error"}"#;
    let description = fedctl.ok(&["explain", line]);
    assert!(description.starts_with("crypt.error Error Empty key given\n"), "{description}");
}

#[test]
fn ids_of_checks_come_first_and_what_is_neither_is_reported() {
    let fedctl = Fedctl::new();
    assert!(fedctl.ok(&["explain", "peer-ping"]).starts_with("# peer-ping"));
    assert_eq!(fedctl.refused(&["explain", "peer-pingg"]).1, "did you mean `peer-ping`?");
    let record = r#"{"level":50,"msg":"favicon"}"#;
    assert!(fedctl.refused(&["explain", record]).0.contains("no line about federation was recognised"));
    assert!(fedctl.refused(&["explain", "GET /favicon.ico 200"]).0.contains("no line about federation was recognised"));
    let ran = fedctl.run_with(&["explain", "-"], [0xff, 0xfe, b'\n', 0]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
}
