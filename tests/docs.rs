//! What the docs say must be so: every command line in them is one that fedctl takes, and every link leads to a file.

use std::path::{Path, PathBuf};

use clap::error::ErrorKind;

use crate::commands::frame::{fresh, fresh_part};
use crate::support::repository;

pub fn pages() -> Vec<PathBuf> {
    let mut pages = vec![repository("README.md")];
    for dir in ["docs", "docs/checks"] {
        let entries = std::fs::read_dir(repository(dir)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    assert!(pages.len() > 20);
    pages
}

/// A command line in a fenced block: the language of the block, and what is typed, with its continuations.
pub struct Typed {
    pub language: String,
    pub line: String,
}

/// The lines of the fenced blocks; of a console with its output only what is typed.
pub fn typed(text: &str) -> Vec<Typed> {
    let mut lines: Vec<Typed> = Vec::new();
    let (mut fence, mut goes_on) = (None, false);
    for line in text.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(language) };
            continue;
        }
        let Some(language) = fence else { continue };
        if goes_on {
            let last = lines.last_mut().unwrap();
            last.line += &format!("\n{line}");
        } else if language != "console" {
            lines.push(Typed { language: language.into(), line: line.into() });
        } else if let Some(line) = line.strip_prefix("$ ") {
            lines.push(Typed { language: language.into(), line: line.into() });
        } else {
            continue;
        }
        let held = &lines.last().unwrap().line;
        let here_document =
            held.split_once("<<END\n").map_or(held.ends_with("<<END"), |(_, text)| !text.ends_with("END"));
        goes_on = held.ends_with(['\\', '|']) || here_document;
    }
    lines
}

/// Each call of fedctl in a line, as words, up to where the shell takes over.
pub fn calls(line: &str) -> Vec<Vec<String>> {
    let starts = line.match_indices("fedctl ").map(|(at, _)| at);
    let is_command = |at: usize| {
        let before = line[..at].trim_end();
        let head = before.is_empty() || before.ends_with(['|', ';', '&', '(', ':', '$']) || before.ends_with("run:");
        let words: Vec<&str> = before.split_whitespace().collect();
        head && line[..at].ends_with([' ', '(']) || at == 0 || words.ends_with(&["-"]) || words.last() == Some(&"sudo")
    };
    let cut = |words: Vec<String>| -> Vec<String> {
        let ends = |word: &String| matches!(word.as_str(), "|" | "||" | "&&" | ";" | ">" | ">>" | "<" | "2>&1" | "…");
        let mut words: Vec<String> = words.into_iter().take_while(|word| !ends(word)).collect();
        if let Some(at) = words.iter().position(|word| word.starts_with(['>', '<']) || word.ends_with([')', ';'])) {
            let last = words[at].trim_end_matches([')', ';']).to_owned();
            words.truncate(at);
            words.extend((!last.starts_with(['>', '<'])).then_some(last));
        }
        words
    };
    starts.filter(|at| is_command(*at)).filter_map(|at| shlex::split(&line[at..])).map(cut).collect()
}

#[test]
fn every_command_line_in_the_docs_is_taken() {
    let (mut seen, mut refused) = (0, Vec::new());
    for page in pages() {
        for Typed { line, .. } in typed(&std::fs::read_to_string(&page).unwrap()) {
            let line = line.replace("\\\n", "");
            for words in line.lines().flat_map(calls) {
                seen += 1;
                let harmless = |kind| matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
                let taken = fedctl::cli::command().try_get_matches_from(&words);
                if let Some(error) = taken.err().filter(|error| !harmless(error.kind())) {
                    refused.push(format!("{}: `{line}` as {words:?}: {error}", page.display()));
                }
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(seen > 60, "only {seen} command lines were found");
}

/// The texts between single backticks, outside of fenced blocks.
fn spans(text: &str) -> Vec<&str> {
    text.split("```").step_by(2).flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_command_named_in_the_docs_exists() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for span in spans(&text).into_iter().filter_map(|span| span.strip_prefix("fedctl ")) {
            let mut command = fedctl::cli::command();
            for word in span.split_whitespace().take_while(|word| word.chars().all(|c| c.is_lowercase() || c == '-')) {
                if word.starts_with('-') || !command.has_subcommands() {
                    break;
                }
                let found = command.find_subcommand(word).cloned();
                command = found.unwrap_or_else(|| panic!("{}: there is no `fedctl {span}`", page.display()));
            }
        }
    }
}

/// The names of all tests in the sources.
pub fn test_names() -> Vec<String> {
    let mut known = Vec::new();
    ["src", "tests"].iter().for_each(|dir| tests(&repository(dir), &mut known));
    known
}

fn tests(dir: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let after = text.split("#[test]").chain(text.split("#[tokio::test")).map(|part| part.split("fn ").nth(1));
            let name = |part: &str| part.split('(').next().unwrap_or_default().to_owned();
            found.extend(after.flatten().map(name));
        }
    }
}

#[test]
fn every_test_in_the_table_of_threats_exists() {
    let known = test_names();
    let page = std::fs::read_to_string(repository("docs/security.md")).unwrap();
    let section = page.split("## Threats").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert!(rows.len() >= 15, "{}", rows.len());
    for row in rows {
        let named: Vec<&str> = row.rsplit(" | ").next().unwrap().split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test shows what holds: {row}");
        for test in named {
            assert!(known.iter().any(|name| name == test), "there is no test `{test}`");
        }
    }
}

/// A block with commands has a language, so that another test runs them; a block of another kind has none.
#[test]
fn a_block_with_commands_has_a_language() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let is_command =
            |line: &str| line.starts_with(['$', '#']) && line.contains(" fedctl ") || line.starts_with("fedctl ");
        let plain = typed(&text).into_iter().filter(|typed| ["", "text"].contains(&typed.language.as_str()));
        let wrong: Vec<String> = plain.map(|typed| typed.line).filter(|line| is_command(line)).collect();
        assert!(wrong.is_empty(), "{}: write ```sh above {wrong:?}", page.display());
        let indented = text.lines().find(|line| {
            line.starts_with("    fedctl ")
                && !text.contains(&format!("\\\n{line}"))
                && !text.contains(&format!("|\n{line}"))
        });
        assert!(indented.is_none(), "{}: write ```sh above {indented:?}", page.display());
    }
}

#[test]
fn every_link_leads_to_a_file() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            let here = page.parent().unwrap_or(Path::new("."));
            let outside = target.contains("://") || target.contains(' ') || path.is_empty();
            assert!(outside || here.join(path).exists(), "{}: {target} leads nowhere", page.display());
        }
    }
}

#[test]
fn the_pages_of_releases_are_fresh() {
    fresh("docs/releases.md", fedctl::render::releases::page().as_bytes());
    fresh("docs/compatibility.md", fedctl::render::compatibility::page().as_bytes());
    fresh_part("docs/checks/server-release.md", "faults", &fedctl::render::releases::faults());
}
