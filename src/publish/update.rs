//! A dynamic update (RFC 2136), signed with TSIG (RFC 8945): the message to send, and what the server's response means.

use hickory_proto::op::{Message, OpCode, Query as WireQuery, ResponseCode};
use hickory_proto::rr::rdata::{SRV, TXT};
use hickory_proto::rr::{DNSClass, Name, RData as WireData, Record, RecordType as WireType, TSigVerifier};

use super::tsig::Tsig;
use crate::dns::codec::record_type;
use crate::dns::name::Host;
use crate::dns::record::{Query, RData, RecordType, Rr};
use crate::rocketchat::change::Change;

/// The result of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Updated {
    Done,
    /// The records are no longer what they were when the plan was made; nothing was changed.
    Overtaken,
    /// The server's reason; nothing was changed.
    Rejected(String),
    /// No trustworthy response came: it may or may not have been done.
    Unknown(String),
}

/// Why an update cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    #[error("`{0}` cannot be written as a name: {1}")]
    Name(String, String),
    #[error("a record of another type than SRV and TXT is never updated")]
    Kind,
    #[error("the message cannot be signed or encoded: {0}")]
    Message(String),
}

/// An update that is ready to be sent over TCP.
pub struct Update {
    /// The message without the two bytes of its length.
    pub bytes: Vec<u8>,
    id: u16,
    key: String,
    verifier: Option<TSigVerifier>,
}

impl Update {
    /// Replaces the sets in one message, which the server does wholly or not at all. `time` is in seconds since 1970.
    pub fn new(zone: &Host, changes: &[Change], key: &Tsig, time: u64) -> Result<Self, Unwritable> {
        let mut message = message(zone, changes)?;
        let broken = |error: &dyn std::fmt::Display| Unwritable::Message(error.to_string());
        let verifier = message.finalize(key.signer(), time).map_err(|error| broken(&error))?;
        let bytes = message.to_vec().map_err(|error| broken(&error))?;
        Ok(Self { bytes, id: message.metadata.id, key: key.name.clone(), verifier })
    }

    /// What the server's response means.
    pub fn read(self, response: &[u8]) -> Updated {
        let signed = self.verifier.is_some_and(|mut verifier| verifier.verify(response).is_ok());
        let Ok(response) = Message::from_vec(response) else {
            return Updated::Unknown("the response is malformed".into());
        };
        if response.metadata.id != self.id {
            return Updated::Unknown("the response is to another message".into());
        }
        match response.metadata.response_code {
            ResponseCode::NoError if signed => Updated::Done,
            ResponseCode::NoError => Updated::Unknown("the response is not signed with the key".into()),
            ResponseCode::YXDomain | ResponseCode::YXRRSet | ResponseCode::NXRRSet | ResponseCode::NXDomain => {
                Updated::Overtaken
            }
            ResponseCode::NotAuth if !signed => {
                Updated::Rejected(format!("NOTAUTH: it has no TSIG key `{}` with this secret", self.key))
            }
            ResponseCode::Refused => {
                Updated::Rejected(format!("REFUSED: the TSIG key `{}` may not update this zone", self.key))
            }
            other => Updated::Rejected(other.to_string()),
        }
    }
}

/// RFC 2136 section 2: the zone, what must hold, and what to do.
fn message(zone: &Host, changes: &[Change]) -> Result<Message, Unwritable> {
    let mut message = Message::query();
    message.metadata.id = rand::random();
    message.metadata.op_code = OpCode::Update;
    message.metadata.recursion_desired = false;
    message.add_query(WireQuery::query(name(zone.as_str())?, WireType::SOA));
    for change in changes {
        for prerequisite in prerequisites(change)? {
            message.add_answer(prerequisite);
        }
        message.add_authority(empty(&change.question, change.question.kind, DNSClass::ANY)?);
        for rr in &change.after {
            message.add_authority(record(rr, rr.ttl)?);
        }
    }
    Ok(message)
}

/// RFC 2136 sections 2.4.2 and 2.4.3: the set is exactly as it was seen, and no alias stands at the name.
fn prerequisites(change: &Change) -> Result<Vec<Record>, Unwritable> {
    let mut records = vec![empty(&change.question, RecordType::Cname, DNSClass::NONE)?];
    if change.before.is_empty() {
        records.push(empty(&change.question, change.question.kind, DNSClass::NONE)?);
    }
    for rr in &change.before {
        records.push(record(rr, 0)?);
    }
    Ok(records)
}

fn empty(question: &Query, kind: RecordType, class: DNSClass) -> Result<Record, Unwritable> {
    let mut record = Record::update0(name(&question.name)?, 0, record_type(kind));
    record.dns_class = class;
    Ok(record)
}

fn record(rr: &Rr, ttl: u32) -> Result<Record, Unwritable> {
    let data = match &rr.data {
        RData::Srv { priority, weight, port, target } => {
            WireData::SRV(SRV::new(*priority, *weight, *port, name(target)?))
        }
        RData::Txt(strings) => {
            WireData::TXT(TXT::from_bytes(strings.iter().map(|string| string.0.as_slice()).collect()))
        }
        _ => return Err(Unwritable::Kind),
    };
    Ok(Record::from_rdata(name(&rr.name)?, ttl, data))
}

fn name(text: &str) -> Result<Name, Unwritable> {
    let mut name = Name::from_ascii(text).map_err(|error| Unwritable::Name(text.to_owned(), error.to_string()))?;
    name.set_fqdn(true);
    Ok(name)
}
