//! How servers read a body and a message: as Node does, with its errors.

use serde_json::Value;
use serde_json::error::Category;

use super::refusal::Refusal;
use crate::rocketchat::body::{NotAnEnvelope, Wire};

/// Above this many bytes a body that is no plain list of bytes is not looked at again.
const STRANGE_MAX: usize = 1 << 20;

/// The bytes of the envelope in a body. Node takes what is no number for zero, so damaged lists fail later, when they are
/// decrypted.
pub fn bytes(body: &[u8], old: bool) -> Result<Vec<u8>, Refusal> {
    match (Wire::read(body), old) {
        (Ok((Wire::Two, bytes)), false) | (Ok((Wire::One, bytes)), true) => Ok(bytes),
        (_, true) => strange_old(body),
        (Ok(_), false) => Err(Refusal::Body(NotAnEnvelope::NoBuffer)),
        (Err(why), false) => strange(body).ok_or(Refusal::Body(why)),
    }
}

fn value(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok().filter(|_| body.len() <= STRANGE_MAX)
}

fn strange(body: &[u8]) -> Option<Vec<u8>> {
    let value = value(body)?;
    let is_buffer = value.get("type").and_then(Value::as_str) == Some("Buffer");
    let items = value.as_array().or_else(|| value.get("data").and_then(Value::as_array).filter(|_| is_buffer))?;
    Some(items.iter().map(byte).collect())
}

fn strange_old(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let value = value(body).unwrap_or_default();
    match value.get("payload") {
        None | Some(Value::Null | Value::Bool(false)) => Err(Refusal::Body(NotAnEnvelope::NoBuffer)),
        Some(Value::String(text)) if text.is_empty() => Err(Refusal::Body(NotAnEnvelope::NoBuffer)),
        Some(payload) => match payload.get("data") {
            Some(Value::Array(items)) => Ok(items.iter().map(byte).collect()),
            Some(Value::String(text)) => Ok(text.as_bytes().to_vec()),
            _ => Err(Refusal::NoBytes),
        },
    }
}

/// A member of a list as a byte: numbers are cut to eight bits, texts are read as numbers, and all else is zero.
fn byte(value: &Value) -> u8 {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(true) => Some(1.0),
        _ => None,
    };
    number.filter(|number| number.is_finite()).map_or(0, |number| number.trunc().rem_euclid(256.0) as u8)
}

/// What `JSON.parse` of Node up to 18 says about a text that is no JSON.
pub fn error(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&text) else { return String::new() };
    let end = "Unexpected end of JSON input".to_owned();
    if error.classify() == Category::Eof {
        return end;
    }
    let lines: usize = text.split('\n').take(error.line().saturating_sub(1)).map(|line| line.chars().count() + 1).sum();
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let column = line.get(..error.column().saturating_sub(1)).map_or(0, |before| before.chars().count());
    let at = lines + column;
    match text.chars().nth(at) {
        None => end,
        Some('0'..='9' | '-') => format!("Unexpected number in JSON at position {at}"),
        Some('"') => format!("Unexpected string in JSON at position {at}"),
        Some(token) => format!("Unexpected token {token} in JSON at position {at}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_reads_what_is_no_byte_as_a_number() {
        let read = |body: &str, old| bytes(body.as_bytes(), old);
        let list = r#"[1,"2",256,-1,1.9,true,null,"x",[],{}]"#;
        let expected = vec![1, 2, 0, 255, 1, 1, 0, 0, 0, 0];
        assert_eq!(read(list, false).unwrap(), expected);
        assert_eq!(read(&format!(r#"{{"type":"Buffer","data":{list}}}"#), false).unwrap(), expected);
        assert_eq!(read(&format!(r#"{{"payload":{{"data":{list}}}}}"#), true).unwrap(), expected);
        assert_eq!(read(r#"{"payload":{"data":"ab"}}"#, true).unwrap(), b"ab");
        for body in [r#"{"payload":"x"}"#, r#"{"payload":{}}"#, r#"{"payload":7}"#, r#"{"payload":{"data":{}}}"#] {
            assert!(matches!(read(body, true), Err(Refusal::NoBytes)), "{body}");
        }
        for body in ["{}", r#"{"payload":null}"#, r#"{"payload":""}"#, r#"{"type":"Buffer","data":[1]}"#, "[1]"] {
            assert!(matches!(read(body, true), Err(Refusal::Body(_))), "{body}");
        }
        for body in ["{}", r#"{"payload":{"data":[1]}}"#, r#"{"data":[1]}"#] {
            assert!(matches!(read(body, false), Err(Refusal::Body(_))), "{body}");
        }
    }

    #[test]
    fn what_is_no_json_is_named_as_node_names_it() {
        for (text, expected) in [
            ("hello", "Unexpected token h in JSON at position 0"),
            ("", "Unexpected end of JSON input"),
            (r#"{"events":["#, "Unexpected end of JSON input"),
            (r#"{"a":1 2}"#, "Unexpected number in JSON at position 7"),
            (r#"{"a" "b"}"#, "Unexpected string in JSON at position 5"),
            ("[1]x", "Unexpected token x in JSON at position 3"),
            ("[1,\n é]", "Unexpected token é in JSON at position 5"),
        ] {
            assert_eq!(error(text.as_bytes()), expected, "{text}");
        }
    }
}
