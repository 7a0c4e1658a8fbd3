//! `fedctl configure undo`

use std::path::PathBuf;

use clap::Args;

use super::AfterArgs;
use super::session::Session;
use crate::commands::Context;
use crate::commands::confirm::{confirm, show_plan};
use crate::commands::doctor::ServerArgs;
use crate::error::{ExitStatus, hinted};
use crate::file::read;
use crate::position::Position;
use crate::publish::settings::{SCHEMA, SavedSettings, back};
use crate::render::settings as render;

/// Restore the settings that configure has changed
///
/// Reads the file that `fedctl configure` wrote, prints the plan and asks. Nothing is changed if a setting is neither as it was
/// nor as configure left it. The token goes to the server of --server or fedctl.yaml, which must be the one of the file.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl configure undo undo-mydomain.com-settings-20261128T120000Z.json\n  fedctl configure undo before.json --yes"
)]
pub struct Undo {
    /// The file with the old values
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Apply the plan without a question
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    after: AfterArgs,
    #[command(flatten)]
    server: ServerArgs,
}

impl Undo {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let saved = self.read()?;
        cx.block_on(self.undo(cx, &saved))
    }

    fn read(&self) -> anyhow::Result<SavedSettings> {
        let shown = read::shown(&self.file);
        let hint =
            "give the file that `fedctl configure` wrote; that of records apply belongs to `fedctl records undo`";
        let text = read::text(&self.file, &read::BEFORE)?;
        let saved: SavedSettings = serde_json::from_str(&text)
            .map_err(|error| hinted(format!("{shown} does not contain the settings of a server: {error}"), hint))?;
        match saved.schema {
            SCHEMA => Ok(saved),
            other => {
                let at = Position::in_json(&text, &["schema".to_owned()]);
                Err(hinted(format!("{shown}: {at}: schema {other}, and this fedctl reads {SCHEMA}"), hint))
            }
        }
    }

    async fn undo(&self, cx: &Context, saved: &SavedSettings) -> anyhow::Result<ExitStatus> {
        let mut session = Session::open(cx, &self.server.access(cx)?, &self.after).await?;
        if *session.base() != saved.server {
            let what =
                format!("`{}` is for {}, and the server is {}", self.file.display(), saved.server, session.base());
            return Err(hinted(
                what,
                format!("fedctl configure undo {} --server {}", read::in_command(&self.file), saved.server),
            ));
        }
        let live = session.read().await?;
        let changes = back(&saved.changes, &live).map_err(|moved| {
            hinted(
                format!("{moved}; nothing was changed"),
                "check the settings in Administration > Settings > Federation",
            )
        })?;
        if changes.is_empty() {
            cx.term.status("the settings are as they were before; nothing was sent");
            return Ok(ExitStatus::Clean);
        }
        let heading = format!("settings of {}, release {}", session.base(), session.release);
        show_plan(&cx.term, &render::back(&heading, &changes, cx.term.width), !self.yes);
        if !self.yes && !confirm(&cx.term, "Restore these values?")? {
            cx.term.status("nothing was changed; --yes applies the plan without a question");
            return Ok(ExitStatus::Clean);
        }
        session.refuse_overtaken(&changes).await?;
        session.set_all(&changes).await.map_err(|stopped| {
            let what = format!("not restored: {}: {}", stopped.left.join(", "), stopped.why);
            hinted(what, stopped.hint)
        })?;
        session.wait_until_running().await;
        cx.term.status("the settings are as they were before");
        Ok(ExitStatus::Clean)
    }
}
