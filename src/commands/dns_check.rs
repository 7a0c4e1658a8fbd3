//! `fedctl dns-check`

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::Context;
use super::answer::ReportArgs;
use super::key_file::{PassphraseArgs, read_public};
use super::network::{NetworkArgs, now};
use crate::check;
use crate::config::port;
use crate::error::{ExitStatus, hinted};
use crate::federation::dns_facts::{DnsFacts, Expected, Role};
use crate::federation::domain::{Domain, Host};
use crate::federation::generation::{Release, sights};
use crate::federation::matrix::matrix;
use crate::federation::report::Report;
use crate::net::dns::observe;

/// Check what DNS says about a domain
///
/// Finds the zone and its name servers, asks each of them and several resolvers for every record that some server generation
/// reads, and says what each generation would make of it.
#[derive(Debug, Args)]
pub struct DnsCheck {
    /// Federation domains [default: the one in fedctl.yaml]
    #[arg(value_name = "DOMAIN")]
    domains: Vec<Domain>,
    /// The published key must be this one: key file, private or public
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// The SRV target must be this host
    #[arg(long, value_name = "HOST")]
    target: Option<Host>,
    /// The SRV port must be this one
    #[arg(long, value_name = "PORT", value_parser = port)]
    port: Option<u16>,
    /// This release must be able to use the domain; may be repeated
    #[arg(long = "for", value_name = "RELEASE")]
    releases: Vec<Release>,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

impl DnsCheck {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        self.report.answer(cx, self.reports(cx))
    }

    fn reports(&self, cx: &Context) -> anyhow::Result<Vec<Report>> {
        let domains = self.domains(cx)?;
        let expected = self.expected(cx)?;
        let resolvers = self.network.resolvers(cx)?;
        let route = self.network.route(cx);
        let progress = cx.term.progress(format!("asking about {}", domains.len()));
        let reports = cx.block_on(async {
            let mut reports = Vec::new();
            for domain in &domains {
                progress.set_message(format!("asking about {domain}"));
                let start = Instant::now();
                let dns = observe(&route, &resolvers, domain, expected.target.as_ref(), now()).await;
                reports.push(report(&dns, &expected, start));
            }
            Ok(reports)
        })?;
        progress.finish_and_clear();
        Ok(reports)
    }

    fn domains(&self, cx: &Context) -> anyhow::Result<Vec<Domain>> {
        if !self.domains.is_empty() {
            return Ok(self.domains.clone());
        }
        let configured = cx.config.domain()?;
        configured
            .map(|domain| vec![domain])
            .ok_or_else(|| hinted("no domain was given", "fedctl dns-check mydomain.com"))
    }

    /// What was said with flags; what the configuration says counts for its own domain only.
    fn expected(&self, cx: &Context) -> anyhow::Result<Expected> {
        let own =
            self.domains.is_empty() || cx.config.domain()?.as_ref() == self.domains.first() && self.domains.len() == 1;
        let configured = |value: Option<PathBuf>| value.filter(|_| own);
        let key_file = self.key.clone().or_else(|| configured(cx.config.key()));
        let key = match &key_file {
            Some(path) => Some(read_public(path, &self.passphrase, &cx.term)?),
            None => None,
        };
        let mut releases = self.releases.clone();
        if releases.is_empty() && own {
            releases = cx.config.releases()?;
        }
        Ok(Expected {
            key,
            key_source: key_file.map(|path| path.display().to_string()).unwrap_or_default(),
            target: if own { self.target.clone().or(cx.config.target()?) } else { self.target.clone() },
            port: if own { self.port.or(cx.config.port()?) } else { self.port },
            releases,
        })
    }
}

/// Judges what was seen.
pub fn report(dns: &DnsFacts, expected: &Expected, start: Instant) -> Report {
    let servers = dns.zone.as_ref().map(|zone| zone.servers.len()).unwrap_or_default();
    let resolvers = dns.in_role(Role::Resolver).count();
    let about = match &dns.zone {
        Ok(zone) => {
            format!("zone {} · {} · {}", zone.apex, counted(servers, "name server"), counted(resolvers, "resolver"))
        }
        Err(_) => counted(resolvers, "resolver"),
    };
    Report {
        subject: dns.domain.to_string(),
        about,
        praise: "can be found".into(),
        blame: "cannot be federated with".into(),
        time: Some(dns.time),
        lines: check::judge_dns(dns, expected),
        generations: sights(dns),
        matrix: matrix(dns),
        elapsed: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        ..Report::default()
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
