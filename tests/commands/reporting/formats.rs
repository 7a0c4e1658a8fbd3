//! Every report in every format, read as its readers read it, with the exit status of docs/exit-codes.md.

use std::io::Write;
use std::process::Command;

use fedctl::render::report::REPORT_FORMATS;
use serde_json::Value;

use super::levels::{count, with};
use super::{GROUPS, Group};
use crate::commands::snapshots::places::Shared;
use crate::support::counts::plural_of_one;
use crate::support::programs::find;
use crate::support::{Ran, repository};

/// Where the format of the report is chosen: `--format` of these is the form of records.
fn option(line: &str) -> &'static str {
    if line.starts_with("fedctl records") { "--report" } else { "--format" }
}

#[test]
fn every_report_comes_in_every_format_with_its_status() {
    let shared = Shared::start();
    let groups = GROUPS.iter().filter(|group| group.has_formats);
    let wrong: Vec<String> = groups.flat_map(|group: &Group| group.wrong(&shared, formats)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn formats(run: &dyn Fn(&str) -> Ran, line: &str, status: i32) -> Option<String> {
    // The lab has commands whose writers the others share: of each only the formats that it may write itself.
    let is_tried =
        |id: &str| !line.contains(".test") && !line.contains("--list") || ["json", "nagios", "sarif"].contains(&id);
    let found = serde_json::from_str(&run(&with(line, &format!("{} json", option(line)))).stdout).unwrap();
    let has_warnings = match &found {
        Value::Array(reports) => reports.iter().any(|report| count(report, "warning") > 0),
        report => count(report, "warning") > 0,
    };
    REPORT_FORMATS.iter().filter(|format| is_tried(format.id)).find_map(|format| {
        let ran = run(&with(line, &format!("{} {}", option(line), format.id)));
        let expected = match (format.monitoring, status) {
            // 0 OK, 1 a warning, 2 an error.
            (true, 0) => i32::from(has_warnings),
            (true, _) => 2,
            (false, _) => status,
        };
        let is_known = ran.status == expected;
        let read = read(format.id, &ran.stdout);
        let plural = plural_of_one(&ran.stdout).or(plural_of_one(&ran.stderr)).map(|plural| format!("`{plural}`"));
        let wrong = (!is_known).then(|| format!("status {} and not {expected}", ran.status));
        let wrong = wrong.or(read.err()).or(plural);
        wrong.map(|wrong| format!("{line} as {}: {wrong}:\n{}{}", format.id, ran.stdout, ran.stderr))
    })
}

/// Reads a format as a program would; the consumers themselves read every kind of text in the tests of the writers.
fn read(format: &str, text: &str) -> Result<(), String> {
    let is = |is: bool, what: &str| if is { Ok(()) } else { Err(what.to_owned()) };
    let json = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
    match format {
        "json" => match json(text)? {
            Value::Array(reports) => reports.iter().try_for_each(fits),
            report => fits(&report),
        },
        "ndjson" => {
            let lines = text.lines().map(json).collect::<Result<Vec<Value>, String>>()?;
            is(lines.last().is_some_and(|line| line["type"] == "verdict"), "the last line is no verdict")
        }
        "junit" => {
            is(text.contains("<testcase ") && text.trim_end().ends_with("</testsuites>"), "there is no test case")?;
            well_formed(text)
        }
        "sarif" => is(json(text)?["runs"][0]["tool"]["driver"]["name"] == "fedctl", "this is no SARIF log"),
        "tap" => {
            let plan = text.lines().find_map(|line| line.strip_prefix("1..")?.parse::<usize>().ok());
            let is_point = |line: &&str| line.starts_with("ok ") || line.starts_with("not ok ");
            is(plan == Some(text.lines().filter(is_point).count()), "the plan is not the number of test points")
        }
        "nagios" => {
            is(text.starts_with("FEDCTL ") && text.lines().next().is_some_and(|line| line.contains('|')), "no status")
        }
        "prometheus" => {
            let is_sample = |line: &str| {
                line.starts_with('#') || line.rsplit_once(' ').is_some_and(|(_, n)| n.parse::<f64>().is_ok())
            };
            is(text.contains("fedctl_clean{") && text.lines().all(is_sample), "a line is no sample")
        }
        "csv" => {
            let head = text.lines().next().unwrap_or_default();
            is(head.starts_with("\"subject\",") && text.lines().count() > 1, "there is no row")
        }
        "markdown" => is(text.starts_with('#'), "there is no heading"),
        "html" => is(text.starts_with("<!DOCTYPE html>") && text.trim_end().ends_with("</html>"), "this is no page"),
        "github" | "human" => is(!text.trim().is_empty(), "it is empty"),
        other => Err(format!("nobody reads {other}")),
    }
}

/// What an XML parser says.
fn well_formed(text: &str) -> Result<(), String> {
    let Some(xmllint) = find("xmllint") else { return Ok(()) };
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let output = Command::new(xmllint).arg("--noout").arg(file.path()).output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn fits(report: &Value) -> Result<(), String> {
    let schema = std::fs::read_to_string(repository("docs/report.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    match (report["findings"].is_array(), schema.iter_errors(report).next()) {
        (true, None) => Ok(()),
        (false, _) => Err("it has no findings".into()),
        (_, Some(error)) => Err(error.to_string()),
    }
}
