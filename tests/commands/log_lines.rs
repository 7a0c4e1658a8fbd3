//! The lines that long-running commands write with `--log-format json`, against the schema that is published for them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::support::repository;

fn schema() -> Value {
    serde_json::from_str(&std::fs::read_to_string(repository("docs/log.schema.json")).unwrap()).unwrap()
}

/// Holds each line of a log against the schema; every member must be described there.
pub fn fit_their_schema<'a>(lines: impl IntoIterator<Item = &'a str>) {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut wrong = Vec::new();
    for line in lines {
        let Ok(json) = serde_json::from_str::<Value>(line) else {
            wrong.push(format!("not JSON: {line}"));
            continue;
        };
        let errors = validator.iter_errors(&json).map(|error| format!("{}: {error}: {line}", error.instance_path()));
        wrong.extend(errors);
        let members = json.as_object().into_iter().flat_map(|object| object.keys());
        let unknown = members.filter(|member| schema["properties"].get(member).is_none());
        wrong.extend(unknown.map(|member| format!("`{member}` is not described: {line}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_schema_refuses_what_no_line_is() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let time = "\"timestamp\":\"2026-01-01T00:00:00Z\",\"level\":\"INFO\",\"message\":\"x\"";
    for (line, fits) in [
        (format!("{{{time}}}"), true),
        (format!("{{{time},\"entry\":\"refused\",\"sender\":\"a\",\"why\":\"b\"}}"), true),
        (format!("{{{time},\"entry\":\"refused\",\"sender\":\"a\"}}"), false),
        (format!("{{{time},\"entry\":\"nothing\"}}"), false),
        (format!("{{{time},\"status\":\"200\"}}"), false),
        ("{\"message\":\"x\"}".to_owned(), false),
    ] {
        assert_eq!(validator.is_valid(&serde_json::from_str(&line).unwrap()), fits, "{line}");
    }
}

/// The sources below a directory that write to the log.
fn events(dir: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            events(&entry, found);
            continue;
        }
        if entry.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&entry).unwrap();
        let calls = text.match_indices("tracing::").filter_map(|(at, _)| text[at..].split_once("!("));
        found.extend(calls.map(|(_, rest)| rest.split(");").next().unwrap().split('"').next().unwrap().to_owned()));
    }
}

#[test]
fn every_member_and_entry_of_the_sources_is_described() {
    let schema = schema();
    let mut calls = Vec::new();
    events(&repository("src"), &mut calls);
    assert!(calls.len() > 30, "{calls:#?}");
    let field = |part: &str| {
        let name = part.split('=').next().unwrap().trim().trim_start_matches(['%', '?']);
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        is_name.then(|| name.to_owned())
    };
    let fields: BTreeSet<String> = calls.iter().flat_map(|call| call.split(',').filter_map(field)).collect();
    assert!(fields.contains("domain") && fields.contains("ms"), "{fields:?}");
    let missing: Vec<&String> = fields.iter().filter(|name| schema["properties"].get(name).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?} of log lines are not in docs/log.schema.json");

    let source = std::fs::read_to_string(repository("src/serve/peer/log.rs")).unwrap();
    let (_, body) = source.split_once("pub enum Entry {\n").unwrap();
    let body = body.split("\n}\n").next().unwrap();
    let variants =
        body.lines().filter_map(|line| line.strip_prefix("    ").filter(|line| line.starts_with(char::is_uppercase)));
    let variants: BTreeSet<String> = variants.map(|line| snake_case(line.trim_end_matches([' ', '{', ',']))).collect();
    let described = schema["properties"]["entry"]["enum"].as_array().unwrap();
    let described: BTreeSet<String> = described.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    assert_eq!(variants, described);
    let names = body.lines().filter_map(|line| line.strip_prefix("        ")?.split_once(": "));
    for (name, _) in names.filter(|(name, _)| !name.starts_with("//")) {
        assert!(schema["properties"].get(name).is_some(), "`{name}` of an entry is not described");
    }
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
