//! `--list`: many domains in one run. Several are checked at once, each result is printed when it is known, and memory does not
//! grow with the list.

mod journal;
mod output;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use tokio::sync::mpsc;

use self::journal::Journal;
use self::output::Output;
use super::Context;
use super::answer::ReportArgs;
use super::domain_list::{DomainList, Listed};
use super::status;
use crate::count::{counted, is_or_are};
use crate::error::{ExitStatus, hinted};
use crate::file::read::shown;
use crate::range::Counts;
use crate::render::list as render;
use crate::report::summary::{Entry, Result as Outcome, Summary};
use crate::report::{Report, Unchecked};
use crate::term::signals::Stop;

/// Domains that are checked at the same time.
const JOBS: u16 = 128;
/// Queries a second to each name server.
pub const QPS: u32 = 500;
/// Lines that are not read and are quoted one by one.
const QUOTED: usize = 10;
/// How long results are collected: the thread that prints them would otherwise be woken for each of them.
const PAUSE: Duration = Duration::from_millis(5);
/// How often a run that no terminal watches says how far it is.
const EVERY: Duration = Duration::from_secs(30);

/// The options of a command that takes a list.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Check every domain of this file; `-` is standard input
    ///
    /// One domain on each line, or the export of a hub (docs/list.md).
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,
    /// With --list: how many domains are checked at the same time
    ///
    /// From 1 to 1000.
    #[arg(long, value_name = "N", default_value_t = JOBS, requires = "list")]
    #[arg(value_parser = |text: &str| Counts::new(1, 1000).read::<u16>(text))]
    jobs: u16,
    /// With --list: queries a second to each name server; those on loopback are not limited
    ///
    /// From 1 to 100000.
    #[arg(long, value_name = "N", default_value_t = QPS, requires = "list")]
    #[arg(value_parser = |text: &str| Counts::new(1, 100_000).read::<u32>(text))]
    pub qps: u32,
    /// With --list: note each finished domain in this file, and skip those that are noted
    #[arg(long, value_name = "FILE", requires = "list")]
    resume: Option<PathBuf>,
}

/// What the checks of a list do most of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// They wait for the network, and one thread takes turns with all of them: several would wake each other for every answer.
    Waits,
    /// They compute, on all cores.
    Computes,
}

/// A domain that was checked: the report, and what its line shows when it is fine.
pub struct Checked {
    pub report: Report,
    pub detail: String,
}

impl ListArgs {
    /// Checks each domain with `check` and prints what comes.
    pub fn run<F>(
        &self,
        cx: &Context,
        report: &ReportArgs,
        work: Work,
        check: impl Fn(Listed) -> F + Send + Sync + 'static,
    ) -> anyhow::Result<ExitStatus>
    where
        F: Future<Output = Checked> + Send + 'static,
    {
        let Some(path) = &self.list else { return Err(hinted("no list was given", "add --list FILE")) };
        let list = DomainList::read(path)?;
        if list.listed.is_empty() && list.rejected.is_empty() {
            let hint = "write one domain on each line, as in `alpha.example`";
            return Err(hinted(format!("{} names no domain", shown(path)), hint));
        }
        name_rejected(cx, &list, &shown(path));
        let mut journal = self.resume.as_deref().map(|path| Journal::open(path, &cx.name)).transpose()?;
        let mut listed = list.listed;
        let mut summary = Summary::default();
        if let Some(journal) = &journal {
            listed.retain(|listed| !journal.done.contains_key(listed.domain.as_str()));
            journal.done.values().for_each(|entry| summary.add(entry));
        }
        let mut output = Output::open(report, cx, listed.len())?;
        let (begun, total) = (Instant::now(), listed.len());
        let take = |mut checked: Checked| {
            checked.report.suppress(&cx.suppress);
            let entry = Entry::of(&checked.report, cx.fail_on);
            output.add(checked)?;
            summary.add(&entry);
            match journal.as_mut() {
                // It is checked again when the run goes on.
                Some(journal) if entry.result != Outcome::Unknown => journal.add(entry),
                _ => Ok(()),
            }
        };
        let threads = (work == Work::Waits).then_some(1);
        let interrupted =
            cx.block_on_threads(threads, async { drive(cx, start(listed, self.jobs, check), total, take).await })?;
        if interrupted {
            let how = match &self.resume {
                Some(path) => format!("go on with the same command; `{}` records what is done", path.display()),
                None => "with --resume FILE a run can be continued".to_owned(),
            };
            cx.term.status(format_args!(
                "interrupted: {} of the list not checked; {how}",
                counted(total - output.count(), "domain")
            ));
        }
        let clean = summary.failed == 0 && list.rejected.is_empty() && !interrupted;
        let monitored =
            output.finish(&render::summary(&summary, list.rejected.len(), begun.elapsed(), cx.term.width))?;
        if summary.unknown > 0 {
            cx.term.hint(&Unchecked::network(String::new()).fix);
        }
        let found = if clean && summary.unknown > 0 { ExitStatus::Failed } else { status(clean) };
        Ok(match monitored {
            Some(ExitStatus::Clean) if !clean => ExitStatus::Unknown,
            monitored => monitored.unwrap_or(found),
        })
    }
}

/// Starts to check the domains, so many at the same time.
fn start<F>(
    listed: Vec<Listed>,
    jobs: u16,
    check: impl Fn(Listed) -> F + Send + Sync + 'static,
) -> mpsc::Receiver<Checked>
where
    F: Future<Output = Checked> + Send + 'static,
{
    let (sender, results) = mpsc::channel(jobs.into());
    let shared = Arc::new((Mutex::new(listed.into_iter()), check));
    for _ in 0..jobs {
        let (sender, shared) = (sender.clone(), shared.clone());
        tokio::spawn(async move {
            let (listed, check) = &*shared;
            let next = || listed.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some(listed) = next() {
                let checked = check(listed).await;
                if sender.send(checked).await.is_err() {
                    return;
                }
            }
        });
    }
    results
}

/// Takes the results as they come, until the end or until Ctrl-C, and shows how far the work is. True when it was interrupted.
async fn drive(
    cx: &Context,
    mut results: mpsc::Receiver<Checked>,
    total: usize,
    mut take: impl FnMut(Checked) -> anyhow::Result<()>,
) -> anyhow::Result<bool> {
    let (begun, mut stop) = (Instant::now(), Stop::catch()?);
    let progress = cx.term.progress(render::progress(0, total, Duration::ZERO));
    let (mut done, mut printed) = (0, Instant::now());
    while done < total {
        let checked = tokio::select! {
            biased;
            () = stop.requested() => break,
            checked = results.recv() => checked,
        };
        let Some(checked) = checked else { bail!("a check ended too early") };
        take(checked)?;
        done += 1;
        let text = || render::progress(done, total, begun.elapsed());
        if cx.term.is_live() {
            progress.set(text());
        } else if printed.elapsed() >= EVERY {
            cx.term.status(text());
            printed = Instant::now();
        }
        if results.is_empty() && done < total {
            tokio::time::sleep(PAUSE).await;
        }
    }
    progress.end();
    Ok(done < total)
}

/// Names the lines that hold no domain: the first ones in full, and how many there are.
fn name_rejected(cx: &Context, list: &DomainList, path: &str) {
    for bad in list.rejected.iter().take(QUOTED) {
        cx.term.warn(format_args!("{} of {path} is not read: {}", bad.at, bad.why));
    }
    if let Some(more) = list.rejected.len().checked_sub(QUOTED).filter(|more| *more > 0) {
        cx.term.warn(format_args!(
            "{} of {path} {} not read",
            counted(render::number(more), "more line"),
            is_or_are(more)
        ));
    }
}
