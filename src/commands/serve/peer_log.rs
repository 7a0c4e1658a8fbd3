//! The log of `fedctl serve peer` on stderr: lines for people, or one JSON object a line.

use std::collections::VecDeque;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::commands::log::LogFormat;
use crate::render::sandbox::Refused;
use crate::serve::peer::Log;
use crate::serve::peer::log::Entry;
use crate::serve::peer::metrics::Metrics;
use crate::term::Term;
use crate::text::escaped_json;

/// Lines of the log that may wait to be written; more are lost.
const WAITING: usize = 1024;
/// Refused messages that are kept for the page.
const REFUSED: usize = 50;

/// The refused messages of late.
#[derive(Debug, Clone, Default)]
pub struct Refusals(Arc<Mutex<VecDeque<Refused>>>);

impl Refusals {
    /// The oldest first.
    pub fn all(&self) -> Vec<Refused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn add(&self, refused: Refused) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_back(refused);
        if all.len() > REFUSED {
            all.pop_front();
        }
    }
}

/// Writes the log beside the work: a reader of stderr that has stopped reading must not stop the peer.
pub fn log(term: Term, format: LogFormat, refusals: Refusals, metrics: Arc<Metrics>) -> Log {
    let (sender, entries) = sync_channel::<Entry>(WAITING);
    std::thread::spawn(move || entries.iter().for_each(|entry| write(&term, format, &entry.to_string(), Some(&entry))));
    Arc::new(move |entry| {
        metrics.count(&entry);
        if let Entry::Refused { sender, why } = &entry {
            let time = jiff::Timestamp::now().as_millisecond();
            refusals.add(Refused { time, sender: sender.clone(), why: why.clone() });
        }
        // A full channel has nobody to tell.
        drop(sender.try_send(entry));
    })
}

/// One line, with the members of an entry when it is JSON.
pub fn write(term: &Term, format: LogFormat, message: &str, entry: Option<&Entry>) {
    match format {
        LogFormat::Text => term.verbatim(harmless(message)),
        LogFormat::Json => {
            let mut line =
                json!({"timestamp": jiff::Timestamp::now().to_string(), "level": "INFO", "message": message});
            let members = entry.and_then(|entry| serde_json::to_value(entry).ok());
            if let (Some(line), Some(Value::Object(members))) = (line.as_object_mut(), members) {
                line.extend(members);
            }
            term.verbatim(escaped_json(&line.to_string()));
        }
    }
}

/// An entry may quote what a peer answered, and a terminal obeys what it is shown.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
