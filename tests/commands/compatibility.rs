//! `fedctl compatibility`, and the proof of its table: conversations between releases, in which a server made of Node is the sender
//! and `serve peer` the receiver.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use fedctl::rocketchat::compatibility::Direction;
use fedctl::rocketchat::events::documents::{Collection, Documents};
use fedctl::rocketchat::promise::Promise;
use fedctl::rocketchat::quirks::Effect;
use fedctl::rocketchat::release::Release;
use serde_json::{Value, json};

use crate::support::Fedctl;
use crate::support::node_peer::{NodePeer, partner};
use crate::support::peers::{A, B, Peer, Peers};

const C: &str = "c.example";
const FEDCTL: &str = "fedctl@b.example";

/// One release of every span in which something differs, and some between.
const RELEASES: &[&str] = &[
    "1.3.5", "2.0.0", "2.4.14", "3.0.9", "3.0.10", "3.1.0", "3.2.0", "3.3.0", "3.4.0", "3.6.3", "3.18.7", "4.1.6",
    "4.2.0", "4.5.7", "5.3.0", "6.2.0", "6.3.0", "7.9.0",
];
/// Without faults of their own that others notice.
const GOOD_SENDER: &str = "4.5.7";
const GOOD_RECEIVER: &str = "5.3.0";
const LAST_OLD: &str = "1.3.5";

/// What no event carries in 2.x: there is nothing to send.
const WORDLESS: [Promise; 4] =
    [Promise::PublicChannel, Promise::BroadcastRoom, Promise::ReadReceipts, Promise::EncryptedRoom];

#[test]
fn the_table_of_two_releases_is_printed() {
    let fedctl = Fedctl::new();
    let good = fedctl.ok(&["compatibility", "3.18.7", "4.5.7"]);
    let lines: Vec<&str> = good.lines().collect();
    assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>().join(" "), "3.18.7 → 4.5.7 4.5.7 → 3.18.7");
    assert_eq!(lines[4].split_whitespace().collect::<Vec<_>>().join(" "), "direct chats works in part 1 works");
    assert!(good.contains("3.18.7 and 4.5.7: public channels cannot be"), "{good}");
    let one_way = fedctl.run(&["compatibility", "3.18.7", "6.5.0"]);
    assert_eq!((one_way.status, one_way.stderr.as_str()), (1, ""));
    let words = one_way.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "1 6.5.0: the look-up of a peer",
        "undefined/api/v1/...",
        "12 of 20 promises work from 3.18.7 to 6.5.0, 0 back",
    ] {
        assert!(words.contains(part), "{part}: {}", one_way.stdout);
    }
    let ran = fedctl.run(&["compatibility", "3.2.0", "3.2.0", "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let files = json["directions"].as_array().unwrap().iter().find(|one| one["promise"] == "other-file").unwrap();
    assert_eq!((ran.status, files["outcome"].as_str()), (0, Some("fails")));
    let reason = &files["reasons"][0];
    assert_eq!((&reason["quirk"], &reason["side"]), (&json!("files-images-only"), &json!("receiver")));
    assert_eq!(reason["fixed_in"], "3.6.3");
    assert_eq!(fedctl.run(&["compatibility", "3.2.0", "3.2.0", "--fail-on", "warning"]).status, 1);
    assert_eq!(fedctl.run(&["compatibility", "1.3.5", "4.5.7"]).status, 1, "nothing works");
    let (error, hint) = fedctl.refused(&["compatibility", "3.18.7", "8.0.0"]);
    assert!(error.contains("8.0.0 has no classic federation") && hint.contains("upgrade plan"), "{error}");
}

#[test]
fn a_handshake_ends_with_what_does_not_work_between_both_releases() {
    let peers = Peers::start(&Peer { release: "3.18.7", ..Peer::default() });
    let ran = peers.handshake(&["--release", "6.5.0"]);
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "between your 6.5.0 and its 3.18.7 6.5.0 → 3.18.7 fails: everything",
        "fedctl compatibility 6.5.0 3.18.7",
        "3.18.7 stops sending to a room at the first partner that has left DNS",
    ] {
        assert!(words.contains(part), "{part}: {}", ran.stdout);
    }
    let compared = &peers.report(&["--release", "6.5.0"])["compatibility"];
    assert_eq!((&compared["a"], &compared["works_a_to_b"]), (&json!("6.5.0"), &json!(0)));
    assert_eq!(peers.report(&[])["compatibility"], Value::Null);
    let equal = peers.handshake(&["--release", "5.3.0"]).stdout;
    assert!(!equal.contains("→ 3.18.7 fails"), "{equal}");
}

#[test]
fn a_partner_that_has_left_dns_is_known_to_explain() {
    let explained = Fedctl::new().ok(&["explain", "Could not find the peer using DNS or Hub"]);
    let words = explained.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("2.0 to 4.1: the domain is that of a partner in a room"), "{explained}");
    assert!(words.contains("upgrade to 4.2.0 or later"), "{explained}");
}

/// A conversation from a release to a release, and what the receiver noticed of it.
struct Conversation {
    node: NodePeer,
    peers: Peers,
    from: Release,
    to: Release,
    noticed: BTreeMap<Promise, bool>,
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

impl Conversation {
    fn begin(from: &str, to: &str) -> Option<Self> {
        let node = NodePeer::start(A, "alice", from, &["ann", "al"], &json!({}))?;
        let peers = Peers::start(&Peer { release: to, https: false, callback: Some(node.addr), ..Peer::default() });
        node.meets(&[(B, partner(peers.addr, "bob"))]);
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        Some(Self { node, peers, from, to, noticed: BTreeMap::new() })
    }

    /// Notes whether something came to be. What works may take its time; what does not is waited for briefly, where the receiver
    /// answers before it looks.
    fn note(&mut self, promise: Promise, is_so: impl Fn(&Documents) -> bool) {
        let works = Direction::of(promise, self.from, self.to).works();
        let patience = match (works, self.to < Release(4, 2, 0)) {
            (true, _) => Duration::from_secs(60),
            (false, true) => Duration::from_millis(200),
            (false, false) => Duration::ZERO,
        };
        let start = Instant::now();
        let noticed = loop {
            if self.peers.with(|documents| is_so(documents)) {
                break true;
            }
            if start.elapsed() >= patience {
                break false;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        if works && !noticed {
            let unsent = [self.node.printed("unsent"), self.node.printed("failed")].concat();
            let log = self.peers.log.lock().unwrap().join("\n");
            eprintln!("{} → {} {promise:?}: {unsent:?}\n{log}", self.from, self.to);
        }
        self.noticed.insert(promise, noticed);
    }

    /// A command that need not succeed.
    fn run(&self, what: &str, arguments: Value) -> Value {
        self.node.try_in_node(what, arguments)
    }

    fn room(&mut self, promise: Promise, what: &str, arguments: Value) -> String {
        let room = text(&self.run(what, arguments), "room");
        self.note(promise, |documents| members(documents, &room).len() >= 2);
        room
    }

    fn post(&self, room: &str, words: &str) -> String {
        text(&self.run("say", json!({"room": room, "user": "ann", "text": words})), "message")
    }

    fn file(&mut self, promise: Promise, room: &str, name: &str, kind: &str) {
        let file = json!({"room": room, "user": "ann", "name": name, "type": kind, "content": "AAEC/w=="});
        let id = text(&self.run("file", file), "message");
        self.note(promise, |documents| documents.get(Collection::Messages, &id).is_some());
    }

    /// All that 2.x has events for.
    fn hold(mut self) -> BTreeMap<Promise, bool> {
        let users = self.run("search", json!({"username": "fedctl", "domain": B}))["users"].clone();
        self.note(Promise::Invite, |_| users[0]["username"] == FEDCTL);
        let direct = self.room(Promise::Direct, "direct", json!({"user": "ann", "with": FEDCTL}));
        self.talk(&direct);
        let two = json!({"user": "ann", "name": "two", "with": [FEDCTL]});
        let private = self.room(Promise::PrivateRoom, "private", two);
        self.run("remove", json!({"room": private, "user": FEDCTL}));
        let was_there = self.noticed[&Promise::PrivateRoom];
        self.note(Promise::Remove, |documents| was_there && members(documents, &private) == ["ann@a.example"]);
        self.leave();
        self.third_server();
        self.noticed
    }

    fn talk(&mut self, room: &str) {
        let message =
            |documents: &Documents, id: &str| documents.get(Collection::Messages, id).cloned().unwrap_or_default();
        let first = self.post(room, "hi @fedctl@b.example");
        self.note(Promise::Message, |documents| message(documents, &first)["msg"] == "hi @fedctl");
        let reaction = json!({"message": first, "user": "ann", "reaction": ":+1:"});
        self.run("react", reaction.clone());
        self.note(Promise::Reaction, |documents| !message(documents, &first)["reactions"][":+1:"].is_null());
        let reacted = self.noticed[&Promise::Reaction];
        self.run("unreact", reaction);
        self.note(Promise::ReactionRemoval, |documents| {
            reacted && message(documents, &first)["reactions"][":+1:"].is_null()
        });
        self.run("edit", json!({"message": first, "text": "edited"}));
        self.note(Promise::Edit, |documents| message(documents, &first)["msg"] == "edited");
        let muted = |documents: &Documents| documents.get(Collection::Rooms, room).map(|room| room["muted"].clone());
        self.run("mute", json!({"room": room, "user": FEDCTL}));
        self.note(Promise::Mute, |documents| muted(documents) == Some(json!(["fedctl"])));
        let there = self.noticed[&Promise::Message];
        self.run("delete", json!({"message": first}));
        self.note(Promise::Delete, |documents| there && message(documents, &first).is_null());
        self.file(Promise::Image, room, "a.png", "image/png");
        self.file(Promise::OtherFile, room, "a.pdf", "application/pdf");
        self.node.run_in_node("lose", json!({"count": 1}));
        let (withheld, next) = (self.post(room, "never sent"), self.post(room, "its child"));
        self.node.run_in_node("lose", json!({"count": 0}));
        self.note(Promise::Recovery, |documents| {
            [&withheld, &next].into_iter().all(|id| documents.get(Collection::Messages, id).is_some())
        });
    }

    fn leave(&mut self) {
        let three = json!({"user": "ann", "name": "three", "with": ["al", FEDCTL]});
        let room = text(&self.run("private", three), "room");
        self.note(Promise::PrivateRoom, |documents| members(documents, &room).len() == 3);
        let arrives = self.noticed[&Promise::PrivateRoom];
        self.run("leave", json!({"room": room, "user": "al"}));
        self.note(Promise::Leave, |documents| arrives && members(documents, &room).len() == 2);
        let is_known = self.peers.document(Collection::Rooms, &room).is_some();
        self.run("delete_room", json!({"room": room}));
        self.note(Promise::DeleteRoom, |documents| is_known && documents.get(Collection::Rooms, &room).is_none());
    }

    /// A user of the receiver is added to a room that the sender shares with a third server.
    fn third_server(&mut self) {
        let Some(third) = NodePeer::start(C, "carol", GOOD_RECEIVER, &["cy"], &json!({})) else { return };
        third.meets(&[(A, partner(self.node.addr, "alice"))]);
        self.node.meets(&[(C, partner(third.addr, "carol"))]);
        let shared = json!({"user": "ann", "name": "shared", "with": ["cy@c.example"]});
        let room = text(&self.run("private", shared), "room");
        self.run("add", json!({"room": room, "user": FEDCTL}));
        self.note(Promise::ThirdServer, |documents| {
            members(documents, &room).contains(&"fedctl".to_owned())
                && documents.get(Collection::Rooms, &room).is_some()
        });
    }
}

/// The names of the members of a room at the receiver.
fn members(documents: &Documents, room: &str) -> Vec<String> {
    let of_room = documents.all(Collection::Subscriptions).filter(|found| !room.is_empty() && found["rid"] == room);
    of_room.map(|found| text(&found["u"], "username")).collect()
}

/// Holds one conversation and compares what was noticed with the table.
fn compare(from: &str, to: &str, wrong: &Mutex<Vec<String>>) {
    let Some(conversation) = Conversation::begin(from, to) else { return };
    let noticed = match from {
        LAST_OLD => conversation.hold_old(),
        _ => conversation.hold(),
    };
    for promise in Promise::ALL.into_iter().filter(|promise| from == LAST_OLD || !WORDLESS.contains(promise)) {
        let Some(noticed) = noticed.get(&promise) else { continue };
        let direction = Direction::of(promise, from.parse().unwrap(), to.parse().unwrap());
        if direction.effect() != Some(Effect::MayFail) && direction.works() != *noticed {
            let line = format!("{from} → {to} {promise:?}: the table says {:?}, noticed {noticed}", direction.effect());
            wrong.lock().unwrap().push(line);
        }
    }
}

/// Holds conversations three at a time.
fn compare_all(pairs: &[(&str, &str)]) {
    let (wrong, next) = (Mutex::new(Vec::new()), Mutex::new(pairs.iter()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let Some((from, to)) = next.lock().unwrap().next() else { break };
                    compare(from, to, &wrong);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_holds_for_every_receiver() {
    compare_all(&RELEASES.iter().map(|to| (GOOD_SENDER, *to)).collect::<Vec<_>>());
}

#[test]
fn the_table_holds_for_every_sender() {
    compare_all(&RELEASES.iter().map(|from| (*from, GOOD_RECEIVER)).collect::<Vec<_>>());
}

#[test]
fn the_table_holds_within_1_x() {
    // 1.0 and 1.1 call every peer by https, which these two do not speak.
    compare_all(&[("1.3.5", "1.3.5"), ("1.3.5", "1.2.4")]);
}

/// A user of `a.example` as 1.x writes it.
fn old_user(id: &str, name: &str, domain: &str) -> Value {
    json!({"_id": id, "username": format!("{name}@{domain}"), "name": name, "federation": {"_id": id, "peer": domain}})
}

impl Conversation {
    fn send_old(&self, kind: &str, payload: Value) -> Value {
        self.run("old", json!({"to": B, "t": kind, "payload": payload}))
    }

    fn old_room(&mut self, promise: Promise, kind: &str, id: &str, more: Value) {
        let fedctl =
            text(&self.peers.with(|documents| documents.all(Collection::Users).next().cloned()).unwrap(), "_id");
        let (ann, bob) = (old_user("uAnn", "ann", A), old_user(&fedctl, "fedctl", B));
        let users = json!([{"_id": "uAnn", "peer": A}, {"_id": fedctl, "peer": B}]);
        let federation = json!({"_id": id, "peer": A, "ownerId": "uAnn", "peers": [A, B], "users": users});
        let mut room = json!({"_id": id, "t": "p", "name": format!("{id}@a.example"), "federation": federation});
        for (name, value) in more.as_object().into_iter().flatten() {
            room[name] = value.clone();
        }
        self.send_old(kind, json!({"room": room, "owner": ann, "users": [ann, bob]}));
        self.note(promise, |documents| {
            documents.get(Collection::Rooms, id).is_some_and(|room| room["members"][1] == fedctl)
        });
    }

    fn old_message(&mut self, promise: Promise, id: &str, more: Value) {
        let mut message = json!({
            "_id": id, "rid": "rDM", "msg": "hi", "mentions": [], "channels": [], "u": {"username": "ann@a.example", "federation": {"_id": "uAnn"}},
            "federation": {"_id": id, "peer": A, "roomId": "rDM"},
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            message[name] = value.clone();
        }
        self.send_old("msc", json!({"message": message}));
        self.note(promise, |documents| documents.get(Collection::Messages, id).is_some());
    }

    /// All that 1.x has events for.
    fn hold_old(mut self) -> BTreeMap<Promise, bool> {
        let users = self.run("old_users", json!({"username": "fedctl", "domain": B}))["users"].clone();
        self.note(Promise::Invite, |_| users[0]["user"]["username"] == FEDCTL);
        self.old_room(Promise::Direct, "drc", "rDM", json!({"t": "d"}));
        self.old_room(Promise::PrivateRoom, "roc", "rP", json!({}));
        self.old_room(Promise::PublicChannel, "roc", "rC", json!({"t": "c"}));
        self.old_room(Promise::BroadcastRoom, "roc", "rB", json!({"broadcast": true}));
        self.old_message(Promise::Message, "m1", json!({}));
        let message = |documents: &Documents| documents.get(Collection::Messages, "m1").cloned().unwrap_or_default();
        let reaction = |is_set: bool| json!({"federated_room_id": "rDM", "federated_message_id": "m1", "federated_user_id": "uAnn", "reaction": ":+1:", "shouldReact": is_set});
        self.send_old("mrs", reaction(true));
        self.note(Promise::Reaction, |documents| !message(documents)["reactions"][":+1:"].is_null());
        let reacted = self.noticed[&Promise::Reaction];
        self.send_old("mru", reaction(false));
        self.note(Promise::ReactionRemoval, |documents| reacted && message(documents)["reactions"][":+1:"].is_null());
        let edited = json!({
            "_id": "m1", "rid": "rDM", "msg": "edited", "mentions": [], "channels": [], "u": {"username": "ann@a.example", "federation": {"_id": "uAnn"}},
            "federation": {"_id": "m1", "peer": A, "roomId": "rDM"},
        });
        self.send_old("msu", json!({"message": edited, "federated_user_id": "uAnn"}));
        self.note(Promise::Edit, |documents| message(documents)["msg"] == "edited");
        let read = self.send_old("msr", json!({"federated_room_id": "rDM", "federated_user_id": "uAnn"}));
        self.note(Promise::ReadReceipts, |_| read["success"] == true);
        self.send_old("msd", json!({"federated_message_id": "m1"}));
        let there = self.noticed[&Promise::Message];
        self.note(Promise::Delete, |documents| there && message(documents).is_null());
        self.old_files();
        self.old_members();
        self.noticed
    }

    /// Files are fetched where the message comes from.
    fn old_files(&mut self) {
        let direct = text(&self.run("private", json!({"user": "ann", "name": "local", "with": ["al"]})), "room");
        let link = "/file-upload/f/a";
        for (promise, id, attachment) in [
            (Promise::Image, "m2", json!({"title_link": link, "image_url": link})),
            (Promise::OtherFile, "m3", json!({"title_link": link})),
        ] {
            let file = json!({"room": direct, "user": "ann", "name": "a", "type": "image/png", "content": "AAEC/w=="});
            self.run("file", file);
            let upload = text(self.node.documents("uploads").last().unwrap(), "_id");
            let more = json!({"file": {"_id": upload, "name": "a", "type": "image/png"}, "attachments": [attachment]});
            self.old_message(promise, id, more);
        }
    }

    fn old_members(&mut self) {
        let fedctl =
            text(&self.peers.with(|documents| documents.all(Collection::Users).next().cloned()).unwrap(), "_id");
        let list = |documents: &Documents, member: &str| {
            documents.get(Collection::Rooms, "rP").map(|room| room[member].to_string()).unwrap_or_default()
        };
        let muted =
            json!({"federated_room_id": "rP", "federated_user_id": fedctl, "federated_muted_by_user_id": "uAnn"});
        self.send_old("usm", muted);
        self.note(Promise::Mute, |documents| list(documents, "muted").contains(&fedctl));
        let added =
            json!({"federated_room_id": "rP", "federated_inviter_id": "uAnn", "user": old_user("uCy", "cy", C)});
        self.send_old("usa", added);
        self.note(Promise::ThirdServer, |documents| list(documents, "members").contains("uCy"));
        let third = self.noticed[&Promise::ThirdServer];
        self.send_old("usl", json!({"federated_room_id": "rP", "federated_user_id": "uCy"}));
        self.note(Promise::Leave, |documents| third && !list(documents, "members").contains("uCy"));
        let removed =
            json!({"federated_room_id": "rP", "federated_user_id": fedctl, "federated_removed_by_user_id": "uAnn"});
        let there = self.noticed[&Promise::PrivateRoom];
        self.send_old("usr", removed);
        self.note(Promise::Remove, |documents| there && !list(documents, "members").contains(&fedctl));
    }
}
