//! Embedded name servers on loopback for one test. A server that nobody asked fails the test: it would have verified nothing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use fedctl::commands::network::dns_client;
use fedctl::serve::dns::{Config, Fault, Running, View, Zone, start, start_resolver};
use tokio::runtime::Runtime;

use super::Fedctl;

pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Runs the name servers for as long as it lives.
pub struct World {
    // Before the runtime, so that the servers stop while it still runs.
    servers: Vec<(String, Running)>,
    runtime: Runtime,
}

impl World {
    pub fn new() -> Self {
        Self { servers: Vec::new(), runtime: Runtime::new().unwrap() }
    }

    /// A name server `host` with zones of `(origin, text)` and faults.
    pub fn serve(&mut self, host: &str, zones: &[(&str, String)], faults: &[&str]) -> SocketAddr {
        self.serve_at(SocketAddr::new(HERE, 0), host, zones, faults)
    }

    pub fn serve_at(
        &mut self,
        listen: SocketAddr,
        host: &str,
        zones: &[(&str, String)],
        faults: &[&str],
    ) -> SocketAddr {
        let zones = zones.iter().map(|(origin, text)| Zone::parse(text, Some(origin), HERE).unwrap()).collect();
        let faults = faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect();
        let running = self.runtime.block_on(start(Config { listen, zones, faults })).unwrap();
        let addr = running.addr;
        self.servers.push((host.to_owned(), running));
        addr
    }

    /// A resolver that begins at the first server and knows where the others are.
    pub fn resolver(&mut self) -> SocketAddr {
        let servers = self.servers.iter().map(|(host, running)| (host.clone(), running.addr)).collect();
        let view = View { root: self.servers[0].1.addr, forward: dns_client(Duration::from_secs(1)), servers };
        let running = self.runtime.block_on(start_resolver(SocketAddr::new(HERE, 0), view)).unwrap();
        let addr = running.addr;
        self.servers.push(("the resolver".to_owned(), running));
        addr
    }

    /// The same as [`World::flags`] for the environment.
    pub fn variables(&self) -> [(&'static str, String); 2] {
        let near = self.servers.iter().map(|(host, running)| format!("{host}:53={}", running.addr));
        let near = near.collect::<Vec<_>>().join(",");
        [("FEDCTL_RESOLVERS", self.servers[0].1.addr.to_string()), ("FEDCTL_CONNECT_TO", near)]
    }

    /// How many queries all servers have received.
    pub fn asked(&self) -> usize {
        self.servers.iter().map(|(_, running)| running.asked()).sum()
    }

    /// `--connect-to` for every server, and the first as resolver.
    pub fn flags(&self) -> Vec<String> {
        let mut flags = vec!["--resolver".to_owned(), self.servers[0].1.addr.to_string()];
        for (host, running) in &self.servers {
            flags.extend(["--connect-to".to_owned(), format!("{host}:53={}", running.addr)]);
        }
        flags
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for (host, running) in &self.servers {
            assert!(running.asked() > 0, "nobody asked {host}");
        }
    }
}

/// A zone of two name servers with this body.
pub fn zone(serial: u32, body: &str) -> String {
    format!(
        "$TTL 3600\n@ IN SOA ns1 hostmaster {serial} 3600 600 86400 300\n@ IN NS ns1\n@ IN NS ns2\n\
         ns1 IN A 127.0.0.1\nns2 IN A 127.0.0.1\nchat IN A 198.51.100.7\n{body}\n"
    )
}

/// The records of a healthy domain whose key `fedctl keygen` has made in the directory.
pub fn healthy(fedctl: &Fedctl) -> String {
    format!(
        "_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._tcp IN SRV 1 1 443 chat\n{}",
        key_record(fedctl.read("federation.pub").trim_end())
    )
}

pub fn key_record(text: &str) -> String {
    let strings: Vec<String> =
        text.as_bytes().chunks(255).map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece))).collect();
    format!("rocketchat-public-key IN TXT {}\n", strings.join(" "))
}
