//! What the authoritative servers answer after a change, and then what dns-check says.

use std::time::{Duration, Instant};

use crate::check::details;
use crate::commands::Context;
use crate::commands::answer::ReportArgs;
use crate::commands::dns_check::{report, wait};
use crate::commands::network::now;
use crate::dns::name::Domain;
use crate::dns::record::Query;
use crate::error::{ExitStatus, hinted};
use crate::facts::dns::{DnsFacts, Expected, Role};
use crate::key::PublicKey;
use crate::net::Net;
use crate::net::dns::{Scope, observe};
use crate::render::list::clock;
use crate::report::Report;
use crate::rocketchat::change::{Change, same_data};
use crate::rocketchat::records::RecordSet;

/// The pauses between two looks.
const PAUSE: Duration = Duration::from_millis(300);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How the result is looked at.
pub struct Verification<'a> {
    pub cx: &'a Context,
    pub net: &'a Net,
    pub domain: &'a Domain,
    /// For the authoritative servers to serve the change.
    pub settle: Duration,
    /// `--wait`: for the resolvers too.
    pub wait: Option<Duration>,
}

impl Verification<'_> {
    /// Waits until every authoritative server that responds serves the changes.
    pub async fn settle(&self, changes: &[Change]) -> anyhow::Result<()> {
        let term = &self.cx.term;
        let progress = term.progress("waiting for the name servers");
        let (start, mut pause, mut last) = (Instant::now(), PAUSE, String::new());
        loop {
            let facts = self.look(Scope::Authorities).await;
            let count = Count::of(&facts, changes);
            if count.all > 0 && count.served == count.all || changes.is_empty() {
                progress.end();
                if !changes.is_empty() {
                    term.status(format_args!("{count}, after {} s", start.elapsed().as_secs()));
                }
                return Ok(());
            }
            if start.elapsed() >= self.settle {
                progress.end();
                let hint = format!("fedctl dns-check {} --wait", self.domain);
                return Err(hinted(format!("the change was accepted, but {count}"), hint));
            }
            let state = count.to_string();
            if state != last && !term.is_live() {
                term.detail(&state);
            }
            last = state;
            let left = || clock(self.settle.saturating_sub(start.elapsed()).as_secs());
            progress.during(|| format!("{last}; {} left", left()), tokio::time::sleep(pause)).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// dns-check, with the key that was published as the expected one.
    pub async fn report(&self, set: &RecordSet) -> anyhow::Result<ExitStatus> {
        let start = Instant::now();
        let (facts, expected) = self.facts(set).await?;
        let details = self.cx.details(|| details::dns(&facts));
        ReportArgs::human().answer(self.cx, Ok(vec![Report { details, ..report(&facts, &expected, start) }]))
    }

    /// What the name servers and the resolvers answer; with a limit for waiting, when they agree.
    pub async fn facts(&self, set: &RecordSet) -> anyhow::Result<(DnsFacts, Expected)> {
        let key = set.key().map(String::from_utf8_lossy).and_then(|text| PublicKey::from_pem(&text).ok());
        let expected = Expected { key, key_source: "the key that was published".into(), ..Expected::default() };
        let facts = match self.wait {
            Some(limit) => wait::wait(self.cx, self.net, self.domain, &expected, limit).await?.facts,
            None => self.look(Scope::Everybody).await,
        };
        Ok((facts, expected))
    }

    async fn look(&self, scope: Scope) -> DnsFacts {
        observe(self.net, self.domain, None, scope, now()).await
    }
}

/// How many authoritative servers serve the changes.
struct Count {
    served: usize,
    /// Those that respond.
    all: usize,
}

impl Count {
    fn of(facts: &DnsFacts, changes: &[Change]) -> Self {
        let mut count = Self { served: 0, all: 0 };
        for (at, _) in facts.observers.iter().enumerate().filter(|(_, observer)| observer.role == Role::Authority) {
            let reply = |question: &Query| {
                let of = |observation: &&crate::facts::dns::Observation| {
                    observation.observer == at && observation.question == *question
                };
                facts.observations.iter().find(of).map(|observation| &observation.reply.outcome)
            };
            let outcomes: Vec<_> = changes.iter().map(|change| (change, reply(&change.question))).collect();
            if outcomes.iter().all(|(_, outcome)| !outcome.is_some_and(|outcome| outcome.is_answer())) {
                continue;
            }
            count.all += 1;
            let serves = |(change, outcome): &(&Change, Option<&crate::dns::record::Outcome>)| {
                outcome.is_some_and(|outcome| same_data(outcome.records(), &change.after))
            };
            count.served += usize::from(outcomes.iter().all(serves));
        }
        count
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.all {
            0 => f.write_str("no authoritative server responds"),
            all => write!(f, "{} of {all} authoritative servers serve the new records", self.served),
        }
    }
}
