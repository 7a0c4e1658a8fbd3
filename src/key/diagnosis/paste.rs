//! Recognises DNS text that people paste: lines of dig, host or nslookup, zone files, or just quoted strings.

use super::records::too_long;
use super::{DefectKind, Diagnosis, examine_records};
use crate::count::counted;
use crate::dns::record::unescape;

/// The longest character-string (RFC 1035 section 3.3), in bytes.
pub const STRING_MAX: usize = 255;

/// TXT records read from text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// What the text was recognised as.
    pub form: &'static str,
    /// Each record with its strings, unescaped, in the order of the text.
    pub records: Vec<Vec<Vec<u8>>>,
}

impl Pasted {
    /// Examines the records.
    pub fn examine(&self) -> Diagnosis {
        let mut diagnosis = examine_records(&self.records);
        if self.longest() > STRING_MAX && !diagnosis.has(DefectKind::PrivateKey) {
            too_long(self.longest(), &mut diagnosis);
        }
        diagnosis
    }

    /// The value that servers read: the first record, its strings joined.
    pub fn value(&self) -> Vec<u8> {
        self.records.first().map(|strings| strings.concat()).unwrap_or_default()
    }

    /// The length of the longest string in bytes.
    pub fn longest(&self) -> usize {
        self.records.iter().flatten().map(Vec::len).max().unwrap_or_default()
    }
}

impl std::fmt::Display for Pasted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let strings: Vec<String> = self.records.iter().map(|strings| strings.len().to_string()).collect();
        match self.records.as_slice() {
            [one] => write!(f, "{}: one TXT record of {}", self.form, counted(one.len(), "string")),
            all => write!(f, "{}: {} TXT records of {} strings", self.form, all.len(), strings.join(", ")),
        }
    }
}

/// The records, when the text is DNS text and nothing else. A single long quoted text is not: it is a value with its quotes.
pub fn read(text: &str) -> Option<Pasted> {
    let mut records: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut form = "quoted strings";
    let (mut depth, mut announced) = (0usize, false);
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(';') || is_chatter(trimmed) {
            continue;
        }
        let continued = (announced || !records.is_empty()) && line.starts_with([' ', '\t']) || depth > 0;
        let (head, rest) = head(trimmed);
        match head {
            Head::Record(of) => (form, announced) = (of, true),
            Head::None if !trimmed.starts_with(['"', '(', ')']) => return None,
            Head::None => {}
        }
        let mut strings = Vec::new();
        scan(rest, &mut strings, &mut depth)?;
        match records.last_mut() {
            Some(last) if continued && matches!(head, Head::None) => last.append(&mut strings),
            _ if strings.is_empty() && !matches!(head, Head::Record(_)) => {}
            _ => records.push(strings),
        }
    }
    records.retain(|strings| !strings.is_empty());
    let strings = records.iter().map(Vec::len).sum::<usize>();
    let pasted = Pasted { form, records };
    let is_dns = announced || strings > 1 || (strings == 1 && pasted.longest() <= STRING_MAX);
    (depth == 0 && strings > 0 && is_dns).then_some(pasted)
}

#[derive(Clone, Copy)]
enum Head {
    /// The line says that a TXT record follows.
    Record(&'static str),
    None,
}

/// Cuts off `name 3600 IN TXT`, `name descriptive text` or `name text =`.
fn head(line: &str) -> (Head, &str) {
    let before = line.find('"').unwrap_or(line.len());
    let lower = line[..before].to_ascii_lowercase();
    for (mark, form) in [("descriptive text", "a line of host"), ("text =", "a line of nslookup")] {
        if let Some(at) = lower.find(mark) {
            return (Head::Record(form), &line[at + mark.len()..]);
        }
    }
    let txt = lower.split_whitespace().any(|word| word == "txt");
    match lower.find("txt").filter(|_| txt) {
        Some(_) => {
            let at = word_end(&lower, "txt");
            (Head::Record("a line of dig or of a zone file"), &line[at..])
        }
        None => (Head::None, line),
    }
}

fn word_end(line: &str, word: &str) -> usize {
    line.match_indices(word)
        .find(|(at, _)| {
            let before = line[..*at].chars().next_back().is_none_or(char::is_whitespace);
            let after = line[at + word.len()..].chars().next().is_none_or(char::is_whitespace);
            before && after
        })
        .map_or(line.len(), |(at, _)| at + word.len())
}

/// Lines that tools print around the answer.
fn is_chatter(line: &str) -> bool {
    ["Server:", "Address:", "Non-authoritative answer", "Name:", "Aliases:", "Using domain server"]
        .iter()
        .any(|start| line.starts_with(start))
}

/// Reads character-strings, quoted or not, with parentheses and comments (RFC 1035 section 5.1).
fn scan(line: &str, strings: &mut Vec<Vec<u8>>, depth: &mut usize) -> Option<()> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' => at += 1,
            b'(' => (at, *depth) = (at + 1, *depth + 1),
            b')' => (at, *depth) = (at + 1, depth.checked_sub(1)?),
            b';' => return Some(()),
            b'"' => {
                let end = string_end(bytes, at + 1, |byte| byte == b'"')?;
                strings.push(unescape(&bytes[at + 1..end]).ok()?);
                at = end + 1;
            }
            _ => {
                let ends = |byte: u8| matches!(byte, b' ' | b'\t' | b'"' | b'(' | b')' | b';');
                let end = string_end(bytes, at, ends).unwrap_or(bytes.len());
                strings.push(unescape(&bytes[at..end]).ok()?);
                at = end;
            }
        }
    }
    Some(())
}

fn string_end(bytes: &[u8], from: usize, ends: impl Fn(u8) -> bool) -> Option<usize> {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if ends(*byte) => return Some(at),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(text: &str) -> Option<Vec<Vec<String>>> {
        let text_of = |string: &Vec<u8>| String::from_utf8(string.clone()).unwrap();
        read(text).map(|pasted| pasted.records.iter().map(|strings| strings.iter().map(text_of).collect()).collect())
    }

    #[test]
    fn the_output_of_tools_is_recognised() {
        let two = Some(vec![vec!["ab".to_owned(), "c d".to_owned()]]);
        for text in [
            "\"ab\" \"c d\"",
            "\"ab\" \"c d\"\n",
            "k.mydomain.com. 3600 IN TXT \"ab\" \"c d\"",
            "k 3600 IN TXT ( \"ab\" ; first\n   \"c d\" )\n",
            "; <<>> DiG <<>>\n;; ANSWER SECTION:\nk.\t3600\tIN\tTXT\t\"ab\" \"c d\"\n\n;; Query time: 1 msec",
            "k.mydomain.com descriptive text \"ab\" \"c d\"",
            "Server:\t\t127.0.0.1\nAddress:\t127.0.0.1#53\n\nk.mydomain.com\ttext = \"ab\" \"c d\"\n",
            "k.mydomain.com\ttext =\n\n\t\"ab\"\n\t\"c d\"\n",
        ] {
            assert_eq!(strings(text), two, "{text}");
        }
        assert_eq!(strings("\"a\\\"b\"\n\"\\065\"").unwrap(), [["a\"b"], ["A"]]);
        assert_eq!(strings("x TXT a b").unwrap(), [["a", "b"]]);
    }

    #[test]
    fn a_value_is_not_dns_text() {
        let long = format!("\"{}\"", "a".repeat(300));
        for text in ["", "-----BEGIN PUBLIC KEY-----", &long, "\"open", "key", "\"a\" )", "ssh-rsa \"a\""] {
            assert_eq!(strings(text), None, "{text}");
        }
        assert_eq!(read(&format!("k TXT {long}")).unwrap().longest(), 300);
    }
}
