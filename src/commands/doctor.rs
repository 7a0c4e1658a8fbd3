//! `fedctl doctor`: one look at everything that makes your server a peer that others can federate with.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::answer::ReportArgs;
use super::key_file::{PassphraseArgs, exposed, read_half};
use super::network::{NetworkArgs, now};
use super::{Context, token_file};
use crate::check::{details, judge_own, server_resolver, stage};
use crate::count::counted;
use crate::dns::name::{Domain, Host};
use crate::endpoint::Endpoint;
use crate::error::{ExitStatus, hinted};
use crate::facts::dns::{DnsFacts, Expected, Role};
use crate::facts::hub::HubFacts;
use crate::facts::peer::{PeerFacts, ProbeOptions};
use crate::facts::server::{KeyFile, NotRead, OwnFacts, ServerFacts, Setting, version};
use crate::net::http::{Caller, Login};
use crate::net::hub::HubClient;
use crate::net::peer::Target;
use crate::net::server::is_here;
use crate::net::{Net, dns, peer, server};
use crate::render::doctor as render;
use crate::render::report::{HUMAN, write};
use crate::report::matrix::matrix;
use crate::report::propagation::arrivals;
use crate::report::{Report, Unchecked};
use crate::rocketchat::life::with_classic;
use crate::rocketchat::release::Release;
use crate::rocketchat::settings::Method;
use crate::settings::port;

/// Check your own setup: key, records, server
///
/// Reads fedctl.yaml, then checks the key file, the records as every name server and several resolvers return them, and the
/// server as a peer calls it. With the token of an admin it compares the server's live settings too.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl doctor\n  fedctl doctor mydomain.com --key federation.pub --server \
     https://chat.mydomain.com")]
pub struct Doctor {
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    own: OwnArgs,
}

/// Your setup: fedctl.yaml, and the options over it.
#[derive(Debug, Clone, Default, Args)]
pub struct OwnArgs {
    /// Your federation domain [default: the one in fedctl.yaml]
    #[arg(value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// Key file, private or public [default: the one in fedctl.yaml]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// The SRV target must be this host [default: the one in fedctl.yaml]
    #[arg(long, value_name = "HOST")]
    target: Option<Host>,
    /// The SRV port must be this one [default: the one in fedctl.yaml]
    ///
    /// From 1 to 65535.
    #[arg(long, value_name = "PORT", value_parser = port)]
    port: Option<u16>,
    #[command(flatten)]
    pub server: ServerArgs,
}

/// Where the server is, and who asks it.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerArgs {
    /// URL of the server, for its settings [default: the one in fedctl.yaml]
    #[arg(long, value_name = "URL")]
    pub server: Option<Endpoint>,
    /// The server's release, if it does not report one
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<Release>,
    /// File with user id and token of an admin, for the live settings (docs/doctor.md)
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Send the token to a host that is not this machine without TLS
    #[arg(long)]
    pub allow_plain_http: bool,
    /// Trust the authorities in this PEM file too
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    #[command(flatten)]
    pub network: NetworkArgs,
}

/// How the server is called as an admin.
pub struct AdminAccess {
    pub server: Option<Endpoint>,
    pub login: Option<Login>,
    /// What is said about its release.
    pub release: Option<Release>,
    pub net: Net,
}

/// What to look at, and with what.
pub struct Setup {
    pub domain: Domain,
    pub key: Option<KeyFile>,
    pub expected: Expected,
    pub method: Method,
    pub admin: AdminAccess,
    /// Asked when the method is hub.
    pub hub: Option<Endpoint>,
    /// The settings of the server, when they were read a moment ago.
    pub settings: Option<Vec<Setting>>,
    pub probe: Target,
}

impl Doctor {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        answer(&self.report, cx, self.own.setup(cx))
    }
}

/// Looks at everything, and writes the report.
pub fn answer(report: &ReportArgs, cx: &Context, setup: anyhow::Result<Setup>) -> anyhow::Result<ExitStatus> {
    report.answer_with(cx, setup.and_then(|setup| look(cx, &setup)), |format, reports, style| {
        if format == HUMAN {
            return Ok(reports.iter().map(|report| render::page(report, style)).collect());
        }
        write(format, reports, style)
    })
}

fn look(cx: &Context, setup: &Setup) -> anyhow::Result<Vec<Report>> {
    let progress = cx.term.progress(format!("checking {}", setup.domain));
    let begun = Instant::now();
    let seen = cx.block_on(async { Ok(setup.observe(|stage| progress.set(stage)).await) });
    progress.end();
    let seen = seen?;
    Ok(vec![Report { details: cx.details(|| details::own(&seen)), ..report(&seen, begun) }])
}

impl OwnArgs {
    /// The values of fedctl.yaml.
    pub fn of_settings(passphrase: PassphraseArgs, server: ServerArgs) -> Self {
        Self { passphrase, server, ..Self::default() }
    }

    /// The setup that these arguments and fedctl.yaml describe.
    pub fn setup(&self, cx: &Context) -> anyhow::Result<Setup> {
        let settings = &cx.settings;
        let domain = self.domain.clone().or_else(|| settings.domain.clone());
        let domain = domain.ok_or_else(|| {
            hinted("there is nothing to check: no domain was given, and no fedctl.yaml names one", "fedctl init")
        })?;
        let path = self.key.clone().or_else(|| settings.key.clone());
        let (mut key, mut public) = (None, None);
        if let Some(path) = &path {
            let (half, private) = read_half(path, &self.passphrase)?;
            let exposed = if private { exposed(path) } else { None };
            key = Some(KeyFile { path: path.display().to_string(), private, exposed });
            public = Some(half);
        }
        let admin = self.server.access(cx)?;
        let probe = Target {
            net: admin.net.clone(),
            peer: domain.clone(),
            options: ProbeOptions::default(),
            identity: None,
            time: now(),
        };
        let method = settings.method.unwrap_or_default();
        Ok(Setup {
            expected: Expected {
                key: public,
                key_source: path.map(|path| path.display().to_string()).unwrap_or_default(),
                target: self.target.clone().or_else(|| settings.target.clone()),
                port: self.port.or(settings.port),
                releases: with_classic(&settings.releases),
                is_contacted: true,
                ..Expected::default()
            },
            admin,
            hub: if method == Method::Hub { Some(hub(cx)?) } else { None },
            method,
            domain,
            key,
            settings: None,
            probe,
        })
    }
}

impl ServerArgs {
    /// The server and the login of these arguments, over fedctl.yaml.
    pub fn access(&self, cx: &Context) -> anyhow::Result<AdminAccess> {
        let settings = &cx.settings;
        let login = match self.token_file.clone().or_else(|| settings.token_file.clone()) {
            Some(path) => Some(token_file::read(&path, self.allow_plain_http, &cx.term)?),
            None => None,
        };
        Ok(AdminAccess {
            server: self.server.clone().or_else(|| settings.server.clone()),
            login,
            release: self.release.or(settings.release),
            net: self.network.net(cx, self.ca_file.as_deref())?,
        })
    }
}

impl AdminAccess {
    /// How to call the server as the admin. The host that DNS names is not called: anyone who writes the records would get the
    /// token.
    pub async fn caller(&self) -> Result<Caller, NotRead> {
        let login = self.login.as_ref().ok_or(NotRead::NoToken)?;
        let base = self.server.clone().ok_or(NotRead::NoServer)?;
        server::caller(&self.net, base, login).await
    }
}

/// The hub of the configuration.
fn hub(cx: &Context) -> anyhow::Result<Endpoint> {
    let hint = "hub_url: https://hub.mydomain.com, or method: dns";
    let url = cx.settings.hub_url.as_ref();
    Ok(url.ok_or_else(|| hinted("the method is hub and no hub is named", hint))?.endpoint.clone())
}

impl Setup {
    /// Looks at everything; `announce` receives the name of each part before it starts.
    pub async fn observe(&self, announce: impl Fn(&str)) -> OwnFacts {
        let Target { net, time, .. } = &self.probe;
        announce("records");
        let dns = dns::observe(net, &self.domain, self.expected.target.as_ref(), dns::Scope::Everybody, *time).await;
        let peer = peer::observe(&self.probe, &announce).await;
        let hub = match &self.hub {
            Some(hub) => {
                announce("hub");
                Some(self.look_up(hub).await)
            }
            None => None,
        };
        announce("settings");
        let server = self.server(&dns, &peer).await;
        let direct = peer.addresses.iter().filter(|address| !address.override_to).map(|address| address.addr.ip());
        OwnFacts {
            key: self.key.clone(),
            expected: self.expected.clone(),
            method: self.method,
            release: self.admin.release,
            here: direct.into_iter().find(|ip| is_here(*ip)),
            dns,
            peer,
            hub,
            server,
        }
    }

    async fn look_up(&self, hub: &Endpoint) -> HubFacts {
        let Target { net, time, .. } = &self.probe;
        let client = HubClient { net: net.clone(), domain: self.domain.clone() };
        let (answer, records) = tokio::join!(client.search(hub), client.records());
        HubFacts {
            time: *time,
            domain: self.domain.clone(),
            request: None,
            records,
            mail: Vec::new(),
            server: None,
            hub: Some(answer),
            expected_key: self.expected.key.as_ref().map(|key| (key.one_line(), self.expected.key_source.clone())),
        }
    }

    async fn server(&self, dns: &DnsFacts, peer: &PeerFacts) -> Result<ServerFacts, NotRead> {
        let caller = self.admin.caller().await?;
        // Where peers find the same server, its release is known from there.
        let info = peer.info.clone().filter(|info| peer.base.as_ref() == Some(&caller.base) && version(info).is_some());
        let known = server::Known { info, settings: self.settings.clone() };
        Ok(server::observe(&self.admin.net, &caller, &server_resolver::questions(dns), known).await)
    }
}

/// The stages of a handshake that need nobody on the other side.
const ALONE: [&str; 6] = ["discover", "connect", "tls", "http", "federation", "speed"];

/// Judges everything that was seen.
pub fn report(own: &OwnFacts, begun: Instant) -> Report {
    let servers = counted(own.dns.in_role(Role::Authority).count(), "name server");
    let about = match (&own.dns.zone, own.release()) {
        (Ok(zone), Some(release)) => format!("zone {}, {servers}, release {release}", zone.apex),
        (Ok(zone), None) => format!("zone {}, {servers}", zone.apex),
        (Err(_), Some(release)) => format!("release {release}"),
        (Err(_), None) => String::new(),
    };
    let lines = judge_own(own);
    let mut stages = stage::timeline(&own.peer, &lines);
    stages.retain(|stage| ALONE.contains(&stage.name.as_str()));
    let unchecked = own.dns.unchecked().map(Unchecked::network);
    Report {
        subject: own.dns.domain.to_string(),
        about,
        pass_summary: "is set up correctly".into(),
        fail_summary: "is not ready for federation".into(),
        stages,
        lines,
        generations: if unchecked.is_none() { own.dns.discoveries() } else { Vec::new() },
        time: Some(own.dns.time),
        arrivals: arrivals(&own.dns),
        matrix: matrix(&own.dns, None),
        unchecked,
        elapsed: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        ..Report::default()
    }
}
