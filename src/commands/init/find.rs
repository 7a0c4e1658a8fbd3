//! What the user need not be asked: the zone and its DNS provider, what is published already, the release of the server.

use crate::dns::name::Domain;
use crate::dns::provider::{DnsProvider, recognise};
use crate::endpoint::Endpoint;
use crate::facts::dns::{ZoneCut, ZoneFailure};
use crate::facts::peer::Records;
use crate::facts::server::version;
use crate::key::PublicKey;
use crate::net::http::Caller;
use crate::net::look_up::look_up_all;
use crate::net::{Net, delegation};
use crate::rocketchat::boundary;
use crate::rocketchat::generation::{Generation, questions};
use crate::rocketchat::release::Release;

/// How to look.
pub struct Finder {
    pub net: Net,
}

/// What DNS tells about a domain.
pub struct InDns {
    pub zone: Result<ZoneCut, ZoneFailure>,
    /// Where its SRV record leads, when there is one already.
    pub base: Option<Endpoint>,
    /// The key that it publishes, when servers can use it.
    pub key: Option<PublicKey>,
}

impl InDns {
    /// The DNS provider of the zone, when it is recognised.
    pub fn host(&self) -> Option<&'static DnsProvider> {
        let zone = self.zone.as_ref().ok()?;
        recognise(zone.server_names())
    }

    /// Why nothing is known about the domain, when that is not its fault.
    pub fn unchecked(&self) -> Option<&ZoneFailure> {
        self.zone.as_ref().err().filter(|failure| failure.is_outside())
    }

    /// In one line.
    pub fn description(&self) -> String {
        let zone = match &self.zone {
            Err(why) if why.is_outside() => return format!("DNS could not be checked: {why}"),
            Err(why) => return format!("no zone was found: {why}"),
            Ok(zone) => zone,
        };
        let at = match (self.host(), zone.servers.as_slice()) {
            (Some(host), _) => format!(" at {}", host.name),
            (None, [(only, _)]) => format!(" on {only}"),
            (None, [(first, _), rest @ ..]) => format!(" on {first} and {} more", rest.len()),
            (None, []) => String::new(),
        };
        match &self.base {
            Some(base) => format!("zone {}{at}; its records lead to {base}", zone.apex),
            None => format!("zone {}{at}", zone.apex),
        }
    }
}

impl Finder {
    /// Queries DNS for the domain.
    pub async fn in_dns(&self, domain: &Domain) -> InDns {
        let addrs = self.net.resolver_addrs();
        let questions = questions(domain);
        let (zone, answers) = tokio::join!(
            delegation::find(&self.net, &addrs, domain),
            look_up_all(&self.net, &self.net.resolvers, &questions),
        );
        let records = Records { domain: domain.clone(), answers };
        // From 3.4 to 6.2 every SRV name is read, so these see whatever there is.
        let discovery = records.discovery(Generation::of(boundary::LAST_SENDER));
        InDns { zone, base: discovery.url.as_deref().and_then(Endpoint::parse), key: records.key().ok() }
    }

    /// Asks the server for its release; `Err` has the reason why it did not answer.
    pub async fn release(&self, base: &Endpoint) -> Result<Release, String> {
        let addr = self.net.locate_one(base).await.map_err(|none| none.to_string())?;
        let exchange = Caller::new(&self.net, base.clone(), addr).get("/api/info").await;
        version(&exchange).ok_or_else(|| exchange.shown())
    }
}
