//! Recognises a private key, whole or in part, by its armour or by the numbers inside.
//!
//! Nothing here gives back any part of the text: the answer is what it is, never what it has.

use super::der::{element, tagged};
use crate::key::base64;

/// Remains of the armour, of key files and of JSON members, as letters only and in lower case, also when they were cut.
const MARKERS: &[&str] =
    &["vatekey", "beginpriv", "endpriv", "endrsapriv", "endecpriv", "encryptedpriv", "endopensshpriv", "privatelines"];
/// Password-based encryption, PKCS#5 (1.2.840.113549.1.5) and PKCS#12 (1.2.840.113549.1.12).
const PBE: [&[u8]; 2] =
    [&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05], &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c]];
/// The longest header that [`header`] looks at, in base64 digits.
const HEADER_DIGITS: usize = 72;
/// Shorter texts hold too little of a key to matter.
const FRAGMENT_MIN: usize = 24;

/// What kind of private key the text holds, if it holds one.
pub fn find(text: &[u8]) -> Option<&'static str> {
    by_armour(text).or_else(|| by_content(text)).or_else(|| {
        // base64 of a whole PEM file, or its hex dump
        let once = base64::digits(text.iter().map(|byte| char::from(*byte)));
        by_armour(&once).or_else(|| header(&unhex(text))).or_else(|| by_armour(&unhex(text)))
    })
}

fn by_armour(text: &[u8]) -> Option<&'static str> {
    let letters: String = String::from_utf8_lossy(text)
        .chars()
        .map(|c| match c {
            '\u{ff21}'..='\u{ff5a}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .filter(char::is_ascii_alphabetic)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if MARKERS.iter().any(|marker| letters.contains(marker)) {
        let has = |word: &str| letters.contains(word);
        return Some(match () {
            () if has("encryptedpriv") || has("procttypeencrypted") || has("dekinfo") => "an encrypted private key",
            () if has("opensshpriv") => "an OpenSSH private key",
            () if has("rsapriv") => "an RSA private key",
            () if has("ecpriv") => "an EC private key",
            () => "a private key",
        });
    }
    let text = String::from_utf8_lossy(text);
    let jwk = text.contains("\"kty\"") && text.contains("\"d\"");
    let xml = text.contains("<Modulus>") && text.contains("<D>");
    (jwk || xml).then_some("a private key")
}

fn by_content(text: &[u8]) -> Option<&'static str> {
    if let Some(found) = header(text) {
        return Some(found);
    }
    let digits: Vec<char> = text.iter().map(|byte| char::from(*byte)).filter(|c| base64::digit(*c).is_some()).collect();
    // SEQUENCE starts with `M`, the magic of OpenSSH with `b`.
    let starts = (0..digits.len()).filter(|at| matches!(digits[*at], 'M' | 'b'));
    for at in starts {
        let end = digits.len().min(at + HEADER_DIGITS);
        if let Some(found) = header(&base64::digits(digits[at..end].iter().copied())) {
            return Some(found);
        }
    }
    if digits.len() < FRAGMENT_MIN {
        return None;
    }
    (0..4)
        .any(|skip| is_fragment(&base64::digits(digits.iter().skip(skip).copied())))
        .then_some("a part of a private key")
}

/// Tells a private key from the first bytes of its DER.
fn header(der: &[u8]) -> Option<&'static str> {
    if der.starts_with(b"openssh-key-v1") {
        return Some("an OpenSSH private key");
    }
    let outer = tagged(der, 0, 0x30)?;
    let first = element(der, outer.start)?;
    if first.tag == 0x30 {
        let oid = tagged(der, first.start, 0x06)?;
        let oid = der.get(oid.start..oid.end())?;
        return PBE.iter().any(|pbe| oid.starts_with(pbe)).then_some("an encrypted private key");
    }
    if first.tag != 0x02 || first.len != 1 {
        return None;
    }
    let version = *der.get(first.start)?;
    let second = element(der, first.end())?;
    match (version, second.tag) {
        // RFC 5958: AlgorithmIdentifier; a certificate request does not start so, its first element is a SEQUENCE.
        (0 | 1, 0x30) => tagged(der, second.start, 0x06).map(|_| "a private key"),
        // RFC 8017 appendix A.1.2
        (0 | 1, 0x02) if second.len >= 32 => Some("an RSA private key"),
        // RFC 5915
        (1, 0x04) if (16..=72).contains(&second.len) => Some("an EC private key"),
        // RFC 7292: PFX
        (3, 0x30) if second.len >= 64 => Some("a PKCS#12 file, which contains a private key"),
        _ => None,
    }
}

/// Finds the numbers that only a private key has (RFC 8017 appendix A.1.2: d, p, q, …) in a piece without beginning. A public
/// key has one large number, then the exponent, then ends.
fn is_fragment(bytes: &[u8]) -> bool {
    let large = |at: usize| {
        element(bytes, at).filter(|tlv| {
            tlv.tag == 0x02
                && (matches!(tlv.len, 0x40 | 0x41) || (0x80..=0x401).contains(&tlv.len))
                && plausible(bytes, tlv.start)
        })
    };
    if (0..bytes.len()).any(|at| bytes[at] == 0x30 && header(&bytes[at..]).is_some()) {
        return true;
    }
    let ends_as_public = bytes.ends_with(&[0x02, 0x03, 0x01, 0x00, 0x01]);
    (0..bytes.len()).filter(|at| bytes[*at] == 0x02).any(|at| {
        if bytes[at..].starts_with(&[0x02, 0x03, 0x01, 0x00, 0x01]) {
            return large(at + 5).is_some();
        }
        let Some(number) = large(at) else { return false };
        let chained = number.end() < bytes.len() && large(number.end()).is_some();
        // The modulus of a small public key looks like a prime, but a SEQUENCE opens before it or the exponent follows.
        let opened =
            (2..=4).any(|back| at >= back && tagged(bytes, at - back, 0x30).is_some_and(|tlv| tlv.start == at));
        let exponent = element(bytes, number.end()).is_some_and(|tlv| tlv.tag == 0x02 && tlv.len < 16);
        let prime = bytes[at..].starts_with(&[0x02, 0x81]) && bytes.get(at + 3) == Some(&0) && !opened && !exponent;
        let last = !ends_as_public && number.len >= 0x80 && number.end() == bytes.len();
        chained || prime || last
    })
}

/// A positive INTEGER in its shortest form (X.690 8.3.2).
fn plausible(bytes: &[u8], at: usize) -> bool {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(0), Some(next)) => *next >= 0x80,
        (Some(first), _) => *first < 0x80,
        (None, _) => false,
    }
}

fn unhex(text: &[u8]) -> Vec<u8> {
    let digits: Option<Vec<u8>> = text
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace() && **byte != b':')
        .map(|byte| char::from(*byte).to_digit(16).map(|digit| digit as u8))
        .collect();
    digits.unwrap_or_default().chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
