//! The drill: a short conversation with a real server that exercises every type of event, what it is made of, and what each
//! release does with it.
//!
//! Every identifier in it is made by the drill. Servers do not check who deletes a room or asks for its events, so a drill never
//! names a room, a message or an event that is not its own.

pub mod cast;
pub mod expectation;
pub mod old_script;
pub mod script;
pub mod step;
