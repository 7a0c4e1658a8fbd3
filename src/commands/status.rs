//! `fedctl status`

use std::path::{Path, PathBuf};

use clap::Args;

use super::key_file::read_key;
use super::network::now;
use super::recent::Recent;
use super::{Context, Format};
use crate::error::{ExitStatus, hinted};
use crate::key::{PrivateKey, PublicKey};
use crate::render::status::{self as render, KeyState, Shown};

/// Show the setup, what was last found, and what to type next
///
/// Uses no network: reads the settings, the key file, and what earlier runs of fedctl have found (a file in the user's state
/// directory). Exit status 0.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl status\n  fedctl status --format json")]
pub struct Status {
    /// How to print it: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

impl Status {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let settings = &cx.settings;
        let shown = Shown {
            file: settings.file.as_ref().map(|path| path.display().to_string()),
            domain: settings.domain.as_ref().map(|domain| domain.to_string()),
            target: settings.target.as_ref().map(|target| target.to_string()),
            release: settings.release.map(|release| release.to_string()),
            key: settings.key.as_ref().map(|path| (path.display().to_string(), state(path))),
            runs: Recent::read().runs.iter().map(line).collect(),
            now: now(),
        };
        cx.term.answer(match self.format {
            Format::Human => render::human(&shown, cx.term.width),
            Format::Json => render::json(&shown)?,
        })?;
        Ok(ExitStatus::Clean)
    }
}

fn line(run: &super::recent::Run) -> render::Line {
    render::Line {
        command: run.command.clone(),
        subject: run.subject.clone(),
        time: run.time,
        errors: run.errors,
        warnings: run.warnings,
        worst: run.worst.clone(),
    }
}

/// The key without any question: of an encrypted one, the public file beside it.
fn state(path: &Path) -> KeyState {
    let public = |text: &str| match text.contains("PRIVATE KEY-----") {
        true => PrivateKey::from_text(text, || Err(hinted("encrypted", ""))).map(|key| key.public().clone()),
        false => PublicKey::from_pem(text).map_err(anyhow::Error::from),
    };
    let read = |path: PathBuf| read_key(&path).and_then(|text| public(&text));
    if !path.exists() {
        return KeyState::Missing;
    }
    match read(path.to_owned()).or_else(|_| read(path.with_extension("pub"))) {
        Ok(key) => KeyState::Known { bits: key.bits(), fingerprint: key.fingerprint().to_string() },
        Err(_) => KeyState::Unreadable,
    }
}
