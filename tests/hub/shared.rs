//! Two hubs on one PostgreSQL.

use crate::hub::KEYS;
use crate::support::Fedctl;
use crate::support::http::get;
use crate::support::hub::{Hub, eventually};
use crate::support::postgres::Postgres;

#[test]
fn two_hubs_share_one_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    let fedctl = Fedctl::new().env("FEDCTL_HUB_DATABASE", &postgres.database("hub"));
    // Both make the tables at the same time.
    let (one, two) = std::thread::scope(|scope| {
        let start = || Hub::start(&fedctl, &["--mail-to-log", "--mails-per-day", "5"]);
        let two = scope.spawn(start);
        (start(), two.join().unwrap())
    });
    assert_eq!(one.register("mydomain.com", "https://chat.mydomain.com", &KEYS[0]).json()["status"], "mailed");
    assert_eq!(two.register("mydomain.com", "https://chat.mydomain.com", &KEYS[0]).json()["status"], "waiting");
    let log = || one.log() + &two.log();
    let token = eventually(|| log().lines().find(|line| line.contains("token=")).map(crate::support::hub::token_in));
    // One link, pressed on both at once: one of them counts it.
    let statuses = std::thread::scope(|scope| {
        let other = scope.spawn(|| two.answer(&token, "yes").status);
        let mut statuses = [one.answer(&token, "yes").status, other.join().unwrap()];
        statuses.sort_unstable();
        statuses
    });
    assert_eq!(statuses, [200, 410]);
    assert_eq!(one.url_of("mydomain.com"), two.url_of("mydomain.com"));
    assert_eq!(two.url_of("mydomain.com").as_deref(), Some("https://chat.mydomain.com"));

    // Many wishes on both sides: as many mails as allowed, each sent once.
    std::thread::scope(|scope| {
        for at in 0..6 {
            let hub = if at % 2 == 0 { &one } else { &two };
            scope.spawn(move || hub.register("busy.example.org", &format!("https://c{at}.example.org"), &KEYS[0]));
        }
    });
    eventually(|| (log().matches("mail sent").count() == 6).then_some(()));
    assert_eq!(log().lines().filter(|line| line.contains("webmaster@busy") && line.contains("token=")).count(), 5);

    let listed = fedctl.run(&["hub", "list"]);
    assert!(listed.stdout.contains("mydomain.com") && listed.stdout.contains("1 entry"), "{listed:?}");
    let (error, hint) = fedctl.refused(&["hub", "backup", "copy.db"]);
    assert!(error.contains("PostgreSQL") && hint.contains("pg_dump"), "{error}");
    drop(postgres);
    eventually(|| (get(one.addr, "/healthz").status == 503).then_some(()));
    assert!(get(two.addr, "/metrics").body.contains("fedctl_hub_store_up 0"));
}
