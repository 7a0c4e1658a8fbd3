//! `fedctl explain` and `fedctl checks`

use std::io::Read;

use anyhow::Context as _;
use clap::Args;

use super::{Context, Format};
use crate::check::{self, CHECKS};
use crate::error::{ExitStatus, hinted, meant};
use crate::file::read::{Typed, announce_input};
use crate::key::diagnosis::DefectKind;
use crate::render::{catalogue as render, log_line, releases};
use crate::rocketchat::log_line::{translate, translate_all};
use crate::rocketchat::release::Release;
use crate::rocketchat::status;

/// Bytes of a log that are looked at.
const LOG_MAX: usize = 16 << 20;

/// Explain a check, a release, a status or a log line
///
/// Shows the page of a check: what it looks at, what its findings mean for peers, how to fix them. For a defect of a key text,
/// such as split-records, shows what it is. For a release, such as 6.5.0, shows what it can do and its faults. For a status, such
/// as "Disabled, could not register with Hub", shows what it means in each release and what to do. Anything else is read as a
/// line of a server's log or an error from its screen: it prints the likely causes in order, and for each how to confirm it and
/// how to fix it. `journalctl -u rocketchat | fedctl explain -` reads a whole log.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl explain 6.5.0\n  fedctl explain \"Disabled, could not register with Hub\"\n  journalctl -u rocketchat | fedctl explain -"
)]
pub struct Explain {
    /// Id of a check, as reports and `fedctl checks` show it, a release, a status, or a line of a log; `-` reads a log from stdin
    #[arg(value_name = "ID|RELEASE|STATUS|LINE|-")]
    id: String,
    /// How to print it: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

/// List all checks
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl checks\n  fedctl checks --format json")]
pub struct Checks {
    /// How to print the list: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

impl Explain {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        if let Some(check) = check::find(&self.id) {
            cx.term.answer(match self.format {
                Format::Human => render::page(check.page, cx.term.width),
                Format::Json => render::page_json(check)?,
            })?;
            return Ok(ExitStatus::Clean);
        }
        if let Some(kind) = DefectKind::find(&self.id) {
            cx.term.answer(match self.format {
                Format::Human => render::defect(kind, cx.term.width),
                Format::Json => render::defect_json(kind)?,
            })?;
            return Ok(ExitStatus::Clean);
        }
        if let Some(release) = release(&self.id) {
            cx.term.answer(match self.format {
                Format::Human => releases::one(release, cx.term.width),
                Format::Json => releases::one_json(release)?,
            })?;
            return Ok(ExitStatus::Clean);
        }
        // A lone `-` is a status of 1.x too, but nobody asks for that.
        let statuses = if self.id == "-" { Vec::new() } else { status::find(&self.id) };
        if !statuses.is_empty() {
            cx.term.answer(match self.format {
                Format::Human => render::statuses(&statuses, cx.term.width),
                Format::Json => render::statuses_json(&statuses)?,
            })?;
            return Ok(ExitStatus::Clean);
        }
        let (found, others) = match self.id.as_str() {
            "-" => translate_all(&read_log()?),
            line => (translate(line).into_iter().collect(), 0),
        };
        if found.is_empty() {
            return Err(if !self.id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') || self.id == "-" {
                silent()
            } else {
                unknown(&self.id)
            });
        }
        cx.term.answer(match self.format {
            Format::Human => log_line::write(&found, others, cx.term.width),
            Format::Json => log_line::json(&found, others)?,
        })?;
        Ok(ExitStatus::Clean)
    }
}

/// A release, when the text is nothing else: two or three numbers with dots.
fn release(text: &str) -> Option<Release> {
    let is_number = text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| is_number)
}

/// The end of a log is what matters: of a longer one, the last part is read.
fn read_log() -> anyhow::Result<String> {
    let mut kept: Vec<u8> = Vec::new();
    let mut chunk = vec![0; 1 << 20];
    let _announced = announce_input("a log", Typed::Shown);
    let mut stdin = std::io::stdin().lock();
    loop {
        let read = stdin.read(&mut chunk).context("stdin cannot be read")?;
        if read == 0 {
            return Ok(String::from_utf8_lossy(&kept).into_owned());
        }
        kept.extend_from_slice(&chunk[..read]);
        let surplus = kept.len().saturating_sub(LOG_MAX);
        kept.drain(..surplus);
    }
}

fn silent() -> anyhow::Error {
    let hint = "raise the log level of the server, and look for the sections crypt, dns, http, client and Setup";
    hinted("no line about federation was recognised", hint)
}

/// No check has this id; names the nearest.
pub fn unknown(id: &str) -> anyhow::Error {
    let hint = match meant(id, CHECKS.iter().map(|check| check.id)) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "`fedctl checks` lists them".into(),
    };
    hinted(format!("there is no check `{}`", id.escape_debug()), hint)
}

impl Checks {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        cx.term.answer(match self.format {
            Format::Human => render::list(CHECKS, cx.term.width),
            Format::Json => render::list_json(CHECKS)?,
        })?;
        Ok(ExitStatus::Clean)
    }
}
