//! A machine without a route: what it cannot reach is never the domain's fault. The trials run in a network namespace in which
//! only loopback exists, so that no packet leaves and every other address is unreachable at once.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::Fedctl;
use crate::support::world::{World, healthy, zone};

const INSIDE: &str = "FEDCTL_TEST_INSIDE";

/// Runs a test again in a namespace of its own. Systems that allow none cannot show it.
fn isolated(name: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let script = "ip link set lo up && exec \"$0\" --exact \"$1\" --nocapture";
    let mut command = std::process::Command::new("unshare");
    command.args(["-rn", "sh", "-c", script]).arg(std::env::current_exe().unwrap()).arg(name).env(INSIDE, "1");
    let Ok(output) = command.output() else { return };
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    // Without the namespace or `ip` the test program was never started.
    assert!(output.status.success() || !printed.contains("running 1 test"), "{printed}");
    assert!(!output.status.success() || printed.contains("1 passed"), "{name} is not a test: {printed}");
}

/// The servers of `b.example` and of the zones above it; `parent` and `servers` are the types of their addresses.
struct Stage {
    _world: World,
    fedctl: Fedctl,
    resolver: SocketAddr,
    connect: Vec<String>,
}

fn address(kind: &str, last: u8) -> String {
    if kind == "A" { format!("A 192.0.2.{last}") } else { format!("AAAA 2001:db8::{last}") }
}

fn stage(parent: &str, servers: &str, target: &str) -> Stage {
    let mut world = World::new();
    let fedctl = Fedctl::new();
    fedctl.run(&["keygen"]);
    let soa = "$TTL 3600\n@ IN SOA top.example. hostmaster.example. 1 3600 600 86400 300\n@ IN NS top.example.\n";
    let top = address(parent, 1);
    let host = address(servers, 53);
    let root = format!("{soa}example. IN NS top.example.\ntop.example. IN {top}\n");
    let above = format!("{soa}top IN {top}\nb IN NS ns1.b\nns1.b IN {host}\n");
    let top = world.serve("top.example", &[(".", root), ("example", above)], &[]);
    let records = healthy(&fedctl);
    let zone = format!(
        "$TTL 3600\n@ IN SOA ns1 hostmaster 2 3600 600 86400 300\n@ IN NS ns1\nns1 IN {host}\nchat IN {target}\n{records}"
    );
    let own = world.serve("ns1.b.example", &[("b.example", zone)], &[]);
    let reached = [(parent, "top.example", top), (servers, "ns1.b.example", own)].into_iter().filter(|of| of.0 == "A");
    let connect =
        reached.flat_map(|(_, host, addr)| ["--connect-to".to_owned(), format!("{host}:53={addr}")]).collect();
    let resolver = world.resolver();
    Stage { _world: world, fedctl, resolver, connect }
}

impl Stage {
    /// The exit status and the report.
    fn run(&self, command: &str, resolver: &str) -> (i32, Value) {
        let mut args: Vec<String> =
            [command, "b.example", "--format", "json", "--verbose", "--resolver", resolver].map(str::to_owned).into();
        args.extend(self.connect.iter().cloned());
        let ran = self.fedctl.run(&args);
        (ran.status, serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}")))
    }
}

/// Why a check was skipped.
fn skipped(report: &Value, id: &str) -> String {
    let all = report["skipped"].as_array().unwrap();
    let found = all.iter().find(|skipped| skipped["id"] == id).unwrap_or_else(|| panic!("{report}"));
    found["why"].as_str().unwrap().to_owned()
}

#[test]
fn a_parent_that_is_reached_over_ipv6_only_is_no_fault_of_the_domain() {
    isolated("commands::no_route::a_parent_that_is_reached_over_ipv6_only_is_no_fault_of_the_domain", || {
        let stage = stage("AAAA", "A", "A 198.51.100.7");
        let (code, report) = stage.run("dns-check", &stage.resolver.to_string());
        assert_eq!((code, report["verdict"].as_str()), (0, Some("clean")), "{report}");
        assert_eq!(report["findings"], serde_json::json!([]), "{report}");
        assert!(skipped(&report, "dns-delegation").contains("no IPv6 route"), "{report}");
    });
}

#[test]
fn name_servers_that_are_reached_over_ipv6_only_are_no_fault_of_the_domain() {
    isolated("commands::no_route::name_servers_that_are_reached_over_ipv6_only_are_no_fault_of_the_domain", || {
        let stage = stage("A", "AAAA", "AAAA 2001:db8::7");
        let (code, report) = stage.run("dns-check", &stage.resolver.to_string());
        assert_eq!((code, report["verdict"].as_str()), (0, Some("clean")), "{report}");
        assert_eq!(report["findings"], serde_json::json!([]), "{report}");
        let why = skipped(&report, "dns-servers");
        assert!(why.contains("no IPv6 route") && !why.contains("block"), "{why}");
        // The name servers without a resolver that responds: nothing is known at all.
        let (code, report) = stage.run("dns-check", "[2001:db8::5]");
        assert_eq!((code, report["verdict"].as_str()), (2, Some("unknown")), "{report}");
        assert!(report["unchecked"]["why"].as_str().unwrap().contains("no route"), "{report}");
    });
}

#[test]
fn a_peer_that_is_reached_over_ipv6_only_is_not_at_fault() {
    isolated("commands::no_route::a_peer_that_is_reached_over_ipv6_only_is_not_at_fault", || {
        let stage = stage("A", "A", "AAAA 2001:db8::7");
        let (code, report) = stage.run("handshake", &stage.resolver.to_string());
        assert_eq!((code, report["verdict"].as_str()), (2, Some("unknown")), "{report}");
        assert_eq!(report["findings"], serde_json::json!([]), "{report}");
        assert!(skipped(&report, "peer-connect").contains("could not be checked from here"), "{report}");
        let why = report["unchecked"]["why"].as_str().unwrap();
        assert_eq!(why, "this machine has no IPv6 route to chat.b.example", "{report}");
        let mut args = vec!["handshake".to_owned(), "b.example".into(), "--format".into(), "nagios".into()];
        args.extend(["--resolver".to_owned(), stage.resolver.to_string()]);
        assert_eq!(stage.fedctl.run(&args).status, 3);
    });
}

/// The limit counts for addresses that are not on loopback, so one of those is given to this machine.
#[test]
fn a_list_sends_no_server_more_queries_a_second_than_it_may() {
    isolated("commands::no_route::a_list_sends_no_server_more_queries_a_second_than_it_may", || {
        let status = std::process::Command::new("ip").args(["addr", "add", "192.0.2.53/32", "dev", "lo"]).status();
        assert!(status.unwrap().success());
        // Over UDP, and over UDP and TCP.
        for faults in [&[][..], &["truncate"]] {
            let (queries, took) = listed(faults);
            assert!(took >= Duration::from_secs(1) * (queries - 1) / 50, "{queries} queries in {took:?}, {faults:?}");
        }
    });
}

/// How many queries a list of three domains took, with at most 50 a second, and how long.
fn listed(faults: &[&str]) -> (u32, Duration) {
    let (fedctl, mut world) = (Fedctl::new(), World::new());
    fedctl.ok(&["keygen"]);
    let body = healthy(&fedctl);
    let names = ["a.example", "b.example", "c.example"];
    let zones = names.map(|name| (name, zone(1, &body)));
    let addr = world.serve_at(SocketAddr::from(([192, 0, 2, 53], 0)), "ns1.example", &zones, faults);
    fedctl.write("list.txt", names.join("\n"));
    let begun = Instant::now();
    let mut args = ["dns-check", "--list", "list.txt", "--qps", "50", "--timeout", "60s"].map(String::from).to_vec();
    args.extend(["--resolver".to_owned(), addr.to_string()]);
    args.extend(
        ["ns1", "ns2"]
            .into_iter()
            .zip(names)
            .flat_map(|(host, name)| ["--connect-to".to_owned(), format!("{host}.{name}:53={addr}")]),
    );
    let ran = fedctl.run(&args);
    let (took, queries) = (begun.elapsed(), world.asked());
    assert!(queries > 30 && ran.stdout.contains("3 domains: "), "{queries} {ran:?}");
    (queries as u32, took)
}
