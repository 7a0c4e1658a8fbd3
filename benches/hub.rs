//! A hub with 10,000 peers beside one with 100, and beside plain SQLite that does the same work without a hub.

// A measurement prints, and stops when it cannot measure.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Instant;

use fedctl::key::PrivateKey;
use fedctl::rocketchat::hub::ledger::{Change, Peer, Terms};
use fedctl::rocketchat::hub::registration::{Admission, Entry};
use fedctl::serve::hub::{Config, Limits, Mail, Running, start};
use fedctl::store::Store;
use serde_json::json;
use tokio::runtime::Runtime;

const PEERS: [usize; 2] = [100, 10_000];
const SEARCHES: usize = 4_000;
const REGISTRATIONS: usize = 400;
const CLIENTS: usize = 8;

fn domain(at: usize) -> String {
    format!("d{at:05}.example.org")
}

/// Microseconds for each of `count`.
fn each(count: usize, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6 / count as f64
}

/// One connection that stays open, as a reverse proxy has.
struct Client(BufReader<TcpStream>);

impl Client {
    fn new(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, request: &str) -> u16 {
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut line, mut status, mut length) = (String::new(), 0, 0);
        loop {
            line.clear();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the hub has closed the connection");
            let lower = line.to_lowercase();
            if lower.starts_with("http/1.1 ") {
                status = lower[9..12].parse().unwrap();
            } else if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            } else if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        black_box(body);
        status
    }

    fn search(&mut self, at: usize) {
        let request = format!("GET /api/v1/peers?search={} HTTP/1.1\r\nHost: hub\r\n\r\n", domain(at));
        assert_eq!(self.send(&request), 200);
    }

    fn register(&mut self, domain: &str, key: &str) {
        let body = json!({"domain": domain, "url": "https://chat.example.org", "public_key": key}).to_string();
        let head = format!("POST /api/v1/peers HTTP/1.1\r\nHost: hub\r\nContent-Length: {}\r\n\r\n", body.len());
        assert_eq!(self.send(&(head + &body)), 200);
    }
}

async fn hub(dir: &Path, peers: usize, key: &str) -> Running {
    let store = Store::create(dir).await.unwrap();
    let peer = |at| {
        Change::Serve(Peer {
            domain: domain(at).parse().unwrap(),
            entry: Entry { url: "https://chat.example.org".into(), public_key: key.into() },
            since: 0,
            confirmed: 0,
        })
    };
    let took = Instant::now();
    store.apply((0..peers).map(peer).collect()).await.unwrap();
    println!("{:<46}{:>10.0}", format!("{peers} entries in one import, ms"), took.elapsed().as_secs_f64() * 1e3);
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        public_url: Some("https://hub.example.org".into()),
        store,
        mail: Mail::Log,
        mail_from: "hub@hub.example.org".into(),
        admission: Admission::default(),
        terms: Terms::default(),
        limits: Limits { registrations: u32::MAX, searches: u32::MAX, connections: 100 },
        trusted_proxies: Vec::new(),
    };
    start(config).await.unwrap()
}

/// The same table, asked directly.
fn plain_searches(dir: &Path, peers: usize) -> f64 {
    let db = rusqlite::Connection::open(dir.join("hub.db")).unwrap();
    let sql = "SELECT domain, url, public_key, since, confirmed FROM hub_peers WHERE domain = ?1";
    let mut statement = db.prepare(sql).unwrap();
    each(SEARCHES, || {
        for at in 0..SEARCHES {
            let url: String = statement.query_row([domain(at * 7 % peers)], |row| row.get(1)).unwrap();
            black_box(url);
        }
    })
}

/// As many commits of one row that the disk has confirmed.
fn plain_commits(dir: &Path, key: &str) -> f64 {
    let db = rusqlite::Connection::open(dir.join("plain.db")).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.pragma_update(None, "synchronous", "FULL").unwrap();
    db.execute_batch("CREATE TABLE t (domain TEXT PRIMARY KEY, url TEXT, public_key TEXT)").unwrap();
    each(REGISTRATIONS, || {
        for at in 0..REGISTRATIONS {
            db.execute("INSERT INTO t VALUES (?1, 'https://chat.example.org', ?2)", [&domain(at), key]).unwrap();
        }
    })
}

fn main() {
    let runtime = Runtime::new().unwrap();
    let key = PrivateKey::generate(2048).unwrap().public().one_line();
    let line = |what: String, time: f64, ratio: f64| println!("{what:<46}{time:>10.1}{ratio:>10.2}");
    let mut small = 0.0;
    for peers in PEERS {
        let dir = tempfile::tempdir().unwrap();
        let running = runtime.block_on(hub(dir.path(), peers, &key));
        let mut client = Client::new(running.addr);
        client.search(0);
        let search = each(SEARCHES, || (0..SEARCHES).for_each(|at| client.search(at * 7 % peers)));
        if peers == PEERS[0] {
            small = search;
            println!("\n{:<46}{:>10}{:>10}", "", "µs", "ratio");
        }
        let plain = plain_searches(dir.path(), peers);
        line(format!("search among {peers}, over HTTP"), search, search / small);
        line("  the same row from plain SQLite".into(), plain, plain / search);
        if peers == PEERS[1] {
            let plain = plain_commits(dir.path(), &key);
            let one = each(REGISTRATIONS, || {
                (0..REGISTRATIONS).for_each(|at| client.register(&format!("one-{at}.example.org"), &key));
            });
            let many = each(REGISTRATIONS * CLIENTS, || {
                std::thread::scope(|scope| {
                    for number in 0..CLIENTS {
                        let (addr, key) = (running.addr, &key);
                        scope.spawn(move || {
                            let mut client = Client::new(addr);
                            let name = |at| format!("many-{number}-{at}.example.org");
                            (0..REGISTRATIONS).for_each(|at| client.register(&name(at), key));
                        });
                    }
                });
            });
            line("registration, acknowledged, with its mail".into(), one, one / plain);
            line(format!("  the same from {CLIENTS} clients at once"), many, many / plain);
            line("  one durable commit of plain SQLite".into(), plain, 1.0);
        }
        runtime.block_on(running.stop());
    }
}
