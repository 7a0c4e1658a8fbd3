//! The characters of a text with their positions, and those that an editor, a word processor or a web page has put in.

use super::Defect;
use super::defect_kind::DefectKind;
use crate::count::counted;

/// One character of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyph {
    /// Its position in what was given, from 1.
    pub at: usize,
    /// What it stands for.
    pub c: char,
    /// True when a defect about this character is reported already.
    pub description: bool,
}

/// The characters as a string.
pub fn text(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|glyph| glyph.c).collect()
}

/// Reads UTF-8; a byte that is none stands for itself, as servers read every byte (Latin-1).
pub fn read(bytes: &[u8], defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let chars = utf16(bytes).inspect(|_| {
        defects.push(Defect::at(
            DefectKind::Utf16,
            1,
            "the file is UTF-16, two bytes a character, as Windows writes it; expected plain ASCII".to_owned(),
        ));
    });
    let chars = chars.unwrap_or_else(|| {
        bytes
            .utf8_chunks()
            .flat_map(|chunk| chunk.valid().chars().chain(chunk.invalid().iter().map(|byte| char::from(*byte))))
            .collect()
    });
    chars.into_iter().enumerate().map(|(at, c)| Glyph { at: at + 1, c, description: false }).collect()
}

fn utf16(bytes: &[u8]) -> Option<Vec<char>> {
    let big = match bytes {
        [0xff, 0xfe, ..] => false,
        [0xfe, 0xff, ..] => true,
        [b'-', 0, b'-', 0, ..] | [b'M', 0, b'I', 0, ..] => false,
        [0, b'-', 0, b'-', ..] | [0, b'M', 0, b'I', ..] => true,
        _ => return None,
    };
    let units = bytes.chunks_exact(2).map(|pair| match big {
        true => u16::from_be_bytes([pair[0], pair[1]]),
        false => u16::from_le_bytes([pair[0], pair[1]]),
    });
    let mark = usize::from(bytes[0] >= 0xfe);
    Some(char::decode_utf16(units.skip(mark)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// What a character that does not belong is, and what it should have been, if anything.
fn foreign(at: usize, c: char) -> Option<(DefectKind, Option<char>)> {
    Some(match c {
        '\u{feff}' if at == 1 => (DefectKind::ByteOrderMark, None),
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' => {
            (DefectKind::InvisibleCharacter, None)
        }
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            (DefectKind::NoBreakSpace, Some(' '))
        }
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => {
            (DefectKind::TypographicDash, Some('-'))
        }
        '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2032}' | '\u{2033}' | '\u{b4}' => {
            (DefectKind::TypographicQuote, None)
        }
        '\u{ff01}'..='\u{ff5e}' => (DefectKind::ForeignCharacter, char::from_u32(c as u32 - 0xfee0)),
        '\t' | '\n' | '\r' | ' '..='~' => return None,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => (DefectKind::ControlCharacter, None),
        _ => (DefectKind::ForeignCharacter, None),
    })
}

/// Takes out what does not belong and tells, for each kind, the first one and how many.
pub fn peel(glyphs: Vec<Glyph>, defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let mut seen: Vec<(DefectKind, usize, char, usize)> = Vec::new();
    let mut out = Vec::with_capacity(glyphs.len());
    for glyph in glyphs {
        let Some((kind, meant)) = foreign(glyph.at, glyph.c) else {
            out.push(glyph);
            continue;
        };
        match seen.iter_mut().find(|(known, ..)| *known == kind) {
            Some((.., count)) => *count += 1,
            None => seen.push((kind, glyph.at, glyph.c, 1)),
        }
        out.extend(meant.map(|c| Glyph { c, description: true, ..glyph }));
    }
    for (kind, at, c, count) in seen {
        let more = if count > 1 { format!(", and {} more of the kind", count - 1) } else { String::new() };
        let effect = match c.len_utf8() {
            1 => String::new(),
            bytes if !c.is_ascii() => {
                format!("; servers read its {} as {}", counted(bytes, "byte"), counted(bytes, "other character"))
            }
            _ => String::new(),
        };
        defects.push(Defect::at(kind, at, format!("character {at} is {} (U+{:04X}){more}{effect}", name(c), c as u32)));
    }
    out
}

/// The character's name, as far as people know it.
pub fn name(c: char) -> &'static str {
    match c {
        '\u{feff}' => "a byte-order mark",
        '\u{200b}' => "a zero-width space",
        '\u{200c}' => "a zero-width non-joiner",
        '\u{200d}' => "a zero-width joiner",
        '\u{2060}' => "a word joiner",
        '\u{ad}' => "a soft hyphen",
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => "an invisible direction mark",
        '\u{a0}' => "a no-break space",
        '\u{202f}' => "a narrow no-break space",
        '\u{2000}'..='\u{200a}' | '\u{205f}' | '\u{3000}' => "a typographic space",
        '\u{2010}' | '\u{2011}' => "a typographic hyphen",
        '\u{2012}' | '\u{2013}' => "an en dash",
        '\u{2014}' | '\u{2015}' => "an em dash",
        '\u{2212}' => "a minus sign",
        '\u{2018}' | '\u{2019}' => "a curly single quote",
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' => "a curly quote",
        '\u{ff01}'..='\u{ff5e}' => "a full-width character",
        '\u{400}'..='\u{52f}' => "a Cyrillic letter",
        '\u{370}'..='\u{3ff}' => "a Greek letter",
        '\u{0}' => "a NUL",
        _ if c.is_control() => "a control character",
        ' '..='~' => "a character that base64 does not have",
        _ => "a character outside ASCII",
    }
}
