//! `fedctl configure`: the settings of the server that federation needs, planned, confirmed, set and checked.

pub mod factor;
mod session;
mod undo;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use url::Url;

use self::factor::FactorArgs;
use self::session::{Session, Stopped};
use super::Context;
use super::answer::ReportArgs;
use super::confirm::{confirm, show_plan};
use super::doctor::{OwnArgs, Setup, answer};
use super::key_file::save_state;
use super::network::now;
use crate::error::{ExitStatus, Hinted, hinted};
use crate::facts::peer::Records;
use crate::facts::server::{Setting, value};
use crate::file::read::in_command;
use crate::key::PublicKey;
use crate::net::look_up::look_up_all;
use crate::publish::settings::{SCHEMA, SavedSettings, Wanted, changes, plan};
use crate::range::Times;
use crate::render::settings as render;
use crate::rocketchat::generation::{Generation, Protocol, questions};
use crate::rocketchat::life::{GATE_VARIABLE, Life};
use crate::rocketchat::release::Release;
use crate::rocketchat::setting_change::SettingChange;
use crate::rocketchat::settings::{FIXED_HUB, Method, PUBLIC_KEY, STATUS};

/// Set the federation settings of the server
///
/// Reads the live settings with the token of an admin, compares them with fedctl.yaml and DNS, prints a plan (- old value, + new
/// value, = right already, ! left alone) and asks. Then it writes the old values to a file for `fedctl configure undo`, sets one
/// setting at a time and reads each one back, federation itself last, waits until the server reports that federation is running,
/// and ends with the report of doctor. A setting that is not in the plan is never changed, and nothing is changed if one has
/// changed since. From release 3.6 on servers require a second factor, unless the token was created without one
/// (docs/configure.md).
///
/// Exit status 0 when there is nothing to do or when you decline, else that of doctor.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(
    after_long_help = "Examples:\n  fedctl configure --token-file admin.token\n  fedctl configure --yes --code-command 'oathtool --totp --base32 @totp.secret'\n  fedctl configure undo undo-mydomain.com-settings-20261128T120000Z.json"
)]
pub struct Configure {
    #[command(subcommand)]
    command: Option<ConfigureCommand>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    own: OwnArgs,
}

#[derive(Debug, Subcommand)]
enum ConfigureCommand {
    Undo(Box<undo::Undo>),
}

/// How the settings are changed.
#[derive(Debug, Clone, Args)]
pub struct ChangeArgs {
    /// Apply the plan without a question
    #[arg(long)]
    pub yes: bool,
    /// Set the Site URL too; without this it is changed only when it cannot be right
    #[arg(long, value_name = "URL", value_parser = site_url)]
    pub site_url: Option<String>,
    /// File for the old values [default: undo-DOMAIN-settings-TIME.json]
    #[arg(long, value_name = "FILE")]
    pub undo: Option<PathBuf>,
    #[command(flatten)]
    pub after: AfterArgs,
}

/// The second factor, and how long to wait.
#[derive(Debug, Clone, Args)]
pub struct AfterArgs {
    #[command(flatten)]
    pub factor: FactorArgs,
    /// How long the server may take to start federation
    ///
    /// From 1ms to 168h.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = |text: &str| Times::CHANGE.read(text))]
    pub settle: Duration,
}

/// The base URL as the server keeps it.
fn site_url(text: &str) -> Result<String, Hinted> {
    let refuse =
        |why: &str| Hinted::new(format!("`{text}` is no Site URL: {why}"), "write it as in https://chat.mydomain.com");
    let url = Url::parse(text).map_err(|error| refuse(&error.to_string()))?;
    crate::endpoint::Endpoint::of(&url)?;
    match url.path() {
        "/" => Ok(url.as_str().trim_end_matches('/').to_owned()),
        _ => Err(refuse("peers call the root of the host, without a path")),
    }
}

/// How it ended.
pub enum Outcome {
    NothingToDo,
    Declined,
    /// The settings as they were last read.
    Changed(Vec<Setting>),
}

impl Configure {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        if let Some(ConfigureCommand::Undo(undo)) = &self.command {
            return undo.run(cx);
        }
        let mut setup = self.own.setup(cx)?;
        match self.change.apply(cx, &setup)? {
            Outcome::NothingToDo | Outcome::Declined => Ok(ExitStatus::Clean),
            Outcome::Changed(settings) => {
                setup.settings = Some(settings);
                answer(&self.report, cx, Ok(setup))
            }
        }
    }
}

impl ChangeArgs {
    /// Plans, asks and sets.
    pub fn apply(&self, cx: &Context, setup: &Setup) -> anyhow::Result<Outcome> {
        cx.block_on(self.apply_plan(cx, setup))
    }

    async fn apply_plan(&self, cx: &Context, setup: &Setup) -> anyhow::Result<Outcome> {
        let mut session = Session::open(cx, &setup.admin, &self.after).await?;
        let live = session.read().await?;
        let release = session.release;
        let wanted = wanted(cx, setup, self.site_url.clone());
        notes(cx, setup, release, &live).await;
        let rows = plan(&live, release, &wanted);
        let status = value(&live, STATUS).ok().and_then(|status| status.as_str()).unwrap_or("unknown");
        let heading = format!("settings of {}, release {release}, status \"{status}\"", session.base());
        let needed = changes(&rows);
        show_plan(&cx.term, &render::plan(&heading, &rows, cx.term.width), !self.yes && !needed.is_empty());
        if needed.is_empty() {
            cx.term.status("there is nothing to do, and nothing was sent; to check everything: fedctl doctor");
            return Ok(Outcome::NothingToDo);
        }
        if !self.yes && !confirm(&cx.term, "Set these values?")? {
            cx.term.status("nothing was changed; --yes applies the plan without a question");
            return Ok(Outcome::Declined);
        }
        session.refuse_overtaken(&needed).await?;
        let saved = self.save(setup, &session, &needed)?;
        session.set_all(&needed).await.map_err(|stopped| self.stopped(stopped, &saved))?;
        cx.term.status(format_args!("set; to undo it: fedctl configure undo {}", in_command(&saved)));
        session.wait_until_running().await;
        match Life::of(release) {
            Life::Closed => cx.term.warn(format_args!(
                "release {release} closes the federation routes: set {GATE_VARIABLE}=true in the server's environment and restart it"
            )),
            _ => cx.term.status("the server acts on its settings at once; no restart is needed"),
        }
        Ok(Outcome::Changed(session.live))
    }

    /// Writes the old values; only their owner may read them.
    fn save(&self, setup: &Setup, session: &Session, needed: &[SettingChange]) -> anyhow::Result<PathBuf> {
        let state = SavedSettings {
            schema: SCHEMA,
            program: concat!("fedctl ", env!("CARGO_PKG_VERSION")).into(),
            time: now(),
            server: session.base().clone(),
            changes: needed.to_vec(),
        };
        save_state(self.undo.as_deref(), &format!("{}-settings", setup.domain), &state)
    }

    /// In which state the server is after a failure.
    fn stopped(&self, stopped: Stopped, saved: &std::path::Path) -> anyhow::Error {
        let Stopped { set, left, why, hint } = stopped;
        if set.is_empty() {
            // There is nothing to undo.
            let _ = std::fs::remove_file(saved);
            return hinted(format!("{}: {why}; nothing was changed", left.join(", ")), hint);
        }
        let what = format!("set: {}; not set: {}: {why}", set.join(", "), left.join(", "));
        let undo = format!(
            "run the same command again: it does what is left; `fedctl configure undo {}` restores the old values",
            in_command(saved)
        );
        hinted(what, undo)
    }
}

/// What the settings should be, by fedctl.yaml.
fn wanted(cx: &Context, setup: &Setup, site_url: Option<String>) -> Wanted {
    let protocol = cx.settings.protocol.unwrap_or(match &setup.admin.server {
        Some(server) if !server.https => Protocol::Http,
        _ => Protocol::Https,
    });
    let peers_url = setup.expected.target.as_ref().map(|target| {
        let usual = if protocol == Protocol::Http { 80 } else { 443 };
        match setup.expected.port {
            Some(port) if port != usual => format!("{protocol}://{target}:{port}"),
            _ => format!("{protocol}://{target}"),
        }
    });
    Wanted {
        domain: setup.domain.clone(),
        method: setup.method,
        hub_url: cx.settings.hub_url.as_ref().map(|hub| hub.origin.clone()),
        site_url,
        peers_url,
    }
}

/// What an admin should know before federation is switched on: what DNS has, and what no setting can change.
async fn notes(cx: &Context, setup: &Setup, release: Release, live: &[Setting]) {
    let warn = |text: String| cx.term.warn(text);
    let life = Life::of(release);
    if !life.sends() {
        warn(format!("release {release}: {}", life.sentence()));
    }
    if setup.method == Method::Hub {
        let own = cx.settings.hub_url.as_ref().map(|hub| hub.origin.as_str());
        if !Generation::of(release).is_first_protocol() && own.is_some_and(|own| own != FIXED_HUB) {
            warn(format!("release {release} registers at {FIXED_HUB} only; no setting changes that"));
        }
        return;
    }
    let net = &setup.probe.net;
    let domain = setup.domain.clone();
    let records = Records { answers: look_up_all(net, &net.resolvers, &questions(&domain)).await, domain };
    let discovery = records.discovery(Generation::of(release));
    if let Some(error) = discovery.error.filter(|_| discovery.url.is_none()) {
        warn(format!("peers do not find the server in DNS yet ({error}): fedctl records apply"));
    }
    let shown = value(live, PUBLIC_KEY).ok().and_then(|key| PublicKey::from_pem(key.as_str()?).ok());
    if let (Ok(published), Some(shown)) = (records.key(), shown)
        && published.fingerprint() != shown.fingerprint()
    {
        let (published, shown) = (published.fingerprint().short(), shown.fingerprint().short());
        warn(format!(
            "DNS has another key ({published}) than the server shows ({shown}): peers will refuse its messages; fedctl explain server-key"
        ));
    }
}
