//! What was observed of every member of a mesh: a group of domains that all want to federate with each other.

use serde::{Deserialize, Serialize};

use super::peer::PeerFacts;
use crate::dns::name::Domain;
use crate::rocketchat::generation::Generation;
use crate::rocketchat::release::Release;

/// One domain of the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub domain: Domain,
    /// The release that the user gave for it.
    pub given: Option<Release>,
    /// What was observed, by the discovery of each generation that the group runs; never empty.
    pub views: Vec<PeerFacts>,
}

impl Member {
    /// The given release, else the one that the server reports.
    pub fn release(&self) -> Option<Release> {
        self.given.or_else(|| self.reported())
    }

    /// The release that the server reports in `/api/info`.
    pub fn reported(&self) -> Option<Release> {
        self.views.iter().find_map(PeerFacts::release).map(|(release, _)| release)
    }

    /// What a server of this generation observes; `None` when it was not tried.
    pub fn view(&self, generation: &Generation) -> Option<&PeerFacts> {
        self.views.iter().find(|facts| facts.generation().id == generation.id)
    }
}
