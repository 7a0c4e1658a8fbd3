//! One file for each command: its arguments, and the function that calls the layers for it.

pub mod answer;
pub mod callback;
pub mod compatibility;
pub mod completions;
pub mod config;
pub mod configure;
pub mod confirm;
pub mod diff;
pub mod dns_check;
pub mod doctor;
pub mod domain_list;
pub mod drill;
pub mod envelope;
pub mod explain;
pub mod global;
pub mod handshake;
pub mod handshake_limit;
pub mod hub;
pub mod hub_client;
pub mod identity;
pub mod init;
pub mod key;
pub mod key_backup;
pub mod key_file;
pub mod keygen;
pub mod lab;
pub mod list;
pub mod log;
pub mod man;
pub mod mesh;
pub mod network;
pub mod proxy;
pub mod recent;
pub mod records;
pub mod register;
pub mod rotate;
pub mod serve;
pub mod status;
pub mod token_file;
pub mod upgrade;
pub mod watch;

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use global::Global;

use crate::check;
use crate::error::ExitStatus;
use crate::render::records::Format as RecordFormat;
use crate::render::report::{HUMAN, JSON, ReportFormat, Style};
use crate::report::{Details, Suppression};
use crate::settings::Settings;
use crate::severity::Severity;
use crate::term::Term;

/// What every command is given.
#[derive(Debug, Clone)]
pub struct Context {
    pub term: Term,
    /// The whole command line, for completions and man pages.
    pub command: clap::Command,
    /// The command that runs, with all its words, as in `hub lookup`.
    pub name: String,
    pub settings: Settings,
    /// The form of records that the settings name.
    pub record_format: Option<&'static RecordFormat>,
    /// How long to wait for one answer from the network.
    pub timeout: Duration,
    /// How long the DNS answers about one domain may take together.
    pub deadline: Duration,
    pub fail_on: Severity,
    /// The findings that do not count.
    pub suppress: Vec<Suppression>,
}

impl Context {
    /// Reads the configuration.
    pub fn new(term: Term, command: clap::Command, name: &str, global: &Global) -> anyhow::Result<Self> {
        let settings = Settings::load(global.config.as_deref())?;
        let record_format = record_format(&settings)?;
        if let Some(options) = global.suppress.iter().find(|options| check::find(&options.id).is_none()) {
            return Err(explain::unknown(&options.id));
        }
        Ok(Self {
            term,
            command,
            name: name.to_owned(),
            settings,
            record_format,
            timeout: global.timeout,
            deadline: global.deadline,
            fail_on: global.fail_on,
            suppress: global.suppress.clone(),
        })
    }

    /// The same with the settings of this file.
    pub fn with_settings(&self, file: &Path) -> anyhow::Result<Self> {
        let settings = Settings::load(Some(file))?;
        Ok(Self { record_format: record_format(&settings)?, settings, ..self.clone() })
    }

    /// How reports are written.
    pub fn style(&self) -> Style {
        let (verbose, quiet) = (self.term.verbosity(), self.term.is_quiet());
        Style { width: self.term.width, fail_on: self.fail_on, verbose, quiet }
    }

    /// How a result was found, when that is shown.
    pub fn details(&self, details: impl FnOnce() -> Details) -> Details {
        if self.term.is_verbose() { details() } else { Details::default() }
    }

    /// Runs a future on a runtime that lives as long as the command; commands without network never start one.
    pub fn block_on<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        self.block_on_threads(None, work)
    }

    /// The same with so many threads for tasks; else one for each core.
    pub fn block_on_threads<T>(
        &self,
        threads: Option<usize>,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        if let Some(threads) = threads {
            runtime.worker_threads(threads);
        }
        runtime.enable_all().build()?.block_on(work)
    }
}

/// The form that `provider` of the settings names.
fn record_format(settings: &Settings) -> anyhow::Result<Option<&'static RecordFormat>> {
    let Some(setting) = settings.setting("provider") else { return Ok(None) };
    let found = settings.provider.as_deref().map(records::format).transpose();
    found.with_context(|| format!("`provider` in {}", setting.place(0)))
}

/// The forms in which a small answer can be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON object with a `schema` number (docs/json.md).
    Json,
}

impl From<Format> for &'static ReportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Human => HUMAN,
            Format::Json => JSON,
        }
    }
}

/// `Clean` or `Problems`.
pub fn status(clean: bool) -> ExitStatus {
    if clean { ExitStatus::Clean } else { ExitStatus::Problems }
}
