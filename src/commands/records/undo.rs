//! `fedctl records undo`

use std::path::PathBuf;

use clap::Args;

use super::apply::place::{Hosted, Place, Unwritten};
use super::apply::verify::Verification;
use super::apply::{AfterArgs, PlaceArgs, via};
use crate::commands::Context;
use crate::commands::confirm::{confirm, show_plan};
use crate::commands::network::NetworkArgs;
use crate::error::{ExitStatus, hinted};
use crate::file::read;
use crate::position::Position;
use crate::publish::provider::find;
use crate::publish::state::{self, SCHEMA, SavedState};
use crate::render::records::changes::{self, OTHERS, Planned};
use crate::rocketchat::change::Change;
use crate::rocketchat::records::RecordSet;

/// Restore the records that `records apply` has changed
///
/// Reads the file that `records apply` wrote, prints the plan and asks. Nothing is changed if the records are no longer as apply
/// left them. The credentials come from the same places as for apply.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl records undo undo-mydomain.com-20261124T120000Z.json\n  fedctl records undo before.json --yes"
)]
pub struct Undo {
    /// The file with the old state
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    place: PlaceArgs,
    /// Apply the plan without a question
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    after: AfterArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

impl Undo {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let saved = self.read()?;
        cx.block_on(self.undo(cx, &saved))
    }

    fn read(&self) -> anyhow::Result<SavedState> {
        let shown = read::shown(&self.file);
        let hint = "give the file that `fedctl records apply` wrote";
        let text = read::text(&self.file, &read::BEFORE)?;
        let saved: SavedState = serde_json::from_str(&text)
            .map_err(|error| hinted(format!("{shown} does not contain the state of a zone: {error}"), hint))?;
        match saved.schema {
            SCHEMA => Ok(saved),
            other => {
                let at = Position::in_json(&text, &["schema".to_owned()]);
                Err(hinted(format!("{shown}: {at}: schema {other}, and this fedctl reads {SCHEMA}"), hint))
            }
        }
    }

    async fn undo(&self, cx: &Context, saved: &SavedState) -> anyhow::Result<ExitStatus> {
        let net = self.place.net(cx, &self.network)?;
        let place = match &saved.place {
            state::Place::Server(addr) => {
                let key = self.place.key(cx)?.ok_or_else(|| {
                    let hint = format!(
                        "fedctl records undo {} --server {addr} --tsig-file FILE",
                        read::in_command(&self.file)
                    );
                    hinted("the records were changed by dynamic update, and no TSIG key is given", hint)
                })?;
                Place::Server { addr: self.place.server.unwrap_or(*addr), key, net: net.clone() }
            }
            state::Place::Provider { id, zone, .. } => {
                let provider = find(id).ok_or_else(|| {
                    hinted(
                        format!("`{id}` is not a provider that fedctl supports"),
                        "use the fedctl that wrote the file",
                    )
                })?;
                let zone = self.place.provider.zone_id.as_deref().unwrap_or(zone);
                let hosted = Hosted { provider, apex: &saved.zone, id: Some(zone) };
                Place::open(cx, &self.place.provider, &net, hosted).await?
            }
            state::Place::File { .. } => return via::undo(cx, saved, self.yes),
        };
        let set = RecordSet { domain: saved.domain.clone(), zone: saved.zone.clone(), records: Vec::new() };
        let back: Vec<Change> = saved.changes.iter().map(Change::reversed).collect();
        let heading = format!("zone {} at {}", saved.zone, place.name());
        let planned = Planned { set: &set, changes: &back, foreign: &[], rest: OTHERS };
        show_plan(&cx.term, &changes::plan(&heading, &planned, cx.term.width), !self.yes);
        if !self.yes && !confirm(&cx.term, "Restore these records?")? {
            cx.term.status("nothing was changed; --yes applies the plan without a question");
            return Ok(ExitStatus::Clean);
        }
        self.write(&place, saved, &back).await?;
        cx.term.status("the records are as they were before");
        if self.after.no_verify {
            return Ok(ExitStatus::Clean);
        }
        let (settle, wait) = (self.after.settle, self.after.wait);
        Verification { cx, net: &net, domain: &saved.domain, settle, wait }.settle(&back).await?;
        Ok(ExitStatus::Clean)
    }

    async fn write(&self, place: &Place, saved: &SavedState, back: &[Change]) -> anyhow::Result<()> {
        let check = format!("`fedctl records diff {}` shows what is there", saved.domain);
        match place.write(&saved.zone, back).await {
            Ok(()) => Ok(()),
            Err(Unwritten::Overtaken) => {
                let what = format!("the records at {} are not as apply left them; nothing was changed", place.name());
                Err(hinted(what, check))
            }
            Err(Unwritten::Refused(why)) => {
                Err(hinted(format!("{} has refused the change: {why}; nothing was changed", place.name()), check))
            }
            Err(Unwritten::Unknown(why)) => {
                Err(hinted(format!("the change at {} was not completed: {why}", place.name()), check))
            }
        }
    }
}
