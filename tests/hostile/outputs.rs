//! Outputs onto what is no regular file, and onto one file twice.

use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::{Command, Stdio};

use super::{bounded, with_zone};
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

/// Every option that names a file to write; `OUT` stands for it.
const WRITERS: &[&[&str]] = &[
    &["dns-check", "b.example", "--zone-file", "zone.txt", "-o", "OUT"],
    &["dns-check", "b.example", "--zone-file", "zone.txt", "--format", "github", "-o", "OUT"],
    &["dns-check", "b.example", "--zone-file", "zone.txt", "--save", "OUT"],
    &[
        "dns-check",
        "--list",
        "list",
        "-o",
        "OUT",
        "--resolver",
        "127.0.0.1:9",
        "--timeout",
        "200ms",
        "--deadline",
        "1s",
    ],
    &[
        "handshake",
        "--list",
        "list",
        "-o",
        "OUT",
        "--resolver",
        "127.0.0.1:9",
        "--timeout",
        "200ms",
        "--deadline",
        "1s",
    ],
    &["doctor", "b.example", "-o", "OUT", "--resolver", "127.0.0.1:9", "--timeout", "200ms", "--deadline", "1s"],
    &[
        "mesh",
        "a.example",
        "b.example",
        "-o",
        "OUT",
        "--resolver",
        "127.0.0.1:9",
        "--timeout",
        "200ms",
        "--deadline",
        "1s",
    ],
    &["keygen", "--private", "OUT", "--public", "new.pub"],
    &["keygen", "--private", "new.key", "--public", "OUT"],
    &["key", "inspect", "own.pub", "-o", "OUT"],
    &["key", "backup", "own.key", "--passphrase-file", "word", "--no-dns", "-o", "OUT"],
    &["key", "restore", "backup.pem", "--passphrase-file", "word", "--no-dns", "-o", "OUT"],
    &["diff", "run.json", "run.json", "-o", "OUT"],
    &["proxy", "nginx", "--domain", "b.example", "-o", "OUT"],
    &[
        "hub",
        "lookup",
        "b.example",
        "--hub-url",
        "https://127.0.0.1:9",
        "-o",
        "OUT",
        "--resolver",
        "127.0.0.1:9",
        "--timeout",
        "200ms",
        "--deadline",
        "1s",
    ],
    &[
        "init",
        "b.example",
        "--yes",
        "--key",
        "own.key",
        "-o",
        "OUT",
        "--resolver",
        "127.0.0.1:9",
        "--timeout",
        "200ms",
        "--deadline",
        "1s",
    ],
    &["serve", "peer", "--domain", "b.example", "--key", "own.key", "--ca-out", "OUT"],
];
/// Files that are read and changed in their place.
const IN_PLACE: &[&[&str]] = &[
    &[
        "dns-check",
        "--list",
        "list",
        "--resume",
        "OUT",
        "--resolver",
        "127.0.0.1:9",
        "--timeout",
        "200ms",
        "--deadline",
        "1s",
    ],
    &[
        "handshake",
        "--list",
        "list",
        "--resume",
        "OUT",
        "--resolver",
        "127.0.0.1:9",
        "--timeout",
        "200ms",
        "--deadline",
        "1s",
    ],
];

fn with_files() -> Fedctl {
    let fedctl = with_zone();
    fedctl.write("list", "b.example\n");
    fedctl.write("word", "a long passphrase\n");
    fedctl.ok(&["keygen", "--private", "own.key", "--public", "own.pub"]);
    fedctl.run(&["dns-check", "b.example", "--zone-file", "zone.txt", "--save", "run.json"]);
    let backup = ["key", "backup", "own.key", "--passphrase-file", "word", "--no-dns", "-o", "backup.pem"];
    assert_eq!(fedctl.run(&backup).status, 0);
    fedctl
}

/// A character device of our own that swallows everything, or a FIFO where this user may not make devices.
fn device(fedctl: &Fedctl) -> std::path::PathBuf {
    let path = fedctl.path("device");
    let made = Command::new("mknod").arg(&path).args(["c", "1", "3"]).stderr(Stdio::null()).status();
    if !made.is_ok_and(|status| status.success()) {
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    }
    path
}

#[test]
fn no_output_of_any_command_replaces_what_is_no_file() {
    let fedctl = with_files();
    let device = device(&fedctl);
    std::fs::create_dir(fedctl.path("dir")).unwrap();
    symlink("nowhere", fedctl.path("dangling")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(fedctl.path("socket")).unwrap();
    let kind = |name: &str| fedctl.path(name).symlink_metadata().unwrap().file_type();
    let kinds = ["device", "dir", "dangling", "socket"].map(|name| (name, kind(name)));
    for (args, is_in_place) in WRITERS.iter().map(|args| (args, false)).chain(IN_PLACE.iter().map(|args| (args, true)))
    {
        for (name, before) in &kinds {
            if device.metadata().unwrap().file_type().is_fifo() && *name == "device" {
                continue;
            }
            for new in ["new.key", "new.pub"] {
                let _ = std::fs::remove_file(fedctl.path(new));
            }
            let args: Vec<&str> = args.iter().map(|arg| if *arg == "OUT" { *name } else { *arg }).collect();
            let is_server = args[..2] == ["serve", "peer"];
            let ran = if is_server && *name == "device" { continue } else { bounded(&fedctl, &args, b"") };
            let ran = ran.unwrap_or_else(|| panic!("{args:?} does not end"));
            assert_eq!(kind(name), *before, "{args:?} has replaced {name}");
            let refused = ran.stderr.lines().any(|line| line.starts_with(&format!("fedctl: error: `{name}` ")));
            assert_eq!(refused, *name != "device" || is_in_place, "{args:?}: {}", ran.stderr);
            assert!(!refused || ran.status == 2, "{args:?}: {}", ran.stderr);
        }
        let left = fedctl.files().into_iter().find(|name| name.starts_with(".fedctl-"));
        assert_eq!(left, None, "{args:?} leaves a file behind");
    }
}

/// Elsewhere `-` is standard output, so nobody expects a file of that name.
#[test]
fn a_dash_is_no_file_name() {
    let fedctl = with_files();
    for args in WRITERS.iter().chain(IN_PLACE) {
        let args: Vec<&str> = args.iter().map(|arg| if *arg == "OUT" { "-" } else { *arg }).collect();
        let ran = bounded(&fedctl, &args, b"").unwrap_or_else(|| panic!("{args:?} does not end"));
        assert_eq!(ran.status, 2, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains("fedctl: error: `-` is no file name here\n"), "{args:?}: {}", ran.stderr);
        assert!(!fedctl.path("-").exists(), "{args:?}");
    }
}

#[test]
fn what_holds_a_secret_is_for_its_owner_only_whatever_was_there_before() {
    use std::os::unix::fs::PermissionsExt;
    let fedctl = with_files();
    let mode = |name: &str| fedctl.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("own.key"), mode("backup.pem"), mode("own.pub")), (0o600, 0o600, 0o644));
    for args in [
        &["keygen", "--private", "old", "--public", "old.pub", "--force"][..],
        &["key", "backup", "own.key", "--passphrase-file", "word", "--no-dns", "-o", "old", "--force"],
        &["key", "restore", "backup.pem", "--passphrase-file", "word", "--no-dns", "-o", "old", "--force"],
    ] {
        fedctl.write("old", "public");
        std::fs::set_permissions(fedctl.path("old"), std::fs::Permissions::from_mode(0o666)).unwrap();
        let ran = fedctl.run(args);
        assert_eq!((ran.status, mode("old")), (0, 0o600), "{args:?}: {}", ran.stderr);
    }
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
