//! `fedctl init --apply`: from an empty directory to a checked setup, with a real BIND, `serve peer` and a stub of the REST API.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use serde_json::json;

use super::records_programs::whole_zone;
use crate::support::name_servers::{Server, named_with};
use crate::support::rest::{Rest, Script, TOKEN, USER};
use crate::support::{Fedctl, Ran};

const TSIG: &str =
    "key \"update.key\" {\n\talgorithm hmac-sha256;\n\tsecret \"c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMw==\";\n};\n";

/// An admin's empty directory, the zone without any record of federation, and a server that was just installed.
struct Start {
    fedctl: Fedctl,
    zone: Server,
    rest: Rest,
    peer: Child,
    /// The directory of the server, with its key pair.
    server: Fedctl,
}

impl Drop for Start {
    fn drop(&mut self) {
        let _ = self.peer.kill();
        let _ = self.peer.wait();
    }
}

impl Start {
    fn new() -> Option<Self> {
        let zone = named_with(&[("mydomain.com", &whole_zone(""))], TSIG, "allow-update { key \"update.key\"; };")?;
        let server = Fedctl::new();
        server.ok(&["keygen"]);
        let key = server.read("federation.pub").trim_end().to_owned();
        let resolver = zone.addr.to_string();
        let serve =
            ["serve", "peer", "--domain", "mydomain.com", "--key", "federation.key", "--plain", "--release", "4.8.3"];
        let mut peer = server.command(&[&serve[..], &["--resolver", &resolver]].concat());
        let mut peer = peer.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(peer.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let upstream = line.split_whitespace().find_map(|word| word.rsplit('/').next()?.parse().ok()).expect(&line);
        let mut script = Script::new(
            "4.8.3",
            vec![
                ("FEDERATION_Enabled", json!(false)),
                ("FEDERATION_Status", json!("Disabled")),
                ("FEDERATION_Domain", json!("")),
                ("FEDERATION_Public_Key", json!(key)),
                ("FEDERATION_Discovery_Method", json!("dns")),
                ("Site_Url", json!("http://localhost:3000")),
            ],
        )
        .resolving(&key);
        script.upstream = Some(upstream);
        let fedctl = Fedctl::new();
        fedctl.write("admin.token", format!("{USER}\n{TOKEN}\n"));
        fedctl.write("tsig", TSIG);
        for file in ["admin.token", "tsig"] {
            std::fs::set_permissions(fedctl.path(file), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        Some(Self { fedctl, zone, rest: Rest::start(script), peer, server })
    }

    fn args(&self, more: &[&str]) -> Vec<String> {
        let (zone, rest) = (self.zone.addr, self.rest.addr);
        let words = ["init", "mydomain.com", "--server", "http://chat.mydomain.com", "--provider", "zone", "--apply"];
        let mut args: Vec<String> = words.iter().chain(more).map(|word| (*word).to_owned()).collect();
        args.extend(["--token-file", "admin.token", "--tsig-file", "tsig", "--wait", "5s"].map(str::to_owned));
        args.extend(["--dns-server".into(), zone.to_string(), "--resolver".into(), zone.to_string()]);
        args.extend(["--connect-to".into(), format!("ns1.mydomain.com:53={zone}")]);
        args.extend(["--connect-to".into(), format!("chat.mydomain.com:80={rest}")]);
        args
    }

    fn run(&self, more: &[&str], input: &str) -> Ran {
        let ran = self.fedctl.run_with(&self.args(more), input);
        for secret in [TOKEN, "c2VjcmV0", &self.server.read("federation.key")[200..240]] {
            assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "a secret is shown: {}", ran.stderr);
        }
        ran
    }

    /// Answers, and kills the run at this question.
    fn killed_at(&self, question: &str, answers: &str) {
        let mut child = self.fedctl.command(&self.args(&[]));
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        // The pipe stays open, so that the question waits.
        write!(child.stdin.as_mut().unwrap(), "{answers}").unwrap();
        let (mut seen, mut byte) = (String::new(), [0]);
        let stderr = child.stderr.as_mut().unwrap();
        while !seen.ends_with(question) {
            assert_eq!(stderr.read(&mut byte).unwrap(), 1, "the question never came: {seen}");
            seen.push(byte[0] as char);
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn published(&self) -> bool {
        let args = ["records", "diff", "mydomain.com", "--target", "chat.mydomain.com", "--protocol", "http"];
        let (key, resolver) = (self.server.path("federation.pub"), self.zone.addr.to_string());
        let ran = self.fedctl.run(&[&args[..], &["--key", key.to_str().unwrap(), "--resolver", &resolver]].concat());
        ran.status == 0
    }
}

#[test]
fn one_command_goes_from_nothing_to_a_setup_that_passes() {
    let Some(start) = Start::new() else { return };
    let ran = start.run(&["--yes", "--proxy", "nginx"], "");
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.lines().last().unwrap().starts_with("mydomain.com is set up correctly"), "{}", ran.stdout);
    for step in 1..=6 {
        assert!(ran.stderr.contains(&format!("step {step} of 6: ")), "{}", ran.stderr);
    }
    // The key is that of the server; nobody has to touch its database.
    assert_eq!(start.fedctl.read("federation.pub"), start.server.read("federation.pub"));
    assert!(!start.fedctl.path("federation.key").exists());
    assert!(start.published());
    {
        let script = start.rest.script.lock().unwrap();
        for (id, value) in [
            ("FEDERATION_Enabled", json!(true)),
            ("FEDERATION_Domain", json!("mydomain.com")),
            ("Site_Url", json!("http://chat.mydomain.com")),
        ] {
            assert_eq!(script.get(id), Some(value), "{id}");
        }
    }
    assert!(start.fedctl.read("proxy-nginx.conf").contains("mydomain.com"));

    // Again, with other answers still in the directory: nothing is left to do, and nothing is changed.
    let (files, posts) = (start.fedctl.files(), start.rest.count("POST /api/v1/settings"));
    let again = start.run(&["--yes", "--proxy", "nginx"], "");
    assert_eq!(again.status, 0, "{}{}", again.stdout, again.stderr);
    assert_eq!(again.stderr.matches("there is nothing to do").count(), 2, "{}", again.stderr);
    assert_eq!((start.fedctl.files(), start.rest.count("POST /api/v1/settings")), (files, posts));
    // The file is about one domain.
    let args: Vec<String> =
        start.args(&["--yes"]).into_iter().map(|arg| arg.replace("mydomain.com", "other.example")).collect();
    let ran = start.fedctl.run(&args);
    assert!(ran.status == 2 && ran.stderr.contains("is for mydomain.com, not for other.example"), "{}", ran.stderr);
    // What it has written serves the other commands.
    let zone = start.zone.addr.to_string();
    let near = [format!("ns1.mydomain.com:53={zone}"), format!("chat.mydomain.com:80={}", start.rest.addr)];
    let doctor = ["doctor", "--resolver", &zone, "--connect-to", &near[0], "--connect-to", &near[1]];
    assert_eq!(start.fedctl.run(&doctor).status, 0);
}

#[test]
fn a_run_that_was_killed_is_continued_by_the_same_command() {
    let Some(start) = Start::new() else { return };
    // Killed when the plan of the records is shown: the file and the key are there, and nothing is published.
    start.killed_at("Apply this plan? [y/N] ", "\n");
    assert_eq!(start.fedctl.files(), ["admin.token", "fedctl.yaml", "federation.pub", "tsig"]);
    assert!(!start.published());
    let yaml = start.fedctl.read("fedctl.yaml");
    // Killed when the plan of the settings is shown: the records are published, and no setting is changed.
    start.killed_at("Set these values? [y/N] ", "y\n");
    assert!(start.published());
    assert_eq!(start.rest.count("POST /api/v1/settings"), 0);
    // The server fails half-way.
    start.rest.script.lock().unwrap().changes_left = 1;
    let ran = start.run(&["--yes"], "");
    assert!(ran.status == 2 && ran.stderr.contains("run the same command again"), "{}", ran.stderr);
    start.rest.script.lock().unwrap().changes_left = usize::MAX;
    let ran = start.run(&["--yes"], "");
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.lines().last().unwrap().starts_with("mydomain.com is set up correctly"), "{}", ran.stdout);
    assert_eq!(start.fedctl.read("fedctl.yaml"), yaml);
    assert!(ran.stderr.contains("it exists and is used"), "{}", ran.stderr);
}

#[test]
fn each_step_can_be_declined_and_a_key_that_the_server_lacks_is_not_published() {
    let Some(start) = Start::new() else { return };
    // The key, the records, the settings, the proxy.
    let ran = start.run(&[], "\nn\nn\n\n");
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stderr.matches("skipped: declined").count(), 2, "{}", ran.stderr);
    assert!(!start.published() && start.rest.count("POST /api/v1/settings") == 0);
    let other = Start::new().unwrap();
    other.rest.script.lock().unwrap().set("FEDERATION_Public_Key", "");
    let ran = other.run(&["--yes"], "");
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("mongosh DATABASE server-key.js") && ran.stderr.contains("nothing was published"),
        "{}",
        ran.stderr
    );
    let mode = std::fs::metadata(other.fedctl.path("server-key.js")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    // An admin has run the script; the same command goes on.
    let script = other.fedctl.read("server-key.js");
    let key = other.fedctl.read("federation.pub").trim_end().to_owned();
    assert!(script.contains(&key));
    {
        let mut rest = other.rest.script.lock().unwrap();
        rest.set("FEDERATION_Public_Key", key.as_str());
        rest.resolved.insert("rocketchat-public-key.mydomain.com".into(), json!(key));
    }
    let ran = other.run(&["--yes"], "");
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}
