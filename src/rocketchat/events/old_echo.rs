//! The user `echo` of a sandbox in version 1. It keeps the same rules as in version 2, and sends read receipts, which exist only
//! here.

use serde_json::{Value, json};

use super::documents::{Collection, Documents};
use super::echo::{ECHO, FileAnswer, REACTION, Request, Silence, answer_text, copy_file, is_exhausted, is_person};
use super::kind::OldKind;
use super::resource::{LocalUser, full_name};
use super::room_event::OldEvent;
use super::{identifier, timeline};
use crate::dns::name::Domain;

/// The user `echo` in version 1.
pub struct OldEcho<'a> {
    pub own: &'a Domain,
    pub documents: &'a mut Documents,
    /// Milliseconds since 1970; each event takes one.
    pub now: i64,
}

impl OldEcho<'_> {
    /// Answers an event that was received and applied; what is to be sent is in the outbox afterwards.
    pub fn answer(&mut self, event: &Value) -> Result<(), Silence> {
        let message = event.pointer("/payload/message").ok_or(Silence::Unknown)?;
        match OldKind::of(&text(event, "/t")) {
            Some(OldKind::Message) => self.answer_message(message),
            Some(OldKind::EditMessage) => self.answer_edit(message),
            _ => Ok(()),
        }
    }

    fn user(&self) -> LocalUser {
        LocalUser::of(self.own, ECHO)
    }

    fn has(&self, room: &str, list: &str, user: &str) -> bool {
        let list = self.documents.get(Collection::Rooms, room).and_then(|room| room.get(list)?.as_array());
        list.is_some_and(|list| list.iter().any(|id| id.as_str() == Some(user)))
    }

    fn check(&self, room: &str) -> Result<(), Silence> {
        let id = self.user().id;
        match room {
            room if !self.has(room, "members", &id) => Err(Silence::NotAMember),
            room if self.has(room, "muted", &id) => Err(Silence::Muted),
            room if is_exhausted(self.documents, room, self.now) => Err(Silence::TooMany),
            _ => Ok(()),
        }
    }

    fn answer_message(&mut self, message: &Value) -> Result<(), Silence> {
        let (room, id) = (text(message, "/federation/roomId"), text(message, "/federation/_id"));
        if !is_person(&text(message, "/u/username"), self.own) || message.get("bot").is_some_and(|bot| !bot.is_null()) {
            return Err(Silence::NotAPerson);
        }
        if message.get("t").is_some_and(|kind| !kind.is_null()) {
            return Err(Silence::NotText);
        }
        let user = self.user().id;
        if self.has(&room, "members", &user) {
            let read = json!({"federated_room_id": room, "federated_user_id": user});
            self.send(&room, OldKind::Read, read);
        }
        self.check(&room)?;
        match Request::of(&text(message, "/msg"), self.own) {
            Request::Leave => {
                let left = json!({"federated_room_id": room, "federated_user_id": user});
                self.send(&room, OldKind::UserLeft, left);
                self.set_member(&room, &user, false);
            }
            Request::Invite(name) => {
                let done = self.invite(&room, &name);
                self.post(&room, message, &answer_text(&done), None);
            }
            Request::Text => {
                let data = json!({
                    "federated_room_id": room, "federated_message_id": id, "federated_user_id": user,
                    "reaction": REACTION, "shouldReact": true,
                });
                self.send(&room, OldKind::SetReaction, data);
                let stored = self.documents.get(Collection::Messages, &id).cloned();
                let file = stored.and_then(|stored| copy_file(self.documents, &stored));
                let content = text(message, "/msg");
                let content = if content.is_empty() && file.is_some() { content } else { answer_text(&content) };
                self.post(&room, message, &content, file);
            }
        }
        Ok(())
    }

    /// A message of `echo` as it travels; each server gives it an identifier by itself.
    fn message(&self, room: &str, id: &str, content: &str, to: &Value) -> Value {
        let moment = identifier::iso_date(self.now).unwrap_or_default();
        let list = |name: &str| to.get(name).filter(|list| list.is_array()).cloned().unwrap_or_else(|| json!([]));
        json!({
            "ts": moment, "mentions": list("mentions"), "channels": list("channels"), "_id": id, "rid": room, "msg": content,
            "u": {"username": full_name(ECHO, self.own), "federation": {"_id": self.user().id}}, "_updatedAt": moment,
            "federation": {"_id": id, "peer": self.own, "roomId": room},
        })
    }

    fn post(&mut self, room: &str, to: &Value, content: &str, file: Option<FileAnswer>) {
        let id = identifier::random();
        let mut message = self.message(room, &id, content, to);
        if let Some(mut file) = file {
            // Every receiver of 1.x replaces the identifier in both links, whatever the file is.
            let link = file.attachments[0]["title_link"].clone();
            file.attachments[0]["image_url"] = link;
            message["file"] = file.file;
            message["attachments"] = file.attachments;
        }
        let mut stored = message.clone();
        stored["u"]["username"] = ECHO.into();
        stored["answers"] = to.pointer("/federation/_id").cloned().unwrap_or_default();
        self.documents.put(Collection::Messages, &id, stored);
        self.send(room, OldKind::Message, json!({"message": message}));
    }

    fn answer_edit(&mut self, edit: &Value) -> Result<(), Silence> {
        let id = text(edit, "/federation/_id");
        let edited = self.documents.get(Collection::Messages, &id).ok_or(Silence::Unknown)?;
        let (author, room) = (text(edited, "/u/username"), text(edited, "/federation/roomId"));
        if !is_person(&author, self.own) {
            return Err(Silence::NotAPerson);
        }
        self.check(&room)?;
        let content = answer_text(&text(edit, "/msg"));
        let wanted = Value::from(id.as_str());
        let answer = self.documents.having(Collection::Messages, "/answers", &wanted).next().map(|it| text(it, "/_id"));
        let Some(answer) = answer else {
            self.post(&room, edit, &content, None);
            return Ok(());
        };
        self.documents.set(Collection::Messages, &answer, "msg", content.as_str().into());
        let mut message = self.message(&room, &answer, &content, edit);
        let user = self.user().id;
        message["editedAt"] = message["ts"].clone();
        message["editedBy"] = json!({"_id": user, "username": ECHO});
        self.send(&room, OldKind::EditMessage, json!({"message": message, "federated_user_id": user}));
        Ok(())
    }

    fn set_member(&mut self, room: &str, user: &str, is_in: bool) {
        let members = self.documents.get(Collection::Rooms, room).and_then(|room| room.get("members")?.as_array());
        let mut members = members.cloned().unwrap_or_default();
        members.retain(|id| id.as_str() != Some(user));
        if is_in {
            members.push(user.into());
        }
        self.documents.set(Collection::Rooms, room, "members", members.into());
    }

    /// Adds a user of this server, and describes what came of it.
    fn invite(&mut self, room: &str, name: &str) -> String {
        let document = self.documents.get(Collection::Rooms, room).cloned().unwrap_or_default();
        if text(&document, "/t") == "d" {
            return "a direct chat has no further members".into();
        }
        let user = LocalUser::of(self.own, name);
        if self.documents.get(Collection::Users, &user.id).is_none() {
            return format!("{name} is not a user of {}", self.own);
        }
        if self.has(room, "members", &user.id) {
            return format!("{name} is a member already");
        }
        self.set_member(room, &user.id, true);
        let data = json!({
            "federated_room_id": room, "federated_inviter_id": self.user().id, "user": user.in_version_1(self.own),
        });
        self.send(room, OldKind::UserAdded, data);
        format!("{name} is a member now")
    }

    /// The peers of the room but this one; each gets an event that is its own.
    fn send(&mut self, room: &str, kind: OldKind, payload: Value) {
        let document = self.documents.get(Collection::Rooms, room);
        let peers = document.and_then(|room| room.pointer("/federation/peers")).and_then(Value::as_array);
        let peers = peers.into_iter().flatten().filter_map(|peer| peer.as_str()?.parse::<Domain>().ok());
        let mut peers: Vec<Domain> = peers.filter(|peer| peer != self.own).collect();
        peers.sort();
        peers.dedup();
        let events: Vec<OldEvent> =
            peers.iter().map(|peer| OldEvent::new(peer, kind, self.now, payload.clone())).collect();
        self.now += 1;
        let Some(first) = events.first() else { return };
        let mut entry = timeline::Entry::of_old(&first.to_json()["event"], self.own, None, self.now);
        entry.sent = peers
            .iter()
            .map(|to| timeline::Sent { to: to.to_string(), delivery: timeline::Delivery::Waiting })
            .collect();
        entry.keep(self.documents);
        for event in &events {
            let document = json!({"_id": event.id, "to": event.peer, "id": first.id, "old": event.to_json()});
            self.documents.put(Collection::Outbox, &event.id, document);
        }
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rocketchat::events::old_receiver::{OldReceiver, OldStep};

    const NOW: i64 = 1_560_000_000_000;

    fn own() -> Domain {
        "b.example".parse().unwrap()
    }

    fn take(documents: &mut Documents, kind: OldKind, payload: Value) -> Value {
        let event = OldEvent::new(&own(), kind, NOW, payload).to_json()["event"].clone();
        assert_eq!(OldReceiver { own: &own(), documents }.take(&event), Ok(OldStep::Done), "{event}");
        event
    }

    /// A room of ann@a.example and `echo`.
    fn room(broadcast: bool) -> Documents {
        let mut documents = Documents::default();
        let ann = json!({"_id": "x", "username": "ann@a.example", "name": "Ann", "federation": {"_id": "uAnn", "peer": "a.example"}});
        let user = |name: &str| LocalUser::of(&own(), name);
        for name in [ECHO, "nobody"] {
            documents.put(Collection::Users, &user(name).id, json!({"_id": user(name).id, "username": name}));
        }
        let federation =
            json!({"_id": "r", "peer": "a.example", "ownerId": "uAnn", "peers": ["a.example", "b.example"]});
        let room =
            json!({"_id": "y", "t": "p", "name": "team@a.example", "broadcast": broadcast, "federation": federation});
        let users = json!([ann, user(ECHO).in_version_1(&own())]);
        take(&mut documents, OldKind::Room, json!({"room": room, "owner": ann, "users": users}));
        documents
    }

    fn message(id: &str, msg: &str) -> Value {
        json!({"message": {
            "msg": msg, "mentions": [], "channels": [], "u": {"username": "ann@a.example", "federation": {"_id": "uAnn"}},
            "federation": {"_id": id, "peer": "a.example", "roomId": "r"},
        }})
    }

    fn answer(documents: &mut Documents, event: &Value) -> Result<Vec<String>, Silence> {
        let before = documents.all(Collection::Outbox).count();
        OldEcho { own: &own(), documents, now: NOW + 10 }.answer(event)?;
        Ok(documents.all(Collection::Outbox).skip(before).map(|entry| text(entry, "/old/event/t")).collect())
    }

    #[test]
    fn a_message_is_read_answered_and_left() {
        let mut documents = room(false);
        let event = take(&mut documents, OldKind::Message, message("m1", "hello"));
        assert_eq!(answer(&mut documents, &event).unwrap(), ["msr", "mrs", "msc"]);
        let last = documents.all(Collection::Outbox).next_back().unwrap().clone();
        assert_eq!(last.pointer("/old/event/payload/message/msg"), Some(&json!("echo: hello")));
        let event = OldEvent::read(&last["old"]).unwrap();
        assert_eq!(event.peer, "a.example");
        let mut edit = message("m1", "better");
        edit["federated_user_id"] = "uAnn".into();
        let event = take(&mut documents, OldKind::EditMessage, edit);
        assert_eq!(answer(&mut documents, &event).unwrap(), ["msu"]);
        let event = take(&mut documents, OldKind::Message, message("m2", "invite nobody"));
        assert_eq!(answer(&mut documents, &event).unwrap(), ["msr", "usa", "msc"]);
        let event = take(&mut documents, OldKind::Message, message("m3", "leave"));
        assert_eq!(answer(&mut documents, &event).unwrap(), ["msr", "usl"]);
        let event = take(&mut documents, OldKind::Message, message("m4", "there?"));
        assert_eq!(answer(&mut documents, &event), Err(Silence::NotAMember));
    }

    #[test]
    fn in_a_broadcast_room_echo_only_reads() {
        let mut documents = room(true);
        let event = take(&mut documents, OldKind::Message, message("m1", "hello"));
        assert_eq!(answer(&mut documents, &event), Err(Silence::Muted));
        assert_eq!(documents.all(Collection::Outbox).map(|it| text(it, "/old/event/t")).collect::<Vec<_>>(), ["msr"]);
    }
}
