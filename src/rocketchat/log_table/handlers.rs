//! Texts of the handlers of events: the TypeErrors of the second protocol in both wordings of Node, and what handlers refuse.

use super::{DNS, Known, OFF, SHAKE, TEST_DOMAIN, UPGRADE_TWO, cause, known};
use crate::rocketchat::boundary::{self, Span};

const TWO: Span = Span::TWO;
const FOREIGN: &str = "the sender is not a Rocket.Chat server";
const SENDER: &str = "look at the sender in the log of the proxy";
const STOP: &str = "correct that program";

pub const KNOWN: &[Known] = &[
    known(
        Span::from(boundary::STRICT_EVENTS),
        &["Cannot read propert", "'success'"],
        "the release does not support the event that it received",
        &[
            cause(
                "3.0.0 to 3.0.9: `a user was added` is registered under a wrong name",
                SHAKE,
                "upgrade to 3.0.10 or later",
            ),
            cause(
                "3.0 and 3.1: the peer sent the event that a user left, which is supported from 3.2.0 on",
                SHAKE,
                UPGRADE_TWO,
            ),
        ],
    ),
    known(
        Span::from(boundary::USER_LEFT),
        &["Cannot read propert", "'latestEventIds'"],
        "an event of a type that this release does not support, with a room",
        &[cause(FOREIGN, SENDER, STOP)],
    ),
    known(
        Span::from(boundary::USER_LEFT),
        &["Cannot read propert", "'roomId'"],
        "an event of a type that this release does not support, without a room",
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
                "each server needs its own domain",
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
                "each server needs its own domain",
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
        "a message or a response lacks a part that the server expects",
        &[
            cause(
                "the answer of the hub or of a peer is not the JSON that the server expects",
                SHAKE,
                "make the proxy forward /api/v1/ to the server",
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
        &["Cannot read propert|Cannot convert undefined or null to object", "'indexOf'|null to object"],
        "the requested user does not exist",
        &[cause("a user name that is not known there", "look at the name", "correct it")],
    ),
    known(
        Span::between(boundary::SECOND_PROTOCOL, boundary::NO_MAIL),
        &["Cannot read propert", "'0'|'address'"],
        "a user without an e-mail address, or one that does not exist",
        &[cause(
            "the fault of releases before 4.3.0",
            SHAKE,
            "give the user an e-mail address, or upgrade to 4.3.0 or later",
        )],
    ),
    known(
        TWO,
        &["Cannot read propert", "'some'"],
        "a room has data of federation without a list of domains",
        &[cause(
            "the room was federated by 1.x, whose rooms are not converted",
            "look at whether the room is older than the upgrade to 2.0",
            "create a new room and invite the peer's users",
        )],
    ),
    known(
        TWO,
        &["Cannot read propert", "'username'|'split'"],
        "a room, message or membership arrived or is to be sent without its user",
        &[
            cause(
                "a member of the room was deleted from the database of this server",
                "look at the members of the room",
                "remove that member, or create a new room",
            ),
            cause(FOREIGN, SENDER, STOP),
        ],
    ),
    known(
        TWO,
        &["attachments is not iterable"],
        "a message with a file arrived without a list of attachments",
        &[cause(FOREIGN, SENDER, STOP)],
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
        "a text was received where JSON was expected",
        &[
            cause(
                "HTML: a proxy page, a login or another site answers instead of the peer",
                SHAKE,
                "make the proxy forward /api/v1/ to the server",
            ),
            cause("a 1.x server opened an envelope that contains no JSON", SENDER, STOP),
        ],
    ),
    known(TWO, &["Federation disabled|federation-error-disabled"], "this server has federation switched off", &[OFF]),
    known(TWO, &["Federation not enabled"], "the peer has federation switched off", &[OFF]),
    known(
        Span::from(boundary::WIZARD),
        &["Federation integration is working correctly"],
        "the server's own health test passed; from 4.2 on it always passes",
        &[cause(
            "it only calls the server's own address, without encryption",
            SHAKE,
            "verify it with a peer: fedctl handshake DOMAIN",
        )],
    ),
    known(
        Span::between(boundary::WIZARD, boundary::CANNOT_SEND),
        &["Changes needed on your Server"],
        "the DNS wizard compares the records with the Site URL and finds a difference",
        &[
            cause(
                "the Site URL has no port, and the wizard expects the port as written: 443 is right",
                "fedctl doctor",
                "ignore that line of the wizard",
            ),
            cause(
                "the records name another host, weight or priority than the wizard expects",
                DNS,
                "servers ignore weight and priority; correct a wrong host",
            ),
        ],
    ),
];
