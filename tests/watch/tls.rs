//! A watch of a server with a certificate: its metrics, and what is announced ahead of time.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::support::Fedctl;
use crate::support::http::get;
use crate::support::hub::eventually;
use crate::support::world::{World, healthy, zone};
use crate::watch::peer::Peer;

/// The certificates of embedded servers end at this time.
const UNTIL: f64 = 2_524_521_600.0;

/// A healthy domain with an embedded server.
struct Scene {
    fedctl: Fedctl,
    args: Vec<String>,
    _world: World,
    _peer: Peer,
}

impl Scene {
    fn new() -> Self {
        let fedctl = Fedctl::new();
        fedctl.ok(&["keygen", "--quiet"]);
        let peer = Peer::start_with(&fedctl, "alpha.example", &["--ca-out", "ca.pem"]);
        let mut world = World::new();
        let resolver = world.serve("ns1.alpha.example", &[("alpha.example", zone(1, &healthy(&fedctl)))], &[]);
        let (resolver, route) = (resolver.to_string(), format!("chat.alpha.example:443={}", peer.addr));
        let args = ["watch", "alpha.example", "--data", "watch", "--timeout", "30s", "--ca-file", "ca.pem"];
        let way = ["--resolver", &resolver, "--connect-to", &route];
        let args = args.iter().chain(&way).map(ToString::to_string).collect();
        Self { fedctl, args, _world: world, _peer: peer }
    }

    fn with(&self, more: &[&str]) -> Vec<String> {
        self.args.iter().cloned().chain(more.iter().map(ToString::to_string)).collect()
    }
}

/// The value of a metric.
fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find(|line| line.starts_with(name) && line[name.len()..].starts_with([' ', '{']));
    let line = line.unwrap_or_else(|| panic!("{name} is not in\n{metrics}"));
    line.rsplit(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{line}"))
}

#[test]
fn the_metrics_have_the_latency_and_the_time_until_the_certificate_expires() {
    let scene = Scene::new();
    let args = scene.with(&["--listen", "127.0.0.1:0", "--allow-private"]);
    let mut child = scene.fedctl.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let addr: SocketAddr = line.trim().parse().unwrap_or_else(|_| panic!("no address but `{line}`"));
    let metrics = eventually(|| {
        let metrics = get(addr, "/metrics").body;
        metrics.contains("fedctl_domain_certificate_expiry_seconds{domain=\"alpha.example\"}").then_some(metrics)
    });
    let probe = get(addr, "/probe?target=alpha.example").body;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(metrics.contains("fedctl_domain_latency_seconds{domain=\"alpha.example\"}"), "{metrics}");
    let left = UNTIL - SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    for (metrics, kind) in [(&metrics, "domain"), (&probe, "probe")] {
        let latency = value(metrics, &format!("fedctl_{kind}_latency_seconds"));
        assert!((0.0..120.0).contains(&latency), "{latency}");
        let certificate = value(metrics, &format!("fedctl_{kind}_certificate_expiry_seconds"));
        assert!((certificate - left).abs() < 3600.0, "{certificate} and not {left}");
    }
    assert!((value(&probe, "probe_success") - 1.0).abs() < 0.1, "{probe}");
}

/// As cron runs it: each run is a process of its own, and a message is sent when something is new.
#[test]
fn the_age_of_a_certificate_and_of_a_key_is_announced_once() {
    let scene = Scene::new();
    let script = format!("#!/bin/sh\ncat >> {}\n", scene.fedctl.path("messages").display());
    let program = scene.fedctl.write("page", script);
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = format!("command:{}", program.display());
    let ages = ["--once", "--alert", &program, "--certificate-days", "36500,1", "--key-days", "0"];
    for _ in 0..4 {
        let ran = scene.fedctl.run(&scene.with(&ages));
        assert_eq!(ran.status, 0, "{ran:?}");
    }
    let messages: Vec<Value> =
        scene.fedctl.read("messages").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let changes: Vec<&Value> = messages.iter().flat_map(|message| message["changes"].as_array().unwrap()).collect();
    let text = messages.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    assert!(messages.iter().all(|message| message["kind"] == "reminder"), "{text}");
    assert_eq!(changes.len(), 2, "one for the certificate and one for the key: {text}");
    assert!(text.contains("expires") && text.contains("key"), "{text}");
}
