//! `fedctl keygen`: the files that it writes, and the ones that it refuses to write.

use std::os::unix::fs::PermissionsExt;

use crate::support::Fedctl;

fn mode(fedctl: &Fedctl, name: &str) -> u32 {
    fedctl.path(name).metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn writes_a_pair_that_servers_can_use() {
    let fedctl = Fedctl::new();
    let description = fedctl.ok(&["keygen"]);
    assert_eq!(fedctl.files(), ["federation.key", "federation.pub"]);
    assert_eq!((mode(&fedctl, "federation.key"), mode(&fedctl, "federation.pub")), (0o600, 0o644));
    let public = fedctl.read("federation.pub");
    assert_eq!(public.trim_end().len(), 442);
    assert!(
        description.contains(public.trim_end()) && description.contains("next:\n  fedctl records"),
        "{description}"
    );
    assert!(!description.contains("BEGIN PRIVATE"));
    assert!(fedctl.read("federation.key").starts_with("-----BEGIN PRIVATE KEY-----M"));
}

#[test]
fn never_overwrites_unless_forced() {
    let fedctl = Fedctl::new();
    fedctl.write("federation.pub", "mine");
    let (error, hint) = fedctl.refused(&["keygen"]);
    assert_eq!(error, "`federation.pub` exists and is kept");
    assert!(hint.contains("--force"));
    assert_eq!(fedctl.files(), ["federation.pub"]);
    fedctl.ok(&["keygen", "--force"]);
    assert_eq!(fedctl.read("federation.pub").len(), 443);
}

#[test]
fn derives_the_public_key_from_any_form() {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen", "--private", "a.key"]);
    for form in ["pem", "json"] {
        let to = format!("{form}.key");
        fedctl.ok(&["keygen", "--from-private", "a.key", "--form", form, "--private", &to, "--public", "x", "--force"]);
        assert_eq!(mode(&fedctl, &to), 0o600);
        fedctl.ok(&["keygen", "--from-private", &to, "--public", "b.pub", "--force"]);
        assert_eq!(fedctl.read("a.pub"), fedctl.read("b.pub"), "{form}");
    }
    let script = ["keygen", "--from-private", "a.key", "--form", "mongosh", "--private", "fix.js", "--public", "c.pub"];
    fedctl.ok(&script);
    let script = fedctl.read("fix.js");
    assert!(script.contains(fedctl.read("a.key").trim_end()) && script.contains(fedctl.read("a.pub").trim_end()));
}

#[test]
fn an_encrypted_key_opens_with_its_passphrase_only() {
    let fedctl = Fedctl::new().env("FEDCTL_PASSPHRASE", "correct horse");
    fedctl.ok(&["keygen", "--encrypt"]);
    assert!(fedctl.read("federation.key").starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    fedctl.ok(&["keygen", "--from-private", "federation.key", "--public", "again.pub"]);
    assert_eq!(fedctl.read("federation.pub"), fedctl.read("again.pub"));
    fedctl.write("wrong", "battery staple\n");
    let wrong = ["keygen", "--from-private", "federation.key", "--public", "no.pub", "--passphrase-file", "wrong"];
    let (error, _) = fedctl.refused(&wrong);
    assert_eq!(error, "`federation.key`: the passphrase does not decrypt this key: line 1 of `wrong`");
}

#[test]
fn weak_and_odd_sizes_are_refused_with_the_reason() {
    let fedctl = Fedctl::new();
    for (bits, reason) in [("1024", "too weak"), ("2049", "8k+1")] {
        assert!(fedctl.refused(&["keygen", "--bits", bits]).0.contains(reason), "{bits}");
    }
    assert!(fedctl.files().is_empty());
}

#[test]
fn a_private_key_that_others_can_read_is_warned_about() {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    std::fs::set_permissions(fedctl.path("federation.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let ran = fedctl.run(&["keygen", "--from-private", "federation.key", "--force"]);
    assert_eq!(ran.status, 0);
    assert!(ran.stderr.contains("chmod 600 federation.key"), "{}", ran.stderr);
}

#[test]
fn a_file_that_is_no_key_is_refused_and_nothing_written() {
    let fedctl = Fedctl::new();
    fedctl.write("empty", "");
    fedctl.write("blank", "\n \n");
    fedctl.write("binary", [0u8, 159, 146, 150]);
    fedctl.write("big", vec![b'A'; 10 << 20]);
    fedctl.write("text", "hello");
    std::fs::create_dir(fedctl.path("dir")).unwrap();
    let before = fedctl.files();
    for (file, reason) in [
        ("missing", "does not exist"),
        ("empty", "is empty"),
        ("blank", "is empty"),
        ("binary", "not a text file"),
        ("big", "larger than 256 KiB"),
        ("text", "not a PEM private key"),
        ("dir", "is a directory"),
    ] {
        let (error, _) = fedctl.refused(&["keygen", "--from-private", file, "--public", "out.pub"]);
        assert!(error.contains(reason), "{file}: {error}");
    }
    assert_eq!(fedctl.files(), before);
}
