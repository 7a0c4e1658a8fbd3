//! `fedctl watch`

pub mod alerts;
pub mod channel;
pub mod checker;
pub mod deliver;
pub mod history;
pub mod list;
pub mod pages;
pub mod recorder;
pub mod run;
pub mod worker;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use etcetera::BaseStrategy;

use super::Context;
use crate::error::{ExitStatus, hinted};
use crate::store::watch::WatchStore;

/// Check domains on an interval, and report what changes
///
/// Checks each domain on its own interval: DNS records, key, certificate, the routes of the server, and the hub when there is
/// one. Keeps state and history in a database. Without --once it runs until Ctrl-C or SIGTERM. A watcher that is killed loses
/// nothing: what it was checking is checked again. With --once, exit 0 when no domain fails, 1 when one does, 2 when none fails
/// and one could not be checked.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_long_help = "Examples:\n  fedctl watch --list peers.txt\n  fedctl watch --once --changes --list peers.txt\n  fedctl watch peer.example --every 10m --data /var/lib/fedctl-watch"
)]
pub struct Watch {
    #[command(subcommand)]
    command: Option<WatchCommand>,
    #[command(flatten)]
    run: run::Run,
}

#[derive(Debug, Subcommand)]
enum WatchCommand {
    History(history::History),
    Diff(history::WatchDiff),
}

impl Watch {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        match &self.command {
            Some(WatchCommand::History(args)) => args.run(cx),
            Some(WatchCommand::Diff(args)) => args.run(cx),
            None => self.run.run(cx),
        }
    }
}

/// Where the data of the watch is.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// Directory of the embedded database; by default fedctl/watch in the user's state directory
    #[arg(long, value_name = "DIR", conflicts_with = "database")]
    data: Option<PathBuf>,
    /// Keep it in PostgreSQL; several watchers can share it, as in postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, value_name = "URL", env = "FEDCTL_WATCH_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Trust the certificates in this PEM file when talking to PostgreSQL
    #[arg(long, value_name = "FILE", requires = "database")]
    database_ca: Option<PathBuf>,
}

impl StoreArgs {
    /// Opens the data; a watcher makes what is missing.
    pub async fn open(&self, watches: bool) -> anyhow::Result<WatchStore> {
        let default = || {
            let dirs = etcetera::choose_base_strategy().ok()?;
            Some(dirs.state_dir().unwrap_or_else(|| dirs.data_dir()).join("fedctl").join("watch"))
        };
        match (&self.database, self.data.clone().or_else(default)) {
            (Some(url), _) => WatchStore::connect(url, self.database_ca.as_deref()).await,
            (None, Some(dir)) => WatchStore::open(&dir, watches).await,
            (None, None) => Err(hinted("there is no home directory to keep the data in", "--data DIR")),
        }
    }
}
