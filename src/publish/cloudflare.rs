//! Cloudflare: records with ids, `/zones/ZONE/dns_records`.

use serde_json::{Value, json};

use super::api::{Client, Failure, encoded};
use super::held::{Held, Step, Total, ZoneId};
use super::rdata;
use crate::dns::name::Host;
use crate::dns::record::{RData, RecordType, Rr};
use crate::facts::api::{ApiRequest, Method};

/// The id of the zone.
pub async fn find(client: &Client, apex: &Host) -> Result<String, Failure> {
    let zones = client.get(&format!("/zones?name={}", encoded(apex.as_str()))).await?;
    let zones = zones["result"].as_array().ok_or(Failure::Unreadable("the list of zones"))?.clone();
    match zones.as_slice() {
        [] => Err(Failure::NoZone(apex.to_string())),
        [zone] => zone["id"].as_str().map(str::to_owned).ok_or(Failure::Unreadable("the id of the zone")),
        more => Err(Failure::ManyZones(apex.to_string(), more.len())),
    }
}

/// The records at a name.
pub async fn read(client: &Client, zone: &ZoneId, name: &str) -> Result<Vec<Held>, Failure> {
    let path = format!("/zones/{}/dns_records?name={}&per_page=100", encoded(&zone.id), encoded(name));
    let list = client.get(&path).await?;
    let list = list["result"].as_array().ok_or(Failure::Unreadable("the list of records"))?;
    Ok(list.iter().filter_map(held).collect())
}

fn held(record: &Value) -> Option<Held> {
    let content = record["content"].as_str().unwrap_or_default();
    let data = match record["type"].as_str()? {
        "SRV" => {
            let number = |name: &str| u16::try_from(record["data"][name].as_u64()?).ok();
            let target = record["data"]["target"].as_str()?.trim_end_matches('.').to_owned();
            RData::Srv { priority: number("priority")?, weight: number("weight")?, port: number("port")?, target }
        }
        "TXT" => rdata::parse(RecordType::Txt, content)?,
        "CNAME" => rdata::parse(RecordType::Cname, content)?,
        _ => return None,
    };
    let ttl = u32::try_from(record["ttl"].as_u64()?).ok()?;
    let name = record["name"].as_str()?.trim_end_matches('.').to_ascii_lowercase();
    let id = record["id"].as_str().map(str::to_owned);
    Some(Held { rr: Rr { name, ttl, data }, id, raw: content.to_owned(), disabled: false })
}

/// How many records the zone has.
pub async fn total(client: &Client, zone: &ZoneId) -> Option<Total> {
    let list = client.get(&format!("/zones/{}/dns_records?per_page=5", encoded(&zone.id))).await.ok()?;
    list["result_info"]["total_count"].as_u64().map(Total::Records)
}

/// The request for one step.
pub fn request(zone: &ZoneId, step: &Step) -> ApiRequest {
    let path = format!("/zones/{}/dns_records", encoded(&zone.id));
    match step {
        Step::Replace(id, rr) => ApiRequest::json(Method::Put, format!("{path}/{}", encoded(id)), &body(rr)),
        Step::Create(rr) => ApiRequest::json(Method::Post, path, &body(rr)),
        Step::Delete(id) => ApiRequest::new(Method::Delete, format!("{path}/{}", encoded(id))),
    }
}

fn body(rr: &Rr) -> Value {
    match &rr.data {
        RData::Srv { priority, weight, port, target } => json!({
            "type": "SRV", "name": rr.name, "ttl": rr.ttl,
            "data": {"priority": priority, "weight": weight, "port": port, "target": target},
        }),
        data => json!({"type": "TXT", "name": rr.name, "ttl": rr.ttl, "content": rdata::text(data)}),
    }
}
