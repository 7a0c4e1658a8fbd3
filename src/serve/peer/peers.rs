//! What this server requests of other servers while it applies an event: the events that are missing, and files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::handler::{Handler, NOT_FOUND, RECEIVES_ONLY};
use super::log::Entry;
use crate::dns::name::Domain;
use crate::facts::call::{self, CallFailure, Outgoing};
use crate::facts::peer::Answer;
use crate::rocketchat::boundary;
use crate::rocketchat::events::documents::Collection;
use crate::rocketchat::events::receiver::Asked;
use crate::rocketchat::events::thrown::{INVALID_URL, ServerError};
use crate::rocketchat::release::Release;

/// From here on a peer that is not found has a URL that begins with `undefined`.
const NESTED: Release = boundary::ASYNC_MODELS;
const NO_URL: &str = "url must be absolute and start with http:// or https://";
/// Bytes of an answer that an error quotes.
const QUOTED: usize = 500;

impl Handler {
    /// A peer that this server may call for an event: the sender itself, or a member of the room. Real servers call whatever
    /// domain an event names.
    fn peer(&self, sender: &Domain, event: &Value, origin: &str) -> Result<Domain, CallFailure> {
        let refuse = || CallFailure::NotFound(format!("`{}` has no member in this room", origin.escape_debug()));
        let origin: Domain = origin.parse().map_err(|_| refuse())?;
        let room = event.pointer("/context/roomId").and_then(Value::as_str).unwrap_or_default();
        let is_member = self.with(|documents| {
            let room = documents.get(Collection::Rooms, room);
            let domains = room.and_then(|room| room.pointer("/federation/domains")).and_then(Value::as_array);
            domains.is_some_and(|domains| domains.iter().any(|domain| domain.as_str() == Some(origin.as_str())))
        });
        if origin == *sender || is_member { Ok(origin) } else { Err(refuse()) }
    }

    pub(super) async fn ask(
        &self,
        sender: &Domain,
        event: &Value,
        origin: &str,
        asked: &Asked,
    ) -> Result<(), ServerError> {
        let room = event.pointer("/context/roomId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let answer = self.answer_of(self.peer(sender, event, origin), |own| Outgoing::Latest(asked.to_json(own))).await;
        (self.config.log)(match &answer {
            Ok(_) => Entry::Asked { origin: origin.to_owned(), room },
            Err(why) => Entry::Undelivered { to: origin.to_owned(), why: why.to_string() },
        });
        answer.map(drop)
    }

    /// Fetches the file of a message; the content is kept as base64.
    pub(super) async fn fetch(
        &self,
        sender: &Domain,
        event: &Value,
        origin: &str,
        upload: &str,
    ) -> Result<Value, ServerError> {
        let request = |_: &Domain| Outgoing::Upload(upload.to_owned());
        let answer = self.answer_of(self.peer(sender, event, origin), request).await;
        let bytes = answer.and_then(|answer| stored_upload(&answer).ok_or(ServerError("Invalid array length".into())));
        (self.config.log)(match &bytes {
            Ok((_, bytes)) => Entry::Fetched { from: origin.to_owned(), upload: upload.to_owned(), bytes: *bytes },
            Err(why) => Entry::Undelivered { to: origin.to_owned(), why: why.to_string() },
        });
        bytes.map(|(upload, _)| upload)
    }

    /// The answer of a peer, or the error that this release turns it into.
    async fn answer_of(
        &self,
        peer: Result<Domain, CallFailure>,
        request: impl FnOnce(&Domain) -> Outgoing,
    ) -> Result<Answer, ServerError> {
        if self.config.release >= RECEIVES_ONLY {
            return Err(ServerError(INVALID_URL.into()));
        }
        let answer = match peer {
            Ok(peer) => call::answer(self.call(&peer, request(&self.config.domain)).await),
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
