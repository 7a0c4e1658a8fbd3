//! Gandi LiveDNS: one record set a request, `/domains/ZONE/records/NAME/TYPE`.

use serde_json::{Value, json};

use super::api::{Client, Failure, encoded};
use super::held::{self, Held, ZoneId};
use super::rdata;
use crate::facts::api::{ApiRequest, Method};
use crate::rocketchat::change::Change;

/// The records at a name.
pub async fn read(client: &Client, zone: &ZoneId, name: &str) -> Result<Vec<Held>, Failure> {
    let path = format!("/domains/{}/records/{}", encoded(&zone.id), encoded(zone.relative(name)));
    let sets = match client.get(&path).await {
        // A name without records; a domain that the account does not have is 404 or 403.
        Err(Failure::Refused { status: 404, .. }) => Value::Array(Vec::new()),
        sets => sets?,
    };
    let sets = sets.as_array().ok_or(Failure::Unreadable("the records of the name"))?;
    Ok(sets.iter().flat_map(|set| read_set(set, name)).collect())
}

fn read_set(set: &Value, name: &str) -> Vec<Held> {
    let Some(kind) = held::kind(set["rrset_type"].as_str()) else { return Vec::new() };
    held::of_set(name, kind, held::ttl(&set["rrset_ttl"]), set["rrset_values"].as_array().into_iter().flatten())
}

/// The request for one record set.
pub fn requests(zone: &ZoneId, change: &Change) -> Vec<ApiRequest> {
    let (name, kind) = (zone.relative(&change.question.name), change.question.kind);
    let path = format!("/domains/{}/records/{}/{kind}", encoded(&zone.id), encoded(name));
    let values: Vec<String> = change.after.iter().map(|rr| rdata::text(&rr.data)).collect();
    vec![match change.after.first() {
        None => ApiRequest::new(Method::Delete, path),
        Some(first) => ApiRequest::json(Method::Put, path, &json!({"rrset_ttl": first.ttl, "rrset_values": values})),
    }]
}
