//! What happens to messages on the way: truncation, EDNS, forged and late responses.

use fedctl::severity::Severity::{Error, Notice, Warning};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType;

use super::{Odd, healthy};
use crate::support::bent_server::{Act, Over};

/// True for a query of this type.
pub fn asks(query: &Message, kind: RecordType) -> bool {
    query.queries.first().is_some_and(|asked| asked.query_type() == kind)
}

/// True for a query whose name begins so.
pub fn asks_for(query: &Message, label: &str) -> bool {
    query.queries.first().is_some_and(|asked| asked.name().to_ascii().to_ascii_lowercase().starts_with(label))
}

/// A response without records and with this code.
pub fn fail(response: &mut Message, code: ResponseCode) -> Act {
    response.metadata.response_code = code;
    response.answers.clear();
    response.authorities.clear();
    response.additionals.clear();
    Act::Send
}

fn cut(query: &Message, response: &mut Message, over: Over) -> Act {
    if over == Over::Udp && asks(query, RecordType::TXT) {
        response.answers.clear();
        response.metadata.truncation = true;
    }
    Act::Send
}

fn drops_edns(query: &Message, response: &mut Message, _: Over) -> Act {
    response.edns = None;
    if query.edns.is_some() { Act::Drop } else { Act::Send }
}

fn refuses_edns(query: &Message, response: &mut Message, _: Over) -> Act {
    response.edns = None;
    if query.edns.is_some() { fail(response, ResponseCode::FormErr) } else { Act::Send }
}

fn before_edns(query: &Message, response: &mut Message, _: Over) -> Act {
    response.edns = None;
    if query.edns.is_some() { fail(response, ResponseCode::NotImp) } else { Act::Send }
}

fn ignores_edns(_: &Message, response: &mut Message, _: Over) -> Act {
    response.edns = None;
    Act::Send
}

pub fn scenarios() -> Vec<Odd> {
    let mut all = transports();
    all.extend(forgeries());
    all
}

fn transports() -> Vec<Odd> {
    vec![
        Odd::new("tcp-refused.example", "its servers cut the key over UDP and refuse TCP", healthy)
            .bent(cut)
            .without_tcp()
            .finds("problems", &[(Error, "dns-transport"), (Error, "dns-generations")])
            .mentioning(&["TCP port 53"])
            .never(&["fix them first"]),
        Odd::new("tcp-closed.example", "its servers refuse TCP, which is not needed", healthy)
            .without_tcp()
            .finds("clean", &[(Warning, "dns-transport")])
            .mentioning(&["TCP port 53"]),
        Odd::new("edns-dropped.example", "a firewall drops queries with EDNS", healthy)
            .bent(drops_edns)
            .finds("clean", &[(Warning, "dns-transport")])
            .mentioning(&["EDNS", "does not answer"])
            .never(&["do they run"]),
        Odd::new("edns-dropped-once.example", "a firewall before one server drops queries with EDNS", healthy)
            .second_bent(drops_edns)
            .finds("clean", &[(Warning, "dns-transport")])
            .mentioning(&["ns2.edns-dropped-once.example", "EDNS"]),
        Odd::new("edns-formerr.example", "its servers answer FORMERR to EDNS", healthy)
            .bent(refuses_edns)
            .finds("clean", &[(Notice, "dns-transport")])
            .mentioning(&["FORMERR", "EDNS"]),
        Odd::new("edns-notimp.example", "its servers answer NOTIMP to EDNS", healthy)
            .bent(before_edns)
            .finds("clean", &[(Notice, "dns-transport")])
            .mentioning(&["NOTIMP", "EDNS"]),
        Odd::new("edns-ignored.example", "its servers ignore EDNS and cut at 512 bytes", healthy)
            .bent(ignores_edns)
            .finds("clean", &[(Notice, "dns-transport")]),
        Odd::new("edns-formerr-no-tcp.example", "its servers know neither EDNS nor TCP", healthy)
            .bent(refuses_edns)
            .without_tcp()
            .finds("problems", &[(Error, "dns-transport"), (Notice, "dns-transport"), (Error, "dns-generations")])
            .mentioning(&["TCP port 53", "EDNS"]),
        Odd::new("no-srv-type.example", "its servers answer NOTIMP to queries for SRV", healthy)
            .bent(|query, response, _| match asks(query, RecordType::SRV) {
                true => fail(response, ResponseCode::NotImp),
                false => Act::Send,
            })
            .finds("problems", &[(Error, "dns-srv"), (Error, "dns-generations")])
            .mentioning(&["NOTIMP"]),
        Odd::new("no-txt-type.example", "its servers refuse queries for TXT", healthy)
            .bent(|query, response, _| match asks(query, RecordType::TXT) {
                true => fail(response, ResponseCode::Refused),
                false => Act::Send,
            })
            .finds("problems", &[(Error, "key-record"), (Error, "dns-generations")])
            .mentioning(&["REFUSED"]),
        Odd::new("one-refuses-txt.example", "one of its servers refuses queries for TXT", healthy)
            .second_bent(|query, response, _| match asks(query, RecordType::TXT) {
                true => fail(response, ResponseCode::Refused),
                false => Act::Send,
            })
            .finds("clean", &[(Warning, "dns-servers")])
            .mentioning(&["ns2.one-refuses-txt.example", "REFUSED"]),
        Odd::new("tcp-other.example", "its servers answer REFUSED over TCP", healthy)
            .bent(|query, response, over| match over {
                Over::Tcp => fail(response, ResponseCode::Refused),
                Over::Udp => cut(query, response, over),
            })
            .finds("problems", &[(Error, "dns-transport"), (Error, "dns-generations")])
            .mentioning(&["TCP"]),
    ]
}

fn forgeries() -> Vec<Odd> {
    vec![
        Odd::new("wrong-id.example", "a middlebox answers with another identifier", healthy)
            .second_bent(|_, response, _| {
                response.metadata.id = response.metadata.id.wrapping_add(1);
                Act::Send
            })
            .finds("clean", &[(Warning, "dns-servers")])
            .mentioning(&["ns2.wrong-id.example", "identifier"]),
        Odd::new("wrong-question.example", "a middlebox answers other questions", healthy)
            .second_bent(|_, response, _| {
                let other = hickory_proto::rr::Name::from_ascii("other.example.").unwrap();
                for query in &mut response.queries {
                    query.set_name(other.clone());
                }
                Act::Send
            })
            .finds("clean", &[(Warning, "dns-servers")])
            .mentioning(&["ns2.wrong-question.example", "another question"]),
        Odd::new("twice.example", "its servers send every response twice", healthy).bent(|_, _, _| Act::SendTwice),
        Odd::new("not-authoritative.example", "a cache answers in the place of one name server", healthy)
            .second_bent(|_, response, _| {
                response.metadata.authoritative = false;
                Act::Send
            })
            .finds("clean", &[(Warning, "dns-servers")])
            .mentioning(&["ns2.not-authoritative.example", "authority"]),
        Odd::new("never-authoritative.example", "caches answer in the place of both name servers", healthy)
            .bent(|_, response, _| {
                response.metadata.authoritative = false;
                Act::Send
            })
            .finds("clean", &[(Warning, "dns-servers"), (Warning, "dns-servers")]),
        Odd::new("wrong-source.example", "the responses of one server come from another port", healthy)
            .second_bent(|_, _, over| if over == Over::Udp { Act::SendFromElsewhere } else { Act::Send })
            .finds("clean", &[(Warning, "dns-servers")])
            .mentioning(&["ns2.wrong-source.example", "timeout"]),
        Odd::new("any-blocked.example", "its servers drop queries for ANY", healthy)
            .bent(|query, _, _| if asks(query, RecordType::ANY) { Act::Drop } else { Act::Send }),
        Odd::new("any-refused.example", "its servers answer NOTIMP to queries for ANY", healthy).bent(
            |query, response, _| match asks(query, RecordType::ANY) {
                true => fail(response, ResponseCode::NotImp),
                false => Act::Send,
            },
        ),
        Odd {
            flags: &["--timeout", "12s"],
            ..Odd::new("late.example", "one server responds after three seconds", healthy).second_bent(|_, _, _| {
                std::thread::sleep(std::time::Duration::from_secs(3));
                Act::Send
            })
        }
        .finds("clean", &[(Warning, "dns-servers")])
        .mentioning(&["ns2.late.example", "slow", "responds after"])
        .never(&["is of no use"]),
        Odd::new("slow.example", "one server needs longer than the time limit", healthy)
            .second_bent(|_, _, _| {
                std::thread::sleep(std::time::Duration::from_secs(2));
                Act::Send
            })
            .finds("clean", &[(Warning, "dns-servers")])
            .mentioning(&["ns2.slow.example", "timeout"]),
    ]
}
