//! The user `echo` of a sandbox: what it answers in version 2, and the events that it sends for it.
//!
//! It answers people: never itself, never a user of this server, never another `echo`, and no more than [`ANSWERS_MAX`] messages
//! of one room in a minute.

use serde_json::{Value, json};

use super::documents::{Collection, Documents};
use super::kind::Kind;
use super::resource::{LocalUser, full_name, local_name, local_subscription};
use super::room_event::Draft;
use super::{chain, identifier, timeline};
use crate::dns::name::Domain;
use crate::rocketchat::boundary;
use crate::rocketchat::release::Release;

/// The user that answers.
pub const ECHO: &str = "echo";
/// The user that never answers.
pub const NOBODY: &str = "nobody";
/// What an answer begins with.
pub const PREFIX: &str = "echo: ";
/// The reaction to every message.
pub const REACTION: &str = ":+1:";
/// Messages of one room that are answered in one minute: two programs that answer each other must come to rest.
pub const ANSWERS_MAX: usize = 60;
const MINUTE: i64 = 60_000;
/// Characters of a message that are sent back; servers take no longer ones.
const TEXT_MAX: usize = 4900;

/// The user `echo` in version 2.
pub struct Echo<'a> {
    pub own: &'a Domain,
    pub release: Release,
    pub documents: &'a mut Documents,
    /// Milliseconds since 1970; each event takes one.
    pub now: i64,
}

/// Why a message has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    #[error("`echo` is not a member of the room")]
    NotAMember,
    #[error("`echo` is muted in the room")]
    Muted,
    #[error("the author is another `echo`, a program or a user of this server")]
    NotAPerson,
    #[error("it is a message of the system, or encrypted")]
    NotText,
    #[error("the room had more than {ANSWERS_MAX} messages in a minute")]
    TooMany,
    #[error("the message is unknown")]
    Unknown,
}

/// What a message asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    Leave,
    Invite(String),
    Text,
}

impl Request {
    /// Reads a message; the name of `echo` before it does not count.
    pub fn of(text: &str, own: &Domain) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        let is_echo = |word: &str| local_name(word.trim_start_matches('@').trim_end_matches([':', ',']), own) == ECHO;
        let words = if words.first().is_some_and(|word| is_echo(word)) { &words[1..] } else { &words[..] };
        match words {
            [word] if word.eq_ignore_ascii_case("leave") => Self::Leave,
            [word, name] if word.eq_ignore_ascii_case("invite") => {
                Self::Invite(local_name(name.trim_start_matches('@'), own).to_owned())
            }
            _ => Self::Text,
        }
    }
}

/// True for the author of a message that `echo` may answer.
pub fn is_person(username: &str, own: &Domain) -> bool {
    let (name, domain) = username.split_once('@').unwrap_or((username, own.as_str()));
    domain != own.as_str() && name != ECHO
}

/// The text of an answer.
pub fn answer_text(text: &str) -> String {
    format!("{PREFIX}{}", text.chars().take(TEXT_MAX).collect::<String>())
}

/// The file that is sent back: its new document, and the message's `file` and `attachments` for it.
pub struct FileAnswer {
    pub id: String,
    pub file: Value,
    pub attachments: Value,
}

/// Copies the file of a message that was received, under a new identifier.
pub fn copy_file(documents: &mut Documents, message: &Value) -> Option<FileAnswer> {
    let received = message.pointer("/file/_id")?.as_str()?;
    let mut upload = documents.get(Collection::Uploads, received)?.clone();
    let id = identifier::random();
    let members = upload.as_object_mut()?;
    members.insert("_id".into(), id.as_str().into());
    members.shift_remove("federation");
    let (name, kind) = (text(message, "/file/name"), text(message, "/file/type"));
    let path: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let link = format!("/file-upload/{id}/{path}");
    let mut attachment = json!({"title": name, "type": "file", "title_link": link, "title_link_download": true});
    let size = upload.get("size").cloned().unwrap_or(Value::Null);
    if let Some(member @ ("image" | "audio" | "video")) = kind.split('/').next() {
        attachment[format!("{member}_url")] = link.into();
        attachment[format!("{member}_type")] = kind.as_str().into();
        attachment[format!("{member}_size")] = size;
    }
    documents.put(Collection::Uploads, &id, upload);
    Some(FileAnswer { file: json!({"_id": id, "name": name, "type": kind}), attachments: json!([attachment]), id })
}

/// True when the room has had its messages of the last minute.
pub fn is_exhausted(documents: &Documents, room: &str, now: i64) -> bool {
    let of_room = documents.all(Collection::Timeline).rev().take_while(|entry| time(entry) > now - MINUTE);
    let answers =
        of_room.filter(|entry| entry.get("sender").is_none_or(Value::is_null) && text(entry, "/room") == room);
    answers.filter(|entry| matches!(text(entry, "/kind").as_str(), "room_message" | "msc")).count() >= ANSWERS_MAX
}

fn time(entry: &Value) -> i64 {
    entry.get("time").and_then(Value::as_i64).unwrap_or(i64::MAX)
}

impl Echo<'_> {
    /// Answers an event that was received and applied; what is to be sent is in the outbox afterwards.
    pub fn answer(&mut self, event: &Value) -> Result<(), Silence> {
        let room = text(event, "/context/roomId");
        match Kind::of(&text(event, "/type")) {
            Some(Kind::Message) => self.answer_message(&room, &event["data"]["message"]),
            Some(Kind::EditMessage) => self.answer_edit(&room, &event["data"]["message"]),
            _ => Ok(()),
        }
    }

    fn user(&self) -> LocalUser {
        LocalUser::of(self.own, ECHO)
    }

    /// The subscription that makes a user of this server a member.
    fn membership(&self, room: &str, user: &LocalUser) -> Option<String> {
        let is_of = |found: &&Value| {
            let (id, name) = (text(found, "/u/_id"), text(found, "/u/username"));
            text(found, "/rid") == room && (id == user.id || local_name(&name, self.own) == user.username)
        };
        self.documents.all(Collection::Subscriptions).find(is_of).map(|found| text(found, "/_id"))
    }

    fn check(&self, room: &str) -> Result<(), Silence> {
        if self.membership(room, &self.user()).is_none() {
            return Err(Silence::NotAMember);
        }
        let muted = self.documents.get(Collection::Rooms, room).and_then(|room| room.get("muted")?.as_array());
        if muted.is_some_and(|muted| muted.iter().any(|name| name.as_str() == Some(ECHO))) {
            return Err(Silence::Muted);
        }
        if is_exhausted(self.documents, room, self.now) { Err(Silence::TooMany) } else { Ok(()) }
    }

    fn answer_message(&mut self, room: &str, message: &Value) -> Result<(), Silence> {
        if !is_person(&text(message, "/u/username"), self.own) || message.get("bot").is_some_and(|bot| !bot.is_null()) {
            return Err(Silence::NotAPerson);
        }
        if message.get("t").is_some_and(|kind| !kind.is_null()) {
            return Err(Silence::NotText);
        }
        self.check(room)?;
        match Request::of(&text(message, "/msg"), self.own) {
            Request::Leave => self.leave(room),
            Request::Invite(name) => {
                let done = self.invite(room, &name);
                self.post(room, message, &answer_text(&done), None);
            }
            Request::Text => {
                let id = text(message, "/_id");
                let data = json!({"roomId": room, "messageId": id, "username": ECHO, "reaction": REACTION});
                self.send(room, Kind::SetReaction, data);
                // The text with the domains, as it came: here it was stored without ours.
                let stored = self.documents.get(Collection::Messages, &id).cloned();
                let file = stored.and_then(|stored| copy_file(self.documents, &stored));
                let content = text(message, "/msg");
                let content = if content.is_empty() && file.is_some() { content } else { answer_text(&content) };
                self.post(room, message, &content, file);
            }
        }
        Ok(())
    }

    /// Sends a message that answers another one.
    fn post(&mut self, room: &str, to: &Value, content: &str, file: Option<FileAnswer>) {
        let (user, moment) = (self.user(), json!({"$date": self.now}));
        let id = identifier::random();
        let list = |name: &str| to.get(name).filter(|list| list.is_array()).cloned().unwrap_or_else(|| json!([]));
        let mut message = json!({
            "_id": id, "rid": room, "msg": content, "ts": moment,
            "u": {"_id": user.id, "username": full_name(ECHO, self.own), "name": user.name},
        });
        if let Some(thread) = to.get("tmid").filter(|thread| thread.is_string()) {
            message["tmid"] = thread.clone();
        }
        if let Some(file) = file {
            message["file"] = file.file;
            message["attachments"] = file.attachments;
        }
        message["mentions"] = list("mentions");
        message["channels"] = list("channels");
        message["_updatedAt"] = moment;
        message["federation"] = json!({"origin": self.own});
        let mut stored = message.clone();
        stored["u"]["username"] = ECHO.into();
        stored["answers"] = to.get("_id").cloned().unwrap_or_default();
        self.documents.put(Collection::Messages, &id, stored);
        self.send(room, Kind::Message, json!({"message": message}));
    }

    /// An edited message has its answer edited.
    fn answer_edit(&mut self, room: &str, edit: &Value) -> Result<(), Silence> {
        let id = text(edit, "/_id");
        let edited = self.documents.get(Collection::Messages, &id).ok_or(Silence::Unknown)?;
        if !is_person(&text(edited, "/u/username"), self.own) {
            return Err(Silence::NotAPerson);
        }
        self.check(room)?;
        let content = answer_text(&text(edit, "/msg"));
        let wanted = Value::from(id.as_str());
        let answer = self.documents.having(Collection::Messages, "/answers", &wanted).next().map(|it| text(it, "/_id"));
        match answer {
            Some(answer) => {
                self.documents.set(Collection::Messages, &answer, "msg", content.as_str().into());
                let message = json!({"_id": answer, "msg": content, "federation": {"origin": self.own}});
                self.send(room, Kind::EditMessage, json!({"message": message}));
            }
            None => self.post(room, &json!({"_id": id}), &content, None),
        }
        Ok(())
    }

    /// Leaves the room. Before 3.2.0 no release sends an event for that.
    fn leave(&mut self, room: &str) {
        let user = self.user();
        let subscription = self.membership(room, &user).unwrap_or_default();
        self.documents.remove(Collection::Subscriptions, &subscription);
        if self.release < Kind::UserLeft.since() {
            return;
        }
        let others = self.domains(room);
        let stays = self
            .documents
            .all(Collection::Subscriptions)
            .any(|found| text(found, "/rid") == room && !text(found, "/u/username").contains('@'));
        let own = stays.then(|| self.own.to_string());
        let after: Vec<String> = others.into_iter().chain(own).collect();
        let user = user.in_event(self.own, self.release);
        self.send(room, Kind::UserLeft, json!({"roomId": room, "user": user, "domainsAfterLeave": after}));
    }

    /// Adds a user that is known here, and describes what came of it.
    fn invite(&mut self, room: &str, name: &str) -> String {
        let document = self.documents.get(Collection::Rooms, room).cloned().unwrap_or_default();
        if text(&document, "/t") == "d" {
            return "a direct chat has no further members".into();
        }
        let wanted = Value::from(name);
        let Some(known) = self.documents.having(Collection::Users, "/username", &wanted).next().cloned() else {
            return format!("{name} is not a user of {} or of a room that it is in", self.own);
        };
        let Some(user) = LocalUser::stored(&known) else { return format!("{name} has no name") };
        if self.membership(room, &user).is_some() {
            return format!("{name} is a member already");
        }
        let is_ours = !name.contains('@');
        let full = full_name(name, self.own);
        let mut domains = self.domains(room);
        domains.push(self.own.to_string());
        domains.extend(full.split_once('@').map(|(_, domain)| domain.to_owned()));
        let domains = distinct(domains);
        let moment = json!({"$date": self.now});
        let subscription = json!({
            "_id": identifier::random(), "rid": room, "t": "p", "name": full_name(&text(&document, "/name"), self.own),
            "fname": text(&document, "/fname"), "open": true, "alert": true, "unread": 1, "userMentions": 0,
            "groupMentions": 0, "ts": moment, "u": {"_id": user.id, "username": full}, "_updatedAt": moment,
            "federation": {"origin": self.own},
        });
        let id = text(&subscription, "/_id");
        self.documents.put(Collection::Subscriptions, &id, local_subscription(&subscription, self.own));
        let document = if is_ours { user.in_event(self.own, self.release) } else { known };
        let mut federation = self.documents.get(Collection::Rooms, room).and_then(|it| it.get("federation")).cloned();
        if let Some(federation) = federation.as_mut().filter(|it| it.is_object()) {
            federation["domains"] = json!(domains);
            self.documents.set(Collection::Rooms, room, "federation", federation.clone());
        }
        let data = json!({"roomId": room, "user": document, "subscription": subscription, "domainsAfterAdd": domains});
        self.send(room, Kind::AddUser, data);
        format!("{full} is a member now")
    }

    /// The domains of the room but this one.
    fn domains(&self, room: &str) -> Vec<String> {
        let room = self.documents.get(Collection::Rooms, room);
        let domains = room.and_then(|room| room.pointer("/federation/domains")).and_then(Value::as_array);
        let names = domains.into_iter().flatten().filter_map(Value::as_str);
        distinct(names.filter(|name| *name != self.own.as_str()).map(str::to_owned).collect())
    }

    /// Makes an event behind the newest ones of the room, for every domain of the room but this one.
    fn send(&mut self, room: &str, kind: Kind, data: Value) {
        let draft = Draft { origin: self.own, room, kind, time: self.now, data };
        let event = chain::create(self.documents, draft);
        self.now += 1;
        let (domains, json) = (self.domains(room), event.to_json());
        let mut entry = timeline::Entry::of(&json, self.own, None, self.now);
        entry.sent =
            domains.iter().map(|to| timeline::Sent { to: to.clone(), delivery: timeline::Delivery::Waiting }).collect();
        entry.keep(self.documents);
        for to in domains {
            let id = format!("{} {to}", event.id);
            self.documents.put(Collection::Outbox, &id, json!({"_id": id, "to": to, "id": event.id, "event": json}));
        }
    }
}

fn distinct(names: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names {
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

/// Single events leave a server of this release; batches are not what `echo` sends.
pub fn can_send(release: Release) -> Result<(), &'static str> {
    match release {
        release if (boundary::TCP_NAME..boundary::SENDS_AGAIN).contains(&release) => {
            Err("a server of 3.4.0 to 3.6.2 sends single events to its own domain only")
        }
        release if release >= boundary::CANNOT_SEND => Err("a server of 6.3.0 or later sends nothing to others"),
        _ => Ok(()),
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
