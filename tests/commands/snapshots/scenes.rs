//! The command lines whose output is kept: each command and subcommand at least once.

use super::places::{Place, Shared, files, hub, lab, provider, published, registrable, server, split};

/// What is kept in one file: command lines, one after the other in one directory.
pub struct Scene {
    pub name: &'static str,
    pub place: fn(&Shared) -> Place,
    /// Words as a shell reads them; `< FILE` at the end is the input.
    pub lines: &'static [&'static str],
}

pub const SCENES: &[Scene] = &[
    Scene {
        name: "fedctl",
        place: files,
        lines: &[
            "fedctl",
            "fedctl --help",
            "fedctl --version",
            "fedctl dns-chek mydomain.com",
            "fedctl dns-check --fromat json",
            "fedctl upgrade plan",
            "fedctl keygen --bits 1024",
            "fedctl dns-check https://mydomain.com",
            "fedctl dns-check mydomain.com --format xml",
            "fedctl dns-check --list missing.txt",
            "fedctl dns-check mydomain.com --timeout 5y",
            "fedctl checks --config missing.yaml",
        ],
    },
    Scene {
        name: "keygen",
        place: files,
        lines: &[
            "fedctl keygen",
            "fedctl keygen --private new.key",
            "fedctl keygen --from-private new.key --form mongosh --private new.js --public new.pub --force",
            "fedctl keygen --private locked.key --encrypt",
            "fedctl keygen --private missing/new.key",
            "fedctl keygen --from-private cut.txt --private third.key",
        ],
    },
    Scene {
        name: "key",
        place: files,
        lines: &[
            "fedctl key inspect federation.pub",
            "fedctl key inspect federation.key",
            "fedctl key inspect < cut.txt",
            "fedctl key inspect other.txt",
            "fedctl key inspect",
            "fedctl key inspect missing.pub",
            "fedctl key inspect .",
        ],
    },
    Scene {
        name: "key-backup",
        place: published,
        lines: &[
            "fedctl key backup federation.key --passphrase-file pass",
            "fedctl key backup federation.key --passphrase-file pass",
            "fedctl key backup other.txt --passphrase-file pass --output other.pem",
            "fedctl key restore federation-backup.pem --passphrase-file pass",
            "fedctl key restore missing.pem",
            "fedctl key restore federation-backup.pem --force",
        ],
    },
    Scene {
        name: "records",
        place: published,
        lines: &[
            "fedctl records",
            "fedctl records --format fields",
            "fedctl records --format hetzner --release 1.3.5",
            "fedctl records other.example --key federation.pub",
            "fedctl records a-department.with-a-long-name.example --zone with-a-long-name.example --key federation.pub --target chat.a-department.with-a-long-name.example",
            "fedctl records formats",
            "fedctl records --format bind9",
        ],
    },
    Scene {
        name: "records-lint",
        place: split,
        lines: &[
            "fedctl records lint mydomain.zone --format zone --domain mydomain.com",
            "fedctl records lint other.txt --format cloudflare --domain mydomain.com",
            "fedctl records lint mydomain.zone --domain mydomain.com",
        ],
    },
    Scene {
        name: "records-diff",
        place: split,
        lines: &["fedctl records diff mydomain.com --target chat.mydomain.com --key federation.pub"],
    },
    Scene { name: "records-diff-same", place: published, lines: &["fedctl records diff"] },
    Scene {
        name: "records-apply",
        place: provider,
        lines: &[
            "fedctl records apply --provider powerdns",
            "fedctl records apply --provider powerdns --undo before.json < yes",
            "fedctl records undo before.json --yes",
            "fedctl records undo missing.json",
            "fedctl records apply --provider nowhere",
        ],
    },
    Scene {
        name: "configure",
        place: server,
        lines: &[
            "fedctl configure",
            "fedctl configure --undo before.json < yes",
            "fedctl configure",
            "fedctl configure undo before.json < yes",
            "fedctl configure undo missing.json",
            "fedctl configure --token-file missing.token",
        ],
    },
    Scene {
        name: "register",
        place: registrable,
        lines: &[
            "fedctl register --url http://chat.mydomain.com:3000 --dry-run",
            "fedctl register --url http://chat.mydomain.com:3000",
            "fedctl register --url https://chat.mydomain.com/chat",
        ],
    },
    Scene {
        name: "proxy",
        place: published,
        lines: &["fedctl proxy nginx --output rules.conf", "fedctl proxy caddy", "fedctl proxy iis"],
    },
    Scene {
        name: "init",
        place: published,
        lines: &[
            "fedctl init new.example --server https://chat.new.example --release 6.2 --yes --key federation.pub --output new.yaml",
            "fedctl init mydomain.com --server https://chat.mydomain.com --release 6.2 --yes --key federation.pub --output my.yaml",
            "fedctl init new.example --server https://chat.new.example --yes",
            "fedctl init",
        ],
    },
    Scene { name: "doctor", place: lab, lines: &["fedctl doctor"] },
    Scene { name: "doctor-broken", place: published, lines: &["fedctl doctor", "fedctl doctor other.example"] },
    Scene {
        name: "dns-check",
        place: split,
        lines: &[
            "fedctl dns-check mydomain.com --key federation.pub",
            "fedctl dns-check mydomain.com -q",
            "fedctl dns-check mydomain.com --zone-file mydomain.zone -v",
            "fedctl dns-check mydomain.com --suppress key-record=moving --fail-on warning",
        ],
    },
    Scene {
        name: "dns-check-lab",
        place: lab,
        lines: &[
            "fedctl dns-check healthy.test",
            "fedctl dns-check healthy.test -v",
            "fedctl dns-check no-records.test",
            "fedctl dns-check typo-name.test no-service.test",
            "fedctl dns-check --list peers.txt --jobs 1",
        ],
    },
    Scene {
        name: "handshake",
        place: lab,
        lines: &[
            "fedctl handshake healthy.test",
            "fedctl handshake chain.test",
            "fedctl handshake no-records.test",
            "fedctl handshake healthy.test --invite",
            "fedctl handshake --list peers.txt --jobs 1",
        ],
    },
    Scene {
        name: "drill",
        place: lab,
        lines: &[
            "fedctl drill --prepare",
            "fedctl drill healthy.test --user bob",
            "fedctl drill healthy.test --user bob --yes --only message --quiet",
            "fedctl drill no-records.test --user bob --yes",
        ],
    },
    Scene {
        name: "mesh",
        place: lab,
        lines: &[
            "fedctl mesh healthy.test neighbour.test",
            "fedctl mesh healthy.test neighbour.test silent.test no-records.test",
            "fedctl mesh healthy.test",
        ],
    },
    Scene {
        name: "explain",
        place: files,
        lines: &[
            "fedctl explain key-match",
            "fedctl explain 6.2.0",
            "fedctl explain 7.11",
            "fedctl explain 'Could not decrypt payload'",
            "fedctl explain Running",
            "fedctl explain key-recrd",
            "fedctl explain 'no such line'",
        ],
    },
    Scene { name: "checks", place: files, lines: &["fedctl checks"] },
    Scene { name: "status", place: published, lines: &["fedctl status"] },
    Scene { name: "status-empty", place: files, lines: &["fedctl status"] },
    Scene { name: "config", place: published, lines: &["fedctl config"] },
    Scene {
        name: "watch",
        place: lab,
        lines: &[
            "fedctl watch --once healthy.test no-records.test --data watch",
            "fedctl watch history healthy.test --data watch",
            "fedctl watch history no-records.test --data watch",
            "fedctl watch diff healthy.test 0s --data watch",
            "fedctl watch history other.test --data watch",
            "fedctl watch --once",
        ],
    },
    Scene { name: "rotate", place: published, lines: &["fedctl rotate plan"] },
    Scene {
        name: "upgrade",
        place: published,
        lines: &[
            "fedctl upgrade plan --from 3.18 --to 6.2 --peer peer.example=1.3.5",
            "fedctl upgrade plan --from 6.2 --to 7.11",
            "fedctl upgrade plan --from 6.2 --to 3.18",
        ],
    },
    Scene {
        name: "compatibility",
        place: files,
        lines: &["fedctl compatibility 1.3.5 6.2", "fedctl compatibility 4.8 4.8", "fedctl compatibility 6.2 7.11"],
    },
    Scene {
        name: "diff",
        place: split,
        lines: &[
            "fedctl dns-check mydomain.com --save one.json -q",
            "fedctl dns-check mydomain.com --save two.json -q --key federation.pub",
            "fedctl diff one.json two.json",
            "fedctl diff one.json other.txt",
        ],
    },
    Scene {
        name: "envelope",
        place: files,
        lines: &[
            "fedctl envelope open --key federation.key --peer-key federation.pub < other.txt",
            "fedctl envelope open --key federation.key --peer-key missing.pub",
            "fedctl envelope seal --key federation.key --peer-key other.txt < message.json",
        ],
    },
    Scene {
        name: "hub",
        place: hub,
        lines: &[
            "fedctl hub list --data hub",
            "fedctl hub list --data hub --pending",
            "fedctl hub show one.example.org --data hub",
            "fedctl hub show two.example.org --data hub",
            "fedctl hub export all.json --data hub",
            "fedctl hub import all.json --data other",
            "fedctl hub backup copy.db --data hub",
            "fedctl hub remove one.example.org --data hub",
            "fedctl hub show one.example.org --data hub",
            "fedctl hub list --data missing",
        ],
    },
    Scene {
        name: "hub-lookup",
        place: lab,
        lines: &[
            "fedctl hub lookup hub-only.test",
            "fedctl hub lookup other.test",
            "fedctl register --url https://chat.neighbour.test --quiet",
        ],
    },
    Scene {
        name: "serve",
        place: files,
        lines: &[
            "fedctl serve",
            "fedctl serve dns --zone missing.zone",
            "fedctl serve peer",
            "fedctl serve hub --public-url https://hub.example.org --data hub",
        ],
    },
    Scene {
        name: "lab",
        place: files,
        lines: &["fedctl lab --list", "fedctl lab --only no-records", "fedctl lab --only nobody"],
    },
    Scene {
        name: "completions",
        place: files,
        lines: &[
            "fedctl completions bash --install",
            "fedctl completions powershell --install",
            "fedctl completions ksh",
        ],
    },
    Scene { name: "man", place: files, lines: &["fedctl man pages", "fedctl man other.txt"] },
];
