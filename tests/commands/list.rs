//! Many domains in one run.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::terminal::Terminal;
use crate::support::world::{World, healthy, zone};
use crate::support::{Fedctl, Ran};

const COUNT: usize = 40;

/// Forty domains: the first has no records, the second half a key, all others are fine.
struct Fleet {
    fedctl: Fedctl,
    world: World,
}

fn fleet() -> Fleet {
    served(&[])
}

fn served(faults: &[&str]) -> Fleet {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    let (good, mut world) = (healthy(&fedctl), World::new());
    let names: Vec<String> = (0..COUNT).map(|at| format!("d{at}.example")).collect();
    let body = |at: usize| match at {
        0 => String::new(),
        1 => good
            .lines()
            .map(|line| {
                line.split("\" \"").next().unwrap().to_owned() + if line.contains("\" \"") { "\"\n" } else { "\n" }
            })
            .collect(),
        _ => good.clone(),
    };
    let zones: Vec<(&str, String)> =
        names.iter().enumerate().map(|(at, name)| (name.as_str(), zone(1, &body(at)))).collect();
    world.serve("ns1.example", &zones, faults);
    let list: String = names.iter().map(|name| format!("{name}\n")).collect();
    fedctl.write("list.txt", format!("# peers\n{list}"));
    Fleet { fedctl, world }
}

impl Fleet {
    fn args(&self, more: &[&str]) -> Vec<String> {
        let mut args = vec!["dns-check".to_owned(), "--list".to_owned()];
        args.extend(more.iter().map(ToString::to_string));
        args.extend(self.world.flags());
        args
    }

    fn run(&self, more: &[&str]) -> Ran {
        self.fedctl.run(&self.args(more))
    }
}

#[test]
fn each_domain_has_a_line_and_the_summary_is_last() {
    let fleet = fleet();
    let ran = fleet.run(&["list.txt"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let starts = |word: &str| ran.stdout.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((starts("ok    d"), starts("FAIL  d")), (COUNT - 2, 2), "{}", ran.stdout);
    assert!(ran.stdout.contains("https://chat.d7.example:443  key "), "{}", ran.stdout);
    let last = ran.stdout.lines().last().unwrap();
    assert!(last.starts_with("FAIL  40 domains: 38 ok, 0 with warnings, 2 failed"), "{last}");
    assert!(ran.stdout.contains("most frequent: "), "{}", ran.stdout);
    let quiet = fleet.run(&["list.txt", "--quiet"]);
    assert_eq!(quiet.stdout.lines().count(), 1, "{}", quiet.stdout);
}

#[test]
fn forms_for_programs_are_whole_documents() {
    let fleet = fleet();
    let lines = fleet.run(&["list.txt", "--format", "ndjson"]).stdout;
    let verdicts = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert_eq!(verdicts.filter(|line| line["type"] == "verdict").count(), COUNT);
    let reports: Vec<Value> = serde_json::from_str(&fleet.run(&["list.txt", "--format", "json"]).stdout).unwrap();
    assert_eq!(reports.iter().filter(|report| report["verdict"] == "problems").count(), 2);
    let suites = fleet.run(&["list.txt", "--format", "junit"]).stdout;
    assert_eq!(suites.matches("<testsuite ").count(), COUNT);
    assert!(suites.trim_end().ends_with("</testsuites>"));
    let sarif: Value = serde_json::from_str(&fleet.run(&["list.txt", "--format", "sarif"]).stdout).unwrap();
    let run = &sarif["runs"][0];
    let failed = |result: &&Value| result["level"] == "error";
    assert!(run["results"].as_array().unwrap().iter().filter(failed).count() >= 2, "{run}");
    for result in run["results"].as_array().unwrap() {
        let rule = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
    }
    let tap = fleet.run(&["list.txt", "--format", "tap"]).stdout;
    let points = |word: &str| tap.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((points("ok "), points("not ok "), tap.lines().last()), (COUNT - 2, 2, Some("1..40")), "{tap}");
    let page = fleet.run(&["list.txt", "--format", "html"]).stdout;
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</body></html>\n"), "{page}");
    assert_eq!((page.matches("<section id=").count(), page.matches("<main>").count()), (COUNT, 1));
    // A form whose first line is about all of them.
    let state = fleet.run(&["list.txt", "--format", "nagios"]).stdout;
    assert!(state.starts_with("FEDCTL CRITICAL - ") && state.contains("; 37 more | errors="), "{state}");
    let ran = fleet.run(&["list.txt", "--format", "csv", "--output", "all.csv"]);
    assert_eq!(ran.stdout, "");
    let table = fleet.fedctl.read("all.csv");
    assert_eq!(table.matches("\"subject\",").count(), 1);
    assert!((0..COUNT).all(|at| table.contains(&format!("\"d{at}.example\","))));
}

#[test]
fn a_form_that_holds_all_reports_takes_a_bounded_list() {
    let fedctl = Fedctl::new();
    fedctl.write("list.txt", (0..5001).map(|at| format!("d{at}.example\n")).collect::<String>());
    let args = ["dns-check", "--resolver", "127.0.0.1:9", "--list", "list.txt", "--format", "prometheus"];
    let (error, hint) = fedctl.refused(&args);
    assert!(error.contains("at most 5000; the list has 5001"), "{error}");
    assert!(hint.starts_with("--format json, ndjson, junit, sarif, tap, csv, markdown, html, github are"), "{hint}");
}

#[test]
fn the_export_of_a_hub_is_a_list() {
    let fleet = fleet();
    let export = r#"{"schema": 1, "peers": [{"domain": "d2.example", "url": "x"}, {"domain": "d3.example"}]}"#;
    let ran = fleet.fedctl.run_with(&fleet.args(&["-"]), export);
    assert!(ran.status == 0 && ran.stdout.contains("PASS  2 domains: 2 ok"), "{ran:?}");
}

/// The zone above the domains, and the addresses of its servers, are queried once for all domains.
#[test]
fn what_domains_have_in_common_is_queried_once() {
    let count = |domains: usize| {
        let fedctl = Fedctl::new();
        fedctl.ok(&["keygen"]);
        let (good, mut world) = (healthy(&fedctl), World::new());
        let names: Vec<String> = (0..domains).map(|at| format!("d{at}.example")).collect();
        let cuts: String = names.iter().map(|name| format!("{name}. IN NS ns1.example.\n")).collect();
        let below = names.iter().map(|name| (name.as_str(), zone(1, &good)));
        let zones: Vec<(&str, String)> = [("example", zone(1, &cuts))].into_iter().chain(below).collect();
        world.serve("ns1.example", &zones, &[]);
        fedctl.write("list.txt", names.join("\n"));
        let args = ["dns-check", "--list", "list.txt", "--timeout", "60s"].map(String::from);
        let ran = fedctl.run(&args.into_iter().chain(world.flags()).collect::<Vec<_>>());
        assert_eq!(ran.status, 0, "{ran:?}");
        world.asked()
    };
    let (one, many) = (count(1), count(11));
    assert!(many + 10 * 4 <= 11 * one, "{one} queries for one domain, {many} for eleven");
}

#[test]
fn lines_that_are_no_domains_are_named_and_do_not_stop_the_others() {
    let fleet = fleet();
    let garbage: String = (0..50_000).map(|at| format!("https://{at}/\u{1b}[31m\nd{}.example\n", 2 + at % 3)).collect();
    fleet.fedctl.write("garbage.txt", garbage);
    let ran = fleet.run(&["garbage.txt"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("3 domains: 3 ok, 0 with warnings, 0 failed"), "{}", ran.stdout);
    assert!(ran.stdout.contains("not read: 50,000 lines of the list"), "{}", ran.stdout);
    assert!(ran.stderr.contains("line 1 column 1 of `garbage.txt` is not read: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("49,990 more lines"), "{}", ran.stderr);
    assert!(!ran.stderr.contains('\u{1b}') && ran.stderr.lines().count() < 20, "{}", ran.stderr);
}

/// Bytes that are no text spoil their own line only. A list that Windows wrote is read, or refused with what it is.
#[test]
fn a_damaged_line_does_not_hide_the_others() {
    let fleet = fleet();
    let refused = |file: &str, bytes: &[u8]| {
        std::fs::write(fleet.fedctl.path(file), bytes).unwrap();
        fleet.run(&[file])
    };
    let ran = refused("damaged.txt", b"\xef\xbb\xbfd2.example\r\n\xff\x00\xfe.example\r\nd3.example\r\n");
    assert!(ran.stdout.contains("2 domains: 2 ok, 0 with warnings, 0 failed"), "{ran:?}");
    assert!(ran.stdout.contains("not read: 1 line of the list"), "{ran:?}");
    assert!(ran.stderr.contains("line 2 column 1 of `damaged.txt` is not read: "), "{ran:?}");
    let wide: Vec<u8> = "\u{feff}d0.example\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let ran = refused("wide.txt", &wide);
    assert!(ran.stderr.contains("`wide.txt` is UTF-16, as Windows PowerShell writes it, not UTF-8"), "{ran:?}");
    assert_eq!(ran.status, 2);
}

/// A job that checks nothing does not pass.
#[test]
fn a_list_without_a_domain_is_refused() {
    let fedctl = Fedctl::new();
    for text in ["", "# nobody yet\n", "{\"peers\": []}"] {
        fedctl.write("empty.txt", text);
        let (error, _) = fedctl.refused(&["dns-check", "--list", "empty.txt", "--resolver", "127.0.0.1:9"]);
        assert_eq!(error, "`empty.txt` names no domain");
    }
}

#[test]
fn an_interrupted_run_is_continued_and_checks_nothing_twice() {
    let fleet = served(&["delay=40ms"]);
    let args = fleet.args(&["list.txt", "--jobs", "2", "--resume", "done", "--format", "ndjson"]);
    let mut child = fleet.fedctl.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    while first.matches("\"verdict\",").count() < 3 && reader.read_line(&mut first).unwrap() > 0 {}
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    reader.read_to_string(&mut first).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    // A crash may cut the last line off.
    let record = fleet.fedctl.read("done");
    fleet.fedctl.write("done", &record[..record.len() - 5]);
    let ran = fleet.run(&["list.txt", "--resume", "done", "--format", "ndjson"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let subjects = |text: &str| -> Vec<String> {
        let rows = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        rows.filter(|row| row["type"] == "verdict").map(|row| row["subject"].as_str().unwrap().to_owned()).collect()
    };
    let (before, after) = (subjects(&first), subjects(&ran.stdout));
    assert!(before.len() < COUNT, "the run was interrupted");
    // All but the one that was cut off are checked once.
    assert_eq!(before.len() + after.len(), COUNT + 1, "{before:?} {after:?}");
    assert!(ran.stderr.contains("40 domains: 38 ok"), "{}{}", ran.stderr, ran.stdout);
    fleet.fedctl.write("done", "not a record\n");
    let refused = fleet.run(&["list.txt", "--resume", "done"]);
    assert!(refused.stderr.contains("`done` is not the record of a `fedctl dns-check --list`"), "{}", refused.stderr);
}

#[test]
fn handshakes_take_a_list_too() {
    let fleet = fleet();
    let mut args = vec!["handshake".to_owned(), "--list".to_owned(), "-".to_owned(), "--connect-to".to_owned()];
    args.extend(["chat.d2.example:443=127.0.0.1:1", "--timeout", "2s"].map(str::to_owned));
    args.extend(fleet.world.flags());
    let ran = fleet.fedctl.run_with(&args, "d0.example\nd2.example # the last\n");
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("2 domains: 0 ok, 0 with warnings, 2 failed"), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("FAIL  d2.example"), "{}", ran.stdout);
}

#[test]
fn a_terminal_shows_how_far_the_work_is() {
    let fleet = served(&["delay=100ms"]);
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_fedctl")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let variables = fleet.world.variables();
    let mut variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.push(("PATH", &path));
    let Some(terminal) = Terminal::start("sh", fleet.fedctl.dir.path(), &variables) else { return };
    terminal.text("fedctl dns-check --list list.txt --jobs 1 --timeout 30s; echo status=$?");
    terminal.key("Enter");
    let is_progress =
        |line: &str| line.contains(" of 40 · ") && line.contains("/s · ") && line.trim_end().ends_with(" left");
    terminal.wait("the progress", |screen| screen.lines().any(is_progress));
    terminal.key("C-c");
    let screen = terminal.wait("the end", |screen| screen.lines().any(|line| line.starts_with("status=1")));
    assert!(!screen.lines().any(is_progress), "progress leaves no trace: {screen}");
}
