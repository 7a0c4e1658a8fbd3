//! Every command that judges something, by the same rules: what -q, -v and -vv print, the verdict in terminals of any width, the
//! formats, the exit status, and the ids of the checks.

mod formats;
mod ids;
pub mod levels;
mod pages;

use serde_json::{Value, json};

use super::help::leaves;
use super::snapshots::places::{Place, Shared, files, lab, provider, published, registrable, server, split};

/// Command lines that run in one place. A report is expected of each.
pub struct Group {
    pub place: fn(&Shared) -> Place,
    /// The line, and the exit status that it has.
    pub lines: &'static [(&'static str, i32)],
    /// Each run changes something, so each needs a place of its own.
    pub is_fresh: bool,
    /// It prints reports, in all their formats; else a table.
    pub has_formats: bool,
}

const REPORTS: Group = Group { place: files, lines: &[], is_fresh: false, has_formats: true };

pub const GROUPS: &[Group] = &[
    Group {
        place: files,
        lines: &[
            ("fedctl key inspect federation.pub", 0),
            ("fedctl key inspect federation.key", 0),
            ("fedctl key inspect other.txt", 1),
            ("fedctl key inspect < cut.txt", 1),
        ],
        ..REPORTS
    },
    Group {
        place: compared,
        lines: &[
            ("fedctl diff one.json two.json", 0),
            ("fedctl diff one.json changed.json", 1),
            ("fedctl records lint mydomain.zone --format zone --domain mydomain.com", 1),
            ("fedctl records lint good.zone --format zone --domain mydomain.com", 0),
            ("fedctl records diff mydomain.com --target chat.mydomain.com --key federation.pub", 1),
            ("fedctl dns-check mydomain.com", 1),
            ("fedctl dns-check mydomain.com --zone-file good.zone", 0),
            ("fedctl dns-check mydomain.com --zone-file warned.zone", 0),
            ("fedctl dns-check --replay one.json", 1),
        ],
        ..REPORTS
    },
    Group {
        place: published,
        lines: &[("fedctl records diff", 0), ("fedctl rotate plan", 0), ("fedctl doctor", 1), ("fedctl dns-check", 0)],
        ..REPORTS
    },
    Group {
        place: registrable,
        lines: &[
            ("fedctl register --url http://chat.mydomain.com:3000 --dry-run", 0),
            ("fedctl register --url http://chat.mydomain.com:3000", 0),
            ("fedctl register --url https://chat.mydomain.com/chat", 1),
        ],
        ..REPORTS
    },
    Group {
        place: lab,
        lines: &[
            ("fedctl doctor", 0),
            ("fedctl dns-check healthy.test no-records.test", 1),
            ("fedctl dns-check --list peers.txt --jobs 1", 1),
            ("fedctl handshake healthy.test", 0),
            ("fedctl handshake no-records.test", 1),
            ("fedctl handshake --list peers.txt --jobs 1", 1),
            ("fedctl drill healthy.test --user bob --yes --only message", 0),
            ("fedctl drill no-records.test --user bob --yes", 1),
            ("fedctl drill --prepare", 0),
            ("fedctl hub lookup hub-only.test", 0),
            ("fedctl hub lookup other.test", 1),
        ],
        ..REPORTS
    },
    Group {
        place: lab,
        lines: &[
            ("fedctl mesh healthy.test neighbour.test", 0),
            ("fedctl mesh healthy.test no-records.test", 1),
            ("fedctl watch --once healthy.test no-records.test --data watch", 1),
        ],
        has_formats: false,
        ..REPORTS
    },
    Group { place: server, lines: &[("fedctl configure --yes", 0)], is_fresh: true, ..REPORTS },
    Group {
        place: provider,
        lines: &[("fedctl records apply --provider powerdns --yes", 0)],
        has_formats: false,
        ..REPORTS
    },
    Group {
        place: joined,
        lines: &[
            ("fedctl compatibility 4.8 4.8", 0),
            ("fedctl compatibility 1.3.5 6.2", 1),
            ("fedctl upgrade plan --from 3.18 --to 6.2", 0),
            ("fedctl upgrade plan --from 6.2 --to 7.11", 0),
            ("fedctl lab --only no-records", 0),
            ("fedctl handshake --join there.json back.json", 1),
        ],
        has_formats: false,
        ..REPORTS
    },
];

/// Saved runs of mydomain.com, of which the third has another target, a zone file with the key in one record, and one that leads
/// to a warning and to no error: a second SRV record.
fn compared(shared: &Shared) -> Place {
    let place = split(shared);
    let fedctl = &place.fedctl;
    for name in ["one.json", "two.json"] {
        assert_eq!(fedctl.run(&["dns-check", "mydomain.com", "--save", name]).status, 1);
    }
    fedctl.write("changed.json", fedctl.read("two.json").replace("chat.mydomain.com", "chat2.mydomain.com"));
    let records = ["records", "mydomain.com", "--target", "chat.mydomain.com", "--key", "federation.pub", "-q"];
    let good = fedctl.ok(&[&records[..], &["--format", "zone"]].concat());
    let zone = "$ORIGIN mydomain.com.\n@ 3600 IN SOA ns1 hostmaster 1 3600 600 86400 300\n@ 3600 IN NS ns1\n";
    let good = format!("{zone}ns1 3600 IN A 127.0.0.1\nchat 3600 IN A 198.51.100.7\n{good}");
    fedctl.write("warned.zone", format!("{good}\n_rocketchat._https 3600 IN SRV 2 1 443 chat\n"));
    fedctl.write("good.zone", good);
    place
}

/// The two halves of a handshake, of which one failed.
fn joined(shared: &Shared) -> Place {
    let place = files(shared);
    let half = |from: &str, to: &str, tls: &str, findings: Value| {
        let stage = |name: &str, status: &str| json!({"name": name, "status": status});
        let stages = [stage("discover", "ok"), stage("tls", tls), stage("bypass", "skipped")];
        json!({"schema": 1, "subject": to, "identity": from, "verdict": "", "findings": findings, "stages": stages})
    };
    let finding = |id: &str, severity: &str| json!({"id": id, "severity": severity, "what": "it was found"});
    let bad = json!([finding("tls-chain", "error"), finding("peer-exposure", "notice")]);
    place.fedctl.write("there.json", half("a.example", "b.example", "error", bad).to_string());
    place.fedctl.write("back.json", half("b.example", "a.example", "ok", json!([])).to_string());
    place
}

/// Commands whose answer is a list or a text, and judges nothing.
const LISTS: &[&str] = &[
    "checks",
    "completions",
    "config",
    "envelope open",
    "envelope seal",
    "explain",
    "hub backup",
    "hub export",
    "hub import",
    "hub list",
    "hub remove",
    "hub show",
    "init",
    "key backup",
    "key restore",
    "keygen",
    "man",
    "proxy",
    "records",
    "records formats",
    "records undo",
    "serve dns",
    "serve hub",
    "serve peer",
    "status",
    "watch diff",
    "watch history",
    "watch list",
    "configure undo",
];

#[test]
fn every_command_that_judges_is_in_the_table() {
    let lines: Vec<&str> = GROUPS.iter().flat_map(|group| group.lines).map(|(line, _)| *line).collect();
    for (path, command) in leaves() {
        let name = path.join(" ");
        let is_tried =
            lines.iter().any(|line| line.strip_prefix("fedctl ").is_some_and(|line| line.starts_with(&name)));
        // A command that prints reports takes their formats.
        let of_reports = |arg: &&clap::Arg| arg.get_possible_values().iter().any(|value| value.get_name() == "sarif");
        let is_report = command.get_arguments().find(of_reports).is_some();
        assert!(is_tried || !is_report, "`fedctl {name}` prints a report and is not in the table");
        assert!(is_tried || LISTS.contains(&name.as_str()), "`fedctl {name}` is neither in the table nor a list");
    }
}
