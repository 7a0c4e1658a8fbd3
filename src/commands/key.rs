//! `fedctl key inspect`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use super::Context;
use super::answer::ReportArgs;
use super::key_backup::{Backup, Restore};
use super::key_file::{PassphraseArgs, read_public};
use crate::check::key_inspection::{self, Inspected};
use crate::check::{details, key_file};
use crate::error::ExitStatus;
use crate::file::read;
use crate::key::PublicKey;
use crate::key::diagnosis::{self, DefectKind, paste};
use crate::render::key as render;
use crate::render::report::{JSON, ReportFormat, Style, write};
use crate::report::{Line, Report, Verdict};

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

/// Check a text that should be a public key
///
/// Reads any text that should be a federation public key: the value of a TXT record, the setting on the server's screen, or
/// whole lines of dig, host, nslookup or a zone file, with one record or several. Names every defect and how servers
/// interpret the text, and prints the repaired value when it can be recovered and verified. docs/key-diagnosis.md lists the
/// defects.
///
/// Exit status: 0 when servers accept the text as the right key, 1 when it has a defect of severity error (see --fail-on), 2
/// when the text cannot be read.
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
    #[command(flatten)]
    report: ReportArgs,
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
        let bytes = read::bytes(&self.file, &read::PASTED)?;
        // A final line end belongs to the file, not to the value.
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if !self.is_stdin() && bytes.starts_with(PRIVATE_BEGIN) && has_private_armour(&bytes) {
            return self.own_file(cx, expected.as_ref());
        }
        let pasted = std::str::from_utf8(text).ok().and_then(paste::read);
        let (mut diagnosis, value, read_as) = match pasted {
            Some(pasted) => (pasted.examine(), Zeroizing::new(pasted.value()), Some(pasted.to_string())),
            None => (diagnosis::examine(text), Zeroizing::new(text.to_vec()), None),
        };
        let difference = expected.as_ref().and_then(|expected| diagnosis.compare(&value, expected));
        let inspected =
            Inspected { length: value.len(), read_as, diagnosis: &diagnosis, expected: expected.as_ref(), difference };
        let mut report = self.judged(&inspected);
        report.details = cx.details(|| details::inspected(&inspected, &value));
        self.report
            .answer_with(cx, Ok(vec![report]), |format, reports, style| shown(format, reports, style, &inspected))
    }

    /// A file with a private key is a key file, and no text that somebody has published: its public half is judged.
    fn own_file(&self, cx: &Context, expected: Option<&PublicKey>) -> anyhow::Result<ExitStatus> {
        let line = read_public(&self.file, &self.passphrase, &cx.term)?.one_line();
        let mut diagnosis = diagnosis::examine(line.as_bytes());
        let difference = expected.and_then(|expected| diagnosis.compare(line.as_bytes(), expected));
        let read_as = Some("the public half of a private key file".to_owned());
        let inspected = Inspected { length: line.len(), read_as, diagnosis: &diagnosis, expected, difference };
        let mut report = self.judged(&inspected);
        report.details = cx.details(|| details::inspected(&inspected, line.as_bytes()));
        let note = "contains the private key: keep it secret, and publish its public half only".to_owned();
        report.pass_summary = "contains a key pair whose public half can be published".into();
        report.lines.insert(0, Line { id: key_file::CHECK.id, minor: false, verdict: Verdict::Pass { note } });
        self.report
            .answer_with(cx, Ok(vec![report]), |format, reports, style| shown(format, reports, style, &inspected))
    }

    fn judged(&self, inspected: &Inspected) -> Report {
        let read_as = inspected.read_as.as_ref().map(|read_as| format!("read as {read_as}"));
        let hash = inspected.key().map(|key| format!("sha256 {}", key.fingerprint()));
        let secret = inspected.diagnosis.has(DefectKind::PrivateKey);
        Report {
            subject: if self.is_stdin() { "standard input".into() } else { self.file.display().to_string() },
            about: read_as.into_iter().chain(hash).collect::<Vec<_>>().join("; "),
            pass_summary: "can be published as a key".into(),
            fail_summary: if secret { "must never be published" } else { "is not what a server would publish" }.into(),
            lines: key_inspection::judge(inspected),
            ..Report::default()
        }
    }

    fn is_stdin(&self) -> bool {
        self.file.as_os_str() == "-"
    }
}

/// What a key file begins with.
const PRIVATE_BEGIN: &[u8] = b"-----BEGIN ";

/// True when the file is in the armour of a private key.
fn has_private_armour(bytes: &[u8]) -> bool {
    let first = &bytes[..bytes.len().min(64)];
    String::from_utf8_lossy(first).split("-----").nth(1).is_some_and(|label| label.ends_with("PRIVATE KEY"))
}

/// The report; as JSON with what was found out about the key.
fn shown(format: &ReportFormat, reports: &[Report], style: Style, inspected: &Inspected) -> anyhow::Result<String> {
    let text = write(format, reports, style)?;
    if format != JSON {
        return Ok(text);
    }
    let mut document: serde_json::Value = serde_json::from_str(&text)?;
    document["key"] = render::inspected(inspected);
    render::pretty(&document)
}
