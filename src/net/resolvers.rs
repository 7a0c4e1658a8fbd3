//! The resolvers to ask: those of this machine, and those that much of the world uses.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;

/// The port of DNS.
const PORT: u16 = 53;

/// A resolver to ask, and what to call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolver {
    pub name: String,
    pub addr: SocketAddr,
}

impl Resolver {
    /// A resolver that is known by its address alone.
    pub fn at(addr: SocketAddr) -> Self {
        Self { name: addr.to_string(), addr }
    }
}

/// The resolvers of this machine; the error is the system's.
pub fn system_resolvers() -> io::Result<Vec<Resolver>> {
    let (config, _) = hickory_resolver::system_conf::read_system_conf().map_err(io::Error::other)?;
    let addrs: BTreeSet<_> = config.name_servers().iter().map(|server| server.ip).collect();
    Ok(addrs.into_iter().map(|ip| Resolver { name: format!("system {ip}"), addr: SocketAddr::new(ip, PORT) }).collect())
}

/// The resolvers that much of the world uses.
pub fn public_resolvers() -> Vec<Resolver> {
    [("Cloudflare", [1, 1, 1, 1]), ("Google", [8, 8, 8, 8]), ("Quad9", [9, 9, 9, 9])]
        .map(|(name, ip)| Resolver { name: name.to_owned(), addr: (ip, PORT).into() })
        .to_vec()
}
