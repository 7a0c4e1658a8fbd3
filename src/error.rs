//! How fedctl fails: an error in one line, a hint with something to type, and the exit status.
//!
//! A broken domain, a dead peer or a refused connection is an observation and never travels through here; an error means
//! that fedctl could not do its own job.

use std::fmt;

use crate::text::Untrusted;

/// The contract with shells and CI (docs/exit-codes.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Nothing at or above `--fail-on` was found.
    Clean,
    /// The answer is in, and it holds problems.
    Problems,
    /// fedctl could not do its job: bad input, unreadable file, no answer to give.
    Failed,
    /// For monitoring systems (`--format nagios`) only: the worst is an error, where `Problems` is a warning.
    Critical,
    /// For monitoring systems only: what `Failed` is elsewhere.
    Unknown,
}

impl From<ExitStatus> for std::process::ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Clean => 0,
            ExitStatus::Problems => 1,
            ExitStatus::Failed | ExitStatus::Critical => 2,
            ExitStatus::Unknown => 3,
        })
    }
}

/// An error that knows the next step.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Hinted {
    message: String,
    /// What to type or do next.
    pub hint: String,
}

impl Hinted {
    /// `message` and `hint` have the usual form: lower case, no full stop, names in backticks.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// A [`Hinted`] error, ready for `Err(..)` or `bail!`.
pub fn hinted(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Hinted::new(message, hint).into()
}

/// The error as people read it: one line with its causes, then the hint when some cause carries one.
pub struct Described<'a>(pub &'a anyhow::Error);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Parts of it may come from an argument, a file or the network.
        write!(f, "fedctl: error: {}", Untrusted(&format!("{:#}", self.0)))?;
        match self.0.chain().find_map(|cause| cause.downcast_ref::<Hinted>()) {
            Some(hinted) if !hinted.hint.is_empty() => write!(f, "\nfedctl: hint: {}", Untrusted(&hinted.hint)),
            _ => Ok(()),
        }
    }
}
