//! Azure DNS: one record set a request. Its etag makes sure that nobody has changed the set meanwhile.

use serde_json::{Value, json};

use super::api::{Client, Failure, encoded};
use super::held::{Held, Total, ZoneId, records};
use crate::dns::name::Host;
use crate::dns::record::STRING_MAX;
use crate::dns::record::{CharacterString, RData, RecordType, Rr};
use crate::facts::api::{ApiRequest, Method};
use crate::rocketchat::change::Change;

const VERSION: &str = "api-version=2018-05-01";

/// The resource id of the zone, which begins with a slash.
pub async fn find(client: &Client, apex: &Host) -> Result<String, Failure> {
    let subscription = encoded(client.credentials.extra("subscription").unwrap_or_default());
    let list =
        client.get(&format!("/subscriptions/{subscription}/providers/Microsoft.Network/dnszones?{VERSION}")).await?;
    let list = list["value"].as_array().ok_or(Failure::Unreadable("the list of zones"))?;
    let same =
        list.iter().filter(|zone| zone["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(apex.as_str())));
    match same.collect::<Vec<_>>().as_slice() {
        [] => Err(Failure::NoZone(apex.to_string())),
        [zone] => zone["id"].as_str().map(str::to_owned).ok_or(Failure::Unreadable("the id of the zone")),
        more => Err(Failure::ManyZones(apex.to_string(), more.len())),
    }
}

/// The records at a name.
pub async fn read(client: &Client, zone: &ZoneId, name: &str) -> Result<Vec<Held>, Failure> {
    let mut found = Vec::new();
    for kind in [RecordType::Srv, RecordType::Txt, RecordType::Cname] {
        match client.get(&path(zone, kind, name)).await {
            Err(Failure::Refused { status: 404, .. }) => {}
            set => found.extend(held(&set?, kind, name)),
        }
    }
    Ok(found)
}

fn path(zone: &ZoneId, kind: RecordType, name: &str) -> String {
    format!("{}/{kind}/{}?{VERSION}", zone.id, encoded(zone.relative(name)))
}

fn held(set: &Value, kind: RecordType, name: &str) -> Vec<Held> {
    let properties = &set["properties"];
    let text = |value: &Value| value.as_str().unwrap_or_default().trim_end_matches('.').to_owned();
    let data: Vec<RData> = match kind {
        RecordType::Srv => {
            let read = |record: &Value| {
                let number = |name: &str| u16::try_from(record[name].as_u64()?).ok();
                let (priority, weight, port) = (number("priority")?, number("weight")?, number("port")?);
                Some(RData::Srv { priority, weight, port, target: text(&record["target"]) })
            };
            properties["SRVRecords"].as_array().map(|list| list.iter().filter_map(read).collect()).unwrap_or_default()
        }
        RecordType::Txt => {
            let string = |value: &Value| CharacterString(value.as_str().unwrap_or_default().as_bytes().to_vec());
            let read = |record: &Value| {
                RData::Txt(record["value"].as_array().map(|list| list.iter().map(string).collect()).unwrap_or_default())
            };
            properties["TXTRecords"].as_array().map(|list| list.iter().map(read).collect()).unwrap_or_default()
        }
        _ => vec![RData::Cname(text(&properties["CNAMERecord"]["cname"]))],
    };
    let ttl = u32::try_from(properties["TTL"].as_u64().unwrap_or_default()).unwrap_or_default();
    // The etag is of the set; each of its records carries it.
    let id = set["etag"].as_str().map(str::to_owned);
    let held = |data| Held {
        rr: Rr { name: name.to_owned(), ttl, data },
        id: id.clone(),
        raw: String::new(),
        disabled: false,
    };
    data.into_iter().map(held).collect()
}

/// How many record sets the zone has.
pub async fn total(client: &Client, zone: &ZoneId) -> Option<Total> {
    let zone = client.get(&format!("{}?{VERSION}", zone.id)).await.ok()?;
    zone["properties"]["numberOfRecordSets"].as_u64().map(Total::Sets)
}

/// The request for one record set.
pub fn requests(zone: &ZoneId, change: &Change, held: &[Held]) -> Vec<ApiRequest> {
    let path = path(zone, change.question.kind, &change.question.name);
    let etag = held.iter().find(|held| held.is_of(&change.question)).and_then(|held| held.id.clone());
    let guarded = |request: ApiRequest| match (&etag, records(held, &change.question).is_empty()) {
        (_, true) => request.with("if-none-match", "*"),
        (Some(etag), false) => request.with("if-match", etag.clone()),
        (None, false) => request,
    };
    let Some(first) = change.after.first() else {
        return vec![guarded(ApiRequest::new(Method::Delete, path))];
    };
    let mut properties = json!({"TTL": first.ttl});
    let srv: Vec<Value> = change.after.iter().filter_map(|rr| srv(&rr.data)).collect();
    match srv.is_empty() {
        false => properties["SRVRecords"] = Value::Array(srv),
        true => properties["TXTRecords"] = change.after.iter().map(|rr| txt(&rr.data)).collect(),
    }
    vec![guarded(ApiRequest::json(Method::Put, path, &json!({"properties": properties})))]
}

fn srv(data: &RData) -> Option<Value> {
    match data {
        RData::Srv { priority, weight, port, target } => {
            Some(json!({"priority": priority, "weight": weight, "port": port, "target": target}))
        }
        _ => None,
    }
}

fn txt(data: &RData) -> Value {
    let value = data.joined().unwrap_or_default();
    let strings: Vec<String> =
        value.chunks(STRING_MAX).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    json!({"value": strings})
}
