//! Watchers that are killed: nothing is lost, and nothing is counted twice.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::commands::log_lines::fit_their_schema;
use crate::support::Fedctl;
use crate::support::hub::eventually;
use crate::support::postgres::Postgres;
use crate::support::stub::Stub;
use crate::support::world::{World, zone};

/// Domains of the large list.
const MANY: usize = 1000;

/// A watcher as a process; killed when dropped.
struct Watcher {
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Watcher {
    fn start(fedctl: &Fedctl, flags: &[String]) -> Self {
        let mut args = vec![
            "watch".to_owned(),
            "--log-format".into(),
            "json".into(),
            "--listen".into(),
            "127.0.0.1:0".into(),
            "--verbose".into(),
        ];
        args.extend(flags.iter().cloned());
        let mut child = fedctl.command(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (kept, stderr) = (log.clone(), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                *kept.lock().unwrap() += &format!("{line}\n");
            }
        });
        Self { child, log }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A zone without any of the names: each check is quick and fails alike.
fn world() -> (World, Vec<String>) {
    let mut world = World::new();
    let addr = world.serve("ns1.example", &[("example", zone(1, ""))], &[]);
    (world, vec!["--resolver".into(), addr.to_string(), "--timeout".into(), "20s".into()])
}

fn list(fedctl: &Fedctl, count: usize) {
    let lines: String = (0..count).map(|at| format!("d{at}.example\n")).collect();
    fedctl.write("list.txt", lines);
}

/// How often the webhook was given each message, by its id.
fn received(webhook: &Stub) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for request in webhook.requests() {
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        let message: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(message["kind"], "problem");
        *counts.entry(message["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

/// Every domain fails; with one check to confirm it, each is one message.
fn alerts(webhook: &Stub) -> Vec<String> {
    ["--confirm".to_owned(), "1".into(), "--alert".into(), format!("webhook:http://{}/", webhook.addr)].into()
}

#[test]
fn one_of_two_watchers_is_killed_in_the_middle_of_a_thousand_checks() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.database("watch");
    let fedctl = Fedctl::new().env("FEDCTL_WATCH_DATABASE", &url);
    list(&fedctl, MANY);
    let (_world, mut flags) = world();
    flags.extend(["--list", "list.txt", "--every", "24h", "--jobs", "8"].map(String::from));
    let webhook = Stub::start("200 OK", "{}");
    flags.extend(alerts(&webhook));
    let mut one = Watcher::start(&fedctl, &flags);
    let two = Watcher::start(&fedctl, &flags);
    let number = |sql: &str| postgres.query("watch", sql).and_then(|text| text.trim().parse::<usize>().ok());
    let done = "SELECT count(*) FROM watch_domains WHERE state IS NOT NULL";
    eventually(|| number(done).filter(|done| *done >= MANY / 4));
    one.kill();
    let held = number("SELECT count(*) FROM watch_domains WHERE watcher IS NOT NULL AND state IS NULL").unwrap();
    let end = Instant::now() + Duration::from_secs(240);
    while number(done) != Some(MANY) {
        assert!(Instant::now() < end, "{} of {MANY} after the kill: {}", number(done).unwrap(), two.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    let spans = number("SELECT count(*) FROM watch_spans").unwrap();
    let checks = number("SELECT sum(checks) FROM watch_spans").unwrap();
    assert_eq!((spans, checks), (MANY, MANY), "each result is there once");
    let evidence = number("SELECT count(*) FROM watch_evidence").unwrap();
    assert_eq!(evidence, MANY);
    // Both worked, and no domain was checked by both but those that the dead one held.
    let checked = |log: &str| -> Vec<String> {
        let lines = log.lines().filter(|line| line.contains("\"message\":\"checked\""));
        let domain = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["domain"].to_string();
        lines.map(domain).collect()
    };
    let (first, second) = (checked(&one.log()), checked(&two.log()));
    assert!(first.len() > 20 && second.len() > 20, "{} and {}", first.len(), second.len());
    let twice = first.iter().filter(|domain| second.contains(domain)).count();
    assert_eq!(twice, 0, "what was written was not checked again");
    assert!(held > 0, "the killed one held something");
    // What one of them was sending when it was killed may come once more, and nothing else.
    let waiting = "SELECT count(*) FROM watch_messages WHERE closed IS NULL";
    while number(waiting) != Some(0) {
        assert!(Instant::now() < end, "{:?} messages wait: {}", number(waiting), two.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    let received = received(&webhook);
    assert_eq!(received.len(), MANY, "no message was lost");
    let more: usize = received.values().map(|times| times - 1).sum();
    assert!(more <= 1, "{more} messages came twice");
}

#[test]
fn a_single_watcher_is_killed_again_and_again() {
    const KILLS: usize = 200;
    const DOMAINS: usize = 1000;
    let fedctl = Fedctl::new();
    list(&fedctl, DOMAINS);
    let (_world, mut flags) = world();
    flags.extend(["--list", "list.txt", "--every", "24h", "--jobs", "4", "--data", "watch"].map(String::from));
    let webhook = Stub::start("200 OK", "{}");
    flags.extend(alerts(&webhook));
    let db = || rusqlite::Connection::open(fedctl.path("watch/watch.db")).unwrap();
    let number = |sql: &str| db().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap_or_default() as usize;
    let done = "SELECT count(*) FROM watch_domains WHERE state IS NOT NULL";
    let (mut kills, mut before, mut busy) = (0, 0, 0);
    while kills < KILLS {
        let mut watcher = Watcher::start(&fedctl, &flags);
        // At a moment that differs each time, from the start of the process to the middle of its checks.
        std::thread::sleep(Duration::from_millis(20 + (kills as u64 * 37) % 230));
        watcher.kill();
        kills += 1;
        if fedctl.path("watch/watch.db").exists() {
            let now = number(done);
            assert!(now >= before, "a result was lost: {before}, then {now}");
            busy += usize::from(now < DOMAINS);
            before = now;
        }
    }
    assert!(busy > 40, "only {busy} kills met a watcher that had work");
    let watcher = Watcher::start(&fedctl, &flags);
    eventually(|| (number(done) == DOMAINS).then_some(()));
    eventually(|| (number("SELECT count(*) FROM watch_messages WHERE closed IS NULL") == 0).then_some(()));
    drop(watcher);
    // A kill repeats at most the message whose acknowledgement it cut off.
    let received = received(&webhook);
    assert_eq!(received.len(), DOMAINS, "no message was lost");
    let more: usize = received.values().map(|times| times - 1).sum();
    assert!(more <= KILLS, "{more} messages came again");
    assert_eq!(number("SELECT count(*) FROM watch_spans"), DOMAINS);
    assert_eq!(number("SELECT sum(checks) FROM watch_spans"), DOMAINS);
    assert_eq!(number("SELECT count(*) FROM watch_evidence"), DOMAINS);
    assert_eq!(db().query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
}

#[test]
fn a_second_watcher_of_an_embedded_database_is_refused() {
    let fedctl = Fedctl::new();
    let (_world, mut flags) = world();
    flags.extend(["d1.example", "--data", "watch"].map(String::from));
    let watcher = Watcher::start(&fedctl, &flags);
    eventually(|| watcher.log().contains("\"checked\"").then_some(()));
    let mut once = vec!["watch".to_owned(), "--once".into()];
    once.extend(flags);
    let (error, hint) = fedctl.refused(&once);
    assert!(error.contains("another watch uses") && hint.contains("PostgreSQL"), "{error}");
    fit_their_schema(watcher.log().lines());
}
