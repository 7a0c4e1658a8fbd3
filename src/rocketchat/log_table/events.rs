//! Texts about events of the second protocol.

use super::{DNS, Known, OLD_KEY, SHAKE, UPGRADE_TWO, cause, known};
use crate::rocketchat::boundary::{self, Span};

const TWO: Span = Span::TWO;
const ERR: &str = "read the error in the same record or the line after it";

pub const KNOWN: &[Known] = &[
    known(
        Span::from(boundary::GATE),
        &["ENABLE_INSECURE_LEGACY_FEDERATION"],
        "the server runs 7.x, where classic federation is closed unless this variable is set in its environment",
        &[cause(
            "the release: 7.0 to 7.10 refuse every federation request by default",
            SHAKE,
            "set ENABLE_INSECURE_LEGACY_FEDERATION=1 in the server's environment and restart it; it then receives and sends nothing. To replace classic federation: fedctl upgrade plan --from 6.2 --to 7.11",
        )],
    ),
    known(
        Span::from(boundary::GATE),
        &["Use Matrix Federation instead"],
        "a peer called a route of classic federation, and the server reports that the route is deprecated",
        &[cause(
            "the release: 7.x announces the removal of classic federation",
            SHAKE,
            "plan what replaces it: fedctl upgrade plan --from 6.2 --to 7.11",
        )],
    ),
    known(
        TWO,
        &["Could not create federated room"],
        "a room with a remote member could not be federated; it is deleted again",
        &[
            cause(
                "the error in the same record is the reason: a peer or the server itself was not found or not reached",
                ERR,
                "fix what it names, then create the room again",
            ),
            cause("a public channel was given a remote member", "look at the type of the room", "use a private room"),
        ],
    ),
    known(
        TWO,
        &["afterAddedToRoom => Could not add user"],
        "a user was added to a room and removed again, because the event could not be made or sent",
        &[cause("the error in the same record is the reason", ERR, "fix what it names, then add the user again")],
    ),
    known(
        Span::from(boundary::USER_LEFT),
        &["Could not make user leave"],
        "a user left here, and the peers were not informed",
        &[cause("the error in the same record is the reason, often a user without federation data", ERR, UPGRADE_TWO)],
    ),
    known(
        TWO,
        &["afterRemoveFromRoom => Could not remove user"],
        "a user was removed here, and the peers were not informed",
        &[cause("the error in the same record is the reason, often a user without federation data", ERR, UPGRADE_TWO)],
    ),
    known(
        TWO,
        &["beforeDeleteRoom => Could not remove room"],
        "a federated room could not be deleted, because the peers could not be informed",
        &[
            cause(
                "the server cannot reach its own published address",
                "on the server: fedctl handshake OWN_DOMAIN",
                "fix what it finds, then delete the room again",
            ),
            cause("the fault of 2.0.0 to 3.0.9: `dispatchEvent is not defined`", SHAKE, "upgrade to 3.6.3 or later"),
        ],
    ),
    known(
        Span::between(boundary::SECOND_PROTOCOL, boundary::TCP_NAME),
        &["dispatchEvent is not defined"],
        "the release calls a function that it did not import: deleting a room (until 3.0.10) or removing a reaction (until 3.4.0)",
        &[cause("the fault of the release", SHAKE, UPGRADE_TWO)],
    ),
    known(
        TWO,
        &["Event has missing parents|missingParents"],
        "an event arrived whose predecessors this server does not have; it requests them from the origin",
        &[
            cause(
                "an earlier event was lost, as after a time when this server was down",
                "the next lines: a request `requestFromLatest`, then a dispatch with the missing events",
                "nothing to fix if the messages appear; if not, check the connection: fedctl handshake DOMAIN",
            ),
            cause(
                "the origin runs 6.3 or later and cannot send what is missing",
                SHAKE,
                "the origin's admin runs a release up to 6.2",
            ),
        ],
    ),
    known(
        TWO,
        &["missingMessageToEdit"],
        "a message was edited at a peer that this server never received",
        &[cause("the message itself was lost", SHAKE, "it cannot be recovered; write it again")],
    ),
    known(
        Span::from(boundary::TCP_NAME),
        &["unable to create subscription for user"],
        "a user was added to a room by a peer, and the subscription could not be stored",
        &[cause(
            "it exists already, or the user is in the room under another id",
            "look at the members of the room",
            "remove the user from the room on the user's own server, then add the user again",
        )],
    ),
    known(
        TWO,
        &["Error on creating message:"],
        "a message arrived and could not be stored",
        &[cause(
            "the room or a user that it names does not exist here",
            "look for the room in the database",
            "invite the peer's users to a new room",
        )],
    ),
    known(
        TWO,
        &["E11000", "username|emails"],
        "a remote user could not be stored: the name or e-mail address is taken here",
        &[cause(
            "a local user has the same address, or an old record of the remote user is left",
            "search for the address among the users",
            "change the local address, or delete the old remote user",
        )],
    ),
    known(
        TWO,
        &["E11000", "_subscription"],
        "a membership could not be stored: the user is in the room already",
        &[cause(
            "the user was added before under another identifier, and that membership is left",
            "look for the user among the members of the room",
            "remove the user from the room, and add them again",
        )],
    ),
    known(
        TWO,
        &["E11000", "name"],
        "a remote room could not be stored: a room of the same name exists here",
        &[cause("rooms have unique names", "search for the room", "rename one of the two rooms")],
    ),
    known(
        TWO,
        &["Domain is unknown, ignoring event"],
        "the header `x-federation-domain` did not arrive; the sender is answered `Could not decrypt payload`",
        &[cause(
            "a proxy removes header fields that are not on its list",
            SHAKE,
            "make the proxy forward `x-federation-domain`",
        )],
    ),
    known(
        TWO,
        &["Could not decrypt"],
        "this server could not open a message; its sender is answered `Could not decrypt payload`",
        &[
            OLD_KEY,
            cause(
                "this server publishes another key than the one that it uses",
                "on this server: fedctl doctor",
                "publish the key that its settings show",
            ),
        ],
    ),
    known(
        TWO,
        &["Could not find the peer's public key to decrypt"],
        "the sender of a message was found without a key",
        &[cause(
            "the sender's TXT record is missing or empty, or the hub gave an entry without a key",
            DNS,
            "the sender's admin publishes rocketchat-public-key",
        )],
    ),
    known(
        TWO,
        &["Could not encrypt"],
        "a message could not be sealed, so it was not sent",
        &[cause(
            "the RECIPIENT's published key is damaged: the line before has the error of the key",
            DNS,
            "the recipient's admin publishes the whole key as ONE TXT record",
        )],
    ),
    known(
        TWO,
        &["Federation is enabled|Federation is disabled"],
        "the setting Enabled was read or changed; nothing is wrong in this line",
        &[cause(
            "an admin switched it, or the server started",
            "look at Administration > Federation",
            "nothing to fix here",
        )],
    ),
    known(
        TWO,
        &["error-not-authorized|Not authorized"],
        "a user opened the federation dashboard without the permission for it",
        &[cause(
            "the permission `view-federation-data` is missing",
            "look at the roles of the user",
            "give the role that permission",
        )],
    ),
    known(
        TWO,
        &["error-invalid-user|Invalid user"],
        "the request came from a connection where nobody is logged in",
        &[
            cause(
                "the session has ended, or an app or a script calls the method without a login",
                "find the client in the log of the proxy",
                "log in again",
            ),
            cause(
                "2.0 to 4.2: `invalid user` on the screen comes from a remote user without an e-mail address",
                "look for `'0' of undefined` in the log",
                "give the user an e-mail address, or upgrade both to 4.3.0 or later",
            ),
        ],
    ),
];
