//! Texts about defects of releases, and what is left.

use super::{HUB_GONE, Known, OFF, SHAKE, UPGRADE_TWO, cause, known};

pub const KNOWN: &[Known] = &[
    known(
        &["ENABLE_INSECURE_LEGACY_FEDERATION"],
        "the server runs 7.x, where classic federation is closed unless this variable is set in its environment",
        &[cause(
            "the release: 7.0 to 7.10 refuse every federation request by default",
            SHAKE,
            "set ENABLE_INSECURE_LEGACY_FEDERATION=1 in the server's environment and restart it; it then receives and sends nothing. To replace classic federation: fedctl upgrade plan --from 6.2 --to 7.11",
        )],
    ),
    known(
        &["Cannot read propert", "'success'"],
        "the release does not know the event that it got",
        &[cause(
            "the defect of 3.0.0 to 3.0.9: `a user was added` is registered under a wrong name",
            SHAKE,
            "upgrade to 3.0.10 or later",
        )],
    ),
    known(
        &["Cannot read propert", "'replace'"],
        "an attachment that is not an image",
        &[cause("the defect of releases before 3.3.0", SHAKE, "upgrade the receiver to 3.6.3 or later")],
    ),
    known(
        &["Cannot read propert", "'origin'"],
        "a local user without federation data",
        &[cause("the defect of releases before 3.4.0", SHAKE, UPGRADE_TWO)],
    ),
    known(
        &["Cannot read propert", "'indexOf'"],
        "the user that was asked for does not exist",
        &[cause("a user name that is not known there", "look at the name", "correct it")],
    ),
    known(
        &["Cannot read propert", "'0'|'address'"],
        "a user without a mail address, or one that does not exist",
        &[cause(
            "the defect of releases before 4.3.0",
            SHAKE,
            "give the user a mail address, or upgrade to 4.3.0 or later",
        )],
    ),
    known(
        &["Cannot federate rooms with more than"],
        "too many domains in a room",
        &[
            cause("2.0 to 3.3 count members in place of domains", SHAKE, UPGRADE_TWO),
            cause(
                "there are more domains than FEDERATED_DOMAINS_LENGTH allows, 10 by default",
                "count the domains in the room",
                "raise FEDERATED_DOMAINS_LENGTH in the environment",
            ),
        ],
    ),
    known(
        &["Federation.peerServer.error is not a function"],
        "a 1.x server failed on an event and hides the reason",
        &[cause(
            "an event that it does not know or cannot apply",
            "look at the lines before",
            "there is no release of 1.x without this",
        )],
    ),
    known(
        &["Channels cannot be federated"],
        "a public channel has a member of another domain",
        &[cause(
            "only private rooms and direct messages federate",
            "look at the type of the room",
            "use a private room",
        )],
    ),
    known(
        &["user_is_federated_on_rooms"],
        "a user in federated rooms cannot be deleted",
        &[cause("it is meant so", "look at the rooms of the user", "remove the user from these rooms first")],
    ),
    known(
        &["error-user-not-in-room"],
        "a user has left on the other server and is still listed here",
        &[cause(
            "the event of leaving was lost or is not known before 3.2.0",
            SHAKE,
            "remove the user on the server that the user belongs to",
        )],
    ),
    known(
        &["There is no such user in this server"],
        "a 1.x server was asked for a user that it does not have",
        &[cause(
            "no such user there: the search wants the exact name",
            "look at the name before the `@`",
            "correct it",
        )],
    ),
    known(
        &["invalid user|error-invalid-user"],
        "the user of the other domain could not be made here",
        &[
            cause(
                "the defect of 2.0 to 4.2: users without a mail address cannot be sent",
                SHAKE,
                "give the user a mail address, or upgrade both to 4.3.0 or later",
            ),
            cause("the name is not `user@DOMAIN`", "look at what was typed", "write the user name and the domain"),
        ],
    ),
    known(
        &["invalid-channel"],
        "the REST API does not know the user of the other domain yet",
        &[cause(
            "only the search in the user interface makes a remote user",
            "search for `user@DOMAIN` in the user interface",
            "open the chat there once; the REST API works afterwards",
        )],
    ),
    known(
        &["API endpoint does not exist"],
        "the route exists, and not with this method",
        &[cause(
            "a redirect turned the POST into a GET on its way, or somebody opened the route in a browser",
            SHAKE,
            "publish the host and port that answer without a redirect",
        )],
    ),
    known(
        &["There is no such file"],
        "an attachment is gone at its origin",
        &[cause(
            "the file store of the origin refused it: from 3.17 on GridFS does",
            "send a small image between the two",
            "use another file store at the receiver",
        )],
    ),
    known(
        &["Forbidden [forbidden]"],
        "the file store of the receiver refuses an attachment",
        &[cause(
            "from 3.17 on the GridFS store refuses files without a user",
            "look at the type of the file store",
            "use another file store",
        )],
    ),
    known(&["Federation disabled|federation-error-disabled"], "this server has federation switched off", &[OFF]),
    known(&["Federation not enabled"], "the peer has federation switched off", &[OFF]),
    known(
        &["Payload was not sent"],
        "a 1.x peer got a body without an envelope",
        &[cause("the sender is a 2.x server: the two protocols do not mix", SHAKE, "upgrade the 1.x side")],
    ),
    known(
        &["Cannot handle that request"],
        "the header `x-federation-domain` did not arrive",
        &[cause("a proxy drops headers that it does not know", SHAKE, "let the proxy pass it on")],
    ),
    known(
        &["could not register with Hub"],
        "the discovery method is Hub, and the Hub did not take the registration: federation is off",
        &[HUB_GONE],
    ),
    known(
        &["settings are not fully set"],
        "a 1.x server is to federate, and a setting that it needs is empty",
        &[cause(
            "Domain, Discovery Method, Hub URL, Site URL or the key is empty",
            "look at Administration > Federation, and at General > Site URL",
            "fill in every field; an empty key box is mended by `fedctl keygen --form mongosh`",
        )],
    ),
    known(
        &["Event was not sent"],
        "a 1.x peer opened the envelope and found no event in it",
        &[cause("the sender is a 2.x server: the two protocols do not mix", SHAKE, "upgrade the 1.x side")],
    ),
    known(
        &["=Not found|\"error\":\"Not found\""],
        "a 1.x peer has federation switched off: that is its answer to everything",
        &[OFF, cause("the other is a proxy, and no server", SHAKE, "publish the address of the server itself")],
    ),
    known(
        &["[IGNORED]"],
        "an event could not be delivered and is lost for this peer",
        &[cause(
            "the rest of the line says why",
            SHAKE,
            "mend what the handshake finds; lost events come back when the peer notices a gap",
        )],
    ),
];
