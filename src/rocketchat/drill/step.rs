//! The steps of a drill, in the order in which they are taken, and the releases that know what each of them sends.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::rocketchat::boundary;
use crate::rocketchat::promise::Promise;
use crate::rocketchat::quirks::{self, Quirk};
use crate::rocketchat::release::Release;

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The records of the drill domain lead to the drill.
    WayBack,
    /// The user is found by name.
    LookUp,
    /// A direct room with the user.
    DirectRoom,
    /// The events of the room once more, which must change nothing.
    SameAgain,
    /// A message that mentions the user.
    Message,
    ReactionOn,
    ReactionOff,
    Edit,
    /// The user's messages are read.
    ReadReceipt,
    /// A message with an image, which the peer must fetch.
    File,
    /// A message is withheld, and the peer must ask for it.
    Recovery,
    /// A private room with the user.
    PrivateRoom,
    /// The user joins the private room.
    Join,
    Mute,
    Unmute,
    DeleteMessage,
    /// The user leaves the private room and is added again.
    AddAgain,
    /// The user is removed from the room.
    Remove,
    /// The user of the drill leaves the room.
    Leave,
    DeleteRoom,
    /// A room in which only its owner can write.
    BroadcastRoom,
    PublicChannel,
    EncryptedRoom,
}

use Step::{
    AddAgain, BroadcastRoom, DeleteMessage, DeleteRoom, DirectRoom, Edit, EncryptedRoom, File, Join, Leave, LookUp,
    Message, Mute, PrivateRoom, PublicChannel, ReactionOff, ReactionOn, ReadReceipt, Recovery, Remove, SameAgain,
    Unmute, WayBack,
};

/// The steps with a server of version 2, and those that it has no events for.
const STEPS: &[Step] = &[
    WayBack,
    LookUp,
    DirectRoom,
    SameAgain,
    Message,
    ReactionOn,
    ReactionOff,
    Edit,
    File,
    Recovery,
    Mute,
    Unmute,
    DeleteMessage,
    Remove,
    Leave,
    DeleteRoom,
    ReadReceipt,
    BroadcastRoom,
    PublicChannel,
    EncryptedRoom,
];
/// The steps with a server of version 1, and those that it has no events for.
const OLD_STEPS: &[Step] = &[
    WayBack,
    LookUp,
    DirectRoom,
    SameAgain,
    Message,
    Edit,
    ReactionOn,
    ReactionOff,
    ReadReceipt,
    File,
    DeleteMessage,
    PrivateRoom,
    Join,
    Mute,
    Unmute,
    Leave,
    AddAgain,
    Remove,
    BroadcastRoom,
    Recovery,
    DeleteRoom,
    EncryptedRoom,
];

impl Step {
    /// The steps with a server of this protocol, in order.
    pub fn all(is_first_protocol: bool) -> &'static [Self] {
        if is_first_protocol { OLD_STEPS } else { STEPS }
    }

    /// As `--only` takes it.
    pub fn id(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Its name in reports.
    pub fn name(self) -> String {
        if self == LookUp { self.id() } else { self.id().replace('-', " ") }
    }

    /// The promise of the guide that it shows to hold.
    pub fn promise(self) -> Option<Promise> {
        Some(match self {
            WayBack | SameAgain | Join | AddAgain | Unmute => return None,
            LookUp => Promise::Invite,
            DirectRoom => Promise::Direct,
            PrivateRoom => Promise::PrivateRoom,
            PublicChannel => Promise::PublicChannel,
            BroadcastRoom => Promise::BroadcastRoom,
            EncryptedRoom => Promise::EncryptedRoom,
            Message => Promise::Message,
            Edit => Promise::Edit,
            DeleteMessage => Promise::Delete,
            ReactionOn => Promise::Reaction,
            ReactionOff => Promise::ReactionRemoval,
            Mute => Promise::Mute,
            ReadReceipt => Promise::ReadReceipts,
            File => Promise::Image,
            Recovery => Promise::Recovery,
            Leave => Promise::Leave,
            Remove => Promise::Remove,
            DeleteRoom => Promise::DeleteRoom,
        })
    }

    /// Why servers of this release have nothing like it.
    pub fn absence(self, release: Release) -> Option<&'static str> {
        let is_first = release < boundary::SECOND_PROTOCOL;
        match self {
            EncryptedRoom => Some("no release federates encrypted rooms"),
            ReadReceipt if !is_first => Some("exists in 1.x only: later releases send no receipts"),
            BroadcastRoom if !is_first => Some("exists in 1.x only: later releases send such a room as a private one"),
            PublicChannel => Some("servers refuse it from 2.0 on: `Channels cannot be federated`"),
            Recovery if is_first => Some("1.x has no request for lost events"),
            DeleteRoom if is_first => Some("1.x has no event that deletes a room"),
            _ => None,
        }
    }

    /// The steps that must be taken before it.
    pub fn needs(self) -> &'static [Self] {
        match self {
            WayBack => &[],
            LookUp => &[WayBack],
            DirectRoom | PrivateRoom | BroadcastRoom => &[LookUp],
            ReactionOff => &[ReactionOn],
            ReactionOn | Edit | DeleteMessage => &[Message],
            SameAgain | Message | ReadReceipt | File | Recovery | Remove | Leave | DeleteRoom => &[DirectRoom],
            Mute => &[DirectRoom],
            Unmute => &[Mute],
            Join => &[PrivateRoom],
            AddAgain => &[Leave],
            PublicChannel | EncryptedRoom => &[],
        }
    }

    /// The same in version 1, where members are changed in the private room.
    fn old_needs(self) -> &'static [Self] {
        match self {
            Mute | Leave => &[PrivateRoom],
            Remove => &[AddAgain],
            other => other.needs(),
        }
    }

    /// The steps that were chosen, with those that they need; all of them when none was chosen.
    pub fn chosen(only: &[Self], is_first_protocol: bool) -> Vec<Self> {
        let all = Self::all(is_first_protocol);
        if only.is_empty() {
            return all.to_vec();
        }
        let mut chosen = only.to_vec();
        let mut at = 0;
        while let Some(step) = chosen.get(at).copied() {
            let needs = if is_first_protocol { step.old_needs() } else { step.needs() };
            chosen.extend(needs.iter().filter(|needed| !chosen.contains(needed)).copied().collect::<Vec<_>>());
            at += 1;
        }
        all.iter().filter(|step| chosen.contains(step)).copied().collect()
    }

    /// The fault of a release that makes it fail.
    pub fn quirk(self, release: Release) -> Option<&'static Quirk> {
        let quirk = match self {
            File | Recovery => &quirks::SENDING_BROKEN,
            Leave => &quirks::LEAVE,
            LookUp => &quirks::CLOSED,
            _ => &quirks::ADD_USER_HANDLER,
        };
        quirk.is_in(release).then_some(quirk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_step_brings_what_it_needs_in_order() {
        assert_eq!(
            Step::chosen(&[ReactionOff], false),
            [WayBack, LookUp, DirectRoom, Message, ReactionOn, ReactionOff]
        );
        assert_eq!(Step::chosen(&[Unmute, File], false), [WayBack, LookUp, DirectRoom, File, Mute, Unmute]);
        let removed = [WayBack, LookUp, PrivateRoom, Leave, AddAgain, Remove];
        assert_eq!(Step::chosen(&[Remove], true), removed);
        assert_eq!(Step::chosen(&[], true), OLD_STEPS);
    }

    #[test]
    fn every_step_has_its_place_and_what_it_needs_comes_before_it() {
        for old in [false, true] {
            let all = Step::all(old);
            for (at, step) in all.iter().enumerate() {
                let needs = if old { step.old_needs() } else { step.needs() };
                for needed in needs {
                    let before = all.iter().position(|other| other == needed).unwrap();
                    assert!(before < at, "{} before {}", needed.name(), step.name());
                }
            }
        }
        assert!(Step::value_variants().iter().all(|step| STEPS.contains(step) || OLD_STEPS.contains(step)));
        assert_eq!(DeleteMessage.name(), "delete message");
    }

    #[test]
    fn what_a_release_does_not_have_is_named() {
        let absent = |release: &str| {
            let release: Release = release.parse().unwrap();
            let is_first = release < boundary::SECOND_PROTOCOL;
            let all = Step::all(is_first).iter().filter(|step| step.absence(release).is_some());
            all.copied().collect::<Vec<_>>()
        };
        assert_eq!(absent("1.3.5"), [Recovery, DeleteRoom, EncryptedRoom]);
        assert_eq!(absent("3.18.7"), [ReadReceipt, BroadcastRoom, PublicChannel, EncryptedRoom]);
    }
}
