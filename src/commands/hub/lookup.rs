//! `fedctl hub lookup`

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use crate::check::{details, hub_entry};
use crate::commands::Context;
use crate::commands::answer::ReportArgs;
use crate::commands::hub_client::{HubArgs, domain, report};
use crate::commands::key_file::{PassphraseArgs, read_public};
use crate::commands::network::now;
use crate::dns::name::Domain;
use crate::error::ExitStatus;
use crate::facts::hub::HubFacts;
use crate::facts::hub_discovery::discoveries;
use crate::report::{Report, Verdict};
use crate::settings::HubUrl;

/// Show what a hub returns for a domain
///
/// Compares the answer with the DNS records and with your key, and shows which of the two a server of each release uses. Exit 0
/// when the hub has the domain and nothing is wrong, 1 when not.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl hub lookup peer.example\n  fedctl hub lookup mydomain.com --hub-url https://hub.mydomain.com --key federation.pub"
)]
pub struct Lookup {
    /// Federation domain [default: the one in fedctl.yaml]
    #[arg(value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// The key must be this one: key file, private or public
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    hub: HubArgs,
}

impl Lookup {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        self.report.answer(cx, self.report(cx).map(|report| vec![report]))
    }

    fn report(&self, cx: &Context) -> anyhow::Result<Report> {
        let domain = domain(self.domain.as_ref(), cx, "fedctl hub lookup mydomain.com")?;
        let HubUrl { origin: url, endpoint: base } = self.hub.hub(cx)?;
        let client = self.hub.client(cx, &domain)?;
        let expected_key = match &self.key {
            Some(path) => {
                let key = read_public(path, &self.passphrase, &cx.term)?;
                Some((key.one_line(), path.display().to_string()))
            }
            None => None,
        };
        let start = Instant::now();
        let progress = cx.term.progress(format!("asking {url}"));
        let facts = cx.block_on(async {
            let (hub, records) = tokio::join!(client.search(&base), client.records());
            let (request, mail, server) = (None, Vec::new(), None);
            Ok(HubFacts { time: now(), domain, request, records, mail, server, hub: Some(hub), expected_key })
        })?;
        progress.end();
        let mut report = report(&facts, &url, "is registered at the hub", "cannot rely on the hub", start);
        // What a look-up does not look at is not worth a line.
        report.lines.retain(|line| !matches!(line.verdict, Verdict::Skip { .. }) || line.id == hub_entry::CHECK.id);
        report.details = cx.details(|| details::hub(&facts));
        report.generations = discoveries(&facts.records, facts.entry().as_ref());
        Ok(report)
    }
}
