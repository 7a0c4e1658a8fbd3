//! Outputs onto what is no regular file, and onto one file twice.

use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::{Command, Stdio};

use super::with_zone;
use crate::support::Fedctl;

#[test]
fn a_link_to_a_device_stays_a_link() {
    let fedctl = with_zone();
    symlink("/dev/null", fedctl.path("sink")).unwrap();
    let is_kept = |what: &str| {
        let link = fedctl.path("sink").symlink_metadata().unwrap();
        assert!(link.is_symlink(), "{what} has replaced the link");
        assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    };
    let check = ["dns-check", "b.example", "--zone-file", "zone.txt"];
    for option in ["--save", "-o"] {
        assert!(fedctl.run(&[&check[..], &[option, "sink"]].concat()).status < 2);
        is_kept(option);
    }
    fedctl.ok(&["keygen", "--private", "sink", "--public", "own.pub"]);
    is_kept("keygen --private");
    fedctl.ok(&["keygen", "--private", "own.key", "--public", "sink", "--force"]);
    is_kept("keygen --public");
    let ran = fedctl.run(&["init", "--config", "sink", "--yes", "--force"]);
    is_kept(&format!("init: {}", ran.stderr));
}

#[test]
fn an_open_stdout_is_written_into() {
    let fedctl = with_zone();
    let log = fedctl.write("log", "before\n");
    let file = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
    let args = ["dns-check", "b.example", "--zone-file", "zone.txt", "--format", "json", "-o", "/dev/stdout"];
    assert!(fedctl.command(&args).stdout(file).stderr(Stdio::null()).status().unwrap().code() < Some(2));
    let text = fedctl.read("log");
    assert!(text.starts_with("before\n{") && text.ends_with("}\n"), "{text}");
    // A pipe.
    let ran = fedctl.run(&args);
    assert!(ran.stdout.starts_with('{') && ran.stdout.ends_with("}\n"), "{}", ran.stdout);
}

#[test]
fn a_fifo_is_written_into() {
    let fedctl = with_zone();
    assert!(Command::new("mkfifo").arg(fedctl.path("pipe")).status().unwrap().success());
    let reader = Command::new("cat").arg(fedctl.path("pipe")).stdout(Stdio::piped()).spawn().unwrap();
    fedctl.run(&["dns-check", "b.example", "--zone-file", "zone.txt", "--format", "json", "-o", "pipe"]);
    let kept = fedctl.path("pipe").symlink_metadata().unwrap().file_type().is_fifo();
    if !kept {
        // The reader waits for the FIFO that is gone.
        let mut reader = reader;
        reader.kill().unwrap();
        reader.wait().unwrap();
        panic!("the FIFO was replaced");
    }
    let read = String::from_utf8(reader.wait_with_output().unwrap().stdout).unwrap();
    assert!(read.starts_with('{') && read.ends_with("}\n"), "{read}");
}

#[test]
fn a_link_to_a_file_is_followed() {
    let fedctl = with_zone();
    fedctl.write("real.json", "old");
    symlink("real.json", fedctl.path("link.json")).unwrap();
    fedctl.run(&["dns-check", "b.example", "--zone-file", "zone.txt", "--save", "link.json"]);
    assert!(fedctl.path("link.json").symlink_metadata().unwrap().is_symlink());
    assert!(fedctl.read("real.json").contains("\"schema\""));
    symlink("nowhere", fedctl.path("dangling")).unwrap();
    let (error, _) = fedctl.refused(&["dns-check", "b.example", "--zone-file", "zone.txt", "--save", "dangling"]);
    assert!(error.contains("`dangling` is a symbolic link to `./nowhere`, which does not exist"), "{error}");
}

#[test]
fn two_names_of_one_file_are_refused_and_nothing_is_written() {
    let fedctl = Fedctl::new();
    std::fs::create_dir(fedctl.path("sub")).unwrap();
    for public in ["./s", "sub/../s"] {
        let (error, _) = fedctl.refused(&["keygen", "--private", "s", "--public", public]);
        assert_eq!(error, format!("`s` and `{public}` are the same file"));
        assert_eq!(fedctl.files(), ["sub"]);
    }
    fedctl.write("a", "old");
    std::fs::hard_link(fedctl.path("a"), fedctl.path("b")).unwrap();
    symlink("a", fedctl.path("c")).unwrap();
    for other in ["b", "c"] {
        let (error, _) = fedctl.refused(&["keygen", "--private", "a", "--public", other, "--force"]);
        assert_eq!(error, format!("`a` and `{other}` are the same file"));
        assert_eq!(fedctl.read("a"), "old");
    }
}
