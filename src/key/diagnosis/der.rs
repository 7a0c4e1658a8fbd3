//! Just enough DER (ITU-T X.690) to name what a damaged or foreign structure was meant to be.

/// One element: its tag, where its content starts, and how long it claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv {
    pub tag: u8,
    /// Offset of the content.
    pub start: usize,
    /// Claimed length of the content in bytes; may run past the end.
    pub len: usize,
}

impl Tlv {
    /// Offset behind the content.
    pub fn end(&self) -> usize {
        self.start.saturating_add(self.len)
    }
}

/// The element at `at`; the header must be there and in its shortest form (X.690 10.1), the content need not.
pub fn element(bytes: &[u8], at: usize) -> Option<Tlv> {
    let (tag, first) = (*bytes.get(at)?, *bytes.get(at + 1)?);
    if first < 0x80 {
        return Some(Tlv { tag, start: at + 2, len: first.into() });
    }
    let count = usize::from(first & 0x7f);
    if !(1..=3).contains(&count) {
        return None;
    }
    let digits = bytes.get(at + 2..at + 2 + count)?;
    let len = digits.iter().fold(0, |len, digit| len << 8 | usize::from(*digit));
    let shortest = digits[0] != 0 && len >= 0x80;
    shortest.then_some(Tlv { tag, start: at + 2 + count, len })
}

/// The element at `at` when it has this tag.
pub fn tagged(bytes: &[u8], at: usize, tag: u8) -> Option<Tlv> {
    element(bytes, at).filter(|tlv| tlv.tag == tag)
}

/// What a structure is, recognised by its first elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape<'a> {
    /// A SubjectPublicKeyInfo for the algorithm with this object identifier (content bytes); `total` is its whole length.
    Spki {
        oid: &'a [u8],
        total: usize,
    },
    /// An RSAPublicKey (RFC 8017 appendix A.1.1).
    Pkcs1,
    Certificate,
    CertificateRequest,
    /// An SSH wire-format key (RFC 4253 section 6.6).
    Ssh,
    Unknown,
}

/// Looks at the beginning of `der`.
pub fn shape(der: &[u8]) -> Shape<'_> {
    if der.starts_with(&[0, 0, 0]) && (der[3..].get(1..5) == Some(b"ssh-") || der[3..].get(1..7) == Some(b"ecdsa-")) {
        return Shape::Ssh;
    }
    let Some(outer) = tagged(der, 0, 0x30) else { return Shape::Unknown };
    let Some(first) = element(der, outer.start) else { return Shape::Unknown };
    match first.tag {
        0x02 if first.len >= 64 => Shape::Pkcs1,
        0x30 => match element(der, first.start) {
            Some(tlv) if tlv.tag == 0x06 => match der.get(tlv.start..tlv.end()) {
                Some(oid) => Shape::Spki { oid, total: outer.end() },
                None => Shape::Unknown,
            },
            Some(tlv) if tlv.tag == 0xa0 => Shape::Certificate,
            Some(tlv) if tlv.tag == 0x02 && tlv.len == 1 => Shape::CertificateRequest,
            _ => Shape::Unknown,
        },
        _ => Shape::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_must_be_in_their_shortest_form() {
        let content = |bytes: &[u8]| element(bytes, 0).map(|tlv| (tlv.start, tlv.len));
        assert_eq!(content(&[0x02, 0x03]), Some((2, 3)));
        assert_eq!(content(&[0x02, 0x81, 0x81]), Some((3, 129)));
        assert_eq!(content(&[0x30, 0x82, 0x01, 0x22]), Some((4, 290)));
        for bad in [&[0x02, 0x81, 0x03][..], &[0x02, 0x80], &[0x02, 0x82, 0x00, 0xff], &[0x02], &[0x02, 0x82, 0x01]] {
            assert_eq!(content(bad), None, "{bad:02x?}");
        }
    }
}
