//! `fedctl key backup` and `fedctl key restore`: a lost key is a lost set of peers.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use super::key_file::{Access, PassphraseArgs, Pending, refuse_existing};
use super::network::NetworkArgs;
use super::{Context, status};
use crate::dns::name::Domain;
use crate::dns::record::Outcome;
use crate::error::{ExitStatus, hinted};
use crate::facts::peer::{NoKey, Records};
use crate::file::read::{self, FileKind};
use crate::key::{PrivateKey, PublicKey};
use crate::net::look_up::look_up_all;
use crate::position::Position;
use crate::render::key as render;
use crate::rocketchat::generation::key_question;
use crate::text::Filtered;

/// Keep the server's key pair in an encrypted file
///
/// Reads the documents of the collection rocketchat_federation_keys as mongosh or mongoexport prints them, or a private key in any
/// form that fedctl writes, compares the key with the one in DNS, and writes it as PKCS#8 with a passphrase. With --script it
/// prints the mongosh script that reads the documents. Exit 1 when DNS has another key; the backup is written all the same.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl key backup --script >read-keys.js\n  mongosh --quiet DATABASE read-keys.js | fedctl key backup --passphrase-file backup.pass"
)]
pub struct Backup {
    /// File with the documents or the private key; `-` is stdin
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Print the mongosh script that reads the key pair, and do nothing else
    #[arg(long)]
    script: bool,
    /// File for the backup
    #[arg(long, short, value_name = "FILE", default_value = "federation-backup.pem")]
    output: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    published: PublishedArgs,
}

/// Write a script that restores the key pair of a server from a backup
///
/// Decrypts the backup, compares the key with the one in DNS, and writes a mongosh script (or JSON) with both keys. If DNS has
/// another key, or does not answer, nothing is written: peers would refuse the server.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl key restore federation-backup.pem\n  fedctl key restore federation-backup.pem --form json --output pair.json"
)]
pub struct Restore {
    /// The backup; also a private key in any other form
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to write: mongosh (a script), json or one-line
    #[arg(long, value_enum, value_name = "FORM", default_value = "mongosh", hide_possible_values = true)]
    form: Form,
    /// File to write, readable by you only [default: restore-key.js, .json or .key]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
    /// Write it although DNS has another key
    #[arg(long)]
    other_key: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    published: PublishedArgs,
}

/// With which domain's published key to compare.
#[derive(Debug, Args)]
struct PublishedArgs {
    /// The federation domain [default: the one in fedctl.yaml]
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// Do not compare with DNS
    #[arg(long)]
    no_dns: bool,
    #[command(flatten)]
    network: NetworkArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Mongosh,
    Json,
    OneLine,
}

/// What DNS says about the key.
enum InDns {
    Same,
    Other(String),
    /// There is none to compare with, and why.
    Unknown(String),
    /// Nobody answered, so there may be one.
    Unanswered(String),
}

impl Backup {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        if self.script {
            cx.term.answer(render::READ_KEYS)?;
            return Ok(ExitStatus::Clean);
        }
        refuse_existing(&self.output, self.force)?;
        let key = private_in(&self.file, &read::KEY, &self.passphrase)?;
        let in_dns = self.published.compare(cx, key.public())?;
        describe(cx, &in_dns, key.public());
        let text = key.encrypted_pem(&self.passphrase.create()?)?;
        Pending::write(&self.output, &Filtered::own(&text), Access::OwnerOnly, self.force)?.commit()?;
        cx.term.status(format_args!("written to {}; keep the passphrase elsewhere", self.output.display()));
        cx.term.status(format_args!("to put it back: fedctl key restore {}", read::in_command(&self.output)));
        Ok(status(!matches!(in_dns, InDns::Other(_))))
    }
}

impl Restore {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let output = self.output.clone().unwrap_or_else(|| {
            PathBuf::from(match self.form {
                Form::Mongosh => "restore-key.js",
                Form::Json => "restore-key.json",
                Form::OneLine => "restore-key.key",
            })
        });
        refuse_existing(&output, self.force)?;
        let key = private_in(&self.file, &read::BACKUP, &self.passphrase)?;
        let in_dns = self.published.compare(cx, key.public())?;
        if let (InDns::Other(other), false) = (&in_dns, self.other_key) {
            let what = format!("DNS has another key ({other}); peers would refuse a server with this one");
            return Err(hinted(what, "restore the backup of that key, or publish this one too and add --other-key"));
        }
        if let InDns::Unanswered(why) = &in_dns {
            let what = format!("the key cannot be compared with DNS: {why}");
            return Err(hinted(what, "try again, name a resolver with --resolver, or add --no-dns"));
        }
        describe(cx, &in_dns, key.public());
        let text = match self.form {
            Form::Mongosh => render::mongosh(&key)?,
            Form::Json => render::pair_json(&key)?,
            Form::OneLine => Zeroizing::new(format!("{}\n", *key.one_line()?)),
        };
        Pending::write(&output, &Filtered::own(&text), Access::OwnerOnly, self.force)?.commit()?;
        let shown = output.display();
        cx.term.status(format_args!(
            "written to {shown}; it contains the private key without encryption: delete it afterwards"
        ));
        if self.form == Form::Mongosh {
            cx.term.status(format_args!(
                "next: stop the server, run this script on its database, start the server, and check it:\n  mongosh DATABASE {shown}\n  fedctl doctor"
            ));
        }
        Ok(ExitStatus::Clean)
    }
}

impl PublishedArgs {
    fn compare(&self, cx: &Context, key: &PublicKey) -> anyhow::Result<InDns> {
        if self.no_dns {
            return Ok(InDns::Unknown("--no-dns was given".into()));
        }
        let domain = self.domain.clone().or_else(|| cx.settings.domain.clone());
        let domain = domain.ok_or_else(|| {
            hinted("no domain is given to compare the key with DNS", "add --domain mydomain.com, or --no-dns")
        })?;
        let net = self.network.net(cx, None)?;
        let answers = cx.block_on(async { Ok(look_up_all(&net, &net.resolvers, &[key_question(&domain)]).await) })?;
        Ok(match (Records { domain, answers }).key() {
            Ok(published) if published.fingerprint() == key.fingerprint() => InDns::Same,
            Ok(published) => InDns::Other(published.fingerprint().short()),
            Err(why @ NoKey::NoRecord { outcome: Outcome::NoData | Outcome::NxDomain, .. }) => {
                InDns::Unknown(why.to_string())
            }
            Err(why @ NoKey::NoRecord { .. }) => InDns::Unanswered(why.to_string()),
            Err(why) => InDns::Unknown(why.to_string()),
        })
    }
}

fn describe(cx: &Context, in_dns: &InDns, key: &PublicKey) {
    let print = key.fingerprint();
    match in_dns {
        InDns::Same => cx.term.status(format_args!("the key in DNS: RSA-{}, sha256 {print}", key.bits())),
        InDns::Other(other) => {
            cx.term.warn(format_args!("DNS has another key ({other}) than this one ({})", print.short()));
        }
        InDns::Unknown(why) | InDns::Unanswered(why) => {
            cx.term.warn(format_args!("RSA-{}, sha256 {print}: not compared with DNS: {why}", key.bits()));
        }
    }
}

/// The private key in a text of any form, and a check that the public key beside it belongs to it.
fn private_in(path: &Path, kind: &FileKind, passphrase: &PassphraseArgs) -> anyhow::Result<PrivateKey> {
    let text = read::text(path, kind)?;
    let shown = read::shown(path);
    // JSON and JavaScript write line ends as two characters.
    let text = Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"));
    let mut blocks = blocks(&text, "PRIVATE KEY-----");
    blocks.dedup();
    let block = match blocks.as_slice() {
        [block] => *block,
        [] => {
            let hint =
                "mongosh --quiet DATABASE read-keys.js prints them; `fedctl key backup --script` writes read-keys.js";
            return Err(hinted(format!("{shown} contains no private key"), hint));
        }
        more => {
            let what = format!("{shown} contains {} different private keys", more.len());
            return Err(hinted(
                what,
                "servers have one: leave the documents of type `private` that are not in use out",
            ));
        }
    };
    // The lines before the block count in errors.
    let before = Position::of_part(&text, block).line - 1;
    let key = passphrase.private(&Zeroizing::new("\n".repeat(before) + block), path)?;
    for public in self::blocks(&text, "PUBLIC KEY-----") {
        let same = PublicKey::from_pem(public).is_ok_and(|public| public.fingerprint() == key.public().fingerprint());
        if !same {
            let what = format!("the public key in {shown} does not belong to the private key");
            return Err(hinted(what, "the server's collection is damaged: look which of the two is in DNS"));
        }
    }
    Ok(key)
}

/// Every `-----BEGIN …LABEL` to `-----END …LABEL`, in order.
fn blocks<'a>(text: &'a str, label: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        let block = &rest[start..];
        let Some(end) = block.find("-----END ") else { break };
        let tail = &block[end + 9..];
        let Some(close) = tail.find("-----") else { break };
        let whole = &block[..end + 9 + close + 5];
        if whole.ends_with(label) {
            found.push(whole);
        }
        rest = &tail[close + 5..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_in_any_wrapping() {
        let text = "[{type:'public',key:'-----BEGIN PUBLIC KEY-----AA-----END PUBLIC KEY-----'},\
                    {\"key\":\"-----BEGIN RSA PRIVATE KEY-----\nBB\n-----END RSA PRIVATE KEY-----\"}]";
        assert_eq!(blocks(text, "PUBLIC KEY-----"), ["-----BEGIN PUBLIC KEY-----AA-----END PUBLIC KEY-----"]);
        let private = blocks(text, "PRIVATE KEY-----");
        assert_eq!(private, ["-----BEGIN RSA PRIVATE KEY-----\nBB\n-----END RSA PRIVATE KEY-----"]);
        assert!(blocks("-----BEGIN PRIVATE KEY-----AA", "PRIVATE KEY-----").is_empty());
    }
}
