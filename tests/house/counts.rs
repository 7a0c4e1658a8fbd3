//! A count and its noun are written by `count::counted`: a format string with a plural noun is wrong for one.

use super::{code, sources};
use crate::support::repository;

/// What fedctl counts.
const NOUNS: &[&str] = &[
    "addresses",
    "bytes",
    "changes",
    "characters",
    "checks",
    "days",
    "differences",
    "directions",
    "domains",
    "entries",
    "errors",
    "events",
    "files",
    "findings",
    "hours",
    "keys",
    "lines",
    "members",
    "minutes",
    "notices",
    "pages",
    "queries",
    "questions",
    "records",
    "requests",
    "resolvers",
    "responses",
    "rooms",
    "seconds",
    "servers",
    "settings",
    "steps",
    "strings",
    "times",
    "users",
    "warnings",
    "zones",
];
/// It repeats what a server of another program writes.
const EXEMPT: &str = "serve/peer/answer.rs";

/// The noun behind a placeholder, unless the number of all stands there, as in `1 of {all} steps`, or a constant, which is not one.
fn plural(line: &str) -> Option<&'static str> {
    line.match_indices("} ").find_map(|(at, _)| {
        let name = line[..at].rfind('{').map(|start| (&line[..start], &line[start + 1..at]));
        let (before, name) = name?;
        let is_constant = !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let rest = &line[at + 2..];
        let word = &rest[..rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())];
        NOUNS.iter().copied().find(|noun| *noun == word && !is_constant && !before.ends_with("of "))
    })
}

/// The noun behind a count in the markup of a page, as in `(rooms.len()) " rooms"`, unless the count is a constant.
fn plural_in_markup(line: &str) -> Option<&'static str> {
    line.match_indices(") \" ").find_map(|(at, mark)| {
        let count = line[..at].rsplit('(').next().unwrap_or_default();
        let is_constant = !count.is_empty() && count.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let rest = &line[at + mark.len()..];
        let word = &rest[..rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())];
        NOUNS.iter().copied().find(|noun| *noun == word && !is_constant)
    })
}

#[test]
fn counts_are_written_in_one_place() {
    let mut wrong = Vec::new();
    for file in sources(&repository("src")).iter().filter(|file| !file.ends_with(EXEMPT)) {
        for line in code(file).lines() {
            if let Some(noun) = plural(line).or(plural_in_markup(line)) {
                wrong.push(format!("{}: {noun}: {}", file.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "use count::counted:\n{}", wrong.join("\n"));
}

#[test]
fn a_plural_behind_a_count_is_found() {
    assert_eq!(plural(r#"format!("{count} records are left")"#), Some("records"));
    assert_eq!(plural(r#"format!("{} bytes", text.len())"#), Some("bytes"));
    assert_eq!(plural_in_markup(r#"p { (rooms.len()) " rooms" }"#), Some("rooms"));
    assert_eq!(plural_in_markup(r#"h2 { "The last " (DAYS) " days" }"#), None);
    for fine in
        [r#"format!("{done} of {all} steps")"#, r#"format!("{NAME_MAX} characters")"#, r#"format!("{x} answers")"#]
    {
        assert_eq!(plural(fine), None, "{fine}");
    }
}
