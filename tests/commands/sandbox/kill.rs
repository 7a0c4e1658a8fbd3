//! A sandbox that is killed, and one that is flooded.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fedctl::rocketchat::body::Wire;
use fedctl::rocketchat::envelope;
use fedctl::rocketchat::events::kind::Kind;
use fedctl::rocketchat::events::room_event::{Draft, RoomEvent};
use serde_json::json;

use super::{Talk, domain};
use crate::support::peers::{B, C, key};

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

/// Messages of one round.
const EACH: usize = 4;

/// Sends events and kills the sandbox meanwhile: the identifiers of the messages and events that it acknowledged.
fn send_and_kill(talk: &Talk, events: Vec<(String, RoomEvent)>, kill: usize) -> Vec<(String, String)> {
    let count = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (child, count) = (talk.child.id(), &count);
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
        events.into_iter().filter_map(send).collect()
    })
}

/// Waits until `echo` has answered so often in a room; no answer comes twice.
fn each_is_answered_once(talk: &Talk, room: &str, expected: usize) {
    let until = Instant::now() + Duration::from_secs(300);
    while talk.heard(room).len() < expected {
        assert!(Instant::now() < until, "{room}: {} of {expected}", talk.heard(room).len());
        std::thread::sleep(Duration::from_millis(50));
    }
    let heard = talk.heard(room);
    let distinct: BTreeSet<&String> = heard.iter().collect();
    assert_eq!((heard.len(), distinct.len()), (expected, expected), "{room}: each is answered once");
}

fn kill_again_and_again(release: &str, kills: usize) {
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
        acknowledged.extend(send_and_kill(&talk, events, kill));
        talk.restart();
    }
    assert!(acknowledged.len() >= kills / 2, "only {} were acknowledged: nothing was tested", acknowledged.len());
    for room in rooms {
        talk.post(room, &format!("last-{room}"), "the last one");
        talk.hear(room, "echo: the last one");
    }
    rooms.iter().for_each(|room| each_is_answered_once(&talk, room, sent[room] + 1));
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
            let event = talk.message("room", &format!("m{at}"), &format!("text {at}"), &[]);
            talk.deliver(&event);
            talk.hear("room", &format!("echo: text {at}"));
        }
        done.store(true, Ordering::Relaxed);
        floods.into_iter().map(|flood| flood.join().unwrap()).sum::<usize>()
    });
    assert!(floods > MESSAGES, "{floods} bodies are no flood");
    assert_eq!(talk.heard("room").len(), MESSAGES);
}
