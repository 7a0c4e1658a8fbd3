//! `fedctl serve peer --sandbox` as `a.example`, in conversation with a peer `b.example` that this test speaks for.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fedctl::dns::name::Domain;
use fedctl::facts::call::{self, Outgoing};
use fedctl::rocketchat::body::Wire;
use fedctl::rocketchat::envelope;
use fedctl::rocketchat::events::documents::Collection;
use fedctl::rocketchat::events::identifier;
use fedctl::rocketchat::events::kind::{Kind, OldKind};
use fedctl::rocketchat::events::room_event::{Draft, OldEvent, RoomEvent};
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::http::{get, raw, send};
use crate::support::hub::eventually;
use crate::support::node_peer::{NodePeer, partner};
use crate::support::peers::{A, B, C, Peer, Peers, free_addr, key};

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
            eprintln!("the log of the sandbox:\n{}", self.log.lock().unwrap().join("\n"));
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
        let addr = free_addr();
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
        assert!(self.peers.wait(handler.deliver(&domain(A), &events)));
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

    fn post(&self, room: &str, id: &str, text: &str) -> bool {
        self.dispatch(&self.message(room, id, text, &[]))
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

#[test]
fn echo_answers_reacts_follows_edits_and_leaves() {
    for release in ["6.2.0", "3.18.7", "2.4.14"] {
        let talk = Talk::start(release, &[]);
        assert_eq!(talk.user("nobody")["username"], "nobody@a.example");
        talk.open("room", "p", &["echo", "nobody"]);
        assert!(talk.post("room", "m1", "hello"));
        talk.hear("room", "echo: hello");
        let reactions = || {
            talk.peers.handler().with(|documents| documents.get(Collection::Messages, "m1")?.get("reactions").cloned())
        };
        assert_eq!(eventually(reactions), json!({":+1:": {"usernames": ["echo"]}}), "{release}");
        let edit = json!({"message": {"_id": "m1", "msg": "better", "federation": {"origin": B}}});
        assert!(talk.dispatch(&talk.peers.handler().create("room", Kind::EditMessage, edit)));
        talk.hear("room", "echo: better");
        assert!(talk.post("room", "m2", "invite fedctl"));
        talk.hear("room", "echo: fedctl@a.example is a member now");
        assert!(talk.post("room", "m3", "@echo@a.example leave"));
        if release == "2.4.14" {
            // No event is sent for it, and nobody answers.
            assert!(talk.post("room", "m4", "there?"));
            talk.logged("`echo` is not a member of the room");
            continue;
        }
        let subscription =
            || talk.peers.handler().with(|documents| documents.get(Collection::Subscriptions, "room-s0").is_none());
        eventually(|| subscription().then_some(()));
        // What came from the sandbox is what servers send.
        let log = talk.peers.log.lock().unwrap();
        let irregular: Vec<&String> = log.iter().filter(|line| line.starts_with("irregular")).collect();
        assert!(irregular.is_empty(), "{release}: {irregular:?}");
    }
}

#[test]
fn a_file_comes_back() {
    let talk = Talk::start("6.2.0", &[]);
    talk.open("room", "d", &["echo"]);
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let handler = talk.peers.handler();
    handler.keep_upload("file1", json!({"name": "a.png", "size": bytes.len(), "type": "image/png"}), &bytes);
    let link = "/file-upload/file1/a.png";
    let attachment = json!({"title": "a.png", "type": "file", "title_link": link, "image_url": link});
    let file = json!({"_id": "file1", "name": "a.png", "type": "image/png"});
    let message = talk.message("room", "m1", "", &[("file", file), ("attachments", json!([attachment]))]);
    assert!(talk.dispatch(&message));
    let received = eventually(|| {
        handler.with(|documents| {
            let mut of_echo =
                documents.all(Collection::Messages).filter(|message| message["u"]["username"] == "echo@a.example");
            let message = of_echo.next()?;
            documents.get(Collection::Uploads, message["file"]["_id"].as_str()?).cloned()
        })
    });
    let sent = handler.with(|documents| documents.get(Collection::Uploads, "file1").unwrap()["content"].clone());
    assert_eq!(received["content"], sent, "the same bytes came back");
    assert_ne!(received["federation"]["_id"], "file1", "as a file of the sandbox");
}

#[test]
fn nobody_is_silent_and_two_echoes_do_not_talk_to_each_other() {
    let talk = Talk::with(Peer { release: "6.2.0", sandbox: true, ..Peer::default() }, &[]);
    talk.open("quiet", "d", &["nobody"]);
    assert!(talk.post("quiet", "q1", "hello"));
    talk.logged("`echo` is not a member of the room");
    talk.open("room", "p", &["echo"]);
    let handler = talk.peers.handler();
    let own = json!({"_id": "own", "rid": "room", "u": {"_id": "x", "username": "echo"}});
    handler.with(|documents| documents.put(Collection::Subscriptions, "own", own));
    assert!(talk.post("room", "m1", "hello"));
    talk.hear("room", "echo: hello");
    eventually(|| {
        let log = talk.peers.log.lock().unwrap();
        log.iter().any(|line| line.contains("not answered") && line.contains("another `echo`")).then_some(())
    });
    // One more turn of both would have come by now.
    assert!(talk.post("room", "m2", "again"));
    talk.hear("room", "echo: again");
    assert_eq!(talk.heard("room").len(), 2, "{:?}", talk.heard("room"));
    assert_eq!(talk.heard("quiet").len(), 0);
}

#[test]
fn a_lost_event_is_requested_and_answered() {
    let talk = Talk::start("6.2.0", &["--page", "127.0.0.1:0"]);
    talk.open("room", "p", &["echo"]);
    // Made, and never sent.
    talk.message("room", "m1", "lost", &[]);
    assert!(talk.post("room", "m2", "next"));
    talk.hear("room", "echo: lost");
    talk.hear("room", "echo: next");
    talk.logged("asked: b.example for the events of room room");
    let html = get(talk.page.unwrap(), "/").body;
    assert!(
        html.contains("b.example was sent a request for missing events") && !html.contains("are missing: it is"),
        "{html}"
    );
}

#[test]
fn what_is_wrong_with_an_event_is_in_the_log_and_on_the_page() {
    let talk = Talk::start("6.2.0", &["--log-format", "json", "--page", "127.0.0.1:0"]);
    talk.open("room", "p", &["echo"]);
    let mut event = talk.message("room", "m1", "<b>hello</b>", &[]).to_json();
    event["extra"] = json!(1);
    event["data"]["message"]["rid"] = "elsewhere".into();
    let handler = talk.peers.handler();
    assert!(talk.peers.wait(handler.deliver(&domain(A), &[event])));
    let line = talk.logged("the member `extra` is unknown");
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["entry"], &line["sender"], &line["level"]), (&json!("irregular"), &json!(B), &json!("INFO")));
    talk.logged("is not the hash of this event in any time zone");
    // A body that does not open is on the page too.
    let body = String::from_utf8(Wire::Two.write(&[7; 512])).unwrap();
    let path = "/api/v1/federation.events.dispatch";
    send(talk.addr, "POST", path, &[("x-federation-domain", B), ("Content-Type", "application/json")], &body);
    let page = talk.page.unwrap();
    let html = eventually(|| Some(get(page, "/").body).filter(|html| html.contains("echo: &lt;b&gt;hello")));
    for part in [
        "the member `extra` is unknown",
        "`data.message.rid` is `elsewhere`",
        "Refused messages",
        "origin layer",
        "room@b.example",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    assert!(!html.contains("<b>hello"), "{html}");
    let other = raw(page, b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(other.status, 403);
    // Every line of the log is an object.
    for line in talk.log.lock().unwrap().iter() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(line["timestamp"].is_string() && line["message"].is_string(), "{line}");
    }
}

#[test]
fn what_does_not_exist_between_servers_is_reported() {
    let talk = Talk::start("6.2.0", &[]);
    talk.logged("not federated since 2.0: read receipts, broadcast rooms, public channels, encrypted rooms");
    talk.open("room", "p", &["echo"]);
    let handler = talk.peers.handler();
    let room = json!({"_id": "other", "t": "p", "broadcast": true, "encrypted": true, "federation": {"origin": B, "domains": [B, A]}});
    let genesis = handler.create("other", Kind::Genesis, json!({"contextType": "room", "room": room}));
    assert!(talk.dispatch(&genesis));
    talk.logged("no release sends the keys");
    talk.logged("broadcast rooms exist between servers only in 1.x");
    assert!(talk.dispatch(&talk.message("room", "m1", "hello", &[("unread", json!(true))])));
    talk.logged("only 1.x sends them, so the message stays unread there");
    let encrypted = talk.message("room", "m2", "xyz", &[("t", json!("e2e"))]);
    assert!(talk.dispatch(&encrypted));
    talk.logged("it cannot be read here");
    talk.hear("room", "echo: hello");
    assert_eq!(talk.heard("room").len(), 1);
}

/// The sandbox is killed while messages come in. What it acknowledged is there afterwards, what it did not is recovered, each
/// message is answered, and none twice.
#[test]
fn a_sandbox_that_is_killed_loses_nothing_and_answers_once() {
    kill_again_and_again("6.2.0", 25);
}

/// These releases acknowledge with `{}` before they look at a message; the sandbox keeps it first.
#[test]
fn a_sandbox_of_3_18_that_is_killed_loses_nothing_and_answers_once() {
    kill_again_and_again("3.18.7", 8);
}

fn kill_again_and_again(release: &str, kills: usize) {
    const EACH: usize = 4;
    let mut talk = Talk::start(release, &[]);
    let rooms = ["one", "two", "three"];
    rooms.iter().for_each(|room| talk.open(room, "p", &["echo"]));
    let mut acknowledged = Vec::new();
    let mut sent = BTreeMap::<&str, usize>::new();
    for kill in 0..kills {
        let room = rooms[kill % rooms.len()];
        let events: Vec<(String, RoomEvent)> = (0..EACH)
            .map(|at| {
                let id = format!("m{kill}-{at}");
                let event = talk.message(room, &id, &format!("text {kill} {at}"), &[]);
                (id, event)
            })
            .collect();
        *sent.entry(room).or_default() += EACH;
        let count = AtomicUsize::new(0);
        let taken = std::thread::scope(|scope| {
            let (talk, child, count) = (&talk, talk.child.id(), &count);
            scope.spawn(move || {
                // Somewhere in the middle of the messages, each time elsewhere.
                let until = Instant::now() + Duration::from_secs(20);
                while count.load(Ordering::Relaxed) < kill % EACH && Instant::now() < until {
                    std::thread::sleep(Duration::from_millis(1));
                }
                std::thread::sleep(Duration::from_millis((kill as u64 * 7) % 40));
                let killed = std::process::Command::new("kill").args(["-9", &child.to_string()]).status().unwrap();
                assert!(killed.success());
            });
            let send = |(id, event): (String, RoomEvent)| {
                let taken = talk.dispatch(&event);
                count.fetch_add(1, Ordering::Relaxed);
                taken.then_some((id, event.id))
            };
            events.into_iter().filter_map(send).collect::<Vec<_>>()
        });
        acknowledged.extend(taken);
        talk.restart();
    }
    assert!(acknowledged.len() >= kills / 2, "only {} were acknowledged: nothing was tested", acknowledged.len());
    for room in rooms {
        assert!(talk.post(room, &format!("last-{room}"), "the last one"));
        talk.hear(room, "echo: the last one");
    }
    let until = Instant::now() + Duration::from_secs(300);
    for room in rooms {
        while talk.heard(room).len() < sent[room] + 1 {
            assert!(Instant::now() < until, "{room}: {} of {}", talk.heard(room).len(), sent[room] + 1);
            std::thread::sleep(Duration::from_millis(50));
        }
        let heard = talk.heard(room);
        let mut distinct = heard.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!((heard.len(), distinct.len()), (sent[room] + 1, sent[room] + 1), "{room}: each is answered once");
    }
    talk.child.kill().unwrap();
    talk.child.wait().unwrap();
    let db = rusqlite::Connection::open(talk.peers.fedctl.path("state.db")).unwrap();
    let has = |collection: &str, id: &str| -> bool {
        let sql = "SELECT count(*) FROM documents WHERE collection = ?1 AND id = ?2";
        db.query_row(sql, [collection, id], |row| row.get::<_, i64>(0)).unwrap() == 1
    };
    for (message, event) in &acknowledged {
        assert!(has("messages", message) && has("events", event), "{message} was acknowledged and is lost");
    }
}

/// Garbage, bodies that look like those of servers, and well-sealed ones of another domain, while somebody has a conversation.
#[test]
fn a_flood_does_not_disturb_a_conversation() {
    const MESSAGES: usize = 12;
    let talk = Talk::start("6.2.0", &[]);
    talk.open("room", "p", &["echo"]);
    let post = |sender: &str, body: &[u8]| {
        let head = format!(
            "POST /api/v1/federation.events.dispatch HTTP/1.1\r\nHost: chat.a.example\r\nx-federation-domain: {sender}\r\n\
             Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    };
    let sealed =
        |text: &str| Wire::Two.write(&envelope::seal(text.as_bytes(), &key("carol"), key("alice").public()).unwrap());
    let event = RoomEvent::new(
        Draft { origin: &domain(C), room: "room", kind: Kind::Message, time: 1, data: json!({"message": {}}) },
        vec!["0".repeat(64)],
    );
    let odd = json!({"events": [{"type": "room_message", "parentIds": [], "_id": "x", "context": {"roomId": "room"}, "data": []}]});
    let bodies = [
        post(B, &vec![b'x'; 70_000]),
        post(B, &Wire::Two.write(&vec![7; 256 * 40])),
        post(B, &sealed(r#"{"events":[{"type":"ping"}]}"#)),
        post(C, &sealed(&json!({"events": [event.to_json()]}).to_string())),
        post(C, &sealed(&odd.to_string())),
        post(C, &sealed(&"[".repeat(5000))),
        post("nowhere.example", &sealed("{}")),
        b"GET /\r\n\r\n".to_vec(),
    ];
    let (done, start) = (AtomicBool::new(false), Instant::now());
    let floods = std::thread::scope(|scope| {
        let flood = |at: usize| {
            let (done, bodies, addr) = (&done, &bodies, talk.addr);
            move || {
                let mut count = 0;
                while !done.load(Ordering::Relaxed) && start.elapsed() < Duration::from_secs(100) {
                    if let Ok(mut stream) = TcpStream::connect(addr) {
                        let _ = stream.write_all(&bodies[(count + at) % bodies.len()]);
                        let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
                        let _ = std::io::Read::read(&mut stream, &mut [0; 64]);
                    }
                    count += 1;
                }
                count
            }
        };
        let floods: Vec<_> = (0..3).map(|at| scope.spawn(flood(at))).collect();
        for at in 0..MESSAGES {
            // On a machine that is busy one may come too late, and is requested or sent once more.
            let event = talk.message("room", &format!("m{at}"), &format!("text {at}"), &[]);
            assert!((0..5).any(|_| talk.dispatch(&event)), "message {at} was not taken");
            talk.hear("room", &format!("echo: text {at}"));
        }
        done.store(true, Ordering::Relaxed);
        floods.into_iter().map(|flood| flood.join().unwrap()).sum::<usize>()
    });
    assert!(floods > MESSAGES, "{floods} bodies are no flood");
    assert_eq!(talk.heard("room").len(), MESSAGES);
}

#[test]
fn echo_speaks_version_1_too() {
    let talk = Talk::start("1.3.5", &["--page", "127.0.0.1:0"]);
    talk.logged("not federated in 1.x: encrypted rooms");
    let found = get(talk.addr, "/api/v1/federation.users?username=echo&domain=a.example&usernameOnly=true").json();
    let echo = found["federatedUsers"][0]["user"].clone();
    let bob = json!({"_id": "x", "username": "bob@b.example", "name": "Bob", "federation": {"_id": "uBob", "peer": B}});
    let federation = json!({"_id": "r", "peer": B, "ownerId": "uBob", "peers": [B, A], "users": []});
    let room = json!({"_id": "y", "t": "d", "usernames": ["bob", "echo@a.example"], "federation": federation});
    let handler = talk.peers.handler();
    let echo_id = echo["_id"].as_str().unwrap();
    handler.with(|documents| {
        documents.put(Collection::Users, echo_id, echo.clone());
        documents.put(Collection::Rooms, "r", room.clone());
    });
    let send = |kind: OldKind, payload: Value| {
        let event = OldEvent::new(&domain(A), kind, fedctl::serve::peer::handler::now(), payload).to_json().to_string();
        let answer = call::answer(talk.peers.wait(handler.call(&domain(A), Outgoing::Event(event)))).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    send(OldKind::DirectRoom, json!({"room": room, "owner": bob, "users": [bob, echo]}));
    let message = |id: &str, text: &str| {
        let message = json!({
            "ts": "2019-06-08T13:20:00.000Z", "msg": text, "mentions": [], "channels": [],
            "u": {"username": "bob@b.example", "federation": {"_id": "uBob"}}, "federation": {"_id": id, "peer": B, "roomId": "r"},
        });
        handler.with(|documents| documents.put(Collection::Messages, id, message.clone()));
        json!({"message": message})
    };
    handler.with(|documents| documents.put(Collection::Users, "uBob", bob.clone()));
    send(OldKind::Message, message("m1", "hello"));
    talk.hear("r", "echo: hello");
    let mut edit = message("m1", "better");
    edit["federated_user_id"] = "uBob".into();
    send(OldKind::EditMessage, edit);
    talk.hear("r", "echo: better");
    let log = talk.peers.log.lock().unwrap().join("\n");
    for kind in ["msr", "mrs", "msc", "msu"] {
        assert!(log.contains(&format!("applied: {kind} of a.example")), "{kind} did not arrive: {log}");
    }
    assert!(get(talk.page.unwrap(), "/").body.contains("echo: better"));
}

#[test]
fn contradictions_are_refused_before_anything_starts() {
    let talk = Talk::start("6.2.0", &[]);
    let run = |more: &[&str]| {
        let mut args = vec!["serve", "peer", "--domain", A, "--key", "a.key", "--plain"];
        args.extend(more);
        talk.peers.fedctl.run(&args)
    };
    let outside = run(&["--sandbox", "--page", "192.0.2.1:80"]);
    assert!(outside.status == 2 && outside.stderr.contains("is not a loopback address"), "{outside:?}");
    let without = run(&["--page", "127.0.0.1:0"]);
    assert!(without.status == 2 && without.stderr.contains("--sandbox"), "{without:?}");
    let busy = run(&["--sandbox", "--state", "state.db"]);
    assert!(busy.status == 2 && busy.stderr.contains("another sandbox uses `state.db`"), "{busy:?}");
}

#[test]
fn the_page_is_readable_without_scripts_on_a_phone_in_light_and_dark() {
    let Some(mut browser) = Browser::start() else { return };
    let talk = Talk::start("6.2.0", &["--page", "127.0.0.1:0"]);
    talk.open("room", "p", &["echo"]);
    let long = "a-very-long-word-".repeat(40);
    assert!(talk.post("room", "m1", &format!("<script>document.title='hacked'</script> {long}")));
    talk.hear("room", &format!("echo: <script>document.title='hacked'</script> {long}"));
    let page = format!("http://{}/", talk.page.unwrap());
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        browser.as_phone(scheme);
        browser.open(&page);
        let wide = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert!(wide.as_f64().unwrap() <= 0.0, "{wide} pixels too wide");
        assert_eq!(browser.evaluate("document.title"), "Sandbox a.example");
        grounds.push(browser.evaluate("getComputedStyle(document.body).backgroundColor"));
        let articles = browser.evaluate("document.querySelectorAll('section.room article').length");
        assert!(articles.as_u64().unwrap() >= 6, "{articles} events");
    }
    assert_ne!(grounds[0], grounds[1], "light and dark differ");
    browser.without_scripts();
    browser.open(&page);
    let html = browser.html();
    for part in [
        "bob@b.example",
        "echo@a.example",
        "room@b.example",
        "creates the room",
        "reacts with :+1:",
        "b.example: arrived",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    assert!(html.contains(&identifier::stable("echo@a.example")) || html.contains("parents"), "{html}");
}

/// The addresses of `chat.c.example`, as `flags()` of the peers does it for b.example.
fn third(addr: SocketAddr) -> [String; 2] {
    ["--connect-to".to_owned(), format!("chat.c.example:80={addr}")]
}

/// Two servers made of Node and node-rsa, which owe nothing to fedctl, and the sandbox between them.
#[test]
fn servers_made_of_node_talk_to_echo_in_a_room_of_three() {
    let Some(bob) = NodePeer::start(B, "bob", "4.8.7", &["bob"], &json!({})) else { return };
    let Some(cy) = NodePeer::start(C, "carol", "3.18.7", &["cy"], &json!({})) else { return };
    let addr = free_addr();
    bob.meets(&[(A, partner(addr, "alice")), (C, partner(cy.addr, "carol"))]);
    cy.meets(&[(A, partner(addr, "alice")), (B, partner(bob.addr, "bob"))]);
    let mut talk = Talk::around(Peers::around(bob.addr), addr, "6.2.0", &third(cy.addr));
    let found = bob.run_in_node("search", json!({"username": "echo", "domain": A}))["users"].clone();
    assert_eq!(found[0]["username"], "echo@a.example");
    let room =
        bob.run_in_node("private", json!({"user": "bob", "name": "team", "with": ["echo@a.example", "cy@c.example"]}))
            ["room"]
            .clone();
    let heard = |node: &NodePeer, text: &str| {
        eventually(|| node.documents("messages").into_iter().find(|message| message["msg"] == text))
    };
    let posted =
        bob.run_in_node("say", json!({"room": room, "user": "bob", "text": "hi @cy@c.example \u{1f600}"}))["message"]
            .clone();
    heard(&bob, "echo: hi @cy@c.example \u{1f600}");
    heard(&cy, "echo: hi @cy \u{1f600}");
    for node in [&bob, &cy] {
        let reacted = || {
            node.documents("messages")
                .into_iter()
                .find(|message| message["_id"] == posted && message["reactions"].is_object())
        };
        assert_eq!(eventually(reacted)["reactions"], json!({":+1:": {"usernames": ["echo"]}}));
    }
    // Killed in the middle, and an answer whose delivery broke is delivered all the same.
    cy.run_in_node("say", json!({"room": room, "user": "cy", "text": "from the third"}));
    heard(&bob, "echo: from the third");
    talk.restart();
    bob.run_in_node("refuse", json!({"count": 1}));
    bob.run_in_node("edit", json!({"message": posted, "text": "changed"}));
    heard(&cy, "echo: changed");
    heard(&bob, "echo: changed");
    // One event is lost on its way to the sandbox, which asks for it.
    bob.run_in_node("lose", json!({"count": 1}));
    bob.run_in_node("say", json!({"room": room, "user": "bob", "text": "lost"}));
    bob.run_in_node("say", json!({"room": room, "user": "bob", "text": "next"}));
    heard(&bob, "echo: lost");
    heard(&bob, "echo: next");
    assert!(!bob.printed("asked").is_empty());
    bob.run_in_node(
        "file",
        json!({"room": room, "user": "bob", "name": "a.png", "type": "image/png", "content": "AAEC/w=="}),
    );
    for node in [&bob, &cy] {
        let fetched = node.wait("fetched", |line| line["from"] == A);
        assert_eq!((&fetched["bytes"], &fetched["name"]), (&json!(4), &json!("a.png")));
    }
    bob.run_in_node("say", json!({"room": room, "user": "bob", "text": "leave"}));
    for node in [&bob, &cy] {
        let gone =
            || node.documents("subscriptions").iter().all(|one| one["u"]["username"] != "echo@a.example").then_some(());
        eventually(gone);
    }
    // A server fetches a file before it keeps the message: a reaction that arrives in between fails at it, as at real ones.
    let too_early = json!("Cannot read property 'reactions' of undefined");
    for node in [&bob, &cy] {
        let failed = node.printed("failed");
        assert!(failed.iter().all(|line| line["error"] == too_early && line["from"] == A), "{failed:?}");
        assert!(failed.len() <= 1, "only the message with the file is fetched for: {failed:?}");
    }
    assert!(!talk.log.lock().unwrap().iter().any(|line| line.starts_with("irregular")));
}

#[test]
fn the_state_has_a_place_by_default_and_a_missing_directory_is_named() {
    let talk = Talk::start("6.2.0", &[]);
    let args = ["serve", "peer", "--domain", A, "--key", "a.key", "--plain", "--sandbox"];
    let fedctl = &talk.peers.fedctl;
    let mut child =
        fedctl.command(&args).env("XDG_STATE_HOME", fedctl.path("home")).stderr(Stdio::piped()).spawn().unwrap();
    let place = fedctl.path("home/fedctl/sandbox/a.example.db").display().to_string();
    let posted = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("the state is in"));
    let _ = (child.kill(), child.wait());
    assert_eq!(posted, Some(format!("the state is in {place}")));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&place).unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "only the owner reads what was posted");
    let missing = fedctl.run(&[&args[..], &["--state", "nowhere/state.db"]].concat());
    assert!(missing.status == 2 && missing.stderr.contains("mkdir -p nowhere"), "{missing:?}");
}
