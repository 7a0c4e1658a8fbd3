//! How fedctl fails: an error in one line, a hint with something to type, and the exit status.
//!
//! A broken domain, a dead peer or a refused connection is an observation and never travels through here; an error means
//! that fedctl could not do its own job.

use std::fmt;

use crate::position::Position;
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
#[error("{}{message}", at.map(|at| format!("{at}: ")).unwrap_or_default())]
pub struct Hinted {
    message: String,
    /// Where the mistake is in the text that was read.
    at: Option<Position>,
    /// What to type or do next.
    pub hint: String,
}

impl Hinted {
    /// `message` and `hint` have the usual form: lower case, no full stop, names in backticks.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), at: None, hint: hint.into() }
    }

    /// The same error with the place that it is about.
    pub fn at(self, at: Position) -> Self {
        Self { at: Some(at), ..self }
    }

    /// The same error with a place, unless it has one.
    pub fn at_least(self, at: impl FnOnce() -> Position) -> Self {
        Self { at: self.at.or_else(|| Some(at())), ..self }
    }

    /// The same error of a text whose part has the mistake: the part begins at `start`.
    pub fn within(self, start: Position) -> Self {
        let at = self.at.unwrap_or_default().within(start);
        self.at(at)
    }
}

/// How alike two names must be, by Jaro and Winkler, before one is proposed for the other.
const ALIKE: f64 = 0.8;

/// The known name that was probably meant: one of which the given text is a part, as `srv` of `dns-srv`, else the one that is most like
/// it. `None` when none is.
pub fn meant<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let is_part = |known: &str| known.contains('-') && known.split('-').any(|part| part == given);
    let likeness = |known: &str| strsim::jaro_winkler(known, &given) + if is_part(known) { 1.0 } else { 0.0 };
    let alike = known.into_iter().map(|known| (likeness(known), known));
    alike.filter(|(alike, _)| *alike >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_is_alike_is_proposed() {
        let known = [
            "zone",
            "bind",
            "yaml",
            "aws-cli",
            "cloudflare",
            "cloudflare-fields",
            "dns-resolvers",
            "dns-srv",
            "native-srv",
        ];
        for (given, wanted) in [
            ("zoon", Some("zone")),
            ("Bind9", Some("bind")),
            ("aws", Some("aws-cli")),
            ("cloudflar", Some("cloudflare")),
            ("dns-resolver", Some("dns-resolvers")),
            ("srv", Some("dns-srv")),
            ("6.2.0", None),
            ("xml", None),
            ("mydomain.com", None),
            ("", None),
        ] {
            assert_eq!(meant(given, known), wanted, "{given}");
        }
    }
}
