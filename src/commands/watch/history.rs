//! `fedctl watch history` and `fedctl watch diff`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;

use super::StoreArgs;
use crate::check::{judge_hub, judge_peer};
use crate::commands::answer::ReportArgs;
use crate::commands::dns_check;
use crate::commands::key_file::{Access, Pending};
use crate::commands::network::now;
use crate::commands::{Context, Format, diff, status};
use crate::dns::name::Domain;
use crate::error::{ExitStatus, Hinted, hinted};
use crate::facts::watch_evidence::WatchEvidence;
use crate::range::Counts;
use crate::render::watch::history as render;
use crate::report::watch::{DAY, Difference, HOUR, MINUTE, Span, differences, moment};
use crate::store::watch::WatchStore;
use crate::text::Filtered;

const DAYS: Counts = Counts::new(1, 36_500);

/// Show the history of a watched domain
///
/// Lists each period in which all checks found the same. With --at, judges the evidence of that moment again with the checks of
/// this fedctl, without any network; with --save, writes that evidence to a file that `fedctl dns-check --replay` reads too.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl watch history peer.example\n  fedctl watch history peer.example --at 2026-11-24T13:00Z\n  fedctl watch history peer.example --at 2h --save evidence.json"
)]
pub struct History {
    /// The watched domain
    #[arg(value_name = "DOMAIN")]
    domain: Domain,
    /// Days to go back
    ///
    /// From 1 to 36500.
    #[arg(long, value_name = "DAYS", default_value = "90", value_parser = |text: &str| DAYS.read::<u32>(text))]
    days: u32,
    /// Judge what was observed at this moment; a time as in `2026-11-24T13:00Z`, a date, or how long ago, as in `2h`
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    at: Option<Moment>,
    /// Write the evidence of that moment to this file
    #[arg(long, value_name = "FILE", requires = "at")]
    save: Option<PathBuf>,
    /// How to print it: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
    #[command(flatten)]
    store: StoreArgs,
}

/// Show what changed between two moments of a watched domain
///
/// Compares verdict, findings, key, URL, release and certificate, and every DNS answer of the evidence. Exit 1 when anything
/// differs.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl watch diff peer.example 1d\n  fedctl watch diff peer.example 2026-11-20 2026-11-24T13:00Z"
)]
pub struct WatchDiff {
    /// The watched domain
    #[arg(value_name = "DOMAIN")]
    domain: Domain,
    /// The earlier moment; a time as in `2026-11-24T13:00Z`, a date, or how long ago, as in `2h`
    #[arg(value_name = "BEFORE", value_parser = Moment::parse)]
    before: Moment,
    /// The later moment
    #[arg(value_name = "AFTER", default_value = "0s", value_parser = Moment::parse, hide_default_value = true)]
    after: Moment,
    /// How to print the differences: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
    #[command(flatten)]
    store: StoreArgs,
}

/// A moment as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// Seconds since 1970.
    At(i64),
    /// So many seconds ago.
    Ago(i64),
}

impl Moment {
    fn parse(text: &str) -> Result<Self, Hinted> {
        let ago = || {
            let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
            let unit = match unit {
                "s" => 1,
                "m" => MINUTE,
                "h" => HOUR,
                "d" => DAY,
                _ => return None,
            };
            Some(Self::Ago(i64::from(number.parse::<u32>().ok()?) * unit))
        };
        let time = || text.parse::<jiff::Timestamp>().ok().map(|time| Self::At(time.as_second()));
        let date = || format!("{text}T00:00Z").parse::<jiff::Timestamp>().ok().map(|time| Self::At(time.as_second()));
        ago().or_else(time).or_else(date).ok_or_else(|| {
            let hint = "write `2026-11-24T13:00Z`, `2026-11-24`, or how long ago, as in `2h` or `3d`";
            Hinted::new(format!("`{}` is not a moment", text.escape_debug()), hint)
        })
    }

    fn seconds(self) -> i64 {
        match self {
            Self::At(seconds) => seconds,
            Self::Ago(seconds) => now() - seconds,
        }
    }
}

impl History {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        if let Some(at) = self.at {
            let evidence = cx.block_on(async {
                let store = self.store.open(false).await?;
                Ok(evidence(&store, &self.domain, at.seconds()).await?.1)
            })?;
            return self.replay(cx, &evidence);
        }
        let from = now() - i64::from(self.days) * DAY;
        let (found, spans) = cx.block_on(async {
            let store = self.store.open(false).await?;
            Ok((store.status(&self.domain).await?, store.spans(&self.domain, from).await?))
        })?;
        let Some(found) = found else { return Err(unknown(&self.domain)) };
        cx.term.answer(match self.format {
            Format::Human => render::human(&found, &spans, (self.days, from), cx.term.width),
            Format::Json => render::json(&found, &spans)?,
        })?;
        Ok(ExitStatus::Clean)
    }

    /// Judges what was observed by the checks of today.
    fn replay(&self, cx: &Context, evidence: &WatchEvidence) -> anyhow::Result<ExitStatus> {
        if let Some(path) = &self.save {
            let text = serde_json::to_string_pretty(evidence)? + "\n";
            Pending::write(path, &Filtered::json(&text), Access::Everybody, false)?.commit()?;
        }
        let run = evidence.dns.runs.first().context("the evidence is empty")?;
        let mut report = dns_check::report(&run.facts, &run.expected.restore()?, Instant::now());
        report.elapsed = run.elapsed;
        report.lines.extend(evidence.peer.as_ref().map(judge_peer).unwrap_or_default());
        report.lines.extend(evidence.hub.as_ref().map(judge_hub).unwrap_or_default());
        ReportArgs::new(self.format.into()).answer(cx, Ok(vec![report]))
    }
}

impl WatchDiff {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let (before, after) = cx.block_on(async {
            let store = self.store.open(false).await?;
            let before = evidence(&store, &self.domain, self.before.seconds()).await?;
            Ok((before, evidence(&store, &self.domain, self.after.seconds()).await?))
        })?;
        let mut found = differences(&before.0.snapshot, &after.0.snapshot);
        let answers = diff::changes(&before.1.dns, &after.1.dns);
        found.extend(answers.into_iter().map(|change| Difference {
            subject: format!("{} at {}", change.question, change.observer),
            before: Some(change.before),
            after: Some(change.after),
        }));
        cx.term.answer(match self.format {
            Format::Human => render::differences(&self.domain, &before.0, &after.0, &found, cx.term.width),
            Format::Json => render::differences_json(&self.domain, &before.0, &after.0, &found)?,
        })?;
        Ok(status(found.is_empty()))
    }
}

/// What was known at a moment: the last entry that had begun by then, and its evidence.
async fn evidence(store: &WatchStore, domain: &Domain, time: i64) -> anyhow::Result<(Span, WatchEvidence)> {
    let spans = store.spans(domain, i64::MIN).await?;
    let Some(first) = spans.first() else { return Err(unknown(domain)) };
    let Some(span) = spans.iter().rfind(|span| span.start <= time) else {
        let what = format!("`{domain}` was not checked before {}", moment(first.start));
        return Err(hinted(what, format!("fedctl watch history {domain}")));
    };
    let text = store.evidence(domain, span.number).await?.context("the evidence is no longer kept")?;
    Ok((span.clone(), WatchEvidence::parse(&text)?))
}

fn unknown(domain: &Domain) -> anyhow::Error {
    hinted(format!("nothing is known about `{domain}`"), format!("fedctl watch --once {domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_a_date_or_how_long_ago() {
        assert_eq!(Moment::parse("2h").unwrap(), Moment::Ago(7200));
        assert_eq!(Moment::parse("2026-11-24").unwrap(), Moment::At(1_795_478_400));
        assert_eq!(Moment::parse("2026-11-24T01:00Z").unwrap(), Moment::At(1_795_482_000));
        for bad in ["", "h", "-2h", "yesterday", "2026-13-01", "é"] {
            assert!(Moment::parse(bad).is_err(), "{bad}");
        }
    }
}
