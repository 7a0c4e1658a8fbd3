//! What becomes of messages of version 1 that opened.

use serde_json::{Value, json};

use super::handler::{Handler, now, text};
use super::log::Entry;
use crate::dns::name::Domain;
use crate::rocketchat::events::documents::{Collection, Documents};
use crate::rocketchat::events::inspect::{self, Irregularity};
use crate::rocketchat::events::kind::OldKind;
use crate::rocketchat::events::old_receiver::{MASKED, OldError, OldReceiver, OldStep};
use crate::rocketchat::events::thrown::ServerError;
use crate::rocketchat::events::{identifier, timeline};

impl Handler {
    /// `federation.events` of 1.x; the error is what the server answers.
    pub async fn old_event(&self, sender: &Domain, body: &Value) -> Result<(), ServerError> {
        let event = event_of(body).inspect_err(|why| self.failed(sender, "", why))?;
        let found = inspect::inspect_old(event, sender, &self.config.domain, now());
        let id = text(event, "/_id");
        if self.config.sandbox {
            self.irregular(sender, &id, &found);
        }
        let (step, is_new) = self.old_take(sender, event, &found);
        let taken = match step {
            Ok(OldStep::Done) => Ok(()),
            Ok(OldStep::Fetch { origin, upload }) => {
                self.save().await?;
                self.old_complete(sender, event, &origin, &upload).await
            }
            Err(why) => Err(why),
        };
        self.save().await?;
        let kind = text(event, "/t");
        taken.map_err(|why| {
            self.failed(sender, &kind, &why);
            ServerError(MASKED.into())
        })?;
        let room = event.get("payload").map(timeline::old_room).unwrap_or_default();
        let sender = sender.clone();
        (self.config.log)(match is_new {
            true => Entry::Applied { sender, kind, room, event: id },
            false => Entry::Repeated { sender, kind, room, event: id },
        });
        Ok(())
    }

    /// Applies one event, and notes what is to be answered, in one turn. A sandbox knows an event again by its identifier, since a
    /// 1.x server sends one up to six times.
    fn old_take(&self, sender: &Domain, event: &Value, found: &[Irregularity]) -> (Result<OldStep, OldError>, bool) {
        let id = text(event, "/_id");
        self.with(|documents| {
            let is_new = id.is_empty() || documents.get(Collection::Events, &id).is_none();
            let step = self.old_receiver(documents).take(event);
            if self.config.sandbox {
                let mut entry = timeline::Entry::of_old(event, &self.config.domain, Some(sender), now());
                entry.problems = found.iter().map(ToString::to_string).collect();
                entry.problems.extend(step.as_ref().err().map(|why| format!("failed: {why}")));
                let must_answer = matches!(OldKind::of(&entry.kind), Some(OldKind::Message | OldKind::EditMessage));
                if is_new && let Ok(step) = &step {
                    documents.put(Collection::Events, &id, json!({"_id": id, "t": entry.kind}));
                    if must_answer {
                        self.answer_later(documents, sender, event, matches!(step, OldStep::Fetch { .. }));
                    }
                }
                let entry = self.with_notes(sender, event, entry);
                if is_new && !entry.id.is_empty() {
                    entry.keep(documents);
                }
            }
            (step, is_new)
        })
    }

    fn old_receiver<'a>(&'a self, documents: &'a mut Documents) -> OldReceiver<'a> {
        OldReceiver { own: &self.config.domain, documents }
    }

    /// Fetches the file of a message and stores both.
    pub async fn old_complete(
        &self,
        sender: &Domain,
        event: &Value,
        origin: &str,
        upload: &str,
    ) -> Result<(), OldError> {
        let fetched = self.fetch(sender, event, origin, upload).await.map_err(|_| OldError::Attachment);
        let id = text(event, "/_id");
        self.with(|documents| {
            let done =
                fetched.and_then(|file| self.old_receiver(documents).finish(event, &file, &identifier::random()));
            self.fetched(documents, &id, done.as_ref().err().map(|why| why as &dyn std::fmt::Display));
            done
        })
    }
}

/// The event of a message, or what the server answers without one.
fn event_of(body: &Value) -> Result<&Value, ServerError> {
    if body.is_null() {
        return Err(ServerError("Cannot destructure property `event` of 'undefined' or 'null'.".into()));
    }
    let is_sent = |event: &&Value| !matches!(event, Value::Null | Value::Bool(false)) && **event != 0 && **event != "";
    body.get("event").filter(is_sent).ok_or(ServerError("Event was not sent".into()))
}
