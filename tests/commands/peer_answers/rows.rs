//! The other requests of the second protocol: for events, with bodies of any kind, and for users and files.

use fedctl::rocketchat::body::Wire;
use serde_json::{Value, json};

use super::{Ask, Expected, NOT_FOUND, Row, UNDECRYPTED, error, nothing, row, sealed_bytes, unreadable};
use crate::support::peers::A;

pub fn request_rows() -> Vec<Row> {
    let latest = |more: Value| {
        let mut request = json!({"fromDomain": A, "contextType": "room", "contextQuery": {"roomId": "none"}});
        more.as_object().unwrap().iter().for_each(|(name, value)| request[name] = value.clone());
        Ask::Latest(request)
    };
    let join = [("2.0.0", unreadable("join")), ("4.0.0", unreadable("length"))];
    vec![
        row(
            "`requestFromLatest` for an unknown room",
            latest(json!({"latestEventIds": []})),
            &[("2.0.0", Expected::Success)],
        ),
        row(
            "`requestFromLatest` with ids that are unknown here",
            latest(json!({"latestEventIds": ["x"]})),
            &[("2.0.0", Expected::Success)],
        ),
        row("`requestFromLatest` without `latestEventIds`", latest(json!({})), &join),
        row("`requestFromLatest` with `{}`", Ask::Latest(json!({})), &join),
        row("`requestFromLatest` with `null`", Ask::Text("events.requestFromLatest", "null"), &nothing("fromDomain")),
        row(
            "`requestFromLatest` whose `fromDomain` has no records",
            latest(json!({"latestEventIds": [], "fromDomain": "nowhere.example"})),
            &[("2.0.0", error(NOT_FOUND)), ("4.2.0", Expected::Success)],
        ),
        row(
            "`requestFromLatest` with another `contextType`",
            latest(json!({"contextType": "team", "latestEventIds": []})),
            &[("2.0.0", unreadable("find"))],
        ),
    ]
}

pub fn body_rows() -> Vec<Row> {
    let route = "events.dispatch";
    let json = "application/json";
    let good = Wire::Two.write(&sealed_bytes(br#"{"events":[{"type":"ping"}]}"#));
    let sealed = sealed_bytes(&[b'['; 600]);
    let turned = Wire::Two.write(&[&sealed[256..512], &sealed[..256], &sealed[512..]].concat());
    let bare = format!("{:?}", sealed_bytes(br#"{"events":[]}"#)).into_bytes();
    let undecrypted = [("2.0.0", error(UNDECRYPTED))];
    let plain = br#"{"events":[{"type":"ping"}]}"#.to_vec();
    let body = |sender: Option<&'static str>, bytes: &[u8]| Ask::Body(route, sender, json, bytes.to_vec());
    vec![
        row("a message that is no JSON", Ask::Text(route, "hello"), &undecrypted),
        row("blocks in another order", body(Some(A), &turned), &undecrypted),
        row("no header `x-federation-domain`", body(None, &good), &undecrypted),
        row("an unknown sender", body(Some("nowhere.example"), &good), &undecrypted),
        row("a sender whose key is another", body(Some(A), &Wire::Two.write(&[7; 512])), &undecrypted),
        row("a message that is cut", body(Some(A), &Wire::Two.write(&sealed[..300])), &undecrypted),
        row("a body that is not encrypted", body(Some(A), &plain), &undecrypted),
        row("the body `{}`", body(Some(A), b"{}"), &undecrypted),
        row(
            "a body with numbers that are no bytes",
            body(Some(A), br#"{"type":"Buffer","data":["a",300,null]}"#),
            &undecrypted,
        ),
        row("a bare list of bytes", body(Some(A), &bare), &[("2.0.0", Expected::Success)]),
        row("an empty body", body(Some(A), b""), &undecrypted),
        row("`Content-Type: text/plain`", Ask::Body(route, Some(A), "text/plain", good.clone()), &undecrypted),
        row(
            "`Content-Type: application/json; charset=utf-8`",
            Ask::Body(route, Some(A), "application/json; charset=utf-8", good),
            &[("2.0.0", Expected::Success)],
        ),
        row("a body that is no JSON", body(Some(A), b"hello"), &[("2.0.0", Expected::Page(400))]),
        row("JSON that is no object", body(Some(A), b"7"), &[("2.0.0", Expected::Page(400))]),
        row(
            "the receiver's domain and an unencrypted body, without `--faithful-bypass`",
            body(Some("b.example"), &plain),
            &undecrypted,
        ),
    ]
}

/// A user of the peer as the routes of 2.x answer, with all members in their order.
fn user_of_2(mail: &str) -> Value {
    let id = fedctl::rocketchat::events::identifier::stable("fedctl@b.example");
    json!({
        "_id": id, "username": "fedctl@b.example", "type": "user", "emails": [{"address": format!("{id}@b.example")}],
        "name": "fedctl", "active": true, "roles": ["user"], "status": "online",
        "federation": {"origin": "b.example", "originalInfo": {"email": mail}}, "isRemote": false,
    })
}

pub fn get_rows() -> Vec<Row> {
    let id = fedctl::rocketchat::events::identifier::stable("fedctl@b.example");
    let mails = [("2.0.0", "fedctl@b.example".to_owned()), ("4.3.0", format!("{id}@b.example"))];
    let found =
        mails.clone().map(|(since, mail)| (since, Expected::Json(json!({"user": user_of_2(&mail), "success": true}))));
    let search =
        mails.map(|(since, mail)| (since, Expected::Json(json!({"users": [user_of_2(&mail)], "success": true}))));
    let release = |text: &str| Expected::Json(json!({"version": text, "success": true}));
    let early = |text: &str| Expected::Json(json!({"version": text}));
    let none = Expected::Json(json!({"users": [], "success": true}));
    let met = |mail: &str| {
        let ann = json!({
            "_id": "uA", "username": "ann@a.example", "type": "user", "emails": [{"address": "uA@b.example"}], "name": "Ann",
            "active": true, "roles": ["user"], "status": "online",
            "federation": {"origin": "b.example", "originalInfo": {"email": mail}}, "isRemote": false,
        });
        Expected::Json(json!({"users": [ann], "success": true}))
    };
    let web = [("2.0.0", Expected::Page(200))];
    let other = |path: &'static str| row(&format!("`GET` of `{path}` of 1.x"), Ask::Get(path), &web);
    vec![
        row("`users.getByUsername` of a user", Ask::Get("users.getByUsername?username=fedctl"), &found),
        row("`users.search` for a user", Ask::Get("users.search?username=fedctl&domain=b.example"), &search),
        row("`GET` of `events.dispatch`", Ask::Get("events.dispatch"), &[("2.0.0", Expected::NoRoute)]),
        other("users?username=fedctl"),
        other("events"),
        row(
            "`users.getByUsername` of nobody",
            Ask::Get("users.getByUsername?username=nobody"),
            &[("2.0.0", unreadable("0")), ("4.3.0", unreadable("indexOf"))],
        ),
        row(
            "`users.getByUsername` without a name",
            Ask::Get("users.getByUsername"),
            &[("2.0.0", unreadable("0")), ("4.3.0", unreadable("indexOf"))],
        ),
        row(
            "`users.search` for nobody",
            Ask::Get("users.search?username=nobody&domain=b.example"),
            &[("2.0.0", none.clone())],
        ),
        row(
            "`users.search` for the name of another server's user, who is answered as a local one",
            Ask::Get("users.search?username=Ann&domain=b.example"),
            &[
                ("2.0.0", met("ann@a.example")),
                ("3.0.0", none.clone()),
                ("3.0.10", met("ann@a.example")),
                ("4.3.0", met("uA@b.example")),
            ],
        ),
        row(
            "`users.search` with another case",
            Ask::Get("users.search?username=Fedctl&domain=b.example"),
            &[("2.0.0", none.clone())],
        ),
        row(
            "`uploads` of an unknown file",
            Ask::Get("uploads?upload_id=x"),
            &[("2.0.0", error("There is no such file in this server"))],
        ),
        row(
            "`/api/info`",
            Ask::Get("/api/info"),
            &[
                ("2.0.0", early("2.0.0")),
                ("2.4.14", early("2.4.14")),
                ("3.0.0", release("3.0.0")),
                ("3.0.10", release("3.0.10")),
                ("3.1.0", release("3.1.0")),
                ("3.2.0", release("3.2.0")),
                ("3.3.0", release("3.3.0")),
                ("3.4.0", release("3.4.0")),
                ("3.18.7", release("3.18.7")),
                ("4.1.6", release("4.1")),
                ("4.2.0", release("4.2")),
                ("4.5.7", release("4.5")),
                ("5.3.0", release("5.3")),
                ("6.2.12", release("6.2")),
                ("6.3.0", release("6.3")),
                ("6.5.0", release("6.5")),
                ("7.2.0", release("7.2")),
                ("7.10.4", release("7.10")),
            ],
        ),
    ]
}

/// What a peer answers in its own name without decryption, with `--faithful-bypass`.
pub fn bypass_rows() -> Vec<Row> {
    let own = |body: &[u8]| Ask::Body("events.dispatch", Some("b.example"), "application/json", body.to_vec());
    let map = [("2.0.0", unreadable("map")), ("4.0.0", error("events is not iterable"))];
    vec![
        row(
            "the receiver's domain and an unencrypted body, with `--faithful-bypass`",
            own(br#"{"events":[{"type":"ping"}]}"#),
            &[("2.0.0", Expected::Success)],
        ),
        row(
            "the receiver's domain and an encrypted body, with `--faithful-bypass`",
            own(&Wire::Two.write(&sealed_bytes(br#"{"events":[]}"#))),
            &map,
        ),
        row("the receiver's domain and the body `{}`, with `--faithful-bypass`", own(b"{}"), &map),
    ]
}

/// What every route answers when it is closed.
pub fn closed_rows(why: &str, since: &'static str, text: &str) -> Vec<Row> {
    let routes = [
        ("users.search", Ask::Get("users.search?username=fedctl&domain=b.example")),
        ("users.getByUsername", Ask::Get("users.getByUsername?username=fedctl")),
        ("uploads", Ask::Get("uploads?upload_id=x")),
        ("events.dispatch", Ask::Events(json!({"events": []}))),
        ("events.requestFromLatest", Ask::Latest(json!({"latestEventIds": []}))),
    ];
    let row_of = |(route, ask)| row(&format!("`{route}`, {why}"), ask, &[(since, error(text))]);
    routes.into_iter().map(row_of).collect()
}
