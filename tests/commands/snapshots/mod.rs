//! What each command prints for people at 80 columns, whole: standard output, standard error and exit status. The files are in
//! `tests/snapshots`; `FEDCTL_BLESS=1 cargo test fresh` writes them anew.

pub mod places;
pub mod redact;
mod scenes;
mod width;

use std::path::Path;

use self::places::Shared;
use self::redact::redact;
use self::scenes::{SCENES, Scene};
use crate::commands::help::leaves;
use crate::support::counts::plural_of_one;
use crate::support::{Fedctl, Ran, repository};

/// Commands of which no run with a result is kept, and why.
const WITHOUT_RESULT: &[(&str, &str)] = &[
    ("envelope seal", "what it prints is random"),
    ("records undo", "the provider of its scene answers every request with the same records"),
    ("serve dns", "runs until it is stopped"),
    ("serve hub", "runs until it is stopped"),
    ("serve peer", "runs until it is stopped"),
];

/// Runs of a scene before a difference counts: a server that was slow once is a finding of its own.
const TRIES: usize = 4;

impl Scene {
    /// Runs the lines in one place, and gives what `shown` makes of each.
    fn each<T>(&self, shared: &Shared, columns: usize, mut shown: impl FnMut(&str, &Ran, &Path) -> T) -> Vec<T> {
        let place = (self.place)(shared);
        let run = |line: &&str| {
            let ran = run(&place.fedctl, line, columns);
            shown(line, &ran, place.fedctl.dir.path())
        };
        self.lines.iter().map(run).collect()
    }
}

/// Runs a line as a shell would, with the file behind `<` as input.
pub fn run(fedctl: &Fedctl, line: &str, columns: usize) -> Ran {
    let mut words = shlex::split(line).unwrap();
    let input = words.iter().position(|word| word == "<").map(|at| fedctl.read(&words.split_off(at)[1]));
    let mut command = fedctl.command(&words[1..]);
    fedctl.feed(command.env("COLUMNS", columns.to_string()), input.unwrap_or_default())
}

fn text(line: &str, ran: &Ran, dir: &Path) -> String {
    let stderr = if ran.stderr.is_empty() { String::new() } else { format!("---- stderr\n{}", ran.stderr) };
    redact(&format!("---- $ {line}\n{}{stderr}---- status {}\n\n", ran.stdout, ran.status), dir)
}

#[test]
fn what_each_command_prints_is_fresh() {
    let shared = Shared::start();
    let stale: Vec<String> = SCENES.iter().filter_map(|scene| stale(scene, &shared)).collect();
    assert!(stale.is_empty(), "{}\nFEDCTL_BLESS=1 cargo test fresh writes the files", stale.join("\n"));
    let kept = std::fs::read_dir(repository("tests/snapshots")).unwrap().count();
    assert_eq!(kept, SCENES.len(), "a file of no scene is left over");
}

/// Compares a scene with its file, or writes the file when `FEDCTL_BLESS` is set; what differs, when it differs each time.
fn stale(scene: &Scene, shared: &Shared) -> Option<String> {
    let path = repository(&format!("tests/snapshots/{}.txt", scene.name));
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let mut seen = String::new();
    for _ in 0..TRIES {
        seen = scene.each(shared, 80, text).concat();
        if seen == known {
            return None;
        }
        if std::env::var_os("FEDCTL_BLESS").is_some() {
            std::fs::write(&path, &seen).unwrap();
            return None;
        }
    }
    let differing = known.lines().zip(seen.lines()).enumerate().find(|(_, (known, seen))| known != seen);
    let at = differing.map_or(known.lines().count().min(seen.lines().count()), |(at, _)| at);
    let around = |text: &str| text.lines().skip(at.saturating_sub(3)).take(8).collect::<Vec<_>>().join("\n");
    Some(format!("{} differs from line {}: kept\n{}\nprinted\n{}", scene.name, at + 1, around(&known), around(&seen)))
}

#[test]
fn no_snapshot_has_a_plural_of_one() {
    for scene in SCENES {
        let kept = std::fs::read_to_string(repository(&format!("tests/snapshots/{}.txt", scene.name))).unwrap();
        assert_eq!(plural_of_one(&kept), None, "{}", scene.name);
    }
}

#[test]
fn every_command_has_a_snapshot() {
    let lines: Vec<Vec<String>> =
        SCENES.iter().flat_map(|scene| scene.lines).map(|line| shlex::split(line).unwrap()).collect();
    for (path, _) in leaves() {
        let is_run = lines.iter().any(|words| words[1..].starts_with(&path));
        assert!(is_run, "`fedctl {}` is in no scene of tests/commands/snapshots/scenes.rs", path.join(" "));
    }
}

/// The command lines that are kept, and their exit status.
fn kept() -> Vec<(Vec<String>, i32)> {
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(repository("tests/snapshots")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut line = None;
        for part in text.lines().filter_map(|line| line.strip_prefix("---- ")) {
            match part.strip_prefix("status ") {
                Some(status) => kept.extend(line.take().map(|words| (words, status.parse().unwrap()))),
                None => line = part.strip_prefix("$ ").and_then(shlex::split).or(line),
            }
        }
    }
    kept
}

/// An error is one screen, and what a command prints when it does its work is another.
#[test]
fn every_command_has_a_snapshot_of_a_result() {
    let kept = kept();
    for (path, _) in leaves() {
        let has_result = kept.iter().any(|(words, status)| words[1..].starts_with(&path) && *status < 2);
        let is_known = WITHOUT_RESULT.iter().any(|(command, _)| *command == path.join(" "));
        assert_eq!(has_result, !is_known, "`fedctl {}`: is a run with status 0 or 1 kept?", path.join(" "));
    }
}
