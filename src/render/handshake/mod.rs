//! A handshake, stage by stage; the invitation to the other side; and two handshakes put together.

mod human;
mod invitation;
mod json;
mod picture;

pub use human::write as human;
pub use invitation::{Invitation, write as invitation};
pub use json::write as json;
pub use picture::{json as picture_json, write as picture};

use crate::facts::peer::PeerFacts;
use crate::report::Report;

/// What a handshake gave.
pub struct Handshake<'a> {
    pub facts: &'a PeerFacts,
    pub report: &'a Report,
}
