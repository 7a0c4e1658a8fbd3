//! One event as a value: of version 2 with its parents, and of version 1.

use serde_json::{Map, Value, json};

use super::identifier::{self, UTC, iso_date};
use super::kind::{Kind, OldKind};
use crate::dns::name::Domain;

/// An event of a room in version 2. A ping belongs to no room and is not one.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomEvent {
    pub id: String,
    /// The domain of the server that made it, as the event says.
    pub origin: String,
    pub room: String,
    pub parents: Vec<String>,
    pub kind: Kind,
    /// Milliseconds since 1970, at the origin.
    pub time: i64,
    pub data: Map<String, Value>,
    /// It was newest when it was sent. An event that was sent again and has children lacks the member.
    pub is_leaf: bool,
    /// When the origin's database changed it; only in events that were sent again.
    pub updated: Option<i64>,
}

/// What an event of this server is about, before it has parents and an identifier.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    pub origin: &'a Domain,
    pub room: &'a str,
    pub kind: Kind,
    /// In milliseconds since 1970.
    pub time: i64,
    pub data: Value,
}

/// Why a value is not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    #[error("it is not an object")]
    NotAnObject,
    #[error("the member `{0}` is missing")]
    Missing(&'static str),
    #[error("the member `{member}` is not {expected}")]
    Type { member: &'static str, expected: &'static str },
    #[error("`{0}` is not a type of event")]
    Kind(String),
}

impl RoomEvent {
    /// A new event behind its parents, with its identifier derived in UTC.
    pub fn new(draft: Draft, parents: Vec<String>) -> Self {
        let Draft { origin, room, kind, time, data } = draft;
        let data = match data {
            Value::Object(data) => data,
            _ => Map::new(),
        };
        let (origin, room) = (origin.to_string(), room.to_owned());
        let mut event =
            Self { id: String::new(), origin, room, parents, kind, time, data, is_leaf: true, updated: None };
        event.id = identifier::of_event(&event.to_json(), UTC).unwrap_or_else(identifier::random);
        event
    }

    /// Reads an event, members in any order; members that no server writes are ignored.
    pub fn read(value: &Value) -> Result<Self, NotAnEvent> {
        let members = value.as_object().ok_or(NotAnEvent::NotAnObject)?;
        let text = |name: &'static str| match members.get(name) {
            None => Err(NotAnEvent::Missing(name)),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(NotAnEvent::Type { member: name, expected: "a text" }),
        };
        let kind = text("type")?;
        let kind = Kind::of(&kind).ok_or(NotAnEvent::Kind(kind))?;
        let parents = members.get("parentIds").ok_or(NotAnEvent::Missing("parentIds"))?.as_array();
        let parents = parents.and_then(|ids| ids.iter().map(|id| id.as_str().map(str::to_owned)).collect());
        let data = members.get("data").ok_or(NotAnEvent::Missing("data"))?.as_object();
        let room = members.get("context").ok_or(NotAnEvent::Missing("context"))?.get("roomId").and_then(Value::as_str);
        let is_leaf = match members.get("hasChildren") {
            None => false,
            Some(Value::Bool(false)) => true,
            Some(_) => return Err(NotAnEvent::Type { member: "hasChildren", expected: "false" }),
        };
        Ok(Self {
            id: text("_id")?,
            origin: text("origin")?,
            room: room.ok_or(NotAnEvent::Type { member: "context", expected: "`{\"roomId\":…}`" })?.to_owned(),
            parents: parents.ok_or(NotAnEvent::Type { member: "parentIds", expected: "a list of texts" })?,
            kind,
            time: date(members, "timestamp")?.ok_or(NotAnEvent::Missing("timestamp"))?,
            data: data.ok_or(NotAnEvent::Type { member: "data", expected: "an object" })?.clone(),
            is_leaf,
            updated: date(members, "_updatedAt")?,
        })
    }

    /// As servers write it, members in their order.
    pub fn to_json(&self) -> Value {
        let mut event = json!({
            "origin": self.origin,
            "context": {"roomId": self.room},
            "parentIds": self.parents,
            "type": self.kind.as_str(),
            "timestamp": {"$date": self.time},
            "data": self.data,
        });
        if self.is_leaf {
            event["hasChildren"] = false.into();
        }
        event["_id"] = self.id.clone().into();
        if let Some(updated) = self.updated {
            event["_updatedAt"] = json!({"$date": updated});
        }
        event
    }
}

fn date(members: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, NotAnEvent> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let time = value.get("$date").and_then(Value::as_i64);
    time.map(Some).ok_or(NotAnEvent::Type { member: name, expected: "a date" })
}

/// An event of version 1. Each peer is sent its own, and nothing ties one to another.
#[derive(Debug, Clone, PartialEq)]
pub struct OldEvent {
    pub id: String,
    pub kind: OldKind,
    /// The domain that it is addressed to.
    pub peer: String,
    pub payload: Map<String, Value>,
    /// Milliseconds since 1970.
    pub time: i64,
}

impl OldEvent {
    /// A new event for one peer.
    pub fn new(peer: &Domain, kind: OldKind, time: i64, payload: Value) -> Self {
        let payload = match payload {
            Value::Object(payload) => payload,
            _ => Map::new(),
        };
        Self { id: identifier::random(), kind, peer: peer.to_string(), payload, time }
    }

    /// As servers write it, around it the object that is encrypted.
    pub fn to_json(&self) -> Value {
        let time = iso_date(self.time).unwrap_or_default();
        let options = match self.kind {
            OldKind::Ping => json!({"retry": {"total": 1}}),
            _ => json!({}),
        };
        json!({"event": {
            "t": self.kind.as_str(), "ts": time, "fulfilled": false, "payload": self.payload, "peer": self.peer,
            "options": options, "_updatedAt": time, "_id": self.id,
        }})
    }

    /// Reads what was encrypted. A receiver looks at `t` and `payload` alone; the others are required here.
    pub fn read(value: &Value) -> Result<Self, NotAnEvent> {
        let members = value.get("event").and_then(Value::as_object).ok_or(NotAnEvent::Missing("event"))?;
        let text = |name: &'static str| match members.get(name) {
            None => Err(NotAnEvent::Missing(name)),
            Some(Value::String(text)) => Ok(text.as_str()),
            Some(_) => Err(NotAnEvent::Type { member: name, expected: "a text" }),
        };
        let kind = text("t")?;
        let payload = members.get("payload").ok_or(NotAnEvent::Missing("payload"))?.as_object();
        let time = text("ts")?.parse::<jiff::Timestamp>();
        Ok(Self {
            id: text("_id")?.to_owned(),
            kind: OldKind::of(kind).ok_or_else(|| NotAnEvent::Kind(kind.to_owned()))?,
            peer: text("peer")?.to_owned(),
            payload: payload.ok_or(NotAnEvent::Type { member: "payload", expected: "an object" })?.clone(),
            time: time.map_err(|_| NotAnEvent::Type { member: "ts", expected: "a date" })?.as_millisecond(),
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            any::<i32>().prop_map(|time| json!({"$date": time})),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((".{0,8}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    prop_compose! {
        /// An event as any server could make it.
        pub fn event()(
            origin in "[a-z]{1,8}\\.example", room in "[A-Za-z0-9]{1,20}", kind in 1usize..13, time in 0i64..4_000_000_000_000,
            parents in proptest::collection::vec("[0-9a-f]{64}", 0..4), is_leaf: bool, again: bool, value in json_value(),
        ) -> RoomEvent {
            let kind = Kind::ALL[kind];
            let data: Map<String, Value> =
                kind.members().iter().map(|member| ((*member).to_owned(), value.clone())).collect();
            let mut event =
                RoomEvent::new(Draft { origin: &origin.parse().unwrap(), room: &room, kind, time, data: Value::Object(data) }, parents);
            event.is_leaf = is_leaf;
            event.updated = again.then_some(time + 1);
            event
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(event in event()) {
            let text = event.to_json().to_string();
            prop_assert_eq!(RoomEvent::read(&serde_json::from_str(&text).unwrap()).unwrap().to_json().to_string(), text);
            prop_assert!(identifier::is_hash(&event.id));
            prop_assert_eq!(identifier::zone_of(&event.to_json()), Some(UTC));
        }

        #[test]
        fn what_is_written_in_version_1_is_read_again(kind in 0usize..15, time in 0i64..4_000_000_000_000, value in json_value()) {
            let kind = OldKind::ALL[kind];
            let payload: Map<String, Value> =
                kind.members().iter().map(|member| ((*member).to_owned(), value.clone())).collect();
            let event = OldEvent::new(&"b.example".parse().unwrap(), kind, time, Value::Object(payload));
            prop_assert_eq!(OldEvent::read(&serde_json::from_str(&event.to_json().to_string()).unwrap()), Ok(event));
        }

        #[test]
        fn no_json_makes_it_panic(value in json_value(), at in 0usize..9, with in json_value()) {
            let _ = (RoomEvent::read(&value), OldEvent::read(&value), identifier::zone_of(&value));
            let _ = OldEvent::read(&json!({"event": value}));
            // A good event with one member replaced or taken out is read, or the member is named.
            let names = ["origin", "context", "parentIds", "type", "timestamp", "data", "hasChildren", "_id", "_updatedAt"];
            let good = RoomEvent::new(Draft { origin: &"a.example".parse().unwrap(), room: "r", kind: Kind::Message, time: 1, data: json!({"message": {}}) }, vec![]);
            let mut changed = good.to_json();
            changed[names[at]] = with;
            let _ = (RoomEvent::read(&changed), identifier::of_event(&changed, UTC));
            let mut cut = good.to_json();
            cut.as_object_mut().unwrap().shift_remove(names[at]);
            let optional = matches!(names[at], "hasChildren" | "_updatedAt");
            match RoomEvent::read(&cut) {
                Err(NotAnEvent::Missing(member)) => prop_assert_eq!(member, names[at]),
                other => prop_assert!(optional && other.is_ok(), "{:?}", other),
            }
        }
    }

    #[test]
    fn an_event_of_version_1_is_written_in_the_recorded_order() {
        let peer = "b.example".parse().unwrap();
        let event =
            OldEvent::new(&peer, OldKind::DeleteMessage, 1_560_000_000_000, json!({"federated_message_id": "m1"}));
        let text = event.to_json().to_string();
        let id = &event.id;
        assert_eq!(
            text,
            format!(
                r#"{{"event":{{"t":"msd","ts":"2019-06-08T13:20:00.000Z","fulfilled":false,"payload":{{"federated_message_id":"m1"}},"peer":"b.example","options":{{}},"_updatedAt":"2019-06-08T13:20:00.000Z","_id":"{id}"}}}}"#
            )
        );
        assert_eq!(OldEvent::read(&serde_json::from_str(&text).unwrap()), Ok(event));
    }

    #[test]
    fn an_event_has_its_members_in_the_recorded_order() {
        let origin = "a.example".parse().unwrap();
        let event = RoomEvent::new(
            Draft {
                origin: &origin,
                room: "rP",
                kind: Kind::DeleteRoom,
                time: 1_600_000_000_000,
                data: json!({"roomId": "rP"}),
            },
            vec![],
        );
        let members: Vec<String> = event.to_json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["origin", "context", "parentIds", "type", "timestamp", "data", "hasChildren", "_id"]);
    }
}
