//! The bodies of requests once they are decrypted, and the smallest ones that a server answers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dns::name::Domain;

/// The content of a decrypted body.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// For `federation.events.dispatch`.
    Events(Vec<Event>),
    /// For `federation.events.requestFromLatest`.
    Latest(LatestRequest),
    /// For `federation.events` of 1.x: the type of the one event.
    Old(String),
}

/// One event, with its whole JSON for sending it on.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `ping` has none.
    pub id: Option<String>,
    pub kind: String,
    /// The domain of the server that made it, as it says itself.
    pub origin: Option<String>,
    pub room: Option<String>,
    pub json: Value,
}

/// Asks the origin of a room for the events that the asker lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LatestRequest {
    /// Where the events are to be sent; servers do not compare it with the sender.
    pub from_domain: String,
    pub context_type: String,
    pub context_query: Room,
    #[serde(default)]
    pub latest_event_ids: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    pub room_id: String,
}

/// Why a message that opened says nothing that a peer understands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAMessage {
    #[error("it opens and is not UTF-8: whole blocks were exchanged, or it was never text")]
    NotText,
    #[error("it opens and its JSON ends early: the last blocks are missing")]
    Cut,
    #[error("it opens and is not JSON (line {line}, column {column}): blocks were exchanged or lost")]
    NotJson { line: usize, column: usize },
    #[error("it opens and is JSON, but neither events nor a request for events")]
    Unknown,
}

/// The smallest thing that a server of 2.x or later answers; nothing is stored.
pub fn ping() -> String {
    r#"{"events":[{"type":"ping"}]}"#.into()
}

/// A ping with `padding` characters beside it, to find out whether a message of that size gets through.
pub fn large_ping(padding: usize) -> String {
    json!({"events": [{"type": "ping", "pad": "x".repeat(padding)}]}).to_string()
}

/// The ping of 1.x; `time` is RFC 3339.
pub fn old_ping(peer: &Domain, time: &str, id: &str) -> String {
    let retry = json!({"retry": {"total": 1}});
    let event =
        json!({"t": "png", "ts": time, "fulfilled": false, "payload": {}, "peer": peer, "options": retry, "_id": id});
    json!({"event": event}).to_string()
}

/// Events of one message; an empty list is what a server sends that has none.
pub fn dispatch<'a>(events: impl IntoIterator<Item = &'a Event>) -> String {
    json!({"events": events.into_iter().map(|event| &event.json).collect::<Vec<_>>()}).to_string()
}

/// The same for the JSON of events.
pub fn dispatch_values(events: &[Value]) -> String {
    json!({"events": events}).to_string()
}

/// The JSON of a decrypted body.
pub fn read_json(message: &[u8]) -> Result<Value, NotAMessage> {
    let text = std::str::from_utf8(message).map_err(|_| NotAMessage::NotText)?;
    serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof if !text.is_empty() => NotAMessage::Cut,
        _ => NotAMessage::NotJson { line: error.line(), column: error.column() },
    })
}

impl LatestRequest {
    /// Asks for everything of `room`.
    pub fn all_of(from: &Domain, room: &str) -> Self {
        Self {
            from_domain: from.as_str().to_owned(),
            context_type: "room".into(),
            context_query: Room { room_id: room.to_owned() },
            latest_event_ids: Vec::new(),
        }
    }

    /// The JSON that is sealed.
    pub fn to_json(&self) -> String {
        json!(self).to_string()
    }
}

impl Incoming {
    /// Reads an opened message.
    pub fn read(message: &[u8]) -> Result<Self, NotAMessage> {
        Self::of(read_json(message)?)
    }

    /// Reads the JSON of an opened message.
    pub fn of(value: Value) -> Result<Self, NotAMessage> {
        if let Some(events) = value.get("events").and_then(Value::as_array) {
            return events.iter().map(Event::read).collect::<Option<_>>().map(Self::Events).ok_or(NotAMessage::Unknown);
        }
        if let Some(kind) = value.pointer("/event/t").and_then(Value::as_str) {
            return Ok(Self::Old(kind.to_owned()));
        }
        serde_json::from_value(value).map(Self::Latest).map_err(|_| NotAMessage::Unknown)
    }
}

impl std::fmt::Display for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 8;
        match self {
            Self::Events(events) if events.is_empty() => f.write_str("no events"),
            Self::Events(events) => {
                let kinds: Vec<_> =
                    events.iter().take(SHOWN).map(|event| event.kind.escape_debug().to_string()).collect();
                f.write_str(&kinds.join(", "))?;
                match events.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
            Self::Latest(request) => {
                write!(f, "send me the events of room `{}`", request.context_query.room_id.escape_debug())
            }
            Self::Old(kind) => write!(f, "{}", kind.escape_debug()),
        }
    }
}

impl Event {
    fn read(json: &Value) -> Option<Self> {
        let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            id: text("/_id"),
            kind: text("/type")?,
            origin: text("/origin"),
            room: text("/context/roomId"),
            json: json.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain() -> Domain {
        "a.example".parse().unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let kinds = |text: &str| match Incoming::read(text.as_bytes()) {
            Ok(Incoming::Events(events)) => events.iter().map(|event| event.kind.clone()).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(kinds(&ping()), ["ping"]);
        assert_eq!(kinds(&large_ping(9000)), ["ping"]);
        assert_eq!(kinds(&dispatch([])), [""; 0]);
        let latest = LatestRequest::all_of(&domain(), "none");
        assert_eq!(
            latest.to_json(),
            r#"{"fromDomain":"a.example","contextType":"room","contextQuery":{"roomId":"none"},"latestEventIds":[]}"#
        );
        assert_eq!(Incoming::read(latest.to_json().as_bytes()), Ok(Incoming::Latest(latest)));
        let old = old_ping(&domain(), "2019-06-19T09:13:31.000Z", "abc");
        assert_eq!(Incoming::read(old.as_bytes()), Ok(Incoming::Old("png".into())));
    }

    #[test]
    fn an_event_keeps_its_json() {
        let text = r#"{"events":[{"_id":"7c","origin":"b.example","context":{"roomId":"r"},"type":"genesis","timestamp":{"$date":1},"data":{"x":[1]}}]}"#;
        let Ok(Incoming::Events(events)) = Incoming::read(text.as_bytes()) else { panic!("no events") };
        assert_eq!((events[0].room.as_deref(), events[0].id.as_deref()), (Some("r"), Some("7c")));
        assert_eq!(dispatch(&events), text);
    }

    #[test]
    fn what_is_no_message_is_named() {
        use NotAMessage as Not;
        for (text, why) in [
            (&b"\xff\xfe"[..], Not::NotText),
            (br#"{"events":[{"type":"pi"#, Not::Cut),
            (br#"g"}]}{"events":[{"type":"pin"#, Not::NotJson { line: 1, column: 1 }),
            (b"{}", Not::Unknown),
            (b"[]", Not::Unknown),
            (br#"{"events":[1]}"#, Not::Unknown),
        ] {
            assert_eq!(Incoming::read(text), Err(why), "{}", String::from_utf8_lossy(text));
        }
    }
}
