//! Windows DNS Server: PowerShell with the cmdlets of the DnsServer module.

use std::collections::HashMap;

use super::field::Placed;
use super::{Facts, Format, Place, Proof, rdata};
use crate::dns::record::{CharacterString, RData, Rr};
use crate::error::Hinted;
use crate::position::Chars;
use crate::rocketchat::records::{DEFAULT_TTL, Data, Plan, Record, RecordSet};

/// The cmdlet stops at 254, and Microsoft's own sample cuts at 252.
const PIECE_MAX: usize = 252;
/// What the cmdlet takes as one string.
const STRING_MAX: usize = 254;

pub const FORMAT: Format = Format {
    id: "windows",
    title: "Windows DNS Server, PowerShell",
    next: "run it on the name server as an administrator; in the console's dialog each line of the text box is one string",
    prints_sizes: false,
    write,
    read,
    facts: Facts {
        txt: "strings of at most 254 characters with CR LF between them",
        owner: "relative to the zone; @ for the zone itself",
        target: "without the final dot",
        ttl: "a time span, as in 01:00:00",
        limits: &[],
        proof: Proof::Read("2026-11-23"),
        source: "Add-DnsServerResourceRecord reference; windows-powershell-docs issue 2423",
    },
};

fn write(plan: &Plan) -> Result<String, Hinted> {
    let mut out = String::new();
    let mut counter = 0;
    for record in &plan.set.records {
        out += &remove(&plan.set, record);
        let common = format!(
            "-ZoneName {} -Name {} -TimeToLive {}",
            quote(plan.set.zone.as_str()),
            quote(plan.set.relative(&record.owner)),
            span(record.ttl)
        );
        match &record.data {
            Data::Srv { priority, weight, port, target } => {
                let target = quote(target.as_str());
                let numbers = format!("-Priority {priority} -Weight {weight} -Port {port}");
                out += &format!("Add-DnsServerResourceRecord -Srv {common} -DomainName {target} {numbers}\n");
            }
            data => {
                rdata::plain(data)?;
                let mut names = Vec::new();
                for piece in data.chunks(PIECE_MAX) {
                    counter += 1;
                    out += &format!("$w{counter} = {}\n", quote(&String::from_utf8_lossy(piece)));
                    names.push(format!("${{w{counter}}}"));
                }
                let text = names.join("`r`n");
                out += &format!("Add-DnsServerResourceRecord -Txt {common} -DescriptiveText \"{text}\"\n");
            }
        }
    }
    Ok(out)
}

/// The cmdlet adds to a set that exists, so what is there goes first.
fn remove(set: &RecordSet, record: &Record) -> String {
    let kind = if record.data.kind() == "SRV" { "Srv" } else { "Txt" };
    format!(
        "Remove-DnsServerResourceRecord -ZoneName {} -RRType {kind} -Name {} -Force -ErrorAction SilentlyContinue\n",
        quote(set.zone.as_str()),
        quote(set.relative(&record.owner))
    )
}

/// A verbatim string: only the quote itself is duplicated (about_Quoting_Rules).
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `01:00:00`, or `1.00:00:00` from a day on.
fn span(seconds: u32) -> String {
    let (days, rest) = (seconds / 86400, seconds % 86400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if days > 0 { format!("{days}.{clock}") } else { clock }
}

fn read_span(text: &str) -> Result<u32, Hinted> {
    seconds(text).ok_or_else(|| {
        Hinted::new("-TimeToLive is not a time span", "write hours, minutes and seconds, as in `01:00:00`")
    })
}

fn seconds(text: &str) -> Option<u32> {
    let (days, clock) = text.split_once('.').unwrap_or(("0", text));
    let parts: Vec<u32> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = parts.as_slice() else { return None };
    let day = days.parse::<u32>().ok()?.checked_mul(86400)?;
    day.checked_add(hours.checked_mul(3600)?)?.checked_add(minutes.checked_mul(60)?)?.checked_add(*seconds)
}

fn read(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let mut variables = HashMap::new();
    let mut records = Vec::new();
    for words in statements(text)? {
        if let [name, equals, value] = words.as_slice()
            && equals.text == "="
            && let Some(name) = name.text.strip_prefix('$')
        {
            let value = value.read(|word| expand(word, &variables))?;
            variables.insert(name.to_ascii_lowercase(), value);
            continue;
        }
        let Some(verb) = words.first().filter(|verb| verb.text.eq_ignore_ascii_case("Add-DnsServerResourceRecord"))
        else {
            continue;
        };
        let position = |flag: &str| words.iter().position(|word| word.text.eq_ignore_ascii_case(flag));
        let value = |flag: &str| match position(flag).and_then(|at| words.get(at + 1)) {
            Some(word) => Ok(Placed { text: word.read(|word| expand(word, &variables))?, at: word.at }),
            None => Ok(Placed { text: String::new(), at: verb.at }),
        };
        let ttl = match position("-TimeToLive") {
            Some(_) => value("-TimeToLive")?.read(read_span)?,
            None => DEFAULT_TTL,
        };
        let data = if position("-Srv").is_some() {
            RData::Srv {
                priority: value("-Priority")?.number("priority")?,
                weight: value("-Weight")?.number("weight")?,
                port: value("-Port")?.number("port")?,
                target: rdata::host(&value("-DomainName")?.text),
            }
        } else if position("-Txt").is_some() {
            RData::Txt(value("-DescriptiveText")?.read(strings)?)
        } else {
            RData::Other(words.get(1).map(|word| word.text.clone()).unwrap_or_default())
        };
        let (name, zone) = (value("-Name")?.text, value("-ZoneName")?.text);
        let name = match (name.as_str(), zone.is_empty()) {
            (_, true) => place.relative(&name),
            ("@", _) => place.full(&zone),
            _ => place.full(&format!("{name}.{zone}")),
        };
        records.push(Rr { name, ttl, data });
    }
    Ok(records)
}

fn strings(text: &str) -> Result<Vec<CharacterString>, Hinted> {
    let cut = |piece: &str| match piece.len() {
        ..=STRING_MAX => Ok(CharacterString(piece.as_bytes().to_vec())),
        length => Err(Hinted::new(
            format!("a string of {length} characters: the cmdlet takes {STRING_MAX} and drops the rest"),
            "put CR LF between pieces, as `fedctl records --format windows` does",
        )),
    };
    text.split("\r\n").map(cut).collect()
}

/// Words with their quotes, a statement a line.
fn statements(text: &str) -> Result<Vec<Vec<Placed>>, Hinted> {
    let (mut statements, mut words, mut word) = (Vec::new(), Vec::new(), Placed::default());
    let mut chars = Chars::new(text);
    while let Some((at, c)) = chars.next() {
        if word.text.is_empty() {
            word.at = at;
        }
        match c {
            '\'' | '"' => {
                word.text.push(c);
                loop {
                    let next = chars.next().map(|(_, c)| c).ok_or_else(|| {
                        let hint = "look for a missing quote at the end of a value";
                        Hinted::new("a quote is opened and never closed", hint).at(at)
                    })?;
                    word.text.push(next);
                    match next {
                        '`' if c == '"' => word.text.extend(chars.next().map(|(_, c)| c)),
                        _ if next == c && chars.peek() == Some(c) => word.text.extend(chars.next().map(|(_, c)| c)),
                        _ if next == c => break,
                        _ => {}
                    }
                }
            }
            '`' if chars.next_if(|c| c == '\n').is_some() => {}
            '#' if word.text.is_empty() => while chars.next_if(|c| c != '\n').is_some() {},
            c if c.is_whitespace() || c == ';' => {
                if !word.text.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                if matches!(c, '\n' | ';') && !words.is_empty() {
                    statements.push(std::mem::take(&mut words));
                }
            }
            c => word.text.push(c),
        }
    }
    words.extend(Some(word).filter(|word| !word.text.is_empty()));
    statements.push(words);
    Ok(statements)
}

/// The value of a word: verbatim in single quotes, with variables and backtick escapes in double quotes.
fn expand(word: &str, variables: &HashMap<String, String>) -> Result<String, Hinted> {
    if let Some(inner) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Ok(inner.replace("''", "'"));
    }
    let inner = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(word);
    let mut out = String::new();
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '`' => out.extend(match chars.next() {
                Some('r') => Some('\r'),
                Some('n') => Some('\n'),
                other => other,
            }),
            '$' => {
                let braced = chars.next_if_eq(&'{').is_some();
                let mut name = String::new();
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    name.push(c.to_ascii_lowercase());
                }
                if braced {
                    chars.next_if_eq(&'}');
                }
                let known = variables.get(&name).ok_or_else(|| {
                    Hinted::new(format!("the variable `${name}` is never set"), "look for a misspelt variable")
                })?;
                out += known;
            }
            c => out.push(c),
        }
    }
    Ok(out)
}
