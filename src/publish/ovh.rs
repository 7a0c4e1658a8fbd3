//! OVHcloud: records with ids, `/domain/zone/ZONE/record`. A change is served after a request to refresh the zone. A TXT value is
//! one string in quotes, which the server cuts.

use serde_json::{Value, json};

use super::api::{Client, Failure, encoded};
use super::held::{Held, Step, Total, ZoneId};
use super::rdata;
use crate::dns::record::{CharacterString, RData, RecordType, Rr};
use crate::facts::api::{ApiRequest, Method};

fn path(zone: &ZoneId) -> String {
    format!("/domain/zone/{}", encoded(&zone.id))
}

/// The apex is an empty `subDomain`.
fn subdomain<'a>(zone: &ZoneId, owner: &'a str) -> &'a str {
    match zone.relative(owner) {
        "@" => "",
        name => name,
    }
}

/// The records at a name.
pub async fn read(client: &Client, zone: &ZoneId, name: &str) -> Result<Vec<Held>, Failure> {
    let mut found = Vec::new();
    let list = format!("{}/record?subDomain={}", path(zone), encoded(subdomain(zone, name)));
    let ids = match client.get(&list).await {
        Err(Failure::Refused { status: 404, .. }) => return Err(Failure::NoZone(zone.apex.to_string())),
        ids => ids?,
    };
    for id in ids.as_array().ok_or(Failure::Unreadable("the list of records"))? {
        let id = id.as_u64().ok_or(Failure::Unreadable("the id of a record"))?;
        let record = client.get(&format!("{}/record/{id}", path(zone))).await?;
        found.extend(held(&record, id, name));
    }
    Ok(found)
}

fn held(record: &Value, id: u64, name: &str) -> Option<Held> {
    let raw = record["target"].as_str()?.to_owned();
    let data = match record["fieldType"].as_str()? {
        "SRV" => rdata::parse(RecordType::Srv, &raw)?,
        "TXT" => rdata::parse(RecordType::Txt, &raw)?,
        "CNAME" => rdata::parse(RecordType::Cname, &raw)?,
        _ => return None,
    };
    // 0 is the default of the zone.
    let ttl = record["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default();
    Some(Held { rr: Rr { name: name.to_owned(), ttl, data }, id: Some(id.to_string()), raw, disabled: false })
}

/// How many records the zone has.
pub async fn total(client: &Client, zone: &ZoneId) -> Option<Total> {
    let ids = client.get(&format!("{}/record", path(zone))).await.ok()?;
    ids.as_array().map(|ids| Total::Records(ids.len() as u64))
}

/// True when every change of the zone is served.
pub async fn is_deployed(client: &Client, zone: &ZoneId) -> Result<bool, Failure> {
    Ok(client.get(&format!("{}/status", path(zone))).await?["isDeployed"].as_bool().unwrap_or(true))
}

/// The request after which the changes are served.
pub fn refresh(zone: &ZoneId) -> ApiRequest {
    ApiRequest::new(Method::Post, format!("{}/refresh", path(zone)))
}

/// The request for one step.
pub fn request(zone: &ZoneId, step: &Step) -> ApiRequest {
    let records = format!("{}/record", path(zone));
    match step {
        Step::Replace(id, rr) => ApiRequest::json(Method::Put, format!("{records}/{}", encoded(id)), &body(zone, rr)),
        Step::Create(rr) => {
            let mut body = body(zone, rr);
            body["fieldType"] = if matches!(rr.data, RData::Srv { .. }) { "SRV" } else { "TXT" }.into();
            ApiRequest::json(Method::Post, records, &body)
        }
        Step::Delete(id) => ApiRequest::new(Method::Delete, format!("{records}/{}", encoded(id))),
    }
}

fn body(zone: &ZoneId, rr: &Rr) -> Value {
    let target = match rr.data.joined() {
        Some(value) => format!("\"{}\"", CharacterString(value)),
        None => rdata::text(&rr.data),
    };
    json!({"subDomain": subdomain(zone, &rr.name), "target": target, "ttl": rr.ttl})
}
