//! dnscontrol: the calls `SRV()` and `TXT()` in dnsconfig.js.

use std::ops::Range;

use super::super::dnscontrol::{Placed, Token, call, end, record, tokens};
use super::{Edit, Edits, File, Piece, mentions, part, unclear};
use crate::dns::record::{RData, Rr};
use crate::error::Hinted;
use crate::position::Position;
use crate::rocketchat::change::{Change, questions};

/// The calls for our names inside `D()` and `D_EXTEND()` of the zone.
pub fn find(file: &File) -> Result<Vec<Piece>, Hinted> {
    let tokens = tokens(file.text)?;
    let (mut pieces, mut others, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        let Some((zone, inside)) = zone_at(&tokens, at)? else {
            at += 1;
            continue;
        };
        let ours = &file.plan.set.zone;
        if zone == ours.as_str() || zone.ends_with(&format!(".{ours}")) {
            pieces.extend(records(file, &tokens, inside.clone(), &zone)?);
        } else {
            others.push(tokens[inside.start].1.start..tokens[inside.end].1.end);
        }
        at = inside.end;
    }
    let known =
        |at: usize| pieces.iter().map(|piece: &Piece| &piece.range).chain(&others).any(|range| range.contains(&at));
    let unknown = tokens.iter().find(|(token, range)| {
        let text = match token {
            Token::Text(text) => text.as_str(),
            // A template is not looked into.
            Token::Mark('`') => &file.text[range.clone()],
            _ => return false,
        };
        mentions(text) && !known(range.start)
    });
    match unknown {
        Some((_, range)) => {
            Err(unclear("what is done with a record of the set").at(Position::of(file.text, range.start)))
        }
        None => Ok(pieces),
    }
}

/// The zone of a `D("zone", ...)` or `D_EXTEND("zone", ...)` that begins here, and its arguments.
fn zone_at(tokens: &[Placed], at: usize) -> Result<Option<(String, Range<usize>)>, Hinted> {
    let [(Token::Name(name), _), (Token::Mark('('), _), (Token::Text(zone), _), ..] = &tokens[at..] else {
        return Ok(None);
    };
    if name != "D" && name != "D_EXTEND" {
        return Ok(None);
    }
    let end = closed(tokens, at + 2)?;
    Ok(Some((zone.to_ascii_lowercase(), at + 2..end)))
}

/// The index of the bracket that closes the call whose arguments begin here.
fn closed(tokens: &[Placed], at: usize) -> Result<usize, Hinted> {
    end(&tokens[at..]).map(|end| at + end).ok_or_else(|| unclear("where a call ends"))
}

/// The calls for our names among the arguments of a zone.
fn records(file: &File, tokens: &[Placed], inside: Range<usize>, zone: &str) -> Result<Vec<Piece>, Hinted> {
    let set = &file.plan.set;
    let (mut pieces, mut at) = (Vec::new(), inside.start);
    while at < inside.end {
        let [(Token::Name(kind), start), (Token::Mark('('), _), (Token::Text(name), _), ..] = &tokens[at..] else {
            at += 1;
            continue;
        };
        let close = closed(tokens, at + 2)?;
        let owner = if name == "@" { zone.to_owned() } else { format!("{}.{zone}", name.to_ascii_lowercase()) };
        if questions(set).iter().any(|question| question.name == owner) {
            let rr = match kind.as_str() {
                "SRV" | "TXT" => record(kind, &tokens[at + 2..close], zone, file.text)
                    .map_err(|why| why.at_least(|| Position::of(file.text, start.start)))?,
                other => Rr { name: owner, ttl: 0, data: RData::Other(other.to_owned()) },
            };
            pieces.push(Piece { range: start.start..tokens[close].1.end, records: vec![rr] });
            at = close;
        }
        at += 1;
    }
    Ok(pieces)
}

pub fn edit(file: &File, pieces: &[Piece], changes: &[Change]) -> Edits {
    let set = &file.plan.set;
    let (mut edits, mut missing, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        let ours = pieces.iter().filter(|piece| piece.is_of(&change.question));
        let stays = |piece: &&Piece| change.after.iter().any(|rr| piece.records.iter().any(|own| own.data == rr.data));
        let wrong: Vec<&Piece> = ours.filter(|piece| !stays(piece)).collect();
        let calls = |name: &str| -> Result<Vec<String>, Hinted> {
            part(file.plan, &change.question).set.records.iter().map(|record| call(record, name)).collect()
        };
        match wrong.split_first() {
            None => missing.extend(calls(set.relative(&change.question.name))?),
            Some((first, rest)) => {
                let name = name_in(file.text, first).ok_or_else(|| unclear("the name of a record"))?;
                edits.push(Edit { range: first.range.clone(), text: calls(&name)?.join(",\n  ") });
                gone.extend(rest);
            }
        }
    }
    let removed = removals(file.text, &gone)?;
    if !missing.is_empty() {
        let left: Vec<&Piece> = pieces.iter().filter(|piece| !gone.contains(piece)).collect();
        edits.push(addition(file, &left, &missing, &removed)?);
    }
    edits.extend(removed.into_iter().map(|range| Edit { range, text: String::new() }));
    Ok(edits)
}

/// The first argument of a call, as it is written there.
fn name_in(text: &str, piece: &Piece) -> Option<String> {
    match tokens(&text[piece.range.clone()]).ok()?.get(2)? {
        (Token::Text(name), _) => Some(name.clone()),
        _ => None,
    }
}

/// The calls with the commas that separate them, and their whole lines when nothing else is there. No range touches another.
fn removals(text: &str, gone: &[&Piece]) -> Result<Vec<Range<usize>>, Hinted> {
    let tokens = tokens(text)?;
    let blank = |c: char| c == ' ' || c == '\t';
    let (mut ranges, mut last): (Vec<Range<usize>>, Vec<&Piece>) = (Vec::new(), Vec::new());
    for piece in gone {
        let after = text[piece.range.end..].trim_start();
        if !after.starts_with(',') {
            last.push(piece);
            ranges.push(text[..piece.range.start].trim_end().len()..piece.range.end);
            continue;
        }
        let end = text.len() - after.len() + 1;
        let before = text[..piece.range.start].trim_end_matches(blank);
        let rest = text[end..].trim_start_matches(blank);
        let alone = before.ends_with('\n') && rest.starts_with('\n');
        ranges.push(if alone { before.len()..text.len() - rest.len() + 1 } else { piece.range.start..end });
    }
    // Of a last argument the comma before it goes, which is behind the last argument that stays.
    for piece in last {
        let is_comma = |(token, range): &&Placed| {
            *token == Token::Mark(',')
                && range.start < piece.range.start
                && !ranges.iter().any(|removed| removed.contains(&range.start))
        };
        ranges.extend(tokens.iter().rfind(is_comma).map(|(_, range)| range.clone()));
    }
    ranges.sort_by_key(|range| range.start);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match apart.last_mut().filter(|before| before.end >= range.start) {
            Some(before) => before.end = before.end.max(range.end),
            None => apart.push(range),
        }
    }
    Ok(apart)
}

/// After the last of our records in the zone itself, or in a `D_EXTEND()` at the end.
fn addition(file: &File, pieces: &[&Piece], calls: &[String], removed: &[Range<usize>]) -> Result<Edit, Hinted> {
    let tokens = tokens(file.text)?;
    let zone = file.plan.set.zone.as_str();
    let has = |name: &str| {
        tokens.windows(3).any(|three| {
            matches!(three, [(Token::Name(call), _), (Token::Mark('('), _), (Token::Text(text), _)] if call == name && text == zone)
        })
    };
    if !has("D") {
        let what = format!("the file has no D(\"{zone}\")");
        return Err(Hinted::new(what, "give the file that defines the zone, or the zone with --zone"));
    }
    let whole = |piece: &&&Piece| {
        let name = name_in(file.text, piece);
        piece.records.iter().all(|rr| name.as_deref() == Some(file.plan.set.relative(&rr.name)))
    };
    if let Some(last) = pieces.iter().rfind(whole) {
        let start = file.text[..last.range.start].rfind('\n').map_or(0, |at| at + 1);
        let before = &file.text[start..last.range.start];
        let indent = if before.trim().is_empty() { before } else { "  " };
        let end = last.range.end;
        // A comment behind the comma belongs to the record before it.
        let line = file.text[end..].split('\n').next().unwrap_or_default();
        let stays = !removed.iter().any(|range| range.start <= end + line.len() && end < range.end);
        let rest = line.strip_prefix(',').filter(|_| stays);
        return Ok(match rest.filter(|rest| rest.trim().is_empty() || rest.trim().starts_with("//")) {
            Some(rest) => {
                let end = end + 1 + rest.trim_end_matches('\r').len();
                let text = calls.iter().map(|call| format!("\n{indent}{call},")).collect();
                Edit { range: end..end, text }
            }
            None => Edit { range: end..end, text: calls.iter().map(|call| format!(",\n{indent}{call}")).collect() },
        });
    }
    let gap = if file.text.ends_with('\n') { "\n" } else { "\n\n" };
    let calls: Vec<String> = calls.iter().map(|call| format!("  {call}")).collect();
    let zone = serde_json::Value::from(zone);
    let text = format!("{gap}D_EXTEND({zone},\n{}\n);\n", calls.join(",\n"));
    Ok(Edit { range: file.text.len()..file.text.len(), text })
}
