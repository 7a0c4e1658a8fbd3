//! SRV targets: addresses that no peer can use, and failures of the zone that holds the target.

use fedctl::severity::Severity::{Error, Notice, Warning};
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;

use super::paths::{asks, asks_for, fail};
use super::{CHAT, Odd, SRV, healthy};
use crate::support::bent_server::Act;
use crate::zoo::scenario::{Keys, key};

/// A healthy domain whose target has this address.
macro_rules! at {
    ($domain:literal, $mistake:literal, $record:literal) => {
        Odd::new($domain, $mistake, |keys| format!("chat IN {}\n{SRV}{}", $record, key(&keys.own)))
    };
}

fn elsewhere(keys: &Keys, target: &str) -> String {
    format!(
        "_rocketchat._https IN SRV 1 1 443 {target}.\n_rocketchat._tcp IN SRV 1 1 443 {target}.\n{}",
        key(&keys.own)
    )
}

pub fn scenarios() -> Vec<Odd> {
    let mut all = addresses();
    all.extend(zones());
    all.extend(shapes());
    all
}

fn addresses() -> Vec<Odd> {
    let unusable = |odd: Odd| odd.finds("problems", &[(Error, "dns-target")]);
    let inside = |odd: Odd| odd.finds("clean", &[(Warning, "dns-target")]);
    vec![
        unusable(at!("unspecified.example", "its target is 0.0.0.0", "A 0.0.0.0")).mentioning(&["0.0.0.0"]),
        unusable(at!("unspecified6.example", "its target is ::", "AAAA ::")),
        unusable(at!("loopback.example", "its target is 127.0.0.1", "A 127.0.0.1")).mentioning(&["loopback"]),
        unusable(at!("loopback-other.example", "its target is 127.0.1.1, as in a hosts file", "A 127.0.1.1")),
        unusable(at!("loopback6.example", "its target is ::1", "AAAA ::1")),
        unusable(at!("mapped.example", "its target is a mapped loopback address", "AAAA ::ffff:127.0.0.1")),
        unusable(at!("broadcast.example", "its target is the broadcast address", "A 255.255.255.255")),
        unusable(at!("multicast.example", "its target is a multicast address", "A 224.0.0.251")),
        inside(at!("private.example", "its target has a private address", "A 10.1.2.3")).mentioning(&["private"]),
        inside(at!("private172.example", "its target has a private address", "A 172.20.0.5")),
        inside(at!("private192.example", "its target has a private address", "A 192.168.1.20")),
        inside(at!("shared.example", "its target is behind a carrier-grade NAT", "A 100.72.3.4"))
            .mentioning(&["100.72.3.4"]),
        inside(at!("link-local.example", "its target has a link-local address", "A 169.254.10.1")),
        inside(at!("link-local6.example", "its target has a link-local address", "AAAA fe80::1")),
        inside(at!("unique-local.example", "its target has a unique local address", "AAAA fd00::7")),
        Odd::new("half-private.example", "its target has a public and a private address", |keys| {
            format!("{CHAT}chat IN A 192.168.1.20\n{SRV}{}", key(&keys.own))
        })
        .finds("clean", &[(Warning, "dns-target")])
        .mentioning(&["192.168.1.20"]),
        at!("only6.example", "its target has an IPv6 address only", "AAAA 2001:db8::7"),
    ]
}

fn zones() -> Vec<Odd> {
    vec![
        Odd::new("target-elsewhere.example", "its target is in another zone", |keys| {
            elsewhere(keys, "chat.hosting.example")
        })
        .hosted("hosting.example", |_| "chat IN A 198.51.100.7\n".to_owned()),
        Odd::new("target-servfail.example", "the zone of its target has expired", |keys| {
            elsewhere(keys, "chat.hosting.example")
        })
        .hosted("hosting.example", |_| "chat IN A 198.51.100.7\n".to_owned())
        .third_bent(|_, response, _| fail(response, ResponseCode::ServFail))
        .finds("problems", &[(Error, "dns-target")])
        .mentioning(&["hosting.example", "ns.hosting.example", "SERVFAIL"])
        .never(&["try again"]),
        Odd::new("target-lame.example", "the servers of its target's zone do not hold it", |keys| {
            elsewhere(keys, "chat.hosting.example")
        })
        .hosted("hosting.example", |_| "chat IN A 198.51.100.7\n".to_owned())
        .third_bent(|_, response, _| fail(response, ResponseCode::Refused))
        .finds("problems", &[(Error, "dns-target")])
        .mentioning(&["hosting.example", "ns.hosting.example", "REFUSED"])
        .never(&["try again"]),
        Odd::new("target-silent.example", "the server of its target's zone is silent", |keys| {
            elsewhere(keys, "chat.hosting.example")
        })
        .hosted("hosting.example", |_| "chat IN A 198.51.100.7\n".to_owned())
        .third_bent(|_, _, _| Act::Drop)
        .finds("problems", &[(Error, "dns-target")])
        .mentioning(&["hosting.example"])
        .never(&["try again"]),
        Odd::new("target-gone.example", "the domain of its target has ended", |keys| {
            elsewhere(keys, "chat.never.example")
        })
        .finds("problems", &[(Error, "dns-target")])
        .mentioning(&["chat.never.example", "NXDOMAIN"]),
        Odd::new("target-alias-gone.example", "its target is an alias of nothing", |keys| {
            format!("chat IN CNAME web.never.example.\n{SRV}{}", key(&keys.own))
        })
        .finds("problems", &[(Error, "dns-target")])
        .mentioning(&["web.never.example"]),
        Odd::new("target-loop.example", "its target is in a loop of aliases", |keys| {
            format!("chat IN CNAME a\na IN CNAME chat\n{SRV}{}", key(&keys.own))
        })
        .finds("problems", &[(Error, "dns-target")])
        .mentioning(&["loop"])
        .never(&["try again"]),
        Odd::new("target-fails.example", "its own servers fail for the target's address", healthy)
            .bent(|query, response, _| match asks_for(query, "chat.") {
                true => fail(response, ResponseCode::ServFail),
                false => Act::Send,
            })
            .finds("problems", &[(Error, "dns-target")])
            .mentioning(&["SERVFAIL"])
            .never(&["try again"]),
        Odd::new("target-aaaa-fails.example", "its servers fail for AAAA of the target", healthy)
            .bent(|query, response, _| match asks_for(query, "chat.") && asks(query, RecordType::AAAA) {
                true => fail(response, ResponseCode::ServFail),
                false => Act::Send,
            })
            .finds("clean", &[(Warning, "dns-target")])
            .mentioning(&["AAAA", "SERVFAIL"]),
        Odd::new("target-once.example", "one of its servers has no address of the target", healthy)
            .second_bent(|query, response, _| match asks_for(query, "chat.") {
                true => fail(response, ResponseCode::NXDomain),
                false => Act::Send,
            })
            .finds("problems", &[(Error, "dns-servers")])
            .mentioning(&["chat.target-once.example"]),
    ]
}

impl Odd {
    /// The server of the other zone does this.
    pub fn third_bent(mut self, bend: crate::support::bent_server::Bend) -> Self {
        self.places[2].bend = Some(bend);
        self
    }
}

fn shapes() -> Vec<Odd> {
    vec![
        Odd::new("not-offered.example", "says that it does not offer the service", |keys| {
            format!("{CHAT}_rocketchat._https IN SRV 0 0 0 .\n_rocketchat._tcp IN SRV 0 0 0 .\n{}", key(&keys.own))
        })
        .finds("problems", &[(Error, "dns-srv"), (Error, "dns-srv"), (Error, "dns-generations")]),
        Odd::new("several.example", "has targets with priorities and weights", |keys| {
            format!(
                "{CHAT}backup IN A 198.51.100.8\n_rocketchat._https IN SRV 1 1 443 chat\n\
                 _rocketchat._https IN SRV 1 1 8443 backup\n_rocketchat._tcp IN SRV 1 1 443 chat\n{}",
                key(&keys.own)
            )
        })
        .finds("clean", &[(Warning, "dns-srv")]),
        Odd::new("several-dead.example", "one of two targets has no address", |keys| {
            format!(
                "{CHAT}_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._https IN SRV 1 1 443 old\n\
                 _rocketchat._tcp IN SRV 1 1 443 chat\n{}",
                key(&keys.own)
            )
        })
        .finds("problems", &[(Error, "dns-target"), (Warning, "dns-srv")]),
        Odd::new("itself.example", "its target is the domain itself", |keys| {
            format!("@ IN A 198.51.100.7\n{}", elsewhere(keys, "itself.example"))
        }),
        Odd::new("under_score.example", "its target has an underscore", |keys| {
            format!("chat_1 IN A 198.51.100.7\n{}", elsewhere(keys, "chat_1.under_score.example"))
        }),
        Odd::new("capitals.example", "its target is in capitals", |keys| {
            healthy(keys).replace("443 chat", "443 CHAT.Capitals.EXAMPLE.")
        }),
        Odd::new("target-alias.example", "its target is an alias", |keys| {
            format!("{CHAT}www IN CNAME chat\n{}", elsewhere(keys, "www.target-alias.example"))
        })
        .finds("clean", &[(Notice, "dns-target")]),
    ]
}
