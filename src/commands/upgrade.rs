//! `fedctl upgrade plan`

use clap::{Args, Subcommand};

use super::{Context, Format};
use crate::dns::name::Domain;
use crate::error::{ExitStatus, Hinted, hinted};
use crate::render::upgrade as render;
use crate::rocketchat::life::{parse_known, unknown};
use crate::rocketchat::release::Release;
use crate::rocketchat::upgrade::{NoPlan, Peer, plan};

/// Plan the upgrade of a server that federates
#[derive(Debug, Args)]
pub struct Upgrade {
    #[command(subcommand)]
    command: UpgradeCommand,
}

#[derive(Debug, Subcommand)]
enum UpgradeCommand {
    Plan(UpgradePlan),
}

/// Print what stops, what peers notice, what to do before, during and after, and what is lost
///
/// Classic federation ends: 6.3 and later cannot send, 7.x closes the routes, 7.11 has removed it. Reads nothing from the
/// network and changes nothing. Exit status 0.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl upgrade plan --from 6.2 --to 7.11\n  fedctl upgrade plan --from 6.2 --to 7.11 --peer peer.example=5.4\n  fedctl upgrade plan --from 3.18 --to 6.2 --domain mydomain.com"
)]
struct UpgradePlan {
    /// The release that runs now
    #[arg(long, value_name = "RELEASE")]
    from: Release,
    /// The release to upgrade to
    #[arg(long, value_name = "RELEASE")]
    to: Release,
    /// Your federation domain [default: the one in fedctl.yaml]
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// A domain that your server federates with, and its release where you know it; may be repeated
    #[arg(long = "peer", alias = "partner", value_name = "DOMAIN[=RELEASE]", value_parser = peer)]
    peers: Vec<Peer>,
    /// How to print the plan: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_possible_values = true)]
    format: Format,
}

/// Reads `DOMAIN` or `DOMAIN=RELEASE`.
fn peer(text: &str) -> Result<Peer, Hinted> {
    let (domain, release) = match text.split_once('=') {
        Some((domain, release)) => (domain, Some(parse_known(release)?)),
        None => (text, None),
    };
    Ok(Peer { domain: domain.parse::<Domain>()?.to_string(), release })
}

impl Upgrade {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        match &self.command {
            UpgradeCommand::Plan(args) => args.run(cx),
        }
    }
}

impl UpgradePlan {
    fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let domain = self.domain.clone().or_else(|| cx.settings.domain.clone());
        let domain = domain.map_or_else(|| "mydomain.com".to_owned(), |domain| domain.to_string());
        let steps = plan(self.from, self.to, &domain, &self.peers).map_err(|why| match why {
            NoPlan::Unknown(release) => anyhow::Error::from(unknown(release)),
            NoPlan::NotNewer => hinted(
                format!("{} is not newer than {}", self.to, self.from),
                "name the release that runs now with --from, and the newer one with --to",
            ),
        })?;
        match self.format {
            Format::Human => {
                cx.term.answer_with_verdict(&render::human(self.from, self.to, &steps, cx.style()))?;
            }
            Format::Json => cx.term.answer(render::json(self.from, self.to, &steps)?)?,
        }
        Ok(ExitStatus::Clean)
    }
}
