//! Key files: reading them within bounds, asking for a passphrase, writing them so that nothing is lost.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use zeroize::Zeroizing;

use crate::error::hinted;
use crate::key::{PrivateKey, PublicKey};
use crate::term::Term;

/// Far above any key, far below what would hurt.
const MAX_BYTES: u64 = 256 * 1024;
/// The variable that holds a passphrase.
const PASSPHRASE_VARIABLE: &str = "FEDCTL_PASSPHRASE";

/// Where the passphrase of an encrypted private key comes from.
#[derive(Debug, Clone, Default, Args)]
pub struct PassphraseArgs {
    /// File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// The passphrase for opening a key.
    pub fn open(&self) -> anyhow::Result<Zeroizing<String>> {
        self.read("passphrase of the private key: ", false)
    }

    /// The passphrase for a new key; the terminal asks twice.
    pub fn create(&self) -> anyhow::Result<Zeroizing<String>> {
        let passphrase = self.read("new passphrase: ", true)?;
        if passphrase.is_empty() {
            return Err(hinted("the passphrase is empty", "leave --encrypt out for a key without one"));
        }
        Ok(passphrase)
    }

    fn read(&self, prompt: &str, twice: bool) -> anyhow::Result<Zeroizing<String>> {
        if let Some(path) = &self.passphrase_file {
            let text = read_text(path)?;
            return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
        }
        if let Ok(passphrase) = std::env::var(PASSPHRASE_VARIABLE) {
            return Ok(Zeroizing::new(passphrase));
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            let hint = format!("use --passphrase-file FILE, or set {PASSPHRASE_VARIABLE}");
            return Err(hinted("a passphrase is needed, and there is no terminal to ask for it", hint));
        }
        let ask = |prompt: &str| {
            rpassword::prompt_password(prompt).map(Zeroizing::new).context("the terminal cannot be read")
        };
        let passphrase = ask(prompt)?;
        if twice && *ask("the same again: ")? != *passphrase {
            return Err(hinted("the two passphrases differ", "try again"));
        }
        Ok(passphrase)
    }
}

/// Reads a private key, and warns when others can read its file too.
pub fn read_private(path: &Path, passphrase: &PassphraseArgs, term: &Term) -> anyhow::Result<PrivateKey> {
    let text = read_key(path)?;
    let key = PrivateKey::from_text(&text, || passphrase.open()).with_context(|| format!("`{}`", path.display()))?;
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
    let named = || format!("`{}`", path.display());
    if text.contains("PRIVATE KEY-----") {
        let key = PrivateKey::from_text(&text, || passphrase.open()).with_context(named)?;
        return Ok((key.public().clone(), true));
    }
    Ok((PublicKey::from_pem(&text).map_err(anyhow::Error::from).with_context(named)?, false))
}

/// What to type next when a file cannot be used.
struct Hints {
    missing: &'static str,
    directory: &'static str,
    empty: &'static str,
    binary: &'static str,
    large: &'static str,
}

const KEY_HINTS: Hints = Hints {
    missing: "`fedctl keygen` makes a key pair",
    directory: "give the key file inside it",
    empty: "give a file that holds a key",
    binary: "keys are PEM text: openssl can convert DER to PEM",
    large: "a key file has a few KiB",
};
const FILE_HINTS: Hints = Hints {
    missing: "check the path",
    directory: "give the file inside it",
    empty: "is it the right file? this one holds nothing",
    binary: "give a text file",
    large: "check the path: this is not the file that is meant",
};

/// Reads a key file, or stdin for `-`, within bounds.
pub fn read_key(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    text(path, &KEY_HINTS)
}

/// Reads a whole text file that is no key, or stdin for `-`, within bounds.
pub fn read_text(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    text(path, &FILE_HINTS)
}

/// Reads a whole file, or stdin for `-`, within bounds.
pub fn read_bytes(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    bytes(path, &FILE_HINTS)
}

fn text(path: &Path, hints: &Hints) -> anyhow::Result<Zeroizing<String>> {
    let shown = path.display();
    let bytes = bytes(path, hints)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(hinted(format!("`{shown}` is empty"), hints.empty));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) if !text.contains('\0') => Ok(Zeroizing::new(text.to_owned())),
        _ => Err(hinted(format!("`{shown}` is not a text file"), hints.binary)),
    }
}

fn bytes(path: &Path, hints: &Hints) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let shown = path.display();
    let mut bytes = Zeroizing::new(Vec::new());
    let limit = MAX_BYTES + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).context("stdin cannot be read")?;
    } else {
        if path.is_dir() {
            return Err(hinted(format!("`{shown}` is a directory"), hints.directory));
        }
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => hinted(format!("`{shown}` does not exist"), hints.missing),
            io::ErrorKind::PermissionDenied => {
                hinted(format!("`{shown}` may not be read by this user"), "run as the owner of the file")
            }
            _ => anyhow::Error::new(error).context(format!("`{shown}` cannot be read")),
        })?;
        file.take(limit).read_to_end(&mut bytes).with_context(|| format!("`{shown}` cannot be read"))?;
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(hinted(format!("`{shown}` is larger than {} KiB", MAX_BYTES / 1024), hints.large));
    }
    Ok(bytes)
}

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    OwnerOnly,
    Everybody,
}

/// A file that is written but not yet in its place; dropped, it leaves nothing behind.
pub struct Pending {
    file: tempfile::NamedTempFile,
    path: PathBuf,
    replace: bool,
}

impl Pending {
    /// Writes `text` beside `path`, with its final access from the first byte on.
    pub fn write(path: &Path, text: &str, access: Access, replace: bool) -> anyhow::Result<Self> {
        refuse_existing(path, replace)?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let written = || -> io::Result<tempfile::NamedTempFile> {
            let mut file = builder(access).tempfile_in(dir)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        let file = written().map_err(|error| {
            hinted(
                format!("`{}` cannot be written: {error}", path.display()),
                "choose a directory that you may write to",
            )
        })?;
        Ok(Self { file, path: path.to_owned(), replace })
    }

    /// Adds text to the end.
    pub fn append(&mut self, text: &str) -> anyhow::Result<()> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| anyhow::anyhow!("`{}` cannot be written: {error}", self.path.display()))
    }

    /// Where it is until then.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Moves the file to its place; a file that has appeared there meanwhile is kept.
    pub fn commit(self) -> anyhow::Result<()> {
        let Self { file, path, replace } = self;
        let moved = if replace { file.persist(&path).map(drop) } else { file.persist_noclobber(&path).map(drop) };
        moved.map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => exists(&path),
            _ => anyhow::Error::new(error.error).context(format!("`{}` cannot be written", path.display())),
        })
    }
}

/// Refuses to go on when the file is there and may not be replaced.
pub fn refuse_existing(path: &Path, replace: bool) -> anyhow::Result<()> {
    if path.is_dir() {
        return Err(hinted(format!("`{}` is a directory", path.display()), "give a file name inside it"));
    }
    if !replace && path.symlink_metadata().is_ok() { Err(exists(path)) } else { Ok(()) }
}

fn exists(path: &Path) -> anyhow::Error {
    hinted(format!("`{}` exists and is kept", path.display()), "choose another name, or --force to replace it")
}

#[cfg(unix)]
fn builder(access: Access) -> tempfile::Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    let mode = match access {
        Access::OwnerOnly => 0o600,
        Access::Everybody => 0o644,
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fedctl-").permissions(std::fs::Permissions::from_mode(mode));
    builder
}

#[cfg(not(unix))]
fn builder(_: Access) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fedctl-");
    builder
}

/// Warns when others may read a secret file.
pub fn warn_when_exposed(path: &Path, what: &str, term: &Term) {
    if let Some(mode) = exposed(path) {
        let shown = path.display();
        term.warn(format_args!("`{shown}` holds {what} and others may read it (mode {mode}): chmod 600 {shown}"));
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
