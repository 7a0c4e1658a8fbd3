//! What the watch keeps: which domain is due, who checks it, what was found, and the messages that have to go out. The queue and
//! the history are the database's: a watcher that is killed loses only the checks under way, which another one repeats.
//!
//! A domain is taken by one watcher at a time. Its result and the messages about it are written in one transaction, and only
//! while the watcher still holds the domain. A watcher without a heartbeat for [`ALIVE`] seconds holds nothing.

mod embedded;
mod shared;
mod sql;
mod value;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use crate::dns::name::Domain;
use crate::error::hinted;
use crate::report::watch::domain_state::DomainState;
use crate::report::watch::message::Message;
use crate::report::watch::{Snapshot, Span, Status, Stretch};
use embedded::Embedded;
use shared::Shared;
use value::{Row, Step, Value};

/// Seconds for which a watcher counts as alive after a heartbeat.
pub const ALIVE: i64 = 30;
/// Seconds after which what was taken is free again, whatever its watcher does.
const CLAIM: i64 = 300;

/// Where the data is.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one store lives as long as the process")]
pub enum WatchStore {
    Embedded(Embedded),
    Shared(Shared),
}

/// A domain to watch, and every how many seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    pub domain: Domain,
    pub every: i64,
}

/// A domain that this watcher has taken.
#[derive(Debug, Clone)]
pub struct Claim {
    pub domain: Domain,
    /// Counts the checks of the domain.
    pub number: i64,
    pub every: i64,
    pub state: DomainState,
}

/// The result of a check.
#[derive(Debug)]
pub struct Checked {
    pub state: DomainState,
    /// When the next check is due.
    pub due: i64,
    /// The check found something else than the one before it, or came after a gap.
    pub is_new: bool,
    /// Kept when it is new.
    pub evidence: String,
    pub message: Option<Message>,
}

/// A message that this watcher has taken.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub number: i64,
    /// This one counts.
    pub attempts: i64,
    pub message: Message,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub domains: i64,
    /// Domains that are due and that nobody checks.
    pub overdue: i64,
    pub watchers: i64,
    pub messages_waiting: i64,
    pub messages_sent: i64,
    /// Messages that were given up.
    pub messages_failed: i64,
    pub checks: i64,
}

/// The migrations that a database of this version needs, each with its number.
fn missing_migrations(version: i64) -> anyhow::Result<Vec<(i64, &'static str)>> {
    let known = sql::MIGRATIONS.len() as i64;
    if version > known {
        let what = format!("the data of the watch has schema {version}, this fedctl supports {known}");
        return Err(hinted(what, "use the fedctl that wrote it, or a later one"));
    }
    let numbered = (1..).zip(sql::MIGRATIONS.iter().copied());
    Ok(numbered.filter(|(number, _)| *number > version).collect())
}

impl WatchStore {
    /// Opens the database in a directory; with `watches`, makes what is missing and keeps other watchers out.
    pub async fn open(dir: &Path, watches: bool) -> anyhow::Result<Self> {
        let store = Self::Embedded(Embedded::open(dir, watches).await?);
        if watches {
            // There is one watcher at a time, so what is taken was taken by one that has ended.
            let steps = [sql::RELEASE_ALL, sql::RELEASE_ALL_MESSAGES].map(|sql| Step::new(sql, []));
            store.run(steps.into()).await?;
        }
        Ok(store)
    }

    /// Connects to `postgres://USER:PASSWORD@HOST/NAME`, and makes the tables when they are missing.
    pub async fn connect(url: &str, ca_file: Option<&Path>) -> anyhow::Result<Self> {
        Ok(Self::Shared(Shared::connect(url, ca_file).await?))
    }

    /// Seconds since 1970, by the one clock that all watchers of this database use.
    pub async fn now(&self) -> anyhow::Result<i64> {
        match self {
            Self::Embedded(_) => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Ok(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
            }
            Self::Shared(store) => store.now().await,
        }
    }

    /// Makes this the list of what is watched. What is new is due at once.
    pub async fn set_list(&self, list: &[Watched], now: i64) -> anyhow::Result<()> {
        let mut steps = match self {
            Self::Embedded(_) => Vec::new(),
            // Two watchers that start at the same time would wait for each other's rows.
            Self::Shared(_) => vec![Step::new(sql::LIST_LOCK, [])],
        };
        steps.push(Step::new(sql::UNLIST, []));
        let row = |it: &Watched| Step::new(sql::LIST, [it.domain.as_str().into(), it.every.into(), now.into()]);
        steps.extend(list.iter().map(row));
        self.run(steps).await
    }

    /// Makes every listed domain due.
    pub async fn set_all_due(&self, now: i64) -> anyhow::Result<()> {
        self.run(vec![Step::new(sql::ALL_DUE, [now.into()])]).await
    }

    /// A heartbeat of the watcher.
    pub async fn beat(&self, watcher: &str, now: i64) -> anyhow::Result<()> {
        let forgotten = Step::new(sql::FORGET_WATCHERS, [(now - 10 * ALIVE).into()]);
        self.run(vec![Step::new(sql::BEAT, [watcher.into(), now.into(), (now + ALIVE).into()]), forgotten]).await
    }

    /// The watcher ends, and gives back what it holds.
    pub async fn leave(&self, watcher: &str) -> anyhow::Result<()> {
        let steps = [sql::RELEASE, sql::RELEASE_MESSAGES, sql::LEAVE].map(|sql| Step::new(sql, [watcher.into()]));
        self.run(steps.into()).await
    }

    /// Takes up to `limit` domains that are due.
    pub async fn take(&self, watcher: &str, limit: i64, now: i64) -> anyhow::Result<Vec<Claim>> {
        let values = [now.into(), (now - CLAIM).into(), watcher.into(), limit.into()];
        self.query(sql::take(self.lock()), values).await?.iter().map(claim).collect()
    }

    /// Takes one domain, unless a watcher checks it or began to within so many seconds.
    pub async fn take_one(&self, watcher: &str, domain: &Domain, age: i64, now: i64) -> anyhow::Result<Option<Claim>> {
        let values = [now.into(), (now - CLAIM).into(), watcher.into(), (now - age).into(), domain.as_str().into()];
        self.query(sql::take_one(self.lock()), values).await?.first().map(claim).transpose()
    }

    /// Writes the result of a check and the messages to these channels. False when the domain is no longer this watcher's: then
    /// nothing is written.
    pub async fn finish(
        &self,
        watcher: &str,
        claim: &Claim,
        checked: &Checked,
        channels: &[String],
    ) -> anyhow::Result<bool> {
        let (domain, number): (Value, Value) = (claim.domain.as_str().into(), claim.number.into());
        let snapshot = checked.state.snapshot.as_ref().context("a check without a result")?;
        let state = serde_json::to_string(&checked.state)?;
        let held = [state.into(), checked.due.into(), domain.clone(), number.clone(), watcher.into()];
        let mut steps = vec![Step::new(sql::FINISH, held).must()];
        if checked.is_new {
            let body = serde_json::to_string(snapshot)?;
            let span = [domain.clone(), number.clone(), snapshot.time.into(), body.into()];
            steps.push(Step::new(sql::ADD_SPAN, span));
            let evidence = [domain.clone(), number.clone(), checked.evidence.clone().into()];
            steps.push(Step::new(sql::ADD_EVIDENCE, evidence));
        } else {
            steps.push(Step::new(sql::PROLONG, [snapshot.time.into(), domain.clone()]));
        }
        if let Some(message) = &checked.message {
            let body = serde_json::to_string(message)?;
            steps.extend(channels.iter().map(|channel| {
                let row = [channel.as_str().into(), domain.clone(), number.clone(), body.as_str().into()];
                Step::new(sql::ADD_MESSAGE, row.into_iter().chain([snapshot.time.into()]))
            }));
        }
        Ok(self.transact(steps).await?.is_some())
    }

    /// Takes up to `limit` messages of a channel that are due; of one domain only the oldest.
    pub async fn take_messages(
        &self,
        watcher: &str,
        channel: &str,
        limit: i64,
        now: i64,
    ) -> anyhow::Result<Vec<Outgoing>> {
        let values = [now.into(), (now - CLAIM).into(), watcher.into(), channel.into(), limit.into()];
        let rows = self.query(sql::take_messages(self.lock()), values).await?;
        let read = |row: &Row| {
            let message = serde_json::from_str(row.text(3)?).context("the database contains a damaged message")?;
            Ok(Outgoing { number: row.int(1)?, attempts: row.int(2)?, message })
        };
        rows.iter().map(read).collect()
    }

    /// The message is out, or was given up for this reason.
    pub async fn close_message(
        &self,
        channel: &str,
        it: &Outgoing,
        failure: Option<String>,
        now: i64,
    ) -> anyhow::Result<()> {
        let domain = it.message.domain.as_str();
        let values = [now.into(), failure.into(), channel.into(), domain.into(), it.number.into()];
        self.run(vec![Step::new(sql::CLOSE_MESSAGE, values)]).await
    }

    /// The message failed, and is due again later.
    pub async fn postpone_message(
        &self,
        channel: &str,
        it: &Outgoing,
        failure: String,
        due: i64,
    ) -> anyhow::Result<()> {
        let domain = it.message.domain.as_str();
        let values = [due.into(), failure.into(), channel.into(), domain.into(), it.number.into()];
        self.run(vec![Step::new(sql::POSTPONE_MESSAGE, values)]).await
    }

    /// Every listed domain.
    pub async fn statuses(&self) -> anyhow::Result<Vec<Status>> {
        self.read(sql::DOMAINS, []).await?.iter().map(status).collect()
    }

    /// A domain, listed or not.
    pub async fn status(&self, domain: &Domain) -> anyhow::Result<Option<Status>> {
        self.read(sql::DOMAIN, [domain.as_str().into()]).await?.first().map(status).transpose()
    }

    /// When the next domain is due.
    pub async fn next_due(&self) -> anyhow::Result<Option<i64>> {
        self.read(sql::NEXT_DUE, []).await?.first().map_or(Ok(None), |row| row.maybe_int(0))
    }

    /// The history of a domain from that moment on, oldest first.
    pub async fn spans(&self, domain: &Domain, from: i64) -> anyhow::Result<Vec<Span>> {
        let rows = self.read(sql::SPANS, [domain.as_str().into(), from.into()]).await?;
        let read = |row: &Row| {
            let snapshot = snapshot(row.text(4)?)?;
            let (number, start, end, checks) = (row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
            Ok(Span { number, start, end, checks, snapshot })
        };
        rows.iter().map(read).collect()
    }

    /// The verdicts of every listed domain from that moment on, in the order of the domains, oldest first.
    pub async fn stretches(&self, from: i64) -> anyhow::Result<Vec<(String, Vec<Stretch>)>> {
        let mut found: Vec<(String, Vec<Stretch>)> = Vec::new();
        for row in self.read(sql::VERDICTS, [from.into()]).await? {
            let (domain, verdict) = (row.text(0)?, snapshot(row.text(3)?)?.verdict);
            let stretch = Stretch { start: row.int(1)?, end: row.int(2)?, verdict };
            match found.last_mut().filter(|(known, _)| known == domain) {
                Some((_, stretches)) => stretches.push(stretch),
                None => found.push((domain.to_owned(), vec![stretch])),
            }
        }
        Ok(found)
    }

    /// The evidence of the check that began a span.
    pub async fn evidence(&self, domain: &Domain, number: i64) -> anyhow::Result<Option<String>> {
        let rows = self.read(sql::EVIDENCE, [domain.as_str().into(), number.into()]).await?;
        rows.first().map(|row| Ok(row.text(0)?.to_owned())).transpose()
    }

    /// How much there is; also the proof that the database answers.
    pub async fn counts(&self, now: i64) -> anyhow::Result<Counts> {
        let rows = self.read(sql::COUNTS, [now.into()]).await?;
        let row = rows.first().context("the database counts nothing")?;
        Ok(Counts {
            domains: row.int(0)?,
            overdue: row.int(1)?,
            watchers: row.int(2)?,
            messages_waiting: row.int(3)?,
            messages_sent: row.int(4)?,
            messages_failed: row.int(5)?,
            checks: row.int(6)?,
        })
    }

    /// Deletes what ended before that moment.
    pub async fn sweep(&self, before: i64) -> anyhow::Result<()> {
        let old = [sql::SWEEP_EVIDENCE, sql::SWEEP_SPANS, sql::SWEEP_MESSAGES];
        let mut steps: Vec<Step> = old.iter().map(|sql| Step::new(*sql, [before.into()])).collect();
        steps.push(Step::new(sql::SWEEP_DOMAINS, []));
        self.run(steps).await
    }

    /// Several watchers at once must not wait for each other; an embedded database has one.
    fn lock(&self) -> &'static str {
        match self {
            Self::Embedded(_) => "",
            Self::Shared(_) => "FOR UPDATE SKIP LOCKED",
        }
    }

    async fn query(&self, sql: String, values: impl IntoIterator<Item = Value>) -> anyhow::Result<Vec<Row>> {
        let answer = self.transact(vec![Step::new(sql, values)]).await?;
        Ok(answer.unwrap_or_default().pop().unwrap_or_default())
    }

    async fn run(&self, steps: Vec<Step>) -> anyhow::Result<()> {
        self.transact(steps).await.map(drop)
    }

    async fn transact(&self, steps: Vec<Step>) -> anyhow::Result<value::Answer> {
        match self {
            Self::Embedded(store) => store.run(steps).await,
            Self::Shared(store) => store.run(steps).await,
        }
    }

    async fn read(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> anyhow::Result<Vec<Row>> {
        match self {
            Self::Embedded(store) => store.read(Step::new(sql, values)).await,
            Self::Shared(store) => store.read(Step::new(sql, values)).await,
        }
    }
}

fn domain(row: &Row, at: usize) -> anyhow::Result<Domain> {
    row.text(at)?.parse::<Domain>().context("the database contains an invalid domain")
}

fn state(row: &Row, at: usize) -> anyhow::Result<DomainState> {
    let text = row.maybe_text(at)?.unwrap_or("{}");
    serde_json::from_str(text).context("the database contains a damaged state of a domain")
}

fn snapshot(text: &str) -> anyhow::Result<Snapshot> {
    serde_json::from_str(text).context("the database contains a damaged result of a check")
}

fn claim(row: &Row) -> anyhow::Result<Claim> {
    Ok(Claim { domain: domain(row, 0)?, number: row.int(1)?, every: row.int(2)?, state: state(row, 3)? })
}

fn status(row: &Row) -> anyhow::Result<Status> {
    let (is_listed, every, due, checks) = (row.int(1)? == 1, row.int(2)?, row.int(3)?, row.int(4)?);
    Ok(Status { domain: domain(row, 0)?, is_listed, every, due, checks, state: state(row, 5)? })
}
