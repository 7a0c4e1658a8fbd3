//! Texts about rooms, users and files, and what is left.

use super::{HUB_GONE, Known, SHAKE, cause, known};
use crate::rocketchat::boundary::Span;

pub const KNOWN: &[Known] = &[
    known(
        Span::TWO,
        &["user_is_federated_on_rooms|remove federated users"],
        "a user in federated rooms cannot be deleted",
        &[cause("it is meant so", "look at the rooms of the user", "remove the user from these rooms first")],
    ),
    known(
        Span::ALL,
        &["error-user-not-in-room"],
        "a user has left on the other server and is still listed here",
        &[cause(
            "the event was lost, or the release is older than 3.2.0, which does not have it",
            SHAKE,
            "remove the user on the server that the user belongs to",
        )],
    ),
    known(
        Span::TWO,
        &["invalid-channel"],
        "the REST API does not find the user of the other domain yet",
        &[cause(
            "only the search in the user interface creates a remote user",
            "search for `user@DOMAIN` in the user interface",
            "open the chat there once; the REST API works afterwards",
        )],
    ),
    known(
        Span::ALL,
        &["There is no such file"],
        "an attachment no longer exists at its origin",
        &[cause(
            "the file store of the origin refused it: from 3.17 on GridFS does",
            "send a small image between the two",
            "use another file store at the receiver",
        )],
    ),
    known(
        Span::ALL,
        &["Forbidden [forbidden]"],
        "the file store of the receiver refuses an attachment",
        &[cause(
            "from 3.17 on the GridFS store refuses files without a user",
            "look at the type of the file store",
            "use another file store",
        )],
    ),
    known(
        Span::ALL,
        &["could not register with Hub"],
        "the discovery method is Hub, and the hub did not accept the registration: federation is off",
        &[HUB_GONE],
    ),
    known(
        Span::TWO,
        &["[IGNORED]"],
        "an event could not be delivered and is lost for this peer",
        &[cause(
            "the rest of the line has the reason",
            SHAKE,
            "fix what the handshake finds; lost events are sent again when the peer requests them",
        )],
    ),
];
