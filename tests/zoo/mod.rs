//! A zoo of domains: one for every way to get the records wrong that admins have met, one for every defect of the diagnosis that
//! DNS can carry, and a few healthy ones. The embedded servers and the real ones must lead to the same findings.

mod advice;
mod characters;
mod names;
mod odd;
mod other_text;
mod parts;
mod rings;
mod rows;
mod scenario;
mod servers;
mod services;
mod width;

use std::collections::{BTreeMap, BTreeSet};

use fedctl::key::diagnosis::DefectKind;
use fedctl::report::wording::{fix_fault, fragment_fault};
use serde_json::Value;

use self::scenario::{KEYS, Scenario};
use crate::support::Fedctl;

pub fn scenarios() -> Vec<Scenario> {
    let themes: [fn() -> Vec<Scenario>; 6] = [
        other_text::scenarios,
        characters::scenarios,
        parts::scenarios,
        names::scenarios,
        services::scenarios,
        servers::scenarios,
    ];
    themes.iter().flat_map(|theme| theme()).collect()
}

/// Defects that no zone can hold.
const NOT_IN_DNS: &[(DefectKind, &str)] =
    &[(DefectKind::StringTooLong, "a string of more than 255 bytes cannot be sent, and no name server loads it")];

#[test]
fn every_defect_has_a_domain_or_a_reason() {
    let scenarios = scenarios();
    for kind in DefectKind::ALL {
        let shown = scenarios.iter().any(|scenario| scenario.kind == Some(kind));
        let excused = NOT_IN_DNS.iter().any(|(other, why)| *other == kind && !why.is_empty());
        assert!(shown != excused, "{kind}: shown {shown}, excused {excused}");
    }
}

#[test]
fn no_domain_comes_twice_and_every_scenario_has_a_description() {
    let mut domains = BTreeSet::new();
    for scenario in scenarios() {
        assert!(domains.insert(scenario.domain.clone()), "{} comes twice", scenario.domain);
        assert!(!scenario.mistake.is_empty(), "{}", scenario.domain);
    }
}

/// Looks at the domains in each form, and again at what was saved: it must come out byte for byte. Gives the JSON report of each
/// domain.
fn looked_at(
    fedctl: &Fedctl,
    scenarios: &[&Scenario],
    network: &[String],
    formats: &[&str],
) -> BTreeMap<String, Value> {
    let key = fedctl.write("own.pub", &KEYS.own).display().to_string();
    let mut groups: BTreeMap<&[&str], Vec<&str>> = BTreeMap::new();
    for scenario in scenarios {
        groups.entry(scenario.flags).or_default().push(&scenario.domain);
    }
    let mut reports = BTreeMap::new();
    for (flags, domains) in groups {
        let flags = flags.iter().map(|flag| if *flag == "KEY" { key.clone() } else { (*flag).to_owned() });
        let flags: Vec<String> = flags.collect();
        for format in formats {
            let mut args: Vec<String> = ["dns-check", "--format", format, "--timeout", "2s"].map(str::to_owned).into();
            args.extend(domains.iter().map(|domain| (*domain).to_owned()));
            args.extend(flags.iter().chain(network).cloned());
            args.extend(["--save".to_owned(), "run.json".to_owned()]);
            let live = fedctl.run(&args);
            assert_eq!(live.stderr, "");
            let again = fedctl.run(&["dns-check", "--format", format, "--replay", "run.json"]);
            assert!(live.status < 2 && live.status == again.status, "{live:?}");
            assert!(live.stdout == again.stdout, "replayed otherwise:\n{}\n{}", live.stdout, again.stdout);
            assert_no_secret(&(live.stdout.clone() + &fedctl.read("run.json")));
            if *format == "json" {
                let document: Value = serde_json::from_str(&live.stdout).unwrap();
                let documents = document.as_array().cloned().unwrap_or_else(|| vec![document]);
                documents.iter().for_each(assert_form);
                let subject = |report: &Value| report["subject"].as_str().unwrap().to_owned();
                reports.extend(documents.into_iter().map(|report| (subject(&report), report)));
            } else {
                let torn = width::torn(fedctl);
                assert!(torn.is_empty(), "{}", torn.join("\n"));
            }
        }
    }
    assert_eq!(reports.len(), scenarios.len());
    reports
}

/// Every text of a finding has the form of its place.
fn assert_form(report: &Value) {
    for finding in report["findings"].as_array().unwrap() {
        let text = |member: &str| finding[member].as_str().unwrap();
        let faults = [fix_fault(text("fix")), fragment_fault(text("what")), fragment_fault(text("means"))];
        assert_eq!(faults, [None; 3], "{finding:#}");
    }
}

fn assert_no_secret(text: &str) {
    let secret = &KEYS.secret;
    // The head is the same in every key of this size.
    for at in (80..secret.len() - 60).step_by(20) {
        assert!(!text.contains(&secret[at..at + 20]), "characters {at} to {} of the private key", at + 20);
    }
}

/// What a report says otherwise than the scenario.
fn complaint(scenario: &Scenario, report: &Value) -> Option<String> {
    let findings = report["findings"].as_array().unwrap();
    let word = |finding: &Value, member: &str| finding[member].as_str().unwrap().to_owned();
    let found: BTreeSet<(String, String)> =
        findings.iter().map(|finding| (word(finding, "id"), word(finding, "severity"))).collect();
    let wanted: BTreeSet<(String, String)> =
        scenario.must.iter().map(|(severity, id)| ((*id).to_owned(), severity.to_string())).collect();
    let text = findings.iter().map(Value::to_string).collect::<String>();
    let named = scenario.kind.is_none_or(|kind| text.contains(&format!("({kind})")));
    let description = scenario.description.iter().all(|words| text.contains(words));
    (found != wanted || !named || !description).then(|| {
        let Scenario { domain, mistake, .. } = scenario;
        format!("{domain}, which {mistake}: named {named}, described {description}\nmust find {wanted:?}\nfinds {findings:#?}")
    })
}
