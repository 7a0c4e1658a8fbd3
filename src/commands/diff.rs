//! `fedctl diff`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::Context;
use super::answer::ReportArgs;
pub use crate::check::run_change::Changed as Change;
use crate::check::run_change::{self, short};
use crate::dns::record::{Outcome, RData};
use crate::error::ExitStatus;
use crate::facts::evidence::Evidence;
use crate::file::read;
use crate::report::{Details, Line, Report};

/// Show what changed between two saved dns-check runs
///
/// Compares two evidence files (`fedctl dns-check --save FILE`) response by response.
///
/// Exit status: 0 when nothing differs, 1 when anything does, 2 when a file cannot be read.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl dns-check mydomain.com --save before.json\n  fedctl diff before.json after.json"
)]
pub struct Diff {
    /// The earlier run
    #[arg(value_name = "A")]
    before: PathBuf,
    /// The later run
    #[arg(value_name = "B")]
    after: PathBuf,
    #[command(flatten)]
    report: ReportArgs,
}

/// Domain, observer and question.
type Key = (String, String, String);
/// What was answered.
type Answers = BTreeMap<Key, String>;

impl Diff {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let (before, after) = (load(&self.before)?, load(&self.after)?);
        let report = self.judged(&changes(&before, &after), answers(&after).len());
        let details = cx.details(|| compared(&answers(&before), &answers(&after)));
        self.report.answer(cx, Ok(vec![Report { details, ..report }]))
    }

    fn judged(&self, changed: &[Change], compared: usize) -> Report {
        let line = |verdict| Line { id: run_change::CHECK.id, minor: false, verdict };
        Report {
            subject: self.after.display().to_string(),
            about: format!("compared with {}", self.before.display()),
            pass_summary: "has the same responses".into(),
            fail_summary: "has different responses".into(),
            lines: run_change::judge(changed, compared).into_iter().map(line).collect(),
            ..Report::default()
        }
    }
}

/// The responses that are the same in both runs, and each response of both.
fn compared(before: &Answers, after: &Answers) -> Details {
    let same = |(key, answer): (&Key, &String)| {
        (before.get(key) == Some(answer)).then(|| format!("{} at {}: the same in both runs", key.2, key.1))
    };
    let each = |(key, answer): (&Key, &String)| {
        let earlier = before.get(key).map_or("no query", String::as_str);
        let lines = [("before", earlier), ("after", answer)].map(|(run, text)| format!("  {run} {}", short(text)));
        std::iter::once(format!("{} at {}", key.2, key.1)).chain(lines).collect::<Vec<_>>()
    };
    Details { basis: after.iter().filter_map(same).collect(), evidence: after.iter().flat_map(each).collect() }
}

/// The answers that differ between two runs.
pub fn changes(before: &Evidence, after: &Evidence) -> Vec<Change> {
    let (before, after) = (answers(before), answers(after));
    let mut keys: Vec<&Key> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    let text = |answers: &Answers, key: &Key| answers.get(key).map_or("no query", String::as_str).to_owned();
    let change = |key: &Key| Change {
        domain: key.0.clone(),
        observer: key.1.clone(),
        question: key.2.clone(),
        before: text(&before, key),
        after: text(&after, key),
    };
    changed.map(change).collect()
}

/// Reads an evidence file.
pub fn load(path: &Path) -> anyhow::Result<Evidence> {
    let text = read::text(path, &read::EVIDENCE)?;
    let evidence = Evidence::parse(&text).with_context(|| read::shown(path))?;
    for run in &evidence.runs {
        let named = || format!("{}: the key that was expected of `{}`", read::shown(path), run.facts.domain);
        run.expected.restore().with_context(named)?;
    }
    Ok(evidence)
}

fn answers(evidence: &Evidence) -> Answers {
    let mut answers = Answers::new();
    for run in &evidence.runs {
        let observers = &run.facts.observers;
        for seen in &run.facts.observations {
            let Some(observer) = observers.get(seen.observer) else { continue };
            // A name server with several addresses is several observers.
            let name = match observers.iter().filter(|other| other.name == observer.name).count() {
                1 => observer.to_string(),
                _ => format!("{observer} ({})", observer.addr),
            };
            let question = format!("{} {}", seen.question.kind, seen.question.name);
            let key = (run.facts.domain.to_string(), name, question);
            answers.insert(key, description(&seen.reply.outcome));
        }
    }
    answers
}

/// The records without their TTL, which changes from second to second, and without their order.
fn description(outcome: &Outcome) -> String {
    let record = |data: &RData| match data {
        RData::Srv { priority, weight, port, target } => format!("{priority} {weight} {port} {target}"),
        RData::Txt(strings) => strings.iter().map(|string| format!("\"{string}\"")).collect::<Vec<_>>().join(" "),
        RData::A(v4) => v4.to_string(),
        RData::Aaaa(v6) => v6.to_string(),
        RData::Ns(name) | RData::Cname(name) => name.clone(),
        RData::Mx { preference, exchange } => format!("{preference} {exchange}"),
        RData::Soa(soa) => format!("{} serial {}", soa.mname, soa.serial),
        RData::Other(kind) => kind.clone(),
    };
    let mut records: Vec<String> = outcome.records().iter().map(|rr| record(&rr.data)).collect();
    records.sort();
    if records.is_empty() { outcome.to_string() } else { records.join(" | ") }
}
