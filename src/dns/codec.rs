//! Bytes of a DNS message to facts and back. The codec is hickory's; what is ours is to lose nothing that an admin may need.

use hickory_proto::ProtoError;
use hickory_proto::op::{Edns, Message, Query as WireQuery, ResponseCode};
use hickory_proto::rr::{Name, RData as WireData, Record, RecordType as WireType};

use crate::dns::record::{CharacterString, Outcome, Query, RData, RecordType, Response, Rr, Soa, Transport};

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

/// Encodes one question under a random identifier. A name that no message can carry is [`Outcome::Malformed`].
pub fn query(question: &Query, flags: Flags) -> Result<Vec<u8>, Outcome> {
    let refuse = |what: &str, error: ProtoError| Outcome::Malformed(format!("{what}: {error}"));
    let mut name = Name::from_ascii(&question.name).map_err(|error| refuse("the name cannot be queried", error))?;
    name.set_fqdn(true);
    let mut message = Message::query();
    message.metadata.id = rand::random();
    message.metadata.recursion_desired = flags.recurse;
    message.metadata.checking_disabled = flags.unchecked;
    message.add_query(WireQuery::query(name, record_type(question.kind)));
    if flags.edns {
        message.set_edns(edns());
    }
    message.to_vec().map_err(|error| refuse("the question cannot be written", error))
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

/// Decodes an answer to `question`; what cannot be read becomes [`Outcome::Malformed`].
pub fn reply(bytes: &[u8], question: &Query, transport: Transport) -> Response {
    let mut reply = Response::bare(Outcome::Timeout, transport);
    reply.size = bytes.len();
    match Message::from_vec(bytes) {
        Ok(message) => read_message(&message, question, &mut reply),
        Err(error) => reply.outcome = Outcome::Malformed(error.to_string()),
    }
    reply
}

fn read_message(message: &Message, question: &Query, reply: &mut Response) {
    let asked = message.queries.first().map(|query| Query::new(query.name().to_ascii(), question.kind));
    // Some servers leave the question out of an error.
    if asked.is_some_and(|asked| asked.name != question.name) {
        reply.outcome = Outcome::Malformed("the answer is to another question".into());
        return;
    }
    reply.authoritative = message.metadata.authoritative;
    reply.recursion = message.metadata.recursion_available;
    reply.authenticated = message.metadata.authentic_data;
    reply.edns = message.edns.as_ref().map(Edns::max_payload);
    let answers: Vec<Rr> = message.answers.iter().take(KEPT).map(rr).collect();
    reply.omitted = message.answers.len().saturating_sub(KEPT);
    let (aliases, records): (Vec<Rr>, Vec<Rr>) =
        answers.into_iter().partition(|rr| matches!(rr.data, RData::Cname(_)) && question.kind != RecordType::Cname);
    let records: Vec<Rr> = records.into_iter().filter(|rr| rr.data.kind() == Some(question.kind)).collect();
    reply.aliases = aliases;
    reply.authority = message.authorities.iter().take(KEPT).map(rr).collect();
    reply.additional = message.additionals.iter().take(KEPT).map(rr).collect();
    // RFC 2308 section 2.1: a dangling CNAME is NXDOMAIN with a filled answer section, so the code comes first.
    reply.outcome = match message.metadata.response_code {
        ResponseCode::NoError if records.is_empty() => Outcome::NoData,
        ResponseCode::NoError => Outcome::Found(records),
        ResponseCode::NXDomain => Outcome::NxDomain,
        ResponseCode::ServFail => Outcome::ServFail,
        ResponseCode::Refused => Outcome::Refused,
        other => Outcome::OtherRcode(other.into()),
    };
}

fn rr(record: &Record) -> Rr {
    Rr { name: plain(&record.name), ttl: record.ttl, data: data(&record.data) }
}

fn data(data: &WireData) -> RData {
    match data {
        WireData::SRV(srv) => {
            RData::Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target: plain(&srv.target) }
        }
        WireData::TXT(txt) => RData::Txt(txt.txt_data.iter().map(|string| CharacterString(string.to_vec())).collect()),
        WireData::A(a) => RData::A(a.0),
        WireData::AAAA(aaaa) => RData::Aaaa(aaaa.0),
        WireData::NS(ns) => RData::Ns(plain(&ns.0)),
        WireData::CNAME(cname) => RData::Cname(plain(&cname.0)),
        WireData::MX(mx) => RData::Mx { preference: mx.preference, exchange: plain(&mx.exchange) },
        WireData::SOA(soa) => RData::Soa(Soa {
            mname: plain(&soa.mname),
            rname: plain(&soa.rname),
            serial: soa.serial,
            refresh: soa.refresh,
            retry: soa.retry,
            expire: soa.expire,
            minimum: soa.minimum,
        }),
        other => RData::Other(other.record_type().to_string()),
    }
}

fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_owned()
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
