//! What is broken in a release whatever its admin does: faults of the server that look like a wrong set-up.
//!
//! The ranges are those of the public release tags; `issue` names the public thread where there is one.

use super::release::Release;
use crate::severity::Severity;

/// What a defect gets in the way of.
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
    /// The first release without it; `None` when it was never mended.
    pub until: Option<Release>,
    /// What the release does wrong.
    pub what: &'static str,
    /// What admins and users notice.
    pub shows: &'static str,
    /// What helps.
    pub fix: &'static str,
    /// Number of the public issue or pull request of `RocketChat/Rocket.Chat`.
    pub issue: Option<u32>,
}

impl Quirk {
    /// True when the release has it.
    pub fn is_in(&self, release: Release) -> bool {
        self.first <= release && self.until.is_none_or(|until| release < until)
    }

    /// The span as people write it: `3.4.0 until 3.6.3`, or `6.3.0 and later`.
    pub fn span(&self) -> String {
        match self.until {
            Some(until) => format!("{} until {until}", self.first),
            None => format!("{} and later", self.first),
        }
    }
}

/// The defects of a release, worst first.
pub fn of(release: Release) -> Vec<&'static Quirk> {
    let mut found: Vec<&Quirk> = QUIRKS.iter().filter(|quirk| quirk.is_in(release)).collect();
    found.sort_by_key(|quirk| std::cmp::Reverse(quirk.severity));
    found
}

const fn v(major: u16, minor: u16, patch: u16) -> Release {
    Release(major, minor, patch)
}

/// The defect that leaves a server with half of the protocol.
pub const SENDING_BROKEN: &str = "sending-broken";

/// Every known defect, by area and then by release.
pub const QUIRKS: &[Quirk] = &[
    Quirk {
        id: "hooks-missing",
        area: Area::Delivery,
        severity: Severity::Error,
        first: v(3, 3, 0),
        until: Some(v(3, 6, 3)),
        what: "the hooks that send events are not installed, because modules load in another order",
        shows: "nothing is sent and no error is logged",
        fix: "upgrade to 3.6.3 or later",
        issue: Some(18978),
    },
    Quirk {
        id: "origin-only",
        area: Area::Delivery,
        severity: Severity::Error,
        first: v(3, 4, 0),
        until: Some(v(3, 6, 3)),
        what: "a single event goes only to the domain that it comes from",
        shows: "messages never leave, and `Test setup` always succeeds because it sends nothing",
        fix: "upgrade to 3.6.3 or later",
        issue: Some(18978),
    },
    Quirk {
        id: SENDING_BROKEN,
        area: Area::Delivery,
        severity: Severity::Error,
        first: v(6, 3, 0),
        until: None,
        what: "the look-up of a peer is not waited for, so every outgoing URL is `undefined/api/v1/...`",
        shows: "`Invalid URL` in the log; what local users write is dropped, what peers send still arrives",
        fix: "run a release up to 6.2 for federation in both directions; no record or setting can mend this",
        issue: None,
    },
    Quirk {
        id: "dispatch-rate",
        area: Area::Delivery,
        severity: Severity::Warning,
        first: v(2, 0, 0),
        until: Some(v(3, 6, 3)),
        what: "events fall under the general rate limit of 10 requests a minute and client",
        shows: "a lively room loses messages; the sender logs `error-too-many-requests`",
        fix: "upgrade to 3.6.3 or later, or raise the default rate limit of the REST API",
        issue: None,
    },
    Quirk {
        id: "failures-cached",
        area: Area::Delivery,
        severity: Severity::Notice,
        first: v(6, 3, 0),
        until: None,
        what: "a failed DNS answer is remembered for an hour, like a good one",
        shows: "a record that was just published stays missing for this server for up to an hour",
        fix: "restart the server after records have changed",
        issue: None,
    },
    Quirk {
        id: "hub-not-awaited",
        area: Area::Hub,
        severity: Severity::Warning,
        first: v(4, 2, 0),
        until: Some(v(6, 3, 0)),
        what: "the answer of the hub is not waited for",
        shows: "a peer that only the hub knows has no URL and no key: `url must be absolute` when sending, \
                `Could not decrypt payload` when receiving",
        fix: "have every peer publish DNS records; the hub helps servers up to 4.1 only",
        issue: None,
    },
    Quirk {
        id: "hub-misread",
        area: Area::Hub,
        severity: Severity::Warning,
        first: v(6, 3, 0),
        until: None,
        what: "the answer of the hub is read with the shape of an older HTTP client, and error statuses pass as success",
        shows: "every look-up at the hub ends with `Could not find the peer using DNS or Hub`",
        fix: "have every peer publish DNS records; the hub helps servers up to 4.1 only",
        issue: None,
    },
    Quirk {
        id: "add-user-handler",
        area: Area::Rooms,
        severity: Severity::Error,
        first: v(3, 0, 0),
        until: Some(v(3, 0, 10)),
        what: "the handler for users that are added to a room is registered under a misspelt name",
        shows: "rooms from peers never appear: `Cannot read property 'success' of undefined` in the log",
        fix: "upgrade to 3.0.10 or later",
        issue: Some(17409),
    },
    Quirk {
        id: "ten-members",
        area: Area::Rooms,
        severity: Severity::Warning,
        first: v(2, 0, 0),
        until: Some(v(3, 4, 0)),
        what: "the limit of 10 domains in a room counts members in place of domains",
        shows: "`Cannot federate rooms with more than 10 domains` in rooms with more than 10 members",
        fix: "upgrade to 3.6.3 or later; 3.4.0 counts rightly but does not send",
        issue: Some(17828),
    },
    Quirk {
        id: "users-without-origin",
        area: Area::Rooms,
        severity: Severity::Warning,
        first: v(2, 0, 0),
        until: Some(v(3, 4, 0)),
        what: "a local user who never took part in federation has no origin, and that is not looked for",
        shows: "a second user cannot be invited: `Cannot read property 'origin' of undefined`",
        fix: "upgrade to 3.6.3 or later, or let each user open a direct chat with a peer first",
        issue: Some(17273),
    },
    Quirk {
        id: "users-without-mail",
        area: Area::Rooms,
        severity: Severity::Warning,
        first: v(2, 0, 0),
        until: Some(v(4, 3, 0)),
        what: "the first e-mail address of a user is read without asking whether there is one",
        shows: "`invalid user` for peers and `Cannot read property '0' of undefined` in the log, for users without e-mail",
        fix: "upgrade to 4.3.0 or later, or give every user an e-mail address",
        issue: Some(23250),
    },
    Quirk {
        id: "room-delete",
        area: Area::Rooms,
        severity: Severity::Notice,
        first: v(2, 0, 0),
        until: Some(v(3, 0, 10)),
        what: "deleting a federated room calls a function that was not imported",
        shows: "the room cannot be deleted",
        fix: "upgrade to 3.0.10 or later",
        issue: None,
    },
    Quirk {
        id: "reaction-unset",
        area: Area::Rooms,
        severity: Severity::Notice,
        first: v(2, 0, 0),
        until: Some(v(3, 4, 0)),
        what: "removing a reaction calls a function that was not imported",
        shows: "peers keep seeing a reaction that was removed",
        fix: "upgrade to 3.6.3 or later",
        issue: None,
    },
    Quirk {
        id: "files-images-only",
        area: Area::Files,
        severity: Severity::Warning,
        first: v(2, 0, 0),
        until: Some(v(3, 3, 0)),
        what: "every attachment is taken for an image",
        shows: "files that are no images are lost: `Cannot read property 'replace' of undefined`",
        fix: "upgrade to 3.6.3 or later",
        issue: Some(14983),
    },
    Quirk {
        id: "files-store",
        area: Area::Files,
        severity: Severity::Notice,
        first: v(3, 17, 1),
        until: None,
        what: "some file stores refuse files that arrive without a local user, reports say GridFS",
        shows: "messages arrive and their attachments do not",
        fix: "when attachments are missing, choose another file store (the file system or S3)",
        issue: Some(22999),
    },
    Quirk {
        id: "test-raw-domain",
        area: Area::Screens,
        severity: Severity::Notice,
        first: v(1, 0, 0),
        until: Some(v(2, 0, 0)),
        what: "`Test setup` takes the Domain setting as it stands, with a leading `@`",
        shows: "the test always fails when Domain starts with `@`, though everything else strips it",
        fix: "write Domain without `@`",
        issue: Some(14831),
    },
    Quirk {
        id: "always-200",
        area: Area::Screens,
        severity: Severity::Notice,
        first: v(2, 0, 0),
        until: Some(v(4, 2, 0)),
        what: "events are answered with `200 {}` before anything is looked at",
        shows: "peers and `Test setup` see success even when nothing could be decrypted; errors are only in the log",
        fix: "prove delivery with `fedctl handshake`, which waits for the server to send something back",
        issue: None,
    },
    Quirk {
        id: "test-always-green",
        area: Area::Screens,
        severity: Severity::Notice,
        first: v(4, 2, 0),
        until: None,
        what: "`Test setup` and the health test that runs each minute do not wait for their result",
        shows: "both are always green, whatever is wrong",
        fix: "go by `fedctl doctor` and `fedctl handshake`, not by the button",
        issue: None,
    },
    Quirk {
        id: "key-box-empty",
        area: Area::Screens,
        severity: Severity::Notice,
        first: v(4, 2, 0),
        until: None,
        what: "the key pair is made while the settings are created, and may come too late for them",
        shows: "the Public Key box stays empty for ever, though the database holds a key",
        fix: "read the key from the collection `rocketchat_federation_keys`, or put one in with `fedctl keygen --form mongosh`",
        issue: Some(26803),
    },
    Quirk {
        id: "wizard-port",
        area: Area::Screens,
        severity: Severity::Notice,
        first: v(3, 17, 0),
        until: Some(v(6, 3, 0)),
        what: "the DNS assistant compares the SRV port with the port that is written in the Site URL",
        shows: "the port is shown in red when the Site URL has none, though 443 is right",
        fix: "take no notice of that line",
        issue: Some(23303),
    },
];

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
            ("1.3.5", &[][..]),
            ("2.0.0", &["dispatch-rate"][..]),
            ("3.2.2", &["dispatch-rate"]),
            ("3.3.0", &["dispatch-rate", "hooks-missing"]),
            ("3.4.0", &["dispatch-rate", "hooks-missing", "origin-only"]),
            ("3.6.2", &["dispatch-rate", "hooks-missing", "origin-only"]),
            ("3.6.3", &[]),
            ("6.2.12", &[]),
            ("6.3.0", &["failures-cached", "sending-broken"]),
            ("7.0.0", &["failures-cached", "sending-broken"]),
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
    fn the_page_tells_of_every_defect() {
        let page = include_str!("../../docs/checks/server-release.md");
        let description: Vec<&str> =
            page.lines().filter_map(|line| line.strip_prefix("- `")?.split('.').next()).collect();
        assert_eq!(description.len(), QUIRKS.len());
        for quirk in QUIRKS {
            let row = format!(
                "- `{}`, {}: {}. Seen as: {}. Helps: {}.",
                quirk.id,
                quirk.span(),
                quirk.what,
                quirk.shows,
                quirk.fix
            );
            assert!(page.contains(&row), "{row}");
        }
    }

    #[test]
    fn the_worst_comes_first_and_ids_are_unique() {
        let found = of("3.5.0".parse().unwrap());
        assert!(found.windows(2).all(|pair| pair[0].severity >= pair[1].severity));
        let mut ids: Vec<&str> = QUIRKS.iter().map(|quirk| quirk.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), QUIRKS.len());
        assert!(QUIRKS.iter().all(|quirk| quirk.until.is_none_or(|until| quirk.first < until)));
        assert_eq!(QUIRKS[1].span(), "3.4.0 until 3.6.3");
    }
}
