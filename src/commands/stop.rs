//! How the commands that go on running are ended.

use crate::term::progress::SignalHandler;

/// Ctrl-C and SIGTERM, caught from the moment that this is made.
///
/// A server makes it before it says where it listens: anyone who reads that line may already send the signal.
pub struct Stop {
    handler: SignalHandler,
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
    #[cfg(windows)]
    signal: tokio::signal::windows::CtrlC,
}

impl Stop {
    #[cfg(unix)]
    pub fn catch() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
        Ok(Self { handler: SignalHandler::install(), signals })
    }

    #[cfg(windows)]
    pub fn catch() -> std::io::Result<Self> {
        let signal = tokio::signal::windows::ctrl_c()?;
        Ok(Self { handler: SignalHandler::install(), signal })
    }

    #[cfg(unix)]
    pub async fn requested(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        self.handler.keep();
    }

    #[cfg(windows)]
    pub async fn requested(&mut self) {
        self.signal.recv().await;
        self.handler.keep();
    }
}
