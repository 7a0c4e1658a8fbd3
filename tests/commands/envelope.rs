//! `fedctl envelope`: messages that are sealed and opened, and the layer at which opening fails.

use serde_json::Value;

use crate::support::{Fedctl, repository};

const PING: &str = r#"{"events":[{"type":"ping"}]}"#;

/// The key pairs of the vectors, as files.
pub fn world() -> Fedctl {
    let fedctl = Fedctl::new();
    let keys = std::fs::read(repository("tests/vectors/keys.json")).unwrap();
    for row in serde_json::from_slice::<Vec<Value>>(&keys).unwrap() {
        let id = row["id"].as_str().unwrap();
        let file = fedctl.write(&format!("{id}.key"), row["private"].as_str().unwrap());
        std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        fedctl.write(&format!("{id}.pub"), row["public"].as_str().unwrap());
    }
    fedctl
}

fn seal(fedctl: &Fedctl, from: &str, to: &str, form: &str) -> Vec<u8> {
    let args = ["envelope", "seal", "--key", from, "--peer-key", to, "--wire", form];
    let mut child = fedctl.command(&args);
    child.stdin(std::fs::File::open(fedctl.write("plain", PING)).unwrap());
    let output = child.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    output.stdout
}

const OPEN: [&str; 6] = ["envelope", "open", "--key", "bob.key", "--peer-key", "alice.pub"];

#[test]
fn every_form_comes_back() {
    let fedctl = world();
    for (form, start) in [("2.x", &b"{\"type\":\"Buffer\""[..]), ("1.x", b"{\"payload\":{"), ("raw", b"")] {
        let body = seal(&fedctl, "alice.key", "bob.pub", form);
        assert!(body.starts_with(start));
        let ran = fedctl.run_with(&OPEN, &body);
        assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (0, PING, ""), "{form}");
    }
}

#[test]
fn what_does_not_open_names_the_layer_and_what_it_proves() {
    let fedctl = world();
    let description = |body: &[u8]| {
        let ran = fedctl.run_with(&OPEN, body);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
        ran.stderr
    };
    insta::assert_snapshot!(description(&seal(&fedctl, "carol.key", "bob.pub", "2.x")), @r#"
    fedctl: error: the origin layer does not open
      seen        none of the 2 origin blocks opens with this key; 512 bytes in all
      proves      the sender signed with a private key that does not belong to this
                  public key: it publishes another one, or an old answer is cached
      servers log "Error during decryption (probably incorrect key). Original error:
                  Error: … invalid padding"
      sender      RSA-2048, sha256
                  e3dd5a2f1dd0ddc0aba0c5228eb91d21c6fe71e3f9a7e1152b716f8734ea4789
    fedctl: hint: give --peer-key the key that belongs to the sender's private key
    "#);
    let old = description(&seal(&fedctl, "alice.key", "carol.pub", "1.x"));
    assert!(old.contains("the secrecy layer does not open") && old.contains("the origin is verified"), "{old}");
    let plain = description(PING.as_bytes());
    assert!(plain.starts_with("fedctl: error: the body is not encrypted at all"), "{plain}");
    let body = seal(&fedctl, "alice.key", "bob.pub", "2.x");
    let cut = description(&body[..900]);
    assert!(cut.contains("ends early, after 900 bytes"), "{cut}");
    let raw = seal(&fedctl, "alice.key", "bob.pub", "raw");
    let turned = description(&[&raw[256..], &raw[..256]].concat());
    assert!(turned.contains("with 1 and 2 exchanged") && turned.contains("one of them changes bodies"), "{turned}");
    let short = description(&raw[..300]);
    assert!(short.contains("300 bytes is no whole number") && short.contains("hint: look for a body limit"), "{short}");
}

#[test]
fn a_missing_key_is_reported_with_a_hint() {
    let fedctl = world();
    let (error, hint) = fedctl.refused(&["envelope", "open", "--peer-key", "alice.pub"]);
    assert_eq!((error.as_str(), hint.contains("--key FILE")), ("no private key is given", true));
    let (error, _) = fedctl.refused(&["envelope", "seal", "--key", "alice.pub", "--peer-key", "bob.pub"]);
    assert_eq!(error, "`alice.pub`: this is a public key; a private key is needed here");
}
