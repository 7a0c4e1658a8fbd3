//! Every direction between the members of a group: what works, what does not, and who fixes it.

use serde::Serialize;

use super::Suppression;
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
    /// It would fail, and every obstacle is suppressed.
    Suppressed(Vec<Obstacle>),
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
    /// Why it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<String>,
}

/// How many directions work, fail, could not be observed, and do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub works: usize,
    pub fails: usize,
    pub unknown: usize,
    pub suppressed: usize,
}

impl Tally {
    fn of<'a>(directions: impl Iterator<Item = &'a Direction>) -> Self {
        let mut tally = Self::default();
        for direction in directions {
            match direction.state {
                State::Works => tally.works += 1,
                State::Fails(_) => tally.fails += 1,
                State::Unknown(_) => tally.unknown += 1,
                State::Suppressed(_) => tally.suppressed += 1,
            }
        }
        tally
    }

    pub fn all(self) -> usize {
        self.works + self.fails + self.unknown + self.suppressed
    }
}

impl Mesh {
    /// The direction between two members, by their places in the list; `None` from a member to itself.
    pub fn direction(&self, from: usize, to: usize) -> Option<&Direction> {
        let place = from * self.members.len().saturating_sub(1) + to - usize::from(to > from);
        self.directions.get(place).filter(|_| from != to && to < self.members.len())
    }

    /// Takes obstacles out of the count; they stay in the mesh, with the reason. What could not be observed stays unknown.
    pub fn suppress(&mut self, options: &[Suppression]) {
        for direction in &mut self.directions {
            let (State::Fails(obstacles) | State::Unknown(obstacles)) = &mut direction.state else { continue };
            for obstacle in obstacles {
                let options = options.iter().find(|options| options.id == obstacle.check);
                obstacle.suppressed = options.map(|options| options.reason.clone());
            }
            if let State::Fails(obstacles) = &mut direction.state
                && obstacles.iter().all(|obstacle| obstacle.suppressed.is_some())
            {
                direction.state = State::Suppressed(std::mem::take(obstacles));
            }
        }
    }

    pub fn tally(&self) -> Tally {
        Tally::of(self.directions.iter())
    }

    /// What a member can send to the others.
    pub fn sent(&self, member: usize) -> Tally {
        Tally::of((0..self.members.len()).filter_map(|other| self.direction(member, other)))
    }

    /// What the others can send to a member.
    pub fn received(&self, member: usize) -> Tally {
        Tally::of((0..self.members.len()).filter_map(|other| self.direction(other, member)))
    }

    /// The places of the members, those first with which most directions do not work.
    pub fn worst_first(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.members.len()).collect();
        places.sort_by_cached_key(|at| self.sent(*at).works + self.received(*at).works);
        places
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
            Self::Fails(obstacles) | Self::Unknown(obstacles) | Self::Suppressed(obstacles) => obstacles,
        }
    }
}
