//! How a report came about: the servers and addresses that were used, and every query and request with its response and its time.

use std::fmt::Display;

use super::key_inspection::Inspected;
use crate::count::counted;
use crate::dns::record::{Outcome, Query, RData, Response, Rr, Transport};
use crate::facts::dns::{DnsFacts, Observer, Role};
use crate::facts::hub::{Call, HubFacts};
use crate::facts::peer::{AddressFacts, Exchange, PeerFacts, Records};
use crate::facts::server::{OwnFacts, ServerFacts};
use crate::facts::tls::{Certificate, TlsFacts};
use crate::key::diagnosis;
use crate::key::node_rsa;
use crate::report::Details;
use crate::report::watch::date;

/// Characters of a key in one line.
const PIECE: usize = 32;

/// The servers that were queried, and every query.
pub fn dns(dns: &DnsFacts) -> Details {
    let mut basis = vec![match &dns.zone {
        Ok(zone) => format!("{} is in the zone {}; {}", dns.domain, zone.apex, queries(dns)),
        Err(why) => format!("no zone was found: {why}; {}", queries(dns)),
    }];
    basis.extend(dns.observers.iter().map(described));
    let mut evidence = Vec::new();
    for (at, observer) in dns.observers.iter().enumerate() {
        evidence.push(described(observer));
        let seen = dns.observations.iter().filter(|seen| seen.observer == at);
        let probes = dns.probes.iter().filter(|probe| probe.observer == at);
        let all = seen.map(|seen| (&seen.question, &seen.reply));
        let all = all.chain(probes.map(|probe| (&probe.question, &probe.reply)));
        evidence.extend(all.map(|(question, reply)| format!("  {}", response(question, reply))));
    }
    Details { basis, evidence }
}

/// `42 queries, the slowest response took 12 ms`.
fn queries(dns: &DnsFacts) -> String {
    let times = dns.observations.iter().map(|seen| seen.reply.elapsed);
    let slowest = times.chain(dns.probes.iter().map(|probe| probe.reply.elapsed)).max().unwrap_or_default();
    let count = dns.observations.len() + dns.probes.len();
    format!("{}, the slowest took {slowest} ms", counted(count, "query"))
}

fn described(observer: &Observer) -> String {
    let role = match observer.role {
        Role::Authority => "name server",
        Role::Parent => "name server of the parent zone",
        Role::Resolver => "resolver",
    };
    let addr = observer.addr.to_string();
    let addr = if addr == observer.name { String::new() } else { format!(" ({addr})") };
    format!("{}{addr}, {role}", observer.name)
}

/// A query, its response, and how that came.
fn response(question: &Query, reply: &Response) -> String {
    let mut how = vec![if reply.transport == Transport::Udp { "UDP" } else { "TCP" }.to_owned()];
    how.extend((reply.size > 0).then(|| counted(reply.size, "byte")));
    let flags = [
        (reply.truncated, "truncated over UDP"),
        (reply.authoritative, "authoritative"),
        (reply.authenticated, "validated"),
    ];
    how.extend(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| (*flag).to_owned()));
    how.push(format!("{} ms", reply.elapsed));
    format!("{} ({})", answer(question, &reply.outcome), how.join(", "))
}

/// A query and what came of it.
pub fn answer(question: &Query, outcome: &Outcome) -> String {
    format!("{} {} → {}", question.kind, question.name, answers(outcome))
}

/// One record with its type.
pub fn record(rr: &Rr) -> String {
    // The data of another type is its type.
    let kind = rr.data.kind().map(|kind| format!("{kind} ")).unwrap_or_default();
    format!("{} {kind}{}", rr.name, data(std::slice::from_ref(rr)).join(", "))
}

/// The records of a response.
fn answers(outcome: &Outcome) -> String {
    if outcome.records().is_empty() { outcome.to_string() } else { data(outcome.records()).join(", ") }
}

/// The data of records, and the TTL of the first; of a private key nothing.
fn data(records: &[Rr]) -> Vec<String> {
    let texts: Vec<Vec<u8>> = records.iter().filter_map(|rr| rr.data.joined()).collect();
    let mut texts = diagnosis::shown(&texts).into_iter();
    let one = |data: &RData| match data {
        RData::Srv { priority, weight, port, target } => format!("{priority} {weight} {port} {target}"),
        RData::Txt(_) => texts.next().unwrap_or_default(),
        RData::A(ip) => ip.to_string(),
        RData::Aaaa(ip) => ip.to_string(),
        RData::Ns(name) | RData::Cname(name) => name.clone(),
        RData::Mx { preference, exchange } => format!("{preference} {exchange}"),
        RData::Soa(soa) => format!("{} serial {}", soa.mname, soa.serial),
        RData::Other(kind) => kind.clone(),
    };
    let mut shown: Vec<String> = records.iter().map(|rr| &rr.data).map(one).collect();
    shown.extend(records.first().map(|first| format!("TTL {} s", first.ttl)));
    shown
}

/// What the resolver gives for every name that servers query.
fn look_ups(records: &Records) -> Vec<String> {
    records.answers.iter().map(|(question, outcome)| answer(question, outcome)).collect()
}

/// How the peer was found and reached, and every request.
pub fn peer(peer: &PeerFacts) -> Details {
    let found = peer.discovery();
    let url = found.url.unwrap_or_else(|| "no URL".into());
    let mut basis = vec![format!("a {} server finds {url}, after {} ms", peer.view, peer.discovery)];
    basis.extend(nested(records(&peer.records)));
    for address in &peer.addresses {
        basis.push(connection(address));
        basis.extend(address.tls.iter().flat_map(|facts| nested(tls(facts))));
    }
    let mut evidence = vec![format!("the resolver, queried for {}", peer.records.domain)];
    evidence.extend(nested(look_ups(&peer.records)));
    evidence.extend(requests(peer.base.as_ref(), peer.exchanges()));
    Details { basis, evidence }
}

/// The records that exist.
fn records(records: &Records) -> Vec<String> {
    let found = records.answers.iter().filter(|(_, outcome)| !outcome.records().is_empty());
    let mut found: Vec<String> = found.map(|(question, outcome)| answer(question, outcome)).collect();
    let (all, missing) = (records.answers.len(), records.answers.len() - found.len());
    if missing > 0 {
        found.push(format!("{missing} of {all} names and types have no record"));
    }
    found
}

fn nested(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

fn connection(address: &AddressFacts) -> String {
    let by = if address.override_to { ", by --connect-to" } else { "" };
    match &address.connect {
        Ok(elapsed) => format!("{}{by}: connected after {elapsed} ms", address.addr),
        Err(why) => format!("{}{by}: {why}", address.addr),
    }
}

/// The handshake and each certificate.
fn tls(facts: &TlsFacts) -> Vec<String> {
    let session = match &facts.outcome {
        Ok(session) => session,
        Err(why) => return vec![format!("{why}, after {} ms", facts.elapsed)],
    };
    let certificate = |certificate: &Certificate| {
        let names =
            if certificate.names.is_empty() { String::new() } else { format!(" for {}", certificate.names.join(", ")) };
        let (from, until) = (date(certificate.not_before), date(certificate.not_after));
        format!("certificate `{}`{names}, issued by `{}`, {from} to {until}", certificate.subject, certificate.issuer)
    };
    let first = format!("{} after {} ms", session.version, facts.elapsed);
    std::iter::once(first).chain(session.chain.iter().map(certificate)).collect()
}

/// Requests to one server, with what came back.
fn requests<'a>(base: Option<impl Display>, exchanges: impl IntoIterator<Item = &'a Exchange>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for exchange in exchanges {
        lines.push(format!("  {}", exchange.shown()));
        lines.extend(exchange.dropped.as_ref().map(|why| format!("    the first try failed: {why}")));
        let fields = exchange.answer().into_iter().flat_map(|answer| &answer.front);
        lines.extend(fields.map(|(name, value)| format!("    {name}: {value}")));
    }
    if let (Some(base), false) = (base, lines.is_empty()) {
        lines.insert(0, base.to_string());
    }
    lines
}

fn call(call: &Call) -> Details {
    let mut basis = vec![match &call.address {
        Ok(addr) => format!("{} was called at {addr}", call.base),
        Err(why) => format!("{} was not called: {why}", call.base),
    }];
    basis.extend(call.tls.iter().flat_map(|facts| nested(tls(facts))));
    Details { basis, evidence: requests(Some(&call.base), &call.exchanges) }
}

/// The hub, the server that is registered, and the records that the domain has beside the hub.
pub fn hub(hub: &HubFacts) -> Details {
    let mut details = Details::default();
    [&hub.hub, &hub.server].into_iter().flatten().for_each(|called| details.add(call(called)));
    details.basis.push(format!("records of {}, for servers that ask no hub", hub.domain));
    details.basis.extend(nested(records(&hub.records)));
    details.evidence.push(format!("the resolver, queried for {}", hub.domain));
    details.evidence.extend(nested(look_ups(&hub.records)));
    let mail = hub.mail.iter().map(|(question, outcome)| format!("  {}", answer(question, outcome)));
    if !hub.mail.is_empty() {
        details.basis.push("where the hub sends its mail".into());
        details.basis.extend(mail);
    }
    let found =
        hub.entry().map(|entry| format!("the hub's entry: {} with the key {}", entry.url, key(&entry.public_key)));
    details.basis.extend(found);
    details
}

fn key(text: &str) -> String {
    diagnosis::shown(&[text.as_bytes().to_vec()]).concat()
}

/// Everything that the doctor looked at.
pub fn own(own: &OwnFacts) -> Details {
    let mut details = dns(&own.dns);
    details.add(peer(&own.peer));
    if let Some(facts) = &own.hub {
        details.add(hub(facts));
    }
    match &own.server {
        Ok(server) => details.add(settings(server)),
        Err(why) => details.basis.push(format!("the settings of the server were not read: {why}")),
    }
    details
}

/// The settings that were read. Their values are judged, and not shown: one of them is a key.
fn settings(server: &ServerFacts) -> Details {
    let read = match &server.settings {
        Ok(settings) => counted(settings.iter().filter(|setting| setting.value.is_ok()).count(), "setting"),
        Err(why) => format!("no settings ({why})"),
    };
    let basis = vec![format!("{} was called as an admin, and read: {read}", server.base)];
    Details { basis, evidence: requests(Some(&server.base), [&server.info]) }
}

/// The text of a key and what is in it.
pub fn inspected(seen: &Inspected, text: &[u8]) -> Details {
    let lines = text.split(|byte| *byte == b'\n').count();
    let mut basis = vec![format!("the text has {} in {}", counted(text.len(), "byte"), counted(lines, "line"))];
    basis.push(match &seen.diagnosis.server {
        Ok(key) => format!("read as servers read it, it is RSA-{} with the exponent {}", key.bits(), key.exponent()),
        Err(why) => format!("read as servers read it, it is no key: {why}"),
    });
    if let Some(key) = seen.key() {
        basis.push(format!(
            "the key has {} as SPKI, and its modulus {}",
            counted(key.der().len(), "byte"),
            counted(key.size(), "byte")
        ));
    }
    if let Some(expected) = seen.expected {
        basis.push(format!("it was compared with the key sha256 {}", expected.fingerprint()));
    }
    let is_shown = node_rsa::is_key_like(text) && !diagnosis::hold_secret(&[text.to_vec()]);
    let evidence = match is_shown {
        true => numbered(&String::from_utf8_lossy(text)),
        false => vec!["the text is not shown, because it is not clearly a public key".into()],
    };
    Details { basis, evidence }
}

/// The text in pieces, each behind the number of its first character.
fn numbered(text: &str) -> Vec<String> {
    let all: Vec<char> = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let piece = |(at, piece): (usize, &[char])| format!("{:>5}  {}", at * PIECE + 1, piece.iter().collect::<String>());
    all.chunks(PIECE).enumerate().map(piece).collect()
}
