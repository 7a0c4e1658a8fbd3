//! How each release of version 2 applies the events that it receives, and the errors that it answers.
//!
//! Servers check very little: an event is stored when its parents are there, and its effect is applied afterwards. What is
//! missing from an event shows as a `TypeError` of JavaScript, and its text is the answer from 4.2.0 on.

use serde_json::{Value, json};

use super::chain::{self, Added};
use super::documents::{Collection, Documents};
use super::kind::Kind;
use super::resource::{local_message, local_name, local_room, local_subscription, local_user};
use super::thrown::{LOOPS, ServerError, cannot_read};
use crate::dns::name::Domain;
use crate::rocketchat::boundary;
use crate::rocketchat::release::Release;

/// An unknown type has no handler; before, such an event was passed over.
const HANDLERS: Release = boundary::STRICT_EVENTS;
/// A handler without a result is noticed later, in the request for what is missing.
const ASKS_WITHOUT_RESULT: Release = boundary::USER_LEFT;
/// The handler for added users is registered under another name in 3.0.0 to 3.0.9.
const ADD_USER: Release = boundary::ADD_USER_FIXED;
/// What is known already is left as it is.
const KEEPS_KNOWN: Release = boundary::KEEPS_KNOWN;
/// Attachments are changed by the type of the file; before, every file was treated as an image.
const FILES_BY_TYPE: Release = boundary::ANY_FILE;

/// A unique index of the database.
struct Unique {
    collection: Collection,
    pointer: &'static str,
    /// The collection, the index and the field as the database names them.
    names: [&'static str; 3],
}

/// The indexes that events of others can collide with. The event is stored before, so that a repetition fails again.
const UNIQUE: [Unique; 3] = [
    Unique { collection: Collection::Users, pointer: "/username", names: ["users", "username_1", "username"] },
    Unique {
        collection: Collection::Users,
        pointer: "/emails/0/address",
        names: ["users", "emails.address_1", "emails.address"],
    },
    Unique { collection: Collection::Rooms, pointer: "/name", names: ["rocketchat_room", "name_1", "name"] },
];

impl Unique {
    /// The error of the database, which is the answer of the server.
    fn duplicate(&self, value: &Value) -> ServerError {
        let [collection, index, field] = self.names;
        ServerError(format!(
            "E11000 duplicate key error collection: rocketchat.{collection} index: {index} dup key: {{ {field}: {value} }}"
        ))
    }
}

/// What is to be done for an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// It was applied, or passed over.
    Done,
    /// What is missing must be requested from the origin; the rest of the events is dropped.
    Ask { origin: String, request: Asked },
    /// The message has a file: fetch it, then [`Receiver::finish`].
    Fetch { origin: String, upload: String },
}

/// What is requested from the origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub context: Value,
    /// The events that are known; a release that edits an unknown message leaves the member out.
    pub known: Option<Vec<String>>,
}

impl Asked {
    /// The JSON that is encrypted.
    pub fn to_json(&self, own: &Domain) -> String {
        let mut request = json!({"fromDomain": own, "contextType": "room", "contextQuery": self.context});
        if let Some(known) = &self.known {
            request["latestEventIds"] = json!(known);
        }
        request.to_string()
    }
}

/// A server that receives.
pub struct Receiver<'a> {
    pub release: Release,
    pub own: &'a Domain,
    pub documents: &'a mut Documents,
}

impl Receiver<'_> {
    /// Takes one event as the release does.
    pub fn take(&mut self, event: &Value) -> Result<Step, ServerError> {
        if event.is_null() {
            return Err(cannot_read(self.release, "null", "type"));
        }
        let kind = event.get("type").and_then(Value::as_str).and_then(Kind::of);
        match kind {
            None => self.without_handler(event),
            Some(Kind::UserLeft) if self.release < ASKS_WITHOUT_RESULT => self.without_handler(event),
            Some(Kind::AddUser) if (HANDLERS..ADD_USER).contains(&self.release) => self.without_handler(event),
            Some(Kind::Ping) => Ok(Step::Done),
            Some(Kind::DeleteRoom) => self.delete_room(event),
            Some(Kind::Genesis) => match event.pointer("/data/contextType").and_then(Value::as_str) {
                Some("room") => self.store(Kind::Genesis, event),
                _ if event.get("data").is_none() => Err(self.unreadable("contextType")),
                _ => self.without_result(event),
            },
            Some(kind) => self.store(kind, event),
        }
    }

    fn unreadable(&self, member: &str) -> ServerError {
        cannot_read(self.release, "undefined", member)
    }

    fn without_handler(&self, event: &Value) -> Result<Step, ServerError> {
        if self.release < HANDLERS { Ok(Step::Done) } else { self.without_result(event) }
    }

    fn without_result(&self, event: &Value) -> Result<Step, ServerError> {
        Err(match event.get("context") {
            _ if self.release < ASKS_WITHOUT_RESULT => self.unreadable("success"),
            None => self.unreadable("roomId"),
            Some(Value::Null) => cannot_read(self.release, "null", "roomId"),
            Some(_) => self.unreadable("latestEventIds"),
        })
    }

    fn store(&mut self, kind: Kind, event: &Value) -> Result<Step, ServerError> {
        match chain::add(self.documents, event) {
            Err(chain::NoParents) => Err(self.unreadable("length")),
            Ok(Added::Missing { known }) => Ok(self.ask(event, Some(known))),
            Ok(Added::Known | Added::Stored) => self.apply(kind, event),
        }
    }

    fn ask(&self, event: &Value, known: Option<Vec<String>>) -> Step {
        let origin = event.get("origin").and_then(Value::as_str).unwrap_or_default().to_owned();
        Step::Ask { origin, request: Asked { context: event.get("context").cloned().unwrap_or_default(), known } }
    }

    fn apply(&mut self, kind: Kind, event: &Value) -> Result<Step, ServerError> {
        let first = match kind {
            Kind::Message | Kind::EditMessage => "message",
            Kind::SetReaction | Kind::UnsetReaction => "messageId",
            Kind::Genesis => "room",
            _ => "roomId",
        };
        let data = event.get("data").ok_or_else(|| self.unreadable(first))?;
        match kind {
            Kind::Genesis => self.genesis(data)?,
            Kind::AddUser => self.add_user(data)?,
            Kind::RemoveUser => self.remove_user(data)?,
            Kind::UserLeft => self.user_left(data)?,
            Kind::Message => return self.message(data),
            Kind::EditMessage => return self.edit(event, data),
            Kind::DeleteMessage => self.documents.remove(Collection::Messages, &text(data, "/messageId")),
            Kind::SetReaction => self.react(data, true)?,
            Kind::UnsetReaction => self.react(data, false)?,
            Kind::MuteUser => self.mute(data, true)?,
            Kind::UnmuteUser => self.mute(data, false)?,
            Kind::Ping | Kind::DeleteRoom => {}
        }
        Ok(Step::Done)
    }

    fn genesis(&mut self, data: &Value) -> Result<(), ServerError> {
        let room = data.get("room").ok_or_else(|| self.unreadable("_id"))?;
        let id = text(room, "/_id");
        match self.documents.get(Collection::Rooms, &id) {
            Some(_) => {
                let federation = room.get("federation").cloned().unwrap_or_default();
                self.documents.set(Collection::Rooms, &id, "federation", federation);
            }
            None => self.insert(Collection::Rooms, &id, local_room(room, self.own))?,
        }
        Ok(())
    }

    /// Stores a new document, unless a unique index of the database holds one of its values already.
    fn insert(&mut self, collection: Collection, id: &str, document: Value) -> Result<(), ServerError> {
        let taken = UNIQUE.iter().filter(|index| index.collection == collection).find_map(|index| {
            let value = document.pointer(index.pointer).filter(|value| value.is_string())?;
            self.documents.having(collection, index.pointer, value).next().map(|_| index.duplicate(value))
        });
        match taken {
            Some(error) => Err(error),
            None => {
                self.documents.put(collection, id, document);
                Ok(())
            }
        }
    }

    fn add_user(&mut self, data: &Value) -> Result<(), ServerError> {
        let missing = self.unreadable("_id");
        let user = data.get("user").ok_or_else(|| missing.clone())?;
        let user_changed = self.meet(Collection::Users, user, local_user(user, self.own))?;
        let subscription = data.get("subscription").ok_or(missing)?;
        let local = local_subscription(subscription, self.own);
        let changed = self.meet(Collection::Subscriptions, subscription, local)? || user_changed;
        if changed || self.release < KEEPS_KNOWN {
            self.set_domains(&text(data, "/roomId"), data.get("domainsAfterAdd"));
        }
        Ok(())
    }

    /// Stores a document that is new; of a known one only `federation` changes. True when something changed.
    fn meet(&mut self, collection: Collection, document: &Value, local: Value) -> Result<bool, ServerError> {
        let id = text(document, "/_id");
        Ok(match self.documents.get(collection, &id) {
            Some(known) if self.release >= KEEPS_KNOWN && known.get("federation").is_some() => false,
            Some(_) => {
                let federation = document.get("federation").cloned().unwrap_or_default();
                self.documents.set(collection, &id, "federation", federation);
                true
            }
            None => {
                self.insert(collection, &id, local)?;
                true
            }
        })
    }

    /// A list that is absent leaves the known one alone.
    fn set_domains(&mut self, room: &str, domains: Option<&Value>) {
        let federation = self.documents.get(Collection::Rooms, room).and_then(|room| room.get("federation")).cloned();
        if let (Some(domains), Some(mut federation)) = (domains, federation.filter(Value::is_object)) {
            federation["domains"] = domains.clone();
            self.documents.set(Collection::Rooms, room, "federation", federation);
        }
    }

    fn remove_user(&mut self, data: &Value) -> Result<(), ServerError> {
        self.unsubscribe(data)?;
        self.set_domains(&text(data, "/roomId"), data.get("domainsAfterRemoval"));
        Ok(())
    }

    /// The event has `domainsAfterLeave`, and every release reads the member of another type: the domains stay.
    fn user_left(&mut self, data: &Value) -> Result<(), ServerError> {
        self.unsubscribe(data)
    }

    fn unsubscribe(&mut self, data: &Value) -> Result<(), ServerError> {
        let user = data.get("user").ok_or_else(|| self.unreadable("_id"))?;
        let (room, user) = (text(data, "/roomId"), text(user, "/_id"));
        let is_of = |document: &&Value| text(document, "/rid") == room && text(document, "/u/_id") == user;
        let found = self.documents.all(Collection::Subscriptions).find(is_of).map(|found| text(found, "/_id"));
        if let Some(id) = found {
            self.documents.remove(Collection::Subscriptions, &id);
        }
        Ok(())
    }

    fn message(&mut self, data: &Value) -> Result<Step, ServerError> {
        let message = data.get("message").ok_or_else(|| self.unreadable("_id"))?;
        let id = text(message, "/_id");
        if let Some(known) = self.documents.get(Collection::Messages, &id) {
            if self.release < KEEPS_KNOWN || known.get("federation").is_none() {
                let federation = message.get("federation").cloned().unwrap_or_default();
                self.documents.set(Collection::Messages, &id, "federation", federation);
            }
            return Ok(Step::Done);
        }
        let local = self.local(message)?;
        if let Some(file) = message.get("file").filter(|file| !file.is_null()) {
            let federation = message.get("federation").ok_or_else(|| self.unreadable("origin"))?;
            return Ok(Step::Fetch { origin: text(federation, "/origin"), upload: text(file, "/_id") });
        }
        self.documents.put(Collection::Messages, &id, local);
        Ok(Step::Done)
    }

    fn local(&self, message: &Value) -> Result<Value, ServerError> {
        local_message(message, self.own).map_err(|list| ServerError(format!("resource.{} is not iterable", list.0)))
    }

    /// Stores a message with its file, under a new identifier.
    pub fn finish(&mut self, event: &Value, upload: &Value, id: &str) -> Result<(), ServerError> {
        let message = event.pointer("/data/message").ok_or_else(|| self.unreadable("_id"))?;
        let mut local = self.local(message)?;
        let old = text(message, "/file/_id");
        let kind = text(message, "/file/type");
        let attachments = local.get_mut("attachments").and_then(Value::as_array_mut);
        let attachments = attachments.ok_or(ServerError("denormalizedMessage.attachments is not iterable".into()))?;
        for attachment in attachments {
            for member in link_members(self.release, &kind) {
                let link = attachment.get(member).and_then(Value::as_str);
                let link = link.ok_or_else(|| cannot_read(self.release, "undefined", "replace"))?;
                attachment[member] = link.replace(&old, id).into();
            }
        }
        if let Some(file) = local.get_mut("file").and_then(Value::as_object_mut) {
            file.insert("_id".into(), id.into());
        }
        let mut stored = upload.clone();
        let origin = text(message, "/federation/origin");
        if let Some(members) = stored.as_object_mut() {
            members.insert("_id".into(), id.into());
            members.insert("federation".into(), json!({"_id": old, "origin": origin}));
        }
        self.documents.put(Collection::Uploads, id, stored);
        self.documents.put(Collection::Messages, &text(message, "/_id"), local);
        Ok(())
    }

    fn edit(&mut self, event: &Value, data: &Value) -> Result<Step, ServerError> {
        let message = data.get("message").ok_or_else(|| self.unreadable("_id"))?;
        let id = text(message, "/_id");
        if self.documents.get(Collection::Messages, &id).is_none() {
            // The request to the origin has no list of known events; up to 3.x the log line before it fails on that.
            return if self.release < LOOPS { Err(self.unreadable("join")) } else { Ok(self.ask(event, None)) };
        }
        for member in ["msg", "federation"] {
            if let Some(value) = message.get(member) {
                self.documents.set(Collection::Messages, &id, member, value.clone());
            }
        }
        Ok(Step::Done)
    }

    fn react(&mut self, data: &Value, is_set: bool) -> Result<(), ServerError> {
        let id = text(data, "/messageId");
        let message = self.documents.get(Collection::Messages, &id).ok_or_else(|| self.unreadable("reactions"))?;
        let mut reactions = message.get("reactions").cloned().unwrap_or_else(|| json!({}));
        let (reaction, username) = (text(data, "/reaction"), text(data, "/username"));
        let names = reactions.get(&reaction).and_then(|reaction| reaction.get("usernames")).and_then(Value::as_array);
        let mut names = names.cloned().unwrap_or_default();
        names.retain(|name| name.as_str() != Some(&username));
        if is_set {
            names.push(username.into());
        }
        if let Some(members) = reactions.as_object_mut() {
            match names.is_empty() {
                true => drop(members.shift_remove(&reaction)),
                false => drop(members.insert(reaction, json!({"usernames": names}))),
            }
        }
        self.documents.set(Collection::Messages, &id, "reactions", reactions);
        Ok(())
    }

    fn mute(&mut self, data: &Value, is_muting: bool) -> Result<(), ServerError> {
        let user = data.get("user").ok_or_else(|| self.unreadable("username"))?;
        let name = text(user, "/username");
        let (room, name) = (text(data, "/roomId"), local_name(&name, self.own));
        let Some(known) = self.documents.get(Collection::Rooms, &room) else { return Ok(()) };
        let mut muted = known.get("muted").and_then(Value::as_array).cloned().unwrap_or_default();
        muted.retain(|other| other.as_str() != Some(name));
        if is_muting {
            muted.push(name.into());
        }
        self.documents.set(Collection::Rooms, &room, "muted", muted.into());
        Ok(())
    }

    /// Neither parents nor members nor the origin are looked at.
    fn delete_room(&mut self, event: &Value) -> Result<Step, ServerError> {
        let data = event.get("data").ok_or_else(|| self.unreadable("roomId"))?;
        let room = data.get("roomId").cloned().unwrap_or_default();
        self.documents.remove(Collection::Rooms, room.as_str().unwrap_or_default());
        self.documents.remove_having(Collection::Messages, "/rid", &room);
        self.documents.remove_having(Collection::Subscriptions, "/rid", &room);
        self.documents.remove_having(Collection::Events, "/context/roomId", &room);
        Ok(Step::Done)
    }
}

/// The links of an attachment that hold the identifier of the file.
fn link_members(release: Release, kind: &str) -> Vec<&'static str> {
    let mut members = vec!["title_link"];
    members.extend(match kind.split('/').next() {
        _ if release < FILES_BY_TYPE => Some("image_url"),
        Some("image") => Some("image_url"),
        Some("audio") => Some("audio_url"),
        Some("video") => Some("video_url"),
        _ => None,
    });
    members
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
