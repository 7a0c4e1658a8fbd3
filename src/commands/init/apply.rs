//! `fedctl init --apply`: from nothing to a checked setup. Every step finds out what is done already, so that the same command
//! continues a run that was interrupted.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use url::Url;

use super::ask::{Asker, Question};
use crate::commands::Context;
use crate::commands::answer::ReportArgs;
use crate::commands::configure::factor::FactorArgs;
use crate::commands::configure::{AfterArgs, ChangeArgs, Outcome};
use crate::commands::confirm::confirm;
use crate::commands::doctor::{AdminAccess, OwnArgs, ServerArgs, Setup, answer};
use crate::commands::key_file::{Access, PassphraseArgs, Pending, read_private};
use crate::commands::network::{NetworkArgs, now};
use crate::commands::proxy::ProxyCommand;
use crate::commands::records::apply::credentials::ProviderArgs;
use crate::commands::records::apply::{self, Apply, PlaceArgs, Published, server};
use crate::endpoint::Endpoint;
use crate::error::{ExitStatus, hinted};
use crate::facts::server::{NotRead, Setting};
use crate::key::PublicKey;
use crate::net::server::one;
use crate::publish::provider::Provider;
use crate::range::Times;
use crate::render::key::mongosh;
use crate::render::proxy::{PROXIES, Proxy, find};
use crate::rocketchat::settings::{Method, PUBLIC_KEY};
use crate::text::Filtered;

/// The script that puts a new key pair into the server.
const SCRIPT: &str = "server-key.js";

/// What `--apply` needs.
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// Continue with records, server and proxy, up to a checked setup
    ///
    /// Publishes the records, sets up the server, writes rules for the proxy, and checks everything. Each step shows what it will do and can be declined. What is done already is found out, so the same command continues a run
    /// that was interrupted.
    #[arg(long)]
    pub apply: bool,
    /// File with user id and token of an admin of the server (docs/doctor.md)
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub token_file: Option<PathBuf>,
    #[command(flatten)]
    factor: FactorArgs,
    /// The DNS provider [default: from the delegation]
    #[arg(long, value_name = "PROVIDER", value_parser = crate::commands::records::apply::credentials::provider, requires = "apply")]
    dns_provider: Option<&'static Provider>,
    /// Base URL of the provider's API [default: the provider's, or the variable of its tools]
    #[arg(long, value_name = "URL", requires = "apply")]
    dns_endpoint: Option<Url>,
    /// File with the token of the provider [default: the variables of its tools]
    #[arg(long, value_name = "FILE", requires = "apply", conflicts_with = "dns_token_command")]
    dns_token_file: Option<PathBuf>,
    /// Command that prints the token of the provider
    #[arg(long, value_name = "COMMAND", requires = "apply")]
    dns_token_command: Option<String>,
    /// Update this name server, ADDR or ADDR:PORT (RFC 2136)
    #[arg(long, value_name = "ADDR", value_parser = server, requires = "tsig_file", conflicts_with = "dns_provider")]
    dns_server: Option<SocketAddr>,
    /// File with the TSIG key, as tsig-keygen or keymgr writes it
    #[arg(long, value_name = "FILE", requires = "dns_server", hide_short_help = true)]
    tsig_file: Option<PathBuf>,
    /// Send tokens to a host that is not this machine without TLS
    #[arg(long, requires = "apply")]
    allow_plain_http: bool,
    /// How long to wait until the resolvers have the records
    ///
    /// From 1ms to 168h.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = |text: &str| Times::CHANGE.read(text))]
    #[arg(hide_short_help = true)]
    wait: Duration,
    /// How long the name servers, and then the server, may take for a change
    ///
    /// From 1ms to 168h.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = |text: &str| Times::CHANGE.read(text))]
    settle: Duration,
    /// Write rules for this proxy: nginx, caddy, apache, haproxy or traefik
    #[arg(long, value_name = "PROXY", value_parser = crate::commands::proxy::proxy(), hide_possible_values = true)]
    #[arg(requires = "apply", hide_short_help = true)]
    proxy: Option<&'static Proxy>,
}

/// The rest of the run, after the settings file.
pub struct Run<'a> {
    pub args: &'a ApplyArgs,
    /// With the settings of the new file.
    pub cx: Context,
    pub yes: bool,
    pub file: &'a Path,
    pub passphrase: &'a PassphraseArgs,
    pub network: &'a NetworkArgs,
}

impl ApplyArgs {
    /// How the server is called, over the settings.
    pub fn server_args(&self, network: &NetworkArgs) -> ServerArgs {
        ServerArgs {
            token_file: self.token_file.clone(),
            allow_plain_http: self.allow_plain_http,
            network: network.clone(),
            ..ServerArgs::default()
        }
    }

    /// The key that the server at `base` made for itself: nothing has to be put into its database then.
    pub fn shown_key(&self, cx: &Context, base: &Endpoint, network: &NetworkArgs) -> anyhow::Result<Option<PublicKey>> {
        if !self.apply {
            return Ok(None);
        }
        let access = ServerArgs { server: Some(base.clone()), ..self.server_args(network) }.access(cx)?;
        if access.login.is_none() {
            return Ok(None);
        }
        let shown = cx.block_on(server_key(&access))?;
        match &shown {
            Some(key) => cx.term.status(format_args!("  {base} shows the key {}", key.fingerprint().short())),
            None => cx.term.status(format_args!("  {base} shows no Public Key")),
        }
        Ok(shown)
    }
}

/// The Public Key that the server shows; `None` when its box is empty.
async fn server_key(access: &AdminAccess) -> anyhow::Result<Option<PublicKey>> {
    let read = async { one(&access.caller().await?, PUBLIC_KEY).await };
    match read.await {
        Ok(text) => Ok(text.as_str().and_then(|text| PublicKey::from_pem(text.trim()).ok())),
        Err(NotRead::NoValue(_)) => Ok(None),
        Err(why) => {
            let what = format!("the Public Key of the server cannot be read: {why}");
            Err(hinted(what, "check --token-file (docs/doctor.md), and run the same command again"))
        }
    }
}

impl Run<'_> {
    /// Every step, and the report of doctor last.
    pub fn run(&self) -> anyhow::Result<ExitStatus> {
        let server = self.args.server_args(self.network);
        let mut setup = OwnArgs::of_settings(self.passphrase.clone(), server).setup(&self.cx)?;
        self.step(2, "the key");
        self.key(&setup)?;
        self.step(3, "the records");
        self.records()?;
        self.step(4, "the settings of the server");
        setup.settings = self.settings(&setup)?;
        self.step(5, "the proxy in front of the server");
        self.proxy()?;
        self.step(6, "the check of everything");
        setup.probe.time = now();
        answer(&ReportArgs::human(), &self.cx, Ok(setup))
    }

    fn step(&self, number: usize, text: &str) {
        self.cx.term.status(format_args!("\nstep {number} of 6: {text}"));
    }

    fn skipped(&self, why: &str) {
        self.cx.term.status(format_args!("  skipped: {why}"));
    }

    /// Peers encrypt for the key in DNS, so nothing is published that the server does not have.
    fn key(&self, setup: &Setup) -> anyhow::Result<()> {
        let access = &setup.admin;
        let (Some(key), Some(own)) = (&setup.key, &setup.expected.key) else { return Ok(()) };
        if access.login.is_none() {
            self.skipped("without --token-file FILE the key of the server cannot be compared");
            return Ok(());
        }
        let is_there = || -> anyhow::Result<bool> {
            let shown = self.cx.block_on(server_key(access))?;
            Ok(shown.is_some_and(|shown| shown.fingerprint() == own.fingerprint()))
        };
        if is_there()? {
            self.cx.term.status(format_args!("  the server has the key {}", own.fingerprint().short()));
            return Ok(());
        }
        let shown = &key.path;
        if !key.private {
            let hint = format!(
                "remove {shown} and {}, and run the same command again: it takes the key of the server",
                self.file.display()
            );
            return Err(hinted(format!("the server shows another key than {shown}"), hint));
        }
        let script = self.file.with_file_name(SCRIPT);
        if !script.is_file() {
            let text = mongosh(&read_private(Path::new(shown), self.passphrase, &self.cx.term)?)?;
            Pending::write(&script, &Filtered::own(&text), Access::OwnerOnly, false)?.commit()?;
        }
        let script = script.display();
        self.cx.term.status(format_args!(
            "  the server must get the key pair of {shown}: stop it, then\nmongosh DATABASE {script}\n  start it, and delete the script: it holds the private key"
        ));
        if self.yes || !confirm(&self.cx.term, "Is that done?")? || !is_there()? {
            let what = format!(
                "the server does not show the key of {shown}, so its records would be wrong; nothing was published"
            );
            return Err(hinted(
                what,
                format!("put the key into the server (mongosh DATABASE {script}), and run the same command again"),
            ));
        }
        Ok(())
    }

    fn records(&self) -> anyhow::Result<()> {
        if self.cx.settings.method == Some(Method::Hub) {
            self.skipped("the discovery method is hub");
            return Ok(());
        }
        let args = self.args;
        let place = PlaceArgs {
            provider: ProviderArgs {
                provider: args.dns_provider,
                zone_id: None,
                endpoint: args.dns_endpoint.clone(),
                token_file: args.dns_token_file.clone(),
                token_command: args.dns_token_command.clone(),
                allow_plain_http: args.allow_plain_http,
                ca_file: None,
            },
            server: args.dns_server,
            tsig_file: args.tsig_file.clone(),
        };
        let after = apply::AfterArgs { settle: args.settle, wait: Some(args.wait), no_verify: false };
        let apply = Apply::of_settings(place, self.passphrase, self.yes, after, self.network);
        match apply.publish(&self.cx)? {
            Published::Declined => self.skipped("declined; fedctl records apply publishes them later"),
            // Questions of the first step may have left them with the answer that there is nothing.
            Published::AsPlanned(published) => self.cx.block_on(published.wait_for_resolvers(&self.cx))?,
        }
        Ok(())
    }

    /// The settings as they were last read, when they were changed.
    fn settings(&self, setup: &Setup) -> anyhow::Result<Option<Vec<Setting>>> {
        if setup.admin.login.is_none() {
            self.skipped("without --token-file FILE; manually: Administration > Settings > Federation");
            return Ok(None);
        }
        let after = AfterArgs { factor: self.args.factor.clone(), settle: self.args.settle };
        match (ChangeArgs { yes: self.yes, site_url: None, undo: None, after }).apply(&self.cx, setup)? {
            Outcome::Changed(settings) => return Ok(Some(settings)),
            Outcome::Declined => self.skipped("declined; fedctl configure sets them later"),
            Outcome::NothingToDo => {}
        }
        Ok(None)
    }

    fn proxy(&self) -> anyhow::Result<()> {
        let asker = Asker { term: &self.cx.term, silent: self.yes };
        let ids: Vec<&str> = PROXIES.iter().map(|proxy| proxy.id).collect();
        let text = format!("Which proxy is it: {}; Enter for none", ids.join(", "));
        let read = |answer: &str| match (answer, find(answer)) {
            ("", _) => Ok(None),
            (_, Some(proxy)) => Ok(Some(proxy)),
            (other, None) => Err(hinted(format!("there is no proxy `{other}`"), "press Enter for none")),
        };
        let proxy = match self.args.proxy {
            Some(proxy) => Some(proxy),
            None => asker.ask(&Question { text: &text, default: Some(String::new()), flag: "--proxy PROXY" }, read)?,
        };
        let Some(proxy) = proxy else {
            self.skipped("no proxy was named; fedctl proxy nginx prints rules that close routes of the server");
            return Ok(());
        };
        let path = self.file.with_file_name(format!("proxy-{}.conf", proxy.id));
        if path.is_file() {
            self.cx.term.status(format_args!("  {} exists and is kept", path.display()));
            return Ok(());
        }
        let question = format!("Write rules for {} to {}?", proxy.id, path.display());
        if !self.yes && self.args.proxy.is_some() && !confirm(&self.cx.term, &question)? {
            self.skipped("declined; fedctl proxy prints the rules later");
            return Ok(());
        }
        ProxyCommand::to_file(proxy, path).run(&self.cx).map(|_| ())
    }
}
