//! `--zone-file`: a zone is served on loopback and looked at as if it were published.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use crate::commands::network::now;
use crate::dns::name::Domain;
use crate::endpoint::ConnectTo;
use crate::error::hinted;
use crate::facts::dns::{DnsFacts, Expected, ZONE_FILE};
use crate::file::read;
use crate::net::Net;
use crate::net::dns::{Scope, observe};
use crate::net::resolvers::Resolver;
use crate::serve::dns::{Config, Zone, start};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Reads the zone that is to hold the domain.
pub fn read(path: &Path, domain: &Domain) -> anyhow::Result<Zone> {
    let text = read::text(path, &read::ZONE)?;
    let refuse = |why| {
        let hint = "a line is OWNER TTL IN TYPE DATA; names end with a dot, long texts are quoted strings of at most 255 bytes";
        hinted(format!("{} cannot be loaded: {why}", read::shown(path)), hint)
    };
    let declared = Zone::parse(&text, None, HERE);
    match declared {
        Ok(zone) => Ok(zone),
        // A file that does not name its zone counts as the zone of the domain.
        Err(_) => Zone::parse(&text, Some(domain.as_str()), HERE).map_err(refuse),
    }
}

/// Serves the zone and looks at the domain.
pub async fn look(net: &Net, zone: Zone, domain: &Domain, expected: &Expected) -> anyhow::Result<DnsFacts> {
    let servers = zone.name_servers();
    let running = start(Config { listen: SocketAddr::new(HERE, 0), zones: vec![zone], faults: vec![] }).await?;
    let override_to = |host: String| ConnectTo { host, port: 53, to: running.addr };
    let connect_to = servers.into_iter().map(override_to).collect();
    let resolvers = vec![Resolver { name: ZONE_FILE.into(), addr: running.addr }];
    let net = Net { connect_to, resolvers, ..net.clone() };
    Ok(observe(&net, domain, expected.target.as_ref(), Scope::Everybody, now()).await)
}
