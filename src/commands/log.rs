//! The log of commands that go on running: lines on stderr.

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::term::Term;

/// `--log-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

impl LogFormat {
    /// Starts the log. RUST_LOG wins; else -v shows more and --quiet less.
    pub fn start(self, term: &Term) -> anyhow::Result<()> {
        let level = match (term.is_quiet(), term.is_verbose()) {
            (true, _) => "warn",
            (_, true) => "warn,fedctl=debug",
            _ => "warn,fedctl=info",
        };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
        let started = match self {
            Self::Text => log.with_ansi(false).try_init(),
            Self::Json => log.json().flatten_event(true).try_init(),
        };
        started.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
    }
}
