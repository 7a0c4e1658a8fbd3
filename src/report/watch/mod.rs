//! What `fedctl watch` keeps about a domain: what one check found, what changed since, and the message about it.

pub mod domain_state;
pub mod message;
pub mod silence;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::count::counted;
use crate::dns::name::Domain;
use crate::severity::Severity;
use domain_state::DomainState;

/// Seconds.
pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// The verdict of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    Warning,
    Failing,
    /// No resolver answered, so nothing is known about the domain.
    Unknown,
}

impl Verdict {
    /// Every verdict, the best first.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Warning, Self::Failing, Self::Unknown];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failing => "failing",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A problem, the worst of its check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The id of the check.
    pub check: String,
    pub severity: Severity,
    pub what: String,
    pub means: String,
    pub fix: String,
}

/// Something about a domain that changes without being wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Property {
    /// The fingerprint of the published key.
    Key,
    /// The URL that servers call.
    Url,
    /// What the server reports.
    Release,
    /// A digest of all records that servers read.
    Records,
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Key => "key",
            Self::Url => "URL",
            Self::Release => "release",
            Self::Records => "records",
        })
    }
}

/// What one check of a domain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Seconds since 1970.
    pub time: i64,
    pub verdict: Verdict,
    /// One for each check that found something, worst first.
    pub findings: Vec<Finding>,
    /// What is not known is left out.
    pub properties: BTreeMap<Property, String>,
    /// When the certificate that expires first does so, in seconds since 1970.
    pub certificate_until: Option<i64>,
    /// Milliseconds that the server took to answer.
    pub latency: Option<u32>,
    /// Milliseconds that the check took.
    pub elapsed: u64,
}

impl Snapshot {
    /// True when the other one found the same; times and durations do not count.
    pub fn is_same(&self, other: &Self) -> bool {
        let found = |snapshot: &Self| -> Vec<(String, Severity)> {
            let mut found: Vec<_> = snapshot.findings.iter().map(|it| (it.check.clone(), it.severity)).collect();
            found.sort();
            found
        };
        self.verdict == other.verdict && self.properties == other.properties && found(self) == found(other)
    }

    /// The findings of at least this severity.
    pub fn at_least(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity >= severity)
    }
}

/// A time in which every check found the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The number of the first check.
    pub number: i64,
    /// The first and the last check, in seconds since 1970.
    pub start: i64,
    pub end: i64,
    pub checks: i64,
    /// What the first check found.
    pub snapshot: Snapshot,
}

/// A domain on the list, and how it is.
#[derive(Debug, Clone)]
pub struct Status {
    pub domain: Domain,
    /// False when it was taken off the list, and only its history is left.
    pub is_listed: bool,
    /// Seconds between two checks.
    pub every: i64,
    /// When the next check is due, in seconds since 1970.
    pub due: i64,
    pub checks: i64,
    pub state: DomainState,
}

/// Part of the history, for an overview of many domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub start: i64,
    pub end: i64,
    pub verdict: Verdict,
}

/// What differs between two moments of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The id of a check, or the name of a property.
    pub subject: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Compares two snapshots: the verdict, the findings and the properties.
pub fn differences(before: &Snapshot, after: &Snapshot) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut add = |subject: String, before: Option<String>, after: Option<String>| {
        if before != after {
            found.push(Difference { subject, before, after });
        }
    };
    add("verdict".into(), Some(before.verdict.to_string()), Some(after.verdict.to_string()));
    let finding = |snapshot: &Snapshot, check: &str| {
        let finding = snapshot.findings.iter().find(|finding| finding.check == check);
        finding.map(|finding| format!("{}: {}", finding.severity, finding.what))
    };
    let mut checks: Vec<&str> =
        before.findings.iter().chain(&after.findings).map(|finding| finding.check.as_str()).collect();
    checks.sort_unstable();
    checks.dedup();
    for check in checks {
        add(check.to_owned(), finding(before, check), finding(after, check));
    }
    for property in [Property::Key, Property::Url, Property::Release, Property::Records] {
        let value = |snapshot: &Snapshot| snapshot.properties.get(&property).cloned();
        add(property.to_string(), value(before), value(after));
    }
    let certificate = |snapshot: &Snapshot| snapshot.certificate_until.map(date);
    add("certificate expires".into(), certificate(before), certificate(after));
    found
}

/// `2026-11-24 13:05 UTC`.
pub fn moment(seconds: i64) -> String {
    strftime(seconds, "%Y-%m-%d %H:%M UTC")
}

/// `2026-11-24`.
pub fn date(seconds: i64) -> String {
    strftime(seconds, "%Y-%m-%d")
}

fn strftime(seconds: i64, format: &str) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| "a date out of range".into(), |time| time.strftime(format).to_string())
}

/// A length of time with its two largest units, as in `2 h 10 min`.
pub fn length(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / DAY, seconds % DAY / HOUR, seconds % HOUR / MINUTE);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{} s", seconds.max(0)),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (1, hours @ 1.., _) => format!("1 day {hours} h"),
        (days, ..) => counted(days, "day"),
    }
}
