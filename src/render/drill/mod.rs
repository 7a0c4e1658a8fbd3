//! A drill, step by step.

mod human;
mod json;

pub use human::write as human;
pub use json::write as json;

use crate::facts::drill::DrillFacts;
use crate::report::Report;

/// What a drill gave.
pub struct Drill<'a> {
    pub facts: &'a DrillFacts,
    pub report: &'a Report,
}
