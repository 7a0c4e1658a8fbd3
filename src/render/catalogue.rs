//! The list of checks and the page of one, for people and for programs.

use serde_json::json;

use super::fill::{beside, command_row, fix_rows, hang};
use super::key::pretty;
use crate::check::Check;
use crate::key::diagnosis::DefectKind;
use crate::report::wording::sentence;
use crate::rocketchat::status::StatusString;

/// The page that lists the defects of a key text.
const DEFECTS: &str = include_str!("../../docs/key-diagnosis.md");

/// One line for each check.
pub fn list(checks: &[Check], width: usize) -> String {
    let column = checks.iter().map(|check| check.id.len()).max().unwrap_or_default();
    let row = |check: &Check| beside(&format!("{:<column$}  ", check.id), check.title, column + 2, width);
    checks.iter().map(row).collect::<String>() + "\n" + &hang("`fedctl explain ID` shows the page of one", width, 0)
}

/// One object with all checks.
pub fn list_json(checks: &[Check]) -> anyhow::Result<String> {
    let checks: Vec<_> = checks.iter().map(|check| json!({"id": check.id, "title": check.title})).collect();
    pretty(&json!({"schema": 1, "checks": checks}))
}

/// A page in Markdown, filled to the width.
pub fn page(markdown: &str, width: usize) -> String {
    let mut out = String::new();
    // Marks of generated parts are not for readers.
    for line in markdown.lines().filter(|line| !line.starts_with("<!--")) {
        out += &hang(line, width, if line.starts_with("- ") { 2 } else { 0 });
    }
    out
}

/// What a status means, one paragraph a span of releases.
pub fn statuses(found: &[&StatusString], width: usize) -> String {
    let row = |name: &str, text: &str| command_row(&format!("  {name}"), text, 11, width);
    let each = found.iter().map(|status| {
        let StatusString { text, releases, means, next, .. } = status;
        format!("{text}\n\n{}{}{}", row("releases", releases), row("means", means), row("next", next))
    });
    each.collect::<Vec<_>>().join("\n")
}

/// What a defect of a key text is: its row on the page of key diagnosis, and the fix.
pub fn defect(kind: DefectKind, width: usize) -> String {
    let row = |name: &str, text: &str| hang(&format!("  {name:<9}{text}"), width, 11);
    let (id, fix) = (kind.id(), sentence(kind.remedy()));
    format!(
        "{id}\n\n{}{}{}",
        row("found", described(kind)),
        fix_rows(&fix, 11, |text| row("fix", text)),
        row("check", "fedctl explain key-text, fedctl explain key-record")
    )
}

/// The same as one object.
pub fn defect_json(kind: DefectKind) -> anyhow::Result<String> {
    pretty(&json!({"schema": 1, "defect": {"id": kind.id(), "found": described(kind), "fix": sentence(kind.remedy())}}))
}

fn described(kind: DefectKind) -> &'static str {
    let row = |line: &'static str| {
        let (id, text) = line.strip_prefix("| `")?.split_once("` | ")?;
        (id == kind.id()).then(|| text.trim_end_matches(" |"))
    };
    DEFECTS.lines().find_map(row).unwrap_or_default()
}

/// The page of a check as one object.
pub fn page_json(check: &Check) -> anyhow::Result<String> {
    pretty(&json!({"schema": 1, "check": {"id": check.id, "title": check.title, "page": check.page}}))
}

/// What a status means as one object.
pub fn statuses_json(found: &[&StatusString]) -> anyhow::Result<String> {
    let each = found.iter().map(|status| {
        let StatusString { text, releases, means, next, .. } = status;
        json!({"text": text, "releases": releases, "means": means, "next": next})
    });
    pretty(&json!({"schema": 1, "statuses": each.collect::<Vec<_>>()}))
}
