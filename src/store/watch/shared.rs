//! PostgreSQL: the same tables, for several watchers that share the work.

use std::path::Path;

use anyhow::Context as _;
use tokio_postgres::types::{ToSql, Type};

use super::super::pool::{Pool, TABLES_LOCK};
use super::sql;
use super::value::{Answer, Row, Step, Value};

/// The tables on a server.
#[derive(Debug, Clone)]
pub struct Shared {
    pool: Pool,
}

impl Shared {
    pub async fn connect(url: &str, ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let store = Self { pool: Pool::new(url, ca_file, "fedctl watch")? };
        let mut loan = store.pool.loan().await?;
        let tx = loan.client()?.transaction().await?;
        tx.execute(TABLES_LOCK, &[]).await?;
        tx.batch_execute(sql::SCHEMA_TABLE).await.context("the tables cannot be made")?;
        let version: i64 = tx.query_one(sql::SCHEMA, &[]).await?.try_get(0)?;
        for (number, statements) in super::missing_migrations(version)? {
            tx.batch_execute(statements).await.context("the tables cannot be made")?;
            tx.execute(sql::SET_SCHEMA, &[&number]).await?;
        }
        tx.commit().await?;
        loan.give_back();
        Ok(store)
    }

    /// The server's clock: the clocks of the watchers need not agree.
    pub async fn now(&self) -> anyhow::Result<i64> {
        let clock = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS BIGINT)";
        self.read(Step::new(clock, [])).await?.first().context("the database gave no time")?.int(0)
    }

    /// Runs the steps in one transaction.
    pub async fn run(&self, steps: Vec<Step>) -> anyhow::Result<Answer> {
        let mut loan = self.pool.loan().await?;
        let tx = loan.client()?.transaction().await?;
        let mut answer = Vec::new();
        for step in &steps {
            let values = boxed(&step.values);
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value as _).collect();
            let found = tx.query(&step.sql, &values).await?;
            if step.must && found.is_empty() {
                tx.rollback().await?;
                loan.give_back();
                return Ok(None);
            }
            answer.push(found.iter().map(row).collect::<anyhow::Result<Vec<Row>>>()?);
        }
        tx.commit().await?;
        loan.give_back();
        Ok(Some(answer))
    }

    /// Runs one statement that changes nothing.
    pub async fn read(&self, step: Step) -> anyhow::Result<Vec<Row>> {
        let mut loan = self.pool.loan().await?;
        let values = boxed(&step.values);
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value as _).collect();
        let found = loan.client()?.query(&step.sql, &values).await?;
        loan.give_back();
        found.iter().map(row).collect()
    }
}

fn boxed(values: &[Value]) -> Vec<Box<dyn ToSql + Sync + Send>> {
    let boxed = |value: &Value| -> Box<dyn ToSql + Sync + Send> {
        match value {
            Value::Int(number) => Box::new(*number),
            Value::Text(text) => Box::new(text.clone()),
            // Only texts are ever missing.
            Value::Null => Box::new(None::<String>),
        }
    };
    values.iter().map(boxed).collect()
}

fn row(row: &tokio_postgres::Row) -> anyhow::Result<Row> {
    let value = |(at, column): (usize, &tokio_postgres::Column)| -> anyhow::Result<Value> {
        Ok(match column.type_() {
            &Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map_or(Value::Null, Value::Int),
            _ => row.try_get::<_, Option<String>>(at)?.map_or(Value::Null, Value::Text),
        })
    };
    Ok(Row(row.columns().iter().enumerate().map(value).collect::<anyhow::Result<_>>()?))
}
