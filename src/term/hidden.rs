//! What is typed into the terminal without being shown there: tokens, passphrases and keys. The terminal is as before when the input
//! ends, and when a signal ends fedctl.

#[cfg(unix)]
use std::io;
#[cfg(unix)]
use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The modes of the terminal before its echo was switched off.
#[cfg(unix)]
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// What of a hidden text is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Nothing,
    /// The cursor goes to the next line after Enter.
    LineEnd,
}

/// For as long as this exists, nothing that is typed is shown.
#[derive(Debug)]
pub struct Hidden(());

impl Hidden {
    /// Switches the echo of the terminal on standard input off; `None` when there is none.
    #[cfg(unix)]
    pub fn start(but: Shown) -> Option<Self> {
        let mut held = held();
        let before = tcgetattr(io::stdin()).ok()?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO);
        modes.local_modes.set(LocalModes::ECHONL, but == Shown::LineEnd);
        tcsetattr(io::stdin(), OptionalActions::Now, &modes).ok()?;
        *held = Some(before);
        Some(Self(()))
    }

    #[cfg(not(unix))]
    pub fn start(_: Shown) -> Option<Self> {
        None
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        show();
    }
}

#[cfg(unix)]
fn held() -> MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Switches the echo on again, if it was switched off here.
#[cfg(unix)]
pub(super) fn show() {
    if let Some(before) = held().take() {
        // A terminal that is gone shows nothing.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
}

#[cfg(not(unix))]
pub(super) fn show() {}
