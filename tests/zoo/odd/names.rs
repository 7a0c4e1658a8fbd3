//! Names that are aliases, wildcards, or answered without a zone.

use fedctl::severity::Severity::{Error, Notice, Warning};
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::{CNAME, SRV as WireSrv};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::paths::{asks, asks_for, fail};
use super::{CHAT, Odd, SRV, healthy, place, zone};
use crate::support::bent_server::Act;
use crate::zoo::scenario::{KEYS, Keys, key, txt};

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

pub fn scenarios() -> Vec<Odd> {
    let mut all = zones();
    all.extend(aliases());
    all.extend(wildcards());
    all
}

/// In the zone above, without a zone of its own.
fn in_zone_above(domain: &'static str, mistake: &'static str, records: fn(&Keys) -> String) -> Odd {
    Odd { parent: records(&KEYS), places: Vec::new(), ..Odd::new(domain, mistake, |_| String::new()) }
}

fn below(domain: &str, records: &str) -> String {
    let records = records.replace("443 chat", &format!("443 chat.{domain}."));
    records.lines().map(|line| format!("{}\n", line.replacen(" IN ", &format!(".{domain}. IN "), 1))).collect()
}

fn zones() -> Vec<Odd> {
    vec![
        Odd::new("no-soa.example", "load balancers answer, without SOA", healthy)
            .bent(|query, response, _| {
                response.authorities.clear();
                if asks(query, RecordType::SOA) {
                    response.answers.clear();
                }
                Act::Send
            })
            .finds("clean", &[(Notice, "dns-zone")]),
        Odd::new("load-balancer.example", "load balancers answer for records and refuse SOA and NS", healthy)
            .bent(|query, response, _| match asks(query, RecordType::SOA) || asks(query, RecordType::NS) {
                true => fail(response, ResponseCode::Refused),
                false => Act::Send,
            })
            .finds("clean", &[(Notice, "dns-zone")]),
        Odd::new("load-balancer-silent.example", "load balancers drop queries for SOA and NS", healthy)
            .bent(|query, _, _| match asks(query, RecordType::SOA) || asks(query, RecordType::NS) {
                true => Act::Drop,
                false => Act::Send,
            })
            .finds("clean", &[(Notice, "dns-zone")]),
        Odd::new("changing.example", "a load balancer gives another address to every query", healthy).bent(
            |query, response, _| {
                if asks_for(query, "chat.") && asks(query, RecordType::A) {
                    let at = query.metadata.id.to_be_bytes()[1];
                    for record in &mut response.answers {
                        record.data = RData::A(hickory_proto::rr::rdata::A::new(198, 51, 100, at | 1));
                    }
                }
                Act::Send
            },
        ),
        in_zone_above("in-zone-above.example", "its records are in the zone above", |keys| {
            below("in-zone-above.example", &healthy(keys))
        }),
        Odd::new("my_company.example", "its name has an underscore", healthy),
        Odd::new("geo.example", "names a target in a zone without SOA", |keys| {
            healthy(keys).replace("443 chat", "443 lb.pool.example.")
        })
        .hosted("pool.example", |_| "lb IN A 198.51.100.7\n".to_owned())
        .third_bent(|query, response, _| match asks(query, RecordType::SOA) || asks(query, RecordType::NS) {
            true => fail(response, ResponseCode::Refused),
            false => Act::Send,
        }),
    ]
}

fn aliases() -> Vec<Odd> {
    let alias = |domain: &'static str, mistake, records: fn(&Keys) -> String| Odd::new(domain, mistake, records);
    vec![
        in_zone_above("itself-alias.example", "the domain itself is an alias", |keys| {
            format!(
                "itself-alias IN CNAME web.elsewhere\nweb.elsewhere IN A 198.51.100.9\n{}",
                below("itself-alias.example", &healthy(keys))
            )
        }),
        Odd::new("apex-alias.example", "its provider puts an alias at the apex", healthy)
            .bent(|query, response, _| {
                let apex = name("apex-alias.example.");
                if query.queries.first().is_some_and(|asked| *asked.name() == apex) {
                    response.answers =
                        vec![Record::from_rdata(apex, 300, RData::CNAME(CNAME(name("web.elsewhere.example."))))];
                    response.authorities.clear();
                    response.metadata.response_code = ResponseCode::NoError;
                }
                Act::Send
            })
            .finds("clean", &[(Notice, "dns-zone")]),
        alias("loop.example", "the name of the key is in a loop of aliases", |_| {
            format!("{CHAT}{SRV}rocketchat-public-key IN CNAME a\na IN CNAME b\nb IN CNAME a\n")
        })
        .finds("problems", &[(Error, "key-record"), (Error, "dns-generations")])
        .mentioning(&["loop"])
        .never(&["failure of the name servers"]),
        alias("self-loop.example", "the name of the key is an alias of itself", |_| {
            format!("{CHAT}{SRV}rocketchat-public-key IN CNAME rocketchat-public-key\n")
        })
        .finds("problems", &[(Error, "key-record"), (Error, "dns-generations")])
        .mentioning(&["loop"]),
        alias("srv-loop.example", "an SRV name is in a loop of aliases", |keys| {
            format!(
                "{CHAT}_rocketchat._https IN CNAME a\na IN CNAME b\nb IN CNAME a\n_rocketchat._tcp IN CNAME a\n{}",
                key(&keys.own)
            )
        })
        .finds("problems", &[(Error, "dns-srv"), (Error, "dns-generations")])
        .mentioning(&["loop"]),
        alias("dangling.example", "the name of the key is an alias of nothing", |_| {
            format!("{CHAT}{SRV}rocketchat-public-key IN CNAME keys.gone.example.\n")
        })
        .finds("problems", &[(Error, "key-record"), (Error, "dns-generations")])
        .mentioning(&["is an alias of keys.gone.example", "does not exist"]),
        alias("srv-dangling.example", "the SRV names are aliases of nothing", |keys| {
            format!(
                "{CHAT}_rocketchat._https IN CNAME srv.gone.example.\n_rocketchat._tcp IN CNAME srv.gone.example.\n{}",
                key(&keys.own)
            )
        })
        .finds("problems", &[(Error, "dns-srv"), (Error, "dns-generations")])
        .mentioning(&["is an alias of srv.gone.example"]),
        alias("long-chain.example", "the key is behind nine aliases", |keys| {
            let chain: String = (0..8).map(|at| format!("a{at} IN CNAME a{}\n", at + 1)).collect();
            format!("{CHAT}{SRV}rocketchat-public-key IN CNAME a0\n{chain}{}", txt("a8", &keys.own))
        })
        .finds("clean", &[(Warning, "key-record")])
        .mentioning(&["9 aliases"]),
        alias("endless-chain.example", "the key is behind twenty aliases", |keys| {
            let chain: String = (0..19).map(|at| format!("a{at} IN CNAME a{}\n", at + 1)).collect();
            format!("{CHAT}{SRV}rocketchat-public-key IN CNAME a0\n{chain}{}", txt("a19", &keys.own))
        })
        .finds("problems", &[(Error, "key-record")])
        .mentioning(&["20 aliases"]),
        alias("key-alias-outside.example", "the key is an alias of a name in another zone", |_| {
            format!("{CHAT}{SRV}rocketchat-public-key IN CNAME keys.hosting.example.\n")
        })
        .hosted("hosting.example", |keys| txt("keys", &keys.own)),
        Odd::new("dname.example", "the whole domain is redirected by DNAME", healthy)
            .bent(|query, response, _| {
                let Some(asked) = query.queries.first() else { return Act::Send };
                let (from, to) = (name("dname.example."), name("real-dname.example."));
                if from.zone_of(asked.name()) && *asked.name() != from {
                    let labels = usize::from(asked.name().num_labels() - from.num_labels());
                    let prefix: Vec<&[u8]> = asked.name().iter().take(labels).collect();
                    let target = Name::from_labels(prefix).unwrap().append_name(&to).unwrap();
                    let old: Vec<Record> = response.answers.drain(..).collect();
                    response.answers.push(Record::from_rdata(
                        asked.name().clone(),
                        300,
                        RData::CNAME(CNAME(target.clone())),
                    ));
                    for mut record in old {
                        record.name = target.clone();
                        if let RData::SRV(srv) = &record.data {
                            let chat = name("chat.dname.example.");
                            record.data = RData::SRV(WireSrv::new(srv.priority, srv.weight, srv.port, chat));
                        }
                        response.answers.push(record);
                    }
                }
                Act::Send
            })
            .finds("clean", &[(Notice, "dns-target")]),
    ]
}

impl Odd {
    /// Another zone beside it, at its own server.
    pub fn hosted(mut self, other: &'static str, records: fn(&Keys) -> String) -> Self {
        let text = format!(
            "$TTL 3600\n@ IN SOA ns.{other}. hostmaster.{other}. 1 3600 600 86400 300\n@ IN NS ns.{other}.\nns IN A 192.0.2.60\n{}",
            records(&KEYS)
        );
        self.parent += &format!("{other}. IN NS ns.{other}.\nns.{other}. IN A 192.0.2.60\n");
        self.places.push(place(format!("ns.{other}"), "192.0.2.60", vec![(other.to_owned(), text)]));
        self
    }
}

fn wildcards() -> Vec<Odd> {
    vec![
        Odd::new("wildcard-txt.example", "a wildcard answers instead of the key", |_| {
            format!("{CHAT}{SRV}* IN TXT \"v=spf1 -all\"\n")
        })
        .finds("problems", &[(Error, "key-record"), (Error, "dns-generations")])
        .mentioning(&["only a wildcard answers"]),
        Odd::new("wildcard-srv.example", "a wildcard answers in the place of the SRV records", |keys| {
            format!("{CHAT}* IN SRV 0 0 5061 sip\nsip IN A 198.51.100.8\n{}", key(&keys.own))
        })
        .finds("clean", &[(Warning, "dns-wildcard")])
        .mentioning(&["_rocketchat._https.wildcard-srv.example"]),
        Odd::new("wildcard-srv-right.example", "a wildcard holds the right SRV record", |keys| {
            format!("{CHAT}* IN SRV 1 1 443 chat\n{}", key(&keys.own))
        })
        .finds("clean", &[(Warning, "dns-wildcard")]),
        Odd::new("wildcard-key.example", "a wildcard holds the key", |keys| {
            format!("{CHAT}{SRV}{}", txt("*", &keys.own))
        })
        .finds("clean", &[(Warning, "dns-wildcard")]),
        Odd::new("wildcard-alias.example", "a wildcard alias answers for everything", |_| {
            "* IN CNAME web.hosting.example.\n".to_owned()
        })
        .hosted("hosting.example", |_| "web IN A 198.51.100.9\n".to_owned())
        .finds("problems", &[(Error, "dns-wildcard"), (Error, "dns-generations")])
        .mentioning(&["*.wildcard-alias.example"])
        .never(&["delete the alias"]),
        Odd::new("wildcard-host.example", "a wildcard gives every name an address", |keys| {
            format!("* IN A 198.51.100.9\n{}", healthy(keys))
        }),
        Odd::new(
            "wildcard-everything.example",
            "wildcards for addresses and texts beside no federation record",
            |_| "* IN A 198.51.100.9\n* IN TXT \"v=spf1 -all\"\n".to_owned(),
        )
        .finds("problems", &[(Error, "dns-srv"), (Error, "key-record"), (Error, "dns-generations")]),
        Odd::new("wildcard-beside.example", "a wildcard text beside the right records", |keys| {
            format!("* IN TXT \"v=spf1 -all\"\n{}", healthy(keys))
        }),
        Odd::new("doubled.example", "a form appended the zone to every name", |keys| {
            let wrong = SRV.replace(" IN", ".doubled.example IN");
            format!("{CHAT}{wrong}{}", txt("rocketchat-public-key.doubled.example", &keys.own))
        })
        .finds(
            "problems",
            &[
                (Error, "dns-srv"),
                (Error, "key-record"),
                (Error, "dns-near-miss"),
                (Error, "dns-near-miss"),
                (Error, "dns-near-miss"),
                (Error, "dns-generations"),
            ],
        ),
        Odd {
            places: vec![place(
                "ns1.bare.example",
                "192.0.2.53",
                vec![("bare.example".into(), zone("bare.example", 1, ""))],
            )],
            ..Odd::new("bare.example", "has one server and no records", |_| String::new())
        }
        .finds(
            "problems",
            &[(Error, "dns-srv"), (Error, "key-record"), (Error, "dns-generations"), (Warning, "dns-servers")],
        ),
    ]
}
