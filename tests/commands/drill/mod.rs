//! The drill against a peer of every generation: what each step shows, how it is verified, and what stays.

mod report;
mod room;
mod steps;
mod stop;

use serde_json::Value;

use crate::support::Ran;
use crate::support::peers::{A, B, Peer, Peers};
use crate::support::programs::free_port;

/// A peer that can call back to where the drill listens. One of 2.x has the rate limits of its release.
fn start(release: &str, gate_open: bool) -> (Peers, String) {
    let callback = free_port();
    let rate_limits = !release.starts_with("1.");
    let peer = Peer { release, https: false, callback: Some(callback), gate_open, rate_limits, ..Peer::default() };
    (Peers::start(&peer), format!("chat.a.example:80={callback}"))
}

fn drill(peers: &Peers, way_back: &str, more: &[&str]) -> Ran {
    peers.fedctl.run(&arguments(peers, way_back, more))
}

fn arguments(peers: &Peers, way_back: &str, more: &[&str]) -> Vec<String> {
    let args = ["drill", B, "--user", "bob", "--domain", A, "--key", "a.key", "--connect-to", way_back];
    let mut args: Vec<String> = args.map(str::to_owned).to_vec();
    args.extend(peers.flags());
    args.extend(["--timeout", "20s", "--yes"].map(str::to_owned));
    args.extend(more.iter().map(ToString::to_string));
    args
}

fn read(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
}

/// Each step with its status, and behind it what verifies it.
fn steps(report: &Value) -> Vec<(String, String)> {
    let steps = report["drill"]["steps"].as_array().unwrap().iter();
    let row = |step: &Value| {
        let (status, by) = (step["status"].as_str().unwrap(), step["verified_by"].as_str().unwrap_or("-"));
        let limit = if step["known_limit"] == true { " known limit" } else { "" };
        (step["step"].as_str().unwrap().to_owned(), format!("{status} {by}{limit}"))
    };
    steps.map(row).collect()
}

const ABSENT: &[&str] = &["read-receipt", "broadcast-room", "public-channel", "encrypted-room"];
