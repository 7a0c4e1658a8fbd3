//! dnscontrol: calls for dnsconfig.js.

use std::ops::Range;

use super::{Facts, Format, Place, Proof, field, rdata};
use crate::dns::record::{CharacterString, RData, Rr};
use crate::error::Hinted;
use crate::position::Position;
use crate::rocketchat::records::{Data, Plan, Record};

pub const FORMAT: Format = Format {
    id: "dnscontrol",
    title: "dnscontrol, dnsconfig.js",
    next: "put it after the D() of the zone in dnsconfig.js; then: dnscontrol check && dnscontrol preview",
    prints_sizes: false,
    write,
    read,
    facts: Facts {
        txt: "in one piece, cut by dnscontrol",
        owner: "relative to the zone",
        target: "with a final dot",
        ttl: "seconds",
        limits: &[],
        proof: Proof::Read("2026-11-23"),
        source: "docs.dnscontrol.org, SRV and TXT",
    },
};

fn write(plan: &Plan) -> Result<String, Hinted> {
    let calls =
        plan.set.records.iter().map(|record| Ok(format!("  {}", call(record, plan.set.relative(&record.owner))?)));
    let calls: Vec<String> = calls.collect::<Result<_, Hinted>>()?;
    Ok(format!("D_EXTEND({},\n{}\n);\n", string(plan.set.zone.as_str()), calls.join(",\n")))
}

/// The call for one record, under a name relative to the zone that it is in.
pub fn call(record: &Record, name: &str) -> Result<String, Hinted> {
    let (name, ttl) = (string(name), record.ttl);
    Ok(match &record.data {
        Data::Srv { priority, weight, port, target } => {
            format!("SRV({name}, {priority}, {weight}, {port}, {}, TTL({ttl}))", string(&target.absolute()))
        }
        data => format!("TXT({name}, {}, TTL({ttl}))", string(&rdata::plain(data)?)),
    })
}

/// A JSON string is a JavaScript string too (ECMA-262, since 2019).
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A call's arguments, as far as they are literals.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Name(String),
    Text(String),
    Mark(char),
}

/// A token, and the bytes of the text that it takes.
pub type Placed = (Token, Range<usize>);

fn bad(what: &str) -> Hinted {
    Hinted::new(
        format!("this is not dnsconfig.js as fedctl reads it: {what}"),
        "give D() or D_EXTEND() with literal values",
    )
}

fn read(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let tokens = tokens(text)?;
    let mut zone = place.zone.to_string();
    let mut records = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let [(Token::Name(name), start), (Token::Mark('('), _)] = pair else { continue };
        let rest = &tokens[at + 2..];
        match (name.as_str(), rest.first()) {
            ("D" | "D_EXTEND", Some((Token::Text(name), _))) => zone = name.to_ascii_lowercase(),
            ("SRV" | "TXT", _) => {
                let start = || Position::of(text, start.start);
                let end = end(rest).ok_or_else(|| bad("a call is never closed").at(start()))?;
                records.push(record(name, &rest[..end], &zone, text).map_err(|why| why.at_least(start))?);
            }
            _ => {}
        }
    }
    Ok(records)
}

/// Where the call ends.
pub fn end(tokens: &[Placed]) -> Option<usize> {
    let mut depth = 1;
    tokens.iter().position(|(token, _)| {
        depth += match token {
            Token::Mark('(') => 1,
            Token::Mark(')') => -1,
            _ => 0,
        };
        depth == 0
    })
}

/// The record of a call from its arguments, which are in `text`. An error without a place is about the whole call.
pub fn record(kind: &str, tokens: &[Placed], zone: &str, text: &str) -> Result<Rr, Hinted> {
    let arguments = arguments(tokens);
    let place = |why: Hinted, number: usize| match arguments.get(number).and_then(|argument| argument.first()) {
        Some((_, range)) => why.at(Position::of(text, range.start)),
        None => why,
    };
    let literal = |number: usize| match arguments.get(number).copied() {
        Some([(Token::Text(text) | Token::Name(text), _)]) => Ok(text.as_str()),
        _ => Err(place(bad(&format!("argument {} of {kind}() is not a literal", number + 1)), number)),
    };
    let owner = literal(0)?.to_ascii_lowercase();
    let name = if owner == "@" { zone.to_owned() } else { format!("{owner}.{zone}") };
    // dnscontrol's own default is five minutes.
    let ttl = arguments.iter().enumerate().find_map(|(number, argument)| match argument {
        [
            (Token::Name(name), _),
            (Token::Mark('('), _),
            (Token::Name(seconds) | Token::Text(seconds), _),
            (Token::Mark(')'), _),
        ] if name == "TTL" => Some(field::seconds(seconds).map_err(|why| place(why, number))),
        _ => None,
    });
    let data = match kind {
        "SRV" => {
            let target = literal(4)?;
            if !target.ends_with('.') {
                let what = format!("dnscontrol appends the zone to `{}`, which has no final dot", field::shown(target));
                return Err(place(Hinted::new(what, "write the dot"), 4));
            }
            let number = |what, at| field::number(what, literal(at)?).map_err(|why| place(why, at));
            RData::Srv {
                priority: number("priority", 1)?,
                weight: number("weight", 2)?,
                port: number("port", 3)?,
                target: rdata::host(target),
            }
        }
        _ => RData::Txt(strings(arguments.get(1).copied().unwrap_or_default()).map_err(|why| place(why, 1))?),
    };
    Ok(Rr { name, ttl: ttl.unwrap_or(Ok(300))?, data })
}

/// A string, or a list of strings, which become the strings of one record.
fn strings(argument: &[Placed]) -> Result<Vec<CharacterString>, Hinted> {
    let mut strings = Vec::new();
    for (token, _) in argument {
        match token {
            Token::Text(text) => match rdata::cut(text.as_bytes()) {
                RData::Txt(cut) => strings.extend(cut),
                _ => continue,
            },
            Token::Mark('[' | ']' | ',' | '+') => {}
            _ => return Err(bad("the value of TXT() is not a literal")),
        }
    }
    if strings.is_empty() { Err(bad("TXT() has no value")) } else { Ok(strings) }
}

/// The arguments of a call; commas inside brackets belong to the argument.
fn arguments(tokens: &[Placed]) -> Vec<&[Placed]> {
    let (mut arguments, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, (token, _)) in tokens.iter().enumerate() {
        match token {
            Token::Mark('(' | '[') => depth += 1,
            Token::Mark(')' | ']') => depth -= 1,
            Token::Mark(',') if depth == 0 => {
                arguments.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    arguments.push(&tokens[start..]);
    arguments
}

/// The tokens. Comments are none; a template and a regular expression are a mark.
pub fn tokens(text: &str) -> Result<Vec<Placed>, Hinted> {
    let mut tokens: Vec<Placed> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let quoted = || quoted(rest, c).map_err(|what| bad(what).at(Position::of(text, at)));
        let (token, length) = match c {
            '"' | '\'' => {
                let (value, length) = quoted()?;
                (Some(Token::Text(value)), length)
            }
            '`' => (Some(Token::Mark(c)), quoted()?.1),
            '/' if rest.starts_with("//") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => {
                let unclosed = || bad("a comment is opened and never closed").at(Position::of(text, at));
                let end = rest.find("*/").ok_or_else(unclosed)?;
                (None, end + 2)
            }
            '/' if tokens
                .last()
                .is_none_or(|(token, _)| matches!(token, Token::Mark(mark) if *mark != ')' && *mark != ']')) =>
            {
                (Some(Token::Mark(c)), quoted()?.1)
            }
            c if c.is_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Some(Token::Name(rest[..end].to_owned())), end)
            }
            c if c.is_whitespace() => (None, c.len_utf8()),
            c => (Some(Token::Mark(c)), c.len_utf8()),
        };
        tokens.extend(token.map(|token| (token, at..at + length)));
        at += length;
    }
    Ok(tokens)
}

/// A string without its quotes and escapes, and how many bytes it takes in the text.
fn quoted(text: &str, quote: char) -> Result<(String, usize), &'static str> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    chars.next();
    loop {
        let (at, c) = chars.next().ok_or("a quote is opened and never closed")?;
        match c {
            c if c == quote => return Ok((out, at + c.len_utf8())),
            '\\' => match chars.next().ok_or("the text ends with a backslash")?.1 {
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                // A regular expression has other escapes; nobody reads its text.
                'u' if quote != '/' => {
                    let digits: String = chars.by_ref().take(4).map(|(_, digit)| digit).collect();
                    let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    out.push(code.ok_or("an escape in it is not a character")?);
                }
                c => out.push(c),
            },
            c => out.push(c),
        }
    }
}
