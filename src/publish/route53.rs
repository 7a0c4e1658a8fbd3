//! Route 53: one batch of deletions and creations, done wholly or not at all; a deletion must match what is there.

use super::api::{Client, Failure, encoded};
use super::held::{self, Held, Total, ZoneId};
use super::rdata;
use crate::dns::name::Host;
use crate::dns::record::Rr;
use crate::facts::api::{ApiRequest, Method};
use crate::rocketchat::change::Change;

const VERSION: &str = "/2013-04-01";

/// The id of the public zone of this name.
pub async fn find(client: &Client, apex: &Host) -> Result<String, Failure> {
    let path = format!("{VERSION}/hostedzonesbyname?dnsname={}&maxitems=100", encoded(apex.as_str()));
    let body = client.exchange(ApiRequest::new(Method::Get, path)).await?.body;
    let same = |zone: &&str| text(zone, "Name").is_some_and(|name| name.trim_end_matches('.') == apex.as_str());
    let public = |zone: &&str| text(zone, "PrivateZone").as_deref() != Some("true");
    let zones = elements(&body, "HostedZone");
    match zones.into_iter().filter(same).filter(public).collect::<Vec<_>>().as_slice() {
        [] => Err(Failure::NoZone(apex.to_string())),
        [zone] => {
            let id = text(zone, "Id").ok_or(Failure::Unreadable("the id of the zone"))?;
            Ok(id.trim_start_matches("/hostedzone/").to_owned())
        }
        more => Err(Failure::ManyZones(apex.to_string(), more.len())),
    }
}

/// The records at a name.
pub async fn read(client: &Client, zone: &ZoneId, name: &str) -> Result<Vec<Held>, Failure> {
    let path = format!("{VERSION}/hostedzone/{}/rrset?maxitems=100&name={}", encoded(&zone.id), encoded(name));
    let body = match client.exchange(ApiRequest::new(Method::Get, path)).await {
        Err(Failure::Refused { status: 404, .. }) => return Err(Failure::NoZone(zone.apex.to_string())),
        answer => answer?.body,
    };
    let mut held = Vec::new();
    for set in elements(&body, "ResourceRecordSet") {
        if text(set, "Name").is_some_and(|owner| owner.trim_end_matches('.').eq_ignore_ascii_case(name)) {
            held.extend(records_of(set, name)?);
        }
    }
    Ok(held)
}

fn records_of(set: &str, name: &str) -> Result<Vec<Held>, Failure> {
    let Some(kind) = held::kind(text(set, "Type").as_deref()) else { return Ok(Vec::new()) };
    if text(set, "SetIdentifier").is_some() {
        return Err(Failure::Special(name.to_owned(), "a record set with a routing policy"));
    }
    if !elements(set, "AliasTarget").is_empty() {
        return Err(Failure::Special(name.to_owned(), "an alias record"));
    }
    let ttl = text(set, "TTL").and_then(|ttl| ttl.parse().ok()).unwrap_or_default();
    let read = |record: &str| {
        let raw = text(record, "Value")?;
        let rr = Rr { name: name.to_owned(), ttl, data: rdata::parse(kind, &raw)? };
        Some(Held { rr, id: None, raw, disabled: false })
    };
    Ok(elements(set, "ResourceRecord").into_iter().filter_map(read).collect())
}

/// How many record sets the zone has.
pub async fn total(client: &Client, zone: &ZoneId) -> Option<Total> {
    let request = ApiRequest::new(Method::Get, format!("{VERSION}/hostedzone/{}", encoded(&zone.id)));
    let body = client.exchange(request).await.ok()?.body;
    text(&body, "ResourceRecordSetCount")?.parse().ok().map(Total::Sets)
}

/// All changes in one request.
pub async fn write(client: &Client, zone: &ZoneId, changes: &[Change], held: &[Held]) -> Result<(), Failure> {
    let mut batch = String::new();
    for change in changes {
        let old: Vec<&Held> = held.iter().filter(|held| held.is_of(&change.question)).collect();
        if let Some(first) = old.first() {
            batch += &action("DELETE", change, first.rr.ttl, old.iter().map(|held| held.raw.clone()));
        }
        if let Some(first) = change.after.first() {
            batch += &action("CREATE", change, first.ttl, change.after.iter().map(|rr| rdata::text(&rr.data)));
        }
    }
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ChangeResourceRecordSetsRequest \
         xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Comment>Rocket.Chat federation</Comment>\
         <Changes>{batch}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    );
    let mut request = ApiRequest::new(Method::Post, format!("{VERSION}/hostedzone/{}/rrset/", encoded(&zone.id)));
    request.body = Some(body);
    match client.exchange(request.with("content-type", "application/xml")).await {
        Err(Failure::Refused { status: 400, text }) if text.contains("InvalidChangeBatch") && is_overtaken(&text) => {
            Err(Failure::Overtaken)
        }
        other => other.map(drop),
    }
}

/// The words with which the service says that a deletion does not match or that a new set is there already.
fn is_overtaken(text: &str) -> bool {
    ["not found", "do not match", "already exists"].iter().any(|words| text.contains(words))
}

fn action(action: &str, change: &Change, ttl: u32, values: impl Iterator<Item = String>) -> String {
    let values: String =
        values.map(|value| format!("<ResourceRecord><Value>{}</Value></ResourceRecord>", escaped(&value))).collect();
    format!(
        "<Change><Action>{action}</Action><ResourceRecordSet><Name>{}.</Name><Type>{}</Type><TTL>{ttl}</TTL>\
         <ResourceRecords>{values}</ResourceRecords></ResourceRecordSet></Change>",
        change.question.name, change.question.kind
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The contents of all elements of this name, which are never nested in each other.
fn elements<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut parts = xml.split(open.as_str());
    parts.next();
    parts.filter_map(|part| part.split_once(close.as_str()).map(|(inside, _)| inside)).collect()
}

/// The text of the first element of this name, without entities (XML 1.0 section 4.6).
fn text(xml: &str, name: &str) -> Option<String> {
    let raw = *elements(xml, name).first()?;
    let plain = raw.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#34;", "\"");
    Some(plain.replace("&apos;", "'").replace("&#39;", "'").replace("&amp;", "&"))
}
