//! Progress on the terminal: it leaves nothing behind, however the command ends, and `--wait` shows what is waited for.

use std::collections::{BTreeMap, BTreeSet};
use std::net::UdpSocket;
use std::path::Path;

use super::reporting::GROUPS;
use super::snapshots::places::{
    Place, Shared, files, limited, registrable, silent, silent_server, starting, unanswered, unserved,
};
use crate::support::terminal::{Left, Pty, is_spinner};
use crate::support::world::{World, healthy, zone};
use crate::support::{Fedctl, repository};

/// A place in the code that shows progress, and a command that stays there.
struct Row {
    source: &'static str,
    place: fn(&Shared) -> Place,
    line: &'static str,
    /// A part of what is shown.
    shows: &'static str,
    /// Options with which it stops waiting by itself.
    gives_up: Option<&'static str>,
    /// It only computes, and may be done before anything is drawn.
    is_quick: bool,
}

const SOON: Option<&str> = Some("--timeout 300ms");

const fn row(source: &'static str, line: &'static str, shows: &'static str) -> Row {
    Row { source, place: silent, line, shows, gives_up: SOON, is_quick: false }
}

const ROWS: &[Row] = &[
    Row {
        place: starting,
        gives_up: Some("--settle 1s"),
        ..row("configure/session.rs", "fedctl configure --yes", "waiting for the status")
    },
    Row {
        place: limited,
        gives_up: None,
        ..row("configure/session.rs", "fedctl configure --yes", "waiting until the server takes requests")
    },
    row("dns_check/mod.rs", "fedctl dns-check a.example", "querying a.example"),
    Row { gives_up: Some("--wait 1s"), ..row("dns_check/wait.rs", "fedctl dns-check a.example --wait", "left") },
    row("doctor.rs", "fedctl doctor", ""),
    row("drill/mod.rs", "fedctl drill peer.example --user bob --yes", "peer.example: discover"),
    row("drill/prepare.rs", "fedctl drill --prepare", "querying mydomain.com"),
    row("handshake.rs", "fedctl handshake peer.example", "peer.example: discover"),
    row("hub/lookup.rs", "fedctl hub lookup mydomain.com", "asking http://"),
    Row {
        place: files,
        gives_up: None,
        is_quick: true,
        ..row(
            "init/key.rs",
            "fedctl init other.example --yes --server chat.other.example --provider zone --key new --file new/fedctl.yaml",
            "making an RSA key",
        )
    },
    row(
        "init/mod.rs",
        "fedctl init other.example --yes --server chat.other.example --provider zone --file other.yaml",
        "querying DNS for other.example",
    ),
    Row {
        place: silent_server,
        ..row(
            "init/mod.rs",
            "fedctl init mydomain.com --yes --server chat.mydomain.com --provider zone --file other.yaml",
            "requesting the release",
        )
    },
    Row {
        place: files,
        gives_up: None,
        is_quick: true,
        ..row("keygen.rs", "fedctl keygen --bits 4096 --private big.key", "making an RSA key of 4096 bits")
    },
    Row { place: files, gives_up: None, ..row("lab/mod.rs", "fedctl lab --only no-records", "") },
    Row { place: files, gives_up: None, ..row("lab/mod.rs", "fedctl lab --drill", "") },
    Row { place: files, gives_up: None, ..row("lab/mod.rs", "fedctl lab --keep", "starting the lab") },
    row("list.rs", "fedctl dns-check --list peers.txt", "0 of 3"),
    row("mesh.rs", "fedctl mesh a.example b.example", "observing 2 domains"),
    Row {
        place: unanswered,
        gives_up: None,
        ..row("records/apply/mod.rs", "fedctl records apply --provider powerdns --yes", "changing")
    },
    Row {
        place: unserved,
        gives_up: Some("--settle 1s"),
        ..row("records/apply/verify.rs", "fedctl records apply --provider powerdns --yes", "serve the new records")
    },
    row("records/diff.rs", "fedctl records diff", "querying mydomain.com"),
    row("register.rs", "fedctl register --url https://chat.mydomain.com", "checking the server"),
    Row {
        place: registrable,
        gives_up: Some("--wait 1s"),
        ..row("register.rs", "fedctl register --url http://chat.mydomain.com:3000 --wait", "waiting for http://")
    },
    row("rotate/mod.rs", "fedctl rotate plan", "querying the name servers of mydomain.com"),
    row("watch/run.rs", "fedctl watch --once a.example b.example --data watch", "checking 2 domains"),
];

fn wrong(line: &str, left: &Left, shown: &str) -> Option<String> {
    let remains = !shown.is_empty() && left.screen.contains(shown);
    let what = left.trace().or(remains.then_some("the text is left"))?;
    Some(format!("{line}: {what}:\n{}", left.screen.trim_end()))
}

#[test]
fn every_place_that_shows_progress_is_in_the_table() {
    fn count(dir: &Path, found: &mut BTreeMap<String, usize>) {
        for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                count(&entry, found);
                continue;
            }
            let calls = std::fs::read_to_string(&entry).unwrap().matches("term.progress(").count();
            if calls > 0 {
                let name = entry.strip_prefix(repository("src/commands")).unwrap();
                found.insert(name.to_str().unwrap().to_owned(), calls);
            }
        }
    }
    let mut found = BTreeMap::new();
    count(&repository("src/commands"), &mut found);
    let mut tried: BTreeMap<String, usize> = BTreeMap::new();
    ROWS.iter().for_each(|row| *tried.entry(row.source.to_owned()).or_default() += 1);
    // It waits for the hub or for the records in two commands.
    assert_eq!(found, tried);
}

#[test]
fn an_interrupt_leaves_no_progress() {
    let shared = Shared::start();
    let ends = |row: &Row| {
        let place = (row.place)(&shared);
        let slow = if row.gives_up == SOON { " --timeout 60s" } else { "" };
        let mut pty = Pty::start(&place.fedctl, &format!("{}{slow}", row.line), 80);
        let is_shown = pty.wait(|raw| raw.contains(is_spinner) && raw.contains(row.shows));
        if is_shown {
            pty.interrupt();
        }
        let left = pty.end();
        if !is_shown && !row.is_quick {
            return Some(format!("{}: `{}` is never shown:\n{}", row.line, row.shows, left.screen.trim_end()));
        }
        // It was done before Ctrl-C came: the terminal shows that as it does without progress.
        let is_late = row.is_quick && left.trace() == Some("the ^C is left");
        if is_late { None } else { wrong(row.line, &left, row.shows) }
    };
    let wrong: Vec<String> = ROWS.iter().filter_map(ends).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn waiting_in_vain_leaves_no_progress() {
    let shared = Shared::start();
    let ends = |row: &Row| {
        let place = (row.place)(&shared);
        let line = format!("{} {}", row.line.trim_end_matches(" --wait"), row.gives_up?);
        let left = Pty::start(&place.fedctl, &line, 80).end();
        wrong(&line, &left, row.shows)
    };
    let wrong: Vec<String> = ROWS.iter().filter_map(ends).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn an_end_leaves_no_progress() {
    let shared = Shared::start();
    let mut all = Vec::new();
    for group in GROUPS {
        let mut place = (group.place)(&shared);
        for (line, status) in group.lines.iter().filter(|(line, _)| !line.contains(" < ")) {
            if group.is_fresh {
                place = (group.place)(&shared);
            }
            let left = Pty::start(&place.fedctl, line, 80).end();
            let other = (left.status != Some(*status)).then(|| format!("{line}: {:?}\n{}", left.status, left.screen));
            all.extend(other.or_else(|| wrong(line, &left, "")));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n\n"));
}

#[test]
fn waiting_shows_the_resolvers_that_lag_and_the_time_that_is_left() {
    let (fedctl, other) = (Fedctl::new(), Fedctl::new());
    for fedctl in [&fedctl, &other] {
        fedctl.ok(&["keygen"]);
    }
    let one = |serial, body: &str| zone(serial, body).replace("@ IN NS ns2\n", "");
    let mut world = World::new();
    let current = world.serve("ns1.mydomain.com", &[("mydomain.com", one(2, &healthy(&fedctl)))], &[]);
    let old = world.serve("resolver", &[("mydomain.com", one(1, &healthy(&other)))], &[]);
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap();
    let line = format!(
        "fedctl dns-check mydomain.com --key federation.key --wait 10m --timeout 500ms --connect-to \
         ns1.mydomain.com:53={current} --resolver {old} --resolver {current} --resolver {silent}"
    );
    let mut pty = Pty::start(&fedctl, &line, 200);
    let times = |raw: &str| {
        let ends = raw.match_indices(" left; waiting for ");
        let time = |(at, _): (usize, &str)| raw[..at].rsplit(' ').next().unwrap().to_owned();
        ends.map(time).collect::<BTreeSet<String>>()
    };
    let is_counting = |raw: &str| times(raw).len() >= 3;
    assert!(pty.wait(|raw| raw.contains(&format!("left; querying {old}, {current}, {silent}"))));
    assert!(pty.wait(is_counting));
    pty.interrupt();
    let left = pty.end();
    assert_eq!((left.status, left.trace()), (Some(1), None), "{}", left.screen);
    let shown = left.raw.split("left; waiting for ").nth(1).unwrap();
    assert!(shown.starts_with(&format!("{old} (old records, ")), "{shown}");
    assert!(shown.contains(&format!("), {silent} (no response)")), "{shown}");
    assert!(times(&left.raw).iter().all(|time| time.starts_with("9:") || time == "10:00"), "{}", left.raw);
    let warned = format!("{old} may return the old records for 60 min, and this wait ends in 9:");
    assert!(left.screen.contains(&warned), "{}", left.screen);
    assert!(left.screen.contains("\n  fedctl dns-check mydomain.com --wait 61m\n"), "{}", left.screen);
}
