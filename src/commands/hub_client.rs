//! What `fedctl register` and `fedctl hub lookup` share: the hub's address, the way there, and the report.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::Context;
use super::network::NetworkArgs;
use crate::check;
use crate::dns::name::Domain;
use crate::error::hinted;
use crate::facts::hub::HubFacts;
use crate::net::hub::HubClient;
use crate::report::Report;
use crate::settings::HubUrl;

/// The address that is fixed in servers from 2.0 on.
const PUBLIC_HUB: &str = "https://hub.rocket.chat";

/// Which hub, and how to get there.
#[derive(Debug, Clone, Args)]
pub struct HubArgs {
    /// The hub; servers of 1.x have a setting for it, later ones always query the public one [default: the one in fedctl.yaml,
    /// else <https://hub.rocket.chat>]
    #[arg(long, value_name = "URL")]
    pub hub_url: Option<HubUrl>,
    /// Trust the authorities in this PEM file too
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    ca_file: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

impl HubArgs {
    /// The hub of the option, else of the settings, else the public one.
    pub fn hub(&self, cx: &Context) -> anyhow::Result<HubUrl> {
        match self.hub_url.as_ref().or(cx.settings.hub_url.as_ref()) {
            Some(url) => Ok(url.clone()),
            None => Ok(PUBLIC_HUB.parse()?),
        }
    }

    /// Somebody who can go there in the name of the domain.
    pub fn client(&self, cx: &Context, domain: &Domain) -> anyhow::Result<HubClient> {
        Ok(HubClient { net: self.network.net(cx, self.ca_file.as_deref())?, domain: domain.clone() })
    }
}

/// The given domain, else the configured one.
pub fn domain(given: Option<&Domain>, cx: &Context, example: &str) -> anyhow::Result<Domain> {
    let configured = cx.settings.domain.clone();
    given.cloned().or(configured).ok_or_else(|| hinted("no domain was given", example))
}

/// Judges what was seen.
pub fn report(facts: &HubFacts, about: &str, pass_summary: &str, fail_summary: &str, start: Instant) -> Report {
    Report {
        subject: facts.domain.to_string(),
        about: about.to_owned(),
        pass_summary: pass_summary.into(),
        fail_summary: fail_summary.into(),
        lines: check::judge_hub(facts),
        generations: Vec::new(),
        elapsed: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        ..Report::default()
    }
}
