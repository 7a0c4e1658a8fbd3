//! Checks and boundaries between releases are named by their constants.

use std::collections::BTreeSet;

use super::{code, module_of, sources};
use crate::support::repository;

#[test]
fn a_check_is_named_by_its_constant() {
    let mut wrong = Vec::new();
    for file in sources(&repository("src")) {
        for line in code(&file).lines() {
            let named = fedctl::check::CHECKS.iter().find(|check| line.contains(&format!("\"{}\"", check.id)));
            if let Some(check) = named.filter(|check| line.trim() != format!("id: \"{}\",", check.id)) {
                wrong.push(format!("{}: {}", module_of(&file).join("::"), check.id));
            }
        }
    }
    assert!(wrong.is_empty(), "write `check::NAME::CHECK.id`: {wrong:#?}");
}

/// The file that holds every boundary between releases.
const BOUNDARIES: &str = "rocketchat/boundary.rs";

/// Releases that texts name as examples, and the last ones of lines that ended before a boundary.
const NO_BOUNDARIES: [&str; 9] = ["1.1.5", "3.0.3", "3.3.3", "3.5.0", "3.18.3", "3.18.7", "4.5.7", "6.5.0", "8.0.0"];

/// The numbers `1.2.3` in a text. Addresses and longer numbers are none.
fn releases_in(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '.').map(|word| word.trim_matches('.'));
    let is_release = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() == 3
            && parts.iter().all(|part| (1..=2).contains(&part.len()))
            && parts[0].len() == 1
            && parts[0] != "0"
    };
    words.filter(is_release).map(str::to_owned).collect()
}

/// A text that names a release stays true when a boundary moves only if somebody looks at it: this test makes them look.
#[test]
fn texts_name_no_releases_but_boundaries() {
    assert_eq!(releases_in("from 3.6.3 on, 127.0.0.1, 1.2.3.4, 0.1.0 and 3.4.0."), ["3.6.3", "3.4.0"]);
    let boundaries = std::fs::read_to_string(repository(&format!("src/{BOUNDARIES}"))).unwrap();
    let mut known = BTreeSet::new();
    for rest in boundaries.split("Release(").skip(1) {
        let numbers: Vec<u16> = rest.split([',', ')']).take(3).filter_map(|part| part.trim().parse().ok()).collect();
        if let [major, minor, patch] = numbers[..] {
            known.insert(format!("{major}.{minor}.{patch}"));
            known.extend(patch.checked_sub(1).map(|before| format!("{major}.{minor}.{before}")));
        }
    }
    let pages = std::fs::read_dir(repository("docs/checks")).unwrap().map(|page| page.unwrap().path());
    let pages = pages.map(|page| (page.clone(), std::fs::read_to_string(page).unwrap()));
    let code = sources(&repository("src")).into_iter().map(|file| (file.clone(), code(&file)));
    let mut wrong = Vec::new();
    for (file, text) in pages.chain(code).filter(|(file, _)| !file.to_string_lossy().ends_with("_sample.rs")) {
        for (at, line) in text.lines().enumerate() {
            let unknown = |release: &String| !known.contains(release) && !NO_BOUNDARIES.contains(&release.as_str());
            wrong.extend(
                releases_in(line).into_iter().filter(unknown).map(|it| format!("{}:{}: {it}", file.display(), at + 1)),
            );
        }
    }
    assert!(wrong.is_empty(), "name a boundary of {BOUNDARIES} or the release before it:\n{}", wrong.join("\n"));
}

#[test]
fn boundaries_between_releases_are_written_in_one_file() {
    let mut wrong = Vec::new();
    for file in sources(&repository("src"))
        .into_iter()
        .filter(|file| !file.ends_with(BOUNDARIES) && !file.ends_with("check/peer_sample.rs"))
    {
        for (at, line) in code(&file).lines().enumerate() {
            let literal = line.split("Release(").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            if literal {
                wrong.push(format!("{}:{}: {}", file.display(), at + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "name the boundary in {BOUNDARIES}:\n{}", wrong.join("\n"));
}

/// The error types of all results in a text, however nested the type before them is.
fn errors_of_results(text: &str) -> Vec<&str> {
    let inside = |rest: &str| -> Option<(usize, usize)> {
        let (mut depth, mut comma) = (1, None);
        for (at, c) in rest.char_indices() {
            match c {
                '<' | '(' | '[' => depth += 1,
                '>' | ')' | ']' => depth -= 1,
                ',' if depth == 1 => comma = Some(at + 1),
                _ => {}
            }
            if depth == 0 {
                return Some((comma?, at));
            }
        }
        None
    };
    let results = text.split("Result<").skip(1);
    results.filter_map(|rest| inside(rest).map(|(from, to)| rest[from..to].trim())).collect()
}

#[test]
fn no_failure_below_the_commands_is_a_sentence() {
    let nested = "fn a() -> Result<(u16, Vec<u8>), String> {} fn b() -> Result<Vec<String>, Failure>; io::Result<()>";
    assert_eq!(errors_of_results(nested), ["String", "Failure"]);
    let below = |file: &std::path::PathBuf| module_of(file).first().is_none_or(|layer| layer != "commands");
    let mut wrong = Vec::new();
    for file in sources(&repository("src")).into_iter().filter(below) {
        let code = code(&file);
        let sentences = errors_of_results(&code).into_iter().filter(|error| *error == "String");
        wrong.extend(sentences.map(|error| format!("{}: {error}", file.display())));
    }
    assert!(wrong.is_empty(), "code branches on failures: make it an enum: {wrong:#?}");
}
