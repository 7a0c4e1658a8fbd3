//! Gandi LiveDNS: one record set a request, `/domains/ZONE/records/NAME/TYPE`.

use serde_json::{Value, json};

use super::api::{Client, Failure, encoded};
use super::held::{Held, ZoneId};
use super::rdata;
use crate::dns::record::{RecordType, Rr};
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
    Ok(sets.iter().flat_map(|set| held(set, name)).collect())
}

fn held(set: &Value, name: &str) -> Vec<Held> {
    let kind = match set["rrset_type"].as_str() {
        Some("SRV") => RecordType::Srv,
        Some("TXT") => RecordType::Txt,
        Some("CNAME") => RecordType::Cname,
        _ => return Vec::new(),
    };
    let ttl = u32::try_from(set["rrset_ttl"].as_u64().unwrap_or_default()).unwrap_or_default();
    let read = |value: &Value| {
        let raw = value.as_str()?.to_owned();
        let rr = Rr { name: name.to_owned(), ttl, data: rdata::parse(kind, &raw)? };
        Some(Held { rr, id: None, raw, disabled: false })
    };
    set["rrset_values"].as_array().map(|values| values.iter().filter_map(read).collect()).unwrap_or_default()
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
