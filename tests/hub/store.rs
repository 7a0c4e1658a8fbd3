//! The same tests on both databases.

use std::pin::Pin;

use fedctl::dns::name::Domain;
use fedctl::rocketchat::hub::ledger::{
    Action, Change, Ledger, Peer, Requested, Terms, ask, decide, mail_sent, take_mail_job,
};
use fedctl::rocketchat::hub::registration::Entry;
use fedctl::rocketchat::hub::token::Token;
use fedctl::store::Store;

use crate::support::postgres::Postgres;

fn domain(text: &str) -> Domain {
    text.parse().unwrap()
}

fn entry(url: &str) -> Entry {
    Entry { url: url.into(), public_key: "key with ' and \u{fc}".into() }
}

fn peer(name: &str, url: &str) -> Peer {
    Peer { domain: domain(name), entry: entry(url), since: 5, confirmed: 7 }
}

async fn options(store: &Store, name: &str, options: Action, now: i64) -> Requested {
    let of = domain(name);
    let rule = move |ledger: &Ledger| ask(ledger, &of, options, now, Terms::default());
    store.transact(&domain(name), rule).await.unwrap()
}

async fn mail(store: &Store, now: i64) -> Option<Token> {
    let due = store.due(now, 10).await.unwrap().into_iter().next()?;
    let (id, of) = (due.id.clone(), due.id);
    let job =
        store.transact(&due.domain, move |ledger| take_mail_job(ledger, &id, now, Terms::default())).await.unwrap()?;
    let attempt = job.proposal.attempts;
    store.transact(&due.domain, move |ledger| (mail_sent(ledger, &of, attempt), ())).await.unwrap();
    Some(job.token)
}

async fn a_life(store: Store) {
    let (name, of) = ("mydomain.com", domain("mydomain.com"));
    assert_eq!(options(&store, name, Action::Serve(entry("https://a")), 100).await, Requested::Mailed);
    let ledger = store.ledger(&of).await.unwrap();
    assert_eq!((ledger.peer, ledger.proposals.len()), (None, 1));
    assert_eq!(store.counts(100).await.unwrap().mails_due, 1);
    let token = mail(&store, 100).await.unwrap();
    assert!(mail(&store, 100_000).await.is_none(), "it was sent");
    let kept = store.proposal(token.id()).await.unwrap().unwrap();
    assert_eq!((kept.token, kept.attempts, kept.mail_due), (Some(token.hash()), 1, None));
    assert_eq!(store.open_proposals(100, 10).await.unwrap(), std::slice::from_ref(&kept));
    let decided = store.transact(&of, move |ledger| decide(ledger, &token, true, 200)).await.unwrap();
    assert_eq!(decided.unwrap().id, kept.id);
    let served = store.peer(&of).await.unwrap().unwrap();
    assert_eq!((served.entry, served.since, served.confirmed), (entry("https://a"), 200, 200));
    assert_eq!(options(&store, name, Action::Serve(entry("https://a")), 201).await, Requested::Served);
    assert_eq!(options(&store, name, Action::Remove, 202).await, Requested::Mailed);
    let counts = store.counts(203).await.unwrap();
    assert_eq!((counts.peers, counts.open, counts.mails_due), (1, 1, 1));
    assert_eq!(store.sweep(150).await.unwrap(), 1);
    assert_eq!(store.ledger(&of).await.unwrap().proposals.len(), 1);
}

async fn pages_of_peers(store: Store) {
    let names: Vec<String> = (0..2500).map(|at| format!("d{at:05}.example.org")).collect();
    let peers: Vec<Peer> = names.iter().map(|name| peer(name, "https://a")).collect();
    store.apply(peers.iter().cloned().map(Change::Serve).collect()).await.unwrap();
    store.apply(vec![Change::Serve(peer(&names[3], "https://b")), Change::Forget(domain(&names[4]))]).await.unwrap();
    let all = store.all_peers().await.unwrap();
    assert_eq!(all.len(), 2499);
    assert_eq!((&all[3].entry.url[..], all[4].domain.as_str()), ("https://b", names[5].as_str()));
    assert_eq!(store.peers(&names[2400], 3).await.unwrap().len(), 3);
    assert!(store.peer(&domain("other.example.org")).await.unwrap().is_none());
}

async fn all_or_none(store: Store) {
    let of = domain("mydomain.com");
    store.apply(vec![Change::Serve(peer("mydomain.com", "https://a"))]).await.unwrap();
    let panics = store.clone();
    let gone = tokio::spawn(async move {
        let rule = |_: &Ledger| -> (Vec<Change>, ()) { panic!("a rule that breaks down") };
        panics.transact(&domain("mydomain.com"), rule).await
    });
    assert!(gone.await.map_or(true, |result| result.is_err()));
    assert_eq!(store.peer(&of).await.unwrap().unwrap().entry, entry("https://a"));
    store.apply(vec![Change::Forget(of.clone())]).await.unwrap();
    assert!(store.peer(&of).await.unwrap().is_none(), "the store still works");
}

/// Many at the same time want one domain: exactly as many mails as are allowed.
async fn one_decision_at_a_time(store: Store) {
    let mut tasks = tokio::task::JoinSet::new();
    for at in 0..40 {
        let store = store.clone();
        tasks.spawn(
            async move { options(&store, "mydomain.com", Action::Serve(entry(&format!("https://{at}"))), 9).await },
        );
    }
    let asked = tasks.join_all().await;
    assert_eq!(asked.iter().filter(|asked| **asked == Requested::Mailed).count(), Terms::default().mails_per_day);
    assert_eq!(store.ledger(&domain("mydomain.com")).await.unwrap().proposals.len(), Terms::default().mails_per_day);
}

type Case = (&'static str, fn(Store) -> Pin<Box<dyn Future<Output = ()>>>);

const CASES: &[Case] = &[
    ("a_life", |store| Box::pin(a_life(store))),
    ("pages_of_peers", |store| Box::pin(pages_of_peers(store))),
    ("all_or_none", |store| Box::pin(all_or_none(store))),
    ("one_decision_at_a_time", |store| Box::pin(one_decision_at_a_time(store))),
];

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_ledger() {
    for (name, case) in CASES {
        let dir = tempfile::tempdir().unwrap();
        eprintln!("sqlite: {name}");
        case(Store::create(&dir.path().join("new/data")).await.unwrap()).await;
        Store::open(&dir.path().join("new/data")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_ledger() {
    let Some(postgres) = Postgres::start() else { return };
    for (name, case) in CASES {
        eprintln!("postgres: {name}");
        let url = postgres.database(name);
        case(Store::connect(&url, None).await.unwrap()).await;
        Store::connect(&url, None).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_under_tls_must_be_the_right_one() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.database("tls");
    let secure = format!("{url}?sslmode=require");
    a_life(Store::connect(&secure, Some(&postgres.ca)).await.unwrap()).await;
    let stranger = Store::connect(&secure, None).await.unwrap_err().to_string();
    assert!(stranger.contains("PostgreSQL cannot be used"), "{stranger}");
    let clear = Store::connect(&url, Some(&postgres.ca)).await.unwrap_err().to_string();
    assert!(clear.contains("no TLS"), "{clear}");
}

#[tokio::test]
async fn data_of_a_later_release_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::create(dir.path()).await.unwrap());
    let db = rusqlite::Connection::open(dir.path().join("hub.db")).unwrap();
    db.execute("UPDATE hub_schema SET version = 99", []).unwrap();
    let error = format!("{:#}", Store::open(dir.path()).await.unwrap_err());
    assert!(error.contains("schema 99"), "{error}");
    std::fs::write(dir.path().join("hub.db"), "this is no database, but it is long enough to look like one").unwrap();
    assert!(Store::open(dir.path()).await.is_err());
}
