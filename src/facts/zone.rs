//! The zone that holds a domain, or why none was found.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Deserializer, Serialize};

use crate::dns::name::Host;
use crate::dns::record::{Outcome, Soa};

/// The zone that holds the domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneCut {
    #[serde(deserialize_with = "zone_name")]
    pub apex: Host,
    /// `None` when no server gives one: some load balancers answer for names and not for a zone.
    pub soa: Option<Soa>,
    /// The name servers that the parent zone or the zone itself names, and the addresses that were found for each.
    pub servers: Vec<(String, Vec<IpAddr>)>,
    /// The name servers without an address, with the answer for their addresses.
    #[serde(default)]
    pub missing: Vec<(String, Outcome)>,
    /// The addresses that the parent zone gives for name servers.
    #[serde(default)]
    pub glue: Vec<(String, Vec<IpAddr>)>,
    /// Addresses that only the parent zone gives.
    #[serde(default)]
    pub stale_glue: Vec<StaleGlue>,
    /// Name servers whose address only the domain itself could give.
    #[serde(default)]
    pub circular: Vec<Circular>,
    /// Some name servers of the parent zone, with an address of each; empty when they are not known.
    #[serde(default)]
    pub parents: Vec<(String, Vec<IpAddr>)>,
}

/// An address in the parent zone that differs from what the name server's own zone says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaleGlue {
    pub server: String,
    pub ip: IpAddr,
    /// Where it was contacted.
    pub addr: SocketAddr,
    /// What the zone of the name server says.
    pub right: Vec<IpAddr>,
}

/// A name server in a zone whose name servers are in the domain: without glue, neither can be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circular {
    pub server: String,
    /// The zone that holds its name.
    pub zone: String,
    /// The name servers of that zone.
    pub back: Vec<String>,
}

/// What the name servers of another zone say about a host that resolvers cannot look up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    pub host: String,
    pub zone: Result<ZoneCut, ZoneFailure>,
    /// Each name server with its answer.
    pub answers: Vec<(String, Outcome)>,
}

fn zone_name<'de, D: Deserializer<'de>>(from: D) -> Result<Host, D::Error> {
    Host::zone(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

impl ZoneCut {
    /// The names of the name servers, and of the primary in the SOA record.
    pub fn server_names(&self) -> impl Iterator<Item = &str> {
        let primary = self.soa.as_ref().map(|soa| soa.mname.as_str());
        self.servers.iter().map(|(name, _)| name.as_str()).chain(primary)
    }

    /// The serial of the zone, for messages.
    pub fn serial(&self) -> String {
        self.soa.as_ref().map_or_else(|| "unknown".into(), |soa| soa.serial.to_string())
    }

    /// Seconds after which a secondary asks for changes.
    pub fn refresh(&self) -> u32 {
        self.soa.as_ref().map_or(0, |soa| u32::try_from(soa.refresh).unwrap_or_default())
    }
}

/// Why no zone was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneFailure {
    /// There is no resolver to ask.
    NoResolver,
    /// No resolver answers for any name. That is no fault of the domain.
    Resolvers(Vec<(SocketAddr, Outcome)>),
    /// A resolver answers for the names above the domain and fails for the domain: its name servers do not respond, or it does not
    /// trust their signatures.
    Servers { resolver: SocketAddr, outcome: Outcome },
    /// The domain does not exist, and the zone above it belongs to a registry.
    Unregistered {
        #[serde(deserialize_with = "zone_name")]
        registry: Host,
    },
    /// No answer names a zone.
    NoZone { resolver: SocketAddr, outcome: Outcome },
    /// Nothing was queried: the records come from a text.
    NotAsked,
}

impl ZoneFailure {
    /// True when this says nothing about the domain.
    pub fn is_outside(&self) -> bool {
        matches!(self, Self::NoResolver | Self::Resolvers(_))
    }
}

impl fmt::Display for ZoneFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResolver => f.write_str("there is no resolver to query"),
            Self::Resolvers(failures) => {
                let each: Vec<String> = failures.iter().map(|(addr, outcome)| format!("{addr}: {outcome}")).collect();
                write!(f, "no resolver answers ({})", each.join(", "))
            }
            Self::Servers { resolver, outcome } => {
                write!(f, "the resolver {resolver} answers for other names and gives {outcome} for this one")
            }
            Self::Unregistered { registry } => {
                write!(f, "it does not exist, and the zone `{registry}` above it belongs to a registry")
            }
            Self::NoZone { resolver, outcome } => {
                write!(f, "the resolver {resolver} answers {outcome} and names no zone")
            }
            Self::NotAsked => f.write_str("no name server was queried"),
        }
    }
}

/// What an observation left out, because a domain may ask for more than it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// Name servers of the zone.
    Servers(usize),
    /// Addresses of name servers.
    Addresses(usize),
    /// SRV targets.
    Targets(usize),
    /// Queries above the limit of one domain.
    Queries(usize),
    /// Queries that the deadline did not allow.
    Late(usize),
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, one, more, why) = match self {
            Self::Servers(count) => (count, "name server", "name servers", "the domain has more than fedctl queries"),
            Self::Addresses(count) => {
                (count, "address of a name server", "addresses of name servers", "fedctl queries only some of them")
            }
            Self::Targets(count) => (count, "SRV target", "SRV targets", "fedctl looks up only some of them"),
            Self::Queries(count) => (count, "query", "queries", "the limit for one domain was reached"),
            Self::Late(count) => (count, "query", "queries", "the time of --deadline was over"),
        };
        write!(f, "{count} {}: {why}", if *count == 1 { one } else { more })
    }
}
