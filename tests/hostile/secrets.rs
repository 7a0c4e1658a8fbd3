//! Private keys in the wrong place.

use super::bounded;
use crate::support::{Fedctl, Ran};

/// A key pair, and what no output may hold: any part of the private key's body.
fn with_key() -> (Fedctl, String) {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen", "--private", "own.key"]);
    fedctl.ok(&["keygen", "--from-private", "own.key", "--form", "pem", "--private", "own.pem", "--public", "pem.pub"]);
    let line = fedctl.read("own.key").trim().to_owned();
    (fedctl, line)
}

fn assert_secret(ran: &Ran, key: &str, what: &str) {
    let body = key.split("-----").nth(2).unwrap();
    for part in body.as_bytes().chunks(32) {
        let part = std::str::from_utf8(part).unwrap();
        assert!(!ran.stdout.contains(part) && !ran.stderr.contains(part), "{what}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_key_where_a_file_name_belongs_is_not_repeated() {
    let (fedctl, line) = with_key();
    let body = line.split("-----").nth(2).unwrap().to_owned();
    let pem = fedctl.read("own.pem");
    for key in [&line, &pem, &body] {
        for args in [
            &["key", "inspect", key][..],
            &["records", "b.example", "--target", "chat.b.example", "--key", key],
            &["dns-check", "b.example", "--zone-file", key],
            &["keygen", "--private", key],
            &["config", "--config", key],
            &["dns-check", key],
            &[key],
            &["diff", "a", &format!("--format={key}")],
        ] {
            let ran = fedctl.run(args);
            assert_secret(&ran, &line, args[0]);
            assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
            let says = ran.stderr.starts_with("fedctl: error: a private key was given where a file name belongs");
            assert!(says, "{}", ran.stderr);
        }
        for name in ["FEDCTL_KEY", "FEDCTL_DOMAIN", "FEDCTL_CA_FILE", "FEDCTL_RESOLVERS", "FEDCTL_CONFIG"] {
            let ran = Fedctl::new().env(name, key).run(&["config"]);
            assert_secret(&ran, &line, name);
            assert_eq!(ran.status, 2);
            assert!(ran.stderr.contains("a private key was given where a file name belongs"), "{}", ran.stderr);
        }
    }
    fedctl.write("fedctl.yaml", format!("key: '{line}'\n"));
    let (error, _) = fedctl.refused(&["config"]);
    assert_eq!(error, "a private key was given where a file name belongs: `key` of fedctl.yaml");
    fedctl.write("fedctl.yaml", format!("'{line}': x\n"));
    assert_secret(&fedctl.run(&["config"]), &line, "the name of a setting");
    fedctl.write("fedctl.yaml", &line);
    assert_secret(&fedctl.run(&["config"]), &line, "a configuration that is a key");
    assert_secret(&fedctl.run(&["diff", "own.pem", "own.key", "--config", "/dev/null"]), &line, "diff");
}

#[test]
fn a_key_in_a_log_is_not_repeated() {
    let (fedctl, line) = with_key();
    let pem = fedctl.read("own.pem");
    for text in [
        format!("crypt.error InvalidAsn1Error: Expected 0x30: got 0xe2 {line}"),
        format!("crypt.error InvalidAsn1Error: Expected 0x30: got 0xe2 {}", pem.replace('\n', "\\n")),
        serde_json::json!({"level": 50, "msg": format!("InvalidAsn1Error: Expected 0x30: got 0xe2 {pem}")}).to_string(),
    ] {
        for format in ["human", "json"] {
            let ran = fedctl.run(&["explain", &text, "--format", format]);
            assert_eq!(ran.status, 0, "{}", ran.stderr);
            assert!(ran.stdout.contains("[private key removed]"), "{}", ran.stdout);
            assert_secret(&ran, &line, format);
            assert_secret(
                &bounded(&fedctl, &["explain", "-", "--format", format], text.as_bytes()).unwrap(),
                &line,
                "stdin",
            );
        }
        assert_secret(&fedctl.run(&["explain", text.split_once("0xe2 ").unwrap().1]), &line, "not a log line");
    }
}

#[test]
fn a_passphrase_or_token_where_its_file_belongs_is_not_repeated() {
    let (fedctl, _) = with_key();
    fedctl.write("word", "a long passphrase\n");
    fedctl.ok(&[
        "keygen",
        "--from-private",
        "own.key",
        "--encrypt",
        "--passphrase-file",
        "word",
        "--form",
        "pem",
        "--private",
        "locked",
        "--public",
        "l.pub",
    ]);
    let (error, _) = fedctl.refused(&[
        "keygen",
        "--from-private",
        "locked",
        "--public",
        "x",
        "--passphrase-file",
        "a long passphrase",
    ]);
    assert_eq!(error, "`locked`: the passphrase file does not exist");
}

#[test]
fn no_crash_leaves_a_core() {
    let fedctl = Fedctl::new();
    let mut child =
        fedctl.command(&["serve", "dns", "--zone", fedctl.write("z", "$ORIGIN b.example.\n").to_str().unwrap()]);
    let mut child = child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut line).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
    let limits = limits.unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
}
