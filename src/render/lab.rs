//! What the lab found, a block for each domain.

use std::path::Path;

use colored::Colorize;
use serde_json::json;

use super::fill::{beside, hang};
use super::key::pretty;
use crate::rocketchat::release::Release;

/// One domain of the lab.
pub struct Row {
    pub domain: &'static str,
    /// What its admin did.
    pub description: &'static str,
    /// The worst finding, or that there is none.
    pub found: String,
    /// The diagnosis is the expected one.
    pub right: bool,
    pub ids: Vec<String>,
    pub expected: Vec<&'static str>,
}

/// For people.
pub fn table(rows: &[Row], width: usize) -> String {
    let column = rows.iter().map(|row| row.domain.len()).max().unwrap_or_default();
    let indent = 2 + 5 + 2 + column + 2;
    let mut out = String::new();
    for row in rows {
        let status = if row.right { "right".green() } else { "wrong".red().bold() };
        out += &beside(&format!("  {status}  {:<column$}  ", row.domain), row.description, indent, width);
        let mut lines = vec![row.found.clone()];
        if !row.right {
            lines.push(format!("found {}, expected {}", list(&row.ids), list(&row.expected)));
        }
        for line in lines {
            out += &beside(&" ".repeat(indent), &line, indent, width).dimmed().to_string();
        }
    }
    let right = rows.iter().filter(|row| row.right).count();
    let local =
        "All servers of the lab are on loopback, which no other machine can reach; the lab does not count this.";
    let verb = if rows.len() == 1 { "diagnosis is" } else { "diagnoses are" };
    out + &format!("\n{}\n{right} of {} {verb} right\n", hang(local, width, 0), rows.len())
}

fn list<T: AsRef<str>>(ids: &[T]) -> String {
    let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    if ids.is_empty() { "nothing".into() } else { ids.join(", ") }
}

/// A drill of the lab, beside the table of `fedctl compatibility`.
pub struct Drilled {
    /// The release that the drill sends as.
    pub from: Release,
    pub to: Release,
    /// The steps that show a promise.
    pub steps: usize,
    pub passed: usize,
    pub differences: Vec<Difference>,
}

/// A step that went otherwise than the table says.
pub struct Difference {
    pub step: String,
    pub passes: bool,
}

/// The drills, a line each, and the differences below.
pub fn drills(rows: &[Drilled], width: usize) -> String {
    let mut out = String::new();
    for row in rows {
        let status = if row.differences.is_empty() { "right".green() } else { "wrong".red().bold() };
        let (to, from) = (row.to.to_string(), row.from);
        out += &format!("  {status}  {from} → {to:<7} {:>2} of {} steps pass\n", row.passed, row.steps);
        for difference in &row.differences {
            let (seen, expected) = if difference.passes { ("passes", "fails") } else { ("fails", "works") };
            out += &hang(
                &format!("{}{} {seen}, and the table expects: {expected}", " ".repeat(9), difference.step),
                width,
                9,
            );
        }
    }
    let right = rows.iter().filter(|row| row.differences.is_empty()).count();
    out + &format!("\n{right} of {} drills go as fedctl compatibility says\n", rows.len())
}

/// The drills for programs.
pub fn drills_json(rows: &[Drilled]) -> anyhow::Result<String> {
    let difference = |one: &Difference| json!({"step": one.step, "passes": one.passes});
    let row = |row: &Drilled| {
        json!({
            "from": row.from, "to": row.to, "steps": row.steps, "passed": row.passed,
            "differences": row.differences.iter().map(difference).collect::<Vec<_>>(),
        })
    };
    let right = rows.iter().all(|row| row.differences.is_empty());
    pretty(&json!({
        "schema": 1,
        "verdict": if right { "clean" } else { "problems" },
        "drills": rows.iter().map(row).collect::<Vec<_>>(),
    }))
}

/// Lines for a shell.
pub fn environment(variables: &[(&str, String)]) -> String {
    variables.iter().map(|(name, value)| format!("export {name}='{}'\n", value.replace('\'', "'\\''"))).collect()
}

/// What can be done with a lab that runs, and the file with its variables.
pub fn invitation(domains: &[&str], file: Option<&Path>, width: usize) -> String {
    let list = hang(&format!("The domains are {}.", domains.join(", ")), width, 0);
    let source = match file {
        Some(path) => format!("In another shell:\n  . {}", shown(path)),
        None => "Paste the lines above into another shell, then try:".to_owned(),
    };
    format!(
        "\n{list}\n{source}\n  fedctl doctor\n  fedctl handshake healthy.test\n  fedctl dns-check two-records.test\n  \
         fedctl handshake chain.test\n  fedctl drill healthy.test --user bob --yes\n\nCtrl-C ends the lab."
    )
}

/// A shell looks for a file without a slash in PATH.
fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains('/') { text } else { format!("./{text}") }
}

/// One line for each domain.
pub fn list_domains(domains: &[(&str, &str)], width: usize) -> String {
    let column = domains.iter().map(|(domain, _)| domain.len()).max().unwrap_or_default();
    domains.iter().map(|(domain, text)| hang(&format!("{domain:<column$}  {text}"), width, column + 2)).collect()
}

/// For programs.
pub fn json(rows: &[Row]) -> anyhow::Result<String> {
    let row = |row: &Row| {
        json!({
            "domain": row.domain, "description": row.description, "right": row.right,
            "found": row.ids, "expected": row.expected, "worst": row.found,
        })
    };
    let right = rows.iter().all(|row| row.right);
    pretty(&json!({
        "schema": 1,
        "verdict": if right { "clean" } else { "problems" },
        "domains": rows.iter().map(row).collect::<Vec<_>>(),
    }))
}
