//! The same commands in narrow and wide terminals: lines end within the terminal, and what is to be copied is on one line.

use std::collections::BTreeSet;
use std::path::Path;

use super::places::Shared;
use super::redact::redact;
use super::run;
use super::scenes::{SCENES, Scene};
use crate::support::Ran;

/// Programs whose commands stand on lines of their own.
const PROGRAMS: &[&str] = &["fedctl ", "mongosh ", "rm ", "nginx ", "caddy ", "mkdir "];

/// Commands whose answer is a file: a form of records, or the configuration of a proxy.
fn is_file(line: &str) -> bool {
    line.starts_with("fedctl proxy") || line.starts_with("fedctl records --format")
}

/// A line that may be longer than the terminal: what is to be copied (a command, a record, a hash, a member of JSON, a line of a zone
/// file) with its heading, or one word that has no place to break at.
fn is_whole(line: &str) -> bool {
    let text = line.trim_start().trim_start_matches("fedctl: hint: ").trim_start_matches("check  ");
    let is_command = PROGRAMS.iter().any(|program| text.starts_with(program));
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    // In a table the name of a record has its own line where both do not fit.
    let is_data = has(&["  SRV   ", "  TXT   "]) && text.starts_with(|c: char| c.is_ascii_digit());
    let is_record = has(&[" IN SRV ", " IN TXT ", "PUBLIC KEY-----"]) || is_data;
    let is_hash = text.split([' ', ',']).any(|word| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit()));
    let is_part = ["; ", "\"", "--", "name  "].iter().any(|start| text.starts_with(start)) || text.ends_with('\\');
    is_command || is_record || is_hash || is_part || !text.trim_end().contains(' ')
}

fn long(text: &str, columns: usize) -> Vec<&str> {
    text.lines().filter(|line| line.chars().count() > columns && !is_whole(line)).collect()
}

/// The lines that end within a command, without the mark that it goes on.
fn torn(text: &str) -> Vec<&str> {
    let next = text.lines().skip(1).chain([""]);
    let is_torn = |(line, next): &(&str, &str)| {
        let goes_on = line.contains("fedctl ") && !line.ends_with('\\') && next.trim_start().starts_with("--");
        line.ends_with(" fedctl") || line.ends_with(" \"fedctl") || goes_on
    };
    text.lines().zip(next).filter(is_torn).map(|(line, _)| line).collect()
}

/// The hashes and the commands of an output; each must be on one line at every width.
fn pieces(ran: &Ran, dir: &Path) -> BTreeSet<String> {
    let all = redact(&format!("{}\n{}", ran.stdout, ran.stderr), dir);
    let is_hash = |word: &&str| word.len() == 64 && word.chars().all(|c| c == 'x');
    // The last line of a report has room for this one beside the verdict, or not.
    let is_aside = |line: &str| line.starts_with("fedctl explain ");
    let command = |line: &str| {
        let line = line.strip_prefix("  ")?.trim();
        (line.starts_with("fedctl ") && !is_aside(line)).then(|| line.to_owned())
    };
    let hashes = all.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_hash).map(|_| "a hash".to_owned());
    hashes.chain(all.lines().filter_map(command)).collect()
}

/// What is wrong at this width, and what is there to be copied, for each line of the scene.
fn look(scene: &Scene, shared: &Shared, columns: usize) -> Vec<(Option<String>, BTreeSet<String>)> {
    scene.each(shared, columns, |line, ran, dir| {
        // A file has the same form everywhere, and its comments are for people.
        let comments = ran.stdout.lines().filter(|line| line.trim_start().starts_with(['#', ';']));
        let comments = comments.filter(|line| line.chars().count() > 80 && !is_whole(line)).collect();
        let stdout = if is_file(line) { comments } else { long(&ran.stdout, columns) };
        let spaced = |text: &'_ str| text.lines().filter(|line| line.ends_with(' ')).count();
        let spaced = if is_file(line) { 0 } else { spaced(&ran.stdout) };
        assert_eq!(spaced, 0, "{line} at {columns} columns ends lines with spaces:\n{}", ran.stdout);
        let torn = if is_file(line) { Vec::new() } else { torn(&ran.stdout) };
        let lines = [stdout, long(&ran.stderr, columns), torn].concat();
        let wrong = format!("{columns} columns: {line}\n  {}", lines.join("\n  "));
        ((!lines.is_empty()).then_some(wrong), pieces(ran, dir))
    })
}

#[test]
fn every_output_fits_narrow_and_wide_terminals() {
    let shared = Shared::start();
    let mut wrong = Vec::new();
    for scene in SCENES {
        let seen = [40, 80, 200].map(|columns| look(scene, &shared, columns));
        wrong.extend(seen.iter().flatten().filter_map(|(wrong, _)| wrong.clone()));
        let [narrow, usual, broad] = seen;
        for ((narrow, usual), broad) in narrow.iter().zip(&usual).zip(&broad) {
            for pair in [(narrow, usual), (usual, broad)] {
                wrong.extend(
                    pair.0.1.symmetric_difference(&pair.1.1).map(|piece| format!("{}: split: {piece}", scene.name)),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Words that have a colour, and the same meaning without it.
const COLOURED: &[&str] = &[
    "ok", "error", "warning", "notice", "FAIL", "PASS", "UNKNOWN", "warn", "?", "works", "limited", "may fail", "fails",
];

/// The pieces of a text that have a colour.
fn coloured(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut colour = false;
    for part in text.split("\u{1b}[").skip(1) {
        let (codes, rest) = part.split_once('m').unwrap();
        for code in codes.split(';') {
            colour = match code {
                "31" | "32" | "33" | "34" | "35" | "36" => true,
                "0" | "" | "39" => false,
                _ => colour,
            };
        }
        if colour && !rest.trim().is_empty() {
            pieces.push(rest.trim().to_owned());
        }
    }
    pieces
}

#[test]
fn colour_is_on_words_that_have_a_meaning_without_it() {
    let shared = Shared::start();
    let mut wrong = Vec::new();
    let mut count = 0;
    for scene in SCENES {
        let place = (scene.place)(&shared);
        for line in scene.lines {
            let ran = run(&place.fedctl, &line.replacen("fedctl ", "fedctl --color=always ", 1), 80);
            let help = line.contains(" -h") || line.contains("--help") || *line == "fedctl";
            // A verdict is a sentence in itself.
            let is_verdict = |piece: &str| {
                let end = ran.stdout.lines().rev().take_while(|line| !line.is_empty()).any(|line| line.contains(piece));
                end || ran.stdout.lines().any(|line| line.starts_with("\u{1b}[") && line.contains(piece))
            };
            let pieces = [coloured(&ran.stdout), coloured(&ran.stderr)].concat();
            count += pieces.len();
            // The numbers of reasons follow the word.
            let word =
                |piece: &str| piece.trim_end_matches(|c: char| c.is_ascii_digit() || " ,".contains(c)).to_owned();
            let is_known = |piece: &str| COLOURED.contains(&&*word(piece)) || is_verdict(piece);
            let unknown = pieces.iter().filter(|piece| !help && !is_known(piece));
            wrong.extend(unknown.map(|piece| format!("{line}: `{piece}`")));
        }
    }
    assert!(wrong.is_empty() && count > 100, "{count}: {}", wrong.join("\n"));
}
