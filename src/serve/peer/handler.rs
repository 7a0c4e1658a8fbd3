//! What becomes of messages that opened: events are applied as the release does, what is missing is asked for, and what others
//! ask for is sent.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::fault::Fault;
use super::log::Entry;
use super::{Config, lock};
use crate::dns::name::Domain;
use crate::facts::call::{self, CallFailure, Outgoing};
use crate::facts::peer::{Answer, Exchange};
use crate::rocketchat::boundary;
use crate::rocketchat::events::documents::{Collection, Documents};
use crate::rocketchat::events::kind::Kind;
use crate::rocketchat::events::old_receiver::{MASKED, OldError, OldReceiver, OldStep};
use crate::rocketchat::events::receiver::{Asked, Receiver, Step};
use crate::rocketchat::events::resource::LocalUser;
use crate::rocketchat::events::room_event::RoomEvent;
use crate::rocketchat::events::thrown::{self, ServerError};
use crate::rocketchat::events::{chain, dispatch_values, identifier, inspect};
use crate::rocketchat::release::Release;

/// Bytes of documents that are held; beyond that the oldest give way.
const BYTES_MAX: usize = 64 << 20;
/// Bytes of an event whose identifier is derived again.
const INSPECTED_MAX: usize = 64 * 1024;
/// From here on servers call an address that came out as `undefined`, so nothing that they send arrives.
pub const RECEIVES_ONLY: Release = boundary::CANNOT_SEND;
/// What such a server says.
const INVALID_URL: &str = "Invalid URL";
/// From here on a partner that is not found has an URL that begins with `undefined`.
const NESTED: Release = boundary::ASYNC_MODELS;
const NOT_FOUND: &str = "Could not find the peer using DNS or Hub [federation-error-peer-no-found-using-dns]";
const NO_URL: &str = "url must be absolute and start with http:// or https://";
/// Bytes of an answer that an error quotes.
const QUOTED: usize = 500;

/// The database of the server, and its rules.
pub struct Handler {
    pub config: Config,
    documents: Mutex<Documents>,
    saving: tokio::sync::Mutex<()>,
    /// Is notified when there is something to answer or to send.
    pub work: Notify,
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Handler {
    /// Starts with what was kept, and creates the users that are missing.
    pub fn new(config: Config) -> Self {
        let mut documents = config.documents.clone();
        for user in &config.users {
            let user = local_user(&config.domain, user);
            if documents.get(Collection::Users, &user.id).is_none() {
                let stored = json!({"_id": user.id, "username": user.username, "name": user.name, "type": "user"});
                documents.put(Collection::Users, &user.id, stored);
            }
        }
        Self { documents: Mutex::new(documents), saving: tokio::sync::Mutex::default(), work: Notify::new(), config }
    }

    /// Reads or changes the database.
    pub fn with<T>(&self, work: impl FnOnce(&mut Documents) -> T) -> T {
        work(&mut lock(&self.documents))
    }

    /// The user of this server with exactly this name.
    pub fn user(&self, username: &str) -> Option<LocalUser> {
        let known = self.config.users.iter().find(|known| *known == username);
        known.map(|username| local_user(&self.config.domain, username))
    }

    /// Writes what has changed to the disk, in the order in which it changed.
    pub async fn save(&self) -> Result<(), ServerError> {
        let _turn = self.saving.lock().await;
        let changes = self.with(|documents| {
            documents.shrink(BYTES_MAX);
            documents.take_changes()
        });
        let Some(keep) = self.config.keep.as_ref().filter(|_| !changes.is_empty()) else { return Ok(()) };
        keep(changes).await.map_err(|error| {
            (self.config.log)(Entry::Unsaved { why: format!("{error:#}") });
            ServerError("the database cannot be written".into())
        })
    }

    /// Makes an event of this server behind the newest ones of the room.
    pub fn create(&self, room: &str, kind: Kind, data: Value) -> RoomEvent {
        self.with(|documents| chain::create(documents, &self.config.domain, room, kind, now(), data))
    }

    /// Makes a request to another server.
    pub async fn call(&self, to: &Domain, request: Outgoing) -> Result<Exchange, CallFailure> {
        (self.config.call)(to.clone(), request).await
    }

    /// `federation.events.dispatch`.
    pub async fn dispatch(&self, sender: &Domain, body: &Value) -> Result<(), ServerError> {
        for event in thrown::events(self.config.release, body)? {
            self.inspect(sender, &event);
            let step = self.with(|documents| self.receiver(documents).take(&event));
            match step {
                Ok(Step::Done) => {}
                Ok(Step::Fetch { origin, upload }) => {
                    self.save().await?;
                    let fetched = self.fetch(sender, &event, &origin, &upload).await?;
                    let id = identifier::random();
                    self.with(|documents| self.receiver(documents).finish(&event, &fetched, &id))?;
                }
                Ok(Step::Ask { origin, request }) => {
                    self.save().await?;
                    // The rest of the events is dropped: the origin sends them again.
                    return self.ask(sender, &event, &origin, &request).await;
                }
                Err(error) => {
                    self.save().await?;
                    return Err(error);
                }
            }
            self.applied(sender, &event);
            self.save().await?;
        }
        Ok(())
    }

    fn receiver<'a>(&'a self, documents: &'a mut Documents) -> Receiver<'a> {
        Receiver { release: self.config.release, own: &self.config.domain, documents }
    }

    fn inspect(&self, sender: &Domain, event: &Value) {
        if event.to_string().len() > INSPECTED_MAX {
            return;
        }
        let inspection = self.with(|documents| inspect::inspect(event, sender, &self.config.domain, documents, now()));
        let id = event.get("_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        for found in inspection.found {
            // A missing parent is asked for, which has its own entry.
            if !matches!(found, inspect::Irregularity::Parent(_)) {
                (self.config.log)(Entry::Irregular {
                    sender: sender.clone(),
                    event: id.clone(),
                    what: found.to_string(),
                });
            }
        }
    }

    fn applied(&self, sender: &Domain, event: &Value) {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, room, id) = (text("/type"), text("/context/roomId"), text("/_id"));
        if self.config.sandbox && kind == Kind::Message.as_str() {
            let task = json!({"_id": id, "event": event});
            self.with(|documents| documents.put(Collection::Tasks, &id, task));
            self.work.notify_one();
        }
        (self.config.log)(Entry::Applied { sender: sender.clone(), kind, room, event: id });
    }

    /// A partner that this server may call for an event: the sender itself, or a member of the room. Real servers call whatever
    /// domain an event names.
    fn partner(&self, sender: &Domain, event: &Value, origin: &str) -> Result<Domain, CallFailure> {
        let refuse = || CallFailure::NotFound(format!("`{}` is no partner in this room", origin.escape_debug()));
        let origin: Domain = origin.parse().map_err(|_| refuse())?;
        let room = event.pointer("/context/roomId").and_then(Value::as_str).unwrap_or_default();
        let is_member = self.with(|documents| {
            let room = documents.get(Collection::Rooms, room);
            let domains = room.and_then(|room| room.pointer("/federation/domains")).and_then(Value::as_array);
            domains.is_some_and(|domains| domains.iter().any(|domain| domain.as_str() == Some(origin.as_str())))
        });
        if origin == *sender || is_member { Ok(origin) } else { Err(refuse()) }
    }

    async fn ask(&self, sender: &Domain, event: &Value, origin: &str, asked: &Asked) -> Result<(), ServerError> {
        let room = event.pointer("/context/roomId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let answer =
            self.answer_of(self.partner(sender, event, origin), |own| Outgoing::Latest(asked.to_json(own))).await;
        (self.config.log)(match &answer {
            Ok(_) => Entry::Asked { origin: origin.to_owned(), room },
            Err(why) => Entry::Undelivered { to: origin.to_owned(), why: why.to_string() },
        });
        answer.map(drop)
    }

    /// Fetches the file of a message; the content is kept as base64.
    async fn fetch(&self, sender: &Domain, event: &Value, origin: &str, upload: &str) -> Result<Value, ServerError> {
        let request = |_: &Domain| Outgoing::Upload(upload.to_owned());
        let answer = self.answer_of(self.partner(sender, event, origin), request).await;
        let bytes = answer.and_then(|answer| stored_upload(&answer).ok_or(ServerError("Invalid array length".into())));
        (self.config.log)(match &bytes {
            Ok((_, bytes)) => Entry::Fetched { from: origin.to_owned(), upload: upload.to_owned(), bytes: *bytes },
            Err(why) => Entry::Undelivered { to: origin.to_owned(), why: why.to_string() },
        });
        bytes.map(|(upload, _)| upload)
    }

    /// The answer of a partner, or the error that this release turns it into.
    async fn answer_of(
        &self,
        partner: Result<Domain, CallFailure>,
        request: impl FnOnce(&Domain) -> Outgoing,
    ) -> Result<Answer, ServerError> {
        if self.config.release >= RECEIVES_ONLY {
            return Err(ServerError(INVALID_URL.into()));
        }
        let answer = match partner {
            Ok(partner) => call::answer(self.call(&partner, request(&self.config.domain)).await),
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(answer) if answer.status < 400 => Ok(answer),
            Ok(answer) => {
                let body = answer.json.map_or(answer.excerpt, |json| json.to_string());
                Err(ServerError(format!(
                    "failed [{}] {}",
                    answer.status,
                    body.chars().take(QUOTED).collect::<String>()
                )))
            }
            Err(CallFailure::NotFound(_)) => {
                Err(ServerError(if self.config.release < NESTED { NOT_FOUND } else { NO_URL }.into()))
            }
            Err(failure) => Err(ServerError(failure.to_string())),
        }
    }

    /// `federation.events.requestFromLatest`. Events go to the sender alone; real servers send them to any domain that is named.
    pub fn latest(self: &Arc<Self>, sender: &Domain, body: &Value) -> Result<(), ServerError> {
        let request = thrown::latest_request(self.config.release, body)?;
        if self.config.has(Fault::NeverSends) {
            return Ok(());
        }
        let undelivered = |why: String| (self.config.log)(Entry::Undelivered { to: sender.to_string(), why });
        if self.config.release >= RECEIVES_ONLY {
            undelivered(format!("a {} server calls `undefined/api/v1/…`: Invalid URL", self.config.release));
            return Ok(());
        }
        if request.from_domain != sender.as_str() {
            undelivered(format!("{sender} asked for events to be sent to `{}`", request.from_domain.escape_debug()));
            return Ok(());
        }
        let Some(events) = self.with(|documents| chain::latest(documents, &request)) else { return Ok(()) };
        let (handler, sender) = (self.clone(), sender.clone());
        tokio::spawn(async move { handler.deliver(&sender, &events).await });
        Ok(())
    }

    /// Sends events to a partner and logs what came of it.
    pub async fn deliver(&self, to: &Domain, events: &[Value]) -> bool {
        let answer = call::answer(self.call(to, Outgoing::Dispatch(dispatch_values(events))).await);
        let (done, entry) = match answer {
            Ok(answer) if answer.status == 200 => (true, Entry::Delivered { to: to.clone(), events: events.len() }),
            Ok(answer) => (false, Entry::Undelivered { to: to.to_string(), why: answer.shown() }),
            Err(why) => (false, Entry::Undelivered { to: to.to_string(), why: why.to_string() }),
        };
        (self.config.log)(entry);
        done
    }

    /// `federation.events` of 1.x; the error is what the server answers.
    pub async fn old_event(&self, sender: &Domain, body: &Value) -> Result<(), ServerError> {
        if body.is_null() {
            return Err(ServerError("Cannot destructure property `event` of 'undefined' or 'null'.".into()));
        }
        let is_sent =
            |event: &&Value| !matches!(event, Value::Null | Value::Bool(false)) && **event != 0 && **event != "";
        let event = body.get("event").filter(is_sent).ok_or(ServerError("Event was not sent".into()))?;
        let taken = match self.with(|documents| self.old_receiver(documents).take(event)) {
            Ok(OldStep::Fetch { origin, upload }) => self.old_fetch(sender, event, &origin, &upload).await,
            Ok(OldStep::Done) => Ok(()),
            Err(why) => Err(why),
        };
        self.save().await?;
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        taken.map_err(|why| {
            (self.config.log)(Entry::Failed { sender: sender.clone(), why: why.to_string() });
            ServerError(MASKED.into())
        })?;
        let room = [
            text("/payload/federated_room_id"),
            text("/payload/room/federation/_id"),
            text("/payload/message/federation/roomId"),
        ];
        let room = room.into_iter().find(|room| !room.is_empty()).unwrap_or_default();
        if self.config.sandbox && text("/t") == "msc" {
            let id = text("/_id");
            self.with(|documents| documents.put(Collection::Tasks, &id, json!({"_id": id, "old": event})));
            self.work.notify_one();
            self.save().await?;
        }
        (self.config.log)(Entry::Applied { sender: sender.clone(), kind: text("/t"), room, event: text("/_id") });
        Ok(())
    }

    fn old_receiver<'a>(&'a self, documents: &'a mut Documents) -> OldReceiver<'a> {
        OldReceiver { own: &self.config.domain, documents }
    }

    async fn old_fetch(&self, sender: &Domain, event: &Value, origin: &str, upload: &str) -> Result<(), OldError> {
        let fetched = self.fetch(sender, event, origin, upload).await.map_err(|_| OldError::Attachment)?;
        let id = identifier::random();
        self.with(|documents| self.old_receiver(documents).finish(event, &fetched, &id))
    }

    /// `federation.uploads`: the document of a file and its content.
    pub fn upload(&self, id: &str) -> Option<Value> {
        let mut upload = self.with(|documents| documents.get(Collection::Uploads, id).cloned())?;
        let content = upload.as_object_mut()?.shift_remove("content")?;
        let bytes = STANDARD.decode(content.as_str()?).ok()?;
        (self.config.log)(Entry::Served { upload: id.to_owned(), bytes: bytes.len() });
        Some(json!({"upload": upload, "buffer": {"type": "Buffer", "data": bytes}}))
    }

    /// Keeps a file that others can fetch.
    pub fn keep_upload(&self, id: &str, mut document: Value, bytes: &[u8]) {
        document["_id"] = id.into();
        document["content"] = STANDARD.encode(bytes).into();
        self.with(|documents| documents.put(Collection::Uploads, id, document));
    }
}

/// The document of a file and the number of its bytes, as the answer of a server holds them.
fn stored_upload(answer: &Answer) -> Option<(Value, usize)> {
    let json = answer.json.as_ref()?;
    let bytes = json.pointer("/buffer/data")?.as_array()?;
    let bytes: Vec<u8> =
        bytes.iter().map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect::<Option<_>>()?;
    let mut upload = json.get("upload")?.clone();
    upload.as_object_mut()?.insert("content".into(), STANDARD.encode(&bytes).into());
    Some((upload, bytes.len()))
}

/// A user of this server; the identifier stays the same for ever.
pub fn local_user(domain: &Domain, username: &str) -> LocalUser {
    let id = identifier::stable(&format!("{username}@{domain}"));
    // 2020-01-01T00:00:00Z
    LocalUser { id, username: username.to_owned(), name: username.to_owned(), created: 1_577_836_800_000 }
}
