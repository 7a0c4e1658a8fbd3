//! The server generations: which questions each asks, and what is peculiar to it.
//!
//! Classic federation shipped in 1.0.0 and changed its discovery five times. What a domain must publish depends on who asks,
//! so every judgement about records goes through [`GENERATIONS`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::boundary;
use super::release::Release;
use crate::dns::name::Domain;
use crate::dns::record::{Query, RecordType};

/// How peers call the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    #[default]
    Https,
    Http,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Https => "https",
            Self::Http => "http",
        })
    }
}

/// The service and protocol labels of an SRV name that some release asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SrvLabel {
    Https,
    Http,
    Tcp,
}

impl SrvLabel {
    /// All of them, in the order in which 3.4 and later ask.
    pub const ALL: [SrvLabel; 3] = [SrvLabel::Https, SrvLabel::Http, SrvLabel::Tcp];

    /// `_rocketchat._https` and the like.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Https => "_rocketchat._https",
            Self::Http => "_rocketchat._http",
            Self::Tcp => "_rocketchat._tcp",
        }
    }

    /// The owner name of the SRV records under `domain`.
    pub fn owner(self, domain: &Domain) -> String {
        below(self.as_str(), domain)
    }
}

/// The name of a record of `domain`.
fn below(label: &str, domain: &Domain) -> String {
    [label, ".", domain.as_str()].concat()
}

/// The label before the domain that holds the public key.
pub const KEY_LABEL: &str = "rocketchat-public-key";
/// The label that 1.2 and 1.3 read to choose between http and https.
pub const PROTOCOL_LABEL: &str = "rocketchat-protocol";
/// The label that the documentation names for 3.4 and later, and that no release honours.
pub const TCP_PROTOCOL_LABEL: &str = "rocketchat-tcp-protocol";

/// One span of releases that discover peers in the same way.
#[derive(Debug)]
pub struct Generation {
    /// Stable identifier, `G1` to `G6`.
    pub id: &'static str,
    /// The releases, as people write them.
    pub releases: &'static str,
    /// The first release of the span; the next generation's first ends it.
    pub first: Release,
    /// SRV names in the order asked; the first that exists wins, and there is no way back from it.
    pub srv: &'static [SrvLabel],
    /// Reads the TXT at `rocketchat-protocol`.
    pub reads_protocol: bool,
    /// What happens when the key's TXT cannot be read.
    pub(super) missing_key: MissingKey,
    /// The error that an admin reads when no peer was found.
    pub(super) not_found: fn(&Domain) -> String,
    /// True when this generation can send to peers at all.
    pub sends: bool,
    /// How long a response is cached.
    pub memory: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum MissingKey {
    AsksHub,
    ThrowsResolverError,
}

fn not_found_1(domain: &Domain) -> String {
    format!("Could not find peer for domain {domain}, then: Cannot read property 'domain' of undefined")
}

fn not_found_2(_: &Domain) -> String {
    "Could not find the peer using DNS or Hub [federation-error-peer-no-found-using-dns]".into()
}

const OLD: &[SrvLabel] = &[SrvLabel::Tcp];
const TWO: &[SrvLabel] = &[SrvLabel::Https, SrvLabel::Http];
const HOUR: &str = "caches good answers for one hour";

/// Every generation that shipped in a stable release, oldest first.
pub const GENERATIONS: [Generation; 6] = [
    Generation {
        id: "G1",
        releases: "1.0.0 – 1.1.5",
        first: boundary::FIRST,
        srv: OLD,
        reads_protocol: false,
        missing_key: MissingKey::AsksHub,
        not_found: not_found_1,
        sends: true,
        memory: "caches answers until a request fails",
    },
    Generation {
        id: "G2",
        releases: "1.2.0 – 1.3.5",
        first: boundary::PROTOCOL_TXT,
        srv: OLD,
        reads_protocol: true,
        missing_key: MissingKey::AsksHub,
        not_found: not_found_1,
        sends: true,
        memory: "caches answers until a request fails",
    },
    Generation {
        id: "G3",
        releases: "2.0.0 – 3.3.3",
        first: boundary::SECOND_PROTOCOL,
        srv: TWO,
        reads_protocol: false,
        missing_key: MissingKey::ThrowsResolverError,
        not_found: not_found_2,
        sends: true,
        memory: "caches nothing",
    },
    Generation {
        id: "G4",
        releases: "3.4.0 – 4.1.x",
        first: boundary::TCP_NAME,
        srv: &SrvLabel::ALL,
        reads_protocol: false,
        missing_key: MissingKey::AsksHub,
        not_found: not_found_2,
        sends: true,
        memory: HOUR,
    },
    Generation {
        id: "G5",
        releases: "4.2.0 – 6.2.x",
        first: boundary::ASYNC_MODELS,
        srv: &SrvLabel::ALL,
        reads_protocol: false,
        missing_key: MissingKey::AsksHub,
        not_found: not_found_2,
        sends: true,
        memory: HOUR,
    },
    Generation {
        id: "G6",
        releases: "6.3.0 – 7.10.x",
        first: boundary::CANNOT_SEND,
        srv: &SrvLabel::ALL,
        reads_protocol: false,
        missing_key: MissingKey::AsksHub,
        not_found: not_found_2,
        sends: false,
        memory: "caches every answer for one hour, failures too",
    },
];

impl Generation {
    /// The generation of a release.
    pub fn of(release: Release) -> &'static Generation {
        GENERATIONS.iter().rfind(|generation| generation.first <= release).unwrap_or(&GENERATIONS[0])
    }

    /// True for 1.0 to 1.3, whose events no later server understands.
    pub fn is_first_protocol(&self) -> bool {
        self.first < boundary::SECOND_PROTOCOL
    }
}

/// Every question that some generation asks about `domain`.
pub fn questions(domain: &Domain) -> Vec<Query> {
    let srv = SrvLabel::ALL.iter().map(|label| Query::new(label.owner(domain), RecordType::Srv));
    let txt = [KEY_LABEL, PROTOCOL_LABEL, TCP_PROTOCOL_LABEL].iter();
    srv.chain(txt.map(|label| Query::new(below(label, domain), RecordType::Txt))).collect()
}

/// The question for the public key of `domain`.
pub fn key_question(domain: &Domain) -> Query {
    Query::new(below(KEY_LABEL, domain), RecordType::Txt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_find_their_generation() {
        for (release, id) in
            [("1.0", "G1"), ("1.3.5", "G2"), ("3.3.3", "G3"), ("3.18.3", "G4"), ("5.0", "G5"), ("6.3.0", "G6")]
        {
            assert_eq!(Generation::of(release.parse().unwrap()).id, id, "{release}");
        }
    }
}
