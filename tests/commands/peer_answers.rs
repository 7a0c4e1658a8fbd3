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
    "5.3.0", "6.2.12", "6.3.0", "6.5.0",
];
const OLD_RELEASES: &[&str] = &["1.0.0", "1.1.5", "1.2.4", "1.3.5"];
/// From here on the answers are on the wire; before, it is `200 {}`, and they are in the log of `serve peer`.
const TRUTHFUL: Release = Release(4, 2, 0);

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
enum Said {
    Success,
    Error(String),
    /// A page of the parser of bodies, on the wire whatever the release.
    Page(u16),
    /// JSON that contains these members.
    Json(Value),
}

struct Row {
    name: String,
    ask: Ask,
    /// The first release of each span, and its answer.
    said: Vec<(&'static str, Said)>,
}

fn error(text: &str) -> Said {
    Said::Error(text.to_owned())
}

fn row(name: &str, ask: Ask, said: &[(&'static str, Said)]) -> Row {
    Row { name: name.to_owned(), ask, said: said.to_vec() }
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
fn unreadable(name: &str) -> Said {
    Said::Error(UNREADABLE.replace("NAME", name))
}

fn sealed_bytes(text: &[u8]) -> Vec<u8> {
    envelope::seal(text, &key("alice"), key("bob").public()).unwrap()
}

fn dispatch_rows() -> Vec<Row> {
    let map = [("2.0.0", unreadable("map")), ("4.0.0", error("events is not iterable"))];
    let unknown =
        |rest: &str| [("2.0.0", Said::Success), ("3.0.0", unreadable("success")), ("3.2.0", unreadable(rest))];
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
    let no_file = r#"failed [400] {"success":false,"error":"There is no such file in this server"}"#;
    let failed = r#"failed [400] {"success":false,"error":"Cannot read property 'length' of undefined"}"#;
    vec![
        row("a ping", Ask::Events(json!({"events": [{"type": "ping"}]})), &[("2.0.0", Said::Success)]),
        row("no events", Ask::Events(json!({"events": []})), &[("2.0.0", Said::Success)]),
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
        row("`null`", Ask::Text("events.dispatch", "null"), &[("2.0.0", error("Cannot destructure property"))]),
        row("`{\"events\":[{}]}`", events(json!({})), &unknown("roomId")),
        row("an unknown type without context", events(json!({"type": "other"})), &unknown("roomId")),
        row("an unknown type with a context", events(event("unknown", "other", json!({}))), &unknown("latestEventIds")),
        row(
            "`genesis` with another `contextType`",
            events(event("context", "genesis", json!({"contextType": "team"}))),
            &[("2.0.0", unreadable("success")), ("3.2.0", unreadable("latestEventIds"))],
        ),
        row("`genesis`", events(event("genesis", "genesis", room)), &[("2.0.0", Said::Success)]),
        row(
            "`room_add_user`",
            events(event("add", "room_add_user", add)),
            &[("2.0.0", Said::Success), ("3.0.0", unreadable("success")), ("3.0.10", Said::Success)],
        ),
        row(
            "`room_user_left`",
            events(event("left", "room_user_left", left)),
            &[("2.0.0", Said::Success), ("3.0.0", unreadable("success")), ("3.2.0", Said::Success)],
        ),
        row(
            "a message to an unknown room",
            events(event("message", "room_message", message("message"))),
            &[("2.0.0", Said::Success)],
        ),
        row(
            "the same message again",
            events(event("message", "room_message", message("message"))),
            &[("2.0.0", Said::Success)],
        ),
        row("`room_edit_message`", on_message("edited", "room_edit_message", changed), &[("2.0.0", Said::Success)]),
        row(
            "`room_set_message_reaction`",
            on_message("set", "room_set_message_reaction", reacts.clone()),
            &[("2.0.0", Said::Success)],
        ),
        row(
            "`room_unset_message_reaction`",
            on_message("unset", "room_unset_message_reaction", reacts),
            &[("2.0.0", Said::Success)],
        ),
        row("`room_mute_user`", on_message("mute", "room_mute_user", of_user.clone()), &[("2.0.0", Said::Success)]),
        row(
            "`room_unmute_user`",
            on_message("unmute", "room_unmute_user", of_user.clone()),
            &[("2.0.0", Said::Success)],
        ),
        row("`room_remove_user`", on_message("remove", "room_remove_user", of_user), &[("2.0.0", Said::Success)]),
        row(
            "`room_delete_message`",
            on_message(
                "delete",
                "room_delete_message",
                json!({"roomId": "room-message", "messageId": "message-message"}),
            ),
            &[("2.0.0", Said::Success)],
        ),
        row(
            "a message with a file that the origin does not have",
            events(event("file", "room_message", with_file)),
            &[("2.0.0", error(no_file)), ("6.3.0", error("Invalid URL"))],
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
            &[("2.0.0", Said::Success), ("6.3.0", error("Invalid URL"))],
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
            &[("2.0.0", Said::Success)],
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
            &[("2.0.0", Said::Success)],
        ),
        row(
            "`requestFromLatest` with ids that are unknown here",
            latest(json!({"latestEventIds": ["x"]})),
            &[("2.0.0", Said::Success)],
        ),
        row("`requestFromLatest` without `latestEventIds`", latest(json!({})), &join),
        row("`requestFromLatest` with `{}`", Ask::Latest(json!({})), &join),
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
        row("a bare list of bytes", body(Some(A), &bare), &[("2.0.0", Said::Success)]),
        row("an empty body", body(Some(A), b""), &undecrypted),
        row("`Content-Type: text/plain`", Ask::Body(route, Some(A), "text/plain", good.clone()), &undecrypted),
        row(
            "`Content-Type: application/json; charset=utf-8`",
            Ask::Body(route, Some(A), "application/json; charset=utf-8", good),
            &[("2.0.0", Said::Success)],
        ),
        row("a body that is no JSON", body(Some(A), b"hello"), &[("2.0.0", Said::Page(400))]),
        row("JSON that is no object", body(Some(A), b"7"), &[("2.0.0", Said::Page(400))]),
        row(
            "the receiver's domain and a body in clear, without `--faithful-bypass`",
            body(Some("b.example"), &plain),
            &undecrypted,
        ),
    ]
}

fn get_rows() -> Vec<Row> {
    let user = |mail: &str| {
        Said::Json(json!({"user": {"username": "fedctl@b.example", "federation": {"originalInfo": {"email": mail}}}}))
    };
    let id = fedctl::rocketchat::events::identifier::stable("fedctl@b.example");
    let release = |text: &str| Said::Json(json!({"version": text}));
    let ann = json!({"username": "ann@a.example", "federation": {"origin": "b.example"}, "isRemote": false});
    let met = |is_known: bool| Said::Json(json!({"users": if is_known { vec![ann.clone()] } else { Vec::new() }}));
    vec![
        row(
            "`users.getByUsername` of a user",
            Ask::Get("users.getByUsername?username=fedctl"),
            &[("2.0.0", user("fedctl@b.example")), ("4.3.0", user(&format!("{id}@b.example")))],
        ),
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
            &[("2.0.0", Said::Json(json!({"users": []})))],
        ),
        row(
            "`users.search` for the name of another server's user, who is answered as a local one",
            Ask::Get("users.search?username=Ann&domain=b.example"),
            &[("2.0.0", met(true)), ("3.0.0", met(false)), ("3.0.10", met(true))],
        ),
        row(
            "`users.search` with another case",
            Ask::Get("users.search?username=Fedctl&domain=b.example"),
            &[("2.0.0", Said::Json(json!({"users": []})))],
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
                ("2.0.0", release("2.0.0")),
                ("2.4.14", release("2.4.14")),
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
            ],
        ),
    ]
}

fn old_rows() -> Vec<Row> {
    let masked = [("1.0.0", error("Federation.peerServer.error is not a function"))];
    let not_sent = [("1.0.0", error("Payload was not sent"))];
    let unopened = [("1.0.0", error("Could not decrypt [error-decrypt]"))];
    let no_bytes = [("1.0.0", error("The first argument must be"))];
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
    let fine = [("1.0.0", Said::Success)];
    vec![
        row("`png`", old("png", json!({})), &fine),
        row("`{}` inside", Ask::Old(json!({})), &[("1.0.0", error("Event was not sent"))]),
        row("`{\"event\":null}` inside", Ask::Old(json!({"event": null})), &[("1.0.0", error("Event was not sent"))]),
        row("`null` inside", Ask::Text("events", "null"), &[("1.0.0", error("Cannot destructure property"))]),
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
        row("the receiver's domain, signed by another", body(Some("b.example"), json, &good), &unopened),
        row(
            "the receiver's domain and a body in clear",
            body(Some("b.example"), json, br#"{"event":{"t":"png"}}"#),
            &not_sent,
        ),
        row("numbers that are no bytes", body(Some(A), json, br#"{"payload":{"data":["a",300,null]}}"#), &unopened),
        row("`payload` is a text", body(Some(A), json, br#"{"payload":"x"}"#), &no_bytes),
        row("`payload` without `data`", body(Some(A), json, br#"{"payload":{}}"#), &no_bytes),
        row("a body that is no JSON", body(Some(A), json, b"hello"), &[("1.0.0", Said::Page(400))]),
        row(
            "`users` of nobody",
            Ask::Get("users?username=nobody&domain=b.example&usernameOnly=true"),
            &[("1.0.0", error("There is no such user in this server"))],
        ),
        row(
            "`users` of a user",
            Ask::Get("users?username=fedctl&domain=b.example&usernameOnly=true"),
            &[(
                "1.0.0",
                Said::Json(
                    json!({"federatedUsers": [{"user": {"statusConnection": "online", "federation": {"peer": "b.example"}}}]}),
                ),
            )],
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

/// What the release answers in the table.
fn expected(row: &Row, release: Release) -> &Said {
    let at = |since: &str| since.parse::<Release>().unwrap() <= release;
    &row.said.iter().rfind(|(since, _)| at(since)).unwrap().1
}

fn contains(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| found.get(name).is_some_and(|found| contains(found, value)))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| contains(found, wanted))
        }
        _ => found == wanted,
    }
}

/// The answer on the wire, without the log.
fn check_wire(answer: &(u16, String), said: &Said, what: &str) {
    let (status, body) = answer;
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let right = match said {
        Said::Success => *status == 200 && *body == r#"{"success":true}"#,
        Said::Error(text) => {
            *status == 400
                && json["success"] == false
                && json["error"].as_str().is_some_and(|found| found.starts_with(text))
        }
        Said::Page(wanted) => status == wanted && body.starts_with("<!DOCTYPE html>"),
        Said::Json(wanted) => *status == 200 && contains(&json, wanted),
    };
    assert!(right, "{what}: {status} {body}, expected {said:?}");
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

/// Waits for a line of the log that contains a text.
fn logged(peers: &Peers, from: usize, text: &str) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        let log = peers.log.lock().unwrap();
        if log[from.min(log.len())..].iter().any(|line| line.contains(text)) {
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
fn check_log(peers: &Peers, from: usize, answer: &(u16, String), said: &Said, what: &str) {
    if let Said::Page(_) = said {
        return check_wire(answer, said, what);
    }
    assert_eq!((answer.0, answer.1.as_str()), (200, "{}"), "{what}");
    let text = match said {
        Said::Success => "opened: ".to_owned(),
        Said::Error(text) if text == UNDECRYPTED => "refused: ".to_owned(),
        Said::Error(text) => format!("failed: a.example: {}", text.escape_debug()),
        Said::Page(_) | Said::Json(_) => return,
    };
    assert!(logged(peers, from, &text), "{what}: no `{text}` in {:?}", peers.log.lock().unwrap());
    if *said == Said::Success {
        let log = peers.log.lock().unwrap();
        let failed = log[from..].iter().find(|line| line.starts_with("failed: "));
        assert!(failed.is_none(), "{what}: {failed:?}");
    }
}

#[test]
fn every_request_is_answered_as_every_release_answers_it() {
    let asks: Vec<(Row, (String, Vec<u8>))> = rows()
        .into_iter()
        .map(|row| {
            let bytes = bytes(&row.ask);
            (row, bytes)
        })
        .collect();
    let callback = Some(origin());
    for release in RELEASES {
        let peers = Peers::start(&Peer { release, https: false, callback, ..Peer::default() });
        let release: Release = release.parse().unwrap();
        for (row, (head, body)) in &asks {
            let (what, from) = (format!("{release}, {}", row.name), lines(&peers));
            let answer = http(peers.addr, head, body);
            let said = expected(row, release);
            match row.ask {
                Ask::Get(_) => check_wire(&answer, said, &what),
                _ if release >= TRUTHFUL => check_wire(&answer, said, &what),
                _ => check_log(&peers, from, &answer, said, &what),
            }
        }
    }
}

#[test]
fn every_request_is_answered_as_1_x_answers_it() {
    let rows = old_rows();
    let asks: Vec<(String, Vec<u8>)> = rows.iter().map(|row| bytes(&row.ask)).collect();
    for release in OLD_RELEASES {
        let peers = Peers::start(&Peer { release, https: false, ..Peer::default() });
        for (row, (head, body)) in rows.iter().zip(&asks) {
            let what = format!("{release}, {}", row.name);
            check_wire(&http(peers.addr, head, body), expected(row, release.parse().unwrap()), &what);
        }
    }
}

#[test]
fn a_switched_off_server_says_so_on_every_route() {
    for (release, text) in
        [("1.3.5", "Not found"), ("3.18.7", "Federation not enabled"), ("6.2.12", "Federation not enabled")]
    {
        let peers = Peers::start(&Peer { release, faults: &[Fault::Disabled], https: false, ..Peer::default() });
        let old = release == "1.3.5";
        let get = if old { "users?username=x" } else { "users.search?username=x" };
        check_wire(&http(peers.addr, &bytes(&Ask::Get(get)).0, b""), &error(text), release);
        let (head, body) = bytes(&if old { Ask::Old(json!({})) } else { Ask::Events(json!({"events": []})) });
        let answer = http(peers.addr, &head, &body);
        match release {
            "3.18.7" => assert_eq!(answer, (200, "{}".to_owned())),
            _ => check_wire(&answer, &error(text), release),
        }
    }
    let peers = Peers::start(&Peer { release: "7.2.0", https: false, ..Peer::default() });
    let deprecated = "Deprecated. ENABLE_INSECURE_LEGACY_FEDERATION environment variable is needed to enable it.";
    for ask in [Ask::Get("users.search?username=fedctl"), Ask::Events(json!({"events": [{"type": "ping"}]}))] {
        let (head, body) = bytes(&ask);
        check_wire(&http(peers.addr, &head, &body), &error(deprecated), "7.2.0");
    }
}

#[test]
fn its_own_domain_in_clear_is_taken_only_on_request() {
    let peers = Peers::start(&Peer { release: "6.2.12", faults: &[Fault::Bypass], https: false, ..Peer::default() });
    let own = |body: &[u8]| Ask::Body("events.dispatch", Some("b.example"), "application/json", body.to_vec());
    let sealed = Wire::Two.write(&sealed_bytes(br#"{"events":[]}"#));
    for (body, said) in [
        (&br#"{"events":[{"type":"ping"}]}"#[..], Said::Success),
        (&sealed, error("events is not iterable")),
        (b"{}", error("events is not iterable")),
    ] {
        let (head, body) = bytes(&own(body));
        check_wire(&http(peers.addr, &head, &body), &said, &head);
    }
    // Before 4.2.0 the answer says nothing, and up to 3.18 the text is another.
    for (release, text) in [("3.18.7", "Cannot read property 'map' of undefined"), ("4.1.6", "events is not iterable")]
    {
        let peers = Peers::start(&Peer { release, faults: &[Fault::Bypass], https: false, ..Peer::default() });
        let (head, body) = bytes(&own(&sealed));
        let (from, answer) = (lines(&peers), http(peers.addr, &head, &body));
        assert_eq!((answer.0, answer.1.as_str()), (200, "{}"), "{release}");
        let failed = format!("failed: b.example: {}", text.escape_debug());
        assert!(logged(&peers, from, &failed), "{release}: {:?}", peers.log.lock().unwrap());
    }
}

#[test]
fn fifty_megabytes_are_taken_and_no_more() {
    let peers = Peers::start(&Peer { release: "6.2.12", https: false, ..Peer::default() });
    let body = |bytes: usize| [&b"{\"x\":\""[..], &vec![b'x'; bytes - 8], b"\"}"].concat();
    let ask = |bytes: usize| Ask::Body("events.dispatch", Some(A), "application/json", body(bytes));
    for (size, said) in [(50 << 20, error(UNDECRYPTED)), ((50 << 20) + 1, Said::Page(413))] {
        let (head, body) = bytes(&ask(size));
        check_wire(&http(peers.addr, &head, &body), &said, &format!("{size} bytes"));
    }
}

/// Spans of releases with the same answer.
fn spans(row: &Row, last: &str) -> String {
    let mut out = String::new();
    for (at, (since, said)) in row.said.iter().enumerate() {
        let until = row.said.get(at + 1).map(|(next, _)| format!("before {next}"));
        let until = until.unwrap_or_else(|| last.to_owned());
        let shown = match said {
            Said::Success => "`200 {\"success\":true}`".to_owned(),
            Said::Error(text) => format!("`400` `{text}`"),
            Said::Page(status) => format!("`{status}` and an HTML page"),
            Said::Json(json) => format!("`200` with `{json}`"),
        };
        out += &format!("| {} | {since} to {until} | {shown} |\n", if at == 0 { row.name.as_str() } else { "" });
    }
    out
}

#[test]
fn the_page_of_answers_is_fresh() {
    let head = "| request | releases | answer |\n|---|---|---|\n";
    let two: String =
        rows().iter().filter(|row| row.name != "`/api/info`").map(|row| spans(row, "the last one")).collect();
    let one: String = old_rows().iter().map(|row| spans(row, "1.3.5")).collect();
    fresh_part("docs/serve-peer.md", "2.x", &format!("{head}{two}"));
    fresh_part("docs/serve-peer.md", "1.x", &format!("{head}{one}"));
}
