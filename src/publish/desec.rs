//! deSEC: all record sets in one PATCH, which it does wholly or not at all.

use serde_json::{Value, json};

use super::api::{Client, Failure, encoded};
use super::held::{self, Held, ZoneId};
use super::rdata;
use crate::facts::api::{ApiRequest, Method};
use crate::rocketchat::change::Change;

fn path(zone: &ZoneId) -> String {
    format!("/domains/{}/rrsets/", encoded(&zone.id))
}

/// The apex is an empty `subname`.
fn subname<'a>(zone: &ZoneId, owner: &'a str) -> &'a str {
    match zone.relative(owner) {
        "@" => "",
        name => name,
    }
}

/// The records at these names.
pub async fn read(client: &Client, zone: &ZoneId, names: &[String]) -> Result<Vec<Held>, Failure> {
    let mut held = Vec::new();
    for name in names {
        let path = format!("{}?subname={}", path(zone), encoded(subname(zone, name)));
        let sets = match client.get(&path).await {
            Err(Failure::Refused { status: 404, .. }) => return Err(Failure::NoZone(zone.apex.to_string())),
            sets => sets?,
        };
        let sets = sets.as_array().ok_or(Failure::Unreadable("the list of record sets"))?;
        held.extend(sets.iter().flat_map(|set| read_set(set, name)));
    }
    Ok(held)
}

fn read_set(set: &Value, name: &str) -> Vec<Held> {
    let Some(kind) = held::kind(set["type"].as_str()) else { return Vec::new() };
    held::of_set(name, kind, held::ttl(&set["ttl"]), set["records"].as_array().into_iter().flatten())
}

/// All changes in one request; a set without records is deleted.
pub async fn write(client: &Client, zone: &ZoneId, changes: &[Change]) -> Result<(), Failure> {
    let set = |change: &Change| {
        let values: Vec<String> = change.after.iter().map(|rr| rdata::text(&rr.data)).collect();
        let ttl = change.after.first().or(change.before.first()).map(|rr| rr.ttl);
        json!({"subname": subname(zone, &change.question.name), "type": change.question.kind.to_string(),
               "ttl": ttl.unwrap_or(client.provider.ttl_min), "records": values})
    };
    let body = Value::Array(changes.iter().map(set).collect());
    client.exchange(ApiRequest::json(Method::Patch, path(zone), &body)).await.map(drop)
}
