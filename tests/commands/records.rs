//! `fedctl records`: the record set in each form.

use serde_json::Value;

use crate::support::Fedctl;

/// A directory with a key pair from the test vectors, and its public key.
pub fn with_key() -> (Fedctl, String) {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/keys.json")).unwrap();
    let fedctl = Fedctl::new();
    let alice = &vectors[0];
    let public = alice["public"].as_str().unwrap();
    fedctl.write("federation.pub", public);
    fedctl.write("federation.key", alice["private"].as_str().unwrap());
    (fedctl, public.to_owned())
}

const ASK: [&str; 6] = ["records", "mydomain.com", "--target", "chat.mydomain.com", "--key", "federation.pub"];

fn ask<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ASK.iter().chain(more).copied().collect()
}

/// The records in one form, as the command prints them.
pub fn printed(fedctl: &Fedctl, format: &str) -> String {
    fedctl.ok(&ask(&["-q", "--format", format]))
}

#[test]
fn the_guide_is_printed_exactly() {
    let (fedctl, key) = with_key();
    let ran = fedctl.run(&ask(&["--for", "guide", "--port", "80", "--format", "json"]));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let [srv, txt] = json["records"].as_array().unwrap().as_slice() else { panic!("{json}") };
    let field = |name: &str| srv[name].clone();
    assert_eq!((field("name"), field("type")), ("_rocketchat._tcp.mydomain.com".into(), "SRV".into()));
    assert_eq!([field("priority"), field("weight"), field("port"), field("ttl")], [1, 1, 80, 3600].map(Value::from));
    assert_eq!(field("target"), "chat.mydomain.com");
    assert_eq!((&txt["name"], &txt["value"]), (&"rocketchat-public-key.mydomain.com".into(), &key.clone().into()));
    assert_eq!((&txt["length"], &txt["strings"][1]), (&442.into(), &key[255..].into()));
    // Without a port it is that of the guide's own example.
    let plain = fedctl.run(&ask(&["--for", "guide", "--format", "zone"]));
    assert!(
        plain.stdout.contains("_rocketchat._tcp.mydomain.com. 3600 IN SRV 1 1 80 chat.mydomain.com.\n"),
        "{}",
        plain.stdout
    );
    let http = fedctl.run(&ask(&["--for", "guide", "--protocol", "http", "--format", "zone"]));
    assert!(http.stdout.contains("\nrocketchat-protocol.mydomain.com. 3600 IN TXT \"http\"\n"), "{}", http.stdout);
    assert!(http.stdout.contains(" SRV 1 1 80 chat.mydomain.com.\n"), "{}", http.stdout);
    assert!(http.stderr.contains("warning: servers from 3.4.0 on call"), "{}", http.stderr);
}

#[test]
fn a_private_key_gives_its_public_half_only() {
    let (fedctl, key) = with_key();
    std::process::Command::new("chmod").arg("600").arg(fedctl.path("federation.key")).status().unwrap();
    let by =
        |file: &str| fedctl.ok(&["--quiet", "records", "mydomain.com", "--target", "chat.mydomain.com", "--key", file]);
    assert_eq!(by("federation.key"), by("federation.pub"));
    assert!(by("federation.key").contains(&key) && !by("federation.key").contains("PRIVATE"));
}

#[test]
fn the_answer_is_pasteable_and_the_sizes_stand_beside_it() {
    let (fedctl, key) = with_key();
    let ran = fedctl.run(&ask(&["--format", "route53-batch"]));
    assert!(
        ran.stderr.contains("rocketchat-public-key.mydomain.com: 442 bytes in strings of 255 + 187, sha256 e3dd5a2f")
    );
    let batch: Value = serde_json::from_str(&ran.stdout).unwrap();
    let value = &batch["Changes"][2]["ResourceRecordSet"]["ResourceRecords"][0]["Value"];
    assert_eq!(value, &format!("\"{}\" \"{}\"", &key[..255], &key[255..]));
    let console = fedctl.ok(&ask(&["--format", "route53"]));
    assert!(console.contains(&format!("  Value        \"{}\" \"{}\"\n", &key[..255], &key[255..])), "{console}");
}

#[test]
fn settings_come_from_the_file_and_flags_win() {
    let (fedctl, _) = with_key();
    fedctl.write(
        "fedctl.yaml",
        "domain: team.mydomain.com\ntarget: chat.mydomain.com\nport: 8443\nkey: federation.pub\n",
    );
    let json = |more: &[&str]| -> Value {
        let args: Vec<&str> = ["-q", "records", "--format", "json"].iter().chain(more).copied().collect();
        serde_json::from_str(&fedctl.ok(&args)).unwrap()
    };
    let description = json(&[]);
    assert_eq!((&description["zone"], &description["records"][0]["port"]), (&"mydomain.com".into(), &8443.into()));
    assert_eq!(description["records"][0]["name"], "_rocketchat._https.team.mydomain.com");
    let description = json(&["other.example", "--port", "443", "--zone", "other.example", "--for", "1.1"]);
    assert_eq!(description["records"][0]["name"], "_rocketchat._tcp.other.example");
    assert_eq!(description["records"][0]["port"], 443);
}

#[test]
fn what_cannot_work_is_refused() {
    let (fedctl, _) = with_key();
    let files = fedctl.files();
    for (args, part) in [
        (vec!["records", "mydomain.com", "--key", "federation.pub"], "no target"),
        (vec!["records", "mydomain.com", "--target", "chat.mydomain.com"], "no key file"),
        (vec!["records"], "no domain"),
        (ask(&["--port", "0"]), "port 0"),
        (ask(&["--port", "70000"]), "70000 is not a port"),
        (ask(&["--ttl", "1h"]), "`1h` is not a whole number"),
        (ask(&["--zone", "other.com"]), "not inside the zone"),
        (ask(&["--for", "0.74"]), "0.74"),
        (ask(&["--for", "1.0.0", "--protocol", "http"]), "always calls with https"),
        (ask(&["--format", "rout53"]), "there is no format `rout53`"),
        (vec!["records", "mydomain.com", "--target", "192.0.2.7", "--key", "federation.pub"], "is an IP address"),
        (vec!["records", "@mydomain.com", "--target", "chat.mydomain.com"], "starts with `@`"),
        (vec!["records", "localhost", "--target", "chat.mydomain.com"], "this machine only"),
        (vec!["records", "mydomain.com", "--target", "chat.mydomain.com", "--key", "nowhere"], "does not exist"),
    ] {
        let (error, _) = fedctl.refused(&args);
        assert!(error.contains(part), "{args:?}: {error}");
    }
    assert_eq!(fedctl.files(), files);
}

#[test]
fn every_form_is_listed_and_printed() {
    let (fedctl, _) = with_key();
    for line in fedctl.ok(&["records", "formats"]).lines() {
        let id = line.split(' ').next().unwrap();
        let ran = fedctl.run(&ask(&["--format", id]));
        assert_eq!((ran.status, ran.stdout.is_empty()), (0, false), "{id}: {}", ran.stderr);
        assert!(!ran.stdout.contains("PRIVATE"), "{id}");
    }
}

#[test]
fn the_table_of_providers_is_fresh() {
    super::frame::fresh("docs/providers.md", fedctl::render::records::markdown().as_bytes());
}

/// What a document of docs/ says about the shape of a text.
pub fn validate(schema: &str, json: &str) {
    let schema = std::fs::read_to_string(crate::support::repository(schema)).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let json: Value = serde_json::from_str(json).unwrap();
    let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn the_json_fits_its_schema() {
    let (fedctl, _) = with_key();
    for more in [vec![], vec!["--protocol", "http"], vec!["--for", "guide", "--port", "80"]] {
        let args: Vec<&str> = more.into_iter().chain(["--format", "json"]).collect();
        let ran = fedctl.run(&ask(&args));
        validate("docs/records.schema.json", &ran.stdout);
    }
}

#[test]
fn a_setting_that_cannot_be_used_is_an_error_and_not_a_default() {
    for (name, value, error) in [
        ("FEDCTL_PROVIDER", "route35", "`provider` in FEDCTL_PROVIDER: there is no format `route35`"),
        ("FEDCTL_SERVER", "chat.mydomain.com", "`server` in FEDCTL_SERVER: `chat.mydomain.com` is not a URL"),
        ("FEDCTL_HUB_URL", "https://hub.mydomain.com/path", "`hub_url` in FEDCTL_HUB_URL: "),
        ("FEDCTL_RESOLVERS", "127.0.0.1,dns.example", "`resolvers` in FEDCTL_RESOLVERS: "),
        ("FEDCTL_CONNECT_TO", "chat", "`connect_to` in FEDCTL_CONNECT_TO: "),
    ] {
        let fedctl = with_key().0.env(name, value);
        let args = ["records", "mydomain.com", "--target", "chat.mydomain.com", "--key", "federation.pub"];
        let (refused, _) = fedctl.refused(&args);
        assert!(refused.starts_with(error), "{name}: {refused}");
    }
}
