//! Key files, and where their passphrase comes from.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use zeroize::Zeroizing;

use crate::error::{Hinted, hinted};
use crate::file::read;
pub use crate::file::write::{Access, Pending, refuse_existing};
use crate::key::{PrivateKey, PublicKey, WrongPassphrase};
use crate::term::Term;
use crate::text::Filtered;

/// The variable that holds a passphrase.
const PASSPHRASE_VARIABLE: &str = "FEDCTL_PASSPHRASE";

/// Where the passphrase of an encrypted private key comes from.
#[derive(Debug, Clone, Default, Args)]
pub struct PassphraseArgs {
    /// File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else fedctl asks on the terminal
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// The passphrase for opening a key.
    pub fn open(&self) -> anyhow::Result<Zeroizing<String>> {
        self.read("passphrase of the private key: ", false)
    }

    /// The passphrase for a new key, typed twice.
    pub fn create(&self) -> anyhow::Result<Zeroizing<String>> {
        let passphrase = self.read("new passphrase: ", true)?;
        if passphrase.is_empty() {
            let what = format!("{} is empty, and a passphrase is expected", self.source());
            return Err(hinted(what, "leave --encrypt out for a key without one"));
        }
        Ok(passphrase)
    }

    /// Where the passphrase comes from, for errors.
    fn source(&self) -> String {
        match &self.passphrase_file {
            Some(path) => format!("line 1 of {}", read::shown(path)),
            None if std::env::var_os(PASSPHRASE_VARIABLE).is_some() => format!("the variable {PASSPHRASE_VARIABLE}"),
            None => "the passphrase from the terminal".into(),
        }
    }

    /// Reads a private key, and names the file and the passphrase's origin when that fails.
    pub fn private(&self, text: &str, path: &Path) -> anyhow::Result<PrivateKey> {
        let shown = read::shown(path);
        PrivateKey::from_text(text, || self.open()).map_err(|error| match error.is::<WrongPassphrase>() {
            true => hinted(
                format!("{shown}: {WrongPassphrase}: {}", self.source()),
                "give the passphrase with which the key was encrypted: --passphrase-file FILE",
            ),
            false => error.context(shown),
        })
    }

    fn read(&self, prompt: &str, twice: bool) -> anyhow::Result<Zeroizing<String>> {
        if let Some(path) = &self.passphrase_file {
            let text = read::text(path, &read::PASSPHRASE)?;
            return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
        }
        if let Ok(passphrase) = std::env::var(PASSPHRASE_VARIABLE) {
            return Ok(Zeroizing::new(passphrase));
        }
        if !has_terminal() {
            let hint = format!("use --passphrase-file FILE, or set {PASSPHRASE_VARIABLE}");
            return Err(hinted("a passphrase is needed, and there is no terminal to ask for it", hint));
        }
        let ask = |prompt: &str| read::ask(prompt).context("the terminal cannot be read");
        let passphrase = ask(prompt)?;
        if twice && *ask("the same again: ")? != *passphrase {
            return Err(hinted("the two passphrases differ", "try again"));
        }
        Ok(passphrase)
    }
}

/// True when a person can type a secret that is not shown, which is possible on Unix only.
pub fn has_terminal() -> bool {
    cfg!(unix) && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Reads a private key, and warns when others can read its file too.
pub fn read_private(path: &Path, passphrase: &PassphraseArgs, term: &Term) -> anyhow::Result<PrivateKey> {
    let text = read_key(path)?;
    let key = passphrase.private(&text, path)?;
    warn_when_exposed(path, "a private key", term);
    Ok(key)
}

/// Reads the public half of a key file of either kind.
pub fn read_public(path: &Path, passphrase: &PassphraseArgs, term: &Term) -> anyhow::Result<PublicKey> {
    let (key, private) = read_half(path, passphrase)?;
    if private {
        warn_when_exposed(path, "a private key", term);
    }
    Ok(key)
}

/// The public half of a key file, and whether the file holds the private one too.
pub fn read_half(path: &Path, passphrase: &PassphraseArgs) -> anyhow::Result<(PublicKey, bool)> {
    let text = read_key(path)?;
    if text.contains("PRIVATE KEY-----") {
        return Ok((passphrase.private(&text, path)?.public().clone(), true));
    }
    let shown = read::shown(path);
    let refused =
        |why: Hinted| hinted(format!("{shown}: {why}"), format!("fedctl key inspect {}", read::in_command(path)));
    Ok((PublicKey::from_pem(&text).map_err(refused)?, false))
}

/// Reads a key file, or stdin for `-`, within bounds.
pub fn read_key(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    read::text(path, &read::KEY)
}

/// Reads a whole text file that is no key, or stdin for `-`, within bounds.
pub fn read_text(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    read::text(path, &read::TEXT)
}

/// Reads a whole file, or stdin for `-`, within bounds.
pub fn read_bytes(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    read::bytes(path, &read::TEXT)
}

/// Writes the state before a change; only its owner may read it. Without a name it is called by its subject and the time.
pub fn save_state(given: Option<&Path>, subject: &str, state: &impl serde::Serialize) -> anyhow::Result<PathBuf> {
    let stamp = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let numbered = |number: usize| match number {
        1 => PathBuf::from(format!("undo-{subject}-{stamp}.json")),
        more => PathBuf::from(format!("undo-{subject}-{stamp}-{more}.json")),
    };
    // Another run in the same second has the same time.
    let free = || (1..100).map(numbered).find(|path| !path.exists());
    let path = given.map(Path::to_owned).or_else(free).unwrap_or_else(|| numbered(1));
    refuse_existing(&path, false)?;
    let text = serde_json::to_string_pretty(state)? + "\n";
    Pending::write(&path, &Filtered::json(&text), Access::OwnerOnly, false)?.commit()?;
    Ok(path)
}

/// Warns when others may read a secret file.
pub fn warn_when_exposed(path: &Path, what: &str, term: &Term) {
    if let Some(mode) = exposed(path) {
        let shown = path.display();
        term.warn(format_args!("`{shown}` contains {what} and others may read it (mode {mode}): chmod 600 {shown}"));
    }
}

/// The mode of a file that others may read, as `0644`.
#[cfg(unix)]
pub fn exposed(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = path.metadata().ok()?;
    let mode = metadata.permissions().mode() & 0o777;
    (metadata.is_file() && mode & 0o077 != 0).then(|| format!("{mode:04o}"))
}

#[cfg(not(unix))]
pub fn exposed(_: &Path) -> Option<String> {
    None
}
