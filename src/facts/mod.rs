//! What was observed, as plain values that can be saved and judged again.

pub mod aliases;
pub mod api;
pub mod call;
mod causes;
pub mod dns;
pub mod drill;
pub mod evidence;
pub mod front;
pub mod hub;
pub mod hub_discovery;
pub mod mesh;
pub mod native;
pub mod near_miss;
pub mod peer;
pub mod published;
#[cfg(test)]
pub mod sample;
pub mod server;
pub mod tls;
pub mod watch_evidence;
pub mod zone;
