//! A handshake, stage by stage; the invitation to the other side; and two handshakes put together.

mod comparison;
mod human;
mod invitation;
mod json;

pub use comparison::{json as comparison_json, write as comparison};
pub use human::write as human;
pub use invitation::{Invitation, write as invitation};
pub use json::write as json;

use crate::facts::peer::PeerFacts;
use crate::report::Report;
use crate::rocketchat::compatibility::Compatibility;

/// What a handshake gave.
pub struct Handshake<'a> {
    pub facts: &'a PeerFacts,
    pub report: &'a Report,
    /// Your release and the peer's, when both are known.
    pub compatibility: Option<&'a Compatibility>,
}
