//! kill -9 under load, again and again: whatever the hub has acknowledged is found again.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::hub::KEYS;
use crate::support::Fedctl;
use crate::support::http::try_send;
use crate::support::hub::{Hub, eventually};

const ROUNDS: usize = 6;
const CLIENTS: usize = 4;
/// Before a kill; the last rounds are killed later than the first.
const ACKNOWLEDGED: usize = 15;

#[test]
fn no_acknowledged_registration_is_lost() {
    let fedctl = Fedctl::new();
    let args = ["--data", "hub", "--mail-to-log", "--registrations-per-hour", "1000000"];
    let acknowledged = Mutex::new(Vec::<String>::new());
    for round in 0..ROUNDS {
        let mut hub = Hub::start(&fedctl, &args);
        let (addr, over) = (hub.addr, AtomicBool::new(false));
        let before = acknowledged.lock().unwrap().len();
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (acknowledged, over) = (&acknowledged, &over);
                scope.spawn(move || {
                    for at in 0.. {
                        if over.load(Ordering::Relaxed) {
                            return;
                        }
                        let domain = format!("r{round}-c{client}-{at}.example.org");
                        let body = json!({"domain": domain, "url": "https://chat.example.org", "public_key": KEYS[0]});
                        let answer = try_send(addr, "POST", "/api/v1/peers", &[], &body.to_string());
                        if answer.is_some_and(|answer| answer.status == 200) {
                            acknowledged.lock().unwrap().push(domain);
                        }
                    }
                });
            }
            let wanted = before + ACKNOWLEDGED * (round + 1);
            eventually(|| (acknowledged.lock().unwrap().len() >= wanted).then_some(()));
            hub.child.kill().unwrap();
            hub.child.wait().unwrap();
            over.store(true, Ordering::Relaxed);
        });
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    let db = rusqlite::Connection::open(fedctl.path("hub/hub.db")).unwrap();
    let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let mut find = db.prepare("SELECT count(*) FROM hub_proposals WHERE domain = ?1").unwrap();
    for domain in &acknowledged {
        let count: i64 = find.query_row([domain], |row| row.get(0)).unwrap();
        assert_eq!(count, 1, "{domain} was acknowledged and is lost");
    }
    // Each of them gets its mail from the next process, too.
    let hub = Hub::start(&fedctl, &args);
    let waiting =
        || db.query_row("SELECT count(*) FROM hub_proposals WHERE attempts = 0", [], |row| row.get::<_, i64>(0));
    eventually(|| (waiting().unwrap() == 0).then_some(()));
    assert_eq!(try_send(hub.addr, "GET", "/healthz", &[], "").unwrap().status, 200);
    assert!(acknowledged.len() >= ROUNDS * ACKNOWLEDGED);
}

#[test]
fn a_stop_lets_the_work_be_finished() {
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log"]);
    let idle = std::net::TcpStream::connect(hub.addr).unwrap();
    let start = std::time::Instant::now();
    assert_eq!(hub.stop(), 0);
    assert!(start.elapsed() < Duration::from_secs(30));
    drop(idle);
}
