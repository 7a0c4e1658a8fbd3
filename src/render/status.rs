//! The setup on one screen: settings, key, what was last found, the next command.

use serde_json::json;

use super::fill::{beside, table};
use super::key::pretty;
use super::report::found;
use crate::count::counted;

/// What is known without a network.
pub struct Shown {
    /// The settings file.
    pub file: Option<String>,
    pub domain: Option<String>,
    pub target: Option<String>,
    pub release: Option<String>,
    /// The key file and what is in it.
    pub key: Option<(String, KeyState)>,
    /// Newest first.
    pub runs: Vec<Line>,
    /// Seconds since 1970.
    pub now: i64,
}

/// A key file.
pub enum KeyState {
    Known {
        bits: usize,
        fingerprint: String,
    },
    Missing,
    /// Not a key, or encrypted without a public file beside it.
    Unreadable,
}

/// What one run found.
pub struct Line {
    pub command: String,
    pub subject: String,
    pub time: i64,
    pub errors: usize,
    pub warnings: usize,
    pub worst: Option<String>,
}

/// Runs that fit on one screen.
const RUNS_SHOWN: usize = 10;
/// Columns of a label.
const LABEL: usize = 10;

/// For people.
pub fn human(shown: &Shown, width: usize) -> String {
    let row = |label: &str, value: &str| beside(&format!("{label:<LABEL$}"), value, LABEL, width);
    let given = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".into());
    let mut out = row("settings", &shown.file.clone().unwrap_or_else(|| "no fedctl.yaml".into()));
    out += &row("domain", &given(&shown.domain));
    out += &row("target", &given(&shown.target));
    out += &row("release", &given(&shown.release));
    out += &match &shown.key {
        None => row("key", "not set"),
        Some((file, KeyState::Missing)) => row("key", &format!("{file} does not exist")),
        Some((file, KeyState::Unreadable)) => row("key", &format!("{file} cannot be read without a passphrase")),
        Some((file, KeyState::Known { bits, fingerprint })) => {
            row("key", &format!("{file} · RSA-{bits}")) + &row("", &format!("sha256 {fingerprint}"))
        }
    };
    if !shown.runs.is_empty() {
        out += "\nlast found\n";
    }
    let shown_runs = &shown.runs[..shown.runs.len().min(RUNS_SHOWN)];
    let column = |of: fn(&Line) -> &str| shown_runs.iter().map(|run| of(run).chars().count()).max().unwrap_or_default();
    let (subject, command) = (column(|run| &run.subject), column(|run| &run.command));
    let rows = shown_runs.iter().map(|run| {
        let head = format!("{:<subject$}  {:<command$}", run.subject, run.command);
        (head, format!("{:<14}  {}", ago(shown.now, run.time), result(run)))
    });
    out += &table(&rows.collect::<Vec<_>>(), 2, width);
    out + &format!("\nnext\n  {}\n", next(shown))
}

fn result(run: &Line) -> String {
    match &run.worst {
        Some(id) => format!("{}: {id}", found(&[(run.errors, "error"), (run.warnings, "warning")])),
        None => "ok".into(),
    }
}

/// `5 minutes ago`.
fn ago(now: i64, then: i64) -> String {
    let seconds = now.saturating_sub(then).max(0);
    if seconds == 0 {
        return "just now".into();
    }
    let units = [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let unit = units.into_iter().find(|(length, _)| seconds >= *length).unwrap_or((1, "second"));
    let count = seconds / unit.0;
    format!("{} ago", counted(count, unit.1))
}

/// What brings the setup forward.
fn next(shown: &Shown) -> String {
    let Some(domain) = &shown.domain else { return "fedctl init".into() };
    if matches!(&shown.key, None | Some((_, KeyState::Missing))) {
        return "fedctl keygen".into();
    }
    let own = shown.runs.iter().find(|run| run.subject == *domain);
    match own {
        None => "fedctl doctor".into(),
        Some(run) => match &run.worst {
            Some(id) => format!("fedctl explain {id}"),
            None => "fedctl handshake peer.example".into(),
        },
    }
}

/// For programs.
pub fn json(shown: &Shown) -> anyhow::Result<String> {
    let key = shown.key.as_ref().map(|(file, state)| match state {
        KeyState::Known { bits, fingerprint } => json!({"file": file, "bits": bits, "fingerprint": fingerprint}),
        KeyState::Missing => json!({"file": file, "error": "missing"}),
        KeyState::Unreadable => json!({"file": file, "error": "unreadable"}),
    });
    let run = |run: &Line| {
        json!({
            "command": run.command, "subject": run.subject, "time": run.time,
            "errors": run.errors, "warnings": run.warnings, "worst": run.worst,
        })
    };
    pretty(&json!({
        "schema": 1,
        "file": shown.file,
        "domain": shown.domain,
        "target": shown.target,
        "release": shown.release,
        "key": key,
        "runs": shown.runs.iter().map(run).collect::<Vec<_>>(),
        "next": next(shown),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Shown {
        Shown { file: None, domain: None, target: None, release: None, key: None, runs: Vec::new(), now: 7200 }
    }

    #[test]
    fn the_next_command_follows_from_what_is_known() {
        let mut setup = shown();
        assert_eq!(next(&setup), "fedctl init");
        setup.domain = Some("mydomain.com".into());
        assert_eq!(next(&setup), "fedctl keygen");
        setup.key = Some(("k".into(), KeyState::Known { bits: 2048, fingerprint: "ab".into() }));
        assert_eq!(next(&setup), "fedctl doctor");
        let line = |worst: Option<&str>| Line {
            command: "doctor".into(),
            subject: "mydomain.com".into(),
            time: 3600,
            errors: 1,
            warnings: 2,
            worst: worst.map(str::to_owned),
        };
        setup.runs = vec![line(Some("key-text"))];
        assert_eq!(next(&setup), "fedctl explain key-text");
        assert!(human(&setup, 80).contains("mydomain.com  doctor  1 hour ago      1 error, 2 warnings: key-text\n"));
        setup.runs = vec![line(None)];
        assert_eq!(next(&setup), "fedctl handshake peer.example");
    }
}
