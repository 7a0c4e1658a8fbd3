//! The life of classic federation: what a release can still do with it, and what replaced it.

use super::boundary;
use super::release::Release;
use crate::error::Hinted;

/// The environment variable that opens the routes of 7.x.
pub const GATE_VARIABLE: &str = "ENABLE_INSECURE_LEGACY_FEDERATION";
/// What every closed route answers.
pub const GATE_ANSWER: &str =
    "Deprecated. ENABLE_INSECURE_LEGACY_FEDERATION environment variable is needed to enable it.";

/// What a release can do with classic federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Sends and receives.
    Works,
    /// Receives, and sends nothing.
    ReceivesOnly,
    /// Receives if the environment variable is set, and sends nothing.
    Closed,
    /// Has no classic federation.
    Removed,
    /// No release of this number is known.
    Unknown,
}

impl Life {
    /// What the release can do.
    pub fn of(release: Release) -> Self {
        let last_minor = boundary::LAST_MINORS.iter().find(|(major, _)| *major == release.0).map(|(_, minor)| *minor);
        match release {
            _ if last_minor.is_some_and(|last| release.1 > last) || release.0 > boundary::NEWEST.0 => Self::Unknown,
            _ if release >= boundary::REMOVED => Self::Removed,
            _ if release >= boundary::GATE => Self::Closed,
            _ if release >= boundary::CANNOT_SEND => Self::ReceivesOnly,
            _ => Self::Works,
        }
    }

    /// True when a server of the release can send to peers.
    pub fn sends(self) -> bool {
        self == Self::Works
    }

    /// One sentence about releases of this kind, without a final dot.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Works => "classic federation works in both directions, apart from the faults of the release",
            Self::ReceivesOnly => "classic federation receives only: the server sends nothing, whatever is published",
            Self::Closed => {
                "classic federation is closed unless ENABLE_INSECURE_LEGACY_FEDERATION is set in the server's \
                 environment, and even then it only receives"
            }
            Self::Removed => {
                "classic federation was removed in 7.11; native federation, which speaks the Matrix protocol, replaced it"
            }
            Self::Unknown => "no release of this number is known",
        }
    }
}

/// The release, if it has classic federation; an error that names the replacement if not.
pub fn classic(release: Release) -> Result<Release, Hinted> {
    let removed = boundary::REMOVED;
    match Life::of(release) {
        Life::Works | Life::ReceivesOnly | Life::Closed => Ok(release),
        Life::Removed => Err(Hinted::new(
            format!(
                "{release} has no classic federation: it was removed in {removed}; native federation, which speaks the \
                 Matrix protocol, replaced it in {removed}"
            ),
            "fedctl upgrade plan --from 6.2 --to 7.11",
        )),
        Life::Unknown => Err(unknown(release)),
    }
}

/// Those of the releases that have classic federation.
pub fn with_classic(releases: &[Release]) -> Vec<Release> {
    releases.iter().copied().filter(|release| classic(*release).is_ok()).collect()
}

/// The error about a release that does not exist as far as is known.
pub fn unknown(release: Release) -> Hinted {
    let newest = boundary::NEWEST;
    Hinted::new(
        format!(
            "a release {release} is not known: the newest known is {}.{}, and classic federation ended before {}",
            newest.0,
            newest.1,
            boundary::REMOVED
        ),
        "use a release that exists, such as `3.18.3` or `6.2.0`",
    )
}

/// Reads a release that exists, with classic or with native federation.
pub fn parse_known(text: &str) -> Result<Release, Hinted> {
    let release = text.parse()?;
    if Life::of(release) == Life::Unknown { Err(unknown(release)) } else { Ok(release) }
}

/// Reads a release from a command line, and refuses one without classic federation.
pub fn parse_classic(text: &str) -> Result<Release, Hinted> {
    classic(text.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_has_its_place() {
        for (release, life) in [
            ("1.0.0", Life::Works),
            ("6.2.12", Life::Works),
            ("6.3.0", Life::ReceivesOnly),
            ("6.13.1", Life::ReceivesOnly),
            ("6.14.0", Life::Unknown),
            ("3.19.0", Life::Unknown),
            ("7.0.0", Life::Closed),
            ("7.10.4", Life::Closed),
            ("7.11.0", Life::Removed),
            ("9.0.0", Life::Removed),
            ("99.0.0", Life::Unknown),
        ] {
            assert_eq!(Life::of(release.parse().unwrap()), life, "{release}");
        }
    }

    #[test]
    fn releases_without_classic_federation_are_refused_with_what_replaced_it() {
        assert!(parse_classic("6.2.0").is_ok() && parse_classic("7.9").is_ok());
        let removed = parse_classic("8.6").unwrap_err().to_string();
        assert!(removed.contains("8.6.0 has no classic") && removed.contains("native federation"), "{removed}");
        assert!(parse_classic("99.0.0").unwrap_err().to_string().contains("99.0.0 is not known"));
        assert!(GATE_ANSWER.contains(GATE_VARIABLE) && Life::Closed.sentence().contains(GATE_VARIABLE));
    }
}
