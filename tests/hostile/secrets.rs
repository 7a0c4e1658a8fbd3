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
            let is_refused = ran.stderr.starts_with("fedctl: error: a private key was given where a file name belongs");
            assert!(is_refused, "{}", ran.stderr);
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
    assert_eq!(error, "a private key was given where a file name belongs: `key` in line 1 column 6 of `fedctl.yaml`");
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

const PAGE: usize = 4096;

/// What a process may write to, without pages of zeros: allocators reserve many of those. `None` when this user may not read it.
fn memory(process: u32) -> Option<Vec<u8>> {
    use std::io::{Read, Seek, SeekFrom};
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let mut memory = std::fs::File::open(format!("/proc/{process}/mem")).ok()?;
    let mut all = Vec::new();
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|access| access.starts_with("rw"))) {
        let (from, to) = line.split(' ').next()?.split_once('-')?;
        let (from, to) = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
        let mut part = vec![0; usize::try_from(to - from).ok()?];
        memory.seek(SeekFrom::Start(from)).ok()?;
        if memory.read_exact(&mut part).is_ok() {
            all.extend(part.chunks(PAGE).filter(|page| **page != [0; PAGE]).flatten());
        }
    }
    Some(all)
}

/// What a core would hold, and what a user with the right to look at processes reads: the numbers of the key, for as long as they
/// are used, and no copy of its text.
#[test]
fn no_copy_of_the_text_of_a_key_stays_in_memory() {
    use base64::Engine;
    let (fedctl, line) = with_key();
    let fedctl = fedctl.env("FEDCTL_KEY", "own.pem").env("FEDCTL_DOMAIN", "b.example");
    let body = line.split("-----").nth(2).unwrap();
    let der = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    for args in [
        &["serve", "peer", "--domain", "b.example", "--key", "own.key", "--resolver", "127.0.0.1:9"][..],
        &["serve", "peer", "--domain", "b.example", "--key", "own.pem", "--resolver", "127.0.0.1:9"],
        &["watch", "b.example", "--data", "watch", "--listen", "127.0.0.1:0", "--resolver", "127.0.0.1:9"],
    ] {
        let mut child = fedctl.command(args);
        let mut child = child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
        let mut first = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut first).unwrap();
        let memory = memory(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        let Some(memory) = memory else { return };
        assert!(first.contains("127.0.0.1") && memory.len() > 100_000, "{args:?}: {first}");
        // The first numbers are public: the modulus and the exponent.
        let texts = body.as_bytes()[400..].chunks_exact(32).chain(der[300..].chunks_exact(24));
        let kept = texts.filter(|part| memchr::memmem::find(&memory, part).is_some()).count();
        assert_eq!(kept, 0, "{args:?}: parts of the text of the key are in memory");
    }
}

#[test]
fn a_secret_in_the_process_list_is_pointed_out() {
    let fedctl = Fedctl::new();
    for (args, option, variable) in [
        (
            &["serve", "hub", "--public-url", "x", "--data", "hub", "--smtp", "smtps://me:s3cret@127.0.0.1"][..],
            "--smtp",
            "FEDCTL_HUB_SMTP",
        ),
        (&["hub", "list", "--database", "postgres://me:s3cret@127.0.0.1:9/x"], "--database", "FEDCTL_HUB_DATABASE"),
        (&["watch", "--once", "--smtp", "smtps://me:s3cret@127.0.0.1"], "--smtp", "FEDCTL_WATCH_SMTP"),
        (&["watch", "--once", "--alert", "webhook:https://127.0.0.1/s3cret"], "--alert", "FEDCTL_WATCH_ALERTS"),
    ] {
        let ran = fedctl.run(args);
        let warning =
            format!("fedctl: warning: the secret in {option} is in the process list of this machine: set {variable}");
        assert!(ran.stderr.starts_with(&warning), "{args:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("s3cret") && !ran.stdout.contains("s3cret"), "{args:?}: {}", ran.stderr);
        let named = Fedctl::new().env(variable, args.last().unwrap());
        let ran = named.run(&args[..args.len() - 2]);
        assert!(!ran.stderr.contains("process list") && !ran.stderr.contains("s3cret"), "{args:?}: {}", ran.stderr);
    }
}

/// Every command refuses a key among its arguments, whichever place it is in, and repeats no part of it.
#[test]
fn no_command_repeats_a_key_among_its_arguments() {
    let (fedctl, line) = with_key();
    fn leaves(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        if command.get_subcommands().next().is_none() {
            found.push(path.to_vec());
        }
        for child in command.get_subcommands() {
            leaves(child, &[path, &[child.get_name().to_owned()]].concat(), found);
        }
    }
    let mut all = Vec::new();
    leaves(&fedctl::cli::command(), &[], &mut all);
    assert!(all.len() > 30, "{}", all.len());
    for path in all.iter().filter(|path| path[0] != "explain") {
        let mut command = fedctl::cli::command();
        for word in path {
            command = command.find_subcommand(word).unwrap().clone();
        }
        let options = command.get_arguments().filter(|arg| arg.get_action().takes_values());
        let options = options.filter_map(|arg| arg.get_long()).map(|name| format!("--{name}={line}"));
        for last in options.chain([line.clone()]) {
            let ran = fedctl.run(&[&path[..], std::slice::from_ref(&last)].concat());
            assert_secret(
                &ran,
                &line,
                &format!("{path:?} {}", last.split('=').next().unwrap().split('-').next().unwrap()),
            );
            assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{path:?}: {}", ran.stderr);
        }
    }
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
