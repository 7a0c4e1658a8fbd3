//! The types of events of both versions: their names, and the members that each holds.

use crate::rocketchat::boundary;
use crate::rocketchat::release::Release;

/// A type of version 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Ping,
    Genesis,
    AddUser,
    RemoveUser,
    UserLeft,
    Message,
    EditMessage,
    DeleteMessage,
    SetReaction,
    UnsetReaction,
    MuteUser,
    UnmuteUser,
    DeleteRoom,
}

impl Kind {
    /// Every type that some release sends.
    pub const ALL: [Self; 13] = [
        Self::Ping,
        Self::Genesis,
        Self::AddUser,
        Self::RemoveUser,
        Self::UserLeft,
        Self::Message,
        Self::EditMessage,
        Self::DeleteMessage,
        Self::SetReaction,
        Self::UnsetReaction,
        Self::MuteUser,
        Self::UnmuteUser,
        Self::DeleteRoom,
    ];

    /// As it is in `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Genesis => "genesis",
            Self::AddUser => "room_add_user",
            Self::RemoveUser => "room_remove_user",
            Self::UserLeft => "room_user_left",
            Self::Message => "room_message",
            Self::EditMessage => "room_edit_message",
            Self::DeleteMessage => "room_delete_message",
            Self::SetReaction => "room_set_message_reaction",
            Self::UnsetReaction => "room_unset_message_reaction",
            Self::MuteUser => "room_mute_user",
            Self::UnmuteUser => "room_unmute_user",
            Self::DeleteRoom => "room_delete",
        }
    }

    /// The type of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The members of `data`, in the order in which servers write them.
    pub fn members(self) -> &'static [&'static str] {
        match self {
            Self::Ping => &[],
            Self::Genesis => &["contextType", "room"],
            Self::AddUser => &["roomId", "user", "subscription", "domainsAfterAdd"],
            Self::RemoveUser => &["roomId", "user", "domainsAfterRemoval"],
            Self::UserLeft => &["roomId", "user", "domainsAfterLeave"],
            Self::Message | Self::EditMessage => &["message"],
            Self::DeleteMessage => &["roomId", "messageId"],
            Self::SetReaction | Self::UnsetReaction => &["roomId", "messageId", "username", "reaction"],
            Self::MuteUser | Self::UnmuteUser => &["roomId", "user"],
            Self::DeleteRoom => &["roomId"],
        }
    }

    /// A member that the first events of a room do not have.
    pub fn is_optional(self, member: &str) -> bool {
        self == Self::AddUser && member == "domainsAfterAdd"
    }

    /// True when receivers store it before they apply it, and name it as a parent afterwards.
    pub fn is_stored(self) -> bool {
        !matches!(self, Self::Ping | Self::DeleteRoom)
    }

    /// The first release that sends it.
    pub fn since(self) -> Release {
        match self {
            Self::UserLeft => boundary::USER_LEFT,
            // Both were written for 2.0.0, where the function that sends them is not imported.
            Self::DeleteRoom => boundary::ADD_USER_FIXED,
            Self::UnsetReaction => boundary::TCP_NAME,
            _ => boundary::SECOND_PROTOCOL,
        }
    }
}

/// A type of version 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OldKind {
    Ping,
    DirectRoom,
    Room,
    UserJoined,
    UserAdded,
    UserLeft,
    UserRemoved,
    UserMuted,
    UserUnmuted,
    Message,
    EditMessage,
    DeleteMessage,
    Read,
    SetReaction,
    UnsetReaction,
}

impl OldKind {
    /// Every type, in the order of the server's own list.
    pub const ALL: [Self; 15] = [
        Self::Ping,
        Self::DirectRoom,
        Self::Room,
        Self::UserJoined,
        Self::UserAdded,
        Self::UserLeft,
        Self::UserRemoved,
        Self::UserMuted,
        Self::UserUnmuted,
        Self::Message,
        Self::EditMessage,
        Self::DeleteMessage,
        Self::Read,
        Self::SetReaction,
        Self::UnsetReaction,
    ];

    /// As it is in `t`, and the members of `payload` in their order.
    fn row(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Ping => ("png", &[]),
            Self::DirectRoom => ("drc", &["room", "owner", "users"]),
            Self::Room => ("roc", &["room", "owner", "users"]),
            Self::UserJoined => ("usj", &["federated_room_id", "user"]),
            Self::UserAdded => ("usa", &["federated_room_id", "federated_inviter_id", "user"]),
            Self::UserLeft => ("usl", &["federated_room_id", "federated_user_id"]),
            Self::UserRemoved => ("usr", &["federated_room_id", "federated_user_id", "federated_removed_by_user_id"]),
            Self::UserMuted => ("usm", &["federated_room_id", "federated_user_id", "federated_muted_by_user_id"]),
            Self::UserUnmuted => ("usu", &["federated_room_id", "federated_user_id", "federated_unmuted_by_user_id"]),
            Self::Message => ("msc", &["message"]),
            Self::EditMessage => ("msu", &["message", "federated_user_id"]),
            Self::DeleteMessage => ("msd", &["federated_message_id"]),
            Self::Read => ("msr", &["federated_room_id", "federated_user_id"]),
            Self::SetReaction => {
                ("mrs", &["federated_room_id", "federated_message_id", "federated_user_id", "reaction", "shouldReact"])
            }
            Self::UnsetReaction => {
                ("mru", &["federated_room_id", "federated_message_id", "federated_user_id", "reaction", "shouldReact"])
            }
        }
    }

    /// As it is in `t`.
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The members of `payload`, in the order in which servers write them.
    pub fn members(self) -> &'static [&'static str] {
        self.row().1
    }

    /// The type of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_leads_back_to_its_type() {
        assert!(Kind::ALL.into_iter().all(|kind| Kind::of(kind.as_str()) == Some(kind)));
        assert!(OldKind::ALL.into_iter().all(|kind| OldKind::of(kind.as_str()) == Some(kind)));
        assert_eq!((Kind::of("png"), OldKind::of("ping")), (None, None));
    }
}
