//! A count with its noun.

use std::fmt::Display;

/// `1 record`, `2 records`, `0 entries`; the last word of the noun becomes plural.
pub fn counted(count: impl Display, noun: &str) -> String {
    let count = count.to_string();
    if count == "1" { format!("1 {noun}") } else { format!("{count} {}", plural(noun)) }
}

/// `is` for one, else `are`.
pub fn is_or_are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn plural(noun: &str) -> String {
    let stem = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match (stem, noun.strip_suffix("is")) {
        (Some(stem), _) => format!("{stem}ies"),
        (_, Some(stem)) => format!("{stem}es"),
        _ if noun.ends_with(['s', 'x']) || noun.ends_with("ch") => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_all_others_are_plural() {
        for (noun, one, many) in [
            ("record set", "1 record set", "2 record sets"),
            ("entry", "1 entry", "2 entries"),
            ("day", "1 day", "2 days"),
            ("address", "1 address", "2 addresses"),
            ("diagnosis", "1 diagnosis", "2 diagnoses"),
            ("search", "1 search", "2 searches"),
        ] {
            assert_eq!((counted(1, noun), counted(2, noun)), (one.to_owned(), many.to_owned()));
        }
        assert_eq!((counted(0, "error"), counted("1,000", "domain")), ("0 errors".into(), "1,000 domains".into()));
    }
}
