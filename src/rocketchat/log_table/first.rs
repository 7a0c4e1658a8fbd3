//! Texts that only releases of 1.x write.

use super::{Cause, DNS, HUB_GONE, Known, NO_SRV, OWN_RESOLVER, SHAKE, TEST_DOMAIN, cause, known};
use crate::rocketchat::boundary::Span;

const ONE: Span = Span::ONE;
const REASON_BEFORE: &str = "read the lines before it: they contain the reason";
const REPEAT: &str = "1.x does not repeat a lost event: write the message again when the cause is fixed";
const LOST_EARLIER: Cause = cause(
    "an earlier event was lost, and 1.x does not request it again",
    REASON_BEFORE,
    "invite the peer's users to a new room",
);

pub const KNOWN: &[Known] = &[
    known(
        ONE,
        &["searchPeer: @"],
        "\"Test setup\" of 1.x looks for the Domain setting as it is written",
        &[cause("the Domain setting is written with a leading `@`", TEST_DOMAIN, "write the domain without `@`")],
    ),
    known(
        ONE,
        &["Could not find valid peer:"],
        "this server could not send an event: it found no address or no key of the RECIPIENT",
        &[NO_SRV, OWN_RESOLVER],
    ),
    known(
        ONE,
        &["Could not find valid peer"],
        "the peer found no key for the SENDER of a message: that answer is about your own records",
        &[cause(
            "the sender's SRV record at _rocketchat._tcp or its TXT record is missing where the peer looks",
            "fedctl dns-check OWN_DOMAIN --key FILE",
            "publish the sender's records, _rocketchat._tcp among them",
        )],
    ),
    known(
        ONE,
        &["Could not find peer for domain|Could not find peer using domain"],
        "a 1.x server found no records, and the hub has no entry",
        &[
            NO_SRV,
            OWN_RESOLVER,
            cause("the domain was typed with an error", "check the text after the `@`", "correct it"),
        ],
    ),
    known(
        ONE,
        &["Could not find a peer with domain"],
        "the records were not found, and the hub gave no useful answer",
        &[NO_SRV, HUB_GONE],
    ),
    known(
        ONE,
        &["Could not find public key entry on TXT records"],
        "the SRV record was found and the key was not",
        &[
            cause(
                "no TXT record at rocketchat-public-key.DOMAIN",
                DNS,
                "publish the TXT record at exactly rocketchat-public-key.DOMAIN",
            ),
            OWN_RESOLVER,
        ],
    ),
    known(
        ONE,
        &["Error trying to fetch SRV"],
        "a 1.x server got a failure, not an empty answer, from its resolver",
        &[OWN_RESOLVER, cause("the name servers of the zone fail", DNS, "fix the name servers")],
    ),
    known(
        ONE,
        &["federation-peer-does-not-exist|Peer does not exist"],
        "a 1.x server found no records, and the hub has no entry",
        &[NO_SRV, OWN_RESOLVER],
    ),
    known(
        ONE,
        &["Cannot read propert", "'domain'"],
        "a user or a domain was looked for, and the domain was not found",
        &[NO_SRV, cause("the domain was typed with an error", "check the text after the `@`", "correct it")],
    ),
    known(
        ONE,
        &["There is no user to add|federation-invalid-user"],
        "the domain was found and has no user of this name",
        &[cause("no such user there", "look at the name before the `@`", "use the exact user name")],
    ),
    known(
        ONE,
        &["federation-user-does-not-exist|Could not find user:"],
        "a 1.x server could not find the user, or could not reach the domain",
        &[
            cause("no such user there", "look at the name before the `@`", "correct it"),
            cause("the other server does not answer, or has federation switched off", SHAKE, "fix what it finds"),
        ],
    ),
    known(
        ONE,
        &["error-federation-disabled"],
        "this server has federation switched off",
        &[cause("Enabled is off", "fedctl doctor", "switch it on: Administration > Federation > Enabled")],
    ),
    known(
        ONE,
        &["Event could not be sent to peer:"],
        "an event did not reach the peer after all tries, and is lost for it",
        &[cause("the peer refused it or did not answer", REASON_BEFORE, REPEAT)],
    ),
    known(
        ONE,
        &["Could not send request to"],
        "an event did not reach the peer after all tries; the text is kept with the event in the database",
        &[cause("the peer refused it or did not answer", SHAKE, REPEAT)],
    ),
    known(
        ONE,
        &["Retry: could not fulfill the request"],
        "the last of six tries failed; the request is given up",
        &[cause("the peer refused it or did not answer", REASON_BEFORE, REPEAT)],
    ),
    known(
        ONE,
        &["Retry: skipping due to specific error"],
        "the peer refused the request with `error-decrypt` or `error-app-prevented-sending`; it is not repeated",
        &[cause(
            "the peer could not open it, or an app there refused it",
            REASON_BEFORE,
            "fix the key, or ask the peer's admin",
        )],
    ),
    known(
        ONE,
        &["Trying again in"],
        "a request failed and is repeated after the wait that the line names",
        &[cause("the peer refused it or did not answer", REASON_BEFORE, "nothing to fix if a later try works")],
    ),
    known(
        ONE,
        &["Trying to update local DNS cache for peer"],
        "a request failed; the server reads the peer's records again and repeats it at once",
        &[cause("the peer refused it or did not answer", SHAKE, "nothing to fix if the next line is a success")],
    ),
    known(
        ONE,
        &["Could not register peer"],
        "the hub did not accept this server within five tries: federation is switched off",
        &[
            HUB_GONE,
            cause(
                "the registration was refused",
                "fedctl hub lookup OWN_DOMAIN",
                "choose the discovery method DNS and publish records",
            ),
        ],
    ),
    known(
        ONE,
        &["Peer registered!"],
        "the hub accepted the registration; it counts only after the link in the mail to webmaster@ was followed",
        &[cause("nothing is wrong in this line", "fedctl hub lookup OWN_DOMAIN", "nothing to fix here")],
    ),
    known(
        ONE,
        &["Registering peer with domain"],
        "the server sends its domain, URL and key to the hub",
        &[cause("the lines after it contain the result", "fedctl hub lookup OWN_DOMAIN", "nothing to fix here")],
    ),
    known(
        ONE,
        &["Invalid event:"],
        "an event of a type that 1.x does not support arrived",
        &[cause("the sender is not a 1.x server", SHAKE, "upgrade both sides to the same protocol")],
    ),
    known(
        ONE,
        &["Error handling event:"],
        "a 1.x server failed on an event; the text after the dash is the reason",
        &[cause(
            "it does not have a room, user or message that the event names",
            REASON_BEFORE,
            "invite the peer's users to a new room",
        )],
    ),
    known(
        ONE,
        &["Federation.peerServer.error is not a function"],
        "a 1.x server failed on an event and hides the reason",
        &[cause(
            "an event that it does not support or cannot apply",
            "on the peer: the lines before it",
            "there is no release of 1.x without this",
        )],
    ),
    known(
        ONE,
        &["Cannot read propert", "'room'|'getLocalRoom'|'getFederationId'"],
        "an event is about a room that this server does not have",
        &[LOST_EARLIER],
    ),
    known(
        ONE,
        &["Cannot read propert", "'getLocalUser'|'user'"],
        "an event is about a user that this server does not have",
        &[LOST_EARLIER],
    ),
    known(
        ONE,
        &["Cannot read propert", "'getLocalMessage'"],
        "an event is about a message that this server does not have",
        &[LOST_EARLIER],
    ),
    known(
        ONE,
        &["Cannot read propert", "'ls'"],
        "a peer reports that a user has read a room which that user is not in here",
        &[LOST_EARLIER],
    ),
    known(
        Span::ALL,
        &["Cannot read propert", "'_id'|'federation'"],
        "a document is missing: a user, a room or a membership",
        &[
            cause(
                "1.x: a user or a room that has never taken part in federation is to be sent to a peer",
                "look at which user did what when the line was written",
                "let that user send a message in a federated room, or create a new room",
            ),
            cause(
                "2.0 and later: an event came without its user, room or membership; no Rocket.Chat server sends that",
                "look at the sender in the log of the proxy",
                "correct that program",
            ),
        ],
    ),
    known(
        ONE,
        &["error-invalid-room-name|error-duplicate-channel-name"],
        "a peer's room could not be made here: its name is taken, or has characters that are not allowed",
        &[cause(
            "a room of this name exists, or the name has characters other than letters, digits and `-_.@`",
            "look at the name in the line",
            "rename the room on the server where it was made, and invite the peer's users again",
        )],
    ),
    known(
        ONE,
        &["Inviting user does not exist|Author does not exist|Room does not exist|Message does not exist"],
        "an event names something that this server never received",
        &[LOST_EARLIER],
    ),
    known(
        ONE,
        &["message param cannot be empty|room param cannot be empty|user param cannot be empty"],
        "an event arrived without the document that it is about, or the document no longer exists here",
        &[cause(
            "the document was deleted, or the sender is not a Rocket.Chat server",
            REASON_BEFORE,
            "invite the user or create a new room",
        )],
    ),
    known(
        ONE,
        &["afterSaveRoomSettings - NOT IMPLEMENTED"],
        "a room's settings were changed; 1.x does not send that to peers",
        &[cause("it is not part of the protocol", "look at what was changed", "change it on the other server too")],
    ),
    known(
        ONE,
        &["Payload was not sent"],
        "a 1.x peer got a body without an envelope",
        &[cause(
            "a proxy drops the body or its content type, or the request was made manually: 2.x servers call other routes",
            SHAKE,
            "make the proxy forward bodies and `Content-Type: application/json`",
        )],
    ),
    known(
        ONE,
        &["Cannot handle that request"],
        "the header `x-federation-domain` did not arrive",
        &[cause("a proxy removes header fields that are not on its list", SHAKE, "make the proxy forward it")],
    ),
    known(
        ONE,
        &["Event was not sent"],
        "a 1.x peer opened the envelope and found no event in it",
        &[cause(
            "the sender is a program that sends another form; 2.x servers call other routes",
            "look at the sender's address in the log of the proxy",
            "send `{\"event\": ...}`, or stop the program",
        )],
    ),
    known(
        ONE,
        &["error-decrypt"],
        "a 1.x peer could not open the message",
        &[super::OLD_KEY, cause("the published key is not the one in use", DNS, "publish the key in use")],
    ),
    known(
        ONE,
        &["There is no such user in this server"],
        "a request to a 1.x server names a user that it does not have",
        &[cause(
            "no such user there: the search needs the exact name",
            "look at the name before the `@`",
            "correct it",
        )],
    ),
    known(ONE, &["The peer", "does not exist"], "a 1.x server could not find the domain of a room's member", &[NO_SRV]),
    known(
        ONE,
        &["This message was rejected by|error-app-prevented-sending"],
        "an app on the other server refused a message",
        &[cause("an app there prevents sending", "ask the admin of DOMAIN", "nothing to fix on this side")],
    ),
    known(
        ONE,
        &["settings are not fully set"],
        "a 1.x server cannot start federation, because a setting is empty",
        &[cause(
            "Domain, Discovery Method, Hub URL, Site URL or the key is empty",
            "look at Administration > Federation, and at General > Site URL",
            "fill in every field; for an empty key box: fedctl keygen --form mongosh",
        )],
    ),
    known(
        ONE,
        &["=Not found|\"error\":\"Not found\""],
        "a 1.x peer has federation switched off, and answers every request with this",
        &[
            super::OFF,
            cause(
                "the response comes from a proxy, not from the server",
                SHAKE,
                "publish the address of the server itself",
            ),
        ],
    ),
    known(
        ONE,
        &["searchPeer:|getPeerUsingDNS:|updatePeerDNS:"],
        "a 1.x server looks for a domain; nothing is wrong in this line",
        &[cause("the lines after it show whether it was found", DNS, "nothing to fix here")],
    ),
    known(ONE, &["getPeerUsingHub:"], "the records were not found, so the hub is queried", &[NO_SRV, HUB_GONE]),
];
