//! `fedctl serve peer --sandbox` as `a.example`, in conversation with a peer `b.example` that this test speaks for.

mod echo;
mod kill;
mod page;
mod servers;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use fedctl::dns::name::Domain;
use fedctl::rocketchat::events::documents::Collection;
use fedctl::rocketchat::events::kind::Kind;
use fedctl::rocketchat::events::room_event::{Draft, RoomEvent};
use serde_json::{Value, json};

use crate::support::http::get;
use crate::support::hub::eventually;
use crate::support::peers::{A, B, Peer, Peers};
use crate::support::programs::free_port;

/// Lines of each log that are shown when a test fails: the reason above them is to be seen too.
const LAST: usize = 20;

/// The sandbox as a process, and the peer that talks to it.
struct Talk {
    peers: Peers,
    addr: SocketAddr,
    release: String,
    more: Vec<String>,
    child: Child,
    /// With `--page`.
    page: Option<SocketAddr>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Drop for Talk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            for (of, log) in [("the sandbox", &self.log), (B, &self.peers.log)] {
                let log = log.lock().unwrap();
                eprintln!("the end of the log of {of}:\n{}", log[log.len().saturating_sub(LAST)..].join("\n"));
            }
        }
    }
}

fn domain(text: &str) -> Domain {
    text.parse().unwrap()
}

impl Talk {
    fn start(release: &str, more: &[&str]) -> Self {
        Self::with(Peer { release, ..Peer::default() }, more)
    }

    fn with(peer: Peer, more: &[&str]) -> Self {
        let addr = free_port();
        let release = peer.release.to_owned();
        let peers = Peers::start(&Peer { https: false, callback: Some(addr), ..peer });
        let more: Vec<String> = more.iter().map(ToString::to_string).collect();
        Self::around(peers, addr, &release, &more)
    }

    /// The sandbox in a world that is there.
    fn around(peers: Peers, addr: SocketAddr, release: &str, more: &[String]) -> Self {
        let log = Arc::default();
        let (child, page) = sandbox(&peers, addr, release, more, &log);
        Self { peers, addr, release: release.to_owned(), more: more.to_owned(), child, page, log }
    }

    /// Kills the sandbox as `kill -9` does, and starts it again.
    fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        (self.child, self.page) = sandbox(&self.peers, self.addr, &self.release, &self.more, &self.log);
    }

    fn logged(&self, text: &str) -> String {
        eventually(|| self.log.lock().unwrap().iter().find(|line| line.contains(text)).cloned())
    }

    /// A user of the sandbox, as it answers about it.
    fn user(&self, name: &str) -> Value {
        get(self.addr, &format!("/api/v1/federation.users.getByUsername?username={name}")).json()["user"].clone()
    }

    /// Sends an event of `b.example`; true when it was taken.
    fn dispatch(&self, event: &RoomEvent) -> bool {
        let handler = self.peers.handler();
        self.peers.wait(handler.deliver(&domain(A), &[event.to_json()]))
    }

    /// Opens a room of bob with users of the sandbox: a direct chat, or a private room.
    fn open(&self, room: &str, kind: &str, users: &[&str]) {
        let names = users.iter().map(|user| format!("{user}@{A}"));
        let names: Vec<String> = std::iter::once("bob@b.example".to_owned()).chain(names).collect();
        let bob = json!({"_id": "uBob", "username": "bob@b.example", "federation": {"origin": B}});
        let document = json!({
            "_id": room, "t": kind, "name": format!("{room}@{B}"), "fname": room, "u": {"_id": "uBob", "username": "bob@b.example"},
            "usernames": names,
            "federation": {"origin": B, "domains": [B, A]},
        });
        let handler = self.peers.handler();
        handler.with(|documents| documents.put(Collection::Rooms, room, document.clone()));
        let mut batch = vec![handler.create(room, Kind::Genesis, json!({"contextType": "room", "room": document}))];
        let members = users.iter().map(|user| self.user(user)).chain([bob]);
        for (at, user) in members.enumerate() {
            let subscription = json!({
                "_id": format!("{room}-s{at}"), "rid": room, "t": kind, "name": room,
                "u": {"_id": user["_id"], "username": user["username"]}, "federation": {"origin": B},
            });
            let data = json!({"roomId": room, "user": user, "subscription": subscription});
            handler.with(|documents| {
                documents.put(Collection::Subscriptions, &format!("{room}-s{at}"), data["subscription"].clone())
            });
            let event = RoomEvent::new(
                Draft {
                    origin: &domain(B),
                    room,
                    kind: Kind::AddUser,
                    time: fedctl::serve::peer::handler::now(),
                    data,
                },
                Vec::new(),
            );
            handler.with(|documents| documents.put(Collection::Events, &event.id, event.to_json()));
            batch.push(event);
        }
        let events: Vec<Value> = batch.iter().map(RoomEvent::to_json).collect();
        eventually(|| self.peers.wait(handler.deliver(&domain(A), &events)).then_some(()));
    }

    /// Makes a message of bob; it is not sent yet.
    fn message(&self, room: &str, id: &str, text: &str, more: &[(&str, Value)]) -> RoomEvent {
        let now = fedctl::serve::peer::handler::now();
        let mut message = json!({
            "_id": id, "rid": room, "msg": text, "ts": {"$date": now}, "u": {"_id": "uBob", "username": "bob@b.example"},
            "mentions": [], "channels": [],
        });
        more.iter().for_each(|(name, value)| message[*name] = value.clone());
        message["federation"] = json!({"origin": B});
        let handler = self.peers.handler();
        handler.with(|documents| documents.put(Collection::Messages, id, message.clone()));
        handler.create(room, Kind::Message, json!({"message": message}))
    }

    /// The same until it is taken: on a machine that is busy an answer may come too late, and servers send an event again too.
    fn deliver(&self, event: &RoomEvent) {
        eventually(|| self.dispatch(event).then_some(()));
    }

    fn post(&self, room: &str, id: &str, text: &str) {
        self.deliver(&self.message(room, id, text, &[]));
    }

    /// The texts that `echo` has written in a room, as `b.example` has them.
    fn heard(&self, room: &str) -> Vec<String> {
        self.peers.handler().with(|documents| {
            let of_echo =
                documents.all(Collection::Messages).filter(|message| message["u"]["username"] == "echo@a.example");
            let in_room = of_echo.filter(|message| message["rid"] == room || message["federation"]["roomId"] == room);
            in_room.map(|message| message["msg"].as_str().unwrap().to_owned()).collect()
        })
    }

    fn hear(&self, room: &str, text: &str) {
        eventually(|| self.heard(room).iter().any(|heard| heard == text).then_some(()));
    }
}

/// Starts the sandbox and waits until it listens; the second address is that of its page.
fn sandbox(
    peers: &Peers,
    addr: SocketAddr,
    release: &str,
    more: &[String],
    log: &Arc<Mutex<Vec<String>>>,
) -> (Child, Option<SocketAddr>) {
    let mut args: Vec<String> =
        ["serve", "peer", "--domain", A, "--key", "a.key", "--plain", "--sandbox"].map(String::from).into();
    args.extend(["--state".into(), "state.db".into(), "--release".into(), release.to_owned()]);
    args.extend(["--listen".to_owned(), addr.to_string()]);
    args.extend(peers.flags());
    args.extend(more.iter().cloned());
    let mut child = peers.fedctl.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let kept = log.clone();
    std::thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line)));
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = || {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        line.trim().parse().unwrap_or_else(|_| panic!("no address but `{line}`: {:?}", log.lock().unwrap()))
    };
    assert_eq!(line(), addr);
    let page = more.iter().any(|argument| argument == "--page").then(&mut line);
    (child, page)
}
