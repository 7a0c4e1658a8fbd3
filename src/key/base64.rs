//! Base64 (RFC 4648): written, read strictly, and read as Node does.

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD;

/// With padding, in the standard alphabet.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Nothing but the standard alphabet and the padding that belongs there.
pub fn strict(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Node's `Buffer.from(text, "base64")`: both alphabets, foreign characters skipped, the first `=` ends it, a lone last
/// character is dropped.
pub fn as_node(text: &[u8]) -> Vec<u8> {
    let lenient = || digits(text.iter().take_while(|byte| **byte != b'=').map(|byte| char::from(*byte)));
    // Both give the same for a text that follows the standard, and the strict reading is faster.
    strict(text).unwrap_or_else(lenient)
}

/// The value of a digit of either alphabet.
pub fn digit(c: char) -> Option<u8> {
    match c {
        'A'..='Z' => Some(c as u8 - b'A'),
        'a'..='z' => Some(c as u8 - b'a' + 26),
        '0'..='9' => Some(c as u8 - b'0' + 52),
        '+' | '-' => Some(62),
        '/' | '_' => Some(63),
        _ => None,
    }
}

/// Decodes the digits among `text`, whatever else is between them.
pub fn digits(text: impl IntoIterator<Item = char>) -> Vec<u8> {
    let (mut out, mut held, mut bits) = (Vec::new(), 0u32, 0);
    for six in text.into_iter().filter_map(digit) {
        held = (held << 6 | u32::from(six)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits & 0xff) as u8);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_skips_what_it_does_not_know() {
        for (text, bytes) in
            [("YWJjZA==", "abcd"), ("YWJj=YWJj", "abc"), ("YW\"J j", "abc"), ("YWJjZ", "abc"), ("Y=WJj", "")]
        {
            assert_eq!(as_node(text.as_bytes()), bytes.as_bytes(), "{text}");
        }
        assert_eq!(as_node(b"YW-_"), [0x61, 0x6f, 0xbf]);
        assert_eq!(as_node("YWJj\u{e9}".as_bytes()), b"abc");
    }

    #[test]
    fn both_readings_agree_on_what_follows_the_standard() {
        for length in 0..70u8 {
            let bytes: Vec<u8> = (0..length).map(|at| at.wrapping_mul(37) ^ length).collect();
            assert_eq!(digits(encode(&bytes).chars()), bytes);
            assert_eq!(strict(encode(&bytes).as_bytes()), Some(bytes));
        }
    }

    #[test]
    fn the_strict_reading_takes_what_was_written_and_nothing_else() {
        assert_eq!(strict(encode(b"abcd").as_bytes()).unwrap(), b"abcd");
        for text in ["YWJjZA", "YWJj\n", "YW-_", "YWJjZA=="] {
            assert_eq!(strict(text.as_bytes()).is_some(), text == "YWJjZA==", "{text}");
        }
    }
}
