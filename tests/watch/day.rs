//! A day of a watch with its own clock, through the database, with restarts.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use fedctl::commands::watch::recorder::Recorder;
use fedctl::dns::name::Domain;
use fedctl::facts::evidence::{Evidence, SCHEMA};
use fedctl::facts::watch_evidence::WatchEvidence;
use fedctl::report::watch::domain_state::Rules;
use fedctl::report::watch::message::Kind;
use fedctl::report::watch::{DAY, Finding, HOUR, MINUTE, Property, Snapshot, Verdict};
use fedctl::severity::Severity;
use fedctl::store::watch::{WatchStore, Watched};
use tokio::runtime::Runtime;

/// 2026-11-24T00:00:00Z.
const MIDNIGHT: i64 = 1_795_478_400;
const CHANNEL: &str = "command:page";

/// What a check at that moment finds.
fn check(domain: &str, time: i64) -> Snapshot {
    let clock = time - MIDNIGHT;
    let failing = match domain {
        // From 03:00 to 03:40.
        "outage.example" => (3 * HOUR..3 * HOUR + 40 * MINUTE).contains(&clock),
        // Every other quarter of an hour from 10:00 to 14:00.
        "flapping.example" => (10 * HOUR..14 * HOUR).contains(&clock) && clock / (15 * MINUTE) % 2 == 0,
        // In the silence of the night, and from 23:30 on.
        "night.example" => (HOUR..2 * HOUR).contains(&clock) || clock >= 23 * HOUR + 30 * MINUTE,
        _ => false,
    };
    let unknown = (18 * HOUR..18 * HOUR + 30 * MINUTE).contains(&clock);
    let finding = Finding {
        check: "peer-connect".into(),
        severity: Severity::Error,
        what: "nothing answers".into(),
        means: "messages are lost".into(),
        fix: "start it".into(),
    };
    let key = if domain == "rotated.example" && clock >= 16 * HOUR { "k2" } else { "k1" };
    Snapshot {
        time,
        verdict: match (unknown, failing) {
            (true, _) => Verdict::Unknown,
            (_, true) => Verdict::Failing,
            _ => Verdict::Ok,
        },
        findings: if failing && !unknown { vec![finding] } else { Vec::new() },
        properties: BTreeMap::from([(Property::Key, key.to_owned())]),
        certificate_until: (domain == "expiring.example").then_some(MIDNIGHT + 10 * DAY),
        latency: Some(30),
        elapsed: 200,
    }
}

fn recorder(store: WatchStore, watcher: &str) -> Recorder {
    Recorder {
        store,
        watcher: watcher.to_owned(),
        rules: Rules::default(),
        silences: vec!["00:30-05:00".parse().unwrap()],
        channels: vec![CHANNEL.into()],
    }
}

/// The lock of a dropped store goes with the thread that holds its connection, a moment later.
async fn reopened(dir: &Path) -> WatchStore {
    for _ in 0..1000 {
        if let Ok(store) = WatchStore::open(dir, true).await {
            return store;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the lock is never released")
}

#[test]
fn a_day_has_the_messages_that_it_should_have_and_no_others() {
    let runtime = Runtime::new().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let domains =
        ["outage.example", "flapping.example", "night.example", "rotated.example", "expiring.example", "quiet.example"];
    let list: Vec<Watched> = domains
        .iter()
        .map(|domain| Watched {
            domain: domain.parse().unwrap(),
            every: if *domain == "quiet.example" { HOUR } else { 5 * MINUTE },
        })
        .collect();
    let evidence = WatchEvidence {
        dns: Evidence { schema: SCHEMA, program: "fedctl".into(), runs: Vec::new() },
        peer: None,
        hub: None,
    };
    let mut sent: Vec<Sent> = Vec::new();
    let mut checks: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    runtime.block_on(async {
        let mut watcher = recorder(WatchStore::open(dir.path(), true).await.unwrap(), "w0");
        watcher.store.set_list(&list, MIDNIGHT).await.unwrap();
        for step in 0..DAY / 20 {
            let now = MIDNIGHT + step * 20;
            watcher.store.beat(&watcher.watcher, now).await.unwrap();
            let claims = watcher.store.take(&watcher.watcher, 10, now).await.unwrap();
            if step % 171 == 170 && !claims.is_empty() {
                // Killed with checks under way: another watcher takes over.
                drop(watcher);
                watcher = recorder(reopened(dir.path()).await, &format!("w{step}"));
                continue;
            }
            for claim in claims {
                checks.entry(claim.domain.to_string()).or_default().push(now);
                assert!(watcher.record(&claim, check(claim.domain.as_str(), now), &evidence).await.unwrap());
            }
            for outgoing in watcher.store.take_messages(&watcher.watcher, CHANNEL, 10, now).await.unwrap() {
                let clock = outgoing.message.time - MIDNIGHT;
                let hour = format!("{:02}:{:02}", clock / HOUR, clock % HOUR / MINUTE);
                sent.push((outgoing.message.domain.to_string(), outgoing.message.kind(), hour));
                watcher.store.close_message(CHANNEL, &outgoing, None, now).await.unwrap();
            }
        }
        let spans = watcher.store.spans(&"outage.example".parse::<Domain>().unwrap(), 0).await.unwrap();
        let verdicts: Vec<Verdict> = spans.iter().map(|span| span.snapshot.verdict).collect();
        assert_eq!(verdicts, [Verdict::Ok, Verdict::Failing, Verdict::Ok, Verdict::Unknown, Verdict::Ok]);
        let counted: i64 = spans.iter().map(|span| span.checks).sum();
        assert_eq!(counted as usize, checks["outage.example"].len(), "every check is in the history once");
        for span in &spans {
            let kept = watcher.store.evidence(&"outage.example".parse().unwrap(), span.number).await.unwrap();
            assert_eq!(WatchEvidence::parse(&kept.unwrap()).unwrap(), evidence);
        }
    });
    has_its_messages(&sent);
    is_checked_in_time(&checks);
}

/// A message of the day: its domain, its kind, and the time of day in UTC.
type Sent = (String, Kind, String);

fn has_its_messages(sent: &[Sent]) {
    let found = |domain: &str| -> Vec<(Kind, &str)> {
        let of = sent.iter().filter(|(known, ..)| known == domain);
        of.map(|(_, kind, hour)| (*kind, hour.as_str())).collect()
    };
    let kinds = |domain: &str| found(domain).iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
    assert_eq!(found("outage.example"), [], "it began and ended in the silence");
    assert_eq!(found("quiet.example"), []);
    // Two changes are announced before it counts as unstable; then one message, and one for its end.
    let flapping = kinds("flapping.example");
    assert_eq!(flapping.iter().filter(|kind| **kind == Kind::Unstable).count(), 1, "{flapping:?}");
    assert!(flapping.len() <= 4 && flapping.last() == Some(&Kind::Settled), "{:?}", found("flapping.example"));
    assert_eq!(kinds("night.example"), [Kind::Problem]);
    assert!(found("night.example")[0].1 > "23:30" && found("night.example")[0].1 < "23:50", "{sent:?}");
    assert_eq!(kinds("rotated.example"), [Kind::Change]);
    assert!(found("rotated.example")[0].1 > "16:00" && found("rotated.example")[0].1 < "16:15", "{sent:?}");
    assert_eq!(kinds("expiring.example"), [Kind::Reminder]);
}

/// Each domain is checked about as often as the list has it.
fn is_checked_in_time(checks: &BTreeMap<String, Vec<i64>>) {
    for (domain, times) in checks {
        let every = if domain == "quiet.example" { HOUR } else { 5 * MINUTE };
        let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        let shortest = times.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
        assert!(shortest < longest, "{domain} was checked every {longest} s: no jitter");
        assert!(longest <= every * 11 / 10 + MINUTE, "{domain} was left alone for {longest} s");
        assert!(shortest >= every * 9 / 10 - MINUTE, "{domain} was checked again after {shortest} s");
    }
}

/// What one watcher holds, another one takes only when the heartbeat of the first is missing for half a minute, and then the result
/// of the first is dropped.
#[test]
fn a_watcher_that_comes_back_late_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    Runtime::new().unwrap().block_on(async {
        let store = WatchStore::open(dir.path(), true).await.unwrap();
        let (slow, quick) = (recorder(store.clone(), "slow"), recorder(store.clone(), "quick"));
        let list = [Watched { domain: "peer.example".parse().unwrap(), every: HOUR }];
        store.set_list(&list, MIDNIGHT).await.unwrap();
        store.beat("slow", MIDNIGHT).await.unwrap();
        store.beat("quick", MIDNIGHT).await.unwrap();
        let held = store.take("slow", 1, MIDNIGHT).await.unwrap().pop().unwrap();
        assert!(store.take("quick", 1, MIDNIGHT + 30).await.unwrap().is_empty(), "one check at a time");
        let now = MIDNIGHT + 31;
        store.beat("quick", now).await.unwrap();
        let taken = store.take("quick", 1, now).await.unwrap().pop().expect("the watcher is replaced within a minute");
        let evidence = WatchEvidence {
            dns: Evidence { schema: SCHEMA, program: "fedctl".into(), runs: Vec::new() },
            peer: None,
            hub: None,
        };
        assert!(!slow.record(&held, check("peer.example", now), &evidence).await.unwrap(), "it holds nothing any more");
        assert!(quick.record(&taken, check("peer.example", now), &evidence).await.unwrap());
        let spans = store.spans(&"peer.example".parse::<Domain>().unwrap(), 0).await.unwrap();
        assert_eq!(spans.iter().map(|span| span.checks).collect::<Vec<_>>(), [1]);
    });
}
