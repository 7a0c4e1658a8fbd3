//! What is broken in a release whatever its admin does: faults of the server that look like a wrong setup.
//!
//! One table, used by the checks, the servers for trials, `explain` and the docs. A new fault is one constant in the file of its
//! area and one word in that file's list. The ranges are those of the public release tags; `issue` names the public thread where
//! there is one.

mod delivery;
mod files;
mod hub;
mod limits;
mod rooms;
mod screens;

pub use delivery::{CLOSED, FIRST_PROTOCOL, SENDING_BROKEN};
pub use hub::{HUB_MISREAD, HUB_NOT_AWAITED};
pub use rooms::{ADD_USER_HANDLER, DEPARTED_PEER, LEAVE};
pub use screens::ALWAYS_200;

use serde::Serialize;

use super::boundary;
use super::promise::Promise;
use super::release::Release;
use crate::severity::Severity;

/// What a fault affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Messages between peers.
    Delivery,
    /// Finding peers through the hub.
    Hub,
    /// Users, rooms and reactions.
    Rooms,
    Files,
    /// What the server's own screens and answers say about federation.
    Screens,
    /// What no event of the protocol carries, in any release that speaks it.
    Protocol,
}

/// The part of a server in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Its users act.
    Sender,
    /// Its users are to notice it.
    Receiver,
}

/// What becomes of a promise, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It works in most cases, or in part.
    Limited,
    /// It depends on the server whether it works at all.
    MayFail,
    Fails,
}

/// Which promises a fault affects.
#[derive(Debug, PartialEq, Eq)]
pub struct Breaks {
    /// The part of the server that has the fault.
    pub side: Side,
    pub promises: &'static [Promise],
    pub effect: Effect,
}

const fn sender(promises: &'static [Promise], effect: Effect) -> Breaks {
    Breaks { side: Side::Sender, promises, effect }
}

const fn receiver(promises: &'static [Promise], effect: Effect) -> Breaks {
    Breaks { side: Side::Receiver, promises, effect }
}

/// One fault of a span of releases.
#[derive(Debug, PartialEq, Eq)]
pub struct Quirk {
    /// Stable, kebab case.
    pub id: &'static str,
    pub area: Area,
    /// How much it hurts a server that runs such a release.
    pub severity: Severity,
    /// The first release that has it.
    pub first: Release,
    /// The first release without it; `None` when it was never fixed.
    pub until: Option<Release>,
    /// What the release does wrong.
    pub what: &'static str,
    /// What admins and users notice.
    pub shows: &'static str,
    /// What helps.
    pub fix: &'static str,
    /// Number of the public issue or pull request of `RocketChat/Rocket.Chat`.
    pub issue: Option<u32>,
    /// What it means to those who federate with such a server; `None` when they do not notice it.
    pub as_peer: Option<AsPeer>,
    /// What does not work between two servers because of it.
    pub breaks: &'static [Breaks],
}

/// A fault as the other side meets it.
#[derive(Debug, PartialEq, Eq)]
pub struct AsPeer {
    pub severity: Severity,
    /// Follows the release in a sentence, as in `3.0.4 loses files`.
    pub what: &'static str,
    pub means: &'static str,
}

impl Quirk {
    /// True when the release has it. Every fault ends with classic federation itself.
    pub fn is_in(&self, release: Release) -> bool {
        self.first <= release && release < self.until.unwrap_or(boundary::REMOVED)
    }

    /// The release to upgrade to; `None` when it was never fixed. From [`boundary::HOOKS_LOST`] until [`boundary::SENDS_AGAIN`]
    /// releases fix other faults and send nothing.
    pub fn fixed_in(&self) -> Option<Release> {
        let fixed = self.until?;
        Some(if fixed < boundary::HOOKS_LOST { fixed } else { fixed.max(boundary::SENDS_AGAIN) })
    }

    /// What it does to a promise when a server with the fault has this part.
    pub fn effect(&self, promise: Promise, side: Side) -> Option<Effect> {
        let breaks = self.breaks.iter().filter(|breaks| breaks.side == side && breaks.promises.contains(&promise));
        breaks.map(|breaks| breaks.effect).max()
    }

    /// The span as people write it: `3.4.0 until 3.6.3`.
    pub fn span(&self) -> String {
        format!("{} until {}", self.first, self.until.unwrap_or(boundary::REMOVED))
    }
}

/// The defects of a release, worst first.
pub fn of(release: Release) -> Vec<&'static Quirk> {
    let mut found: Vec<&Quirk> = all().filter(|quirk| quirk.is_in(release)).collect();
    found.sort_by_key(|quirk| std::cmp::Reverse(quirk.severity));
    found
}

/// Every known fault, by area and then by release.
pub fn all() -> impl Iterator<Item = &'static Quirk> {
    [delivery::ALL, hub::ALL, rooms::ALL, files::ALL, screens::ALL, limits::ALL].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(release: &str, area: Area) -> Vec<&'static str> {
        let release = release.parse().unwrap();
        let mut ids: Vec<_> = of(release).iter().filter(|quirk| quirk.area == area).map(|quirk| quirk.id).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn each_release_has_its_own_defects() {
        for (release, delivery) in [
            ("1.3.5", &["first-protocol"][..]),
            ("2.0.0", &["dispatch-rate"][..]),
            ("3.2.2", &["dispatch-rate"]),
            ("3.3.0", &["dispatch-rate", "hooks-missing"]),
            ("3.4.0", &["dispatch-rate", "hooks-missing", "origin-only"]),
            ("3.6.2", &["dispatch-rate", "hooks-missing", "origin-only"]),
            ("3.6.3", &[]),
            ("6.2.12", &[]),
            ("6.3.0", &["failures-cached", "sending-broken"]),
            ("7.0.0", &["closed", "failures-cached", "sending-broken"]),
            ("7.11.0", &[]),
        ] {
            assert_eq!(ids(release, Area::Delivery), delivery, "{release}");
        }
        assert_eq!(ids("4.1.9", Area::Hub), [""; 0]);
        assert_eq!(ids("4.2.0", Area::Hub), ["hub-not-awaited"]);
        assert_eq!(ids("6.3.0", Area::Hub), ["hub-misread"]);
        assert!(ids("3.0.9", Area::Rooms).contains(&"add-user-handler"));
        assert!(!ids("3.0.10", Area::Rooms).contains(&"add-user-handler"));
        assert!(ids("4.2.4", Area::Rooms).contains(&"users-without-mail"));
        assert_eq!(ids("4.3.0", Area::Rooms), [""; 0]);
    }

    #[test]
    fn the_worst_comes_first_and_ids_are_unique() {
        let found = of("3.5.0".parse().unwrap());
        assert!(found.windows(2).all(|pair| pair[0].severity >= pair[1].severity));
        let mut ids: Vec<&str> = all().map(|quirk| quirk.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all().count());
        assert!(all().all(|quirk| quirk.until.is_none_or(|until| quirk.first < until)));
        assert_eq!(delivery::ORIGIN_ONLY.span(), "3.4.0 until 3.6.3");
    }
}
