//! The requests with events of the second protocol.

use serde_json::{Value, json};

use super::{Ask, Expected, NOT_FOUND, Row, error, event, events, message, nothing, row, unreadable, with, without};
use crate::support::peers::A;

pub fn dispatch_rows() -> Vec<Row> {
    let map = [("2.0.0", unreadable("map")), ("4.0.0", error("events is not iterable"))];
    let unknown =
        |rest: &str| [("2.0.0", Expected::Success), ("3.0.0", unreadable("success")), ("3.2.0", unreadable(rest))];
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
    let duplicate = |index: &str, key: &str| {
        Expected::Error(format!("E11000 duplicate key error collection: rocketchat.{index} dup key: {{ {key} }}"))
    };
    let added_again =
        |expected: Expected| [("2.0.0", expected.clone()), ("3.0.0", unreadable("success")), ("3.0.10", expected)];
    let of_name = added_again(duplicate("users index: username_1", "username: \"fedctl\""));
    let taken = |id: &str, username: &str, mail: &str| {
        let user = json!({"_id": id, "username": username, "emails": [{"address": mail}], "federation": {"origin": A}});
        let mut data = add.clone();
        (data["user"], data["subscription"]["_id"]) = (user, id.into());
        events(event(id, "room_add_user", data))
    };
    let named = |id: &str| {
        let room = json!({"_id": id, "t": "p", "name": "team@a.example", "federation": {"domains": [A]}});
        events(event(id, "genesis", json!({"contextType": "room", "room": room})))
    };
    let no_file = r#"failed [400] {"success":false,"error":"There is no such file in this server"}"#;
    let failed = r#"failed [400] {"success":false,"error":"Cannot read property 'length' of undefined"}"#;
    vec![
        row("a ping", Ask::Events(json!({"events": [{"type": "ping"}]})), &[("2.0.0", Expected::Success)]),
        row("no events", Ask::Events(json!({"events": []})), &[("2.0.0", Expected::Success)]),
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
        row("`null`", Ask::Text("events.dispatch", "null"), &nothing("events")),
        row("`{\"events\":[{}]}`", events(json!({})), &unknown("roomId")),
        row("an unknown type without context", events(json!({"type": "other"})), &unknown("roomId")),
        row("an unknown type with a context", events(event("unknown", "other", json!({}))), &unknown("latestEventIds")),
        row(
            "`genesis` with another `contextType`",
            events(event("context", "genesis", json!({"contextType": "team"}))),
            &[("2.0.0", unreadable("success")), ("3.2.0", unreadable("latestEventIds"))],
        ),
        row("`genesis`", events(event("genesis", "genesis", room)), &[("2.0.0", Expected::Success)]),
        row(
            "`room_add_user`",
            events(event("add", "room_add_user", add.clone())),
            &[("2.0.0", Expected::Success), ("3.0.0", unreadable("success")), ("3.0.10", Expected::Success)],
        ),
        row(
            "`room_user_left`",
            events(event("left", "room_user_left", left)),
            &[("2.0.0", Expected::Success), ("3.0.0", unreadable("success")), ("3.2.0", Expected::Success)],
        ),
        row(
            "a message to an unknown room",
            events(event("message", "room_message", message("message"))),
            &[("2.0.0", Expected::Success)],
        ),
        row(
            "the same message again",
            events(event("message", "room_message", message("message"))),
            &[("2.0.0", Expected::Success)],
        ),
        row("`room_edit_message`", on_message("edited", "room_edit_message", changed), &[("2.0.0", Expected::Success)]),
        row(
            "`room_set_message_reaction`",
            on_message("set", "room_set_message_reaction", reacts.clone()),
            &[("2.0.0", Expected::Success)],
        ),
        row(
            "`room_unset_message_reaction`",
            on_message("unset", "room_unset_message_reaction", reacts),
            &[("2.0.0", Expected::Success)],
        ),
        row("`room_mute_user`", on_message("mute", "room_mute_user", of_user.clone()), &[("2.0.0", Expected::Success)]),
        row(
            "`room_unmute_user`",
            on_message("unmute", "room_unmute_user", of_user.clone()),
            &[("2.0.0", Expected::Success)],
        ),
        row("`room_remove_user`", on_message("remove", "room_remove_user", of_user), &[("2.0.0", Expected::Success)]),
        row(
            "`room_delete_message`",
            on_message(
                "delete",
                "room_delete_message",
                json!({"roomId": "room-message", "messageId": "message-message"}),
            ),
            &[("2.0.0", Expected::Success)],
        ),
        row(
            "a message with a file that the origin does not have",
            events(event("file", "room_message", with_file)),
            &[("2.0.0", error(no_file)), ("6.3.0", error("Invalid URL"))],
        ),
        row(
            "`room_add_user` of a user whose name is taken",
            taken("name", "fedctl@b.example", "x@a.example"),
            &of_name,
        ),
        row(
            "the same again; the event is stored, and its effect fails again",
            taken("name", "fedctl@b.example", "x@a.example"),
            &of_name,
        ),
        row(
            "`room_add_user` of a user with a mail address",
            taken("mail", "eve@a.example", "eve@a.example"),
            &added_again(Expected::Success),
        ),
        row(
            "`room_add_user` of a user whose mail address is taken",
            taken("mail2", "evelyn@a.example", "eve@a.example"),
            &added_again(duplicate("users index: emails.address_1", "emails.address: \"eve@a.example\"")),
        ),
        row("`genesis` of a room with a name", named("first"), &[("2.0.0", Expected::Success)]),
        row(
            "`genesis` of another room with that name",
            named("second"),
            &[("2.0.0", duplicate("rocketchat_room index: name_1", "name: \"team@a.example\""))],
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
            "an unknown parent, and the origin can be queried",
            parent("asked", A),
            &[("2.0.0", Expected::Success), ("6.3.0", error("Invalid URL"))],
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
            &[("2.0.0", Expected::Success)],
        ),
    ]
}
