//! What the guide promises and the protocol of a release does not carry. No server is at fault: its admin can only know it.

use super::{Area, Effect, Quirk, receiver, sender};
use crate::rocketchat::boundary;
use crate::rocketchat::promise::Promise;
use crate::rocketchat::release::Release;
use crate::severity::Severity;

/// All of them.
pub const ALL: &[Quirk] = &[
    NO_CHANNELS,
    CHANNELS_BECOME_PRIVATE,
    NO_BROADCAST,
    NO_READ_RECEIPTS,
    NO_ENCRYPTION,
    NO_RECOVERY,
    NO_ROOM_DELETE,
    OLD_IMAGES_ONLY,
    EDIT_UNMARKED,
    REACTION_NAME,
    NESTED_RECOVERY,
];

/// A limit of the protocol: what there is no event for, and what helps.
const fn limit(id: &'static str, first: Release, until: Option<Release>, text: [&'static str; 3]) -> Quirk {
    let [what, shows, fix] = text;
    let (area, severity) = (Area::Protocol, Severity::Notice);
    Quirk { id, area, severity, first, until, what, shows, fix, issue: None, as_peer: None, breaks: &[] }
}

pub const NO_CHANNELS: Quirk = Quirk {
    breaks: &[sender(&[Promise::PublicChannel], Effect::Fails), receiver(&[Promise::PublicChannel], Effect::Fails)],
    ..limit(
        "no-channels",
        boundary::SECOND_PROTOCOL,
        None,
        [
            "public channels cannot be federated from 2.0 on, although the guide lists them",
            "adding a user of a peer ends with `Channels cannot be federated`",
            "use a private room",
        ],
    )
};

pub const CHANNELS_BECOME_PRIVATE: Quirk = Quirk {
    breaks: &[receiver(&[Promise::PublicChannel], Effect::Limited)],
    ..limit(
        "channels-become-private",
        boundary::FIRST,
        Some(boundary::SECOND_PROTOCOL),
        [
            "a public channel of a peer becomes a private room",
            "only users that are added to the room find it",
            "add each user to the room",
        ],
    )
};

pub const NO_BROADCAST: Quirk = Quirk {
    breaks: &[sender(&[Promise::BroadcastRoom], Effect::Fails), receiver(&[Promise::BroadcastRoom], Effect::Fails)],
    ..limit(
        "no-broadcast",
        boundary::SECOND_PROTOCOL,
        None,
        [
            "only 1.x treats a broadcast room of a peer as one, by muting all members but the owner",
            "every member can write at the peer",
            "mute the members who must not write",
        ],
    )
};

pub const NO_READ_RECEIPTS: Quirk = Quirk {
    breaks: &[sender(&[Promise::ReadReceipts], Effect::Fails), receiver(&[Promise::ReadReceipts], Effect::Fails)],
    ..limit(
        "no-read-receipts",
        boundary::SECOND_PROTOCOL,
        None,
        [
            "there is no event for read receipts from 2.0 on",
            "a message to a peer never shows as read by its users",
            "ask for a reply or a reaction",
        ],
    )
};

pub const NO_ENCRYPTION: Quirk = Quirk {
    breaks: &[sender(&[Promise::EncryptedRoom], Effect::Fails), receiver(&[Promise::EncryptedRoom], Effect::Fails)],
    ..limit(
        "no-encryption",
        boundary::FIRST,
        None,
        [
            "end-to-end encrypted rooms were announced for federation and never built",
            "no event carries the keys of a room, so users of a peer cannot read it",
            "do not encrypt rooms that are shared: messages are encrypted between servers in any case",
        ],
    )
};

pub const NO_RECOVERY: Quirk = Quirk {
    breaks: &[sender(&[Promise::Recovery], Effect::Fails), receiver(&[Promise::Recovery], Effect::Fails)],
    ..limit(
        "no-recovery",
        boundary::FIRST,
        Some(boundary::SECOND_PROTOCOL),
        [
            "an event that was not accepted in six requests within about a minute is never sent again",
            "messages that were written while the peer was down are missing there",
            "write them again",
        ],
    )
};

pub const NO_ROOM_DELETE: Quirk = Quirk {
    breaks: &[sender(&[Promise::DeleteRoom], Effect::Fails), receiver(&[Promise::DeleteRoom], Effect::Fails)],
    ..limit(
        "no-room-delete",
        boundary::FIRST,
        Some(boundary::SECOND_PROTOCOL),
        [
            "1.x has no event for a room that is deleted",
            "the room stays at the peer, and nothing arrives in it",
            "remove the users of the peer before you delete the room",
        ],
    )
};

pub const OLD_IMAGES_ONLY: Quirk = Quirk {
    breaks: &[receiver(&[Promise::OtherFile], Effect::Fails)],
    ..limit(
        "old-images-only",
        boundary::FIRST,
        Some(boundary::SECOND_PROTOCOL),
        [
            "1.x refuses attachments without the link of an image",
            "messages with other files never arrive: the sender logs `Federation.peerServer.error is not a function`",
            "send a link to the file",
        ],
    )
};

pub const EDIT_UNMARKED: Quirk = Quirk {
    breaks: &[sender(&[Promise::Edit], Effect::Limited)],
    ..limit(
        "edit-unmarked",
        boundary::SECOND_PROTOCOL,
        None,
        [
            "the event for an edited message has only the new text",
            "the text changes at the peer without the mark that it was edited",
            "no release or setting changes it",
        ],
    )
};

pub const REACTION_NAME: Quirk = Quirk {
    breaks: &[sender(&[Promise::Reaction], Effect::Limited)],
    ..limit(
        "reaction-name",
        boundary::SECOND_PROTOCOL,
        None,
        [
            "a reaction has the name of the user without the domain",
            "at a peer with a user of the same name the reaction looks like that user's",
            "no release or setting changes it",
        ],
    )
};

pub const NESTED_RECOVERY: Quirk = Quirk {
    breaks: &[receiver(&[Promise::Recovery, Promise::ThirdServer], Effect::Limited)],
    ..limit(
        "nested-recovery",
        boundary::ASYNC_MODELS,
        None,
        [
            "missing events are requested while the sender waits, and everything must finish within two seconds",
            "the sender logs `[IGNORED] Error` although the events may have arrived",
            "keep both servers fast, and look at their times: `fedctl handshake DOMAIN`",
        ],
    )
};
