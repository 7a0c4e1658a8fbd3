//! Text of others: name servers, peers, hubs, certificates, files and arguments. One filter takes out what a terminal, a log or a
//! workflow runner would obey, hide or reorder, and one takes out private keys.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// Stands for a character that was taken out.
pub const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;
/// Stands for a private key that was taken out.
pub const KEY_REMOVED: &str = "[private key removed]";
/// The error for a key in the place of the name of its file.
pub const NO_FILE_NAME: &str = "a private key was given where a file name belongs";

/// True for a character that has an effect and no shape: control characters (C0, DEL, C1), bidirectional controls, characters
/// without width, the byte order mark, line separators, tags. Line feed and tab are among them.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Text of others on its way to a reader: displayed, it is one line without anything unsafe and without private keys.
#[derive(Clone, Copy)]
pub struct Untrusted<'a>(pub &'a str);

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&one_line(&redacted(self.0)))
    }
}

impl fmt::Debug for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Text that may leave fedctl for a file or a stream of bytes. Only the functions here make one, and each says which filter it
/// went through, so that no output can forget the filter.
#[derive(Clone, PartialEq, Eq)]
pub struct Filtered<'a>(Cow<'a, str>);

impl<'a> Filtered<'a> {
    /// What people read: reports, tables and pages.
    pub fn answer(text: &'a str) -> Self {
        Self(guarded(text, false))
    }

    /// JSON: nothing is taken out but private keys, and what is unsafe is escaped.
    pub fn json(json: &str) -> Self {
        Self(Cow::Owned(escaped_json(&redacted(json))))
    }

    /// Commands for a workflow runner, in which the text of others is escaped already.
    pub fn workflow(text: &str) -> Self {
        Self(Cow::Owned(lines(text).replace("##[", "## [")))
    }

    /// What fedctl made itself, without a word of others: keys, scripts and certificates. It is written as it is.
    pub fn own(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A line of a log as it may be written: with one line break at its end, and none inside.
pub fn log_line(line: &str, is_json: bool) -> String {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let safe = match is_json {
        true => escaped_json(&redacted(line)).replace('\n', "\\n"),
        false => guarded(&one_line(line), false).into_owned(),
    };
    safe + "\n"
}

fn one_line(text: &str) -> String {
    let safe = |c: char| match c {
        '\n' | '\t' => ' ',
        c if is_unsafe(c) => REPLACEMENT,
        c => c,
    };
    text.chars().map(safe).collect()
}

/// The same for text of several lines: line feeds and tabs stay.
pub fn lines(text: &str) -> String {
    let text = redacted(text);
    text.chars().map(|c| if is_unsafe(c) && !matches!(c, '\n' | '\t') { REPLACEMENT } else { c }).collect()
}

/// JSON with every unsafe character as `\u` and its number, which programs read as the same text; so is the beginning of a
/// workflow command.
pub fn escaped_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unsafe(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    // In JSON it can only be inside a string.
    if out.contains("##[") { out.replace("##[", "#\\u0023[") } else { out }
}

/// The last guard before a terminal, a log or a file: whatever a module forgot to filter is filtered here. Colours pass where
/// fedctl uses them. No line begins with a workflow command.
pub fn guarded(text: &str, color: bool) -> Cow<'_, str> {
    let redacted = redacted(text);
    let is_plain = |text: &str| {
        !text.contains("::") && !text.contains("##[") && !text.chars().any(|c| is_unsafe(c) && c != '\n' && c != '\t')
    };
    if is_plain(&redacted) {
        return redacted;
    }
    let mut out = String::with_capacity(redacted.len() + 16);
    // Only a document of which every line ends so, as CSV, keeps its carriage returns.
    let keeps_returns = redacted.split_inclusive('\n').all(|line| line.ends_with("\r\n"));
    for line in redacted.split_inclusive('\n') {
        let start = out.len();
        filter_line(line, color, keeps_returns, &mut out);
        disarm(&mut out, start);
    }
    Cow::Owned(out)
}

/// Appends the line without what is unsafe.
fn filter_line(line: &str, color: bool, keeps_returns: bool, out: &mut String) {
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some(sequence) = own_color(rest).filter(|_| color) {
            out.push_str(sequence);
            rest = &rest[sequence.len()..];
            continue;
        }
        let is_line_end = c == '\n' || keeps_returns && rest == "\r\n";
        out.push(if is_line_end || c == '\t' || !is_unsafe(c) { c } else { REPLACEMENT });
        rest = &rest[c.len_utf8()..];
    }
}

/// A sequence that sets a colour or a weight that fedctl uses, at the beginning of the text.
fn own_color(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find('m')?;
    let is_used = |number: &str| matches!(number.parse(), Ok(0u8 | 1 | 2 | 4 | 22 | 24 | 30..=37 | 39 | 90..=97));
    (end <= 8 && parameters[..end].split(';').all(is_used)).then(|| &text[..end + 3])
}

/// Runners of workflows obey a line whose first text is `::`, and `##[` anywhere in a line.
fn disarm(out: &mut String, start: usize) {
    let line = &out[start..];
    let mut shown = line.trim_start();
    while let Some(sequence) = own_color(shown) {
        shown = shown[sequence.len()..].trim_start();
    }
    if shown.starts_with("::") {
        let at = out.len() - shown.len();
        out.insert(at, '\\');
    }
    if out[start..].contains("##[") {
        let safe = out[start..].replace("##[", "## [");
        out.replace_range(start.., &safe);
    }
}

/// True when the text holds a private key, in PEM or as bare base64.
pub fn holds_private_key(text: &str) -> bool {
    find_armoured(text, 0).or_else(|| find_bare(text, 0)).is_some()
}

/// The text with [`KEY_REMOVED`] instead of each private key.
pub fn redacted(text: &str) -> Cow<'_, str> {
    let (mut armoured, mut bare) = (find_armoured(text, 0), find_bare(text, 0));
    if armoured.is_none() && bare.is_none() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(first) = [&armoured, &bare].into_iter().flatten().min_by_key(|found| found.start) {
        let end = first.end;
        let _ = write!(out, "{}{KEY_REMOVED}", &text[at..first.start]);
        at = end;
        if armoured.as_ref().is_some_and(|found| found.start < at) {
            armoured = find_armoured(text, at);
        }
        if bare.as_ref().is_some_and(|found| found.start < at) {
            bare = find_bare(text, at);
        }
    }
    Cow::Owned(out + &text[at..])
}

const BEGIN: &str = "-----BEGIN ";
const PRIVATE: &str = "PRIVATE KEY-----";
const END: &str = "-----END ";
/// Fewer characters of base64 behind the armour are an example, not a key.
const BODY_MIN: usize = 16;

/// From `-----BEGIN … PRIVATE KEY-----` to the end of its body or of its closing line.
fn find_armoured(text: &str, from: usize) -> Option<std::ops::Range<usize>> {
    for (at, _) in text[from..].match_indices(PRIVATE) {
        let label_end = from + at + PRIVATE.len();
        let mut body_end = label_end + body_length(&text[label_end..]);
        if base64_length(&text[label_end..body_end]) < BODY_MIN {
            continue;
        }
        if text[body_end..].starts_with(END) {
            let closing = &text[body_end + END.len()..];
            body_end += END.len() + closing.find("-----").map_or(0, |at| at + 5);
        }
        let head = &text[from..from + at];
        let start = head.rfind(BEGIN).filter(|begin| head.len() - begin < 64).unwrap_or(at);
        return Some(from + start..body_end);
    }
    None
}

/// The base64 without armour of a private key: a SEQUENCE that begins with the INTEGER 0.
fn find_bare(text: &str, from: usize) -> Option<std::ops::Range<usize>> {
    use base64::Engine;
    for (at, _) in text[from..].match_indices("MI") {
        let start = from + at;
        let is_word_start = !text[..start].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/');
        let Some(head) = text.get(start..start + 12).filter(|_| is_word_start) else { continue };
        let Ok(der) = base64::engine::general_purpose::STANDARD.decode(head) else { continue };
        let is_key =
            matches!(der[..], [0x30, 0x82, _, _, 0x02, 0x01, 0x00, ..] | [0x30, 0x81, _, 0x02, 0x01, 0x00, ..]);
        if !is_key {
            continue;
        }
        let end = start + body_length(&text[start..]);
        if base64_length(&text[start..end]) >= 4 * BODY_MIN {
            return Some(start..end);
        }
    }
    None
}

/// How far base64 goes on, over line breaks, blanks and escaped line breaks. A short word ends it, unless the word before was a
/// whole line of PEM.
fn body_length(text: &str) -> usize {
    let (mut end, mut is_whole_line) = (0, false);
    loop {
        let rest = &text[end..];
        let gap = gap_length(rest);
        let word = rest[gap..].find(|c: char| !is_base64(c)).unwrap_or(rest.len() - gap);
        let after = &rest[gap + word..];
        let is_last = rest[gap..gap + word].ends_with('=') || after[gap_length(after)..].starts_with("-----");
        if !(word >= 24 || is_last || is_whole_line && word > 0) {
            return end;
        }
        end += gap + word;
        if word == 0 {
            return end;
        }
        is_whole_line = matches!(word, 64 | 76);
    }
}

fn gap_length(text: &str) -> usize {
    let mut end = 0;
    loop {
        let rest = &text[end..];
        let next = rest.chars().next();
        end += match next {
            Some(c) if c.is_whitespace() => c.len_utf8(),
            Some('\\') if rest.starts_with("\\n") || rest.starts_with("\\r") => 2,
            _ => return end,
        };
    }
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

fn base64_length(text: &str) -> usize {
    text.chars().filter(|c| is_base64(*c)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::PrivateKey;

    #[test]
    fn what_a_terminal_obeys_is_replaced() {
        let bad = "a\u{1b}[31mb\rc\u{9b}d\u{202e}e\u{200b}f\u{feff}g\u{7f}h\u{2028}i\u{85}";
        let good = "a\u{fffd}[31mb\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f\u{fffd}g\u{fffd}h\u{fffd}i\u{fffd}";
        assert_eq!(lines(bad), good);
        assert_eq!(guarded(bad, false), good);
        assert_eq!(format!("{}|{:?}", Untrusted("a\nb\t"), Untrusted("\u{202e}")), "a b |\"\u{fffd}\"");
        assert_eq!(guarded("é – 日本 · ü\n", false), "é – 日本 · ü\n");
        assert_eq!(guarded("a,b\r\nc\rd\r\n", false), "a,b\r\nc\u{fffd}d\r\n");
        assert_eq!(guarded("a,b\r\nc\n", false), "a,b\u{fffd}\nc\n");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({"a\u{202e}": "##[b\u{9b}\u{7f}\u{e0041}\u{0}\n", "c": ["é\u{feff}"]});
        let text = escaped_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.chars().any(|c| is_unsafe(c) && c != '\n'), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        assert_eq!(guarded(&text, false), text);
    }

    #[test]
    fn a_log_line_is_one_line() {
        let event = "INFO request path=/\n::error::forged\r\n\u{9b}31m\u{202e}x\n";
        assert_eq!(log_line(event, false), "INFO request path=/ ::error::forged\u{fffd} \u{fffd}31m\u{fffd}x\n");
        assert_eq!(log_line("::error::x\n", false), "\\::error::x\n");
        let json = serde_json::json!({"path": event}).to_string() + "\n";
        let line = log_line(&json, true);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap()["path"], event);
        assert!(!line.trim_end().contains(is_unsafe), "{line:?}");
    }

    #[test]
    fn own_colors_pass_where_color_is_on() {
        let text = "\u{1b}[1;31merror\u{1b}[0m \u{1b}[8mhidden \u{1b}[2J \u{1b}[31";
        assert_eq!(guarded(text, true), "\u{1b}[1;31merror\u{1b}[0m \u{fffd}[8mhidden \u{fffd}[2J \u{fffd}[31");
        assert!(!guarded(text, false).contains('\u{1b}'));
    }

    #[test]
    fn no_line_is_a_workflow_command() {
        let text = "one\n::error::two\n  ::add-mask::x\na ##[group]b\n\u{1b}[31m::stop\u{1b}[0m\n[::1]:53\n";
        assert_eq!(
            guarded(text, true),
            "one\n\\::error::two\n  \\::add-mask::x\na ## [group]b\n\u{1b}[31m\\::stop\u{1b}[0m\n[::1]:53\n"
        );
    }

    #[test]
    fn a_private_key_is_removed_in_every_form() {
        let key = PrivateKey::generate(2048).unwrap();
        let (line, pem) = (key.one_line().unwrap(), key.pem().unwrap());
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        for text in [
            format!("x {} y", *line),
            format!("x {} y", *pem),
            format!("x {} y", pem.replace('\n', "\\n")),
            format!("x {} y", pem.replace('\n', " ")),
            format!("x {} y", pem.split("-----END").next().unwrap()),
            format!("x {body} y"),
            format!("x {body} {} y", *line),
        ] {
            let safe = redacted(&text);
            assert!(holds_private_key(&text) && safe.contains(KEY_REMOVED), "{safe}");
            assert!(
                body.as_bytes().chunks(24).all(|part| !safe.contains(std::str::from_utf8(part).unwrap())),
                "{safe}"
            );
            assert!(safe.starts_with('x') && safe.ends_with('y'), "{safe}");
        }
        let public = key.public();
        for text in [public.one_line(), public.pem(), "-----BEGIN PRIVATE KEY-----withheld by fedctl".into()] {
            assert_eq!(redacted(&text), text);
        }
    }

    proptest! {
        #[test]
        fn nothing_unsafe_passes_the_guard(text in "(?s).{0,200}", color: bool) {
            let safe = guarded(&text, color);
            let own = |c: char| c == '\n' || c == '\t' || (color && c == '\u{1b}') || (c == '\r' && safe.contains("\r\n"));
            prop_assert!(!safe.chars().any(|c| is_unsafe(c) && !own(c)), "{safe:?}");
            prop_assert!(!safe.lines().any(|line| line.trim_start().starts_with("::")), "{safe:?}");
            prop_assert_eq!(guarded(&safe, color).into_owned(), safe.into_owned());
        }

        #[test]
        fn redaction_is_total(text in "(-----BEGIN |PRIVATE KEY-----|MIIEvQIBADAN|[A-Za-z0-9+/=]{0,70}|-----END |\\n| |é){0,12}") {
            let _ = redacted(&text);
        }
    }
}
