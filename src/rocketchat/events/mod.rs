//! Event protocols: what peers write to each other inside the encryption.
//!
//! Version 1 (1.0 to 1.3) sends one event a request and keeps no order. Version 2 (2.0 and later) keeps every event of a room,
//! names the parents of each, and asks for those that it misses.

pub mod chain;
pub mod documents;
pub mod echo;
pub mod identifier;
pub mod inspect;
pub mod kind;
mod message;
pub mod old_echo;
pub mod old_receiver;
pub mod receiver;
pub mod resource;
pub mod room_event;
pub mod thrown;
pub mod time_zones;
pub mod timeline;
pub mod unfederated;

pub use message::{
    Event, Incoming, LatestRequest, NotAMessage, Room, dispatch, dispatch_values, large_ping, old_ping, ping, read_json,
};
