//! What one check of `fedctl watch` observed, as a file: an evidence file of `dns-check` with what the peer and the hub did
//! beside it.

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, WITHHELD};
use super::hub::HubFacts;
use super::peer::{PeerFacts, Records};
use crate::dns::record::{CharacterString, Outcome, RData};
use crate::error::Hinted;
use crate::key::diagnosis;

/// The file. `fedctl dns-check --replay` reads the part that it knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatchEvidence {
    #[serde(flatten)]
    pub dns: Evidence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<PeerFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<HubFacts>,
}

impl WatchEvidence {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, Hinted> {
        Evidence::parse(text)?;
        serde_json::from_str(text).map_err(|error| {
            let hint = "`fedctl watch history DOMAIN --save FILE` writes such a file";
            Hinted::new(format!("this is not the evidence of a check: {error}"), hint)
        })
    }

    /// Takes private keys that somebody has published out of it.
    pub fn withhold_secrets(&mut self) {
        if let Some(peer) = &mut self.peer {
            withhold(&mut peer.records);
            if let Some(identity) = &mut peer.identity {
                withhold(&mut identity.records);
            }
        }
        if let Some(hub) = &mut self.hub {
            withhold(&mut hub.records);
        }
    }
}

fn withhold(records: &mut Records) {
    for (_, outcome) in &mut records.answers {
        let Outcome::Found(found) = outcome else { continue };
        let values: Vec<Vec<u8>> = found.iter().filter_map(|rr| rr.data.joined()).collect();
        if !diagnosis::hold_secret(&values) {
            continue;
        }
        for rr in found {
            if let RData::Txt(strings) = &mut rr.data {
                *strings = vec![CharacterString(WITHHELD.as_bytes().to_vec())];
            }
        }
    }
}
