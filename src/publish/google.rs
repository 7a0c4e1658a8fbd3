//! Google Cloud DNS: one change of deletions and additions, done wholly or not at all; a deletion must match what is there.

use serde_json::{Value, json};

use super::api::{Client, Failure, encoded};
use super::held::{self, Held, ZoneId};
use super::rdata;
use crate::dns::name::Host;
use crate::facts::api::{ApiRequest, Method};
use crate::rocketchat::change::Change;

fn zones(client: &Client) -> String {
    format!("/projects/{}/managedZones", encoded(client.credentials.extra("project").unwrap_or_default()))
}

/// The name of the managed zone that is public.
pub async fn find(client: &Client, apex: &Host) -> Result<String, Failure> {
    let list = client.get(&format!("{}?dnsName={}", zones(client), encoded(&apex.absolute()))).await?;
    let list = list["managedZones"].as_array().cloned().unwrap_or_default();
    let public: Vec<&Value> = list.iter().filter(|zone| zone["visibility"] != "private").collect();
    match public.as_slice() {
        [] => Err(Failure::NoZone(apex.to_string())),
        [zone] => zone["name"].as_str().map(str::to_owned).ok_or(Failure::Unreadable("the name of the zone")),
        more => Err(Failure::ManyZones(apex.to_string(), more.len())),
    }
}

/// The records at a name.
pub async fn read(client: &Client, zone: &ZoneId, name: &str) -> Result<Vec<Held>, Failure> {
    let path = format!("{}/{}/rrsets?name={}", zones(client), encoded(&zone.id), encoded(&format!("{name}.")));
    let answer = client.get(&path).await?;
    let sets = answer["rrsets"].as_array().cloned().unwrap_or_default();
    if sets.iter().any(|set| set.get("routingPolicy").is_some()) {
        return Err(Failure::Special(name.to_owned(), "a record set with a routing policy"));
    }
    Ok(sets.iter().flat_map(|set| read_set(set, name)).collect())
}

fn read_set(set: &Value, name: &str) -> Vec<Held> {
    let Some(kind) = held::kind(set["type"].as_str()) else { return Vec::new() };
    held::of_set(name, kind, held::ttl(&set["ttl"]), set["rrdatas"].as_array().into_iter().flatten())
}

/// All changes in one request.
pub async fn write(client: &Client, zone: &ZoneId, changes: &[Change], held: &[Held]) -> Result<(), Failure> {
    let set = |change: &Change, ttl: u32, values: Vec<String>| {
        json!({"name": format!("{}.", change.question.name), "type": change.question.kind.to_string(),
               "ttl": ttl, "rrdatas": values})
    };
    let (mut deletions, mut additions) = (Vec::new(), Vec::new());
    for change in changes {
        let old: Vec<&Held> = held.iter().filter(|held| held.is_of(&change.question)).collect();
        if let Some(first) = old.first() {
            deletions.push(set(change, first.rr.ttl, old.iter().map(|held| held.raw.clone()).collect()));
        }
        if let Some(first) = change.after.first() {
            additions.push(set(change, first.ttl, change.after.iter().map(|rr| rdata::text(&rr.data)).collect()));
        }
    }
    let body = json!({"deletions": deletions, "additions": additions});
    let path = format!("{}/{}/changes", zones(client), encoded(&zone.id));
    match client.exchange(ApiRequest::json(Method::Post, path, &body)).await {
        Err(Failure::Refused { status: 404 | 409 | 412, .. }) => Err(Failure::Overtaken),
        other => other.map(drop),
    }
}
