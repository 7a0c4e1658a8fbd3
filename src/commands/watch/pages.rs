//! What each page of the watch holds, and the check behind `/probe`.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::checker::Checker;
use super::worker::Watcher;
use crate::dns::name::Domain;
use crate::metrics::CONTENT_TYPE;
use crate::render::watch::metrics::{self, Totals};
use crate::render::watch::{board, html};
use crate::report::watch::{DAY, MINUTE, Snapshot};
use crate::rocketchat::hub::registration::is_public_address;
use crate::serve::watch::{Answer, Page, Pages};

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
/// Seconds for which a result is used for a probe: within them every client gets the last one.
const FRESH: i64 = 30;
/// Probes at the same time.
const PROBES: usize = 4;
/// Seconds after which a domain that nobody has checked is a sign that the watch does not work.
const STUCK: i64 = 10 * MINUTE;

/// What the pages are made of.
pub struct Site {
    pub watcher: Arc<Watcher>,
    /// Domains that are not on the list may be probed.
    pub probe_any: bool,
    /// Targets in private networks may be probed.
    pub allow_private: bool,
    probes: Semaphore,
}

impl Site {
    pub fn new(watcher: Arc<Watcher>, probe_any: bool, allow_private: bool) -> Arc<Self> {
        Arc::new(Self { watcher, probe_any, allow_private, probes: Semaphore::new(PROBES) })
    }

    /// The pages, for the server.
    pub fn pages(self: Arc<Self>) -> Pages {
        Arc::new(move |page| {
            let site = self.clone();
            Box::pin(async move {
                site.page(page).await.unwrap_or_else(|error| {
                    tracing::error!(error = format!("{error:#}"), "a page cannot be made");
                    answer(503, TEXT, "the database does not answer\n")
                })
            })
        })
    }

    async fn page(&self, page: Page) -> anyhow::Result<Answer> {
        let store = &self.watcher.recorder.store;
        let now = store.now().await;
        Ok(match page {
            Page::Board => {
                let now = now?;
                let statuses = store.statuses().await?;
                let history = store.stretches(now - 90 * DAY).await?;
                answer(200, HTML, html::board(&statuses, &history, now))
            }
            Page::BoardJson => answer(200, JSON, board::json(&store.statuses().await?)?),
            Page::Domain(name) => {
                let now = now?;
                let Ok(domain) = name.parse::<Domain>() else { return Ok(answer(404, HTML, html::missing(None))) };
                match store.statuses().await?.into_iter().find(|status| status.domain == domain) {
                    Some(status) => {
                        let spans = store.spans(&domain, now - 90 * DAY).await?;
                        answer(200, HTML, html::domain(&status, &spans, now))
                    }
                    None => answer(404, HTML, html::missing(Some(&domain))),
                }
            }
            Page::Metrics => self.metrics(now).await,
            Page::Health => self.health(now?).await?,
            Page::Probe(target) => self.probe(&target, now?).await?,
            Page::Other => answer(404, HTML, html::missing(None)),
        })
    }

    /// Answers even when the database does not: the metrics say so.
    async fn metrics(&self, now: anyhow::Result<i64>) -> Answer {
        let store = &self.watcher.recorder.store;
        let read = async {
            let now = now?;
            anyhow::Ok((store.statuses().await?, store.counts(now).await?, now))
        };
        let page = match read.await {
            Ok((statuses, counts, now)) => {
                let totals = Totals {
                    overdue: counts.overdue,
                    watchers: counts.watchers,
                    messages_waiting: counts.messages_waiting,
                    messages_sent: counts.messages_sent,
                    messages_failed: counts.messages_failed,
                    checks: counts.checks,
                };
                metrics::page(&statuses, Some(totals), now)
            }
            Err(_) => metrics::page(&[], None, 0),
        };
        answer(200, CONTENT_TYPE, page)
    }

    /// Healthy means that the database answers and that no domain has waited for long.
    async fn health(&self, now: i64) -> anyhow::Result<Answer> {
        let next = self.watcher.recorder.store.next_due().await?;
        Ok(match next.map(|due| now - due).filter(|late| *late > STUCK) {
            None => answer(200, TEXT, "ok\n"),
            Some(late) => answer(503, TEXT, format!("a domain has waited for its check for {late} s\n")),
        })
    }

    async fn probe(&self, target: &str, now: i64) -> anyhow::Result<Answer> {
        let Ok(domain) = target.parse::<Domain>() else {
            return Ok(answer(400, TEXT, "the target is no domain; ask for /probe?target=peer.example\n"));
        };
        let store = &self.watcher.recorder.store;
        let listed = store.statuses().await?.into_iter().find(|status| status.domain == domain);
        if listed.is_none() && !self.probe_any {
            return Ok(answer(403, TEXT, "the target is not on the list; fedctl watch --probe-any allows it\n"));
        }
        let Ok(_turn) = self.probes.try_acquire() else {
            return Ok(answer(429, TEXT, "too many probes at the same time\n"));
        };
        let fresh = listed.and_then(|status| status.state.snapshot).filter(|snapshot| now - snapshot.time < FRESH);
        if let Some(snapshot) = fresh {
            return Ok(answer(200, CONTENT_TYPE, metrics::probe(&snapshot)));
        }
        if !self.allow_private && self.is_private(&domain).await {
            let why = "the target is in a private network; fedctl watch --allow-private allows it\n";
            return Ok(answer(403, TEXT, why));
        }
        let Some(snapshot) = self.check(&domain, now).await? else {
            return Ok(answer(503, TEXT, "another check of the target is under way\n"));
        };
        Ok(answer(200, CONTENT_TYPE, metrics::probe(&snapshot)))
    }

    /// A check of a listed domain counts like any other; of another domain nothing is kept.
    async fn check(&self, domain: &Domain, now: i64) -> anyhow::Result<Option<Snapshot>> {
        let watcher = &self.watcher;
        let store = &watcher.recorder.store;
        if store.status(domain).await?.is_none_or(|status| !status.is_listed) {
            // The addresses may be others than a moment ago: then they are refused where they are connected to.
            let checker = Checker { public_only: !self.allow_private, ..watcher.checker.clone() };
            return Ok(Some(checker.check(domain, now).await?.0));
        }
        let Some(claim) = store.take_one(&watcher.recorder.watcher, domain, FRESH, now).await? else {
            return Ok(store.status(domain).await?.and_then(|status| status.state.snapshot));
        };
        watcher.clone().handle(claim).await;
        Ok(store.status(domain).await?.and_then(|status| status.state.snapshot))
    }

    /// True when an address that would be called is not for everybody.
    async fn is_private(&self, domain: &Domain) -> bool {
        let addresses: Vec<IpAddr> = self.watcher.checker.addresses(domain).await;
        addresses.iter().any(|ip| !is_public_address(*ip))
    }
}

fn answer(status: u16, content_type: &'static str, body: impl Into<String>) -> Answer {
    Answer { status, content_type, body: body.into() }
}
