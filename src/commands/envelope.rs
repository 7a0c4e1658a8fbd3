//! `fedctl envelope`

use std::path::{Path, PathBuf};

use super::Context;
use super::key_file::{PassphraseArgs, read_private, read_public};
use crate::error::{ExitStatus, hinted};
use crate::file::read;
use crate::key::{PrivateKey, PublicKey};
use crate::render::envelope as render;
use crate::rocketchat::body::Wire;
use crate::rocketchat::envelope;
use clap::{Args, Subcommand};

/// Encrypt or decrypt one message as servers do
///
/// Every event travels in two layers: encrypted for the recipient, and around that signed by the sender. These commands make
/// and undo both, so that a body from a log or a packet trace can be read. Messages go from stdin to stdout.
#[derive(Debug, Args)]
pub struct Envelope {
    #[command(subcommand)]
    command: EnvelopeCommand,
}

#[derive(Debug, Subcommand)]
enum EnvelopeCommand {
    Seal(Seal),
    Open(Open),
}

#[derive(Debug, Args)]
struct Keys {
    /// Your private key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The public key of the other side
    #[arg(long, value_name = "FILE")]
    peer_key: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Encrypt a message for a peer and sign it
///
/// Reads the plain message from stdin, for example `{"events":[{"type":"ping"}]}`, and prints the body to post to the peer.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl envelope seal --key federation.key --peer-key peer.pub < message.json\n  fedctl envelope seal --peer-key peer.pub --wire raw < message.json > body.bin"
)]
struct Seal {
    #[command(flatten)]
    keys: Keys,
    /// The form to print: 2.x, 1.x (with `payload` around it) or raw (bytes)
    #[arg(long, value_enum, value_name = "FORM", default_value = "2.x", hide_possible_values = true)]
    wire: Wire,
}

/// Check the origin of a body and decrypt it
///
/// Reads a body from stdin, in any of the forms that `seal` prints, and prints the plain message. When it does not open: exit 1,
/// and stderr says which layer failed and what that proves.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl envelope open --key federation.key --peer-key peer.pub < body.json\n  fedctl envelope open --peer-key peer.pub < body.bin"
)]
struct Open {
    #[command(flatten)]
    keys: Keys,
}

impl Envelope {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        match &self.command {
            EnvelopeCommand::Seal(args) => args.run(cx),
            EnvelopeCommand::Open(args) => args.run(cx),
        }
    }
}

impl Keys {
    fn read(&self, cx: &Context) -> anyhow::Result<(PrivateKey, PublicKey)> {
        let missing = || hinted("no private key is given", "use --key FILE, or `key: FILE` in fedctl.yaml");
        let path = self.key.clone().or_else(|| cx.settings.key.clone()).ok_or_else(missing)?;
        let mine = read_private(&path, &self.passphrase, &cx.term)?;
        Ok((mine, read_public(&self.peer_key, &self.passphrase, &cx.term)?))
    }
}

impl Seal {
    fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let (mine, theirs) = self.keys.read(cx)?;
        let message = read::bytes(Path::new("-"), &read::MESSAGE)?;
        let sealed = envelope::seal(&message, &mine, &theirs)
            .map_err(|small| hinted(small.to_string(), "federation keys have 2048 bits or more; `fedctl keygen`"))?;
        cx.term.bytes(&self.wire.write(&sealed))?;
        Ok(ExitStatus::Clean)
    }
}

impl Open {
    fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let (mine, theirs) = self.keys.read(cx)?;
        let body = read::bytes(Path::new("-"), &read::BODY)?;
        let (form, sealed) = match Wire::read(&body) {
            Ok(read) => read,
            Err(why) => {
                cx.term.fail(render::no_envelope(&why));
                return Ok(ExitStatus::Problems);
            }
        };
        match envelope::diagnose(&sealed, &mine, &theirs) {
            Ok(message) => {
                cx.term.bytes(&message)?;
                cx.term.detail(format_args!("both layers open; the body had the form {}", render::form(form)));
                Ok(ExitStatus::Clean)
            }
            Err(failure) => {
                let (bytes, recipient) = (sealed.len(), mine.public());
                let unopened = render::Unopened { why: &failure, bytes, recipient, sender: &theirs };
                cx.term.fail(render::failure(&unopened, cx.term.width));
                Ok(ExitStatus::Problems)
            }
        }
    }
}
