//! The database of a sandbox: one file, the documents of one server in the order in which they were first written.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use serde_json::Value;

use super::sqlite::{blocking, connect, lock};
use crate::dns::name::Domain;
use crate::error::hinted;
use crate::rocketchat::body::Wire;
use crate::rocketchat::events::documents::{Change, Collection, Documents};

/// The form of the tables; a file that was written by a later fedctl is refused.
const SCHEMA: i64 = 1;
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS sandbox (schema INTEGER NOT NULL, domain TEXT NOT NULL, protocol TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (collection, id)
);
";
const OWNER: &str = "SELECT schema, domain, protocol FROM sandbox";
const SET_OWNER: &str = "INSERT INTO sandbox (schema, domain, protocol) VALUES (?1, ?2, ?3)";
const PUT: &str = "INSERT INTO documents (collection, id, body) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (collection, id) DO UPDATE SET body = excluded.body";
const REMOVE: &str = "DELETE FROM documents WHERE collection = ?1 AND id = ?2";
const ALL: &str = "SELECT collection, id, body FROM documents ORDER BY number";

/// The file of a sandbox; no second process can use it at the same time.
#[derive(Debug, Clone)]
pub struct DocumentStore {
    db: Arc<Mutex<Connection>>,
    _lock: Arc<File>,
}

impl DocumentStore {
    /// Opens the file, or makes it for this server, and reads what it holds.
    pub async fn open(path: &Path, domain: &Domain, speaks: Wire) -> anyhow::Result<(Self, Documents)> {
        let (path, domain) = (path.to_owned(), domain.clone());
        blocking(move || {
            let busy = || {
                let what = format!("another sandbox uses `{}`", path.display());
                hinted(what, "stop it first, or give another file with --state FILE")
            };
            if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty() && !dir.is_dir()) {
                let what = format!("the directory `{}` for the state of the sandbox is missing", dir.display());
                return Err(hinted(what, format!("mkdir -p {}", dir.display())));
            }
            let lock = lock(&beside(&path), busy)?;
            let mut db = connect(&path, true).map_err(|why| {
                let what = format!("`{}` cannot be opened as the state of a sandbox: {why}", path.display());
                hinted(what, "give another file with --state FILE, or remove this one")
            })?;
            prepare(&mut db, &path, &domain, speaks)?;
            let documents = Documents::load(read(&db).with_context(|| format!("`{}`", path.display()))?);
            Ok((Self { db: Arc::new(Mutex::new(db)), _lock: Arc::new(lock) }, documents))
        })
        .await
    }

    /// Writes what has changed, all or none; what was written is on the disk.
    pub async fn write(&self, changes: Vec<Change>) -> anyhow::Result<()> {
        let db = self.db.clone();
        blocking(move || {
            let mut db = db.lock().unwrap_or_else(PoisonError::into_inner);
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for Change { collection, id, document } in changes {
                match document {
                    Some(document) => {
                        tx.prepare_cached(PUT)?.execute([collection.as_str(), &id, &document.to_string()])?
                    }
                    None => tx.prepare_cached(REMOVE)?.execute([collection.as_str(), &id])?,
                };
            }
            Ok(tx.commit()?)
        })
        .await
    }
}

/// The lock file beside a database.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn prepare(db: &mut Connection, path: &Path, domain: &Domain, speaks: Wire) -> anyhow::Result<()> {
    let file = path.display();
    let protocol = if speaks == Wire::One { "1.x" } else { "2.x" };
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(TABLES).with_context(|| format!("`{file}`"))?;
    let row = |row: &rusqlite::Row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?));
    match tx.query_row(OWNER, [], row).optional()? {
        None => drop(tx.execute(SET_OWNER, (SCHEMA, domain.as_str(), protocol))?),
        Some((schema, ..)) if schema != SCHEMA => {
            let what = format!("`{file}` has schema {schema}, this fedctl supports {SCHEMA}");
            return Err(hinted(what, "use the fedctl that wrote it, or a later one"));
        }
        Some((_, owner, spoken)) if (owner.as_str(), spoken.as_str()) != (domain.as_str(), protocol) => {
            let what =
                format!("`{file}` is the state of {owner} with the protocol {spoken}, not of {domain} with {protocol}");
            return Err(hinted(what, "give another file with --state FILE"));
        }
        Some(_) => {}
    }
    Ok(tx.commit()?)
}

fn read(db: &Connection) -> anyhow::Result<Vec<(Collection, String, Value)>> {
    let mut statement = db.prepare(ALL)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut all = Vec::new();
    for row in rows {
        let (collection, id, body): (String, String, String) = row?;
        let collection = Collection::of(&collection).with_context(|| format!("unknown collection {collection}"))?;
        all.push((collection, id, serde_json::from_str(&body)?));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn what_was_written_is_there_again_in_its_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        let domain: Domain = "b.example".parse().unwrap();
        let (store, mut documents) = DocumentStore::open(&path, &domain, Wire::Two).await.unwrap();
        for at in [3, 1, 2] {
            documents.put(Collection::Events, &format!("e{at}"), json!({"_id": at, "text": "é\u{0} 😀"}));
        }
        store.write(documents.take_changes()).await.unwrap();
        documents.put(Collection::Events, "e3", json!({"_id": 3, "changed": true}));
        documents.remove(Collection::Events, "e1");
        store.write(documents.take_changes()).await.unwrap();
        let refused = DocumentStore::open(&path, &domain, Wire::Two).await.unwrap_err().to_string();
        assert!(refused.contains("another sandbox uses"), "{refused}");
        drop(store);
        let (store, again) = DocumentStore::open(&path, &domain, Wire::Two).await.unwrap();
        assert!(again.all(Collection::Events).eq(documents.all(Collection::Events)), "{again:?}");
        drop(store);
        for (domain, speaks) in [("c.example", Wire::Two), ("b.example", Wire::One)] {
            let refused = DocumentStore::open(&path, &domain.parse().unwrap(), speaks).await.unwrap_err().to_string();
            assert!(refused.contains("is the state of b.example with the protocol 2.x"), "{refused}");
        }
    }
}
