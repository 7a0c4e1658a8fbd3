//! What people compare keys by.

use std::fmt::{self, Write as _};

use serde::Serialize;
use sha2::{Digest, Sha256};

/// SHA-256 of the SubjectPublicKeyInfo in DER (RFC 5280 section 4.1), shown as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of the SubjectPublicKeyInfo in DER.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// The first 12 digits, for tables; never a thing to compare keys by.
    pub fn short(&self) -> String {
        let digits: String = self.0[..6].iter().flat_map(|byte| digits(*byte)).collect();
        digits + "…"
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().flat_map(|byte| digits(*byte)).try_for_each(|digit| f.write_char(digit))
    }
}

/// The two digits of a byte.
fn digits(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
