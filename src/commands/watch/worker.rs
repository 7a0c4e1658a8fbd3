//! The watcher: takes what is due, checks it, writes the result; until it is stopped, or until nothing is due.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::checker::{CHECK_TIME, Checker};
use super::list;
use super::recorder::Recorder;
use crate::check::details;
use crate::dns::name::Domain;
use crate::facts::watch_evidence::WatchEvidence;
use crate::report::Details;
use crate::report::watch::DAY;
use crate::store::watch::{ALIVE, Claim, WatchStore, Watched};

/// Between two queries of the queue.
const TICK: Duration = Duration::from_millis(500);
/// After a failure of the database.
const REST: Duration = Duration::from_secs(5);
/// How often to write a result before it is given up.
const WRITES: u32 = 10;
/// How long a stop waits for checks under way.
const STOP: Duration = Duration::from_secs(10);
/// Between two heartbeats; each also checks whether the list has changed.
const BEAT: Duration = Duration::from_secs(ALIVE as u64 / 3);

/// What all tasks of a watcher share.
pub struct Watcher {
    pub checker: Checker,
    pub recorder: Recorder,
    /// Checks at the same time.
    pub jobs: usize,
    /// Rings when there may be a message to send.
    pub bell: Notify,
    /// How each result was found, by domain, for a person who wants to read it.
    pub details: Option<Mutex<HashMap<Domain, Details>>>,
}

impl Watcher {
    fn store(&self) -> &WatchStore {
        &self.recorder.store
    }

    /// Checks everything that is due, and ends.
    pub async fn once(self: &Arc<Self>) -> anyhow::Result<()> {
        let mut tasks = JoinSet::new();
        loop {
            let now = self.store().now().await?;
            self.store().beat(&self.recorder.watcher, now).await?;
            let free = self.jobs.saturating_sub(tasks.len());
            let claims = self.store().take(&self.recorder.watcher, free as i64, now).await?;
            for claim in claims {
                tasks.spawn(self.clone().handle(claim));
            }
            match timeout(TICK, tasks.join_next()).await {
                Ok(None) => return Ok(()),
                Ok(Some(_)) => while tasks.try_join_next().is_some() {},
                Err(_) => {}
            }
        }
    }

    /// Checks what is due until `stopped`.
    pub async fn work(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        while !*stopped.borrow() {
            let free = self.jobs.saturating_sub(tasks.len());
            // A few at a time: each query of the queue is a transaction.
            let pause = match free * 2 >= self.jobs {
                false => TICK,
                true => match self.take(free).await {
                    Ok(claims) => {
                        let is_full = claims.len() == free;
                        claims.into_iter().for_each(|claim| drop(tasks.spawn(self.clone().handle(claim))));
                        if is_full { Duration::ZERO } else { TICK }
                    }
                    Err(error) => {
                        tracing::error!(error = format!("{error:#}"), "what is due cannot be read");
                        REST
                    }
                },
            };
            tokio::select! {
                _ = tasks.join_next(), if !tasks.is_empty() => {}
                () = sleep(pause) => {}
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
        }
        let all_done = async { while tasks.join_next().await.is_some() {} };
        let _ = timeout(STOP, all_done).await;
    }

    async fn take(&self, free: usize) -> anyhow::Result<Vec<Claim>> {
        let now = self.store().now().await?;
        self.store().take(&self.recorder.watcher, free as i64, now).await
    }

    /// One check, from the claim to the result.
    pub async fn handle(self: Arc<Self>, claim: Claim) {
        let domain = claim.domain.clone();
        let start = Instant::now();
        match timeout(CHECK_TIME, self.check(&claim)).await {
            Ok(Ok(true)) => tracing::debug!(%domain, ms = start.elapsed().as_secs_f64() * 1000.0, "checked"),
            Ok(Ok(false)) => tracing::warn!(%domain, "another watcher has checked the domain; the result is dropped"),
            Ok(Err(error)) => tracing::error!(%domain, error = format!("{error:#}"), "the check cannot be completed"),
            Err(_) => tracing::error!(%domain, "the check took too long"),
        }
    }

    async fn check(&self, claim: &Claim) -> anyhow::Result<bool> {
        let time = self.store().now().await?;
        let (snapshot, evidence) = self.checker.check(&claim.domain, time).await?;
        if let Some(details) = &self.details {
            let mut details = details.lock().unwrap_or_else(PoisonError::into_inner);
            details.insert(claim.domain.clone(), found(&evidence));
        }
        let mut attempt = 1;
        loop {
            match self.recorder.record(claim, snapshot.clone(), &evidence).await {
                Ok(written) => {
                    self.bell.notify_waiters();
                    return Ok(written);
                }
                Err(error) if attempt == WRITES => return Err(error),
                Err(error) => tracing::warn!(error = format!("{error:#}"), attempt, "a result cannot be written yet"),
            }
            attempt += 1;
            sleep(REST).await;
        }
    }

    /// Sends heartbeats, reads the list again when its file has changed, and deletes what is too old.
    pub async fn attend(
        self: Arc<Self>,
        mut list: Option<ListFile>,
        keep_days: i64,
        mut stopped: watch::Receiver<bool>,
    ) {
        let mut swept: Option<Instant> = None;
        loop {
            let is_time = swept.is_none_or(|swept| swept.elapsed() > Duration::from_secs(3600));
            match self.attend_once(&mut list, keep_days, is_time).await {
                Ok(()) if is_time => swept = Some(Instant::now()),
                Ok(()) => {}
                Err(error) => tracing::error!(error = format!("{error:#}"), "the database does not answer"),
            }
            tokio::select! {
                () = sleep(BEAT) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
        }
    }

    async fn attend_once(&self, list: &mut Option<ListFile>, keep_days: i64, sweep: bool) -> anyhow::Result<()> {
        let now = self.store().now().await?;
        self.store().beat(&self.recorder.watcher, now).await?;
        if let Some(found) = list.as_mut().and_then(ListFile::changed) {
            self.store().set_list(&found, now).await?;
            tracing::info!(domains = found.len(), "the list has changed");
        }
        if sweep {
            self.store().sweep(now - keep_days * DAY).await?;
        }
        Ok(())
    }
}

/// How the result was found.
fn found(evidence: &WatchEvidence) -> Details {
    let mut all = Details::default();
    evidence.dns.runs.iter().for_each(|run| all.add(details::dns(&run.facts)));
    evidence.peer.iter().for_each(|peer| all.add(details::peer(peer)));
    evidence.hub.iter().for_each(|hub| all.add(details::hub(hub)));
    all
}

/// The file with the list, and what is in it besides.
#[derive(Debug)]
pub struct ListFile {
    pub path: PathBuf,
    /// For lines without an interval.
    pub every: Duration,
    /// Domains that are watched whatever the file says.
    pub fixed: Vec<Watched>,
    pub modified: Option<SystemTime>,
}

impl ListFile {
    /// The domains of the file when it has changed since; a file that cannot be used changes nothing.
    fn changed(&mut self) -> Option<Vec<Watched>> {
        let modified = std::fs::metadata(&self.path).and_then(|found| found.modified()).ok()?;
        if self.modified == Some(modified) {
            return None;
        }
        self.modified = Some(modified);
        match list::read(&self.path, self.every) {
            Ok(found) => Some(list::union(&self.fixed, found)),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the new list cannot be used; the old one stays");
                None
            }
        }
    }
}
