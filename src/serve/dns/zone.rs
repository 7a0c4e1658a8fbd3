//! Zone files, and the catalogue that answers from them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use hickory_net::runtime::TokioRuntimeProvider;
use hickory_proto::ProtoError;
use hickory_proto::rr::rdata::{A, AAAA, NS, SOA};
use hickory_proto::rr::{LowerName, Name, RData, Record, RecordSet, RecordType, RrKey};
use hickory_proto::serialize::txt::Parser;
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneHandler, ZoneType};

use super::escape;

/// TTL of what fedctl adds to a fragment, in seconds.
const TTL: u32 = 3600;

/// Why a text is no zone that can be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    #[error("it names no zone: write ORIGIN=FILE, or start it with $ORIGIN")]
    NoOrigin,
    #[error("`{name}` is not a zone name: {why}")]
    Origin { name: String, why: String },
    #[error("{0}")]
    Syntax(String),
    #[error("`{name}` is not inside the zone `{origin}`")]
    Outside { name: String, origin: String },
    /// RFC 1035 section 3.3: a character-string holds 255 bytes. The library reads longer ones and then cannot send them.
    #[error("a string of TXT `{name}` has {bytes} bytes; 255 is the most")]
    LongString { name: String, bytes: usize },
}

impl From<ProtoError> for ZoneError {
    fn from(error: ProtoError) -> Self {
        Self::Syntax(error.to_string())
    }
}

/// The records of one zone.
#[derive(Debug, Clone)]
pub struct Zone {
    pub origin: Name,
    records: BTreeMap<RrKey, RecordSet>,
}

impl Zone {
    /// Reads a zone file. The origin is `origin`, else what `$ORIGIN` says, else the owner of the SOA. A fragment without SOA
    /// and NS, as `fedctl records` prints it, gets them, with `ns1` at `addr` as its only name server.
    pub fn parse(text: &str, origin: Option<&str>, addr: IpAddr) -> Result<Self, ZoneError> {
        let origin = match origin {
            Some(origin) => absolute(origin)?,
            None => declared_origin(text).ok_or(ZoneError::NoOrigin)?,
        };
        let text = format!("$TTL {TTL}\n{}", escape::put_on(text));
        let (_, escaped) = Parser::new(text, None, Some(origin.clone()))
            .parse()
            .map_err(|error| ZoneError::Syntax(error.to_string()))?;
        let mut records = escape::take_off(&escaped)?;
        if let Some(stray) = records.keys().find(|key| !origin.zone_of(&Name::from(key.name().clone()))) {
            return Err(ZoneError::Outside { name: stray.name().to_string(), origin: origin.to_string() });
        }
        refuse_long_strings(&records)?;
        complete(&mut records, &origin, addr)?;
        Ok(Self { origin, records })
    }

    /// The names of the servers that the zone names for itself, without the final dot.
    pub fn name_servers(&self) -> Vec<String> {
        let key = RrKey::new(LowerName::new(&self.origin), RecordType::NS);
        let records = self.records.get(&key).into_iter().flat_map(|set| set.records_without_rrsigs());
        let name = |record: &Record| match &record.data {
            RData::NS(NS(name)) => Some(name.to_ascii().trim_end_matches('.').to_ascii_lowercase()),
            _ => None,
        };
        records.filter_map(name).collect()
    }

    /// The zone one serial ago, before anyone published federation records.
    fn earlier(&self) -> Self {
        let mut records = self.records.clone();
        records.retain(|key, _| {
            let first = Name::from(key.name().clone()).to_ascii();
            !first.starts_with("_rocketchat.") && !first.starts_with("rocketchat-")
        });
        let key = RrKey::new(LowerName::new(&self.origin), RecordType::SOA);
        if let Some(RData::SOA(soa)) =
            self.records.get(&key).and_then(|set| Some(&set.records_without_rrsigs().next()?.data))
        {
            let mut soa = soa.clone();
            soa.serial = soa.serial.wrapping_sub(1);
            insert(&mut records, Record::from_rdata(self.origin.clone(), TTL, RData::SOA(soa)));
        }
        Self { origin: self.origin.clone(), records }
    }
}

/// All zones, or all as they were one serial ago.
pub fn catalog(zones: &[Zone], stale: bool) -> Result<Catalog, ZoneError> {
    let mut catalog = Catalog::new();
    for zone in zones {
        let zone = if stale { zone.earlier() } else { zone.clone() };
        let handler = InMemoryZoneHandler::<TokioRuntimeProvider>::new(
            zone.origin.clone(),
            zone.records,
            ZoneType::Primary,
            AxfrPolicy::Deny,
        )
        .map_err(ZoneError::Syntax)?;
        let handlers: Vec<Arc<dyn ZoneHandler>> = vec![Arc::new(handler)];
        catalog.upsert(LowerName::new(&zone.origin), handlers);
    }
    Ok(catalog)
}

fn absolute(text: &str) -> Result<Name, ZoneError> {
    let why = |error: ProtoError| ZoneError::Origin { name: text.to_owned(), why: error.to_string() };
    let mut name = Name::from_ascii(text).map_err(why)?;
    name.set_fqdn(true);
    Ok(name.to_lowercase())
}

fn refuse_long_strings(records: &BTreeMap<RrKey, RecordSet>) -> Result<(), ZoneError> {
    let all = records.values().flat_map(|set| set.records_without_rrsigs());
    for record in all {
        if let RData::TXT(txt) = &record.data
            && let Some(long) = txt.txt_data.iter().find(|string| string.len() > 255)
        {
            return Err(ZoneError::LongString { name: record.name.to_string(), bytes: long.len() });
        }
    }
    Ok(())
}

/// The name that the file gives to itself.
fn declared_origin(text: &str) -> Option<Name> {
    let declared = text.lines().find_map(|line| line.strip_prefix("$ORIGIN"));
    let owner = || {
        let line = text.lines().find(|line| line.split_whitespace().any(|word| word == "SOA"))?;
        line.split_whitespace().next().filter(|owner| owner.ends_with('.'))
    };
    declared.and_then(|rest| rest.split_whitespace().next()).or_else(owner).and_then(|name| absolute(name).ok())
}

fn complete(records: &mut BTreeMap<RrKey, RecordSet>, origin: &Name, addr: IpAddr) -> Result<(), ZoneError> {
    let has =
        |records: &BTreeMap<RrKey, RecordSet>, kind| records.contains_key(&RrKey::new(LowerName::new(origin), kind));
    let label = |label: &str| Name::from_ascii(label).and_then(|name| name.append_domain(origin));
    let ns1 = label("ns1")?;
    if !has(records, RecordType::SOA) {
        let soa = SOA::new(ns1.clone(), label("hostmaster")?, 2, 3600, 600, 86400, 300);
        insert(records, Record::from_rdata(origin.clone(), TTL, RData::SOA(soa)));
    }
    if !has(records, RecordType::NS) {
        insert(records, Record::from_rdata(origin.clone(), TTL, RData::NS(NS(ns1.clone()))));
        let address = match addr {
            IpAddr::V4(v4) => RData::A(A(v4)),
            IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
        };
        insert(records, Record::from_rdata(ns1, TTL, address));
    }
    Ok(())
}

fn insert(records: &mut BTreeMap<RrKey, RecordSet>, record: Record) {
    let key = RrKey::new(LowerName::new(&record.name), record.record_type());
    let mut set = RecordSet::with_ttl(record.name.clone(), record.record_type(), record.ttl);
    set.insert(record, 0);
    records.insert(key, set);
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::TXT;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_fragment_becomes_a_zone() {
        let zone = Zone::parse("a.b.com. 60 IN A 127.0.0.1\n", Some("b.com"), HERE).unwrap();
        assert_eq!(zone.records.len(), 4);
        assert!(catalog(&[zone], true).is_ok());
    }

    #[test]
    fn strings_in_parentheses_keep_their_spaces() {
        let text = "t 60 IN TXT ( \"a b;\" ; said\n \"c\\\" (d\" )\nu 60 IN TXT \"e\"\n";
        let zone = Zone::parse(text, Some("b.com"), HERE).unwrap();
        let strings: Vec<Vec<Vec<u8>>> = zone
            .records
            .values()
            .flat_map(|set| set.records_without_rrsigs())
            .filter_map(|record| match &record.data {
                RData::TXT(txt) => Some(txt.txt_data.iter().map(|string| string.to_vec()).collect()),
                _ => None,
            })
            .collect();
        assert_eq!(strings, [vec![b"a b;".to_vec(), b"c\" (d".to_vec()], vec![b"e".to_vec()]]);
    }

    #[test]
    fn any_byte_can_be_spelt_in_digits() {
        let all: Vec<u8> = (0..=250).collect();
        let spelt: String = all.iter().map(|byte| format!("\\{byte:03}")).collect();
        let text =
            format!("t 60 IN TXT \"{spelt}\" \"é\u{e041}\\\\066\" \"\\\"\\226\\128\\147\"\nt 60 IN TXT \"two\"\n");
        let zone = Zone::parse(&text, Some("b.com"), HERE).unwrap();
        let strings = |txt: &TXT| txt.txt_data.iter().map(|string| string.to_vec()).collect::<Vec<_>>();
        let found: Vec<(u32, Vec<Vec<u8>>)> = zone
            .records
            .values()
            .flat_map(|set| set.records_without_rrsigs())
            .filter_map(|record| match &record.data {
                RData::TXT(txt) => Some((record.ttl, strings(txt))),
                _ => None,
            })
            .collect();
        let raw = "é\u{e041}\\066".as_bytes().to_vec();
        assert_eq!(found, [(60, vec![all, raw, b"\"\xe2\x80\x93".to_vec()]), (60, vec![b"two".to_vec()])]);
    }

    #[test]
    fn an_underscore_may_stand_anywhere_in_a_label() {
        let text = "rocketchat-public_key 60 IN TXT a_b\n_a._b 60 IN SRV 1 1 1 my_host\n";
        let zone = Zone::parse(text, Some("b.com"), HERE).unwrap();
        let shown: Vec<String> =
            zone.records.values().flat_map(|set| set.records_without_rrsigs()).map(ToString::to_string).collect();
        for line in ["rocketchat-public_key.b.com. 60 IN TXT a_b", "_a._b.b.com. 60 IN SRV 1 1 1 my_host.b.com."] {
            assert!(shown.iter().any(|record| record == line), "{shown:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_zone_is_refused() {
        for (text, part) in [
            ("a IN A 127.0.0.1", "names no zone"),
            ("$ORIGIN b.com.\na IN A x", ""),
            ("$ORIGIN b.com.\na.c.com. IN A 127.0.0.1", "not inside"),
            (&format!("$ORIGIN b.com.\na IN TXT \"{}\"", "x".repeat(256)), "256 bytes"),
        ] {
            let error = Zone::parse(text, None, HERE).unwrap_err();
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
    }
}
