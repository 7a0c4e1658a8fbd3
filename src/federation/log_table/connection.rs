//! Texts about TLS and connections.

use super::{DNS, OWN_RESOLVER, PRIVATE_CA, SHAKE, UPGRADE_TWO, cause, known};
use crate::federation::log_line::Known;

pub const KNOWN: &[Known] = &[
    known(
        &["unable to verify the first certificate"],
        "the peer sent its own certificate and not the intermediate one",
        &[cause("cert.pem is served in place of fullchain.pem", SHAKE, "serve the whole chain"), PRIVATE_CA],
    ),
    known(&["unable to get local issuer"], "the chain leads to an authority that Node does not know", &[PRIVATE_CA]),
    known(
        &["self signed certificate in certificate chain"],
        "the chain leads to an authority that Node does not know",
        &[PRIVATE_CA, cause("a proxy that looks into TLS stands in between", SHAKE, "exempt the server from it")],
    ),
    known(
        &["self-signed certificate in certificate chain"],
        "the chain leads to an authority that Node does not know",
        &[PRIVATE_CA, cause("a proxy that looks into TLS stands in between", SHAKE, "exempt the server from it")],
    ),
    known(
        &["self-signed certificate"],
        "the peer's certificate is self-signed",
        &[cause("no authority has issued it", SHAKE, "get one from an authority"), PRIVATE_CA],
    ),
    known(
        &["self signed certificate"],
        "the peer's certificate is self-signed",
        &[cause("no authority has issued it", SHAKE, "get one from an authority"), PRIVATE_CA],
    ),
    known(
        &["certificate has expired"],
        "the peer's certificate is out of time",
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
        &["does not match certificate"],
        "the certificate is not made for the SRV target",
        &[cause(
            "the SRV record names a host that the certificate does not cover",
            SHAKE,
            "name a covered host, or extend the certificate; the federation domain need not be in it",
        )],
    ),
    known(
        &["wrong version number"],
        "TLS was spoken to a port that speaks plain HTTP",
        &[cause(
            "the record says https and the port is the plain one, often 3000",
            SHAKE,
            "publish the port of the TLS proxy, or _rocketchat._http",
        )],
    ),
    known(
        &["EPROTO"],
        "the TLS handshake failed",
        &[cause("the two share no version of TLS, or the port does not speak it", SHAKE, "allow TLS 1.2 and 1.3")],
    ),
    known(
        &["ETIMEDOUT"],
        "no answer came in two seconds; servers do not try again, so the event is lost for this peer",
        &[
            cause(
                "the peer is slower than the two seconds that servers wait",
                SHAKE,
                "look at its load and at the way there",
            ),
            cause("a firewall drops the packets", SHAKE, "open the port"),
            cause(
                "it is the server's own address, once a minute: it cannot reach itself from inside",
                "on the server: fedctl handshake OWN_DOMAIN",
                "resolve the target to the internal address there, or enable NAT loop-back",
            ),
        ],
    ),
    known(
        &["ECONNREFUSED"],
        "nothing listens at the published host and port",
        &[cause(
            "the port in the SRV record is wrong, or the server is down",
            SHAKE,
            "publish the right port, start the server",
        )],
    ),
    known(
        &["ECONNRESET"],
        "the connection was closed in the middle",
        &[cause(
            "a proxy or firewall closes it, often because of the size of the body",
            SHAKE,
            "look at its log; raise its body limit",
        )],
    ),
    known(
        &["socket hang up"],
        "the connection was closed in the middle",
        &[cause(
            "a proxy or firewall closes it, often because of the size of the body",
            SHAKE,
            "look at its log; raise its body limit",
        )],
    ),
    known(
        &["EHOSTUNREACH"],
        "there is no way to the published address",
        &[cause(
            "an address of a private network is published, or IPv6 without a route",
            SHAKE,
            "publish addresses that the world can reach",
        )],
    ),
    known(
        &["getaddrinfo"],
        "the host in the SRV record has no address",
        &[cause("the target has no A or AAAA record", DNS, "publish one"), OWN_RESOLVER],
    ),
    known(
        &["error-too-many-requests"],
        "the peer counts more requests than it allows: 10 a minute and route",
        &[
            cause("a busy room with a peer before 3.6.3, whose event route has the small limit", SHAKE, UPGRADE_TWO),
            cause(
                "many servers behind one address",
                "look at the address that the peer sees",
                "raise API_Enable_Rate_Limiter_Limit_Calls_Default there",
            ),
        ],
    ),
    known(
        &["failed [413]"],
        "the body was too large for something before the peer",
        &[cause(
            "a small body limit in its proxy: encryption makes bodies five times longer",
            SHAKE,
            "raise the limit for /api/v1/federation.* (nginx: client_max_body_size 50m)",
        )],
    ),
    known(
        &["failed [403] <"],
        "something before the peer refused the request",
        &[cause(
            "a web application firewall that dislikes long arrays of numbers",
            SHAKE,
            "exempt /api/v1/federation.* from it",
        )],
    ),
];
