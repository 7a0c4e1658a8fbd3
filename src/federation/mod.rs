//! The protocol, as values: no input or output, no clock, no printing.

pub mod autopsy;
pub mod change;
pub mod defects;
pub mod dns_facts;
pub mod dns_host;
pub mod domain;
pub mod envelope;
pub mod event;
pub mod evidence;
pub mod facts;
pub mod generation;
pub mod hub;
pub mod importer;
pub mod key;
pub mod log_line;
pub mod log_table;
pub mod log_text;
pub mod matrix;
pub mod near_miss;
pub mod own_facts;
pub mod peer_facts;
pub mod picture;
pub mod propagation;
pub mod published;
pub mod record;
pub mod release;
pub mod report;
#[cfg(test)]
pub mod sample;
pub mod sight;
pub mod status_string;

pub mod rotation;
pub mod tls_facts;
pub mod wire;
