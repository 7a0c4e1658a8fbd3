//! What fedctl says about a file that it cannot read as what it should be: the name as it was given, where the mistake is, and what
//! to do next.

use super::snapshots::places::{Shared, files};
use crate::support::Fedctl;

const BROKEN: &str = "{\"schema\": 1,\n \"peers\": [}";
const OTHER: &str = "{\"schema\": 1,\n \"peers\": 3}";
const ZONE: &str = "$ORIGIN mydomain.com.\n@ 3600 IN SOA ns1 host 1 2 3 4 5\n_rocketchat._https IN SRV 1 1 x chat\n";
const CERTIFICATE: &str = "a comment\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// What is in the file `given/it`, the command, and where the mistake is.
const ROWS: &[(&str, &str, &str)] = &[
    // Settings.
    ("domain: [\n", "fedctl config --config given/it", "line 2 column 1"),
    ("domain: a.example\n\tport: 1\n", "fedctl config --config given/it", "line 2 column 1"),
    ("domain: a.example\ndomian: x\n", "fedctl config --config given/it", "line 2"),
    ("domain: a.example\nport: 99999\n", "fedctl config --config given/it", "line 2"),
    ("# mine\nport:\n  - 1\n  - 2\n", "fedctl config --config given/it", "line 2"),
    ("domain: a.example\nprovider: nobody\n", "fedctl config --config given/it", "line 2"),
    // Lists of domains, and exports of a hub.
    ("a.example\nhttps://b.example\n", "fedctl mesh --list given/it", "line 2"),
    ("a.example\nhttps://b.example\n", "fedctl dns-check --timeout 100ms --list given/it", "line 2"),
    ("a.example\nb.example every=1s\n", "fedctl watch --once --data watch --list given/it", "line 2"),
    (BROKEN, "fedctl dns-check --list given/it", "line 2 column 12"),
    (OTHER, "fedctl handshake --list given/it", "line 2 column 11"),
    (BROKEN, "fedctl watch --once --data watch --list given/it", "line 2 column 12"),
    ("{\"peers\": [{\"domain\": \"http://a\"}]}", "fedctl mesh --list given/it", "entry 1"),
    (BROKEN, "fedctl hub import given/it --data hub", "line 2 column 12"),
    // Zone files.
    (ZONE, "fedctl dns-check mydomain.com --zone-file given/it", "line 3 column 31"),
    (ZONE, "fedctl serve dns --zone given/it", "line 3 column 31"),
    (ZONE, "fedctl serve dns --zone mydomain.com=given/it", "line 3 column 31"),
    (
        "; mine\n_rocketchat._https IN SRV 1 1 x chat\n",
        "fedctl lab --keep --zone mydomain.test=given/it",
        "line 2 column 31",
    ),
    (ZONE, "fedctl records lint given/it --format zone", "line 3 column 31"),
    // Forms of providers.
    (BROKEN, "fedctl records lint given/it --format cloudflare", "line 2 column 12"),
    (BROKEN, "fedctl records lint given/it --format route53-batch", "line 2 column 12"),
    ("a: 1\nb: [\n", "fedctl records lint given/it --format external-dns", "line 3 column 1"),
    ("a = 1\nb = = 2\n", "fedctl records lint given/it --format terraform-aws", "line 2, column 5"),
    // Saved runs, and the state before a change.
    (BROKEN, "fedctl diff given/it given/it", "line 2 column 12"),
    (BROKEN, "fedctl dns-check --replay given/it", "line 2 column 12"),
    (BROKEN, "fedctl drill --replay given/it", "line 2 column 12"),
    (BROKEN, "fedctl records undo given/it", "line 2 column 12"),
    (BROKEN, "fedctl configure undo given/it", "line 2 column 12"),
    (BROKEN, "fedctl handshake --join given/it given/it", "line 2 column 12"),
    (OTHER, "fedctl handshake --join given/it given/it", "line 2 column 12"),
    // Certificates.
    (CERTIFICATE, "fedctl handshake peer.example --ca-file given/it", "line 2"),
    (CERTIFICATE, "fedctl mesh a.example b.example --ca-file given/it", "line 2"),
];

/// Files in which a line says nothing: a key is a single text, and `key inspect` names the character.
const WITHOUT_LINES: &[(&str, &str)] = &[
    ("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", "fedctl dns-check a.example --key given/it"),
    ("hello\n", "fedctl records a.example --target c.a.example --key given/it"),
    ("hello\n", "fedctl register --url https://chat.a.example a.example --key given/it"),
    ("hello\n", "fedctl key restore given/it"),
    ("hello\n", "fedctl key backup given/it"),
    ("hello\n", "fedctl envelope seal --key federation.key --peer-key given/it"),
    ("hello\n", "fedctl handshake peer.example --ca-file given/it"),
    (
        "hello\n",
        "fedctl records apply a.example --target c.a.example --key federation.pub --server 127.0.0.1:1 --tsig-file given/it",
    ),
];

/// What is wrong with the answer.
fn wrong(fedctl: &Fedctl, text: &str, line: &str, place: &str) -> Option<String> {
    std::fs::create_dir_all(fedctl.path("given")).unwrap();
    fedctl.write("given/it", text);
    let words = shlex::split(line).unwrap();
    let ran = fedctl.run(&words[1..]);
    let all = format!("{}{}", ran.stdout, ran.stderr);
    let flat = all.split_whitespace().collect::<Vec<_>>().join(" ");
    let has_next_step = all.contains("fedctl: hint: ") || flat.contains(" fix ");
    let is_named = flat.contains("given/it") && !flat.contains(&fedctl.dir.path().display().to_string());
    let is_placed = flat.contains(place);
    let fails = ran.status == 1 || ran.status == 2;
    (!(is_named && is_placed && has_next_step && fails))
        .then(|| format!("{line}: name {is_named}, `{place}` {is_placed}, next step {has_next_step}:\n{all}"))
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_place_of_the_mistake() {
    let shared = Shared::start();
    let place = files(&shared);
    let fedctl = &place.fedctl;
    let mut all: Vec<String> = ROWS.iter().filter_map(|(text, line, at)| wrong(fedctl, text, line, at)).collect();
    all.extend(WITHOUT_LINES.iter().filter_map(|(text, line)| wrong(fedctl, text, line, "")));
    assert!(all.is_empty(), "{}", all.join("\n\n"));
    // A text that comes in by itself has no name.
    let keys = ["--key", "federation.key", "--peer-key", "federation.pub"];
    let ran = fedctl.run_with(&[&["envelope", "open"], &keys[..]].concat(), "{\"type\":\"Buffer\",\n \"data\":[1,}");
    assert!(ran.status == 1 && ran.stderr.contains("(line 2, column 12)"), "{}", ran.stderr);
    let ran = fedctl.run_with(&["dns-check", "--replay", "-"], BROKEN);
    assert!(ran.status == 2 && ran.stderr.contains("standard input: "), "{}", ran.stderr);
}
