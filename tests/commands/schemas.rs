//! The JSON of each command, against the schema that is published for it.

use serde_json::Value;

use crate::commands::help::leaves;
use crate::docs::test_names;
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
    ("mesh", "mesh healthy.test no-records.test --suppress peer-discovery=known"),
    ("status", "status"),
    ("upgrade-plan", "upgrade plan --from 6.2 --to 7.11 --peer a.example=5.4"),
    ("watch", "watch --once healthy.test no-records.test --data watch"),
    ("watch-history", "watch history healthy.test --data watch"),
    ("watch-diff", "watch diff no-records.test 0s --data watch"),
];
/// Commands whose JSON is a report, with the definition of what they add to it. They run in the lab, in this order.
const REPORTS: &[(&str, Option<&str>)] = &[
    ("dns-check no-records.test --save one.json", None),
    ("dns-check no-records.test healthy.test --save two.json", None),
    ("diff one.json two.json", None),
    ("doctor", None),
    ("drill healthy.test --user bob --yes --only file", Some("drill")),
    ("handshake healthy.test", Some("handshake")),
    ("hub lookup hub-only.test", None),
    ("key inspect federation.pub", Some("key-inspect")),
    ("records diff neighbour.test --target chat.neighbour.test --key federation.pub", None),
    ("records lint federation.pub --format fields --domain neighbour.test", None),
    ("register neighbour.test --url https://chat.neighbour.test --dry-run", Some("register-dry-run")),
    ("rotate plan --no-rehearsal", Some("rotate-plan")),
];
/// Commands whose JSON another test holds against its schema, and that test.
const TESTED_ELSEWHERE: &[(&str, &str)] =
    &[("configure", "the_report_of_configure_fits_its_schema"), ("records", "the_json_fits_its_schema")];
/// Definitions that another test uses, because the command takes long.
const ELSEWHERE: [&str; 2] = ["lab-drills", "handshake-join"];

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
    let key = fedctl.ok(&["keygen", "--from-private", lab.get("FEDCTL_KEY"), "--public", "new.pub"]);
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
    let reports: Vec<&str> = REPORTS.iter().filter_map(|(_, definition)| *definition).collect();
    for reference in schema["anyOf"].as_array().unwrap() {
        let name = reference["$ref"].as_str().unwrap().trim_start_matches("#/$defs/");
        let is_tried = COMMANDS.iter().any(|(definition, _)| *definition == name)
            || reports.contains(&name)
            || ELSEWHERE.contains(&name);
        assert!(is_tried, "nothing is held to {name}");
    }
    lab.stop();
}

/// The first object, of several reports the first one.
fn first(json: &Value) -> Value {
    json.get(0).unwrap_or(json).clone()
}

#[test]
fn what_commands_print_as_a_report_fits_its_schema() {
    let place = Fedctl::new();
    let lab = Kept::start(&place, &[]);
    let fedctl = lab.neighbour();
    fedctl.ok(&["keygen", "--from-private", lab.get("FEDCTL_KEY"), "--public", "federation.pub"]);
    let text = std::fs::read_to_string(repository("docs/report.schema.json")).unwrap();
    let report = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    for (line, added) in REPORTS {
        let mut words: Vec<&str> = line.split(' ').collect();
        words.extend([if line.starts_with("records ") { "--report" } else { "--format" }, "json"]);
        let ran = fedctl.run(&words);
        let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{line}: {ran:?}"));
        let json = first(&json);
        let wrong: Vec<String> =
            report.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(wrong, [""; 0], "{line}: {json:#}");
        let Some(definition) = added else { continue };
        assert_eq!(errors(definition, &json), [""; 0], "{line}: {json:#}");
        let mut without = json.clone();
        let last = without.as_object().unwrap().keys().next_back().unwrap().clone();
        without.as_object_mut().unwrap().shift_remove(&last);
        assert_ne!(errors(definition, &without), [""; 0], "{line} without {last}");
    }
    let mine = fedctl.run(&["handshake", "healthy.test", "--format", "json"]).stdout;
    let mut theirs: Value = serde_json::from_str(&mine).unwrap();
    theirs["identity"] = "healthy.test".into();
    theirs["subject"] = "neighbour.test".into();
    fedctl.write("mine.json", mine);
    fedctl.write("theirs.json", theirs.to_string());
    let joined = fedctl.run(&["handshake", "--join", "mine.json", "theirs.json", "--format", "json"]);
    let json: Value = serde_json::from_str(&joined.stdout).unwrap_or_else(|_| panic!("{joined:?}"));
    assert_eq!(errors("handshake-join", &json), [""; 0], "{json:#}");
    lab.stop();
}

/// A command that gets `--format json` gets a schema with it.
#[test]
fn every_command_with_json_has_a_schema() {
    let known = test_names();
    let lines = COMMANDS.iter().map(|(_, line)| *line).chain(REPORTS.iter().map(|(line, _)| *line));
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split(' ').collect()).collect();
    let mut seen = 0;
    for (path, command) in leaves() {
        let is_form = |argument: &&clap::Arg| matches!(argument.get_long(), Some("format" | "report"));
        let mut values = command.get_arguments().filter(is_form).flat_map(clap::Arg::get_possible_values);
        if !values.any(|value| value.get_name() == "json") {
            continue;
        }
        seen += 1;
        let elsewhere = TESTED_ELSEWHERE.iter().find(|(name, _)| *name == path.join(" "));
        let is_tried = lines.iter().any(|words| words.len() >= path.len() && words[..path.len()] == path[..]);
        let is_tried = is_tried || elsewhere.is_some_and(|(_, test)| known.iter().any(|name| name == test));
        assert!(is_tried, "`fedctl {}` prints JSON, and nothing holds it against a schema", path.join(" "));
    }
    assert!(seen > 20, "{seen}");
}
