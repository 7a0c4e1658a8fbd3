//! The drill against a peer of every generation: what each step shows, how it is verified, and what stays.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::ValueEnum as _;
use fedctl::rocketchat::compatibility::Direction;
use fedctl::rocketchat::drill::step::Step;
use fedctl::rocketchat::events::documents::Collection;
use fedctl::serve::peer::fault::Fault;
use serde_json::{Value, json};

use crate::support::node_peer::{NodePeer, partner};
use crate::support::peers::{A, B, Peer, Peers, free_addr};
use crate::support::{Fedctl, Ran};

/// A peer that can call back to where the drill listens. One of 2.x has the rate limits of its release.
fn start(release: &str, gate_open: bool) -> (Peers, String) {
    let callback = free_addr();
    let rate_limits = !release.starts_with("1.");
    let peer = Peer { release, https: false, callback: Some(callback), gate_open, rate_limits, ..Peer::default() };
    (Peers::start(&peer), format!("chat.a.example:80={callback}"))
}

/// The same with https in both directions, and the flags for the drill's own certificate.
fn start_https(release: &str) -> (Peers, String) {
    let callback = free_addr();
    let peer = Peer { release, https_both: true, callback: Some(callback), ..Peer::default() };
    (Peers::start(&peer), format!("chat.a.example:443={callback}"))
}

const CERTIFICATE: [&str; 4] = ["--callback-cert", "drill.pem", "--callback-cert-key", "drill-key.pem"];

fn drill(peers: &Peers, way_back: &str, more: &[&str]) -> Ran {
    peers.fedctl.run(&arguments(peers, way_back, more))
}

fn arguments(peers: &Peers, way_back: &str, more: &[&str]) -> Vec<String> {
    let args = ["drill", B, "--user", "bob", "--domain", A, "--key", "a.key", "--connect-to", way_back];
    let mut args: Vec<String> = args.map(str::to_owned).to_vec();
    args.extend(peers.flags());
    args.extend(["--timeout", "20s", "--yes"].map(str::to_owned));
    args.extend(more.iter().map(ToString::to_string));
    args
}

#[test]
fn a_drill_without_a_resolver_that_responds_reports_nothing_about_the_peer() {
    let (peers, way_back) = start("6.2.0", false);
    let mut args = arguments(&peers, &way_back, &["--timeout", "2s"]);
    let at = args.iter().position(|arg| arg == "--resolver").unwrap();
    args[at + 1] = "127.0.0.1:1".into();
    let at = args.iter().position(|arg| arg == "--timeout").unwrap();
    args.drain(at..at + 2);
    let ran = peers.fedctl.run(&args);
    assert_eq!(ran.status, 2, "{ran:?}");
    let printed = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(printed.contains("b.example could not be checked: no resolver answers (127.0.0.1:1"), "{printed}");
    assert!(!printed.contains("error "), "{printed}");
}

fn read(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
}

/// Each step with its status, and behind it what verifies it.
fn steps(report: &Value) -> Vec<(String, String)> {
    let steps = report["drill"]["steps"].as_array().unwrap().iter();
    let row = |step: &Value| {
        let (status, by) = (step["status"].as_str().unwrap(), step["verified_by"].as_str().unwrap_or("-"));
        let limit = if step["known_limit"] == true { " known limit" } else { "" };
        (step["step"].as_str().unwrap().to_owned(), format!("{status} {by}{limit}"))
    };
    steps.map(row).collect()
}

/// The steps of 2.x as a peer takes them that applies everything.
const TAKEN: &[&str] = &[
    "direct-room",
    "same-again",
    "message",
    "reaction-on",
    "reaction-off",
    "edit",
    "file",
    "recovery",
    "mute",
    "unmute",
    "delete-message",
    "remove",
    "leave",
    "delete-room",
];
const ABSENT: &[&str] = &["read-receipt", "broadcast-room", "public-channel", "encrypted-room"];

/// `fedctl compatibility` says the same as a drill, which sends as a release without faults does.
fn agrees_with_the_table(sender: &str, release: &str, report: &Value) {
    for (step, found) in steps(report) {
        let Some(promise) = Step::from_str(&step, false).unwrap().promise() else { continue };
        let direction = Direction::of(promise, sender.parse().unwrap(), release.parse().unwrap());
        assert_eq!(found.starts_with("ok"), direction.works(), "{sender} → {release}: {step} is {found}");
    }
}

/// What 4.1 of the description of the wire expects of a release: the steps that differ from all others.
fn compare(release: &str, gate_open: bool, is_blind: bool, exceptions: &[(&str, &str)]) {
    let (peers, way_back) = start(release, gate_open);
    let ran = drill(&peers, &way_back, &["--format", "json"]);
    let report = read(&ran);
    let usual = |step: &str| match step {
        _ if ABSENT.contains(&step) => "n/a -",
        "way-back" | "look-up" => "ok -",
        "file" | "recovery" => "ok call_back",
        "delete-room" if is_blind => "ok -",
        _ if is_blind => "ok question",
        _ => "ok answer",
    };
    for (step, found) in steps(&report) {
        let exception = exceptions.iter().find(|(name, _)| *name == step).map(|(_, status)| *status);
        let expected = exception.unwrap_or_else(|| usual(&step));
        assert_eq!(found, expected, "{release}: {step}\n{report:#}\n{:#?}", peers.log.lock().unwrap());
    }
    // The table takes the gate of 7.x for closed.
    if !gate_open {
        agrees_with_the_table("4.5.7", release, &report);
    }
    let fails = exceptions.iter().any(|(_, status)| status.starts_with("error"));
    assert_eq!(ran.status, i32::from(fails), "{release}");
    let dispatches = report["drill"]["requests"].as_array().unwrap().len();
    let delivered = report["drill"]["call_backs"].as_array().unwrap().iter();
    let delivered = delivered.filter(|arrival| arrival["arrived"] == "delivered").count();
    assert!(!is_blind || dispatches + delivered <= 10, "{release}: {dispatches} + {delivered}");
    // Nothing of the room is left.
    let log = peers.log.lock().unwrap().join("\n");
    let deleted = log.contains("applied: room_delete of");
    assert_eq!(deleted, report["drill"]["requests"] != serde_json::json!([]), "{log}");
}

#[test]
fn releases_2_0_to_3_2_do_what_was_recorded() {
    let ignored = ("leave", "n/a -");
    let fails = ("leave", "warning - known limit");
    for (release, exceptions) in
        [("2.0.0", &[ignored][..]), ("2.4.14", &[ignored]), ("3.0.10", &[fails]), ("3.1.0", &[fails]), ("3.2.0", &[])]
    {
        compare(release, false, true, exceptions);
    }
}

#[test]
fn releases_3_3_to_4_1_do_what_was_recorded() {
    for release in ["3.3.0", "3.4.0", "3.6.3", "3.18.7", "4.1.6"] {
        compare(release, false, true, &[]);
    }
}

#[test]
fn a_release_that_does_not_add_users_is_left_alone_after_the_room() {
    let mut exceptions: Vec<(&str, &str)> = TAKEN.iter().map(|step| (*step, "skipped -")).collect();
    exceptions.retain(|(step, _)| !["direct-room", "message", "delete-room"].contains(step));
    exceptions.extend([("direct-room", "error - known limit"), ("message", "error - known limit")]);
    compare("3.0.9", false, true, &exceptions);
}

#[test]
fn releases_from_4_2_on_verify_every_step_with_their_answer() {
    for release in ["4.2.0", "4.5.7", "5.3.0", "6.2.0"] {
        compare(release, false, false, &[]);
    }
}

#[test]
fn the_drill_speaks_tls_with_its_own_certificate() {
    let (peers, way_back) = start_https("6.2.0");
    let ran = drill(&peers, &way_back, &CERTIFICATE);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stdout.contains("fetched from us"), "{}", ran.stdout);
    let ran = drill(&peers, &way_back, &[]);
    assert!(ran.status == 2 && ran.stderr.contains("there is no certificate for it"), "{ran:?}");
}

#[test]
fn releases_that_cannot_send_receive_all_but_files_and_lost_events() {
    let exceptions = [("file", "error - known limit"), ("recovery", "error - known limit")];
    compare("6.3.0", false, false, &exceptions);
    compare("7.9.0", true, false, &exceptions);
}

#[test]
fn a_closed_gate_ends_the_drill_at_the_look_up() {
    let mut exceptions: Vec<(&str, &str)> = TAKEN.iter().map(|step| (*step, "skipped -")).collect();
    exceptions.push(("look-up", "error -"));
    compare("7.9.0", false, false, &exceptions);
}

#[test]
fn a_peer_of_1_x_takes_every_event_and_keeps_what_is_listed() {
    // Releases before 1.2 cannot be told to speak plain HTTP.
    for release in ["1.0.0", "1.3.5"] {
        let (peers, way_back) = start_https(release);
        let ran = drill(&peers, &way_back, &[&CERTIFICATE[..], &["--format", "json"]].concat());
        let report = read(&ran);
        for (step, found) in steps(&report) {
            let expected = match step.as_str() {
                "way-back" | "look-up" => "ok -",
                "file" => "ok call_back",
                "recovery" | "delete-room" | "encrypted-room" => "n/a -",
                _ => "ok answer",
            };
            assert_eq!(found, expected, "{release}: {step}\n{report:#}");
        }
        agrees_with_the_table("1.3.5", release, &report);
        assert_eq!(ran.status, 0);
        let left = report["drill"]["left"].to_string();
        for what in
            ["the rooms ", "the user fedctl@a.example", "a ping of a.example every few seconds", "1 uploaded file"]
        {
            assert!(left.contains(what), "{left}");
        }
    }
}

/// Identifiers, times and ports differ from run to run.
fn timeless(text: &str) -> String {
    let is_time = |word: &str| word.trim_matches('(').chars().all(|c| c.is_ascii_digit() || c == '.');
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let unit = |at: usize| words.get(at + 1).is_some_and(|next| next.starts_with("ms") || *next == "s");
        let shown = words.iter().enumerate().map(|(at, word)| if unit(at) && is_time(word) { "N" } else { word });
        shown.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_report_reads_from_top_to_bottom() {
    let (peers, way_back) = start("3.1.0", false);
    let ran = drill(&peers, &way_back, &[]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    insta::assert_snapshot!(timeless(&ran.stdout), @r#"
    a.example → b.example (3.1.0), user bob

    ok way back http://chat.a.example:80 leads here, with the key of
    the drill
    ok look-up bob exists, id ZT5zect9oHWuGyi3a N ms)
    ok direct room created with both members; the peer's question lists
    it as stored
    ok same again accepted once more; the peer's question lists it as
    stored
    ok message stored, with a mention of the user; the peer's
    question lists it as stored
    ok reaction on set; the peer's question lists it as stored
    ok reaction off removed; the peer's question lists it as stored
    ok edit text replaced; the peer's question lists it as stored
    ok file fetched from us N ms later: 70 bytes
    ok recovery requested the withheld event N ms later, and was
    sent it
    ok mute muted; the peer's question lists it as stored
    ok unmute unmuted; the peer's question lists it as stored
    ok delete message deleted; the peer's question lists it as stored
    ok remove removed; the peer's question lists it as stored
    warning leave accepted, and a 3.1.0 server fails on it: Cannot read
    property 'success' of undefined
    found POST /api/v1/federation.events.dispatch → 200
    application/json {} N ms)
    means there is no event for a user who leaves a room, and no
    handler for that of later releases
    fix upgrade to 3.6.3 or later, or let the owner of the room
    remove the user
    ok delete room accepted, not verified: the peer answers before it
    applies events
    n/a read receipt exists in 1.x only: later releases send no receipts
    n/a broadcast room exists in 1.x only: later releases send such a room
    as a private one
    n/a public channel servers refuse it from 2.0 on:
    "Channels cannot be federated"
    n/a encrypted room no release federates encrypted rooms

    A 3.1.0 server answers "200 {}" to every message before it looks at it. Only
    what it calls back for verifies anything: the file, the withheld event, and
    its questions, which name the events that it has stored.

    left at the peer the members federation and isRemote in the document of bob
    remove: nothing to do: the peer writes them into every user
    that another server looks up
    the user fedctl@a.example
    remove: Administration > Users > fedctl@a.example > Delete
    an entry for a.example in the list of federated servers
    remove: goes with the user
    1 uploaded file, fedctl-drill.png
    remove: no screen lists it: in the database, the document of
    rocketchat_uploads whose federation.origin is a.example
    a mail or push notification to bob
    remove: cannot be taken back

    fedctl explain drill-member
    b.example passed 15 of 16 steps, 14 verified; known limit: leave: 1 warning
    "#);
}

#[test]
fn chosen_steps_bring_what_they_need_and_the_room_is_removed() {
    let (peers, way_back) = start("6.2.0", false);
    let report = read(&drill(&peers, &way_back, &["--format", "json", "--only", "file"]));
    let taken: Vec<String> =
        steps(&report).into_iter().filter(|(_, end)| end.starts_with("ok")).map(|(step, _)| step).collect();
    assert_eq!(taken, ["way-back", "look-up", "direct-room", "file", "delete-room"]);
    let ran = drill(&peers, &way_back, &["--only", "mute"]);
    let names: Vec<&str> = ran.stdout.lines().filter_map(|line| line.strip_prefix("  ok       ")).collect();
    assert!(names.iter().any(|line| line.starts_with("mute")) && !ran.stdout.contains("recovery"), "{}", ran.stdout);
}

#[test]
fn a_kept_room_is_listed_and_a_second_drill_meets_it() {
    let (peers, way_back) = start("6.2.0", false);
    let kept = read(&drill(&peers, &way_back, &["--format", "json", "--keep-room"]));
    let ends = steps(&kept);
    let of = |name: &str| ends.iter().find(|(step, _)| step == name).unwrap().1.clone();
    assert_eq!(
        (of("remove"), of("leave"), of("delete-room")),
        ("skipped -".into(), "skipped -".into(), "skipped -".into())
    );
    let left = kept["drill"]["left"].to_string();
    assert!(left.contains("the room ") && left.contains("Administration > Rooms"), "{left}");
    assert!(!peers.log.lock().unwrap().join("\n").contains("applied: room_delete of"));
    let again = read(&drill(&peers, &way_back, &["--format", "json"]));
    assert_eq!(again["verdict"], "clean", "{again:#}");
    assert!(!again["drill"]["left"].to_string().contains("the room "));
}

#[test]
fn a_peer_that_cannot_call_back_fails_exactly_there() {
    // The records lead to the drill only from where it runs.
    let peers = Peers::start(&Peer { https: false, callback: Some(free_addr()), ..Peer::default() });
    let way_back = format!("chat.a.example:80={}", free_addr());
    let report = read(&drill(&peers, &way_back, &["--format", "json"]));
    let failed: Vec<String> =
        steps(&report).into_iter().filter(|(_, end)| end.starts_with("error")).map(|(step, _)| step).collect();
    assert_eq!(failed, ["file", "recovery"], "{report:#}");
    assert_eq!(report["verdict"], "problems");
}

#[test]
fn a_damaged_peer_is_reported_and_never_written_to_in_vain() {
    let callback = free_addr();
    let way_back = format!("chat.a.example:80={callback}");
    for (fault, check) in
        [(Fault::Disabled, "drill-look-up"), (Fault::WrongKey, "drill-room"), (Fault::Html, "peer-http")]
    {
        let peers = Peers::start(&Peer { faults: &[fault], https: false, callback: Some(callback), ..Peer::default() });
        let report = read(&drill(&peers, &way_back, &["--format", "json"]));
        let found = report["findings"].as_array().unwrap();
        assert!(found.iter().any(|finding| finding["id"] == check), "{fault:?}: {report:#}");
        let later: Vec<String> =
            steps(&report).into_iter().filter(|(_, end)| end.starts_with("ok")).map(|(step, _)| step).collect();
        assert!(!later.contains(&"message".to_owned()), "{later:?}");
    }
}

#[test]
fn the_help_names_every_step() {
    let help = Fedctl::new().ok(&["drill", "--help"]);
    let words: Vec<&str> = help.split(|c: char| c.is_whitespace() || c == ',' || c == '.').collect();
    for step in Step::value_variants() {
        assert!(words.contains(&step.id().as_str()), "{}", step.id());
    }
}

#[test]
fn nothing_is_sent_without_consent() {
    let (peers, way_back) = start("6.2.0", false);
    let args = ["drill", B, "--user", "bob", "--domain", A, "--key", "a.key", "--connect-to", &way_back];
    let args: Vec<String> = args.map(str::to_owned).into_iter().chain(peers.flags()).collect();
    let ran = peers.fedctl.run(&args);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.stderr.contains("no terminal to ask for consent") && ran.stderr.contains("--yes"), "{}", ran.stderr);
    assert_eq!(peers.log.lock().unwrap().len(), 0, "not even a look-up was made");
    let (error, hint) = peers.fedctl.refused(&["drill", A, "--user", "bob", "--domain", A, "--key", "a.key", "--yes"]);
    assert!(error.contains("does not federate with itself") && hint.contains("drill.mydomain.com"), "{error} {hint}");
    let (error, _) = peers.fedctl.refused(&["drill", B, "--user", "bob", "--yes"]);
    assert_eq!(error, "a drill needs a domain and its private key");
}

#[test]
fn a_saved_drill_is_judged_again_without_a_network() {
    let (peers, way_back) = start("3.18.7", false);
    let ran = drill(&peers, &way_back, &["--save", "drill.json"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let again = peers.fedctl.run(&["drill", "--replay", "drill.json"]);
    let timeless = |text: &str| text.lines().filter(|line| !line.contains("checks, ")).collect::<Vec<_>>().join("\n");
    assert_eq!(timeless(&again.stdout), timeless(&ran.stdout));
    let saved = peers.fedctl.read("drill.json");
    assert!(saved.contains("room_set_message_reaction") && !saved.contains("PRIVATE KEY"));
    let (error, _) = peers.fedctl.refused(&["drill", "--replay", "a.key"]);
    assert!(error.contains("this is not a saved drill"), "{error}");
}

#[test]
fn every_format_lists_the_steps() {
    let (peers, way_back) = start("6.2.0", false);
    assert_eq!(drill(&peers, &way_back, &["--save", "drill.json"]).status, 0);
    for format in ["ndjson", "junit", "sarif", "tap", "nagios", "prometheus", "csv", "markdown", "html", "github"] {
        let ran = peers.fedctl.run(&["drill", "--replay", "drill.json", "--format", format]);
        assert_eq!(ran.status, 0, "{format}: {ran:?}");
        let lists = !matches!(format, "nagios" | "sarif" | "github" | "prometheus");
        assert!(!lists || ran.stdout.contains("drill-recovery"), "{format}: {}", ran.stdout);
    }
}

#[test]
fn preparing_prints_the_records_and_checks_that_they_lead_here() {
    let (peers, way_back) = start("6.2.0", false);
    let listen = way_back.split_once('=').unwrap().1;
    let args = ["drill", "--prepare", "--domain", A, "--key", "a.key", "--listen", listen];
    let mut args: Vec<String> = args.map(str::to_owned).into_iter().chain(peers.flags()).collect();
    let lost = peers.fedctl.run(&args);
    // Without the override the records lead to port 80 of this machine, where nothing listens.
    assert!(
        timeless(&lost.stdout)
            .contains("warning drill-way-back a request from here to http://chat.a.example:80 does\nnot arrive"),
        "{}",
        lost.stdout
    );
    args.extend(["--connect-to".to_owned(), way_back.clone()]);
    let ran = peers.fedctl.run(&args);
    assert!(timeless(&ran.stdout).contains("ok drill-way-back http://chat.a.example:80 leads here"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("_rocketchat._http.a.example") && ran.stdout.contains("rocketchat-public-key.a.example"),
        "{}",
        ran.stdout
    );
}

/// A drill that gets this signal as soon as the peer has the room and waits for a file that it cannot fetch: the peer is sent to a
/// port that takes connections and says nothing. Who `insists` sends the signal until the drill has ended.
fn stopped(release: &str, (signal, insists): (&str, bool), more: &[&str]) -> (Peers, Ran) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let callback = Some(silent.local_addr().unwrap());
    let peers = Peers::start(&Peer { release, https: false, callback, ..Peer::default() });
    let args = arguments(&peers, &format!("chat.a.example:80={}", free_addr()), more);
    let mut command = peers.fedctl.command(&args);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    let has_file = || peers.log.lock().unwrap().iter().filter(|line| line.contains("sends room_message")).count() > 1;
    while !has_file() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:#?}", peers.log.lock().unwrap());
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    let send = || Command::new("kill").args([signal, &pid]).status().unwrap().success();
    assert!(send());
    while insists && send() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(50));
    }
    let ran = Ran::from(child.wait_with_output().unwrap());
    (peers, ran)
}

#[test]
fn a_drill_that_is_stopped_removes_its_room_and_reports_what_was_seen() {
    for (release, signal) in [("3.18.7", "-INT"), ("6.2.0", "-TERM")] {
        let (peers, ran) = stopped(release, (signal, false), &["--format", "json"]);
        assert_eq!(ran.status, 1, "{ran:?}");
        assert_eq!(peers.with(|documents| documents.all(Collection::Rooms).count()), 0, "{ran:?}");
        let report = read(&ran);
        let steps = report["drill"]["steps"].as_array().unwrap();
        let of = |name: &str| steps.iter().find(|step| step["step"] == name).unwrap();
        assert_eq!(
            (&of("message")["status"], &of("delete-room")["status"]),
            (&json!("ok"), &json!("ok")),
            "{report:#}"
        );
        assert_eq!(
            (&of("mute")["status"], &of("mute")["note"]),
            (&json!("skipped"), &json!("left out: the drill was stopped"))
        );
        let left = report["drill"]["left"].to_string();
        assert!(left.contains("the user fedctl@a.example") && !left.contains("the room "), "{left}");
    }
}

#[test]
fn a_second_signal_ends_the_drill_at_once_and_the_room_is_listed() {
    // The peer answers the message with the file when it has waited for five seconds.
    let (peers, ran) = stopped("6.2.0", ("-INT", true), &["--format", "json"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(peers.with(|documents| documents.all(Collection::Rooms).count()), 1);
    let report = read(&ran);
    assert!(report["drill"]["left"].to_string().contains("the room "), "{report:#}");
    let last = report["drill"]["requests"].as_array().unwrap().last().unwrap();
    assert_eq!(last["steps"], json!(["file"]));
    assert!(last["failure"].as_str().unwrap().contains("the drill was stopped"), "{last}");
}

#[test]
fn a_drill_that_is_stopped_keeps_the_room_with_keep_room() {
    let (peers, ran) = stopped("3.18.7", ("-INT", false), &["--keep-room"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(peers.with(|documents| documents.all(Collection::Rooms).count()), 1);
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("left at the peer") && text.contains("the room "), "{}", ran.stdout);
    assert!(text.contains("skipped file the drill was stopped before the peer called back"), "{}", ran.stdout);
    assert!(text.contains("; stopped"), "{}", ran.stdout);
}

#[test]
fn an_unreachable_peer_is_reported_before_anything_about_listening() {
    // The records of a.example lead to a host that nothing leads to.
    let peers = Peers::around(free_addr());
    let args: Vec<String> = arguments(&peers, "chat.nowhere.example:80=127.0.0.1:9", &["--format", "json"]);
    let args: Vec<String> = args.into_iter().map(|arg| if arg == A { "d.example".to_owned() } else { arg }).collect();
    let ran = peers.fedctl.run(&args);
    assert_eq!(ran.status, 1, "{ran:?}");
    let report = read(&ran);
    let ids: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|found| found["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["peer-connect"], "{report:#}");
    assert_eq!(report["drill"]["requests"], json!([]));
}

#[test]
fn a_server_of_node_takes_every_step() {
    for release in ["3.3.0", "3.18.7", "4.1.6", "4.2.0", "5.3.0", "6.2.0"] {
        let callback = free_addr();
        let known = json!({"peers": {A: partner(callback, "alice")}});
        let Some(node) = NodePeer::start(B, "bob", release, &["bob"], &known) else { return };
        let peers = Peers::around(node.addr);
        let ran = drill(&peers, &format!("chat.a.example:80={callback}"), &["--format", "json", "--release", release]);
        let report = read(&ran);
        for (step, found) in steps(&report) {
            let expected = match step.as_str() {
                _ if ABSENT.contains(&step.as_str()) => "n/a -",
                "way-back" | "look-up" => "ok -",
                "file" | "recovery" => "ok call_back",
                "delete-room" if release < "4.2" => "ok -",
                _ if release < "4.2" => "ok question",
                _ => "ok answer",
            };
            assert_eq!(found, expected, "{release}: {step}\n{report:#}");
        }
        assert_eq!(ran.status, 0, "{release}: {report:#}");
        let applied = |kind: &str| node.printed("applied").iter().filter(|line| line["type"] == kind).count();
        for kind in [
            "genesis",
            "room_add_user",
            "room_message",
            "room_set_message_reaction",
            "room_unset_message_reaction",
            "room_edit_message",
            "room_mute_user",
            "room_unmute_user",
            "room_delete_message",
            "room_remove_user",
            "room_user_left",
            "room_delete",
        ] {
            assert!(applied(kind) > 0, "{release}: {kind}");
        }
        assert_eq!(node.printed("fetched").len(), 1, "{release}");
        assert!(node.documents("rooms").is_empty() && node.documents("messages").is_empty(), "{release}");
    }
}
