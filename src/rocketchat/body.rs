//! The forms in which an envelope travels: JSON of a Node `Buffer`, bare (2.x) or as the member `payload` (1.x), or raw bytes.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::generation::Generation;
use super::release::Release;
use crate::count::counted;

/// Which of the forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Wire {
    /// `{"type":"Buffer","data":[…]}`, from 2.0.0 on.
    #[value(name = "2.x")]
    Two,
    /// `{"payload":{"type":"Buffer","data":[…]}}`, 1.0.0 to 1.3.5.
    #[value(name = "1.x")]
    One,
    /// The bytes themselves; no server sends them so.
    #[value(name = "raw")]
    Raw,
}

/// Why a text is not an envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEnvelope {
    #[error("there is no body")]
    Empty,
    #[error("the body is not encrypted at all: it is the plain JSON of events")]
    Plain,
    #[error("the body is HTML: a proxy or a login page responds instead")]
    Html,
    #[error("the JSON ends early, after {}: something cut the body", counted(bytes, "byte"))]
    Cut { bytes: usize },
    #[error("the body is not JSON ({why})")]
    NotJson { why: String },
    #[error("the JSON has no Node Buffer, that is `{{\"type\":\"Buffer\",\"data\":[…]}}`")]
    NoBuffer,
    #[error("the JSON has data, but no Node Buffer of numbers from 0 to 255")]
    NotBytes,
}

impl Wire {
    /// The form that servers of this release send and read.
    pub fn of(release: Release) -> Self {
        if Generation::of(release).is_first_protocol() { Self::One } else { Self::Two }
    }

    /// The envelope in this form, as servers write it: no white space.
    pub fn write(self, envelope: &[u8]) -> Vec<u8> {
        let (open, close) = match self {
            Self::Raw => return envelope.to_vec(),
            Self::Two => (r#"{"type":"Buffer","data":["#, "]}"),
            Self::One => (r#"{"payload":{"type":"Buffer","data":["#, "]}}"),
        };
        let mut out = Vec::with_capacity(open.len() + envelope.len() * 4 + close.len());
        out.extend_from_slice(open.as_bytes());
        for (at, byte) in envelope.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(byte.to_string().as_bytes());
        }
        out.extend_from_slice(close.as_bytes());
        out
    }

    /// Recognises the form by itself and gives the envelope. A bare array of numbers counts as the 2.x form, as it does for
    /// Node; bytes that are no text are raw.
    pub fn read(body: &[u8]) -> Result<(Self, Vec<u8>), NotAnEnvelope> {
        let Ok(text) = std::str::from_utf8(body) else { return Ok((Self::Raw, body.to_vec())) };
        let text = text.trim();
        match text.as_bytes().first() {
            None => Err(NotAnEnvelope::Empty),
            Some(b'<') => Err(NotAnEnvelope::Html),
            Some(_) => read_json(text),
        }
    }
}

/// A Node Buffer in JSON.
#[derive(Deserialize)]
struct Buffer {
    #[serde(rename = "type")]
    kind: Option<String>,
    data: Vec<u8>,
}

/// The body of 1.x, which never looks at the type of the Buffer.
#[derive(Deserialize)]
struct Old {
    payload: Data,
}

#[derive(Deserialize)]
struct Data {
    data: Vec<u8>,
}

/// The members that tell what an object was meant to be.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Shape {
    data: Option<IgnoredAny>,
    payload: Option<ShapeOfPayload>,
    event: Option<IgnoredAny>,
    events: Option<IgnoredAny>,
    context_query: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ShapeOfPayload {
    Object { data: IgnoredAny },
    Other(IgnoredAny),
}

fn read_json(text: &str) -> Result<(Wire, Vec<u8>), NotAnEnvelope> {
    if text.starts_with('[') {
        return serde_json::from_str(text).map(|bytes| (Wire::Two, bytes)).map_err(|_| refuse(text));
    }
    match serde_json::from_str(text) {
        Ok(Buffer { kind: Some(kind), data }) if kind == "Buffer" => Ok((Wire::Two, data)),
        _ => match serde_json::from_str(text) {
            Ok(Old { payload }) => Ok((Wire::One, payload.data)),
            Err(_) => Err(refuse(text)),
        },
    }
}

/// Why `text` is no envelope.
fn refuse(text: &str) -> NotAnEnvelope {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        let started = text.starts_with(['{', '[']);
        return match error.classify() {
            serde_json::error::Category::Eof if started => NotAnEnvelope::Cut { bytes: text.len() },
            // The error itself could quote the body; the position is what helps.
            _ => NotAnEnvelope::NotJson { why: format!("line {}, column {}", error.line(), error.column()) },
        };
    }
    if text.starts_with('[') {
        return NotAnEnvelope::NotBytes;
    }
    let shape: Shape = serde_json::from_str(text).unwrap_or_default();
    let holds_data = matches!(shape.payload, Some(ShapeOfPayload::Object { data: IgnoredAny }));
    match (shape.event.or(shape.events).or(shape.context_query), shape.data) {
        (Some(_), _) => NotAnEnvelope::Plain,
        (None, Some(_)) => NotAnEnvelope::NotBytes,
        (None, None) if holds_data => NotAnEnvelope::NotBytes,
        (None, None) => NotAnEnvelope::NoBuffer,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_servers_write_is_written() {
        assert_eq!(Wire::Two.write(&[82, 0, 255]), br#"{"type":"Buffer","data":[82,0,255]}"#);
        assert_eq!(Wire::One.write(&[1]), br#"{"payload":{"type":"Buffer","data":[1]}}"#);
        assert_eq!(Wire::of(Release(1, 3, 5)), Wire::One);
        assert_eq!(Wire::of(Release(2, 0, 0)), Wire::Two);
    }

    #[test]
    fn each_form_is_recognised() {
        let two = |text: &str| assert_eq!(Wire::read(text.as_bytes()), Ok((Wire::Two, vec![1, 2])), "{text}");
        two(r#"{"type":"Buffer","data":[1,2]}"#);
        two(" { \"data\" : [1, 2], \"type\": \"Buffer\" }\n");
        two("[1,2]");
        let one = |text: &str| assert_eq!(Wire::read(text.as_bytes()), Ok((Wire::One, vec![7])), "{text}");
        one(r#"{"payload":{"type":"Buffer","data":[7]}}"#);
        one(r#"{"payload":{"data":[7]}}"#);
        assert_eq!(Wire::read(&[0xff, 0x00, 0x80]), Ok((Wire::Raw, vec![0xff, 0x00, 0x80])));
    }

    #[test]
    fn what_is_no_envelope_is_named() {
        use NotAnEnvelope as Not;
        for (text, why) in [
            ("", Not::Empty),
            (" \n", Not::Empty),
            (r#"{"events":[{"type":"ping"}]}"#, Not::Plain),
            (r#"{"event":{"t":"png"}}"#, Not::Plain),
            ("<!DOCTYPE html><p>Log in</p>", Not::Html),
            (r#"{"type":"Buffer","data":[1,2"#, Not::Cut { bytes: 28 }),
            ("hello", Not::NotJson { why: "line 1, column 1".into() }),
            ("{}", Not::NoBuffer),
            ("17", Not::NoBuffer),
            (r#"{"type":"Text","data":[1]}"#, Not::NotBytes),
            (r#"{"data":[1]}"#, Not::NotBytes),
            ("[300]", Not::NotBytes),
            (r#"{"payload":"x"}"#, Not::NoBuffer),
            (r#"{"type":"Buffer","data":[256]}"#, Not::NotBytes),
            (r#"{"type":"Buffer","data":[1.5,-1,"a",null,[],{}]}"#, Not::NotBytes),
            (r#"{"type":"Buffer","data":"abc"}"#, Not::NotBytes),
        ] {
            assert_eq!(Wire::read(text.as_bytes()), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_go_out_and_back(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(Wire::read(&Wire::Two.write(&bytes)), Ok((Wire::Two, bytes.clone())));
            prop_assert_eq!(Wire::read(&Wire::One.write(&bytes)), Ok((Wire::One, bytes)));
        }

        #[test]
        fn no_text_makes_it_panic(text in r#"[\[\]{}",:0-9a-z\\]{0,60}"#) {
            let _ = Wire::read(text.as_bytes());
        }
    }
}
