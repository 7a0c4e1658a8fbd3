//! Reading a file or standard input within bounds: the error states the size limit, and a FIFO without a writer is not waited for.

use std::any::Any;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, IsTerminal, Read};
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::error::hinted;
use crate::text::{NO_FILE_NAME, holds_private_key};

/// What a file is for: how large it may be, and what to type when it cannot be used.
#[derive(Debug)]
pub struct FileKind {
    /// As in `a key file`.
    name: &'static str,
    /// Bytes.
    max: u64,
    missing: &'static str,
    directory: &'static str,
    /// `None`: an empty file is fine.
    empty: Option<&'static str>,
    binary: &'static str,
    /// What was given may be the secret itself: errors do not repeat it.
    secret: bool,
    typed: Typed,
}

/// How a text is typed into a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// Any text, until Ctrl-D.
    Shown,
    /// The same, and the terminal does not show it: it may hold a secret.
    Hidden,
    /// One line that the terminal does not show.
    HiddenLine,
    /// The same, behind a question.
    Answer,
}

const TEXT_MAX: u64 = 256 << 10;
const LARGE_MAX: u64 = 64 << 20;

/// Any small text file.
pub const TEXT: FileKind = FileKind {
    name: "a text file",
    max: TEXT_MAX,
    missing: "check the path",
    directory: "give the file inside it",
    empty: Some("check the path: this file is empty"),
    binary: "give a text file",
    secret: false,
    typed: Typed::Shown,
};
/// A key, private or public.
pub const KEY: FileKind = FileKind {
    name: "a key file",
    missing: "`fedctl keygen` makes a key pair",
    directory: "give the key file inside it",
    empty: Some("give a file that contains a key"),
    binary: "keys are PEM text: openssl can convert DER to PEM",
    typed: Typed::Hidden,
    ..TEXT
};
/// A key as somebody has copied it.
pub const PASTED: FileKind = FileKind { name: "a key or the output of dig", ..TEXT };
/// A token of an API or of a server.
pub const TOKEN: FileKind = FileKind { name: "the token file", secret: true, typed: Typed::Hidden, ..TEXT };
/// The passphrase of a private key.
pub const PASSPHRASE: FileKind =
    FileKind { name: "the passphrase file", secret: true, typed: Typed::HiddenLine, ..TEXT };
/// fedctl.yaml.
pub const CONFIG: FileKind =
    FileKind { name: "a configuration", missing: "`fedctl init` writes one", empty: None, ..TEXT };
/// Certificates in PEM.
pub const CERTIFICATES: FileKind = FileKind { name: "a file of certificates", max: 4 << 20, ..TEXT };
/// A saved run of dns-check.
pub const EVIDENCE: FileKind = FileKind {
    name: "an evidence file",
    max: LARGE_MAX,
    missing: "`fedctl dns-check DOMAIN --save FILE` writes such a file",
    ..TEXT
};
/// A saved run of a drill.
pub const DRILL: FileKind =
    FileKind { missing: "`fedctl drill PEER --user NAME --save FILE` writes such a file", ..EVIDENCE };
/// The state before a change, for undo.
pub const BEFORE: FileKind = FileKind {
    name: "a file with the state before a change",
    missing: "give the file that the command named when it made the change, `undo-…json` unless --undo said otherwise",
    ..EVIDENCE
};
/// A backup of a key pair.
pub const BACKUP: FileKind = FileKind { name: "a backup", missing: "`fedctl key backup` writes one", ..KEY };
/// The configuration of a tool that publishes records.
pub const TOOL: FileKind = FileKind { name: "a configuration", max: 16 << 20, empty: None, ..TEXT };
/// A zone file.
pub const ZONE: FileKind = FileKind { name: "a zone file", max: 16 << 20, ..TEXT };
/// A list of domains, or the export of a hub.
pub const LIST: FileKind = FileKind { name: "a list", max: LARGE_MAX, empty: None, ..TEXT };
/// What `hub export` has written; a hundred thousand entries have about 70 MB.
pub const EXPORT: FileKind = FileKind {
    name: "an export",
    max: 512 << 20,
    missing: EXPORTED,
    directory: EXPORTED,
    empty: Some(EXPORTED),
    binary: EXPORTED,
    ..TEXT
};
const EXPORTED: &str = "give a file that `fedctl hub export` has written";
/// A TSIG key.
pub const TSIG: FileKind =
    FileKind { name: "a TSIG key", missing: "make a key with `tsig-keygen NAME > FILE`", typed: Typed::Hidden, ..TEXT };
/// What fedctl itself keeps between runs.
pub const STATE: FileKind = FileKind { name: "a state file", empty: None, ..TEXT };
/// A message for `envelope seal`: every 214 bytes take two operations with a private key.
pub const MESSAGE: FileKind = FileKind { name: "a message", max: 1 << 20, ..TEXT };
/// The output of `envelope seal` for the largest message, written as JSON.
pub const BODY: FileKind = FileKind { name: "a body", max: 8 << 20, ..TEXT };

/// How long a FIFO may have no writer.
const WRITER_WAIT: Duration = Duration::from_millis(500);
/// How long the writer of a FIFO may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);
const FIRST_CHUNK: usize = 16 << 10;
/// Bytes of a line that is typed; a terminal gives fewer.
const LINE_MAX: usize = 8 << 10;

/// Shows a person what is read from the terminal. A secret is not shown for as long as the result exists.
type Announce = Box<dyn Fn(&str, Typed) -> Box<dyn Any> + Send + Sync>;

static ANNOUNCE: OnceLock<Announce> = OnceLock::new();

/// What happens before fedctl reads standard input while that is a terminal: nobody would know why it does not go on.
pub fn before_terminal_input<T: Any>(announce: impl Fn(&str, Typed) -> T + Send + Sync + 'static) {
    let _ = ANNOUNCE.set(Box::new(move |what, typed| Box::new(announce(what, typed))));
}

/// Announces what is read from standard input, if that is a terminal. The result is kept until it is read.
pub fn announce_input(what: &str, typed: Typed) -> Option<Box<dyn Any>> {
    ANNOUNCE.get().filter(|_| io::stdin().is_terminal()).map(|announce| announce(what, typed))
}

/// Standard input; of a terminal that hides one line, this line.
fn standard_input(kind: &FileKind) -> io::Result<Zeroizing<Vec<u8>>> {
    // A secret is typed itself, and not the file that may hold it.
    let what = if kind.secret { kind.name.trim_end_matches(" file") } else { kind.name };
    let announced = announce_input(what, kind.typed);
    if announced.is_none() || kind.typed != Typed::HiddenLine {
        return fill(io::stdin().lock(), kind.max, None);
    }
    typed_line()
}

fn typed_line() -> io::Result<Zeroizing<Vec<u8>>> {
    // The buffer never grows, as one that is given up is not zeroed.
    let mut line = Zeroizing::new(Vec::with_capacity(LINE_MAX));
    io::stdin().lock().take(LINE_MAX as u64).read_until(b'\n', &mut line)?;
    Ok(line)
}

/// Asks a question on the terminal. The answer is a line that the terminal does not show.
pub fn ask(question: &str) -> io::Result<Zeroizing<String>> {
    let _hidden = announce_input(question, Typed::Answer);
    let line = typed_line()?;
    if line.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let answer = std::str::from_utf8(&line).map_err(io::Error::other)?;
    Ok(Zeroizing::new(answer.trim_end_matches(['\r', '\n']).to_owned()))
}

/// A file as errors name it.
pub fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { format!("`{}`", path.display()) }
}

/// A file as a command line names it, quoted for a shell where that is needed.
pub fn in_command(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@%+,=".contains(c);
    match text.strip_prefix('-') {
        // An option begins like that.
        Some(_) if text.len() > 1 => in_command(&Path::new(".").join(path)),
        _ if text.chars().all(is_plain) && !text.is_empty() => text,
        _ => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// Reads a whole text, of the file or of stdin for `-`. An empty one is refused.
pub fn text(path: &Path, kind: &FileKind) -> anyhow::Result<Zeroizing<String>> {
    let mut bytes = bytes(path, kind)?;
    let shown = shown(path);
    if let Some(hint) = kind.empty.filter(|_| bytes.iter().all(u8::is_ascii_whitespace)) {
        return Err(hinted(format!("{shown} is empty"), hint));
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) if !text.contains('\0') => Ok(Zeroizing::new(text)),
        Ok(text) => Err(no_text(&shown, Zeroizing::new(text.into_bytes()), kind)),
        Err(error) => Err(no_text(&shown, Zeroizing::new(error.into_bytes()), kind)),
    }
}

/// The same for a text in which a damaged line does not hide the others: what is not UTF-8 becomes U+FFFD.
pub fn damaged_text(path: &Path, kind: &FileKind) -> anyhow::Result<String> {
    let bytes = bytes(path, kind)?;
    match is_utf16(&bytes) {
        true => Err(no_text(&shown(path), bytes, kind)),
        false => Ok(String::from_utf8_lossy(&bytes).trim_start_matches(BYTE_ORDER_MARK).to_owned()),
    }
}

/// Some editors put it before a text in UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

fn no_text(shown: &str, bytes: Zeroizing<Vec<u8>>, kind: &FileKind) -> anyhow::Error {
    match is_utf16(&bytes) {
        true => {
            hinted(format!("{shown} is UTF-16, as Windows PowerShell writes it, not UTF-8"), "save the file as UTF-8")
        }
        false => hinted(format!("{shown} is not a text file"), kind.binary),
    }
}

/// By the mark at the beginning (RFC 2781 section 3.2).
fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

/// Reads a whole file, or stdin for `-`.
pub fn bytes(path: &Path, kind: &FileKind) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    if holds_private_key(&path.to_string_lossy()) {
        return Err(hinted(NO_FILE_NAME, "write the key into a file that only you can read, and give the file's name"));
    }
    let shown = shown(path);
    let read = match path == Path::new("-") {
        true => standard_input(kind),
        false => open(path, kind)?,
    };
    match read {
        Ok(bytes) if bytes.len() as u64 > kind.max => {
            let hint = "check the path: this is probably another file";
            Err(hinted(format!("{shown} is larger than {}, the limit for {}", size(kind.max), kind.name), hint))
        }
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            Err(hinted(format!("no program writes into the FIFO {shown}"), "give a file, or start the writer first"))
        }
        Err(error) => Err(anyhow::Error::new(error).context(format!("{shown} cannot be read"))),
    }
}

fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{} KiB", bytes >> 10),
        more => format!("{more} MiB"),
    }
}

fn open(path: &Path, kind: &FileKind) -> anyhow::Result<io::Result<Zeroizing<Vec<u8>>>> {
    let shown = path.display();
    if path.is_dir() {
        return Err(hinted(format!("`{shown}` is a directory"), kind.directory));
    }
    let file = open_without_waiting(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if kind.secret => hinted(format!("{} does not exist", kind.name), kind.missing),
        io::ErrorKind::NotFound => hinted(format!("`{shown}` does not exist"), kind.missing),
        _ if kind.secret => anyhow::Error::new(error).context(format!("{} cannot be read", kind.name)),
        io::ErrorKind::PermissionDenied => {
            hinted(format!("`{shown}` may not be read by this user"), "run as the owner of the file")
        }
        _ => anyhow::Error::new(error).context(format!("`{shown}` cannot be read")),
    })?;
    let metadata = file.metadata().with_context(|| format!("`{shown}` cannot be read"))?;
    let patience = is_fifo(&metadata).then_some(WRITER_WAIT);
    Ok(fill(file, kind.max, patience))
}

/// A FIFO opens at once, with or without a writer.
#[cfg(unix)]
fn open_without_waiting(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(unix)]
fn is_fifo(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_fifo(_: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn open_without_waiting(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Reads up to one byte more than `max`. The buffer is zeroed when it is given up for a larger one, as it may hold a key. With
/// `patience` the source does not block: how long the first byte may take while there is no writer.
fn fill(mut source: impl Read, max: u64, patience: Option<Duration>) -> io::Result<Zeroizing<Vec<u8>>> {
    let limit = usize::try_from(max + 1).unwrap_or(usize::MAX);
    let mut bytes = Zeroizing::new(vec![0; FIRST_CHUNK.min(limit)]);
    let (mut length, mut since) = (0, Instant::now());
    while length < limit {
        if length == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; (length * 2).min(limit)]);
            larger[..length].copy_from_slice(&bytes);
            bytes = larger;
        }
        match source.read(&mut bytes[length..]) {
            Ok(0) if length == 0 && patience.is_some_and(|patience| since.elapsed() < patience) => {
                std::thread::sleep(PAUSE);
            }
            Ok(0) => break,
            Ok(read) => (length, since) = (length + read, Instant::now()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => match since.elapsed() < SILENCE_MAX {
                true => std::thread::sleep(PAUSE),
                false => return Err(io::ErrorKind::TimedOut.into()),
            },
            Err(error) => return Err(error),
        }
    }
    if length == 0 && patience.is_some() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    bytes.truncate(length);
    Ok(bytes)
}
