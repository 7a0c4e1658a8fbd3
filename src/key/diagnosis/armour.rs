//! The lines `-----BEGIN PUBLIC KEY-----` and `-----END PUBLIC KEY-----`, found also when they were hurt.

use super::Defect;
use super::defect_kind::DefectKind;
use super::glyphs::{Glyph, text};
use crate::count::{counted, is_or_are};
use crate::key::{BEGIN_PUBLIC, END_PUBLIC};

/// Where a label stands: glyphs from `start` to before `end`, dashes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub start: usize,
    pub end: usize,
}

/// Every place where the letters of `word` are in this order, whatever dashes and blanks are around and between them.
pub fn labels(glyphs: &[Glyph], word: &str) -> Vec<Label> {
    let letters: Vec<(usize, char)> = glyphs
        .iter()
        .enumerate()
        .filter(|(_, glyph)| glyph.c.is_ascii_alphanumeric())
        .map(|(at, glyph)| (at, glyph.c.to_ascii_uppercase()))
        .collect();
    let word: Vec<char> = word.chars().collect();
    letters
        .windows(word.len())
        .filter(|window| window.iter().map(|(_, c)| c).eq(&word))
        .map(|window| extended(glyphs, window[0].0, window[word.len() - 1].0 + 1))
        .collect()
}

/// Takes in the dashes on both sides; between two labels each has its five.
fn extended(glyphs: &[Glyph], start: usize, end: usize) -> Label {
    let dashes = |run: &mut dyn Iterator<Item = &Glyph>| {
        let (mut taken, mut dashes) = (0, 0);
        for (at, glyph) in run.enumerate() {
            match glyph.c {
                '-' => (taken, dashes) = (at + 1, dashes + 1),
                ' ' | '_' => {}
                _ => break,
            }
        }
        if dashes >= 10 { 5 } else { taken }
    };
    let left = dashes(&mut glyphs[..start].iter().rev());
    let right = dashes(&mut glyphs[end..].iter());
    Label { start: start - left, end: end + right }
}

/// The part between the labels, and what became of each label.
pub struct Opened {
    pub body: Vec<Glyph>,
    /// A closing label was there, in whatever state.
    pub closed: bool,
    pub defects: Vec<Defect>,
}

/// Cuts the labels off. `begin` and `end` are the labels where their letters are whole.
pub fn open(glyphs: &[Glyph], begin: Option<Label>, end: Option<Label>) -> Opened {
    let mut defects = Vec::new();
    let from = match begin {
        Some(label) => {
            defects.extend(judge(glyphs, label, BEGIN_PUBLIC));
            label.end
        }
        None => front(glyphs, &mut defects),
    };
    let end = end.filter(|label| label.start >= from);
    let (to, closed) = match end {
        Some(label) => {
            defects.extend(judge(glyphs, label, END_PUBLIC));
            (label.start, true)
        }
        None => back(glyphs, from, &mut defects),
    };
    // Lost spaces are reported once for both ends.
    let lost = |defect: &Defect| defect.kind == DefectKind::ArmourSpacesLost;
    if defects.iter().filter(|defect| lost(defect)).count() == 2 {
        defects.pop();
    }
    Opened { body: glyphs[from..to.max(from)].to_vec(), closed, defects }
}

fn judge(glyphs: &[Glyph], label: Label, exact: &str) -> Option<Defect> {
    let seen = &glyphs[label.start..label.end];
    let shown = text(seen);
    if shown == exact {
        return None;
    }
    let (which, altered, cut) = match exact == BEGIN_PUBLIC {
        true => ("opening", DefectKind::ArmourAlteredBegin, DefectKind::ArmourCutBegin),
        false => ("closing", DefectKind::ArmourAlteredEnd, DefectKind::ArmourCutEnd),
    };
    let at = seen.first().map_or(1, |glyph| glyph.at);
    let is_cut = match exact == BEGIN_PUBLIC {
        true => label.start == 0 && exact.ends_with(&shown),
        false => label.end == glyphs.len() && exact.starts_with(&shown),
    };
    Some(match () {
        // The dash that was replaced is reported already.
        () if seen.iter().any(|glyph| glyph.description) && shown.trim_matches('-') == exact.trim_matches('-') => {
            return None;
        }
        () if is_cut => cut_off(which, cut, at, exact.len() - shown.len()),
        () if shown == exact.replace(' ', "") => Defect::at(
            DefectKind::ArmourSpacesLost,
            at,
            format!("the spaces of the armour are lost; expected `{exact}`"),
        ),
        () => Defect::at(altered, at, format!("the {which} line is not exactly `{exact}`")),
    })
}

fn cut_off(which: &str, kind: DefectKind, at: usize, missing: usize) -> Defect {
    Defect::at(
        kind,
        at,
        format!("{} of the {which} line {} cut off", counted(missing, "character"), is_or_are(missing)),
    )
}

/// Where the body starts when the letters of the opening line are not whole.
fn front(glyphs: &[Glyph], defects: &mut Vec<Defect>) -> usize {
    // -----SOMETHING-----
    let dashes = |from: usize| glyphs.iter().skip(from).take_while(|glyph| glyph.c == '-').count();
    let opening = dashes(0);
    let close = glyphs.iter().skip(opening).take(40).position(|glyph| glyph.c == '-').map(|at| at + opening);
    match close {
        Some(close) if opening > 0 && dashes(close) > 1 => {
            let what = format!("the opening line is not exactly `{BEGIN_PUBLIC}`");
            defects.push(Defect::at(DefectKind::ArmourAlteredBegin, glyphs[0].at, what));
            close + dashes(close)
        }
        _ => {
            let head = text(&glyphs[..glyphs.len().min(BEGIN_PUBLIC.len())]);
            if let Some(missing) = (1..BEGIN_PUBLIC.len()).find(|cut| head.starts_with(&BEGIN_PUBLIC[*cut..])) {
                defects.push(cut_off("opening", DefectKind::ArmourCutBegin, 1, missing));
                return BEGIN_PUBLIC.len() - missing;
            }
            defects
                .push(Defect::new(DefectKind::ArmourMissingBegin, format!("`{BEGIN_PUBLIC}` is missing at the start")));
            opening
        }
    }
}

/// Where the body ends when the letters of the closing line are not whole, and whether there is such a line at all.
fn back(glyphs: &[Glyph], from: usize, defects: &mut Vec<Defect>) -> (usize, bool) {
    let rest = &glyphs[from..];
    let dashes = |upto: usize| rest[..upto].iter().rev().take_while(|glyph| glyph.c == '-').count();
    let closing = dashes(rest.len());
    let inner = rest.len() - closing;
    let open = rest[..inner].iter().rev().take(40).position(|glyph| glyph.c == '-').map(|back| inner - back);
    match open {
        Some(open) if closing > 0 && dashes(open) > 1 => {
            let start = from + open - dashes(open);
            let what = format!("the closing line is not exactly `{END_PUBLIC}`");
            defects.push(Defect::at(DefectKind::ArmourAlteredEnd, glyphs[start].at, what));
            (start, true)
        }
        _ => {
            let tail = text(&rest[rest.len().saturating_sub(END_PUBLIC.len())..]);
            if let Some(kept) = (1..END_PUBLIC.len()).rev().find(|kept| tail.ends_with(&END_PUBLIC[..*kept])) {
                let at = glyphs[glyphs.len() - kept].at;
                defects.push(cut_off("closing", DefectKind::ArmourCutEnd, at, END_PUBLIC.len() - kept));
                return (glyphs.len() - kept, false);
            }
            defects.push(Defect::new(DefectKind::ArmourMissingEnd, format!("`{END_PUBLIC}` is missing at the end")));
            (from + inner, false)
        }
    }
}
