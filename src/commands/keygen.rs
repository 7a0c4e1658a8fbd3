//! `fedctl keygen`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use super::key_file::{Access, PassphraseArgs, Pending, read_private, refuse_existing};
use super::{Context, Format};
use crate::error::{ExitStatus, Hinted, hinted};
use crate::file::write::refuse_aliases;
use crate::key::{DEFAULT_BITS, PrivateKey, check_size};
use crate::render::key as render;
use crate::text::Filtered;

/// Create a key pair that a server can use
///
/// Makes an RSA key (e = 65537) and writes both halves as one-line PEM, the form in which servers store and publish them. The
/// private file is readable by you only. Existing files are kept unless --force is given.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl keygen\n  fedctl keygen --private federation.key --encrypt\n  fedctl keygen --from-private federation.key --form mongosh --private server-key.js"
)]
pub struct Keygen {
    /// File for the private key
    #[arg(long, value_name = "FILE", default_value = "federation.key")]
    private: PathBuf,
    /// File for the public key; by default beside the private one, ending in `.pub`
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
    /// Length of the modulus: 2048 (what servers make), 3072 or 4096
    #[arg(long, value_name = "BITS", default_value_t = DEFAULT_BITS, value_parser = bits)]
    bits: usize,
    /// How the private file holds the key: one-line, pem, json, or mongosh (a script that puts both keys into a server's database)
    #[arg(long, value_enum, value_name = "FORM", default_value = "one-line", hide_possible_values = true)]
    form: Form,
    /// Take this private key instead of a new one, and write only what is derived from it
    #[arg(long, value_name = "FILE", conflicts_with = "bits")]
    from_private: Option<PathBuf>,
    /// Encrypt the private key with a passphrase
    #[arg(long)]
    encrypt: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Replace existing files; never asks
    #[arg(long)]
    force: bool,
    /// How to print the result: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

/// The lengths that servers can use.
fn bits(text: &str) -> Result<usize, Hinted> {
    let bits = text.parse().map_err(|_| {
        let shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
        Hinted::new(format!("`{shown}` is not a length of a key"), "use 2048 (what servers make), 3072 or 4096")
    })?;
    check_size(bits)?;
    Ok(bits)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    OneLine,
    Pem,
    Json,
    Mongosh,
}

impl Keygen {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let public_path = self.public_path();
        self.check(&public_path)?;
        let key = match &self.from_private {
            Some(path) => read_private(path, &self.passphrase, &cx.term)?,
            None => self.generate(cx)?,
        };
        let writes_private = self.from_private.is_none() || self.form != Form::OneLine || self.encrypt;
        let public = match self.form {
            Form::Pem => key.public().pem(),
            _ => format!("{}\n", key.public().one_line()),
        };
        let mut pending = vec![Pending::write(&public_path, &Filtered::own(&public), Access::Everybody, self.force)?];
        if writes_private {
            let private = self.private_text(&key)?;
            pending.push(Pending::write(&self.private, &Filtered::own(&private), Access::OwnerOnly, self.force)?);
        }
        Pending::commit_all(pending)?;
        let made = render::Made {
            private_file: writes_private.then(|| self.private.display().to_string()),
            public_file: public_path.display().to_string(),
            public: key.public(),
            encrypted: self.encrypt,
            script: self.form == Form::Mongosh,
        };
        cx.term.answer(match self.format {
            Format::Human => render::made(&made, cx.term.width),
            Format::Json => render::made_json(&made)?,
        })?;
        Ok(ExitStatus::Clean)
    }

    fn public_path(&self) -> PathBuf {
        let beside = || match &self.from_private {
            Some(path) => path.with_extension("pub"),
            None => self.private.with_extension("pub"),
        };
        self.public.clone().unwrap_or_else(beside)
    }

    /// Everything that can be refused before the long work.
    fn check(&self, public_path: &Path) -> anyhow::Result<()> {
        if self.encrypt && matches!(self.form, Form::Json | Form::Mongosh) {
            let hint = "use --form pem with --encrypt; servers need the script and the JSON without encryption";
            return Err(hinted("--encrypt cannot be combined with --form json or mongosh", hint));
        }
        let writes_private = self.from_private.is_none() || self.form != Form::OneLine || self.encrypt;
        if writes_private {
            refuse_existing(&self.private, self.force)?;
            refuse_aliases(&[&self.private, public_path])?;
        }
        refuse_existing(public_path, self.force)
    }

    fn generate(&self, cx: &Context) -> anyhow::Result<PrivateKey> {
        let progress = cx.term.progress(format!("making an RSA key of {} bits", self.bits));
        let key = PrivateKey::generate(self.bits)?;
        progress.end();
        Ok(key)
    }

    fn private_text(&self, key: &PrivateKey) -> anyhow::Result<Zeroizing<String>> {
        if self.encrypt {
            return key.encrypted_pem(&self.passphrase.create()?);
        }
        match self.form {
            Form::OneLine => Ok(Zeroizing::new(format!("{}\n", *key.one_line()?))),
            Form::Pem => key.pem(),
            Form::Json => render::pair_json(key),
            Form::Mongosh => render::mongosh(key),
        }
    }
}
