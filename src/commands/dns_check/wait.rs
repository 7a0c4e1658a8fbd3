//! `--wait`: looks again until everybody agrees.
//!
//! A resolver that is queried too early caches that there is nothing, and then hides the record that was published meanwhile. So
//! resolvers are queried only when the name servers already say the right thing.

use std::time::{Duration, Instant};

use crate::check::dns_resolvers::lagging;
use crate::check::{dns_resolvers, dns_servers};
use crate::commands::Context;
use crate::commands::network::now;
use crate::dns::name::Domain;
use crate::error::hinted;
use crate::facts::dns::{DnsFacts, Expected};
use crate::net::Net;
use crate::net::dns::{Scope, observe};
use crate::render::list::clock;
use crate::render::waiting::Missing;
use crate::report::{Problem, Report};
use crate::severity::Severity;
use crate::term::progress::Progress;
use crate::term::signals::Stop;

/// The pause after the first look; each is half as long again, up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(30);

/// What was seen last, and why it ended.
pub struct Waited {
    pub facts: DnsFacts,
    pub interrupted: bool,
}

/// Looks until the name servers and then the resolvers agree, the time is up, or Ctrl-C.
pub async fn wait(
    cx: &Context,
    net: &Net,
    domain: &Domain,
    expected: &Expected,
    limit: Duration,
) -> anyhow::Result<Waited> {
    let mut waiting = Waiting::start(cx, domain, limit);
    let (mut pause, mut seen) = (FIRST, None);
    let mut stop = Stop::catch()?;
    loop {
        let facts = tokio::select! {
            facts = look(&mut waiting, net, expected) => facts,
            () = stop.requested() => {
                let nothing = || hinted("interrupted before anything was known", format!("fedctl dns-check {domain}"));
                return Ok(Waited { facts: seen.ok_or_else(nothing)?, interrupted: true });
            }
        };
        let report = judged(cx, &facts, expected);
        let left = waiting.left();
        if settled(&report, cx.fail_on) || left.is_zero() {
            return Ok(Waited { facts, interrupted: false });
        }
        waiting.note(missing(&facts, &report, cx.fail_on));
        tokio::select! {
            () = waiting.during(tokio::time::sleep(pause.min(left))) => {}
            () = stop.requested() => return Ok(Waited { facts, interrupted: true }),
        }
        seen = Some(facts);
        pause = (pause * 3 / 2).min(LONGEST);
    }
}

/// The name servers first; the resolvers only when these are right.
async fn look(waiting: &mut Waiting<'_>, net: &Net, expected: &Expected) -> DnsFacts {
    let (cx, domain, target) = (waiting.cx, waiting.domain, expected.target.as_ref());
    let facts = waiting.during(observe(net, domain, target, Scope::Authorities, now())).await;
    if !settled(&judged(cx, &facts, expected), cx.fail_on) {
        return facts;
    }
    if !matches!(waiting.missing, Missing::AtResolvers(_)) {
        waiting.missing = Missing::Unasked(net.resolvers.iter().map(|resolver| resolver.name.clone()).collect());
    }
    waiting.during(observe(net, domain, target, Scope::Everybody, now())).await
}

fn judged(cx: &Context, facts: &DnsFacts, expected: &Expected) -> Report {
    let mut report = super::report(facts, expected, Instant::now());
    report.suppress(&cx.suppress);
    report
}

/// Nothing reaches `fail_on`, and no server or resolver that was queried lags behind.
fn settled(report: &Report, fail_on: Severity) -> bool {
    report.is_clean(fail_on) && blocking(report, fail_on).is_none()
}

/// The first problem that keeps the wait from its end.
fn blocking(report: &Report, fail_on: Severity) -> Option<(&'static str, &Problem)> {
    let lags = |id: &str| [dns_servers::CHECK.id, dns_resolvers::CHECK.id].contains(&id);
    let blocks = |id: &str, severity| severity >= fail_on || lags(id) && severity >= Severity::Warning;
    report.problems().into_iter().find(|(id, problem)| blocks(id, problem.severity))
}

fn missing(facts: &DnsFacts, report: &Report, fail_on: Severity) -> Missing {
    let resolvers = lagging(facts);
    match blocking(report, fail_on) {
        Some((id, _)) if id == dns_resolvers::CHECK.id && !resolvers.is_empty() => {
            let resolvers = resolvers.into_iter().map(|(resolver, lag)| (resolver.name.clone(), lag)).collect();
            Missing::AtResolvers(resolvers)
        }
        first => Missing::AtServers(first.map(|(id, problem)| format!("{id}: {}", problem.what)).unwrap_or_default()),
    }
}

/// A wait that somebody looks at.
struct Waiting<'a> {
    cx: &'a Context,
    domain: &'a Domain,
    begun: Instant,
    limit: Duration,
    missing: Missing,
    /// When that was seen.
    seen: Instant,
    /// What was printed last, to a stderr that is no terminal.
    printed: String,
    /// The user knows that the time will not do.
    is_warned: bool,
    progress: Progress,
}

impl<'a> Waiting<'a> {
    fn start(cx: &'a Context, domain: &'a Domain, limit: Duration) -> Self {
        let progress = cx.term.progress(format!("waiting for {domain}"));
        let (begun, missing, printed) = (Instant::now(), Missing::Unknown, String::new());
        Self { cx, domain, begun, limit, missing, seen: begun, printed, is_warned: false, progress }
    }

    fn left(&self) -> Duration {
        self.limit.saturating_sub(self.begun.elapsed())
    }

    /// Shows the time that is left while something goes on.
    async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let now = || self.missing.after(self.seen.elapsed().as_secs());
        let text = || format!("{}: {} left; {}", self.domain, clock(self.left().as_secs()), now());
        self.progress.during(text, work).await
    }

    fn note(&mut self, missing: Missing) {
        (self.missing, self.seen) = (missing, Instant::now());
        self.warn_when_too_short();
        let state = self.missing.lasting();
        if state != self.printed && !self.cx.term.is_live() {
            self.cx.term.status(format_args!("{} after {} s: {state}", self.domain, self.begun.elapsed().as_secs()));
        }
        self.printed = state;
    }

    /// A resolver may return the old records for longer than the wait takes.
    fn warn_when_too_short(&mut self) {
        let Some(warning) = self.missing.too_short(self.domain, self.left().as_secs()) else { return };
        if !std::mem::replace(&mut self.is_warned, true) {
            self.cx.term.status(format_args!("{warning}"));
        }
    }
}
