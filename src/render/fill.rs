//! Text to the lines of a terminal, by one set of rules: between words only, keys in one piece, nothing that a terminal obeys.

use colored::Colorize;
use textwrap::{Options, WordSplitter};
use unicode_width::UnicodeWidthStr;

use crate::report::wording::commands_apart;
use crate::report::{FixPart, fix_parts};

/// Stands for a space at which no line may end: one column wide, of a private range, so no text needs it.
const GLUE: char = '\u{f8ff}';
/// Parts of the armour of a key with their spaces.
const ARMOUR: &[&str] = &["-----BEGIN ", "-----END ", " KEY-----"];
/// Units of the numbers in reports.
const UNITS: &[&str] = &["ms", "s", "min", "h", "days", "%", "bytes", "KB", "MB", "KiB", "MiB"];
/// Columns that a text gets at least, however narrow the terminal is.
const NARROWEST: usize = 20;
/// Columns before a text that stands below its row.
const BELOW: usize = 4;

/// The lines of a text. What is longer than a line, such as a key to paste, stays whole. A text that begins with spaces goes on
/// two columns further in.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    lines(text, options(width).subsequent_indent(&deeper(text)))
}

/// The same for text of others: its backticks are a part of it.
pub fn wrap_foreign(text: &str, width: usize) -> Vec<String> {
    let indent = deeper(text);
    folded(&harmless(text), options(width).subsequent_indent(&indent))
}

/// [`wrap`] as one text with its final line break; every line but the first begins with `indent` spaces.
pub fn hang(text: &str, width: usize, indent: usize) -> String {
    let indent = " ".repeat(if indent + NARROWEST > width { indent.min(BELOW) } else { indent });
    lines(text, options(width).subsequent_indent(&indent)).join("\n") + "\n"
}

/// A row: what its columns hold, and a text that begins at this column; below them when the terminal is narrow, or when a word of
/// the text fits only there.
pub fn beside(head: &str, text: &str, column: usize, width: usize) -> String {
    row(head, text, column, width, !fits(text, column, width))
}

/// Rows below a title, each with a head and a text: all texts are beside their heads, or all are below them. In a narrow terminal
/// the title has its own line.
pub fn titled(title: &str, rows: &[(String, String)], width: usize) -> String {
    let heads = rows.iter().map(|(head, _)| head.width()).max().unwrap_or_default();
    let start = 2 + title.width() + 2;
    let fit_at = |column: usize| rows.iter().all(|(_, text)| fits(text, column, width));
    let (start, mut out) = match fit_at(start + heads + 2) {
        true => (start, String::new()),
        false => (BELOW, format!("  {title}\n")),
    };
    let is_beside = out.is_empty();
    out += &table(rows, start, width);
    if is_beside {
        out.replace_range(2..2 + title.len(), title);
    }
    out
}

/// Rows with a head at this column and a text: all texts are beside their heads, or all are below them.
pub fn table(rows: &[(String, String)], start: usize, width: usize) -> String {
    let heads = rows.iter().map(|(head, _)| head.width()).max().unwrap_or_default();
    let column = start + heads + 2;
    let is_below = rows.iter().any(|(_, text)| !fits(text, column, width));
    let line = |(head, text): &(String, String)| {
        row(&format!("{}{head:<heads$}  ", " ".repeat(start)), text, column, width, is_below)
    };
    rows.iter().map(line).collect()
}

/// True when a text that begins at this column has room there. It has none in a narrow terminal, however short it is: the rows of a
/// table are alike.
fn fits(text: &str, column: usize, width: usize) -> bool {
    let room = width.saturating_sub(column);
    room >= NARROWEST && text.split_whitespace().all(|word| word.width() <= room)
}

fn row(head: &str, text: &str, column: usize, width: usize, is_below: bool) -> String {
    // A name in a column may be somebody else's, and must not begin a line.
    let head = head.replace('\n', " ");
    let below = (head.len() - head.trim_start_matches(' ').len() + 2).clamp(BELOW, BELOW + 2);
    let (indent, mut out) = match is_below {
        true if head.trim().is_empty() => (BELOW, " ".repeat(BELOW)),
        true => (below, format!("{}\n{}", head.trim_end(), " ".repeat(below))),
        false => (column, head),
    };
    out += &wrap(text, width.saturating_sub(indent)).join(&format!("\n{}", " ".repeat(indent)));
    out.trim_end().to_owned() + "\n"
}

/// A fix as rows: each sentence as `row` writes it, and what is to be copied alone on its line, at this column.
pub fn fix_rows(fix: &str, column: usize, row: impl Fn(&str) -> String) -> String {
    let rows = fix_parts(fix).map(|part| match part {
        FixPart::Text(text) => row(text),
        FixPart::Copy(line) => format!("{}{}\n", " ".repeat(column), harmless(line)),
    });
    rows.collect()
}

/// A row whose text may have commands in it: each is alone on its line, at this column.
pub fn command_row(head: &str, text: &str, column: usize, width: usize) -> String {
    let mut head = format!("{head:<column$}");
    let mut out = String::new();
    for part in fix_parts(&commands_apart(text)) {
        out += &match part {
            FixPart::Text(text) => hang(&format!("{head}{text}"), width, column),
            FixPart::Copy(line) => format!("{head}{}\n", harmless(line)),
        };
        head = " ".repeat(column);
    }
    out
}

/// A subject, and what is known about it: beside it, or below it when the line is too short.
pub fn title(subject: &str, about: &str, width: usize) -> String {
    let (subject, about) = (one_line(subject), one_line(about));
    match width.checked_sub(subject.width() + about.width()).filter(|gap| *gap >= 2) {
        _ if about.is_empty() => format!("{}\n\n", subject.bold()),
        Some(gap) => format!("{}{}{about}\n\n", subject.bold(), " ".repeat(gap)),
        None => format!("{}\n  {}\n\n", subject.bold(), wrap(&about, width.saturating_sub(2)).join("\n  ")),
    }
}

/// The verdict line: the whole sentence, or the short one where that does not fit. It is one line in any terminal.
pub fn fitting<'a>(whole: &'a str, short: &'a str, width: usize) -> &'a str {
    if whole.width() <= width { whole } else { short }
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

/// [`harmless`] for what belongs on one line.
pub fn one_line(text: &str) -> String {
    harmless(text).replace('\n', " ")
}

/// The pieces of a text that was written with backticks around code, and which of them are code.
pub fn spans(text: &str) -> Vec<(bool, &str)> {
    match text.matches('`').count() % 2 {
        0 => text.split('`').enumerate().map(|(at, piece)| (at % 2 == 1, piece)).collect(),
        // An odd one is a character of the text.
        _ => vec![(false, text)],
    }
}

/// For a terminal, which does not render backticks: code without white space stands for itself, other code is quoted, and what
/// fits into a narrow line is kept on one.
fn plain(text: &str, width: usize) -> String {
    let piece = |(is_code, piece): (bool, &str)| match piece.contains(' ') {
        true if is_code && piece.len() + 2 <= width.min(NARROWEST * 2 + 2) => {
            format!("\"{}\"", piece.replace(' ', &GLUE.to_string()))
        }
        true if is_code => format!("\"{piece}\""),
        _ => piece.to_owned(),
    };
    spans(text).into_iter().map(piece).collect()
}

fn lines(text: &str, options: Options) -> Vec<String> {
    let room = options.width.saturating_sub(options.subsequent_indent.len());
    folded(&plain(&harmless(text), room), options)
}

fn folded(text: &str, options: Options) -> Vec<String> {
    textwrap::wrap(&unbroken(text), options).into_iter().map(|line| line.replace(GLUE, " ")).collect()
}

/// Keeps the armour of a key together with the key, also of one that is shown in part, a number with its unit or what it counts, and
/// the two ends of a range of releases.
fn unbroken(text: &str) -> String {
    let glued = |label: &str| label.replace(' ', &GLUE.to_string());
    let text = ARMOUR.iter().fold(text.to_owned(), |text, label| text.replace(label, &glued(label)));
    let text = (0..10).fold(text, |text, digit| text.replace(&format!("{digit} – "), &format!("{digit}{GLUE}–{GLUE}")));
    let numbered = |text: String, digit| {
        let place = |text: String, word| text.replace(&format!("{word} {digit}"), &format!("{word}{GLUE}{digit}"));
        ["line", "column", "TTL"].into_iter().fold(text, place)
    };
    let text = (0..10).fold(text, numbered);
    UNITS.iter().fold(text, |text, unit| with_unit(&text, unit))
}

/// Keeps a number together with its unit.
fn with_unit(text: &str, unit: &str) -> String {
    let spaced = format!(" {unit}");
    let mut parts = text.split(&spaced).peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(part) = parts.next() {
        out.push_str(part);
        let Some(next) = parts.peek() else { break };
        let is_unit = part.ends_with(|c: char| c.is_ascii_digit()) && !next.starts_with(|c: char| c.is_alphanumeric());
        out.push(if is_unit { GLUE } else { ' ' });
        out.push_str(unit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{BEGIN_PUBLIC, END_PUBLIC};

    #[test]
    fn code_loses_its_backticks_and_stays_in_one_piece() {
        assert_eq!(wrap("the host `chat.mydomain.com` is missing", 80), ["the host chat.mydomain.com is missing"]);
        assert_eq!(
            wrap("one two three `fedctl records formats` lists", 30),
            ["one two three", "\"fedctl records formats\" lists"]
        );
        assert_eq!(wrap("an odd ` stays", 80), ["an odd ` stays"]);
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        assert_eq!(wrap("refresh within one day or 3600 s; peers", 32), ["refresh within one day or", "3600 s; peers"]);
        assert_eq!(wrap("2 servers", 80), ["2 servers"]);
        assert_eq!(wrap("the mistake is at line 1 column 12", 32), ["the mistake is at line 1", "column 12"]);
        assert_eq!(wrap("chat.mydomain.com, TTL 3600 s", 24), ["chat.mydomain.com,", "TTL 3600 s"]);
        assert_eq!(wrap("cannot be read by 4.2.0 – 6.2.x at all", 28), ["cannot be read by", "4.2.0 – 6.2.x at all"]);
    }

    #[test]
    fn rows_below_a_title_are_all_alike() {
        let rows =
            [("1.0 – 1.3", "no SRV record"), ("2.0 and later", "https://chat.two-records.test:443, then: an error")];
        let rows = rows.map(|(head, text)| (head.to_owned(), text.to_owned()));
        assert_eq!(
            titled("by release", &rows, 80),
            "  by release  1.0 – 1.3      no SRV record\n              2.0 and later  \
             https://chat.two-records.test:443, then: an error\n"
        );
        assert_eq!(
            titled("by release", &rows, 40),
            "  by release\n    1.0 – 1.3\n      no SRV record\n    2.0 and later\n      \
             https://chat.two-records.test:443,\n      then: an error\n"
        );
    }

    #[test]
    fn a_name_in_a_column_begins_no_line() {
        let row = beside("  after a fix  a,\ninjected  ", "at once", 24, 80);
        assert_eq!(row, "  after a fix  a, injected  at once\n");
        assert!(beside("  a\ninjected  ", "at once", 24, 20).lines().all(|line| line.starts_with("  ")));
    }

    #[test]
    fn a_key_to_paste_stays_on_one_line() {
        let key = format!("{BEGIN_PUBLIC}{}{END_PUBLIC}", "A".repeat(392));
        let lines = wrap(&format!("publish this instead: {key} and nothing else"), 60);
        assert!(lines.contains(&key), "{lines:?}");
        let part = "TXT → -----BEGIN PUBLI…-----END PUBLIC KEY-----";
        assert_eq!(wrap(part, 20), ["TXT →", "-----BEGIN PUBLI…-----END PUBLIC KEY-----"]);
    }

    #[test]
    fn a_terminal_is_given_nothing_to_obey_and_indents_hang() {
        assert_eq!(wrap("a\u{1b}[31mb\rc\u{9b}d", 80), ["a\u{fffd}[31mb\u{fffd}c\u{fffd}d"]);
        assert_eq!(wrap("  one two three four five", 20), ["  one two three four", "    five"]);
        assert_eq!(hang("one two-three four", 20, 2), "one two-three four\n");
        assert_eq!(hang("one two-three four five six", 20, 2), "one two-three four\n  five six\n");
    }
}
