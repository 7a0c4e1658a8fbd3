//! PowerDNS Authoritative Server: the whole zone in one response, all record sets in one PATCH, which it does wholly or not at all.

use serde_json::{Value, json};

use super::api::{Client, Failure, encoded};
use super::held::{self, Held, Total, ZoneId};
use super::rdata;
use crate::dns::name::Host;
use crate::dns::record::Rr;
use crate::facts::api::{ApiRequest, Method};
use crate::rocketchat::change::Change;

/// The id of a zone: its name with the final dot.
pub fn id(apex: &Host) -> String {
    apex.absolute()
}

fn path(client: &Client, zone: &ZoneId) -> String {
    let server = client.credentials.extra("server").unwrap_or("localhost");
    format!("/api/v1/servers/{}/zones/{}", encoded(server), encoded(&zone.id))
}

/// The records at these names.
pub async fn read(client: &Client, zone: &ZoneId, names: &[String]) -> Result<Vec<Held>, Failure> {
    let answer = match client.get(&path(client, zone)).await {
        // Up to 4.x a zone that is not there is 422.
        Err(Failure::Refused { status: 404 | 422, .. }) => return Err(Failure::NoZone(zone.apex.to_string())),
        answer => answer?,
    };
    let sets = answer["rrsets"].as_array().ok_or(Failure::Unreadable("the record sets of the zone"))?;
    let here = sets.iter().filter(|set| names.contains(&name_of(set)));
    Ok(here.flat_map(read_set).collect())
}

fn name_of(set: &Value) -> String {
    set["name"].as_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase()
}

fn read_set(set: &Value) -> Vec<Held> {
    let Some(kind) = held::kind(set["type"].as_str()) else { return Vec::new() };
    let ttl = held::ttl(&set["ttl"]);
    let read = |record: &Value| {
        let raw = record["content"].as_str()?.to_owned();
        let rr = Rr { name: name_of(set), ttl, data: rdata::parse(kind, &raw)? };
        Some(Held { rr, id: None, raw, disabled: record["disabled"].as_bool().unwrap_or_default() })
    };
    set["records"].as_array().map(|records| records.iter().filter_map(read).collect()).unwrap_or_default()
}

/// How many records the zone has.
pub async fn total(client: &Client, zone: &ZoneId) -> Option<Total> {
    let zone = client.get(&path(client, zone)).await.ok()?;
    let records = zone["rrsets"].as_array()?.iter().filter_map(|set| set["records"].as_array());
    Some(Total::Records(records.map(|records| records.len() as u64).sum()))
}

/// All changes in one request. Records that are kept but not served stay.
pub async fn write(client: &Client, zone: &ZoneId, changes: &[Change], held: &[Held]) -> Result<(), Failure> {
    let set = |change: &Change| {
        let (name, kind) = (format!("{}.", change.question.name), change.question.kind.to_string());
        let idle = held.iter().filter(|held| held.disabled && held.is_of(&change.question));
        let mut records: Vec<Value> =
            change.after.iter().map(|rr| json!({"content": rdata::text(&rr.data), "disabled": false})).collect();
        records.extend(idle.map(|held| json!({"content": held.raw, "disabled": true})));
        let ttl = change.after.first().map(|rr| rr.ttl);
        match records.is_empty() {
            true => json!({"name": name, "type": kind, "changetype": "DELETE"}),
            false => {
                json!({"name": name, "type": kind, "ttl": ttl.unwrap_or(3600), "changetype": "REPLACE", "records": records})
            }
        }
    };
    let body = json!({"rrsets": changes.iter().map(set).collect::<Vec<_>>()});
    client.exchange(ApiRequest::json(Method::Patch, path(client, zone), &body)).await.map(drop)
}
