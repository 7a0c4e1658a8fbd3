//! Statements with their values, as both databases take them.

use anyhow::Context as _;

/// A value that goes in or comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Int(i64),
    Text(String),
    /// No number, or no text.
    Null,
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

/// One statement of a transaction.
#[derive(Debug, Clone)]
pub struct Step {
    pub sql: String,
    pub values: Vec<Value>,
    /// Without a row in its answer the whole transaction is undone.
    pub must: bool,
}

impl Step {
    pub fn new(sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Self {
        Self { sql: sql.into(), values: values.into_iter().collect(), must: false }
    }

    pub fn must(self) -> Self {
        Self { must: true, ..self }
    }
}

/// A row of an answer.
#[derive(Debug, Clone)]
pub struct Row(pub Vec<Value>);

impl Row {
    pub fn int(&self, at: usize) -> anyhow::Result<i64> {
        self.maybe_int(at)?.context("the database gave no number")
    }

    pub fn maybe_int(&self, at: usize) -> anyhow::Result<Option<i64>> {
        match self.0.get(at) {
            Some(Value::Int(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            other => anyhow::bail!("the database gave {other:?} and not a number"),
        }
    }

    pub fn text(&self, at: usize) -> anyhow::Result<&str> {
        self.maybe_text(at)?.context("the database gave no text")
    }

    pub fn maybe_text(&self, at: usize) -> anyhow::Result<Option<&str>> {
        match self.0.get(at) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            other => anyhow::bail!("the database gave {other:?} and not a text"),
        }
    }
}

/// The rows of each step, or `None` when one that must have a row had none.
pub type Answer = Option<Vec<Vec<Row>>>;
