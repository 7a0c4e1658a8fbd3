//! What is done with the settings of a server, and what was done.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is done with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    Keep,
    Change(Value),
    /// Switched off before the other changes and on after them, because the server would not act on them otherwise.
    Restart,
    /// Left alone, and why.
    Leave(String),
}

/// One line of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: &'static str,
    /// `None` when it could not be read.
    pub before: Option<Value>,
    pub intent: Intent,
}

/// One change of one setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingChange {
    pub id: String,
    pub before: Value,
    pub after: Value,
}

impl SettingChange {
    /// From one value to another.
    pub fn new(id: &str, before: Value, after: Value) -> Self {
        Self { id: id.to_owned(), before, after }
    }

    /// The same change the other way round.
    pub fn reversed(&self) -> Self {
        Self::new(&self.id, self.after.clone(), self.before.clone())
    }
}
