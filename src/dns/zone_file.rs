//! Zone files (RFC 1035 section 5.1), read as BIND, NSD and Knot do: directives, relative names, comments, quotes, escapes, and
//! parentheses. `records lint`, `dns-check --zone-file` and `serve dns` all read them here.

use std::fmt;

use super::field::{number, shown};
use super::record::{CharacterString, RData, Rr, STRING_MAX, unescape};
use crate::error::Hinted;
use crate::position::{Chars, Position};

/// A word or a quoted string, with its escapes still in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    text: String,
    quoted: bool,
    pub at: Position,
}

impl Word {
    /// The bytes that are published; more than 255 are refused, as servers do.
    pub fn string(&self) -> Result<CharacterString, Hinted> {
        let bytes = unescape(self.text.as_bytes()).map_err(|why| {
            Hinted::new(format!("a string cannot be read: {why}"), "write a backslash as `\\\\`").at(self.at)
        })?;
        if bytes.len() > STRING_MAX {
            let what = format!(
                "a string of {} bytes: DNS allows {STRING_MAX}, and name servers refuse it as a syntax error",
                bytes.len()
            );
            let hint =
                "cut it into quoted strings of at most 255 bytes in one record, as `fedctl records --format zone` does";
            return Err(Hinted::new(what, hint).at(self.at));
        }
        Ok(CharacterString(bytes))
    }

    /// The text of a word that is not in quotes.
    pub fn bare(&self) -> &str {
        if self.quoted { "" } else { &self.text }
    }

    /// A number of an SRV or MX record.
    pub fn number(&self, what: &str) -> Result<u16, Hinted> {
        number(what, self.bare()).map_err(|why| why.at(self.at))
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted { write!(f, "\"{}\"", self.text) } else { f.write_str(&self.text) }
    }
}

/// One record as it is written, its names made absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Without the final dot; escapes are kept.
    pub owner: String,
    pub ttl: u32,
    /// In upper case, as in `SRV`.
    pub kind: String,
    pub data: Vec<Word>,
    /// What relative names in the data belong to.
    origin: String,
    pub at: Position,
}

impl Entry {
    /// A name in the data, without the final dot.
    pub fn name(&self, word: &Word) -> String {
        absolute(word.bare(), &self.origin)
    }

    /// The record, as far as federation needs it: other types than SRV, TXT and CNAME are named and not read.
    pub fn record(&self) -> Result<Rr, Hinted> {
        let data = match (self.kind.as_str(), self.data.as_slice()) {
            ("SRV", [priority, weight, port, target]) => RData::Srv {
                priority: priority.number("priority")?,
                weight: weight.number("weight")?,
                port: port.number("port")?,
                target: self.name(target),
            },
            ("TXT", [_, ..]) => RData::Txt(self.data.iter().map(Word::string).collect::<Result<_, _>>()?),
            ("CNAME", [target]) => RData::Cname(self.name(target)),
            ("SRV" | "TXT" | "CNAME", _) => return Err(self.bad()),
            (other, _) => RData::Other(other.to_owned()),
        };
        Ok(Rr { name: self.owner.clone(), ttl: self.ttl, data })
    }

    /// The error for data that does not fit the type.
    pub fn bad(&self) -> Hinted {
        let words = self.data.iter().map(|word| word.text.as_str());
        bad(self.at, [self.owner.as_str(), self.kind.as_str()].into_iter().chain(words))
    }
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZoneFile {
    /// The name that the first `$ORIGIN` says.
    pub origin: Option<String>,
    pub entries: Vec<Entry>,
}

/// The records of a text, as far as federation needs them.
pub fn records(text: &str, origin: &str, default_ttl: u32) -> Result<Vec<Rr>, Hinted> {
    read(text, origin, default_ttl)?.entries.iter().map(Entry::record).collect()
}

/// The words of one value.
pub fn words(text: &str) -> Result<Vec<Word>, Hinted> {
    Ok(lines(text)?.into_iter().flat_map(|line| line.words).collect())
}

/// Reads a zone file whose names are relative to `origin`, which is empty for the root. `$INCLUDE` is refused: a zone file must
/// not name other files.
pub fn read(text: &str, origin: &str, default_ttl: u32) -> Result<ZoneFile, Hinted> {
    let (mut origin, mut default_ttl) = (origin.to_owned(), default_ttl);
    let mut owner = origin.clone();
    let mut file = ZoneFile::default();
    for line in lines(text)? {
        let mut words = line.words.as_slice();
        let Some(first) = words.first() else { continue };
        let argument = words.get(1).map(Word::bare).unwrap_or_default();
        match first.bare() {
            "$ORIGIN" => {
                origin = absolute(argument, &origin);
                file.origin.get_or_insert_with(|| origin.clone());
                continue;
            }
            "$TTL" => {
                default_ttl = ttl(argument).ok_or_else(|| bad_line(words))?;
                continue;
            }
            directive if directive.starts_with('$') => {
                let what = format!("the directive `{}` is not followed", shown(directive));
                return Err(Hinted::new(what, "give the file that contains the records").at(first.at));
            }
            _ => {}
        }
        if !line.same_owner {
            owner = absolute(first.bare(), &origin);
            words = &words[1..];
        }
        file.entries.push(entry(line.words.as_slice(), words, &owner, &origin, default_ttl)?);
    }
    Ok(file)
}

/// TTL and class in either order, the type, and the data.
fn entry(line: &[Word], mut words: &[Word], owner: &str, origin: &str, default_ttl: u32) -> Result<Entry, Hinted> {
    let mut seconds = default_ttl;
    let kind = loop {
        let (word, rest) = words.split_first().ok_or_else(|| bad_line(line))?;
        words = rest;
        match (word.bare().to_ascii_uppercase().as_str(), ttl(word.bare())) {
            (_, Some(found)) => seconds = found,
            ("IN", _) => {}
            (kind, _) => break kind.to_owned(),
        }
    };
    if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(bad_line(line));
    }
    let at = line.first().map(|word| word.at).unwrap_or_default();
    Ok(Entry { owner: owner.to_owned(), ttl: seconds, kind, data: words.to_vec(), origin: origin.to_owned(), at })
}

fn bad_line(words: &[Word]) -> Hinted {
    let at = words.first().map(|word| word.at).unwrap_or_default();
    bad(at, words.iter().map(|word| word.text.as_str()))
}

fn bad<'a>(at: Position, words: impl Iterator<Item = &'a str>) -> Hinted {
    let line: Vec<&str> = words.collect();
    Hinted::new(
        format!("`{}` is not a record of a zone file", shown(&line.join(" "))),
        "a line is owner, TTL, class, type and data, as in `a.mydomain.com. 3600 IN TXT \"text\"`",
    )
    .at(at)
}

/// A name as it is published: with the origin unless it ends with a dot.
fn absolute(name: &str, origin: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.strip_suffix('.') {
        Some(absolute) => absolute.to_owned(),
        None if name == "@" => origin.to_owned(),
        None if origin.is_empty() => name,
        None => format!("{name}.{origin}"),
    }
}

/// Seconds, or BIND's `1h30m`.
pub fn ttl(text: &str) -> Option<u32> {
    let (mut total, mut rest) = (0u32, text);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u32 = rest[..digits].parse().ok()?;
        let mut tail = rest[digits..].chars();
        let unit = match tail.next().map(|unit| unit.to_ascii_lowercase()) {
            None | Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86400,
            Some('w') => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = tail.as_str();
    }
    (!text.is_empty()).then_some(total)
}

/// The words of one entry: what is on a line, or on several within parentheses.
#[derive(Debug, Default)]
struct Line {
    /// The line starts with a blank: the owner is that of the entry before.
    same_owner: bool,
    words: Vec<Word>,
}

/// Splits the text into entries.
fn lines(text: &str) -> Result<Vec<Line>, Hinted> {
    let unfinished = |at, what| Hinted::new(format!("{what} is opened and never closed"), "close it").at(at);
    let (mut found, mut line, mut open) = (Vec::new(), Line::default(), Vec::new());
    let mut fresh = true;
    let mut chars = Chars::new(text);
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' if open.is_empty() => {
                finish(&mut line, &mut found);
                fresh = true;
                continue;
            }
            ';' => while chars.next_if(|c| c != '\n').is_some() {},
            '(' => open.push(at),
            ')' => {
                open.pop().ok_or_else(|| Hinted::new("a `)` closes nothing", "remove it").at(at))?;
            }
            '"' => {
                let text = inside_quotes(&mut chars).ok_or_else(|| unfinished(at, "a quote"))?;
                line.words.push(Word { text, quoted: true, at });
            }
            c if c.is_ascii_whitespace() => line.same_owner |= fresh && line.words.is_empty(),
            c => line.words.push(Word { text: bare_word(c, &mut chars), quoted: false, at }),
        }
        fresh = false;
    }
    finish(&mut line, &mut found);
    open.pop().map_or(Ok(found), |at| Err(unfinished(at, "a `(`")))
}

fn finish(line: &mut Line, found: &mut Vec<Line>) {
    let done = std::mem::take(line);
    if !done.words.is_empty() {
        found.push(done);
    }
}

fn inside_quotes(chars: &mut Chars) -> Option<String> {
    let mut text = String::new();
    loop {
        match chars.next()?.1 {
            '"' => return Some(text),
            '\\' => text.extend(['\\', chars.next()?.1]),
            c => text.push(c),
        }
    }
}

fn bare_word(first: char, chars: &mut Chars) -> String {
    let mut text = String::from(first);
    if first == '\\' {
        text.extend(chars.next().map(|(_, c)| c));
    }
    while let Some(c) = chars.next_if(|c| !c.is_ascii_whitespace() && !matches!(c, ';' | '(' | ')' | '"')) {
        text.push(c);
        if c == '\\' {
            text.extend(chars.next().map(|(_, c)| c));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(text: &str) -> Result<Vec<Rr>, Hinted> {
        records(text, "mydomain.com", 3600)
    }

    fn text(strings: &[&str]) -> RData {
        RData::Txt(strings.iter().map(|string| CharacterString(string.as_bytes().to_vec())).collect())
    }

    #[test]
    fn what_admins_write_is_read_as_servers_read_it() {
        let records = zone(
            "$TTL 1h\n@ IN SOA ns1 host ( 1 2 3 ; serial\n 4 5 )\n  IN NS ns1\nkey 300 TXT ( \"a b\" ; half\n \"c\\\"\" )\n\
             \tTXT one two\nsrv IN 1d SRV 1 1 80 chat\n$ORIGIN sub\nx CNAME Y.example.\n",
        )
        .unwrap();
        let name = |at: usize| (records[at].name.as_str(), records[at].ttl);
        assert_eq!(records[0].data, RData::Other("SOA".into()));
        assert_eq!((name(2), &records[2].data), (("key.mydomain.com", 300), &text(&["a b", "c\""])));
        assert_eq!((name(3), &records[3].data), (("key.mydomain.com", 3600), &text(&["one", "two"])));
        let target = "chat.mydomain.com".into();
        assert_eq!(records[4].data, RData::Srv { priority: 1, weight: 1, port: 80, target });
        assert_eq!((name(4), name(5)), (("srv.mydomain.com", 86400), ("x.sub.mydomain.com", 3600)));
        assert_eq!(records[5].data, RData::Cname("y.example".into()));
    }

    #[test]
    fn a_target_without_its_dot_gets_the_zone() {
        let records = zone("a SRV 1 1 443 chat.mydomain.com\n").unwrap();
        assert!(matches!(&records[0].data, RData::Srv { target, .. } if target == "chat.mydomain.com.mydomain.com"));
    }

    #[test]
    fn what_servers_refuse_is_refused() {
        let long = format!("a TXT \"{}\"\n", "x".repeat(256));
        for (text, part) in [
            (long.as_str(), "line 1 column 7: a string of 256 bytes"),
            ("b TXT x\na TXT \"open\n", "line 2 column 7: a quote"),
            ("a TXT ( \"open\"\n", "line 1 column 7: a `(`"),
            ("a TXT ) \"b\"\n", "closes nothing"),
            ("a TXT\n", "not a record"),
            ("a SRV 1 1 chat\n", "not a record"),
            ("a SRV 1 1 99999 chat\n", "not a port"),
            ("$INCLUDE x\n", "$INCLUDE"),
            ("a TXT \"\\999\"\n", "above 255"),
        ] {
            let error = zone(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
