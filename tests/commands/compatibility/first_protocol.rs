//! A conversation between two releases of 1.x.

use std::collections::BTreeMap;

use fedctl::rocketchat::events::documents::{Collection, Documents};
use fedctl::rocketchat::promise::Promise;
use serde_json::{Value, json};

use super::{C, Conversation, FEDCTL, text};
use crate::support::peers::{A, B};

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
    pub fn hold_old(mut self) -> BTreeMap<Promise, bool> {
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
