//! `fedctl explain` and `fedctl checks`

use clap::Args;

use super::{Context, Format};
use crate::check::{self, CHECKS};
use crate::error::{ExitStatus, hinted};
use crate::render::catalogue as render;

/// Explain a check
///
/// Shows the page of a check: what it looks at, what its findings mean for peers, how to mend them.
#[derive(Debug, Args)]
pub struct Explain {
    /// Id of a check, as reports and `fedctl checks` show it
    #[arg(value_name = "ID")]
    id: String,
}

/// List all checks
#[derive(Debug, Args)]
pub struct Checks {
    /// How to print the list: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

impl Explain {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let Some(check) = check::find(&self.id) else { return Err(unknown(&self.id)) };
        cx.term.answer(render::page(check.page, cx.term.width))?;
        Ok(ExitStatus::Clean)
    }
}

/// No check has this id; names the nearest.
pub fn unknown(id: &str) -> anyhow::Error {
    let likeness = |known: &str| strsim::jaro_winkler(known, id);
    let close = CHECKS.iter().map(|check| check.id).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let hint = match close.filter(|known| likeness(known) > 0.7) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "`fedctl checks` lists them".into(),
    };
    hinted(format!("there is no check `{}`", id.escape_debug()), hint)
}

impl Checks {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        cx.term.answer(match self.format {
            Format::Human => render::list(CHECKS),
            Format::Json => render::list_json(CHECKS)?,
        })?;
        Ok(ExitStatus::Clean)
    }
}
