//! The only place that listens. A server starts with `start(config)` and stops when the returned value is dropped.

pub mod dns;
pub mod hub;
pub mod native;
pub mod peer;
pub mod watch;
