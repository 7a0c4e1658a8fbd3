//! The change of a key, gone through on loopback with throw-away keys: a name server, the server, and a peer that pings it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::anyhow;

use crate::check::{judge_peer, peer_latency};
use crate::commands::network::now;
use crate::commands::serve::peer::{PeerOptions, peers};
use crate::dns::name::Domain;
use crate::endpoint::ConnectTo;
use crate::facts::peer::{Exchange, ProbeOptions};
use crate::key::{DEFAULT_BITS, PrivateKey, PublicKey};
use crate::net::ask::Sockets;
use crate::net::peer::{Target, observe};
use crate::net::resolvers::Resolver;
use crate::net::{DEADLINE, Net};
use crate::report::Verdict;
use crate::report::rotation::Rehearsed;
use crate::rocketchat::boundary;
use crate::rocketchat::release::Release;
use crate::serve::peer::certificate::Tls;
use crate::serve::{dns, peer};
use crate::severity::Severity;
use crate::x509::trust::Roots;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ANY: SocketAddr = SocketAddr::new(HERE, 0);
/// Who pings: a name that nobody has (RFC 6761).
const PEER: &str = "peer.test";
/// The release that is rehearsed: the last line that sends.
const RELEASE: Release = boundary::LAST_SENDER;

/// The keys of the rehearsal.
struct Keys {
    old: PrivateKey,
    next: PrivateKey,
    peer: PrivateKey,
}

/// Goes through every state of the change; each must come out as the plan says.
pub async fn rehearse(domain: &Domain, timeout: std::time::Duration) -> anyhow::Result<Vec<Rehearsed>> {
    let make = || PrivateKey::generate(DEFAULT_BITS);
    let keys = Keys { old: make()?, next: make()?, peer: make()? };
    let states = [
        ("before the change", &keys.old, &keys.old, true),
        ("published, not yet switched", &keys.next, &keys.old, false),
        ("switched, and a peer still has the old key cached", &keys.old, &keys.next, false),
        ("switched", &keys.next, &keys.next, true),
        ("rolled back", &keys.old, &keys.old, true),
    ];
    let mut rehearsed = Vec::new();
    for (state, published, used, expected) in states {
        let (trouble, requests) = ping(domain, published.public(), used, &keys.peer, timeout).await?;
        let (passed, trouble) = (trouble.is_none(), trouble.unwrap_or_default());
        rehearsed.push(Rehearsed { state, expected, passed, trouble, requests });
    }
    Ok(rehearsed)
}

/// What makes an encrypted ping fail, if anything, and the requests of the ping.
async fn ping(
    domain: &Domain,
    published: &PublicKey,
    used: &PrivateKey,
    pinger: &PrivateKey,
    timeout: std::time::Duration,
) -> anyhow::Result<(Option<String>, Vec<String>)> {
    let zones = vec![zone(domain.as_str(), published)?, zone(PEER, pinger.public())?];
    let names = dns::start(dns::Config { listen: ANY, zones, faults: Vec::new() }).await?;
    let resolvers = vec![Resolver { name: "rehearsal".into(), addr: names.addr }];
    let host = format!("chat.{domain}");
    let tls = Tls::made(std::slice::from_ref(&host), &[])?;
    let roots = Roots::new(tls.authority.as_deref().map(str::as_bytes))?;
    let net = |connect_to: Vec<ConnectTo>| Net {
        timeout,
        deadline: DEADLINE,
        connect_to,
        resolvers: resolvers.clone(),
        roots: roots.clone(),
        sockets: Sockets::default(),
        cache: None,
    };
    let asked = PeerOptions { net: net(Vec::new()), identity: (domain.clone(), used.clone()) };
    let identity = (domain.clone(), used.clone());
    let config = peer::Config::new(identity, RELEASE, peers(&asked, RELEASE), Arc::new(drop));
    let running = peer::start(peer::Config { tls: Some(tls), ..config }).await?;
    let probe = Target {
        net: net(vec![format!("{host}:443={}", running.addr).parse()?]),
        peer: domain.clone(),
        options: ProbeOptions::default(),
        identity: Some((PEER.parse()?, pinger.clone())),
        time: now(),
    };
    let facts = observe(&probe, |_| {}).await;
    let error = judge_peer(&facts).into_iter().find_map(|line| match line.verdict {
        Verdict::Problem(problem) if problem.severity == Severity::Error && line.id != peer_latency::CHECK.id => {
            Some(problem.what)
        }
        _ => None,
    });
    Ok((error, facts.exchanges().map(Exchange::shown).collect()))
}

fn zone(domain: &str, key: &PublicKey) -> anyhow::Result<dns::Zone> {
    let line = key.one_line();
    let (head, tail) = line.split_at(line.len().min(255));
    let text = format!(
        "chat IN A {HERE}\n_rocketchat._https IN SRV 1 1 443 chat\nrocketchat-public-key IN TXT \"{head}\" \"{tail}\"\n"
    );
    dns::Zone::parse(&text, Some(domain), HERE).map_err(|why| anyhow!("the zone of the rehearsal does not load: {why}"))
}
