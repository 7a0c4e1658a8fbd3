//! What a scenario is: a domain, what its admin did, the zones that its name servers hold, and what must be found.

use std::sync::LazyLock;

use fedctl::dns::record::CharacterString;
use fedctl::key::PublicKey;
use fedctl::key::diagnosis::DefectKind;
use fedctl::severity::Severity::{self, Error};
use serde_json::Value;

/// The keys that the zones are made from, each public half on one line.
pub struct Keys {
    pub own: String,
    pub other: String,
    pub small: String,
    pub large: String,
    /// The private half of `own`.
    pub secret: String,
}

pub static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let keys: Value = serde_json::from_str(include_str!("../vectors/keys.json")).unwrap();
    let find = |id: &str| keys.as_array().unwrap().iter().find(|key| key["id"] == id).unwrap();
    let text = |id: &str, half: &str| find(id)[half].as_str().unwrap().trim_end().to_owned();
    let line = |id: &str| PublicKey::from_pem(&text(id, "public")).unwrap().one_line();
    Keys {
        own: line("alice"),
        other: line("bob"),
        small: line("small"),
        large: line("large"),
        secret: text("alice", "private"),
    }
});

/// The second name server.
pub enum Second {
    /// Holds the same zone.
    Same,
    /// Holds other records, one serial behind.
    Older(fn(&Keys) -> String),
    /// Does not hold the zone.
    Lame,
}

pub struct Scenario {
    /// No other scenario has it.
    pub domain: String,
    /// The zone that holds the domain, when that is not the domain itself.
    pub origin: Option<&'static str>,
    /// What its admin did.
    pub mistake: &'static str,
    /// The records, in zone file form relative to the zone.
    pub zone: fn(&Keys) -> String,
    pub second: Second,
    /// Labels under `zoo.example` of the name servers that the zone names, and of those that the parent delegates to.
    pub servers: &'static [&'static str],
    pub parent: &'static [&'static str],
    /// The negative TTL of the zone, in seconds.
    pub negative: u32,
    /// Faults of both name servers, as `fedctl serve dns --fault` takes them, with `$` for the domain.
    pub faults: &'static [&'static str],
    /// Faults of the second alone.
    pub second_faults: &'static [&'static str],
    /// Why a real name server cannot play it.
    pub embedded_only: Option<&'static str>,
    /// Why the embedded name server cannot play it.
    pub real_only: Option<&'static str>,
    /// More arguments of dns-check, with `KEY` for the file of your key.
    pub flags: &'static [&'static str],
    /// The defect that must be named.
    pub kind: Option<DefectKind>,
    /// A few words that the finding must hold.
    pub description: &'static [&'static str],
    /// What must be found; anything else must not.
    pub must: Vec<(Severity, &'static str)>,
}

impl Scenario {
    pub fn new(domain: &str, mistake: &'static str, zone: fn(&Keys) -> String) -> Self {
        Self {
            domain: domain.to_owned(),
            origin: None,
            mistake,
            zone,
            second: Second::Same,
            servers: &["ns1", "ns2"],
            parent: &["ns1", "ns2"],
            negative: 300,
            faults: &[],
            second_faults: &[],
            embedded_only: None,
            real_only: None,
            flags: &[],
            kind: None,
            description: &[],
            must: Vec::new(),
        }
    }

    pub fn finds(self, must: &[(Severity, &'static str)]) -> Self {
        Self { must: must.to_vec(), ..self }
    }

    pub fn mentioning(self, description: &'static [&'static str]) -> Self {
        Self { description, ..self }
    }

    pub fn named(self, domain: &str) -> Self {
        Self { domain: domain.to_owned(), ..self }
    }

    pub fn origin(&self) -> &str {
        self.origin.unwrap_or(&self.domain)
    }

    /// The zone as the first name server holds it.
    pub fn fresh(&self) -> String {
        self.zone_file(2, &(self.zone)(&KEYS))
    }

    /// The zone as the second holds it, if it holds it.
    pub fn second(&self) -> Option<String> {
        match self.second {
            Second::Same => Some(self.fresh()),
            Second::Older(records) => Some(self.zone_file(1, &records(&KEYS))),
            Second::Lame => None,
        }
    }

    fn zone_file(&self, serial: u32, records: &str) -> String {
        let servers: String = self.servers.iter().map(|server| format!("@ IN NS {server}.zoo.example.\n")).collect();
        let negative = self.negative;
        format!(
            "$TTL 3600\n@ IN SOA ns1.zoo.example. hostmaster.zoo.example. {serial} 3600 600 86400 {negative}\n{servers}{records}"
        )
    }
}

/// A defect that makes the published text useless; the domain is named after it.
pub fn hurt(kind: DefectKind, mistake: &'static str, zone: fn(&Keys) -> String) -> Scenario {
    let unusable = [(Error, "key-text"), (Error, "dns-generations")];
    Scenario { kind: Some(kind), ..Scenario::new(&format!("{kind}.example"), mistake, zone).finds(&unusable) }
}

/// A defect that servers do not mind.
pub fn bruised(kind: DefectKind, severity: Severity, mistake: &'static str, zone: fn(&Keys) -> String) -> Scenario {
    hurt(kind, mistake, zone).finds(&[(severity, "key-text")])
}

pub const HOST: &str = "chat IN A 198.51.100.7\n";
pub const SRV: &str = "_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._tcp IN SRV 1 1 443 chat\n";

/// A healthy domain but for its key.
pub fn with_key(value: impl AsRef<[u8]>) -> String {
    format!("{HOST}{SRV}{}", key(value))
}

/// A healthy domain but for its SRV records.
pub fn with_srv(records: &str, keys: &Keys) -> String {
    format!("{HOST}{records}\n{}", key(&keys.own))
}

pub fn healthy(keys: &Keys) -> String {
    with_key(&keys.own)
}

pub fn key(value: impl AsRef<[u8]>) -> String {
    txt("rocketchat-public-key", value)
}

/// One TXT record, cut as servers of zones want it.
pub fn txt(label: &str, value: impl AsRef<[u8]>) -> String {
    let value = value.as_ref();
    let pieces: Vec<&[u8]> = if value.is_empty() { vec![value] } else { value.chunks(255).collect() };
    strings(label, &pieces)
}

/// One TXT record of these strings.
pub fn strings(label: &str, strings: &[&[u8]]) -> String {
    let quoted: Vec<String> =
        strings.iter().map(|string| format!("\"{}\"", CharacterString(string.to_vec()))).collect();
    format!("{label} IN TXT {}\n", quoted.join(" "))
}
