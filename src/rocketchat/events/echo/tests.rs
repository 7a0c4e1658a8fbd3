//! Tests of `echo`.

use super::*;
use crate::rocketchat::events::receiver::{Receiver, Step};
use crate::rocketchat::events::room_event::{Draft, RoomEvent};

const NOW: i64 = 1_600_000_000_000;

fn domain(text: &str) -> Domain {
    text.parse().unwrap()
}

/// Takes an event of `a.example` as `b.example` does.
fn take(documents: &mut Documents, room: &str, kind: Kind, time: i64, data: Value) -> Value {
    let parents = chain::leaves(documents, room);
    let event = RoomEvent::new(Draft { origin: &domain("a.example"), room, kind, time, data }, parents).to_json();
    let own = domain("b.example");
    let taken = Receiver { release: boundary::LAST_SENDER, own: &own, documents }.take(&event);
    assert_eq!(taken, Ok(Step::Done), "{event}");
    event
}

/// A room of ann@a.example, `echo` and somebody of c.example.
fn room(kind: &str) -> Documents {
    let mut documents = Documents::default();
    let own = domain("b.example");
    for name in [ECHO, NOBODY] {
        let user = LocalUser::of(&own, name);
        documents.put(Collection::Users, &user.id, json!({"_id": user.id, "username": name, "name": name}));
    }
    let room = json!({
        "_id": "r", "t": kind, "name": "team@a.example", "fname": "team",
        "federation": {"origin": "a.example", "domains": ["a.example", "b.example", "c.example", "a.example"]},
    });
    take(&mut documents, "r", Kind::Genesis, NOW, json!({"contextType": "room", "room": room}));
    let echo = LocalUser::of(&own, ECHO).in_event(&own, boundary::LAST_SENDER);
    let subscription = json!({"_id": "s", "rid": "r", "u": {"_id": echo["_id"], "username": "echo@b.example"}});
    let add = json!({"roomId": "r", "user": echo, "subscription": subscription});
    take(&mut documents, "r", Kind::AddUser, NOW, add);
    documents
}

fn message(id: &str, user: &str, msg: &str) -> Value {
    json!({"message": {
        "_id": id, "rid": "r", "msg": msg, "ts": {"$date": NOW}, "u": {"_id": "u", "username": user},
        "mentions": [], "channels": [], "federation": {"origin": "a.example"},
    }})
}

fn answer(documents: &mut Documents, event: &Value) -> Result<(), Silence> {
    let (own, release) = (domain("b.example"), boundary::LAST_SENDER);
    Echo { own: &own, release, documents, now: NOW + 10 }.answer(event)
}

/// What goes out: the domain, the type, and the text of a message.
fn outbox(documents: &Documents) -> Vec<(String, String, String)> {
    let row = |entry: &Value| (text(entry, "/to"), text(entry, "/event/type"), text(entry, "/event/data/message/msg"));
    documents.all(Collection::Outbox).map(row).collect()
}

#[test]
fn a_message_is_answered_to_every_other_domain_behind_the_newest_event() {
    let mut documents = room("p");
    let event = take(&mut documents, "r", Kind::Message, NOW, message("m", "ann@a.example", "hello"));
    assert_eq!(answer(&mut documents, &event), Ok(()));
    let row = |to: &str, kind: &str, msg: &str| (to.to_owned(), kind.to_owned(), msg.to_owned());
    assert_eq!(
        outbox(&documents),
        [
            row("a.example", "room_set_message_reaction", ""),
            row("c.example", "room_set_message_reaction", ""),
            row("a.example", "room_message", "echo: hello"),
            row("c.example", "room_message", "echo: hello"),
        ]
    );
    let sent: Vec<RoomEvent> =
        documents.all(Collection::Outbox).map(|entry| RoomEvent::read(&entry["event"]).unwrap()).collect();
    assert_eq!(sent[0].parents, [text(&event, "/_id")]);
    assert_eq!(sent[2].parents, [sent[0].id.clone()]);
    let found = super::super::inspect::inspect(
        &sent[2].to_json(),
        &domain("b.example"),
        &domain("a.example"),
        |_| true,
        NOW + 100,
    );
    assert_eq!(found.found, [], "an answer is regular");
    // Its edit changes the answer.
    let edit = json!({"message": {"_id": "m", "msg": "better", "federation": {"origin": "a.example"}}});
    let edit = take(&mut documents, "r", Kind::EditMessage, NOW + 20, edit);
    assert_eq!(answer(&mut documents, &edit), Ok(()));
    let last = documents.all(Collection::Outbox).next_back().unwrap();
    assert_eq!(text(last, "/event/type"), "room_edit_message");
    assert_eq!(text(last, "/event/data/message/msg"), "echo: better");
    let answered = &sent[2].data["message"]["_id"];
    assert_eq!(last.pointer("/event/data/message/_id"), Some(answered));
}

#[test]
fn programs_and_this_server_are_not_answered() {
    let mut documents = room("p");
    for (at, user) in ["echo@c.example", "fedctl@b.example", "echo"].into_iter().enumerate() {
        let event = take(&mut documents, "r", Kind::Message, NOW, message(&format!("m{at}"), user, "hello"));
        assert_eq!(answer(&mut documents, &event), Err(Silence::NotAPerson), "{user}");
    }
    let mut bot = message("m8", "hubot@a.example", "hello");
    bot["message"]["bot"] = json!({"i": "js.SDK"});
    let event = take(&mut documents, "r", Kind::Message, NOW, bot);
    assert_eq!(answer(&mut documents, &event), Err(Silence::NotAPerson));
    let mut system = message("m9", "ann@a.example", "ann");
    system["message"]["t"] = "uj".into();
    let event = take(&mut documents, "r", Kind::Message, NOW, system);
    assert_eq!(answer(&mut documents, &event), Err(Silence::NotText));
    assert_eq!(outbox(&documents), []);
}

#[test]
fn a_program_that_answers_everything_comes_to_rest() {
    let mut documents = room("p");
    let mut answers = 0;
    for at in 0..ANSWERS_MAX + 5 {
        let event = take(&mut documents, "r", Kind::Message, NOW, message(&format!("m{at}"), "x@a.example", "again"));
        match answer(&mut documents, &event) {
            Ok(()) => answers += 1,
            Err(why) => assert_eq!(why, Silence::TooMany),
        }
    }
    assert_eq!(answers, ANSWERS_MAX);
}

#[test]
fn echo_leaves_and_is_silent_afterwards() {
    let mut documents = room("p");
    let event = take(&mut documents, "r", Kind::Message, NOW, message("m1", "ann@a.example", "@echo@b.example Leave"));
    assert_eq!(answer(&mut documents, &event), Ok(()));
    let left = documents.all(Collection::Outbox).next().unwrap();
    assert_eq!(text(left, "/event/type"), "room_user_left");
    assert_eq!(left.pointer("/event/data/domainsAfterLeave"), Some(&json!(["a.example", "c.example"])));
    let event = take(&mut documents, "r", Kind::Message, NOW, message("m2", "ann@a.example", "there?"));
    assert_eq!(answer(&mut documents, &event), Err(Silence::NotAMember));
}

#[test]
fn echo_invites_a_user_that_it_knows() {
    let content = |documents: &Documents| outbox(documents).pop().unwrap().2;
    let mut documents = room("p");
    let event = take(&mut documents, "r", Kind::Message, NOW, message("m1", "ann@a.example", "invite nobody"));
    assert_eq!(answer(&mut documents, &event), Ok(()));
    assert_eq!(content(&documents), "echo: nobody@b.example is a member now");
    let add = documents.all(Collection::Outbox).next().unwrap();
    let read = RoomEvent::read(&add["event"]).unwrap();
    assert_eq!(read.kind, Kind::AddUser);
    assert_eq!(read.data["domainsAfterAdd"], json!(["a.example", "c.example", "b.example"]));
    for (at, (text, expected)) in
        [("invite nobody", "is a member already"), ("invite zoe@z.example", "is not a user of b.example")]
            .into_iter()
            .enumerate()
    {
        let event = take(&mut documents, "r", Kind::Message, NOW, message(&format!("n{at}"), "ann@a.example", text));
        assert_eq!(answer(&mut documents, &event), Ok(()));
        assert!(content(&documents).contains(expected), "{}", content(&documents));
    }
    let mut direct = room("d");
    let event = take(&mut direct, "r", Kind::Message, NOW, message("m1", "ann@a.example", "invite nobody"));
    assert_eq!(answer(&mut direct, &event), Ok(()));
    assert!(content(&direct).contains("a direct chat has no further members"));
}

#[test]
fn a_file_comes_back_under_a_new_identifier() {
    let mut documents = room("p");
    documents.put(Collection::Uploads, "copy", json!({"_id": "copy", "size": 3, "content": "AQID", "federation": {}}));
    let event = take(&mut documents, "r", Kind::Message, NOW, message("m1", "ann@a.example", ""));
    documents.set(Collection::Messages, "m1", "file", json!({"_id": "copy", "name": "a b.png", "type": "image/png"}));
    assert_eq!(answer(&mut documents, &event), Ok(()));
    let last = documents.all(Collection::Outbox).next_back().unwrap().clone();
    let id = text(&last, "/event/data/message/file/_id");
    assert_eq!(
        last.pointer("/event/data/message/attachments/0/image_url"),
        Some(&json!(format!("/file-upload/{id}/a+b.png")))
    );
    let upload = documents.get(Collection::Uploads, &id).unwrap();
    assert_eq!((&upload["content"], upload.get("federation")), (&json!("AQID"), None));
}
