//! The only place that listens. A server starts with `start(config)` and stops when the returned value is dropped.

pub mod dns;
//! The embedded servers: each starts with `start(config)` and stops when what that gave is dropped.

pub mod peer;
