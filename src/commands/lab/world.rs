//! The servers of the lab, on loopback and on ports of the system's choice: a root and a top-level domain, two name servers that
//! hold every zone of the lab, a resolver, the federation servers, and a hub. Its files are in a temporary
//! directory, which is removed with the lab.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rand::RngExt;

use super::every::scenarios;
use super::guest::Guest;
use super::scenarios::{DRILL, HUB_ONLY, Keys, NEIGHBOUR, Scenario, WEAK, drill_zone};
use super::site::{self, Open, Site};
use crate::check::{details, judge_peer};
use crate::commands::dns_check::{Seen, report, report_with};
use crate::commands::key_file::{Access, Pending};
use crate::commands::network::{dns_client, now};
use crate::commands::serve::peer::PeerOptions;
use crate::dns::name::Host;
use crate::endpoint::ConnectTo;
use crate::error::hinted;
use crate::facts::dns::{Expected, Kinds};
use crate::facts::peer::ProbeOptions;
use crate::key::{DEFAULT_BITS, PrivateKey};
use crate::net::ask::Sockets;
use crate::net::dns::{Scope, observe};
use crate::net::native;
use crate::net::peer::{self, Target};
use crate::net::resolvers::Resolver;
use crate::net::{DEADLINE, Net};
use crate::report::Report;
use crate::rocketchat::hub::ledger::{Change, Peer, Terms};
use crate::rocketchat::hub::registration::{Admission, Entry};
use crate::serve::dns::{Config, Fault, Running, View, Zone, start, start_resolver};
use crate::serve::hub;
use crate::store::Store;
use crate::text::Filtered;
use crate::x509::trust::Roots;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// How long one name server may take.
const NAME_SERVER_TIME: Duration = Duration::from_secs(1);
/// A free port.
pub const ANY: SocketAddr = SocketAddr::new(HERE, 0);
const DRILL_PORTS: Range<u16> = 20_000..32_000;
/// Ports that are tried for the drill.
const ATTEMPTS: usize = 100;
/// The name servers: of the root, of `test`, and the two of the lab.
const ROOT: &str = "root.test";
const TOP: &str = "top.test";
const LEAVES: [&str; 2] = ["ns1.lab.test", "ns2.lab.test"];

/// Everything that runs; dropped, all of it stops and the directory is gone.
pub struct World {
    pub resolver: SocketAddr,
    pub net: Net,
    pub hub: SocketAddr,
    pub dir: tempfile::TempDir,
    pub own: PrivateKey,
    pub neighbour: PrivateKey,
    weak: PrivateKey,
    _names: Vec<Running>,
    _sites: Vec<Open>,
    _hub: hub::Running,
}

impl World {
    /// Makes the keys, the zones and the certificates, and starts the servers.
    pub async fn start(timeout: Duration, guests: &[Guest]) -> anyhow::Result<Self> {
        let (own, neighbour) = (PrivateKey::generate(DEFAULT_BITS)?, PrivateKey::generate(DEFAULT_BITS)?);
        let weak = PrivateKey::generate_weak()?;
        let keys = Keys::new(&own, &neighbour, &weak);
        let drill = free_port().await?;
        let (names, resolver, mut overrides) = name_servers(&keys, drill, guests).await?;
        let resolvers = vec![view(resolver)];
        let (connect_to, roots) = (overrides.clone(), Roots::new(None)?);
        let net =
            Net { timeout, deadline: DEADLINE, connect_to, resolvers, roots, sockets: Sockets::default(), cache: None };
        let (mut sites, mut authorities) = (Vec::new(), String::new());
        for scenario in scenarios() {
            let Some(site) = scenario.site else { continue };
            let host = format!("chat.{}", scenario.domain);
            let key = if scenario.domain == NEIGHBOUR { &neighbour } else { &own };
            let asked = PeerOptions { net: net.clone(), identity: (scenario.domain.parse()?, key.clone()) };
            let open = site::open(site, site::certificate(&host, site)?, &asked, ANY).await?;
            // Peers are never given the self-signed certificate of a server to trust.
            let trusted = !matches!(site, Site::Peer(_, faults) if faults.contains(&crate::serve::peer::fault::Fault::SelfSigned));
            authorities += open.authority.as_deref().filter(|_| trusted).unwrap_or_default();
            let native = matches!(site, Site::Native(..));
            for called in [(host.as_str(), 443), (scenario.domain, 443), (scenario.domain, 8448)]
                .iter()
                .take(if native { 3 } else { 1 })
            {
                overrides.push(format!("{}:{}={}", called.0, called.1, open.addr).parse()?);
            }
            sites.push(open);
        }
        let dir = tempfile::Builder::new().prefix("fedctl-lab-").tempdir().context("the lab needs a directory")?;
        let write = |name: &str, text: &str, access| {
            Pending::write(&dir.path().join(name), &Filtered::own(text), access, false)?.commit()
        };
        write("ca.pem", &authorities, Access::Everybody)?;
        write("federation.key", &format!("{}\n", *neighbour.one_line()?), Access::OwnerOnly)?;
        let hub = open_hub(dir.path().join("hub"), &keys, guests).await?;
        Ok(Self {
            resolver,
            net: Net { connect_to: overrides, roots: Roots::new(Some(authorities.as_bytes()))?, ..net },
            hub: hub.addr,
            dir,
            own,
            neighbour,
            weak,
            _names: names,
            _sites: sites,
            _hub: hub,
        })
    }

    /// Looks at one domain: its records, and when it has a server, that too, as its neighbour would.
    pub async fn diagnose(&self, scenario: &Scenario) -> anyhow::Result<Report> {
        let key = match scenario.domain {
            NEIGHBOUR => &self.neighbour,
            WEAK => &self.weak,
            _ => &self.own,
        };
        let expected =
            Expected { key: Some(key.public().clone()), key_source: "federation.pub".into(), ..Expected::default() };
        let begun = Instant::now();
        let domain = scenario.domain.parse()?;
        let dns = observe(&self.net, &domain, None, Scope::Everybody, now()).await;
        if let Some(Site::Native(..)) = scenario.site {
            let native = native::observe(&self.net, &domain, now()).await;
            let expected = Expected { kinds: Kinds::Native, ..expected };
            let report = report_with(&dns, &expected, Seen { native: Some(&native), view: None }, begun);
            return Ok(Report { details: details::dns(&dns), ..report });
        }
        let mut report = Report { details: details::dns(&dns), ..report(&dns, &expected, begun) };
        if scenario.site.is_some() {
            let facts = peer::observe(&self.probe(scenario)?, |_| {}).await;
            report.lines.extend(judge_peer(&facts));
            report.details.add(details::peer(&facts));
            report.pass_summary = "can be found and is ready for federation".into();
            report.elapsed = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        }
        Ok(report)
    }

    fn probe(&self, scenario: &Scenario) -> anyhow::Result<Target> {
        let identity = match scenario.domain {
            NEIGHBOUR => (super::scenarios::HEALTHY.parse()?, self.own.clone()),
            _ => (NEIGHBOUR.parse()?, self.neighbour.clone()),
        };
        Ok(Target {
            net: self.net.clone(),
            peer: scenario.domain.parse()?,
            options: ProbeOptions::default(),
            identity: Some(identity),
            time: now(),
        })
    }

    /// A file of the lab.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// A port for the drill, which listens there later and in another process. It is below those that systems give to connections
/// (32768 on Linux, 49152 elsewhere), so that none of them takes it meanwhile.
async fn free_port() -> anyhow::Result<u16> {
    for _ in 0..ATTEMPTS {
        let port = rand::rng().random_range(DRILL_PORTS);
        if tokio::net::TcpListener::bind((HERE, port)).await.is_ok() {
            return Ok(port);
        }
    }
    Ok(tokio::net::TcpListener::bind(ANY).await?.local_addr()?.port())
}

fn view(addr: SocketAddr) -> Resolver {
    Resolver { name: "the lab's resolver".into(), addr }
}

/// Root, top and leaves, and the resolver that goes from the one to the other; each leaf and the top can be called by name.
async fn name_servers(
    keys: &Keys,
    drill: u16,
    guests: &[Guest],
) -> anyhow::Result<(Vec<Running>, SocketAddr, Vec<ConnectTo>)> {
    let mut zones = scenarios()
        .map(|scenario| zone(scenario.domain, &(scenario.zone)(keys)))
        .collect::<anyhow::Result<Vec<Zone>>>()?;
    zones.push(zone(DRILL, &drill_zone(keys, drill))?);
    for guest in guests {
        zones.push(zone(guest.origin.as_str(), &guest.text()?)?);
    }
    let guests = guests.iter().map(|guest| guest.origin.as_str());
    let domains = scenarios().map(|scenario| scenario.domain).chain([DRILL]).chain(guests);
    let faults = scenarios().filter_map(fault).collect::<anyhow::Result<Vec<Fault>>>()?;
    let mut stale = faults.clone();
    for scenario in scenarios().filter(|scenario| scenario.stale) {
        stale.push(format!("stale@*.{}", scenario.domain).parse()?);
    }
    let soa = "@ IN SOA top.test. hostmaster.test. 1 3600 600 86400 300\n";
    let delegations: String =
        domains.map(|domain| format!("{domain}. IN NS {}.\n{domain}. IN NS {}.\n", LEAVES[0], LEAVES[1])).collect();
    let glue = format!("ns1.lab IN A {HERE}\nns2.lab IN A {HERE}\ntop IN A {HERE}\nroot IN A {HERE}\n");
    let top = parse(&format!("{soa}@ IN NS {TOP}.\n{glue}{delegations}"), "test")?;
    let root = parse(&format!("{soa}@ IN NS {ROOT}.\ntest. IN NS {TOP}.\n{TOP}. IN A {HERE}\n"), ".")?;
    let mut running = Vec::new();
    for (zones, faults) in [(vec![root], vec![]), (vec![top], vec![]), (zones.clone(), faults), (zones, stale)] {
        running.push(start(Config { listen: ANY, zones, faults }).await?);
    }
    let names = [ROOT, TOP, LEAVES[0], LEAVES[1]];
    let servers: HashMap<String, SocketAddr> =
        names.iter().zip(&running).map(|(name, running)| ((*name).to_owned(), running.addr)).collect();
    let overrides = names.iter().zip(&running).map(|(name, running)| format!("{name}:53={}", running.addr).parse());
    let overrides = overrides.collect::<Result<Vec<ConnectTo>, _>>()?;
    let resolver =
        start_resolver(ANY, View { root: running[0].addr, forward: dns_client(NAME_SERVER_TIME), servers }).await?;
    let addr = resolver.addr;
    running.push(resolver);
    Ok((running, addr, overrides))
}

fn zone(domain: &str, records: &str) -> anyhow::Result<Zone> {
    let [first, second] = LEAVES;
    let text = format!(
        "$TTL 3600\n@ IN SOA {first}. hostmaster 2 3600 600 86400 300\n@ IN NS {first}.\n@ IN NS {second}.\nns1 IN A \
         {HERE}\n{records}"
    );
    parse(&text, domain)
}

fn parse(text: &str, origin: &str) -> anyhow::Result<Zone> {
    Zone::parse(text, Some(origin), HERE).map_err(|why| {
        hinted(
            format!("the zone `{origin}` does not load: {why}"),
            "a line is OWNER IN TYPE DATA, names end with a dot",
        )
    })
}

/// The scenario's fault, for its own names only.
fn fault(scenario: &Scenario) -> Option<anyhow::Result<Fault>> {
    let text = scenario.fault?.replace('$', scenario.domain);
    let text = if text.contains('@') { text } else { format!("{text}@*.{}", scenario.domain) };
    Some(text.parse().map_err(anyhow::Error::from))
}

/// A hub with one entry, for the domain without records. The neighbour and the domains of the user can register.
async fn open_hub(dir: PathBuf, keys: &Keys, guests: &[Guest]) -> anyhow::Result<hub::Running> {
    let registrable = [NEIGHBOUR].into_iter().chain(guests.iter().map(|guest| guest.origin.as_str()));
    let registrable = registrable.map(str::parse).collect::<Result<Vec<Host>, _>>()?;
    let store = Store::create(&dir).await?;
    let entry = Entry { url: format!("https://chat.{HUB_ONLY}"), public_key: keys.own.clone() };
    store.apply(vec![Change::Serve(Peer { domain: HUB_ONLY.parse()?, entry, since: now(), confirmed: now() })]).await?;
    let config = hub::Config {
        listen: ANY,
        public_url: None,
        store,
        mail: hub::Mail::Log,
        mail_from: "hub@hub.test".into(),
        admission: Admission { allow_domains: registrable, allow_private: true },
        terms: Terms::default(),
        limits: hub::Limits::default(),
        trusted_proxies: Vec::new(),
    };
    Ok(hub::start(config).await?)
}
