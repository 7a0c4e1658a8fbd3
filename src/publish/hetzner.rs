//! Hetzner Cloud DNS: record sets, `/zones/ZONE/rrsets/NAME/TYPE` with actions.

use serde_json::{Value, json};

use super::api::{Client, Failure, encoded};
use super::held::{self, Held, Total, ZoneId, records};
use super::rdata;
use crate::dns::name::Host;
use crate::facts::api::{ApiRequest, Method};
use crate::rocketchat::change::Change;

/// The TTL of a record set that has none.
const TTL_OF_ZONE: u32 = 3600;

/// The id of the zone.
pub async fn find(client: &Client, apex: &Host) -> Result<String, Failure> {
    let zones = client.get(&format!("/zones?name={}", encoded(apex.as_str()))).await?;
    let zones = zones["zones"].as_array().ok_or(Failure::Unreadable("the list of zones"))?.clone();
    let zone = zones.first().ok_or_else(|| Failure::NoZone(apex.to_string()))?;
    zone["id"].as_u64().map(|id| id.to_string()).ok_or(Failure::Unreadable("the id of the zone"))
}

/// The records at a name.
pub async fn read(client: &Client, zone: &ZoneId, name: &str) -> Result<Vec<Held>, Failure> {
    let path = format!("/zones/{}/rrsets?name={}&per_page=50", encoded(&zone.id), encoded(zone.relative(name)));
    let answer = client.get(&path).await?;
    let sets = answer["rrsets"].as_array().ok_or(Failure::Unreadable("the list of record sets"))?;
    let here = sets.iter().filter(|set| set["name"] == zone.relative(name));
    Ok(here.flat_map(|set| read_set(set, name)).collect())
}

fn read_set(set: &Value, name: &str) -> Vec<Held> {
    let Some(kind) = held::kind(set["type"].as_str()) else { return Vec::new() };
    let ttl = set["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or(TTL_OF_ZONE);
    held::of_set(name, kind, ttl, set["records"].as_array().into_iter().flatten().map(|record| &record["value"]))
}

/// How many records the zone has.
pub async fn total(client: &Client, zone: &ZoneId) -> Option<Total> {
    let zone = client.get(&format!("/zones/{}", encoded(&zone.id))).await.ok()?;
    zone["zone"]["record_count"].as_u64().map(Total::Records)
}

/// The requests for one record set.
pub fn requests(zone: &ZoneId, change: &Change, held: &[Held]) -> Vec<ApiRequest> {
    let (name, kind) = (zone.relative(&change.question.name), change.question.kind);
    let sets = format!("/zones/{}/rrsets", encoded(&zone.id));
    let set = format!("{sets}/{}/{kind}", encoded(name));
    let values: Vec<Value> = change.after.iter().map(|rr| json!({"value": rdata::text(&rr.data)})).collect();
    let before = records(held, &change.question);
    match (change.after.first(), before.first()) {
        (None, _) => vec![ApiRequest::new(Method::Delete, set)],
        (Some(first), None) => {
            let body = json!({"name": name, "type": kind.to_string(), "ttl": first.ttl, "records": values});
            vec![ApiRequest::json(Method::Post, sets, &body)]
        }
        (Some(first), Some(old)) => {
            let set_records = format!("{set}/actions/set_records");
            let mut requests = vec![ApiRequest::json(Method::Post, set_records, &json!({"records": values}))];
            if old.ttl != first.ttl {
                let body = json!({"ttl": first.ttl});
                requests.push(ApiRequest::json(Method::Post, format!("{set}/actions/change_ttl"), &body));
            }
            requests
        }
    }
}
