//! `fedctl dns-check`

mod at_server;
mod native;
pub mod wait;
mod zone_file;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use at_server::AtServerArgs;

use super::Context;
use super::answer::ReportArgs;
use super::diff::load;
use super::key_file::{Access, PassphraseArgs, Pending, read_public, refuse_existing};
use super::list::{Checked, ListArgs, Work};
use super::network::{NetworkArgs, now};
use crate::check::{self, details};
use crate::count::counted;
use crate::dns::name::{Domain, Host};
use crate::error::{ExitStatus, hinted};
use crate::facts::dns::{DnsFacts, Expected, Role};
use crate::facts::evidence::{Evidence, Run, SCHEMA, SavedExpectation};
use crate::facts::native::NativeFacts;
use crate::facts::server::ServerView;
use crate::net::dns::{Scope, observe};
use crate::range::Times;
use crate::report::matrix::matrix;
use crate::report::propagation::arrivals;
use crate::report::{Report, Unchecked};
use crate::rocketchat::discovery::DiscoveryResult;
use crate::rocketchat::life::parse_known;
use crate::rocketchat::release::Release;
use crate::serve::dns::Zone;
use crate::settings::port;
use crate::text::Filtered;

/// Check the DNS records of a domain
///
/// Finds the zone and its name servers, queries each of them and several resolvers for every record that some server generation
/// reads, and reports the discovery result of each generation.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl dns-check mydomain.com --key federation.pub\n  fedctl dns-check mydomain.com --release 8.0\n  fedctl dns-check --list peers.txt --format json --output report.json"
)]
pub struct DnsCheck {
    /// Federation domains [default: the one in fedctl.yaml]
    #[arg(value_name = "DOMAIN", conflicts_with = "list")]
    domains: Vec<Domain>,
    /// The published key must be this one: key file, private or public
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// The SRV target must be this host
    #[arg(long, value_name = "HOST", conflicts_with = "list")]
    target: Option<Host>,
    /// The SRV port must be this one
    ///
    /// From 1 to 65535.
    #[arg(long, value_name = "PORT", value_parser = port, conflicts_with = "list")]
    port: Option<u16>,
    /// This release must be able to use the domain; may be repeated
    ///
    /// Releases from 7.11 on have native federation, which reads other records: for them the well-known file, its SRV records and
    /// the server are checked.
    #[arg(long = "release", alias = "for", value_name = "RELEASE", value_parser = parse_known)]
    releases: Vec<Release>,
    /// Check what native federation finds, too: the well-known file, SRV records, certificate and keys of the server
    #[arg(long, conflicts_with_all = ["replay", "zone_file"])]
    native: bool,
    #[command(flatten)]
    report: ReportArgs,
    /// Repeat until all servers agree, for at most this time [default when given: 10m]
    ///
    /// From 1ms to 168h.
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "10m", conflicts_with = "list")]
    #[arg(value_parser = |text: &str| Times::CHANGE.read(text))]
    wait: Option<Duration>,
    /// Save the run in this file: queries, responses as bytes, servers, times; no secrets
    #[arg(long, value_name = "FILE", conflicts_with_all = ["replay", "list"])]
    save: Option<PathBuf>,
    /// Judge a saved run again, without any network
    #[arg(long, value_name = "FILE", conflicts_with_all = ["domains", "wait", "zone_file", "list"])]
    replay: Option<PathBuf>,
    /// Judge this zone file before it is published
    #[arg(long, value_name = "FILE", conflicts_with_all = ["wait", "list"])]
    zone_file: Option<PathBuf>,
    #[command(flatten)]
    at_server: AtServerArgs,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

impl DnsCheck {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        if self.list.list.is_some() {
            return self.check_list(cx);
        }
        let mut interrupted = false;
        let reports = self.reports(cx, &mut interrupted);
        let status = self.report.answer(cx, reports)?;
        Ok(if interrupted && status == ExitStatus::Clean { ExitStatus::Problems } else { status })
    }

    /// Each domain of the list; of the settings only what holds for every domain counts.
    fn check_list(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let net = self.network.net(cx, None)?.for_list(self.list.qps);
        let expected = Arc::new(native::with_releases(Expected::default(), &self.releases, self.native));
        let is_whole = cx.term.verbosity() > 1;
        self.list.run(cx, &self.report, Work::Waits, move |listed| {
            let (net, expected) = (net.clone(), expected.clone());
            async move {
                let begun = Instant::now();
                let facts = observe(&net, &listed.domain, None, Scope::Everybody, now()).await;
                let native = native::look(&net, &listed.domain, &expected).await;
                let seen = Seen { native: native.as_ref(), view: None };
                let discoveries = facts.discoveries();
                let detail = detail(&discoveries);
                let mut report = report_of(&facts, &expected, seen, discoveries, begun);
                if is_whole {
                    report.details = details::dns(&facts);
                }
                Checked { report, detail }
            }
        })
    }

    fn reports(&self, cx: &Context, interrupted: &mut bool) -> anyhow::Result<Vec<Report>> {
        if let Some(path) = &self.save {
            refuse_existing(path, true)?;
        }
        let runs = match &self.replay {
            Some(path) => load(path)?.runs,
            None => {
                let (runs, stopped) = self.look(cx)?;
                *interrupted = stopped;
                runs
            }
        };
        let judged = |run: &Run| {
            let seen = Seen { native: run.native.as_ref(), view: run.at_server.as_ref() };
            let mut report = report_with(&run.facts, &run.expected.restore()?, seen, Instant::now());
            report.elapsed = run.elapsed;
            report.details = cx.details(|| details::dns(&run.facts));
            Ok(report)
        };
        let reports = runs.iter().map(judged).collect::<anyhow::Result<Vec<Report>>>()?;
        if let Some(path) = &self.save {
            let evidence =
                Evidence { schema: SCHEMA, program: concat!("fedctl ", env!("CARGO_PKG_VERSION")).into(), runs };
            let text = serde_json::to_string_pretty(&evidence)? + "\n";
            Pending::write(path, &Filtered::json(&text), Access::Everybody, true)?.commit()?;
        }
        Ok(reports)
    }

    /// Asks the network, or serves the zone file to itself.
    fn look(&self, cx: &Context) -> anyhow::Result<(Vec<Run>, bool)> {
        let domains = self.domains(cx)?;
        let expected = self.expected(cx)?;
        let zone = self.zone(&domains)?;
        let server = self.at_server.server(cx, &self.network)?;
        let resolvers = if zone.is_some() { Vec::new() } else { self.network.resolvers(cx)? };
        let net = self.network.net_with(cx, None, resolvers)?;
        cx.block_on(async {
            let (mut runs, mut interrupted) = (Vec::new(), false);
            let begin = Instant::now();
            for domain in &domains {
                let progress = cx.term.progress(format!("querying {domain}"));
                let start = Instant::now();
                let facts = match (&zone, self.wait) {
                    (Some(zone), _) => zone_file::look(&net, zone.clone(), domain, &expected).await?,
                    (None, Some(limit)) => {
                        let left = limit.saturating_sub(begin.elapsed());
                        let waited = wait::wait(cx, &net, domain, &expected, left).await?;
                        interrupted |= waited.interrupted;
                        waited.facts
                    }
                    (None, None) => observe(&net, domain, expected.target.as_ref(), Scope::Everybody, now()).await,
                };
                let at_server = match &server {
                    Some(server) if !interrupted => Some(server.look(cx, domain).await),
                    _ => None,
                };
                let native = if interrupted { None } else { native::look(&net, domain, &expected).await };
                let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
                runs.push(Run { facts, expected: SavedExpectation::from(&expected), at_server, native, elapsed });
                progress.end();
                if interrupted {
                    break;
                }
            }
            Ok((runs, interrupted))
        })
    }

    fn zone(&self, domains: &[Domain]) -> anyhow::Result<Option<Zone>> {
        match (&self.zone_file, domains) {
            (None, _) => Ok(None),
            (Some(path), [domain]) => zone_file::read(path, domain).map(Some),
            (Some(_), _) => {
                Err(hinted("--zone-file takes one domain", "fedctl dns-check mydomain.com --zone-file FILE"))
            }
        }
    }

    fn domains(&self, cx: &Context) -> anyhow::Result<Vec<Domain>> {
        if !self.domains.is_empty() {
            return Ok(self.domains.clone());
        }
        let configured = cx.settings.domain.clone();
        configured
            .map(|domain| vec![domain])
            .ok_or_else(|| hinted("no domain was given", "fedctl dns-check mydomain.com"))
    }

    /// What the options name; the settings count for their own domain only.
    fn expected(&self, cx: &Context) -> anyhow::Result<Expected> {
        let own =
            self.domains.is_empty() || cx.settings.domain.as_ref() == self.domains.first() && self.domains.len() == 1;
        let configured = |value: Option<PathBuf>| value.filter(|_| own);
        let key_file = self.key.clone().or_else(|| configured(cx.settings.key.clone()));
        let key = match &key_file {
            Some(path) => Some(read_public(path, &self.passphrase, &cx.term)?),
            None => None,
        };
        let mut releases = self.releases.clone();
        if releases.is_empty() && own {
            releases = cx.settings.releases.clone();
        }
        let expected = Expected {
            key,
            key_source: key_file.map(|path| path.display().to_string()).unwrap_or_default(),
            target: if own { self.target.clone().or_else(|| cx.settings.target.clone()) } else { self.target.clone() },
            port: if own { self.port.or(cx.settings.port) } else { self.port },
            ..Expected::default()
        };
        let expected = native::with_releases(expected, &releases, self.native);
        if self.zone_file.is_some() && expected.kinds.native() {
            return Err(hinted(
                "native federation is found through a web server, and --zone-file calls none",
                "name releases before 7.11 with --release, or leave out --zone-file",
            ));
        }
        Ok(expected)
    }
}

/// What was seen beside the records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen<'a> {
    /// What native federation finds.
    pub native: Option<&'a NativeFacts>,
    /// What a server's own resolver says.
    pub view: Option<&'a ServerView>,
}

/// Judges what was seen.
pub fn report(dns: &DnsFacts, expected: &Expected, start: Instant) -> Report {
    report_with(dns, expected, Seen::default(), start)
}

/// The same, with what was seen beside the records.
pub fn report_with(dns: &DnsFacts, expected: &Expected, seen: Seen, start: Instant) -> Report {
    report_of(dns, expected, seen, dns.discoveries(), start)
}

fn report_of(
    dns: &DnsFacts,
    expected: &Expected,
    seen: Seen,
    discoveries: Vec<DiscoveryResult>,
    start: Instant,
) -> Report {
    let mut lines = check::judge_dns(dns, expected, seen.view);
    lines.extend(seen.native.map(|native| check::judge_native(dns, native)).unwrap_or_default());
    let mut generations = if expected.kinds.classic() { discoveries } else { Vec::new() };
    generations.extend(seen.native.map(NativeFacts::discovery));
    let servers = dns.zone.as_ref().map(|zone| zone.servers.len()).unwrap_or_default();
    let resolvers = dns.in_role(Role::Resolver).count();
    let about = match &dns.zone {
        Ok(zone) => {
            let host = dns.host().map(|host| format!(" at {}", host.name)).unwrap_or_default();
            let (servers, resolvers) = (counted(servers, "name server"), counted(resolvers, "resolver"));
            format!("zone {}{host} · {servers} · {resolvers}", zone.apex)
        }
        Err(_) => counted(resolvers, "resolver"),
    };
    let unchecked = dns.unchecked().map(Unchecked::network);
    Report {
        subject: dns.domain.to_string(),
        about,
        pass_summary: "can be found".into(),
        fail_summary: "is not ready for federation".into(),
        time: Some(dns.time),
        lines,
        generations: if unchecked.is_none() { generations } else { Vec::new() },
        arrivals: arrivals(dns),
        matrix: matrix(dns, seen.view),
        unchecked,
        elapsed: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        ..Report::default()
    }
}

/// The URL and the key that the newest generation finds.
fn detail(discoveries: &[DiscoveryResult]) -> String {
    let found = discoveries.iter().rfind(|result| result.is_usable());
    let key = |result: &DiscoveryResult| result.key.map(|key| format!("  key {}", key.short())).unwrap_or_default();
    found.map(|result| format!("{}{}", result.url.as_deref().unwrap_or_default(), key(result))).unwrap_or_default()
}
