//! Users, rooms, subscriptions and messages as they travel: names with their domain on the wire, without it at home.

use serde_json::{Value, json};

use crate::dns::name::Domain;
use crate::rocketchat::boundary;
use crate::rocketchat::release::Release;

/// From here on the answers about users hold an address that is made up, and no longer the real one.
const HIDES_MAIL: Release = boundary::NO_MAIL;

/// When every user was created: 2020-01-01T00:00:00Z.
const CREATED: i64 = 1_577_836_800_000;

/// The name with the domain behind it, unless it has one.
pub fn full_name(name: &str, domain: &Domain) -> String {
    if name.contains('@') { name.to_owned() } else { format!("{name}@{domain}") }
}

/// The name without the domain, when it is that of this server.
pub fn local_name<'a>(name: &'a str, own: &Domain) -> &'a str {
    name.strip_suffix(own.as_str()).and_then(|name| name.strip_suffix('@')).unwrap_or(name)
}

/// Cuts your domain from a text member.
fn cut(document: &mut Value, pointer: &str, own: &Domain) {
    if let Some(value) = document.pointer_mut(pointer)
        && let Some(name) = value.as_str()
    {
        *value = local_name(name, own).into();
    }
}

/// Cuts your domain from every text of a list.
fn cut_all(document: &mut Value, member: &str, own: &Domain) {
    let names = document.get_mut(member).and_then(Value::as_array_mut);
    for name in names.into_iter().flatten() {
        cut(name, "", own);
    }
}

/// A user as a receiver stores it.
pub fn local_user(user: &Value, own: &Domain) -> Value {
    let mut user = user.clone();
    cut(&mut user, "/username", own);
    user
}

/// A room as a receiver stores it.
pub fn local_room(room: &Value, own: &Domain) -> Value {
    let mut room = room.clone();
    cut(&mut room, "/name", own);
    cut(&mut room, "/u/username", own);
    for list in ["usernames", "muted", "unmuted"] {
        cut_all(&mut room, list, own);
    }
    room
}

/// A subscription as a receiver stores it.
pub fn local_subscription(subscription: &Value, own: &Domain) -> Value {
    let mut subscription = subscription.clone();
    cut(&mut subscription, "/u/username", own);
    cut(&mut subscription, "/name", own);
    subscription
}

/// A member that a receiver iterates over and that is not a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAList(pub &'static str);

/// A message as a receiver stores it: your domain is cut from names, and from the text wherever a mention stands.
pub fn local_message(message: &Value, own: &Domain) -> Result<Value, NotAList> {
    let mut local = message.clone();
    cut(&mut local, "/u/username", own);
    let mut text = message.get("msg").and_then(Value::as_str).map(str::to_owned);
    for (list, member) in [("mentions", "username"), ("channels", "name")] {
        let items = local.get_mut(list).and_then(Value::as_array_mut).ok_or(NotAList(list))?;
        for item in items.iter_mut() {
            let Some(full) = item.get(member).and_then(Value::as_str).map(str::to_owned) else { continue };
            let short = local_name(&full, own).to_owned();
            text = text.map(|text| text.replace(&full, &short));
            item[member] = short.into();
        }
    }
    if let Some(text) = text {
        local["msg"] = text.into();
    }
    Ok(local)
}

/// A user of this server, as its own database holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalUser {
    pub id: String,
    pub username: String,
    pub name: String,
    /// Milliseconds since 1970.
    pub created: i64,
}

impl LocalUser {
    /// A user of the server of this domain; the identifier never changes.
    pub fn of(domain: &Domain, username: &str) -> Self {
        let id = super::identifier::stable(&format!("{username}@{domain}"));
        Self { id, username: username.to_owned(), name: username.to_owned(), created: CREATED }
    }

    /// A user as the database holds it.
    pub fn stored(document: &Value) -> Option<Self> {
        let text = |member: &str| document.get(member).and_then(Value::as_str).map(str::to_owned);
        let username = text("username")?;
        Some(Self {
            id: text("_id")?,
            name: text("name").unwrap_or_else(|| username.clone()),
            username,
            created: CREATED,
        })
    }

    /// As it leaves a server in an event of version 2.
    pub fn in_event(&self, own: &Domain, release: Release) -> Value {
        let mut user = self.in_answer(own, release);
        let moment = json!({"$date": self.created});
        let members = user.as_object_mut().map(std::mem::take).unwrap_or_default();
        let mut ordered = serde_json::Map::new();
        for (name, value) in members {
            if name == "active" {
                ordered.insert("createdAt".into(), moment.clone());
                ordered.insert("_updatedAt".into(), moment.clone());
            }
            ordered.insert(name, value);
        }
        Value::Object(ordered)
    }

    /// As the two user routes of version 2 answer.
    pub fn in_answer(&self, own: &Domain, release: Release) -> Value {
        let address = format!("{}@{own}", self.id);
        let original = if release < HIDES_MAIL { full_name(&self.username, own) } else { address.clone() };
        json!({
            "_id": self.id, "username": full_name(&self.username, own), "type": "user",
            "emails": [{"address": address}], "name": self.name, "active": true, "roles": ["user"], "status": "online",
            "federation": {"origin": own, "originalInfo": {"email": original}}, "isRemote": false,
        })
    }

    /// As it leaves a server of version 1: the whole document of the database but for what belongs to the login.
    pub fn in_version_1(&self, own: &Domain) -> Value {
        let moment = super::identifier::iso_date(self.created).unwrap_or_default();
        json!({
            "_id": self.id, "username": full_name(&self.username, own), "name": self.name, "type": "user",
            "emails": [{"address": full_name(&self.username, own), "verified": true}],
            "createdAt": moment, "lastLogin": moment, "status": "online", "_updatedAt": moment,
            "federation": {"_id": self.id, "peer": own}, "roles": ["user"], "statusConnection": "online",
        })
    }
}

/// The identifier of a direct room: those of both users, sorted and joined.
pub fn direct_room(one: &str, other: &str) -> String {
    if one <= other { format!("{one}{other}") } else { format!("{other}{one}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Domain {
        "b.example".parse().unwrap()
    }

    #[test]
    fn only_your_domain_is_cut() {
        let own = own();
        assert_eq!(full_name("bob", &own), "bob@b.example");
        assert_eq!(full_name("ann@a.example", &own), "ann@a.example");
        assert_eq!((local_name("bob@b.example", &own), local_name("ann@a.example", &own)), ("bob", "ann@a.example"));
        assert_eq!(local_name("bobb.example", &own), "bobb.example");
        let room = json!({"name": "team@b.example", "usernames": ["ann@a.example", "bob@b.example"], "u": {"username": "bob@b.example"}});
        let expected = json!({"name": "team", "usernames": ["ann@a.example", "bob"], "u": {"username": "bob"}});
        assert_eq!(local_room(&room, &own), expected);
    }

    #[test]
    fn a_message_loses_your_domain_wherever_somebody_is_mentioned() {
        let message = json!({
            "msg": "hi @bob@b.example and @cy@c.example", "u": {"username": "ann@a.example"},
            "mentions": [{"username": "bob@b.example"}, {"username": "cy@c.example"}], "channels": [],
        });
        let local = local_message(&message, &own()).unwrap();
        assert_eq!(
            (&local["msg"], &local["mentions"][0]["username"]),
            (&json!("hi @bob and @cy@c.example"), &json!("bob"))
        );
        let mut without = message.clone();
        without.as_object_mut().unwrap().shift_remove("mentions");
        assert_eq!(local_message(&without, &own()), Err(NotAList("mentions")));
        without["mentions"] = json!([]);
        without["channels"] = json!("x");
        assert_eq!(local_message(&without, &own()), Err(NotAList("channels")));
    }

    #[test]
    fn a_user_travels_with_its_members_in_the_recorded_order() {
        let user =
            LocalUser { id: "uBob".into(), username: "bob".into(), name: "Bob".into(), created: 1_600_000_000_000 };
        assert_eq!(
            user.in_answer(&own(), Release(4, 2, 0)).to_string(),
            r#"{"_id":"uBob","username":"bob@b.example","type":"user","emails":[{"address":"uBob@b.example"}],"name":"Bob","active":true,"roles":["user"],"status":"online","federation":{"origin":"b.example","originalInfo":{"email":"bob@b.example"}},"isRemote":false}"#
        );
        assert_eq!(
            user.in_event(&own(), boundary::NO_MAIL).to_string(),
            r#"{"_id":"uBob","username":"bob@b.example","type":"user","emails":[{"address":"uBob@b.example"}],"name":"Bob","createdAt":{"$date":1600000000000},"_updatedAt":{"$date":1600000000000},"active":true,"roles":["user"],"status":"online","federation":{"origin":"b.example","originalInfo":{"email":"uBob@b.example"}},"isRemote":false}"#
        );
        assert_eq!(direct_room("uB", "uA"), "uAuB");
    }
}
