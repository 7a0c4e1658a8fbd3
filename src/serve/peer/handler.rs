//! What becomes of messages that opened: events are applied as the release does, what is missing is requested, and what others
//! ask for is sent.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::yield_now;

use super::fault::Fault;
use super::log::Entry;
use super::{Config, lock};
use crate::dns::name::Domain;
use crate::facts::call::{self, CallFailure, Outgoing};
use crate::facts::peer::Exchange;
use crate::rocketchat::boundary;
use crate::rocketchat::events::documents::{Collection, Documents};
use crate::rocketchat::events::inspect::{self, Inspection, Irregularity};
use crate::rocketchat::events::kind::Kind;
use crate::rocketchat::events::receiver::{Receiver, Step};
use crate::rocketchat::events::resource::LocalUser;
use crate::rocketchat::events::room_event::{Draft, RoomEvent};
use crate::rocketchat::events::thrown::{self, ServerError};
use crate::rocketchat::events::{chain, dispatch_values, identifier, timeline, unfederated};
use crate::rocketchat::release::Release;

/// Bytes of documents that are held; beyond that the oldest give way.
const BYTES_MAX: usize = 64 << 20;
/// Bytes of events in one message whose identifiers are derived again, in every time zone.
const INSPECTED_MAX: usize = 256 * 1024;
/// From here on servers call an address that came out as `undefined`, so nothing that they send arrives.
pub const RECEIVES_ONLY: Release = boundary::CANNOT_SEND;

/// What a server says about a domain without records; from 4.2.0 on it goes on without an address.
pub const NOT_FOUND: &str = "Could not find the peer using DNS or Hub [federation-error-peer-no-found-using-dns]";

/// The database of the server, and its rules.
pub struct Handler {
    pub config: Config,
    documents: Mutex<Documents>,
    saving: tokio::sync::Mutex<()>,
    /// Is notified when there is something to answer or to send.
    pub work: Notify,
}

/// Why events did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSent {
    pub why: String,
    /// The peer answered, so that the same again has the same end.
    pub is_answer: bool,
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
            let user = LocalUser::of(&config.domain, user);
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

    /// The user with exactly this name. A server finds the users of others that it knows too, and answers as if they were its
    /// own.
    pub fn user(&self, username: &str) -> Option<LocalUser> {
        let known = self.config.users.iter().find(|known| *known == username);
        known.map(|username| LocalUser::of(&self.config.domain, username)).or_else(|| {
            let wanted = Value::from(username);
            self.with(|documents| documents.having(Collection::Users, "/username", &wanted).find_map(LocalUser::stored))
        })
    }

    /// The users with this name or user name, those of others among them.
    pub fn users(&self, name: &str) -> Vec<LocalUser> {
        let wanted = Value::from(name);
        let own = self.config.users.iter().filter(|known| *known == name);
        let mut found: Vec<LocalUser> = own.map(|username| LocalUser::of(&self.config.domain, username)).collect();
        self.with(|documents| {
            for member in ["/username", "/name"] {
                let others = documents.having(Collection::Users, member, &wanted).filter_map(LocalUser::stored);
                found.extend(others);
            }
        });
        let mut seen = HashSet::new();
        found.retain(|user| seen.insert(user.id.clone()));
        found
    }

    /// Writes what has changed to the disk, in the order in which it changed.
    pub async fn save(&self) -> Result<(), ServerError> {
        let _turn = self.saving.lock().await;
        let changes = self.with(|documents| {
            documents.shrink(BYTES_MAX);
            documents.take_changes()
        });
        let Some(keep) = self.config.keep.as_ref().filter(|_| !changes.is_empty()) else { return Ok(()) };
        keep(changes.clone()).await.map_err(|error| {
            self.with(|documents| documents.give_back(changes));
            (self.config.log)(Entry::Unsaved { why: format!("{error:#}") });
            ServerError("the database cannot be written".into())
        })
    }

    /// Makes an event of this server behind the newest ones of the room.
    pub fn create(&self, room: &str, kind: Kind, data: Value) -> RoomEvent {
        let draft = Draft { origin: &self.config.domain, room, kind, time: now(), data };
        self.with(|documents| chain::create(documents, draft))
    }

    /// Makes a request to another server.
    pub async fn call(&self, to: &Domain, request: Outgoing) -> Result<Exchange, CallFailure> {
        (self.config.call)(to.clone(), request).await
    }

    /// `federation.events.dispatch`. What is answered is on the disk.
    pub async fn dispatch(&self, sender: &Domain, body: &Value) -> Result<(), ServerError> {
        let taken = self.take_all(sender, body).await;
        self.save().await?;
        taken
    }

    async fn take_all(&self, sender: &Domain, body: &Value) -> Result<(), ServerError> {
        let mut budget = INSPECTED_MAX;
        let events = thrown::events(self.config.release, body).inspect_err(|why| self.failed(sender, "", why))?;
        for event in &events {
            let inspection = self.inspect(sender, event, &mut budget);
            let (kind, room, id) = (text(event, "/type"), text(event, "/context/roomId"), text(event, "/_id"));
            let taken = self.take_one(sender, event, inspection).await;
            let Some(is_new) = taken.inspect_err(|why| self.failed(sender, &kind, why))? else { return Ok(()) };
            let sender = sender.clone();
            (self.config.log)(match is_new {
                true => Entry::Applied { sender, kind, room, event: id },
                false => Entry::Repeated { sender, kind, room, event: id },
            });
            // Others have their turn.
            yield_now().await;
        }
        Ok(())
    }

    /// Takes an event, with its file: whether it is new. `None` when events before it were requested: the rest is dropped, because the
    /// origin sends all of them.
    async fn take_one(
        &self,
        sender: &Domain,
        event: &Value,
        inspection: Inspection,
    ) -> Result<Option<bool>, ServerError> {
        let (step, is_new) = self.take(sender, event, inspection);
        match step? {
            Step::Done => {}
            Step::Fetch { origin, upload } => {
                self.save().await?;
                self.complete(sender, event, &origin, &upload).await?;
            }
            Step::Ask { origin, request } => {
                self.save().await?;
                self.ask(sender, event, &origin, &request).await?;
                return Ok(None);
            }
        }
        Ok(Some(is_new))
    }

    /// Logs what the release answers with an error; `kind` is the type of the event, or empty.
    pub(super) fn failed(&self, sender: &Domain, kind: &str, why: &impl ToString) {
        let (sender, kind) = (sender.clone(), kind.to_owned());
        (self.config.log)(Entry::Failed { sender, kind, why: why.to_string() });
    }

    pub(super) fn receiver<'a>(&'a self, documents: &'a mut Documents) -> Receiver<'a> {
        Receiver { release: self.config.release, own: &self.config.domain, documents }
    }

    /// What no unchanged server sends; it is logged and hinders nothing.
    fn inspect(&self, sender: &Domain, event: &Value, budget: &mut usize) -> Inspection {
        *budget = match budget.checked_sub(event.to_string().len()) {
            Some(rest) => rest,
            None => return Inspection { found: Vec::new(), zone: None },
        };
        let is_known = |id: &str| self.with(|documents| documents.get(Collection::Events, id).is_some());
        let mut inspection = inspect::inspect(event, sender, &self.config.domain, is_known, now());
        // A missing parent is requested, which has its own entry.
        inspection.found.retain(|found| !matches!(found, Irregularity::Parent(_)));
        self.irregular(sender, &text(event, "/_id"), &inspection.found);
        inspection
    }

    pub(super) fn irregular(&self, sender: &Domain, event: &str, found: &[Irregularity]) {
        for found in found {
            let (sender, event, what) = (sender.clone(), event.to_owned(), found.to_string());
            (self.config.log)(Entry::Irregular { sender, event, what });
        }
    }

    /// Applies one event, and notes what is to be answered, in one turn: neither is on the disk without the other.
    fn take(&self, sender: &Domain, event: &Value, inspection: Inspection) -> (Result<Step, ServerError>, bool) {
        let id = text(event, "/_id");
        self.with(|documents| {
            let is_new = documents.get(Collection::Events, &id).is_none();
            let step = self.receiver(documents).take(event);
            if self.config.sandbox {
                let mut entry = timeline::Entry::of(event, &self.config.domain, Some(sender), now());
                entry.zone = inspection.zone.map(|zone| zone.to_string());
                entry.problems = inspection.found.iter().map(ToString::to_string).collect();
                match &step {
                    Err(why) => entry.problems.push(format!("failed: {why}")),
                    Ok(Step::Ask { origin, .. }) => {
                        entry.asked = Some(origin.clone());
                        entry.problems.push("events before it are missing: it is not applied until they come".into());
                    }
                    Ok(Step::Done | Step::Fetch { .. }) => {}
                }
                let must_answer = matches!(Kind::of(&entry.kind), Some(Kind::Message | Kind::EditMessage));
                if let (true, true, Ok(Step::Done | Step::Fetch { .. })) = (must_answer, is_new, &step) {
                    self.answer_later(documents, sender, event, matches!(step, Ok(Step::Fetch { .. })));
                }
                let entry = self.with_notes(sender, event, entry);
                if is_new && !entry.id.is_empty() {
                    entry.keep(documents);
                }
            }
            (step, is_new)
        })
    }

    /// Answers an event as soon as its file is here.
    pub(super) fn answer_later(&self, documents: &mut Documents, sender: &Domain, event: &Value, is_fetching: bool) {
        let id = text(event, "/_id");
        let task = json!({"_id": id, "event": event, "sender": sender, "is_fetching": is_fetching});
        documents.put(Collection::Tasks, &id, task);
        self.work.notify_one();
    }

    /// Adds what other servers should not expect from an event, and logs it.
    pub(super) fn with_notes(&self, sender: &Domain, event: &Value, mut entry: timeline::Entry) -> timeline::Entry {
        entry.notes = unfederated::in_event(event).into_iter().map(str::to_owned).collect();
        for what in &entry.notes {
            let (sender, event) = (sender.clone(), entry.id.clone());
            (self.config.log)(Entry::Unfederated { sender, event, what: what.clone() });
        }
        entry
    }

    /// Fetches the file of a message and stores both.
    pub async fn complete(
        &self,
        sender: &Domain,
        event: &Value,
        origin: &str,
        upload: &str,
    ) -> Result<(), ServerError> {
        let fetched = self.fetch(sender, event, origin, upload).await;
        let id = text(event, "/_id");
        self.with(|documents| {
            let done = fetched.and_then(|file| self.receiver(documents).finish(event, &file, &identifier::random()));
            self.fetched(documents, &id, done.as_ref().err().map(|why| why as &dyn std::fmt::Display));
            done
        })
    }

    /// The answer waits no longer for a file, or there is none without it.
    pub(super) fn fetched(&self, documents: &mut Documents, id: &str, failure: Option<&dyn std::fmt::Display>) {
        match failure {
            None => documents.set(Collection::Tasks, id, "is_fetching", false.into()),
            Some(why) => {
                documents.remove(Collection::Tasks, id);
                let why = format!("failed: {why}");
                timeline::change(documents, id, |entry| entry.problems.push(why));
            }
        }
        self.work.notify_one();
    }

    /// `federation.events.requestFromLatest`. Events go to the sender alone; real servers send them to any domain that is named.
    pub async fn latest(self: &Arc<Self>, sender: &Domain, body: &Value) -> Result<(), ServerError> {
        let request = thrown::latest_request(self.config.release, body)?;
        if self.config.has(Fault::NeverSends) {
            return Ok(());
        }
        (self.config.log)(Entry::Requested {
            sender: sender.clone(),
            room: request.context_query.room_id.clone(),
            known: request.latest_event_ids.clone(),
        });
        let undelivered = |why: String| (self.config.log)(Entry::Undelivered { to: sender.to_string(), why });
        let Some(events) = self.with(|documents| chain::latest(documents, &request)) else {
            undelivered("it names no event that is known here, so a server sends nothing".to_owned());
            return Ok(());
        };
        if self.config.release >= RECEIVES_ONLY {
            undelivered(format!("a {} server calls `undefined/api/v1/…`: Invalid URL", self.config.release));
            return Ok(());
        }
        if request.from_domain != sender.as_str() {
            undelivered(format!("{sender} requested events to be sent to `{}`", request.from_domain.escape_debug()));
            let found = match request.from_domain.parse() {
                Ok(domain) => (self.config.discover)(domain).await,
                Err(_) => Err(CallFailure::NotFound(String::new())),
            };
            // Later releases do not notice that there is no such domain.
            return match found {
                Err(CallFailure::NotFound(_)) if self.config.release < boundary::ASYNC_MODELS => {
                    Err(ServerError(NOT_FOUND.into()))
                }
                _ => Ok(()),
            };
        }
        let (handler, sender) = (self.clone(), sender.clone());
        tokio::spawn(async move { handler.deliver(&sender, &events).await });
        Ok(())
    }

    /// Sends events to a peer and logs what came of it.
    pub async fn deliver(&self, to: &Domain, events: &[Value]) -> bool {
        self.send(to, Outgoing::Dispatch(dispatch_values(events)), events.len()).await.is_ok()
    }

    /// Sends a request that holds events.
    pub async fn send(&self, to: &Domain, request: Outgoing, events: usize) -> Result<(), NotSent> {
        let done = match call::answer(self.call(to, request).await) {
            Ok(answer) if answer.status == 200 => Ok(()),
            Ok(answer) => Err(NotSent { is_answer: !matches!(answer.status, 429 | 500..), why: answer.shown() }),
            Err(why) => Err(NotSent { is_answer: false, why: why.to_string() }),
        };
        (self.config.log)(match &done {
            Ok(()) => Entry::Delivered { to: to.clone(), events },
            Err(failure) => Entry::Undelivered { to: to.to_string(), why: failure.why.clone() },
        });
        done
    }
}

/// The text at a place, empty when there is none.
pub(super) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
