//! Who and what takes part in a drill: its user, the peer's user, and an identifier for each thing that is made.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dns::name::Domain;
use crate::rocketchat::events::identifier;
use crate::rocketchat::events::resource::{LocalUser, direct_room};

/// The user of the peer, as the peer answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guest {
    pub id: String,
    /// With its domain.
    pub username: String,
    pub name: String,
    /// The member `federation` of the answer.
    pub federation: Value,
}

impl Guest {
    /// Reads a user of version 2.
    pub fn read(user: &Value) -> Option<Self> {
        Self::of(user, user.get("_id")?.as_str()?)
    }

    /// Reads a user of version 1, whose identifier at home is below `federation`.
    pub fn read_old(user: &Value) -> Option<Self> {
        Self::of(user, user.pointer("/federation/_id")?.as_str()?)
    }

    fn of(user: &Value, id: &str) -> Option<Self> {
        let username = user.get("username")?.as_str()?.to_owned();
        let name = user.get("name").and_then(Value::as_str).unwrap_or(&username).to_owned();
        let federation = user.get("federation").cloned().unwrap_or_default();
        Some(Self { id: id.to_owned(), username, name, federation })
    }

    /// As it leaves another server in an event of version 2.
    pub fn in_event(&self, own: &Domain, time: i64) -> Value {
        json!({
            "_id": self.id, "username": self.username, "type": "user",
            "emails": [{"address": format!("{}@{own}", self.id)}], "name": self.name, "federation": self.federation,
            "isRemote": true, "_updatedAt": {"$date": time}, "active": true, "roles": ["user"], "status": "online",
        })
    }
}

/// Everything that a drill names. All identifiers but that of the guest are the drill's, and nobody can guess them.
#[derive(Debug, Clone, PartialEq)]
pub struct Cast {
    pub own: Domain,
    pub peer: Domain,
    pub user: LocalUser,
    pub guest: Guest,
    /// The direct room.
    pub room: String,
    /// The room of a 1.x drill that is not direct, and its broadcast room.
    pub other_rooms: [String; 2],
    pub subscriptions: [String; 2],
    /// A message that is edited, reacted to and deleted.
    pub message: String,
    pub file_message: String,
    pub upload: String,
    /// The withheld message, and the one after it.
    pub lost: [String; 2],
}

impl Cast {
    /// The identifiers of one drill. Those of the user and of its direct room are the same in every drill with this secret, so
    /// that a second drill meets its own user and no name is taken twice.
    pub fn new(own: &Domain, peer: &Domain, guest: Guest, username: &str, secret: &str) -> Self {
        let derived = |what: &str| identifier::stable(&format!("{secret} {own} {what}"));
        let user = LocalUser {
            id: derived(username),
            username: username.to_owned(),
            name: format!("{username} drill"),
            // 2020-01-01T00:00:00Z
            created: 1_577_836_800_000,
        };
        let room = direct_room(&user.id, &guest.id);
        let subscriptions = [&user.id, &guest.id].map(|of| derived(&format!("{room} {of}")));
        let [message, file_message, upload, lost, late, other, broadcast] =
            std::array::from_fn(|_| identifier::random());
        Self {
            own: own.clone(),
            peer: peer.clone(),
            user,
            guest,
            room,
            other_rooms: [other, broadcast],
            subscriptions,
            message,
            file_message,
            upload,
            lost: [lost, late],
        }
    }

    /// The user's name with its domain.
    pub fn full_name(&self) -> String {
        format!("{}@{}", self.user.username, self.own)
    }
}

/// The image that the peer fetches: a square of one colour.
pub const IMAGE: &[u8] = include_bytes!("image.png");
/// Its name.
pub const IMAGE_NAME: &str = "fedctl-drill.png";
/// Its type.
pub const IMAGE_TYPE: &str = "image/png";

/// The document of the image, as the collection of uploads holds it.
pub fn upload_document(cast: &Cast, time: i64) -> Value {
    json!({
        "_id": cast.upload, "name": IMAGE_NAME, "type": IMAGE_TYPE, "size": IMAGE.len(), "rid": cast.room,
        "userId": cast.user.id, "complete": true, "uploading": false, "extension": "png", "progress": 1,
        "uploadedAt": {"$date": time},
    })
}

/// The members of a message with the image.
pub fn with_image(mut message: Value, cast: &Cast) -> Value {
    let link = format!("/file-upload/{}/{IMAGE_NAME}", cast.upload);
    message["file"] = json!({"_id": cast.upload, "name": IMAGE_NAME, "type": IMAGE_TYPE});
    message["attachments"] = json!([{
        "title": IMAGE_NAME, "type": "file", "title_link": link, "title_link_download": true, "image_url": link,
        "image_type": IMAGE_TYPE, "image_size": IMAGE.len(),
    }]);
    message
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn cast() -> Cast {
        let user =
            json!({"_id": "uBob", "username": "bob@b.example", "name": "Bob", "federation": {"origin": "b.example"}});
        let guest = Guest::read(&user).unwrap();
        Cast::new(&"d.example".parse().unwrap(), &"b.example".parse().unwrap(), guest, "fedctl", "secret")
    }

    #[test]
    fn a_second_drill_meets_its_own_user_and_names_nothing_else_twice() {
        let (one, other) = (cast(), cast());
        assert_eq!((&one.user, &one.room, &one.subscriptions), (&other.user, &other.room, &other.subscriptions));
        assert!(one.message != other.message && one.upload != other.upload && one.lost != other.lost);
        assert_eq!(one.room, direct_room(&one.user.id, "uBob"));
        assert_eq!(one.user.id.len(), 17);
    }
}
