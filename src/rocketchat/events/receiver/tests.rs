//! Tests of `receiver`.

use proptest::prelude::*;

use super::*;
use crate::rocketchat::events::echo::{ECHO, Echo};
use crate::rocketchat::events::kind::OldKind;
use crate::rocketchat::events::old_echo::OldEcho;
use crate::rocketchat::events::old_receiver::{OldError, OldReceiver, OldStep};
use crate::rocketchat::events::resource::LocalUser;
use crate::rocketchat::events::room_event::tests::json_value;

const RELEASES: [Release; 5] = [
    boundary::SECOND_PROTOCOL,
    boundary::STRICT_EVENTS,
    boundary::KEEPS_KNOWN,
    boundary::LAST_SENDER,
    boundary::CANNOT_SEND,
];
/// The places of an event at which a receiver looks.
const PLACES: [&str; 16] = [
    "",
    "/context",
    "/parentIds",
    "/type",
    "/origin",
    "/data",
    "/data/roomId",
    "/data/room",
    "/data/user",
    "/data/subscription",
    "/data/message",
    "/data/message/file",
    "/data/message/mentions",
    "/data/message/attachments",
    "/data/message/u",
    "/data/domainsAfterAdd",
];
const OLD_PLACES: [&str; 14] = [
    "",
    "/t",
    "/payload",
    "/payload/room",
    "/payload/owner",
    "/payload/users",
    "/payload/user",
    "/payload/message",
    "/payload/message/file",
    "/payload/message/mentions",
    "/payload/message/attachments",
    "/payload/message/u",
    "/payload/room/federation",
    "/payload/room/muted",
];

fn replaced(mut event: Value, pointer: &str, with: Value) -> Value {
    if let Some(place) = event.pointer_mut(pointer) {
        *place = with;
    }
    event
}

fn with_everything(kind: Kind, id: usize) -> Value {
    let user = json!({"_id": "uA", "username": "ann@a.example", "federation": {"origin": "a.example"}});
    let file = json!({"_id": "f", "name": "a.png", "type": "image/png"});
    json!({
        "origin": "a.example", "context": {"roomId": "r"}, "parentIds": [], "type": kind.as_str(),
        "timestamp": {"$date": 1}, "hasChildren": false, "_id": format!("e{id}"),
        "data": {
            "contextType": "room", "roomId": "r", "user": user, "messageId": "m", "username": "ann", "reaction": ":+1:",
            "room": {"_id": "r", "t": "p", "name": "team", "usernames": [], "muted": [], "federation": {"domains": ["a.example"]}},
            "subscription": {"_id": "s", "rid": "r", "u": {"_id": "uE", "username": "echo@b.example"}},
            "message": {
                "_id": "m", "rid": "r", "msg": "hi", "u": user, "file": file, "mentions": [{"username": "ann@a.example"}],
                "channels": [], "attachments": [{"title_link": "/f", "image_url": "/f"}], "federation": {"origin": "a.example"},
            },
            "domainsAfterAdd": ["a.example"],
        },
    })
}

fn old_with_everything(kind: OldKind, id: usize) -> Value {
    let own: Domain = "b.example".parse().unwrap();
    let echo = LocalUser::of(&own, ECHO).in_version_1(&own);
    let ann = json!({"_id": "x", "username": "ann@a.example", "name": "Ann", "federation": {"_id": "uAnn", "peer": "a.example"}});
    json!({
        "t": kind.as_str(), "_id": format!("e{id}"),
        "payload": {
            "room": {"_id": "y", "name": "team", "muted": [], "federation": {"_id": "r", "peers": ["a.example"]}},
            "owner": ann, "users": [ann, echo], "user": ann, "federated_room_id": "r", "federated_user_id": "uAnn",
            "federated_inviter_id": "uAnn", "federated_message_id": "m", "reaction": ":+1:", "shouldReact": true,
            "message": {
                "msg": "hi", "mentions": [{"username": "ann", "federation": {"peer": "a.example"}}], "channels": [],
                "u": {"username": "ann@a.example", "federation": {"_id": "uAnn"}}, "file": {"_id": "f"},
                "attachments": [{"title_link": "/f", "image_url": "/f"}],
                "federation": {"_id": "m", "peer": "a.example", "roomId": "r"},
            },
        },
    })
}

/// Found by the test below; the server's own line fails in the same place.
#[test]
fn an_edit_whose_author_is_no_object_is_an_error_of_version_1() {
    let own: Domain = "b.example".parse().unwrap();
    let mut documents = Documents::default();
    let mut receiver = OldReceiver { own: &own, documents: &mut documents };
    receiver.take(&old_with_everything(OldKind::Room, 0)).unwrap();
    let message = old_with_everything(OldKind::Message, 1);
    receiver.finish(&message, &json!({}), "copy").unwrap();
    for author in [json!(false), json!([1]), json!("ann"), json!(null)] {
        let edit = replaced(old_with_everything(OldKind::EditMessage, 2), "/payload/message/u", author);
        assert_eq!(receiver.take(&edit), Err(OldError::Member));
    }
}

proptest! {
    /// Whatever peers send one after the other, a receiver of any release and its `echo` go on.
    #[test]
    fn no_events_make_a_receiver_panic(
        release in 0usize..5,
        changes in proptest::collection::vec((0usize..13, 0usize..16, json_value(), any::<bool>()), 1..12),
        upload in json_value(),
    ) {
        let own: Domain = "b.example".parse().unwrap();
        let release = RELEASES[release];
        let mut documents = Documents::default();
        for (at, (kind, place, value, is_kept)) in changes.into_iter().enumerate() {
            let event = with_everything(Kind::ALL[kind], at);
            let event = if is_kept { event } else { replaced(event, PLACES[place], value) };
            let mut receiver = Receiver { release, own: &own, documents: &mut documents };
            if let Ok(Step::Fetch { .. }) = receiver.take(&event) {
                let _ = receiver.finish(&event, &upload, "copy");
            }
            let _ = Echo { own: &own, release, documents: &mut documents, now: 1 }.answer(&event);
        }
    }

    #[test]
    fn no_events_make_a_receiver_of_version_1_panic(
        changes in proptest::collection::vec((0usize..15, 0usize..14, json_value(), any::<bool>()), 1..12),
        upload in json_value(),
    ) {
        let own: Domain = "b.example".parse().unwrap();
        let mut documents = Documents::default();
        for (at, (kind, place, value, is_kept)) in changes.into_iter().enumerate() {
            let event = old_with_everything(OldKind::ALL[kind], at);
            let event = if is_kept { event } else { replaced(event, OLD_PLACES[place], value) };
            let mut receiver = OldReceiver { own: &own, documents: &mut documents };
            if let Ok(OldStep::Fetch { .. }) = receiver.take(&event) {
                let _ = receiver.finish(&event, &upload, "copy");
            }
            let _ = OldEcho { own: &own, documents: &mut documents, now: 1 }.answer(&event);
        }
    }
}
