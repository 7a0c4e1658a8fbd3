//! The requests of the first protocol, which 1.x has.

use fedctl::rocketchat::body::Wire;
use serde_json::{Value, json};

use super::{Ask, Expected, Row, error, row, sealed_bytes, with};
use crate::support::peers::A;

pub fn old_rows() -> Vec<Row> {
    let id = fedctl::rocketchat::events::identifier::stable("fedctl@b.example");
    let moment = "2020-01-01T00:00:00.000Z";
    let found = json!({"resourceName": "federated-user", "localPeerIdentifier": "b.example", "user": {
        "_id": id, "username": "fedctl@b.example", "name": "fedctl", "type": "user",
        "emails": [{"address": "fedctl@b.example", "verified": true}], "createdAt": moment, "lastLogin": moment,
        "status": "online", "_updatedAt": moment, "federation": {"_id": id, "peer": "b.example"}, "roles": ["user"],
        "statusConnection": "online",
    }});
    let masked = [("1.0.0", error("Federation.peerServer.error is not a function"))];
    let not_sent = [("1.0.0", error("Payload was not sent"))];
    let unopened = [("1.0.0", error("Could not decrypt [error-decrypt]"))];
    let no_bytes = [(
        "1.0.0",
        error(
            "The first argument must be one of type string, Buffer, ArrayBuffer, Array, or Array-like Object. Received \
             type undefined",
        ),
    )];
    let old = |t: &str, payload: Value| Ask::Old(json!({"event": {"t": t, "payload": payload}}));
    let body = |sender: Option<&'static str>, kind: &'static str, bytes: &[u8]| {
        Ask::Body("events", sender, kind, bytes.to_vec())
    };
    let json = "application/json";
    let good = Wire::One.write(&sealed_bytes(br#"{"event":{"t":"png"}}"#));
    let user =
        json!({"_id": "u1", "username": "ann@a.example", "name": "Ann", "federation": {"_id": "uAnn", "peer": A}});
    let room = json!({"federation": {"_id": "rOld", "peer": A}, "t": "d"});
    let create = json!({"room": room, "owner": user, "users": [user]});
    let mut group = create.clone();
    group["room"] =
        json!({"federation": {"_id": "rGroup", "peer": A, "peers": [A]}, "t": "p", "name": "team@a.example"});
    let mut bad_name = create.clone();
    bad_name["room"] = json!({"federation": {"_id": "rBad"}, "name": "a b"});
    let mut same_name = group.clone();
    same_name["room"]["federation"]["_id"] = "rOther".into();
    let namesake = with(user.clone(), "federation", json!({"_id": "uOther", "peer": A}));
    let text = |rid: &str| {
        json!({"message": {
            "msg": "hi", "mentions": [], "channels": [], "u": {"username": "ann@a.example", "federation": {"_id": "uAnn"}},
            "federation": {"_id": "mOld", "peer": A, "roomId": rid},
        }})
    };
    let gone = json!({"federated_room_id": "rOld", "federated_user_id": "uAnn"});
    let mut invited = json!({"federated_room_id": "rOld", "federated_inviter_id": "nobody", "user": user});
    let unknown_inviter = old("usa", invited.clone());
    invited["federated_inviter_id"] = "uAnn".into();
    let edit = |id: &str| json!({"message": {"msg": "x", "mentions": [], "u": {}, "federation": {"_id": id}}, "federated_user_id": "uAnn"});
    let reaction = json!({"federated_room_id": "rOld", "federated_message_id": "mOld", "federated_user_id": "uAnn", "reaction": ":+1:", "shouldReact": true});
    let mut taken_back = reaction.clone();
    taken_back["shouldReact"] = false.into();
    let mut pdf = text("rOld");
    pdf["message"]["federation"]["_id"] = "mPdf".into();
    pdf["message"]["file"] = json!({"_id": "f", "name": "a.pdf", "type": "application/pdf"});
    pdf["message"]["attachments"] = json!([{"title_link": "/file-upload/f/a.pdf"}]);
    let fine = [("1.0.0", Expected::Success)];
    vec![
        row("`png`", old("png", json!({})), &fine),
        row("`{}` inside", Ask::Old(json!({})), &[("1.0.0", error("Event was not sent"))]),
        row("`{\"event\":null}` inside", Ask::Old(json!({"event": null})), &[("1.0.0", error("Event was not sent"))]),
        row(
            "`null` inside",
            Ask::Text("events", "null"),
            &[("1.0.0", error("Cannot destructure property `event` of 'undefined' or 'null'."))],
        ),
        row(
            "a message that is no JSON",
            Ask::Text("events", "hello"),
            &[("1.0.0", error("Unexpected token h in JSON at position 0"))],
        ),
        row("an unknown `t`", old("other", json!({})), &masked),
        row("no `t`", Ask::Old(json!({"event": {}})), &masked),
        row("no `payload`", Ask::Old(json!({"event": {"t": "msc"}})), &masked),
        row("`msc` in an unknown room", old("msc", text("nowhere")), &masked),
        row("`drc`", old("drc", create), &fine),
        row("`msc`", old("msc", text("rOld")), &fine),
        row("`msc` again", old("msc", text("rOld")), &fine),
        row("`msu`", old("msu", edit("mOld")), &fine),
        row("`msu` of an unknown message", old("msu", edit("nobody")), &masked),
        row("`mrs`", old("mrs", reaction), &fine),
        row("`msr`", old("msr", gone.clone()), &fine),
        row("`usm`", old("usm", gone.clone()), &fine),
        row("`usu`", old("usu", gone.clone()), &fine),
        row("`mru`", old("mru", taken_back), &fine),
        row("`roc`", old("roc", group), &fine),
        row("`usj`", old("usj", json!({"federated_room_id": "rGroup", "user": user})), &fine),
        row(
            "`usr`",
            old(
                "usr",
                json!({"federated_room_id": "rGroup", "federated_user_id": "uAnn", "federated_removed_by_user_id": "uAnn"}),
            ),
            &fine,
        ),
        row(
            "`usr` by an unknown user",
            old(
                "usr",
                json!({"federated_room_id": "rGroup", "federated_user_id": "uAnn", "federated_removed_by_user_id": "x"}),
            ),
            &masked,
        ),
        row("`msc` with an attachment without `image_url`", old("msc", pdf), &masked),
        row("`usa` of an unknown inviter", unknown_inviter, &masked),
        row("`usa`", old("usa", invited), &fine),
        row("`usl`", old("usl", gone), &fine),
        row("`msd`", old("msd", json!({"federated_message_id": "mOld"})), &fine),
        row("`msd` of an unknown message", old("msd", json!({"federated_message_id": "mOld"})), &masked),
        row("`roc` whose name holds a space", old("roc", bad_name), &masked),
        row("`roc` of another room with the same name", old("roc", same_name), &masked),
        row(
            "`usj` of a user whose name is taken",
            old("usj", json!({"federated_room_id": "rGroup", "user": namesake})),
            &masked,
        ),
        row(
            "`payload` without `type`",
            body(
                Some(A),
                json,
                format!(r#"{{"payload":{{"data":{:?}}}}}"#, sealed_bytes(br#"{"event":{"t":"png"}}"#)).as_bytes(),
            ),
            &fine,
        ),
        row("a body of 2.x", body(Some(A), json, br#"{"type":"Buffer","data":[1]}"#), &not_sent),
        row("the body `{}`", body(Some(A), json, b"{}"), &not_sent),
        row("a body that is not encrypted", body(Some(A), json, br#"{"event":{"t":"png"}}"#), &not_sent),
        row("`Content-Type: text/plain`", body(Some(A), "text/plain", &good), &not_sent),
        row(
            "no header `x-federation-domain`",
            body(None, json, &good),
            &[("1.0.0", error("Cannot handle that request"))],
        ),
        row(
            "an unknown sender",
            body(Some("nowhere.example"), json, &good),
            &[("1.0.0", error("Could not find valid peer"))],
        ),
        row("a sender whose key is another", body(Some(A), json, &Wire::One.write(&[7; 512])), &unopened),
        row("a message that is cut", body(Some(A), json, &Wire::One.write(&sealed_bytes(b"{}")[..300])), &unopened),
        row("`GET` of `events`", Ask::Get("events"), &[("1.0.0", Expected::NoRoute)]),
        row(
            "`GET` of `users.search` of 2.x",
            Ask::Get("users.search?username=fedctl"),
            &[("1.0.0", Expected::Page(200))],
        ),
        row(
            "`uploads` of an unknown file",
            Ask::Get("uploads?upload_id=x"),
            &[("1.0.0", error("There is no such file in this server"))],
        ),
        row("the receiver's domain, signed by another", body(Some("b.example"), json, &good), &unopened),
        row(
            "the receiver's domain and an unencrypted body",
            body(Some("b.example"), json, br#"{"event":{"t":"png"}}"#),
            &not_sent,
        ),
        row("numbers that are no bytes", body(Some(A), json, br#"{"payload":{"data":["a",300,null]}}"#), &unopened),
        row("`payload` is a text", body(Some(A), json, br#"{"payload":"x"}"#), &no_bytes),
        row("`payload` without `data`", body(Some(A), json, br#"{"payload":{}}"#), &no_bytes),
        row("a body that is no JSON", body(Some(A), json, b"hello"), &[("1.0.0", Expected::Page(400))]),
        row(
            "`users` of nobody",
            Ask::Get("users?username=nobody&domain=b.example&usernameOnly=true"),
            &[("1.0.0", error("There is no such user in this server"))],
        ),
        row(
            "`users` of a user",
            Ask::Get("users?username=fedctl&domain=b.example&usernameOnly=true"),
            &[("1.0.0", Expected::Json(json!({"federatedUsers": [found], "success": true})))],
        ),
    ]
}
