//! How 1.0.0 to 1.3.5 apply the events that they receive.
//!
//! Every server gives documents its own identifiers and finds them by `federation._id`, which is the key of the documents
//! here too. Whatever goes wrong in a handler is answered with the same text, because the line that reports it fails itself.

use serde_json::{Value, json};

use super::documents::{Collection, Documents};
use super::identifier;
use super::kind::OldKind;
use super::resource::{full_name, local_name};
use crate::dns::name::Domain;

/// What is to be done for an event of version 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OldStep {
    Done,
    /// The message has a file: fetch it, then [`OldReceiver::finish`].
    Fetch {
        origin: String,
        upload: String,
    },
}

/// The reason that a server prints to its console; the answer never holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OldError {
    #[error("the event has no type that this release knows")]
    Type,
    #[error("the event has no payload")]
    Payload,
    #[error("the room is unknown")]
    Room,
    #[error("the user is unknown")]
    User,
    #[error("the inviting user is unknown")]
    Inviter,
    #[error("the message is unknown")]
    Message,
    #[error("a member that is needed is missing")]
    Member,
    #[error("the name of the room holds a character that is not allowed")]
    RoomName,
    #[error("the name is taken")]
    Taken,
    #[error("an attachment has no `title_link` or no `image_url`")]
    Attachment,
}

/// The only answer of the handlers to any failure.
pub const MASKED: &str = "Federation.peerServer.error is not a function";

/// A server that receives.
pub struct OldReceiver<'a> {
    pub own: &'a Domain,
    pub documents: &'a mut Documents,
}

impl OldReceiver<'_> {
    /// Takes one event.
    pub fn take(&mut self, event: &Value) -> Result<OldStep, OldError> {
        let kind = event.get("t").and_then(Value::as_str).and_then(OldKind::of).ok_or(OldError::Type)?;
        if kind == OldKind::Ping {
            return Ok(OldStep::Done);
        }
        let payload = event.get("payload").filter(|payload| payload.is_object()).ok_or(OldError::Payload)?;
        match kind {
            OldKind::Ping => {}
            OldKind::DirectRoom | OldKind::Room => self.room(payload, kind == OldKind::Room)?,
            OldKind::UserJoined | OldKind::UserAdded => self.join(payload, kind == OldKind::UserAdded)?,
            OldKind::UserLeft | OldKind::UserRemoved => self.leave(payload, kind == OldKind::UserRemoved)?,
            OldKind::UserMuted | OldKind::UserUnmuted => self.mute(payload, kind == OldKind::UserMuted)?,
            OldKind::Message => return self.message(payload),
            OldKind::EditMessage => self.edit(payload)?,
            OldKind::DeleteMessage => {
                let id = self.known(Collection::Messages, payload, "/federated_message_id", OldError::Message)?;
                self.documents.remove(Collection::Messages, &id);
            }
            OldKind::Read => {
                self.known(Collection::Rooms, payload, "/federated_room_id", OldError::Room)?;
                self.known(Collection::Users, payload, "/federated_user_id", OldError::User)?;
            }
            OldKind::SetReaction | OldKind::UnsetReaction => self.react(payload)?,
        }
        Ok(OldStep::Done)
    }

    /// The identifier in a member, when the document exists.
    fn known(&self, of: Collection, payload: &Value, pointer: &str, or: OldError) -> Result<String, OldError> {
        let id = text(payload, pointer);
        self.documents.get(of, &id).map(|_| id).ok_or(or)
    }

    /// Names are unique.
    fn free(&self, of: Collection, pointer: &str, name: &Value) -> Result<(), OldError> {
        self.documents.having(of, pointer, name).next().map_or(Ok(()), |_| Err(OldError::Taken))
    }

    /// Creates a user that is unknown. Its name is needed, because it is cut apart.
    fn meet(&mut self, user: &Value) -> Result<String, OldError> {
        let id = text(user, "/federation/_id");
        if id.is_empty()
            || !user.get("username").is_some_and(Value::is_string)
            || !user.get("name").is_some_and(Value::is_string)
        {
            return Err(OldError::Member);
        }
        if self.documents.get(Collection::Users, &id).is_none() {
            let mut stored = user.clone();
            stored["username"] = local_name(&text(user, "/username"), self.own).into();
            self.free(Collection::Users, "/username", &stored["username"])?;
            self.documents.put(Collection::Users, &id, stored);
        }
        Ok(id)
    }

    fn room(&mut self, payload: &Value, is_named: bool) -> Result<(), OldError> {
        let room = payload.get("room").ok_or(OldError::Member)?;
        let owner = payload.get("owner").ok_or(OldError::Member)?;
        let users = payload.get("users").and_then(Value::as_array).ok_or(OldError::Member)?;
        let id = text(room, "/federation/_id");
        if id.is_empty() {
            return Err(OldError::Member);
        }
        let owner = self.meet(owner)?;
        let members = users.iter().map(|user| self.meet(user)).collect::<Result<Vec<String>, _>>()?;
        if self.documents.get(Collection::Rooms, &id).is_some() {
            return Ok(());
        }
        let name = text(room, "/name");
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        if is_named && (name.is_empty() || !name.chars().all(allowed)) {
            return Err(OldError::RoomName);
        }
        let mut stored = room.clone();
        stored["_id"] = identifier::random().into();
        stored["members"] = json!(members);
        if is_named {
            stored["t"] = "p".into();
            stored["name"] = local_name(&name, self.own).into();
            self.free(Collection::Rooms, "/name", &stored["name"])?;
        }
        if stored.get("broadcast") == Some(&Value::Bool(true)) {
            stored["muted"] = members.iter().filter(|member| **member != owner).cloned().collect::<Vec<_>>().into();
        }
        self.documents.put(Collection::Rooms, &id, stored);
        Ok(())
    }

    fn list(&mut self, room: &str, member: &str, user: &str, is_in: bool) {
        let known =
            self.documents.get(Collection::Rooms, room).and_then(|room| room.get(member)).and_then(Value::as_array);
        let mut list = known.cloned().unwrap_or_default();
        list.retain(|other| other.as_str() != Some(user));
        if is_in {
            list.push(user.into());
        }
        self.documents.set(Collection::Rooms, room, member, list.into());
    }

    /// The peers of a room are those of its members; they get what is written in it.
    fn refresh_peers(&mut self, room: &str) {
        let Some(known) = self.documents.get(Collection::Rooms, room) else { return };
        let mut federation = known.get("federation").cloned().unwrap_or_default();
        let members = known.get("members").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let peer_of = |id: &str| {
            let user = self.documents.get(Collection::Users, id)?;
            let peer = user.pointer("/federation/peer").and_then(Value::as_str);
            Some(peer.unwrap_or(self.own.as_str()).to_owned())
        };
        let mut peers: Vec<String> = members.filter_map(peer_of).collect();
        peers.sort_unstable();
        peers.dedup();
        if federation.is_object() {
            federation["peers"] = json!(peers);
            self.documents.set(Collection::Rooms, room, "federation", federation);
        }
    }

    fn join(&mut self, payload: &Value, is_invited: bool) -> Result<(), OldError> {
        let room = self.known(Collection::Rooms, payload, "/federated_room_id", OldError::Room)?;
        if is_invited {
            self.known(Collection::Users, payload, "/federated_inviter_id", OldError::Inviter)?;
        }
        let user = self.meet(payload.get("user").ok_or(OldError::Member)?)?;
        self.list(&room, "members", &user, true);
        self.refresh_peers(&room);
        Ok(())
    }

    fn leave(&mut self, payload: &Value, is_removal: bool) -> Result<(), OldError> {
        let room = self.known(Collection::Rooms, payload, "/federated_room_id", OldError::Room)?;
        let user = self.known(Collection::Users, payload, "/federated_user_id", OldError::User)?;
        if is_removal {
            self.known(Collection::Users, payload, "/federated_removed_by_user_id", OldError::User)?;
        }
        self.list(&room, "members", &user, false);
        self.refresh_peers(&room);
        Ok(())
    }

    fn mute(&mut self, payload: &Value, is_muting: bool) -> Result<(), OldError> {
        let room = self.known(Collection::Rooms, payload, "/federated_room_id", OldError::Room)?;
        let user = self.known(Collection::Users, payload, "/federated_user_id", OldError::User)?;
        self.list(&room, "muted", &user, is_muting);
        Ok(())
    }

    fn message(&mut self, payload: &Value) -> Result<OldStep, OldError> {
        let message = payload.get("message").ok_or(OldError::Member)?;
        let id = text(message, "/federation/_id");
        if id.is_empty() {
            return Err(OldError::Member);
        }
        self.known(Collection::Rooms, message, "/federation/roomId", OldError::Room)?;
        self.known(Collection::Users, message, "/u/federation/_id", OldError::User)?;
        if self.documents.get(Collection::Messages, &id).is_some() {
            return Ok(OldStep::Done);
        }
        let local = self.local(message)?;
        if let Some(file) = message.get("file").filter(|file| !file.is_null()) {
            return Ok(OldStep::Fetch { origin: text(message, "/federation/peer"), upload: text(file, "/_id") });
        }
        self.documents.put(Collection::Messages, &id, local);
        Ok(OldStep::Done)
    }

    /// The sender leaves the text as it was written, so the receiver puts the domain where it belongs.
    fn local(&self, message: &Value) -> Result<Value, OldError> {
        let mut local = message.clone();
        let author = local.get_mut("u").and_then(Value::as_object_mut).ok_or(OldError::Member)?;
        author.insert("username".into(), local_name(&text(message, "/u/username"), self.own).into());
        let mentions = message.get("mentions").and_then(Value::as_array).ok_or(OldError::Member)?;
        let mut msg = text(message, "/msg");
        for mention in mentions {
            let (name, peer) = (text(mention, "/username"), text(mention, "/federation/peer"));
            match peer.parse::<Domain>() {
                Ok(peer) if peer == *self.own => msg = msg.replace(&full_name(&name, &peer), &name),
                Ok(peer) if !msg.contains(&full_name(&name, &peer)) => {
                    msg = msg.replace(&name, &full_name(&name, &peer))
                }
                _ => {}
            }
        }
        local["msg"] = msg.into();
        Ok(local)
    }

    /// Stores a message with its file, under a new identifier.
    pub fn finish(&mut self, event: &Value, upload: &Value, id: &str) -> Result<(), OldError> {
        let message = event.pointer("/payload/message").ok_or(OldError::Member)?;
        let mut local = self.local(message)?;
        let old = text(message, "/file/_id");
        let attachments = local.get_mut("attachments").and_then(Value::as_array_mut).ok_or(OldError::Attachment)?;
        for attachment in attachments {
            for member in ["title_link", "image_url"] {
                let link = attachment.get(member).and_then(Value::as_str).ok_or(OldError::Attachment)?;
                attachment[member] = link.replace(&old, id).into();
            }
        }
        if let Some(file) = local.get_mut("file").and_then(Value::as_object_mut) {
            file.insert("_id".into(), id.into());
        }
        let mut stored = upload.clone();
        if let Some(members) = stored.as_object_mut() {
            members.insert("_id".into(), id.into());
            members.insert("federation".into(), json!({"_id": old, "peer": text(message, "/federation/peer")}));
        }
        self.documents.put(Collection::Uploads, id, stored);
        self.documents.put(Collection::Messages, &text(message, "/federation/_id"), local);
        Ok(())
    }

    fn edit(&mut self, payload: &Value) -> Result<(), OldError> {
        let message = payload.get("message").ok_or(OldError::Member)?;
        let id = self.known(Collection::Messages, message, "/federation/_id", OldError::Message)?;
        self.known(Collection::Users, payload, "/federated_user_id", OldError::User)?;
        let local = self.local(message)?;
        self.documents.set(Collection::Messages, &id, "msg", local["msg"].clone());
        self.documents.set(Collection::Messages, &id, "editedAt", message.get("editedAt").cloned().unwrap_or_default());
        Ok(())
    }

    fn react(&mut self, payload: &Value) -> Result<(), OldError> {
        self.known(Collection::Rooms, payload, "/federated_room_id", OldError::Room)?;
        let message = self.known(Collection::Messages, payload, "/federated_message_id", OldError::Message)?;
        let user = self.known(Collection::Users, payload, "/federated_user_id", OldError::User)?;
        let reaction = text(payload, "/reaction");
        let is_set = payload.get("shouldReact").and_then(Value::as_bool).unwrap_or(false);
        let known = self.documents.get(Collection::Messages, &message).and_then(|message| message.get("reactions"));
        let mut reactions = known.cloned().unwrap_or_else(|| json!({}));
        let names = reactions.get(&reaction).and_then(|reaction| reaction.get("usernames")).and_then(Value::as_array);
        let mut names = names.cloned().unwrap_or_default();
        names.retain(|name| name.as_str() != Some(&user));
        if is_set {
            names.push(user.into());
        }
        if let Some(members) = reactions.as_object_mut() {
            match names.is_empty() {
                true => drop(members.shift_remove(&reaction)),
                false => drop(members.insert(reaction, json!({"usernames": names}))),
            }
        }
        self.documents.set(Collection::Messages, &message, "reactions", reactions);
        Ok(())
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
