//! `fedctl hub`: what a hub knows, and the work of its operator.

mod copy;
mod entries;
mod lookup;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::{ExitStatus, hinted};
use crate::store::Store;

/// Query a hub, or manage your own
///
/// `lookup` queries any hub as servers do. The other commands work on the data of your own hub (`fedctl serve hub`), also
/// while it runs.
#[derive(Debug, Args)]
pub struct Hub {
    #[command(subcommand)]
    command: HubCommand,
}

#[derive(Debug, Subcommand)]
enum HubCommand {
    Lookup(lookup::Lookup),
    List(entries::List),
    Show(entries::Show),
    Remove(entries::Remove),
    Export(copy::Export),
    Import(copy::Import),
    Backup(copy::Backup),
}

impl Hub {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        match &self.command {
            HubCommand::Lookup(args) => args.run(cx),
            HubCommand::List(args) => args.run(cx),
            HubCommand::Show(args) => args.run(cx),
            HubCommand::Remove(args) => args.run(cx),
            HubCommand::Export(args) => args.run(cx),
            HubCommand::Import(args) => args.run(cx),
            HubCommand::Backup(args) => args.run(cx),
        }
    }
}

/// Where the hub's data is.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// Directory of the embedded database
    #[arg(long, value_name = "DIR", required_unless_present = "database", conflicts_with = "database")]
    data: Option<PathBuf>,
    /// Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, value_name = "URL", env = "FEDCTL_HUB_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Trust the certificates in this PEM file when talking to PostgreSQL
    #[arg(long, value_name = "FILE", requires = "database")]
    database_ca: Option<PathBuf>,
}

impl StoreArgs {
    /// Opens the data, and makes what is missing.
    pub async fn create(&self) -> anyhow::Result<Store> {
        match (&self.database, &self.data) {
            (Some(url), _) => Store::connect(url, self.database_ca.as_deref()).await,
            (None, Some(dir)) => Store::create(dir).await,
            (None, None) => Err(hinted("no data was named", "--data DIR")),
        }
    }

    /// Opens the data of a hub that exists.
    pub async fn open(&self) -> anyhow::Result<Store> {
        match (&self.database, &self.data) {
            (None, Some(dir)) => Store::open(dir).await,
            _ => self.create().await,
        }
    }
}
