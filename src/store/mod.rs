//! What the hub keeps: who is served, and who has asked. An embedded database, or PostgreSQL for several hubs at once.
//!
//! The rules live in `rocketchat::hub`; the store runs them on the ledger of one domain inside one transaction, so that two
//! requests, two processes or two machines cannot decide about the same domain at the same time. What a function has returned
//! is on the disk.

pub mod documents;
mod pool;
mod postgres;
mod postgres_tls;
mod rows;
mod sql;
mod sqlite;
pub mod watch;

use std::path::{Path, PathBuf};

use crate::dns::name::Domain;
use crate::rocketchat::hub::ledger::{Change, Ledger, Peer, Proposal};

pub use postgres::Postgres;
pub use sqlite::{FILE_NAME, Sqlite};

/// The form of the tables; a store that was written by a later fedctl is refused.
pub const SCHEMA: i64 = 1;

/// Where the data is.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one store lives as long as the process")]
pub enum Store {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub peers: i64,
    /// Proposals whose link can still be followed.
    pub open: i64,
    /// Mails that have not gone out.
    pub mails_due: i64,
}

impl Store {
    /// Opens the database in a directory and makes both when they are missing.
    pub async fn create(dir: &Path) -> anyhow::Result<Self> {
        let dir = dir.to_owned();
        Ok(Self::Sqlite(sqlite::blocking(move || Sqlite::open(&dir, true)).await?))
    }

    /// Opens the database in a directory, which must be there.
    pub async fn open(dir: &Path) -> anyhow::Result<Self> {
        let dir = dir.to_owned();
        Ok(Self::Sqlite(sqlite::blocking(move || Sqlite::open(&dir, false)).await?))
    }

    /// Connects to `postgres://USER:PASSWORD@HOST/NAME`, and makes the tables when they are missing.
    pub async fn connect(url: &str, ca_file: Option<&Path>) -> anyhow::Result<Self> {
        Ok(Self::Postgres(Postgres::connect(url, ca_file).await?))
    }

    /// Reads the ledger of a domain, lets `rule` decide, and applies its changes, all or none.
    pub async fn transact<T: Send + 'static>(
        &self,
        domain: &Domain,
        rule: impl FnOnce(&Ledger) -> (Vec<Change>, T) + Send + 'static,
    ) -> anyhow::Result<T> {
        match self {
            Self::Sqlite(store) => store.transact(domain, rule).await,
            Self::Postgres(store) => store.transact(domain, rule).await,
        }
    }

    /// The served entry of a domain.
    pub async fn peer(&self, domain: &Domain) -> anyhow::Result<Option<Peer>> {
        match self {
            Self::Sqlite(store) => store.peer(domain).await,
            Self::Postgres(store) => store.peer(domain).await,
        }
    }

    /// The domain and everything known about it.
    pub async fn ledger(&self, domain: &Domain) -> anyhow::Result<Ledger> {
        self.transact(domain, |ledger| (Vec::new(), ledger.clone())).await
    }

    /// The proposal of that name.
    pub async fn proposal(&self, id: &str) -> anyhow::Result<Option<Proposal>> {
        match self {
            Self::Sqlite(store) => store.proposal(id).await,
            Self::Postgres(store) => store.proposal(id).await,
        }
    }

    /// Up to `limit` proposals whose mail is due, those that have waited longest first.
    pub async fn due(&self, now: i64, limit: i64) -> anyhow::Result<Vec<Proposal>> {
        match self {
            Self::Sqlite(store) => store.due(now, limit).await,
            Self::Postgres(store) => store.due(now, limit).await,
        }
    }

    /// Proposals whose link can still be followed, oldest first.
    pub async fn open_proposals(&self, now: i64, limit: i64) -> anyhow::Result<Vec<Proposal>> {
        match self {
            Self::Sqlite(store) => store.open_proposals(now, limit).await,
            Self::Postgres(store) => store.open_proposals(now, limit).await,
        }
    }

    /// Up to `limit` served entries in the order of their domains, from the first after `after` on.
    pub async fn peers(&self, after: &str, limit: i64) -> anyhow::Result<Vec<Peer>> {
        match self {
            Self::Sqlite(store) => store.peers(after, limit).await,
            Self::Postgres(store) => store.peers(after, limit).await,
        }
    }

    /// Every served entry, in the order of the domains.
    pub async fn all_peers(&self) -> anyhow::Result<Vec<Peer>> {
        const PAGE: i64 = 1000;
        let mut all: Vec<Peer> = Vec::new();
        loop {
            let after = all.last().map(|peer| peer.domain.to_string()).unwrap_or_default();
            let page = self.peers(&after, PAGE).await?;
            let is_last = (page.len() as i64) < PAGE;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Applies changes of any domains, all or none; what was decided elsewhere.
    pub async fn apply(&self, changes: Vec<Change>) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(store) => store.apply(changes).await,
            Self::Postgres(store) => store.apply(changes).await,
        }
    }

    /// Whether a registration could be written now.
    pub async fn probe_write(&self) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(store) => store.probe_write().await,
            Self::Postgres(store) => store.probe_write().await,
        }
    }

    /// Drops the proposals that were created before that moment.
    pub async fn sweep(&self, before: i64) -> anyhow::Result<u64> {
        match self {
            Self::Sqlite(store) => store.sweep(before).await,
            Self::Postgres(store) => store.sweep(before).await,
        }
    }

    /// How much there is; also the proof that the database answers.
    pub async fn counts(&self, now: i64) -> anyhow::Result<Counts> {
        match self {
            Self::Sqlite(store) => store.counts(now).await,
            Self::Postgres(store) => store.counts(now).await,
        }
    }

    /// Copies the embedded database to a new file while it is in use; PostgreSQL has its own tools.
    pub async fn backup(&self, to: PathBuf) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(store) => store.backup(to).await,
            Self::Postgres(_) => Err(crate::error::hinted(
                "a hub on PostgreSQL is backed up by PostgreSQL",
                "pg_dump, or `fedctl hub export` for the entries alone",
            )),
        }
    }
}
