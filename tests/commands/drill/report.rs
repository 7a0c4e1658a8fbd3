//! The report of a drill in each format, and from a saved one.

use clap::ValueEnum as _;
use fedctl::rocketchat::drill::step::Step;

use super::{drill, start};
use crate::support::Fedctl;
use crate::support::peers::A;

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
    ok direct room created with both members; the peer's request lists
    it as stored
    ok same again accepted once more; the peer's request lists it as
    stored
    ok message stored, with a mention of the user; the peer's
    request lists it as stored
    ok reaction on set; the peer's request lists it as stored
    ok reaction off removed; the peer's request lists it as stored
    ok edit text replaced; the peer's request lists it as stored
    ok file fetched from us N ms later: 70 bytes
    ok recovery requested the withheld event N ms later, and was
    sent it
    ok mute muted; the peer's request lists it as stored
    ok unmute unmuted; the peer's request lists it as stored
    ok delete message deleted; the peer's request lists it as stored
    ok remove removed; the peer's request lists it as stored
    warning leave accepted, and a 3.1.0 server fails on it: Cannot read
    property 'success' of undefined
    found POST /api/v1/federation.events.dispatch → 200
    application/json {} N ms)
    means there is no event for a user who leaves a room, and no
    handler for the event of later releases
    fix Upgrade to 3.6.3 or later, or let the owner of the room
    remove the user.
    ok delete room accepted, not verified: the peer answers before it
    applies events
    n/a read receipt exists in 1.x only: later releases send no receipts
    n/a broadcast room exists in 1.x only: later releases send such a room
    as a private one
    n/a public channel servers refuse it from 2.0 on:
    "Channels cannot be federated"
    n/a encrypted room no release federates encrypted rooms

    A 3.1.0 server answers "200 {}" to every message before it decrypts it. Only
    its own requests verify a step: for the file, for the withheld event, and for
    missing events, with the events that it has stored.

    left at the peer the members federation and isRemote in the document of bob
    remove: nothing to do: the peer writes them into every user
    that another server looks up
    the user fedctl@a.example
    remove: Administration > Users > fedctl@a.example > Delete
    an entry for a.example in the list of federated servers
    remove: nothing to do: it is removed with the user
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
fn the_help_names_every_step() {
    let help = Fedctl::new().ok(&["drill", "--help"]);
    let words: Vec<&str> = help.split(|c: char| c.is_whitespace() || c == ',' || c == '.').collect();
    for step in Step::value_variants() {
        assert!(words.contains(&step.id().as_str()), "{}", step.id());
    }
}

#[test]
fn a_saved_drill_is_judged_again_without_a_network() {
    let (peers, way_back) = start("3.18.7", false);
    let ran = drill(&peers, &way_back, &["--save", "drill.json"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let again = peers.fedctl.run(&["drill", "--replay", "drill.json"]);
    let timeless = |text: &str| text.lines().filter(|line| !line.contains("checks, ")).collect::<Vec<_>>().join("\n");
    assert_eq!(timeless(&again.stdout), timeless(&ran.stdout));
    // The page has each step by its name, and what stays.
    let page = peers.fedctl.run(&["drill", "--replay", "drill.json", "--format", "html"]).stdout;
    for name in ["way back", "same again", "recovery", "left at the peer"] {
        assert!(page.contains(&format!("<th scope=\"row\">{name}</th>")), "{name}: {page}");
    }
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
