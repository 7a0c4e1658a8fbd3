//! Faults with files.

use super::{Area, AsPeer, Effect, Quirk, receiver};
use crate::rocketchat::boundary;
use crate::rocketchat::promise::Promise;
use crate::severity::Severity;

/// All of them.
pub const ALL: &[Quirk] = &[FILES_IMAGES_ONLY, FILES_STORE];

pub const FILES_IMAGES_ONLY: Quirk = Quirk {
    id: "files-images-only",
    area: Area::Files,
    severity: Severity::Warning,
    first: boundary::SECOND_PROTOCOL,
    until: Some(boundary::ANY_FILE),
    what: "every attachment is treated as an image",
    shows: "files that are not images are lost: `Cannot read property 'replace' of undefined`",
    fix: "upgrade to 3.6.3 or later",
    issue: Some(14983),
    as_peer: Some(AsPeer {
        severity: Severity::Notice,
        what: "loses attachments that are not images",
        means: "its log contains `Cannot read property 'replace' of undefined`",
    }),
    breaks: &[receiver(&[Promise::OtherFile], Effect::Fails)],
};

pub const FILES_STORE: Quirk = Quirk {
    id: "files-store",
    area: Area::Files,
    severity: Severity::Notice,
    first: boundary::STORE_REFUSES,
    until: None,
    what: "some file stores (GridFS, according to reports) refuse files that arrive without a local user",
    shows: "messages arrive and their attachments do not",
    fix: "when attachments are missing, choose another file store (the file system or S3)",
    issue: Some(22999),
    as_peer: None,
    breaks: &[receiver(&[Promise::Image, Promise::OtherFile], Effect::Limited)],
};
