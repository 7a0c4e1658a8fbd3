//! The embedded database: one file that several processes of one machine may use at the same time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use anyhow::Context as _;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::rows::{PeerRow, ProposalRow};
use super::{Counts, SCHEMA, sql};
use crate::dns::name::Domain;
use crate::error::hinted;
use crate::file::write::{Access, in_place};
use crate::rocketchat::hub::ledger::{Change, Ledger, Peer, Proposal};

/// The file in the data directory.
pub const FILE_NAME: &str = "hub.db";
/// How long to wait for another process's transaction.
const BUSY: Duration = Duration::from_secs(10);
/// Pages copied at a time by a backup, and the pause in which writers get their turn.
const BACKUP_STEP: (i32, Duration) = (256, Duration::from_millis(2));

/// Two connections: writers wait for each other, readers do not wait for writers.
#[derive(Debug, Clone)]
pub struct Sqlite {
    path: PathBuf,
    writer: Arc<Mutex<Connection>>,
    reader: Arc<Mutex<Connection>>,
    /// The file cannot be written by this user.
    is_read_only: bool,
}

/// Runs work that waits for the disk where waiting hurts nobody.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("the database work was cut off")?
}

impl Sqlite {
    /// Opens the file in `dir`; `create` makes both, readable by the owner only.
    pub fn open(dir: &Path, create: bool) -> anyhow::Result<Self> {
        let path = dir.join(FILE_NAME);
        if create {
            make_private_dir(dir)?;
        } else if !path.is_file() {
            let hint = "give the directory that `fedctl serve hub --data` uses";
            return Err(hinted(format!("`{}` contains no hub: there is no {FILE_NAME}", dir.display()), hint));
        }
        let refused = |why: anyhow::Error| {
            let hint = "restore a copy of `fedctl hub backup`, or give another directory";
            hinted(format!("`{}` cannot be opened as the database of a hub: {why}", path.display()), hint)
        };
        let is_read_only = !create && !is_writable(&path);
        let connect = |write| if is_read_only { connect_read_only(&path) } else { connect(&path, write) };
        let mut writer = connect(true).map_err(refused)?;
        if !is_read_only {
            prepare(&mut writer).with_context(|| format!("`{}`", path.display()))?;
        }
        let reader = connect(false).with_context(|| format!("`{}` cannot be opened", path.display()))?;
        let (writer, reader) = (Arc::new(Mutex::new(writer)), Arc::new(Mutex::new(reader)));
        Ok(Self { path, writer, reader, is_read_only })
    }

    pub async fn transact<T: Send + 'static>(
        &self,
        domain: &Domain,
        rule: impl FnOnce(&Ledger) -> (Vec<Change>, T) + Send + 'static,
    ) -> anyhow::Result<T> {
        let domain = domain.clone();
        self.write(move |tx| {
            let ledger =
                Ledger { peer: find_peer(tx, &domain)?, proposals: proposals(tx, sql::PROPOSALS, [domain.as_str()])? };
            let (changes, answer) = rule(&ledger);
            changes.iter().try_for_each(|change| apply(tx, change))?;
            Ok(answer)
        })
        .await
    }

    pub async fn peer(&self, domain: &Domain) -> anyhow::Result<Option<Peer>> {
        let domain = domain.clone();
        self.read(move |db| find_peer(db, &domain)).await
    }

    pub async fn proposal(&self, id: &str) -> anyhow::Result<Option<Proposal>> {
        let id = id.to_owned();
        self.read(move |db| Ok(proposals(db, sql::PROPOSAL, [id])?.pop())).await
    }

    pub async fn due(&self, now: i64, limit: i64) -> anyhow::Result<Vec<Proposal>> {
        self.read(move |db| proposals(db, sql::DUE, [now, limit])).await
    }

    pub async fn open_proposals(&self, now: i64, limit: i64) -> anyhow::Result<Vec<Proposal>> {
        self.read(move |db| proposals(db, sql::OPEN, [now, limit])).await
    }

    pub async fn peers(&self, after: &str, limit: i64) -> anyhow::Result<Vec<Peer>> {
        let after = after.to_owned();
        self.read(move |db| {
            let mut statement = db.prepare_cached(sql::PEERS)?;
            let rows = statement.query_map(params![after, limit], peer_row)?;
            rows.map(|row| row?.into_peer()).collect()
        })
        .await
    }

    pub async fn apply(&self, changes: Vec<Change>) -> anyhow::Result<()> {
        self.write(move |tx| changes.iter().try_for_each(|change| apply(tx, change))).await
    }

    /// Writes what is there already: fails when the disk is full.
    pub async fn probe_write(&self) -> anyhow::Result<()> {
        self.write(|tx| {
            tx.prepare_cached(sql::TOUCH)?.execute([])?;
            Ok(())
        })
        .await
    }

    pub async fn sweep(&self, before: i64) -> anyhow::Result<u64> {
        self.write(move |tx| Ok(tx.prepare_cached(sql::SWEEP)?.execute([before])? as u64)).await
    }

    pub async fn counts(&self, now: i64) -> anyhow::Result<Counts> {
        self.read(move |db| {
            let read = |row: &Row| Ok(Counts { peers: row.get(0)?, open: row.get(1)?, mails_due: row.get(2)? });
            Ok(db.prepare_cached(sql::COUNTS)?.query_row([now], read)?)
        })
        .await
    }

    /// SQLite's online backup: a consistent copy, while others read and write.
    pub async fn backup(&self, to: PathBuf) -> anyhow::Result<()> {
        let (from, is_read_only) = (self.path.clone(), self.is_read_only);
        blocking(move || {
            let source = if is_read_only { connect_read_only(&from)? } else { connect(&from, false)? };
            let mut copy = Connection::open(&to)?;
            let backup = rusqlite::backup::Backup::new(&source, &mut copy)?;
            backup.run_to_completion(BACKUP_STEP.0, BACKUP_STEP.1, None)?;
            drop(backup);
            // A copy of one file must not need a second one beside it.
            copy.pragma_update(None, "journal_mode", "DELETE")?;
            let verdict: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
            anyhow::ensure!(verdict == "ok", "the copy is damaged: {verdict}");
            copy.close().map_err(|(_, error)| error)?;
            fs::File::open(&to)?.sync_all()?;
            Ok(())
        })
        .await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let reader = self.reader.clone();
        blocking(move || work(&held(&reader))).await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let writer = self.writer.clone();
        let behavior = if self.is_read_only { TransactionBehavior::Deferred } else { TransactionBehavior::Immediate };
        blocking(move || {
            let mut writer = held(&writer);
            let tx = writer.transaction_with_behavior(behavior)?;
            let answer = work(&tx)?;
            tx.commit()?;
            Ok(answer)
        })
        .await
    }
}

/// A panic inside a transaction has rolled it back; the connection is still good.
fn held(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Takes a lock file that no second process gets; the system lets go of it when this one ends, however it ends.
pub fn lock(path: &Path, busy: impl FnOnce() -> anyhow::Error) -> anyhow::Result<fs::File> {
    let file = in_place(path, Access::OwnerOnly)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(busy()),
        Err(fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("`{}` cannot be locked", path.display()))
        }
    }
}

pub fn make_private_dir(dir: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| {
        hinted(
            format!("`{}` cannot be made: {error}", dir.display()),
            "choose a --data directory that you may write to",
        )
    })
}

/// A database that may be written is made readable by its owner only, whatever the umask; SQLite gives the files beside it the same
/// mode.
pub fn connect(path: &Path, write: bool) -> anyhow::Result<Connection> {
    if write {
        in_place(path, Access::OwnerOnly)?;
    }
    let access = match write {
        true => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        // WAL needs the shared-memory file, which a read-only connection could not make.
        false => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let db = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: the disk has confirmed a commit before it returns.
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "query_only", if write { "OFF" } else { "ON" })?;
    Ok(db)
}

/// True when this user may write the file, and the files that SQLite keeps beside it.
pub fn is_writable(path: &Path) -> bool {
    #[cfg(unix)]
    return [Some(path), path.parent()].into_iter().flatten().all(|path| {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
    });
    #[cfg(not(unix))]
    path.metadata().is_ok_and(|metadata| !metadata.permissions().readonly())
}

/// Reads a database that cannot be written, as on a read-only disk or by another user. Without the right to make the files of the
/// write-ahead log it is read as it stands, which is complete when nobody has left such a log behind.
pub fn connect_read_only(path: &Path) -> anyhow::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let is_read = |db: &Connection| db.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()));
    let db = Connection::open_with_flags(path, flags)?;
    let Err(why) = is_read(&db) else { return Ok(db) };
    let log = path.with_extension("db-wal");
    if log.metadata().is_ok_and(|metadata| metadata.len() > 0) {
        return Err(why.into());
    }
    let escape = |byte: u8| match byte {
        b'/' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let uri: String = std::path::absolute(path)?.as_os_str().as_encoded_bytes().iter().copied().map(escape).collect();
    let db = Connection::open_with_flags(format!("file:{uri}?immutable=1"), flags | OpenFlags::SQLITE_OPEN_URI)?;
    is_read(&db)?;
    Ok(db)
}

fn prepare(db: &mut Connection) -> anyhow::Result<()> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(sql::TABLES)?;
    let version: Option<i64> = tx.query_row(sql::SCHEMA, [], |row| row.get(0)).optional()?;
    match version {
        None => drop(tx.execute(sql::SET_SCHEMA, [SCHEMA])?),
        Some(SCHEMA) => {}
        Some(other) => return Err(too_new(other)),
    }
    Ok(tx.commit()?)
}

/// The tables are those of a later release.
pub fn too_new(version: i64) -> anyhow::Error {
    hinted(
        format!("the hub's data has schema {version}, this fedctl supports {SCHEMA}"),
        "use the fedctl that wrote it, or a later one",
    )
}

fn peer_row(row: &Row) -> rusqlite::Result<PeerRow> {
    Ok(PeerRow {
        domain: row.get(0)?,
        url: row.get(1)?,
        public_key: row.get(2)?,
        since: row.get(3)?,
        confirmed: row.get(4)?,
    })
}

fn find_peer(db: &Connection, domain: &Domain) -> anyhow::Result<Option<Peer>> {
    let row = db.prepare_cached(sql::PEER)?.query_row([domain.as_str()], peer_row).optional()?;
    row.map(PeerRow::into_peer).transpose()
}

fn proposals(db: &Connection, sql: &str, params: impl rusqlite::Params) -> anyhow::Result<Vec<Proposal>> {
    let read = |row: &Row| {
        Ok(ProposalRow {
            id: row.get(0)?,
            domain: row.get(1)?,
            url: row.get(2)?,
            public_key: row.get(3)?,
            token: row.get(4)?,
            created: row.get(5)?,
            expires: row.get(6)?,
            mail_due: row.get(7)?,
            attempts: row.get(8)?,
            closed: row.get(9)?,
        })
    };
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?;
    rows.map(|row| row?.into_proposal()).collect()
}

fn apply(tx: &Transaction, change: &Change) -> anyhow::Result<()> {
    match change {
        Change::Serve(peer) => {
            let row = PeerRow::from(peer);
            let values = params![row.domain, row.url, row.public_key, row.since, row.confirmed];
            tx.prepare_cached(sql::SERVE)?.execute(values)?;
        }
        Change::Forget(domain) => {
            tx.prepare_cached(sql::FORGET)?.execute([domain.as_str()])?;
        }
        Change::Put(proposal) => {
            let row = ProposalRow::from(proposal);
            tx.prepare_cached(sql::PUT)?.execute(params![
                row.id,
                row.domain,
                row.url,
                row.public_key,
                row.token,
                row.created,
                row.expires,
                row.mail_due,
                row.attempts,
                row.closed
            ])?;
        }
    }
    Ok(())
}
