//! One check of one domain: observes DNS, the peer and the hub, and judges all three.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::check::watch::{Observed, snapshot};
use crate::dns::name::Domain;
use crate::endpoint::Endpoint;
use crate::facts::dns::Expected;
use crate::facts::evidence::{Evidence, Run, SCHEMA, SavedExpectation};
use crate::facts::hub::HubFacts;
use crate::facts::peer::{ProbeOptions, Records};
use crate::facts::watch_evidence::WatchEvidence;
use crate::key::PrivateKey;
use crate::net::Net;
use crate::net::dns::{self, Scope};
use crate::net::hub::HubClient;
use crate::net::look_up::look_up_all;
use crate::net::peer::{self, Target};
use crate::report::Suppression;
use crate::report::watch::Snapshot;
use crate::rocketchat::generation::{GENERATIONS, questions};
use crate::severity::Severity;

/// For everything that one check does; every single response has its own limit.
pub const CHECK_TIME: Duration = Duration::from_secs(200);

/// What every check needs.
#[derive(Clone)]
pub struct Checker {
    pub net: Net,
    /// Sends encrypted messages; without it a check does all that needs none.
    pub identity: Option<(Domain, PrivateKey)>,
    /// What the settings say about your domain.
    pub own: Option<(Domain, Expected)>,
    /// Asked about every domain.
    pub hub: Option<Endpoint>,
    pub suppress: Vec<Suppression>,
    pub fail_on: Severity,
    /// Connects to no address in a private network, unless a person gave it.
    pub public_only: bool,
}

impl Checker {
    /// Checks a domain now. The evidence is ready for a file.
    pub async fn check(&self, domain: &Domain, time: i64) -> anyhow::Result<(Snapshot, WatchEvidence)> {
        let start = Instant::now();
        let nothing = Expected::default();
        let expected = self.own.as_ref().filter(|(own, _)| own == domain).map_or(&nothing, |(_, expected)| expected);
        let (seen, peer, hub) = tokio::join!(
            dns::observe(&self.net, domain, expected.target.as_ref(), Scope::Everybody, time),
            self.peer(domain, time),
            self.hub(domain, time)
        );
        let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let observed = Observed { dns: &seen, peer: Some(&peer), hub: hub.as_ref(), elapsed };
        let judged = snapshot(observed, expected, &self.suppress, self.fail_on);
        let run =
            Run { facts: seen, expected: SavedExpectation::from(expected), at_server: None, native: None, elapsed };
        let program = concat!("fedctl ", env!("CARGO_PKG_VERSION")).to_owned();
        let dns = Evidence { schema: SCHEMA, program, runs: vec![run] };
        let mut evidence = WatchEvidence { dns, peer: Some(peer), hub };
        evidence.withhold_secrets();
        Ok((judged, evidence))
    }

    /// The addresses that a check would connect to; none where a person gave another one.
    pub async fn addresses(&self, domain: &Domain) -> Vec<IpAddr> {
        let answers = look_up_all(&self.net, &self.net.resolvers, &questions(domain)).await;
        let records = Records { domain: domain.clone(), answers };
        let urls = GENERATIONS.iter().filter_map(|generation| records.discovery(generation).url);
        let mut addresses = Vec::new();
        for base in urls.filter_map(|url| Endpoint::parse(&url)) {
            if self.net.override_to(&base.host, base.port).is_none() {
                addresses.extend(self.net.locate(&base).await.unwrap_or_default().iter().map(SocketAddr::ip));
            }
        }
        addresses
    }

    async fn peer(&self, domain: &Domain, time: i64) -> crate::facts::peer::PeerFacts {
        let target = Target {
            net: self.net.clone(),
            peer: domain.clone(),
            options: ProbeOptions { public_only: self.public_only, ..ProbeOptions::default() },
            // Servers do not decrypt what comes in their own name.
            identity: self.identity.clone().filter(|(own, _)| own != domain),
            time,
        };
        peer::observe(&target, |_| {}).await
    }

    async fn hub(&self, domain: &Domain, time: i64) -> Option<HubFacts> {
        let base = self.hub.as_ref()?;
        let client = HubClient { net: self.net.clone(), domain: domain.clone() };
        let (hub, records) = tokio::join!(client.search(base), client.records());
        let (domain, expected_key) = (domain.clone(), None);
        Some(HubFacts {
            time,
            domain,
            request: None,
            records,
            mail: Vec::new(),
            server: None,
            hub: Some(hub),
            expected_key,
        })
    }
}
