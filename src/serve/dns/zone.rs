//! Zone files, and the catalogue that answers from them.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use hickory_net::runtime::TokioRuntimeProvider;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TXT};
use hickory_proto::rr::{LowerName, Name, RData, Record, RecordSet, RecordType, RrKey};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneHandler, ZoneType};

use crate::dns::record::unescape;
use crate::dns::zone_file::{self, Entry, Word, ZoneFile};
use crate::error::Hinted;
use crate::position::Position;

/// TTL of what fedctl adds to a fragment, in seconds.
const TTL: u32 = 3600;

/// Why a text is no zone that can be served.
#[derive(Debug, thiserror::Error)]
pub enum ZoneError {
    #[error("it names no zone: write ORIGIN=FILE, or start it with $ORIGIN")]
    NoOrigin,
    #[error("`{name}` is not a name: {why}")]
    Name { name: String, why: String },
    #[error("{0}")]
    Syntax(#[from] Hinted),
    #[error("{kind} `{name}` cannot be served: {why}")]
    Data { name: String, kind: String, why: String },
    #[error("`{name}` is not inside the zone `{origin}`")]
    Outside { name: String, origin: String },
    #[error("the zone `{origin}` cannot be served: {why}")]
    Refused { origin: String, why: String },
    #[error("{at}: {why}")]
    Placed { at: Position, why: Box<ZoneError> },
}

impl ZoneError {
    /// The same error with its place, unless it has one.
    fn at(self, at: Position) -> Self {
        match self {
            Self::Syntax(_) | Self::Placed { .. } => self,
            why => Self::Placed { at, why: Box::new(why) },
        }
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
        let given = origin.map(|origin| origin.trim_end_matches('.').to_ascii_lowercase());
        let file = zone_file::read(text, given.as_deref().unwrap_or_default(), TTL)?;
        let origin = name(&given.or_else(|| declared_origin(&file)).ok_or(ZoneError::NoOrigin)?)?;
        let mut sets: BTreeMap<RrKey, Vec<Record>> = BTreeMap::new();
        for entry in &file.entries {
            let record = record(entry, &origin).map_err(|why| why.at(entry.at))?;
            sets.entry(RrKey::new(LowerName::new(&record.name), record.record_type())).or_default().push(record);
        }
        let mut records = sets.into_iter().map(|(key, set)| (key, record_set(set))).collect();
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
        .map_err(|why| ZoneError::Refused { origin: zone.origin.to_string(), why })?;
        let handlers: Vec<Arc<dyn ZoneHandler>> = vec![Arc::new(handler)];
        catalog.upsert(LowerName::new(&zone.origin), handlers);
    }
    Ok(catalog)
}

/// The name that the file gives to itself.
fn declared_origin(file: &ZoneFile) -> Option<String> {
    let owner = || file.entries.iter().find(|entry| entry.kind == "SOA").map(|entry| entry.owner.clone());
    file.origin.clone().or_else(owner).filter(|origin| !origin.is_empty())
}

/// A name from its text, escapes included. Labels may hold any byte (RFC 2181 section 11).
fn name(text: &str) -> Result<Name, ZoneError> {
    let bad = |why: String| ZoneError::Name { name: text.to_owned(), why };
    let (mut labels, mut label, mut chars) = (Vec::new(), String::new(), text.chars());
    while let Some(c) = chars.next() {
        match c {
            '.' => labels.push(std::mem::take(&mut label)),
            '\\' => label.extend(std::iter::once(c).chain(chars.next())),
            c => label.push(c),
        }
    }
    labels.push(label);
    if text.is_empty() {
        labels.clear();
    }
    let labels: Result<Vec<Vec<u8>>, _> = labels.iter().map(|label| unescape(label.as_bytes())).collect();
    let labels = labels.map_err(|why| bad(why.to_string()))?;
    let name = Name::from_labels(labels.iter().map(Vec::as_slice)).map_err(|why| bad(why.to_string()))?;
    Ok(name.to_lowercase())
}

fn record(entry: &Entry, origin: &Name) -> Result<Record, ZoneError> {
    let record = Record::from_rdata(name(&entry.owner)?, entry.ttl, data(entry)?);
    match origin.zone_of(&record.name) {
        true => Ok(record),
        false => Err(ZoneError::Outside { name: record.name.to_string(), origin: origin.to_string() }),
    }
}

/// The data of a record. Types without a name in their data are left to the library.
fn data(entry: &Entry) -> Result<RData, ZoneError> {
    let host = |word: &Word| name(&entry.name(word)).map_err(|why| why.at(word.at));
    let bad = |why: String| ZoneError::Data { name: entry.owner.clone(), kind: entry.kind.clone(), why };
    Ok(match (entry.kind.as_str(), entry.data.as_slice()) {
        ("TXT", [_, ..]) => {
            let strings = entry.data.iter().map(Word::string).collect::<Result<Vec<_>, _>>()?;
            RData::TXT(TXT::from_bytes(strings.iter().map(|string| string.0.as_slice()).collect()))
        }
        ("SRV", [priority, weight, port, target]) => RData::SRV(SRV::new(
            priority.number("priority")?,
            weight.number("weight")?,
            port.number("port")?,
            host(target)?,
        )),
        ("MX", [preference, exchange]) => RData::MX(MX::new(preference.number("preference")?, host(exchange)?)),
        ("CNAME", [target]) => RData::CNAME(CNAME(host(target)?)),
        ("PTR", [target]) => RData::PTR(PTR(host(target)?)),
        ("NS", [server]) => RData::NS(NS(host(server)?)),
        ("SOA", [primary, mailbox, numbers @ ..]) if numbers.len() == 5 => {
            let numbers: Option<Vec<u32>> = numbers.iter().map(|word| zone_file::ttl(word.bare())).collect();
            let Some([serial, refresh, retry, expire, minimum]) = numbers.as_deref() else {
                return Err(entry.bad().into());
            };
            let signed = |number: &u32| i32::try_from(*number).unwrap_or(i32::MAX);
            let (refresh, retry, expire) = (signed(refresh), signed(retry), signed(expire));
            RData::SOA(SOA::new(host(primary)?, host(mailbox)?, *serial, refresh, retry, expire, *minimum))
        }
        ("TXT" | "SRV" | "MX" | "CNAME" | "PTR" | "NS" | "SOA", _) => return Err(entry.bad().into()),
        (kind, words) => {
            let kind: RecordType = kind.parse().map_err(|_| bad("its type is not known".to_owned()))?;
            let text: Vec<String> = words.iter().map(Word::to_string).collect();
            RData::try_from_str(kind, &text.join(" ")).map_err(|why| bad(why.to_string()))?
        }
    })
}

/// The records of one name and type, each once.
fn record_set(records: Vec<Record>) -> RecordSet {
    let mut seen = HashSet::new();
    let (name, kind, ttl) = records
        .first()
        .map_or((Name::root(), RecordType::ZERO, TTL), |one| (one.name.clone(), one.record_type(), one.ttl));
    let mut set = RecordSet::with_ttl(name, kind, ttl);
    set.set_records(records.into_iter().filter(|record| seen.insert(record.data.clone())).collect());
    set
}

fn complete(records: &mut BTreeMap<RrKey, RecordSet>, origin: &Name, addr: IpAddr) -> Result<(), ZoneError> {
    let has =
        |records: &BTreeMap<RrKey, RecordSet>, kind| records.contains_key(&RrKey::new(LowerName::new(origin), kind));
    let label = |label: &str| name(format!("{label}.{}", origin.to_ascii()).trim_end_matches('.'));
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
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn the_root_is_a_zone_too() {
        let zone = Zone::parse("b. 60 IN NS ns.b.\n", Some("."), HERE).unwrap();
        assert_eq!((zone.origin.is_root(), zone.name_servers()), (true, vec!["ns1".to_owned()]));
    }

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
