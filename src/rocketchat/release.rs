//! A release of the server, as people write it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Hinted;

/// A Rocket.Chat release that holds classic federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Release(pub u16, pub u16, pub u16);

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}.{}", self.0, self.1, self.2))
    }
}

impl Release {
    /// As a server tells it: from 4.0 on it hides its last number.
    pub fn shown(self, exact: bool) -> String {
        if exact { self.to_string() } else { format!("{}.{}", self.0, self.1) }
    }
}

impl From<Release> for String {
    fn from(release: Release) -> Self {
        release.to_string()
    }
}

impl TryFrom<String> for Release {
    type Error = Hinted;
    fn try_from(text: String) -> Result<Self, Hinted> {
        text.parse()
    }
}

impl FromStr for Release {
    type Err = Hinted;

    /// `3.18.3` and `3.18` (a missing last part is 0); a pre-release suffix is ignored.
    fn from_str(text: &str) -> Result<Self, Hinted> {
        let refuse = |what: String| Hinted::new(what, "write a release such as `3.18.3`");
        let number = text.strip_prefix('v').unwrap_or(text).split(['-', '+']).next().unwrap_or_default();
        let parts: Option<Vec<u16>> = number.split('.').map(|part| part.parse().ok()).collect();
        let release = match parts.as_deref() {
            Some([major]) => {
                return Err(Hinted::new(
                    format!("`{text}` names a line of releases, not one of them"),
                    format!("write {major}.0.0 for its first release, or the one that you mean"),
                ));
            }
            Some([major, minor]) => Self(*major, *minor, 0),
            Some([major, minor, patch]) => Self(*major, *minor, *patch),
            _ => return Err(refuse(format!("`{text}` is not a release"))),
        };
        if release < Self(1, 0, 0) {
            return Err(refuse(format!("no stable release before 1.0.0 has federation, so `{text}` has none")));
        }
        Ok(release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_parts_are_zero_and_old_releases_are_refused() {
        assert_eq!("v3.18".parse::<Release>().unwrap().to_string(), "3.18.0");
        assert_eq!("4.8.3-rc.1".parse::<Release>().unwrap(), Release(4, 8, 3));
        assert!("3".parse::<Release>().unwrap_err().to_string().contains("a line of releases"));
        assert!("0.74.3".parse::<Release>().is_err() && "latest".parse::<Release>().is_err());
    }
}
