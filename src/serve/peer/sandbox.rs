//! A sandbox at work: messages are answered, and what is to be sent goes out, one event after the other to each domain. Both lists
//! are in the database, so a sandbox that was killed goes on where it was.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::handler::{Handler, NotSent, now, text};
use super::lock;
use super::log::Entry;
use crate::dns::name::Domain;
use crate::facts::call::Outgoing;
use crate::rocketchat::body::Wire;
use crate::rocketchat::events::dispatch_values;
use crate::rocketchat::events::documents::{Collection, Documents};
use crate::rocketchat::events::echo::{self, Echo, Silence};
use crate::rocketchat::events::old_echo::OldEcho;
use crate::rocketchat::events::timeline::{self, Delivery};

/// The waits before an event is sent again, as 1.x waits; after the last one it is given up.
const WAITS: [Duration; 4] =
    [Duration::from_secs(5), Duration::from_secs(10), Duration::from_secs(15), Duration::from_secs(20)];
/// Events that may wait to be sent; above, messages are not answered.
const WAITING_MAX: usize = 2000;

/// Works until the task is aborted.
pub async fn run(handler: Arc<Handler>) {
    resume(&handler).await;
    let busy: Arc<Mutex<BTreeSet<Domain>>> = Arc::default();
    loop {
        while answer_next(&handler) {
            // What goes out is on the disk before.
            let _ = handler.save().await;
        }
        for domain in waiting_domains(&handler) {
            if lock(&busy).insert(domain.clone()) {
                let (handler, busy) = (handler.clone(), busy.clone());
                tokio::spawn(async move {
                    let mut waits = &WAITS[..];
                    // One that was given up holds up the others of its domain once.
                    while let Some(arrived) = send_next(&handler, &domain, waits).await {
                        waits = if arrived { &WAITS } else { &[] };
                    }
                    lock(&busy).remove(&domain);
                    // Something may have come since the last look.
                    handler.work.notify_one();
                });
            }
        }
        handler.work.notified().await;
    }
}

/// Fetches the files that the last run did not.
async fn resume(handler: &Handler) {
    let is_fetching = Value::Bool(true);
    let tasks: Vec<Value> =
        handler.with(|documents| documents.having(Collection::Tasks, "/is_fetching", &is_fetching).cloned().collect());
    for task in tasks {
        let event = task.get("event").cloned().unwrap_or_default();
        let is_old = handler.config.speaks == Wire::One;
        let message = event.pointer(if is_old { "/payload/message" } else { "/data/message" }).cloned();
        let message = message.unwrap_or_default();
        let origin = text(&message, if is_old { "/federation/peer" } else { "/federation/origin" });
        let (upload, sender) = (text(&message, "/file/_id"), text(&task, "/sender").parse::<Domain>());
        match sender {
            Ok(sender) if is_old => drop(handler.old_complete(&sender, &event, &origin, &upload).await),
            Ok(sender) => drop(handler.complete(&sender, &event, &origin, &upload).await),
            Err(_) => handler.with(|documents| documents.remove(Collection::Tasks, &text(&task, "/_id"))),
        }
        let _ = handler.save().await;
    }
}

/// Answers the oldest message that waits; false when there is none.
fn answer_next(handler: &Handler) -> bool {
    let config = &handler.config;
    let answered = handler.with(|documents| {
        let is_fetching = Value::Bool(false);
        let task = documents.having(Collection::Tasks, "/is_fetching", &is_fetching).next()?.clone();
        let event = task.get("event").cloned().unwrap_or_default();
        let waiting = documents.all(Collection::Outbox).count();
        let done = match waiting < WAITING_MAX {
            true => answer(handler, documents, &event).map_err(|why| why.to_string()),
            false => Err("too many events wait to be sent".to_owned()),
        };
        // In the same turn as the answer: a sandbox that is killed answers once.
        documents.remove(Collection::Tasks, &text(&task, "/_id"));
        Some((text(&event, "/_id"), text(&task, "/sender"), done))
    });
    let Some((event, sender, done)) = answered else { return false };
    if let (Err(why), Ok(sender)) = (done, sender.parse()) {
        (config.log)(Entry::Unanswered { sender, event, why });
    }
    true
}

fn answer(handler: &Handler, documents: &mut Documents, event: &Value) -> Result<(), Silence> {
    let (own, release) = (&handler.config.domain, handler.config.release);
    match handler.config.speaks {
        Wire::One => OldEcho { own, documents, now: now() }.answer(event),
        Wire::Two | Wire::Raw => Echo { own, release, documents, now: now() }.answer(event),
    }
}

fn waiting_domains(handler: &Handler) -> BTreeSet<Domain> {
    handler.with(|documents| documents.all(Collection::Outbox).filter_map(|it| text(it, "/to").parse().ok()).collect())
}

/// Sends the oldest event that waits for a domain, and reports whether it arrived; `None` when there is none.
async fn send_next(handler: &Handler, to: &Domain, waits: &[Duration]) -> Option<bool> {
    let wanted = Value::from(to.as_str());
    let entry = handler.with(|documents| documents.having(Collection::Outbox, "/to", &wanted).next().cloned())?;
    let delivery = match echo::can_send(handler.config.release) {
        Ok(()) => deliver(handler, to, &entry, waits).await,
        Err(why) => {
            (handler.config.log)(Entry::Undelivered { to: to.to_string(), why: why.to_owned() });
            Delivery::GivenUp(why.to_owned())
        }
    };
    let arrived = delivery == Delivery::Arrived;
    handler.with(|documents| {
        documents.remove(Collection::Outbox, &text(&entry, "/_id"));
        timeline::change(documents, &text(&entry, "/id"), |entry| {
            for sent in entry.sent.iter_mut().filter(|sent| sent.to == to.as_str()) {
                sent.delivery = delivery.clone();
            }
        });
    });
    let _ = handler.save().await;
    Some(arrived)
}

/// Sends one event. Without an answer it is sent again; an answer is final, whatever it is.
async fn deliver(handler: &Handler, to: &Domain, entry: &Value, waits: &[Duration]) -> Delivery {
    let request = || match entry.get("old") {
        Some(old) => Outgoing::Event(old.to_string()),
        None => Outgoing::Dispatch(dispatch_values(&[entry.get("event").cloned().unwrap_or_default()])),
    };
    let mut waits = waits.iter();
    loop {
        match (handler.send(to, request(), 1).await, waits.next()) {
            (Err(NotSent { is_answer: false, .. }), Some(wait)) => tokio::time::sleep(*wait).await,
            (Ok(()), _) => return Delivery::Arrived,
            (Err(failure), _) => return Delivery::GivenUp(failure.why),
        }
    }
}
