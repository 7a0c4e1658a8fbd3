//! Bytes of a DNS message to facts and back. What is usual is read and written directly, and all else is hickory's, which decides what
//! is an error: a list of domains has 50 messages for each of them.

mod any;
mod usual;

use hickory_proto::ProtoError;
use hickory_proto::op::{Edns, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RecordType as WireType};
use hickory_proto::serialize::binary::BinEncodable;

use crate::dns::record::{Outcome, Query, RecordType, Response, Rr, Transport};

/// The UDP payload size that fedctl announces, in bytes: the value of DNS Flag Day 2020, which avoids fragments.
pub const PAYLOAD: u16 = 1232;

/// What to put into a query besides the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flags {
    /// RD: ask a resolver to find the answer elsewhere.
    pub recurse: bool,
    /// CD: ask a validating resolver to answer even what it holds for forged.
    pub unchecked: bool,
    /// Send an EDNS record.
    pub edns: bool,
}

/// Records of one section of an answer that are kept. No domain needs more, and a zone may send thousands.
const KEPT: usize = 100;

impl Flags {
    pub const RESOLVER: Flags = Flags { recurse: true, unchecked: false, edns: true };
    pub const AUTHORITY: Flags = Flags { recurse: false, unchecked: false, edns: true };
}

/// Bytes before the question (RFC 1035 section 4.1.1).
pub const HEADER: usize = 12;
/// Bytes of a name as text without the final dot (RFC 1035 section 2.3.4: 255 in a message, with the lengths of its labels).
const NAME_MAX: usize = 253;
/// The EDNS record of a query (RFC 6891 section 6.1.2): the root as the owner, the type, the size instead of the class, no flags instead
/// of the TTL, no options.
const OPT: [u8; 11] = {
    let [high, low] = PAYLOAD.to_be_bytes();
    [0, 0, 41, high, low, 0, 0, 0, 0, 0, 0]
};

/// Encodes one question under a random identifier. A name that no message can carry is [`Outcome::Malformed`].
pub fn query(question: &Query, flags: Flags) -> Result<Vec<u8>, Outcome> {
    let mut bytes = Vec::with_capacity(HEADER + question.name.len() + 6 + OPT.len());
    bytes.extend(rand::random::<[u8; 2]>());
    // RFC 1035 section 4.1.1 for RD, RFC 4035 section 3.2.2 for CD.
    bytes.extend([u8::from(flags.recurse), u8::from(flags.unchecked) << 4]);
    bytes.extend([0, 1, 0, 0, 0, 0, 0, u8::from(flags.edns)]);
    write_name(&question.name, &mut bytes)?;
    bytes.extend(u16::from(record_type(question.kind)).to_be_bytes());
    bytes.extend(u16::from(DNSClass::IN).to_be_bytes());
    if flags.edns {
        bytes.extend(OPT);
    }
    Ok(bytes)
}

/// The same query without EDNS; `None` when it has none.
pub fn without_edns(query: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = query.strip_suffix(&OPT)?.to_vec();
    bytes.get_mut(10..HEADER)?.fill(0);
    Some(bytes)
}

/// The name as labels, each behind its length (RFC 1035 section 3.1). Those with other characters than host names have are hickory's.
fn write_name(name: &str, bytes: &mut Vec<u8>) -> Result<(), Outcome> {
    if name.len() <= NAME_MAX && name.split('.').all(|label| is_usual(label.as_bytes())) {
        for label in name.split('.') {
            bytes.push(label.len() as u8);
            bytes.extend(label.as_bytes());
        }
        bytes.push(0);
        return Ok(());
    }
    let refuse = |error: ProtoError| Outcome::Malformed(format!("the name cannot be queried: {error}"));
    let mut name = Name::from_ascii(name).map_err(refuse)?;
    name.set_fqdn(true);
    bytes.extend(name.to_bytes().map_err(refuse)?);
    Ok(())
}

/// True for a label whose text has no escapes.
fn is_usual(label: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=63).contains(&label.len()) && label[0] != b'-' && label.iter().all(is_plain)
}

/// The EDNS record of every message that fedctl sends.
pub fn edns() -> Edns {
    let mut edns = Edns::new();
    edns.set_max_payload(PAYLOAD);
    edns
}

/// True when the bytes are a response with the identifier of this query.
pub fn answers(bytes: &[u8], query: &[u8]) -> bool {
    let id = query.first_chunk::<2>();
    id.is_some() && bytes.first_chunk() == id && bytes.get(2).is_some_and(|flags| flags & 0x80 != 0)
}

/// True when TC is set: the answer did not fit.
pub fn is_truncated(bytes: &[u8]) -> bool {
    bytes.get(2).is_some_and(|flags| flags & 0x02 != 0)
}

/// What a message says.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    /// The name of the question; some servers leave it out of an error.
    asked: Option<String>,
    authoritative: bool,
    recursion: bool,
    authenticated: bool,
    code: ResponseCode,
    /// The UDP payload size of the EDNS record, in bytes.
    edns: Option<u16>,
    /// The first [`KEPT`] of each section.
    answers: Vec<Rr>,
    authority: Vec<Rr>,
    additional: Vec<Rr>,
    /// Answers beyond those.
    omitted: usize,
}

/// Decodes an answer to `question`; what cannot be read becomes [`Outcome::Malformed`].
pub fn reply(bytes: &[u8], question: &Query, transport: Transport) -> Response {
    let mut reply = Response::bare(Outcome::Timeout, transport);
    reply.size = bytes.len();
    match usual::read(bytes).map_or_else(|| any::read(bytes), Ok) {
        Ok(parts) => fill(parts, question, &mut reply),
        Err(error) => reply.outcome = Outcome::Malformed(error.to_string()),
    }
    reply
}

fn fill(parts: Parts, question: &Query, reply: &mut Response) {
    if parts.asked.is_some_and(|asked| !asked.eq_ignore_ascii_case(&question.name)) {
        reply.outcome = Outcome::Malformed("the answer is to another question".into());
        return;
    }
    reply.authoritative = parts.authoritative;
    reply.recursion = parts.recursion;
    reply.authenticated = parts.authenticated;
    reply.edns = parts.edns;
    let mut records = Vec::with_capacity(parts.answers.len());
    for rr in parts.answers {
        match rr.data.kind() {
            Some(kind) if kind == question.kind => records.push(rr),
            Some(RecordType::Cname) => reply.aliases.push(rr),
            _ => {}
        }
    }
    reply.omitted = parts.omitted;
    reply.authority = parts.authority;
    reply.additional = parts.additional;
    // RFC 2308 section 2.1: a dangling CNAME is NXDOMAIN with a filled answer section, so the code comes first.
    reply.outcome = match parts.code {
        ResponseCode::NoError if records.is_empty() => Outcome::NoData,
        ResponseCode::NoError => Outcome::Found(records),
        ResponseCode::NXDomain => Outcome::NxDomain,
        ResponseCode::ServFail => Outcome::ServFail,
        ResponseCode::Refused => Outcome::Refused,
        other => Outcome::OtherRcode(other.into()),
    };
}

pub fn record_type(kind: RecordType) -> WireType {
    match kind {
        RecordType::A => WireType::A,
        RecordType::Aaaa => WireType::AAAA,
        RecordType::Cname => WireType::CNAME,
        RecordType::Mx => WireType::MX,
        RecordType::Ns => WireType::NS,
        RecordType::Soa => WireType::SOA,
        RecordType::Srv => WireType::SRV,
        RecordType::Txt => WireType::TXT,
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{Message, MessageType};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// hickory reads what was written.
        #[test]
        fn any_question_can_be_read(
            labels in proptest::collection::vec("[a-z0-9_][a-z0-9_-]{0,20}|[*]", 0..6),
            (recurse, unchecked, edns) in any::<(bool, bool, bool)>(),
        ) {
            let labels: Vec<&[u8]> = labels.iter().map(|label| label.as_bytes()).collect();
            let name = Name::from_labels(labels).unwrap();
            let question = Query::new(name.to_ascii(), RecordType::Srv);
            let bytes = query(&question, Flags { recurse, unchecked, edns }).unwrap();
            let message = Message::from_vec(&bytes).unwrap();
            let head = &message.metadata;
            prop_assert_eq!(head.message_type, MessageType::Query);
            prop_assert_eq!((head.recursion_desired, head.checking_disabled), (recurse, unchecked));
            prop_assert_eq!(message.edns.as_ref().map(Edns::max_payload), edns.then_some(PAYLOAD));
            prop_assert!(head.response_code == ResponseCode::NoError && !head.authentic_data && !head.truncation);
            let [asked] = &message.queries[..] else { panic!("{message}") };
            prop_assert_eq!(asked.name().to_lowercase(), name.to_lowercase());
            prop_assert_eq!((asked.query_type(), asked.query_class()), (WireType::SRV, DNSClass::IN));
            let plain = query(&question, Flags { recurse, unchecked, edns: false }).unwrap();
            prop_assert_eq!(without_edns(&bytes).map(|bytes| bytes[2..].to_vec()), edns.then(|| plain[2..].to_vec()));
            prop_assert!(message.answers.is_empty() && message.authorities.is_empty() && message.additionals.is_empty());
        }
    }

    #[test]
    fn a_name_that_no_message_can_carry_is_refused() {
        for name in ["a".repeat(64) + ".example", ["abc"; 64].join("."), "a..example".into(), "a b.example".into()] {
            let refused = query(&Query { name, kind: RecordType::A }, Flags::AUTHORITY);
            assert!(matches!(refused, Err(Outcome::Malformed(_))), "{refused:?}");
        }
    }
}
