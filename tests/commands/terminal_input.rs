//! A command that reads standard input describes on a terminal what it waits for, and goes on after Ctrl-D. What may be a secret is
//! not shown while it is typed.

use super::help::leaves;
use super::snapshots::places::{Shared, files, provider};
use crate::support::terminal::Pty;

/// A command, and what it reads.
const LINES: &[(&str, &str)] = &[
    ("fedctl key inspect", "a key or the output of dig"),
    ("fedctl key backup", "a key file"),
    ("fedctl key restore -", "a backup"),
    ("fedctl keygen --from-private -", "a key file"),
    ("fedctl records mydomain.com --target chat.mydomain.com --key -", "a key file"),
    ("fedctl records lint --format zone", "a zone file"),
    ("fedctl records undo -", "a file with the state before a change"),
    ("fedctl configure undo -", "a file with the state before a change"),
    ("fedctl dns-check --list -", "a list"),
    ("fedctl dns-check mydomain.com --zone-file -", "a zone file"),
    ("fedctl dns-check --replay -", "an evidence file"),
    ("fedctl diff - other.txt", "an evidence file"),
    ("fedctl handshake --list -", "a list"),
    ("fedctl mesh --list -", "a list"),
    ("fedctl watch --once --list - --data watch", "a list"),
    ("fedctl envelope seal --key federation.key --peer-key federation.pub", "a message"),
    ("fedctl envelope open --key federation.key --peer-key federation.pub", "a body"),
    ("fedctl explain -", "a log"),
    ("fedctl hub import - --data hub", "an export"),
];

/// What may hold a secret.
const SECRETS: [&str; 2] = ["a key file", "a backup"];

#[test]
fn what_is_read_from_a_terminal_is_announced() {
    let shared = Shared::start();
    let place = files(&shared);
    let mut wrong = Vec::new();
    for (line, what) in LINES {
        let mut pty = Pty::start(&place.fedctl, line, 200);
        let hidden = if SECRETS.contains(what) { " (it is not shown)" } else { "" };
        let announced = format!("reading {what} from the terminal; paste it{hidden}, then press Enter and Ctrl-D");
        if pty.wait(|raw| raw.contains("and Ctrl-D")) {
            pty.text("\u{4}");
        }
        let left = pty.end();
        if !left.screen.contains(&announced) {
            wrong.push(format!("{line} does not say that it reads {what}:\n{}", left.screen.trim_end()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // Nothing is said with --quiet, and nothing to a pipe.
    let mut pty = Pty::start(&place.fedctl, "fedctl key inspect --quiet", 80);
    pty.text("\u{4}");
    assert!(!pty.end().screen.contains("from the terminal"));
    assert_eq!(place.fedctl.run_with(&["explain", "-"], "Could not decrypt payload\n").stderr, "");
}

/// Commands that read a secret from the terminal, and what they call it. All but the last wait for Ctrl-D.
const HIDDEN: &[(&str, &str)] = &[
    ("fedctl keygen --from-private - --public new.pub", "a key file"),
    ("fedctl key restore - --no-dns", "a backup"),
    ("fedctl doctor mydomain.com --token-file -", "the token"),
    ("fedctl configure mydomain.com --server http://127.0.0.1:9 --token-file -", "the token"),
    ("fedctl dns-check mydomain.com --at-server http://127.0.0.1:9 --token-file -", "the token"),
    ("fedctl register mydomain.com --url https://chat.mydomain.com --key federation.pub --token-file -", "the token"),
    (
        "fedctl records apply mydomain.com --target chat.mydomain.com --key federation.pub --zone mydomain.com --provider powerdns --endpoint http://127.0.0.1:9 --token-file -",
        "the token",
    ),
    (
        "fedctl records apply mydomain.com --target chat.mydomain.com --key federation.pub --server 127.0.0.1:9 --tsig-file -",
        "a TSIG key",
    ),
    ("fedctl keygen --from-private locked.key --passphrase-file - --public new.pub", "the passphrase"),
];
const TYPED: &str = "0penSesame";

#[test]
fn a_secret_that_is_typed_is_not_shown() {
    let shared = Shared::start();
    // A provider is looked for in DNS before its token is read.
    let (place, hosted) = (files(&shared), provider(&shared));
    let fedctl = &place.fedctl;
    fedctl.write("secret", TYPED);
    fedctl.ok(&["keygen", "--quiet", "--encrypt", "--passphrase-file", "secret", "--private", "locked.key"]);
    let mut wrong = Vec::new();
    for (line, what) in HIDDEN {
        let is_line = *what == "the passphrase";
        let (how, end) = if is_line { ("type", "Enter") } else { ("paste", "Enter and Ctrl-D") };
        let announced = format!("reading {what} from the terminal; {how} it (it is not shown), then press {end}");
        let of = if line.contains("--provider") { &hosted.fedctl } else { fedctl };
        let mut pty = Pty::start(of, line, 200);
        let asks = pty.wait(|raw| raw.contains(&announced)) && pty.is_hidden();
        if asks {
            pty.text(&format!("{TYPED}\n{}", if is_line { "" } else { "\u{4}" }));
        }
        let left = pty.end();
        let is_right = asks && !left.raw.contains(TYPED) && !left.is_hidden && left.column == 0;
        if !is_right || is_line && left.status != Some(0) {
            wrong.push(format!(
                "{line}: asks {asks}, hidden at the end {}:\n{}",
                left.is_hidden,
                left.screen.trim_end()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_question_has_its_answer_below_it_and_does_not_show_it() {
    let shared = Shared::start();
    let place = files(&shared);
    for (line, questions) in [
        ("fedctl keygen --encrypt --private locked.key --quiet", &["new passphrase: ", "the same again: "][..]),
        ("fedctl keygen --from-private locked.key --public new.pub", &["passphrase of the private key: "]),
    ] {
        let mut pty = Pty::start(&place.fedctl, line, 80);
        for question in questions {
            assert!(pty.wait(|raw| raw.contains(question)) && pty.is_hidden(), "{line}: {}", pty.end().screen);
            pty.text(&format!("{TYPED}\n"));
        }
        let left = pty.end();
        assert!(left.status == Some(0) && !left.raw.contains(TYPED) && !left.is_hidden && left.column == 0, "{left:?}");
        let asked: Vec<&str> = left.screen.lines().map(str::trim_end).take(questions.len()).collect();
        assert_eq!(asked, questions.iter().map(|question| question.trim_end()).collect::<Vec<_>>());
    }
}

#[test]
fn an_interrupt_while_a_secret_is_typed_leaves_a_terminal_that_shows_what_is_typed() {
    let shared = Shared::start();
    let place = files(&shared);
    for (line, asks) in [
        ("fedctl keygen --from-private - --public new.pub", "(it is not shown)"),
        ("fedctl doctor mydomain.com --token-file -", "(it is not shown)"),
        ("fedctl keygen --encrypt --private new.key", "new passphrase: "),
    ] {
        let mut pty = Pty::start(&place.fedctl, line, 200);
        assert!(pty.wait(|raw| raw.contains(asks)) && pty.is_hidden(), "{line}");
        pty.interrupt();
        let left = pty.end();
        assert!(!left.is_hidden && left.status.is_none(), "{line}: {left:?}");
    }
}

#[test]
fn every_command_that_reads_standard_input_by_itself_is_in_the_table() {
    for (path, command) in leaves() {
        let reads = command.get_positionals().any(|arg| arg.get_default_values().iter().any(|value| value == "-"));
        let name = path.join(" ");
        let is_tried = LINES.iter().any(|(line, _)| line.strip_prefix("fedctl ").unwrap().starts_with(&name));
        let writes = name == "hub export";
        assert!(is_tried || writes || !reads, "`fedctl {name}` reads standard input and is not in the table");
    }
}
