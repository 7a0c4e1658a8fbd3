//! `--wait`: looks again until everybody agrees.
//!
//! A resolver that is queried too early caches that there is nothing, and then hides the record that was published meanwhile. So
//! resolvers are queried only when the name servers already say the right thing.

use std::time::{Duration, Instant};

use crate::check::{dns_resolvers, dns_servers};
use crate::commands::Context;
use crate::commands::network::now;
use crate::commands::stop::Stop;
use crate::dns::name::Domain;
use crate::facts::dns::{DnsFacts, Expected};
use crate::net::Net;
use crate::net::dns::{Scope, observe};
use crate::report::Report;
use crate::severity::Severity;

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
    let progress = cx.term.progress(format!("waiting for {domain}"));
    let (start, mut pause, mut last) = (Instant::now(), FIRST, String::new());
    let mut stop = Stop::catch()?;
    loop {
        let facts = tokio::select! {
            facts = look(cx, net, domain, expected) => facts,
            () = stop.requested() => {
                let unasked = Net { resolvers: Vec::new(), ..net.clone() };
                let facts = observe(&unasked, domain, None, Scope::Authorities, now()).await;
                return Ok(Waited { facts, interrupted: true });
            }
        };
        let mut report = super::report(&facts, expected, start);
        report.suppress(&cx.suppress);
        let left = limit.saturating_sub(start.elapsed());
        if settled(&report, cx.fail_on) || left.is_zero() {
            progress.finish_and_clear();
            return Ok(Waited { facts, interrupted: false });
        }
        let state = missing(&report);
        progress.set_message(format!("{domain}: {state}; {} s left", left.as_secs()));
        if state != last && !cx.term.is_live() {
            cx.term.status(format_args!("{domain} after {} s: {state}", start.elapsed().as_secs()));
        }
        last = state;
        tokio::select! {
            () = tokio::time::sleep(pause.min(left)) => {}
            () = stop.requested() => {
                progress.finish_and_clear();
                return Ok(Waited { facts, interrupted: true });
            }
        }
        pause = (pause * 3 / 2).min(LONGEST);
    }
}

/// The name servers first; the resolvers only when these are right.
async fn look(cx: &Context, net: &Net, domain: &Domain, expected: &Expected) -> DnsFacts {
    let target = expected.target.as_ref();
    let facts = observe(net, domain, target, Scope::Authorities, now()).await;
    let mut report = super::report(&facts, expected, Instant::now());
    report.suppress(&cx.suppress);
    if !settled(&report, cx.fail_on) {
        return facts;
    }
    observe(net, domain, target, Scope::Everybody, now()).await
}

/// Nothing reaches `fail_on`, and no server or resolver that was queried lags behind.
fn settled(report: &Report, fail_on: Severity) -> bool {
    let lags = |(id, problem): &(&str, &crate::report::Problem)| {
        [dns_servers::CHECK.id, dns_resolvers::CHECK.id].contains(id) && problem.severity >= Severity::Warning
    };
    report.is_clean(fail_on) && !report.problems().iter().any(lags)
}

fn missing(report: &Report) -> String {
    report.problems().first().map(|(id, problem)| format!("{id}: {}", problem.what)).unwrap_or_default()
}
