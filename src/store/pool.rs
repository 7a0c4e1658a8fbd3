//! Connections to PostgreSQL, lent for one piece of work each.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};

use super::postgres_tls::Tls;
use crate::error::hinted;

/// Connections of one process.
const CONNECTIONS: usize = 8;
/// How long to wait for the server to take a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Guards the making of the tables against a second process that starts at the same time; ends with the transaction.
pub const TABLES_LOCK: &str = "SELECT pg_advisory_xact_lock(112585661969516)";

/// A few connections, made when they are needed, and again when the server has gone away.
#[derive(Clone)]
pub struct Pool {
    config: Config,
    /// `None` without `sslmode=require`.
    tls: Option<Tls>,
    idle: Arc<Mutex<Vec<Client>>>,
    permits: Arc<Semaphore>,
}

impl std::fmt::Debug for Pool {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pool({:?}, {:?})", self.config.get_hosts(), self.config.get_dbname())
    }
}

/// A connection on loan.
pub struct Loan<'a> {
    client: Option<Client>,
    idle: &'a Mutex<Vec<Client>>,
    _permit: SemaphorePermit<'a>,
}

impl Loan<'_> {
    pub fn client(&mut self) -> anyhow::Result<&mut Client> {
        self.client.as_mut().context("the connection is gone")
    }

    /// Gives the connection back; one that is dropped in the middle of a transaction is closed instead.
    pub fn give_back(mut self) {
        if let Some(client) = self.client.take().filter(|client| !client.is_closed()) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
        }
    }
}

impl Pool {
    /// Reads `postgres://USER:PASSWORD@HOST/NAME`; connects when the first connection is lent. `name` is what the server lists.
    pub fn new(url: &str, ca_file: Option<&Path>, name: &str) -> anyhow::Result<Self> {
        let config: Config = url.parse().map_err(|_| {
            hinted("--database is not a PostgreSQL URL", "it looks like `postgres://user:password@host:5432/name`")
        })?;
        let mut config = config;
        config.connect_timeout(CONNECT).application_name(name);
        let tls = match (config.get_ssl_mode(), ca_file) {
            (SslMode::Require, _) => Some(Tls::new(ca_file)?),
            (_, None) => None,
            (_, Some(_)) => {
                return Err(hinted("a CA for PostgreSQL is given, but no TLS", "add `?sslmode=require` to the URL"));
            }
        };
        Ok(Self { config, tls, idle: Arc::default(), permits: Arc::new(Semaphore::new(CONNECTIONS)) })
    }

    pub async fn loan(&self) -> anyhow::Result<Loan<'_>> {
        let permit = self.permits.acquire().await?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().filter(|client| !client.is_closed());
        let client = match idle {
            Some(client) => client,
            None => self.dial().await?,
        };
        Ok(Loan { client: Some(client), idle: &self.idle, _permit: permit })
    }

    async fn dial(&self) -> anyhow::Result<Client> {
        match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await.map_err(unreachable)?;
                tokio::spawn(attend(connection));
                Ok(client)
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await.map_err(unreachable)?;
                tokio::spawn(attend(connection));
                Ok(client)
            }
        }
    }
}

/// Carries the traffic of one connection until it ends.
async fn attend(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        tracing::warn!(%error, "a connection to PostgreSQL ended");
    }
}

/// The error as a whole; tokio-postgres names neither host nor password in it.
fn unreachable(error: tokio_postgres::Error) -> anyhow::Error {
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let hint = "try the same URL with psql; a server that insists on TLS needs `?sslmode=require`";
    hinted(format!("PostgreSQL cannot be used: {error}{cause}"), hint)
}
