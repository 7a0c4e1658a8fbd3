//! The servers of the lab, on loopback and on ports of the system's choice.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::street::{House, Keys, STREET};
use crate::commands::dns_check::report;
use crate::commands::network::now;
use crate::federation::dns_facts::Expected;
use crate::federation::key::{DEFAULT_BITS, PrivateKey, PublicKey};
use crate::federation::report::Report;
use crate::net::Route;
use crate::net::dns::{Resolver, Scope, observe};
use crate::serve::dns::{Config, Fault, Running, Zone, start};

/// Two name servers that hold every zone of the street.
pub struct World {
    first: Running,
    second: Running,
    key: PublicKey,
    timeout: Duration,
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl World {
    /// Makes the keys and the zones, and starts the servers.
    pub async fn start(timeout: Duration) -> anyhow::Result<Self> {
        let own = PrivateKey::generate(DEFAULT_BITS)?;
        let other = PrivateKey::generate(DEFAULT_BITS)?;
        let keys = Keys::new(&own, &other, &PrivateKey::generate_weak()?);
        let zones = STREET.iter().map(|house| zone(house, &keys)).collect::<anyhow::Result<Vec<Zone>>>()?;
        let faults = STREET.iter().filter_map(fault).collect::<anyhow::Result<Vec<Fault>>>()?;
        let mut stale = faults.clone();
        for house in STREET.iter().filter(|house| house.stale) {
            stale.push(format!("stale@*.{}", house.domain).parse()?);
        }
        let config = |zones, faults| Config { listen: SocketAddr::new(HERE, 0), zones, faults };
        let first = start(config(zones.clone(), faults)).await?;
        let second = start(config(zones, stale)).await?;
        Ok(Self { first, second, key: own.public().clone(), timeout })
    }

    /// Looks at one domain as `fedctl dns-check` does.
    pub async fn diagnose(&self, house: &House) -> anyhow::Result<Report> {
        let domain = house.domain.parse()?;
        let detour = |name: &str, to: SocketAddr| format!("{name}.{}:53={to}", house.domain).parse();
        let route = Route {
            timeout: self.timeout,
            detours: vec![detour("ns1", self.first.addr)?, detour("ns2", self.second.addr)?],
        };
        let resolver = Resolver { name: "the lab's resolver".into(), addr: self.first.addr };
        let expected =
            Expected { key: Some(self.key.clone()), key_source: "the server's key".into(), ..Expected::default() };
        let start = Instant::now();
        let dns = observe(&route, &[resolver], &domain, None, Scope::Everybody, now()).await;
        Ok(report(&dns, &expected, start))
    }
}

fn zone(house: &House, keys: &Keys) -> anyhow::Result<Zone> {
    let text = format!(
        "$TTL 3600\n@ IN SOA ns1 hostmaster 2 3600 600 86400 300\n@ IN NS ns1\n@ IN NS ns2\nns1 IN A {HERE}\nns2 IN A {HERE}\n{}",
        (house.zone)(keys)
    );
    Zone::parse(&text, Some(house.domain), HERE)
        .map_err(|why| anyhow!("the zone of {} does not load: {why}", house.domain))
}

/// The house's fault, for its own names only.
fn fault(house: &House) -> Option<anyhow::Result<Fault>> {
    let text = house.fault?.replace('$', house.domain);
    let text = if text.contains('@') { text } else { format!("{text}@*.{}", house.domain) };
    Some(text.parse().map_err(anyhow::Error::from))
}
