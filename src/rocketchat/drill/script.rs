//! The events of each step for a server of version 2.
//!
//! The drill keeps the events that it makes, as servers do: each one names the newest events of the room as its parents. An
//! event with a wrong parent is no error at the receiver, which asks its origin for the missing one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cast::{Cast, with_image};
use super::step::Step;
use crate::rocketchat::events::documents::{Collection, Documents};
use crate::rocketchat::events::kind::Kind;
use crate::rocketchat::events::resource::full_name;
use crate::rocketchat::events::room_event::{Draft, RoomEvent};
use crate::rocketchat::events::{chain, identifier};
use crate::rocketchat::release::Release;

/// The reaction of the drill.
const REACTION: &str = ":+1:";

/// What is sent for one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub step: Step,
    pub sent: Vec<Value>,
    /// Events that were made before those and not sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<Value>,
}

/// Makes the events of a drill, and keeps them.
pub struct Script<'a> {
    pub cast: &'a Cast,
    pub documents: &'a mut Documents,
    /// The release whose form the documents have.
    pub release: Release,
    /// Milliseconds since 1970.
    pub time: i64,
}

impl Script<'_> {
    /// The events of a step; `None` when it needs none.
    pub fn part(&mut self, step: Step) -> Option<Part> {
        let mut withheld = Vec::new();
        let sent = match step {
            Step::DirectRoom => self.direct_room(),
            Step::SameAgain => self.first_events(),
            Step::Message => vec![self.create(Kind::Message, json!({"message": self.mention()}))],
            Step::ReactionOn => vec![self.create(Kind::SetReaction, self.reaction())],
            Step::ReactionOff => vec![self.create(Kind::UnsetReaction, self.reaction())],
            Step::Edit => vec![self.create(Kind::EditMessage, json!({"message": self.edit()}))],
            Step::File => vec![self.create(Kind::Message, json!({"message": self.file()}))],
            Step::Recovery => {
                let [lost, late] = &self.cast.lost;
                withheld
                    .push(self.create(Kind::Message, json!({"message": self.message(lost, "fedctl drill: withheld")})));
                vec![self.create(Kind::Message, json!({"message": self.message(late, "fedctl drill: after it")}))]
            }
            Step::Mute => vec![self.create(Kind::MuteUser, self.member())],
            Step::Unmute => vec![self.create(Kind::UnmuteUser, self.member())],
            Step::DeleteMessage => {
                let data = json!({"roomId": self.cast.room, "messageId": self.cast.message});
                vec![self.create(Kind::DeleteMessage, data)]
            }
            Step::Remove => {
                let mut data = self.member();
                data["domainsAfterRemoval"] = json!([self.cast.own]);
                vec![self.create(Kind::RemoveUser, data)]
            }
            Step::Leave => {
                let user = self.cast.user.in_event(&self.cast.own, self.release);
                let data = json!({"roomId": self.cast.room, "user": user, "domainsAfterLeave": [self.cast.own]});
                vec![self.create(Kind::UserLeft, data)]
            }
            Step::DeleteRoom => vec![self.create(Kind::DeleteRoom, json!({"roomId": self.cast.room}))],
            _ => return None,
        };
        Some(Part { step, sent, withheld })
    }

    /// An event that no receiver can store, because nobody has one of its parents: the receiver asks for it and names the events
    /// that it has stored.
    pub fn question(&mut self) -> Value {
        let mut parents = chain::leaves(self.documents, &self.cast.room);
        parents.push(identifier::hash(&identifier::random()));
        let data = json!({"message": self.message(&identifier::random(), "fedctl drill: never stored")});
        let Cast { own, room, .. } = self.cast;
        let draft = Draft { origin: own, room, kind: Kind::Message, time: self.time, data };
        RoomEvent::new(draft, parents).to_json()
    }

    fn create(&mut self, kind: Kind, data: Value) -> Value {
        let draft = Draft { origin: &self.cast.own, room: &self.cast.room, kind, time: self.time, data };
        chain::create(self.documents, draft).to_json()
    }

    /// The three first events, none of which has parents.
    fn direct_room(&mut self) -> Vec<Value> {
        let Cast { own, room, user, guest, subscriptions, .. } = self.cast;
        let release = self.release;
        let (ours, theirs) = (user.in_event(own, release), guest.in_event(own, self.time));
        let [of_user, of_guest] = subscriptions;
        let events = [
            (Kind::Genesis, json!({"contextType": "room", "room": self.room()})),
            (
                Kind::AddUser,
                json!({
                    "roomId": room, "user": ours, "subscription": self.subscription(of_user, (&user.id, &self.cast.full_name()), &guest.username),
                }),
            ),
            (
                Kind::AddUser,
                json!({
                    "roomId": room, "user": theirs, "subscription": self.subscription(of_guest, (&guest.id, &guest.username), &self.cast.full_name()),
                }),
            ),
        ];
        let draft = |(kind, data)| Draft { origin: own, room, kind, time: self.time, data };
        let events: Vec<RoomEvent> = events.into_iter().map(|event| RoomEvent::new(draft(event), Vec::new())).collect();
        events.iter().for_each(|event| self.documents.put(Collection::Events, &event.id, event.to_json()));
        events.iter().map(RoomEvent::to_json).collect()
    }

    /// The first events as they were sent.
    fn first_events(&self) -> Vec<Value> {
        let context = json!({"roomId": self.cast.room});
        let of_room = self.documents.having(Collection::Events, "/context", &context);
        of_room.filter(|event| event["parentIds"] == json!([])).cloned().collect()
    }

    fn room(&self) -> Value {
        let Cast { own, peer, room, user, guest, .. } = self.cast;
        json!({
            "_id": room, "t": "d", "usernames": [self.cast.full_name(), guest.username], "usersCount": 2, "msgs": 0,
            "ts": self.moment(), "uids": [user.id, guest.id], "_updatedAt": self.moment(),
            "federation": {"origin": own, "domains": [own, peer]},
        })
    }

    /// A membership; its name is the other member.
    fn subscription(&self, id: &str, (user, username): (&str, &str), other: &str) -> Value {
        json!({
            "_id": id, "rid": self.cast.room, "t": "d", "name": other, "fname": other, "open": true, "alert": false, "unread": 0,
            "userMentions": 0, "groupMentions": 0, "ts": self.moment(), "u": {"_id": user, "username": username},
            "ls": self.moment(), "_updatedAt": self.moment(), "federation": {"origin": self.cast.own},
        })
    }

    fn message(&self, id: &str, text: &str) -> Value {
        let Cast { own, room, user, .. } = self.cast;
        json!({
            "_id": id, "rid": room, "msg": text, "ts": self.moment(),
            "u": {"_id": user.id, "username": self.cast.full_name(), "name": user.name}, "mentions": [], "channels": [],
            "_updatedAt": self.moment(), "federation": {"origin": own},
        })
    }

    fn mention(&self) -> Value {
        let guest = &self.cast.guest;
        let name = full_name(&guest.username, &self.cast.peer);
        let mut message = self.message(&self.cast.message, &format!("fedctl drill: hello @{name}"));
        message["mentions"] = json!([{"_id": guest.id, "username": name}]);
        message
    }

    fn edit(&self) -> Value {
        let Cast { own, message, .. } = self.cast;
        json!({"_id": message, "msg": "fedctl drill: edited", "federation": {"origin": own}})
    }

    fn file(&self) -> Value {
        with_image(self.message(&self.cast.file_message, ""), self.cast)
    }

    /// Servers send the bare name of the user who reacts.
    fn reaction(&self) -> Value {
        let Cast { room, message, user, .. } = self.cast;
        json!({"roomId": room, "messageId": message, "username": user.username, "reaction": REACTION})
    }

    fn member(&self) -> Value {
        json!({"roomId": self.cast.room, "user": self.cast.guest.in_event(&self.cast.own, self.time)})
    }

    fn moment(&self) -> Value {
        json!({"$date": self.time})
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::cast::tests::cast;
    use super::*;
    use crate::rocketchat::boundary;
    use crate::rocketchat::events::inspect::inspect;

    /// All parts of a drill, in order.
    pub fn parts(cast: &Cast) -> Vec<Part> {
        let mut documents = Documents::default();
        let steps = Step::all(false).iter().enumerate();
        let make = |(at, step): (usize, &Step)| {
            let time = 1_600_000_000_000 + i64::try_from(at).unwrap() * 1000;
            Script { cast, documents: &mut documents, release: boundary::LAST_SENDER, time }.part(*step)
        };
        steps.filter_map(make).collect()
    }

    #[test]
    fn a_server_finds_nothing_unusual_in_the_events() {
        let cast = cast();
        let (mut documents, now) = (Documents::default(), 1_600_000_100_000);
        for part in parts(&cast) {
            for event in part.withheld.iter().chain(&part.sent) {
                let inspection =
                    inspect(event, &cast.own, &cast.peer, |id| documents.get(Collection::Events, id).is_some(), now);
                assert_eq!(inspection.found, [], "{}: {event}", part.step.name());
                chain::add(&mut documents, event).unwrap();
            }
        }
    }

    #[test]
    fn a_drill_deletes_nothing_but_its_own() {
        let cast = cast();
        for event in parts(&cast).iter().flat_map(|part| &part.sent) {
            assert_eq!((&event["context"]["roomId"], &event["origin"]), (&json!(cast.room), &json!("d.example")));
            match Kind::of(event["type"].as_str().unwrap()).unwrap() {
                Kind::DeleteRoom => assert_eq!(event["data"]["roomId"], json!(cast.room)),
                Kind::DeleteMessage => assert_eq!(event["data"]["messageId"], json!(cast.message)),
                _ => assert!(event["hasChildren"] == json!(false)),
            }
        }
    }

    #[test]
    fn the_question_names_a_parent_that_nobody_has() {
        let cast = cast();
        let mut documents = Documents::default();
        let mut script =
            Script { cast: &cast, documents: &mut documents, release: boundary::LAST_SENDER, time: 1_600_000_000_000 };
        script.part(Step::DirectRoom).unwrap();
        let question = script.question();
        assert_eq!(question["parentIds"].as_array().unwrap().len(), 4);
        assert!(
            matches!(chain::add(&mut documents, &question), Ok(chain::Added::Missing { known }) if known.len() == 3)
        );
        assert_eq!(chain::leaves(&documents, &cast.room).len(), 3, "the drill does not keep it");
    }
}
