//! The domains of the lab: healthy ones, and others with one mistake each that admins have made.

use super::site::{RELEASE, Site};
use crate::check::{
    Check, dns_generations, dns_near_miss, dns_port, dns_protocol, dns_servers, dns_srv, dns_target, dns_wizard,
    key_match, key_record, key_strength, key_text, peer_body, peer_connect, peer_federation, peer_http, peer_latency,
    peer_ping, peer_release, tls_chain, tls_expiry, tls_name, tls_protocol,
};
use crate::key::PrivateKey;
use crate::serve::peer::fault::Fault;

/// One domain of the lab.
pub struct Scenario {
    /// The domain, under the reserved name `test` (RFC 6761).
    pub domain: &'static str,
    /// What its admin did.
    pub description: &'static str,
    /// Its records, in zone file form relative to the domain.
    pub zone: fn(&Keys) -> String,
    /// A fault of the name server that holds it, as `fedctl serve dns --fault` takes it; `$` is the domain.
    pub fault: Option<&'static str>,
    /// The second name server has the zone as it was before.
    pub stale: bool,
    /// What stands at the SRV target, when that is looked at too.
    pub site: Option<Site>,
    /// The checks that must find something, and no others may.
    pub expect: &'static [&'static Check],
}

/// The keys that the lab's zones use.
pub struct Keys {
    /// The key of the server, on one line.
    pub own: String,
    /// Another key, on one line.
    pub other: String,
    /// A key of 1024 bits, on one line.
    pub weak: String,
}

impl Keys {
    /// Takes the keys apart from their pairs.
    pub fn new(own: &PrivateKey, other: &PrivateKey, weak: &PrivateKey) -> Self {
        let line = |key: &PrivateKey| key.public().one_line();
        Self { own: line(own), other: line(other), weak: line(weak) }
    }
}

const SRV: &str = "_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._tcp IN SRV 1 1 443 chat\n";
const HOST: &str = "chat IN A 127.0.0.1\n";
/// The longest character-string (RFC 1035 section 3.3), in bytes.
const STRING_MAX: usize = 255;

fn txt(label: &str, value: &str) -> String {
    let strings: Vec<String> = value
        .as_bytes()
        .chunks(STRING_MAX)
        .map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece).replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    format!("{label} IN TXT {}\n", strings.join(" "))
}

fn key(value: &str) -> String {
    txt("rocketchat-public-key", value)
}

pub fn healthy(keys: &Keys) -> String {
    format!("{HOST}{SRV}{}", key(&keys.own))
}

fn with_key(value: &str) -> String {
    format!("{HOST}{SRV}{}", key(value))
}

fn with_srv(records: &str, keys: &Keys) -> String {
    format!("{HOST}{records}\n{}", key(&keys.own))
}

const UNREADABLE: &[&Check] = &[&key_text::CHECK, &dns_generations::CHECK];

/// A healthy domain, and the one whose admin looks at all others.
pub const HEALTHY: &str = "healthy.test";
pub const NEIGHBOUR: &str = "neighbour.test";
/// The domain whose server has a key of 1024 bits.
pub const WEAK: &str = "weak-key.test";
/// The domain that only the hub knows.
pub const HUB_ONLY: &str = "hub-only.test";

/// The domain that `fedctl drill` is held as. Its records lead to a port of this machine, over plain HTTP.
pub const DRILL: &str = "drill.test";

/// Its zone; its key is that of the neighbour.
pub fn drill_zone(keys: &Keys, port: u16) -> String {
    let srv = format!("_rocketchat._http IN SRV 1 1 {port} chat\n_rocketchat._tcp IN SRV 1 1 {port} chat\n");
    format!("{HOST}{srv}{}{}", txt("rocketchat-protocol", "http"), key(&keys.other))
}

/// The scenarios of classic federation; the first two are healthy.
pub const SCENARIOS: &[Scenario] = &[
    server(HEALTHY, "published the records as printed", Site::Peer(RELEASE, &[]), &[]),
    Scenario {
        zone: |keys| format!("@ IN MX 10 chat\n{}", with_key(&keys.other)),
        ..server(NEIGHBOUR, "did the same; the checks act as this domain", Site::Peer(RELEASE, &[]), &[])
    },
    scenario(
        "two-records.test",
        "published the key as two TXT records, tail first",
        |keys| format!("{HOST}{SRV}{}{}", key(&keys.own[STRING_MAX..]), key(&keys.own[..STRING_MAX])),
        &[&key_record::CHECK, &dns_generations::CHECK],
    ),
    scenario(
        "no-records.test",
        "enabled federation and created no records",
        |_| HOST.into(),
        &[&dns_srv::CHECK, &key_record::CHECK, &dns_generations::CHECK],
    ),
    scenario(
        "typo-name.test",
        "put an underscore before the name of the key",
        |keys| format!("{HOST}{SRV}{}", txt("_rocketchat-public-key", &keys.own)),
        &[&key_record::CHECK, &dns_near_miss::CHECK, &dns_generations::CHECK],
    ),
    scenario(
        "at-the-host.test",
        "created the records under the host, not under the domain",
        |keys| {
            let srv = "_rocketchat._https.chat IN SRV 1 1 443 chat\n";
            format!("{HOST}{srv}{}", txt("rocketchat-public-key.chat", &keys.own))
        },
        &[&dns_srv::CHECK, &key_record::CHECK, &dns_near_miss::CHECK, &dns_generations::CHECK],
    ),
    scenario(
        "cut-255.test",
        "pasted into a form that keeps 255 characters",
        |keys| with_key(&keys.own[..STRING_MAX]),
        UNREADABLE,
    ),
    scenario(
        "swapped.test",
        "joined the halves in the wrong order",
        |keys| with_key(&format!("{}{}", &keys.own[STRING_MAX..], &keys.own[..STRING_MAX])),
        UNREADABLE,
    ),
    scenario(
        "unquoted.test",
        "left the quotes out of the zone file",
        |keys| {
            let (head, tail) = keys.own.split_at(STRING_MAX);
            format!("{HOST}{SRV}rocketchat-public-key IN TXT ( {head}\n {tail} )\n")
        },
        UNREADABLE,
    ),
    scenario(
        "dashes.test",
        "let a word processor turn hyphens into dashes",
        |keys| with_key(&keys.own.replace("-----", "\u{2013}\u{2013}-")),
        UNREADABLE,
    ),
    scenario(
        "newlines.test",
        "kept the \\n of a JSON string",
        |keys| with_key(&keys.own.replace("KEY-----MII", "KEY-----\\nMII")),
        UNREADABLE,
    ),
    scenario(
        "placeholder.test",
        "published the guide's placeholder",
        |_| with_key("<my public key, as shown on the configuration screen>"),
        UNREADABLE,
    ),
    scenario(
        "other-key.test",
        "restored the database, published an older key",
        |keys| with_key(&keys.other),
        &[&key_match::CHECK],
    ),
    scenario(WEAK, "chose a shorter key", |keys| with_key(&keys.weak), &[&key_strength::CHECK]),
    scenario(
        "guide.test",
        "followed the guide: _tcp, port 80, http",
        |keys| with_srv("_rocketchat._tcp IN SRV 1 1 80 chat\nrocketchat-protocol IN TXT http", keys),
        &[&dns_port::CHECK, &dns_protocol::CHECK, &dns_generations::CHECK],
    ),
    scenario(
        "no-dot.test",
        "forgot the dot after the target",
        |keys| {
            with_srv(
                "_rocketchat._https IN SRV 1 1 443 chat.no-dot.test\n_rocketchat._tcp IN SRV 1 1 443 chat.no-dot.test",
                keys,
            )
        },
        &[&dns_target::CHECK],
    ),
    scenario(
        "two-srv.test",
        "wanted to balance the load with two SRV records",
        |keys| {
            with_srv(
                "_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._https IN SRV 2 1 443 ns1\n_rocketchat._tcp IN \
                 SRV 1 1 443 chat",
                keys,
            )
        },
        &[&dns_srv::CHECK, &dns_wizard::CHECK],
    ),
    scenario(
        "both.test",
        "published _https and _http to be safe",
        |keys| {
            with_srv(
                "_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._http IN SRV 1 1 80 chat\n_rocketchat._tcp IN \
                 SRV 1 1 443 chat",
                keys,
            )
        },
        &[&dns_srv::CHECK],
    ),
    scenario(
        "no-service.test",
        "wrote `.` as the target",
        |keys| with_srv("_rocketchat._https IN SRV 0 0 0 .\n_rocketchat._tcp IN SRV 0 0 0 .", keys),
        &[&dns_srv::CHECK, &dns_generations::CHECK],
    ),
    scenario(
        "alias.test",
        "named an alias as target",
        |keys| {
            with_srv(
                "www IN CNAME chat\n_rocketchat._https IN SRV 1 1 443 www\n_rocketchat._tcp IN SRV 1 1 443 www",
                keys,
            )
        },
        &[&dns_target::CHECK],
    ),
    Scenario {
        fault: Some("servfail@rocketchat-public-key.$"),
        ..scenario(
            "servfail.test",
            "the name server fails on one name",
            healthy,
            &[&key_record::CHECK, &dns_generations::CHECK],
        )
    },
    Scenario { fault: Some("truncate"), ..scenario("truncated.test", "answers do not fit into UDP", healthy, &[]) },
    Scenario {
        stale: true,
        ..scenario("stale.test", "forgot to raise the serial: one server is old", healthy, &[&dns_servers::CHECK])
    },
    scenario(
        HUB_ONLY,
        "registered with the hub and published nothing",
        |_| HOST.into(),
        &[&dns_srv::CHECK, &key_record::CHECK, &dns_generations::CHECK],
    ),
    server("closed.test", "did not open the firewall", Site::Closed, &[&peer_connect::CHECK]),
    server("plain.test", "speaks http on the https port", Site::Plain, &[&tls_protocol::CHECK]),
    broken("expired.test", "let the certificate expire", &[Fault::ExpiredCertificate], &[&tls_expiry::CHECK]),
    broken("self-signed.test", "signed the certificate with its own key", &[Fault::SelfSigned], &[&tls_chain::CHECK]),
    broken("chain.test", "serves cert.pem, not fullchain.pem", &[Fault::MissingIntermediate], &[&tls_chain::CHECK]),
    broken("wrong-host.test", "has a certificate for another name", &[Fault::WrongHost], &[&tls_name::CHECK]),
    broken("tls13.test", "allows TLS 1.3 only", &[Fault::Tls13Only], &[&tls_protocol::CHECK]),
    broken(
        "html.test",
        "lets a proxy answer with its own page",
        &[Fault::Html],
        &[&peer_federation::CHECK, &peer_http::CHECK],
    ),
    broken(
        "redirect.test",
        "redirects every request",
        &[Fault::Redirect],
        &[&peer_federation::CHECK, &peer_http::CHECK],
    ),
    broken("off.test", "switched federation off", &[Fault::Disabled], &[&peer_federation::CHECK, &peer_ping::CHECK]),
    broken("limit.test", "limits bodies to 8 KiB", &[Fault::BodyLimit], &[&peer_body::CHECK]),
    broken("wrong-key.test", "uses another key than the published one", &[Fault::WrongKey], &[&peer_ping::CHECK]),
    broken("slow.test", "answers after three seconds", &[Fault::Slow], &[&peer_latency::CHECK]),
    server(
        "silent.test",
        "runs a release that sends nothing",
        Site::Peer("3.5.0", &[]),
        &[&peer_ping::CHECK, &peer_release::CHECK],
    ),
    server(
        "one-way.test",
        "runs a release that cannot add users to a room",
        Site::Peer("3.0.3", &[]),
        &[&peer_ping::CHECK, &peer_release::CHECK],
    ),
    server("first.test", "never upgraded from 1.x", Site::Peer("1.3.5", &[]), &[&peer_release::CHECK]),
    server(
        "latest.test",
        "upgraded to a release that only receives",
        Site::Peer("6.5.0", &[]),
        &[&peer_release::CHECK],
    ),
];

const fn server(
    domain: &'static str,
    description: &'static str,
    site: Site,
    expect: &'static [&'static Check],
) -> Scenario {
    Scenario { site: Some(site), ..scenario(domain, description, healthy, expect) }
}

const fn broken(
    domain: &'static str,
    description: &'static str,
    faults: &'static [Fault],
    expect: &'static [&'static Check],
) -> Scenario {
    server(domain, description, Site::Peer(RELEASE, faults), expect)
}

pub const fn scenario(
    domain: &'static str,
    description: &'static str,
    zone: fn(&Keys) -> String,
    expect: &'static [&'static Check],
) -> Scenario {
    Scenario { domain, description, zone, fault: None, stale: false, site: None, expect }
}
