//! Writing files: a regular file is replaced in one step, a device or a FIFO is written into, and of several files all or none.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};
use zeroize::Zeroizing;

use crate::error::hinted;
use crate::text::{Filtered, NO_FILE_NAME, holds_private_key};

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    OwnerOnly,
    Everybody,
    /// As the file that is replaced.
    AsBefore,
}

/// Symbolic links that are followed, as many as Linux follows.
const LINKS_MAX: usize = 40;
const PREFIX: &str = ".fedctl-";

/// What is at a path now, symbolic links followed.
enum Target {
    /// Nothing.
    New(PathBuf),
    /// A regular file, by its real path.
    Regular(PathBuf),
    /// A character device, a FIFO, or an open descriptor such as `/dev/stdout`. It is never replaced by a file.
    Stream(PathBuf),
}

impl Target {
    fn find(path: &Path) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            return Err(hinted(
                "`-` is no file name here",
                "`./-` is a file of this name, and /dev/stdout standard output",
            ));
        }
        let shown = path.display();
        let mut at = path.to_owned();
        for link in 0..LINKS_MAX {
            let file_type = match at.symlink_metadata() {
                Ok(metadata) => metadata.file_type(),
                Err(error) if error.kind() == io::ErrorKind::NotFound && link == 0 => return Ok(Self::New(at)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let what = format!("`{shown}` is a symbolic link to `{}`, which does not exist", at.display());
                    return Err(hinted(what, "remove the link, or give another name"));
                }
                Err(error) => return Err(unwritable(path, &error)),
            };
            if file_type.is_file() {
                return Ok(Self::Regular(at));
            }
            if file_type.is_dir() {
                return Err(hinted(format!("`{shown}` is a directory"), "give a file name inside it"));
            }
            if !file_type.is_symlink() {
                return match is_stream(file_type) {
                    true => Ok(Self::Stream(at)),
                    false => Err(hinted(format!("`{shown}` is neither a file nor a stream"), "give a file name")),
                };
            }
            if is_descriptor(&at) {
                return Ok(Self::Stream(at));
            }
            let to = at.read_link().map_err(|error| unwritable(path, &error))?;
            at = directory(&at).join(to);
        }
        Err(hinted(format!("`{shown}` is a symbolic link that leads to itself"), "give another name"))
    }
}

/// `/proc/PID/fd/N`, which `/dev/stdout` and `/dev/fd/N` lead to: a link by its type, an open file by its meaning.
fn is_descriptor(path: &Path) -> bool {
    let real = directory(path).canonicalize().unwrap_or_default();
    real.starts_with("/proc") && real.ends_with("fd")
}

#[cfg(unix)]
fn is_stream(file_type: std::fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    file_type.is_char_device() || file_type.is_fifo()
}

#[cfg(not(unix))]
fn is_stream(_: std::fs::FileType) -> bool {
    false
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unwritable(path: &Path, error: &io::Error) -> anyhow::Error {
    let (shown, dir) = (path.display(), directory(path).display());
    match error.kind() {
        io::ErrorKind::NotFound => {
            hinted(format!("`{shown}` cannot be written: there is no directory `{dir}`"), format!("mkdir -p {dir}"))
        }
        // Its own words may name the file that is written first and then moved.
        kind => hinted(format!("`{shown}` cannot be written: {kind}"), "choose a directory that you may write to"),
    }
}

/// Opens a file that is read and changed in its place, such as a database, or makes it. A device, a FIFO or a directory is not
/// opened at all. Of a file for the owner only, the access of others is taken away.
pub fn in_place(path: &Path, access: Access) -> anyhow::Result<File> {
    if let Target::Stream(_) = Target::find(path)? {
        return Err(hinted(format!("`{}` is not a regular file", path.display()), "give a file name"));
    }
    open_in_place(path, access).map_err(|error| unwritable(path, &error))
}

fn open_in_place(path: &Path, access: Access) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    if access == Access::OwnerOnly {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(0o600).open(path)?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        return Ok(file);
    }
    #[cfg(not(unix))]
    let _ = access;
    options.open(path)
}

/// A file that is written but not yet in its place; dropped, it leaves nothing behind.
pub struct Pending {
    path: PathBuf,
    place: Place,
}

enum Place {
    Beside { file: NamedTempFile, to: PathBuf, replace: bool },
    Stream { to: PathBuf, text: Zeroizing<Vec<u8>> },
}

impl Pending {
    /// Writes `text` beside `path`, with its final access from the first byte on. A stream is written into at the end.
    pub fn write(path: &Path, text: &Filtered, access: Access, replace: bool) -> anyhow::Result<Self> {
        refuse_existing(path, replace)?;
        let to = match Target::find(path)? {
            Target::Stream(to) => {
                let text = Zeroizing::new(text.as_str().as_bytes().to_vec());
                return Ok(Self { path: path.to_owned(), place: Place::Stream { to, text } });
            }
            Target::New(to) | Target::Regular(to) => to,
        };
        let written = || -> io::Result<NamedTempFile> {
            let mut file = builder(access).tempfile_in(directory(&to))?;
            if access == Access::AsBefore {
                file.as_file().set_permissions(to.metadata()?.permissions())?;
            }
            file.write_all(text.as_str().as_bytes())?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        let file = written().map_err(|error| unwritable(path, &error))?;
        Ok(Self { path: path.to_owned(), place: Place::Beside { file, to, replace } })
    }

    /// Adds text to the end.
    pub fn append(&mut self, more: &Filtered) -> anyhow::Result<()> {
        match &mut self.place {
            Place::Beside { file, .. } => {
                file.write_all(more.as_str().as_bytes()).map_err(|error| unwritable(&self.path, &error))
            }
            Place::Stream { text, .. } => {
                text.extend_from_slice(more.as_str().as_bytes());
                Ok(())
            }
        }
    }

    /// Where it is until then, for programs that write it themselves; a stream is refused.
    pub fn path(&self) -> anyhow::Result<&Path> {
        match &self.place {
            Place::Beside { file, .. } => Ok(file.path()),
            Place::Stream { .. } => {
                Err(hinted(format!("`{}` is not a regular file", self.path.display()), "give a file name"))
            }
        }
    }

    /// Moves the file to its place; a file that has appeared there meanwhile is kept.
    pub fn commit(self) -> anyhow::Result<()> {
        self.place(false).map(drop)
    }

    /// Moves all files to their places, or none: after a failure every place holds what it held before.
    pub fn commit_all(pending: Vec<Self>) -> anyhow::Result<()> {
        let paths: Vec<&Path> = pending.iter().map(|one| one.path.as_path()).collect();
        refuse_aliases(&paths)?;
        // What went into a stream cannot be taken back, so streams come last.
        let (streams, files): (Vec<_>, Vec<_>) =
            pending.into_iter().partition(|one| matches!(one.place, Place::Stream { .. }));
        let mut placed = Vec::new();
        for one in files.into_iter().chain(streams) {
            match one.place(true) {
                Ok(done) => placed.extend(done),
                Err(error) => {
                    placed.into_iter().rev().for_each(Placed::undo);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn place(self, with_backup: bool) -> anyhow::Result<Option<Placed>> {
        let Self { path, place } = self;
        let (file, to, replace) = match place {
            Place::Stream { to, text } => {
                return pour(&to, &text).map(|()| None).map_err(|error| match error.kind() {
                    io::ErrorKind::TimedOut => {
                        let what = format!("no program reads the FIFO `{}`", path.display());
                        hinted(what, "start the reader first, or give a file name")
                    }
                    _ => unwritable(&path, &error),
                });
            }
            Place::Beside { file, to, replace } => (file, to, replace),
        };
        let before = to.symlink_metadata().ok();
        if before.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            return Err(hinted(format!("`{}` is no longer a regular file", path.display()), "give another name"));
        }
        let backup =
            || tempfile::Builder::new().prefix(PREFIX).make_in(directory(&to), |at| std::fs::hard_link(&to, at));
        let backup =
            (with_backup && before.is_some()).then(backup).and_then(Result::ok).map(NamedTempFile::into_temp_path);
        let moved = if replace { file.persist(&to).map(drop) } else { file.persist_noclobber(&to).map(drop) };
        moved.map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => exists(&path),
            _ => unwritable(&path, &error.error),
        })?;
        Ok(Some(Placed { to, backup, is_new: before.is_none() }))
    }
}

/// A file in its place, and what was there before.
struct Placed {
    to: PathBuf,
    backup: Option<TempPath>,
    is_new: bool,
}

impl Placed {
    fn undo(self) {
        // There is no better answer to a second failure than the report of the first.
        match self.backup {
            Some(backup) => drop(backup.persist(&self.to)),
            None if self.is_new => drop(std::fs::remove_file(&self.to)),
            None => {}
        }
    }
}

/// Writes into a stream from where it stands; nothing is cut off that others have written.
fn pour(to: &Path, text: &[u8]) -> io::Result<()> {
    let mut stream = open_stream(to)?;
    match stream.write_all(text).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Opens a stream; a FIFO that nobody reads is an error after some seconds.
#[cfg(unix)]
fn open_stream(to: &Path) -> io::Result<File> {
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
    use std::time::{Duration, Instant};
    const READER_WAIT: Duration = Duration::from_secs(3);
    let fifo = to.metadata()?.file_type().is_fifo();
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let start = Instant::now();
    // Held until the blocking descriptor is open, so that the reader cannot be missed.
    let _reader = loop {
        match OpenOptions::new().write(true).custom_flags(flags).open(to) {
            Ok(file) => break file,
            Err(error) if !fifo || error.raw_os_error() != Some(rustix::io::Errno::NXIO.raw_os_error()) => {
                return Err(error);
            }
            Err(_) if start.elapsed() < READER_WAIT => std::thread::sleep(Duration::from_millis(10)),
            Err(_) => return Err(io::ErrorKind::TimedOut.into()),
        }
    };
    OpenOptions::new().append(true).open(to)
}

#[cfg(not(unix))]
fn open_stream(to: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(to)
}

/// Refuses to go on when the file is there and may not be replaced. Streams are always written into.
pub fn refuse_existing(path: &Path, replace: bool) -> anyhow::Result<()> {
    if holds_private_key(&path.to_string_lossy()) {
        return Err(hinted(NO_FILE_NAME, "give the name of the file to write"));
    }
    match Target::find(path) {
        Ok(Target::Regular(_)) if !replace => Err(exists(path)),
        Err(_) if !replace && path.is_symlink() => Err(exists(path)),
        other => other.map(drop),
    }
}

/// Refuses two names of one file, be they `s` and `./s`, a symbolic link, or two hard links.
pub fn refuse_aliases(paths: &[&Path]) -> anyhow::Result<()> {
    let mut known: Vec<(PathBuf, &Path)> = Vec::new();
    for path in paths {
        let (Target::New(real) | Target::Regular(real)) = Target::find(path)? else { continue };
        let dir = directory(&real).canonicalize().unwrap_or_else(|_| directory(&real).to_owned());
        let real = dir.join(real.file_name().unwrap_or_default());
        if let Some((_, other)) = known.iter().find(|(other, _)| *other == real || is_one_inode(other, &real)) {
            let what = format!("`{}` and `{}` are the same file", other.display(), path.display());
            return Err(hinted(what, "give them two names"));
        }
        known.push((real, path));
    }
    Ok(())
}

#[cfg(unix)]
fn is_one_inode(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let inode = |path: &Path| path.metadata().map(|metadata| (metadata.dev(), metadata.ino())).ok();
    inode(one).is_some_and(|one| inode(other) == Some(one))
}

#[cfg(not(unix))]
fn is_one_inode(_: &Path, _: &Path) -> bool {
    false
}

fn exists(path: &Path) -> anyhow::Error {
    hinted(format!("`{}` exists and is kept", path.display()), "choose another name, or --force to replace it")
}

#[cfg(unix)]
fn builder(access: Access) -> tempfile::Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    let mode = match access {
        Access::OwnerOnly | Access::AsBefore => 0o600,
        Access::Everybody => 0o644,
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).permissions(std::fs::Permissions::from_mode(mode));
    builder
}

#[cfg(not(unix))]
fn builder(_: Access) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    builder
}
