//! All domains: one line each, or JSON.

use colored::{ColoredString, Colorize};
use serde_json::{Value, json};

use super::{Tally, verdict};
use crate::render::fill::{hang, harmless};
use crate::report::watch::{Property, Snapshot, Status, Verdict};

/// Columns of the status word.
const WORD: usize = 6;
/// Columns of a domain at most.
const DOMAIN_MAX: usize = 32;
/// Digits of a fingerprint that tell keys apart.
const FINGERPRINT: usize = 8;

/// One line for each domain, the summary last.
pub fn human(statuses: &[Status], width: usize) -> String {
    let domain = statuses.iter().map(|status| status.domain.as_str().len()).max().unwrap_or_default().min(DOMAIN_MAX);
    let mut out = String::new();
    for status in statuses {
        let verdict = verdict(status);
        let line = format!("{:<WORD$}  {:<domain$}  {}", word(verdict), status.domain, sentence(status));
        let lines = hang(&line, width, WORD + 2 + domain + 2);
        out += &colored(verdict, &lines[..WORD]).to_string();
        out += &lines[WORD..];
    }
    let tally = Tally::of(statuses);
    let result = match (tally.failing, tally.unknown) {
        (0, 0) => "PASS".green(),
        (0, _) => "UNKNOWN".yellow(),
        _ => "FAIL".red().bold(),
    };
    out + &format!("\n{result}  {}\n", tally.sentence())
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Warning => "warn",
        Verdict::Failing => "FAIL",
        Verdict::Unknown => "?",
    }
}

fn colored(verdict: Verdict, text: &str) -> ColoredString {
    match verdict {
        Verdict::Ok => text.green(),
        Verdict::Failing => text.red().bold(),
        Verdict::Warning | Verdict::Unknown => text.yellow(),
    }
}

fn sentence(status: &Status) -> String {
    let Some(snapshot) = &status.state.snapshot else { return "not checked yet".into() };
    match (snapshot.verdict, snapshot.findings.first()) {
        (Verdict::Unknown, _) => "no resolver answers, so nothing is known".into(),
        (Verdict::Warning | Verdict::Failing, Some(finding)) => {
            let more = snapshot.findings.iter().filter(|it| it.severity == finding.severity).count() - 1;
            let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
            harmless(&format!("{}: {}{more}", finding.check, finding.what))
        }
        _ => harmless(&summary(snapshot)),
    }
}

/// `https://chat.mydomain.com:443  6.2.1  key 79bdb645…`.
pub fn summary(snapshot: &Snapshot) -> String {
    let value = |property| snapshot.properties.get(&property).cloned();
    let key = value(Property::Key).map(|key| format!("key {}…", key.chars().take(FINGERPRINT).collect::<String>()));
    [value(Property::Url), value(Property::Release), key].into_iter().flatten().collect::<Vec<_>>().join("  ")
}

/// One object with every domain.
pub fn json(statuses: &[Status]) -> anyhow::Result<String> {
    let tally = Tally::of(statuses);
    let value = json!({
        "schema": 1,
        "domains": statuses.iter().map(entry).collect::<Vec<_>>(),
        "ok": tally.ok, "warning": tally.warning, "failing": tally.failing, "unknown": tally.unknown,
    });
    Ok(crate::text::escaped_json(&serde_json::to_string_pretty(&value)?) + "\n")
}

/// One domain.
pub fn entry(status: &Status) -> Value {
    let snapshot = status.state.snapshot.as_ref();
    json!({
        "domain": status.domain,
        "verdict": verdict(status),
        "checked": snapshot.map(|snapshot| snapshot.time),
        "checks": status.checks,
        "every_seconds": status.every,
        "unstable_since": status.state.unstable,
        "findings": snapshot.map(|snapshot| &snapshot.findings),
        "properties": snapshot.map(|snapshot| &snapshot.properties),
        "certificate_until": snapshot.and_then(|snapshot| snapshot.certificate_until),
        "latency_ms": snapshot.and_then(|snapshot| snapshot.latency),
    })
}
