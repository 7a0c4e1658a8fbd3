//! Delegations: servers that are named on one side, do not exist, hold nothing, or hold something else.

use fedctl::severity::Severity::{Error, Notice, Warning};
use hickory_proto::op::ResponseCode;

use super::paths::fail;
use super::{NOBODY, Odd, delegation, healthy, place, zone};
use crate::support::bent_server::Act;
use crate::zoo::scenario::{KEYS, Keys, with_key};

fn held(domain: &str, serial: u32, records: &str) -> Vec<(String, String)> {
    vec![(domain.to_owned(), zone(domain, serial, records))]
}

/// The delegation with `more` behind it.
fn with_parent(domain: &'static str, mistake: &'static str, more: &str) -> Odd {
    let odd = Odd::new(domain, mistake, healthy);
    Odd { parent: delegation(domain) + more, ..odd }
}

/// Served by one server that names only itself.
fn alone(domain: &'static str, mistake: &'static str) -> Odd {
    let text = zone(domain, 2, &healthy(&KEYS)).replace(&format!("@ IN NS ns2.{domain}.\n"), "");
    Odd {
        parent: format!("{domain}. IN NS ns1.{domain}.\nns1.{domain}. IN A 192.0.2.53\n"),
        places: vec![place(format!("ns1.{domain}"), "192.0.2.53", vec![(domain.to_owned(), text)])],
        ..Odd::new(domain, mistake, |_| String::new())
    }
}

pub fn scenarios() -> Vec<Odd> {
    let mut all = sides();
    all.extend(ghosts());
    all.extend(serials());
    all
}

fn sides() -> Vec<Odd> {
    vec![
        Odd {
            parent: delegation("parent-only.example")
                + "parent-only.example. IN NS ns3.parent-only.example.\nns3.parent-only.example. IN A 192.0.2.55\n",
            places: {
                let mut places = Odd::new("parent-only.example", "", healthy).places;
                let records = format!("ns3 IN A 192.0.2.55\n{}", healthy(&KEYS));
                places.iter_mut().for_each(|place| place.zones = held("parent-only.example", 2, &records));
                places.push(place(
                    "ns3.parent-only.example",
                    "192.0.2.55",
                    held("parent-only.example", 1, &with_key(&KEYS.other)),
                ));
                places
            },
            ..with_parent("parent-only.example", "a server at the registrar only holds an old copy", "")
        }
        .finds("problems", &[(Error, "dns-delegation")])
        .mentioning(&["ns3.parent-only.example", "at its registrar"])
        .never(&["zone transfer"]),
        Odd {
            places: {
                let mut places = Odd::new("parent-only-lame.example", "", healthy).places;
                let records = format!("ns3 IN A 192.0.2.55\n{}", healthy(&KEYS));
                places.iter_mut().for_each(|place| place.zones = held("parent-only-lame.example", 2, &records));
                places.push(place("ns3.parent-only-lame.example", "192.0.2.55", held("other.example", 1, "")));
                places
            },
            ..with_parent(
                "parent-only-lame.example",
                "a server at the registrar only holds nothing",
                "parent-only-lame.example. IN NS ns3.parent-only-lame.example.\nns3.parent-only-lame.example. IN A 192.0.2.55\n",
            )
        }
        .finds("clean", &[(Warning, "dns-delegation")])
        .mentioning(&["ns3.parent-only-lame.example", "REFUSED"]),
        child_only("child-only.example", "a server that only the zone names has an old copy", |keys| {
            Some(with_key(&keys.other))
        })
        .finds("problems", &[(Error, "dns-delegation")])
        .mentioning(&["ns3.child-only.example"]),
        child_only("child-only-lame.example", "a server that only the zone names holds nothing", |_| None)
            .finds("clean", &[(Warning, "dns-delegation")])
            .mentioning(&["ns3.child-only-lame.example", "REFUSED"]),
        Odd {
            parent: delegation("stale-glue.example").replace("192.0.2.54", NOBODY),
            ..Odd::new("stale-glue.example", "the registrar has an old address of a name server", healthy)
        }
        .finds("clean", &[(Warning, "dns-delegation")])
        .mentioning(&["192.0.2.99", "192.0.2.54", "glue"])
        .never(&["fix the server"]),
        Odd {
            parent: delegation("stale-glue-old.example").replace("192.0.2.54", "192.0.2.55"),
            places: {
                let mut places = Odd::new("stale-glue-old.example", "", healthy).places;
                let old = held("stale-glue-old.example", 1, &with_key(&KEYS.other));
                places.push(place("old-ns2.example", "192.0.2.55", old));
                places
            },
            ..Odd::new("stale-glue-old.example", "behind the old address of a name server is an old copy", healthy)
        }
        .finds("problems", &[(Error, "dns-delegation")])
        .mentioning(&["192.0.2.55", "glue"])
        .never(&["zone transfer"]),
        Odd {
            parent: delegation("all-glue-stale.example").replace("192.0.2.53", NOBODY).replace("192.0.2.54", NOBODY),
            ..Odd::new("all-glue-stale.example", "the registrar has old addresses of all name servers", healthy)
        }
        .finds("problems", &[(Error, "dns-delegation")])
        .mentioning(&["192.0.2.99", "glue"]),
    ]
}

/// The zone names a third server, to which nobody delegates.
fn child_only(domain: &'static str, mistake: &'static str, third: fn(&Keys) -> Option<String>) -> Odd {
    let mut odd = Odd::new(domain, mistake, healthy);
    let records = format!("@ IN NS ns3.{domain}.\nns3 IN A 192.0.2.55\n{}", healthy(&KEYS));
    odd.places.iter_mut().for_each(|place| place.zones = held(domain, 2, &records));
    let zones = third(&KEYS).map_or_else(|| held("other.example", 1, ""), |records| held(domain, 1, &records));
    odd.places.push(place(format!("ns3.{domain}"), "192.0.2.55", zones));
    odd
}

fn ghosts() -> Vec<Odd> {
    vec![
        Odd {
            parent:
                "no-such-servers.example. IN NS ns1.gone.example.\nno-such-servers.example. IN NS ns2.gone.example.\n"
                    .to_owned(),
            places: Vec::new(),
            ..Odd::new("no-such-servers.example", "delegates to names that do not exist", healthy)
        }
        .finds("problems", &[(Error, "dns-zone")])
        .mentioning(&["ns1.gone.example", "NXDOMAIN"])
        .never(&["do they run"]),
        Odd {
            parent: "one-such-server.example. IN NS ns1.one-such-server.example.\n\
                     one-such-server.example. IN NS ns2.gone.example.\nns1.one-such-server.example. IN A 192.0.2.53\n"
                .to_owned(),
            places: {
                let text = zone("one-such-server.example", 2, &healthy(&KEYS))
                    .replace("ns2.one-such-server.example.", "ns2.gone.example.");
                vec![place(
                    "ns1.one-such-server.example",
                    "192.0.2.53",
                    vec![("one-such-server.example".to_owned(), text)],
                )]
            },
            ..Odd::new("one-such-server.example", "delegates to a name that does not exist", healthy)
        }
        .finds("clean", &[(Warning, "dns-servers")])
        .mentioning(&["ns2.gone.example", "NXDOMAIN"]),
        Odd {
            parent: "circular.example. IN NS ns1.circle.example.\ncircle.example. IN NS ns1.circular.example.\n"
                .to_owned(),
            places: Vec::new(),
            ..Odd::new("circular.example", "its servers are named in a zone whose servers are named in it", healthy)
        }
        .finds("problems", &[(Error, "dns-zone")])
        .mentioning(&["ns1.circle.example", "glue"])
        .never(&["do they run"]),
        Odd {
            parent: "no-glue.example. IN NS ns1.no-glue.example.\n".to_owned(),
            places: Vec::new(),
            ..Odd::new("no-glue.example", "its server is named in itself, without glue", healthy)
        }
        .finds("problems", &[(Error, "dns-zone")])
        .mentioning(&["ns1.no-glue.example", "glue"])
        .never(&["do they run"]),
        Odd {
            parent: delegation("private-server.example").replace("192.0.2.54", "10.0.0.54"),
            places: {
                let text = zone("private-server.example", 2, &healthy(&KEYS)).replace("192.0.2.54", "10.0.0.54");
                let zones = || vec![("private-server.example".to_owned(), text.clone())];
                vec![
                    place("ns1.private-server.example", "192.0.2.53", zones()),
                    place("ns2.private-server.example", "10.0.0.54", zones()),
                ]
            },
            ..Odd::new("private-server.example", "one name server has a private address", healthy)
        }
        .finds("clean", &[(Warning, "dns-servers")])
        .mentioning(&["10.0.0.54", "private"]),
        Odd {
            parent: delegation("dead-server.example").replace("192.0.2.54", NOBODY),
            places: {
                let text = zone("dead-server.example", 2, &healthy(&KEYS)).replace("192.0.2.54", NOBODY);
                vec![place("ns1.dead-server.example", "192.0.2.53", vec![("dead-server.example".to_owned(), text)])]
            },
            ..Odd::new("dead-server.example", "one name server was switched off", healthy)
        }
        .finds("clean", &[(Warning, "dns-servers")])
        .mentioning(&["ns2.dead-server.example", "unreachable"])
        .never(&["glue"]),
        alone("alone.example", "has one name server"),
        alone("refused.example", "its only server refuses everything")
            .bent(|_, response, _| fail(response, ResponseCode::Refused))
            .finds("problems", &[(Error, "dns-zone")])
            .mentioning(&["REFUSED"]),
        alone("servfail.example", "its only server has an expired zone")
            .bent(|_, response, _| fail(response, ResponseCode::ServFail))
            .finds("problems", &[(Error, "dns-zone")])
            .mentioning(&["SERVFAIL"]),
        alone("silent.example", "its only server is silent")
            .bent(|_, _, _| Act::Drop)
            .finds("problems", &[(Error, "dns-zone")])
            .mentioning(&["timeout"]),
        Odd { parent: String::new(), places: Vec::new(), ..Odd::new("absent.example", "was never delegated", healthy) }
            .finds("problems", &[(Error, "dns-zone")])
            .mentioning(&["NXDOMAIN"]),
        many(),
    ]
}

fn many() -> Odd {
    let domain = "many-servers.example";
    let names: String = (3..=100).map(|at| format!("@ IN NS ns{at}.{domain}.\nns{at} IN A 192.0.2.54\n")).collect();
    let mut odd = Odd::new(domain, "has a hundred name servers", healthy);
    let records = names + &healthy(&KEYS);
    odd.places.iter_mut().for_each(|place| place.zones = held(domain, 2, &records));
    odd.finds("clean", &[(Notice, "dns-delegation"), (Notice, "dns-limits")])
}

fn serials() -> Vec<Odd> {
    let odd = |domain: &'static str, mistake, first: u32, second: u32| {
        let mut odd = Odd::new(domain, mistake, healthy);
        odd.places[0].zones = held(domain, first, &healthy(&KEYS));
        odd.places[1].zones = held(domain, second, &healthy(&KEYS));
        odd.finds("clean", &[(Notice, "dns-servers")])
    };
    vec![
        odd("serial.example", "one server is a serial behind", 7, 6).mentioning(&["ns2.serial.example has 6"]),
        odd("serial-wraps.example", "its serial has wrapped around", 3, u32::MAX - 2)
            .mentioning(&["ns2.serial-wraps.example has 4294967293", "newest is 3"]),
        odd("serial-half.example", "its serials are half the range apart", 1, 0x8000_0001)
            .mentioning(&["cannot be compared"]),
    ]
}
