//! PostgreSQL: the same tables, for several hubs on several machines.

use std::path::Path;

use anyhow::Context as _;
use tokio_postgres::{GenericClient, Row, Transaction};

use super::pool::{Pool, TABLES_LOCK};
use super::rows::{PeerRow, ProposalRow};
use super::sqlite::too_new;
use super::{Counts, SCHEMA, sql};
use crate::dns::name::Domain;
use crate::rocketchat::hub::ledger::{Change, Ledger, Peer, Proposal};

/// One decision at a time about one domain, in all hubs; the lock ends with the transaction.
const DOMAIN_LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

/// The hub's tables on a server.
#[derive(Debug, Clone)]
pub struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub async fn connect(url: &str, ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let store = Self { pool: Pool::new(url, ca_file, "fedctl hub")? };
        store.prepare().await?;
        Ok(store)
    }

    async fn prepare(&self) -> anyhow::Result<()> {
        let mut loan = self.pool.loan().await?;
        let tx = loan.client()?.transaction().await?;
        tx.execute(TABLES_LOCK, &[]).await?;
        tx.batch_execute(sql::TABLES).await.context("the tables cannot be made")?;
        match tx.query_opt(sql::SCHEMA, &[]).await?.map(|row| row.get::<_, i64>(0)) {
            None => drop(tx.execute(sql::SET_SCHEMA, &[&SCHEMA]).await?),
            Some(SCHEMA) => {}
            Some(other) => return Err(too_new(other)),
        }
        tx.commit().await?;
        loan.give_back();
        Ok(())
    }

    pub async fn transact<T: Send + 'static>(
        &self,
        domain: &Domain,
        rule: impl FnOnce(&Ledger) -> (Vec<Change>, T) + Send + 'static,
    ) -> anyhow::Result<T> {
        let mut loan = self.pool.loan().await?;
        let tx = loan.client()?.transaction().await?;
        tx.execute(DOMAIN_LOCK, &[&domain.as_str()]).await?;
        let ledger = Ledger {
            peer: find_peer(&tx, domain).await?,
            proposals: proposals(&tx, sql::PROPOSALS, &[&domain.as_str()]).await?,
        };
        let (changes, answer) = rule(&ledger);
        for change in &changes {
            apply(&tx, change).await?;
        }
        tx.commit().await?;
        loan.give_back();
        Ok(answer)
    }

    pub async fn peer(&self, domain: &Domain) -> anyhow::Result<Option<Peer>> {
        let mut loan = self.pool.loan().await?;
        let peer = find_peer(loan.client()?, domain).await?;
        loan.give_back();
        Ok(peer)
    }

    pub async fn proposal(&self, id: &str) -> anyhow::Result<Option<Proposal>> {
        Ok(self.proposals(sql::PROPOSAL, &[&id]).await?.pop())
    }

    pub async fn due(&self, now: i64, limit: i64) -> anyhow::Result<Vec<Proposal>> {
        self.proposals(sql::DUE, &[&now, &limit]).await
    }

    pub async fn open_proposals(&self, now: i64, limit: i64) -> anyhow::Result<Vec<Proposal>> {
        self.proposals(sql::OPEN, &[&now, &limit]).await
    }

    pub async fn peers(&self, after: &str, limit: i64) -> anyhow::Result<Vec<Peer>> {
        let mut loan = self.pool.loan().await?;
        let client = loan.client()?;
        let statement = client.prepare(sql::PEERS).await?;
        let rows = client.query(&statement, &[&after, &limit]).await?;
        loan.give_back();
        rows.iter().map(|row| peer_row(row)?.into_peer()).collect()
    }

    pub async fn apply(&self, changes: Vec<Change>) -> anyhow::Result<()> {
        let mut loan = self.pool.loan().await?;
        let tx = loan.client()?.transaction().await?;
        for change in &changes {
            apply(&tx, change).await?;
        }
        tx.commit().await?;
        loan.give_back();
        Ok(())
    }

    /// Writes what is there already: fails when the disk is full or the database is read-only.
    pub async fn probe_write(&self) -> anyhow::Result<()> {
        let mut loan = self.pool.loan().await?;
        loan.client()?.execute(sql::TOUCH, &[]).await?;
        loan.give_back();
        Ok(())
    }

    pub async fn sweep(&self, before: i64) -> anyhow::Result<u64> {
        let mut loan = self.pool.loan().await?;
        let gone = loan.client()?.execute(sql::SWEEP, &[&before]).await?;
        loan.give_back();
        Ok(gone)
    }

    pub async fn counts(&self, now: i64) -> anyhow::Result<Counts> {
        let mut loan = self.pool.loan().await?;
        let row = loan.client()?.query_one(sql::COUNTS, &[&now]).await?;
        loan.give_back();
        Ok(Counts { peers: row.try_get(0)?, open: row.try_get(1)?, mails_due: row.try_get(2)? })
    }

    async fn proposals(
        &self,
        sql: &str,
        params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> anyhow::Result<Vec<Proposal>> {
        let mut loan = self.pool.loan().await?;
        let found = proposals(loan.client()?, sql, params).await?;
        loan.give_back();
        Ok(found)
    }
}

fn peer_row(row: &Row) -> anyhow::Result<PeerRow> {
    Ok(PeerRow {
        domain: row.try_get(0)?,
        url: row.try_get(1)?,
        public_key: row.try_get(2)?,
        since: row.try_get(3)?,
        confirmed: row.try_get(4)?,
    })
}

async fn find_peer(db: &impl GenericClient, domain: &Domain) -> anyhow::Result<Option<Peer>> {
    let row = db.query_opt(sql::PEER, &[&domain.as_str()]).await?;
    row.map(|row| peer_row(&row)?.into_peer()).transpose()
}

async fn proposals(
    db: &impl GenericClient,
    sql: &str,
    params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> anyhow::Result<Vec<Proposal>> {
    let read = |row: &Row| -> anyhow::Result<ProposalRow> {
        Ok(ProposalRow {
            id: row.try_get(0)?,
            domain: row.try_get(1)?,
            url: row.try_get(2)?,
            public_key: row.try_get(3)?,
            token: row.try_get(4)?,
            created: row.try_get(5)?,
            expires: row.try_get(6)?,
            mail_due: row.try_get(7)?,
            attempts: row.try_get(8)?,
            closed: row.try_get(9)?,
        })
    };
    db.query(sql, params).await?.iter().map(|row| read(row)?.into_proposal()).collect()
}

async fn apply(tx: &Transaction<'_>, change: &Change) -> anyhow::Result<()> {
    match change {
        Change::Serve(peer) => {
            let row = PeerRow::from(peer);
            tx.execute(sql::SERVE, &[&row.domain, &row.url, &row.public_key, &row.since, &row.confirmed]).await?;
        }
        Change::Forget(domain) => {
            tx.execute(sql::FORGET, &[&domain.as_str()]).await?;
        }
        Change::Put(proposal) => {
            let row = ProposalRow::from(proposal);
            tx.execute(
                sql::PUT,
                &[
                    &row.id,
                    &row.domain,
                    &row.url,
                    &row.public_key,
                    &row.token,
                    &row.created,
                    &row.expires,
                    &row.mail_due,
                    &row.attempts,
                    &row.closed,
                ],
            )
            .await?;
        }
    }
    Ok(())
}
