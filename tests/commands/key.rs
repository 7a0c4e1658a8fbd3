//! `fedctl key`: what it prints about a key file.

use crate::support::Fedctl;

#[test]
fn a_good_key_is_good_and_is_compared() {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    fedctl.ok(&["keygen", "--private", "other.key"]);
    let description = fedctl.ok(&["key", "inspect", "federation.pub", "--key", "federation.key"]);
    assert!(
        description.contains("RSA-2048, exponent 65537") && description.contains("equals the expected key"),
        "{description}"
    );
    let ran = fedctl.run(&["key", "inspect", "federation.pub", "--key", "other.pub"]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout.contains("this is not the expected key") && ran.stdout.contains("(other-key)"),
        "{}",
        ran.stdout
    );
}

#[test]
fn half_a_key_names_the_log_line() {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    let key = fedctl.read("federation.pub");
    let ran = fedctl.run_with(&["key", "inspect", "--format", "json"], &key[..255]);
    assert_eq!(ran.status, 1);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&json["schema"], &json["findings"][0]["id"]), (&1.into(), &"key-text".into()));
    assert_eq!((&json["key"]["verified"], &json["key"]["server_accepts"]), (&false.into(), &false.into()));
    assert_eq!(json["key"]["server_log"], "TypeError: data must be a node Buffer");
}

#[test]
fn a_private_key_file_is_judged_by_its_public_half_and_a_published_private_key_is_not() {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    let own = fedctl.run(&["key", "inspect", "federation.key"]);
    assert!(own.status == 0 && own.stdout.contains("contains the private key: keep it secret"), "{}", own.stdout);
    let private = fedctl.read("federation.key");
    assert!(!own.stdout.contains(&private[100..140]), "{}", own.stdout);
    let pasted = fedctl.run_with(&["key", "inspect"], &private);
    assert!(pasted.status == 1 && pasted.stdout.contains("must never be published"), "{}", pasted.stdout);
}
