//! Faults with users, rooms and reactions.

use super::{Area, AsPeer, Effect, Quirk, receiver, sender};
use crate::rocketchat::boundary;
use crate::rocketchat::promise::Promise;
use crate::severity::Severity;

/// All of them.
pub const ALL: &[Quirk] = &[
    ADD_USER_HANDLER,
    DEPARTED_PEER,
    TEN_MEMBERS,
    USERS_WITHOUT_ORIGIN,
    USERS_WITHOUT_MAIL,
    ROOM_DELETE,
    REACTION_UNSET,
    LEAVE,
];

pub const ADD_USER_HANDLER: Quirk = Quirk {
    id: "add-user-handler",
    area: Area::Rooms,
    severity: Severity::Error,
    first: boundary::STRICT_EVENTS,
    until: Some(boundary::ADD_USER_FIXED),
    what: "the handler for users that are added to a room is registered under a misspelt name",
    shows: "rooms from peers never appear: `Cannot read property 'success' of undefined` in the log",
    fix: "upgrade to 3.0.10 or later",
    issue: Some(17409),
    as_peer: Some(AsPeer {
        severity: Severity::Error,
        what: "does not add users to a room",
        means: "messages pass in one direction only: its log contains `Cannot read property 'success' of undefined`",
    }),
    breaks: &[receiver(Promise::ROOMS, Effect::Fails), receiver(Promise::EVENTS, Effect::Fails)],
};

pub const DEPARTED_PEER: Quirk = Quirk {
    id: "departed-partner",
    area: Area::Rooms,
    severity: Severity::Warning,
    first: boundary::SECOND_PROTOCOL,
    until: Some(boundary::ASYNC_MODELS),
    what: "when one domain of a room is no longer in DNS, nothing is delivered to the domains after it in the room's list",
    shows: "the sender reads `Could not find the peer using DNS or Hub`, and healthy peers get nothing from that room",
    fix: "remove the users of the domain that has left from the room, or upgrade to 4.2.0 or later",
    issue: None,
    as_peer: Some(AsPeer {
        severity: Severity::Notice,
        what: "stops sending to a room at the first peer that has left DNS",
        means: "when another peer of a shared room gives up its records, you may no longer get anything from that room",
    }),
    breaks: &[sender(&[Promise::ThirdServer], Effect::Limited)],
};

pub const TEN_MEMBERS: Quirk = Quirk {
    id: "ten-members",
    area: Area::Rooms,
    severity: Severity::Warning,
    first: boundary::SECOND_PROTOCOL,
    until: Some(boundary::TCP_NAME),
    what: "the limit of 10 domains in a room counts members instead of domains",
    shows: "`Cannot federate rooms with more than 10 domains` in rooms with more than 10 members",
    fix: "upgrade to 3.6.3 or later; 3.4.0 counts correctly but does not send",
    issue: Some(17828),
    as_peer: Some(AsPeer {
        severity: Severity::Warning,
        what: "counts members instead of domains",
        means: "rooms with more than 10 members fail with `Cannot federate rooms with more than 10 domains`",
    }),
    breaks: &[sender(&[Promise::PrivateRoom, Promise::ThirdServer], Effect::Limited)],
};

pub const USERS_WITHOUT_ORIGIN: Quirk = Quirk {
    id: "users-without-origin",
    area: Area::Rooms,
    severity: Severity::Warning,
    first: boundary::SECOND_PROTOCOL,
    until: Some(boundary::TCP_NAME),
    what: "a local user who has never used federation has no origin, and the server does not check for that",
    shows: "a second user cannot be invited: `Cannot read property 'origin' of undefined`",
    fix: "upgrade to 3.6.3 or later, or let each user open a direct chat with a peer first",
    issue: Some(17273),
    as_peer: None,
    breaks: &[sender(&[Promise::PrivateRoom, Promise::ThirdServer], Effect::Limited)],
};

pub const USERS_WITHOUT_MAIL: Quirk = Quirk {
    id: "users-without-mail",
    area: Area::Rooms,
    severity: Severity::Warning,
    first: boundary::SECOND_PROTOCOL,
    until: Some(boundary::NO_MAIL),
    what: "the first e-mail address of a user is read without a check that there is one",
    shows: "`invalid user` for peers and `Cannot read property '0' of undefined` in the log, for users without e-mail",
    fix: "upgrade to 4.3.0 or later, or give every user an e-mail address",
    issue: Some(23250),
    as_peer: Some(AsPeer {
        severity: Severity::Notice,
        what: "fails on users without an e-mail address",
        means: "such users are `invalid user` for peers: `Cannot read property '0' of undefined`",
    }),
    breaks: &[
        sender(&[Promise::Direct, Promise::PrivateRoom, Promise::ThirdServer], Effect::Limited),
        receiver(&[Promise::Invite], Effect::Limited),
    ],
};

pub const ROOM_DELETE: Quirk = Quirk {
    id: "room-delete",
    area: Area::Rooms,
    severity: Severity::Notice,
    first: boundary::SECOND_PROTOCOL,
    until: Some(boundary::ADD_USER_FIXED),
    what: "deleting a federated room calls a function that was not imported",
    shows: "the room cannot be deleted",
    fix: "upgrade to 3.0.10 or later",
    issue: None,
    as_peer: None,
    breaks: &[sender(&[Promise::DeleteRoom], Effect::Fails)],
};

pub const REACTION_UNSET: Quirk = Quirk {
    id: "reaction-unset",
    area: Area::Rooms,
    severity: Severity::Notice,
    first: boundary::SECOND_PROTOCOL,
    until: Some(boundary::TCP_NAME),
    what: "removing a reaction calls a function that was not imported",
    shows: "peers still show a reaction that was removed",
    fix: "upgrade to 3.6.3 or later",
    issue: None,
    as_peer: None,
    breaks: &[sender(&[Promise::ReactionRemoval], Effect::Fails)],
};

pub const LEAVE: Quirk = Quirk {
    id: "leave",
    area: Area::Rooms,
    severity: Severity::Notice,
    first: boundary::SECOND_PROTOCOL,
    until: Some(boundary::USER_LEFT),
    what: "there is no event for a user who leaves a room, and no handler for the event of later releases",
    shows: "peers still show a user who has left as a member of the room",
    fix: "upgrade to 3.6.3 or later, or let the owner of the room remove the user",
    issue: None,
    as_peer: None,
    breaks: &[sender(&[Promise::Leave], Effect::Fails), receiver(&[Promise::Leave], Effect::Fails)],
};
