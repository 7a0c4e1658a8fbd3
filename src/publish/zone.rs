//! A zone at a provider: found, read, written. What is written is compared with what is there right before.

use super::api::{Client, Failure};
use super::held::{Held, Total, ZoneId, records, steps};
use super::{azure, cloudflare, desec, digitalocean, gandi, google, hetzner, ovh, powerdns, route53};
use crate::dns::name::Host;
use crate::dns::record::{Query, RecordType};
use crate::rocketchat::change::{Change, same_data};

/// A zone that was found in an account.
pub struct HostedZone {
    client: Client,
    pub zone: ZoneId,
}

impl HostedZone {
    /// Finds the zone; `id` spares the search.
    pub async fn open(client: Client, apex: &Host, id: Option<&str>) -> Result<Self, Failure> {
        let found = match (id, client.provider.id) {
            (Some(id), _) => id.to_owned(),
            (None, "azure") => azure::find(&client, apex).await?,
            (None, "cloudflare") => cloudflare::find(&client, apex).await?,
            (None, "google") => google::find(&client, apex).await?,
            (None, "hetzner") => hetzner::find(&client, apex).await?,
            (None, "powerdns") => powerdns::id(apex),
            (None, "route53") => route53::find(&client, apex).await?,
            _ => apex.as_str().to_owned(),
        };
        Ok(Self { client, zone: ZoneId { id: found, apex: apex.clone() } })
    }

    /// All SRV, TXT and CNAME records at these names.
    pub async fn read(&self, names: &[String]) -> Result<Vec<Held>, Failure> {
        let (client, zone) = (&self.client, &self.zone);
        match client.provider.id {
            "powerdns" => return powerdns::read(client, zone, names).await,
            "desec" => return desec::read(client, zone, names).await,
            _ => {}
        }
        let mut held = Vec::new();
        for name in names {
            held.extend(match client.provider.id {
                "azure" => azure::read(client, zone, name).await?,
                "cloudflare" => cloudflare::read(client, zone, name).await?,
                "digitalocean" => digitalocean::read(client, zone, name).await?,
                "gandi" => gandi::read(client, zone, name).await?,
                "google" => google::read(client, zone, name).await?,
                "hetzner" => hetzner::read(client, zone, name).await?,
                "ovh" => ovh::read(client, zone, name).await?,
                _ => route53::read(client, zone, name).await?,
            });
        }
        Ok(held)
    }

    /// How much the whole zone holds; `None` when the API does not report it.
    pub async fn total(&self) -> Option<Total> {
        let (client, zone) = (&self.client, &self.zone);
        match client.provider.id {
            "azure" => azure::total(client, zone).await,
            "cloudflare" => cloudflare::total(client, zone).await,
            "digitalocean" => digitalocean::total(client, zone).await,
            "hetzner" => hetzner::total(client, zone).await,
            "ovh" => ovh::total(client, zone).await,
            "powerdns" => powerdns::total(client, zone).await,
            "route53" => route53::total(client, zone).await,
            _ => None,
        }
    }

    /// False when changes are recorded that are not served, as after a failure halfway at OVH.
    pub async fn is_deployed(&self) -> Result<bool, Failure> {
        match self.client.provider.id {
            "ovh" => ovh::is_deployed(&self.client, &self.zone).await,
            _ => Ok(true),
        }
    }

    /// Serves what is recorded.
    pub async fn deploy(&self) -> Result<(), Failure> {
        match self.client.provider.id {
            "ovh" => self.client.exchange(ovh::refresh(&self.zone)).await.map(drop),
            _ => Ok(()),
        }
    }

    /// Makes the changes, if the zone is still as the changes say that it is.
    pub async fn write(&self, changes: &[Change]) -> Result<(), Failure> {
        let mut names: Vec<String> = changes.iter().map(|change| change.question.name.clone()).collect();
        names.dedup();
        let held = self.read(&names).await?;
        for change in changes {
            let alias = Query::new(&change.question.name, RecordType::Cname);
            let now = records(&held, &change.question);
            if !records(&held, &alias).is_empty() || !same_data(&now, &change.before) {
                return Err(Failure::Overtaken);
            }
        }
        let (client, zone) = (&self.client, &self.zone);
        match client.provider.id {
            "desec" => return desec::write(client, zone, changes).await,
            "google" => return google::write(client, zone, changes, &held).await,
            "powerdns" => return powerdns::write(client, zone, changes, &held).await,
            "route53" => return route53::write(client, zone, changes, &held).await,
            _ => {}
        }
        let mut requests = Vec::new();
        for change in changes {
            requests.extend(match client.provider.id {
                "azure" => azure::requests(zone, change, &held),
                "gandi" => gandi::requests(zone, change),
                "hetzner" => hetzner::requests(zone, change, &held),
                "cloudflare" => steps(change, &held).iter().map(|step| cloudflare::request(zone, step)).collect(),
                "ovh" => steps(change, &held).iter().map(|step| ovh::request(zone, step)).collect(),
                _ => steps(change, &held).iter().map(|step| digitalocean::request(zone, step)).collect(),
            });
        }
        if client.provider.id == "ovh" {
            requests.push(ovh::refresh(zone));
        }
        let total = requests.len();
        for (done, request) in requests.into_iter().enumerate() {
            match client.exchange(request).await {
                Ok(_) => {}
                Err(cause) if done == 0 => return Err(cause),
                Err(cause) => return Err(Failure::Partly { done, total, cause: Box::new(cause) }),
            }
        }
        Ok(())
    }
}
