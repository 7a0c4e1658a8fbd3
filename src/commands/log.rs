//! The log of commands that go on running: lines on stderr.

use std::io::{self, Write};

use clap::ValueEnum;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt};

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
        let wanted = std::env::var("RUST_LOG").ok().and_then(|wanted| wanted.parse().ok());
        let filter: Targets = wanted.map_or_else(|| level.parse(), Ok)?;
        let writer = move || Lines { is_json: self == Self::Json };
        let log = fmt::layer().with_writer(writer).with_target(false);
        let log = match self {
            Self::Text => log.with_ansi(false).boxed(),
            Self::Json => log.json().flatten_event(true).boxed(),
        };
        let started = Registry::default().with(log.with_filter(filter)).try_init();
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
