//! What `records` prints, published by the real programs of each name server and fetched again over DNS: every byte of the key
//! must come back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fedctl::dns::codec::Flags;
use fedctl::dns::record::{Outcome, Query, RData, RecordType};
use fedctl::net::ask::{Sockets, ask};
use fedctl::render::records::{find, write};
use fedctl::rocketchat::records::{Data, Plan, Record, RecordSet};

use super::records::printed;
use super::records::with_key;
use super::records_programs::whole_zone;
use crate::support::name_servers::{knotd, named_with, nsd, unbound_with};
use crate::support::{Fedctl, programs};

const TSIG: &str = "key \"k\" { algorithm hmac-sha256; secret \"c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMw==\"; };\n";

/// The key and the SRV record of 3.4 and later, as the server answers them.
fn fetched(server: SocketAddr) -> Option<(Vec<u8>, RData)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = |name: &str, kind| {
        let question = Query::new(format!("{name}.mydomain.com"), kind);
        let reply =
            runtime.block_on(ask(&Sockets::default(), server, &question, Flags::AUTHORITY, Duration::from_secs(5)));
        match reply.outcome {
            Outcome::Found(records) if records.len() == 1 => Some(records[0].data.clone()),
            _ => None,
        }
    };
    let key = answer("rocketchat-public-key", RecordType::Txt)?.joined()?;
    Some((key, answer("_rocketchat._https", RecordType::Srv)?))
}

fn assert_published(server: SocketAddr, key: &str, by: &str) {
    let target = "chat.mydomain.com".into();
    let srv = RData::Srv { priority: 1, weight: 1, port: 443, target };
    assert_eq!(fetched(server), Some((key.as_bytes().to_vec(), srv)), "{by}");
}

/// Every byte that there is, twice over, so that it takes three strings.
fn any_bytes() -> (Plan, Vec<u8>) {
    let value: Vec<u8> = (0..=255u8).chain(0..=255).collect();
    let (domain, zone) = ("mydomain.com".parse().unwrap(), "mydomain.com".parse().unwrap());
    let owner = "rocketchat-public-key.mydomain.com".into();
    let record = Record { owner, ttl: 60, data: Data::Txt(value.clone()), reason: "", read_by: "" };
    (Plan { set: RecordSet { domain, zone, records: vec![record] }, warnings: Vec::new() }, value)
}

fn fetched_bytes(server: SocketAddr) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let question = Query::new("rocketchat-public-key.mydomain.com", RecordType::Txt);
    let reply = runtime.block_on(ask(&Sockets::default(), server, &question, Flags::AUTHORITY, Duration::from_secs(5)));
    reply.outcome.records()[0].data.joined().unwrap()
}

#[test]
fn every_byte_survives_name_servers_and_nsupdate() {
    let (plan, value) = any_bytes();
    let zone = write(find("zone").unwrap(), &plan).unwrap();
    let Some(server) = named_with(&[("mydomain.com", &whole_zone(&zone))], TSIG, "allow-update { key \"k\"; };") else {
        return;
    };
    assert_eq!(fetched_bytes(server.addr), value);
    let fedctl = Fedctl::new();
    fedctl.write("tsig", TSIG);
    let Some(nsupdate) = programs::find("nsupdate") else { return };
    let clear = format!(
        "server 127.0.0.1 {}\nzone mydomain.com.\nupdate delete rocketchat-public-key.mydomain.com.\nsend\n",
        server.addr.port()
    );
    let script = write(find("nsupdate").unwrap(), &plan).unwrap();
    fedctl.write("script", format!("{clear}{script}"));
    run(Command::new(nsupdate).args(["-k", "tsig", "script"]).current_dir(fedctl.dir.path()));
    assert_eq!(fetched_bytes(server.addr), value);
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn named_nsd_and_knot_serve_their_zone_files() {
    let (fedctl, key) = with_key();
    let zone = |format| whole_zone(&printed(&fedctl, format));
    let served = [
        ("zone", named_with(&[("mydomain.com", &zone("zone"))], "", "")),
        ("bind", named_with(&[("mydomain.com", &zone("bind"))], "", "")),
        ("nsd", nsd("mydomain.com", &zone("nsd"))),
        ("knot", knotd("mydomain.com", &zone("knot"))),
    ];
    for (format, server) in served {
        let Some(server) = server else { continue };
        assert_published(server.addr, &key, format);
    }
}

#[test]
fn unbound_answers_with_its_local_data() {
    let (fedctl, key) = with_key();
    let Some(server) = unbound_with(&[], &printed(&fedctl, "unbound")) else { return };
    assert_published(server.addr, &key, "unbound");
    let (plan, value) = any_bytes();
    let Some(server) = unbound_with(&[], &write(find("unbound").unwrap(), &plan).unwrap()) else { return };
    assert_eq!(fetched_bytes(server.addr), value);
}

#[test]
fn nsupdate_and_knsupdate_publish() {
    let (fedctl, key) = with_key();
    fedctl.write("tsig", TSIG);
    fedctl.write("tsig.knot", "hmac-sha256:k:c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMw==\n");
    // What is there before must go.
    let old = whole_zone("rocketchat-public-key 60 IN TXT \"old\"\n");
    for (program, key_file) in [("nsupdate", "tsig"), ("knsupdate", "tsig.knot")] {
        let Some(path) = programs::find(program) else { continue };
        let Some(server) = named_with(&[("mydomain.com", &old)], TSIG, "allow-update { key \"k\"; };") else { return };
        let script = format!("server 127.0.0.1 {}\n{}", server.addr.port(), printed(&fedctl, program));
        fedctl.write("script", script);
        run(Command::new(path).args(["-k", key_file, "script"]).current_dir(fedctl.dir.path()));
        assert_published(server.addr, &key, program);
    }
}

/// A PowerDNS with an SQLite database in the directory, and its API.
pub struct PowerDns {
    child: Child,
    pub dns: SocketAddr,
    pub api: SocketAddr,
}

impl Drop for PowerDns {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn power_dns(fedctl: &Fedctl) -> Option<PowerDns> {
    let server = programs::find("pdns_server")?;
    let dir = fedctl.dir.path();
    programs::power_dns_database(&fedctl.path("pdns.db"))?;
    let (dns, api) = (programs::free_port(), programs::free_port());
    let config = format!(
        "launch=gsqlite3\ngsqlite3-database={0}/pdns.db\nlocal-address=127.0.0.1\nlocal-port={1}\nsocket-dir={0}\n\
         webserver=yes\nwebserver-address=127.0.0.1\nwebserver-port={2}\napi=yes\napi-key=test\n\
         cache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\nzone-cache-refresh-interval=0\n",
        dir.display(),
        dns.port(),
        api.port()
    );
    fedctl.write("pdns.conf", config);
    let util = programs::find("pdnsutil")?;
    run(Command::new(util).arg(format!("--config-dir={}", dir.display())).args([
        "create-zone",
        "mydomain.com",
        "ns1.mydomain.com",
    ]));
    let mut command = Command::new(server);
    command.arg(format!("--config-dir={}", dir.display())).arg("--guardian=no").arg("--daemon=no");
    let log = std::fs::File::create(fedctl.path("pdns.log")).unwrap();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let running = PowerDns { child, dns, api };
    let start = Instant::now();
    while TcpStream::connect(dns).is_err() || TcpStream::connect(api).is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "pdns_server does not answer: {}", fedctl.read("pdns.log"));
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(running)
}

#[test]
fn pdnsutil_publishes() {
    let (fedctl, key) = with_key();
    let Some(server) = power_dns(&fedctl) else { return };
    let util: PathBuf = programs::find("pdnsutil").unwrap();
    let own = format!(
        "pdnsutil() {{ '{}' --config-dir='{}' \"$@\"; }}\nset -e\n",
        util.display(),
        fedctl.dir.path().display()
    );
    for _ in 0..2 {
        run(Command::new("sh").arg("-c").arg(format!("{own}{}", printed(&fedctl, "pdnsutil"))));
        assert_published(server.dns, &key, "pdnsutil");
    }
}

#[test]
fn the_api_of_powerdns_publishes() {
    let (fedctl, key) = with_key();
    let Some(server) = power_dns(&fedctl) else { return };
    let body = printed(&fedctl, "powerdns-api");
    let request = |method: &str, body: &str| {
        let mut stream = TcpStream::connect(server.api).unwrap();
        let path = "/api/v1/servers/localhost/zones/mydomain.com.";
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: test\r\nConnection: close\r\nContent-Length: {}",
            body.len()
        );
        write!(stream, "{head}\r\nContent-Type: application/json\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = request("PATCH", &body);
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert_published(server.dns, &key, "powerdns-api");
    // What the API exports is read by lint.
    let exported = request("GET", "");
    let json = exported.split_once("\r\n\r\n").unwrap().1;
    let lint = ["records", "lint", "--format", "powerdns-api", "--key", "federation.pub"];
    let ran = fedctl.run_with(&lint, &json[json.find('{').unwrap()..=json.rfind('}').unwrap()]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}
