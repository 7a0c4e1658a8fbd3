//! Texts about finding peers.

use super::{DNS, HUB_GONE, Known, NO_SRV, OWN_RESOLVER, SHAKE, cause, known};
use crate::rocketchat::boundary::{self, Span};
use crate::rocketchat::quirks::DEPARTED_PEER;

pub const KNOWN: &[Known] = &[
    known(
        Span::from(boundary::TCP_NAME),
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
        Span::between(boundary::FIRST, boundary::TCP_NAME),
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
        Span::between(boundary::FIRST, boundary::TCP_NAME),
        &["queryTxt"],
        "the name servers did not answer for the key's record",
        &[OWN_RESOLVER, cause("the name servers of the zone fail", DNS, "fix the name servers")],
    ),
    known(
        Span::ALL,
        &["querySrv", "ENOTFOUND|ENODATA"],
        "the resolver of this server finds no SRV record at that name",
        &[NO_SRV, OWN_RESOLVER],
    ),
    known(
        Span::ALL,
        &["querySrv"],
        "the name servers did not answer for the SRV record",
        &[OWN_RESOLVER, cause("the name servers of the zone fail", DNS, "fix the name servers")],
    ),
    known(
        Span::from(boundary::TCP_NAME),
        &["could not find valid SRV entry"],
        "no SRV record was found",
        &[NO_SRV, OWN_RESOLVER],
    ),
    known(
        Span::TWO,
        &["using DNS or Hub|federation-error-peer-no-found-using-dns|via Hub or DNS"],
        "the domain could not be found at all",
        &[
            NO_SRV,
            cause(
                "2.0 to 4.1: the domain is that of a peer in a room whose records were removed; the domains after it in the room's list get nothing either",
                "messages to other peers of the same room are missing too, and this finds no records: fedctl dns-check DOMAIN",
                DEPARTED_PEER.fix,
            ),
            cause(
                "the TXT record with the key is missing (3.4 and later log the same text for it)",
                DNS,
                "publish rocketchat-public-key.DOMAIN",
            ),
            cause("the domain was typed with an error", "check the text after the `@`", "correct it"),
            OWN_RESOLVER,
        ],
    ),
    known(
        Span::ALL,
        &["Could not find your server using your setup|FEDERATION_Test_Setup_Error"],
        "\"Test setup\" could not call the server's own published address",
        &[
            cause(
                "your records are missing or wrong",
                "fedctl dns-check OWN_DOMAIN --key FILE",
                "publish what `fedctl records` prints",
            ),
            cause(
                "the server cannot reach its own public address: no NAT loopback, a firewall, an untrusted certificate",
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
        Span::ALL,
        &["Your federation setup is working"],
        "a \"Test setup\" that passes shows little: nothing about keys or other servers, and from 4.2 on nothing at all",
        &[cause(
            "it only calls the server's own address, without encryption",
            SHAKE,
            "ask the other admin to run it too: fedctl handshake DOMAIN --invite",
        )],
    ),
    known(
        Span::TWO,
        &["Could not register the peer using the Hub|federation-error-peer-could-not-register-with-hub"],
        "the hub did not accept this server, or has no entry for the one that was looked up",
        &[
            HUB_GONE,
            cause(
                "the discovery method is Hub, and the registration was refused or not answered within two seconds",
                "fedctl hub lookup OWN_DOMAIN",
                "choose the discovery method DNS and publish records",
            ),
        ],
    ),
    known(
        Span::from(boundary::TCP_NAME),
        &["search: found"],
        "discovery succeeded: the address and the key of the peer were found; nothing is wrong in this line",
        &[cause("the result of the request is in the lines after it", SHAKE, "nothing to fix here")],
    ),
    known(
        Span::from(boundary::TCP_NAME),
        &["searchHub: found"],
        "the hub has an entry for the peer; nothing is wrong in this line up to 4.1, and from 4.2 on the answer is not used",
        &[cause(
            "DNS returned nothing, so the hub was queried",
            DNS,
            "publish the peer's records in DNS: from 4.2 on only they count",
        )],
    ),
    known(
        Span::from(boundary::TCP_NAME),
        &["searchHub: could not find"],
        "DNS returned nothing, and the hub has no entry for the peer",
        &[NO_SRV, HUB_GONE],
    ),
    known(
        Span::from(boundary::TCP_NAME),
        &["search: peerDomain=|search: domain="],
        "discovery is about to query this name; the line is written before the query, so it does not show the result",
        &[cause(
            "the next line that names the domain shows what was found: another `search:` line means that nothing is at this name",
            DNS,
            "nothing to fix here",
        )],
    ),
    known(
        Span::ALL,
        &["hub.rocket.chat|searchHub|peers?search="],
        "the hub was queried, which happens only when DNS returned nothing",
        &[HUB_GONE],
    ),
    known(
        Span::ALL,
        &["dns.error", "ETIMEDOUT"],
        "neither DNS nor the hub answered in two seconds",
        &[OWN_RESOLVER, NO_SRV],
    ),
    known(
        Span::from(boundary::TCP_NAME),
        &["[object Object]://"],
        "an SRV record is at the name of a TXT record",
        &[cause(
            "an SRV record exists at rocketchat-tcp-protocol.DOMAIN",
            DNS,
            "delete it: no release reads that name",
        )],
    ),
    known(
        Span::from(boundary::ASYNC_MODELS),
        &["url must be absolute"],
        "a server from 4.2 on tried to call a peer that is found only at the hub",
        &[cause(
            "the domain has no records in DNS, and from 4.2 on servers do not wait for the hub's response",
            DNS,
            "publish the records in DNS",
        )],
    ),
    known(
        Span::from(boundary::CANNOT_SEND),
        &["undefined/api/v1"],
        "a server from 6.3 on tried to send to a peer, which it cannot",
        &[cause(
            "the release: from 6.3.0 on classic federation receives only",
            SHAKE,
            "run a release up to 6.2, or replace classic federation",
        )],
    ),
    known(
        Span::from(boundary::ASYNC_MODELS),
        &["Invalid URL|Only absolute URLs are supported"],
        "the address of the peer is empty",
        &[
            cause(
                "the release: from 6.3.0 on classic federation receives only",
                SHAKE,
                "run a release up to 6.2, or replace classic federation",
            ),
            cause("the SRV record has the target `.` or port 0", DNS, "name the host and the port in the record"),
        ],
    ),
    known(
        Span::ALL,
        &["federation-user-not-found|Could not find federated users"],
        "the domain was found, and has no such user",
        &[cause(
            "no such user there: the search needs the exact name, user name or e-mail address",
            "look at the name before the `@`",
            "search for `user@DOMAIN` with the exact user name",
        )],
    ),
];
