//! The directories and servers that the command lines of the table run in.

use std::any::Any;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::json;

use crate::commands::configure::Site;
use crate::commands::records::with_key;
use crate::commands::register;
use crate::hub::KEYS;
use crate::hub::admin::confirmed;
use crate::support::Fedctl;
use crate::support::hub::Hub;
use crate::support::lab::Kept;
use crate::support::stub::Stub;
use crate::support::world::{World, healthy, key_record, zone};

/// What the places of one test share.
pub struct Shared {
    lab: Kept,
}

/// A directory, the variables that lead from it to its servers, and the servers.
pub struct Place {
    pub fedctl: Fedctl,
    _servers: Vec<Box<dyn Any>>,
}

impl Shared {
    /// A lab whose ports have five digits, as nearly all have: their number decides where lines end.
    pub fn start() -> Self {
        for _ in 0..20 {
            let lab = Kept::start(&Fedctl::new(), &[]);
            let is_long = |name: &str| lab.get(name).rsplit(':').next().is_some_and(|port| port.len() == 5);
            if is_long("FEDCTL_RESOLVERS") && is_long("FEDCTL_HUB_URL") {
                return Self { lab };
            }
        }
        panic!("this system gives short port numbers only");
    }
}

fn place(fedctl: Fedctl, variables: &[(&str, String)], servers: Vec<Box<dyn Any>>) -> Place {
    let fedctl = variables.iter().fold(fedctl, |fedctl, (name, value)| fedctl.env(name, value));
    Place { fedctl, _servers: servers }
}

fn private(fedctl: &Fedctl, name: &str) {
    std::fs::set_permissions(fedctl.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A key pair, a passphrase, and texts that are no keys.
fn directory() -> Fedctl {
    let (fedctl, key) = with_key();
    fedctl.write("pass", "correct horse\n");
    fedctl.write("cut.txt", &key[..200]);
    fedctl.write("other.txt", "hello\n");
    fedctl.write("yes", "y\n");
    fedctl.write("message.json", r#"{"events":[{"type":"ping"}]}"#);
    for name in ["federation.key", "pass"] {
        private(&fedctl, name);
    }
    fedctl
}

/// Files alone; no command may look for a server.
pub fn files(_: &Shared) -> Place {
    let nobody = ("FEDCTL_RESOLVERS", "127.0.0.1:9".to_owned());
    place(directory(), &[nobody], Vec::new())
}

const SETTINGS: &str = "domain: mydomain.com\ntarget: chat.mydomain.com\nkey: federation.key\nrelease: 6.2.0\n";

/// A name server for mydomain.com with a body for its zone. The server of the domain does not answer.
fn named(fedctl: Fedctl, body: &str) -> Place {
    named_before(fedctl, body, SocketAddr::from(([127, 0, 0, 1], 9)))
}

/// The same with a server at this address.
fn named_before(fedctl: Fedctl, body: &str, server: SocketAddr) -> Place {
    let mut world = World::new();
    world.serve("ns1.mydomain.com", &[("mydomain.com", zone(1, body))], &[]);
    world.serve("ns2.mydomain.com", &[("mydomain.com", zone(1, body))], &[]);
    let [resolvers, (name, near)] = world.variables();
    let near = format!("{near},chat.mydomain.com:443={server}");
    // Not every command asks every server.
    place(fedctl, &[resolvers, (name, near)], vec![Box::new(std::mem::ManuallyDrop::new(world))])
}

/// mydomain.com as it should be, in the settings too; and runs of some days ago.
pub fn published(_: &Shared) -> Place {
    let fedctl = directory();
    let records = healthy(&fedctl);
    fedctl.write("fedctl.yaml", SETTINGS);
    let ago = |days: i64| jiff::Timestamp::now().as_second() - days * 86_400 - 3600;
    let run = |command: &str, subject: &str, days, errors: usize, worst: Option<&str>| json!({"command": command, "subject": subject, "time": ago(days), "errors": errors, "warnings": 1, "worst": worst});
    let runs = json!({"runs": [
        run("dns-check", "mydomain.com", 2, 0, None),
        run("handshake", "peer.example", 3, 2, Some("tls-chain")),
    ]});
    std::fs::create_dir_all(fedctl.path(".local/state/fedctl")).unwrap();
    fedctl.write(".local/state/fedctl/recent.json", runs.to_string());
    named(fedctl, &records)
}

/// A provider's API that has the key of mydomain.com in two records, and name servers that have it whole.
pub fn provider(_: &Shared) -> Place {
    let fedctl = directory();
    let records = healthy(&fedctl);
    provided(fedctl, &records, "none")
}

/// The same with name servers that never serve what is published.
pub fn unserved(_: &Shared) -> Place {
    provided(directory(), "", "none")
}

/// The same with a provider that never answers changes.
pub fn unanswered(_: &Shared) -> Place {
    provided(directory(), "", "PATCH")
}

fn provided(fedctl: Fedctl, body_of_zone: &str, unanswered: &'static str) -> Place {
    let key = fedctl.read("federation.pub");
    let set = |name: &str, kind: &str, values: &[&str]| {
        let records: Vec<_> = values.iter().map(|value| json!({"content": value, "disabled": false})).collect();
        json!({"name": name, "type": kind, "ttl": 3600, "records": records})
    };
    let (first, second) = (format!("\"{}\"", &key[..255]), format!("\"{}\"", &key[255..]));
    let body = json!({"rrsets": [
        set("mydomain.com.", "NS", &["ns1.mydomain.com.", "ns2.mydomain.com."]),
        set("rocketchat-public-key.mydomain.com.", "TXT", &[&second, &first]),
        set("_rocketchat._https.mydomain.com.", "SRV", &["1 1 443 chat.mydomain.com."]),
    ]});
    let head = "200 OK\r\nContent-Type: application/json";
    let api = Stub::start_deaf(head, &body.to_string(), unanswered);
    fedctl.write("fedctl.yaml", SETTINGS);
    let fedctl = fedctl.env("PDNS_API_KEY", "test").env("PDNS_API_URL", &format!("http://{}", api.addr));
    named(fedctl, body_of_zone)
}

/// A resolver and a hub that receive everything and answer nothing.
pub fn silent(_: &Shared) -> Place {
    let fedctl = directory();
    fedctl.write("fedctl.yaml", SETTINGS);
    fedctl.write("peers.txt", "a.example\nb.example\nc.example\n");
    let (resolver, hub) = (UdpSocket::bind("127.0.0.1:0").unwrap(), Stub::start("", ""));
    let variables = [
        ("FEDCTL_RESOLVERS", resolver.local_addr().unwrap().to_string()),
        ("FEDCTL_HUB_URL", format!("http://{}", hub.addr)),
    ];
    place(fedctl, &variables, vec![Box::new(resolver), Box::new(hub)])
}

/// mydomain.com as it should be, with a server that accepts connections and answers nothing.
pub fn silent_server(_: &Shared) -> Place {
    let fedctl = directory();
    let records = healthy(&fedctl);
    let server = Stub::start("", "");
    let mut place = named_before(fedctl, &records, server.addr);
    place._servers.push(Box::new(server));
    place
}

/// mydomain.com with its key in two records.
pub fn split(_: &Shared) -> Place {
    let fedctl = directory();
    let key = fedctl.read("federation.pub");
    let records = healthy(&fedctl).replace(&key_record(&key), "");
    let two = [&key[255..], &key[..255]].map(|part| format!("rocketchat-public-key IN TXT \"{part}\"\n")).concat();
    fedctl.write("mydomain.zone", "$ORIGIN mydomain.com.\n".to_owned() + &zone(1, &(records.clone() + &two)));
    named(fedctl, &(records + &two))
}

/// The neighbour of a running lab, with its key and the authority in its directory.
pub fn lab(shared: &Shared) -> Place {
    let fedctl = Fedctl::new();
    for (variable, name) in [("FEDCTL_KEY", "federation.key"), ("FEDCTL_CA_FILE", "ca.pem")] {
        fedctl.write(name, std::fs::read(shared.lab.get(variable)).unwrap());
        private(&fedctl, name);
    }
    fedctl.write("peers.txt", "healthy.test\nno-records.test\ntypo-name.test\n");
    let here = |(name, value): &(String, String)| match name.as_str() {
        "FEDCTL_KEY" => (name.clone(), "federation.key".to_owned()),
        "FEDCTL_CA_FILE" => (name.clone(), "ca.pem".to_owned()),
        _ => (name.clone(), value.clone()),
    };
    let variables: Vec<(String, String)> = shared.lab.variables.iter().map(here).collect();
    let variables: Vec<(&str, String)> = variables.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    place(fedctl, &variables, Vec::new())
}

/// A server with an API for its settings.
pub fn server(_: &Shared) -> Place {
    administered(Site::new("4.8.3"))
}

/// The same, and federation never starts on it.
pub fn starting(_: &Shared) -> Place {
    let site = Site::new("1.3.5");
    site.script(|script| script.starts = vec!["Booting..."]);
    administered(site)
}

/// The same, and it takes one request a minute for each route.
pub fn limited(_: &Shared) -> Place {
    let site = Site::new("4.8.3");
    site.script(|script| script.limit = (1, Duration::from_secs(60)));
    administered(site)
}

fn administered(Site { fedctl, rest, world }: Site) -> Place {
    fedctl.write("yes", "y\n");
    let [resolvers, (name, near)] = world.variables();
    let near = format!("{near},chat.mydomain.com:80={}", rest.addr);
    place(fedctl, &[resolvers, (name, near)], vec![Box::new(rest), Box::new(std::mem::ManuallyDrop::new(world))])
}

/// An operator's hub with one entry, and one that waits.
pub fn hub(_: &Shared) -> Place {
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log"]);
    confirmed(&hub, "one.example.org");
    hub.register("two.example.org", "https://chat.example.org", &KEYS[0]);
    place(fedctl, &[], vec![Box::new(hub)])
}

/// A domain to register, and a hub that takes it.
pub fn registrable(_: &Shared) -> Place {
    let taken = Stub::start("200 OK\r\nContent-Type: application/json", r#"{"peer":{"domain":"mydomain.com"}}"#);
    let register::Place { world, server } = register::Place::new(register::MAIL);
    let [resolvers, (name, near)] = world.variables();
    let near = format!("{near},chat.mydomain.com:3000={}", server.addr);
    let hub = ("FEDCTL_HUB_URL", format!("http://{}", taken.addr));
    let servers: Vec<Box<dyn Any>> =
        vec![Box::new(taken), Box::new(server), Box::new(std::mem::ManuallyDrop::new(world))];
    let fedctl = directory();
    fedctl.write("fedctl.yaml", SETTINGS);
    place(fedctl, &[resolvers, (name, near), hub], servers)
}
