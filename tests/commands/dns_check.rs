//! `fedctl dns-check`: reports, exit status and evidence.

use std::collections::BTreeSet;

use fedctl::facts::dns::Purpose;
use fedctl::facts::evidence::Evidence;
use serde_json::Value;

use crate::support::world::{World, healthy, key_record, zone};
use crate::support::{Fedctl, Ran, repository};

const DOMAIN: &str = "mydomain.com";

fn keys() -> Fedctl {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    fedctl
}

fn check(fedctl: &Fedctl, world: &World, more: &[&str]) -> Ran {
    let mut args = vec!["dns-check".to_owned(), DOMAIN.to_owned(), "--timeout".into(), "2s".into()];
    args.extend(world.flags());
    args.extend(more.iter().map(ToString::to_string));
    fedctl.run(&args)
}

/// The report as JSON, which must fit the published schema.
fn report(ran: &Ran) -> Value {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let schema = std::fs::read_to_string(repository("docs/report.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(schema.is_valid(&report), "{:?}", schema.iter_errors(&report).next());
    report
}

fn ids(report: &Value) -> Vec<String> {
    let mut ids: Vec<String> =
        report["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap().into()).collect();
    ids.sort();
    ids.dedup();
    ids
}

fn two_servers(fedctl: &Fedctl, first: &str, second: &str, faults: &[&str]) -> World {
    let mut world = World::new();
    world.serve("ns1.mydomain.com", &[(DOMAIN, zone(2, first))], faults);
    world.serve("ns2.mydomain.com", &[(DOMAIN, zone(2, second))], &[]);
    let _ = fedctl;
    world
}

#[test]
fn a_healthy_domain_is_clean_and_quiet() {
    let fedctl = keys();
    let body = healthy(&fedctl);
    let world = two_servers(&fedctl, &body, &body, &[]);
    let ran = check(&fedctl, &world, &["--key", "federation.key", "--target", "chat.mydomain.com", "--port", "443"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    assert!(ran.stdout.contains("ok       key-match      equals federation.key"), "{}", ran.stdout);
    assert!(ran.stdout.lines().last().unwrap().starts_with("mydomain.com can be found"), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    // What is fine and nobody needs to hear of is reported with -v only, the matrix too.
    let more = check(&fedctl, &world, &["-v"]).stdout;
    let most = check(&fedctl, &world, &["-vv"]).stdout;
    for (part, in_more) in [("  ok       dns-wildcard", true), ("  propagation  ", false)] {
        assert!(most.contains(part) && !ran.stdout.contains(part), "{part}: {most}");
        assert_eq!(more.contains(part), in_more, "{part}: {more}");
    }
    let quiet = check(&fedctl, &world, &["-q"]).stdout;
    assert_eq!(quiet.lines().count(), 1, "{quiet}");
    assert!(quiet.starts_with("mydomain.com can be found"), "{quiet}");
    assert!(ran.stdout.lines().count() < 16, "{}", ran.stdout);
    let json = check(&fedctl, &world, &["--format", "json"]);
    let report = report(&json);
    assert_eq!((json.status, &report["verdict"], &report["schema"]), (0, &"clean".into(), &1.into()));
    assert_eq!(report["generations"][2]["url"], "https://chat.mydomain.com:443");
    assert_eq!(report["generations"][2]["id"], "G3");
    assert!(report["skipped"].to_string().contains("key-match"));
}

#[test]
fn one_stale_server_of_two_is_found() {
    let fedctl = keys();
    let world = two_servers(&fedctl, &healthy(&fedctl), "", &[]);
    let ran = check(&fedctl, &world, &["--format", "json"]);
    let report = report(&ran);
    assert_eq!(ran.status, 1);
    assert_eq!(ids(&report), ["dns-servers"]);
    let seen = report["findings"][0]["evidence"].to_string();
    assert!(seen.contains("ns2.mydomain.com: NXDOMAIN"), "{seen}");
}

/// Name servers with the same version of the zone give the same responses, and each name is queried once; the second server begins,
/// since the first is queried for more already. One with another version may know other names, so the first server is queried for all.
#[test]
fn name_servers_share_the_names_that_people_create_by_mistake() {
    let fedctl = keys();
    let queried = |serials: [u32; 2]| {
        let mut world = World::new();
        for (host, serial) in std::iter::zip(["ns1.mydomain.com", "ns2.mydomain.com"], serials) {
            world.serve(host, &[(DOMAIN, zone(serial, ""))], &[]);
        }
        check(&fedctl, &world, &["--save", "run.json"]);
        let run = Evidence::parse(&fedctl.read("run.json")).unwrap().runs.remove(0);
        let misses = run.facts.probes.iter().filter(|probe| matches!(probe.purpose, Purpose::NearMiss { .. }));
        let names = misses.clone().map(|probe| format!("{:?}", probe.question));
        assert_eq!(names.clone().collect::<BTreeSet<_>>().len(), names.count(), "each name once");
        misses.map(|probe| run.facts.observers[probe.observer].name.clone()).collect::<Vec<_>>()
    };
    let shared = queried([2, 2]);
    let in_turns = ["ns2.mydomain.com", "ns1.mydomain.com"].into_iter().cycle().take(shared.len());
    assert!(shared.len() > 10 && in_turns.eq(shared.iter()), "{shared:?}");
    assert_eq!(queried([2, 3]), vec!["ns1.mydomain.com"; shared.len()]);
}

#[test]
fn seven_ways_to_fail_are_seven_things() {
    let fedctl = keys();
    let (body, name) = (healthy(&fedctl), "rocketchat-public-key.mydomain.com");
    for (fault, description) in [
        ("nxdomain", "NXDOMAIN"),
        ("servfail", "SERVFAIL"),
        ("refused", "REFUSED"),
        ("silence", "timeout"),
        ("garbage", "malformed"),
    ] {
        let mut world = World::new();
        let one = zone(2, &body).replace("@ IN NS ns2\n", "");
        world.serve("ns1.mydomain.com", &[(DOMAIN, one)], &[&format!("{fault}@{name}")]);
        let ran = check(&fedctl, &world, &["--format", "json"]);
        let report = report(&ran);
        let finding =
            report["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == "key-record").unwrap();
        assert!(finding["what"].as_str().unwrap().contains(description), "{fault}: {finding}");
    }
    let mut world = World::new();
    let one = zone(2, &body)
        .replace("@ IN NS ns2\n", "")
        .replace("rocketchat-public-key IN TXT", "x.rocketchat-public-key IN TXT");
    world.serve("ns1.mydomain.com", &[(DOMAIN, one)], &[]);
    let nodata = check(&fedctl, &world, &[]);
    assert!(nodata.stdout.contains("no public key: NODATA"), "{}", nodata.stdout);
    let dead = fedctl.run(&["dns-check", DOMAIN, "--resolver", "127.0.0.1:1"]);
    assert_eq!(dead.status, 2, "a resolver that is not there says nothing about the domain");
    assert!(dead.stdout.contains("unreachable"), "{}", dead.stdout);
}

#[test]
fn an_answer_that_was_cut_is_queried_again_over_tcp() {
    let fedctl = keys();
    let body = healthy(&fedctl);
    let world = two_servers(&fedctl, &body, &body, &["truncate"]);
    assert_eq!(check(&fedctl, &world, &["--key", "federation.pub"]).status, 0);
}

#[test]
fn the_guide_and_a_release_are_judged_differently() {
    let fedctl = keys();
    let body = healthy(&fedctl).replace("_rocketchat._https IN SRV 1 1 443 chat\n", "");
    let world = two_servers(&fedctl, &body, &body, &[]);
    let all = check(&fedctl, &world, &["--format", "json"]);
    assert_eq!((all.status, ids(&report(&all))), (0, vec!["dns-generations".to_owned()]));
    assert_eq!(check(&fedctl, &world, &["--fail-on", "warning"]).status, 1);
    assert_eq!(check(&fedctl, &world, &["--for", "3.18.3", "--fail-on", "notice"]).status, 0);
    assert_eq!(check(&fedctl, &world, &["--for", "2.4.0"]).status, 1);
}

#[test]
fn another_key_and_another_target_than_expected_are_errors() {
    let fedctl = keys();
    fedctl.ok(&["keygen", "--private", "other.key"]);
    let body = healthy(&fedctl);
    let world = two_servers(&fedctl, &body, &body, &[]);
    let ran = check(&fedctl, &world, &["--key", "other.pub", "--port", "8443", "--format", "json"]);
    assert_eq!((ran.status, ids(&report(&ran))), (1, vec!["dns-target".to_owned(), "key-match".to_owned()]));
    let secret = fedctl.read("other.key");
    assert!(!ran.stdout.contains(&secret[100..160]));
}

#[test]
fn a_private_key_in_dns_is_never_echoed() {
    let fedctl = keys();
    let secret = fedctl.read("federation.key");
    let body = format!("_rocketchat._https IN SRV 1 1 443 chat\n{}", key_record(secret.trim_end()));
    let world = two_servers(&fedctl, &body, &body, &[]);
    for format in ["human", "json"] {
        let ran = check(&fedctl, &world, &["--format", format, "-v"]);
        assert_eq!(ran.status, 1);
        for at in (60..secret.len() - 40).step_by(40) {
            assert!(!ran.stdout.contains(&secret[at..at + 20]), "{format}: {}", ran.stdout);
        }
    }
}

#[test]
fn what_is_not_a_domain_is_refused() {
    let fedctl = Fedctl::new();
    let long = format!("{}.com", "a".repeat(64));
    for domain in [
        "",
        "@mydomain.com",
        "https://mydomain.com",
        "mydomain.com:443",
        "mydomain.com/x",
        "my domain.com",
        "127.0.0.1",
        "localhost",
        "chat",
        "bücher.example",
        &long,
    ] {
        fedctl.refused(&["dns-check", domain, "--resolver", "127.0.0.1:1"]);
    }
    let (error, _) = fedctl.refused(&["dns-check", DOMAIN, "--resolver", "127.0.0.1:1", "--port", "70000"]);
    assert!(error.starts_with("--port: 70000 is not a port"), "{error}");
    fedctl.refused(&["dns-check", DOMAIN, "--resolver", "127.0.0.1:1", "--key", "missing"]);
    fedctl.refused(&["dns-check", "--resolver", "127.0.0.1:1"]);
}

#[test]
fn the_configuration_replaces_flags() {
    let fedctl = keys();
    let body = healthy(&fedctl);
    let world = two_servers(&fedctl, &body, &body, &[]);
    let flags = world.flags();
    let resolver = &flags[1];
    fedctl
        .write("fedctl.yaml", format!("domain: {DOMAIN}\nkey: federation.pub\nresolvers: [{resolver}]\nport: 8443\n"));
    let mut args = vec!["dns-check".to_owned(), "--format".into(), "json".into()];
    args.extend(flags[2..].iter().cloned());
    let ran = fedctl.run(&args);
    let report = report(&ran);
    assert_eq!(ids(&report), ["dns-target"], "the port of the file is expected");
    assert!(report["passed"].to_string().contains("equals"), "the key of the file is compared: {report}");
}
