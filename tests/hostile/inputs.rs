//! Files without an end, and files that are nested or long on purpose.

use std::process::Command;

use super::{bounded, with_zone};
use crate::support::{Fedctl, repository};

/// Every argument that names a file to read; `FILE` stands for it.
const READERS: &[&[&str]] = &[
    &["config", "--config", "FILE"],
    &["diff", "FILE", "FILE"],
    &["dns-check", "--replay", "FILE"],
    &["dns-check", "b.example", "--zone-file", "FILE"],
    &["serve", "dns", "--zone", "FILE"],
    &[
        "hub",
        "lookup",
        "b.example",
        "--hub-url",
        "https://127.0.0.1:9",
        "--ca-file",
        "FILE",
        "--resolver",
        "127.0.0.1:9",
    ],
    &["key", "inspect", "FILE"],
    &["records", "b.example", "--target", "chat.b.example", "--key", "FILE"],
    &["records", "lint", "--format", "zone", "FILE"],
    &["keygen", "--from-private", "FILE"],
    &["dns-check", "--list", "FILE", "--resolver", "127.0.0.1:9"],
    &["handshake", "--list", "FILE", "--resolver", "127.0.0.1:9"],
    &["handshake", "--join", "FILE", "FILE"],
    &["mesh", "--list", "FILE", "--resolver", "127.0.0.1:9"],
    &["watch", "--once", "--list", "FILE", "--data", "watch", "--resolver", "127.0.0.1:9"],
    &["watch", "--once", "b.example", "--ca-file", "FILE", "--data", "watch", "--resolver", "127.0.0.1:9"],
    &["key", "backup", "FILE", "--no-dns", "-o", "new.pem"],
    &["key", "restore", "FILE", "--no-dns", "-o", "new.txt"],
    &["records", "undo", "FILE", "--resolver", "127.0.0.1:9"],
    &["records", "diff", "b.example", "--target", "chat.b.example", "--key", "FILE", "--resolver", "127.0.0.1:9"],
    &["serve", "peer", "--domain", "b.example", "--key", "FILE"],
    &["envelope", "seal", "--key", "FILE", "--peer-key", "FILE"],
    &[
        "serve",
        "hub",
        "--public-url",
        "https://hub.b.example",
        "--data",
        "hub",
        "--smtp",
        "smtps://127.0.0.1:9",
        "--smtp-ca",
        "FILE",
    ],
];

fn refused_each(fedctl: &Fedctl, file: &str, input: &[u8], sentence: &str) {
    for reader in READERS {
        let args: Vec<&str> = reader.iter().map(|arg| if *arg == "FILE" { file } else { *arg }).collect();
        let ran = bounded(fedctl, &args, input).unwrap_or_else(|| panic!("{args:?} does not end"));
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
        let first = ran.stderr.lines().next().unwrap_or_default();
        assert!(first.starts_with("fedctl: error: ") && first.contains(sentence), "{args:?}: {}", ran.stderr);
    }
}

/// A file of the wrong kind is refused or ends as such; it never hangs, and never crashes.
#[test]
fn nested_and_binary_files_end_with_an_error() {
    let fedctl = Fedctl::new();
    let noise: Vec<u8> = (0..5000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (name, text) in [
        ("brackets", "[".repeat(200_000).into_bytes()),
        ("objects", "{\"a\":".repeat(40_000).into_bytes()),
        ("noise", noise),
        ("nothing", vec![0; 1000]),
    ] {
        fedctl.write(name, text);
        for reader in READERS.iter().chain([&["dns-check", "--list", "list", "--resume", "FILE"][..]].iter()) {
            let args: Vec<&str> = reader.iter().map(|arg| if *arg == "FILE" { name } else { *arg }).collect();
            let ran = bounded(&fedctl, &args, b"").unwrap_or_else(|| panic!("{args:?} does not end"));
            assert!(matches!(ran.status, 1 | 2), "{args:?}: {} {}", ran.status, ran.stderr);
            assert!(!ran.stderr.contains("panicked"), "{args:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_file_without_an_end_is_refused_with_the_limit() {
    refused_each(&Fedctl::new(), "/dev/zero", b"", "`/dev/zero` is larger than ");
}

#[test]
fn a_fifo_without_a_writer_is_not_waited_for() {
    let fedctl = Fedctl::new();
    assert!(Command::new("mkfifo").arg(fedctl.path("pipe")).status().unwrap().success());
    refused_each(&fedctl, "pipe", b"", "no program writes into the FIFO `pipe`");
}

#[test]
fn a_fifo_with_a_writer_is_read() {
    let fedctl = with_zone();
    assert!(Command::new("mkfifo").arg(fedctl.path("pipe")).status().unwrap().success());
    let mut writer =
        Command::new("sh").arg("-c").arg("cat zone.txt > pipe").current_dir(fedctl.dir.path()).spawn().unwrap();
    let ran = bounded(&fedctl, &["dns-check", "b.example", "--zone-file", "pipe"], b"").expect("it ends");
    assert!(ran.status < 2, "{}", ran.stderr);
    assert!(writer.wait().unwrap().success());
}

/// Neither as records nor in an error, whatever is around the directive.
#[test]
fn no_zone_file_reads_another_file() {
    let fedctl = Fedctl::new();
    let other = fedctl.write("other", "stolen 60 IN TXT topsecret\n");
    let secret = fedctl.write("secret", "topsecret content\n");
    for file in [other.to_str().unwrap(), secret.to_str().unwrap(), "/dev/zero", "other"] {
        for text in [
            format!("$INCLUDE {file}\n"),
            format!("$INCLUDE \"{file}\"\n"),
            format!("chat 60 IN TXT \"a\\\"\" ; \"\n$INCLUDE {file} x\n"),
            format!("chat 60 IN TXT (\n\"a\")\n  $INCLUDE\t{file}\n"),
            format!("chat 60 IN TXT \"\n$INCLUDE {file}\n\"\n$INCLUDE {file}\n"),
        ] {
            fedctl.write("zone", format!("$ORIGIN b.example.\n{text}"));
            for args in [
                &["dns-check", "b.example", "--zone-file", "zone"][..],
                &["serve", "dns", "--zone", "zone"],
                &["lab", "--only", "nothing.example", "--zone", "b.example=zone"],
                &["records", "lint", "--format", "zone", "--domain", "b.example", "zone"],
            ] {
                let ran = bounded(&fedctl, args, b"").unwrap_or_else(|| panic!("{args:?} does not end: {text}"));
                assert!(ran.status != 0, "{args:?}: {text}: {}", ran.stdout);
                let printed = format!("{}{}", ran.stdout, ran.stderr);
                assert!(
                    !printed.contains("topsecret") && !printed.to_lowercase().contains("content"),
                    "{args:?}: {printed}"
                );
            }
        }
    }
    // In a string it is text.
    fedctl.write("zone", "$ORIGIN b.example.\nrocketchat-public-key 60 IN TXT \"$INCLUDE x\"\n");
    let ran = fedctl.run(&["dns-check", "b.example", "--zone-file", "zone", "-v"]);
    assert!(ran.stdout.contains("one TXT record, strings of 10 bytes"), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn nested_settings_are_refused_at_once() {
    let fedctl = Fedctl::new();
    for (nested, column) in [("[".repeat(100_000), 25), ("{a: ".repeat(25_000), 73)] {
        fedctl.write("fedctl.yaml", format!("domain: {nested}"));
        let (error, _) = fedctl.refused(&["config"]);
        assert_eq!(
            error,
            format!("`fedctl.yaml` is not YAML: line 1 column {column} is nested more than 16 levels deep")
        );
    }
    fedctl.write("fedctl.yaml", format!("domain: {}", "a".repeat(300_000)));
    let (error, _) = fedctl.refused(&["config"]);
    assert_eq!(error, "`fedctl.yaml` is larger than 256 KiB, the limit for a configuration");
}

#[test]
fn a_log_of_different_lines_is_read_in_linear_time() {
    let line = |at: u32| format!("queryTxt ENODATA rocketchat-public-key.d{at}.example\n");
    let log: String = (0..200_000).map(line).collect();
    let ran = bounded(&Fedctl::new(), &["explain", "-"], log.as_bytes()).expect("it ends");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.ends_with("\n199900 rarer lines are left out\n"), "{}", &ran.stdout[ran.stdout.len() - 200..]);
}

#[test]
fn only_one_module_opens_files() {
    let mut wrong = Vec::new();
    let mut dirs = vec![repository("src")];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("src/file") {
                dirs.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("\n#[cfg(test)]").next().unwrap_or_default();
                let opens = [
                    "fs::read(",
                    "fs::read_to_string",
                    "fs::write(",
                    "File::create",
                    "OpenOptions",
                    "File::options",
                    "fs::rename",
                    ".persist(",
                ];
                wrong.extend(
                    opens.iter().filter(|open| code.contains(**open)).map(|open| format!("{}: {open}", path.display())),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "use src/file: {wrong:#?}");
}
