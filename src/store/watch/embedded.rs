//! The embedded database: one file, one watcher.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ToSql, TransactionBehavior};

use super::super::sqlite::{blocking, connect, connect_read_only, is_writable, lock, make_private_dir};
use super::sql;
use super::value::{Answer, Row, Step, Value};
use crate::error::hinted;

/// The files in the data directory.
const FILE_NAME: &str = "watch.db";
const LOCK_NAME: &str = "watch.lock";

/// Writers wait for each other, readers do not wait for writers.
#[derive(Debug, Clone)]
pub struct Embedded {
    writer: Arc<Mutex<Connection>>,
    reader: Arc<Mutex<Connection>>,
    /// Held while this is the watcher; the system lets go of it when the process ends, however it ends.
    _lock: Option<Arc<File>>,
}

impl Embedded {
    /// Opens the database in `dir`. A watcher makes what is missing and keeps other watchers out.
    pub async fn open(dir: &Path, watches: bool) -> anyhow::Result<Self> {
        let dir = dir.to_owned();
        blocking(move || {
            let path = dir.join(FILE_NAME);
            let lock = if watches {
                make_private_dir(&dir)?;
                Some(Arc::new(lock(&dir.join(LOCK_NAME), || busy(&dir))?))
            } else if path.is_file() {
                None
            } else {
                let what = format!("`{}` contains no data of a watch: there is no {FILE_NAME}", dir.display());
                return Err(hinted(what, "give the directory that `fedctl watch --data` uses"));
            };
            let opened = || format!("`{}` cannot be opened as the database of a watch", path.display());
            let is_read_only = !watches && !is_writable(&path);
            let connect = |write| if is_read_only { connect_read_only(&path) } else { connect(&path, write) };
            let mut writer = connect(true).with_context(opened)?;
            if !is_read_only {
                migrate(&mut writer).with_context(|| format!("`{}`", path.display()))?;
            }
            let reader = connect(false).with_context(opened)?;
            Ok(Self { writer: Arc::new(Mutex::new(writer)), reader: Arc::new(Mutex::new(reader)), _lock: lock })
        })
        .await
    }

    /// Runs the steps in one transaction.
    pub async fn run(&self, steps: Vec<Step>) -> anyhow::Result<Answer> {
        let writer = self.writer.clone();
        blocking(move || {
            let mut db = writer.lock().unwrap_or_else(PoisonError::into_inner);
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut answer = Vec::new();
            for step in &steps {
                let rows = rows(&tx, step)?;
                if step.must && rows.is_empty() {
                    return Ok(None);
                }
                answer.push(rows);
            }
            tx.commit()?;
            Ok(Some(answer))
        })
        .await
    }

    /// Runs one statement that changes nothing.
    pub async fn read(&self, step: Step) -> anyhow::Result<Vec<Row>> {
        let reader = self.reader.clone();
        blocking(move || rows(&reader.lock().unwrap_or_else(PoisonError::into_inner), &step)).await
    }
}

fn busy(dir: &Path) -> anyhow::Error {
    hinted(
        format!("another watch uses `{}`", dir.display()),
        "stop it first; several that share the work need --database with PostgreSQL",
    )
}

fn migrate(db: &mut Connection) -> anyhow::Result<()> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(sql::SCHEMA_TABLE)?;
    let version: i64 = tx.query_row(sql::SCHEMA, [], |row| row.get(0))?;
    for (number, statements) in super::missing_migrations(version)? {
        tx.execute_batch(statements)?;
        tx.execute(sql::SET_SCHEMA, [number])?;
    }
    Ok(tx.commit()?)
}

fn rows(db: &Connection, step: &Step) -> anyhow::Result<Vec<Row>> {
    let values: Vec<Box<dyn ToSql>> = step
        .values
        .iter()
        .map(|value| -> Box<dyn ToSql> {
            match value {
                Value::Int(number) => Box::new(*number),
                Value::Text(text) => Box::new(text.clone()),
                Value::Null => Box::new(rusqlite::types::Null),
            }
        })
        .collect();
    // SQLite counts `$1` by where it appears, and `?1` by its number.
    let mut statement = db.prepare_cached(&step.sql.replace('$', "?"))?;
    let columns = statement.column_count();
    let mut found = statement.query(rusqlite::params_from_iter(values))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let value = |at: usize| -> anyhow::Result<Value> {
            match row.get_ref(at)? {
                ValueRef::Null => Ok(Value::Null),
                ValueRef::Integer(number) => Ok(Value::Int(number)),
                ValueRef::Text(text) => Ok(Value::Text(String::from_utf8_lossy(text).into_owned())),
                other => anyhow::bail!("the database contains an unexpected {}", other.data_type()),
            }
        };
        rows.push(Row((0..columns).map(value).collect::<anyhow::Result<_>>()?));
    }
    Ok(rows)
}
