//! What `serve peer` answers as each release: one table of requests, which is this test and the page in the docs.

mod dispatch;
mod first_protocol;
mod rows;
mod wire;

use std::net::SocketAddr;

use dispatch::dispatch_rows;
use fedctl::rocketchat::envelope;
use fedctl::rocketchat::release::Release;
use fedctl::serve::peer::fault::Fault;
use first_protocol::old_rows;
use rows::{body_rows, bypass_rows, closed_rows, get_rows, request_rows};
use serde_json::{Value, json};
use wire::{bytes, check_log, check_wire, expected, http, lines, origin};

use super::frame::fresh_part;
use crate::support::peers::{A, Peer, Peers, key};

/// The releases that are asked, of every span in which some answer differs.
const RELEASES: &[&str] = &[
    "2.0.0", "2.4.14", "3.0.0", "3.0.10", "3.1.0", "3.2.0", "3.3.0", "3.4.0", "3.18.7", "4.1.6", "4.2.0", "4.5.7",
    "5.3.0", "6.2.12", "6.3.0", "6.5.0", "7.2.0", "7.10.4",
];

const OLD_RELEASES: &[&str] = &["1.0.0", "1.0.5", "1.1.5", "1.2.4", "1.3.5"];

/// From here on the answers are on the wire; before, it is `200 {}`, and they are in the log of `serve peer`.
const TRUTHFUL: Release = Release(4, 2, 0);

const TWO: Release = Release(2, 0, 0);
const NOT_FOUND: &str = "Could not find the peer using DNS or Hub [federation-error-peer-no-found-using-dns]";
const UNDECRYPTED: &str = "Could not decrypt payload";

/// A request.
#[derive(Clone)]
enum Ask {
    /// JSON that is encrypted as it should be, for `federation.events.dispatch`.
    Events(Value),
    /// The same for `federation.events.requestFromLatest`.
    Latest(Value),
    /// The same for `federation.events` of 1.x.
    Old(Value),
    /// A text that is encrypted, and the route.
    Text(&'static str, &'static str),
    /// A body as it is: the route, the sender, the content type and the bytes.
    Body(&'static str, Option<&'static str>, &'static str, Vec<u8>),
    Get(&'static str),
}

/// An answer.
#[derive(Clone, PartialEq, Debug)]
enum Expected {
    Success,
    Error(String),
    /// A page of the parser of bodies, on the wire whatever the release.
    Page(u16),
    /// 405: the route has another method.
    NoRoute,
    /// 200 and exactly this JSON, in this order.
    Json(Value),
}

struct Row {
    name: String,
    ask: Ask,
    /// The first release of each span, and its answer.
    expected: Vec<(&'static str, Expected)>,
}

fn error(text: &str) -> Expected {
    Expected::Error(text.to_owned())
}

fn row(name: &str, ask: Ask, expected: &[(&'static str, Expected)]) -> Row {
    Row { name: name.to_owned(), ask, expected: expected.to_vec() }
}

/// An event of `a.example` with identifiers of its own.
fn event(id: &str, kind: &str, data: Value) -> Value {
    json!({
        "origin": A, "context": {"roomId": format!("room-{id}")}, "parentIds": [], "type": kind,
        "timestamp": {"$date": 1_600_000_000_000_i64}, "data": data, "hasChildren": false, "_id": format!("event-{id}"),
    })
}

fn events(event: Value) -> Ask {
    Ask::Events(json!({"events": [event]}))
}

fn with(mut event: Value, member: &str, value: Value) -> Value {
    event[member] = value;
    event
}

fn without(mut event: Value, member: &str) -> Value {
    event.as_object_mut().unwrap().shift_remove(member);
    event
}

fn message(id: &str) -> Value {
    json!({"message": {
        "_id": format!("message-{id}"), "rid": format!("room-{id}"), "msg": "hello", "u": {"_id": "uA", "username": "ann@a.example"},
        "mentions": [], "channels": [], "federation": {"origin": A},
    }})
}

/// Texts by release: up to 2.4, 3.0 and 3.1, from 3.2, from 4.0.
const UNREADABLE: &str = "Cannot read property 'NAME' of undefined";

fn unreadable(name: &str) -> Expected {
    Expected::Error(UNREADABLE.replace("NAME", name))
}

/// A decrypted `null` that is taken apart.
fn nothing(member: &str) -> [(&'static str, Expected); 2] {
    let of = |rest: &str| Expected::Error(format!("Cannot destructure property {rest}."));
    [
        ("2.0.0", of(&format!("`{member}` of 'undefined' or 'null'"))),
        ("4.4.0", of(&format!("'{member}' of 'EJSON.fromJSONValue(...)' as it is null"))),
    ]
}

fn sealed_bytes(text: &[u8]) -> Vec<u8> {
    envelope::seal(text, &key("alice"), key("bob").public()).unwrap()
}

fn rows() -> Vec<Row> {
    [dispatch_rows(), request_rows(), body_rows(), get_rows()].into_iter().flatten().collect()
}

/// Rows that are asked of one peer, in this order.
struct Table {
    rows: Vec<Row>,
    releases: &'static [&'static str],
    faults: &'static [Fault],
    gate_open: bool,
}

const BYPASSED: &str = ", with `--faithful-bypass`";
const DISABLED: &str = "Federation not enabled";

fn tables() -> Vec<Table> {
    let gate = "Deprecated. ENABLE_INSECURE_LEGACY_FEDERATION environment variable is needed to enable it.";
    let table = |rows, faults| Table { rows, releases: RELEASES, faults, gate_open: true };
    let old_off = vec![
        row("`users`, federation off", Ask::Get("users?username=fedctl"), &[("1.0.0", error("Not found"))]),
        row("`uploads`, federation off", Ask::Get("uploads?upload_id=x"), &[("1.0.0", error("Not found"))]),
        row("`events`, federation off", Ask::Old(json!({"event": {"t": "png"}})), &[("1.0.0", error("Not found"))]),
    ];
    vec![
        table(rows(), &[]),
        table(bypass_rows(), &[Fault::Bypass]),
        table(closed_rows("federation off", "2.0.0", DISABLED), &[Fault::Disabled]),
        Table {
            rows: closed_rows("without `--gate-open`", "7.0.0", gate),
            releases: &["7.0.0", "7.10.4"],
            faults: &[],
            gate_open: false,
        },
        Table { rows: old_rows(), releases: OLD_RELEASES, faults: &[], gate_open: false },
        Table { rows: old_off, releases: OLD_RELEASES, faults: &[Fault::Disabled], gate_open: false },
    ]
}

/// Asks one release for every row.
fn check_release(table: &Table, release: &str, callback: Option<SocketAddr>) {
    let (faults, gate_open) = (table.faults, table.gate_open);
    let peers = Peers::start(&Peer { release, faults, https: false, callback, gate_open, ..Peer::default() });
    let release: Release = release.parse().unwrap();
    for row in &table.rows {
        let (what, from) = (format!("{release}, {}", row.name), lines(&peers));
        let (head, body) = bytes(&row.ask);
        let answer = http(peers.addr, &head, &body);
        let expected = expected(row, release);
        match row.ask {
            Ask::Get(_) => check_wire(&answer, &expected, &what),
            _ if release >= TRUTHFUL || release < TWO => check_wire(&answer, &expected, &what),
            _ => check_log(&peers, from, &answer, &expected, &what),
        }
    }
}

#[test]
fn every_request_is_answered_as_every_release_answers_it() {
    let callback = Some(origin());
    for table in tables() {
        table.releases.iter().for_each(|release| check_release(&table, release, callback));
    }
}

#[test]
fn fifty_megabytes_are_taken_and_no_more() {
    let peers = Peers::start(&Peer { release: "6.2.12", https: false, ..Peer::default() });
    let body = |bytes: usize| [&b"{\"x\":\""[..], &vec![b'x'; bytes - 8], b"\"}"].concat();
    let ask = |bytes: usize| Ask::Body("events.dispatch", Some(A), "application/json", body(bytes));
    for (size, expected) in [(50 << 20, error(UNDECRYPTED)), ((50 << 20) + 1, Expected::Page(413))] {
        let (head, body) = bytes(&ask(size));
        check_wire(&http(peers.addr, &head, &body), &expected, &format!("{size} bytes"));
    }
}

/// Spans of releases with the same answer.
fn spans(row: &Row, last: &str) -> String {
    let mut out = String::new();
    for (at, (since, expected)) in row.expected.iter().enumerate() {
        let until = row.expected.get(at + 1).map(|(next, _)| format!("before {next}"));
        let until = until.unwrap_or_else(|| last.to_owned());
        let shown = match expected {
            Expected::Success => "`200 {\"success\":true}`".to_owned(),
            Expected::Error(text) if text.contains('`') => format!("`400` `` {text} ``"),
            Expected::Error(text) => format!("`400` `{text}`"),
            Expected::Page(status) => format!("`{status}` and an HTML page"),
            Expected::NoRoute => "`405 {\"status\":\"error\",\"message\":\"API endpoint does not exist\"}`".to_owned(),
            Expected::Json(json) => format!("`200` `{json}`"),
        };
        out += &format!("| {} | {since} to {until} | {shown} |\n", if at == 0 { row.name.as_str() } else { "" });
    }
    out
}

#[test]
fn the_page_of_answers_is_fresh() {
    let head = "| request | releases | answer |\n|---|---|---|\n";
    let mut parts = [String::new(), String::new()];
    for table in tables() {
        let (first, last) = (table.releases[0], table.releases[table.releases.len() - 1]);
        let is_old = first.starts_with('1');
        let shown = table.rows.iter().filter(|row| row.name != "`/api/info`");
        parts[usize::from(is_old)].extend(shown.map(|row| spans(row, if is_old { last } else { "the last one" })));
    }
    for (mark, part) in ["2.x", "1.x"].into_iter().zip(parts) {
        fresh_part("docs/serve-peer.md", mark, &format!("{head}{part}"));
    }
}
