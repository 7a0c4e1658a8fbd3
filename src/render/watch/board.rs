//! All domains: one line each, or JSON.

use std::collections::HashMap;

use colored::{ColoredString, Colorize};
use serde_json::{Value, json};

use super::{Tally, verdict};
use crate::dns::name::Domain;
use crate::render::fill::{beside, hang, harmless};
use crate::render::report::Style;
use crate::render::report::human::write_details;
use crate::report::watch::{Property, Snapshot, Status, Verdict, date, moment};
use crate::report::{Details, FixPart, fix_parts};

/// Columns of the status word.
const WORD: usize = 6;
/// Columns of a domain at most.
const DOMAIN_MAX: usize = 32;
/// Digits of a fingerprint that tell keys apart.
const FINGERPRINT: usize = 8;

/// One line for each domain, the summary last; with -v every finding, what else is known and how it was found, with -vv what each
/// finding means, how to fix it, and every query and request.
pub fn human(statuses: &[Status], found: Option<&HashMap<Domain, Details>>, style: Style) -> String {
    let Style { width, verbose, .. } = style;
    let domain = statuses.iter().map(|status| status.domain.as_str().len()).max().unwrap_or_default().min(DOMAIN_MAX);
    let mut out = String::new();
    for status in statuses {
        let verdict = verdict(status);
        let head = format!("{:<WORD$}  {:<domain$}  ", word(verdict), status.domain);
        let lines = beside(&head, &sentence(status), WORD + 2 + domain + 2, width);
        out += &colored(verdict, &lines[..WORD]).to_string();
        out += &lines[WORD..];
        if let Some(snapshot) = status.state.snapshot.as_ref().filter(|_| verbose > 0) {
            out += &details(snapshot, verbose > 1, width);
        }
        if let Some(details) = found.and_then(|found| found.get(&status.domain)) {
            write_details(&mut out, details, style);
            out.push('\n');
        }
    }
    let tally = Tally::of(statuses);
    let result = match (tally.failing, tally.unknown) {
        (0, 0) => "PASS".green(),
        (0, _) => "UNKNOWN".yellow(),
        _ => "FAIL".red().bold(),
    };
    // One empty line, whatever the last domain ends with.
    let end = out.trim_end().len();
    out.replace_range(end.., if end == 0 { "" } else { "\n" });
    out + &format!("\n{result}  {}\n", tally.sentence())
}

/// Everything that the last check found, with what each finding means and how to fix it when it is to be whole.
fn details(snapshot: &Snapshot, is_whole: bool, width: usize) -> String {
    let mut lines = vec![format!("checked at {}, which took {} ms", moment(snapshot.time), snapshot.elapsed)];
    lines.extend(snapshot.latency.map(|latency| format!("the server answered after {latency} ms")));
    lines.extend(snapshot.certificate_until.map(|until| format!("the certificate is valid until {}", date(until))));
    lines.extend(snapshot.properties.iter().map(|(property, value)| format!("{property}: {value}")));
    let indent = " ".repeat(WORD + 2);
    let row = |line: &String| hang(&format!("{indent}{line}"), width, WORD + 4);
    let mut out: String = lines.iter().map(row).collect();
    for finding in &snapshot.findings {
        out += &row(&format!("{}, {}: {}", finding.severity, finding.check, finding.what));
        if is_whole {
            out += &row(&format!("means: {}", finding.means));
            out += &fix_parts(&finding.fix)
                .map(|part| match part {
                    FixPart::Text(text) => row(&format!("fix: {text}")),
                    FixPart::Copy(line) => format!("{indent}  {}\n", harmless(line)),
                })
                .collect::<String>();
        }
    }
    out
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
