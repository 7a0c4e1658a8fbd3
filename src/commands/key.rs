//! `fedctl key inspect`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use super::key_backup::{Backup, Restore};
use super::key_file::{PassphraseArgs, read_bytes, read_public};
use super::{Context, Format, status};
use crate::error::ExitStatus;
use crate::key::diagnosis::{self, paste};
use crate::render::key as render;

/// Inspect keys
#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    Inspect(Inspect),
    Backup(Backup),
    Restore(Restore),
}

/// Say whether a text is the public key that it should be
///
/// Reads any text that should be a federation public key: the value of a TXT record, the setting on the server's screen, or
/// whole lines of dig, host, nslookup or a zone file, with one record or several. Names every injury, tells what a server
/// makes of it, and prints the repaired value when it can be recovered and proven. Exit 0 when it is exactly what a server
/// would publish, 1 when it is not. docs/autopsy.md lists the injuries.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl key inspect federation.pub\n  pbpaste | fedctl key inspect -")]
struct Inspect {
    /// File to read; `-` is stdin
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Compare with this key file, private or public
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// How to print the result: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

impl Key {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        match &self.command {
            KeyCommand::Inspect(args) => args.run(cx),
            KeyCommand::Backup(args) => args.run(cx),
            KeyCommand::Restore(args) => args.run(cx),
        }
    }
}

impl Inspect {
    fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let expected = match &self.key {
            Some(path) => Some(read_public(path, &self.passphrase, &cx.term)?),
            None => None,
        };
        let bytes = read_bytes(&self.file)?;
        // A final line end belongs to the file, not to the value.
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let pasted = std::str::from_utf8(text).ok().and_then(paste::read);
        let (mut diagnosis, value, read_as) = match pasted {
            Some(pasted) => (pasted.examine(), Zeroizing::new(pasted.value()), Some(pasted.to_string())),
            None => (diagnosis::examine(text), Zeroizing::new(text.to_vec()), None),
        };
        let difference = expected.as_ref().and_then(|expected| diagnosis.compare(&value, expected));
        let inspected =
            render::Inspected { text: &value, read_as, diagnosis: &diagnosis, expected: expected.as_ref(), difference };
        cx.term.answer(match self.format {
            Format::Human => render::inspected(&inspected, cx.term.width),
            Format::Json => render::inspected_json(&inspected)?,
        })?;
        Ok(status(inspected.is_good()))
    }
}
