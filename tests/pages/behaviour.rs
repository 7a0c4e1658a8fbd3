//! What pages claim about fedctl itself, compared with what it does: options, settings, warnings, formats, metrics.

use std::collections::BTreeSet;

use fedctl::render::proxy::PROXIES;
use fedctl::settings::SETTINGS;
use serde_json::Value;

use super::claims::page;
use crate::support::{Fedctl, repository};

/// The texts in backticks at the beginning of the rows of a page's tables.
fn first_cells(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository(name)).unwrap();
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.map(str::to_owned).collect()
}

fn has(name: &str, claim: &str) {
    assert!(page(name).contains(claim), "{name}: no `{claim}`");
}

/// A directory with a key pair.
fn with_key() -> Fedctl {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    fedctl
}

fn records(fedctl: &Fedctl, more: &[&str]) -> crate::support::Ran {
    let args = ["records", "mydomain.com", "--target", "chat.mydomain.com", "--key", "federation.pub"];
    fedctl.run(&[&args, more].concat())
}

/// Options in the tables of a page are options of the command.
#[test]
fn an_option_in_a_table_is_one_of_the_command() {
    for (name, words) in [
        ("docs/serve-peer.md", "serve peer"),
        ("docs/proxy.md", "proxy"),
        ("docs/dns-check.md", "dns-check"),
        ("docs/list.md", "handshake"),
    ] {
        let mut command = fedctl::cli::command();
        for word in words.split(' ') {
            command = command.find_subcommand(word).unwrap().clone();
        }
        let known: BTreeSet<String> =
            command.get_arguments().filter_map(|argument| Some(format!("--{}", argument.get_long()?))).collect();
        let listed: Vec<String> = first_cells(name).into_iter().filter(|cell| cell.starts_with("--")).collect();
        assert!(!listed.is_empty(), "{name}");
        for option in listed {
            let option = option.split([' ', '`']).next().unwrap();
            assert!(known.contains(option), "{name}: `{words}` has no {option}");
        }
    }
}

#[test]
fn settings_are_read_as_their_page_describes() {
    has("docs/config.md", "An option overrides a variable, and a variable overrides the file.");
    let fedctl = Fedctl::new();
    fedctl.write("fedctl.yaml", "domain: file.example\nresolvers: [127.0.0.1, 127.0.0.1:54]\n");
    let origin = |fedctl: &Fedctl, name: &str| {
        let shown: Value = serde_json::from_str(&fedctl.ok(&["config", "--format", "json"])).unwrap();
        let all = shown["settings"].as_array().unwrap().clone();
        assert_eq!(all.len(), SETTINGS.len());
        all.into_iter().find(|setting| setting["name"] == name).unwrap()
    };
    assert_eq!(origin(&fedctl, "domain")["values"][0], "file.example");
    let fedctl = fedctl.env("FEDCTL_DOMAIN", "variable.example").env("FEDCTL_RELEASES", "3.18.3,6.2.0");
    assert_eq!(origin(&fedctl, "domain")["values"][0], "variable.example");
    has("docs/config.md", "`FEDCTL_` and its name in capitals, with commas between the values of a list");
    assert_eq!(origin(&fedctl, "releases")["values"].as_array().unwrap().len(), 2);
    let plan = fedctl.ok(&["upgrade", "plan", "--from", "6.2", "--to", "7.11", "--domain", "option.example"]);
    assert!(plan.contains("option.example") && !plan.contains("variable.example"), "{plan}");

    has("docs/config.md", "Relative paths in the file are relative to the directory of the file.");
    let fedctl = Fedctl::new();
    std::fs::create_dir(fedctl.path("there")).unwrap();
    fedctl.ok(&["keygen", "--private", "there/own.key"]);
    fedctl.write("there/fedctl.yaml", "domain: file.example\nkey: own.key\n");
    let status = fedctl.ok(&["status", "--config", "there/fedctl.yaml"]);
    assert!(status.contains("own.key") && status.contains("RSA-2048"), "{status}");

    has("docs/config.md", "An unknown setting is an error, and the hint has the nearest name or all names.");
    for (text, hint) in [("domian: a.example\n", "did you mean `domain`?"), ("zzz: 1\n", "the settings are domain,")] {
        fedctl.write("fedctl.yaml", text);
        assert!(fedctl.refused(&["config"]).1.contains(hint), "{text}");
    }
}

#[test]
fn records_are_printed_as_their_pages_describe() {
    let fedctl = with_key();
    has("docs/records.md", "Releases 2.0 to 3.3 do not find the set of the guide (only `_tcp`)");
    has(
        "docs/records.md",
        "from 3.4 on servers use https for `_tcp`, also for a plain http server; fedctl warns about both",
    );
    has("docs/guide.md", "The admin guide shows one SRV record at `_rocketchat._tcp` with port 80.");
    let guide = records(&fedctl, &["--release", "guide", "--format", "zone"]);
    assert!(guide.stdout.contains("_rocketchat._tcp.mydomain.com. 3600 IN SRV 1 1 80 "), "{}", guide.stdout);
    assert!(!guide.stdout.contains("_https") && !guide.stdout.contains("_http."), "{}", guide.stdout);
    assert_eq!(guide.stderr.matches("fedctl: warning:").count(), 2, "{}", guide.stderr);

    has("docs/guide.md", "publish ONE record with two strings");
    has("docs/records.md", "`--format route53` prints ONE line with both strings");
    let form = records(&fedctl, &["--format", "route53"]);
    let value = form.stdout.lines().find(|line| line.contains("Value") && line.contains("BEGIN")).unwrap();
    assert_eq!(value.matches('"').count(), 4, "{value}");

    let quiet = records(&fedctl, &["--format", "zone", "--quiet"]);
    has("docs/records.md", "`--quiet` silences all but the warnings");
    assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""));
    assert!(records(&fedctl, &["--release", "guide", "--quiet"]).stderr.contains("warning"));

    has(
        "docs/records.md",
        "Each record has `name` (in full, no final dot), `type`, `ttl` (seconds), `reason` and `read_by`.",
    );
    let json: Value = serde_json::from_str(&records(&fedctl, &["--format", "json"]).stdout).unwrap();
    let all = json["records"].as_array().unwrap();
    let members = |record: &Value| record.as_object().unwrap().keys().cloned().collect::<BTreeSet<String>>();
    let of = |more: &[&str]| {
        ["name", "type", "ttl", "reason", "read_by"].iter().chain(more).map(|name| (*name).to_owned()).collect()
    };
    let (srv, txt): (BTreeSet<String>, BTreeSet<String>) =
        (of(&["priority", "weight", "port", "target"]), of(&["value", "strings", "length", "fingerprint"]));
    for record in all {
        assert_eq!(members(record), if record["type"] == "SRV" { srv.clone() } else { txt.clone() });
        assert!(!record["name"].as_str().unwrap().ends_with('.'));
    }
    assert_eq!(all.last().unwrap()["strings"][0].as_str().unwrap().len(), 255);
}

#[test]
fn rules_of_the_proxy_are_what_their_page_describes() {
    let fedctl = Fedctl::new();
    let listed = PROXIES.iter().map(|proxy| format!("`{}`", proxy.id)).collect::<Vec<_>>().join(", ");
    has("docs/proxy.md", &format!("Proxies: {listed}."));
    has("docs/proxy.md", "The rules go to stdout; the place for them and the command to check them go to stderr.");
    has("docs/proxy.md", "[default: 127.0.0.1 and ::1]");
    has("docs/proxy.md", "`/api/v1/federation.*`");
    for proxy in PROXIES {
        let own = fedctl.run(&["proxy", proxy.id, "--domain", "mydomain.com"]);
        let rules = &own.stdout;
        assert!(
            own.status == 0 && own.stderr.contains("next:") && own.stderr.contains("--probe-bypass"),
            "{}",
            proxy.id
        );
        assert!(rules.contains("127") && rules.contains("::1") && rules.contains("3000"), "{rules}");
        assert!(rules.contains("any domain may federate") && rules.contains("federation"), "{rules}");
        let few = fedctl.run(&["proxy", proxy.id, "--domain", "mydomain.com", "--allow", "peer.example"]).stdout;
        assert!(few.contains("only these domains may federate: peer.example"), "{few}");
    }
}

/// Metrics in the table of `serve peer` are those that its page serves.
#[test]
fn metrics_in_a_table_are_served() {
    let source = std::fs::read_to_string(repository("src/serve/peer/metrics.rs")).unwrap();
    let listed: Vec<String> = first_cells("docs/serve-peer.md")
        .iter()
        .filter_map(|cell| Some(cell.strip_prefix("fedctl_peer_")?.into()))
        .collect();
    assert_eq!(listed.len(), 4);
    for name in listed {
        let name = name.trim_end_matches("_total");
        assert!(source.contains(&format!("\"{name}\"")) || source.contains(&format!("\"{name}_total\"")), "{name}");
    }
}

#[test]
fn a_list_is_checked_as_its_page_describes() {
    let fedctl = Fedctl::new();
    // The resolver is a closed port, so nothing is known about any domain.
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    fedctl.write("peers.txt", "# peers\nalpha.example\nALPHA.example\nbeta.example # the second\n");
    let check = |more: &[&str]| {
        let args = ["dns-check", "--list", "peers.txt", "--resolver", &closed, "--timeout", "100ms"];
        fedctl.run(&[&args, more].concat())
    };
    has("docs/list.md", "A domain that is listed twice is checked once.");
    has(
        "docs/list.md",
        "A domain that could not be checked, because no resolver answers, has a `?`; the exit status is then 2",
    );
    let ran = check(&[]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout.lines().filter(|line| line.starts_with('?')).count(), 3, "{}", ran.stdout);
    has("docs/list.md", "`--quiet` prints the last line only");
    let quiet = check(&["--quiet"]);
    assert_eq!(quiet.stdout.lines().count(), 1, "{}", quiet.stdout);
    assert!(quiet.stdout.contains("2 domains"), "{}", quiet.stdout);

    has(
        "docs/list.md",
        "A line without a domain is reported with its number, the others are checked, and the exit status is 1",
    );
    fedctl.write("peers.txt", "alpha.example\nnot a domain\n");
    let ran = check(&[]);
    assert!(ran.status == 1 && ran.stderr.contains("line 2"), "{} {}", ran.status, ran.stderr);
}
