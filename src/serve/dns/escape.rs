//! What the library's zone parser does not read unchanged is escaped for it: bytes that a string spells as `\DDD`
//! (RFC 1035 section 5.1), whose digits it takes for another number, and labels with an underscore inside, which it refuses.

use std::collections::BTreeMap;
use std::str::Chars;

use hickory_proto::ProtoError;
use hickory_proto::rr::rdata::{CNAME, MX, NS, SRV, TXT};
use hickory_proto::rr::{LowerName, Name, RData, RecordSet, RrKey};

/// The first of 256 characters of a private range, one a byte.
const BYTE: u32 = 0xe000;
/// Before a label with an underscore inside; the library lets labels pass that begin with one.
const UNDERSCORE: &str = "_5f5f-";

type Records = BTreeMap<RrKey, RecordSet>;

/// Puts each record on one line and drops comments, because the library's parser loses the quotes inside parentheses.
pub fn put_on(text: &str) -> String {
    let (mut out, mut chars, mut quoted, mut depth) = (String::with_capacity(text.len()), text.chars(), false, 0u32);
    while let Some(c) = chars.next() {
        match c {
            '\\' => match quoted.then(|| decimal(&mut chars)).flatten() {
                Some(byte) => out.push(escaped(byte)),
                None => {
                    out.push(c);
                    out.extend(chars.next());
                }
            },
            '"' => {
                quoted = !quoted;
                out.push(c);
            }
            _ if quoted && is_escape(c) => out.extend(c.encode_utf8(&mut [0; 4]).bytes().map(escaped)),
            _ if quoted => out.push(c),
            ';' => {
                let end = chars.by_ref().find(|c| *c == '\n');
                out.extend(end.map(|_| if depth > 0 { ' ' } else { '\n' }));
            }
            '(' => {
                depth += 1;
                out.push(' ');
            }
            ')' => {
                depth = depth.saturating_sub(1);
                out.push(' ');
            }
            '\n' if depth > 0 => out.push(' '),
            '_' => {
                let start = out.rfind([' ', '\t', '\n', '.']).map_or(0, |at| at + 1);
                if start < out.len() && !out[start..].starts_with('_') {
                    out.insert_str(start, UNDERSCORE);
                }
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Turns names and strings back.
pub fn take_off(records: &Records) -> Result<Records, ProtoError> {
    let mut plain = Records::new();
    for record in records.values().flat_map(|set| set.records_without_rrsigs()) {
        let mut record = record.clone();
        record.name = name(&record.name)?;
        record.data = match record.data {
            RData::TXT(txt) => {
                let strings: Vec<Vec<u8>> = txt.txt_data.iter().map(|string| bytes(string)).collect();
                RData::TXT(TXT::from_bytes(strings.iter().map(Vec::as_slice).collect()))
            }
            RData::SRV(srv) => RData::SRV(SRV::new(srv.priority, srv.weight, srv.port, name(&srv.target)?)),
            RData::CNAME(CNAME(to)) => RData::CNAME(CNAME(name(&to)?)),
            RData::NS(NS(to)) => RData::NS(NS(name(&to)?)),
            RData::MX(mx) => RData::MX(MX::new(mx.preference, name(&mx.exchange)?)),
            other => other,
        };
        let key = RrKey::new(LowerName::new(&record.name), record.record_type());
        let empty = || RecordSet::with_ttl(record.name.clone(), record.record_type(), record.ttl);
        plain.entry(key).or_insert_with(empty).insert(record, 0);
    }
    Ok(plain)
}

fn name(escaped: &Name) -> Result<Name, ProtoError> {
    let label = |label: &[u8]| label.strip_prefix(UNDERSCORE.as_bytes()).unwrap_or(label).to_vec();
    let labels: Vec<Vec<u8>> = escaped.iter().map(label).collect();
    let mut name = Name::from_labels(labels.iter().map(Vec::as_slice))?;
    name.set_fqdn(true);
    Ok(name)
}

fn bytes(string: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(string) else { return string.to_vec() };
    let mut bytes = Vec::with_capacity(string.len());
    for c in text.replace(UNDERSCORE, "").chars() {
        match u8::try_from(u32::from(c).wrapping_sub(BYTE)) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

fn escaped(byte: u8) -> char {
    char::from_u32(BYTE + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn is_escape(c: char) -> bool {
    (BYTE..BYTE + 256).contains(&u32::from(c))
}

/// The byte of three decimal digits after a backslash, when they stand next.
fn decimal(chars: &mut Chars) -> Option<u8> {
    let digits = chars.as_str().get(..3).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
    let byte = digits.parse().ok()?;
    chars.nth(2);
    Some(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_in_parentheses_keep_their_spaces() {
        let text = "t 60 IN TXT ( \"a b;\" ; said\n \"c\\\" (d\" )\nu 60 IN TXT \"e\"\n";
        assert_eq!(put_on(text), "t 60 IN TXT   \"a b;\"   \"c\\\" (d\"  \nu 60 IN TXT \"e\"\n");
    }

    #[test]
    fn only_labels_with_an_underscore_inside_are_marked() {
        assert_eq!(put_on("_a._b.c_d_e\t60 IN SRV 1 1 1 f_g.h"), "_a._b._5f5f-c_d_e\t60 IN SRV 1 1 1 _5f5f-f_g.h");
        assert_eq!(put_on("a IN TXT \"b_c\""), "a IN TXT \"b_c\"");
        assert_eq!(put_on(r"a\046b IN TXT x"), r"a\046b IN TXT x");
    }
}
