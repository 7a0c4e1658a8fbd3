//! What `echo` answers, by release, and what it leaves unanswered.

use fedctl::facts::call::{self, Outgoing};
use fedctl::rocketchat::events::documents::Collection;
use fedctl::rocketchat::events::kind::{Kind, OldKind};
use fedctl::rocketchat::events::room_event::OldEvent;
use serde_json::{Value, json};

use super::{Talk, domain};
use crate::support::http::get;
use crate::support::hub::eventually;
use crate::support::peers::{A, B, Peer};

#[test]
fn echo_answers_reacts_follows_edits_and_leaves() {
    for release in ["6.2.0", "3.18.7", "2.4.14"] {
        let talk = Talk::start(release, &[]);
        assert_eq!(talk.user("nobody")["username"], "nobody@a.example");
        talk.open("room", "p", &["echo", "nobody"]);
        talk.post("room", "m1", "hello");
        talk.hear("room", "echo: hello");
        let reactions = || {
            talk.peers.handler().with(|documents| documents.get(Collection::Messages, "m1")?.get("reactions").cloned())
        };
        assert_eq!(eventually(reactions), json!({":+1:": {"usernames": ["echo"]}}), "{release}");
        let edit = json!({"message": {"_id": "m1", "msg": "better", "federation": {"origin": B}}});
        talk.deliver(&talk.peers.handler().create("room", Kind::EditMessage, edit));
        talk.hear("room", "echo: better");
        talk.post("room", "m2", "invite fedctl");
        talk.hear("room", "echo: fedctl@a.example is a member now");
        talk.post("room", "m3", "@echo@a.example leave");
        if release == "2.4.14" {
            // No event is sent for it, and nobody answers.
            talk.post("room", "m4", "there?");
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
    talk.deliver(&message);
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
    talk.post("quiet", "q1", "hello");
    talk.logged("`echo` is not a member of the room");
    talk.open("room", "p", &["echo"]);
    let handler = talk.peers.handler();
    let own = json!({"_id": "own", "rid": "room", "u": {"_id": "x", "username": "echo"}});
    handler.with(|documents| documents.put(Collection::Subscriptions, "own", own));
    talk.post("room", "m1", "hello");
    talk.hear("room", "echo: hello");
    eventually(|| {
        let log = talk.peers.log.lock().unwrap();
        log.iter().any(|line| line.contains("not answered") && line.contains("another `echo`")).then_some(())
    });
    // One more turn of both would have come by now.
    talk.post("room", "m2", "again");
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
    talk.post("room", "m2", "next");
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
