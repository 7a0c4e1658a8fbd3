//! The formats as commands write them, to stdout and into files.

use std::process::{Command, Stdio};

use fedctl::render::report::REPORT_FORMATS;
use serde_json::{Value, json};

use crate::support::programs::find;
use crate::support::world::{World, healthy, zone};
use crate::support::{Fedctl, repository};

fn broken_domain() -> (Fedctl, World) {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    let mut world = World::new();
    world.serve("ns1.mydomain.com", &[("mydomain.com", zone(2, &healthy(&fedctl)))], &[]);
    world.serve("ns2.mydomain.com", &[("mydomain.com", zone(2, ""))], &[]);
    (fedctl, world)
}

fn check(world: &World, more: &[&str]) -> Vec<String> {
    let args = ["dns-check", "mydomain.com", "--timeout", "2s"].map(String::from).into_iter();
    args.chain(world.flags()).chain(more.iter().map(ToString::to_string)).collect()
}

#[test]
fn every_format_comes_out_of_the_command_and_into_a_file() {
    let (fedctl, world) = broken_domain();
    for form in REPORT_FORMATS {
        let ran = fedctl.run(&check(&world, &["--format", form.id]));
        let expected = if form.id == "nagios" { 2 } else { 1 };
        assert_eq!((ran.status, ran.stderr.as_str()), (expected, ""), "{}", ran.stdout);
        assert!(ran.stdout.contains("mydomain.com"), "{}", ran.stdout);
        assert!(!ran.stdout.contains("PRIVATE"), "{}", ran.stdout);
    }
    fedctl.write("report.html", "old");
    let ran = fedctl.run(&check(&world, &["--format", "html", "--output", "report.html"]));
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    let page = fedctl.read("report.html");
    assert!(page.contains("<h2>Responses by server</h2>") && page.contains("ns2.mydomain.com"), "{page}");
    let ran = fedctl.run(&check(&world, &["--output", "none/report.html"]));
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
}

#[test]
fn a_monitoring_system_gets_its_four_states() {
    let (fedctl, world) = broken_domain();
    let nagios = |more: &[&str]| fedctl.run(&check(&world, &[&["--format", "nagios"], more].concat()));
    let critical = nagios(&[]);
    assert!(critical.status == 2 && critical.stdout.starts_with("FEDCTL CRITICAL - mydomain.com: "), "{critical:?}");
    let unknown = nagios(&["--key", "missing.key"]);
    assert_eq!((unknown.status, unknown.stderr.as_str()), (3, ""));
    assert!(unknown.stdout.starts_with("FEDCTL UNKNOWN - `missing.key` does not exist"), "{unknown:?}");
    let Some(negate) = negate() else { return };
    let mut wrapped = Command::new(negate);
    wrapped.args(["--timeout=60", "--substitute", "--critical=WARNING", env!("CARGO_BIN_EXE_fedctl")]);
    let output = wrapped
        .args(check(&world, &["--format", "nagios"]))
        .current_dir(fedctl.dir.path())
        .env("HOME", fedctl.dir.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("FEDCTL WARNING - "), "{text}");
}

/// The wrapper of the monitoring plugins, which runs another plugin and reads its status and its line.
fn negate() -> Option<std::path::PathBuf> {
    let known = std::path::Path::new("/usr/lib/nagios/plugins/negate");
    if known.is_file() { Some(known.to_owned()) } else { find("negate") }
}

#[test]
fn suppressed_findings_are_listed_and_do_not_count() {
    let (fedctl, world) = broken_domain();
    let ran = fedctl.run(&check(&world, &["--suppress", "dns-servers=ns2 is being replaced"]));
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("muted    dns-servers: error"), "{}", ran.stdout);
    let description = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(description.contains("suppressed: ns2 is being replaced"), "{}", ran.stdout);
    let ran = fedctl.run(&check(&world, &["--suppress", "dns-servers=x", "--format", "json"]));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(repository("docs/report.schema.json")).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert!(schema.is_valid(&report), "{:?}", schema.iter_errors(&report).next());
    assert_eq!(
        (&report["suppressed"][0]["id"], &report["suppressed"][0]["reason"]),
        (&json!("dns-servers"), &json!("x"))
    );
    assert_eq!(report["verdict"], "clean");
    let (error, hint) = fedctl.refused(&["dns-check", "mydomain.com", "--suppress", "dns-server=x"]);
    assert_eq!((error.as_str(), hint.as_str()), ("there is no check `dns-server`", "did you mean `dns-servers`?"));
    for bad in ["dns-servers", "dns-servers="] {
        let (error, hint) = fedctl.refused(&["dns-check", "mydomain.com", "--suppress", bad]);
        assert!(error.contains("reason") && hint.contains("dns-ttl="), "{error}");
    }
}

#[test]
fn a_private_key_in_dns_comes_out_in_no_form() {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    let secret = fedctl.read("federation.key").trim_end().to_owned();
    let pieces: Vec<&str> = secret.as_bytes().chunks(250).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
    let name = "rocketchat-public-key IN TXT";
    let one = format!("{name} ( {} )", pieces.iter().map(|piece| format!("\"{piece}\" ")).collect::<String>());
    let many: String = pieces.iter().map(|piece| format!("{name} \"{piece}\"\n")).collect();
    let srv = "_rocketchat._https IN SRV 1 1 443 chat\n";
    for (first, second) in [(&one, ""), (&many, many[..many.len() / 2].rsplit_once('\n').unwrap().0)] {
        let mut world = World::new();
        world.serve("ns1.mydomain.com", &[("mydomain.com", zone(2, &format!("{srv}{first}")))], &[]);
        world.serve("ns2.mydomain.com", &[("mydomain.com", zone(2, &format!("{srv}{second}")))], &[]);
        for form in REPORT_FORMATS {
            let name = form.id;
            let ran = fedctl.run(&check(&world, &["--verbose", "--key", "federation.pub", "--format", name]));
            let description = ran.stdout + &ran.stderr;
            assert!(description.contains("mydomain.com"), "{description}");
            if name != "prometheus" {
                assert!(
                    description.contains("fedctl keygen") || description.contains("private key"),
                    "{name:?}: {description}"
                );
            }
            // The public half is in every private key too.
            let public = fedctl.read("federation.pub");
            let leaks = secret.as_bytes()[27..].windows(16).map(|part| std::str::from_utf8(part).unwrap());
            for part in leaks.filter(|part| !public.contains(part)) {
                assert!(!description.contains(part), "{name:?} shows {part}: {description}");
            }
        }
    }
}

/// The words of a line of shell, quotes taken off.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn the_lines_of_the_guide_to_ci_are_commands() {
    let mut seen = 0;
    for page in ["docs/ci.md", "docs/formats.md", "docs/key-diagnosis.md"] {
        let text = std::fs::read_to_string(repository(page)).unwrap();
        let mut fenced = false;
        for line in text.lines() {
            fenced ^= line.starts_with("```");
            if !fenced && !line.starts_with("    ") {
                continue;
            }
            let Some(at) = line.find("fedctl ") else { continue };
            let end = line[at..].find(['>', '|', ')', '`']).map_or(line.len(), |end| at + end);
            let mut words = words(line[at..end].trim_end_matches("2"));
            words.retain(|word| word != "[FILE]");
            // A macro of Nagios stands for the domain.
            words.iter_mut().filter(|word| word.starts_with('$')).for_each(|word| *word = "mydomain.com".into());
            fedctl::cli::command().try_get_matches_from(&words).unwrap_or_else(|error| panic!("{line}: {error}"));
            seen += 1;
        }
    }
    assert!(seen > 12, "{seen} lines");
}
