//! `key backup` and `key restore`: out of a database and back, with a comparison to DNS before anything is written.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::records::with_key;
use crate::support::world::{World, key_record, zone};
use crate::support::{Fedctl, Ran};

/// Alice's keys, a passphrase, and name servers that publish a key.
fn world(published: Option<&str>) -> (Fedctl, World) {
    let (fedctl, key) = with_key();
    let text = zone(1, &key_record(published.unwrap_or(&key)));
    let mut world = World::new();
    world.serve("ns1.mydomain.com", &[("mydomain.com", text)], &[]);
    fedctl.write("pass", "correct horse\n");
    std::fs::set_permissions(fedctl.path("federation.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    (fedctl, world)
}

fn run(fedctl: &Fedctl, world: &World, words: &[&str]) -> Ran {
    let mut args: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    args.extend(["--domain", "mydomain.com", "--passphrase-file", "pass"].map(str::to_owned));
    args.extend(world.flags());
    let ran = fedctl.run(&args);
    let private = fedctl.read("federation.key");
    for secret in ["correct horse", &private[200..260]] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{words:?} shows a secret");
    }
    ran
}

/// The documents of the collection in four spellings.
fn documents(fedctl: &Fedctl) -> Vec<(&'static str, String)> {
    let (public, private) = (fedctl.read("federation.pub"), fedctl.read("federation.key"));
    let (public, private) = (public.trim_end(), private.trim_end());
    let pair = json!([{"_id": "a", "type": "public", "key": public}, {"_id": "b", "type": "private", "key": private}]);
    let lines: Vec<String> = pair.as_array().unwrap().iter().map(Value::to_string).collect();
    let folded = fedctl.ok(&[
        "keygen",
        "--from-private",
        "federation.key",
        "--form",
        "pem",
        "--private",
        "long.pem",
        "--public",
        "long.pub",
    ]);
    assert!(folded.contains("RSA-2048"));
    let long = json!([{"type": "private", "key": fedctl.read("long.pem")}]);
    vec![
        ("mongosh with EJSON.stringify", pair.to_string()),
        ("mongoexport", lines.join("\n")),
        ("mongosh as it prints", format!("[ {{ _id: 'b', type: 'private', key: '{private}' }} ]")),
        ("lines in the key", long.to_string()),
    ]
}

#[test]
fn a_pair_goes_from_the_database_into_a_file_and_back() {
    let (fedctl, world) = world(None);
    for (name, text) in documents(&fedctl) {
        fedctl.write("documents", text);
        let ran = run(&fedctl, &world, &["key", "backup", "documents", "--output", "backup.pem", "--force"]);
        assert_eq!(ran.status, 0, "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("the key in DNS"), "{name}: {}", ran.stderr);
        assert!(fedctl.read("backup.pem").starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{name}");
        assert_eq!(fedctl.path("backup.pem").metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let ran = run(&fedctl, &world, &["key", "restore", "backup.pem", "--output", "restore.js", "--force"]);
        assert_eq!(ran.status, 0, "{name}: {}", ran.stderr);
        let script = fedctl.read("restore.js");
        assert!(script.contains(fedctl.read("federation.key").trim_end()), "{name}");
        assert_eq!(fedctl.path("restore.js").metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let ran = run(&fedctl, &world, &["key", "backup", "restore.js", "--output", "again.pem", "--force"]);
        assert_eq!(ran.status, 0, "the script is read too: {}", ran.stderr);
    }
    let ran = run(&fedctl, &world, &["key", "restore", "backup.pem", "--form", "json"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let pair: Value = serde_json::from_str(&fedctl.read("restore-key.json")).unwrap();
    assert_eq!(pair["public_key"].as_str(), Some(fedctl.read("federation.pub").trim_end()));
    assert!(fedctl.ok(&["key", "backup", "--script"]).contains("rocketchat_federation_keys"));
}

#[test]
fn another_key_in_dns_is_noticed_before_anything_is_written() {
    let other = Fedctl::new();
    other.ok(&["keygen"]);
    let (fedctl, world) = world(Some(other.read("federation.pub").trim_end()));
    let ran = run(&fedctl, &world, &["key", "backup", "federation.key"]);
    assert!(ran.status == 1 && ran.stderr.contains("DNS has another key"), "{}", ran.stderr);
    let files = fedctl.files();
    let ran = run(&fedctl, &world, &["key", "restore", "federation-backup.pem"]);
    assert!(ran.status == 2 && ran.stderr.contains("peers would refuse"), "{}", ran.stderr);
    assert_eq!(fedctl.files(), files, "nothing was written");
    let ran = run(&fedctl, &world, &["key", "restore", "federation-backup.pem", "--other-key"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}

#[test]
fn a_restore_that_cannot_be_compared_writes_nothing() {
    let (fedctl, world) = world(None);
    assert_eq!(run(&fedctl, &world, &["key", "backup", "federation.key"]).status, 0);
    let files = fedctl.files();
    let alone = |more: &[&str]| {
        let words =
            ["key", "restore", "federation-backup.pem", "--domain", "mydomain.com", "--passphrase-file", "pass"];
        fedctl.run(&[&words[..], &["--resolver", "127.0.0.1:1", "--timeout", "1s"], more].concat())
    };
    let ran = alone(&[]);
    assert!(ran.status == 2 && ran.stderr.contains("the key cannot be compared with DNS"), "{}", ran.stderr);
    assert_eq!(fedctl.files(), files, "nothing was written");
    assert_eq!(alone(&["--no-dns"]).status, 0);
}

#[test]
fn what_is_no_pair_is_refused() {
    let (fedctl, world) = world(None);
    let other = Fedctl::new();
    other.ok(&["keygen"]);
    let (private, foreign) = (fedctl.read("federation.key"), other.read("federation.pub"));
    for (text, expected) in [
        ("[]".to_owned(), "contains no private key"),
        (fedctl.read("federation.pub"), "contains no private key"),
        (format!("{private}{}", other.read("federation.key")), "2 different private keys"),
        (format!("{private}{foreign}"), "does not belong to the private key"),
    ] {
        fedctl.write("documents", &text);
        let ran = run(&fedctl, &world, &["key", "backup", "documents"]);
        assert!(ran.status == 2 && ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
        assert!(!fedctl.path("federation-backup.pem").exists());
    }
    // The comparison is requested in any case.
    assert!(run(&fedctl, &world, &["key", "backup", "federation.key"]).status == 0);
    fedctl.write("pass", "wrong\n");
    let ran = run(&fedctl, &world, &["key", "restore", "federation-backup.pem"]);
    assert!(ran.status == 2 && ran.stderr.contains("passphrase"), "{}", ran.stderr);
}
