//! `fedctl watch --once`.

use serde_json::Value;

use crate::support::Fedctl;
use crate::support::world::{World, healthy, zone};

/// A directory with a key, a name server with these domains, and the options to reach it.
pub fn world(domains: &[(&str, &str)]) -> (Fedctl, World, Vec<String>) {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen", "--quiet"]);
    let mut world = World::new();
    let zones: Vec<(&str, String)> = domains
        .iter()
        .map(|(domain, body)| {
            (*domain, zone(1, if *body == "healthy" { healthy(&fedctl) } else { (*body).to_owned() }.as_str()))
        })
        .collect();
    let addr = world.serve(&format!("ns1.{}", domains[0].0), &zones, &[]);
    let mut flags = vec!["--resolver".to_owned(), addr.to_string(), "--data".into(), "watch".into()];
    // Nothing listens there: the domain is found, and its server is down.
    for (domain, _) in domains {
        flags.extend(["--connect-to".into(), format!("chat.{domain}:443=127.0.0.1:9")]);
    }
    (fedctl, world, flags)
}

fn watch(fedctl: &Fedctl, args: &[&str], flags: &[String]) -> crate::support::Ran {
    let mut all: Vec<String> = vec!["watch".into()];
    all.extend(args.iter().map(ToString::to_string));
    all.extend(flags.iter().cloned());
    fedctl.run(&all)
}

#[test]
fn every_domain_is_checked_once_and_the_counts_are_kept() {
    let (fedctl, _world, flags) = world(&[("alpha.example", "healthy"), ("beta.example", "")]);
    fedctl.write("list.txt", "# two\nalpha.example\nbeta.example every=10m\n");
    for round in 1..=3 {
        let ran = watch(&fedctl, &["--once", "--list", "list.txt", "--format", "json"], &flags);
        assert_eq!((ran.status, ran.stderr.as_str()), (1, ""), "{}", ran.stdout);
        let board: Value = serde_json::from_str(&ran.stdout).unwrap();
        let domains = board["domains"].as_array().unwrap();
        assert_eq!(domains.iter().map(|it| it["checks"].as_i64().unwrap()).collect::<Vec<_>>(), [round, round]);
        assert_eq!(domains[1]["every_seconds"], 600);
        assert!(domains[0]["findings"].to_string().contains("peer-connect"), "{}", domains[0]["findings"]);
        assert!(domains[1]["findings"].to_string().contains("dns-srv"), "{}", domains[1]["findings"]);
    }
    let human = watch(&fedctl, &["--once", "--list", "list.txt"], &flags).stdout;
    assert!(human.ends_with("\nFAIL  2 domains: 2 failing\n"), "{human}");
    assert!(human.lines().all(|line| line.chars().count() <= 80), "{human}");
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let fedctl = Fedctl::new();
    fedctl.write("bad.txt", "alpha.example\nbeta.example every=5s\n");
    let (error, hint) = fedctl.refused(&["watch", "--list", "bad.txt", "--resolver", "127.0.0.1:9"]);
    assert!(error.contains("line 2 column 14") && hint.contains("1m to 168h"), "{error} {hint}");
    let (error, _) = fedctl.refused(&["watch", "--once", "--resolver", "127.0.0.1:9"]);
    assert_eq!(error, "there is nothing to watch");
}

#[test]
fn a_resolver_that_does_not_answer_is_no_failure_of_the_domain() {
    let fedctl = Fedctl::new();
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let flags = ["--resolver".to_owned(), silent.local_addr().unwrap().to_string(), "--timeout".into(), "300ms".into()];
    let ran = watch(&fedctl, &["--once", "peer.example"], &flags);
    assert!(ran.status == 2 && ran.stdout.ends_with("\nUNKNOWN  1 domain: 1 unknown\n"), "{ran:?}");
}

#[test]
fn cron_gets_a_change_once_and_nothing_without_one() {
    let (fedctl, _world, flags) = world(&[("beta.example", "")]);
    let check = |more: &[&str], flags: &[String]| {
        watch(&fedctl, &[&["--once", "--changes", "beta.example"], more].concat(), flags)
    };
    // One failure is not confirmed yet.
    let first = check(&[], &flags);
    assert_eq!((first.status, first.stdout.as_str(), first.stderr.as_str()), (1, "", ""));
    let second = check(&[], &flags);
    assert_eq!((second.status, second.stderr.as_str()), (1, ""));
    assert!(second.stdout.starts_with("beta.example fails: "), "{}", second.stdout);
    assert!(second.stdout.ends_with("fedctl watch history beta.example\n"), "{}", second.stdout);
    assert_eq!(check(&["-v"], &flags).stdout, "");
    let board = watch(&fedctl, &["--once", "beta.example"], &flags);
    assert!(board.stdout.ends_with("FAIL  1 domain: 1 failing\n"), "{}", board.stdout);
    // It works again: a second domain has nothing to say.
    fedctl.ok(&["keygen", "--quiet", "--private", "other.key"]);
    let mut fixed = World::new();
    let addr = fixed.serve("ns1.beta.example", &[("beta.example", zone(2, &healthy(&fedctl)))], &[]);
    let flags = [&["--resolver".to_owned(), addr.to_string()], &flags[2..]].concat();
    let rounds: Vec<String> = (0..3).map(|_| check(&[], &flags).stdout).collect();
    assert_eq!(rounds.iter().filter(|stdout| stdout.contains("dns-srv is fixed")).count(), 1, "{rounds:?}");
    let (error, _) = fedctl.refused(&["watch", "--changes", "beta.example"]);
    assert!(error.contains("--once"), "{error}");
}
