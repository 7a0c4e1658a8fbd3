//! Words of others on the terminal, in JSON and in logs.

use super::with_zone;
use crate::support::Fedctl;

/// Characters that a terminal, a log or a reader would obey.
const BAD: &str = "\u{1b}\u{7f}\u{9b}\u{85}\u{202e}\u{200b}\u{feff}\u{2028}";

fn assert_safe(text: &str, what: &str) {
    let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || BAD.contains(*c));
    assert!(bad.is_none(), "{what}: {bad:?} in {text:?}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{what}: {text}");
}

/// A saved run in which every name and text that came from outside has been replaced.
fn evidence(fedctl: &Fedctl) {
    fedctl.run(&["dns-check", "b.example", "--zone-file", "zone.txt", "--save", "good.json"]);
    let mut evidence: serde_json::Value = serde_json::from_str(&fedctl.read("good.json")).unwrap();
    let bad = format!("\n::error::{BAD}ns.example");
    fn spoil(value: &mut serde_json::Value, key: &str, bad: &str) {
        match value {
            serde_json::Value::Object(members) => members.iter_mut().for_each(|(key, value)| spoil(value, key, bad)),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, key, bad)),
            serde_json::Value::String(text) if matches!(key, "target" | "mname" | "unreachable" | "malformed") => {
                *text = format!("{bad}{text}");
            }
            _ => {}
        }
    }
    spoil(&mut evidence["runs"][0]["facts"], "", &bad);
    for observer in evidence["runs"][0]["facts"]["observers"].as_array_mut().unwrap() {
        observer["name"] = bad.clone().into();
    }
    for seen in evidence["runs"][0]["facts"]["observations"].as_array_mut().unwrap().iter_mut().skip(1) {
        seen["reply"]["outcome"] = serde_json::json!({"malformed": bad});
    }
    fedctl.write("bad.json", serde_json::to_string(&evidence).unwrap());
}

#[test]
fn a_saved_run_cannot_speak_to_the_terminal() {
    let fedctl = with_zone();
    evidence(&fedctl);
    for args in [&["diff", "good.json", "bad.json"][..], &["diff", "good.json", "bad.json", "--format", "json"]] {
        let ran = fedctl.run(args);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert!(ran.stdout.contains("ns.example"), "{}", ran.stdout);
        assert_safe(&ran.stdout, &args.join(" "));
    }
    for format in ["human", "json", "ndjson", "junit", "sarif", "tap", "nagios", "prometheus", "markdown", "html"] {
        let ran = fedctl.run(&["dns-check", "--replay", "bad.json", "-v", "--format", format, "--color", "never"]);
        assert!(!ran.stdout.is_empty(), "{format}: {}", ran.stderr);
        assert_safe(&ran.stdout, format);
        assert_safe(&ran.stderr, format);
        fedctl.run(&["dns-check", "--replay", "bad.json", "--format", format, "-o", "report"]);
        assert_safe(&fedctl.read("report"), &format!("{format} in a file"));
    }
}

#[test]
fn arguments_and_file_names_stay_on_one_line() {
    let fedctl = Fedctl::new();
    let bad = format!("x\n::error::{BAD}");
    for args in [
        &["explain", &bad][..],
        &["dns-check", &bad],
        &["key", "inspect", &bad],
        &["diff", &bad, &bad],
        &["records", "b.example", "--target", &bad],
        &["config", "--config", &bad],
        &["checks", "--suppress", &bad],
        &["checks", "--suppress", &format!("{bad}=y")],
    ] {
        let ran = fedctl.run(args);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{args:?}");
        assert_safe(&ran.stderr, &args.join(" "));
        assert!(ran.stderr.lines().all(|line| line.starts_with("fedctl: ")), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.lines().count() <= 2, "{args:?}: {}", ran.stderr);
    }
    // The parser of arguments adds a usage of several lines; none of them is forged.
    for args in [&["dns-check", "--format", &bad][..], &["dns-check", &format!("--{bad}")], &[&bad]] {
        let ran = fedctl.run(args);
        assert_eq!(ran.status, 2, "{args:?}");
        assert_safe(&ran.stderr, &args.join(" "));
    }
}
