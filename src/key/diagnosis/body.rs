//! The base64 between the labels, and the key inside it: cut, overlapping, swapped, damaged or of another kind.

use super::Defect;
use super::defect_kind::DefectKind;
use super::der::{self, Shape};
use super::glyphs::{Glyph, name};
use super::numbers::{self, TRAILER};
use crate::count::{counted, is_or_are};
use crate::key::{PublicKey, base64};
use crate::severity::Severity;

/// Shorter repetitions happen by chance.
const OVERLAP_MIN: usize = 4;
/// Base64 characters of the frame that must be left to tell the size of a key by.
const FRAME_MIN: usize = 8;
/// Letters from which a text without capitals is not chance.
const LETTERS_MIN: usize = 40;
/// The public exponents that programs make keys with.
const EXPONENTS: [&str; 3] = ["65537", "3", "17"];

/// What the body is read with.
#[derive(Debug, Clone, Copy)]
pub struct Around {
    /// Bytes of the whole text.
    pub length: usize,
    /// A closing label was there.
    pub closed: bool,
    /// The label said PKCS#1.
    pub pkcs1: bool,
}

/// Reads the body; the key, when it could be recovered and verified.
pub fn read(body: &[Glyph], around: Around, defects: &mut Vec<Defect>) -> Option<PublicKey> {
    let text: String = body.iter().map(|glyph| glyph.c).collect();
    if text.contains("...") {
        defects.push(Defect::new(DefectKind::Placeholder, "dots replace a part of the key: this is an abridged key"));
        return None;
    }
    if let Some(key) = plus_became_space(body, defects) {
        return Some(key);
    }
    let digits = digits(body, defects);
    let letters = digits.iter().filter(|glyph| glyph.c.is_ascii_alphabetic()).count();
    if letters >= LETTERS_MIN && !digits.iter().any(|glyph| glyph.c.is_ascii_uppercase()) {
        defects.push(Defect::new(
            DefectKind::LowerCased,
            "all letters are lower case: the key cannot be recovered, base64 needs its capitals",
        ));
        return None;
    }
    if digits.is_empty() {
        defects.push(Defect::new(DefectKind::NotAKey, "no part of a key is left between or beside the armour"));
        return None;
    }
    let before = defects.len();
    let Some(key) = analyse(&digits, around, defects) else {
        // What is no key has no base64 to complain about.
        if defects.iter().any(|defect| defect.kind == DefectKind::NotAKey) {
            defects.retain(|defect| {
                !matches!(defect.kind, DefectKind::UrlSafeBase64 | DefectKind::LineBreaks | DefectKind::WhiteSpace)
            });
        }
        return None;
    };
    // A cut or a repetition explains a wrong padding.
    if defects[before..].iter().all(|defect| defect.severity < Severity::Error) {
        defects.extend(padding(body, digits.len()));
    }
    Some(key)
}

/// A form field that decodes `+` as a space, verified by the key that comes back.
fn plus_became_space(body: &[Glyph], defects: &mut Vec<Defect>) -> Option<PublicKey> {
    let first = body.iter().find(|glyph| glyph.c == ' ')?;
    let text: String = body.iter().map(|glyph| if glyph.c == ' ' { '+' } else { glyph.c }).collect();
    let without: String = body.iter().map(|glyph| glyph.c).filter(|c| *c != ' ').collect();
    if numbers::prove(&base64::digits(without.chars())).is_some() {
        return None;
    }
    let key = numbers::prove(&base64::digits(text.chars()))?;
    let what = format!("a `+` has become a space, first at character {}", first.at);
    defects.push(Defect::at(DefectKind::PlusBecameSpace, first.at, what));
    Some(key)
}

/// The base64 digits, with everything else named and dropped.
fn digits(body: &[Glyph], defects: &mut Vec<Defect>) -> Vec<Glyph> {
    let undescribed =
        |test: &dyn Fn(char) -> bool| body.iter().find(|glyph| !glyph.description && test(glyph.c)).copied();
    let description = |defects: &mut Vec<Defect>, kind: DefectKind| defects.iter().any(|defect| defect.kind == kind);
    if let Some(glyph) = undescribed(&|c| matches!(c, '\n' | '\r')) {
        defects.push(Defect::at(
            DefectKind::LineBreaks,
            glyph.at,
            format!("the key is broken into lines, first at character {}; servers publish it on one", glyph.at),
        ));
    } else if let Some(glyph) = undescribed(&|c| matches!(c, ' ' | '\t'))
        && !description(defects, DefectKind::WhiteSpace)
    {
        let what = format!("there is white space inside the key, first at character {}", glyph.at);
        defects.push(Defect::at(DefectKind::WhiteSpace, glyph.at, what));
    }
    if let Some(glyph) = undescribed(&|c| matches!(c, '-' | '_')) {
        let what =
            format!("base64 in its url-safe form (`-` and `_` for `+` and `/`), first at character {}", glyph.at);
        defects.push(Defect::at(DefectKind::UrlSafeBase64, glyph.at, what));
    }
    let strange = |c: char| !c.is_ascii_whitespace() && c != '=' && base64::digit(c).is_none();
    if let Some(glyph) = undescribed(&strange)
        && !description(defects, DefectKind::ForeignCharacter)
    {
        let what = format!("character {} is {} (U+{:04X})", glyph.at, name(glyph.c), glyph.c as u32);
        defects.push(Defect::at(DefectKind::ForeignCharacter, glyph.at, what));
    }
    let ink: Vec<&Glyph> = body.iter().filter(|glyph| !glyph.c.is_ascii_whitespace() && !strange(glyph.c)).collect();
    ink.into_iter().filter(|glyph| glyph.c != '=').copied().collect()
}

/// Names `=` that are missing or too many.
fn padding(body: &[Glyph], digits: usize) -> Option<Defect> {
    let ink = body.iter().filter(|glyph| glyph.c == '=' || base64::digit(glyph.c).is_some());
    let pads = ink.rev().take_while(|glyph| glyph.c == '=').count();
    let total = body.iter().filter(|glyph| glyph.c == '=').count();
    let wanted = (4 - digits % 4) % 4;
    let what = format!("the base64 has {total} `=` where {wanted} belong, at its end");
    (total != pads || pads != wanted).then(|| Defect::new(DefectKind::Padding, what))
}

fn analyse(digits: &[Glyph], around: Around, defects: &mut Vec<Defect>) -> Option<PublicKey> {
    let decoded = base64::digits(digits.iter().map(|glyph| glyph.c));
    if decoded.starts_with(b"-----BEGIN") {
        defects.push(Defect::new(DefectKind::EncodedTwice, "the whole key text is base64-encoded once more"));
        return super::recover(&decoded, defects);
    }
    if let Ok(key) = PublicKey::from_der(&decoded) {
        if digits.len() % 4 == 1 && !is_usual(&key) {
            let last = digits.last().map_or(1, |glyph| glyph.at);
            let what =
                "one base64 character is too many, near the end: what follows it is shifted into another exponent";
            defects.push(Defect::at(DefectKind::BytesAfterKey, last, what));
            return None;
        }
        return numbers::judge(key, defects);
    }
    let foreign = match der::shape(&decoded) {
        Shape::Pkcs1 => numbers::from_pkcs1(&decoded).is_some(),
        Shape::Spki { oid, .. } => numbers::is_foreign(oid),
        _ => false,
    };
    if !foreign
        && let Some(key) = reordered(digits, &decoded, defects).or_else(|| framed(digits, &decoded, around, defects))
    {
        return Some(key);
    }
    match der::shape(&decoded) {
        Shape::Pkcs1 => return pkcs1(&decoded, around, defects),
        Shape::Spki { oid, total } if numbers::is_rsa(oid) => lengths(digits, total, around, defects),
        Shape::Spki { oid, .. } => defects.push(numbers::algorithm(oid)),
        Shape::Certificate => {
            defects.push(Defect::new(DefectKind::Certificate, "this is a certificate, not a public key"))
        }
        Shape::CertificateRequest => {
            defects.push(Defect::new(DefectKind::Certificate, "this is a certificate request, not a public key"));
        }
        Shape::Ssh => defects.push(Defect::new(DefectKind::OpensshLine, "this is a key in OpenSSH's form")),
        Shape::Unknown => unknown(digits, defects),
    }
    None
}

fn is_usual(key: &PublicKey) -> bool {
    EXPONENTS.contains(&key.exponent().as_str())
}

fn pkcs1(decoded: &[u8], around: Around, defects: &mut Vec<Defect>) -> Option<PublicKey> {
    if !around.pkcs1 {
        defects.push(Defect::new(
            DefectKind::Pkcs1Content,
            "inside is a PKCS#1 key (`BEGIN RSA PUBLIC KEY`); servers expect a SubjectPublicKeyInfo",
        ));
    }
    let key = numbers::from_pkcs1(decoded)?;
    numbers::judge(key, defects)
}

/// The structure starts as a key; its claimed length tells what is missing or too much.
fn lengths(digits: &[Glyph], total: usize, around: Around, defects: &mut Vec<Defect>) {
    let expected = (total * 8).div_ceil(6);
    let missing = expected.saturating_sub(digits.len());
    let of = format!("the key has {} of {expected} base64 characters", digits.len());
    let last = digits.last().map_or(1, |glyph| glyph.at);
    defects.push(match () {
        () if missing == 0 && digits.len() > expected => {
            let extra = digits.len() - expected;
            Defect::at(
                DefectKind::BytesAfterKey,
                last,
                format!("{} too many, and the rest is no key either", counted(extra, "character")),
            )
        }
        () if missing == 0 => {
            Defect::new(DefectKind::HeaderDamaged, "the length is right, but a character of the frame changed")
        }
        () if around.closed => Defect::new(
            DefectKind::CharactersLost,
            format!("{of}: {missing} {} lost somewhere inside", is_or_are(missing)),
        ),
        () => truncated(around.length, missing, &of, last),
    });
}

/// Names a cut at the end by where it fell.
pub fn truncated(length: usize, missing: usize, of: &str, last: usize) -> Defect {
    let (kind, why) = match (length, missing) {
        (255, _) => (DefectKind::Truncated255, ", cut at 255 bytes: the limit of one string in a TXT record"),
        (512, _) => (DefectKind::Truncated512, ", cut at 512 bytes: the limit of an old UDP answer or of a form field"),
        (_, 1) => (DefectKind::TruncatedOne, ": the last character is cut off"),
        _ => (DefectKind::Truncated, ": the end is cut off"),
    };
    Defect::at(kind, last, format!("{of}{why}"))
}

/// Tail before head, a part twice, or the whole twice; verified by the key that comes out.
fn reordered(digits: &[Glyph], decoded: &[u8], defects: &mut Vec<Defect>) -> Option<PublicKey> {
    let chars: Vec<char> = digits.iter().map(|glyph| glyph.c).collect();
    let starts = (1..chars.len()).filter(|at| chars[*at..].starts_with(&['M', 'I']));
    for at in starts {
        let turned = chars[at..].iter().chain(&chars[..at]).copied();
        if let Some(key) = numbers::prove(&base64::digits(turned)) {
            let what = format!("the halves are swapped: the key starts at character {}", digits[at].at);
            defects.push(Defect::at(DefectKind::HalvesSwapped, digits[at].at, what));
            return numbers::judge(key, defects);
        }
    }
    let Shape::Spki { total, .. } = der::shape(decoded) else { return None };
    let expected = (total * 8).div_ceil(6);
    let extra = chars.len().checked_sub(expected).filter(|extra| *extra > 0)?;
    // A character too many just before the end shifts the rest into the exponent: that is no key with something behind it.
    if let Some(key) = decoded.get(..total).and_then(numbers::prove).filter(is_usual) {
        let at = digits[expected].at;
        let (kind, what) = match chars[expected..].starts_with(&chars[..extra.min(expected)]) && extra >= OVERLAP_MIN {
            true => (DefectKind::PastedTwice, format!("the key was pasted twice: it starts again at character {at}")),
            false => {
                let extra = counted(extra, "character");
                (DefectKind::BytesAfterKey, format!("{extra} behind the key, from character {at} on"))
            }
        };
        defects.push(Defect::at(kind, at, what));
        return numbers::judge(key, defects);
    }
    let repeats = |at: &usize| chars[*at..at + extra] == chars[at + extra..at + 2 * extra];
    let last = chars.len().checked_sub(2 * extra).filter(|_| extra >= OVERLAP_MIN)?;
    for at in (0..=last).filter(repeats) {
        let single = chars[..at].iter().chain(&chars[at + extra..]).copied();
        if let Some(key) = numbers::prove(&base64::digits(single)) {
            let from = digits[at + extra].at;
            let what = format!("two parts overlap: {} repeated, from character {from} on", counted(extra, "character"));
            defects.push(Defect::at(DefectKind::PartsOverlap, from, what));
            return numbers::judge(key, defects);
        }
    }
    None
}

/// Everything but the modulus is the same in every key of a size, so it can be put back; verified by the key that comes out.
fn framed(digits: &[Glyph], decoded: &[u8], around: Around, defects: &mut Vec<Defect>) -> Option<PublicKey> {
    for (head, total) in numbers::frames() {
        let full = (total * 8).div_ceil(6);
        let modulus_end = total - TRAILER.len();
        let Some(missing) = full.checked_sub(digits.len()) else { continue };
        if missing == 0 && decoded.len() == total {
            let fixed = [&head[..], &decoded[head.len()..modulus_end], &TRAILER].concat();
            let damaged = (0..total).find(|at| fixed[*at] != decoded[*at]);
            let count = (0..total).filter(|at| fixed[*at] != decoded[*at]).count();
            if let (Some(key), Some(at), 1..=6) = (numbers::prove(&fixed), damaged, count) {
                let at = digits.get(at * 8 / 6).map_or(1, |glyph| glyph.at);
                let what = format!("a character of the frame around the modulus changed, near character {at}");
                defects.push(Defect::at(DefectKind::HeaderDamaged, at, what));
                return numbers::judge(key, defects);
            }
        }
        if missing > 0 && decoded.starts_with(&head) && decoded.len() >= modulus_end {
            let key = numbers::prove(&[&decoded[..modulus_end], &TRAILER].concat());
            if let Some(key) = key {
                let of = format!("the key has {} of {full} base64 characters", digits.len());
                let last = digits.last().map_or(1, |glyph| glyph.at);
                defects.push(match around.closed {
                    true => Defect::new(
                        DefectKind::CharactersLost,
                        format!("{of}: {missing} {} lost at its end", is_or_are(missing)),
                    ),
                    false => truncated(around.length, missing, &of, last),
                });
                return numbers::judge(key, defects);
            }
        }
        let front: Vec<char> = base64::encode(&head).chars().take(missing).collect();
        if missing > 0 && front.len() == missing && missing + FRAME_MIN <= head.len() * 8 / 6 {
            let whole = front.into_iter().chain(digits.iter().map(|glyph| glyph.c));
            if let Some(key) = numbers::prove(&base64::digits(whole)) {
                defects.push(Defect::at(
                    DefectKind::CutAtStart,
                    digits[0].at,
                    format!("the beginning of the key is missing: {}", counted(missing, "character")),
                ));
                return numbers::judge(key, defects);
            }
        }
    }
    None
}

fn unknown(digits: &[Glyph], defects: &mut Vec<Defect>) {
    let tail = |skip: usize| base64::digits(digits.iter().skip(skip).map(|glyph| glyph.c)).ends_with(&TRAILER);
    defects.push(if (0..4).any(tail) {
        let what =
            format!("this is the end of a key: its beginning is missing, {} base64 characters are left", digits.len());
        Defect::new(DefectKind::CutAtStart, what)
    } else {
        Defect::new(DefectKind::NotAKey, "no form of a public key can be recognised in it")
    });
}
