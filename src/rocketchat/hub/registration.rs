//! What may be registered: a domain, the URL of its server, and a public key that servers can import.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use url::{Host as UrlHost, Url};

use crate::dns::name::{Domain, Host};
use crate::error::Hinted;
use crate::key::diagnosis;

/// The longest URL that is taken, in bytes.
const URL_MAX: usize = 300;
/// The longest key text that is taken, in bytes; a key of 4096 bits has 788.
const KEY_TEXT_MAX: usize = 4096;
/// The smallest key that is taken, in bits; servers make 2048.
const KEY_BITS_MIN: usize = 2048;
/// Names that only a private network knows.
const PRIVATE_SUFFIXES: [&str; 7] =
    [".local", ".localhost", ".internal", ".lan", ".home.arpa", ".invalid", ".localdomain"];

/// What a server sends: three texts, and members that are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub domain: String,
    pub url: String,
    pub public_key: String,
}

/// What the hub tells about a domain, verified at the door: an origin without a final slash, and a key on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub url: String,
    pub public_key: String,
}

/// What a hub takes.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    /// The domains that may register, with every name below them; empty means all.
    pub allow_domains: Vec<Host>,
    /// URLs in private networks are taken.
    pub allow_private: bool,
}

impl Admission {
    /// Reads and judges a request. The error says what was seen and what would be taken.
    pub fn admit(&self, request: &Request) -> Result<(Domain, Entry), Hinted> {
        let domain = self.domain(&request.domain)?;
        let url = origin(&request.url, self.allow_private)?;
        let public_key = key(&request.public_key)?;
        Ok((domain, Entry { url, public_key }))
    }

    /// Reads a domain and looks it up in the list of those that may register.
    pub fn domain(&self, text: &str) -> Result<Domain, Hinted> {
        let domain: Domain = text.parse()?;
        if self.allow_domains.is_empty() || self.allow_domains.iter().any(|allowed| domain.host().is_within(allowed)) {
            return Ok(domain);
        }
        let hint = "its operator allows domains with `fedctl serve hub --allow-domain`";
        Err(Hinted::new(format!("this hub is private and does not take `{domain}`"), hint))
    }
}

/// The URL as servers use it: scheme, host and port, no final slash.
///
/// A server appends `/api/v1/…` to the text, so a path would be called too, and a final slash would make two.
pub fn origin(text: &str, allow_private: bool) -> Result<String, Hinted> {
    let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    let refuse = |what: &str, hint: &str| Err(Hinted::new(format!("the url `{shown}` {what}"), hint));
    let example = "a url looks like `https://chat.mydomain.com`";
    if text.len() > URL_MAX {
        return refuse("is too long", "a url has at most 300 characters");
    }
    // The parser would silently drop tabs and line feeds.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return refuse("has white space, a control character or a backslash in it", example);
    }
    let Ok(url) = Url::parse(text) else { return refuse("is not a url", example) };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("is neither http nor https", example);
    }
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return refuse("carries a user name", example);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("has a query or a fragment", example);
    }
    if url.path().chars().any(|c| c != '/') {
        return refuse("has a path", "give the server its own host name: servers call /api/v1 at the root");
    }
    if url.port() == Some(0) {
        return refuse("has port 0", example);
    }
    match url.host() {
        Some(host) if allow_private || is_public(&host) => Ok(url.origin().ascii_serialization()),
        Some(_) => refuse("is in a private network", "peers need an address that is reachable from everywhere"),
        None => refuse("has no host", example),
    }
}

/// The key on one line, if servers can import it and it is worth having.
pub fn key(text: &str) -> Result<String, Hinted> {
    let hint = "send the text of the Public Key setting: `-----BEGIN PUBLIC KEY-----…` on one line";
    if text.contains("PRIVATE KEY") {
        let hint = "make a new pair at once: a private key that was sent anywhere is no longer private";
        return Err(Hinted::new("the public_key is a PRIVATE key", hint));
    }
    if text.len() > KEY_TEXT_MAX {
        return Err(Hinted::new("the public_key is too long", hint));
    }
    let found = diagnosis::examine(text.trim().as_bytes());
    let key = found.server.map_err(|log| Hinted::new(format!("the public_key cannot be read: {log}"), hint))?;
    if key.bits() < KEY_BITS_MIN {
        let what = format!("the public_key has {} bits, which can be broken", key.bits());
        return Err(Hinted::new(what, "servers make keys of 2048 bits"));
    }
    Ok(key.one_line())
}

/// True for an address that is for everybody.
pub fn is_public_address(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public(host: &UrlHost<&str>) -> bool {
    match host {
        UrlHost::Ipv4(ip) => is_public_v4(*ip),
        UrlHost::Ipv6(ip) => is_public_v6(*ip),
        UrlHost::Domain(name) => {
            let name = name.trim_end_matches('.');
            name.parse::<Host>().is_ok() && !PRIVATE_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
        }
    }
}

/// True unless the address is one of RFC 6890 and its successors that are not for everybody.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let benchmark = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || a >= 224
        || shared
        || protocol
        || benchmark
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation())
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let embedded = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b) {
        // IPv4-mapped and the NAT64 prefix carry an IPv4 address (RFC 4291 section 2.5.5.2, RFC 6052).
        (0, 0) if (c, d, e) == (0, 0, 0) && f == 0xffff => is_public_v4(embedded(g, h)),
        (0x64, 0xff9b) => is_public_v4(embedded(g, h)),
        // 6to4 (RFC 3056).
        (0x2002, _) => is_public_v4(embedded(b, c)),
        (0x2001, 0xdb8) | (0x2001, 0) => false,
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::PrivateKey;

    #[test]
    fn an_origin_is_what_servers_append_a_path_to() {
        for (text, wanted) in [
            ("https://chat.mydomain.com", "https://chat.mydomain.com"),
            ("https://chat.mydomain.com/", "https://chat.mydomain.com"),
            ("https://chat.mydomain.com//", "https://chat.mydomain.com"),
            ("HTTPS://Chat.MyDomain.com:443/", "https://chat.mydomain.com"),
            ("http://chat.mydomain.com:3000", "http://chat.mydomain.com:3000"),
            ("https://8.8.8.8", "https://8.8.8.8"),
        ] {
            assert_eq!(origin(text, false).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_origin_is_refused() {
        for text in [
            "",
            "chat.mydomain.com",
            "ftp://chat.mydomain.com",
            "javascript:alert(1)",
            "https://chat.mydomain.com/chat",
            "https://chat.mydomain.com?x",
            "https://chat.mydomain.com#x",
            "https://me:pw@chat.mydomain.com",
            "https://@chat.mydomain.com",
            "https://chat.mydomain.com\r\nBcc: all@example.org",
            "https://chat.my\tdomain.com",
            "https:\\\\chat.mydomain.com",
            "https://chat.mydomain.com:0",
            "https://<script>.com",
            &format!("https://{}.com", "a.".repeat(200)),
        ] {
            assert!(origin(text, true).is_err(), "{text}");
        }
    }

    #[test]
    fn private_networks_are_refused_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::a00:1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fc00::1]",
            "localhost",
            "localhost.",
            "chat",
            "chat.local",
            "chat.corp.internal",
        ] {
            let url = format!("https://{host}");
            assert!(origin(&url, false).unwrap_err().to_string().contains("private network"), "{url}");
            assert!(origin(&url, true).is_ok(), "{url}");
        }
        assert!(origin("https://[2606:4700::1111]", false).is_ok());
    }

    #[test]
    fn keys_are_stored_as_servers_publish_them() {
        let pair = PrivateKey::generate(2048).unwrap();
        let line = pair.public().one_line();
        assert_eq!(key(&line).unwrap(), line);
        assert_eq!(key(&pair.public().pem()).unwrap(), line);
        assert!(key(&pair.pem().unwrap()).unwrap_err().to_string().contains("PRIVATE"));
        for bad in ["", "hello", &line[..255], &"A".repeat(5000)] {
            assert!(key(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_private_hub_takes_its_domains_and_what_is_below_them() {
        let admission = Admission { allow_domains: vec!["mydomain.com".parse().unwrap()], allow_private: false };
        assert!(admission.domain("MyDomain.com").is_ok() && admission.domain("a.mydomain.com").is_ok());
        assert!(admission.domain("notmydomain.com").is_err());
    }
}
