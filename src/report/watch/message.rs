//! A message about a domain: everything that one check of it changed.

use serde::{Deserialize, Serialize};

use super::{Finding, Property, length};
use crate::count::counted;
use crate::dns::name::Domain;
use crate::severity::Severity;

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// A problem is there.
    Started { finding: Finding, since: i64 },
    /// It is gone.
    Ended { finding: Finding, since: i64, until: i64 },
    /// Something else has another value.
    Property { property: Property, from: Option<String>, to: Option<String>, since: i64 },
    /// The domain alternates between failing and working; no more messages until it settles.
    Unstable { changes: u32, since: i64 },
    /// It no longer does.
    Settled { since: i64 },
    /// The certificate expires soon.
    Certificate { days: i64, until: i64 },
    /// The key has been in use for long.
    KeyAge { days: i64, since: i64 },
}

/// What a message is about, the most urgent part first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Problem,
    Unstable,
    Reminder,
    Change,
    Settled,
    Recovery,
}

impl Change {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Started { .. } => Kind::Problem,
            Self::Ended { .. } => Kind::Recovery,
            Self::Property { .. } => Kind::Change,
            Self::Unstable { .. } => Kind::Unstable,
            Self::Settled { .. } => Kind::Settled,
            Self::Certificate { .. } | Self::KeyAge { .. } => Kind::Reminder,
        }
    }

    /// What changed, in a few words.
    pub fn summary(&self) -> String {
        match self {
            Self::Started { finding, .. } => format!("{}: {}", finding.check, finding.what),
            Self::Ended { finding, since, until } => {
                format!("{} is fixed after {}", finding.check, length(until - since))
            }
            Self::Property { property, from: Some(_), to: Some(_), .. } => format!("the {property} has changed"),
            Self::Property { property, to: None, .. } => format!("the {property} is no longer known"),
            Self::Property { property, .. } => format!("the {property} is known"),
            Self::Unstable { changes, .. } => {
                format!("alternates between failing and working, {} in the last checks", counted(changes, "change"))
            }
            Self::Settled { .. } => "no longer changes between failing and working".into(),
            Self::Certificate { days, .. } => format!("the certificate expires in {}", counted(days, "day")),
            Self::KeyAge { days, .. } => format!("the key is {} old", counted(days, "day")),
        }
    }
}

/// A message about one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub domain: Domain,
    /// When the check was made that led to it, in seconds since 1970.
    pub time: i64,
    /// The problems that the domain has now.
    pub open: Vec<String>,
    /// At least one.
    pub changes: Vec<Change>,
}

impl Message {
    /// The most urgent of its changes.
    pub fn kind(&self) -> Kind {
        self.changes.iter().map(Change::kind).min().unwrap_or(Kind::Settled)
    }

    /// How urgent it is.
    pub fn severity(&self) -> Severity {
        let started = self.changes.iter().filter_map(|change| match change {
            Change::Started { finding, .. } => Some(finding.severity),
            Change::Unstable { .. } => Some(Severity::Error),
            Change::Certificate { .. } => Some(Severity::Warning),
            _ => None,
        });
        started.max().unwrap_or(Severity::Notice)
    }

    /// One line: the domain, and what changed.
    pub fn title(&self) -> String {
        let kind = self.kind();
        let mut of_kind = self.changes.iter().filter(|change| change.kind() == kind);
        let first = of_kind.next().map(Change::summary).unwrap_or_default();
        let more = match of_kind.count() {
            0 => String::new(),
            1 => " (and 1 more)".into(),
            more => format!(" (and {more} more)"),
        };
        match (kind, self.open.is_empty()) {
            (Kind::Recovery | Kind::Settled, true) => format!("{} works again: {first}{more}", self.domain),
            (Kind::Problem, _) => format!("{} fails: {first}{more}", self.domain),
            _ => format!("{}: {first}{more}", self.domain),
        }
    }
}
