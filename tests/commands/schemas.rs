//! The JSON of the commands that print no report, against the schema that is published for it.

use serde_json::Value;

use crate::support::lab::Kept;
use crate::support::{Fedctl, repository};

/// The definition in the schema, and the command. They run in the lab, in this order.
const COMMANDS: &[(&str, &str)] = &[
    ("checks", "checks"),
    ("compatibility", "compatibility 3.18.7 4.5.7"),
    ("compatibility", "compatibility 1.3.5 6.5.0"),
    ("config", "config"),
    ("explain-lines", "explain Could not decrypt payload"),
    ("explain-statuses", "explain Running"),
    ("explain-check", "explain key-text"),
    ("explain-release", "explain 6.5.0"),
    ("hub-list", "hub list --data hub"),
    ("hub-list", "hub export --data hub"),
    ("hub-pending", "hub list --pending --data hub"),
    ("hub-show", "hub show healthy.test --data hub"),
    ("keygen", "keygen"),
    ("lab", "lab --only healthy"),
    ("mesh", "mesh healthy.test silent.test no-records.test"),
    ("status", "status"),
    ("upgrade-plan", "upgrade plan --from 6.2 --to 7.11 --partner a.example=5.4"),
    ("watch", "watch --once healthy.test no-records.test --data watch"),
    ("watch-history", "watch history healthy.test --data watch"),
    ("watch-diff", "watch diff no-records.test 0s --data watch"),
];
/// Definitions that another test uses, because the command takes long.
const ELSEWHERE: [&str; 1] = ["lab-drills"];

/// A definition of `docs/commands.schema.json` by itself.
pub fn errors(definition: &str, json: &Value) -> Vec<String> {
    let text = std::fs::read_to_string(repository("docs/commands.schema.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    schema["anyOf"] = serde_json::json!([{ "$ref": format!("#/$defs/{definition}") }]);
    assert!(schema["$defs"][definition].is_object(), "{definition} is not in the schema");
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(json).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn what_commands_print_beside_reports_fits_its_schema() {
    let place = Fedctl::new();
    let lab = Kept::start(&place, &[]);
    let fedctl = lab.neighbour();
    let key = fedctl.ok(&["keygen", "--from-private", lab.get("FEDCTL_KEY"), "--public", "-"]);
    let peers = serde_json::json!({"schema": 1, "peers": [{
        "domain": "healthy.test", "url": "https://chat.healthy.test", "public_key": key.trim(),
        "since": "2026-01-01T00:00:00Z", "confirmed": "2026-01-01T00:00:00Z",
    }]});
    fedctl.write("peers.json", peers.to_string());
    fedctl.ok(&["hub", "import", "peers.json", "--data", "hub"]);
    for (definition, line) in COMMANDS {
        let mut words: Vec<&str> = line.split(' ').collect();
        if let Some(text) = line.strip_prefix("explain ") {
            words = vec!["explain", text];
        }
        if !words.contains(&"export") {
            words.extend(["--format", "json"]);
        }
        let ran = fedctl.run(&words);
        let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{line}: {ran:?}"));
        assert_eq!(errors(definition, &json), [""; 0], "{line}: {json:#}");
        // A schema that takes everything would show nothing.
        let mut without = json.clone();
        let members = without.as_object_mut().unwrap();
        let last = members.keys().next_back().unwrap().clone();
        members.shift_remove(&last);
        assert_ne!(errors(definition, &without), [""; 0], "{line} without {last}");
    }
    let text = std::fs::read_to_string(repository("docs/commands.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    for reference in schema["anyOf"].as_array().unwrap() {
        let name = reference["$ref"].as_str().unwrap().trim_start_matches("#/$defs/");
        let is_tried = COMMANDS.iter().any(|(definition, _)| *definition == name) || ELSEWHERE.contains(&name);
        assert!(is_tried, "nothing is held to {name}");
    }
    lab.stop();
}
