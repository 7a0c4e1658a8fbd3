//! How fast messages are sealed and opened, beside node-rsa 1.1.1 when it is there (see benches/README.md).

// A measurement prints, and stops when it cannot measure.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use fedctl::key::PrivateKey;
use fedctl::rocketchat::envelope;
use serde_json::{Value, json};

const ROUNDS: usize = 15;

/// Milliseconds, the median of the rounds.
fn median(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn theirs(script: &str, case: &Value) -> Option<Value> {
    let mut node = Command::new("node");
    node.args([script, &ROUNDS.to_string(), &case.to_string()]);
    if let Some(path) = std::env::var_os("FEDCTL_NODE_PATH") {
        node.env("NODE_PATH", path);
    }
    let output = node.output().ok().filter(|output| output.status.success())?;
    serde_json::from_slice(&output.stdout).ok()
}

fn main() {
    let root = env!("CARGO_MANIFEST_DIR");
    let script = format!("{root}/benches/envelope.js");
    let keys: Vec<Value> =
        serde_json::from_slice(&std::fs::read(format!("{root}/tests/vectors/keys.json")).unwrap()).unwrap();
    let private =
        |at: usize| PrivateKey::from_text(keys[at]["private"].as_str().unwrap(), || anyhow::bail!("no")).unwrap();
    let (from, to) = (private(0), private(1));
    println!("{:<22}{:>12}{:>12}{:>10}", "RSA-2048, ms", "fedctl", "node-rsa", "ratio");
    for length in [28, 1_000, 10_000, 100_000] {
        let message = vec![b'x'; length];
        let sealed = envelope::seal(&message, &from, to.public()).unwrap();
        let ours = [
            ("seal", median(|| drop(black_box(envelope::seal(&message, &from, to.public()))))),
            ("open", median(|| drop(black_box(envelope::open(&sealed, &to, from.public()))))),
        ];
        let theirs = theirs(&script, &json!({"from": keys[0], "to": keys[1], "length": length}));
        for (what, ours) in ours {
            let theirs = theirs.as_ref().and_then(|theirs| theirs[what].as_f64());
            let shown = theirs.map_or("-".into(), |theirs| format!("{theirs:.2}"));
            let ratio = theirs.map_or("-".into(), |theirs| format!("{:.2}", ours / theirs));
            println!("{:<22}{ours:>12.2}{shown:>12}{ratio:>10}", format!("{what} {length} bytes"));
        }
    }
}
