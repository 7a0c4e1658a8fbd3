//! What is known about a provider: how it wants values written, what it cannot hold, and how we know.

use std::fmt;

use super::Place;
use crate::dns::record::STRING_MAX;
use crate::dns::record::{RData, Rr};

/// The rules of one form.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// How one TXT value is written, in a few words.
    pub txt: &'static str,
    /// How owner names are written.
    pub owner: &'static str,
    /// How the target of an SRV record is written.
    pub target: &'static str,
    /// How a TTL is written.
    pub ttl: &'static str,
    /// What it cannot hold.
    pub limits: &'static [Limit],
    pub proof: Proof,
    /// Where this is written down, or the program that was run.
    pub source: &'static str,
}

/// How a fact came to be known; dates as YYYY-MM-DD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The real program was run, and is run again by the tests.
    Ran(&'static str),
    /// Somebody has read the provider's documentation, source or schema.
    Read(&'static str),
    /// General knowledge only.
    Unverified,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ran(date) => write!(f, "run {date}"),
            Self::Read(date) => write!(f, "read {date}"),
            Self::Unverified => f.pad("unverified"),
        }
    }
}

/// Something that a provider counts and caps.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub measure: Measure,
    pub max: usize,
    pub proof: Proof,
    pub source: &'static str,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Bytes of a TXT value.
    Txt,
    /// Characters of a TXT value with its quotes, and the blanks between its strings.
    QuotedTxt,
    /// Characters of the relative owner name of a TXT record.
    TxtOwner,
    /// Characters of an SRV target.
    SrvTarget,
    /// Seconds of a TTL.
    Ttl,
    /// Seconds of a TTL, which may not be less.
    TtlLeast,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Txt => "bytes of a TXT value, at most",
            Self::QuotedTxt => "characters of a TXT value with its quotes, at most",
            Self::TxtOwner => "characters of a TXT name, at most",
            Self::SrvTarget => "characters of an SRV target, at most",
            Self::Ttl => "seconds of a TTL, at most",
            Self::TtlLeast => "seconds of a TTL, at least",
        })
    }
}

impl Limit {
    /// What to say when one of the records passes the limit: the numbers, and the way out.
    pub fn exceeded(&self, records: &[Rr], place: &Place, title: &str) -> Vec<String> {
        let description = records.iter().filter_map(|rr| {
            let (what, count, out) = self.measured(rr, place)?;
            let (passed, bound) = match self.measure {
                Measure::TtlLeast => (count < self.max, "at least"),
                _ => (count > self.max, "at most"),
            };
            passed.then(|| {
                format!(
                    "{title} takes {bound} {} here ({}), and the {what} of `{}` is {count}: {out}",
                    self.max, self.source, rr.name
                )
            })
        });
        description.collect()
    }

    /// What is counted, how many there are, and the way out.
    fn measured(&self, rr: &Rr, place: &Place) -> Option<(&'static str, usize, &'static str)> {
        let value = rr.data.joined();
        Some(match (self.measure, value, &rr.data) {
            (Measure::Txt, Some(value), _) => ("value", value.len(), way_out(&value)),
            (Measure::QuotedTxt, Some(value), _) => {
                let strings = value.len().div_ceil(STRING_MAX).max(1);
                ("value with its quotes", value.len() + 3 * strings - 1, way_out(&value))
            }
            (Measure::TxtOwner, Some(_), _) => {
                let owner = rr.name.strip_suffix(place.zone.as_str()).unwrap_or(&rr.name).trim_end_matches('.');
                ("name", owner.len(), "use another DNS provider for this zone, or a shorter domain")
            }
            (Measure::SrvTarget, _, RData::Srv { target, .. }) => {
                let out = "give the server a shorter host name (an address record, not a CNAME), or move the zone";
                ("target", target.len(), out)
            }
            (Measure::Ttl, ..) => ("TTL", rr.ttl as usize, "give a smaller --ttl"),
            (Measure::TtlLeast, ..) => ("TTL", rr.ttl as usize, "give a greater --ttl"),
            _ => return None,
        })
    }
}

fn way_out(value: &[u8]) -> &'static str {
    if value.len() > 450 {
        "use a 2048-bit key (`fedctl keygen`), or make the name a CNAME to a zone hosted elsewhere"
    } else {
        "make the name a CNAME to a zone hosted elsewhere"
    }
}

impl Place<'_> {
    /// The absolute name, lower case and without its final dot, of a name that a form gives relative to the zone.
    pub fn relative(&self, name: &str) -> String {
        let name = name.trim().to_ascii_lowercase();
        match name.strip_suffix('.') {
            Some(absolute) => absolute.to_owned(),
            None if name.is_empty() || name == "@" => self.zone.to_string(),
            None => format!("{name}.{}", self.zone),
        }
    }

    /// The absolute name of a name that a form gives in full, with or without its final dot.
    pub fn full(&self, name: &str) -> String {
        let name = name.trim().to_ascii_lowercase();
        name.strip_suffix('.').unwrap_or(&name).to_owned()
    }
}
