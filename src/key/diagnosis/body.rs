//! The base64 between the labels, and the key inside it: cut, overlapping, swapped, damaged or of another kind.

use super::Injury;
use super::der::{self, Shape};
use super::glyphs::{Glyph, name};
use super::kind::Kind;
use super::numbers::{self, TRAILER};
use crate::key::PublicKey;
use crate::report::Severity;

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

/// Reads the body; the key, when it could be recovered and proven.
pub fn read(body: &[Glyph], around: Around, injuries: &mut Vec<Injury>) -> Option<PublicKey> {
    let text: String = body.iter().map(|glyph| glyph.c).collect();
    if text.contains("...") {
        injuries.push(Injury::new(Kind::Placeholder, "dots stand where the key should go on: this is an abridged key"));
        return None;
    }
    if let Some(key) = plus_became_space(body, injuries) {
        return Some(key);
    }
    let digits = digits(body, injuries);
    let letters = digits.iter().filter(|glyph| glyph.c.is_ascii_alphabetic()).count();
    if letters >= LETTERS_MIN && !digits.iter().any(|glyph| glyph.c.is_ascii_uppercase()) {
        injuries.push(Injury::new(
            Kind::LowerCased,
            "all letters are lower case: the key cannot be recovered, base64 needs its capitals",
        ));
        return None;
    }
    if digits.is_empty() {
        injuries.push(Injury::new(Kind::NotAKey, "no part of a key is left between or beside the armour"));
        return None;
    }
    let before = injuries.len();
    let Some(key) = analyse(&digits, around, injuries) else {
        // What is no key has no base64 to complain about.
        if injuries.iter().any(|injury| injury.kind == Kind::NotAKey) {
            injuries.retain(|injury| !matches!(injury.kind, Kind::UrlSafeBase64 | Kind::LineBreaks | Kind::WhiteSpace));
        }
        return None;
    };
    // A cut or a repetition explains a wrong padding.
    if injuries[before..].iter().all(|injury| injury.severity < Severity::Error) {
        injuries.extend(padding(body, digits.len()));
    }
    Some(key)
}

/// A form field that decodes `+` as a space, proven by the key that comes back.
fn plus_became_space(body: &[Glyph], injuries: &mut Vec<Injury>) -> Option<PublicKey> {
    let first = body.iter().find(|glyph| glyph.c == ' ')?;
    let text: String = body.iter().map(|glyph| if glyph.c == ' ' { '+' } else { glyph.c }).collect();
    let without: String = body.iter().map(|glyph| glyph.c).filter(|c| *c != ' ').collect();
    if numbers::prove(&der::decode(without.chars())).is_some() {
        return None;
    }
    let key = numbers::prove(&der::decode(text.chars()))?;
    let what = format!("a `+` has become a space, first at character {}", first.at);
    injuries.push(Injury::at(Kind::PlusBecameSpace, first.at, what));
    Some(key)
}

/// The base64 digits, with everything else named and dropped.
fn digits(body: &[Glyph], injuries: &mut Vec<Injury>) -> Vec<Glyph> {
    let untold = |test: &dyn Fn(char) -> bool| body.iter().find(|glyph| !glyph.told && test(glyph.c)).copied();
    let told = |injuries: &mut Vec<Injury>, kind: Kind| injuries.iter().any(|injury| injury.kind == kind);
    if let Some(glyph) = untold(&|c| matches!(c, '\n' | '\r')) {
        injuries.push(Injury::at(
            Kind::LineBreaks,
            glyph.at,
            format!("the key is broken into lines, first at character {}; servers publish it on one", glyph.at),
        ));
    } else if let Some(glyph) = untold(&|c| matches!(c, ' ' | '\t'))
        && !told(injuries, Kind::WhiteSpace)
    {
        let what = format!("white space stands inside the key, first at character {}", glyph.at);
        injuries.push(Injury::at(Kind::WhiteSpace, glyph.at, what));
    }
    if let Some(glyph) = untold(&|c| matches!(c, '-' | '_')) {
        let what =
            format!("base64 in its url-safe form (`-` and `_` for `+` and `/`), first at character {}", glyph.at);
        injuries.push(Injury::at(Kind::UrlSafeBase64, glyph.at, what));
    }
    let strange = |c: char| !c.is_ascii_whitespace() && c != '=' && der::digit(c).is_none();
    if let Some(glyph) = untold(&strange)
        && !told(injuries, Kind::ForeignCharacter)
    {
        let what = format!("character {} is {} (U+{:04X})", glyph.at, name(glyph.c), glyph.c as u32);
        injuries.push(Injury::at(Kind::ForeignCharacter, glyph.at, what));
    }
    let ink: Vec<&Glyph> = body.iter().filter(|glyph| !glyph.c.is_ascii_whitespace() && !strange(glyph.c)).collect();
    ink.into_iter().filter(|glyph| glyph.c != '=').copied().collect()
}

/// Names `=` that are missing or too many.
fn padding(body: &[Glyph], digits: usize) -> Option<Injury> {
    let ink = body.iter().filter(|glyph| glyph.c == '=' || der::digit(glyph.c).is_some());
    let pads = ink.rev().take_while(|glyph| glyph.c == '=').count();
    let total = body.iter().filter(|glyph| glyph.c == '=').count();
    let wanted = (4 - digits % 4) % 4;
    let what = format!("the base64 has {total} `=` where {wanted} belong, at its end");
    (total != pads || pads != wanted).then(|| Injury::new(Kind::Padding, what))
}

fn analyse(digits: &[Glyph], around: Around, injuries: &mut Vec<Injury>) -> Option<PublicKey> {
    let decoded = der::decode(digits.iter().map(|glyph| glyph.c));
    if decoded.starts_with(b"-----BEGIN") {
        injuries.push(Injury::new(Kind::EncodedTwice, "the whole key text is base64-encoded once more"));
        return super::recover(&decoded, injuries);
    }
    if let Ok(key) = PublicKey::from_der(&decoded) {
        if digits.len() % 4 == 1 && !is_usual(&key) {
            let last = digits.last().map_or(1, |glyph| glyph.at);
            let what =
                "one base64 character is too many, near the end: what follows it is shifted into another exponent";
            injuries.push(Injury::at(Kind::BytesAfterKey, last, what));
            return None;
        }
        return numbers::judge(key, injuries);
    }
    let foreign = match der::shape(&decoded) {
        Shape::Pkcs1 => numbers::from_pkcs1(&decoded).is_some(),
        Shape::Spki { oid, .. } => numbers::is_foreign(oid),
        _ => false,
    };
    if !foreign
        && let Some(key) = reordered(digits, &decoded, injuries).or_else(|| framed(digits, &decoded, around, injuries))
    {
        return Some(key);
    }
    match der::shape(&decoded) {
        Shape::Pkcs1 => return pkcs1(&decoded, around, injuries),
        Shape::Spki { oid, total } if numbers::is_rsa(oid) => lengths(digits, total, around, injuries),
        Shape::Spki { oid, .. } => injuries.push(numbers::algorithm(oid)),
        Shape::Certificate => injuries.push(Injury::new(Kind::Certificate, "this is a certificate, not a public key")),
        Shape::CertificateRequest => {
            injuries.push(Injury::new(Kind::Certificate, "this is a certificate request, not a public key"));
        }
        Shape::Ssh => injuries.push(Injury::new(Kind::OpensshLine, "this is a key in OpenSSH's form")),
        Shape::Unknown => unknown(digits, injuries),
    }
    None
}

fn is_usual(key: &PublicKey) -> bool {
    EXPONENTS.contains(&key.exponent().as_str())
}

fn pkcs1(decoded: &[u8], around: Around, injuries: &mut Vec<Injury>) -> Option<PublicKey> {
    if !around.pkcs1 {
        injuries.push(Injury::new(
            Kind::Pkcs1Content,
            "inside is a PKCS#1 key (`BEGIN RSA PUBLIC KEY`); servers expect a SubjectPublicKeyInfo",
        ));
    }
    let key = numbers::from_pkcs1(decoded)?;
    numbers::judge(key, injuries)
}

/// The structure starts as a key; its claimed length tells what is missing or too much.
fn lengths(digits: &[Glyph], total: usize, around: Around, injuries: &mut Vec<Injury>) {
    let expected = (total * 8).div_ceil(6);
    let missing = expected.saturating_sub(digits.len());
    let of = format!("the key has {} of {expected} base64 characters", digits.len());
    let last = digits.last().map_or(1, |glyph| glyph.at);
    injuries.push(match () {
        () if missing == 0 && digits.len() > expected => {
            let extra = digits.len() - expected;
            Injury::at(Kind::BytesAfterKey, last, format!("{extra} characters too many, and the rest is no key either"))
        }
        () if missing == 0 => {
            Injury::new(Kind::HeaderDamaged, "the length is right, but a character of the frame changed")
        }
        () if around.closed => {
            Injury::new(Kind::CharactersLost, format!("{of}: {missing} {} lost somewhere inside", are(missing)))
        }
        () => truncated(around.length, missing, &of, last),
    });
}

/// Names a cut at the end by where it fell.
pub fn truncated(length: usize, missing: usize, of: &str, last: usize) -> Injury {
    let (kind, why) = match (length, missing) {
        (255, _) => (Kind::Truncated255, ", cut at 255 bytes: the limit of one string in a TXT record"),
        (512, _) => (Kind::Truncated512, ", cut at 512 bytes: the limit of an old UDP answer or of a form field"),
        (_, 1) => (Kind::TruncatedOne, ": the last character is cut off"),
        _ => (Kind::Truncated, ": the end is cut off"),
    };
    Injury::at(kind, last, format!("{of}{why}"))
}

fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// Tail before head, a part twice, or the whole twice; proven by the key that comes out.
fn reordered(digits: &[Glyph], decoded: &[u8], injuries: &mut Vec<Injury>) -> Option<PublicKey> {
    let chars: Vec<char> = digits.iter().map(|glyph| glyph.c).collect();
    let starts = (1..chars.len()).filter(|at| chars[*at..].starts_with(&['M', 'I']));
    for at in starts {
        let turned = chars[at..].iter().chain(&chars[..at]).copied();
        if let Some(key) = numbers::prove(&der::decode(turned)) {
            let what = format!("the halves are swapped: the key starts at character {}", digits[at].at);
            injuries.push(Injury::at(Kind::HalvesSwapped, digits[at].at, what));
            return numbers::judge(key, injuries);
        }
    }
    let Shape::Spki { total, .. } = der::shape(decoded) else { return None };
    let expected = (total * 8).div_ceil(6);
    let extra = chars.len().checked_sub(expected).filter(|extra| *extra > 0)?;
    // A character too many just before the end shifts the rest into the exponent: that is no key with something behind it.
    if let Some(key) = decoded.get(..total).and_then(numbers::prove).filter(is_usual) {
        let at = digits[expected].at;
        let (kind, what) = match chars[expected..].starts_with(&chars[..extra.min(expected)]) && extra >= OVERLAP_MIN {
            true => (Kind::PastedTwice, format!("the key was pasted twice: it starts again at character {at}")),
            false => (Kind::BytesAfterKey, format!("{extra} characters follow the key, from character {at} on")),
        };
        injuries.push(Injury::at(kind, at, what));
        return numbers::judge(key, injuries);
    }
    let repeats = |at: &usize| chars[*at..at + extra] == chars[at + extra..at + 2 * extra];
    let last = chars.len().checked_sub(2 * extra).filter(|_| extra >= OVERLAP_MIN)?;
    for at in (0..=last).filter(repeats) {
        let single = chars[..at].iter().chain(&chars[at + extra..]).copied();
        if let Some(key) = numbers::prove(&der::decode(single)) {
            let from = digits[at + extra].at;
            let what = format!("two parts overlap: {extra} characters stand twice, again from character {from} on");
            injuries.push(Injury::at(Kind::PartsOverlap, from, what));
            return numbers::judge(key, injuries);
        }
    }
    None
}

/// Everything but the modulus is the same in every key of a size, so it can be put back; proven by the key that comes out.
fn framed(digits: &[Glyph], decoded: &[u8], around: Around, injuries: &mut Vec<Injury>) -> Option<PublicKey> {
    for (head, total) in numbers::frames() {
        let full = (total * 8).div_ceil(6);
        let modulus_end = total - TRAILER.len();
        let Some(missing) = full.checked_sub(digits.len()) else { continue };
        if missing == 0 && decoded.len() == total {
            let mended = [&head[..], &decoded[head.len()..modulus_end], &TRAILER].concat();
            let damaged = (0..total).find(|at| mended[*at] != decoded[*at]);
            let count = (0..total).filter(|at| mended[*at] != decoded[*at]).count();
            if let (Some(key), Some(at), 1..=6) = (numbers::prove(&mended), damaged, count) {
                let at = digits.get(at * 8 / 6).map_or(1, |glyph| glyph.at);
                let what = format!("a character of the frame around the modulus changed, near character {at}");
                injuries.push(Injury::at(Kind::HeaderDamaged, at, what));
                return numbers::judge(key, injuries);
            }
        }
        if missing > 0 && decoded.starts_with(&head) && decoded.len() >= modulus_end {
            let key = numbers::prove(&[&decoded[..modulus_end], &TRAILER].concat());
            if let Some(key) = key {
                let of = format!("the key has {} of {full} base64 characters", digits.len());
                let last = digits.last().map_or(1, |glyph| glyph.at);
                injuries.push(match around.closed {
                    true => {
                        Injury::new(Kind::CharactersLost, format!("{of}: {missing} {} lost at its end", are(missing)))
                    }
                    false => truncated(around.length, missing, &of, last),
                });
                return numbers::judge(key, injuries);
            }
        }
        let front: Vec<char> = numbers::base64(&head).chars().take(missing).collect();
        if missing > 0 && front.len() == missing && missing + FRAME_MIN <= head.len() * 8 / 6 {
            let whole = front.into_iter().chain(digits.iter().map(|glyph| glyph.c));
            if let Some(key) = numbers::prove(&der::decode(whole)) {
                injuries.push(Injury::at(
                    Kind::CutAtStart,
                    digits[0].at,
                    format!("the first {missing} characters of the key are missing"),
                ));
                return numbers::judge(key, injuries);
            }
        }
    }
    None
}

fn unknown(digits: &[Glyph], injuries: &mut Vec<Injury>) {
    let tail = |skip: usize| der::decode(digits.iter().skip(skip).map(|glyph| glyph.c)).ends_with(&TRAILER);
    injuries.push(if (0..4).any(tail) {
        let what =
            format!("this is the end of a key: its beginning is missing, {} base64 characters are left", digits.len());
        Injury::new(Kind::CutAtStart, what)
    } else {
        Injury::new(Kind::NotAKey, "no form of a public key can be recognised in it")
    });
}
