//! The only place that opens a connection. Observes, and never judges.

pub mod api;
pub mod ask;
pub mod certificate;
pub mod delegation;
pub mod dns;
pub mod http;
pub mod hub;
pub mod look_up;
pub mod peer;
pub mod probes;
pub mod server;
pub mod tls;
pub mod trust;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::endpoint::ConnectTo;

/// How to reach the network: how long to wait, and which addresses to use in place of those that DNS gives.
#[derive(Debug, Clone)]
pub struct Route {
    /// For one answer.
    pub timeout: Duration,
    pub overrides: Vec<ConnectTo>,
}

impl Route {
    /// The address that a person gave for this host and port.
    pub fn override_to(&self, host: &str, port: u16) -> Option<SocketAddr> {
        let host = host.trim_end_matches('.');
        let fits = |override_to: &&ConnectTo| override_to.port == port && override_to.host.eq_ignore_ascii_case(host);
        self.overrides.iter().find(fits).map(|override_to| override_to.to)
    }
}

fn elapsed(start: tokio::time::Instant) -> u32 {
    u32::try_from(start.elapsed().as_millis()).unwrap_or(u32::MAX)
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
