//! `fedctl status`, which uses no network, and the file that it reads.

use super::records::{printed, with_key};
use crate::support::Fedctl;
use crate::support::hub::Hub;
use crate::support::world::{World, healthy, zone};

#[test]
fn status_shows_the_setup_the_last_run_and_the_next_command() {
    let fedctl = Fedctl::new();
    assert!(fedctl.ok(&["status"]).ends_with("next\n  fedctl init\n"));
    fedctl.write("fedctl.yaml", "domain: mydomain.com\ntarget: chat.mydomain.com\nkey: federation.key\n");
    assert!(fedctl.ok(&["status"]).ends_with("next\n  fedctl keygen\n"));
    fedctl.ok(&["keygen"]);
    let text = fedctl.ok(&["status"]);
    assert!(text.contains("federation.key · RSA-2048\n") && text.ends_with("next\n  fedctl doctor\n"), "{text}");
    let mut world = World::new();
    let (body, _) = (healthy(&fedctl), ());
    world.serve("ns1.mydomain.com", &[("mydomain.com", zone(2, &body))], &[]);
    world.serve("ns2.mydomain.com", &[("mydomain.com", zone(2, ""))], &[]);
    let flags = world.flags();
    let mut args = vec!["dns-check", "--timeout", "2s"];
    args.extend(flags.iter().map(String::as_str));
    assert_eq!(fedctl.run(&args).status, 1);
    let text = fedctl.ok(&["status"]);
    assert!(text.contains("mydomain.com  dns-check") && text.contains("1 error: dns-servers"), "{text}");
    assert!(text.ends_with("next\n  fedctl explain dns-servers\n"), "{text}");
    assert!(text.lines().count() <= 24 && !text.contains("PRIVATE"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&fedctl.ok(&["status", "--format", "json"])).unwrap();
    assert_eq!((&json["domain"], &json["runs"][0]["worst"]), (&"mydomain.com".into(), &"dns-servers".into()));
    let file = fedctl.path(".local/state/fedctl/recent.json");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    // What is not ours in that file does no harm.
    std::fs::write(&file, "{").unwrap();
    assert!(fedctl.ok(&["status"]).ends_with("next\n  fedctl doctor\n"));
}

#[test]
fn an_encrypted_key_is_shown_without_asking() {
    let fedctl = Fedctl::new().env("FEDCTL_PASSPHRASE", "correct horse");
    fedctl.ok(&["keygen", "--encrypt"]);
    fedctl.write("fedctl.yaml", "domain: mydomain.com\nkey: federation.key\n");
    let fingerprint =
        |text: &str| text.split_whitespace().skip_while(|word| *word != "sha256").nth(1).map(str::to_owned);
    assert_eq!(fingerprint(&fedctl.ok(&["status"])).unwrap().len(), 64);
    std::fs::remove_file(fedctl.path("federation.pub")).unwrap();
    assert!(fedctl.ok(&["status"]).contains("cannot be read without a passphrase"));
}

#[test]
fn a_command_of_two_words_is_listed_whole() {
    let (fedctl, _) = with_key();
    let ran =
        fedctl.run_with(&["records", "lint", "--format", "bind", "--domain", "mydomain.com"], printed(&fedctl, "bind"));
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log"]);
    let ran = fedctl.run(&[
        "hub",
        "lookup",
        "other.example",
        "--hub-url",
        &format!("http://{}", hub.addr),
        "--resolver",
        "127.0.0.1:1",
    ]);
    assert!(ran.stdout.contains("other.example"), "{}{}", ran.stdout, ran.stderr);
    // What is about a file is not listed.
    assert_eq!(fedctl.run(&["key", "inspect", "federation.pub"]).status, 0);
    let text = fedctl.ok(&["status"]);
    assert!(text.contains("\n  other.example  hub lookup    "), "{text}");
    assert!(text.contains("\n  mydomain.com   records lint  "), "{text}");
    let json: serde_json::Value = serde_json::from_str(&fedctl.ok(&["status", "--format", "json"])).unwrap();
    let commands: Vec<&str> =
        json["runs"].as_array().unwrap().iter().map(|run| run["command"].as_str().unwrap()).collect();
    assert_eq!(commands, ["hub lookup", "records lint"]);
}
