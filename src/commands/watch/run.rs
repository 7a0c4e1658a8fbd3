//! The watch itself: once, or as a service.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::alerts::AlertArgs;
use super::channel::Channel;
use super::checker::Checker;
use super::deliver::Delivery;
use super::pages::Site;
use super::recorder::Recorder;
use super::worker::{ListFile, Watcher};
use super::{StoreArgs, list};
use crate::commands::domain_list;
use crate::commands::key_file::{PassphraseArgs, read_bytes, read_private, read_public};
use crate::commands::log::LogFormat;
use crate::commands::network::NetworkArgs;
use crate::commands::{Context, Format};
use crate::count::counted;
use crate::dns::name::Domain;
use crate::error::{ExitStatus, hinted};
use crate::facts::dns::Expected;
use crate::key::PrivateKey;
use crate::net::notify::Notifier;
use crate::range::Counts;
use crate::render::page::policy;
use crate::render::watch::message::text;
use crate::render::watch::{Tally, board};
use crate::rocketchat::life::with_classic;
use crate::rocketchat::settings::Method;
use crate::serve::watch::{Config, start};
use crate::settings::HubUrl;
use crate::store::watch::{WatchStore, Watched};
use crate::term::signals::Stop;

const JOBS: Counts = Counts::new(1, 256);
const KEEP: Counts = Counts::new(1, 36_500);
/// How long a stop waits for checks and messages under way.
const STOP: Duration = Duration::from_secs(15);
/// The channel of messages that are printed.
const STDOUT: &str = "stdout";
/// Messages taken at a time.
const BATCH: i64 = 8;
/// Bytes of the id of a watcher.
const ID: usize = 8;

/// What to watch, and how.
#[derive(Debug, Args)]
pub struct Run {
    /// Domains to watch [default: `domain` and `watch` of the settings]
    #[arg(value_name = "DOMAIN")]
    domains: Vec<Domain>,
    /// Read domains from this file too; one on each line, with its interval behind it where it needs one, as in `peer.example every=10m`; read again when it changes
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// How often each domain is checked
    ///
    /// From 1m to 168h.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = domain_list::every)]
    every: Duration,
    /// Check every domain once and end; for cron and CI
    #[arg(long)]
    once: bool,
    /// With --once: print only what has changed; for cron
    ///
    /// Prints the messages that --alert sends, each once, and nothing when there are none. A change counts when as many checks in
    /// a row agree as --confirm requires: by default a problem is printed by the second run.
    #[arg(long, requires = "once", conflicts_with = "format")]
    changes: bool,
    /// How --once prints: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
    #[command(flatten)]
    store: StoreArgs,
    /// Checks at the same time
    ///
    /// From 1 to 256.
    #[arg(long, value_name = "COUNT", default_value = "16", value_parser = |text: &str| JOBS.read::<usize>(text))]
    jobs: usize,
    /// Serve the pages here; status page, metrics and probe
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Let `/probe` check domains that are not on the list
    #[arg(long)]
    probe_any: bool,
    /// Let `/probe` check targets in private networks
    #[arg(long)]
    allow_private: bool,
    #[command(flatten)]
    alerts: AlertArgs,
    /// Days for which the history is kept
    ///
    /// From 1 to 36500.
    #[arg(long, value_name = "DAYS", default_value = "400", value_parser = |text: &str| KEEP.read::<u32>(text))]
    keep: u32,
    /// Look every domain up at this hub too; by default at the one in fedctl.yaml, when the method is hub
    #[arg(long, value_name = "URL", hide_short_help = true)]
    hub_url: Option<HubUrl>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Trust the authorities in this PEM file too
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    ca_file: Option<PathBuf>,
    /// How to write the log: text or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    log_format: LogFormat,
    #[command(flatten)]
    network: NetworkArgs,
}

impl Run {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let fixed = self.fixed(cx)?;
        let found = self.list.as_deref().map(|path| list::read(path, self.every)).transpose()?.unwrap_or_default();
        let watched = list::union(&fixed, found);
        if watched.is_empty() {
            return Err(hinted("there is nothing to watch", "fedctl watch peer.example, or --list FILE"));
        }
        // What is wrong with the channels is said before anything is opened.
        self.alerts.channels()?;
        let checker = self.checker(cx)?;
        match self.once {
            true => cx.block_on(self.once(cx, checker, &watched)),
            false => {
                self.log_format.start(&cx.term)?;
                cx.block_on(self.serve(cx, checker, fixed, &watched))
            }
        }
    }

    async fn once(&self, cx: &Context, checker: Checker, watched: &[Watched]) -> anyhow::Result<ExitStatus> {
        let progress = cx.term.progress(format!("checking {}", counted(watched.len(), "domain")));
        let (watcher, deliveries) = self.watcher(cx, checker, self.store.open(true).await?)?;
        let store = watcher.recorder.store.clone();
        let now = store.now().await?;
        store.set_list(watched, now).await?;
        store.set_all_due(now).await?;
        watcher.once().await?;
        for delivery in deliveries {
            delivery.send_due().await?;
        }
        progress.end();
        if self.changes {
            print_changes(cx, &watcher.recorder).await?;
        }
        store.leave(&watcher.recorder.watcher).await?;
        let statuses = store.statuses().await?;
        match self.format {
            _ if self.changes => {}
            Format::Human => {
                let details =
                    watcher.details.as_ref().map(|details| details.lock().unwrap_or_else(PoisonError::into_inner));
                cx.term.answer_with_verdict(&board::human(&statuses, details.as_deref(), cx.style()))?;
            }
            Format::Json => cx.term.answer(board::json(&statuses)?)?,
        }
        let tally = Tally::of(&statuses);
        Ok(match (tally.failing, tally.unknown) {
            (0, 0) => ExitStatus::Clean,
            (0, _) => ExitStatus::Failed,
            _ => ExitStatus::Problems,
        })
    }

    async fn serve(
        &self,
        cx: &Context,
        checker: Checker,
        fixed: Vec<Watched>,
        watched: &[Watched],
    ) -> anyhow::Result<ExitStatus> {
        let mut stop = Stop::catch()?;
        let (watcher, deliveries) = self.watcher(cx, checker, self.store.open(true).await?)?;
        let (store, id) = (watcher.recorder.store.clone(), watcher.recorder.watcher.clone());
        let now = store.now().await?;
        store.set_list(watched, now).await?;
        store.beat(&id, now).await?;
        let pages = Site::new(watcher.clone(), self.probe_any, self.allow_private).pages();
        let running =
            start(Config { listen: self.listen, pages, policy: policy(), is_local: false }).await.map_err(|error| {
                hinted(
                    format!("cannot listen on {}: {error}", self.listen),
                    "choose a free port, or --listen 127.0.0.1:0",
                )
            })?;
        cx.term.answer(format!("{}\n", running.addr))?;
        tracing::info!(addr = %running.addr, domains = watched.len(), watcher = id, "watching");
        let list = self.list.as_ref().map(|path| ListFile {
            path: path.clone(),
            every: self.every,
            fixed,
            modified: std::fs::metadata(path).and_then(|found| found.modified()).ok(),
        });
        let (stopping, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(watcher.clone().attend(list, self.keep.into(), stopped.clone()));
        for delivery in deliveries {
            tasks.spawn(delivery.work(watcher.clone(), stopped.clone()));
        }
        tasks.spawn(watcher.work(stopped));
        stop.requested().await;
        tracing::info!("stopping");
        stopping.send_replace(true);
        running.stop().await;
        let all_done = async { while tasks.join_next().await.is_some() {} };
        let _ = timeout(STOP, all_done).await;
        store.leave(&id).await?;
        Ok(ExitStatus::Clean)
    }

    fn watcher(
        &self,
        cx: &Context,
        checker: Checker,
        store: WatchStore,
    ) -> anyhow::Result<(Arc<Watcher>, Vec<Delivery>)> {
        let watcher: String = rand::random::<[u8; ID]>().iter().map(|byte| format!("{byte:02x}")).collect();
        let channels = self.alerts.channels()?;
        let notifier = Notifier { net: checker.net.clone() };
        let post = Arc::new(self.alerts.post(notifier)?);
        let delivery = |channel: &Channel| Delivery {
            channel: channel.clone(),
            post: post.clone(),
            store: store.clone(),
            watcher: watcher.clone(),
        };
        let deliveries = channels.iter().map(delivery).collect();
        let recorder = Recorder {
            store: store.clone(),
            watcher: watcher.clone(),
            rules: self.alerts.rules(),
            silences: self.alerts.silences.clone(),
            channels: channels.iter().map(ToString::to_string).chain(self.changes.then(|| STDOUT.to_owned())).collect(),
        };
        let details = (self.once && cx.term.is_verbose()).then(Mutex::default);
        Ok((Arc::new(Watcher { checker, recorder, jobs: self.jobs, bell: Notify::new(), details }), deliveries))
    }

    /// The domains of the arguments, else those of the settings.
    fn fixed(&self, cx: &Context) -> anyhow::Result<Vec<Watched>> {
        let mut lines: Vec<String> = self.domains.iter().map(ToString::to_string).collect();
        if lines.is_empty() && self.list.is_none() {
            lines.extend(cx.settings.domain.iter().map(ToString::to_string));
            lines.extend(cx.settings.watch.iter().cloned());
        }
        let (fixed, rejected) = list::parse(&lines.join("\n"), self.every)?;
        match rejected.into_iter().next() {
            Some(first) => Err(hinted(format!("`watch` of the settings: {first}"), first.why.hint)),
            None => Ok(fixed),
        }
    }

    fn checker(&self, cx: &Context) -> anyhow::Result<Checker> {
        let hub = match (&self.hub_url, cx.settings.method) {
            (Some(url), _) => Some(url),
            (None, Some(Method::Hub)) => cx.settings.hub_url.as_ref(),
            _ => None,
        };
        let hub = hub.map(|url| url.endpoint.clone());
        Ok(Checker {
            net: self.network.net(cx, self.ca_file.as_deref())?,
            identity: self.identity(cx)?,
            own: self.own(cx)?,
            hub,
            suppress: cx.suppress.clone(),
            fail_on: cx.fail_on,
            public_only: false,
        })
    }

    /// The domain and the private key of the settings.
    fn identity(&self, cx: &Context) -> anyhow::Result<Option<(Domain, PrivateKey)>> {
        let (Some(domain), Some(path)) = (cx.settings.domain.clone(), cx.settings.key.clone()) else { return Ok(None) };
        let is_private = String::from_utf8_lossy(&read_bytes(&path)?).contains("PRIVATE KEY-----");
        let key = is_private.then(|| read_private(&path, &self.passphrase, &cx.term)).transpose()?;
        Ok(key.map(|key| (domain, key)))
    }

    /// What the settings say about your domain.
    fn own(&self, cx: &Context) -> anyhow::Result<Option<(Domain, Expected)>> {
        let settings = &cx.settings;
        let Some(domain) = settings.domain.clone() else { return Ok(None) };
        let path = settings.key.clone();
        let expected = Expected {
            key: path.as_ref().map(|path| read_public(path, &self.passphrase, &cx.term)).transpose()?,
            key_source: path.map(|path| path.display().to_string()).unwrap_or_default(),
            target: settings.target.clone(),
            port: settings.port,
            releases: with_classic(&settings.releases),
            is_contacted: true,
            ..Expected::default()
        };
        Ok(Some((domain, expected)))
    }
}

/// Prints the messages that wait for it, each once, with an empty line between them.
async fn print_changes(cx: &Context, recorder: &Recorder) -> anyhow::Result<()> {
    let mut is_first = true;
    loop {
        let now = recorder.store.now().await?;
        let due = recorder.store.take_messages(&recorder.watcher, STDOUT, BATCH, now).await?;
        if due.is_empty() {
            return Ok(());
        }
        for outgoing in &due {
            let gap = if std::mem::take(&mut is_first) { "" } else { "\n" };
            cx.term.answer(format!("{gap}{}", text(&outgoing.message)))?;
            recorder.store.close_message(STDOUT, outgoing, None, now).await?;
        }
    }
}
