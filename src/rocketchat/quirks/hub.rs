//! Faults of discovery through the hub.

use super::{Area, Quirk};
use crate::rocketchat::boundary;
use crate::severity::Severity;

/// All of them.
pub const ALL: &[Quirk] = &[HUB_NOT_AWAITED, HUB_MISREAD];

pub const HUB_NOT_AWAITED: Quirk = Quirk {
    id: "hub-not-awaited",
    area: Area::Hub,
    severity: Severity::Warning,
    first: boundary::ASYNC_MODELS,
    until: Some(boundary::CANNOT_SEND),
    what: "the server does not wait for the response of the hub",
    shows: "a peer that is found only at the hub has no URL and no key: `url must be absolute` when sending, \
            `Could not decrypt payload` when receiving",
    fix: "every peer should publish DNS records; only servers up to 4.1 can use the hub",
    issue: None,
    as_peer: None,
    breaks: &[],
};

pub const HUB_MISREAD: Quirk = Quirk {
    id: "hub-misread",
    area: Area::Hub,
    severity: Severity::Warning,
    first: boundary::CANNOT_SEND,
    until: None,
    what: "the response of the hub is read in the format of an older HTTP client, and error statuses count as success",
    shows: "every look-up at the hub ends with `Could not find the peer using DNS or Hub`",
    fix: "every peer should publish DNS records; only servers up to 4.1 can use the hub",
    issue: None,
    as_peer: None,
    breaks: &[],
};
