//! SRV records that lead astray, and what stands beside them.

use fedctl::severity::Severity::{Error, Notice, Warning};

use super::scenario::{HOST, Scenario, healthy, key, with_srv};

pub fn scenarios() -> Vec<Scenario> {
    let mut scenarios = targets();
    scenarios.extend(choices());
    scenarios.extend(beside());
    scenarios
}

fn targets() -> Vec<Scenario> {
    vec![
        Scenario::new("no-dot.example", "forgot the dot after the target", |keys| {
            let to = "chat.no-dot.example";
            with_srv(&format!("_rocketchat._https IN SRV 1 1 443 {to}\n_rocketchat._tcp IN SRV 1 1 443 {to}"), keys)
        })
        .finds(&[(Error, "dns-target")])
        .mentioning(&["the final dot", "Write `chat.no-dot.example.`"]),
        Scenario::new("no-host.example", "named a host that has no address", |keys| {
            with_srv("_rocketchat._https IN SRV 1 1 443 talk\n_rocketchat._tcp IN SRV 1 1 443 talk", keys)
        })
        .finds(&[(Error, "dns-target")])
        .mentioning(&["A or AAAA record for talk.no-host.example"]),
        Scenario::new("address.example", "named an address instead of a host", |keys| {
            with_srv("_rocketchat._https IN SRV 1 1 443 192.0.2.7.\n_rocketchat._tcp IN SRV 1 1 443 192.0.2.7.", keys)
        })
        .finds(&[(Error, "dns-target")])
        .mentioning(&["is an IP address"]),
        Scenario::new("address-no-dot.example", "named an address, and the form appended the zone", |keys| {
            with_srv("_rocketchat._https IN SRV 1 1 443 192.0.2.7\n_rocketchat._tcp IN SRV 1 1 443 192.0.2.7", keys)
        })
        .finds(&[(Error, "dns-target")])
        .mentioning(&["an IP address"]),
        Scenario {
            real_only: Some("the embedded server loads no such name"),
            ..Scenario::new("url-target.example", "named a target with its protocol", |keys| {
                with_srv("_rocketchat._https IN SRV 1 1 443 https://chat\n_rocketchat._tcp IN SRV 1 1 443 chat", keys)
            })
            .finds(&[(Error, "dns-target")])
            .mentioning(&["Write the host alone"])
        },
        Scenario::new("alias.example", "named an alias as target", |keys| {
            let srv = "_rocketchat._https IN SRV 1 1 443 www\n_rocketchat._tcp IN SRV 1 1 443 www";
            with_srv(&format!("www IN CNAME chat\n{srv}"), keys)
        })
        .finds(&[(Notice, "dns-target")]),
        Scenario::new("not-offered.example", "wrote a dot as target", |keys| {
            with_srv("_rocketchat._https IN SRV 0 0 0 .\n_rocketchat._tcp IN SRV 0 0 0 .", keys)
        })
        .finds(&[(Error, "dns-srv"), (Error, "dns-generations")]),
        Scenario::new("port-zero.example", "left the port empty, which became 0", |keys| {
            with_srv("_rocketchat._https IN SRV 1 1 0 chat\n_rocketchat._tcp IN SRV 1 1 0 chat", keys)
        })
        .finds(&[(Error, "dns-srv"), (Error, "dns-generations")]),
        Scenario {
            flags: &["--target", "talk.moved.example", "--port", "8443"],
            ..Scenario::new("moved.example", "moved the server and left the records", healthy)
                .finds(&[(Error, "dns-target")])
                .mentioning(&["talk.moved.example:8443 was expected"])
        },
    ]
}

fn choices() -> Vec<Scenario> {
    vec![
        Scenario::new("two-srv.example", "wanted to balance the load with two SRV records", |keys| {
            let srv = "_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._https IN SRV 1 1 443 talk";
            with_srv(&format!("{srv}\n_rocketchat._tcp IN SRV 1 1 443 chat\ntalk IN A 198.51.100.8"), keys)
        })
        .finds(&[(Warning, "dns-srv")]),
        Scenario::new("both.example", "published _https and _http to be safe", |keys| {
            let srv = "_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._http IN SRV 1 1 80 chat";
            with_srv(&format!("{srv}\n_rocketchat._tcp IN SRV 1 1 443 chat"), keys)
        })
        .finds(&[(Notice, "dns-srv")]),
        Scenario::new("broken-https.example", "left a dead _https record beside a good _http", |keys| {
            let srv = "_rocketchat._https IN SRV 1 1 443 old\n_rocketchat._http IN SRV 1 1 80 chat";
            with_srv(&format!("{srv}\n_rocketchat._tcp IN SRV 1 1 443 chat"), keys)
        })
        .finds(&[(Error, "dns-target"), (Error, "dns-srv")])
        .mentioning(&["do not try _http"]),
        Scenario::new("https-on-80.example", "published https with port 80", |keys| {
            with_srv("_rocketchat._https IN SRV 1 1 80 chat\n_rocketchat._tcp IN SRV 1 1 80 chat", keys)
        })
        .finds(&[(Warning, "dns-port")]),
        Scenario::new("http-on-443.example", "published plain http with port 443", |keys| {
            with_srv("_rocketchat._http IN SRV 1 1 443 chat\n_rocketchat._tcp IN SRV 1 1 443 chat", keys)
        })
        .finds(&[(Warning, "dns-port")]),
        Scenario::new("weights.example", "chose priority 10 and weight 5", |keys| {
            with_srv("_rocketchat._https IN SRV 10 5 443 chat\n_rocketchat._tcp IN SRV 10 5 443 chat", keys)
        })
        .finds(&[(Notice, "dns-wizard")]),
    ]
}

fn beside() -> Vec<Scenario> {
    vec![
        Scenario::new("guide.example", "followed the guide: _tcp, port 80, http", |keys| {
            with_srv("_rocketchat._tcp IN SRV 1 1 80 chat\nrocketchat-protocol IN TXT http", keys)
        })
        .finds(&[(Warning, "dns-port"), (Warning, "dns-protocol"), (Warning, "dns-generations")])
        .mentioning(&["publish _rocketchat._http.guide.example"]),
        Scenario::new("plain.example", "runs plain http, published as servers honour it", |keys| {
            let srv = "_rocketchat._http IN SRV 1 1 80 chat\n_rocketchat._tcp IN SRV 1 1 80 chat";
            with_srv(&format!("{srv}\nrocketchat-protocol IN TXT http"), keys)
        }),
        Scenario::new("tcp-protocol.example", "followed the documentation of the protocol record for _tcp", |keys| {
            let srv = "_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._tcp IN SRV 1 1 443 chat";
            with_srv(&format!("{srv}\nrocketchat-tcp-protocol IN TXT https"), keys)
        })
        .finds(&[(Notice, "dns-protocol")]),
        Scenario::new("tcp-protocol-http.example", "announced http where no release reads it", |keys| {
            with_srv("_rocketchat._tcp IN SRV 1 1 3000 chat\nrocketchat-tcp-protocol IN TXT http", keys)
        })
        .finds(&[(Warning, "dns-protocol"), (Warning, "dns-generations")]),
        Scenario::new("protocol-value.example", "wrote a URL where a protocol belongs", |keys| {
            format!("{}rocketchat-protocol IN TXT \"http://\"\n", healthy(keys))
        })
        .finds(&[(Warning, "dns-protocol")]),
        Scenario::new("fleeting.example", "set a TTL of zero", |keys| {
            format!(
                "{HOST}_rocketchat._https 0 IN SRV 1 1 443 chat\n_rocketchat._tcp 0 IN SRV 1 1 443 chat\n{}",
                key(&keys.own)
            )
        })
        .finds(&[(Notice, "dns-ttl")]),
        Scenario::new("for-ever.example", "set a TTL of a month", |keys| {
            format!(
                "{HOST}_rocketchat._https 2592000 IN SRV 1 1 443 chat\n_rocketchat._tcp IN SRV 1 1 443 chat\n{}",
                key(&keys.own)
            )
        })
        .finds(&[(Notice, "dns-ttl")]),
    ]
}
