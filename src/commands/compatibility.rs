//! `fedctl compatibility`

use clap::Args;

use super::{Context, Format, status};
use crate::error::ExitStatus;
use crate::render::compatibility as render;
use crate::rocketchat::compatibility::Compatibility as Compared;
use crate::rocketchat::life::parse_classic;
use crate::rocketchat::release::Release;

/// Show what works between two releases of the server
///
/// Lists what the federation guide promises, from invitations to encrypted rooms, in both directions. Where something does not
/// work it names the release that is the cause, what users and admins notice, and what fixes it. Reads nothing from the network.
/// Exit status 1 when what does not work is as severe as `--fail-on`, 0 when not; what no release supports never counts.
/// docs/compatibility.md has all releases in one table.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl compatibility 3.18.7 4.5.7\n  fedctl compatibility 3.18.7 6.5.0 --format json"
)]
pub struct Compatibility {
    /// The release of one server
    #[arg(value_name = "RELEASE", value_parser = parse_classic)]
    one: Release,
    /// The release of the other
    #[arg(value_name = "RELEASE", value_parser = parse_classic)]
    other: Release,
    /// How to print it: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_possible_values = true)]
    format: Format,
}

impl Compatibility {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let compared = Compared::of(self.one, self.other);
        match self.format {
            Format::Human => cx.term.answer_with_verdict(&render::human(&compared, cx.style()))?,
            Format::Json => cx.term.answer(render::json(&compared)?)?,
        }
        Ok(status(compared.worst().is_none_or(|worst| worst < cx.fail_on)))
    }
}
