//! Sends a dynamic update (RFC 2136), signed with TSIG (RFC 8945), over TCP.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::{Message, OpCode, Query as WireQuery, ResponseCode};
use hickory_proto::rr::rdata::{SRV, TXT};
use hickory_proto::rr::{DNSClass, Name, RData as WireData, Record, RecordType as WireType};
use tokio::time::timeout;

use super::tsig::Tsig;
use super::{ask, description};
use crate::dns::codec::record_type;
use crate::dns::name::Host;
use crate::dns::record::{Query, RData, RecordType, Rr};
use crate::rocketchat::change::Change;

/// What became of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Updated {
    Done,
    /// The records are no longer what they were when they were looked at; nothing was changed.
    Overtaken,
    /// The server's reason; nothing was changed.
    Rejected(String),
    /// No trustworthy answer came: it may or may not have been done.
    Unknown(String),
}

/// Replaces the sets in one message, which the server does wholly or not at all. `time` is in seconds since 1970.
pub async fn send(
    server: SocketAddr,
    zone: &Host,
    changes: &[Change],
    key: &Tsig,
    time: u64,
    wait: Duration,
) -> Result<Updated, String> {
    let mut message = message(zone, changes)?;
    let verifier = message.finalize(key.signer(), time).map_err(|error| error.to_string())?;
    let bytes = message.to_vec().map_err(|error| error.to_string())?;
    let answer = match timeout(wait, ask::stream(server, &bytes)).await {
        Err(_) => return Ok(Updated::Unknown("timeout".into())),
        Ok(Err(error)) => return Ok(Updated::Unknown(description(&error))),
        Ok(Ok(answer)) => answer,
    };
    let signed = verifier.is_some_and(|mut verifier| verifier.verify(&answer).is_ok());
    let Ok(answer) = Message::from_vec(&answer) else {
        return Ok(Updated::Unknown("the answer is malformed".into()));
    };
    if answer.metadata.id != message.metadata.id {
        return Ok(Updated::Unknown("the answer is to another message".into()));
    }
    Ok(match answer.metadata.response_code {
        ResponseCode::NoError if signed => Updated::Done,
        ResponseCode::NoError => Updated::Unknown("the answer is not signed with the key".into()),
        ResponseCode::YXDomain | ResponseCode::YXRRSet | ResponseCode::NXRRSet | ResponseCode::NXDomain => {
            Updated::Overtaken
        }
        ResponseCode::NotAuth if !signed => {
            Updated::Rejected(format!("NOTAUTH: it does not know the TSIG key `{}`, or not with this secret", key.name))
        }
        ResponseCode::Refused => {
            Updated::Rejected(format!("REFUSED: the TSIG key `{}` may not update this zone", key.name))
        }
        other => Updated::Rejected(other.to_string()),
    })
}

/// RFC 2136 section 2: the zone, what must hold, and what to do.
fn message(zone: &Host, changes: &[Change]) -> Result<Message, String> {
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
fn prerequisites(change: &Change) -> Result<Vec<Record>, String> {
    let mut records = vec![empty(&change.question, RecordType::Cname, DNSClass::NONE)?];
    if change.before.is_empty() {
        records.push(empty(&change.question, change.question.kind, DNSClass::NONE)?);
    }
    for rr in &change.before {
        records.push(record(rr, 0)?);
    }
    Ok(records)
}

fn empty(question: &Query, kind: RecordType, class: DNSClass) -> Result<Record, String> {
    let mut record = Record::update0(name(&question.name)?, 0, record_type(kind));
    record.dns_class = class;
    Ok(record)
}

fn record(rr: &Rr, ttl: u32) -> Result<Record, String> {
    let data = match &rr.data {
        RData::Srv { priority, weight, port, target } => {
            WireData::SRV(SRV::new(*priority, *weight, *port, name(target)?))
        }
        RData::Txt(strings) => {
            WireData::TXT(TXT::from_bytes(strings.iter().map(|string| string.0.as_slice()).collect()))
        }
        other => return Err(format!("a record of this kind is never updated: {other:?}")),
    };
    Ok(Record::from_rdata(name(&rr.name)?, ttl, data))
}

fn name(text: &str) -> Result<Name, String> {
    let mut name = Name::from_ascii(text).map_err(|error| format!("`{text}` cannot be written: {error}"))?;
    name.set_fqdn(true);
    Ok(name)
}
