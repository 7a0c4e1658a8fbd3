//! Reads zone files (RFC 1035 section 5.1) as BIND, NSD and Knot do: directives, relative names, comments, quotes, escapes,
//! and parentheses.

use super::Place;
use super::field::{self, shown};
use crate::dns::record::{CharacterString, RData, Rr, unescape};
use crate::error::Hinted;
use crate::rocketchat::records::{DEFAULT_TTL, STRING_MAX};

/// A word or a quoted string, with its escapes still in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    text: String,
    quoted: bool,
}

impl Word {
    /// The bytes that are published; more than 255 are refused, as servers do.
    pub fn string(&self) -> Result<CharacterString, Hinted> {
        let bytes = unescape(self.text.as_bytes())
            .map_err(|why| Hinted::new(format!("a string cannot be read: {why}"), "write a backslash as `\\\\`"))?;
        if bytes.len() > STRING_MAX {
            return Err(Hinted::new(
                format!(
                    "a string of {} bytes: DNS holds {STRING_MAX}, and servers refuse it as a syntax error",
                    bytes.len()
                ),
                "cut it into quoted strings of at most 255 bytes in one record, as `fedctl records --format zone` does",
            ));
        }
        Ok(CharacterString(bytes))
    }

    /// The text of a word that is not in quotes.
    fn bare(&self) -> &str {
        if self.quoted { "" } else { &self.text }
    }
}

/// One entry: what stands on a line, or on several within parentheses.
#[derive(Debug, Default)]
struct Entry {
    /// The line starts with a blank: the owner is that of the entry before.
    same_owner: bool,
    words: Vec<Word>,
}

/// The words of one value.
pub fn words(text: &str) -> Result<Vec<Word>, Hinted> {
    Ok(entries(text)?.into_iter().flat_map(|entry| entry.words).collect())
}

/// Reads every record of a zone file. Types other than SRV, TXT and CNAME are named and not read.
pub fn read(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let mut origin = place.zone.to_string();
    let mut default_ttl = DEFAULT_TTL;
    let mut owner = origin.clone();
    let mut records = Vec::new();
    for entry in entries(text)? {
        let mut words = entry.words.as_slice();
        match words.first().map(Word::bare) {
            Some("$ORIGIN") => {
                origin = absolute(words.get(1).map(Word::bare).unwrap_or_default(), &origin);
                continue;
            }
            Some("$TTL") => {
                default_ttl = ttl(words.get(1).map(Word::bare).unwrap_or_default()).ok_or_else(|| bad(words))?;
                continue;
            }
            Some(directive) if directive.starts_with('$') => {
                let what = format!("the directive `{}` is not followed", shown(directive));
                return Err(Hinted::new(what, "give the file that holds the records themselves"));
            }
            _ => {}
        }
        if !entry.same_owner {
            let (first, rest) = words.split_first().ok_or_else(|| bad(words))?;
            owner = absolute(first.bare(), &origin);
            words = rest;
        }
        records.push(record(words, &owner, &origin, default_ttl)?);
    }
    Ok(records)
}

/// TTL and class in either order, the type, and the data.
fn record(mut words: &[Word], owner: &str, origin: &str, default_ttl: u32) -> Result<Rr, Hinted> {
    let entry = words;
    let mut seconds = default_ttl;
    let kind = loop {
        let (word, rest) = words.split_first().ok_or_else(|| bad(entry))?;
        words = rest;
        match (word.bare().to_ascii_uppercase().as_str(), ttl(word.bare())) {
            (_, Some(found)) => seconds = found,
            ("IN", _) => {}
            (kind, _) => break kind.to_owned(),
        }
    };
    let data = match (kind.as_str(), words) {
        ("SRV", [priority, weight, port, target]) => RData::Srv {
            priority: field::number("priority", priority.bare())?,
            weight: field::number("weight", weight.bare())?,
            port: field::number("port", port.bare())?,
            target: absolute(target.bare(), origin),
        },
        ("TXT", [_, ..]) => RData::Txt(words.iter().map(Word::string).collect::<Result<_, _>>()?),
        ("CNAME", [target]) => RData::Cname(absolute(target.bare(), origin)),
        ("SRV" | "TXT" | "CNAME" | "", _) => return Err(bad(entry)),
        (other, _) if other.bytes().all(|byte| byte.is_ascii_alphanumeric()) => RData::Other(other.to_owned()),
        _ => return Err(bad(entry)),
    };
    Ok(Rr { name: owner.to_owned(), ttl: seconds, data })
}

fn bad(words: &[Word]) -> Hinted {
    let line: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    Hinted::new(
        format!("`{}` is not a record of a zone file", shown(&line.join(" "))),
        "a line is owner, TTL, class, type and data, as in `a.mydomain.com. 3600 IN TXT \"text\"`",
    )
}

/// A name as it is published: with the origin unless it ends with a dot.
fn absolute(name: &str, origin: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.strip_suffix('.') {
        Some(absolute) => absolute.to_owned(),
        None if name == "@" => origin.to_owned(),
        None => format!("{name}.{origin}"),
    }
}

/// Seconds, or BIND's `1h30m`.
fn ttl(text: &str) -> Option<u32> {
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

/// Splits the text into entries.
fn entries(text: &str) -> Result<Vec<Entry>, Hinted> {
    let unfinished = |what| Hinted::new(format!("{what} is opened and never closed"), "look at the end of the text");
    let (mut found, mut entry, mut depth) = (Vec::new(), Entry::default(), 0usize);
    let mut fresh = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' if depth == 0 => {
                finish(&mut entry, &mut found);
                fresh = true;
                continue;
            }
            ';' => while chars.next_if(|c| *c != '\n').is_some() {},
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or_else(|| Hinted::new("a `)` closes nothing", "remove it"))?,
            '"' => entry
                .words
                .push(Word { text: inside_quotes(&mut chars).ok_or_else(|| unfinished("a quote"))?, quoted: true }),
            c if c.is_ascii_whitespace() => entry.same_owner |= fresh && entry.words.is_empty(),
            c => entry.words.push(Word { text: bare_word(c, &mut chars), quoted: false }),
        }
        fresh = false;
    }
    finish(&mut entry, &mut found);
    if depth > 0 { Err(unfinished("a `(`")) } else { Ok(found) }
}

fn finish(entry: &mut Entry, found: &mut Vec<Entry>) {
    let done = std::mem::take(entry);
    if !done.words.is_empty() {
        found.push(done);
    }
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn inside_quotes(chars: &mut Chars) -> Option<String> {
    let mut text = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => text.extend(['\\', chars.next()?]),
            c => text.push(c),
        }
    }
}

fn bare_word(first: char, chars: &mut Chars) -> String {
    let mut text = String::from(first);
    if first == '\\' {
        text.extend(chars.next());
    }
    while let Some(c) = chars.next_if(|c| !c.is_ascii_whitespace() && !matches!(c, ';' | '(' | ')' | '"')) {
        text.push(c);
        if c == '\\' {
            text.extend(chars.next());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(text: &str) -> Result<Vec<Rr>, Hinted> {
        let (domain, zone) = ("mydomain.com".parse().unwrap(), "mydomain.com".parse().unwrap());
        read(text, &Place { domain: &domain, zone: &zone })
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
            (long.as_str(), "256 bytes"),
            ("a TXT \"open\n", "a quote"),
            ("a TXT ( \"open\"\n", "a `(`"),
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
