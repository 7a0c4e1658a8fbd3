//! What the guide of the federation promises to users, one entry for each thing that can work on its own.

use serde::Serialize;

/// One thing that people do between two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    Invite,
    Direct,
    PrivateRoom,
    PublicChannel,
    BroadcastRoom,
    Message,
    Edit,
    Delete,
    Reaction,
    ReactionRemoval,
    Mute,
    ReadReceipts,
    Image,
    OtherFile,
    Recovery,
    ThirdServer,
    Leave,
    Remove,
    DeleteRoom,
    EncryptedRoom,
}

impl Promise {
    /// All of them, in the order of the guide and then of a conversation.
    pub const ALL: [Self; 20] = [
        Self::Invite,
        Self::Direct,
        Self::PrivateRoom,
        Self::PublicChannel,
        Self::BroadcastRoom,
        Self::Message,
        Self::Edit,
        Self::Delete,
        Self::Reaction,
        Self::ReactionRemoval,
        Self::Mute,
        Self::ReadReceipts,
        Self::Image,
        Self::OtherFile,
        Self::Recovery,
        Self::ThirdServer,
        Self::Leave,
        Self::Remove,
        Self::DeleteRoom,
        Self::EncryptedRoom,
    ];

    /// What is sent as single events, each of which needs the ones before it; the deletion of a room needs none.
    pub const EVENTS: &'static [Self] = &[
        Self::Message,
        Self::Edit,
        Self::Delete,
        Self::Reaction,
        Self::ReactionRemoval,
        Self::Mute,
        Self::Image,
        Self::OtherFile,
        Self::Recovery,
        Self::ThirdServer,
        Self::Leave,
        Self::Remove,
    ];

    /// What takes a request of the receiver to the sender before it is done.
    pub const ASKED_BACK: &'static [Self] = &[Self::Image, Self::OtherFile, Self::Recovery, Self::ThirdServer];

    /// Rooms that begin with the users of both servers.
    pub const ROOMS: &'static [Self] = &[Self::Direct, Self::PrivateRoom];

    /// What people do, as the heading of a row.
    pub fn title(self) -> &'static str {
        match self {
            Self::Invite => "find and invite users",
            Self::Direct => "direct chats",
            Self::PrivateRoom => "private rooms",
            Self::PublicChannel => "public channels",
            Self::BroadcastRoom => "broadcast rooms",
            Self::Message => "messages and mentions",
            Self::Edit => "edited messages",
            Self::Delete => "deleted messages",
            Self::Reaction => "reactions",
            Self::ReactionRemoval => "removed reactions",
            Self::Mute => "mute and unmute",
            Self::ReadReceipts => "read receipts",
            Self::Image => "images",
            Self::OtherFile => "other files",
            Self::Recovery => "recovery of lost events",
            Self::ThirdServer => "a third server joins",
            Self::Leave => "a user leaves",
            Self::Remove => "a user is removed",
            Self::DeleteRoom => "a room is deleted",
            Self::EncryptedRoom => "encrypted rooms",
        }
    }
}
