//! What the screens and answers of a server report that is not so.

use super::{Area, Quirk};
use crate::rocketchat::boundary;
use crate::severity::Severity;

/// All of them.
pub const ALL: &[Quirk] = &[TEST_RAW_DOMAIN, ALWAYS_200, TEST_ALWAYS_PASSES, KEY_BOX_EMPTY, WIZARD_PORT];

pub const TEST_RAW_DOMAIN: Quirk = Quirk {
    id: "test-raw-domain",
    area: Area::Screens,
    severity: Severity::Notice,
    first: boundary::FIRST,
    until: Some(boundary::SECOND_PROTOCOL),
    what: "`Test setup` uses the Domain setting as it is, with a leading `@`",
    shows: "the test always fails when Domain starts with `@`, although everything else removes it",
    fix: "write Domain without `@`",
    issue: Some(14831),
    as_peer: None,
    breaks: &[],
};

pub const ALWAYS_200: Quirk = Quirk {
    id: "always-200",
    area: Area::Screens,
    severity: Severity::Notice,
    first: boundary::SECOND_PROTOCOL,
    until: Some(boundary::ASYNC_MODELS),
    what: "events are answered with `200 {}` before they are decrypted",
    shows: "peers and `Test setup` get success even when nothing could be decrypted; errors are only in the log",
    fix: "verify delivery with a handshake that waits for a message of the server: `fedctl handshake DOMAIN --callback ADDR`",
    issue: None,
    as_peer: None,
    breaks: &[],
};

pub const TEST_ALWAYS_PASSES: Quirk = Quirk {
    id: "test-always-green",
    area: Area::Screens,
    severity: Severity::Notice,
    first: boundary::ASYNC_MODELS,
    until: None,
    what: "`Test setup` and the health test that runs each minute do not wait for their result",
    shows: "both always pass, whatever is wrong",
    fix: "check your setup without the button: `fedctl doctor`",
    issue: None,
    as_peer: None,
    breaks: &[],
};

pub const KEY_BOX_EMPTY: Quirk = Quirk {
    id: "key-box-empty",
    area: Area::Screens,
    severity: Severity::Notice,
    first: boundary::ASYNC_MODELS,
    until: None,
    what: "the key pair is made while the settings are created, and may be ready too late for them",
    shows: "the Public Key box stays empty, although the database has a key",
    fix: "read the key from the collection `rocketchat_federation_keys`, or put a new pair in: `fedctl keygen --form mongosh`",
    issue: Some(26803),
    as_peer: None,
    breaks: &[],
};

pub const WIZARD_PORT: Quirk = Quirk {
    id: "wizard-port",
    area: Area::Screens,
    severity: Severity::Notice,
    first: boundary::WIZARD,
    until: Some(boundary::CANNOT_SEND),
    what: "the DNS wizard compares the SRV port with the port that is written in the Site URL",
    shows: "the port is shown in red when the Site URL has none, although 443 is right",
    fix: "ignore that line",
    issue: Some(23303),
    as_peer: None,
    breaks: &[],
};
