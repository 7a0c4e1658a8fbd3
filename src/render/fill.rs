//! Text to the lines of a terminal, by one set of rules: between words only, keys in one piece, nothing that a terminal obeys.

use textwrap::{Options, WordSplitter};

use crate::key::{BEGIN_PUBLIC, END_PUBLIC};

/// Stands for a space at which no line may end: one column wide, of a private range, so no text needs it.
const GLUE: char = '\u{f8ff}';
/// Columns that a text gets at least, however narrow the terminal is.
const NARROWEST: usize = 20;

/// The lines of a text. What is longer than a line, such as a key to paste, stays whole. A text that begins with spaces goes on
/// two columns further in.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    lines(text, options(width).subsequent_indent(&deeper(text)))
}

/// The same for what nobody is to copy: long words are broken too.
pub fn wrap_all(text: &str, width: usize) -> Vec<String> {
    lines(text, options(width).break_words(true).subsequent_indent(&deeper(text)))
}

/// [`wrap`] as one text with its final line break; every line but the first begins with `indent` spaces.
pub fn hang(text: &str, width: usize, indent: usize) -> String {
    let indent = " ".repeat(indent);
    lines(text, options(width).subsequent_indent(&indent)).join("\n") + "\n"
}

fn deeper(text: &str) -> String {
    match text.len() - text.trim_start_matches(' ').len() {
        0 => String::new(),
        depth => " ".repeat(depth + 2),
    }
}

fn options<'a>(width: usize) -> Options<'a> {
    Options::new(width.max(NARROWEST)).break_words(false).word_splitter(WordSplitter::NoHyphenation)
}

/// Without anything that a terminal would obey: a name server, a peer or a hub may have put it there.
pub fn harmless(text: &str) -> String {
    crate::text::lines(text).replace(['\t', GLUE], "\u{fffd}")
}

fn lines(text: &str, options: Options) -> Vec<String> {
    textwrap::wrap(&unbroken(&harmless(text)), options).into_iter().map(|line| line.replace(GLUE, " ")).collect()
}

/// Keeps the armour of a key together with the key: it is there to be copied as it stands.
fn unbroken(text: &str) -> String {
    let glued = |label: &str| label.replace(' ', &GLUE.to_string());
    [BEGIN_PUBLIC, END_PUBLIC].iter().fold(text.to_owned(), |text, label| text.replace(label, &glued(label)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_to_paste_stays_on_one_line() {
        let key = format!("{BEGIN_PUBLIC}{}{END_PUBLIC}", "A".repeat(392));
        let lines = wrap(&format!("publish this in its place: {key} and nothing else"), 60);
        assert!(lines.contains(&key), "{lines:?}");
    }

    #[test]
    fn a_terminal_is_given_nothing_to_obey_and_indents_hang() {
        assert_eq!(wrap("a\u{1b}[31mb\rc\u{9b}d", 80), ["a\u{fffd}[31mb\u{fffd}c\u{fffd}d"]);
        assert_eq!(wrap("  one two three four five", 20), ["  one two three four", "    five"]);
        assert_eq!(hang("one two-three four", 20, 2), "one two-three four\n");
        assert_eq!(hang("one two-three four five six", 20, 2), "one two-three four\n  five six\n");
    }
}
