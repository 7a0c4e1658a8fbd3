//! What is wrong with a text that should be a public key, how servers interpret it, and what it should have been.
//!
//! Every defect has a stable id (docs/key-diagnosis.md). A repaired key is given only when it was verified: its bytes are exactly one
//! RSA SubjectPublicKeyInfo, and its modulus has no small factor. No sentence here quotes the text, so no secret can pass.

mod armour;
mod body;
mod compare;
mod defect_kind;
mod der;
mod glyphs;
mod numbers;
pub mod paste;
mod records;
mod secret;
mod whole;
mod wrapping;

pub use compare::{Difference, compare};
pub use defect_kind::DefectKind;
pub use records::{examine_records, hold_secret, shown};

use self::glyphs::Glyph;
use super::base64;
use super::node_rsa::{self, ImportError};
use crate::count::counted;
use crate::key::{BEGIN_PUBLIC, END_PUBLIC, PublicKey};
use crate::severity::Severity;

/// Shorter texts of hexadecimal digits may be anything.
const HEX_MIN: usize = 200;
/// A key of 16,384 bits has 2,800 characters; longer texts are not taken apart.
const TEXT_MAX: usize = 4096;

/// The findings about one text, or about the records at one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The key, when the text is exactly what a server would publish.
    pub verified: Option<PublicKey>,
    /// What a server imports, or the line that it writes to its log.
    pub server: Result<PublicKey, ImportError>,
    /// What is wrong, worst first. An exact text can still hold a weak key.
    pub defects: Vec<Defect>,
    /// The key to publish instead, when it could be recovered and verified.
    pub repaired: Option<PublicKey>,
}

impl Diagnosis {
    /// True when a defect of this kind was found.
    pub fn has(&self, kind: DefectKind) -> bool {
        self.defects.iter().any(|defect| defect.kind == kind)
    }

    /// Compares with the key that was expected, and names the difference as a defect.
    pub fn compare(&mut self, text: &[u8], expected: &PublicKey) -> Option<Difference> {
        let difference = compare(text, expected)?;
        let same_key = self.verified.as_ref().or(self.repaired.as_ref()) == Some(expected);
        // Defects already say why the same key looks different; a private key is all there is to say.
        if same_key || self.has(DefectKind::PrivateKey) {
            return Some(difference);
        }
        let defect = match difference.is_one_character() {
            true => Defect::at(
                DefectKind::OneCharacterChanged,
                difference.position(),
                format!("compared with the expected key, {difference}"),
            ),
            false => Defect::at(
                DefectKind::OtherKey,
                difference.position(),
                format!("this is not the expected key: it {difference}"),
            ),
        };
        self.defects.push(defect);
        // What was recovered from the text loses against what is known; a good other key may be the newer one.
        if difference.is_one_character() || self.verified.is_none() {
            self.repaired = Some(expected.clone());
        }
        settle(&mut self.defects, false);
        Some(difference)
    }

    /// True when a server would publish exactly this, and nothing about it needs attention.
    pub fn is_good(&self) -> bool {
        self.verified.is_some() && self.defects.iter().all(|defect| defect.severity < Severity::Warning)
    }

    fn private(what: &str, server: Result<PublicKey, ImportError>) -> Self {
        let what = format!(
            "this is {what}: it must stay secret, and anyone who has read it can send as this server and read what is sent to it"
        );
        let mut defects = vec![Defect::new(DefectKind::PrivateKey, what)];
        settle(&mut defects, false);
        Self { verified: None, server: server.map_err(ImportError::without_text), defects, repaired: None }
    }
}

/// One thing that is wrong with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    pub kind: DefectKind,
    pub severity: Severity,
    /// What was seen, in one sentence; never any part of the text.
    pub what: String,
    /// The first character that it is about, from 1, where there is one.
    pub position: Option<usize>,
    /// How the pieces of a key that is spread over several records fit together.
    pub pieces: Option<String>,
}

impl Defect {
    fn new(kind: DefectKind, what: impl Into<String>) -> Self {
        Self { kind, severity: kind.severity(false), what: what.into(), position: None, pieces: None }
    }

    fn at(kind: DefectKind, position: usize, what: impl Into<String>) -> Self {
        Self { position: Some(position), ..Self::new(kind, what) }
    }
}

/// Examines the joined value of a TXT record, or the content of a file.
pub fn examine(text: &[u8]) -> Diagnosis {
    if let Some(known) = whole::recall(text, Diagnosis::clone) {
        return known;
    }
    let server = as_servers_read(text);
    let mut defects = Vec::new();
    let verified = verify(text, server.as_ref().ok())
        .and_then(|key| numbers::judge(key, &mut defects))
        .filter(|key| key.bits() % 8 == 0);
    if verified.is_some() {
        settle(&mut defects, true);
        let diagnosis = Diagnosis { verified, server, defects, repaired: None };
        whole::keep(text, &diagnosis);
        return diagnosis;
    }
    if let Some(what) = secret::find(text) {
        return Diagnosis::private(what, server);
    }
    defects.clear();
    let recovered = recover(text, &mut defects);
    let accepted = recovered.is_some() && server.as_ref().ok() == recovered.as_ref();
    // A server that reads another key than the one recovered shows that the text is ambiguous.
    let repaired = recovered.filter(|key| server.as_ref().map_or(true, |read| read == key) && is_publishable(key));
    if defects.is_empty() {
        defects.push(Defect::new(DefectKind::NotAKey, "this is not what a server would publish"));
    }
    settle(&mut defects, accepted);
    Diagnosis { verified: None, server, defects, repaired }
}

/// True when no prime below 65,536 divides the modulus, which no RSA key allows.
pub fn is_plausible_modulus(n: &num_bigint::BigUint) -> bool {
    numbers::small_factor(n).is_none()
}

/// The key that a server imports, or the line that it writes to its log; defects are not looked for.
pub fn as_servers_read(text: &[u8]) -> Result<PublicKey, ImportError> {
    whole::recall(text, |known| known.server.clone()).unwrap_or_else(|| node_rsa::key(text))
}

/// True when the text of a key is what a server would publish, and a server reads the same key from it.
fn is_publishable(key: &PublicKey) -> bool {
    let line = key.one_line();
    verify(line.as_bytes(), None).as_ref() == Some(key) && as_servers_read(line.as_bytes()).as_ref() == Ok(key)
}

/// The strict reading: armour, strict base64 without white space, one SubjectPublicKeyInfo. It is mostly that of `read`, the key that
/// a server reads, and need not be taken apart again.
fn verify(text: &[u8], read: Option<&PublicKey>) -> Option<PublicKey> {
    let body = text.strip_prefix(BEGIN_PUBLIC.as_bytes())?.strip_suffix(END_PUBLIC.as_bytes())?;
    let der = base64::strict(body)?;
    if let Some(key) = read.filter(|key| key.der() == der) {
        return Some(key.clone());
    }
    PublicKey::from_der(&der).ok().filter(|key| key.der() == der)
}

/// Fixes the severities, drops repetitions, and puts the worst first.
fn settle(defects: &mut Vec<Defect>, accepted: bool) {
    for defect in defects.iter_mut() {
        defect.severity = defect.kind.severity(accepted);
    }
    defects.sort_by_key(|defect| (std::cmp::Reverse(defect.severity), defect.kind));
    defects.dedup_by_key(|defect| defect.kind);
}

/// Peels the text layer by layer, naming each, down to a key that can be verified.
fn recover(bytes: &[u8], defects: &mut Vec<Defect>) -> Option<PublicKey> {
    if bytes.len() > TEXT_MAX {
        let what = format!("{}: a public key has a few hundred in any form", counted(bytes.len(), "byte"));
        defects.push(Defect::new(DefectKind::NotAKey, what));
        return None;
    }
    if let Some(inner) = hexadecimal(bytes) {
        defects.push(Defect::new(DefectKind::Hexadecimal, "the key is written in hexadecimal"));
        return recover(&inner, defects);
    }
    let glyphs = glyphs::read(bytes, defects);
    if abridged(&glyphs::text(&glyphs), defects) {
        return None;
    }
    let glyphs = glyphs::peel(glyphs, defects);
    if other_thing(&glyphs, defects) {
        return None;
    }
    let glyphs = wrapping::peel(glyphs, defects);
    if glyphs.is_empty() {
        defects.push(Defect::new(DefectKind::Empty, "there is no text"));
        return None;
    }
    unfold(&glyphs, bytes.len(), defects)
}

/// The text that hexadecimal digits stand for: a key text, or the DER inside one.
fn hexadecimal(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let digits: String =
        text.trim().trim_start_matches("0x").chars().filter(|c| !matches!(c, ':' | ' ' | '\n' | '\r')).collect();
    if digits.len() < HEX_MIN
        || !digits.len().is_multiple_of(2)
        || !digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let inner: Vec<u8> = (0..digits.len()).step_by(2).map_while(byte).collect();
    match inner.first() {
        Some(0x30) => {
            let body = base64::encode(&inner);
            Some(format!("{BEGIN_PUBLIC}{body}{END_PUBLIC}").into_bytes())
        }
        Some(_) if inner.is_ascii() => Some(inner),
        _ => None,
    }
}

fn abridged(text: &str, defects: &mut Vec<Defect>) -> bool {
    let letters = text.to_ascii_lowercase();
    let words = ["my public key", "your public key", "your-public-key", "paste key here", "public_key_here", "<public"];
    let placeholder = words.iter().any(|word| letters.contains(word)) || (text.starts_with('<') && text.ends_with('>'));
    if placeholder {
        defects
            .push(Defect::new(DefectKind::Placeholder, "this is the placeholder of a guide; replace it with the key"));
    } else if text.contains('\u{2026}') {
        defects.push(Defect::new(DefectKind::Placeholder, "it contains an ellipsis (U+2026): this is an abridged key"));
    } else {
        return false;
    }
    true
}

/// Things that are complete in themselves, and not this.
fn other_thing(glyphs: &[Glyph], defects: &mut Vec<Defect>) -> bool {
    let text = glyphs::text(glyphs);
    let text = text.trim_start_matches(['"', '\'', ' ']);
    let lower = text.get(..40.min(text.len())).unwrap_or_default().to_ascii_lowercase();
    let has = |word: &str| !armour::labels(glyphs, word).is_empty();
    let (kind, what) = match () {
        () if has("BEGINCERTIFICATEREQUEST") || has("BEGINNEWCERTIFICATEREQUEST") => {
            (DefectKind::Certificate, "this is a certificate request, not a public key")
        }
        () if has("BEGINCERTIFICATE") => (DefectKind::Certificate, "this is a certificate, not a public key"),
        () if has("BEGINPGPPUBLICKEYBLOCK") => (DefectKind::WrongAlgorithm, "this is a PGP key"),
        () if lower.starts_with("ssh-") || lower.starts_with("ecdsa-sha2") || has("BEGINSSH2PUBLICKEY") => {
            (DefectKind::OpensshLine, "this is a key in OpenSSH's form")
        }
        () if lower.starts_with("v=dkim1") || lower.starts_with("k=rsa") => {
            (DefectKind::DkimRecord, "this is a DKIM record: the key of a mail server")
        }
        () => return false,
    };
    defects.push(Defect::new(kind, what));
    true
}

/// From labels to body, through the orders in which parts can stand.
fn unfold(glyphs: &[Glyph], length: usize, defects: &mut Vec<Defect>) -> Option<PublicKey> {
    let rsa = armour::labels(glyphs, "BEGINRSAPUBLICKEY");
    let pkcs1 = !rsa.is_empty();
    let (begins, ends) = match pkcs1 {
        true => (rsa, armour::labels(glyphs, "ENDRSAPUBLICKEY")),
        false => (armour::labels(glyphs, "BEGINPUBLICKEY"), armour::labels(glyphs, "ENDPUBLICKEY")),
    };
    if begins.len() > 1 {
        return repeated(glyphs, begins[1], length, defects);
    }
    if let (Some(begin), Some(end)) = (begins.first(), ends.first())
        && end.end <= begin.start
        && let Some(key) = turned(glyphs, *begin, length, defects)
    {
        return Some(key);
    }
    let mut opened = armour::open(glyphs, begins.first().copied(), ends.last().copied());
    if pkcs1 {
        opened
            .defects
            .retain(|defect| !matches!(defect.kind, DefectKind::ArmourAlteredBegin | DefectKind::ArmourAlteredEnd));
        defects.push(Defect::new(
            DefectKind::Pkcs1Label,
            "the armour is `RSA PUBLIC KEY`: the PKCS#1 form, which no server reads",
        ));
    }
    let around = body::Around { length, closed: opened.closed, pkcs1 };
    let before = defects.len();
    let key = body::read(&opened.body, around, defects);
    explain(&mut opened.defects, &mut defects.split_off(before), length, key.is_some(), defects);
    key
}

/// Joins the defects of armour and body: what follows from a cut, or from the loss of capitals, is reported once.
fn explain(armour: &mut Vec<Defect>, body: &mut Vec<Defect>, length: usize, whole: bool, defects: &mut Vec<Defect>) {
    use DefectKind as K;
    let has = |kinds: &[DefectKind]| body.iter().any(|defect| kinds.contains(&defect.kind));
    let cut_end = has(&[K::Truncated, K::Truncated255, K::Truncated512, K::TruncatedOne]);
    let cut_start = has(&[K::CutAtStart, K::NotAKey, K::HalvesSwapped]);
    let other = has(&[K::NotAKey, K::OpensshLine, K::Certificate]);
    let lower = has(&[K::LowerCased]);
    armour.retain(|defect| match defect.kind {
        K::ArmourMissingEnd => !cut_end && !other,
        K::ArmourCutEnd => !cut_end,
        K::ArmourMissingBegin => !cut_start,
        K::ArmourAlteredBegin | K::ArmourAlteredEnd => !lower,
        _ => true,
    });
    // The cut fell into the closing line: the key itself is whole.
    if let Some(defect) = armour.iter_mut().find(|defect| defect.kind == K::ArmourCutEnd && whole) {
        let at = defect.position.unwrap_or(length);
        match length {
            255 | 512 => *defect = body::truncated(length, 0, &defect.what, at),
            _ if at + END_PUBLIC.len() - 2 == length => *defect = body::truncated(length, 1, &defect.what, at),
            _ => {}
        }
    }
    defects.append(armour);
    defects.append(body);
}

/// Two openings: the whole twice, a part and the whole, or two keys.
fn repeated(glyphs: &[Glyph], second: armour::Label, length: usize, defects: &mut Vec<Defect>) -> Option<PublicKey> {
    let at = glyphs[second.start].at;
    let (mut one, mut two) = (Vec::new(), Vec::new());
    let first = unfold(&glyphs[..second.start], length, &mut one);
    let again = unfold(&glyphs[second.start..], length, &mut two);
    if let (Some(first), Some(again)) = (&first, &again)
        && first != again
    {
        defects.push(Defect::at(
            DefectKind::TwoKeys,
            at,
            format!("the text has two different keys; the second starts at character {at}"),
        ));
        return None;
    }
    let what = match first.is_some() == again.is_some() {
        true => format!("it was pasted twice: the armour opens again at character {at}"),
        false => format!("a part and the whole were pasted: the armour opens again at character {at}"),
    };
    defects.push(Defect::at(DefectKind::PastedTwice, at, what));
    if first.is_none() && again.is_none() {
        defects.append(&mut one);
    }
    first.or(again)
}

/// The closing line before the opening line: the tail of the key stands first.
fn turned(glyphs: &[Glyph], begin: armour::Label, length: usize, defects: &mut Vec<Defect>) -> Option<PublicKey> {
    let whole = [&glyphs[begin.start..], &glyphs[..begin.start]].concat();
    let mut inside = Vec::new();
    let key = unfold(&whole, length, &mut inside)?;
    let at = glyphs[begin.start].at;
    let what = format!("the halves are swapped: the opening line is at character {at}, after the closing one");
    defects.push(Defect::at(DefectKind::HalvesSwapped, at, what));
    defects.append(&mut inside);
    Some(key)
}

#[cfg(test)]
mod tests;
