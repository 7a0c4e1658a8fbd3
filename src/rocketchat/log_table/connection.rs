//! Texts about TLS and connections.

use super::{DNS, Known, OWN_RESOLVER, PRIVATE_CA, SHAKE, UPGRADE_TWO, cause, known};
use crate::rocketchat::boundary::Span;

pub const KNOWN: &[Known] = &[
    known(
        Span::ALL,
        &["unable to verify the first certificate|UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
        "the peer sent its own certificate and not the intermediate one",
        &[cause("cert.pem is served instead of fullchain.pem", SHAKE, "serve the whole chain"), PRIVATE_CA],
    ),
    known(
        Span::ALL,
        &["unable to get local issuer|UNABLE_TO_GET_ISSUER_CERT"],
        "the chain leads to an authority that Node does not trust",
        &[PRIVATE_CA],
    ),
    known(
        Span::ALL,
        &[
            "self signed certificate in certificate chain|self-signed certificate in certificate chain|SELF_SIGNED_CERT_IN_CHAIN",
        ],
        "the chain leads to an authority that Node does not trust",
        &[PRIVATE_CA, cause("a proxy that intercepts TLS is in between", SHAKE, "exempt the server from it")],
    ),
    known(
        Span::ALL,
        &["self-signed certificate|self signed certificate|DEPTH_ZERO_SELF_SIGNED_CERT"],
        "the peer's certificate is self-signed",
        &[cause("no authority has issued it", SHAKE, "get one from an authority"), PRIVATE_CA],
    ),
    known(
        Span::ALL,
        &["certificate is not yet valid|CERT_NOT_YET_VALID"],
        "the peer's certificate is not valid yet by the clock of this server",
        &[
            cause("the clock of this server is wrong", "date -u, on the server", "synchronise it with NTP"),
            cause("the certificate was made for later", SHAKE, "get one that is valid now"),
        ],
    ),
    known(
        Span::ALL,
        &["certificate has expired|CERT_HAS_EXPIRED"],
        "the peer's certificate has expired",
        &[
            cause("it was not renewed, or the proxy was not reloaded", SHAKE, "renew and reload"),
            cause(
                "the old root `DST Root CA X3` is in the chain or the server's Node is old",
                SHAKE,
                "serve the chain without it, upgrade Node's authorities",
            ),
        ],
    ),
    known(
        Span::ALL,
        &["does not match certificate|ERR_TLS_CERT_ALTNAME_INVALID"],
        "the certificate is not made for the SRV target",
        &[cause(
            "the SRV record names a host that the certificate does not cover",
            SHAKE,
            "name a covered host, or extend the certificate; the federation domain need not be in it",
        )],
    ),
    known(
        Span::ALL,
        &["wrong version number|WRONG_VERSION_NUMBER|packet length too long"],
        "a TLS connection was opened to a port that speaks plain HTTP",
        &[cause(
            "the record says https and the port is the plain one, often 3000",
            SHAKE,
            "publish the port of the TLS proxy, or _rocketchat._http",
        )],
    ),
    known(
        Span::ALL,
        &["EPROTO|unsupported protocol|alert protocol version|alert handshake failure|ERR_SSL_"],
        "the TLS handshake failed",
        &[cause(
            "the two servers have no TLS version in common, or the port does not speak TLS",
            SHAKE,
            "allow TLS 1.2 and 1.3",
        )],
    ),
    known(
        Span::ALL,
        &["ETIMEDOUT|ESOCKETTIMEDOUT|ESOCKETTIMEOUT|network timeout at|user aborted a request"],
        "no answer came in two seconds; servers do not try again, so the event is lost for this peer",
        &[
            cause(
                "the peer is slower than the two seconds that servers wait",
                SHAKE,
                "check its load and the network between the servers",
            ),
            cause("a firewall drops the packets", SHAKE, "open the port"),
            cause(
                "it is the server's own address, once a minute: it cannot reach itself from inside",
                "on the server: fedctl handshake OWN_DOMAIN",
                "resolve the target to the internal address there, or enable NAT loopback",
            ),
        ],
    ),
    known(
        Span::ALL,
        &["ECONNREFUSED"],
        "nothing listens at the published host and port",
        &[cause(
            "the port in the SRV record is wrong, or the server is down",
            SHAKE,
            "publish the right port, start the server",
        )],
    ),
    known(
        Span::ALL,
        &["ECONNRESET|socket hang up|EPIPE"],
        "the connection was closed in the middle",
        &[cause(
            "a proxy or firewall closes it, often because of the size of the body",
            SHAKE,
            "look at its log; raise its body limit",
        )],
    ),
    known(
        Span::ALL,
        &["EHOSTUNREACH|ENETUNREACH"],
        "there is no route to the published address",
        &[cause(
            "an address of a private network is published, or IPv6 without a route",
            SHAKE,
            "publish addresses that can be reached from anywhere",
        )],
    ),
    known(
        Span::ALL,
        &["EAI_AGAIN"],
        "this server's own resolver did not answer",
        &[
            OWN_RESOLVER,
            cause("the container has no network yet, or no name server", DNS, "give the container a resolver"),
        ],
    ),
    known(
        Span::ALL,
        &["getaddrinfo"],
        "the host in the SRV record has no address",
        &[cause("the target has no A or AAAA record", DNS, "publish one"), OWN_RESOLVER],
    ),
    known(
        Span::ALL,
        &["error-too-many-requests|failed [429]"],
        "the peer counts more requests than it allows: 10 a minute and route",
        &[
            cause("a busy room with a peer before 3.6.3, whose event route has the small limit", SHAKE, UPGRADE_TWO),
            cause(
                "many servers behind one address",
                "check in the log of the peer's proxy which address the requests come from",
                "raise API_Enable_Rate_Limiter_Limit_Calls_Default there",
            ),
        ],
    ),
    known(
        Span::ALL,
        &["failed [413]|entity too large"],
        "the body was too large for a proxy in front of the peer",
        &[cause(
            "a small body limit in its proxy: encryption makes bodies five times longer",
            SHAKE,
            "raise the limit for /api/v1/federation.* (nginx: client_max_body_size 50m)",
        )],
    ),
    known(
        Span::ALL,
        &["failed [403] <|failed [401]"],
        "a proxy or firewall in front of the peer refused the request",
        &[cause(
            "a web application firewall that rejects long arrays of numbers",
            SHAKE,
            "exempt /api/v1/federation.* from it",
        )],
    ),
    known(
        Span::ALL,
        &["API endpoint does not exist|failed [405]"],
        "the route exists, and not with this method",
        &[
            cause(
                "4.4 and later: the peer redirects (301, 302 or 303), and the POST is repeated as GET",
                SHAKE,
                "publish the host, port and protocol that answer without a redirect",
            ),
            cause(
                "somebody opened the route in a browser",
                "look at the client in the log of the proxy",
                "nothing to fix then",
            ),
        ],
    ),
    known(
        Span::ALL,
        &["failed [500]|failed [502]|failed [503]|failed [504]"],
        "the proxy in front of the peer answered, and the server behind it did not",
        &[
            cause("the server is down, starting, or overloaded", SHAKE, "start it; check its log"),
            cause(
                "the proxy sends the request to a wrong port",
                "curl -i on the host of the proxy, to the address that its settings name",
                "correct the upstream of the proxy",
            ),
        ],
    ),
    known(
        Span::ALL,
        &["Unexpected end of JSON"],
        "a body ended early",
        &[cause("it was cut off by a body limit or a closed connection", SHAKE, "raise the limits of the proxy")],
    ),
    known(
        Span::ALL,
        &["[POST] http|[GET] http"],
        "a request went out; nothing is wrong in this line",
        &[cause("the result is in the lines after", SHAKE, "nothing to fix here")],
    ),
];
