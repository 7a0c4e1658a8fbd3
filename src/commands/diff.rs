//! `fedctl diff`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::{Context, Format, status};
use crate::dns::record::{Outcome, RData};
use crate::error::ExitStatus;
use crate::facts::evidence::Evidence;
use crate::file::read;
use crate::render::key::pretty;
use crate::text::Untrusted;

/// Show what changed between two saved dns-check runs
///
/// Compares two evidence files (`fedctl dns-check --save FILE`) answer by answer. Exit 1 when anything differs.
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
    /// How to print the differences: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

/// Domain, observer and question.
type Key = (String, String, String);
/// What was answered.
type Answers = BTreeMap<Key, String>;

impl Diff {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let changed = changes(&load(&self.before)?, &load(&self.after)?);
        cx.term.answer(match self.format {
            Format::Human => {
                let mut out = String::new();
                for Change { domain, observer, question, before, after } in &changed {
                    let [observer, question, before, after] =
                        [observer, question, before, after].map(|text| Untrusted(text));
                    out += &format!("{domain}  {question}  at {observer}\n  - {before}\n  + {after}\n");
                }
                out + &match changed.len() {
                    0 => "nothing changed\n".to_owned(),
                    1 => "1 answer changed\n".to_owned(),
                    more => format!("{more} answers changed\n"),
                }
            }
            Format::Json => pretty(&json!({"schema": 1, "changes": changed}))?,
        })?;
        Ok(status(changed.is_empty()))
    }
}

/// An answer that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub domain: String,
    pub observer: String,
    pub question: String,
    pub before: String,
    pub after: String,
}

/// The answers that differ between two runs.
pub fn changes(before: &Evidence, after: &Evidence) -> Vec<Change> {
    let (before, after) = (answers(before), answers(after));
    let mut keys: Vec<&Key> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    let text = |answers: &Answers, key: &Key| answers.get(key).map_or("not asked", String::as_str).to_owned();
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
    Evidence::parse(&text).map_err(anyhow::Error::from).with_context(|| format!("`{}`", path.display()))
}

fn answers(evidence: &Evidence) -> Answers {
    let mut answers = Answers::new();
    for run in &evidence.runs {
        for seen in &run.facts.observations {
            let Some(observer) = run.facts.observers.get(seen.observer) else { continue };
            let question = format!("{} {}", seen.question.kind, seen.question.name);
            let key = (run.facts.domain.to_string(), observer.to_string(), question);
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
