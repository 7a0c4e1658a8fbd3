//! Bytes of a DNS message to facts and back. The codec is hickory's; what is ours is to lose nothing that an admin may need.

use hickory_proto::op::{Edns, Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use crate::dns::record::{Kind, Outcome, Question, Reply, Rr, RrData, Soa, Text, Transport};

/// The UDP payload size that fedctl announces, in bytes: the value of DNS Flag Day 2020, which avoids fragments.
pub const PAYLOAD: u16 = 1232;

/// What to put into a query besides the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags {
    /// RD: ask a resolver to find the answer elsewhere.
    pub recurse: bool,
    /// CD: ask a validating resolver to answer even what it holds for forged.
    pub unchecked: bool,
    /// Send an EDNS record.
    pub edns: bool,
}

impl Flags {
    pub const RESOLVER: Flags = Flags { recurse: true, unchecked: false, edns: true };
    pub const AUTHORITY: Flags = Flags { recurse: false, unchecked: false, edns: true };
}

/// Encodes one question under a random identifier.
pub fn query(question: &Question, flags: Flags) -> Result<(u16, Vec<u8>), String> {
    let mut name = Name::from_ascii(&question.name).map_err(|error| format!("the name cannot be asked: {error}"))?;
    name.set_fqdn(true);
    let mut message = Message::query();
    message.metadata.id = rand::random();
    message.metadata.recursion_desired = flags.recurse;
    message.metadata.checking_disabled = flags.unchecked;
    message.add_query(Query::query(name, record_type(question.kind)));
    if flags.edns {
        let mut edns = Edns::new();
        edns.set_max_payload(PAYLOAD);
        message.set_edns(edns);
    }
    let bytes = message.to_vec().map_err(|error| format!("the question cannot be written: {error}"))?;
    Ok((message.metadata.id, bytes))
}

/// True when the bytes carry this identifier and are a response.
pub fn answers(bytes: &[u8], id: u16) -> bool {
    bytes.len() >= 3 && u16::from_be_bytes([bytes[0], bytes[1]]) == id && bytes[2] & 0x80 != 0
}

/// True when TC is set: the answer did not fit.
pub fn is_truncated(bytes: &[u8]) -> bool {
    bytes.get(2).is_some_and(|flags| flags & 0x02 != 0)
}

/// Decodes an answer to `question`; what cannot be read becomes [`Outcome::Malformed`].
pub fn reply(bytes: &[u8], question: &Question, transport: Transport) -> Reply {
    let mut reply = Reply::bare(Outcome::Timeout, transport);
    reply.size = bytes.len();
    match Message::from_vec(bytes) {
        Ok(message) => read_message(&message, question, &mut reply),
        Err(error) => reply.outcome = Outcome::Malformed(error.to_string()),
    }
    reply
}

fn read_message(message: &Message, question: &Question, reply: &mut Reply) {
    let asked = message.queries.first().map(|query| Question::new(query.name().to_ascii(), question.kind));
    // Some servers leave the question out of an error.
    if asked.is_some_and(|asked| asked.name != question.name) {
        reply.outcome = Outcome::Malformed("the answer is to another question".into());
        return;
    }
    reply.authoritative = message.metadata.authoritative;
    reply.recursion = message.metadata.recursion_available;
    reply.authenticated = message.metadata.authentic_data;
    reply.edns = message.edns.as_ref().map(Edns::max_payload);
    let answers: Vec<Rr> = message.answers.iter().map(rr).collect();
    let (aliases, records): (Vec<Rr>, Vec<Rr>) =
        answers.into_iter().partition(|rr| matches!(rr.data, RrData::Cname(_)) && question.kind != Kind::Cname);
    let records: Vec<Rr> = records.into_iter().filter(|rr| kind_of(&rr.data) == Some(question.kind)).collect();
    reply.aliases = aliases;
    reply.authority = message.authorities.iter().map(rr).collect();
    reply.additional = message.additionals.iter().map(rr).collect();
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

fn data(data: &RData) -> RrData {
    match data {
        RData::SRV(srv) => {
            RrData::Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target: plain(&srv.target) }
        }
        RData::TXT(txt) => RrData::Txt(txt.txt_data.iter().map(|string| Text(string.to_vec())).collect()),
        RData::A(a) => RrData::A(a.0),
        RData::AAAA(aaaa) => RrData::Aaaa(aaaa.0),
        RData::NS(ns) => RrData::Ns(plain(&ns.0)),
        RData::CNAME(cname) => RrData::Cname(plain(&cname.0)),
        RData::MX(mx) => RrData::Mx { preference: mx.preference, exchange: plain(&mx.exchange) },
        RData::SOA(soa) => RrData::Soa(Soa {
            mname: plain(&soa.mname),
            rname: plain(&soa.rname),
            serial: soa.serial,
            refresh: soa.refresh,
            retry: soa.retry,
            expire: soa.expire,
            minimum: soa.minimum,
        }),
        other => RrData::Other(other.record_type().to_string()),
    }
}

fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_owned()
}

fn kind_of(data: &RrData) -> Option<Kind> {
    Some(match data {
        RrData::Srv { .. } => Kind::Srv,
        RrData::Txt(_) => Kind::Txt,
        RrData::A(_) => Kind::A,
        RrData::Aaaa(_) => Kind::Aaaa,
        RrData::Ns(_) => Kind::Ns,
        RrData::Cname(_) => Kind::Cname,
        RrData::Mx { .. } => Kind::Mx,
        RrData::Soa(_) => Kind::Soa,
        RrData::Other(_) => return None,
    })
}

pub fn record_type(kind: Kind) -> RecordType {
    match kind {
        Kind::A => RecordType::A,
        Kind::Aaaa => RecordType::AAAA,
        Kind::Cname => RecordType::CNAME,
        Kind::Mx => RecordType::MX,
        Kind::Ns => RecordType::NS,
        Kind::Soa => RecordType::SOA,
        Kind::Srv => RecordType::SRV,
        Kind::Txt => RecordType::TXT,
    }
}
