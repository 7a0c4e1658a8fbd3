//! What fedctl says about a file that it cannot read as what it should be: the name as it was given, where the mistake is, and what
//! to do next.

mod forms;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use self::forms::FORMS;
use super::help::leaves;
use super::snapshots::places::{Shared, files, provider};
use crate::support::{Fedctl, repository};

const BROKEN: &str = "{\"schema\": 1,\n \"peers\": [}";
const OTHER: &str = "{\"schema\": 1,\n \"peers\": 3}";
const ENTRIES: &str = "{\"schema\": 1, \"peers\": [\n  {\"domain\": \"http://a\", \"url\": \"https://b.example\", \"public_key\": \"x\", \"since\": \"\", \"confirmed\": \"\"}]}";
const ZONE: &str = "$ORIGIN mydomain.com.\n@ 3600 IN SOA ns1 host 1 2 3 4 5\n_rocketchat._https IN SRV 1 1 x chat\n";
const CERTIFICATE: &str = "a comment\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const CUT_CERTIFICATE: &str = "a comment\n-----BEGIN CERTIFICATE-----\nMIIB\nMI!B\n-----END CERTIFICATE-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMIIB\nMI*B\n-----END PUBLIC KEY-----\n";
const PRIVATE: &str = "# mine\n-----BEGIN PRIVATE KEY-----\nMIIB\nM-IB\n-----END PRIVATE KEY-----\n";
const UNCLOSED: &str = "\n-----BEGIN PRIVATE KEY-----\nMIIB\n";
const TSIG: &str = "key \"a\" {\n algorithm hmac-sha256;\n secret \"!!\";\n};\n";
const JOURNAL: &str = "{\"schema\": 1, \"command\": \"dns-check\"}\n{\"subject\": 1}\n";
const VIA: &str = "fedctl records apply mydomain.com --target chat.mydomain.com --key federation.pub --zone mydomain.com --file given/it --via";
const APPLY: &str = "fedctl records apply mydomain.com --target chat.mydomain.com --key federation.pub";
const OCTODNS: &str =
    "chat: {type: A, value: 192.0.2.1}\nrocketchat-public-key:\n  type: TXT\n  ttl: soon\n  value: x\n";
const DNSCONFIG: &str = "D(\"mydomain.com\", REG,\n  TXT(\"rocketchat-public-key\", KEY)\n);\n";

/// A place in the code that reads, what is in the file `given/it`, the command, and where the mistake is.
const ROWS: &[(&str, &str, &str, &str)] = &[
    // Settings.
    ("settings/mod.rs", "domain: [\n", "fedctl config --config given/it", "line 2 column 1"),
    ("settings/mod.rs", "domain: a.example\n\tport: 1\n", "fedctl config --config given/it", "line 2 column 1"),
    ("settings/mod.rs", "domain: a.example\ndomian: x\n", "fedctl config --config given/it", "line 2 column 1"),
    ("settings/mod.rs", "domain: a.example\nport: 99999\n", "fedctl config --config given/it", "line 2 column 7"),
    ("settings/mod.rs", "# mine\nport:\n  - 1\n  - 2\n", "fedctl config --config given/it", "line 3 column 3"),
    ("settings/mod.rs", "domain: a.example\nprovider: nobody\n", "fedctl config --config given/it", "line 2 column 11"),
    ("settings/mod.rs", "releases: [6.2.0,\n  soon]\n", "fedctl config --config given/it", "line 2 column 3"),
    ("settings/mod.rs", "\n1: x\n", "fedctl config --config given/it", "line 2 column 1"),
    ("settings/mod.rs", "\na: [[[[[[[[[[[[[[[[[\n", "fedctl config --config given/it", "line 2 column 20"),
    // Lists of domains, and exports of a hub.
    ("commands/domain_list.rs", "a.example\n https://b.example\n", "fedctl mesh --list given/it", "line 2 column 2"),
    ("commands/domain_list.rs", "a.example\nb.example soon\n", "fedctl mesh --list given/it", "line 2 column 11"),
    ("commands/domain_list.rs", "a.example 3.18 x # y\n", "fedctl mesh --list given/it", "line 1 column 16"),
    (
        "commands/domain_list.rs",
        "a.example\nhttps://b.example\n",
        "fedctl dns-check --timeout 100ms --list given/it",
        "line 2 column 1",
    ),
    ("commands/domain_list.rs", BROKEN, "fedctl dns-check --list given/it", "line 2 column 12"),
    ("commands/domain_list.rs", OTHER, "fedctl handshake --list given/it", "line 2 column 11"),
    ("commands/domain_list.rs", ENTRIES, "fedctl mesh --list given/it", "line 2 column 3"),
    (
        "commands/watch/list.rs",
        "a.example\nb.example every=1s\n",
        "fedctl watch --once --data watch --list given/it",
        "line 2 column 11",
    ),
    ("commands/watch/list.rs", BROKEN, "fedctl watch --once --data watch --list given/it", "line 2 column 12"),
    ("commands/list/journal.rs", JOURNAL, "fedctl dns-check --list peers --resume given/it", "line 2 column 13"),
    ("commands/list/journal.rs", "{]\n", "fedctl dns-check --list peers --resume given/it", "line 1 column 2"),
    ("commands/list/journal.rs", JOURNAL, "fedctl handshake --list peers --resume given/it", "line 1 column 26"),
    (
        "commands/list/journal.rs",
        "{\"schema\": 7,\n",
        "fedctl dns-check --list peers --resume given/it",
        "line 1 column 13",
    ),
    (
        "commands/list/journal.rs",
        "{\"schema\": 1",
        "fedctl dns-check --list peers --resume given/it",
        "line 1 column 13",
    ),
    ("commands/hub/copy.rs", BROKEN, "fedctl hub import given/it --data hub", "line 2 column 12"),
    ("commands/hub/copy.rs", ENTRIES, "fedctl hub import given/it --data hub", "line 2 column 3"),
    // Zone files.
    ("commands/dns_check/zone_file.rs", ZONE, "fedctl dns-check mydomain.com --zone-file given/it", "line 3 column 31"),
    ("commands/serve/dns.rs", ZONE, "fedctl serve dns --zone given/it", "line 3 column 31"),
    ("commands/serve/dns.rs", ZONE, "fedctl serve dns --zone mydomain.com=given/it", "line 3 column 31"),
    (
        "commands/lab/guest.rs",
        "; mine\n_rocketchat._https IN SRV 1 1 x chat\n",
        "fedctl lab --keep --zone mydomain.test=given/it",
        "line 2 column 31",
    ),
    ("commands/records/lint.rs", ZONE, "fedctl records lint given/it --format zone", "line 3 column 31"),
    (
        "commands/serve/dns.rs",
        "$ORIGIN a.example.\n@ A 192.0.2.300\n",
        "fedctl serve dns --zone given/it",
        "line 2 column 1",
    ),
    (
        "commands/dns_check/zone_file.rs",
        "@ 3600 IN NS ..\n",
        "fedctl dns-check mydomain.com --zone-file given/it",
        "line 1 column 14",
    ),
    // Forms of providers, and files of tools.
    ("commands/records/lint.rs", BROKEN, "fedctl records lint given/it --format cloudflare", "line 2 column 12"),
    ("commands/records/lint.rs", BROKEN, "fedctl records lint given/it --format route53-batch", "line 2 column 12"),
    (
        "commands/records/lint.rs",
        "a: 1\nb: [\n",
        "fedctl records lint given/it --format external-dns",
        "line 3 column 1",
    ),
    (
        "commands/records/lint.rs",
        "a = 1\nb = = 2\n",
        "fedctl records lint given/it --format terraform-aws",
        "line 2 column 5",
    ),
    ("commands/records/apply/via.rs", "a: 1\nb: [\n", "VIA octodns", "line 3 column 1"),
    ("commands/records/apply/via.rs", OCTODNS, "VIA octodns", "line 4 column 8"),
    ("commands/records/apply/via.rs", "D(\"a\",\n  \"b", "VIA dnscontrol", "line 2 column 3"),
    ("commands/records/apply/via.rs", DNSCONFIG, "VIA dnscontrol", "line 2 column 32"),
    ("commands/records/apply/via.rs", "a = 1\nb = = 2\n", "VIA terraform", "line 2 column 5"),
    ("commands/records/apply/via.rs", "\n  a = 1\n", "VIA terraform", "line 2 column 3"),
    // Saved runs, and the state before a change.
    ("commands/diff.rs", BROKEN, "fedctl diff given/it given/it", "line 2 column 12"),
    ("commands/diff.rs", BROKEN, "fedctl dns-check --replay given/it", "line 2 column 12"),
    ("commands/drill/mod.rs", BROKEN, "fedctl drill --replay given/it", "line 2 column 12"),
    ("commands/records/undo.rs", BROKEN, "fedctl records undo given/it", "line 2 column 12"),
    ("commands/configure/undo.rs", BROKEN, "fedctl configure undo given/it", "line 2 column 12"),
    ("commands/handshake.rs", BROKEN, "fedctl handshake --join given/it given/it", "line 2 column 12"),
    ("commands/handshake.rs", OTHER, "fedctl handshake --join given/it given/it", "line 2 column 12"),
    // Certificates.
    ("commands/network.rs", CERTIFICATE, "fedctl handshake peer.example --ca-file given/it", "line 2 column 1"),
    ("commands/network.rs", CUT_CERTIFICATE, "fedctl mesh a.example b.example --ca-file given/it", "line 4 column 3"),
    (
        "commands/network.rs",
        CUT_CERTIFICATE,
        "fedctl serve hub --public-url http://127.0.0.1:1 --data hub --smtp smtps://localhost --smtp-ca given/it",
        "line 4 column 3",
    ),
    (
        "commands/network.rs",
        CUT_CERTIFICATE,
        "fedctl watch a.example --once --data watch --smtp smtps://localhost --alert mailto:a@b.example --smtp-ca given/it",
        "line 4 column 3",
    ),
    (
        "store/postgres_tls.rs",
        CUT_CERTIFICATE,
        "fedctl hub list --database postgres://127.0.0.1:1/a?sslmode=require --database-ca given/it",
        "line 4 column 3",
    ),
    (
        "commands/callback.rs",
        CUT_CERTIFICATE,
        "fedctl serve peer --domain a.example --key federation.key --cert given/it --cert-key federation.key",
        "line 4 column 3",
    ),
    (
        "commands/callback.rs",
        PRIVATE,
        "fedctl serve peer --domain a.example --key federation.key --cert chain.pem --cert-key given/it",
        "line 4 column 2",
    ),
    (
        "commands/callback.rs",
        CUT_CERTIFICATE,
        "fedctl handshake peer.example --domain mydomain.com --key federation.key --callback 127.0.0.1:0 --callback-cert given/it --callback-cert-key federation.key",
        "line 4 column 3",
    ),
    // Keys. Of a passphrase the whole line counts, so it has no column.
    ("commands/key_file.rs", PUBLIC, "fedctl dns-check a.example --key given/it", "line 3 column 3"),
    ("commands/key_file.rs", PUBLIC, "fedctl records a.example --target c.a.example --key given/it", "line 3 column 3"),
    ("commands/key_file.rs", PUBLIC, "fedctl key inspect federation.pub --key given/it", "line 3 column 3"),
    ("commands/key_file.rs", PUBLIC, "fedctl hub lookup a.example --key given/it", "line 3 column 3"),
    ("commands/key_file.rs", PRIVATE, "fedctl keygen --from-private given/it --public new.pub", "line 4 column 2"),
    ("commands/key_file.rs", UNCLOSED, "fedctl keygen --from-private given/it --public new.pub", "line 2 column 1"),
    (
        "commands/key_file.rs",
        PRIVATE,
        "fedctl handshake b.example --domain a.example --key given/it",
        "line 4 column 2",
    ),
    ("commands/key_file.rs", PRIVATE, "fedctl serve peer --domain a.example --key given/it", "line 4 column 2"),
    (
        "commands/key_file.rs",
        PUBLIC,
        "fedctl envelope seal --key federation.key --peer-key given/it",
        "line 3 column 3",
    ),
    (
        "commands/key_file.rs",
        "\nsecret\n",
        "fedctl keygen --encrypt --passphrase-file given/it --private new.key",
        "line 1",
    ),
    (
        "commands/key_file.rs",
        "not it\n",
        "fedctl keygen --from-private locked.key --passphrase-file given/it --public new.pub",
        "line 1",
    ),
    (
        "commands/register.rs",
        PUBLIC,
        "fedctl register a.example --url https://c.a.example --key given/it",
        "line 3 column 3",
    ),
    ("commands/key_backup.rs", PRIVATE, "fedctl key backup given/it --no-dns", "line 4 column 2"),
    ("commands/key_backup.rs", PRIVATE, "fedctl key restore given/it --no-dns", "line 4 column 2"),
    // Tokens and other secrets.
    ("commands/token_file.rs", "user\n", "fedctl doctor a.example --token-file given/it", "line 1 column 5"),
    (
        "commands/token_file.rs",
        "user\ntoken\nmore\n",
        "fedctl configure a.example --server http://127.0.0.1:1 --token-file given/it",
        "line 3 column 1",
    ),
    (
        "commands/token_file.rs",
        "{\"data\":\n {]}",
        "fedctl dns-check a.example --at-server http://127.0.0.1:1 --token-file given/it",
        "line 2 column 3",
    ),
    (
        "commands/register.rs",
        "a b\n",
        "fedctl register a.example --url https://c.a.example --key federation.pub --token-file given/it",
        "line 1 column 2",
    ),
    (
        "commands/records/apply/credentials.rs",
        "# mine\nPDNS_API_KEY=a\nb\n",
        "APPLY --provider powerdns --endpoint http://127.0.0.1:1 --zone mydomain.com --token-file given/it",
        "line 3 column 1",
    ),
    ("commands/records/apply/mod.rs", TSIG, "APPLY --server 127.0.0.1:1 --tsig-file given/it", "line 3 column 10"),
];

/// Files in which a line says nothing: what is there is whole, and is not what was expected.
const WITHOUT_LINES: &[(&str, &str)] = &[
    ("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", "fedctl dns-check a.example --key given/it"),
    ("hello\n", "fedctl records a.example --target c.a.example --key given/it"),
    ("hello\n", "fedctl register --url https://chat.a.example a.example --key given/it"),
    ("hello\n", "fedctl key restore given/it"),
    ("hello\n", "fedctl key backup given/it"),
    ("hello\n", "fedctl envelope seal --key federation.key --peer-key given/it"),
    ("hello\n", "fedctl handshake peer.example --ca-file given/it"),
    ("{\"data\": {\"userId\": \"a\"}}", "fedctl doctor a.example --token-file given/it"),
    ("hello\n", "APPLY --server 127.0.0.1:1 --tsig-file given/it"),
];

/// Places that read a file, and why no row is about them.
const EXCEPT: &[(&str, &str)] = &[
    ("commands/key.rs", "`key inspect` reads any text and names the character"),
    ("commands/envelope.rs", "reads standard input, below"),
    ("commands/identity.rs", "read again by key_file.rs"),
    ("commands/watch/run.rs", "read again by key_file.rs"),
    ("commands/status.rs", "shows that a key is unreadable, and is no error"),
    ("commands/recent.rs", "a file of fedctl itself, without which it works too"),
    ("commands/handshake_limit.rs", "a file of fedctl itself, without which it works too"),
    ("store/sqlite.rs", "a database"),
];
/// Options and arguments that name a file to write, or a file for another program.
const WRITTEN: &[&str] =
    &["output", "save", "undo", "private", "public", "ca-out", "next", "state", "keep", "file", "sync-config", "form"];

/// What is wrong with the answer.
fn wrong(fedctl: &Fedctl, text: &str, line: &str, place: &str) -> Option<String> {
    std::fs::create_dir_all(fedctl.path("given")).unwrap();
    fedctl.write("given/it", text);
    let line = line.replace("VIA", VIA).replace("APPLY", APPLY);
    let words = shlex::split(&line).unwrap();
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
    // A provider is looked for in DNS before its token is read.
    let (place, hosted) = (files(&shared), provider(&shared));
    let fedctl = &place.fedctl;
    fedctl.write("peers", "a.example\n");
    fedctl.write("chain.pem", &CERTIFICATE[10..]);
    fedctl.ok(&["keygen", "--quiet", "--encrypt", "--passphrase-file", "pass", "--private", "locked.key"]);
    let of = |line: &str| if line.contains("--provider") { &hosted.fedctl } else { fedctl };
    let mut all: Vec<String> = ROWS.iter().filter_map(|(_, text, line, at)| wrong(of(line), text, line, at)).collect();
    all.extend(FORMS.iter().filter_map(|(form, text)| {
        let before = text.split('▸').next().unwrap();
        let column = before.split('\n').next_back().unwrap().chars().count() + 1;
        let at = format!("line {} column {column}:", before.split('\n').count());
        let line = format!("fedctl records lint given/it --domain mydomain.com --format {form}");
        wrong(fedctl, &text.replace('▸', ""), &line, &at)
    }));
    all.extend(WITHOUT_LINES.iter().filter_map(|(text, line)| wrong(fedctl, text, line, "")));
    assert!(all.is_empty(), "{}", all.join("\n\n"));
    // A text that comes in by itself has no name.
    let keys = ["--key", "federation.key", "--peer-key", "federation.pub"];
    let ran = fedctl.run_with(&[&["envelope", "open"], &keys[..]].concat(), "{\"type\":\"Buffer\",\n \"data\":[1,}");
    assert!(ran.status == 1 && ran.stderr.contains("(line 2, column 12)"), "{}", ran.stderr);
    let ran = fedctl.run_with(&["dns-check", "--replay", "-"], BROKEN);
    assert!(ran.status == 2 && ran.stderr.contains("standard input: "), "{}", ran.stderr);
}

/// Calls that read the whole text of a file, in the sources under `dir`.
fn readers(dir: &Path, found: &mut BTreeMap<String, usize>) {
    const CALLS: [&str; 8] = [
        "read::text(",
        "read::bytes(",
        "read::damaged_text(",
        "files::text(",
        "bytes(path, &",
        "read_text(",
        "read_bytes(",
        "read_key(",
    ];
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            readers(&entry, found);
            continue;
        }
        let name = entry.strip_prefix(repository("src")).unwrap().to_str().unwrap().to_owned();
        if entry.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&entry).unwrap();
        let calls = |line: &&str| {
            let is_call = CALLS.iter().any(|call| line.contains(call)) || line.contains("= in_place(");
            is_call && !line.contains("fn ") && !line.trim_start().starts_with("//")
        };
        match text.lines().filter(calls).count() {
            0 => {}
            _ if name.starts_with("file/") => {}
            calls => drop(found.insert(name, calls)),
        }
    }
}

#[test]
fn every_place_that_reads_a_file_is_in_the_table() {
    let mut found = BTreeMap::new();
    readers(&repository("src"), &mut found);
    let found: BTreeSet<String> = found.into_keys().collect();
    let rows = ROWS.iter().map(|(source, ..)| *source).chain(EXCEPT.iter().map(|(source, _)| *source));
    assert_eq!(found, rows.map(str::to_owned).collect::<BTreeSet<_>>());
}

#[test]
fn every_option_that_names_a_file_to_read_is_in_the_table() {
    let lines: Vec<Vec<String>> = ROWS
        .iter()
        .map(|(_, _, line, _)| *line)
        .chain(WITHOUT_LINES.iter().map(|(_, line)| *line))
        .map(|line| line.replace("VIA", VIA).replace("APPLY", APPLY).split(' ').map(str::to_owned).collect())
        .collect();
    let mut missing = BTreeSet::new();
    for (path, command) in leaves() {
        for argument in command.get_arguments() {
            let names = argument.get_value_names().unwrap_or_default();
            let Some(long) = argument.get_long().filter(|_| names.iter().any(|name| name.ends_with("FILE"))) else {
                continue;
            };
            // `init` gives it to the same code.
            let option = format!("--{}", if long == "dns-token-file" { "token-file" } else { long });
            let is_tried = lines.iter().any(|words| words.contains(&option));
            if !is_tried && !WRITTEN.contains(&long) {
                missing.insert(format!("{option} of `fedctl {}`", path.join(" ")));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
