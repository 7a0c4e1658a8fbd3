//! The only place that opens a connection. Observes, and never judges.

pub mod ask;
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
pub mod tsig;
pub mod update;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use crate::error::Hinted;

/// How to reach the network: how long to wait, and which addresses to use in place of those that DNS gives.
#[derive(Debug, Clone)]
pub struct Route {
    /// For one answer.
    pub timeout: Duration,
    pub detours: Vec<Detour>,
}

impl Route {
    /// The address that a person gave for this host and port.
    pub fn detour(&self, host: &str, port: u16) -> Option<SocketAddr> {
        let host = host.trim_end_matches('.');
        let fits = |detour: &&Detour| detour.port == port && detour.host.eq_ignore_ascii_case(host);
        self.detours.iter().find(fits).map(|detour| detour.to)
    }
}

/// `--connect-to HOST:PORT=ADDR:PORT`: connections to HOST:PORT go to ADDR:PORT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detour {
    pub host: String,
    pub port: u16,
    pub to: SocketAddr,
}

impl fmt::Display for Detour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}={}", self.host, self.port, self.to)
    }
}

impl FromStr for Detour {
    type Err = Hinted;

    fn from_str(text: &str) -> Result<Self, Hinted> {
        let read = || {
            let (from, to) = text.split_once('=')?;
            let (host, port) = from.rsplit_once(':')?;
            let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
            let port = port.parse().ok().filter(|port| *port != 0)?;
            Some(Self { host, port, to: to.parse().ok()? }).filter(|detour| !detour.host.is_empty())
        };
        read().ok_or_else(|| {
            let hint = "write HOST:PORT=ADDR:PORT, as in `chat.mydomain.com:443=127.0.0.1:8443`";
            Hinted::new(format!("`{text}` is not a detour"), hint)
        })
    }
}

/// `ADDR` or `ADDR:PORT`, with brackets around an IPv6 address that has a port; the port of DNS is 53.
pub fn resolver(text: &str) -> Result<SocketAddr, Hinted> {
    if let Ok(addr) = text.parse::<SocketAddr>() {
        if addr.port() == 0 {
            return Err(Hinted::new(format!("`{text}` has port 0"), "a resolver listens on a port from 1 to 65535"));
        }
        return Ok(addr);
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().map(|ip| SocketAddr::new(ip, 53)).map_err(|_| {
        Hinted::new(
            format!("`{text}` is not the address of a resolver"),
            "write ADDR or ADDR:PORT, as in `127.0.0.1:5353`",
        )
    })
}

fn elapsed(start: tokio::time::Instant) -> u32 {
    u32::try_from(start.elapsed().as_millis()).unwrap_or(u32::MAX)
}

/// The system's reason, in plain words.
pub fn told(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::NetworkUnreachable => "no route to this network".into(),
        io::ErrorKind::HostUnreachable => "no route to this host".into(),
        io::ErrorKind::AddrNotAvailable => "this machine has no address of that family".into(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => "the connection was closed".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detour_names_both_ends() {
        let detour: Detour = "Chat.mydomain.com.:443=[::1]:8443".parse().unwrap();
        assert_eq!(detour.to_string(), "chat.mydomain.com:443=[::1]:8443");
        for bad in ["", "a=b", "a:1=b:2", "a:0=127.0.0.1:1", ":1=127.0.0.1:1", "a:1"] {
            assert!(bad.parse::<Detour>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_resolver_has_port_53_unless_said() {
        assert_eq!(resolver("127.0.0.1").unwrap().port(), 53);
        assert_eq!(resolver("[::1]:5353").unwrap().port(), 5353);
        assert_eq!(resolver("::1").unwrap().port(), 53);
        assert!(resolver("dns.example").is_err() && resolver("127.0.0.1:0").is_err());
    }
}
