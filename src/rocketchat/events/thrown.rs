//! The errors that a release throws at a body before any event of it is looked at, in the words of its Node.

use serde_json::Value;

use super::{LatestRequest, Room};
use crate::rocketchat::boundary;
use crate::rocketchat::release::Release;

/// The loop over the events was rewritten, and their first log line with it.
pub const LOOPS: Release = boundary::READS_ALL;
/// The first release on a Node that words TypeErrors in the new way.
const NEW_WORDING: Release = boundary::GATE;

/// The first release on Node 14, which names what it takes apart.
const NAMES_SOURCE: Release = boundary::NODE_14;

/// From 6.3.0 on servers call an address that came out as `undefined`, and say this about it.
pub const INVALID_URL: &str = "Invalid URL";

/// The text of an error that a release throws.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ServerError(pub String);

/// A `TypeError` for reading a member of something that is not there.
pub fn cannot_read(release: Release, of: &str, member: &str) -> ServerError {
    ServerError(match release < NEW_WORDING {
        true => format!("Cannot read property '{member}' of {of}"),
        false => format!("Cannot read properties of {of} (reading '{member}')"),
    })
}

/// True for the same error in the words of two Node versions.
pub fn is_same(one: &str, other: &str) -> bool {
    old_wording(one) == old_wording(other)
}

/// `Cannot read properties of X (reading 'Y')` as Node up to 14 words it.
fn old_wording(text: &str) -> String {
    let parts = text.strip_prefix("Cannot read properties of ").and_then(|rest| rest.split_once(" (reading "));
    match parts.and_then(|(of, member)| Some((of, member.strip_suffix(')')?))) {
        Some((of, member)) => format!("Cannot read property {member} of {of}"),
        None => text.to_owned(),
    }
}

/// A `TypeError` for taking a decrypted `null` apart.
fn no_object(release: Release, member: &str) -> ServerError {
    ServerError(match release < NAMES_SOURCE {
        true => format!("Cannot destructure property `{member}` of 'undefined' or 'null'."),
        false => format!("Cannot destructure property '{member}' of 'EJSON.fromJSONValue(...)' as it is null."),
    })
}

/// The events of a decrypted body for `federation.events.dispatch`.
pub fn events(release: Release, body: &Value) -> Result<Vec<Value>, ServerError> {
    let old = release < LOOPS;
    let not_iterable = || ServerError("events is not iterable".into());
    match body.get("events") {
        _ if body.is_null() => Err(no_object(release, "events")),
        Some(Value::Array(events)) => Ok(events.clone()),
        None => Err(if old { cannot_read(release, "undefined", "map") } else { not_iterable() }),
        Some(Value::Null) => Err(if old { cannot_read(release, "null", "map") } else { not_iterable() }),
        Some(_) if old => Err(ServerError("events.map is not a function".into())),
        Some(Value::String(text)) => Ok(text.chars().map(|character| character.to_string().into()).collect()),
        Some(_) => Err(not_iterable()),
    }
}

/// A decrypted body for `federation.events.requestFromLatest`.
pub fn latest_request(release: Release, body: &Value) -> Result<LatestRequest, ServerError> {
    if body.is_null() {
        return Err(no_object(release, "fromDomain"));
    }
    let member = if release < LOOPS { "join" } else { "length" };
    let known = match body.get("latestEventIds") {
        None => return Err(cannot_read(release, "undefined", member)),
        Some(Value::Null) => return Err(cannot_read(release, "null", member)),
        Some(Value::Array(known)) => known.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>(),
        Some(_) => Vec::new(),
    };
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let context_type = text("/contextType");
    if context_type != "room" {
        return Err(cannot_read(release, "undefined", if known.is_empty() { "find" } else { "findOne" }));
    }
    Ok(LatestRequest {
        from_domain: text("/fromDomain"),
        context_type,
        context_query: Room { room_id: text("/contextQuery/roomId") },
        latest_event_ids: known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_the_same_in_the_words_of_every_node() {
        let (old, new) =
            (cannot_read(boundary::NO_MAIL, "undefined", "x").0, cannot_read(boundary::GATE, "undefined", "x").0);
        assert_ne!(old, new);
        assert!(is_same(&old, &new) && is_same(INVALID_URL, INVALID_URL) && !is_same(&old, INVALID_URL));
    }
}
