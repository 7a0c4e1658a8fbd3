//! A command that reads standard input says on a terminal what it waits for, and goes on after Ctrl-D.

use super::help::leaves;
use super::snapshots::places::{Shared, files};
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

#[test]
fn what_is_read_from_a_terminal_is_announced() {
    let shared = Shared::start();
    let place = files(&shared);
    let mut wrong = Vec::new();
    for (line, what) in LINES {
        let mut pty = Pty::start(&place.fedctl, line, 200);
        let announced = format!("reading {what} from the terminal; paste it, then press Enter and Ctrl-D");
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
