//! Records that are missing, or that stand under another name than the one that servers ask for.

use fedctl::severity::Severity::{Error, Notice, Warning};

use super::scenario::{HOST, SRV, Scenario, healthy, key, txt, with_key};

const ALL_MISSING: &[(fedctl::severity::Severity, &str)] =
    &[(Error, "dns-srv"), (Error, "key-record"), (Error, "dns-generations")];
const KEY_ELSEWHERE: &[(fedctl::severity::Severity, &str)] =
    &[(Error, "key-record"), (Error, "dns-near-miss"), (Error, "dns-generations")];
const SRV_ELSEWHERE: &[(fedctl::severity::Severity, &str)] =
    &[(Error, "dns-srv"), (Error, "dns-near-miss"), (Error, "dns-generations")];
const ALL_ELSEWHERE: &[(fedctl::severity::Severity, &str)] =
    &[(Error, "dns-srv"), (Error, "key-record"), (Error, "dns-near-miss"), (Error, "dns-generations")];

pub fn scenarios() -> Vec<Scenario> {
    let mut scenarios = keys();
    scenarios.extend(services());
    scenarios.extend(levels());
    scenarios
}

fn keys() -> Vec<Scenario> {
    vec![
        Scenario::new("healthy.example", "followed what fedctl records prints", healthy),
        Scenario::new("no-records.example", "enabled federation and created no records", |_| HOST.into())
            .finds(ALL_MISSING)
            .mentioning(&["fedctl records no-records.example"]),
        Scenario::new("key-only.example", "published the key and no SRV record", |keys| {
            format!("{HOST}{}", key(&keys.own))
        })
        .finds(&[(Error, "dns-srv"), (Error, "dns-generations")]),
        Scenario::new("srv-only.example", "published SRV records and no key", |_| format!("{HOST}{SRV}"))
            .finds(&[(Error, "key-record"), (Error, "dns-generations")]),
        Scenario::new("underscore-first.example", "began the name of the key with an underscore", |keys| {
            format!("{HOST}{SRV}{}", txt("_rocketchat-public-key", &keys.own))
        })
        .finds(KEY_ELSEWHERE)
        .mentioning(&["delete _rocketchat-public-key.underscore-first.example and create rocketchat-public-key"]),
        Scenario::new("underscore-inside.example", "wrote an underscore for the last hyphen", |keys| {
            format!("{HOST}{SRV}{}", txt("rocketchat-public_key", &keys.own))
        })
        .finds(KEY_ELSEWHERE),
        Scenario::new("underscores.example", "wrote underscores for both hyphens", |keys| {
            format!("{HOST}{SRV}{}", txt("rocketchat_public_key", &keys.own))
        })
        .finds(KEY_ELSEWHERE),
        Scenario::new("duplicated-key.example", "typed the whole name into a form that appends the zone", |keys| {
            format!("{HOST}{SRV}{}", txt("rocketchat-public-key.duplicated-key.example", &keys.own))
        })
        .finds(KEY_ELSEWHERE)
        .mentioning(&["appended the zone"]),
        Scenario::new("apex.example", "followed the notes of the pre-releases: the key at the domain itself", |keys| {
            format!("{HOST}{SRV}{}", txt("@", format!("rocketchat-public-key={}", keys.own)))
        })
        .finds(KEY_ELSEWHERE)
        .mentioning(&["pre-releases"]),
        Scenario::new("wildcard-key.example", "has a wildcard for mail policy and no key record", |_| {
            format!("{HOST}{SRV}* IN TXT \"v=spf1 -all\"\n")
        })
        .finds(&[(Error, "key-record"), (Error, "dns-generations")])
        .mentioning(&["only a wildcard answers"]),
        Scenario::new("wildcard.example", "has a wildcard beside the right records", |keys| {
            format!("{}* IN TXT \"v=spf1 -all\"\n", healthy(keys))
        }),
        Scenario::new("key-alias.example", "keeps the key under an alias, which servers follow", |keys| {
            format!("{HOST}{SRV}rocketchat-public-key IN CNAME federation\n{}", txt("federation", &keys.own))
        }),
        Scenario::new("dead-alias.example", "points the name of the key at nothing", |_| {
            format!("{HOST}{SRV}rocketchat-public-key IN CNAME gone\n")
        })
        .finds(&[(Error, "key-record"), (Error, "dns-generations")])
        .mentioning(&["gone.dead-alias.example", "Delete the alias"]),
    ]
}

fn services() -> Vec<Scenario> {
    vec![
        Scenario::new("duplicated-srv.example", "typed the whole SRV name into a form that appends the zone", |keys| {
            let srv = "_rocketchat._https.duplicated-srv.example IN SRV 1 1 443 chat\n";
            format!("{HOST}{srv}{}", key(&keys.own))
        })
        .finds(SRV_ELSEWHERE),
        Scenario::new("service-as-name.example", "typed service and protocol into the name too", |keys| {
            let srv = "_rocketchat._tcp._rocketchat._tcp IN SRV 1 1 443 chat\n";
            format!("{HOST}{srv}{}", key(&keys.own))
        })
        .finds(SRV_ELSEWHERE),
        Scenario::new("added-protocol.example", "has a form that adds its own protocol", |keys| {
            let srv = "_rocketchat._https._tcp IN SRV 1 1 443 chat\n";
            format!("{HOST}{srv}{}", key(&keys.own))
        })
        .finds(SRV_ELSEWHERE),
        Scenario::new("bare-service.example", "forgot the underscore of the service", |keys| {
            format!("{HOST}rocketchat._https IN SRV 1 1 443 chat\n{}", key(&keys.own))
        })
        .finds(SRV_ELSEWHERE),
        Scenario::new("no-protocol.example", "forgot the protocol label", |keys| {
            format!("{HOST}_rocketchat IN SRV 1 1 443 chat\n{}", key(&keys.own))
        })
        .finds(SRV_ELSEWHERE),
    ]
}

fn levels() -> Vec<Scenario> {
    vec![
        Scenario::new("at-the-host.example", "created the records under the host that runs the server", |keys| {
            let srv = "_rocketchat._https.chat IN SRV 1 1 443 chat\n";
            format!("{HOST}{srv}{}", txt("rocketchat-public-key.chat", &keys.own))
        })
        .finds(ALL_ELSEWHERE)
        .mentioning(&["under the host"]),
        Scenario {
            origin: Some("above.example"),
            ..Scenario::new("team.above.example", "created the records one label up from the Domain setting", healthy)
                .finds(ALL_ELSEWHERE)
                .mentioning(&["one label up"])
        },
        Scenario {
            origin: Some("windows.example"),
            ..Scenario::new("chat1.windows.example", "runs two servers in one zone, and an underscore before the key", |keys| {
                format!(
                    "{HOST}_rocketchat._https.chat1 IN SRV 1 1 443 chat\n_rocketchat._https.chat2 IN SRV 1 1 443 chat\n\
                     {}{}",
                    txt("_rocketchat-public-key.chat1", &keys.own),
                    txt("rocketchat-public-key.chat2", &keys.other)
                )
            })
            .finds(KEY_ELSEWHERE)
        },
        Scenario {
            origin: Some("sub.example"),
            ..Scenario::new("team.sub.example", "federates a sub-domain without its own zone", |keys| {
                format!(
                    "{HOST}_rocketchat._https.team IN SRV 1 1 443 chat\n_rocketchat._tcp.team IN SRV 1 1 443 chat\n{}",
                    txt("rocketchat-public-key.team", &keys.own)
                )
            })
        },
        Scenario {
            servers: &[],
            ..Scenario::new("nobody.example", "typed a domain that does not exist", |_| String::new())
                .finds(&[(Error, "dns-zone")])
                .mentioning(&["Check the spelling"])
        },
        Scenario {
            negative: 86400,
            ..Scenario::new("long-negative.example", "lets resolvers remember for a day what was missing", |keys| {
                with_key(&keys.own)
            })
            .finds(&[(Notice, "dns-ttl")])
        },
        Scenario::new("old-releases.example", "has no record for servers of 1.x", |keys| {
            format!("{HOST}_rocketchat._https IN SRV 1 1 443 chat\n{}", key(&keys.own))
        })
        .finds(&[(Notice, "dns-generations")]),
        Scenario::new("only-tcp.example", "has a provider that takes no label but _tcp", |keys| {
            format!("{HOST}_rocketchat._tcp IN SRV 1 1 443 chat\n{}", key(&keys.own))
        })
        .finds(&[(Warning, "dns-generations")])
        .mentioning(&["2.0.0 – 3.3.3"]),
        Scenario {
            flags: &["--for", "2.4.0"],
            ..Scenario::new("guide-for-two.example", "followed the guide, and has peers of 2.4", |keys| {
                format!("{HOST}_rocketchat._tcp IN SRV 1 1 443 chat\n{}", key(&keys.own))
            })
            .finds(&[(Error, "dns-generations"), (Notice, "dns-release")])
        },
    ]
}
