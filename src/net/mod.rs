//! The only place that opens a connection. Observes, and never judges.

pub mod api;
pub mod ask;
pub mod cache;
pub mod call;
pub mod delegation;
pub mod dns;
pub mod http;
pub mod hub;
pub mod locate;
pub mod look_up;
pub mod native;
pub mod notify;
mod pace;
pub mod peer;
pub mod probes;
pub mod resolvers;
pub mod server;
pub mod session;
pub mod tcp;
pub mod tls;
pub mod udp;
mod view;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ask::Sockets;
use cache::Cache;
use resolvers::Resolver;

use crate::dns::record::Outcome;
use crate::endpoint::ConnectTo;
use crate::x509::trust::Roots;

/// The default for all DNS answers about one domain together.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How to reach the network. Every client has one, and finds hosts with its `locate`.
#[derive(Debug, Clone)]
pub struct Net {
    /// For one answer.
    pub timeout: Duration,
    /// For all DNS answers about one domain together.
    pub deadline: Duration,
    /// Addresses to use instead of those that DNS gives.
    pub connect_to: Vec<ConnectTo>,
    pub resolvers: Vec<Resolver>,
    /// The authorities that certificates are checked with.
    pub roots: Roots,
    /// The sockets of DNS.
    pub sockets: Sockets,
    /// What the domains of a run have in common; `None` for a run that queries everything for each domain.
    pub cache: Option<Cache>,
}

/// The name of [`Net`] in the modules that observe DNS.
pub type Route = Net;

impl Net {
    /// For many domains: with its own sockets, which send each server at most so many queries a second, and a cache for what the
    /// domains have in common.
    pub fn for_list(self, qps: u32) -> Self {
        Self { sockets: Sockets::limited(qps), cache: Some(Cache::default()), ..self }
    }

    /// The socket addresses of the resolvers.
    pub fn resolver_addrs(&self) -> Vec<SocketAddr> {
        self.resolvers.iter().map(|resolver| resolver.addr).collect()
    }

    /// The address that a person gave for this host and port.
    pub fn override_to(&self, host: &str, port: u16) -> Option<SocketAddr> {
        let host = host.trim_end_matches('.');
        let fits = |override_to: &&ConnectTo| override_to.port == port && override_to.host.eq_ignore_ascii_case(host);
        self.connect_to.iter().find(fits).map(|override_to| override_to.to)
    }
}

fn elapsed(start: tokio::time::Instant) -> u32 {
    milliseconds(start.elapsed())
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// What became of a question that the system could not send or whose answer it could not read.
fn unreachable(error: &io::Error, prefix: &str) -> Outcome {
    match lacks_route(error) {
        true => Outcome::NoRoute,
        false => Outcome::Unreachable(format!("{prefix}{}", description(error))),
    }
}

/// True when this machine has no route to an address, or no address of its family.
fn lacks_route(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkUnreachable};
    matches!(error.kind(), NetworkUnreachable | HostUnreachable | AddrNotAvailable)
}

/// The system's reason, in plain words.
pub fn description(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::NetworkUnreachable => "no route to this network".into(),
        io::ErrorKind::HostUnreachable => "no route to this host".into(),
        io::ErrorKind::AddrNotAvailable => "this machine has no address of that family".into(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => "the connection was closed".into(),
        _ => error.to_string(),
    }
}
