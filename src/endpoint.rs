//! Where to connect: the URL of a server, the address of a resolver, and `--connect-to`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::Hinted;

/// Scheme, host and port that a server would call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub https: bool,
    /// A name, or an address without brackets.
    pub host: String,
    pub port: u16,
}

impl Endpoint {
    /// Reads `https://host:port`, the only form that discovery makes. The host is kept as the SRV record has it.
    pub fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (host, port) = rest.rsplit_once(':')?;
        Some(Self { https: scheme == "https", host: without_brackets(host).to_owned(), port: port.parse().ok()? })
    }

    /// The endpoint of a base URL; its path is not part of it.
    pub fn of(url: &Url) -> Result<Self, Hinted> {
        let refuse = |what: &str| {
            // A URL may hold a password, so it is not quoted with one.
            let mut shown = url.clone();
            let _ = shown.set_password(None);
            Err(Hinted::new(format!("`{shown}` {what}"), "write it as in https://chat.mydomain.com"))
        };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("is neither http nor https");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("holds a user name");
        }
        let host = without_brackets(url.host_str().unwrap_or_default()).trim_end_matches('.');
        match (host, url.port_or_known_default()) {
            ("", _) => refuse("has no host"),
            (_, None | Some(0)) => refuse("has no port that can be called"),
            (host, Some(port)) => Ok(Self { https: url.scheme() == "https", host: host.to_owned(), port }),
        }
    }

    /// The address, when the host is one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// True when the host is this machine, whatever DNS says.
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.ip().is_some_and(|ip| ip.is_loopback())
    }

    /// The host as a URL has it: an IPv6 address in brackets.
    pub fn url_host(&self) -> String {
        match self.host.parse::<Ipv6Addr>() {
            Ok(v6) => format!("[{v6}]"),
            Err(_) => self.host.clone(),
        }
    }

    /// Host, and the port unless it is the default of the scheme: the value of the header field `Host`.
    pub fn authority(&self) -> String {
        let default = if self.https { 443 } else { 80 };
        if self.port == default { self.url_host() } else { format!("{}:{}", self.url_host(), self.port) }
    }
}

impl FromStr for Endpoint {
    type Err = Hinted;

    fn from_str(text: &str) -> Result<Self, Hinted> {
        let url = Url::parse(text).map_err(|error| {
            Hinted::new(
                format!("`{}` is not a URL: {error}", text.escape_debug()),
                "write it as in https://chat.mydomain.com",
            )
        })?;
        Self::of(&url)
    }
}

/// From where an address can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// From anywhere.
    World,
    /// Only from inside a network; the words say what kind of address it is.
    Inside(&'static str),
    /// From no other machine.
    Nobody(&'static str),
}

/// Names the routes that a machine lacks which cannot reach these addresses.
pub fn missing_route(addresses: impl Iterator<Item = IpAddr>) -> &'static str {
    let families: std::collections::BTreeSet<bool> = addresses.map(|ip| ip.is_ipv6()).collect();
    match (families.contains(&false), families.contains(&true)) {
        (true, true) => "no IPv4 and no IPv6 route",
        (true, false) => "no IPv4 route",
        _ => "no IPv6 route",
    }
}

/// From where `ip` can be reached, by the registries of special addresses (RFC 6890).
pub fn reach(ip: IpAddr) -> Reach {
    match ip.to_canonical() {
        IpAddr::V4(v4) => match v4.octets() {
            [0, ..] => Reach::Nobody("the address of no host"),
            [127, ..] => Reach::Nobody("a loopback address"),
            [224..=239, ..] => Reach::Nobody("a multicast address"),
            [240..=255, ..] => Reach::Nobody("a reserved address"),
            [169, 254, ..] => Reach::Inside("a link-local address"),
            // RFC 6598.
            [100, 64..=127, ..] => Reach::Inside("an address behind a carrier-grade NAT"),
            _ if v4.is_private() => Reach::Inside("a private address"),
            _ => Reach::World,
        },
        IpAddr::V6(v6) if v6.is_unspecified() => Reach::Nobody("the address of no host"),
        IpAddr::V6(v6) if v6.is_loopback() => Reach::Nobody("a loopback address"),
        IpAddr::V6(v6) if v6.is_multicast() => Reach::Nobody("a multicast address"),
        // RFC 4291 section 2.5.6, RFC 4193.
        IpAddr::V6(v6) if v6.segments()[0] & 0xffc0 == 0xfe80 => Reach::Inside("a link-local address"),
        IpAddr::V6(v6) if v6.segments()[0] & 0xfe00 == 0xfc00 => Reach::Inside("a private address"),
        IpAddr::V6(_) => Reach::World,
    }
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        f.pad(&format!("{scheme}://{}:{}", self.url_host(), self.port))
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
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{host}:{}={}", self.port, self.to)
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
            Hinted::new(format!("`{text}` is not an address override"), hint)
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
    fn an_override_names_both_ends() {
        let override_to: ConnectTo = "Chat.mydomain.com.:443=[::1]:8443".parse().unwrap();
        assert_eq!(override_to.to_string(), "chat.mydomain.com:443=[::1]:8443");
        for bad in ["", "a=b", "a:1=b:2", "a:0=127.0.0.1:1", ":1=127.0.0.1:1", "a:1"] {
            assert!(bad.parse::<ConnectTo>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_base_url_names_one_endpoint_however_its_host_is_written() {
        for (text, host, port, shown) in [
            ("https://chat.mydomain.com", "chat.mydomain.com", 443, "https://chat.mydomain.com:443"),
            ("http://[::1]:8080/", "::1", 8080, "http://[::1]:8080"),
            ("http://localhost:80/path", "localhost", 80, "http://localhost:80"),
            ("http://127.0.0.1:3000", "127.0.0.1", 3000, "http://127.0.0.1:3000"),
            ("https://Chat.MyDomain.com.:8443", "chat.mydomain.com", 8443, "https://chat.mydomain.com:8443"),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!((endpoint.host.as_str(), endpoint.port), (host, port), "{text}");
            assert_eq!(endpoint.to_string(), shown);
            assert_eq!(Endpoint::parse(shown), Some(endpoint));
        }
        for bad in ["", "chat.mydomain.com", "ftp://a.b", "https://", "http://a.b:0", "https://u:secret@a.b"] {
            let error = bad.parse::<Endpoint>().unwrap_err();
            assert!(!format!("{error}").contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_address_shows_from_where_it_can_be_reached() {
        for (ip, world, nobody) in [
            ("198.51.100.7", true, false),
            ("2001:db8::7", true, false),
            ("172.32.0.1", true, false),
            ("100.128.0.1", true, false),
            ("0.0.0.0", false, true),
            ("127.0.1.1", false, true),
            ("::ffff:127.0.0.1", false, true),
            ("::", false, true),
            ("255.255.255.255", false, true),
            ("224.0.0.251", false, true),
            ("10.0.0.1", false, false),
            ("172.16.0.1", false, false),
            ("100.64.0.1", false, false),
            ("169.254.0.1", false, false),
            ("fe80::1", false, false),
            ("fd00::1", false, false),
        ] {
            let reach = reach(ip.parse().unwrap());
            assert_eq!((reach == Reach::World, matches!(reach, Reach::Nobody(_))), (world, nobody), "{ip}");
        }
    }

    #[test]
    fn a_resolver_has_port_53_unless_given() {
        assert_eq!(resolver("127.0.0.1").unwrap().port(), 53);
        assert_eq!(resolver("[::1]:5353").unwrap().port(), 5353);
        assert_eq!(resolver("::1").unwrap().port(), 53);
        assert!(resolver("dns.example").is_err() && resolver("127.0.0.1:0").is_err());
    }
}
