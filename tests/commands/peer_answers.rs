//! What `serve peer` answers as each release: one table of requests, which is this test and the page in the docs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use fedctl::rocketchat::body::Wire;
use fedctl::rocketchat::envelope;
use fedctl::rocketchat::release::Release;
use fedctl::serve::peer::fault::Fault;
use serde_json::{Value, json};

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
/// From here on TypeErrors are worded as Node 20 does.
const NODE_20: Release = Release(7, 0, 0);

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

fn dispatch_rows() -> Vec<Row> {
    let map = [("2.0.0", unreadable("map")), ("4.0.0", error("events is not iterable"))];
    let unknown =
        |rest: &str| [("2.0.0", Expected::Success), ("3.0.0", unreadable("success")), ("3.2.0", unreadable(rest))];
    let user = json!({"_id": "uA", "username": "ann@a.example", "name": "Ann", "federation": {"origin": A}});
    let add = json!({"roomId": "room-add", "user": user, "subscription": {"_id": "s", "rid": "room-add", "u": {"_id": "uA"}}});
    let left = json!({"roomId": "room-left", "user": user, "domainsAfterLeave": []});
    let room =
        json!({"contextType": "room", "room": {"_id": "room-genesis", "t": "d", "federation": {"domains": [A]}}});
    let reaction = json!({"roomId": "r", "messageId": "nobody", "username": "ann", "reaction": ":+1:"});
    let mut no_mentions = message("mentions");
    no_mentions["message"].as_object_mut().unwrap().shift_remove("mentions");
    let parent = |id: &str, origin: &str| {
        events(with(
            with(event(id, "room_message", message(id)), "parentIds", json!(["unknown"])),
            "origin",
            origin.into(),
        ))
    };
    let edit = json!({"message": {"_id": "nobody", "msg": "x", "federation": {"origin": A}}});
    let on_message = |id: &str, kind: &str, data: Value| {
        events(with(event(id, kind, data), "context", json!({"roomId": "room-message"})))
    };
    let changed = json!({"message": {"_id": "message-message", "msg": "better", "federation": {"origin": A}}});
    let reacts =
        json!({"roomId": "room-message", "messageId": "message-message", "username": "ann", "reaction": ":+1:"});
    let of_user = json!({"roomId": "room-message", "user": user, "domainsAfterRemoval": [A]});
    let mut with_file = message("file");
    with_file["message"]["file"] = json!({"_id": "f", "name": "a.png", "type": "image/png"});
    let duplicate = |index: &str, key: &str| {
        Expected::Error(format!("E11000 duplicate key error collection: rocketchat.{index} dup key: {{ {key} }}"))
    };
    let added_again =
        |expected: Expected| [("2.0.0", expected.clone()), ("3.0.0", unreadable("success")), ("3.0.10", expected)];
    let of_name = added_again(duplicate("users index: username_1", "username: \"fedctl\""));
    let taken = |id: &str, username: &str, mail: &str| {
        let user = json!({"_id": id, "username": username, "emails": [{"address": mail}], "federation": {"origin": A}});
        let mut data = add.clone();
        (data["user"], data["subscription"]["_id"]) = (user, id.into());
        events(event(id, "room_add_user", data))
    };
    let named = |id: &str| {
        let room = json!({"_id": id, "t": "p", "name": "team@a.example", "federation": {"domains": [A]}});
        events(event(id, "genesis", json!({"contextType": "room", "room": room})))
    };
    let no_file = r#"failed [400] {"success":false,"error":"There is no such file in this server"}"#;
    let failed = r#"failed [400] {"success":false,"error":"Cannot read property 'length' of undefined"}"#;
    vec![
        row("a ping", Ask::Events(json!({"events": [{"type": "ping"}]})), &[("2.0.0", Expected::Success)]),
        row("no events", Ask::Events(json!({"events": []})), &[("2.0.0", Expected::Success)]),
        row("`{}`", Ask::Events(json!({})), &map),
        row("`7`", Ask::Events(json!(7)), &map),
        row("`[]`", Ask::Events(json!([])), &map),
        row(
            "`{\"events\":null}`",
            Ask::Events(json!({"events": null})),
            &[("2.0.0", error("Cannot read property 'map' of null")), ("4.0.0", error("events is not iterable"))],
        ),
        row(
            "`{\"events\":\"x\"}`",
            Ask::Events(json!({"events": "x"})),
            &[("2.0.0", error("events.map is not a function")), ("4.0.0", unreadable("roomId"))],
        ),
        row(
            "`{\"events\":[null]}`",
            Ask::Events(json!({"events": [null]})),
            &[("2.0.0", error("Cannot read property 'type' of null"))],
        ),
        row("`null`", Ask::Text("events.dispatch", "null"), &nothing("events")),
        row("`{\"events\":[{}]}`", events(json!({})), &unknown("roomId")),
        row("an unknown type without context", events(json!({"type": "other"})), &unknown("roomId")),
        row("an unknown type with a context", events(event("unknown", "other", json!({}))), &unknown("latestEventIds")),
        row(
            "`genesis` with another `contextType`",
            events(event("context", "genesis", json!({"contextType": "team"}))),
            &[("2.0.0", unreadable("success")), ("3.2.0", unreadable("latestEventIds"))],
        ),
        row("`genesis`", events(event("genesis", "genesis", room)), &[("2.0.0", Expected::Success)]),
        row(
            "`room_add_user`",
            events(event("add", "room_add_user", add.clone())),
            &[("2.0.0", Expected::Success), ("3.0.0", unreadable("success")), ("3.0.10", Expected::Success)],
        ),
        row(
            "`room_user_left`",
            events(event("left", "room_user_left", left)),
            &[("2.0.0", Expected::Success), ("3.0.0", unreadable("success")), ("3.2.0", Expected::Success)],
        ),
        row(
            "a message to an unknown room",
            events(event("message", "room_message", message("message"))),
            &[("2.0.0", Expected::Success)],
        ),
        row(
            "the same message again",
            events(event("message", "room_message", message("message"))),
            &[("2.0.0", Expected::Success)],
        ),
        row("`room_edit_message`", on_message("edited", "room_edit_message", changed), &[("2.0.0", Expected::Success)]),
        row(
            "`room_set_message_reaction`",
            on_message("set", "room_set_message_reaction", reacts.clone()),
            &[("2.0.0", Expected::Success)],
        ),
        row(
            "`room_unset_message_reaction`",
            on_message("unset", "room_unset_message_reaction", reacts),
            &[("2.0.0", Expected::Success)],
        ),
        row("`room_mute_user`", on_message("mute", "room_mute_user", of_user.clone()), &[("2.0.0", Expected::Success)]),
        row(
            "`room_unmute_user`",
            on_message("unmute", "room_unmute_user", of_user.clone()),
            &[("2.0.0", Expected::Success)],
        ),
        row("`room_remove_user`", on_message("remove", "room_remove_user", of_user), &[("2.0.0", Expected::Success)]),
        row(
            "`room_delete_message`",
            on_message(
                "delete",
                "room_delete_message",
                json!({"roomId": "room-message", "messageId": "message-message"}),
            ),
            &[("2.0.0", Expected::Success)],
        ),
        row(
            "a message with a file that the origin does not have",
            events(event("file", "room_message", with_file)),
            &[("2.0.0", error(no_file)), ("6.3.0", error("Invalid URL"))],
        ),
        row(
            "`room_add_user` of a user whose name is taken",
            taken("name", "fedctl@b.example", "x@a.example"),
            &of_name,
        ),
        row(
            "the same again; the event is stored, and its effect fails again",
            taken("name", "fedctl@b.example", "x@a.example"),
            &of_name,
        ),
        row(
            "`room_add_user` of a user with a mail address",
            taken("mail", "eve@a.example", "eve@a.example"),
            &added_again(Expected::Success),
        ),
        row(
            "`room_add_user` of a user whose mail address is taken",
            taken("mail2", "evelyn@a.example", "eve@a.example"),
            &added_again(duplicate("users index: emails.address_1", "emails.address: \"eve@a.example\"")),
        ),
        row("`genesis` of a room with a name", named("first"), &[("2.0.0", Expected::Success)]),
        row(
            "`genesis` of another room with that name",
            named("second"),
            &[("2.0.0", duplicate("rocketchat_room index: name_1", "name: \"team@a.example\""))],
        ),
        row(
            "a message without `mentions`",
            events(event("mentions", "room_message", no_mentions)),
            &[("2.0.0", error("resource.mentions is not iterable"))],
        ),
        row(
            "a message without `data`",
            events(without(event("data", "room_message", json!({})), "data")),
            &[("2.0.0", unreadable("message"))],
        ),
        row(
            "an event without `parentIds`",
            events(without(event("parents", "room_message", message("parents")), "parentIds")),
            &[("2.0.0", unreadable("length"))],
        ),
        row(
            "a reaction to an unknown message",
            events(event("reaction", "room_set_message_reaction", reaction)),
            &[("2.0.0", unreadable("reactions"))],
        ),
        row(
            "an unknown parent, and the origin can be asked",
            parent("asked", A),
            &[("2.0.0", Expected::Success), ("6.3.0", error("Invalid URL"))],
        ),
        row(
            "an unknown parent, and the origin has no records",
            parent("nowhere", "nowhere.example"),
            &[
                ("2.0.0", error(NOT_FOUND)),
                ("4.2.0", error("url must be absolute and start with http:// or https://")),
                ("6.3.0", error("Invalid URL")),
            ],
        ),
        row(
            "an edit of an unknown message",
            events(event("edit", "room_edit_message", edit)),
            &[("2.0.0", unreadable("join")), ("4.0.0", error(failed)), ("6.3.0", error("Invalid URL"))],
        ),
        row(
            "`room_delete` of an unknown room",
            events(event("x", "room_delete", json!({"roomId": "nobody"}))),
            &[("2.0.0", Expected::Success)],
        ),
    ]
}

fn request_rows() -> Vec<Row> {
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

fn body_rows() -> Vec<Row> {
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
            "the receiver's domain and a body in clear, without `--faithful-bypass`",
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

fn get_rows() -> Vec<Row> {
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

fn old_rows() -> Vec<Row> {
    let id = fedctl::rocketchat::events::identifier::stable("fedctl@b.example");
    let moment = "2020-01-01T00:00:00.000Z";
    let found = json!({"resourceName": "federated-user", "localPeerIdentifier": "b.example", "user": {
        "_id": id, "username": "fedctl@b.example", "name": "fedctl", "type": "user",
        "emails": [{"address": "fedctl@b.example", "verified": true}], "createdAt": moment, "lastLogin": moment,
        "status": "online", "_updatedAt": moment, "federation": {"_id": id, "peer": "b.example"}, "roles": ["user"],
        "statusConnection": "online",
    }});
    let masked = [("1.0.0", error("Federation.peerServer.error is not a function"))];
    let not_sent = [("1.0.0", error("Payload was not sent"))];
    let unopened = [("1.0.0", error("Could not decrypt [error-decrypt]"))];
    let no_bytes = [(
        "1.0.0",
        error(
            "The first argument must be one of type string, Buffer, ArrayBuffer, Array, or Array-like Object. Received \
             type undefined",
        ),
    )];
    let old = |t: &str, payload: Value| Ask::Old(json!({"event": {"t": t, "payload": payload}}));
    let body = |sender: Option<&'static str>, kind: &'static str, bytes: &[u8]| {
        Ask::Body("events", sender, kind, bytes.to_vec())
    };
    let json = "application/json";
    let good = Wire::One.write(&sealed_bytes(br#"{"event":{"t":"png"}}"#));
    let user =
        json!({"_id": "u1", "username": "ann@a.example", "name": "Ann", "federation": {"_id": "uAnn", "peer": A}});
    let room = json!({"federation": {"_id": "rOld", "peer": A}, "t": "d"});
    let create = json!({"room": room, "owner": user, "users": [user]});
    let mut group = create.clone();
    group["room"] =
        json!({"federation": {"_id": "rGroup", "peer": A, "peers": [A]}, "t": "p", "name": "team@a.example"});
    let mut bad_name = create.clone();
    bad_name["room"] = json!({"federation": {"_id": "rBad"}, "name": "a b"});
    let mut same_name = group.clone();
    same_name["room"]["federation"]["_id"] = "rOther".into();
    let namesake = with(user.clone(), "federation", json!({"_id": "uOther", "peer": A}));
    let text = |rid: &str| {
        json!({"message": {
            "msg": "hi", "mentions": [], "channels": [], "u": {"username": "ann@a.example", "federation": {"_id": "uAnn"}},
            "federation": {"_id": "mOld", "peer": A, "roomId": rid},
        }})
    };
    let gone = json!({"federated_room_id": "rOld", "federated_user_id": "uAnn"});
    let mut invited = json!({"federated_room_id": "rOld", "federated_inviter_id": "nobody", "user": user});
    let unknown_inviter = old("usa", invited.clone());
    invited["federated_inviter_id"] = "uAnn".into();
    let edit = |id: &str| json!({"message": {"msg": "x", "mentions": [], "u": {}, "federation": {"_id": id}}, "federated_user_id": "uAnn"});
    let reaction = json!({"federated_room_id": "rOld", "federated_message_id": "mOld", "federated_user_id": "uAnn", "reaction": ":+1:", "shouldReact": true});
    let mut taken_back = reaction.clone();
    taken_back["shouldReact"] = false.into();
    let mut pdf = text("rOld");
    pdf["message"]["federation"]["_id"] = "mPdf".into();
    pdf["message"]["file"] = json!({"_id": "f", "name": "a.pdf", "type": "application/pdf"});
    pdf["message"]["attachments"] = json!([{"title_link": "/file-upload/f/a.pdf"}]);
    let fine = [("1.0.0", Expected::Success)];
    vec![
        row("`png`", old("png", json!({})), &fine),
        row("`{}` inside", Ask::Old(json!({})), &[("1.0.0", error("Event was not sent"))]),
        row("`{\"event\":null}` inside", Ask::Old(json!({"event": null})), &[("1.0.0", error("Event was not sent"))]),
        row(
            "`null` inside",
            Ask::Text("events", "null"),
            &[("1.0.0", error("Cannot destructure property `event` of 'undefined' or 'null'."))],
        ),
        row(
            "a message that is no JSON",
            Ask::Text("events", "hello"),
            &[("1.0.0", error("Unexpected token h in JSON at position 0"))],
        ),
        row("an unknown `t`", old("other", json!({})), &masked),
        row("no `t`", Ask::Old(json!({"event": {}})), &masked),
        row("no `payload`", Ask::Old(json!({"event": {"t": "msc"}})), &masked),
        row("`msc` in an unknown room", old("msc", text("nowhere")), &masked),
        row("`drc`", old("drc", create), &fine),
        row("`msc`", old("msc", text("rOld")), &fine),
        row("`msc` again", old("msc", text("rOld")), &fine),
        row("`msu`", old("msu", edit("mOld")), &fine),
        row("`msu` of an unknown message", old("msu", edit("nobody")), &masked),
        row("`mrs`", old("mrs", reaction), &fine),
        row("`msr`", old("msr", gone.clone()), &fine),
        row("`usm`", old("usm", gone.clone()), &fine),
        row("`usu`", old("usu", gone.clone()), &fine),
        row("`mru`", old("mru", taken_back), &fine),
        row("`roc`", old("roc", group), &fine),
        row("`usj`", old("usj", json!({"federated_room_id": "rGroup", "user": user})), &fine),
        row(
            "`usr`",
            old(
                "usr",
                json!({"federated_room_id": "rGroup", "federated_user_id": "uAnn", "federated_removed_by_user_id": "uAnn"}),
            ),
            &fine,
        ),
        row(
            "`usr` by an unknown user",
            old(
                "usr",
                json!({"federated_room_id": "rGroup", "federated_user_id": "uAnn", "federated_removed_by_user_id": "x"}),
            ),
            &masked,
        ),
        row("`msc` with an attachment without `image_url`", old("msc", pdf), &masked),
        row("`usa` of an unknown inviter", unknown_inviter, &masked),
        row("`usa`", old("usa", invited), &fine),
        row("`usl`", old("usl", gone), &fine),
        row("`msd`", old("msd", json!({"federated_message_id": "mOld"})), &fine),
        row("`msd` of an unknown message", old("msd", json!({"federated_message_id": "mOld"})), &masked),
        row("`roc` whose name holds a space", old("roc", bad_name), &masked),
        row("`roc` of another room with the same name", old("roc", same_name), &masked),
        row(
            "`usj` of a user whose name is taken",
            old("usj", json!({"federated_room_id": "rGroup", "user": namesake})),
            &masked,
        ),
        row(
            "`payload` without `type`",
            body(
                Some(A),
                json,
                format!(r#"{{"payload":{{"data":{:?}}}}}"#, sealed_bytes(br#"{"event":{"t":"png"}}"#)).as_bytes(),
            ),
            &fine,
        ),
        row("a body of 2.x", body(Some(A), json, br#"{"type":"Buffer","data":[1]}"#), &not_sent),
        row("the body `{}`", body(Some(A), json, b"{}"), &not_sent),
        row("a body that is not encrypted", body(Some(A), json, br#"{"event":{"t":"png"}}"#), &not_sent),
        row("`Content-Type: text/plain`", body(Some(A), "text/plain", &good), &not_sent),
        row(
            "no header `x-federation-domain`",
            body(None, json, &good),
            &[("1.0.0", error("Cannot handle that request"))],
        ),
        row(
            "an unknown sender",
            body(Some("nowhere.example"), json, &good),
            &[("1.0.0", error("Could not find valid peer"))],
        ),
        row("a sender whose key is another", body(Some(A), json, &Wire::One.write(&[7; 512])), &unopened),
        row("a message that is cut", body(Some(A), json, &Wire::One.write(&sealed_bytes(b"{}")[..300])), &unopened),
        row("`GET` of `events`", Ask::Get("events"), &[("1.0.0", Expected::NoRoute)]),
        row(
            "`GET` of `users.search` of 2.x",
            Ask::Get("users.search?username=fedctl"),
            &[("1.0.0", Expected::Page(200))],
        ),
        row(
            "`uploads` of an unknown file",
            Ask::Get("uploads?upload_id=x"),
            &[("1.0.0", error("There is no such file in this server"))],
        ),
        row("the receiver's domain, signed by another", body(Some("b.example"), json, &good), &unopened),
        row(
            "the receiver's domain and a body in clear",
            body(Some("b.example"), json, br#"{"event":{"t":"png"}}"#),
            &not_sent,
        ),
        row("numbers that are no bytes", body(Some(A), json, br#"{"payload":{"data":["a",300,null]}}"#), &unopened),
        row("`payload` is a text", body(Some(A), json, br#"{"payload":"x"}"#), &no_bytes),
        row("`payload` without `data`", body(Some(A), json, br#"{"payload":{}}"#), &no_bytes),
        row("a body that is no JSON", body(Some(A), json, b"hello"), &[("1.0.0", Expected::Page(400))]),
        row(
            "`users` of nobody",
            Ask::Get("users?username=nobody&domain=b.example&usernameOnly=true"),
            &[("1.0.0", error("There is no such user in this server"))],
        ),
        row(
            "`users` of a user",
            Ask::Get("users?username=fedctl&domain=b.example&usernameOnly=true"),
            &[("1.0.0", Expected::Json(json!({"federatedUsers": [found], "success": true})))],
        ),
    ]
}

fn rows() -> Vec<Row> {
    [dispatch_rows(), request_rows(), body_rows(), get_rows()].into_iter().flatten().collect()
}

/// Sends one request, and gives the status and the body.
fn http(addr: SocketAddr, head: &str, body: &[u8]) -> (u16, String) {
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

fn bytes(ask: &Ask) -> (String, Vec<u8>) {
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
fn expected(row: &Row, release: Release) -> Expected {
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
fn check_wire(answer: &(u16, String), expected: &Expected, what: &str) {
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
fn origin() -> SocketAddr {
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

fn lines(peers: &Peers) -> usize {
    peers.log.lock().unwrap().len()
}

/// The handler's answer is in the log, because the wire has `200 {}` for everything.
fn check_log(peers: &Peers, from: usize, answer: &(u16, String), expected: &Expected, what: &str) {
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

/// Rows that are asked of one peer, in this order.
struct Table {
    rows: Vec<Row>,
    releases: &'static [&'static str],
    faults: &'static [Fault],
    gate_open: bool,
}

/// What a peer answers in its own name without decryption, with `--faithful-bypass`.
fn bypass_rows() -> Vec<Row> {
    let own = |body: &[u8]| Ask::Body("events.dispatch", Some("b.example"), "application/json", body.to_vec());
    let map = [("2.0.0", unreadable("map")), ("4.0.0", error("events is not iterable"))];
    vec![
        row(
            "the receiver's domain and a body in clear, with `--faithful-bypass`",
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
fn closed_rows(why: &str, since: &'static str, text: &str) -> Vec<Row> {
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
