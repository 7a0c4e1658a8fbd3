//! `fedctl compatibility`, and the proof of its table: conversations between releases, in which a server made of Node is the sender
//! and `serve peer` the receiver.

mod command;
mod first_protocol;
mod table;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fedctl::rocketchat::compatibility::Direction;
use fedctl::rocketchat::events::documents::{Collection, Documents};
use fedctl::rocketchat::promise::Promise;
use fedctl::rocketchat::release::Release;
use serde_json::{Value, json};
use table::GOOD_RECEIVER;

use crate::support::node_peer::{NodePeer, peer};
use crate::support::peers::{A, B, Peer, Peers};

const C: &str = "c.example";
const FEDCTL: &str = "fedctl@b.example";

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
        node.meets(&[(B, peer(peers.addr, "bob"))]);
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        Some(Self { node, peers, from, to, noticed: BTreeMap::new() })
    }

    /// Whether something comes to be. What works may take its time; what does not is waited for briefly, where the receiver answers
    /// before it looks.
    fn happens(&self, promise: Promise, is_so: impl Fn(&Documents) -> bool) -> bool {
        let works = Direction::of(promise, self.from, self.to).works();
        let patience = match (works, self.to < Release(4, 2, 0)) {
            (true, _) => Duration::from_secs(60),
            (false, true) => Duration::from_millis(200),
            (false, false) => Duration::ZERO,
        };
        let start = Instant::now();
        loop {
            if self.peers.with(|documents| is_so(documents)) {
                return true;
            }
            if start.elapsed() >= patience {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Notes whether it did.
    fn note(&mut self, promise: Promise, is_so: impl Fn(&Documents) -> bool) {
        let noticed = self.happens(promise, is_so);
        if Direction::of(promise, self.from, self.to).works() && !noticed {
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
        let is_known = self.happens(Promise::DeleteRoom, |documents| documents.get(Collection::Rooms, &room).is_some());
        self.run("delete_room", json!({"room": room}));
        self.note(Promise::DeleteRoom, |documents| is_known && documents.get(Collection::Rooms, &room).is_none());
    }

    /// A user of the receiver is added to a room that the sender shares with a third server.
    fn third_server(&mut self) {
        let Some(third) = NodePeer::start(C, "carol", GOOD_RECEIVER, &["cy"], &json!({})) else { return };
        third.meets(&[(A, peer(self.node.addr, "alice"))]);
        self.node.meets(&[(C, peer(third.addr, "carol"))]);
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
