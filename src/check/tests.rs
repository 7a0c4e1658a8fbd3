//! Tests of `check`.

use super::*;

#[test]
fn every_check_has_its_own_id_and_page() {
    let pages = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks")).unwrap();
    let mut pages: Vec<String> = pages.map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    let mut ids: Vec<String> = CHECKS.iter().map(|check| format!("{}.md", check.id)).collect();
    pages.sort();
    ids.sort();
    assert_eq!(pages, ids);
    for check in CHECKS {
        assert!(check.page.starts_with(&format!("# {}: {}\n", check.id, check.title)), "{}", check.id);
        for heading in ["## What it looks at", "## What it means", "## How to fix it"] {
            assert!(check.page.contains(heading), "{} has no `{heading}`", check.id);
        }
    }
}

/// What the fuzz targets and the tests of formats begin with: facts of every kind.
#[test]
fn the_evidence_of_the_fuzz_corpus_is_fresh() {
    use crate::facts::evidence::{Evidence, Run, SCHEMA, SavedExpectation};
    use crate::facts::watch_evidence::WatchEvidence;
    let own = own_sample::sample();
    let expected = SavedExpectation { port: Some(443), ..SavedExpectation::default() };
    let run = Run { facts: own.dns, expected, at_server: None, native: None, elapsed: 5 };
    let dns = Evidence { schema: SCHEMA, program: "fedctl".into(), runs: vec![run] };
    let mut hub = hub_sample::sample();
    hub.hub = Some(hub_sample::call("POST", 200, "application/json", r#"{"success":true,"peer":{"url":"https://x"}}"#));
    let evidence = WatchEvidence { dns, peer: Some(own.peer), hub: Some(hub) };
    let text = serde_json::to_string_pretty(&evidence).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/corpus/evidence/watch.json");
    if std::env::var_os("FEDCTL_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap() == text, "FEDCTL_BLESS=1 cargo test --lib fresh writes it");
}
