//! How a real server interprets a text that should be a public key.
//!
//! Servers import it with the npm package node-rsa, which is lenient in some ways (armour optional, foreign characters
//! skipped) and strict in others. This module follows its steps, so that the log line of a peer is known in advance. Tests compare
//! it with the real package.

use num_bigint::BigUint;

use super::{KeyError, PublicKey, base64};

const BEGIN: &[u8] = b"-----BEGIN PUBLIC KEY-----";
const END: &[u8] = b"-----END PUBLIC KEY-----";
/// `rsaEncryption`, 1.2.840.113549.1.1.1 (RFC 8017 appendix A.1), in DER.
const RSA_OID: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Why a server cannot use a text as a public key. Shown, it is the line that the server writes to its log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("Error: Empty key given")]
    Empty,
    #[error("TypeError: data must be a node Buffer")]
    Cut,
    #[error("InvalidAsn1Error: Indefinite length not supported")]
    IndefiniteLength,
    #[error("InvalidAsn1Error: encoding too long")]
    LongLength,
    /// `found` is `None` where the byte belongs to a secret.
    #[error("InvalidAsn1Error: Expected 0x{expected:x}{}", found.map(|found| format!(": got 0x{found:x}")).unwrap_or_default())]
    Tag { expected: u8, found: Option<u8> },
    #[error("Error: Invalid Public key format")]
    NotRsa,
    #[error("Error: Invalid RSA public key")]
    NoNumbers,
    #[error(
        "RangeError [ERR_OUT_OF_RANGE]: The value of \"byteLength\" is out of range. It must be >= 1 and <= 6. Received {0}"
    )]
    LongExponent(usize),
    /// The import works, and the first use fails.
    #[error("Error: Error during decryption (probably incorrect key): {0}")]
    Unusable(#[from] KeyError),
}

impl ImportError {
    /// Without the byte of the text that the log line quotes.
    pub fn without_text(self) -> Self {
        match self {
            Self::Tag { expected, .. } => Self::Tag { expected, found: None },
            other => other,
        }
    }
}

/// The numbers that a server would work with after importing the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The modulus.
    pub n: BigUint,
    /// The public exponent.
    pub e: BigUint,
}

/// The key that a server works with after importing the text.
pub fn key(text: &[u8]) -> Result<PublicKey, ImportError> {
    let numbers = import(text)?;
    Ok(PublicKey::from_numbers(numbers.n, numbers.e)?)
}

/// Imports `text` as servers do. A TXT record reaches a server as one character a byte (Node decodes it as Latin-1), so bytes are
/// all there is to look at.
pub fn import(text: &[u8]) -> Result<Imported, ImportError> {
    if text.is_empty() {
        return Err(ImportError::Empty);
    }
    let body = base64::as_node(between_armour(text));
    let mut outer = Ber::new(&body);
    outer.read_sequence()?;
    let header = outer.read_string(0x30)?.ok_or(ImportError::Cut)?;
    if Ber::new(&header).read_string(0x06)?.as_deref() != Some(&RSA_OID) {
        return Err(ImportError::NotRsa);
    }
    let bits = outer.read_string(0x03)?.ok_or(ImportError::Cut)?;
    let mut inner = Ber::new(&bits);
    inner.read_byte();
    inner.read_sequence()?;
    let n = inner.read_string(0x02)?;
    let e = inner.read_string(0x02)?;
    match (n, e) {
        (Some(n), Some(e)) if !n.is_empty() && e.len() > 6 => Err(ImportError::LongExponent(e.len())),
        (Some(n), Some(e)) if !n.is_empty() && !e.is_empty() => {
            Ok(Imported { n: BigUint::from_bytes_be(&n), e: BigUint::from_bytes_be(&e) })
        }
        _ => Err(ImportError::NoNumbers),
    }
}

/// Each end of the armour is optional on its own; the closing one counts only after the opening one.
fn between_armour(text: &[u8]) -> &[u8] {
    let opening = find(text, BEGIN);
    let start = opening.map_or(0, |at| at + BEGIN.len());
    let from = opening.unwrap_or(0);
    let end = find(&text[from..], END).map_or(text.len(), |at| from + at);
    &text[start.min(end)..end.max(start)]
}

/// True for a whole key, and for a piece that shows its armour.
pub fn is_key_like(text: &[u8]) -> bool {
    find(text, b"PUBLIC KEY").is_some() || import(text).is_ok()
}

/// Position of `needle` in `hay`.
pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

/// The reader of the npm package `asn1`: lengths are signed 32-bit numbers, and running off the end is `None`.
struct Ber<'a> {
    bytes: &'a [u8],
    at: i64,
    len: i64,
}

impl<'a> Ber<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, len: 0 }
    }

    fn size(&self) -> i64 {
        self.bytes.len() as i64
    }

    fn byte(&self, at: i64) -> u8 {
        usize::try_from(at).ok().and_then(|at| self.bytes.get(at)).copied().unwrap_or(0)
    }

    fn peek(&self) -> Option<u8> {
        (self.size() - self.at >= 1).then(|| self.byte(self.at))
    }

    fn read_byte(&mut self) {
        if self.peek().is_some() {
            self.at += 1;
        }
    }

    /// Sets `len` and gives the offset of the content.
    fn read_length(&mut self, mut at: i64) -> Result<Option<i64>, ImportError> {
        if at >= self.size() {
            return Ok(None);
        }
        let first = self.byte(at);
        at += 1;
        if first & 0x80 == 0 {
            self.len = first.into();
            return Ok(Some(at));
        }
        match i64::from(first & 0x7f) {
            0 => Err(ImportError::IndefiniteLength),
            5.. => Err(ImportError::LongLength),
            count if self.size() - at < count => Ok(None),
            count => {
                let len = (0..count).fold(0i32, |len, i| (len << 8).wrapping_add(self.byte(at + i).into()));
                self.len = len.into();
                Ok(Some(at + count))
            }
        }
    }

    fn read_sequence(&mut self) -> Result<(), ImportError> {
        if self.peek().is_some()
            && let Some(at) = self.read_length(self.at + 1)?
        {
            self.at = at;
        }
        Ok(())
    }

    fn read_string(&mut self, tag: u8) -> Result<Option<Vec<u8>>, ImportError> {
        let Some(seen) = self.peek() else { return Ok(None) };
        if seen != tag {
            return Err(ImportError::Tag { expected: tag, found: Some(seen) });
        }
        let Some(at) = self.read_length(self.at + 1)? else { return Ok(None) };
        if self.len > self.size() - at {
            return Ok(None);
        }
        self.at = at + self.len;
        Ok(Some(self.slice(at, self.at)))
    }

    /// JavaScript's `slice`: a negative position counts from the end, a range that runs backwards is empty.
    fn slice(&self, from: i64, to: i64) -> Vec<u8> {
        let clamp = |at: i64| (if at < 0 { at + self.size() } else { at }).clamp(0, self.size()) as usize;
        self.bytes.get(clamp(from)..clamp(to)).unwrap_or_default().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_an_empty_key() {
        assert_eq!(import(b""), Err(ImportError::Empty));
    }

    #[test]
    fn a_lone_closing_armour_is_honoured() {
        assert_eq!(between_armour(b"abc-----END PUBLIC KEY-----def"), b"abc");
        assert_eq!(between_armour(b"x-----END PUBLIC KEY----------BEGIN PUBLIC KEY-----y"), b"y");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = import(&text);
        }

        #[test]
        fn no_der_makes_it_panic(der in proptest::collection::vec(prop_oneof![Just(0x30u8), Just(0x03), Just(0x84), any::<u8>()], 0..80)) {
            let _ = import(base64::encode(&der).as_bytes());
        }
    }
}
