//! Two federation domains on loopback: `b.example` runs an embedded peer, `a.example` is who asks. Their keys are those of the
//! vectors (bob and alice).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use fedctl::commands::serve::peer::{PeerOptions, peers};
use fedctl::endpoint::ConnectTo;
use fedctl::facts::call::Outgoing;
use fedctl::key::PrivateKey;
use fedctl::net::Net;
use fedctl::net::resolvers::Resolver;
use fedctl::rocketchat::events::documents::{Collection, Documents};
use fedctl::rocketchat::events::kind::{Kind, OldKind};
use fedctl::rocketchat::events::room_event::{Draft, OldEvent, RoomEvent};
use fedctl::serve::dns::{self, Zone};
use fedctl::serve::peer::certificate::{self, Tls};
use fedctl::serve::peer::fault::Fault;
use fedctl::serve::peer::handler::Handler;
use fedctl::serve::peer::{self, Config};
use fedctl::x509::trust::Roots;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::world::{HERE, key_record, zone};
use super::{Fedctl, Ran, repository};

pub const A: &str = "a.example";
pub const B: &str = "b.example";
/// A domain whose server nobody runs; its key is carol's.
pub const C: &str = "c.example";

/// What the peer is to be.
pub struct Peer<'a> {
    pub release: &'a str,
    pub faults: &'a [Fault],
    /// `_https` with a certificate, or `_http`.
    pub https: bool,
    /// The port speaks the other one of the two.
    pub swapped: bool,
    pub listen: &'a str,
    /// Where the asker listens for the peer's own messages.
    pub callback: Option<SocketAddr>,
    /// It answers messages.
    pub sandbox: bool,
    /// The routes of a 7.x release are open.
    pub gate_open: bool,
    /// The rate limits of the release apply.
    pub rate_limits: bool,
    /// Both domains speak https, with certificates of an authority that both trust; those of the asker are in `drill.pem` and
    /// `drill-key.pem`.
    pub https_both: bool,
}

impl Default for Peer<'_> {
    fn default() -> Self {
        Self {
            release: "6.2.0",
            faults: &[],
            https: true,
            swapped: false,
            listen: "127.0.0.1:0",
            callback: None,
            sandbox: false,
            gate_open: false,
            rate_limits: false,
            https_both: false,
        }
    }
}

/// DNS, the peer, and a directory with keys and the authority.
pub struct Peers {
    pub fedctl: Fedctl,
    pub addr: SocketAddr,
    pub resolver: SocketAddr,
    pub log: Arc<Mutex<Vec<String>>>,
    https: bool,
    servers: (dns::Running, Option<peer::Running>),
    // After the servers, which stop while it still runs.
    runtime: Runtime,
}

/// A key pair of the vectors.
pub fn key(id: &str) -> PrivateKey {
    let keys: Vec<Value> =
        serde_json::from_slice(&std::fs::read(repository("tests/vectors/keys.json")).unwrap()).unwrap();
    let row = keys.iter().find(|row| row["id"] == id).unwrap();
    PrivateKey::from_text(row["private"].as_str().unwrap(), || anyhow::bail!("no")).unwrap()
}

/// The directory with `a.key`, which belongs to alice.
fn directory() -> Fedctl {
    let fedctl = Fedctl::new();
    let file = fedctl.write("a.key", key("alice").one_line().unwrap().as_bytes());
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    fedctl
}

fn records(https: bool, key: &PrivateKey) -> String {
    let (scheme, port) = if https { ("https", 443) } else { ("http", 80) };
    let srv =
        ["_tcp".to_owned(), format!("_{scheme}")].map(|label| format!("_rocketchat.{label} IN SRV 1 1 {port} chat\n"));
    let protocol = format!("rocketchat-protocol IN TXT \"{scheme}\"\n");
    format!("{}{protocol}{}", srv.concat(), key_record(&key.public().one_line()))
}

async fn name_server(asker: bool, https: bool) -> dns::Running {
    let zones = [
        (A, zone(1, &records(asker, &key("alice")))),
        (B, zone(1, &records(https, &key("bob")))),
        (C, zone(1, &records(false, &key("carol")))),
    ];
    let zones = zones.iter().map(|(origin, text)| Zone::parse(text, Some(origin), HERE).unwrap()).collect();
    dns::start(dns::Config { listen: SocketAddr::new(HERE, 0), zones, faults: Vec::new() }).await.unwrap()
}

/// The peer's certificate, and the authorities that it trusts.
fn certificates(fedctl: &Fedctl, peer: &Peer) -> (Tls, Roots) {
    if !peer.https_both {
        let tls = Tls::made(&["chat.b.example".to_owned()], peer.faults).unwrap();
        fedctl.write("ca.pem", tls.authority.as_ref().unwrap());
        return (tls, Roots::new(None).unwrap());
    }
    let (root, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&root).unwrap().pem();
    let hosts = ["chat.a.example", "chat.b.example"].map(str::to_owned);
    let leaf = CertificateParams::new(hosts).unwrap();
    let chain = leaf.signed_by(&key, &Issuer::from_params(&authority, &root)).unwrap().pem();
    fedctl.write("ca.pem", &pem);
    fedctl.write("drill.pem", &chain);
    fedctl.write("drill-key.pem", key.serialize_pem());
    let chain = certificate::chain(chain.as_bytes()).unwrap();
    let tls = Tls::given(chain, certificate::private_key(key.serialize_pem().as_bytes()).unwrap()).unwrap();
    (tls, Roots::new(Some(pem.as_bytes())).unwrap())
}

impl Peers {
    /// Starts the name server and the peer.
    pub fn start(peer: &Peer) -> Self {
        let runtime = Runtime::new().unwrap();
        let names = runtime.block_on(name_server(peer.https_both, peer.https));
        let resolver = names.addr;
        let fedctl = directory();
        let (tls, roots) = certificates(&fedctl, peer);
        let port = if peer.https_both { 443 } else { 80 };
        let overrides: Vec<ConnectTo> =
            peer.callback.iter().map(|addr| format!("chat.a.example:{port}={addr}").parse().unwrap()).collect();
        let release = peer.release.parse().unwrap();
        let domain: fedctl::dns::name::Domain = B.parse().unwrap();
        let asked = PeerOptions {
            net: Net {
                timeout: std::time::Duration::from_secs(20),
                deadline: fedctl::net::DEADLINE,
                connect_to: overrides,
                resolvers: vec![Resolver::at(resolver)],
                roots,
                sockets: fedctl::net::ask::Sockets::default(),
                cache: None,
            },
            identity: (domain.clone(), key("bob")),
        };
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = log.clone();
        let config = Config {
            listen: peer.listen.parse().unwrap(),
            tls: (peer.https != peer.swapped).then_some(tls),
            faults: peer.faults.to_vec(),
            sandbox: peer.sandbox,
            users: ["fedctl", "bob", "echo"]
                .into_iter()
                .take(if peer.sandbox { 3 } else { 2 })
                .map(str::to_owned)
                .collect(),
            gate_open: peer.gate_open,
            rate_limits: peer.rate_limits,
            ..Config::new(
                (domain, key("bob")),
                release,
                peers(&asked, release),
                Arc::new(move |entry| lines.lock().unwrap().push(entry.to_string())),
            )
        };
        let running = runtime.block_on(peer::start(config)).unwrap();
        let addr = running.addr;
        Self { fedctl, addr, resolver, log, https: peer.https, servers: (names, Some(running)), runtime }
    }

    /// The name server alone; what answers at `addr` is the test's own affair, over plain HTTP.
    pub fn around(addr: SocketAddr) -> Self {
        let runtime = Runtime::new().unwrap();
        let names = runtime.block_on(name_server(false, false));
        let resolver = names.addr;
        Self { fedctl: directory(), addr, resolver, log: Arc::default(), https: false, servers: (names, None), runtime }
    }

    /// The database of the peer, and what it sends.
    pub fn handler(&self) -> Arc<Handler> {
        self.servers.1.as_ref().unwrap().handler.clone()
    }

    /// Waits for something that the peer does.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The flags that lead to this world.
    pub fn flags(&self) -> Vec<String> {
        let port = if self.https { 443 } else { 80 };
        let override_to = format!("chat.b.example:{port}={}", self.addr);
        let mut flags = vec!["--resolver".into(), self.resolver.to_string(), "--connect-to".into(), override_to];
        if self.https {
            flags.extend(["--ca-file".to_owned(), "ca.pem".to_owned()]);
        }
        flags
    }

    /// Reads or changes the database of the peer.
    pub fn with<T>(&self, work: impl FnOnce(&mut Documents) -> T) -> T {
        self.handler().with(work)
    }

    /// A document of the peer's database.
    pub fn document(&self, collection: Collection, id: &str) -> Option<Value> {
        self.with(|documents| documents.get(collection, id).cloned())
    }

    /// Makes an event of the peer behind the newest ones of the room, and keeps it there.
    pub fn create(&self, room: &str, kind: Kind, data: Value) -> Value {
        self.handler().create(room, kind, data).to_json()
    }

    /// Makes an event without parents, as all of those are with which a room begins.
    pub fn create_first(&self, room: &str, kind: Kind, data: Value) -> Value {
        let event = RoomEvent::new(
            Draft { origin: &B.parse().unwrap(), room, kind, time: peer::handler::now(), data },
            Vec::new(),
        )
        .to_json();
        let id = event["_id"].as_str().unwrap().to_owned();
        self.with(|documents| documents.put(Collection::Events, &id, event.clone()));
        event
    }

    /// The peer sends these events to `a.example`; true when they were accepted.
    pub fn deliver(&self, events: &[Value]) -> bool {
        self.runtime.block_on(self.handler().deliver(&A.parse().unwrap(), events))
    }

    /// The peer sends an event of 1.x to `a.example`; the answer as it came.
    pub fn deliver_old(&self, kind: OldKind, payload: Value) -> Value {
        let to: fedctl::dns::name::Domain = A.parse().unwrap();
        let event = OldEvent::new(&to, kind, peer::handler::now(), payload).to_json().to_string();
        let exchange = self.runtime.block_on(self.handler().call(&to, Outgoing::Event(event)));
        exchange.unwrap().answer().unwrap().json.clone().unwrap()
    }

    /// The peer keeps a file that others can fetch.
    pub fn keep_upload(&self, id: &str, document: Value, bytes: &[u8]) {
        self.handler().keep_upload(id, document, bytes);
    }

    /// Runs `fedctl handshake b.example` as `a.example`.
    pub fn handshake(&self, more: &[&str]) -> Ran {
        let mut args = vec!["--domain", A, "--key", "a.key"];
        args.extend(more);
        self.anonymous(&args)
    }

    /// Runs it without an identity.
    pub fn anonymous(&self, more: &[&str]) -> Ran {
        let mut args: Vec<String> = vec!["handshake".into(), B.into(), "--timeout".into(), "20s".into()];
        args.extend(self.flags());
        args.extend(more.iter().map(ToString::to_string));
        self.fedctl.run(&args)
    }

    /// The report as JSON.
    pub fn report(&self, more: &[&str]) -> Value {
        let mut args = vec!["--format", "json"];
        args.extend(more);
        let ran = self.handshake(&args);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
    }
}

/// The ids of the findings with their severities, sorted; without the exposure of files and user search, which every server has
/// that no proxy protects.
pub fn findings(report: &Value) -> Vec<String> {
    all_findings(report).into_iter().filter(|line| !line.ends_with("peer-exposure")).collect()
}

/// The ids of all findings with their severities, sorted.
pub fn all_findings(report: &Value) -> Vec<String> {
    let shown = |found: &Value| format!("{} {}", found["severity"].as_str().unwrap(), found["id"].as_str().unwrap());
    let mut found: Vec<String> = report["findings"].as_array().unwrap().iter().map(shown).collect();
    found.sort();
    found
}
