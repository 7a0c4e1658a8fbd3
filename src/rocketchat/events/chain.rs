//! The events of a room in version 2: which are newest, which parents are missing, and what a server sends on a request for
//! the events that another one lacks.

use serde_json::{Value, json};

use super::LatestRequest;
use super::documents::{Collection, Documents};
use super::kind::Kind;
use super::room_event::{Draft, RoomEvent};

/// What became of an event that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// It was stored before; its effect is applied again all the same.
    Known,
    Stored,
    /// Parents are missing: it is not stored.
    Missing {
        /// The events that are held of the same room and origin.
        known: Vec<String>,
    },
}

/// Why an event cannot be stored at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoParents;

/// Stores an event that came in when all of its parents are here. A parent that is listed twice is never complete.
pub fn add(documents: &mut Documents, event: &Value) -> Result<Added, NoParents> {
    let id = event.get("_id").and_then(Value::as_str).unwrap_or_default();
    if documents.get(Collection::Events, id).is_some() {
        return Ok(Added::Known);
    }
    let context = event.get("context").unwrap_or(&Value::Null);
    let parents = event.get("parentIds").and_then(Value::as_array).ok_or(NoParents)?;
    let mut found: Vec<&str> = parents.iter().filter_map(Value::as_str).collect();
    found.retain(|id| documents.get(Collection::Events, id).is_some_and(|event| event.get("context") == Some(context)));
    found.sort_unstable();
    found.dedup();
    if found.len() != parents.len() {
        let of_room = documents.having(Collection::Events, "/context", context);
        let same = of_room.filter(|known| known.get("origin") == event.get("origin"));
        let known = same.filter_map(|known| known.get("_id")?.as_str()).map(str::to_owned).collect();
        return Ok(Added::Missing { known });
    }
    let found: Vec<String> = found.into_iter().map(str::to_owned).collect();
    found.iter().for_each(|id| has_children(documents, id));
    documents.put(Collection::Events, id, event.clone());
    Ok(Added::Stored)
}

/// Makes an event of this server, with the newest events of the room as its parents, and stores it.
pub fn create(documents: &mut Documents, draft: Draft) -> RoomEvent {
    let kind = draft.kind;
    let parents = if kind == Kind::Genesis { Vec::new() } else { leaves(documents, draft.room) };
    let event = RoomEvent::new(draft, parents);
    if kind.is_stored() {
        event.parents.iter().for_each(|id| has_children(documents, id));
        documents.put(Collection::Events, &event.id, event.to_json());
    }
    event
}

/// The newest events of a room: those that no other one names as a parent.
pub fn leaves(documents: &Documents, room: &str) -> Vec<String> {
    let context = json!({"roomId": room});
    let of_room = documents.having(Collection::Events, "/context", &context);
    let leaves = of_room.filter(|event| event.get("hasChildren") == Some(&Value::Bool(false)));
    leaves.filter_map(|event| event.get("_id")?.as_str()).map(str::to_owned).collect()
}

/// The events that a server sends on a request for what another one lacks; `None` when it knows none of the events that
/// the other one names, and sends nothing.
pub fn latest(documents: &Documents, request: &LatestRequest) -> Option<Vec<Value>> {
    let context = json!({"roomId": request.context_query.room_id});
    let known = &request.latest_event_ids;
    let since = match known.is_empty() {
        true => i64::MIN,
        false => known.iter().find_map(|id| documents.get(Collection::Events, id).map(time))?,
    };
    let is_named = |event: &Value| {
        event.get("_id").and_then(Value::as_str).is_some_and(|id| known.iter().any(|known| known == id))
    };
    let of_room = documents.having(Collection::Events, "/context", &context);
    let mut missing: Vec<Value> = of_room.filter(|event| !is_named(event) && time(event) >= since).cloned().collect();
    missing.sort_by_key(time);
    Some(missing)
}

fn time(event: &Value) -> i64 {
    event.pointer("/timestamp/$date").and_then(Value::as_i64).unwrap_or_default()
}

/// Servers remove the member; they never set it to true.
fn has_children(documents: &mut Documents, id: &str) {
    if let Some(mut event) = documents.get(Collection::Events, id).cloned() {
        let removed = event.as_object_mut().and_then(|members| members.shift_remove("hasChildren"));
        if removed.is_some() {
            documents.put(Collection::Events, id, event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::name::Domain;

    fn domain(text: &str) -> Domain {
        text.parse().unwrap()
    }

    fn request(known: &[&String]) -> LatestRequest {
        let known = known.iter().map(ToString::to_string).collect();
        LatestRequest { latest_event_ids: known, ..LatestRequest::all_of(&domain("b.example"), "r") }
    }

    /// A room with two first events and a message behind both.
    fn room() -> (Documents, Vec<RoomEvent>) {
        let mut documents = Documents::default();
        let a = domain("a.example");
        let first =
            RoomEvent::new(Draft { origin: &a, room: "r", kind: Kind::Genesis, time: 1000, data: json!({}) }, vec![]);
        let second =
            RoomEvent::new(Draft { origin: &a, room: "r", kind: Kind::AddUser, time: 2000, data: json!({}) }, vec![]);
        for event in [&first, &second] {
            assert_eq!(add(&mut documents, &event.to_json()), Ok(Added::Stored));
        }
        let third =
            create(&mut documents, Draft { origin: &a, room: "r", kind: Kind::Message, time: 3000, data: json!({}) });
        (documents, vec![first, second, third])
    }

    #[test]
    fn a_new_event_has_the_newest_ones_as_parents() {
        let (documents, events) = room();
        assert_eq!(events[2].parents, [events[0].id.clone(), events[1].id.clone()]);
        assert_eq!(leaves(&documents, "r"), [events[2].id.clone()]);
        assert_eq!(leaves(&documents, "other"), [""; 0]);
        let stored = documents.get(Collection::Events, &events[0].id).unwrap();
        assert_eq!(stored.get("hasChildren"), None);
    }

    #[test]
    fn a_missing_parent_is_requested_with_the_events_of_the_same_origin() {
        let (mut documents, events) = room();
        let (a, b) = (domain("a.example"), domain("b.example"));
        let later = |origin: &Domain, parents: Vec<String>| {
            RoomEvent::new(Draft { origin, room: "r", kind: Kind::Message, time: 4000, data: json!({"n": 1}) }, parents)
                .to_json()
        };
        let known = events.iter().map(|event| event.id.clone()).collect();
        assert_eq!(add(&mut documents, &later(&a, vec!["x".into()])), Ok(Added::Missing { known }));
        assert_eq!(add(&mut documents, &later(&b, vec!["x".into()])), Ok(Added::Missing { known: vec![] }));
        // The same parent twice is never complete, and an event that is known is accepted again.
        let twice = vec![events[2].id.clone(); 2];
        assert!(matches!(add(&mut documents, &later(&a, twice)), Ok(Added::Missing { .. })));
        assert_eq!(add(&mut documents, &events[1].to_json()), Ok(Added::Known));
        let mut without = later(&a, vec![]);
        without.as_object_mut().unwrap().shift_remove("parentIds");
        assert_eq!(add(&mut documents, &without), Err(NoParents));
    }

    #[test]
    fn a_requested_list_begins_at_an_event_that_the_client_names() {
        let (documents, events) = room();
        let sent = |known: &[&String]| {
            let events = latest(&documents, &request(known))?;
            Some(events.iter().map(|event| event["_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
        };
        let id = |at: usize| events[at].id.clone();
        assert_eq!(sent(&[]), Some(vec![id(0), id(1), id(2)]));
        assert_eq!(sent(&[&id(1)]), Some(vec![id(2)]), "the first one is older than what is known");
        assert_eq!(sent(&[&id(0), &id(1), &id(2)]), Some(vec![]));
        assert_eq!(sent(&[&"unknown".to_owned()]), None);
    }
}
