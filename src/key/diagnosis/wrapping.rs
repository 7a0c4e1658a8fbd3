//! What transports leave around and inside a value: quotes, escapes, the record line, a prefix.

use super::Defect;
use super::defect_kind::DefectKind;
use super::glyphs::{Glyph, text};
use crate::key::{BEGIN_PUBLIC, END_PUBLIC};

/// The prefix that the key had in 1.0.0-beta.0 and beta.1, where it stood at the apex.
const PRE_RELEASE: &str = "rocketchat-public-key=";

/// Unwraps the value, naming each layer.
pub fn peel(glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let glyphs = trim(glyphs, defects);
    let glyphs = record_line(glyphs, defects);
    let glyphs = entities(glyphs, defects);
    let glyphs = quoted_printable(glyphs, defects);
    let glyphs = percent(glyphs, defects);
    let glyphs = backslashes(glyphs, defects);
    let glyphs = quotes(glyphs, defects);
    let glyphs = prefix(glyphs, defects);
    let glyphs = around(glyphs, defects);
    semicolons(glyphs, defects)
}

fn trim(glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let ink = |glyph: &Glyph| !glyph.c.is_ascii_whitespace();
    let (Some(first), Some(last)) = (glyphs.iter().position(ink), glyphs.iter().rposition(ink)) else {
        return Vec::new();
    };
    let outside = glyphs[..first].iter().chain(&glyphs[last + 1..]);
    let outside: Vec<&Glyph> = outside.filter(|glyph| !glyph.description).collect();
    if let Some(glyph) = outside.first() {
        let kind = if outside.iter().any(|glyph| matches!(glyph.c, '\n' | '\r')) {
            DefectKind::LineBreaks
        } else {
            DefectKind::WhiteSpace
        };
        defects.push(Defect::at(
            kind,
            glyph.at,
            format!("there is white space around the key (character {})", glyph.at),
        ));
    }
    glyphs[first..=last].to_vec()
}

/// `name 3600 IN TXT ( … )` in front of the value.
fn record_line(glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let upper = text(&glyphs).to_ascii_uppercase();
    let before = upper.find("-----BEGIN").or_else(|| upper.find('"')).unwrap_or(upper.len().min(300));
    let head = upper.get(..before).unwrap_or_default();
    let Some(at) = head.find(" TXT").or_else(|| head.find("\tTXT")).map(|at| at + 4) else { return glyphs };
    if !head[at..].starts_with(|c: char| c.is_ascii_whitespace() || c == '"') && !head[at..].is_empty() {
        return glyphs;
    }
    defects.push(Defect::at(
        DefectKind::RecordLineKept,
        glyphs[0].at,
        "the value starts with a whole record line (`… TXT`); only what follows it belongs there".to_owned(),
    ));
    let rest = glyphs.into_iter().skip(at).filter(|glyph| !matches!(glyph.c, '(' | ')'));
    let rest: Vec<Glyph> = rest.skip_while(|glyph| glyph.c.is_ascii_whitespace()).collect();
    let end = rest.iter().rposition(|glyph| !glyph.c.is_ascii_whitespace()).map_or(0, |at| at + 1);
    rest[..end].to_vec()
}

/// The characters of a key that web pages write as names (HTML, section "Named character references").
const ENTITIES: &[(&str, char)] = &[
    ("plus", '+'),
    ("sol", '/'),
    ("equals", '='),
    ("quot", '"'),
    ("apos", '\''),
    ("amp", '&'),
    ("nbsp", ' '),
    ("hyphen", '-'),
    ("dash", '-'),
    ("NewLine", '\n'),
];
/// The longest entity, in characters between `&` and `;`.
const ENTITY_MAX: usize = 8;

/// Decodes until nothing is left: what was encoded twice has `&amp;` in it.
fn entities(mut glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let mut first = None;
    for _ in 0..3 {
        let mut out = Vec::with_capacity(glyphs.len());
        let mut at = 0;
        while let Some(glyph) = glyphs.get(at) {
            match entity(&glyphs[at..]) {
                Some((c, length)) => {
                    first.get_or_insert(glyph.at);
                    out.push(Glyph { c, description: true, ..*glyph });
                    at += length;
                }
                None => {
                    out.push(*glyph);
                    at += 1;
                }
            }
        }
        let is_done = out.len() == glyphs.len();
        glyphs = out;
        if is_done {
            break;
        }
    }
    if let Some(at) = first {
        let what = format!("characters are written as HTML entities, from character {at} on");
        defects.push(Defect::at(DefectKind::HtmlEntities, at, what));
    }
    glyphs
}

/// The character of the entity at the beginning, and how long it is.
fn entity(glyphs: &[Glyph]) -> Option<(char, usize)> {
    let end = glyphs.iter().take(ENTITY_MAX + 2).position(|glyph| glyph.c == ';')?;
    let name = text(&glyphs[..end]);
    let name = name.strip_prefix('&')?;
    let code = match name.strip_prefix('#').map(|digits| (digits, digits.strip_prefix(['x', 'X']))) {
        Some((_, Some(hex))) => u32::from_str_radix(hex, 16).ok(),
        Some((digits, None)) => digits.parse().ok(),
        None => return ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, c)| (*c, end + 1)),
    };
    code.and_then(char::from_u32).map(|c| (c, end + 1))
}

/// The encoding of mail programs (RFC 2045 section 6.7): `=3D` for `=`, and `=` at the end of a line that goes on.
fn quoted_printable(glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let whole = text(&glyphs);
    let signs = ["=3D", "=2B", "=2F", "=20", "=0A", "=0D", "=\r\n", "=\n"];
    let Some(first) = signs.iter().filter_map(|sign| whole.find(sign)).min() else { return glyphs };
    let mut out = Vec::with_capacity(glyphs.len());
    let mut at = 0;
    while let Some(glyph) = glyphs.get(at) {
        let after = &glyphs[at + 1..];
        let breaks = after.iter().take_while(|glyph| matches!(glyph.c, '\r' | '\n')).count();
        let code = after.get(..2).and_then(|pair| u8::from_str_radix(&text(pair), 16).ok());
        match (glyph.c, code) {
            ('=', _) if breaks > 0 => at += 1 + breaks,
            ('=', Some(code)) => {
                out.push(Glyph { c: char::from(code), description: true, ..*glyph });
                at += 3;
            }
            _ => {
                out.push(*glyph);
                at += 1;
            }
        }
    }
    let at = whole[..first].chars().count() + 1;
    let what = format!("it is encoded as in a mail (quoted-printable), from character {at} on");
    defects.push(Defect::at(DefectKind::QuotedPrintable, at, what));
    out
}

/// The longest text before or after the key that counts as a label.
const LABEL_MAX: usize = 80;

/// A label such as `key=` before the key, or a brace behind it.
fn around(glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let chars: String = glyphs.iter().map(|glyph| if glyph.c.is_ascii() { glyph.c } else { '?' }).collect();
    let Some(begin) = chars.find(BEGIN_PUBLIC) else { return glyphs };
    let end = chars[begin..].find(END_PUBLIC).map_or(chars.len(), |at| begin + at + END_PUBLIC.len());
    let is_label = |part: &str| {
        part.len() <= LABEL_MAX && !part.contains("----") && part.contains(|c: char| c.is_ascii_alphanumeric())
    };
    let (before, behind) = (&chars[..begin], &chars[end..]);
    let from = if is_label(before) { begin } else { 0 };
    let to = if is_label(behind) { end } else { chars.len() };
    let Some(first) = glyphs.get(if from > 0 { 0 } else { to }) else { return glyphs };
    let what = format!("there is other text around the key, first at character {}", first.at);
    defects.push(Defect::at(DefectKind::TextAround, first.at, what));
    glyphs[from..to].to_vec()
}

fn percent(glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let mut out = Vec::with_capacity(glyphs.len());
    let (mut at, mut first) = (0, None);
    while let Some(glyph) = glyphs.get(at) {
        let code = (glyph.c == '%')
            .then(|| glyphs.get(at + 1..at + 3))
            .flatten()
            .and_then(|pair| u8::from_str_radix(&text(pair), 16).ok());
        match code {
            Some(code) => {
                first.get_or_insert(glyph.at);
                out.push(Glyph { c: char::from(code), description: true, ..*glyph });
                at += 3;
            }
            None => {
                out.push(*glyph);
                at += 1;
            }
        }
    }
    if let Some(at) = first {
        let what = format!("it is percent-encoded as in a URL, from character {at} on");
        defects.push(Defect::at(DefectKind::PercentEncoded, at, what));
    }
    out
}

fn backslashes(glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let mut out: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    let (mut newline, mut kept, mut semicolon) = (None, None, None);
    let mut at = 0;
    while let Some(glyph) = glyphs.get(at) {
        if glyph.c != '\\' {
            out.push(*glyph);
            at += 1;
            continue;
        }
        let run = glyphs[at..].iter().take_while(|glyph| glyph.c == '\\').count();
        let after = &glyphs[at + run..];
        at += run;
        let digits = after.get(..3).map(text).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let decimal = digits.and_then(|digits| digits.parse::<u8>().ok());
        let unicode = (after.first().map(|glyph| glyph.c) == Some('u')).then(|| after.get(1..5).map(text)).flatten();
        let unicode = unicode.and_then(|digits| u32::from_str_radix(&digits, 16).ok()).and_then(char::from_u32);
        if let Some(c) = unicode {
            kept.get_or_insert(glyph.at);
            out.push(Glyph { c, description: true, ..*glyph });
            at += 5;
            continue;
        }
        match (after.first().map(|glyph| glyph.c), decimal) {
            (Some('n' | 'r'), _) => {
                newline.get_or_insert(glyph.at);
                at += 1;
            }
            (Some(';'), _) => {
                semicolon.get_or_insert(glyph.at);
                at += 1;
            }
            (_, Some(code)) => {
                kept.get_or_insert(glyph.at);
                out.push(Glyph { c: char::from(code), description: true, ..*glyph });
                at += 3;
            }
            _ => {
                kept.get_or_insert(glyph.at);
            }
        }
    }
    let found = [
        (newline, DefectKind::LiteralNewline, "a line break is spelt out as `\\n`"),
        (kept, DefectKind::BackslashesKept, "a backslash that should have been an escape was kept"),
        (semicolon, DefectKind::SemicolonKept, "`\\;` is in the value"),
    ];
    for (at, kind, what) in found {
        if let Some(at) = at {
            defects.push(Defect::at(kind, at, format!("{what}, first at character {at}")));
        }
    }
    out
}

fn quotes(glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let is_quote = |glyph: &Glyph| matches!(glyph.c, '"' | '\'' | '`');
    let Some(first) = glyphs.iter().find(|glyph| is_quote(glyph)) else { return glyphs };
    let what = format!("quotes were kept in the value, first at character {}", first.at);
    defects.push(Defect::at(DefectKind::QuotesKept, first.at, what));
    // Blanks between a closing and an opening quote only part the strings.
    let mut out: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    let mut blanks: Vec<Glyph> = Vec::new();
    let mut after_quote = false;
    for glyph in glyphs {
        if is_quote(&glyph) {
            if !after_quote {
                out.append(&mut blanks);
            }
            blanks.clear();
            after_quote = true;
        } else if glyph.c.is_ascii_whitespace() {
            blanks.push(glyph);
        } else {
            out.append(&mut blanks);
            out.push(glyph);
            after_quote = false;
        }
    }
    out
}

fn prefix(glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let head = text(&glyphs[..glyphs.len().min(PRE_RELEASE.len())]);
    if !head.eq_ignore_ascii_case(PRE_RELEASE) {
        return glyphs;
    }
    defects.push(Defect::at(
        DefectKind::PreReleasePrefix,
        glyphs[0].at,
        format!("it starts with `{PRE_RELEASE}`, which only the pre-releases of 1.0.0 used"),
    ));
    glyphs[PRE_RELEASE.len()..].to_vec()
}

fn semicolons(glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let Some(first) = glyphs.iter().find(|glyph| glyph.c == ';') else { return glyphs };
    if !defects.iter().any(|defect| defect.kind == DefectKind::SemicolonKept) {
        let what = format!("a semicolon is in the value, first at character {}", first.at);
        defects.push(Defect::at(DefectKind::SemicolonKept, first.at, what));
    }
    glyphs.into_iter().filter(|glyph| glyph.c != ';').collect()
}
