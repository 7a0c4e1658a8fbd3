//! The sandbox of `fedctl serve peer`: where its state is, and the page that shows its conversations. The metrics of every peer are
//! beside the page.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use etcetera::BaseStrategy;
use futures_util::FutureExt;

use super::peer_log::Refusals;
use crate::dns::name::Domain;
use crate::error::hinted;
use crate::metrics::CONTENT_TYPE;
use crate::render::page::policy;
use crate::render::sandbox::{Room, Sandbox, html};
use crate::rocketchat::events::echo::{ECHO, NOBODY};
use crate::rocketchat::events::timeline;
use crate::serve::peer::handler::{Handler, now};
use crate::serve::peer::metrics::Metrics;
use crate::serve::peer::{Config, Keep};
use crate::serve::watch::{self, Answer, Page, Pages};
use crate::store::documents::DocumentStore;

/// The options of a sandbox.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Keep rooms, and answer messages to the user echo
    ///
    /// Other servers' users find and invite echo@DOMAIN, which answers, and nobody@DOMAIN, which never does. Rooms and messages
    /// survive a restart.
    #[arg(long)]
    sandbox: bool,
    /// Keep the state in this SQLite file [default: fedctl/sandbox/DOMAIN.db in ~/.local/state]
    #[arg(long, value_name = "FILE", requires = "sandbox")]
    state: Option<PathBuf>,
    /// Serve metrics on loopback, and with --sandbox a page of the conversations
    ///
    /// The metrics are at /metrics. Port 0 takes a free one; the second line of output is the address.
    #[arg(long, value_name = "ADDR:PORT")]
    page: Option<SocketAddr>,
}

impl SandboxArgs {
    /// The users that a sandbox has beside those of every peer.
    pub fn users(&self) -> &'static [&'static str] {
        if self.sandbox { &[ECHO, NOBODY] } else { &[] }
    }

    /// Refuses a page that other machines could read.
    pub fn refuse_contradictions(&self) -> anyhow::Result<()> {
        match self.page.filter(|page| !page.ip().is_loopback()) {
            None => Ok(()),
            Some(page) => {
                let what = format!("`{page}` is not a loopback address, and the page shows whole conversations");
                Err(hinted(what, "--page 127.0.0.1:0, and a tunnel for a reader on another machine"))
            }
        }
    }

    /// Opens the state, and gives it to the peer. The file is what is returned.
    pub async fn open(&self, config: &mut Config) -> anyhow::Result<Option<PathBuf>> {
        if !self.sandbox {
            return Ok(None);
        }
        let path = match &self.state {
            Some(path) => path.clone(),
            None => default_state(&config.domain)?,
        };
        let (store, documents) = DocumentStore::open(&path, &config.domain, config.speaks).await?;
        let keep: Keep = Arc::new(move |changes| {
            let store = store.clone();
            async move { store.write(changes).await }.boxed()
        });
        (config.sandbox, config.documents, config.keep) = (true, documents, Some(keep));
        Ok(Some(path))
    }

    /// Serves the page and the metrics, when they were requested.
    pub async fn serve_page(
        &self,
        handler: &Arc<Handler>,
        refusals: Refusals,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Option<watch::Running>> {
        let Some(listen) = self.page else { return Ok(None) };
        let pages = pages(handler.clone(), refusals, metrics);
        let config = watch::Config { listen, pages, policy: policy(), is_local: true };
        let running = watch::start(config).await.map_err(|error| {
            hinted(format!("`{listen}` cannot be listened on: {error}"), "--page 127.0.0.1:0 takes a free port")
        })?;
        Ok(Some(running))
    }
}

/// In XDG_STATE_HOME, by default in ~/.local/state.
fn default_state(domain: &Domain) -> anyhow::Result<PathBuf> {
    let dirs = etcetera::choose_base_strategy();
    let dirs = dirs.map_err(|_| hinted("there is no home directory for the state of the sandbox", "--state FILE"))?;
    let base = dirs.state_dir().unwrap_or_else(|| dirs.data_dir());
    let dir = base.join("fedctl").join("sandbox");
    make(&dir)?;
    Ok(dir.join(format!("{domain}.db")))
}

fn make(dir: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir)
        .map_err(|error| hinted(format!("`{}` cannot be made: {error}", dir.display()), "--state FILE"))
}

fn pages(handler: Arc<Handler>, refusals: Refusals, metrics: Arc<Metrics>) -> Pages {
    let missing = |body: &str| Answer { status: 404, content_type: "text/plain; charset=utf-8", body: body.to_owned() };
    Arc::new(move |page| {
        let answer = match (page, handler.config.sandbox) {
            (Page::Metrics, _) => Answer { status: 200, content_type: CONTENT_TYPE, body: metrics.page() },
            (Page::Board, true) => shown(&handler, &refusals),
            (_, true) => missing("the page is at /, and the metrics are at /metrics\n"),
            (_, false) => missing("the metrics are at /metrics; --sandbox adds a page of the conversations at /\n"),
        };
        async move { answer }.boxed()
    })
}

fn shown(handler: &Handler, refusals: &Refusals) -> Answer {
    let config = &handler.config;
    let rooms = handler.with(|documents| {
        let entries = timeline::all(documents).into_iter().filter(|entry| !entry.room.is_empty());
        Room::of(entries.collect(), |room| timeline::room_name(documents, room))
    });
    let sandbox = Sandbox {
        domain: &config.domain,
        release: config.release,
        users: &config.users,
        rooms,
        refused: refusals.all(),
        now: now(),
    };
    Answer { status: 200, content_type: "text/html; charset=utf-8", body: html(&sandbox) }
}
