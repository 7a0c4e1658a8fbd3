//! What the name server does wrong on request.

use std::str::FromStr;
use std::time::Duration;

use hickory_proto::op::Query;

use crate::error::Hinted;
use crate::range::Times;

/// One fault, for all questions or for one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// Lower case, without the final dot; `*.NAME` is NAME and all below it, `None` every name.
    pub name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    NxDomain,
    ServFail,
    Refused,
    /// No answer at all.
    Silence,
    /// Every UDP answer is cut; TCP answers in full.
    Truncate,
    /// The zone as it was before the federation records, serial one lower.
    Stale,
    /// An answer that cannot be read.
    Garbage,
    Delay(Duration),
}

/// The names of the faults; a time goes behind the last.
pub const NAMES: [&str; 8] = ["nxdomain", "servfail", "refused", "silence", "truncate", "stale", "garbage", "delay="];

impl Fault {
    /// True when the fault concerns this question.
    pub fn strikes(&self, query: &Query) -> bool {
        let asked = query.name().to_ascii().trim_end_matches('.').to_ascii_lowercase();
        let fits = |name: &String| match name.strip_prefix("*.") {
            Some(above) => asked == above || asked.strip_suffix(above).is_some_and(|rest| rest.ends_with('.')),
            None => asked == *name,
        };
        self.name.as_ref().is_none_or(fits)
    }
}

/// How long an answer can be held back.
const DELAY: Times = Times::new(Duration::ZERO, Duration::from_secs(60));

impl FromStr for Fault {
    type Err = Hinted;

    /// `KIND`, `KIND@NAME` or `delay=MILLISECONDS`.
    fn from_str(text: &str) -> Result<Self, Hinted> {
        let (kind, name) = match text.split_once('@') {
            Some((kind, name)) => (kind, Some(name.trim_end_matches('.').to_ascii_lowercase())),
            None => (text, None),
        };
        let kind = match kind {
            "nxdomain" => FaultKind::NxDomain,
            "servfail" => FaultKind::ServFail,
            "refused" => FaultKind::Refused,
            "silence" => FaultKind::Silence,
            "truncate" => FaultKind::Truncate,
            "stale" => FaultKind::Stale,
            "garbage" => FaultKind::Garbage,
            _ => match kind.strip_prefix("delay=") {
                // A bare number is one of milliseconds.
                Some(time) if time.bytes().all(|byte| byte.is_ascii_digit()) => {
                    FaultKind::Delay(DELAY.read(&format!("{time}ms"))?)
                }
                Some(time) => FaultKind::Delay(DELAY.read(time)?),
                None => {
                    return Err(Hinted::new(
                        format!("`{text}` is not a fault"),
                        "use nxdomain, servfail, refused, silence, truncate, stale, garbage or delay=50ms, each with @NAME for one name",
                    ));
                }
            },
        };
        Ok(Self { kind, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read() {
        for name in NAMES {
            let time = if name.ends_with('=') { "50ms" } else { "" };
            assert!(format!("{name}{time}").parse::<Fault>().is_ok(), "{name}");
        }
    }

    #[test]
    fn a_fault_is_read() {
        let fault: Fault = "servfail@Rocketchat-Public-Key.mydomain.com.".parse().unwrap();
        assert_eq!(fault.name.as_deref(), Some("rocketchat-public-key.mydomain.com"));
        assert_eq!("delay=50ms".parse::<Fault>().unwrap().kind, FaultKind::Delay(Duration::from_millis(50)));
        assert_eq!("delay=50".parse::<Fault>().unwrap().kind, FaultKind::Delay(Duration::from_millis(50)));
        assert!("delay=18446744073709551615".parse::<Fault>().unwrap_err().hint.contains("0h to 1m"));
        assert!("delay".parse::<Fault>().is_err() && "nx".parse::<Fault>().is_err());
    }
}
