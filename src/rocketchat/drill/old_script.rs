//! The events of each step for a server of version 1. They are not tied to one another, and each is sent alone.

use serde_json::{Value, json};

use super::cast::{Cast, with_image};
use super::script::Part;
use super::step::Step;
use crate::rocketchat::events::identifier::{self, iso_date};
use crate::rocketchat::events::kind::OldKind;
use crate::rocketchat::events::room_event::OldEvent;

/// Makes the events of a drill.
pub struct OldScript<'a> {
    pub cast: &'a Cast,
    /// Milliseconds since 1970.
    pub time: i64,
}

impl OldScript<'_> {
    /// The events of a step; `None` when it needs none.
    pub fn part(&self, step: Step) -> Option<Part> {
        let Cast { room, other_rooms, user, guest, .. } = self.cast;
        let [private, broadcast] = other_rooms;
        let of_room = |more: Value| with(json!({"federated_room_id": private}), more);
        let events = match step {
            Step::DirectRoom | Step::SameAgain => vec![(OldKind::DirectRoom, self.room(room, "d", false))],
            Step::Message => vec![(OldKind::Message, json!({"message": self.mention("hello")}))],
            Step::Edit => vec![(OldKind::EditMessage, json!({"message": self.edit(), "federated_user_id": user.id}))],
            Step::ReactionOn => vec![(OldKind::SetReaction, self.reaction(true))],
            Step::ReactionOff => vec![(OldKind::UnsetReaction, self.reaction(false))],
            Step::ReadReceipt => {
                vec![(OldKind::Read, json!({"federated_room_id": room, "federated_user_id": user.id}))]
            }
            Step::File => vec![(OldKind::Message, json!({"message": self.file()}))],
            Step::DeleteMessage => {
                vec![(OldKind::DeleteMessage, json!({"federated_message_id": self.cast.message}))]
            }
            Step::PrivateRoom => vec![(OldKind::Room, self.room(private, "p", false))],
            Step::BroadcastRoom => vec![(OldKind::Room, self.room(broadcast, "p", true))],
            Step::Join => vec![(OldKind::UserJoined, of_room(json!({"user": self.guest()})))],
            Step::Mute => vec![(
                OldKind::UserMuted,
                of_room(json!({"federated_user_id": guest.id, "federated_muted_by_user_id": user.id})),
            )],
            Step::Unmute => vec![(
                OldKind::UserUnmuted,
                of_room(json!({"federated_user_id": guest.id, "federated_unmuted_by_user_id": user.id})),
            )],
            Step::Leave => vec![(OldKind::UserLeft, of_room(json!({"federated_user_id": guest.id})))],
            Step::AddAgain => {
                vec![(OldKind::UserAdded, of_room(json!({"federated_inviter_id": user.id, "user": self.guest()})))]
            }
            Step::Remove => vec![(
                OldKind::UserRemoved,
                of_room(json!({"federated_user_id": guest.id, "federated_removed_by_user_id": user.id})),
            )],
            _ => return None,
        };
        let make = |(kind, payload)| OldEvent::new(&self.cast.peer, kind, self.time, payload).to_json();
        Some(Part { step, sent: events.into_iter().map(make).collect(), withheld: Vec::new() })
    }

    fn room(&self, id: &str, kind: &str, is_broadcast: bool) -> Value {
        let Cast { own, peer, user, guest, .. } = self.cast;
        let mut room = json!({
            "_id": id, "t": kind, "ts": self.moment(), "msgs": 0, "usersCount": 2, "_updatedAt": self.moment(),
            "federation": {
                "_id": id, "peer": own, "ownerId": user.id, "peers": [own, peer],
                "users": [{"_id": user.id, "peer": own}, {"_id": guest.id, "peer": peer}],
            },
        });
        match kind {
            // The names in a direct room stand as the sender has them.
            "d" => room["usernames"] = json!([user.username, guest.username]),
            _ => {
                let name = if is_broadcast { "fedctl-drill-broadcast" } else { "fedctl-drill" };
                // A name can be taken only once at the receiver.
                room["name"] = format!("{name}-{id}@{own}").into();
                room["u"] = json!({"_id": user.id, "username": user.username});
                room["sysMes"] = true.into();
            }
        }
        if is_broadcast {
            room["broadcast"] = true.into();
        }
        let owner = user.in_version_1(own);
        json!({"room": room, "owner": owner, "users": [owner, self.guest()]})
    }

    fn guest(&self) -> Value {
        let Cast { peer, guest, .. } = self.cast;
        json!({
            "username": guest.username, "name": guest.name, "type": "user",
            "federation": {"_id": guest.id, "peer": peer}, "statusConnection": "online", "isRemote": true,
            "_id": identifier::stable(&guest.id), "roles": ["user"],
        })
    }

    fn message(&self, id: &str, text: &str) -> Value {
        let Cast { own, room, user, .. } = self.cast;
        json!({
            "ts": self.moment(), "mentions": [], "channels": [], "_id": id, "rid": room, "msg": text,
            "u": {"username": self.cast.full_name(), "federation": {"_id": user.id}}, "_updatedAt": self.moment(),
            "federation": {"_id": id, "peer": own, "roomId": room},
        })
    }

    /// The name of a mention has no domain; its domain is below `federation`.
    fn mention(&self, text: &str) -> Value {
        let Cast { peer, guest, message, .. } = self.cast;
        let mut value = self.message(message, &format!("fedctl drill: {text} @{}", guest.username));
        let bare = guest.username.split('@').next().unwrap_or_default();
        value["mentions"] = json!([{"_id": guest.id, "username": bare, "federation": {"peer": peer}}]);
        value
    }

    fn edit(&self) -> Value {
        let Cast { user, .. } = self.cast;
        let more = json!({"editedAt": self.moment(), "editedBy": {"_id": user.id, "username": user.username}});
        with(self.mention("edited"), more)
    }

    fn file(&self) -> Value {
        with_image(self.message(&self.cast.file_message, ""), self.cast)
    }

    fn reaction(&self, is_set: bool) -> Value {
        let Cast { room, message, user, .. } = self.cast;
        json!({
            "federated_room_id": room, "federated_message_id": message, "federated_user_id": user.id, "reaction": ":+1:",
            "shouldReact": is_set,
        })
    }

    fn moment(&self) -> String {
        iso_date(self.time).unwrap_or_default()
    }
}

fn with(mut value: Value, more: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (value.as_object_mut(), more) {
        members.extend(more);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::super::cast::tests::cast;
    use super::*;
    use crate::rocketchat::events::documents::{Collection, Documents};
    use crate::rocketchat::events::old_receiver::{OldReceiver, OldStep};

    #[test]
    fn a_server_applies_every_event() {
        let cast = cast();
        let own = cast.peer.clone();
        let mut documents = Documents::default();
        let script = OldScript { cast: &cast, time: 1_560_000_000_000 };
        let mut taken = 0;
        for part in Step::all(true).iter().filter_map(|step| script.part(*step)) {
            for sent in &part.sent {
                OldEvent::read(sent).unwrap();
                let event = &sent["event"];
                let mut receiver = OldReceiver { own: &own, documents: &mut documents };
                match receiver.take(event).unwrap_or_else(|why| panic!("{}: {why}", part.step.name())) {
                    OldStep::Done => {}
                    OldStep::Fetch { origin, upload } => {
                        assert_eq!((origin.as_str(), upload), ("d.example", cast.upload.clone()));
                        receiver.finish(event, &json!({}), "copy").unwrap();
                    }
                }
                taken += 1;
            }
        }
        assert_eq!(taken, 17);
        assert!(documents.get(Collection::Messages, &cast.message).is_none(), "it was deleted");
        assert!(documents.get(Collection::Messages, &cast.file_message).is_some());
        let muted = &documents.get(Collection::Rooms, &cast.other_rooms[1]).unwrap()["muted"];
        assert_eq!(muted, &json!(["uBob"]), "only the owner writes in a broadcast room");
    }
}
