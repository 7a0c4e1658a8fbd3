//! The ids that reports print are those that `explain`, `--suppress` and `checks` take.

use std::collections::BTreeSet;

use fedctl::check::CHECKS;
use serde_json::Value;

use super::GROUPS;
use super::levels::with;
use crate::commands::snapshots::places::{Place, Shared};
use crate::commands::snapshots::run;
use crate::support::Fedctl;

/// Where ids stand in the JSON of the commands: `id` and `check` of findings, of passed and of skipped checks, and of obstacles.
fn ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| ids(value, found)),
        Value::Object(members) => {
            for (name, value) in members {
                let is_list = ["findings", "passed", "skipped", "suppressed", "obstacles"].contains(&name.as_str());
                for entry in value.as_array().into_iter().flatten().filter(|_| is_list) {
                    found.extend(["id", "check"].iter().filter_map(|name| entry[*name].as_str()).map(str::to_owned));
                }
                ids(value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_id_that_a_report_prints_can_be_explained_suppressed_and_is_listed() {
    let (shared, mut printed) = (Shared::start(), BTreeSet::new());
    for group in GROUPS {
        let place: Place = (group.place)(&shared);
        for (line, _) in group.lines {
            let option = if line.starts_with("fedctl records") { "--report json" } else { "--format json" };
            let ran = run(&place.fedctl, &with(line, option), 80);
            // The only commands that print their report for people alone.
            let Ok(json) = serde_json::from_str(&ran.stdout) else {
                assert!(line.contains("records apply"), "{line}: {ran:?}");
                continue;
            };
            let before = printed.len();
            ids(&json, &mut printed);
            assert!(printed.len() > before || before > 0, "{line} prints no id: {json:#}");
        }
    }
    assert!(printed.len() > 60, "{printed:?}");
    let fedctl = Fedctl::new();
    let listed: Value = serde_json::from_str(&fedctl.ok(&["checks", "--format", "json"])).unwrap();
    let listed: BTreeSet<&str> =
        listed["checks"].as_array().unwrap().iter().map(|check| check["id"].as_str().unwrap()).collect();
    let known: BTreeSet<&str> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(listed, known);
    for id in printed.iter().map(String::as_str).chain(known.iter().copied()).collect::<BTreeSet<&str>>() {
        assert!(listed.contains(id), "`fedctl checks` does not list {id}");
        assert!(fedctl.ok(&["explain", id]).starts_with(&format!("# {id}: ")), "{id}");
        fedctl.ok(&["checks", "--suppress", &format!("{id}=a test")]);
    }
}

#[test]
fn what_a_report_prints_can_be_suppressed_there() {
    let shared = Shared::start();
    for group in GROUPS.iter().filter(|group| group.has_formats && !group.is_fresh) {
        let place: Place = (group.place)(&shared);
        for (line, _) in group.lines.iter().filter(|(_, status)| *status == 1) {
            let option = if line.starts_with("fedctl records") { "--report json" } else { "--format json" };
            let ran = run(&place.fedctl, &with(line, option), 80);
            let reports: Value = serde_json::from_str(&ran.stdout).unwrap();
            let reports = reports.as_array().cloned().unwrap_or_else(|| vec![reports]);
            let found: BTreeSet<String> = reports
                .iter()
                .flat_map(|report| report["findings"].as_array().unwrap())
                .filter(|finding| finding["severity"] == "error")
                .map(|finding| finding["id"].as_str().unwrap().to_owned())
                .collect();
            assert!(!found.is_empty(), "{line}: {reports:#?}");
            let flags: Vec<String> = found.iter().map(|id| format!("--suppress {id}=known")).collect();
            let ran = run(&place.fedctl, &with(line, &format!("{option} {}", flags.join(" "))), 80);
            assert_eq!(ran.status, 0, "{line} with {flags:?}: {}{}", ran.stdout, ran.stderr);
        }
    }
}
