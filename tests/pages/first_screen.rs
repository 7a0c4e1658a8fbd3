//! The first screen of the README is what its command prints in the lab.

use std::path::Path;

use crate::commands::snapshots::redact::redact;
use crate::support::lab::Kept;
use crate::support::{Fedctl, repository};

const BEGIN: &str = "```console\n$ fedctl dns-check two-records.test\n";
const END: &str = "```\n";

/// The screen without what differs from run to run: pieces of keys, what the first piece is taken for, and what is cached.
fn constant(screen: &str) -> String {
    let pieces = |line: &str| line.split(' ').map(piece).collect::<Vec<_>>().join(" ");
    let mut lines: Vec<String> = Vec::new();
    let mut skipped = false;
    for line in redact(screen, Path::new("/none")).lines().map(pieces) {
        let is_new = line.is_empty() || line.trim_start().starts_with("peers ");
        if skipped && !is_new {
            continue;
        }
        skipped = line.ends_with(", then:") || line.trim_start().starts_with("127.0.0.1:xxxxx  up to ");
        lines.push(line.split("up to ").next().unwrap_or_default().to_owned());
    }
    lines.join("\n")
}

/// A word without the characters of a key beside its dots.
fn piece(word: &str) -> String {
    match word.split_once('…') {
        Some((_, end)) if end.starts_with("-----END") => format!("x…{end}"),
        Some((begin @ "PUBLI", _)) => format!("{begin}…x"),
        _ => word.to_owned(),
    }
}

#[test]
fn the_first_screen_of_the_readme_is_fresh() {
    let lab = Kept::start(&Fedctl::new(), &[]);
    let printed = lab.neighbour().run(&["dns-check", "two-records.test"]);
    assert_eq!((printed.status, printed.stderr.as_str()), (1, ""));
    let page = std::fs::read_to_string(repository("README.md")).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the README begins with a run");
    let (shown, after) = rest.split_once(END).unwrap();
    if constant(shown) != constant(&printed.stdout) && std::env::var_os("FEDCTL_BLESS").is_some() {
        std::fs::write(repository("README.md"), format!("{before}{BEGIN}{}{END}{after}", printed.stdout)).unwrap();
        return;
    }
    assert_eq!(constant(shown), constant(&printed.stdout), "FEDCTL_BLESS=1 cargo test fresh writes it");
}
