//! What works between two releases: each promise of the guide in both directions, judged by the table of quirks alone.

use super::boundary;
use super::generation::Generation;
use super::promise::Promise;
use super::quirks::{self, Area, Effect, FIRST_PROTOCOL, Quirk, Side};
use super::release::Release;
use crate::severity::Severity;

/// Why a promise does not hold, or not wholly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    pub effect: Effect,
    /// The part of the server whose release is the cause.
    pub side: Side,
    pub release: Release,
    pub quirk: &'static Quirk,
}

/// A promise in one direction: what users of `from` do, and users of `to` are to notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Direction {
    pub promise: Promise,
    pub from: Release,
    pub to: Release,
    /// The worst first; empty when it works.
    pub reasons: Vec<Reason>,
}

impl Direction {
    /// Judges one promise.
    pub fn of(promise: Promise, from: Release, to: Release) -> Self {
        let is_old = |release| Generation::of(release).is_first_protocol();
        let mut reasons: Vec<Reason> = match (is_old(from), is_old(to)) {
            // The first protocol is no fault between two servers that speak it.
            (true, false) => vec![Reason::new(Effect::Fails, Side::Sender, from, &FIRST_PROTOCOL)],
            (false, true) => vec![Reason::new(Effect::Fails, Side::Receiver, to, &FIRST_PROTOCOL)],
            _ => [(Side::Sender, from), (Side::Receiver, to)]
                .into_iter()
                .flat_map(|(side, release)| {
                    let found = quirks::of(release).into_iter();
                    found.filter_map(move |quirk| Some(Reason::new(quirk.effect(promise, side)?, side, release, quirk)))
                })
                .collect(),
        };
        reasons.sort_by_key(|reason| std::cmp::Reverse((reason.effect, reason.quirk.severity)));
        Self { promise, from, to, reasons }
    }

    /// The worst effect; `None` when it works.
    pub fn effect(&self) -> Option<Effect> {
        self.reasons.first().map(|reason| reason.effect)
    }

    /// True when users notice it at the other side, at least in most cases.
    pub fn works(&self) -> bool {
        self.effect().is_none_or(|effect| effect == Effect::Limited)
    }

    /// The reasons that decide: limits do not matter for what fails.
    pub fn deciding(&self) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().filter(|reason| Some(reason.effect) == self.effect())
    }

    /// How much it matters that it does not work; `None` when it works, or no release with this protocol does it.
    pub fn severity(&self) -> Option<Severity> {
        let broken = self.reasons.iter().filter(|reason| reason.effect != Effect::Limited);
        // What no event carries stays so, whatever else is wrong.
        let is_limit = |reason: &Reason| reason.quirk.area == Area::Protocol && reason.effect == Effect::Fails;
        if self.reasons.iter().any(is_limit) { None } else { broken.map(Reason::severity).max() }
    }
}

impl Reason {
    fn new(effect: Effect, side: Side, release: Release, quirk: &'static Quirk) -> Self {
        Self { effect, side, release, quirk }
    }

    /// How much it matters: the first protocol is no error of its server, and with another one nothing works.
    fn severity(&self) -> Severity {
        if self.quirk.id == FIRST_PROTOCOL.id { Severity::Error } else { self.quirk.severity }
    }
}

/// Every promise between two releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compatibility {
    pub a: Release,
    pub b: Release,
    /// From `a` to `b`, and back, in the order of [`Promise::ALL`].
    pub rows: Vec<(Direction, Direction)>,
}

impl Compatibility {
    /// Compares two releases that have classic federation.
    pub fn of(a: Release, b: Release) -> Self {
        let rows = Promise::ALL.map(|promise| (Direction::of(promise, a, b), Direction::of(promise, b, a)));
        Self { a, b, rows: rows.to_vec() }
    }

    /// All directions, row by row.
    pub fn directions(&self) -> impl Iterator<Item = &Direction> {
        self.rows.iter().flat_map(|(there, back)| [there, back])
    }

    /// How many promises work from `a` to `b`, and back.
    pub fn working(&self) -> (usize, usize) {
        let count =
            |pick: fn(&(Direction, Direction)) -> &Direction| self.rows.iter().filter(|row| pick(row).works()).count();
        (count(|(there, _)| there), count(|(_, back)| back))
    }

    /// The worst of what a newer or older release would do better.
    pub fn worst(&self) -> Option<Severity> {
        self.directions().filter_map(Direction::severity).max()
    }

    /// How many quirks of each severity keep something from working that a newer or older release would do: errors, warnings and
    /// notices.
    pub fn counts(&self) -> [usize; 3] {
        let broken = self.directions().filter(|direction| direction.severity().is_some());
        let reasons = broken.flat_map(|direction| &direction.reasons).filter(|reason| reason.effect != Effect::Limited);
        let mut found: Vec<(&str, Severity)> = reasons.map(|reason| (reason.quirk.id, reason.severity())).collect();
        found.sort_unstable();
        found.dedup();
        [Severity::Error, Severity::Warning, Severity::Notice]
            .map(|severity| found.iter().filter(|(_, known)| *known == severity).count())
    }

    /// Every quirk that decides something, in the order of the rows.
    pub fn quirks(&self) -> Vec<&'static Quirk> {
        let mut found: Vec<&'static Quirk> = Vec::new();
        for reason in self.directions().flat_map(Direction::deciding) {
            if !found.contains(&reason.quirk) {
                found.push(reason.quirk);
            }
        }
        found
    }
}

/// The first release of each span in which something works differently from the span before.
pub fn spans() -> Vec<Release> {
    let breaking = || quirks::all().filter(|quirk| !quirk.breaks.is_empty());
    let mut firsts: Vec<Release> = breaking().flat_map(|quirk| [Some(quirk.first), quirk.until]).flatten().collect();
    firsts.extend([boundary::FIRST, boundary::SECOND_PROTOCOL]);
    firsts.sort_unstable();
    firsts.dedup();
    firsts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(promise: Promise, from: &str, to: &str) -> Vec<&'static str> {
        let direction = Direction::of(promise, from.parse().unwrap(), to.parse().unwrap());
        direction.deciding().map(|reason| reason.quirk.id).collect()
    }

    #[test]
    fn each_direction_has_its_own_reasons() {
        assert_eq!(reasons(Promise::Message, "3.18.7", "4.5.7"), [""; 0]);
        assert_eq!(reasons(Promise::Message, "6.5.0", "3.18.7"), ["sending-broken"]);
        assert_eq!(reasons(Promise::Message, "3.18.7", "6.5.0"), [""; 0]);
        assert_eq!(reasons(Promise::Image, "3.18.7", "6.5.0"), ["sending-broken"]);
        assert_eq!(reasons(Promise::OtherFile, "4.5.7", "3.2.0"), ["files-images-only"]);
        assert_eq!(reasons(Promise::Direct, "3.18.7", "3.0.9"), ["add-user-handler"]);
        assert_eq!(reasons(Promise::Message, "3.5.0", "3.18.7"), ["origin-only"]);
        assert_eq!(reasons(Promise::Direct, "3.5.0", "3.18.7"), ["hooks-missing"]);
        assert_eq!(reasons(Promise::ReadReceipts, "1.3.5", "1.0.0"), [""; 0]);
        assert_eq!(reasons(Promise::ReadReceipts, "2.0.0", "1.0.0"), ["first-protocol"]);
        assert_eq!(reasons(Promise::Leave, "4.5.7", "2.4.14"), ["leave"]);
        assert_eq!(reasons(Promise::Invite, "6.2.0", "7.9.0"), ["closed"]);
        assert_eq!(reasons(Promise::ThirdServer, "4.1.6", "4.1.6")[0], "departed-partner");
    }

    #[test]
    fn what_no_release_does_is_no_problem() {
        let same = |release: &str| Compatibility::of(release.parse().unwrap(), release.parse().unwrap());
        assert_eq!((same("4.5.7").worst(), same("4.5.7").working()), (None, (16, 16)));
        assert_eq!(same("6.5.0").worst(), Some(Severity::Error));
        assert_eq!(same("3.2.0").worst(), Some(Severity::Warning));
        assert_eq!(Direction::of(Promise::Edit, boundary::FIRST, boundary::NO_MAIL).severity(), Some(Severity::Error));
        let ids: Vec<&str> = same("4.5.7").quirks().iter().map(|quirk| quirk.id).collect();
        assert!(ids.contains(&"no-channels") && ids.contains(&"no-encryption"), "{ids:?}");
    }

    #[test]
    fn spans_begin_where_a_quirk_begins_or_ends() {
        let spans = spans();
        assert!(spans.contains(&boundary::ADD_USER_FIXED) && spans.contains(&boundary::CANNOT_SEND), "{spans:?}");
        assert_eq!(spans.first(), Some(&boundary::FIRST));
    }
}
