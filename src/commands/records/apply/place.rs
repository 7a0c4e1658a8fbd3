//! Where the records are changed: a name server that takes dynamic updates, or the API of a provider. Both are read and written
//! the same way.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;

use super::credentials::ProviderArgs;
use crate::commands::Context;
use crate::commands::network::now;
use crate::dns::codec::Flags;
use crate::dns::name::Host;
use crate::dns::record::{Outcome, Query, RecordType};
use crate::error::hinted;
use crate::facts::dns::ZoneCut;
use crate::net::api::Api;
use crate::net::ask::ask;
use crate::net::tcp::stream;
use crate::net::{Net, description};
use crate::publish::api::{Client, Failure, Transport};
use crate::publish::held::outcome;
use crate::publish::provider::{Provider, hosting};
use crate::publish::state;
use crate::publish::tsig::Tsig;
use crate::publish::update::{Update, Updated};
use crate::publish::zone::HostedZone;
use crate::render::records::changes::OTHERS;
use crate::rocketchat::change::{Change, questions};
use crate::rocketchat::records::RecordSet;

/// The least time for one exchange with the API of a provider; they are slower than name servers.
const EXCHANGE_MIN: Duration = Duration::from_secs(30);

/// Where the zone is kept.
pub enum Place {
    Server { addr: SocketAddr, key: Tsig, net: Net },
    Provider { provider: &'static Provider, endpoint: String, zone: Box<HostedZone> },
}

/// The provider that was named, or the one that the delegation tells.
pub fn provider_of(args: &ProviderArgs, zone: &ZoneCut) -> anyhow::Result<&'static Provider> {
    if let Some(provider) = args.provider {
        return Ok(provider);
    }
    let host = crate::dns::provider::recognise(zone.server_names());
    if let Some(provider) = host.and_then(hosting) {
        return Ok(provider);
    }
    let hint = "name it with --provider, or --server and --tsig-file for dynamic updates, or --via for another tool";
    Err(match host {
        Some(host) => {
            let what = format!("the zone is hosted at {}, whose API fedctl does not support", host.name);
            hinted(what, format!("fedctl records --format {} prints what to paste there", host.format))
        }
        None => {
            let servers: Vec<&str> = zone.servers.iter().map(|(name, _)| name.as_str()).collect();
            hinted(
                format!("the DNS provider of `{}` cannot be recognised from {}", zone.apex, servers.join(", ")),
                hint,
            )
        }
    })
}

/// A zone that a provider hosts.
pub struct Hosted<'a> {
    pub provider: &'static Provider,
    pub apex: &'a Host,
    /// What the provider calls it; without it the zone is found by its name.
    pub id: Option<&'a str>,
}

impl Place {
    /// Finds the zone in the account.
    pub async fn open(cx: &Context, args: &ProviderArgs, net: &Net, hosted: Hosted<'_>) -> anyhow::Result<Self> {
        let Hosted { provider, apex, id } = hosted;
        let base = args.endpoint(provider)?;
        let credentials = args.credentials(provider, &cx.term)?;
        let api = Api::new(net, &base, cx.timeout.max(EXCHANGE_MIN)).await?;
        let send: Transport = Box::new(move |request| {
            let api = api.clone();
            Box::pin(async move { api.send(request).await })
        });
        let authority = match (base.host_str().unwrap_or_default(), base.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let root = base.as_str().trim_end_matches('/').to_owned();
        let client = Client { provider, credentials, base: root, authority, send, clock: now };
        let zone = HostedZone::open(client, apex, id).await.map_err(|failure| refusal(provider, &failure))?;
        Ok(Self::Provider { provider, endpoint: base.to_string(), zone: Box::new(zone) })
    }

    /// For people: `Route 53 (Z2ABC)`.
    pub fn name(&self) -> String {
        match self {
            Self::Server { addr, .. } => addr.to_string(),
            Self::Provider { provider, zone, .. } if zone.zone.id.trim_end_matches('.') == zone.zone.apex.as_str() => {
                provider.name.to_owned()
            }
            Self::Provider { provider, zone, .. } => format!("{} ({})", provider.name, zone.zone.id),
        }
    }

    /// For the file with the state before.
    pub fn saved(&self) -> state::Place {
        match self {
            Self::Server { addr, .. } => state::Place::Server(*addr),
            Self::Provider { provider, endpoint, zone } => state::Place::Provider {
                id: provider.id.to_owned(),
                zone: zone.zone.id.clone(),
                endpoint: endpoint.clone(),
            },
        }
    }

    /// The shortest TTL that can be published here, in seconds.
    pub fn ttl_min(&self) -> u32 {
        match self {
            Self::Server { .. } => 0,
            Self::Provider { provider, .. } => provider.ttl_min,
        }
    }

    /// What is there now for the names of the set and for those that could conflict, and how much else.
    pub async fn look(&self, set: &RecordSet) -> anyhow::Result<(Vec<(Query, Outcome)>, String)> {
        let own = questions(set);
        let mut all = own.clone();
        all.extend(crate::rocketchat::generation::questions(&set.domain));
        all.sort();
        all.dedup();
        match self {
            Self::Server { addr, net, .. } => Ok((server(*addr, net, &all, &own, set).await?, OTHERS.into())),
            Self::Provider { provider, zone, .. } => {
                let mut names: Vec<String> = all.iter().map(|question| question.name.clone()).collect();
                names.dedup();
                let held = zone.read(&names).await.map_err(|failure| refusal(provider, &failure))?;
                for question in &own {
                    let alias = Query::new(&question.name, RecordType::Cname);
                    if outcome(&held, &alias).is_answer() && !outcome(&held, &alias).records().is_empty() {
                        return Err(aliased(&question.name));
                    }
                }
                let others = zone.total().await.map_or_else(|| OTHERS.into(), |total| total.others(&held, &own));
                let seen = all.into_iter().map(|question| (question.clone(), outcome(&held, &question)));
                Ok((seen.collect(), others))
            }
        }
    }

    /// False when changes are recorded that are not served.
    pub async fn is_deployed(&self) -> anyhow::Result<bool> {
        match self {
            Self::Server { .. } => Ok(true),
            Self::Provider { provider, zone, .. } => {
                zone.is_deployed().await.map_err(|failure| refusal(provider, &failure))
            }
        }
    }

    /// Serves what is recorded.
    pub async fn deploy(&self) -> anyhow::Result<()> {
        match self {
            Self::Server { .. } => Ok(()),
            Self::Provider { provider, zone, .. } => zone.deploy().await.map_err(|failure| refusal(provider, &failure)),
        }
    }

    /// Makes the changes, if the records are still as the plan says.
    pub async fn write(&self, zone: &Host, changes: &[Change]) -> Result<(), Unwritten> {
        match self {
            Self::Server { addr, key, net } => {
                let time = u64::try_from(now()).unwrap_or_default();
                let update =
                    Update::new(zone, changes, key, time).map_err(|error| Unwritten::Refused(error.to_string()))?;
                let response = tokio::time::timeout(net.timeout, stream(*addr, &update.bytes)).await;
                let response = response.map_err(|_| Unwritten::Unknown(Outcome::Timeout.to_string()))?;
                let response = response.map_err(|error| Unwritten::Unknown(description(&error)))?;
                match update.read(&response) {
                    Updated::Done => Ok(()),
                    Updated::Overtaken => Err(Unwritten::Overtaken),
                    Updated::Rejected(why) => Err(Unwritten::Refused(why)),
                    Updated::Unknown(why) => Err(Unwritten::Unknown(why)),
                }
            }
            Self::Provider { zone, .. } => zone.write(changes).await.map_err(|failure| match failure {
                Failure::Overtaken => Unwritten::Overtaken,
                failure if failure.left_unchanged() => Unwritten::Refused(failure.to_string()),
                failure => Unwritten::Unknown(failure.to_string()),
            }),
        }
    }
}

/// Why the changes were not made.
pub enum Unwritten {
    /// The records have changed since the plan was made; nothing was changed.
    Overtaken,
    /// Nothing was changed.
    Refused(String),
    /// All, some or nothing was changed.
    Unknown(String),
}

/// The error for a provider that did not answer a question about the zone.
fn refusal(provider: &Provider, failure: &Failure) -> anyhow::Error {
    let hint = match failure {
        Failure::NoZone(_) => "check that the token belongs to the account with the zone".to_owned(),
        Failure::ManyZones(..) => "choose one with --zone-id ID".to_owned(),
        Failure::Credentials(..) => format!("the token needs {}", provider.permission),
        Failure::Busy(_) => "run the same command again in a minute; nothing was changed".to_owned(),
        _ => "nothing was changed; run the same command again, with -v for more".to_owned(),
    };
    hinted(format!("{}: {failure}", provider.name), hint)
}

/// Asks the name server itself; only authoritative responses count.
async fn server(
    addr: SocketAddr,
    net: &Net,
    all: &[Query],
    own: &[Query],
    set: &RecordSet,
) -> anyhow::Result<Vec<(Query, Outcome)>> {
    let replies =
        join_all(all.iter().map(|question| ask(&net.sockets, addr, question, Flags::AUTHORITY, net.timeout))).await;
    for (question, reply) in all.iter().zip(&replies).filter(|(question, _)| own.contains(question)) {
        if reply.outcome.is_answer() && !reply.authoritative {
            let what = format!("{addr} is not authoritative for `{}`", set.zone);
            return Err(hinted(what, "name the primary server of the zone with --server"));
        }
        if !reply.aliases.is_empty() {
            return Err(aliased(&question.name));
        }
    }
    Ok(all.iter().cloned().zip(replies.into_iter().map(|reply| reply.outcome)).collect())
}

fn aliased(name: &str) -> anyhow::Error {
    let what = format!("`{name}` is an alias (CNAME), and no other record can exist at the same name");
    hinted(what, "delete the alias, or publish in the zone that it leads to")
}
