//! The federation servers of the lab, each with its own certificate and its own mistake.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;

use crate::commands::network::now;
use crate::commands::serve::peer::{PeerOptions, peers};
use crate::rocketchat::release::Release;
use crate::serve::native;
use crate::serve::peer::certificate::Tls;
use crate::serve::peer::fault::Fault;
use crate::serve::peer::{Config, Running, USER, start};

/// The server at the SRV target of a scenario.
#[derive(Debug, Clone, Copy)]
pub enum Site {
    /// A server of this release that misbehaves in these ways.
    Peer(&'static str, &'static [Fault]),
    /// A server that speaks plain HTTP where the records name https.
    Plain,
    /// Nothing listens.
    Closed,
    /// A server of native federation: what its certificate names below the domain, its well-known file, what it does wrong.
    Native(&'static [Name], Option<&'static str>, &'static [native::Fault]),
}

/// A name in a certificate.
#[derive(Debug, Clone, Copy)]
pub enum Name {
    Domain,
    /// `chat.` the domain.
    Host,
}

impl Name {
    /// The name as it is written.
    pub fn of(self, domain: &str) -> String {
        match self {
            Self::Domain => domain.to_owned(),
            Self::Host => format!("chat.{domain}"),
        }
    }
}

/// A server of the lab, and the authority to trust for it.
pub struct Open {
    /// Dropped, it stops.
    _running: Server,
    pub addr: SocketAddr,
    pub authority: Option<String>,
}

/// What runs, if anything does.
enum Server {
    None,
    Classic { _running: Running },
    Native { _running: native::Running },
}

/// Nothing listens here.
const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);
/// A user of every server, for `fedctl drill`.
pub const DRILLED: &str = "bob";
/// The release of servers that nothing is said about.
pub const RELEASE: &str = "6.2.0";

/// A certificate for the scenario, with its faults.
pub fn certificate(host: &str, site: Site) -> anyhow::Result<Option<Tls>> {
    match site {
        Site::Peer(_, faults) => Tls::made(&[host.to_owned()], faults).map(Some),
        Site::Native(names, _, _) => {
            let domain = host.strip_prefix("chat.").unwrap_or(host);
            let names: Vec<String> = names.iter().map(|name| name.of(domain)).collect();
            Tls::made(&names, &[]).map(Some)
        }
        Site::Plain | Site::Closed => Ok(None),
    }
}

/// Starts the server of the scenario.
pub async fn open(site: Site, tls: Option<Tls>, asked: &PeerOptions, listen: SocketAddr) -> anyhow::Result<Open> {
    match site {
        Site::Closed => Ok(Open { _running: Server::None, addr: NOBODY, authority: None }),
        Site::Native(_, file, faults) => open_native(file, faults, tls, asked, listen).await,
        Site::Peer(release, faults) => open_peer(release.parse()?, faults, tls, asked, listen).await,
        Site::Plain => open_peer(RELEASE.parse()?, &[], tls, asked, listen).await,
    }
}

/// Starts a server of classic federation.
pub async fn open_peer(
    release: Release,
    faults: &[Fault],
    tls: Option<Tls>,
    asked: &PeerOptions,
    listen: SocketAddr,
) -> anyhow::Result<Open> {
    let (domain, key) = asked.identity.clone();
    let authority = tls.as_ref().and_then(|tls| tls.authority.clone());
    let config = Config {
        listen,
        tls,
        faults: faults.to_vec(),
        users: vec![USER.to_owned(), DRILLED.to_owned()],
        ..Config::new((domain.clone(), key), release, peers(asked, release), Arc::new(drop))
    };
    let running = start(config).await.with_context(|| format!("the server of {domain}"))?;
    Ok(Open { addr: running.addr, _running: Server::Classic { _running: running }, authority })
}

async fn open_native(
    file: Option<&'static str>,
    faults: &'static [native::Fault],
    tls: Option<Tls>,
    asked: &PeerOptions,
    listen: SocketAddr,
) -> anyhow::Result<Open> {
    let domain = asked.identity.0.clone();
    let tls = tls.with_context(|| format!("the server of {domain} has no certificate"))?;
    let authority = tls.authority.clone();
    let well_known = file.map(|file| file.replace('$', domain.as_str()));
    let config = native::Config { listen, tls, domain, well_known, faults, now: now() };
    let running = native::start(config).await?;
    Ok(Open { addr: running.addr, _running: Server::Native { _running: running }, authority })
}
