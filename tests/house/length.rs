//! How long a file and a function may be: of the program, of its tests and of the measurements.

use std::path::PathBuf;

use super::{code, sources};
use crate::support::repository;

/// Lines of a file.
const FILE_MAX: usize = 400;
/// Lines of the body of a function.
const BODY_MAX: usize = 60;

/// The tests and the measurements.
fn tests() -> Vec<PathBuf> {
    ["tests", "benches"].iter().flat_map(|dir| sources(&repository(dir))).collect()
}

#[test]
fn files_are_short_and_begin_with_their_purpose() {
    let mut wrong = Vec::new();
    for file in sources(&repository("src")).into_iter().chain(tests()) {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().count();
        if lines > FILE_MAX {
            wrong.push(format!("{} has {lines} lines", file.display()));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{} does not say what it is for", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Each function of a source as rustfmt leaves it: its name, and the lines between its braces.
fn bodies(text: &str) -> Vec<(String, Vec<&str>)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_head = |word: &&str| matches!(*word, "pub" | "async" | "const" | "pub(crate)" | "pub(super)");
        let Some(name) = words.iter().position(|word| *word == "fn").filter(|at| words[..*at].iter().all(is_head))
        else {
            continue;
        };
        let name = words.get(name + 1).unwrap_or(&"").split(['(', '<']).next().unwrap_or_default().to_owned();
        let begins = |line: &&str| line.ends_with('{') && line.starts_with(indent);
        let open = lines[at..].iter().position(|line| begins(line) || line.ends_with("}")).unwrap_or_default() + at;
        let closing = format!("{indent}}}");
        let length = lines[open + 1..].iter().position(|line| *line == closing).unwrap_or_default();
        if lines[open].ends_with('{') {
            found.push((name, lines[open + 1..open + 1 + length].to_vec()));
        }
    }
    found
}

/// The lines of a test that do something: a list of cases and an expected text are one line each.
fn steps(body: &[&str]) -> usize {
    let (mut count, mut at) = (0, 0);
    while let Some(line) = body.get(at) {
        let indent = &line[..line.len() - line.trim_start().len()];
        let rest = &body[at + 1..];
        let end = match line {
            line if line.ends_with('[') => rest.iter().position(|line| line.starts_with(&format!("{indent}]"))),
            line if line.ends_with("r#\"") => rest.iter().position(|line| line.trim_start().starts_with("\"#")),
            _ => None,
        };
        at += 1 + end.map_or(0, |end| end + usize::from(!rest[end].ends_with('[')));
        count += 1;
    }
    count
}

#[test]
fn functions_stay_short() {
    let sample = "    pub async fn long(\n        a: u8,\n    ) -> u8 {\n        one(&[\n            2,\n            \
                  3,\n        ]);\n        a\n    }\nfn short() {}\n";
    let [(name, body)] = &bodies(sample)[..] else { panic!("{:?}", bodies(sample)) };
    assert_eq!((name.as_str(), body.len(), steps(body)), ("long", 5, 2));
    let read = |file: &PathBuf| std::fs::read_to_string(file).unwrap();
    let program = sources(&repository("src")).into_iter().map(|file| (code(&file), file, false));
    let tests = tests().into_iter().map(|file| (read(&file), file, true));
    let mut long = Vec::new();
    for (text, file, is_test) in program.chain(tests) {
        for (name, body) in bodies(&text) {
            let lines = if is_test { steps(&body) } else { body.len() };
            if lines > BODY_MAX {
                long.push(format!("{}: {name}: {lines} lines", file.display()));
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}
