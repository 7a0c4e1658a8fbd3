//! Sends a request to `serve peer`, and compares its answer and its log with a row of the table.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use fedctl::rocketchat::body::Wire;
use fedctl::rocketchat::envelope;
use fedctl::rocketchat::release::Release;
use serde_json::{Value, json};

use super::{Ask, BYPASSED, DISABLED, Expected, Row, UNDECRYPTED, sealed_bytes};
use crate::support::peers::{A, Peers, key};

/// From here on TypeErrors are worded as Node 20 does.
const NODE_20: Release = Release(7, 0, 0);

/// Sends one request, and gives the status and the body.
pub fn http(addr: SocketAddr, head: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = body.len();
    let head = format!("{head}Host: chat.b.example\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

pub fn bytes(ask: &Ask) -> (String, Vec<u8>) {
    let post = |route: &str, sender: Option<&str>, kind: &str| {
        let sender = sender.map_or_else(String::new, |sender| format!("x-federation-domain: {sender}\r\n"));
        format!("POST /api/v1/federation.{route} HTTP/1.1\r\n{sender}Content-Type: {kind}\r\n")
    };
    let sealed = |route: &str, text: &[u8]| {
        let form = if route == "events" { Wire::One } else { Wire::Two };
        (post(route, Some(A), "application/json"), form.write(&sealed_bytes(text)))
    };
    match ask {
        Ask::Events(value) => sealed("events.dispatch", value.to_string().as_bytes()),
        Ask::Latest(value) => sealed("events.requestFromLatest", value.to_string().as_bytes()),
        Ask::Old(value) => sealed("events", value.to_string().as_bytes()),
        Ask::Text(route, text) => sealed(route, text.as_bytes()),
        Ask::Body(route, sender, kind, body) => (post(route, *sender, kind), body.clone()),
        Ask::Get(path) if path.starts_with('/') => (format!("GET {path} HTTP/1.1\r\n"), Vec::new()),
        Ask::Get(path) => (format!("GET /api/v1/federation.{path} HTTP/1.1\r\n"), Vec::new()),
    }
}

/// What the release answers in the table, in the words of its Node.
pub fn expected(row: &Row, release: Release) -> Expected {
    let at = |since: &str| since.parse::<Release>().unwrap() <= release;
    let expected = row.expected.iter().rfind(|(since, _)| at(since)).unwrap().1.clone();
    match expected {
        Expected::Error(text) if release >= NODE_20 => Expected::Error(in_new_words(&text)),
        expected => expected,
    }
}

/// A `TypeError` about a member as Node 16 and later words it.
fn in_new_words(text: &str) -> String {
    let parts = text.strip_prefix("Cannot read property '").and_then(|rest| rest.split_once("' of "));
    parts.map_or_else(|| text.to_owned(), |(member, of)| format!("Cannot read properties of {of} (reading '{member}')"))
}

/// The answer on the wire, without the log.
pub fn check_wire(answer: &(u16, String), expected: &Expected, what: &str) {
    let (status, body) = answer;
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let right = match expected {
        Expected::Success => *status == 200 && *body == r#"{"success":true}"#,
        Expected::Error(text) => {
            let mut wanted = json!({"success": false, "error": text});
            if text.ends_with("[error-decrypt]") {
                wanted["errorType"] = "error-decrypt".into();
            }
            *status == 400 && json == wanted
        }
        Expected::Page(wanted) => status == wanted && body.starts_with("<!DOCTYPE html>"),
        Expected::NoRoute => {
            *status == 405 && json == json!({"status": "error", "message": "API endpoint does not exist"})
        }
        Expected::Json(wanted) => *status == 200 && *body == serde_json::to_string(wanted).unwrap(),
    };
    assert!(right, "{what}: {status} {body}, expected {expected:?}");
}

/// Answers every request from the peer as the origin of the events: it knows none.
pub fn origin() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut read = Vec::new();
            let mut part = [0; 4096];
            let body = loop {
                let Ok(count @ 1..) = stream.read(&mut part) else { break Vec::new() };
                read.extend_from_slice(&part[..count]);
                let text = String::from_utf8_lossy(&read).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length =
                    head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    break body.as_bytes().to_vec();
                }
            };
            let sealed = Wire::read(&body).map(|(_, bytes)| bytes).unwrap_or_default();
            let opened = envelope::open(&sealed, &key("alice"), key("bob").public());
            let asked: Value = opened.map(|text| serde_json::from_slice(&text).unwrap()).unwrap_or_default();
            let (status, answer) = match asked.get("latestEventIds").is_some() || asked.get("events").is_some() {
                true => ("200 OK", r#"{"success":true}"#),
                false if body.is_empty() => {
                    ("400 Bad Request", r#"{"success":false,"error":"There is no such file in this server"}"#)
                }
                false => {
                    ("400 Bad Request", r#"{"success":false,"error":"Cannot read property 'length' of undefined"}"#)
                }
            };
            let length = answer.len();
            let _ = stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}").as_bytes());
        }
    });
    addr
}

/// Waits for a line of the log.
fn logged(peers: &Peers, from: usize, is_it: impl Fn(&str) -> bool) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        let log = peers.log.lock().unwrap();
        if log[from.min(log.len())..].iter().any(|line| is_it(line)) {
            return true;
        }
        drop(log);
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

pub fn lines(peers: &Peers) -> usize {
    peers.log.lock().unwrap().len()
}

/// The handler's answer is in the log, because the wire has `200 {}` for everything.
pub fn check_log(peers: &Peers, from: usize, answer: &(u16, String), expected: &Expected, what: &str) {
    if let Expected::Page(_) = expected {
        return check_wire(answer, expected, what);
    }
    assert_eq!((answer.0, answer.1.as_str()), (200, "{}"), "{what}");
    let sender = if what.contains(BYPASSED) { "b.example" } else { A };
    let failed = |text: &str| format!("failed: {sender}: {}", text.escape_debug());
    let is_logged = |line: &str| match expected {
        Expected::Success if sender == A => line.starts_with("opened: "),
        Expected::Success => line.starts_with("not encrypted: "),
        Expected::Error(text) if text == UNDECRYPTED => line.starts_with("refused: "),
        Expected::Error(text) => line == failed(text),
        Expected::Page(_) | Expected::Json(_) | Expected::NoRoute => false,
    };
    // A server that is switched off looks at no body.
    let is_silent = matches!(expected, Expected::Error(text) if text == DISABLED);
    assert!(is_silent || logged(peers, from, is_logged), "{what}: no {expected:?} in {:?}", peers.log.lock().unwrap());
    if *expected == Expected::Success {
        let log = peers.log.lock().unwrap();
        let failed = log[from..].iter().find(|line| line.starts_with("failed: "));
        assert!(failed.is_none(), "{what}: {failed:?}");
    }
}
