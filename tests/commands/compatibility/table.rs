//! The table, compared with conversations between the releases.

use std::sync::Mutex;

use fedctl::rocketchat::compatibility::Direction;
use fedctl::rocketchat::promise::Promise;
use fedctl::rocketchat::quirks::Effect;

use super::Conversation;

/// One release of every span in which something differs, and some between.
const RELEASES: &[&str] = &[
    "1.3.5", "2.0.0", "2.4.14", "3.0.9", "3.0.10", "3.1.0", "3.2.0", "3.3.0", "3.4.0", "3.6.3", "3.18.7", "4.1.6",
    "4.2.0", "4.5.7", "5.3.0", "6.2.0", "6.3.0", "7.9.0",
];

/// Without faults of their own that others notice.
const GOOD_SENDER: &str = "4.5.7";

pub const GOOD_RECEIVER: &str = "5.3.0";

const LAST_OLD: &str = "1.3.5";

/// What no event carries in 2.x: there is nothing to send.
const WORDLESS: [Promise; 4] =
    [Promise::PublicChannel, Promise::BroadcastRoom, Promise::ReadReceipts, Promise::EncryptedRoom];

/// Holds one conversation and compares what was noticed with the table.
fn compare(from: &str, to: &str, wrong: &Mutex<Vec<String>>) {
    let Some(conversation) = Conversation::begin(from, to) else { return };
    let noticed = match from {
        LAST_OLD => conversation.hold_old(),
        _ => conversation.hold(),
    };
    for promise in Promise::ALL.into_iter().filter(|promise| from == LAST_OLD || !WORDLESS.contains(promise)) {
        let Some(noticed) = noticed.get(&promise) else { continue };
        let direction = Direction::of(promise, from.parse().unwrap(), to.parse().unwrap());
        if direction.effect() != Some(Effect::MayFail) && direction.works() != *noticed {
            let line = format!("{from} → {to} {promise:?}: the table says {:?}, noticed {noticed}", direction.effect());
            wrong.lock().unwrap().push(line);
        }
    }
}

/// Holds conversations three at a time.
fn compare_all(pairs: &[(&str, &str)]) {
    let (wrong, next) = (Mutex::new(Vec::new()), Mutex::new(pairs.iter()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let Some((from, to)) = next.lock().unwrap().next() else { break };
                    compare(from, to, &wrong);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_holds_for_every_receiver() {
    compare_all(&RELEASES.iter().map(|to| (GOOD_SENDER, *to)).collect::<Vec<_>>());
}

#[test]
fn the_table_holds_for_every_sender() {
    compare_all(&RELEASES.iter().map(|from| (*from, GOOD_RECEIVER)).collect::<Vec<_>>());
}

#[test]
fn the_table_holds_within_1_x() {
    // 1.0 and 1.1 call every peer by https, which these two do not speak.
    compare_all(&[("1.3.5", "1.3.5"), ("1.3.5", "1.2.4")]);
}
