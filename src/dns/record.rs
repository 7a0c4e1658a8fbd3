//! One answer of one name server, as plain values. A network that fails is an observation like any other.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::count::counted;

/// The record types that fedctl asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    A,
    Aaaa,
    Cname,
    Mx,
    Ns,
    Soa,
    Srv,
    Txt,
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Mx => "MX",
            Self::Ns => "NS",
            Self::Soa => "SOA",
            Self::Srv => "SRV",
            Self::Txt => "TXT",
        })
    }
}

/// One name and type. Names are lower case, absolute, without the final dot; the root is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Query {
    pub name: String,
    pub kind: RecordType,
}

impl Query {
    /// Lower-cases and drops a final dot.
    pub fn new(name: impl Into<String>, kind: RecordType) -> Self {
        let mut name = name.into();
        name.truncate(name.trim_end_matches('.').len());
        name.make_ascii_lowercase();
        Self { name, kind }
    }
}

/// A character-string of a TXT record (RFC 1035 section 3.3), at most 255 bytes, any bytes. Its text form escapes as zone files
/// do: `\"`, `\\` and `\DDD`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CharacterString(pub Vec<u8>);

impl fmt::Display for CharacterString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| match byte {
            b'"' | b'\\' => write!(f, "\\{}", *byte as char),
            b' '..=b'~' => write!(f, "{}", *byte as char),
            other => write!(f, "\\{other:03}"),
        })
    }
}

impl fmt::Debug for CharacterString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl From<CharacterString> for String {
    fn from(text: CharacterString) -> Self {
        text.to_string()
    }
}

impl TryFrom<String> for CharacterString {
    type Error = EscapeError;
    fn try_from(text: String) -> Result<Self, EscapeError> {
        unescape(text.as_bytes()).map(Self)
    }
}

/// RFC 1035 section 3.3: a character-string holds so many bytes.
pub const STRING_MAX: usize = 255;

/// Why the escapes of a character-string cannot be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    #[error("`\\{0}` is above 255")]
    AboveByte(u16),
    #[error("a backslash is at the end")]
    AtEnd,
}

/// Undoes the escapes of a zone file's character-string (RFC 1035 section 5.1).
pub fn unescape(text: &[u8]) -> Result<Vec<u8>, EscapeError> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((&byte, tail)) = rest.split_first() {
        if byte != b'\\' {
            out.push(byte);
            rest = tail;
            continue;
        }
        match tail {
            [a, b, c, after @ ..] if [a, b, c].iter().all(|digit| digit.is_ascii_digit()) => {
                let value = [a, b, c].iter().fold(0u16, |value, digit| value * 10 + u16::from(**digit - b'0'));
                out.push(u8::try_from(value).map_err(|_| EscapeError::AboveByte(value))?);
                rest = after;
            }
            [escaped, after @ ..] => {
                out.push(*escaped);
                rest = after;
            }
            [] => return Err(EscapeError::AtEnd),
        }
    }
    Ok(out)
}

/// A resource record as it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rr {
    pub name: String,
    /// Seconds.
    pub ttl: u32,
    pub data: RData,
}

/// Record data; names as in [`Query`], in the case in which they came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RData {
    Srv {
        priority: u16,
        weight: u16,
        port: u16,
        target: String,
    },
    Txt(Vec<CharacterString>),
    A(std::net::Ipv4Addr),
    Aaaa(std::net::Ipv6Addr),
    Ns(String),
    Cname(String),
    Mx {
        preference: u16,
        exchange: String,
    },
    Soa(Soa),
    /// A type that fedctl does not read.
    Other(String),
}

/// The start of authority (RFC 1035 section 3.3.13); times in seconds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Soa {
    pub mname: String,
    pub rname: String,
    pub serial: u32,
    pub refresh: i32,
    pub retry: i32,
    pub expire: i32,
    pub minimum: u32,
}

/// True when serial `a` is newer than `b`; of two that are half the range apart neither is (RFC 1982 section 3.2).
pub fn is_newer(a: u32, b: u32) -> bool {
    a != b && a.wrapping_sub(b) < 1 << 31
}

impl RData {
    /// The type; `None` for one that fedctl does not read.
    pub fn kind(&self) -> Option<RecordType> {
        Some(match self {
            Self::Srv { .. } => RecordType::Srv,
            Self::Txt(_) => RecordType::Txt,
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Ns(_) => RecordType::Ns,
            Self::Cname(_) => RecordType::Cname,
            Self::Mx { .. } => RecordType::Mx,
            Self::Soa(_) => RecordType::Soa,
            Self::Other(_) => return None,
        })
    }

    /// The joined strings of a TXT record, as servers read it.
    pub fn joined(&self) -> Option<Vec<u8>> {
        match self {
            Self::Txt(strings) => Some(strings.iter().map(|string| string.0.as_slice()).collect::<Vec<_>>().concat()),
            _ => None,
        }
    }
}

/// What became of one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Records of the asked type, in the order of the answer, at the end of any CNAME chain.
    Found(Vec<Rr>),
    NoData,
    NxDomain,
    ServFail,
    Refused,
    OtherRcode(u16),
    Timeout,
    /// This machine has no route to the address, or no address of that family: nothing is known about the server.
    NoRoute,
    /// A resolver that was queried with recursion gave neither records nor a reason.
    NoRecursion,
    /// The system's reason.
    Unreachable(String),
    /// What could not be read.
    Malformed(String),
}

impl Outcome {
    /// The records, none unless found.
    pub fn records(&self) -> &[Rr] {
        match self {
            Self::Found(records) => records,
            _ => &[],
        }
    }

    /// True when the question was answered, be it with "there is none".
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Found(_) | Self::NoData | Self::NxDomain)
    }

    /// True when the name or the type does not exist.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::NoData | Self::NxDomain)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(records) => f.pad(&counted(records.len(), "record")),
            Self::NoData => f.pad("NODATA"),
            Self::NxDomain => f.pad("NXDOMAIN"),
            Self::ServFail => f.pad("SERVFAIL"),
            Self::Refused => f.pad("REFUSED"),
            Self::OtherRcode(1) => f.pad("FORMERR"),
            Self::OtherRcode(4) => f.pad("NOTIMP"),
            Self::OtherRcode(code) => f.pad(&format!("RCODE {code}")),
            Self::Timeout => f.pad("timeout"),
            Self::NoRoute => f.pad("no route from this machine"),
            Self::NoRecursion => f.pad("it does not recurse"),
            Self::Unreachable(why) => f.pad(&format!("unreachable ({why})")),
            Self::Malformed(why) => f.pad(&format!("malformed ({why})")),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    Udp,
    Tcp,
}

/// What a server did with queries that carry an EDNS record, when it answered the same query without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EdnsFault {
    /// No answer came.
    Dropped,
    FormErr,
    NotImp,
}

impl fmt::Display for EdnsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dropped => "no response",
            Self::FormErr => "FORMERR",
            Self::NotImp => "NOTIMP",
        })
    }
}

/// One answer of one server, with what stood around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    pub outcome: Outcome,
    /// The transport that the outcome came by.
    pub transport: Transport,
    /// The UDP answer was cut and the question was queried again over TCP.
    pub truncated: bool,
    /// AA: the server speaks for the zone.
    pub authoritative: bool,
    /// RA: the server offers recursion.
    pub recursion: bool,
    /// AD: the resolver validated the answer.
    pub authenticated: bool,
    /// The UDP payload size that the server announced (RFC 6891 section 6.2.3); `None` without EDNS.
    pub edns: Option<u16>,
    /// What the server did with the query as it was sent first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edns_fault: Option<EdnsFault>,
    /// Bytes of the answer.
    pub size: usize,
    /// CNAME records on the way to the records.
    pub aliases: Vec<Rr>,
    /// NS and SOA of the authority section.
    pub authority: Vec<Rr>,
    /// Addresses of the additional section.
    pub additional: Vec<Rr>,
    /// Records of the answer that were not kept.
    #[serde(default)]
    pub omitted: usize,
    /// Milliseconds.
    pub elapsed: u32,
}

impl Response {
    /// An outcome that came without any message.
    pub fn bare(outcome: Outcome, transport: Transport) -> Self {
        Self {
            outcome,
            transport,
            truncated: false,
            authoritative: false,
            recursion: false,
            authenticated: false,
            edns: None,
            edns_fault: None,
            size: 0,
            aliases: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
            omitted: 0,
            elapsed: 0,
        }
    }

    /// True when the server only names the servers of another zone (RFC 1034 section 4.3.2 step 3b).
    pub fn is_referral(&self) -> bool {
        let has = |is: fn(&RData) -> bool| self.authority.iter().any(|rr| is(&rr.data));
        self.outcome == Outcome::NoData
            && self.aliases.is_empty()
            && has(|data| matches!(data, RData::Ns(_)))
            && !has(|data| matches!(data, RData::Soa(_)))
    }

    /// True when the server speaks for the zone: it has answered with authority, and not with a delegation.
    pub fn speaks(&self) -> bool {
        self.authoritative && self.outcome.is_answer() && !self.is_referral()
    }

    /// The negative TTL in seconds: the lesser of the SOA's TTL and its minimum (RFC 2308 section 5).
    pub fn negative_ttl(&self) -> Option<u32> {
        self.authority.iter().find_map(|rr| match &rr.data {
            RData::Soa(soa) => Some(rr.ttl.min(soa.minimum)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_go_through_text_and_back(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let text = CharacterString(bytes.clone());
            prop_assert_eq!(unescape(text.to_string().as_bytes()).unwrap(), bytes);
        }
    }

    #[test]
    fn serials_compare_around_the_end_of_their_range() {
        assert!(is_newer(7, 6) && !is_newer(6, 7) && !is_newer(7, 7));
        assert!(is_newer(3, u32::MAX - 2) && !is_newer(u32::MAX - 2, 3));
        assert!(!is_newer(1, 0x8000_0001) && !is_newer(0x8000_0001, 1));
    }

    #[test]
    fn an_escape_above_255_or_at_the_end_is_refused() {
        assert!(unescape(br"\256").is_err() && unescape(br"a\").is_err());
        assert_eq!(unescape(br"\;\;").unwrap(), b";;");
    }
}
