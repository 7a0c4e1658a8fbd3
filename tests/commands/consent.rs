//! The question before something is changed, in a terminal: only `y` and `yes` change anything. Enter, any other answer, the end of the
//! input and Ctrl-C leave everything as it was.

use std::collections::BTreeSet;
use std::path::Path;

use super::snapshots::places::{Place, Shared, files, provider, server};
use crate::support::terminal::Pty;
use crate::support::{Fedctl, repository};

/// A command that asks.
struct Row {
    source: &'static str,
    place: fn(&Shared) -> Place,
    line: &'static str,
    question: &'static str,
    /// Files that the place needs in addition.
    before: fn(&Fedctl),
    /// True once the change was made.
    is_changed: fn(&Fedctl) -> bool,
    /// What is printed, and the exit status, after every other answer.
    refused: (&'static str, i32),
}

const DNSCONFIG: &str = "D(\"mydomain.com\", REG_NONE,\n  A(\"www\", \"192.0.2.1\")\n);\n";
const VIA: &str = "fedctl records apply mydomain.com --target chat.mydomain.com --key federation.pub --zone mydomain.com \
                   --via dnscontrol --file dnsconfig.js";
const UNCHANGED: (&str, i32) = ("nothing was changed", 0);

fn has_undo(fedctl: &Fedctl) -> bool {
    fedctl.files().iter().any(|name| name.starts_with("undo-"))
}

const ROWS: &[Row] = &[
    Row {
        source: "records/apply/via.rs",
        place: files,
        line: VIA,
        question: "Change dnsconfig.js? [y/N] ",
        before: |fedctl| drop(fedctl.write("dnsconfig.js", DNSCONFIG)),
        is_changed: |fedctl| fedctl.read("dnsconfig.js") != DNSCONFIG,
        refused: UNCHANGED,
    },
    Row {
        source: "records/apply/via.rs",
        place: files,
        line: "fedctl records undo before.json",
        question: "Restore ",
        before: |fedctl| {
            fedctl.write("dnsconfig.js", DNSCONFIG);
            let words = shlex::split(&format!("{VIA} --yes --undo before.json")).unwrap();
            fedctl.run(&words[1..]);
            assert!(fedctl.read("dnsconfig.js") != DNSCONFIG);
        },
        is_changed: |fedctl| fedctl.read("dnsconfig.js") == DNSCONFIG,
        refused: UNCHANGED,
    },
    Row {
        source: "records/apply/mod.rs",
        place: provider,
        line: "fedctl records apply --provider powerdns",
        question: "Apply this plan? [y/N] ",
        before: |_| {},
        is_changed: has_undo,
        refused: UNCHANGED,
    },
    Row {
        source: "configure/mod.rs",
        place: server,
        line: "fedctl configure",
        question: "Set these values? [y/N] ",
        before: |_| {},
        is_changed: has_undo,
        refused: UNCHANGED,
    },
    Row {
        source: "drill/mod.rs",
        place: files,
        line: "fedctl drill peer.example --user bob --domain drill.mydomain.com --key federation.key --timeout 300ms --save run.json",
        question: "Begin the drill with peer.example? [y/N] ",
        before: |_| {},
        is_changed: |fedctl| fedctl.path("run.json").exists(),
        refused: ("the drill was not begun", 2),
    },
];

/// Questions that other tests answer.
const ELSEWHERE: &[(&str, &str)] = &[
    ("records/undo.rs", "tests of records apply undo what they have applied"),
    ("configure/undo.rs", "tests of configure undo what they have set"),
    ("init/apply.rs", "tests of init --apply answer each of its questions"),
];

/// Types an answer behind the question, and gives what is wrong.
fn wrong(row: &Row, shared: &Shared, answer: &str, changes: bool) -> Option<String> {
    let place = (row.place)(shared);
    (row.before)(&place.fedctl);
    let mut pty = Pty::start(&place.fedctl, row.line, 120);
    let asks = pty.wait(|raw| raw.contains(row.question) && raw.trim_end().ends_with("[y/N]"));
    let is_untouched = !(row.is_changed)(&place.fedctl);
    if asks {
        pty.text(answer);
    }
    let left = pty.end();
    let is_changed = (row.is_changed)(&place.fedctl);
    let (sentence, status) = row.refused;
    let is_answered = match answer {
        _ if changes => !left.screen.contains(sentence),
        // The signal ends it where it waits.
        "\u{3}" => left.status.is_none(),
        _ => left.status == Some(status) && left.screen.contains(sentence),
    };
    (!(asks && is_untouched && is_changed == changes && is_answered)).then(|| {
        format!(
            "{}, {answer:?}: asks {asks}, untouched before {is_untouched}, changed {is_changed}, {:?}:\n{}",
            row.line, left.status, left.screen
        )
    })
}

#[test]
fn only_a_yes_in_the_terminal_changes_something() {
    let shared = Shared::start();
    let answers = [
        ("y\n", true),
        ("YES\n", true),
        ("n\n", false),
        ("\n", false),
        ("yy\n", false),
        ("\u{4}", false),
        ("\u{3}", false),
    ];
    let tried = ROWS.iter().flat_map(|row| answers.map(|(answer, changes)| (row, answer, changes)));
    let wrong: Vec<String> = tried.filter_map(|(row, answer, changes)| wrong(row, &shared, answer, changes)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn without_an_input_nothing_is_changed() {
    let shared = Shared::start();
    for row in ROWS {
        let place = (row.place)(&shared);
        (row.before)(&place.fedctl);
        let words = shlex::split(row.line).unwrap();
        let ran = place.fedctl.run(&words[1..]);
        assert!(!(row.is_changed)(&place.fedctl), "{}: {ran:?}", row.line);
        assert_eq!(ran.status, row.refused.1, "{}: {ran:?}", row.line);
    }
}

#[test]
fn every_question_is_in_the_table() {
    fn search(dir: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                search(&entry, found);
                continue;
            }
            let text = std::fs::read_to_string(&entry).unwrap();
            if text.lines().any(|line| line.contains("confirm(") && !line.contains("fn confirm(")) {
                let name = entry.strip_prefix(repository("src/commands")).unwrap();
                found.insert(name.to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    search(&repository("src/commands"), &mut found);
    let rows = ROWS.iter().map(|row| row.source).chain(ELSEWHERE.iter().map(|(source, _)| *source));
    assert_eq!(found, rows.map(str::to_owned).collect());
}
