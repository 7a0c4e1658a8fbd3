//! The releases at which servers changed: each number is written here and nowhere else.
//!
//! Where a change is certain, the release is the first tag whose source contains it. What could not be found is said at the
//! constant.

use std::fmt;

use super::release::Release;

/// Classic federation ships.
pub const FIRST: Release = Release(1, 0, 0);
/// `rocketchat-protocol` chooses between http and https.
pub const PROTOCOL_TXT: Release = Release(1, 2, 0);
/// The last release of the first protocol.
pub const LAST_OF_1: Release = Release(1, 3, 5);
/// The second protocol: events in a chain, SRV records at `_https` and `_http`.
pub const SECOND_PROTOCOL: Release = Release(2, 0, 0);
/// A server whose status is `Enabled` does not register at the hub again.
pub const REGISTERS_ONCE: Release = Release(2, 1, 0);
/// `/api/info` has `success` beside the version.
pub const PLAIN_INFO: Release = Release(2, 5, 0);
/// Unknown events make the handler fail, and `room_add_user` is registered under a wrong name.
pub const STRICT_EVENTS: Release = Release(3, 0, 0);
/// `room_add_user` is handled again.
pub const ADD_USER_FIXED: Release = Release(3, 0, 10);
/// `room_user_left` exists.
pub const USER_LEFT: Release = Release(3, 2, 0);
/// The hooks that send are not installed any more.
pub const HOOKS_LOST: Release = Release(3, 3, 0);
/// Files that are not images are federated.
pub const ANY_FILE: Release = Release(3, 3, 0);
/// SRV records at `_tcp` count again, and answers are cached for an hour.
pub const TCP_NAME: Release = Release(3, 4, 0);
/// Documents that are known already are left as they are.
pub const KEEPS_KNOWN: Release = Release(3, 4, 0);
/// Changing a setting needs a second factor, through the REST API too.
pub const SETTINGS_2FA: Release = Release(3, 6, 0);
/// Everything is sent again, and events have a rate limit of their own.
pub const SENDS_AGAIN: Release = Release(3, 6, 3);
/// The DNS wizard, the health test and the routes of the server's resolver.
pub const WIZARD: Release = Release(3, 17, 0);
/// Some file stores refuse files without a local user.
pub const STORE_REFUSES: Release = Release(3, 17, 1);
/// Discovery of this line reads every SRV name and waits for the hub.
pub const READS_ALL: Release = Release(4, 0, 0);
/// Models become asynchronous: posted events get a true answer, and the hub is not waited for.
pub const ASYNC_MODELS: Release = Release(4, 2, 0);
/// Users without a mail address are federated.
pub const NO_MAIL: Release = Release(4, 3, 0);
/// A redirected POST is repeated as GET; before, it was lost.
pub const FOLLOWS_REDIRECTS: Release = Release(4, 4, 0);
/// Runs on Node 14; the release notes before 4.4 name Node 12.
pub const NODE_14: Release = Release(4, 4, 0);
/// The bridge to a separate Matrix homeserver ships.
pub const MATRIX_BRIDGE: Release = Release(4, 7, 0);
/// The documentation calls classic federation deprecated.
pub const DEPRECATED: Release = Release(6, 0, 0);
/// The last line that sends to peers; its discovery stands for servers whose release is not known.
pub const LAST_SENDER: Release = Release(6, 2, 0);
/// Nothing leaves the server any more.
pub const CANNOT_SEND: Release = Release(6, 3, 0);
/// The routes are closed unless `ENABLE_INSECURE_LEGACY_FEDERATION` is set. The source of 6.13 has no such gate and that of 7.9
/// has it; the first release with it was not found, so the whole line counts.
pub const GATE: Release = Release(7, 0, 0);
/// The settings are hidden, native federation ships, and the code of classic federation is gone. The removal was merged between
/// 7.10 and 7.11; the source of 7.11.0 itself was not seen.
pub const REMOVED: Release = Release(7, 11, 0);
/// The newest release that is known.
pub const NEWEST: Release = Release(9, 1, 0);
/// The last minor release of the finished lines.
pub const LAST_MINORS: [(u16, u16); 6] = [(1, 3), (2, 4), (3, 18), (4, 8), (5, 4), (6, 13)];

/// A span of releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: Release,
    /// The first release after the span; `None` when it lasts as long as classic federation.
    pub until: Option<Release>,
}

impl Span {
    /// Every release.
    pub const ALL: Self = Self::from(FIRST);
    /// The first protocol.
    pub const ONE: Self = Self::between(FIRST, SECOND_PROTOCOL);
    /// The second protocol.
    pub const TWO: Self = Self::from(SECOND_PROTOCOL);

    pub const fn from(first: Release) -> Self {
        Self { first, until: None }
    }

    pub const fn between(first: Release, until: Release) -> Self {
        Self { first, until: Some(until) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            _ if *self == Self::ALL => f.pad("all"),
            Some(until) => f.pad(&format!("{} until {until}", self.first)),
            None => f.pad(&format!("{} and later", self.first)),
        }
    }
}
