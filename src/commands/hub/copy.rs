//! `fedctl hub export`, `import` and `backup`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::StoreArgs;
use crate::commands::Context;
use crate::commands::key_file::{Access, Pending, refuse_existing};
use crate::count::counted;
use crate::error::{ExitStatus, hinted};
use crate::file::read;
use crate::render::hub as render;
use crate::rocketchat::hub::ledger::Change;
use crate::rocketchat::hub::transfer::{self, Merge};
use crate::text::Filtered;

/// Write the served entries as JSON
///
/// One object with `schema` and `peers`, which `fedctl hub import` reads. What waits for confirmation is not in it.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl hub export peers.json --data /var/lib/fedctl-hub\n  fedctl hub export - --data /var/lib/fedctl-hub"
)]
pub struct Export {
    /// File to write; `-` is stdout
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
}

impl Export {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let to_stdout = self.file == Path::new("-");
        if !to_stdout {
            refuse_existing(&self.file, self.force)?;
        }
        let peers = cx.block_on(async { self.store.open().await?.all_peers().await })?;
        let text = render::list_json(&peers)?;
        if to_stdout {
            cx.term.answer(text)?;
        } else {
            Pending::write(&self.file, &Filtered::json(&text), Access::OwnerOnly, self.force)?.commit()?;
            cx.term.status(format_args!("{} in {}", counted(peers.len(), "entry"), self.file.display()));
        }
        Ok(ExitStatus::Clean)
    }
}

/// Read entries from the JSON of an export
///
/// Imports all entries or none. An entry that differs from the one that is served is refused unless --replace is given. No mail is sent:
/// you are responsible for what you import. Makes the data directory when it is missing.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl hub import peers.json --data /var/lib/fedctl-hub\n  fedctl hub import peers.json --data /var/lib/fedctl-hub --replace"
)]
pub struct Import {
    /// File to read; `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Replace entries that differ from the imported ones
    #[arg(long)]
    replace: bool,
}

impl Import {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let text = read::text(&self.file, &read::EXPORT)?;
        let peers = transfer::parse(&text).with_context(|| read::shown(&self.file))?;
        let merge = cx.block_on(async {
            let store = self.store.create().await?;
            let merge = transfer::merge(&store.all_peers().await?, peers);
            refuse_conflicts(&merge, self.replace)?;
            let wins = merge.added.iter().chain(&merge.differing).cloned();
            store.apply(wins.map(Change::Serve).collect()).await?;
            Ok(merge)
        })?;
        cx.term.answer(format!(
            "{} added, {} replaced, {} unchanged\n",
            merge.added.len(),
            merge.differing.len(),
            merge.unchanged
        ))?;
        Ok(ExitStatus::Clean)
    }
}

fn refuse_conflicts(merge: &Merge, replace: bool) -> anyhow::Result<()> {
    match merge.differing.first() {
        Some(first) if !replace => {
            let more = match merge.differing.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let what = format!("`{}`{more} would be changed; nothing was imported", first.domain);
            Err(hinted(what, "add --replace to import them all the same"))
        }
        _ => Ok(()),
    }
}

/// Copy the embedded database while the hub runs
///
/// The copy is consistent and complete, with what waits for confirmation. To restore it, stop the hub and put it into the data
/// directory as hub.db.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl hub backup hub-backup.db --data /var/lib/fedctl-hub\n  fedctl hub backup hub-backup.db --data /var/lib/fedctl-hub --force"
)]
pub struct Backup {
    /// File to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
}

impl Backup {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let pending = Pending::write(&self.file, &Filtered::own(""), Access::OwnerOnly, self.force)?;
        let to = pending.path()?.to_owned();
        cx.block_on(async { self.store.open().await?.backup(to).await })
            .with_context(|| format!("`{}` cannot be written", self.file.display()))?;
        pending.commit()?;
        cx.term.status(format_args!("the hub is copied to {}", self.file.display()));
        Ok(ExitStatus::Clean)
    }
}
