//! The events of all rooms as people read them: who did what, when, behind which events, and what was wrong.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::documents::{Collection, Documents};
use super::kind::{Kind, OldKind};
use crate::dns::name::Domain;
use crate::rocketchat::events::resource::full_name;

/// Characters of a message that are shown.
const SHOWN: usize = 2000;

/// One event that was received or sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The identifier of the event.
    pub id: String,
    /// The identifier of the room.
    pub room: String,
    /// The server that sent it to this one; `None` for an event of this server.
    pub sender: Option<String>,
    /// When it came or was made, in milliseconds since 1970.
    pub time: i64,
    pub kind: String,
    /// The user, or the domain when the event names no user.
    pub who: String,
    pub what: String,
    pub parents: Vec<String>,
    /// The time zone of the server that made it, as its identifier shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The domain that was sent the request for the missing events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// What was wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// What other servers should not expect from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Where it was sent, and what came of that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<Sent>,
}

/// An event and one domain that it goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub to: String,
    pub delivery: Delivery,
}

/// How far the delivery of an event is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    Waiting,
    Arrived,
    /// It is not tried again, for this reason.
    GivenUp(String),
}

/// As much of a text as is shown.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

impl Entry {
    /// Of an event of version 2; `own` is this server.
    pub fn of(event: &Value, own: &Domain, sender: Option<&Domain>, time: i64) -> Self {
        let kind = text(event, "/type");
        let origin = text(event, "/origin");
        let data = event.get("data").unwrap_or(&Value::Null);
        let parents = event.get("parentIds").and_then(Value::as_array);
        let parents = parents.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let (who, what) = described(&kind, data);
        let who = match origin.parse::<Domain>() {
            Ok(domain) if !who.is_empty() => full_name(&who, &domain),
            _ => [who, origin, own.to_string()].into_iter().find(|text| !text.is_empty()).unwrap_or_default(),
        };
        let (id, room) = (text(event, "/_id"), text(event, "/context/roomId"));
        let (what, sender) = (shown(&what), sender.map(ToString::to_string));
        Self { id, room, sender, time, kind, who, what, parents, ..Self::default() }
    }

    /// Of an event of version 1, without the object around it.
    pub fn of_old(event: &Value, own: &Domain, sender: Option<&Domain>, time: i64) -> Self {
        let kind = text(event, "/t");
        let payload = event.get("payload").unwrap_or(&Value::Null);
        let (who, what) = described_old(&kind, payload);
        let who = if who.is_empty() { sender.unwrap_or(own).to_string() } else { who };
        let (id, room) = (text(event, "/_id"), old_room(payload));
        let (what, sender) = (shown(&what), sender.map(ToString::to_string));
        Self { id, room, sender, time, kind, who, what, ..Self::default() }
    }

    /// Keeps it; one that is known keeps its place, its deliveries, and where its missing events were requested.
    pub fn keep(mut self, documents: &mut Documents) {
        if let Some(known) = find(documents, &self.id) {
            (self.time, self.sent, self.asked) = (known.time, known.sent, known.asked.or(self.asked));
        }
        let id = self.id.clone();
        if let Ok(value) = serde_json::to_value(self) {
            documents.put(Collection::Timeline, &id, value);
        }
    }
}

/// The entry of an event.
pub fn find(documents: &Documents, id: &str) -> Option<Entry> {
    documents.get(Collection::Timeline, id).and_then(|value| serde_json::from_value(value.clone()).ok())
}

/// Everything that is kept, the oldest first.
pub fn all(documents: &Documents) -> Vec<Entry> {
    documents.all(Collection::Timeline).filter_map(|value| serde_json::from_value(value.clone()).ok()).collect()
}

/// Changes the entry of an event, when there is one.
pub fn change(documents: &mut Documents, id: &str, change: impl FnOnce(&mut Entry)) {
    if let Some(mut entry) = find(documents, id) {
        change(&mut entry);
        if let Ok(value) = serde_json::to_value(entry) {
            documents.put(Collection::Timeline, id, value);
        }
    }
}

/// What a room is called, as its members see it.
pub fn room_name(documents: &Documents, room: &str) -> Option<String> {
    let room = documents.get(Collection::Rooms, room)?;
    let names = room.get("usernames").and_then(Value::as_array);
    let names: Vec<&str> = names.into_iter().flatten().filter_map(Value::as_str).collect();
    let name = room.get("name").and_then(Value::as_str).map(str::to_owned);
    name.or_else(|| (!names.is_empty()).then(|| names.join(", ")))
}

/// The identifier of the room that an event of version 1 is about.
pub fn old_room(payload: &Value) -> String {
    let members = ["/federated_room_id", "/room/federation/_id", "/message/federation/roomId"];
    members.iter().map(|member| text(payload, member)).find(|room| !room.is_empty()).unwrap_or_default()
}

/// The user and the deed of an event of version 2.
fn described(kind: &str, data: &Value) -> (String, String) {
    let user = text(data, "/user/username");
    let author = text(data, "/message/u/username");
    let reaction = || format!("{} on message {}", text(data, "/reaction"), text(data, "/messageId"));
    match Kind::of(kind) {
        None => (String::new(), "an event of an unknown type".into()),
        Some(Kind::Ping) => (String::new(), "ping".into()),
        Some(Kind::Genesis) => (text(data, "/room/u/username"), format!("creates {}", room(data, ""))),
        Some(Kind::AddUser) => (String::new(), format!("adds {user}")),
        Some(Kind::RemoveUser) => (String::new(), format!("removes {user}")),
        Some(Kind::UserLeft) => (user, "leaves".into()),
        Some(Kind::Message) => (author, message(data)),
        Some(Kind::EditMessage) => {
            (String::new(), format!("edits message {}: {}", text(data, "/message/_id"), text(data, "/message/msg")))
        }
        Some(Kind::DeleteMessage) => (String::new(), format!("deletes message {}", text(data, "/messageId"))),
        Some(Kind::SetReaction) => (text(data, "/username"), format!("reacts with {}", reaction())),
        Some(Kind::UnsetReaction) => (text(data, "/username"), format!("removes {}", reaction())),
        Some(Kind::MuteUser) => (String::new(), format!("mutes {user}")),
        Some(Kind::UnmuteUser) => (String::new(), format!("unmutes {user}")),
        Some(Kind::DeleteRoom) => (String::new(), "deletes the room".into()),
    }
}

fn described_old(kind: &str, payload: &Value) -> (String, String) {
    let user = text(payload, "/user/username");
    let id = text(payload, "/federated_user_id");
    let reaction = || format!("{} on message {}", text(payload, "/reaction"), text(payload, "/federated_message_id"));
    match OldKind::of(kind) {
        None => (String::new(), "an event of an unknown type".into()),
        Some(OldKind::Ping) => (String::new(), "ping".into()),
        Some(OldKind::DirectRoom | OldKind::Room) => {
            (text(payload, "/owner/username"), format!("creates {}", room(payload, "/federation")))
        }
        Some(OldKind::UserJoined | OldKind::UserAdded) => (String::new(), format!("adds {user}")),
        Some(OldKind::UserLeft) => (id, "leaves".into()),
        Some(OldKind::UserRemoved) => (String::new(), format!("removes {id}")),
        Some(OldKind::UserMuted) => (String::new(), format!("mutes {id}")),
        Some(OldKind::UserUnmuted) => (String::new(), format!("unmutes {id}")),
        Some(OldKind::Message) => (text(payload, "/message/u/username"), message(payload)),
        Some(OldKind::EditMessage) => (
            text(payload, "/message/u/username"),
            format!("edits message {}: {}", text(payload, "/message/federation/_id"), text(payload, "/message/msg")),
        ),
        Some(OldKind::DeleteMessage) => {
            (String::new(), format!("deletes message {}", text(payload, "/federated_message_id")))
        }
        Some(OldKind::Read) => (id, "has read the room".into()),
        Some(OldKind::SetReaction) => (id, format!("reacts with {}", reaction())),
        Some(OldKind::UnsetReaction) => (id, format!("removes {}", reaction())),
    }
}

fn room(data: &Value, id_in: &str) -> String {
    let is_direct = text(data, "/room/t") == "d";
    let names = data.pointer("/room/usernames").and_then(Value::as_array);
    let names: Vec<&str> = names.into_iter().flatten().filter_map(Value::as_str).collect();
    match is_direct {
        true => format!("the direct chat of {}", names.join(" and ")),
        false => format!("the room {} ({})", text(data, "/room/name"), text(data, &format!("/room{id_in}/_id"))),
    }
}

fn message(data: &Value) -> String {
    let msg = text(data, "/message/msg");
    match data.pointer("/message/file").filter(|file| !file.is_null()) {
        None => msg,
        Some(file) => format!("sends the file {} {msg}", text(file, "/name")).trim_end().to_owned(),
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::rocketchat::events::room_event::tests::{event, json_value};

    fn own() -> Domain {
        "b.example".parse().unwrap()
    }

    proptest! {
        /// Whatever a peer sends has an entry, and an entry that was kept is read again.
        #[test]
        fn every_event_has_an_entry(event in event(), value in json_value(), kind in 0usize..13) {
            let mut odd = event.to_json();
            odd["data"] = value.clone();
            odd["type"] = Kind::ALL[kind].as_str().into();
            for event in [event.to_json(), odd, value.clone()] {
                let entry = Entry::of(&event, &own(), None, 7);
                let _ = Entry::of_old(&event, &own(), Some(&own()), 7);
                let mut documents = Documents::default();
                entry.clone().keep(&mut documents);
                prop_assert_eq!(find(&documents, &entry.id), Some(entry));
            }
        }
    }

    #[test]
    fn an_entry_names_the_user_and_the_deed() {
        let of = |kind: &str, data: Value| {
            let event = json!({"_id": "e", "origin": "a.example", "type": kind, "data": data});
            let entry = Entry::of(&event, &own(), None, 0);
            format!("{} {}", entry.who, entry.what)
        };
        let user = json!({"roomId": "r", "user": {"username": "ann@a.example"}});
        assert_eq!(of("room_user_left", user.clone()), "ann@a.example leaves");
        assert_eq!(of("room_add_user", user), "a.example adds ann@a.example");
        let reaction = json!({"messageId": "m", "username": "ann", "reaction": ":+1:"});
        assert_eq!(of("room_set_message_reaction", reaction), "ann@a.example reacts with :+1: on message m");
        let file = json!({"message": {"msg": "", "u": {"username": "ann@a.example"}, "file": {"name": "a.png"}}});
        assert_eq!(of("room_message", file), "ann@a.example sends the file a.png");
        let old = json!({"t": "msc", "payload": {"message": {"msg": "hi", "u": {"username": "ann@a.example"}, "federation": {"roomId": "r"}}}});
        let entry = Entry::of_old(&old, &own(), None, 0);
        assert_eq!((entry.who.as_str(), entry.what.as_str(), entry.room.as_str()), ("ann@a.example", "hi", "r"));
    }
}
