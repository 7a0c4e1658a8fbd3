//! The log of commands that go on running: lines on stderr.

use std::io::{self, Write};

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::term::Term;
use crate::text::log_line;

/// `--log-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

impl LogFormat {
    /// Starts the log. RUST_LOG wins; else -v shows more and --quiet less.
    pub fn start(self, term: &Term) -> anyhow::Result<()> {
        self.start_with(match (term.is_quiet(), term.is_verbose()) {
            (true, _) => "warn",
            (_, true) => "warn,fedctl=debug",
            _ => "warn,fedctl=info",
        })
    }

    /// Starts the log with these filter directives, unless RUST_LOG has others.
    pub fn start_with(self, level: &str) -> anyhow::Result<()> {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
        let writer = move || Lines { is_json: self == Self::Json };
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_target(false);
        let started = match self {
            Self::Text => log.with_ansi(false).try_init(),
            Self::Json => log.json().flatten_event(true).try_init(),
        };
        started.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
    }
}

/// Writes each event as one line to stderr, through the filter: a client has put parts of it there.
struct Lines {
    is_json: bool,
}

impl Write for Lines {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr().write_all(log_line(&String::from_utf8_lossy(event), self.is_json).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
