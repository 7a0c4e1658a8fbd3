//! Every direction between the members of a group: what works, what does not, and who fixes it.

use serde::Serialize;

use crate::dns::name::Domain;
use crate::rocketchat::release::Release;

/// The judged group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mesh {
    pub members: Vec<Node>,
    /// From each member to each other one, in the order of the members.
    pub directions: Vec<Direction>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    pub domain: Domain,
    pub release: Option<Release>,
    /// True when the user gave the release and the server did not report it.
    pub given: bool,
}

/// Messages from one member to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Direction {
    pub from: Domain,
    pub to: Domain,
    #[serde(flatten)]
    pub state: State,
}

/// Whether messages arrive, as far as it can be observed from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "obstacles", rename_all = "lowercase")]
pub enum State {
    /// The sender finds, reaches and opens the recipient.
    Works,
    Fails(Vec<Obstacle>),
    /// It could not be observed: the reason.
    Unknown(Vec<Obstacle>),
}

/// Why a direction does not work.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Obstacle {
    /// Who can fix it.
    pub owner: Domain,
    /// The check that found it.
    pub check: String,
    pub what: String,
    pub fix: String,
}

impl Mesh {
    /// The direction between two members.
    pub fn direction(&self, from: &Domain, to: &Domain) -> Option<&Direction> {
        self.directions.iter().find(|direction| direction.from == *from && direction.to == *to)
    }

    /// How many directions work, fail, and could not be observed.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |is: fn(&State) -> bool| self.directions.iter().filter(|direction| is(&direction.state)).count();
        (
            count(|state| matches!(state, State::Works)),
            count(|state| matches!(state, State::Fails(_))),
            count(|state| matches!(state, State::Unknown(_))),
        )
    }

    /// Every obstacle once, in the order of the directions, with the directions that it blocks.
    pub fn obstacles(&self) -> Vec<(&Obstacle, Vec<&Direction>)> {
        let mut found: Vec<(&Obstacle, Vec<&Direction>)> = Vec::new();
        for direction in &self.directions {
            for obstacle in direction.state.obstacles() {
                match found.iter_mut().find(|(known, _)| *known == obstacle) {
                    Some((_, blocked)) => blocked.push(direction),
                    None => found.push((obstacle, vec![direction])),
                }
            }
        }
        found
    }
}

impl State {
    /// What stands between sender and recipient; empty when the direction works.
    pub fn obstacles(&self) -> &[Obstacle] {
        match self {
            Self::Works => &[],
            Self::Fails(obstacles) | Self::Unknown(obstacles) => obstacles,
        }
    }
}
