//! DigitalOcean: records with ids, `/v2/domains/ZONE/records`. TXT values have no quotes; the server cuts them.

use serde_json::{Value, json};

use super::api::{Client, Failure, encoded};
use super::held::{Held, Step, Total, ZoneId};
use super::rdata;
use crate::dns::record::{RData, RecordType, Rr};
use crate::facts::api::{ApiRequest, Method};

/// The records at a name.
pub async fn read(client: &Client, zone: &ZoneId, name: &str) -> Result<Vec<Held>, Failure> {
    let path = format!("/v2/domains/{}/records?name={}&per_page=200", encoded(&zone.id), encoded(name));
    let list = match client.get(&path).await {
        Err(Failure::Refused { status: 404, .. }) => return Err(Failure::NoZone(zone.apex.to_string())),
        list => list?,
    };
    let list = list["domain_records"].as_array().ok_or(Failure::Unreadable("the list of records"))?;
    Ok(list.iter().filter_map(|record| held(record, zone)).filter(|held| held.rr.name == name).collect())
}

fn held(record: &Value, zone: &ZoneId) -> Option<Held> {
    let content = record["data"].as_str().unwrap_or_default();
    let data = match record["type"].as_str()? {
        "SRV" => {
            let number = |name: &str| u16::try_from(record[name].as_u64()?).ok();
            let target = content.trim_end_matches('.').to_owned();
            RData::Srv { priority: number("priority")?, weight: number("weight")?, port: number("port")?, target }
        }
        "TXT" => rdata::parse(RecordType::Txt, content)?,
        "CNAME" => rdata::parse(RecordType::Cname, content)?,
        _ => return None,
    };
    let ttl = u32::try_from(record["ttl"].as_u64()?).ok()?;
    let name = match record["name"].as_str()? {
        "@" => zone.apex.as_str().to_owned(),
        relative => format!("{}.{}", relative.to_ascii_lowercase(), zone.apex),
    };
    let id = record["id"].as_u64().map(|id| id.to_string());
    Some(Held { rr: Rr { name, ttl, data }, id, raw: content.to_owned(), disabled: false })
}

/// How many records the zone has.
pub async fn total(client: &Client, zone: &ZoneId) -> Option<Total> {
    let list = client.get(&format!("/v2/domains/{}/records?per_page=1", encoded(&zone.id))).await.ok()?;
    list["meta"]["total"].as_u64().map(Total::Records)
}

/// The request for one step.
pub fn request(zone: &ZoneId, step: &Step) -> ApiRequest {
    let path = format!("/v2/domains/{}/records", encoded(&zone.id));
    match step {
        Step::Replace(id, rr) => ApiRequest::json(Method::Put, format!("{path}/{}", encoded(id)), &body(zone, rr)),
        Step::Create(rr) => ApiRequest::json(Method::Post, path, &body(zone, rr)),
        Step::Delete(id) => ApiRequest::new(Method::Delete, format!("{path}/{}", encoded(id))),
    }
}

fn body(zone: &ZoneId, rr: &Rr) -> Value {
    let name = zone.relative(&rr.name);
    match &rr.data {
        RData::Srv { priority, weight, port, target } => json!({
            "type": "SRV", "name": name, "ttl": rr.ttl, "data": format!("{}.", target.trim_end_matches('.')),
            "priority": priority, "weight": weight, "port": port,
        }),
        data => {
            let value = data.joined().unwrap_or_default();
            json!({"type": "TXT", "name": name, "ttl": rr.ttl, "data": String::from_utf8_lossy(&value)})
        }
    }
}
