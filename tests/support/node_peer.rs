//! A federation server made of Node and the real node-rsa, which owes nothing to fedctl: `node_peer.js`, run beside a test.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::programs::node;
use super::repository;

/// How long anything may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// The lines that the server has printed, and the call for those who wait for more.
type Lines = Arc<(Mutex<Vec<Value>>, Condvar)>;

/// A running server; it ends with the test.
pub struct NodePeer {
    pub addr: SocketAddr,
    pub domain: String,
    child: Child,
    stdin: Mutex<ChildStdin>,
    commands: AtomicU64,
    lines: Lines,
}

impl Drop for NodePeer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let lines = self.lines.0.lock().map(|lines| lines.clone()).unwrap_or_default();
            let shown: Vec<String> = lines.iter().map(|line| line.to_string().chars().take(400).collect()).collect();
            eprintln!("what {} printed:\n{}", self.domain, shown.join("\n"));
        }
    }
}

/// One of the key pairs of the vectors as PEM text: `half` is `private` or `public`.
pub fn key_text(id: &str, half: &str) -> String {
    let keys = std::fs::read(repository("tests/vectors/keys.json")).unwrap();
    let keys: Vec<Value> = serde_json::from_slice(&keys).unwrap();
    keys.iter().find(|row| row["id"] == id).unwrap()[half].as_str().unwrap().to_owned()
}

/// A peer that the server finds without DNS.
pub fn peer(addr: SocketAddr, key: &str) -> Value {
    json!({"url": format!("http://{addr}"), "key": key_text(key, "public")})
}

impl NodePeer {
    /// Starts `domain` with a key pair of the vectors, as a server of this release; `more` is merged into its configuration.
    /// `None` when Node or node-rsa is missing and may be.
    pub fn start(domain: &str, key: &str, release: &str, users: &[&str], more: &Value) -> Option<Self> {
        let mut command = node("node-rsa")?;
        // Identifiers depend on the time zone.
        command.env("TZ", "UTC");
        command.arg(repository("tests/support/node_peer.js")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut configuration =
            json!({"domain": domain, "private": key_text(key, "private"), "release": release, "users": users});
        for (name, value) in more.as_object().into_iter().flatten() {
            configuration[name] = value.clone();
        }
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{configuration}").unwrap();
        let lines = Lines::default();
        let (printed, stdout) = (lines.clone(), child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                printed.0.lock().unwrap().push(serde_json::from_str(&line).unwrap());
                printed.1.notify_all();
            }
        });
        let addr = SocketAddr::from(([127, 0, 0, 1], 0));
        let (stdin, commands) = (Mutex::new(stdin), AtomicU64::new(0));
        let mut peer = Self { addr, domain: domain.to_owned(), child, stdin, commands, lines };
        let port = peer.wait("listening", |_| true)["port"].as_u64().unwrap();
        peer.addr.set_port(port.try_into().unwrap());
        Some(peer)
    }

    /// Makes peers known.
    pub fn meets(&self, peers: &[(&str, Value)]) {
        let peers: serde_json::Map<String, Value> =
            peers.iter().map(|(domain, peer)| ((*domain).to_owned(), peer.clone())).collect();
        self.run_in_node("peers", json!({"peers": peers}));
    }

    /// Gives a command and waits for its end.
    pub fn run_in_node(&self, what: &str, arguments: Value) -> Value {
        let done = self.try_in_node(what, arguments);
        assert_eq!(done["error"], Value::Null, "{what}");
        done
    }

    /// The same for a command that may fail; `error` has the reason.
    pub fn try_in_node(&self, what: &str, mut arguments: Value) -> Value {
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        arguments["do"] = what.into();
        arguments["number"] = number.into();
        writeln!(self.stdin.lock().unwrap(), "{arguments}").unwrap();
        self.wait("done", |line| line["number"] == number)
    }

    /// Waits for a line of this kind that `is_it`; lines that were printed before count.
    pub fn wait(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let (lines, more) = &*self.lines;
        let (start, mut lines) = (Instant::now(), lines.lock().unwrap());
        loop {
            if let Some(found) = lines.iter().find(|line| line["what"] == what && is_it(line)) {
                return found.clone();
            }
            let left = PATIENCE.checked_sub(start.elapsed());
            let Some(left) = left else { panic!("{} did not print `{what}`", self.domain) };
            lines = more.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// Waits until an event of this type was applied that another server sent, `times` in all.
    pub fn wait_applied(&self, kind: &str, times: usize) {
        let (lines, more) = &*self.lines;
        let (start, mut lines) = (Instant::now(), lines.lock().unwrap());
        while lines.iter().filter(|line| line["what"] == "applied" && line["type"] == kind).count() < times {
            let left = PATIENCE.checked_sub(start.elapsed());
            let Some(left) = left else { panic!("{} did not apply `{kind}` {times} times", self.domain) };
            lines = more.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// The lines of this kind so far.
    pub fn printed(&self, what: &str) -> Vec<Value> {
        self.lines.0.lock().unwrap().iter().filter(|line| line["what"] == what).cloned().collect()
    }

    /// A collection of its database: `events`, `rooms`, `users`, `subscriptions`, `messages` or `uploads`.
    pub fn documents(&self, collection: &str) -> Vec<Value> {
        self.run_in_node("show", json!({}))[collection].as_array().unwrap().clone()
    }
}
