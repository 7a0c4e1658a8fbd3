//! What a room or a message has at home and loses between servers: encryption, broadcasting, read receipts, public channels.

use serde_json::Value;

use super::kind::{Kind, OldKind};

/// What the other servers of the room do without, for an event of either version; each is a whole sentence.
pub fn in_event(event: &Value) -> Vec<&'static str> {
    let kind = event.get("type").and_then(Value::as_str).and_then(Kind::of);
    let old = event.get("t").and_then(Value::as_str).and_then(OldKind::of);
    let is = |pointer: &str| event.pointer(pointer) == Some(&Value::Bool(true));
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let mut found = Vec::new();
    match (kind, old) {
        (Some(Kind::Genesis), _) => {
            if is("/data/room/encrypted") {
                found.push("the room is encrypted at its origin: no release sends the keys, so other servers get text that nobody can read");
            }
            if is("/data/room/broadcast") {
                found.push("broadcast rooms exist between servers only in 1.x: a receiver of 2.0 or later stores the mark, and every member may write");
            }
            if text("/data/room/t") == Some("c") {
                found.push("public channels cannot be federated from 2.0 on: a server stops with `Channels cannot be federated`");
            }
        }
        (Some(Kind::Message), _) => {
            if text("/data/message/t") == Some("e2e") {
                found.push("the message is end-to-end encrypted, and no release sends the key: it cannot be read here");
            }
            if is("/data/message/unread") {
                found.push(
                    "the origin waits for a read receipt: only 1.x sends them, so the message stays unread there",
                );
            }
        }
        (_, Some(OldKind::Room)) => {
            if is("/payload/room/broadcast") {
                found.push("in a broadcast room only the owner may write: every other member is muted, `echo` too");
            }
            if is("/payload/room/encrypted") {
                found.push("1.x stores the room without encryption: what was written encrypted cannot be read here");
            }
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_travel_is_named() {
        let genesis = |room: Value| in_event(&json!({"type": "genesis", "data": {"room": room}})).len();
        assert_eq!(genesis(json!({"t": "p"})), 0);
        assert_eq!(genesis(json!({"t": "c", "encrypted": true, "broadcast": true})), 3);
        let message = json!({"type": "room_message", "data": {"message": {"t": "e2e", "unread": true}}});
        assert_eq!(in_event(&message).len(), 2);
        let old = json!({"t": "roc", "payload": {"room": {"broadcast": true, "encrypted": false}}});
        assert_eq!(in_event(&old).len(), 1);
        assert_eq!(in_event(&json!(7)), [""; 0]);
    }
}
