//! Resolvers that are old, cut or rewrite what they pass on, block, or belong to another view of the zone.

use fedctl::severity::Severity::{Error, Notice, Warning};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{A, TXT};
use hickory_proto::rr::{RData, RecordType};

use super::paths::{asks, asks_for, fail};
use super::{Odd, healthy};
use crate::support::bent_server::{Act, Bend, Over};

/// The first resolver is faithful, the second does this.
fn second(domain: &'static str, mistake: &'static str, bend: Bend) -> Odd {
    Odd { resolvers: vec![None, Some(bend)], ..Odd::new(domain, mistake, healthy) }
}

/// The only resolver does this.
fn only(domain: &'static str, mistake: &'static str, bend: Bend) -> Odd {
    Odd { resolvers: vec![Some(bend)], ..Odd::new(domain, mistake, healthy) }
}

/// Changes the strings of each TXT record.
fn retext(response: &mut Message, change: impl Fn(Vec<Vec<u8>>) -> Vec<Vec<u8>>) -> Act {
    for record in &mut response.answers {
        if let RData::TXT(txt) = &record.data {
            let strings: Vec<Vec<u8>> = txt.txt_data.iter().map(|string| string.to_vec()).collect();
            let strings = change(strings);
            record.data = RData::TXT(TXT::from_bytes(strings.iter().map(Vec::as_slice).collect()));
        }
    }
    Act::Send
}

fn age(response: &mut Message, ttl: u32) {
    response.answers.iter_mut().chain(&mut response.authorities).for_each(|record| record.ttl = ttl);
}

const REWRITES: &[&str] = &["rewrites", "another resolver"];
const NO_WAIT: &[&str] = &["wait,", "Wait,", "does not return what is published"];

pub fn scenarios() -> Vec<Odd> {
    let mut all = rewriting();
    all.extend(views());
    all.extend(useless());
    all
}

fn rewriting() -> Vec<Odd> {
    let rewritten = |odd: Odd| odd.finds("clean", &[(Warning, "dns-resolvers")]).mentioning(REWRITES).never(NO_WAIT);
    vec![
        rewritten(second("cut-255.example", "a resolver keeps the first string of a text", |_, response, _| {
            retext(response, |strings| strings.into_iter().take(1).collect())
        })),
        rewritten(only("cut-255-only.example", "the only resolver keeps the first string", |_, response, _| {
            retext(response, |strings| strings.into_iter().take(1).collect())
        })),
        rewritten(second("lower.example", "a resolver lower-cases texts", |_, response, _| {
            retext(response, |strings| strings.iter().map(|string| string.to_ascii_lowercase()).collect())
        })),
        rewritten(second("quoting.example", "a resolver adds quotes to texts", |_, response, _| {
            retext(response, |strings| {
                let quoted = [b"\"", strings.concat().as_slice(), b"\""].concat();
                quoted.chunks(255).map(<[u8]>::to_vec).collect()
            })
        })),
        rewritten(second("spaces.example", "a resolver removes blanks", |_, response, _| {
            retext(response, |strings| {
                let lost = |string: &Vec<u8>| string.iter().copied().filter(|byte| *byte != b' ').collect();
                strings.iter().map(lost).collect()
            })
        })),
        rewritten(second("reversed.example", "a resolver reverses the strings of a text", |_, response, _| {
            retext(response, |strings| strings.into_iter().rev().collect())
        })),
        second(
            "hijack.example",
            "a resolver answers with its own address for what does not exist",
            |query, response, _| {
                if response.metadata.response_code == ResponseCode::NXDomain && asks(query, RecordType::A) {
                    response.metadata.response_code = ResponseCode::NoError;
                    let name = query.queries[0].name().clone();
                    let data = RData::A(A::new(203, 0, 113, 80));
                    response.answers = vec![hickory_proto::rr::Record::from_rdata(name, 60, data)];
                }
                Act::Send
            },
        )
        .finds("clean", &[(Warning, "dns-resolvers")])
        .mentioning(&["203.0.113.80"])
        .never(NO_WAIT),
        Odd {
            resolvers: vec![Some(|query: &Message, response: &mut Message, _: Over| {
                if response.metadata.response_code == ResponseCode::NXDomain && asks(query, RecordType::A) {
                    response.metadata.response_code = ResponseCode::NoError;
                    let name = query.queries[0].name().clone();
                    let data = RData::A(A::new(203, 0, 113, 80));
                    response.answers = vec![hickory_proto::rr::Record::from_rdata(name, 60, data)];
                }
                Act::Send
            })],
            ..Odd::new("hijack-target.example", "the target does not exist, and the resolver hides that", |keys| {
                healthy(keys).replace("443 chat", "443 talk")
            })
        }
        .finds("problems", &[(Error, "dns-target"), (Warning, "dns-resolvers")])
        .mentioning(&["talk.hijack-target.example"]),
        second("ttl-zero.example", "a resolver gives every record a TTL of zero", |_, response, _| {
            age(response, 0);
            Act::Send
        }),
        second("no-srv-resolver.example", "a resolver drops SRV queries", |query, _, _| {
            match asks(query, RecordType::SRV) {
                true => Act::Drop,
                false => Act::Send,
            }
        })
        .finds("clean", &[(Warning, "dns-resolvers")])
        .mentioning(&["SRV", "timeout"])
        .never(NO_WAIT),
        second("blocking.example", "a resolver blocks the domain", |query, response, _| {
            match asks(query, RecordType::SRV) || asks(query, RecordType::TXT) {
                true => fail(response, ResponseCode::NXDomain),
                false => Act::Send,
            }
        })
        .finds("clean", &[(Warning, "dns-resolvers")])
        .mentioning(&["filter"])
        .never(NO_WAIT),
    ]
}

fn views() -> Vec<Odd> {
    vec![
        second("old-cache.example", "a resolver has the old key for ten minutes more", |_, response, _| {
            age(response, 600);
            retext(response, |_| {
                let old = &crate::zoo::scenario::KEYS.other;
                vec![old.as_bytes()[..255].to_vec(), old.as_bytes()[255..].to_vec()]
            })
        })
        .finds("clean", &[(Warning, "dns-resolvers")])
        .mentioning(&["600 s"])
        .never(&["split horizon", "rewrites"]),
        second("old-absence.example", "a resolver remembers that there were no records", |query, response, _| {
            if asks(query, RecordType::SRV) || asks(query, RecordType::TXT) {
                response.answers.clear();
                response.metadata.response_code = ResponseCode::NXDomain;
                let apex = hickory_proto::rr::Name::from_ascii("old-absence.example.").unwrap();
                let [mname, rname] = ["ns1", "hostmaster"].map(|label| apex.prepend_label(label).unwrap());
                let soa = hickory_proto::rr::rdata::SOA::new(mname, rname, 1, 3600, 600, 86400, 300);
                response.authorities = vec![hickory_proto::rr::Record::from_rdata(apex, 120, RData::SOA(soa))];
            }
            Act::Send
        })
        .finds("clean", &[(Warning, "dns-resolvers")])
        .mentioning(&["120 s"]),
        second("split.example", "a resolver inside has its own version of the zone", |query, response, _| {
            response.metadata.authoritative = true;
            if asks_for(query, "_rocketchat.") {
                for record in &mut response.answers {
                    if let RData::SRV(srv) = &record.data {
                        let inside = hickory_proto::rr::Name::from_ascii("inside.split.example.").unwrap();
                        record.data = RData::SRV(hickory_proto::rr::rdata::SRV::new(1, 1, srv.port, inside));
                    }
                }
            }
            if asks_for(query, "inside.") && asks(query, RecordType::A) {
                response.metadata.response_code = ResponseCode::NoError;
                let name = query.queries[0].name().clone();
                response.answers =
                    vec![hickory_proto::rr::Record::from_rdata(name, 3600, RData::A(A::new(10, 0, 0, 7)))];
            }
            Act::Send
        })
        .finds("clean", &[(Notice, "dns-resolvers")])
        .mentioning(&["split horizon"])
        .never(NO_WAIT),
        second(
            "split-address.example",
            "a resolver inside gives the private address of the target",
            |query, response, _| {
                if asks_for(query, "chat.") && asks(query, RecordType::A) {
                    for record in &mut response.answers {
                        record.data = RData::A(A::new(10, 0, 0, 7));
                    }
                }
                Act::Send
            },
        )
        .finds("clean", &[(Notice, "dns-resolvers")])
        .mentioning(&["split horizon", "10.0.0.7"])
        .never(NO_WAIT),
        second("target-missing.example", "a resolver does not find the target", |query, response, _| {
            match asks_for(query, "chat.") {
                true => fail(response, ResponseCode::NXDomain),
                false => Act::Send,
            }
        })
        .finds("clean", &[(Warning, "dns-resolvers")])
        .mentioning(&["chat.target-missing.example"]),
        second("target-servfail-once.example", "a resolver fails for the target", |query, response, _| match asks_for(
            query, "chat.",
        ) {
            true => fail(response, ResponseCode::ServFail),
            false => Act::Send,
        })
        .finds("clean", &[(Warning, "dns-resolvers")])
        .mentioning(&["chat.target-servfail-once.example", "SERVFAIL"]),
        second("target-other.example", "two resolvers give two public addresses", |query, response, _| {
            if asks_for(query, "chat.") && asks(query, RecordType::A) {
                age(response, 900);
                for record in &mut response.answers {
                    record.data = RData::A(A::new(203, 0, 113, 5));
                }
            }
            Act::Send
        })
        .finds("clean", &[(Warning, "dns-resolvers")])
        .mentioning(&["203.0.113.5", "198.51.100.7"]),
        second("validating.example", "a validating resolver does not trust the zone", |query, response, _| {
            match query.metadata.checking_disabled || asks_for(query, "example.") {
                true => Act::Send,
                false => fail(response, ResponseCode::ServFail),
            }
        })
        .finds("problems", &[(Error, "dns-dnssec")]),
        only(
            "validating-only.example",
            "the only resolver validates and does not trust the zone",
            |query, response, _| match query.metadata.checking_disabled || asks_for(query, "example.") {
                true => Act::Send,
                false => fail(response, ResponseCode::ServFail),
            },
        )
        .finds("problems", &[(Error, "dns-dnssec")]),
        only("target-bogus.example", "the signatures of the target's zone have expired", |query, response, _| {
            match !query.metadata.checking_disabled && asks_for(query, "chat.") {
                true => fail(response, ResponseCode::ServFail),
                false => Act::Send,
            }
        })
        .finds("problems", &[(Error, "dns-dnssec")])
        .mentioning(&["chat.target-bogus.example"]),
    ]
}

fn useless() -> Vec<Odd> {
    vec![
        only("all-refused.example", "the resolver refuses everything", |_, response, _| {
            fail(response, ResponseCode::Refused)
        })
        .finds("unknown", &[]),
        only("all-servfail.example", "the resolver fails for everything", |_, response, _| {
            fail(response, ResponseCode::ServFail)
        })
        .finds("unknown", &[]),
        only("all-silent.example", "the resolver is silent", |_, _, _| Act::Drop).finds("unknown", &[]),
        second("half-refused.example", "one of two resolvers refuses everything", |_, response, _| {
            fail(response, ResponseCode::Refused)
        })
        .finds("clean", &[(Notice, "dns-resolvers")]),
        second("half-silent.example", "one of two resolvers is silent", |_, _, _| Act::Drop)
            .finds("clean", &[(Notice, "dns-resolvers")]),
        only("no-recursion.example", "the resolver does not recurse", |_, response, _| {
            response.metadata.recursion_available = false;
            response.answers.clear();
            response.authorities.clear();
            response.metadata.response_code = ResponseCode::NoError;
            Act::Send
        })
        .finds("unknown", &[]),
    ]
}
