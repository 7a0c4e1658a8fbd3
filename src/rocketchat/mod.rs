//! What real servers do, release by release: discovery, records, envelope, events, log lines, statuses and settings.

pub mod body;
pub mod boundary;
pub mod change;
pub mod compatibility;
pub mod discovery;
pub mod drill;
pub mod envelope;
pub mod events;
pub mod generation;
pub mod hub;
pub mod life;
pub mod log_line;
pub mod log_table;
pub mod log_text;
pub mod native;
pub mod promise;
pub mod quirks;
pub mod records;
pub mod release;
pub mod setting_change;
pub mod settings;
pub mod status;
pub mod upgrade;
