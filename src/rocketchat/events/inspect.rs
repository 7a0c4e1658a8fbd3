//! What a receiver of events could check and no release does: members and their order, parents, domains, the identifier.

use serde_json::{Value, json};

use super::identifier::{self, Zone};
use super::kind::Kind;
use super::room_event::{NotAnEvent, OldEvent, RoomEvent};
use crate::dns::name::Domain;

/// The members of an event, in the order in which servers write them.
const MEMBERS: [&str; 9] =
    ["origin", "context", "parentIds", "type", "timestamp", "data", "hasChildren", "_id", "_updatedAt"];
/// The same for version 1.
const OLD_MEMBERS: [&str; 8] = ["t", "ts", "fulfilled", "payload", "peer", "options", "_updatedAt", "_id"];
/// How far a time may be ahead, in milliseconds: the clocks of two servers differ.
const AHEAD_MAX: i64 = 60_000;

/// Something about an event that no unchanged server sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Irregularity {
    #[error("{0}")]
    NotAnEvent(#[from] NotAnEvent),
    #[error("the member `{0}` is unknown")]
    UnknownMember(String),
    #[error("the members of {0} are not in the order in which servers write them")]
    Order(&'static str),
    #[error("the origin is `{origin}` and the request came from `{sender}`")]
    Origin { origin: String, sender: String },
    #[error("the identifier is not a SHA-256 hash in hex")]
    NotAHash,
    #[error("the identifier is not the hash of this event in any time zone")]
    Hash,
    #[error("the parent `{0}` is listed twice, so the event can never be complete")]
    ParentTwice(String),
    #[error("the parent `{0}` is unknown")]
    Parent(String),
    #[error("the member `data.{0}` is missing")]
    MissingData(&'static str),
    #[error("the member `payload.{0}` is missing")]
    MissingPayload(&'static str),
    #[error("`data.{member}` is `{found}`, and the room of the event is `{room}`")]
    OtherRoom { member: &'static str, found: String, room: String },
    #[error("the domains of the room do not include `{0}`")]
    Domains(String),
    #[error("`{0}` is not a name with its domain")]
    LocalName(String),
    #[error("the message has no list `{0}`, and every receiver fails without it")]
    NoList(&'static str),
    #[error("the time is {0} s ahead")]
    Ahead(i64),
    #[error("the event is addressed to `{0}`")]
    Addressee(String),
}

/// What an event was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    pub found: Vec<Irregularity>,
    /// The time zone of the server that made it.
    pub zone: Option<Zone<'static>>,
}

/// Checks one event that a server with this domain was sent. `is_known` knows the events that are here, `now` is in milliseconds
/// since 1970.
pub fn inspect(event: &Value, sender: &Domain, own: &Domain, is_known: impl Fn(&str) -> bool, now: i64) -> Inspection {
    let mut found = Vec::new();
    if event.get("type").and_then(Value::as_str) == Some(Kind::Ping.as_str()) {
        return Inspection { found, zone: None };
    }
    if let Some(members) = event.as_object() {
        found.extend(
            members.keys().filter(|name| !MEMBERS.contains(&name.as_str())).cloned().map(Irregularity::UnknownMember),
        );
        if !in_order(members.keys(), &MEMBERS) {
            found.push(Irregularity::Order("the event"));
        }
    }
    let read = match RoomEvent::read(event) {
        Ok(read) => read,
        Err(why) => {
            found.push(why.into());
            return Inspection { found, zone: None };
        }
    };
    // An event that was requested comes from anyone who has it.
    if read.origin != sender.as_str() && read.is_leaf && read.updated.is_none() {
        found.push(Irregularity::Origin { origin: read.origin.clone(), sender: sender.to_string() });
    }
    if now + AHEAD_MAX < read.time {
        found.push(Irregularity::Ahead((read.time - now) / 1000));
    }
    let zone = identifier::zone_of(event);
    match (identifier::is_hash(&read.id), zone) {
        (false, _) => found.push(Irregularity::NotAHash),
        (true, None) => found.push(Irregularity::Hash),
        (true, Some(_)) => {}
    }
    parents(&read, is_known, &mut found);
    data(&read, own, &mut found);
    Inspection { found, zone }
}

/// Checks one event of version 1, without the object around it. Nothing in it can be derived again.
pub fn inspect_old(event: &Value, sender: &Domain, own: &Domain, now: i64) -> Vec<Irregularity> {
    let mut found = Vec::new();
    let members = event.as_object();
    let unknown = |name: &&String| !OLD_MEMBERS.contains(&name.as_str());
    found.extend(
        members
            .into_iter()
            .flat_map(|members| members.keys().filter(unknown))
            .cloned()
            .map(Irregularity::UnknownMember),
    );
    if members.is_some_and(|members| !in_order(members.keys(), &OLD_MEMBERS)) {
        found.push(Irregularity::Order("the event"));
    }
    let read = match OldEvent::read(&json!({"event": event})) {
        Ok(read) => read,
        Err(why) => {
            found.push(why.into());
            return found;
        }
    };
    if read.peer != own.as_str() {
        found.push(Irregularity::Addressee(read.peer.clone()));
    }
    if now + AHEAD_MAX < read.time {
        found.push(Irregularity::Ahead((read.time - now) / 1000));
    }
    let expected = read.kind.members();
    if !in_order(read.payload.keys(), expected) {
        found.push(Irregularity::Order("`payload`"));
    }
    let missing = expected.iter().filter(|member| !read.payload.contains_key(**member));
    found.extend(missing.map(|member| Irregularity::MissingPayload(member)));
    let peer = read.payload.get("message").and_then(|message| message.pointer("/federation/peer"));
    if let Some(origin) = peer.and_then(Value::as_str)
        && origin != sender.as_str()
    {
        found.push(Irregularity::Origin { origin: origin.to_owned(), sender: sender.to_string() });
    }
    found
}

fn in_order<'a>(names: impl Iterator<Item = &'a String>, expected: &[&str]) -> bool {
    let places: Vec<usize> = names.filter_map(|name| expected.iter().position(|known| known == name)).collect();
    places.is_sorted()
}

fn parents(event: &RoomEvent, is_known: impl Fn(&str) -> bool, found: &mut Vec<Irregularity>) {
    for (at, parent) in event.parents.iter().enumerate() {
        if event.parents[..at].contains(parent) {
            found.push(Irregularity::ParentTwice(parent.clone()));
        } else if !is_known(parent) {
            found.push(Irregularity::Parent(parent.clone()));
        }
    }
}

fn data(event: &RoomEvent, own: &Domain, found: &mut Vec<Irregularity>) {
    let members = event.kind.members();
    if !in_order(event.data.keys(), members) {
        found.push(Irregularity::Order("`data`"));
    }
    let required = members.iter().filter(|member| !event.kind.is_optional(member));
    found.extend(
        required.filter(|member| !event.data.contains_key(**member)).map(|member| Irregularity::MissingData(member)),
    );
    let text = |pointer: &str| {
        let mut parts = pointer.split('/').skip(1);
        let first = event.data.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))?.as_str()
    };
    for (member, pointer) in [
        ("roomId", "/roomId"),
        ("room._id", "/room/_id"),
        ("message.rid", "/message/rid"),
        ("subscription.rid", "/subscription/rid"),
    ] {
        if let Some(room) = text(pointer)
            && room != event.room
        {
            found.push(Irregularity::OtherRoom { member, found: room.to_owned(), room: event.room.clone() });
        }
    }
    for pointer in ["/user/username", "/message/u/username", "/subscription/u/username"] {
        if let Some(name) = text(pointer)
            && !name.contains('@')
        {
            found.push(Irregularity::LocalName(name.to_owned()));
        }
    }
    if event.kind == Kind::Message {
        let list =
            |name: &str| event.data.get("message").and_then(|message| message.get(name)).is_some_and(Value::is_array);
        found.extend(["mentions", "channels"].into_iter().filter(|name| !list(name)).map(Irregularity::NoList));
    }
    let domains = match event.kind {
        Kind::Genesis => event.data.get("room").and_then(|room| room.pointer("/federation/domains")),
        Kind::AddUser => event.data.get("domainsAfterAdd"),
        _ => None,
    };
    let domains = domains.and_then(Value::as_array);
    if domains.is_some_and(|domains| !domains.iter().any(|domain| domain.as_str() == Some(own.as_str()))) {
        found.push(Irregularity::Domains(own.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rocketchat::events::Incoming;
    use crate::rocketchat::events::kind::OldKind;
    use crate::rocketchat::events::room_event::Draft;
    use crate::rocketchat::events::room_event::tests::json_value;

    proptest! {
        #[test]
        fn no_json_makes_the_checks_panic(value in json_value(), at in 0usize..9) {
            let domain: Domain = "a.example".parse().unwrap();
            let mut changed = message().to_json();
            changed[MEMBERS[at]] = value.clone();
            for event in [value, changed] {
                let _ = (Incoming::of(event.clone()), Incoming::of(json!({"events": [event]})));
                let _ = (inspect(&event, &domain, &domain, |_| true, 1), inspect_old(&event, &domain, &domain, 1));
            }
        }
    }

    const NOW: i64 = 1_600_000_000_000;

    fn message() -> RoomEvent {
        let message = json!({
            "_id": "m1", "rid": "r", "msg": "hello", "ts": {"$date": NOW}, "u": {"_id": "uA", "username": "ann@a.example"},
            "mentions": [], "channels": [], "federation": {"origin": "a.example"},
        });
        RoomEvent::new(
            Draft {
                origin: &"a.example".parse().unwrap(),
                room: "r",
                kind: Kind::Message,
                time: NOW,
                data: json!({"message": message}),
            },
            vec![],
        )
    }

    fn found(event: &Value, sender: &str) -> Vec<Irregularity> {
        inspect(event, &sender.parse().unwrap(), &"b.example".parse().unwrap(), |_| false, NOW).found
    }

    #[test]
    fn what_a_server_sends_is_regular_and_shows_its_time_zone() {
        let event = message().to_json();
        let all = inspect(&event, &"a.example".parse().unwrap(), &"b.example".parse().unwrap(), |_| false, NOW);
        assert_eq!(all, Inspection { found: vec![], zone: Some(identifier::UTC) });
        assert_eq!(found(&json!({"type": "ping"}), "a.example"), []);
    }

    #[test]
    fn each_irregularity_is_named() {
        use Irregularity as Is;
        let good = message().to_json();
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut event = good.clone();
            change(&mut event);
            found(&event, "a.example")
        };
        assert_eq!(found(&good, "c.example"), [Is::Origin { origin: "a.example".into(), sender: "c.example".into() }]);
        assert_eq!(changed(&|event| event["data"]["message"]["msg"] = "changed".into()), [Is::Hash]);
        assert_eq!(changed(&|event| event["_id"] = "short".into()), [Is::NotAHash]);
        assert_eq!(changed(&|event| event["extra"] = 1.into()), [Is::UnknownMember("extra".into())]);
        let twice = changed(&|event| event["parentIds"] = json!(["x", "x"]));
        assert_eq!(twice, [Is::Hash, Is::Parent("x".into()), Is::ParentTwice("x".into())]);
        let room = Is::OtherRoom { member: "message.rid", found: "q".into(), room: "r".into() };
        assert_eq!(changed(&|event| event["data"]["message"]["rid"] = "q".into()), [Is::Hash, room]);
        let bare = changed(&|event| event["data"]["message"]["u"]["username"] = "ann".into());
        assert_eq!(bare, [Is::Hash, Is::LocalName("ann".into())]);
        let without =
            changed(&|event| drop(event["data"]["message"].as_object_mut().unwrap().shift_remove("mentions")));
        assert_eq!(without, [Is::Hash, Is::NoList("mentions")]);
        let no_type = changed(&|event| drop(event.as_object_mut().unwrap().shift_remove("type")));
        assert_eq!(no_type, [Is::NotAnEvent(NotAnEvent::Missing("type"))]);
        let mut ahead = message();
        ahead.time += 120_000;
        assert_eq!(found(&ahead.to_json(), "a.example"), [Is::Ahead(120), Is::Hash]);
        let domains = json!({"contextType": "room", "room": {"_id": "r", "federation": {"domains": ["a.example"]}}});
        let genesis = RoomEvent::new(
            Draft { origin: &"a.example".parse().unwrap(), room: "r", kind: Kind::Genesis, time: NOW, data: domains },
            vec![],
        );
        assert_eq!(found(&genesis.to_json(), "a.example"), [Is::Domains("b.example".into())]);
        let mut turned = serde_json::Map::new();
        good.as_object()
            .unwrap()
            .iter()
            .rev()
            .for_each(|(name, value)| drop(turned.insert(name.clone(), value.clone())));
        assert_eq!(found(&Value::Object(turned), "a.example"), [Is::Order("the event")]);
    }

    #[test]
    fn events_of_version_1_are_checked_too() {
        use Irregularity as Is;
        let (a, b): (Domain, Domain) = ("a.example".parse().unwrap(), "b.example".parse().unwrap());
        let message = json!({"message": {"msg": "hi", "federation": {"_id": "m", "peer": "a.example", "roomId": "r"}}});
        let good = OldEvent::new(&b, OldKind::Message, NOW, message).to_json()["event"].clone();
        assert_eq!(inspect_old(&good, &a, &b, NOW), []);
        assert_eq!(
            inspect_old(&good, &b, &a, NOW - 120_000),
            [
                Is::Addressee("b.example".into()),
                Is::Ahead(120),
                Is::Origin { origin: "a.example".into(), sender: "b.example".into() }
            ]
        );
        let mut bad = good.clone();
        bad["payload"] = json!({});
        bad["more"] = json!(1);
        assert_eq!(inspect_old(&bad, &a, &b, NOW), [Is::UnknownMember("more".into()), Is::MissingPayload("message")]);
        assert_eq!(inspect_old(&json!(7), &a, &b, NOW), [Is::NotAnEvent(NotAnEvent::Missing("event"))]);
    }
}
