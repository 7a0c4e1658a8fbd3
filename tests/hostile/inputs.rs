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

#[test]
fn nested_settings_are_refused_at_once() {
    let fedctl = Fedctl::new();
    for nested in ["[".repeat(100_000), "{a: ".repeat(25_000)] {
        fedctl.write("fedctl.yaml", format!("domain: {nested}"));
        let (error, _) = fedctl.refused(&["config"]);
        assert_eq!(error, "`fedctl.yaml` is not YAML: line 1 is nested more than 16 levels deep");
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
            } else if path.is_file() {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("\n#[cfg(test)]").next().unwrap_or_default();
                let opens = [
                    "fs::read(",
                    "fs::read_to_string",
                    "fs::write(",
                    "File::create",
                    "OpenOptions",
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
