//! `fedctl hub list`, `show` and `remove`

use clap::Args;

use super::StoreArgs;
use crate::commands::network::now;
use crate::commands::{Context, Format, status};
use crate::dns::name::Domain;
use crate::error::{ExitStatus, hinted};
use crate::render::hub as render;
use crate::rocketchat::hub::ledger::evict;

/// More open links than anyone reads.
const OPEN_MAX: i64 = 10_000;

/// List the entries that your hub serves
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl hub list --data /var/lib/fedctl-hub\n  fedctl hub list --data /var/lib/fedctl-hub --pending"
)]
pub struct List {
    #[command(flatten)]
    store: StoreArgs,
    /// List what waits for somebody to confirm instead
    #[arg(long)]
    pending: bool,
    /// How to print the list: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

impl List {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let text = cx.block_on(async {
            let store = self.store.open().await?;
            if self.pending {
                let open = store.open_proposals(now(), OPEN_MAX).await?;
                return match self.format {
                    Format::Human => Ok(render::pending(&open, cx.term.width)),
                    Format::Json => render::pending_json(&open),
                };
            }
            let peers = store.all_peers().await?;
            match self.format {
                Format::Human => Ok(render::list(&peers, cx.term.width)),
                Format::Json => render::list_json(&peers),
            }
        })?;
        cx.term.answer(text)?;
        Ok(ExitStatus::Clean)
    }
}

/// Show all that your hub has stored about a domain
///
/// Exit 0 when the domain is served, 1 when it is not.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl hub show mydomain.com --data /var/lib/fedctl-hub\n  fedctl hub show mydomain.com --data /var/lib/fedctl-hub --format json"
)]
pub struct Show {
    /// Federation domain
    #[arg(value_name = "DOMAIN")]
    domain: Domain,
    #[command(flatten)]
    store: StoreArgs,
    /// How to print it: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

impl Show {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let ledger = cx.block_on(async { self.store.open().await?.ledger(&self.domain).await })?;
        cx.term.answer(match self.format {
            Format::Human => render::show(&self.domain, &ledger, now(), cx.term.width),
            Format::Json => render::show_json(&self.domain, &ledger, now())?,
        })?;
        Ok(status(ledger.peer.is_some()))
    }
}

/// Remove a domain from your hub
///
/// The entry is removed immediately, and no link that was mailed before restores it. Its owner may register again; --allow-domain
/// of `fedctl serve hub` decides who may.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl hub remove mydomain.com --data /var/lib/fedctl-hub\n  fedctl hub remove mydomain.com --database postgres://hub@db.mydomain.com/hub"
)]
pub struct Remove {
    /// Federation domain
    #[arg(value_name = "DOMAIN")]
    domain: Domain,
    #[command(flatten)]
    store: StoreArgs,
}

impl Remove {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let domain = self.domain.clone();
        let any = cx.block_on(async {
            let store = self.store.open().await?;
            store.transact(&self.domain, move |ledger| evict(ledger, &domain)).await
        })?;
        if !any {
            let hint = "`fedctl hub list` shows the domains that are";
            return Err(hinted(format!("`{}` is not in this hub", self.domain), hint));
        }
        cx.term.answer(format!("{} is removed\n", self.domain))?;
        Ok(ExitStatus::Clean)
    }
}
