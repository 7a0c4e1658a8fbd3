//! Conversations between `serve peer` and a server made of Node and node-rsa that owes nothing to fedctl.

use std::time::{Duration, Instant};

use fedctl::rocketchat::events::documents::Collection;
use fedctl::rocketchat::events::kind::{Kind, OldKind};
use fedctl::rocketchat::events::resource::direct_room;
use serde_json::{Value, json};

use crate::support::node_peer::{NodePeer, peer};
use crate::support::peers::{A, B, Peer, Peers};

/// `fedctl@b.example`, the user that every peer of the tests has.
const FEDCTL: &str = "fedctl@b.example";
/// The bytes of a file, in base64.
const CONTENT: &str = "AAEC/w==";

/// `a.example` made of Node and `b.example` made of fedctl, which find each other.
fn both(release: &str) -> Option<(NodePeer, Peers)> {
    let node = NodePeer::start(A, "alice", release, &["ann", "al"], &json!({}))?;
    let peers = Peers::start(&Peer { release, https: false, callback: Some(node.addr), ..Peer::default() });
    node.meets(&[(B, peer(peers.addr, "bob"))]);
    Some((node, peers))
}

/// Waits until it is so: up to 4.1 events are handled after the answer.
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(120), "it never came to this: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}

/// A server of Node as the sender: everything that it does arrives in the database of `serve peer`.
fn sends_everything(release: &str) {
    let Some((node, peers)) = both(release) else { return };
    let message = |id: &str| peers.document(Collection::Messages, id).unwrap_or_default();
    let users = node.run_in_node("search", json!({"username": "fedctl", "domain": B}))["users"].clone();
    assert_eq!(users[0]["username"], FEDCTL);
    let room = text(&node.run_in_node("direct", json!({"user": "ann", "with": FEDCTL})), "room");
    let subscriptions = || peers.with(|documents| documents.all(Collection::Subscriptions).count());
    eventually("a room with two members", || subscriptions() == 2);
    let stored = peers.document(Collection::Rooms, &room).unwrap();
    assert_eq!(stored["usernames"], json!(["ann@a.example", "fedctl"]));

    let post =
        |words: &str| text(&node.run_in_node("say", json!({"room": room, "user": "ann", "text": words})), "message");
    let first = post("hi @fedctl@b.example \u{1f600}");
    eventually("a message with a mention", || message(&first)["msg"] == "hi @fedctl \u{1f600}");
    let reaction = json!({"message": first, "user": "ann", "reaction": ":+1:"});
    node.run_in_node("react", reaction.clone());
    eventually("a reaction", || message(&first)["reactions"][":+1:"]["usernames"] == json!(["ann"]));
    if release > "3.4" {
        node.run_in_node("unreact", reaction);
        eventually("no reaction", || message(&first)["reactions"] == json!({}));
    }
    node.run_in_node("edit", json!({"message": first, "text": "edited"}));
    eventually("an edited message", || message(&first)["msg"] == "edited");

    let file = json!({"room": room, "user": "ann", "name": "a.png", "type": "image/png", "content": CONTENT});
    let with_file = text(&node.run_in_node("file", file), "message");
    eventually("a message with a file", || message(&with_file)["file"]["name"] == "a.png");
    let upload = text(&message(&with_file)["file"], "_id");
    let link = text(&message(&with_file)["attachments"][0], "image_url");
    assert!(link.contains(&upload), "{link}");
    assert_eq!(peers.document(Collection::Uploads, &upload).unwrap()["content"], CONTENT);

    node.run_in_node("lose", json!({"count": 1}));
    let (withheld, next) = (post("never sent"), post("its child"));
    eventually("two recovered messages", || {
        message(&withheld)["msg"] == "never sent" && message(&next)["msg"] == "its child"
    });
    assert_eq!(node.printed("asked").len(), 1);

    let muted = || peers.document(Collection::Rooms, &room).unwrap_or_default()["muted"].clone();
    node.run_in_node("mute", json!({"room": room, "user": FEDCTL}));
    eventually("a muted user", || muted() == json!(["fedctl"]));
    node.run_in_node("unmute", json!({"room": room, "user": FEDCTL}));
    eventually("nobody is muted", || muted() == json!([]));
    node.run_in_node("delete", json!({"message": first}));
    eventually("a message less", || message(&first).is_null());
    node.run_in_node("remove", json!({"room": room, "user": FEDCTL}));
    eventually("a member less", || subscriptions() == 1);

    sends_a_private_room(&node, &peers, release);

    let log = peers.log.lock().unwrap().join("\n");
    for wrong in ["irregular:", "failed:", "refused:", "not sent:"] {
        assert!(!log.contains(wrong), "{log}");
    }
    assert_eq!(node.printed("unsent"), [Value::Null; 0]);
}

/// A room that gains a member, loses one, and is deleted. One subscription of another room is there before.
fn sends_a_private_room(node: &NodePeer, peers: &Peers, release: &str) {
    let subscriptions = || peers.with(|documents| documents.all(Collection::Subscriptions).count());
    let name = json!({"user": "ann", "name": "team", "with": [FEDCTL]});
    let team = text(&node.run_in_node("private", name), "room");
    eventually("a private room", || subscriptions() == 3);
    assert_eq!(peers.document(Collection::Rooms, &team).unwrap()["name"], "team@a.example");
    node.run_in_node("add", json!({"room": team, "user": "al"}));
    eventually("one member more", || subscriptions() == 4);
    if release > "3.2" {
        node.run_in_node("leave", json!({"room": team, "user": "ann"}));
        eventually("a member that has left", || subscriptions() == 3);
    }
    node.run_in_node("delete_room", json!({"room": team}));
    eventually("a room less", || peers.document(Collection::Rooms, &team).is_none());
}

#[test]
fn what_a_node_server_of_3_1_sends_is_applied() {
    sends_everything("3.1.0");
}

#[test]
fn what_a_node_server_of_3_18_sends_is_applied() {
    sends_everything("3.18.7");
}

#[test]
fn what_a_node_server_of_4_5_sends_is_applied() {
    sends_everything("4.5.7");
}

/// A user of `a.example` or `b.example`, and its subscription to a room.
fn member(room: &str, id: &str, username: &str, other: &str) -> Value {
    let origin = username.split('@').nth(1).unwrap();
    json!({
        "roomId": room,
        "user": {"_id": id, "username": username, "federation": {"origin": origin, "originalInfo": {"email": "x@b.example"}}},
        "subscription": {
            "_id": format!("s{id}"), "rid": room, "t": "d", "name": other, "u": {"_id": id, "username": username},
            "federation": {"origin": B},
        },
    })
}

fn message(room: &str, id: &str, words: &str) -> Value {
    json!({"message": {
        "_id": id, "rid": room, "msg": words, "ts": {"$date": 1_600_000_000_000_i64}, "u": {"_id": "uF", "username": FEDCTL},
        "mentions": [{"_id": "uAnn", "username": "ann@a.example"}], "channels": [], "federation": {"origin": B},
    }})
}

/// A document of the server, by its identifier.
fn stored(node: &NodePeer, collection: &str, id: &str) -> Value {
    node.documents(collection).into_iter().find(|found| found["_id"] == id).unwrap_or_default()
}

/// Opens a direct room of `fedctl` with a user of the server.
fn receives_a_direct_room(node: &NodePeer, peers: &Peers, room: &str, ann: &str) {
    let document = json!({
        "_id": room, "t": "d", "usernames": [FEDCTL, "ann@a.example"], "federation": {"origin": B, "domains": [B, A]},
    });
    let first = [
        (Kind::Genesis, json!({"contextType": "room", "room": document})),
        (Kind::AddUser, member(room, "uF", FEDCTL, "ann@a.example")),
        (Kind::AddUser, member(room, ann, "ann@a.example", FEDCTL)),
    ];
    let first: Vec<Value> = first.into_iter().map(|(kind, data)| peers.create_first(room, kind, data)).collect();
    assert!(peers.deliver(&first));
    node.wait_applied("room_add_user", 2);
    assert_eq!(stored(node, "rooms", room)["usernames"], json!([FEDCTL, "ann"]));
    assert_eq!(stored(node, "users", "uF")["username"], FEDCTL);
}

/// A server of Node as the receiver: it applies what fedctl encrypts.
fn receives_everything(release: &str) {
    let Some((node, peers)) = both(release) else { return };
    let find = |collection: &str, id: &str| stored(&node, collection, id);
    let ann = text(&node.documents("users")[0], "_id");
    let room = direct_room("uF", &ann);
    receives_a_direct_room(&node, &peers, &room, &ann);

    let send = |kind: Kind, data: Value, times: usize| {
        assert!(peers.deliver(&[peers.create(&room, kind, data)]), "{kind:?}");
        node.wait_applied(kind.as_str(), times);
    };
    send(Kind::Message, message(&room, "m1", "hi @ann@a.example \u{1f600}"), 1);
    assert_eq!(find("messages", "m1")["msg"], "hi @ann \u{1f600}");
    let reaction = json!({"roomId": room, "messageId": "m1", "username": "fedctl", "reaction": ":+1:"});
    send(Kind::SetReaction, reaction.clone(), 1);
    assert_eq!(find("messages", "m1")["reactions"], json!({":+1:": {"usernames": ["fedctl"]}}));
    send(Kind::UnsetReaction, reaction, 1);
    send(Kind::EditMessage, json!({"message": {"_id": "m1", "msg": "edited", "federation": {"origin": B}}}), 1);
    assert_eq!(find("messages", "m1")["msg"], "edited");

    peers.keep_upload("file1", json!({"name": "a.png", "type": "image/png"}), &[0, 1, 2, 255]);
    let mut with_file = message(&room, "m2", "");
    with_file["message"]["file"] = json!({"_id": "file1", "name": "a.png", "type": "image/png"});
    let link = "/file-upload/file1/a.png";
    with_file["message"]["attachments"] = json!([{"title": "a.png", "title_link": link, "image_url": link}]);
    send(Kind::Message, with_file, 2);
    assert_eq!(node.documents("uploads")[0]["content"], CONTENT);

    peers.create(&room, Kind::Message, message(&room, "m3", "never sent"));
    let child = peers.create(&room, Kind::Message, message(&room, "m4", "its child"));
    assert!(peers.deliver(&[child]));
    node.wait_applied("room_message", 4);
    assert_eq!(
        (&find("messages", "m3")["msg"], &find("messages", "m4")["msg"]),
        (&json!("never sent"), &json!("its child"))
    );

    let user = json!({"roomId": room, "user": {"_id": ann, "username": "ann@a.example"}});
    send(Kind::MuteUser, user.clone(), 1);
    assert_eq!(find("rooms", &room)["muted"], json!(["ann"]));
    send(Kind::UnmuteUser, user.clone(), 1);
    assert_eq!(find("rooms", &room)["muted"], json!([]));
    send(Kind::DeleteMessage, json!({"roomId": room, "messageId": "m1"}), 1);
    assert_eq!(find("messages", "m1"), Value::Null);
    let with_domains = |member: &str, mut data: Value| {
        data[member] = json!([B]);
        data
    };
    send(Kind::RemoveUser, with_domains("domainsAfterRemoval", user), 1);
    let fedctl = json!({"roomId": room, "user": {"_id": "uF", "username": FEDCTL}});
    send(Kind::UserLeft, with_domains("domainsAfterLeave", fedctl), 1);
    assert_eq!(node.documents("subscriptions"), [Value::Null; 0]);
    send(Kind::DeleteRoom, json!({"roomId": room}), 1);
    assert_eq!((node.documents("rooms"), node.documents("events")), (vec![], vec![]));
    assert_eq!((node.printed("failed"), node.printed("refused")), (vec![], vec![]));
}

#[test]
fn a_node_server_of_3_18_applies_what_is_sent_from_here() {
    receives_everything("3.18.7");
}

#[test]
fn a_node_server_of_5_3_applies_what_is_sent_from_here() {
    receives_everything("5.3.0");
}

#[test]
fn a_node_server_derives_the_identifiers_of_the_vectors() {
    let Some(node) = NodePeer::start(A, "alice", "5.3.0", &[], &json!({})) else { return };
    let time = json!({"$date": 1_600_000_000_000_i64});
    let event = json!({
        "origin": A, "context": {"roomId": "rA1"}, "parentIds": ["aa"], "type": "room_message", "timestamp": time,
        "data": {"message": {
            "_id": "m2", "rid": "rA1", "msg": "\u{e9} \u{20ac} \u{1f600}", "ts": time, "u": {"_id": "uA", "username": "ann@a.example"},
            "mentions": [], "channels": [], "federation": {"origin": A},
        }},
    });
    let id = node.run_in_node("hash", json!({"event": event}))["id"].clone();
    assert_eq!(id, "aae4126ae7b1ebc7dc9dd2fb0046dcd96ea5b5a320f0a0201a109cf8d5c9a8bd");
}

/// A message of 1.x in the direct room.
fn old_message(id: &str, words: &str) -> Value {
    json!({
        "_id": id, "msg": words, "mentions": [{"username": "ann", "federation": {"peer": A}}], "channels": [],
        "u": {"username": FEDCTL, "federation": {"_id": "uF"}}, "federation": {"_id": id, "peer": B, "roomId": "rD"},
    })
}

#[test]
fn a_node_server_of_1_3_applies_what_is_sent_from_here() {
    let Some((node, peers)) = both("1.3.5") else { return };
    let find = |collection: &str, id: &str| {
        let is_it = |found: &Value| found["federation"]["_id"] == id;
        node.documents(collection).into_iter().find(is_it).unwrap_or_default()
    };
    let send = |kind: OldKind, payload: Value| {
        assert_eq!(peers.deliver_old(kind, payload)["success"], true, "{kind:?}");
    };
    let ann = text(&node.documents("users")[0], "_id");
    let user = |id: &str, name: &str, domain: &str| json!({"_id": id, "username": format!("{name}@{domain}"), "name": name, "federation": {"_id": id, "peer": domain}});
    let users = json!([user("uF", "fedctl", B), user(&ann, "ann", A)]);
    for (kind, id, t) in [(OldKind::DirectRoom, "rD", "d"), (OldKind::Room, "rP", "p")] {
        let room = json!({"_id": id, "t": t, "name": format!("{id}@b.example"), "federation": {"_id": id, "peer": B}});
        send(kind, json!({"room": room, "owner": user("uF", "fedctl", B), "users": users}));
    }
    assert_eq!(
        (&find("users", "uF")["username"], &find("rooms", "rP")["name"]),
        (&json!(FEDCTL), &json!("rP@b.example"))
    );
    send(OldKind::Message, json!({"message": old_message("m1", "hi @ann@a.example")}));
    assert_eq!(find("messages", "m1")["msg"], "hi @ann");
    send(OldKind::EditMessage, json!({"message": old_message("m1", "edited"), "federated_user_id": "uF"}));
    assert_eq!(find("messages", "m1")["msg"], "edited");
    let reaction = |is_set: bool| json!({"federated_room_id": "rD", "federated_message_id": "m1", "federated_user_id": "uF", "reaction": ":+1:", "shouldReact": is_set});
    send(OldKind::SetReaction, reaction(true));
    assert_eq!(find("messages", "m1")["reactions"][":+1:"]["usernames"], json!([FEDCTL]));
    send(OldKind::UnsetReaction, reaction(false));
    assert_eq!(find("messages", "m1")["reactions"], json!({}));
    peers.keep_upload("file1", json!({"name": "a.png", "type": "image/png"}), &[0, 1, 2, 255]);
    let mut with_file = old_message("m2", "");
    with_file["file"] = json!({"_id": "file1", "name": "a.png", "type": "image/png"});
    with_file["attachments"] =
        json!([{"title_link": "/file-upload/file1/a.png", "image_url": "/file-upload/file1/a.png"}]);
    send(OldKind::Message, json!({"message": with_file}));
    assert_eq!(node.documents("uploads")[0]["content"], CONTENT);
    send(OldKind::Read, json!({"federated_room_id": "rD", "federated_user_id": "uF"}));
    assert_eq!(find("rooms", "rD")["readBy"], FEDCTL);
    send(OldKind::DeleteMessage, json!({"federated_message_id": "m1"}));
    assert_eq!(find("messages", "m1"), Value::Null);
    let of_room = |more: Value| {
        let mut payload = json!({"federated_room_id": "rP"});
        for (name, value) in more.as_object().unwrap() {
            payload[name] = value.clone();
        }
        payload
    };
    send(OldKind::UserMuted, of_room(json!({"federated_user_id": ann, "federated_muted_by_user_id": "uF"})));
    assert_eq!(find("rooms", "rP")["muted"], json!([ann]));
    send(OldKind::UserAdded, of_room(json!({"federated_inviter_id": "uF", "user": user("uCy", "cy", "c.example")})));
    assert_eq!(find("rooms", "rP")["members"].as_array().unwrap().len(), 3);
    send(OldKind::UserRemoved, of_room(json!({"federated_user_id": "uCy", "federated_removed_by_user_id": "uF"})));
    send(OldKind::UserLeft, of_room(json!({"federated_user_id": "uF"})));
    assert_eq!(find("rooms", "rP")["members"], json!([ann]));
    let unknown = peers.deliver_old(OldKind::DeleteMessage, json!({"federated_message_id": "nobody"}));
    assert_eq!(unknown["error"], "Federation.peerServer.error is not a function");
}

/// Up to 4.1 a peer that is no longer found keeps the peers behind it in the list of the room from getting anything.
#[test]
fn a_peer_that_has_left_dns_cuts_off_those_behind_it() {
    for (release, arrives) in [("3.18.7", false), ("4.5.7", true)] {
        let Some((node, peers)) = both(release) else { return };
        let Some(gone) = NodePeer::start("c.example", "carol", release, &["cy"], &json!({})) else { return };
        gone.meets(&[(A, peer(node.addr, "alice"))]);
        node.meets(&[("c.example", peer(gone.addr, "carol"))]);
        let three = json!({"user": "ann", "name": "three", "with": ["cy@c.example", FEDCTL]});
        let room = text(&node.run_in_node("private", three), "room");
        eventually("a room with three members", || {
            peers.with(|documents| documents.all(Collection::Subscriptions).count()) == 3
        });
        node.meets(&[("c.example", Value::Null)]);
        let posted = node.try_in_node("say", json!({"room": room, "user": "ann", "text": "hello"}));
        let has_failed = posted["error"].as_str().is_some_and(|error| error.contains("using DNS or Hub"));
        assert_eq!(has_failed, !arrives, "{release}: {posted}");
        let sent = node.printed("sent");
        let to_peer = sent.iter().filter(|line| line["to"] == B && line["types"] == json!(["room_message"])).count();
        assert_eq!(to_peer, usize::from(arrives), "{release}");
    }
}

#[test]
fn a_node_server_finds_its_peer_by_dns_and_https() {
    let Some(node) = NodePeer::start(A, "alice", "5.3.0", &["ann"], &json!({})) else { return };
    let peers = Peers::start(&Peer { callback: Some(node.addr), ..Peer::default() });
    let connect = json!({"chat.b.example:443": peers.addr.to_string()});
    let found_by = json!({"dns": peers.resolver.to_string(), "connect": connect, "ca": peers.fedctl.read("ca.pem")});
    node.run_in_node("configure", json!({"set": found_by}));
    let room = text(&node.run_in_node("direct", json!({"user": "ann", "with": FEDCTL})), "room");
    assert!(peers.document(Collection::Rooms, &room).is_some());
}
