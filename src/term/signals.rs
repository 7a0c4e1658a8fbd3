//! Ctrl-C and SIGTERM. One thread receives them and decides what each does: commands that wait for one end by themselves, and
//! otherwise the terminal is restored, the line for progress is removed and fedctl ends.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The commands that end by themselves after a signal.
static WAITING: Mutex<Vec<Arc<Notify>>> = Mutex::new(Vec::new());

fn waiting() -> MutexGuard<'static, Vec<Arc<Notify>>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ctrl-C and SIGTERM, caught from the moment that this is made until it is dropped. When one has come, they are caught until fedctl
/// ends: what was done so far is reported, and no further signal prevents it.
///
/// A server makes it before it says where it listens: anyone who reads that line may already send the signal.
#[derive(Debug)]
pub struct Stop {
    request: Arc<Notify>,
    has_come: bool,
}

impl Stop {
    pub fn catch() -> std::io::Result<Self> {
        receive()?;
        let request = Arc::new(Notify::new());
        waiting().push(request.clone());
        Ok(Self { request, has_come: false })
    }

    /// Waits for a signal; one that has come already counts.
    pub async fn requested(&mut self) {
        self.request.notified().await;
        self.has_come = true;
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        if !self.has_come {
            waiting().retain(|request| !Arc::ptr_eq(request, &self.request));
        }
    }
}

/// Passes a signal on to the commands that wait for one; true when there are any.
fn is_passed_on() -> bool {
    let waiting = waiting();
    waiting.iter().for_each(|request| request.notify_one());
    !waiting.is_empty()
}

/// Receives signals from now on.
#[cfg(unix)]
pub(super) fn receive() -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    static RECEIVED: Mutex<bool> = Mutex::new(false);
    let mut received = RECEIVED.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::replace(&mut received, true) {
        return Ok(());
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for signal in signals.forever().filter(|_| !is_passed_on()) {
            super::hidden::show();
            let _ = super::progress::cleared(|| emulate_default_handler(signal));
        }
    });
    Ok(())
}

/// Elsewhere than on Unix, the system ends fedctl.
#[cfg(not(unix))]
pub(super) fn receive() -> std::io::Result<()> {
    Ok(())
}
