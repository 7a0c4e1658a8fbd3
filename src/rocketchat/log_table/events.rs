//! Texts about events of the second protocol, and the TypeErrors of its handlers in both wordings of Node.

use super::{DNS, Known, OFF, SHAKE, TEST_DOMAIN, UPGRADE_TWO, cause, known};
use crate::rocketchat::boundary::{self, Span};

const TWO: Span = Span::TWO;
const ERR: &str = "read the error in the same record or the line after it";
const FOREIGN: &str = "the sender is no Rocket.Chat server, or a program under test";
const SENDER: &str = "look at the sender in the log of the proxy";
const STOP: &str = "correct that program";

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
        "a user left here, and the peers were not told",
        &[cause("the error in the same record is the reason, often a user without federation data", ERR, UPGRADE_TWO)],
    ),
    known(
        TWO,
        &["afterRemoveFromRoom => Could not remove user"],
        "a user was removed here, and the peers were not told",
        &[cause("the error in the same record is the reason, often a user without federation data", ERR, UPGRADE_TWO)],
    ),
    known(
        TWO,
        &["beforeDeleteRoom => Could not remove room"],
        "a federated room could not be deleted, because the peers could not be told",
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
        "an event arrived whose predecessors this server does not have; it asks the origin for them",
        &[
            cause(
                "an earlier event was lost, as after a time when this server was down",
                "the next lines: a request `requestFromLatest`, then a dispatch with the missing events",
                "nothing to fix if the messages appear; if not, look at the connection: fedctl handshake DOMAIN",
            ),
            cause(
                "the origin runs 6.3 or later and cannot send what is missing",
                SHAKE,
                "the origin's admin goes back to 6.2.x",
            ),
        ],
    ),
    known(
        TWO,
        &["missingMessageToEdit"],
        "a message was edited at a peer that this server never received",
        &[cause("the message itself was lost", SHAKE, "nothing brings it back; write it again")],
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
        "a remote user could not be stored: the name or mail address is taken here",
        &[cause(
            "a local user has the same address, or an old record of the remote user is left",
            "search for the address among the users",
            "change the local address, or delete the old remote user",
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
        &[cause("a proxy drops headers that it does not know", SHAKE, "let the proxy pass `x-federation-domain` on")],
    ),
    known(
        TWO,
        &["Could not find the peer's public key to decrypt"],
        "the sender of a message was found without a key",
        &[cause(
            "the sender's TXT record is missing or empty, or the Hub gave an entry without a key",
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
                "look at who calls",
                "log in again",
            ),
            cause(
                "2.0 to 4.2: `invalid user` on the screen comes from a remote user without a mail address",
                "look for `'0' of undefined` in the log",
                "give the user a mail address, or upgrade both to 4.3.0 or later",
            ),
        ],
    ),
    known(
        Span::from(boundary::STRICT_EVENTS),
        &["Cannot read propert", "'success'"],
        "the release does not know the event that it got",
        &[
            cause(
                "3.0.0 to 3.0.9: `a user was added` is registered under a wrong name",
                SHAKE,
                "upgrade to 3.0.10 or later",
            ),
            cause("3.0 and 3.1: the peer sent that a user left, which is known from 3.2.0 on", SHAKE, UPGRADE_TWO),
        ],
    ),
    known(
        Span::from(boundary::USER_LEFT),
        &["Cannot read propert", "'latestEventIds'"],
        "an event of a kind that this release does not know, with a room",
        &[cause(FOREIGN, SENDER, STOP)],
    ),
    known(
        Span::from(boundary::USER_LEFT),
        &["Cannot read propert", "'roomId'"],
        "an event of a kind that this release does not know, without a room",
        &[cause(FOREIGN, SENDER, STOP)],
    ),
    known(
        Span::between(boundary::SECOND_PROTOCOL, boundary::READS_ALL),
        &["Cannot read propert", "'map'"],
        "a body without a list of events arrived",
        &[
            cause(
                "a sealed body in the server's own name, which is not opened: the same Domain is set on two servers",
                TEST_DOMAIN,
                "each server needs a domain of its own",
            ),
            cause(FOREIGN, SENDER, STOP),
        ],
    ),
    known(
        Span::between(boundary::SECOND_PROTOCOL, boundary::READS_ALL),
        &["events.map is not a function"],
        "a body arrived whose events are no list",
        &[cause(FOREIGN, SENDER, STOP)],
    ),
    known(
        Span::from(boundary::READS_ALL),
        &["events is not iterable"],
        "a body without a list of events arrived",
        &[
            cause(
                "a sealed body in the server's own name, which is not opened: the same Domain is set on two servers",
                TEST_DOMAIN,
                "each server needs a domain of its own",
            ),
            cause(FOREIGN, SENDER, STOP),
        ],
    ),
    known(
        TWO,
        &["Cannot read propert", "'type'"],
        "a list of events with an empty entry arrived",
        &[cause(FOREIGN, SENDER, STOP)],
    ),
    known(
        TWO,
        &["Cannot read propert", "'message'"],
        "an event about a message arrived without its data",
        &[cause(FOREIGN, SENDER, STOP)],
    ),
    known(
        Span::ALL,
        &["Cannot destructure property"],
        "a message or an answer lacks a part that the server takes for granted",
        &[
            cause(
                "the answer of the Hub or of a peer is not the JSON that the server expects",
                SHAKE,
                "let the proxy pass /api/v1/ on to the server",
            ),
            cause(FOREIGN, SENDER, STOP),
        ],
    ),
    known(
        TWO,
        &["mentions is not iterable|channels is not iterable"],
        "a message without its lists of mentions and channels arrived; it is stored as an event and not shown",
        &[cause(
            "the sender leaves them out: an app or an import made the message",
            "look at how the message was made",
            "send it again from the user interface",
        )],
    ),
    known(
        TWO,
        &["Cannot read propert", "'reactions'"],
        "a reaction to a message arrived that this server does not have",
        &[cause("the message was lost before", SHAKE, "nothing to fix; the next messages are not affected")],
    ),
    known(
        Span::between(boundary::SECOND_PROTOCOL, boundary::READS_ALL),
        &["Cannot read propert", "'join'"],
        "a request for lost events names none, as happens after an edit of an unknown message",
        &[cause("the message that was edited was lost", SHAKE, "nothing to fix; write the message again")],
    ),
    known(
        Span::from(boundary::READS_ALL),
        &["Cannot read propert", "'length'"],
        "a request for lost events names none, as happens after an edit of an unknown message",
        &[cause("the message that was edited was lost", SHAKE, "nothing to fix; write the message again")],
    ),
    known(
        TWO,
        &["Cannot read propert", "'find'|'findOne'"],
        "a request for the events of something that is no room arrived",
        &[cause(FOREIGN, SENDER, STOP)],
    ),
    known(
        TWO,
        &["Cannot read propert", "'parentIds'"],
        "an event without the list of its predecessors arrived",
        &[cause(FOREIGN, SENDER, STOP)],
    ),
    known(
        Span::between(boundary::FIRST, boundary::ANY_FILE),
        &["Cannot read propert", "'replace'"],
        "an attachment that is not an image",
        &[cause("the fault of releases before 3.3.0", SHAKE, "upgrade the receiver to 3.6.3 or later")],
    ),
    known(
        Span::between(boundary::SECOND_PROTOCOL, boundary::TCP_NAME),
        &["Cannot read propert", "'origin'"],
        "a local user without federation data",
        &[cause("the fault of releases before 3.4.0", SHAKE, UPGRADE_TWO)],
    ),
    known(
        Span::from(boundary::NO_MAIL),
        &["Cannot read propert", "'indexOf'"],
        "the user that was asked for does not exist",
        &[cause("a user name that is not known there", "look at the name", "correct it")],
    ),
    known(
        Span::between(boundary::SECOND_PROTOCOL, boundary::NO_MAIL),
        &["Cannot read propert", "'0'|'address'"],
        "a user without a mail address, or one that does not exist",
        &[cause(
            "the fault of releases before 4.3.0",
            SHAKE,
            "give the user a mail address, or upgrade to 4.3.0 or later",
        )],
    ),
    known(
        TWO,
        &["Cannot federate rooms with more than"],
        "too many domains in a room",
        &[
            cause("2.0 to 3.3 count members instead of domains", SHAKE, UPGRADE_TWO),
            cause(
                "there are more domains than FEDERATED_DOMAINS_LENGTH allows, 10 by default",
                "count the domains in the room",
                "raise FEDERATED_DOMAINS_LENGTH in the environment (3.4.0 and later)",
            ),
        ],
    ),
    known(
        TWO,
        &["Channels cannot be federated"],
        "a public channel has a member of another domain",
        &[cause(
            "only private rooms and direct messages federate",
            "look at the type of the room",
            "use a private room",
        )],
    ),
    known(
        Span::ALL,
        &["Unexpected token", "in JSON at position|is not valid JSON"],
        "a text came where JSON was expected",
        &[
            cause(
                "HTML: a proxy page, a login or another site answers for the peer",
                SHAKE,
                "let the proxy pass /api/v1/ on to the server",
            ),
            cause("a 1.x server opened an envelope that holds no JSON", SENDER, STOP),
        ],
    ),
    known(TWO, &["Federation disabled|federation-error-disabled"], "this server has federation switched off", &[OFF]),
    known(TWO, &["Federation not enabled"], "the peer has federation switched off", &[OFF]),
    known(
        Span::from(boundary::WIZARD),
        &["Federation integration is working correctly"],
        "the server's own health test passed; from 4.2 on it passes whatever is wrong",
        &[cause(
            "it only calls the server's own address, in clear",
            SHAKE,
            "prove it with a peer: fedctl handshake DOMAIN",
        )],
    ),
    known(
        Span::between(boundary::WIZARD, boundary::CANNOT_SEND),
        &["Changes needed on your Server"],
        "the DNS assistant compares the records with the Site URL and finds a difference",
        &[
            cause(
                "the Site URL has no port, and the assistant expects the port as written: 443 is right",
                "fedctl doctor",
                "ignore that line of the assistant",
            ),
            cause(
                "the records name another host, weight or priority than the assistant expects",
                DNS,
                "servers ignore weight and priority; correct a wrong host",
            ),
        ],
    ),
];
