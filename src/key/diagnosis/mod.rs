//! What is wrong with a text that should be a public key, what a server makes of it, and what it should have been.
//!
//! Every injury has a stable id (docs/autopsy.md). A repaired key is given only when it was proven: its bytes are exactly one
//! RSA SubjectPublicKeyInfo, and its modulus has no small factor. No sentence here quotes the text, so no secret can pass.

mod armour;
mod body;
mod compare;
mod der;
mod glyphs;
mod kind;
mod numbers;
pub mod paste;
mod records;
mod secret;
mod wrapping;

pub use compare::{Difference, compare};
pub use kind::Kind;
pub use records::{examine_records, hold_secret, shown};

use self::glyphs::Glyph;
use super::node_rsa::{self, Imported};
use crate::key::{BEGIN_PUBLIC, END_PUBLIC, PublicKey};
use crate::report::Severity;

/// A key of 16,384 bits has 2,800 characters; longer texts are not taken apart.
const TEXT_MAX: usize = 4096;

/// The findings about one text, or about the records at one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autopsy {
    /// The key, when the text is exactly what a server would publish.
    pub exact: Option<PublicKey>,
    /// What a server imports, or the line that it writes to its log.
    pub server: Result<PublicKey, String>,
    /// What is wrong, worst first. An exact text can still hold a weak key.
    pub injuries: Vec<Injury>,
    /// The key to publish instead, when it could be recovered and proven.
    pub repaired: Option<PublicKey>,
}

impl Autopsy {
    /// True when an injury of this kind was found.
    pub fn has(&self, kind: Kind) -> bool {
        self.injuries.iter().any(|injury| injury.kind == kind)
    }

    /// Compares with the key that was expected, and names the difference as an injury.
    pub fn compare(&mut self, text: &[u8], expected: &PublicKey) -> Option<Difference> {
        let difference = compare(text, expected)?;
        let same_key = self.exact.as_ref().or(self.repaired.as_ref()) == Some(expected);
        // Injuries already say why the same key looks different; a private key is all there is to say.
        if same_key || self.has(Kind::PrivateKey) {
            return Some(difference);
        }
        let injury = match difference.is_one_character() {
            true => Injury::at(
                Kind::OneCharacterChanged,
                difference.position(),
                format!("compared with the expected key, {difference}"),
            ),
            false => Injury::at(
                Kind::OtherKey,
                difference.position(),
                format!("this is not the expected key: it {difference}"),
            ),
        };
        self.injuries.push(injury);
        // What was recovered from the text loses against what is known; a good other key may be the newer one.
        if difference.is_one_character() || self.exact.is_none() {
            self.repaired = Some(expected.clone());
        }
        settle(&mut self.injuries, false);
        Some(difference)
    }

    /// True when a server would publish exactly this, and nothing about it needs attention.
    pub fn is_good(&self) -> bool {
        self.exact.is_some() && self.injuries.iter().all(|injury| injury.severity < Severity::Warning)
    }

    fn private(what: &str, server: Result<PublicKey, String>) -> Self {
        let what = format!(
            "this is {what}: it must stay secret, and whoever has read it can speak as this server and read what is sent to it"
        );
        let mut injuries = vec![Injury::new(Kind::PrivateKey, what)];
        settle(&mut injuries, false);
        // The importer's complaint can quote a byte of the key.
        let server = server.map_err(|line| line.split(": got 0x").next().unwrap_or_default().to_owned());
        Self { exact: None, server, injuries, repaired: None }
    }
}

/// One thing that is wrong with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injury {
    pub kind: Kind,
    pub severity: Severity,
    /// What was seen, in one sentence; never any part of the text.
    pub what: String,
    /// The first character that it is about, from 1, where there is one.
    pub position: Option<usize>,
}

impl Injury {
    fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, severity: kind.severity(false), what: what.into(), position: None }
    }

    fn at(kind: Kind, position: usize, what: impl Into<String>) -> Self {
        Self { position: Some(position), ..Self::new(kind, what) }
    }
}

/// Examines the joined value of a TXT record, or the content of a file.
pub fn examine(text: &[u8]) -> Autopsy {
    let server = as_servers_read(text);
    if let Some(what) = secret::find(text) {
        return Autopsy::private(what, server);
    }
    let mut injuries = Vec::new();
    let exact = exact(text).and_then(|key| numbers::judge(key, &mut injuries)).filter(|key| key.bits() % 8 == 0);
    if exact.is_some() {
        settle(&mut injuries, true);
        return Autopsy { exact, server, injuries, repaired: None };
    }
    injuries.clear();
    let recovered = recover(text, &mut injuries);
    let accepted = recovered.is_some() && server.as_ref().ok() == recovered.as_ref();
    // A server that reads another key than the one recovered shows that the text holds two stories.
    let repaired = recovered.filter(|key| server.as_ref().map_or(true, |read| read == key));
    if injuries.is_empty() {
        injuries.push(Injury::new(Kind::NotAKey, "this is not what a server would publish"));
    }
    settle(&mut injuries, accepted);
    Autopsy { exact: None, server, injuries, repaired }
}

/// The key that a server imports, or the line that it writes to its log; no injury is looked for.
pub fn as_servers_read(text: &[u8]) -> Result<PublicKey, String> {
    node_rsa::import(text).and_then(server_key)
}

/// The key that the numbers make, as far as they make one.
fn server_key(numbers: Imported) -> Result<PublicKey, String> {
    PublicKey::from_numbers(numbers.n, numbers.e)
        .map_err(|why| format!("Error: Error during decryption (probably incorrect key): {why}"))
}

/// The strict reading: armour, strict base64 without white space, one SubjectPublicKeyInfo.
fn exact(text: &[u8]) -> Option<PublicKey> {
    use base64::Engine;
    let body = text.strip_prefix(BEGIN_PUBLIC.as_bytes())?.strip_suffix(END_PUBLIC.as_bytes())?;
    let der = base64::engine::general_purpose::STANDARD.decode(body).ok()?;
    PublicKey::from_der(&der).ok().filter(|key| key.der() == der)
}

/// Fixes the severities, drops repetitions, and puts the worst first.
fn settle(injuries: &mut Vec<Injury>, accepted: bool) {
    for injury in injuries.iter_mut() {
        injury.severity = injury.kind.severity(accepted);
    }
    injuries.sort_by_key(|injury| (std::cmp::Reverse(injury.severity), injury.kind));
    injuries.dedup_by_key(|injury| injury.kind);
}

/// Peels the text layer by layer, naming each, down to a key that can be proven.
fn recover(bytes: &[u8], injuries: &mut Vec<Injury>) -> Option<PublicKey> {
    if bytes.len() > TEXT_MAX {
        let what = format!("{} bytes are no form of a public key, which has a few hundred", bytes.len());
        injuries.push(Injury::new(Kind::NotAKey, what));
        return None;
    }
    let glyphs = glyphs::read(bytes, injuries);
    if abridged(&glyphs::text(&glyphs), injuries) {
        return None;
    }
    let glyphs = glyphs::peel(glyphs, injuries);
    if other_thing(&glyphs, injuries) {
        return None;
    }
    let glyphs = wrapping::peel(glyphs, injuries);
    if glyphs.is_empty() {
        injuries.push(Injury::new(Kind::Empty, "there is no text"));
        return None;
    }
    unfold(&glyphs, bytes.len(), injuries)
}

fn abridged(text: &str, injuries: &mut Vec<Injury>) -> bool {
    let letters = text.to_ascii_lowercase();
    let words = ["my public key", "your public key", "your-public-key", "paste key here", "public_key_here", "<public"];
    let placeholder = words.iter().any(|word| letters.contains(word)) || (text.starts_with('<') && text.ends_with('>'));
    if placeholder {
        injuries
            .push(Injury::new(Kind::Placeholder, "this is the placeholder of a guide; the key belongs in its place"));
    } else if text.contains('\u{2026}') {
        injuries.push(Injury::new(Kind::Placeholder, "an ellipsis (U+2026) stands inside: this is an abridged key"));
    } else {
        return false;
    }
    true
}

/// Things that are complete in themselves, and not this.
fn other_thing(glyphs: &[Glyph], injuries: &mut Vec<Injury>) -> bool {
    let text = glyphs::text(glyphs);
    let text = text.trim_start_matches(['"', '\'', ' ']);
    let lower = text.get(..40.min(text.len())).unwrap_or_default().to_ascii_lowercase();
    let has = |word: &str| !armour::labels(glyphs, word).is_empty();
    let (kind, what) = match () {
        () if has("BEGINCERTIFICATEREQUEST") || has("BEGINNEWCERTIFICATEREQUEST") => {
            (Kind::Certificate, "this is a certificate request, not a public key")
        }
        () if has("BEGINCERTIFICATE") => (Kind::Certificate, "this is a certificate, not a public key"),
        () if has("BEGINPGPPUBLICKEYBLOCK") => (Kind::WrongAlgorithm, "this is a PGP key"),
        () if lower.starts_with("ssh-") || lower.starts_with("ecdsa-sha2") || has("BEGINSSH2PUBLICKEY") => {
            (Kind::OpensshLine, "this is a key in OpenSSH's form")
        }
        () if lower.starts_with("v=dkim1") || lower.starts_with("k=rsa") => {
            (Kind::DkimRecord, "this is a DKIM record: the key of a mail server")
        }
        () => return false,
    };
    injuries.push(Injury::new(kind, what));
    true
}

/// From labels to body, through the orders in which parts can stand.
fn unfold(glyphs: &[Glyph], length: usize, injuries: &mut Vec<Injury>) -> Option<PublicKey> {
    let rsa = armour::labels(glyphs, "BEGINRSAPUBLICKEY");
    let pkcs1 = !rsa.is_empty();
    let (begins, ends) = match pkcs1 {
        true => (rsa, armour::labels(glyphs, "ENDRSAPUBLICKEY")),
        false => (armour::labels(glyphs, "BEGINPUBLICKEY"), armour::labels(glyphs, "ENDPUBLICKEY")),
    };
    if begins.len() > 1 {
        return repeated(glyphs, begins[1], length, injuries);
    }
    if let (Some(begin), Some(end)) = (begins.first(), ends.first())
        && end.end <= begin.start
        && let Some(key) = turned(glyphs, *begin, length, injuries)
    {
        return Some(key);
    }
    let mut opened = armour::open(glyphs, begins.first().copied(), ends.last().copied());
    if pkcs1 {
        opened.injuries.retain(|injury| !matches!(injury.kind, Kind::ArmourAlteredBegin | Kind::ArmourAlteredEnd));
        injuries.push(Injury::new(
            Kind::Pkcs1Label,
            "the armour says `RSA PUBLIC KEY`: the PKCS#1 form, which no server reads",
        ));
    }
    let around = body::Around { length, closed: opened.closed, pkcs1 };
    let before = injuries.len();
    let key = body::read(&opened.body, around, injuries);
    explain(&mut opened.injuries, &mut injuries.split_off(before), length, key.is_some(), injuries);
    key
}

/// Joins the injuries of armour and body: what follows from a cut, or from the loss of capitals, is told once.
fn explain(armour: &mut Vec<Injury>, body: &mut Vec<Injury>, length: usize, whole: bool, injuries: &mut Vec<Injury>) {
    use Kind as K;
    let has = |kinds: &[Kind]| body.iter().any(|injury| kinds.contains(&injury.kind));
    let cut_end = has(&[K::Truncated, K::Truncated255, K::Truncated512, K::TruncatedOne]);
    let cut_start = has(&[K::CutAtStart, K::NotAKey, K::HalvesSwapped]);
    let other = has(&[K::NotAKey, K::OpensshLine, K::Certificate]);
    let lower = has(&[K::LowerCased]);
    armour.retain(|injury| match injury.kind {
        K::ArmourMissingEnd => !cut_end && !other,
        K::ArmourCutEnd => !cut_end,
        K::ArmourMissingBegin => !cut_start,
        K::ArmourAlteredBegin | K::ArmourAlteredEnd => !lower,
        _ => true,
    });
    // The cut fell into the closing line: the key itself is whole.
    if let Some(injury) = armour.iter_mut().find(|injury| injury.kind == K::ArmourCutEnd && whole) {
        let at = injury.position.unwrap_or(length);
        match length {
            255 | 512 => *injury = body::truncated(length, 0, &injury.what, at),
            _ if at + END_PUBLIC.len() - 2 == length => *injury = body::truncated(length, 1, &injury.what, at),
            _ => {}
        }
    }
    injuries.append(armour);
    injuries.append(body);
}

/// Two openings: the whole twice, a part and the whole, or two keys.
fn repeated(glyphs: &[Glyph], second: armour::Label, length: usize, injuries: &mut Vec<Injury>) -> Option<PublicKey> {
    let at = glyphs[second.start].at;
    let (mut one, mut two) = (Vec::new(), Vec::new());
    let first = unfold(&glyphs[..second.start], length, &mut one);
    let again = unfold(&glyphs[second.start..], length, &mut two);
    if let (Some(first), Some(again)) = (&first, &again)
        && first != again
    {
        injuries.push(Injury::at(
            Kind::TwoKeys,
            at,
            format!("two different keys stand here; the second starts at character {at}"),
        ));
        return None;
    }
    let what = match first.is_some() == again.is_some() {
        true => format!("it was pasted twice: the armour opens again at character {at}"),
        false => format!("a part and the whole were pasted: the armour opens again at character {at}"),
    };
    injuries.push(Injury::at(Kind::PastedTwice, at, what));
    if first.is_none() && again.is_none() {
        injuries.append(&mut one);
    }
    first.or(again)
}

/// The closing line before the opening line: the tail of the key stands first.
fn turned(glyphs: &[Glyph], begin: armour::Label, length: usize, injuries: &mut Vec<Injury>) -> Option<PublicKey> {
    let whole = [&glyphs[begin.start..], &glyphs[..begin.start]].concat();
    let mut inside = Vec::new();
    let key = unfold(&whole, length, &mut inside)?;
    let at = glyphs[begin.start].at;
    let what = format!("the halves are swapped: the opening line stands at character {at}, after the closing one");
    injuries.push(Injury::at(Kind::HalvesSwapped, at, what));
    injuries.append(&mut inside);
    Some(key)
}

#[cfg(test)]
mod tests;
