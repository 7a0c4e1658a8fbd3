//! Where to connect: the URL of a server, the address of a resolver, and `--connect-to`.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Hinted;

/// Scheme, host and port that a server would call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub https: bool,
    pub host: String,
    pub port: u16,
}

impl Endpoint {
    /// Reads `https://host:port`, the only form that discovery makes.
    pub fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (host, port) = rest.rsplit_once(':')?;
        Some(Self { https: scheme == "https", host: host.to_owned(), port: port.parse().ok()? })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        f.pad(&format!("{scheme}://{}:{}", self.host, self.port))
    }
}

/// `--connect-to HOST:PORT=ADDR:PORT`: connections to HOST:PORT go to ADDR:PORT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectTo {
    pub host: String,
    pub port: u16,
    pub to: SocketAddr,
}

impl fmt::Display for ConnectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}={}", self.host, self.port, self.to)
    }
}

impl FromStr for ConnectTo {
    type Err = Hinted;

    fn from_str(text: &str) -> Result<Self, Hinted> {
        let read = || {
            let (from, to) = text.split_once('=')?;
            let (host, port) = from.rsplit_once(':')?;
            let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
            let port = port.parse().ok().filter(|port| *port != 0)?;
            Some(Self { host, port, to: to.parse().ok()? }).filter(|override_to| !override_to.host.is_empty())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detour_names_both_ends() {
        let override_to: ConnectTo = "Chat.mydomain.com.:443=[::1]:8443".parse().unwrap();
        assert_eq!(override_to.to_string(), "chat.mydomain.com:443=[::1]:8443");
        for bad in ["", "a=b", "a:1=b:2", "a:0=127.0.0.1:1", ":1=127.0.0.1:1", "a:1"] {
            assert!(bad.parse::<ConnectTo>().is_err(), "{bad}");
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
