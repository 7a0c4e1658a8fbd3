//! The modes of dns-check: wait, save and replay, diff, a zone file.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::world::{World, healthy, zone};
use crate::support::{Fedctl, Ran};

const DOMAIN: &str = "mydomain.com";

fn keys() -> Fedctl {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    fedctl
}

fn world(body: &str) -> World {
    let mut world = World::new();
    world.serve("ns1.mydomain.com", &[(DOMAIN, zone(2, body).replace("@ IN NS ns2\n", ""))], &[]);
    world
}

fn check(fedctl: &Fedctl, world: &World, more: &[&str]) -> Ran {
    let mut args = vec!["dns-check".to_owned(), DOMAIN.to_owned()];
    args.extend(world.flags());
    args.extend(more.iter().map(ToString::to_string));
    fedctl.run(&args)
}

#[test]
fn a_saved_run_is_judged_again_to_the_same_report() {
    let fedctl = keys();
    for body in [healthy(&fedctl), String::new()] {
        let world = world(&body);
        for format in ["human", "json"] {
            let live = check(&fedctl, &world, &["--key", "federation.key", "--save", "run.json", "--format", format]);
            let again = fedctl.run(&["dns-check", "--replay", "run.json", "--format", format]);
            assert_eq!((live.status, live.stdout), (again.status, again.stdout));
        }
    }
    let saved = fedctl.read("run.json");
    let secret = fedctl.read("federation.key");
    assert!(!saved.contains(&secret[100..140]));
}

/// Two name servers, of which the second may hold another zone.
fn pair(first: &str, second: &str) -> World {
    let mut world = World::new();
    world.serve("ns1.mydomain.com", &[(DOMAIN, zone(2, first))], &[]);
    world.serve("ns2.mydomain.com", &[(DOMAIN, zone(2, second))], &[]);
    world
}

#[test]
fn a_saved_run_keeps_what_each_name_server_answered() {
    let fedctl = keys();
    let body = healthy(&fedctl);
    for (file, second) in [("same.json", body.as_str()), ("other.json", "")] {
        let world = pair(&body, second);
        for format in ["human", "json"] {
            let live = check(&fedctl, &world, &["--save", file, "--format", format, "-vv"]);
            let again = fedctl.run(&["dns-check", "--replay", file, "--format", format, "-vv"]);
            assert_eq!((live.status, live.stdout), (again.status, again.stdout), "{file} {format}");
        }
    }
    let ran = fedctl.run(&["diff", "same.json", "other.json"]);
    let printed = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(ran.status, 1, "{printed}");
    assert!(printed.contains("SRV _rocketchat._https.mydomain.com differs at ns2.mydomain.com"), "{printed}");
    assert!(!printed.contains("differs at ns1.mydomain.com"), "{printed}");
    assert_eq!(fedctl.run(&["diff", "other.json", "other.json"]).status, 0);
}

#[test]
fn a_difference_between_runs_is_reported() {
    let fedctl = keys();
    check(&fedctl, &world(&healthy(&fedctl)), &["--save", "a.json"]);
    check(&fedctl, &world(&healthy(&fedctl).replace(" 443 ", " 8443 ")), &["--save", "b.json"]);
    let same = fedctl.ok(&["diff", "a.json", "a.json"]);
    assert!(same.lines().last().unwrap().starts_with("a.json has the same responses"), "{same}");
    let ran = fedctl.run(&["diff", "a.json", "b.json"]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains(
            "SRV _rocketchat._https.mydomain.com differs at ns1.mydomain.com found - 1 1 443 chat.mydomain.com + 1 1 8443"
        ),
        "{}",
        ran.stdout
    );
    fedctl.write("c.json", "{}");
    fedctl.refused(&["diff", "a.json", "c.json"]);
}

#[test]
fn a_zone_file_is_judged_before_it_is_published() {
    let fedctl = keys();
    let records =
        ["records", DOMAIN, "--target", "chat.mydomain.com", "--key", "federation.pub", "--format", "zone", "-q"];
    let fragment = fedctl.ok(&records);
    fedctl.write("zone", format!("{fragment}chat.mydomain.com. 60 IN A 192.0.2.7\n"));
    fedctl.ok(&["dns-check", DOMAIN, "--zone-file", "zone", "--key", "federation.pub"]);
    fedctl.write("zone", fragment.replace('"', ""));
    let ran = fedctl.run(&["dns-check", DOMAIN, "--zone-file", "zone"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("unquoted"), "{}", ran.stdout);
    fedctl.write("zone", "this is no zone");
    fedctl.refused(&["dns-check", DOMAIN, "--zone-file", "zone"]);
}

#[test]
fn waiting_ends_when_the_record_comes() {
    let fedctl = keys();
    let body = healthy(&fedctl);
    let mut before = World::new();
    let one = |serial, body: &str| zone(serial, body).replace("@ IN NS ns2\n", "");
    let addr = before.serve("ns1.mydomain.com", &[(DOMAIN, one(2, ""))], &[]);
    let mut args = vec!["dns-check".to_owned(), DOMAIN.to_owned(), "--wait".into(), "60s".into()];
    args.extend(before.flags());
    let mut child = fedctl.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut description = [0; 20];
    child.stderr.as_mut().unwrap().read_exact(&mut description).unwrap();
    assert!(description.starts_with(b"mydomain.com after "));
    drop(before);
    let mut after = World::new();
    let start = Instant::now();
    while std::net::TcpListener::bind(addr).is_err() {
        assert!(start.elapsed() < Duration::from_secs(20), "the port stays taken");
        std::thread::sleep(Duration::from_millis(50));
    }
    after.serve_at(addr, "ns1.mydomain.com", &[(DOMAIN, one(3, &body))], &[]);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn waiting_asks_no_resolver_for_what_is_not_there_yet() {
    let fedctl = keys();
    let mut world = World::new();
    let one = zone(2, "").replace("@ IN NS ns2\n", "");
    world.serve("resolver", &[(DOMAIN, one.clone())], &["servfail@rocketchat-public-key.mydomain.com"]);
    world.serve("ns1.mydomain.com", &[(DOMAIN, one)], &[]);
    let ran = check(&fedctl, &world, &["--wait", "1s", "--format", "json"]);
    assert_eq!(ran.status, 1);
    assert!(!ran.stdout.contains("SERVFAIL"), "the resolver was queried: {}", ran.stdout);
}

#[test]
fn an_interrupt_ends_with_the_state_so_far() {
    let fedctl = keys();
    let world = world("");
    let mut args = vec!["dns-check".to_owned(), DOMAIN.to_owned(), "--wait".into()];
    args.extend(world.flags());
    let mut child = fedctl.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stderr.as_mut().unwrap().read_exact(&mut [0; 20]).unwrap();
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("is not ready for federation"));
}
