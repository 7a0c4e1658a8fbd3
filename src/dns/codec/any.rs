//! Messages as hickory reads them.

use hickory_proto::op::{Edns, Message};
use hickory_proto::rr::{Name, RData as WireData, Record};
use hickory_proto::serialize::binary::DecodeError;

use super::{KEPT, Parts};
use crate::dns::record::{CharacterString, RData, Rr, Soa};

/// What a message says, or why it is none.
pub fn read(bytes: &[u8]) -> Result<Parts, DecodeError> {
    let message = Message::from_vec(bytes)?;
    let first = |records: &[Record]| records.iter().take(KEPT).map(rr).collect();
    Ok(Parts {
        asked: message.queries.first().map(|asked| plain(asked.name())),
        authoritative: message.metadata.authoritative,
        recursion: message.metadata.recursion_available,
        authenticated: message.metadata.authentic_data,
        code: message.metadata.response_code,
        edns: message.edns.as_ref().map(Edns::max_payload),
        answers: first(&message.answers),
        authority: first(&message.authorities),
        additional: first(&message.additionals),
        omitted: message.answers.len().saturating_sub(KEPT),
    })
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

/// The text of a name without the final dot. Names with other characters than host names have are escaped.
fn plain(name: &Name) -> String {
    let text = name.to_ascii();
    text.strip_suffix('.').unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The text of a name is hickory's, without the final dot.
        #[test]
        fn any_name_has_the_text_of_a_zone_file(labels in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..20), 1..6)) {
            let mut name = Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap();
            name.set_fqdn(true);
            prop_assert_eq!(plain(&name) + ".", name.to_ascii());
        }
    }
}
