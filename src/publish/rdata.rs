//! Record data as the APIs of providers write it: the text form of zone files (RFC 1035 section 5.1).

use crate::dns::record::STRING_MAX;
use crate::dns::record::{CharacterString, RData, RecordType, unescape};

/// `1 1 443 chat.mydomain.com.` or `"first string" "second string"`.
pub fn text(data: &RData) -> String {
    match data {
        RData::Srv { priority, weight, port, target } => {
            format!("{priority} {weight} {port} {}.", target.trim_end_matches('.'))
        }
        RData::Txt(strings) => quoted(strings).join(" "),
        RData::Cname(target) => format!("{}.", target.trim_end_matches('.')),
        _ => String::new(),
    }
}

/// The strings of a TXT record, each in quotes and of at most 255 bytes.
pub fn quoted(strings: &[CharacterString]) -> Vec<String> {
    let cut = |string: &CharacterString| match string.0.is_empty() {
        true => vec![Vec::new()],
        false => string.0.chunks(STRING_MAX).map(<[u8]>::to_vec).collect(),
    };
    strings.iter().flat_map(cut).map(|string| format!("\"{}\"", CharacterString(string))).collect()
}

/// A TXT value without quotes, cut as it is served.
pub fn txt(value: &[u8]) -> RData {
    let strings = value.chunks(STRING_MAX).map(|string| CharacterString(string.to_vec())).collect::<Vec<_>>();
    RData::Txt(if strings.is_empty() { vec![CharacterString(Vec::new())] } else { strings })
}

/// Reads the text form; a TXT value without quotes is taken as it is.
pub fn parse(kind: RecordType, text: &str) -> Option<RData> {
    match kind {
        RecordType::Srv => {
            let mut words = text.split_whitespace();
            let mut number = || words.next()?.parse().ok();
            let (priority, weight, port) = (number()?, number()?, number()?);
            let target = words.next()?.trim_end_matches('.').to_owned();
            words.next().is_none().then_some(RData::Srv { priority, weight, port, target })
        }
        RecordType::Txt if text.trim_start().starts_with('"') => strings(text.trim()).map(RData::Txt),
        RecordType::Txt => Some(txt(text.as_bytes())),
        RecordType::Cname => Some(RData::Cname(text.trim_end_matches('.').to_owned())),
        _ => None,
    }
}

/// `"one" "two"`, with escapes inside.
fn strings(text: &str) -> Option<Vec<CharacterString>> {
    let (mut out, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let inside = rest.strip_prefix('"')?;
        let mut escaped = false;
        let end = inside.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })?;
        out.push(CharacterString(unescape(&inside.as_bytes()[..end]).ok()?));
        rest = inside[end + 1..].trim_start();
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_key_is_one_record_of_short_strings_and_reads_back() {
        let key = txt(&[b'K'; 442]);
        let written = text(&key);
        assert_eq!(written, format!("\"{}\" \"{}\"", "K".repeat(255), "K".repeat(187)));
        assert_eq!(parse(RecordType::Txt, &written), Some(key));
        let RData::Txt(long) = txt(b"") else { panic!() };
        assert_eq!(quoted(&long), ["\"\""]);
        let one = RData::Txt(vec![CharacterString(vec![b'K'; 442])]);
        assert_eq!(text(&one), written, "a string that is too long is cut");
    }

    #[test]
    fn escapes_and_srv_data_are_read() {
        let quoted = parse(RecordType::Txt, r#""a\"b\\" "\195\164""#);
        assert_eq!(
            quoted,
            Some(RData::Txt(vec![CharacterString(b"a\"b\\".to_vec()), CharacterString(vec![195, 164])]))
        );
        let srv = RData::Srv { priority: 1, weight: 2, port: 443, target: "Chat.mydomain.com".into() };
        assert_eq!(parse(RecordType::Srv, "1 2 443 Chat.mydomain.com."), Some(srv.clone()));
        assert_eq!(text(&srv), "1 2 443 Chat.mydomain.com.");
        for bad in ["1 2 443", "1 2 443 a b", "x 2 3 a"] {
            assert_eq!(parse(RecordType::Srv, bad), None, "{bad}");
        }
        assert_eq!(parse(RecordType::Txt, "\"open"), None);
    }
}
