//! Faults that keep messages from passing between peers.

use super::{Area, AsPeer, Effect, Quirk, receiver, sender};
use crate::rocketchat::boundary;
use crate::rocketchat::promise::Promise;
use crate::severity::Severity;

/// All of them.
pub const ALL: &[Quirk] =
    &[FIRST_PROTOCOL, CLOSED, HOOKS_MISSING, ORIGIN_ONLY, SENDING_BROKEN, DISPATCH_RATE, FAILURES_CACHED];

pub const HOOKS_MISSING: Quirk = Quirk {
    id: "hooks-missing",
    area: Area::Delivery,
    severity: Severity::Error,
    first: boundary::HOOKS_LOST,
    until: Some(boundary::SENDS_AGAIN),
    what: "the hooks that send events are not installed, because modules load in another order",
    shows: "nothing is sent and no error is logged",
    fix: "upgrade to 3.6.3 or later",
    issue: Some(18978),
    as_peer: Some(AsPeer {
        severity: Severity::Error,
        what: "sends no messages to peers",
        means: "users are found, but nothing arrives and no error is logged; its \"Test setup\" still passes",
    }),
    breaks: &[
        sender(Promise::ROOMS, Effect::MayFail),
        sender(Promise::EVENTS, Effect::MayFail),
        sender(&[Promise::DeleteRoom], Effect::MayFail),
    ],
};

pub const ORIGIN_ONLY: Quirk = Quirk {
    id: "origin-only",
    area: Area::Delivery,
    severity: Severity::Error,
    first: boundary::TCP_NAME,
    until: Some(boundary::SENDS_AGAIN),
    what: "a single event goes only to the domain that it comes from",
    shows: "messages never leave, and `Test setup` always succeeds because it sends nothing",
    fix: "upgrade to 3.6.3 or later",
    issue: Some(18978),
    as_peer: None,
    breaks: &[sender(Promise::EVENTS, Effect::Fails), sender(&[Promise::DeleteRoom], Effect::Fails)],
};

pub const SENDING_BROKEN: Quirk = Quirk {
    id: "sending-broken",
    area: Area::Delivery,
    severity: Severity::Error,
    first: boundary::CANNOT_SEND,
    until: None,
    what: "the server does not wait for the look-up of a peer, so every outgoing URL is `undefined/api/v1/...`",
    shows: "`Invalid URL` in the log; what local users write is dropped, what peers send still arrives",
    fix: "run a release up to 6.2 for federation in both directions; no record or setting can fix this",
    issue: None,
    as_peer: Some(AsPeer {
        severity: Severity::Error,
        what: "cannot send anything to peers",
        means: "it receives, and its own messages are lost: its log contains `Invalid URL`",
    }),
    breaks: &[sender(&Promise::ALL, Effect::Fails), receiver(Promise::ASKED_BACK, Effect::Fails)],
};

pub const DISPATCH_RATE: Quirk = Quirk {
    id: "dispatch-rate",
    area: Area::Delivery,
    severity: Severity::Warning,
    first: boundary::SECOND_PROTOCOL,
    until: Some(boundary::SENDS_AGAIN),
    what: "events count towards the general rate limit of 10 requests a minute for each client",
    shows: "a busy room loses messages; the sender logs `error-too-many-requests`",
    fix: "upgrade to 3.6.3 or later, or raise the default rate limit of the REST API",
    issue: None,
    as_peer: None,
    breaks: &[receiver(&[Promise::Message], Effect::Limited)],
};

pub const FAILURES_CACHED: Quirk = Quirk {
    id: "failures-cached",
    area: Area::Delivery,
    severity: Severity::Notice,
    first: boundary::CANNOT_SEND,
    until: None,
    what: "a failed DNS query is cached for an hour, as a successful one is",
    shows: "a record that was just published stays missing for this server for up to an hour",
    fix: "restart the server after records have changed",
    issue: None,
    as_peer: None,
    breaks: &[],
};

pub const FIRST_PROTOCOL: Quirk = Quirk {
    id: "first-protocol",
    area: Area::Delivery,
    severity: Severity::Warning,
    first: boundary::FIRST,
    until: Some(boundary::SECOND_PROTOCOL),
    what: "it speaks the first protocol, which no release from 2.0 on understands",
    shows: "it federates with other 1.x servers only",
    fix: "upgrade to 3.6.3 or later, and invite peers again: rooms and users of 1.x are not migrated",
    issue: Some(15363),
    as_peer: Some(AsPeer {
        severity: Severity::Warning,
        what: "speaks the protocol of 1.x",
        means: "it federates with other 1.x servers only",
    }),
    breaks: &[],
};

pub const CLOSED: Quirk = Quirk {
    id: "closed",
    area: Area::Delivery,
    severity: Severity::Error,
    first: boundary::GATE,
    until: None,
    what: "the federation routes are closed unless an environment variable is set",
    shows: "every route answers 400 `Deprecated. ENABLE_INSECURE_LEGACY_FEDERATION environment variable is needed to enable it.`",
    fix: "set ENABLE_INSECURE_LEGACY_FEDERATION=1 in the environment of the server, which then only receives; or \
          replace classic federation: fedctl upgrade plan --from 6.2 --to 7.11",
    issue: None,
    as_peer: Some(AsPeer {
        severity: Severity::Error,
        what: "keeps its federation routes closed unless ENABLE_INSECURE_LEGACY_FEDERATION is set there",
        means: "without that variable it refuses every request; with it, it receives and sends nothing",
    }),
    breaks: &[receiver(&Promise::ALL, Effect::Fails)],
};
