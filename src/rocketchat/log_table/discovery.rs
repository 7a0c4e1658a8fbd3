//! Texts about finding peers.

use super::{DNS, HUB_GONE, Known, NO_SRV, OWN_RESOLVER, SHAKE, cause, known};

pub const KNOWN: &[Known] = &[
    known(
        &["searchPeer: @"],
        "\"Test setup\" of 1.x looks for the Domain setting as it is written",
        &[cause(
            "the Domain setting is written with a leading `@`",
            "look at Administration > Federation > Domain",
            "write the domain without `@`",
        )],
    ),
    known(
        &["could not find TXT entry"],
        "the SRV record was found and the key was not",
        &[
            cause(
                "no TXT record at rocketchat-public-key.DOMAIN; a typing error in its NAME is the most frequent",
                DNS,
                "publish the TXT record at exactly rocketchat-public-key.DOMAIN",
            ),
            OWN_RESOLVER,
        ],
    ),
    known(
        &["queryTxt", "ENOTFOUND|ENODATA"],
        "a 2.0 to 3.3 server found the SRV record and not the key",
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
        &["queryTxt"],
        "the name servers did not answer for the key's record",
        &[OWN_RESOLVER, cause("the name servers of the zone fail", DNS, "mend the name servers")],
    ),
    known(
        &["querySrv", "ENOTFOUND|ENODATA"],
        "the resolver of this server knows no SRV record at that name",
        &[NO_SRV, OWN_RESOLVER],
    ),
    known(
        &["querySrv"],
        "the name servers did not answer for the SRV record",
        &[OWN_RESOLVER, cause("the name servers of the zone fail", DNS, "mend the name servers")],
    ),
    known(&["could not find valid SRV entry"], "no SRV record was found", &[NO_SRV, OWN_RESOLVER]),
    known(
        &["search: peerDomain="],
        "discovery began, and found this SRV record; nothing is wrong in this line",
        &[cause(
            "the key is looked up next: the lines after it say whether it was found",
            DNS,
            "nothing to mend here; look at the next line that names the domain",
        )],
    ),
    known(
        &["Error trying to fetch SRV"],
        "a 1.x server got a failure, not an empty answer, from its resolver",
        &[OWN_RESOLVER, cause("the name servers of the zone fail", DNS, "mend the name servers")],
    ),
    known(
        &["using DNS or Hub|federation-error-peer-no-found-using-dns|via Hub or DNS"],
        "the domain could not be found at all",
        &[
            NO_SRV,
            cause(
                "the TXT record with the key is missing (3.4 and later say the same for it)",
                DNS,
                "publish rocketchat-public-key.DOMAIN",
            ),
            cause("the domain was typed with an error", "look at what stands behind the `@`", "correct it"),
            OWN_RESOLVER,
        ],
    ),
    known(
        &["Could not find peer using domain|federation-peer-does-not-exist"],
        "a 1.x server found no records and the Hub knows nothing",
        &[
            NO_SRV,
            OWN_RESOLVER,
            cause("the domain was typed with an error", "look at what stands behind the `@`", "correct it"),
        ],
    ),
    known(&["Could not find valid peer"], "a 1.x server found no key for the sender of a message", &[NO_SRV]),
    known(
        &["Could not find your server using your setup|FEDERATION_Test_Setup_Error"],
        "\"Test setup\" could not call the server's own published address",
        &[
            cause(
                "the own records are missing or wrong",
                "fedctl dns-check OWN_DOMAIN --key FILE",
                "publish what `fedctl records` prints",
            ),
            cause(
                "the server cannot reach its own public address: no NAT loop-back, a firewall, an untrusted certificate",
                "on the server: fedctl handshake OWN_DOMAIN",
                "let the server resolve its target to the internal address",
            ),
            cause(
                "1.x with a leading `@` in the Domain setting",
                "look for `searchPeer: @` in the log",
                "write the domain without `@`",
            ),
        ],
    ),
    known(
        &["Your federation setup is working"],
        "a green \"Test setup\" proves little: nothing about keys or other servers, and from 4.2 on nothing at all",
        &[cause(
            "it only calls the server's own address, in clear",
            SHAKE,
            "let the other side run it too: fedctl handshake DOMAIN --invite",
        )],
    ),
    known(
        &["Could not register the peer using the Hub|federation-error-peer-could-not-register-with-hub"],
        "the Hub did not take this server, or did not know the one that was looked up",
        &[
            HUB_GONE,
            cause(
                "the discovery method is Hub, and the registration was refused or came to nothing in two seconds",
                "fedctl hub lookup OWN_DOMAIN",
                "choose the discovery method DNS and publish records",
            ),
        ],
    ),
    known(
        &["hub.rocket.chat|searchHub|peers?search="],
        "the Hub was asked, which happens only when DNS gave nothing",
        &[HUB_GONE],
    ),
    known(&["dns.error", "ETIMEDOUT"], "neither DNS nor the Hub answered in two seconds", &[OWN_RESOLVER, NO_SRV]),
    known(
        &["[object Object]://"],
        "an SRV record stands where a TXT record belongs",
        &[cause(
            "an SRV record exists at rocketchat-tcp-protocol.DOMAIN",
            DNS,
            "delete it: no release honours that name",
        )],
    ),
    known(
        &["url must be absolute"],
        "a server from 4.2 on tried to call a peer that it knows from the Hub only",
        &[cause(
            "the domain has no records in DNS, and from 4.2 on the Hub's answer is not waited for",
            DNS,
            "publish the records in DNS",
        )],
    ),
    known(
        &["undefined/api/v1"],
        "a server from 6.3 on tried to send to a peer, which it cannot",
        &[cause(
            "the release: from 6.3.0 on classic federation receives only",
            SHAKE,
            "go back to 6.2.x, or leave classic federation",
        )],
    ),
    known(
        &["Invalid URL|Only absolute URLs are supported"],
        "the address of the peer came out empty",
        &[
            cause(
                "the release: from 6.3.0 on classic federation receives only",
                SHAKE,
                "go back to 6.2.x, or leave classic federation",
            ),
            cause("the SRV record has the target `.` or port 0", DNS, "name the host and the port in the record"),
        ],
    ),
    known(
        &["federation-user-does-not-exist|Could not find user:"],
        "a 1.x server could not find the user, or could not reach the domain",
        &[
            cause("no such user there", "look at the name before the `@`", "correct it"),
            cause("the other server does not answer, or has federation switched off", SHAKE, "mend what it finds"),
        ],
    ),
    known(
        &["federation-user-not-found|Could not find federated users"],
        "the domain was found, and knows no such user",
        &[cause(
            "no such user there: the search wants the exact name, user name or mail address",
            "look at the name before the `@`",
            "search for `user@DOMAIN` with the exact user name",
        )],
    ),
    known(&["The peer", "does not exist"], "a 1.x server could not find the domain of a room's member", &[NO_SRV]),
    known(
        &["This message was rejected by|error-app-prevented-sending"],
        "an app on the other server refused a message",
        &[cause("an app there prevents sending", "ask the admin of DOMAIN", "nothing to mend on this side")],
    ),
    known(
        &["searchPeer:"],
        "a 1.x server looks for a domain; nothing is wrong in this line",
        &[cause("the lines after it say whether it was found", DNS, "nothing to mend here")],
    ),
];
