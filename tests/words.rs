//! The words: what people read is plain technical English. None of the phrases below is in the sources, the docs, the help, the
//! manual pages or the names of tests.

use std::path::{Path, PathBuf};

use crate::support::repository;

/// A phrase, and what to write instead. A phrase counts as a whole word, in upper and lower case alike; `*` at its end stands for
/// any ending.
const PHRASES: &[(&str, &str)] = &[
    ("mend*", "fix"),
    ("heal", "fix"),
    ("in place of", "instead of"),
    ("injur*", "defect, damaged"),
    ("autops*", "key diagnosis"),
    ("server eyes", "discovery result by release"),
    ("the eyes of", "discovery result by release"),
    ("what servers see", "discovery result by release"),
    ("would make of", "interpret, resolve to"),
    ("makes of it", "interpret, resolve to"),
    ("the own", "your"),
    ("set-up", "setup"),
    ("look after", "manage"),
    ("looks after", "manages"),
    ("now and then", "occasionally"),
    ("get in the way", "may affect"),
    ("gets in the way", "may affect"),
    ("stands in the way", "blocks"),
    ("at chance", "random"),
    ("is chance", "random"),
    ("holds that", "has cached"),
    ("is told", "is reported"),
    ("are told", "are reported"),
    ("praise*", "pass_summary"),
    ("to blame", "the cause"),
    ("street*", "scenarios"),
    ("one a room", "module, layer"),
    ("wish*", "request, options"),
    ("witness*", "verifier"),
    ("visitor*", "client"),
    ("inquir*", "probe"),
    ("disguise*", "escape"),
    ("detour*", "override"),
    ("picture*", "diagram, comparison"),
    ("from zero to found", "getting started"),
    ("toolbox", "set up and diagnose"),
    ("knows nobody", "does not use"),
    ("stands in", "is in"),
    ("stand in", "are in"),
    ("whoever", "anyone who, any client"),
    ("anybody*", "anyone, any client"),
    ("sound peer*", "healthy"),
    ("sound domain*", "healthy"),
    ("sound server*", "healthy"),
    ("one and the same", "the same"),
    ("of its own", "its own"),
    ("mishear*", "misinterpret"),
    ("answers timeout", "times out"),
    ("proven", "verified"),
    ("always green", "always passes"),
    ("is green", "passed"),
    ("doubled", "duplicated"),
    ("believe*", "trust, accept"),
];
/// Ids that are never renamed, and one that a server has.
const KEPT: &[&str] = &["test-always-green"];

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|end| ["rs", "md", "json", "1", "css", "js", "yaml"].iter().any(|known| end == *known))
        {
            found.push(path);
        }
    }
}

/// True when the phrase is in the line as a whole word. In an identifier an underscore is a space.
fn has(line: &str, phrase: &str) -> bool {
    let (stem, open) = phrase.strip_suffix('*').map_or((phrase, false), |stem| (stem, true));
    line.match_indices(stem).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + stem.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && (open || !after.is_some_and(char::is_alphanumeric))
    })
}

fn plain(line: &str) -> String {
    let line = KEPT.iter().fold(line.to_lowercase(), |line, kept| line.replace(kept, ""));
    line.replace(['_', '\t'], " ")
}

fn report(wrong: &mut Vec<String>, place: &str, text: &str) {
    for (number, line) in text.lines().enumerate() {
        let line = plain(line);
        for (phrase, instead) in PHRASES.iter().filter(|(phrase, _)| has(&line, phrase)) {
            wrong.push(format!("{place}:{}: `{phrase}`, write {instead}", number + 1));
        }
    }
}

#[test]
fn phrases_are_found_as_words() {
    assert!(has("a test that is mended_", "mend*") && has("the own key", "the own"));
    assert!(!has("recommended", "mend*") && !has("the owner", "the own") && !has("resound", "sound peer*"));
    assert!(has(&plain("fn A_Zone_Is_Mended()"), "mend*"));
    let mut wrong = Vec::new();
    report(&mut wrong, "x", "fine\nno test-always-green here, but always green there");
    assert_eq!(wrong, ["x:2: `always green`, write always passes"]);
}

#[test]
fn what_people_read_is_in_plain_words() {
    let mut found = vec![repository("README.md"), repository("Cargo.toml")];
    ["src", "docs", "completions", "benches"].iter().for_each(|dir| files(&repository(dir), &mut found));
    assert!(found.len() > 300);
    let mut wrong = Vec::new();
    for file in found {
        // What was said in former releases stays.
        if !file.ends_with("docs/CHANGELOG.md") {
            let place = file.strip_prefix(repository("")).unwrap().display().to_string();
            report(&mut wrong, &place, &std::fs::read_to_string(&file).unwrap());
        }
    }
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn tests_have_plain_names() {
    let mut found = Vec::new();
    files(&repository("tests"), &mut found);
    let mut wrong = Vec::new();
    for file in found.iter().filter(|file| !file.ends_with("words.rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        let names = text
            .lines()
            .filter(|line| line.trim_start().starts_with("fn ") || line.trim_start().starts_with("async fn "));
        let names: Vec<&str> = names.filter_map(|line| line.split('(').next()).collect();
        report(&mut wrong, &file.display().to_string(), &names.join("\n"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
