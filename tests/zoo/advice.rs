//! Advice is verified: a fix that changes records or the key text is applied to the zone, which is judged again. The finding must be
//! gone, and nothing new may have come.

use std::collections::BTreeSet;

use fedctl::key::PublicKey;
use fedctl::key::diagnosis::examine;
use serde_json::Value;

use super::scenario::{KEYS, strings};
use super::{odd, scenarios};
use crate::support::Fedctl;

/// A domain whose zone can be changed.
struct Case {
    domain: String,
    origin: String,
    zone: String,
    flags: Vec<String>,
}

/// Cases that are judged at a time.
const PARALLEL: usize = 4;
/// The labels of all federation records, relative to the domain.
const LABELS: [&str; 6] = [
    "rocketchat-public-key",
    "_rocketchat._https",
    "_rocketchat._http",
    "_rocketchat._tcp",
    "rocketchat-protocol",
    "rocketchat-tcp-protocol",
];

fn cases() -> Vec<Case> {
    let zoo = scenarios().into_iter().filter(|scenario| {
        // Faults of servers are no matter of records.
        scenario.faults.is_empty() && scenario.second_faults.is_empty() && !scenario.servers.is_empty()
    });
    let zoo = zoo.map(|scenario| Case {
        origin: scenario.origin().to_owned(),
        zone: scenario.fresh(),
        flags: scenario.flags.iter().map(|flag| (*flag).to_owned()).collect(),
        domain: scenario.domain,
    });
    let odd =
        odd::zones().into_iter().map(|(domain, zone)| Case { origin: domain.clone(), domain, zone, flags: Vec::new() });
    zoo.chain(odd).collect()
}

/// What the zone file leads to: each finding with its fix.
fn judged(fedctl: &Fedctl, case: &Case, zone: &str) -> Option<Vec<Value>> {
    let file = fedctl.write("zone", format!("$ORIGIN {}.\n{zone}", case.origin)).display().to_string();
    let key = fedctl.path("own.pub").display().to_string();
    let mut args: Vec<String> =
        ["dns-check", &case.domain, "--zone-file", &file, "--format", "json", "--timeout", "2s"]
            .map(str::to_owned)
            .into();
    args.extend(case.flags.iter().map(|flag| if flag == "KEY" { key.clone() } else { flag.clone() }));
    let ran = fedctl.run(&args);
    let report: Value = serde_json::from_str(&ran.stdout).ok()?;
    Some(report["findings"].as_array()?.clone())
}

/// The lines of a zone file that do not belong to these names.
fn without(zone: &str, case: &Case, labels: &[&str]) -> String {
    let below = case.domain.strip_suffix(&case.origin).unwrap_or_default().trim_end_matches('.');
    let suffix = if below.is_empty() { String::new() } else { format!(".{below}") };
    let owners: Vec<String> = labels.iter().map(|label| format!("{label}{suffix}")).collect();
    let mut keeps = true;
    let kept = zone.lines().filter(|line| {
        if !line.starts_with([' ', '\t']) {
            let owner = line.split_whitespace().next().unwrap_or_default();
            keeps = !owners.iter().any(|known| known == owner);
        }
        keeps
    });
    kept.map(|line| format!("{line}\n")).collect()
}

/// The zone after what the fix says, when it says something that can be typed.
fn applied(fedctl: &Fedctl, case: &Case, finding: &Value) -> Option<String> {
    let fix = finding["fix"].as_str()?;
    let copy = fix.lines().find_map(|line| line.strip_prefix("  "));
    let owner = |label: &str| format!("{label}.{}.", case.domain);
    if let Some(text) = copy.filter(|line| line.starts_with("-----BEGIN")) {
        let diagnosis = examine(text.as_bytes());
        assert!(diagnosis.is_good() && diagnosis.server.is_ok(), "{}: the text to publish is no key", case.domain);
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
        let record = strings(&owner("rocketchat-public-key"), &pieces);
        return Some(without(&case.zone, case, &LABELS[..1]) + &record);
    }
    if let Some((wrong, right)) =
        fix.strip_prefix("Move the record: delete ").and_then(|rest| rest.split_once(" and create "))
    {
        let right = right.split(' ').next()?;
        let absolute = |name: &str| format!("{name}.");
        let relative = wrong.strip_suffix(&case.origin)?.trim_end_matches('.');
        let relative = if relative.is_empty() { "@" } else { relative };
        let moved = case.zone.lines().map(|line| match line.split_once(' ') {
            Some((label, data)) if label == relative && (data.contains("TXT") || data.contains("SRV")) => {
                format!("{} {data}\n", absolute(right))
            }
            _ => format!("{line}\n"),
        });
        return Some(moved.collect());
    }
    let command = copy.filter(|line| line.starts_with("fedctl records "))?;
    if command.contains("HOST") {
        return None;
    }
    let mut args: Vec<String> = command.split_whitespace().skip(1).map(str::to_owned).collect();
    for at in 0..args.len() {
        match args[at].as_str() {
            "--key" => args[at + 1] = fedctl.path("own.pub").display().to_string(),
            // What is suggested is a name to replace; the zones have this one.
            "--target" => args[at + 1] = format!("chat.{}", case.origin),
            _ => {}
        }
    }
    if let Some(at) = args.iter().position(|arg| arg == "--format") {
        args.drain(at..at + 2);
    }
    args.extend(["--format".to_owned(), "bind".to_owned()]);
    let records = fedctl.run(&args).stdout;
    let zone = without(&case.zone, case, &LABELS);
    Some(zone + &records)
}

/// The checks that found something.
fn names(findings: &[Value]) -> BTreeSet<&str> {
    findings.iter().filter_map(|finding| finding["id"].as_str()).collect()
}

/// How many fixes of the case were applied, and what did not go as they promise.
fn verified(fedctl: &Fedctl, case: &Case) -> (usize, Vec<String>) {
    let (mut applied_to, mut complaints) = (0, Vec::new());
    let before = judged(fedctl, case, &case.zone).unwrap_or_default();
    for finding in &before {
        let Some(zone) = applied(fedctl, case, finding) else { continue };
        let after = judged(fedctl, case, &zone);
        let after = after.unwrap_or_else(|| panic!("{}: the fixed zone cannot be loaded:\n{zone}", case.domain));
        let gone = !after.iter().any(|left| left["id"] == finding["id"] && left["what"] == finding["what"]);
        let new: Vec<&str> = names(&after).difference(&names(&before)).copied().collect();
        applied_to += 1;
        if !gone || !new.is_empty() {
            let (domain, fix) = (&case.domain, &finding["fix"]);
            complaints.push(format!("{domain} {}: gone {gone}, new {new:?}, after {fix}", finding["id"]));
        }
    }
    (applied_to, complaints)
}

#[test]
fn every_fix_that_changes_records_makes_its_finding_go_away_and_brings_no_other() {
    let cases = cases();
    let part = |at: usize| {
        let fedctl = Fedctl::new();
        fedctl.write("own.pub", PublicKey::from_pem(&KEYS.own).unwrap().pem());
        cases.iter().skip(at).step_by(PARALLEL).map(|case| verified(&fedctl, case)).collect::<Vec<_>>()
    };
    let part = &part;
    let all: Vec<(usize, Vec<String>)> = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..PARALLEL).map(|at| scope.spawn(move || part(at))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let complaints: Vec<&str> = all.iter().flat_map(|(_, complaints)| complaints).map(String::as_str).collect();
    assert!(complaints.is_empty(), "{}:\n{}", complaints.len(), complaints.join("\n\n"));
    let count = all.iter().map(|(count, _)| count).sum::<usize>();
    assert!(count > 60, "only {count} fixes were applied");
}
