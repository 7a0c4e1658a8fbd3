//! What each API is sent, against scripted responses in the shapes of its documentation.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::api::{Client, Failure, Transport};
use super::held::outcome;
use super::provider::{Credentials, find};
use super::zone::HostedZone;
use crate::dns::record::{CharacterString, Query, RData, RecordType, Rr};
use crate::facts::api::{ApiRequest, ApiResponse};
use crate::rocketchat::change::Change;

const NAME: &str = "rocketchat-public-key.mydomain.com";

/// Responses by the beginning of `METHOD PATH`, the first that fits, once each.
struct Script {
    responses: RefCell<VecDeque<(&'static str, u16, Value)>>,
    /// `METHOD PATH BODY`, without the token.
    sent: RefCell<Vec<String>>,
}

fn script(responses: Vec<(&'static str, u16, Value)>) -> Rc<Script> {
    Rc::new(Script { responses: RefCell::new(responses.into()), sent: RefCell::default() })
}

impl Script {
    fn answer(&self, request: &ApiRequest) -> ApiResponse {
        let signed = |name: &str| matches!(name, "authorization" | "x-ovh-signature");
        assert!(request.headers.iter().any(|(name, _)| signed(name)));
        let line = format!("{} {}", request.method.name(), request.path);
        self.sent.borrow_mut().push(format!("{line} {}", request.body.as_deref().unwrap_or("-")));
        let mut responses = self.responses.borrow_mut();
        let at = responses.iter().position(|(start, _, _)| line.starts_with(start));
        let (_, status, body) = at.and_then(|at| responses.remove(at)).unwrap_or_else(|| panic!("unexpected: {line}"));
        // XML is written as text.
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        ApiResponse { status, retry_after: Some(0), body }
    }

    /// What was sent to change something.
    fn changes(&self) -> Vec<String> {
        self.sent.borrow().iter().filter(|line| !line.starts_with("GET")).cloned().collect()
    }
}

fn client(id: &str, script: &Rc<Script>) -> Client {
    let script = script.clone();
    let send: Transport = Box::new(move |request| {
        let response = script.answer(&request);
        Box::pin(async move { Ok(response) })
    });
    let extra = |name| (name, Zeroizing::new("acme".to_owned()));
    let credentials =
        Credentials { token: Zeroizing::new("secret".into()), extras: vec![extra("project"), extra("subscription")] };
    Client {
        provider: find(id).unwrap(),
        credentials,
        base: "https://api.example".into(),
        authority: "api.example".into(),
        send,
        clock: || 0,
    }
}

fn txt(strings: &[&str]) -> Rr {
    let strings = strings.iter().map(|string| CharacterString(string.as_bytes().to_vec())).collect();
    Rr { name: NAME.into(), ttl: 3600, data: RData::Txt(strings) }
}

/// A key in two records becomes one record; the zone's responses are for two reads.
fn replace(id: &str, script: &Rc<Script>) -> Result<(), Failure> {
    let question = Query::new(NAME, RecordType::Txt);
    let before = vec![txt(&["half"]), txt(&["other"])];
    let change = Change { question: question.clone(), before, after: vec![txt(&["whole", "key"])] };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let zone = HostedZone::open(client(id, script), &"mydomain.com".parse().unwrap(), None).await?;
        let held = zone.read(&[NAME.to_owned()]).await?;
        let mut seen = outcome(&held, &question).records().to_vec();
        seen.sort_by(|a, b| a.data.cmp(&b.data));
        assert_eq!(
            seen.iter().map(|rr| rr.data.clone()).collect::<Vec<_>>(),
            [txt(&["half"]).data, txt(&["other"]).data]
        );
        zone.write(&[change]).await
    })
}

fn cloudflare_read() -> Value {
    let record = |id, content| json!({"id": id, "type": "TXT", "name": NAME, "ttl": 1, "content": content});
    json!({"success": true, "result": [record("a", "\"half\""), record("b", "\"other\""),
        {"id": "c", "type": "A", "name": NAME, "ttl": 1, "content": "192.0.2.1"}]})
}

#[test]
fn cloudflare_changes_a_record_in_its_place_before_it_deletes_one() {
    let zones = json!({"success": true, "result": [{"id": "z1", "name": "mydomain.com"}]});
    let ok = json!({"success": true, "result": {}});
    let script = script(vec![
        ("GET /zones?name=mydomain.com", 200, zones),
        ("GET /zones/z1/dns_records?name=", 200, cloudflare_read()),
        ("GET /zones/z1/dns_records?name=", 200, cloudflare_read()),
        ("PUT", 200, ok.clone()),
        ("DELETE", 200, ok),
    ]);
    replace("cloudflare", &script).unwrap();
    let body = json!({"type": "TXT", "name": NAME, "ttl": 3600, "content": "\"whole\" \"key\""});
    assert_eq!(
        script.changes(),
        [format!("PUT /zones/z1/dns_records/a {body}"), "DELETE /zones/z1/dns_records/b -".to_owned()]
    );
}

#[test]
fn a_failure_half_way_reports_how_far_it_came_and_loses_nothing() {
    let zones = json!({"success": true, "result": [{"id": "z1", "name": "mydomain.com"}]});
    let script = script(vec![
        ("GET /zones?name=mydomain.com", 200, zones),
        ("GET /zones/z1/dns_records?name=", 200, cloudflare_read()),
        ("GET /zones/z1/dns_records?name=", 200, cloudflare_read()),
        ("PUT", 200, json!({})),
        ("DELETE", 500, json!({"errors": [{"message": "try later"}]})),
    ]);
    let failure = replace("cloudflare", &script).unwrap_err();
    assert!(matches!(&failure, Failure::Partly { done: 1, total: 2, .. }), "{failure}");
    assert!(failure.to_string().contains("try later") && !failure.left_unchanged());
}

/// The zone as OVH lists it: ids, then each record.
fn ovh(changes: Vec<(&'static str, u16, Value)>) -> Rc<Script> {
    let record = |id: u64, kind, target| json!({"id": id, "fieldType": kind, "subDomain": "rocketchat-public-key", "ttl": 60, "target": target});
    let mut responses = Vec::new();
    for _ in 0..2 {
        responses.extend([
            ("GET /domain/zone/mydomain.com/record?subDomain=rocketchat-public-key", 200, json!([1, 2, 3])),
            ("GET /domain/zone/mydomain.com/record/1", 200, record(1, "TXT", "\"half\"")),
            ("GET /domain/zone/mydomain.com/record/2", 200, record(2, "TXT", "other")),
            ("GET /domain/zone/mydomain.com/record/3", 200, record(3, "A", "192.0.2.1")),
        ]);
    }
    script(responses.into_iter().chain(changes).collect())
}

#[test]
fn ovh_is_given_one_string_in_quotes_and_serves_it_after_a_refresh() {
    let calls = ovh(vec![("PUT", 200, Value::Null), ("DELETE", 200, Value::Null), ("POST", 200, Value::Null)]);
    replace("ovh", &calls).unwrap();
    let body = json!({"subDomain": "rocketchat-public-key", "target": "\"wholekey\"", "ttl": 3600});
    let zone = "/domain/zone/mydomain.com";
    assert_eq!(
        calls.changes(),
        [format!("PUT {zone}/record/1 {body}"), format!("DELETE {zone}/record/2 -"), format!("POST {zone}/refresh -")]
    );
    let calls = ovh(vec![("PUT", 200, Value::Null), ("DELETE", 200, Value::Null), ("POST", 500, Value::Null)]);
    assert!(matches!(replace("ovh", &calls), Err(Failure::Partly { done: 2, total: 3, .. })));
}

#[test]
fn what_else_a_zone_holds_is_counted_where_the_api_reports_it() {
    let cases = [
        (
            "cloudflare",
            vec![
                ("GET /zones?name=", 200, json!({"result": [{"id": "z1"}]})),
                ("GET /zones/z1/dns_records?name=", 200, cloudflare_read()),
                ("GET /zones/z1/dns_records?per_page", 200, json!({"result_info": {"total_count": 20}})),
            ],
            "18 other records are not changed",
        ),
        (
            "digitalocean",
            vec![
                ("GET /v2/domains/mydomain.com/records?name=", 200, json!({"domain_records": []})),
                ("GET /v2/domains/mydomain.com/records?per_page", 200, json!({"meta": {"total": 1}})),
            ],
            "1 other record is not changed",
        ),
        (
            "hetzner",
            vec![
                ("GET /zones?name=", 200, json!({"zones": [{"id": 7}]})),
                ("GET /zones/7/rrsets", 200, json!({"rrsets": []})),
                ("GET /zones/7", 200, json!({"zone": {"id": 7, "record_count": 9}})),
            ],
            "9 other records are not changed",
        ),
        (
            "ovh",
            vec![
                ("GET /domain/zone/mydomain.com/record?", 200, json!([])),
                ("GET /domain/zone/mydomain.com/record", 200, json!([1, 2])),
            ],
            "2 other records are not changed",
        ),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (id, responses, words) in cases {
        let script = script(responses);
        let counted = runtime.block_on(async {
            let zone = HostedZone::open(client(id, &script), &"mydomain.com".parse().unwrap(), None).await?;
            let held = zone.read(&[NAME.to_owned()]).await?;
            let total = zone.total().await.unwrap();
            Ok::<_, Failure>(total.others(&held, &[Query::new(NAME, RecordType::Txt)]))
        });
        assert_eq!(counted.as_deref(), Ok(words), "{id}");
    }
}

#[test]
fn digitalocean_is_given_the_value_without_quotes() {
    let record =
        |id: u64, data| json!({"id": id, "type": "TXT", "name": "rocketchat-public-key", "ttl": 60, "data": data});
    let read = json!({"domain_records": [record(1, "half"), record(2, "other")]});
    let script = script(vec![
        ("GET /v2/domains/mydomain.com/records?name=", 200, read.clone()),
        ("GET /v2/domains/mydomain.com/records?name=", 200, read),
        ("PUT", 200, json!({})),
        ("DELETE", 204, Value::Null),
    ]);
    replace("digitalocean", &script).unwrap();
    let body = json!({"type": "TXT", "name": "rocketchat-public-key", "ttl": 3600, "data": "wholekey"});
    let path = "/v2/domains/mydomain.com/records";
    assert_eq!(script.changes(), [format!("PUT {path}/1 {body}"), format!("DELETE {path}/2 -")]);
}

#[test]
fn gandi_hetzner_and_desec_are_given_whole_sets() {
    let gandi = json!([{"rrset_type": "TXT", "rrset_ttl": 300, "rrset_values": ["\"half\"", "\"other\""]}]);
    let calls = script(vec![
        ("GET /domains/mydomain.com/records/rocketchat-public-key", 200, gandi.clone()),
        ("GET /domains/mydomain.com/records/rocketchat-public-key", 200, gandi),
        ("PUT", 201, json!({})),
    ]);
    replace("gandi", &calls).unwrap();
    let body = json!({"rrset_ttl": 3600, "rrset_values": ["\"whole\" \"key\""]});
    assert_eq!(calls.changes(), [format!("PUT /domains/mydomain.com/records/rocketchat-public-key/TXT {body}")]);

    let hetzner = json!({"rrsets": [{"name": "rocketchat-public-key", "type": "TXT", "ttl": 60,
        "records": [{"value": "\"half\""}, {"value": "\"other\""}]}]});
    let calls = script(vec![
        ("GET /zones?name=mydomain.com", 200, json!({"zones": [{"id": 7, "name": "mydomain.com"}]})),
        ("GET /zones/7/rrsets", 200, hetzner.clone()),
        ("GET /zones/7/rrsets", 200, hetzner),
        ("POST", 201, json!({})),
        ("POST", 201, json!({})),
    ]);
    replace("hetzner", &calls).unwrap();
    let set = "POST /zones/7/rrsets/rocketchat-public-key/TXT/actions";
    let records = json!({"records": [{"value": "\"whole\" \"key\""}]});
    assert_eq!(
        calls.changes(),
        [format!("{set}/set_records {records}"), format!("{set}/change_ttl {}", json!({"ttl": 3600}))]
    );

    let desec =
        json!([{"subname": "rocketchat-public-key", "type": "TXT", "ttl": 3600, "records": ["\"half\"", "\"other\""]}]);
    let calls = script(vec![
        ("GET /domains/mydomain.com/rrsets/?subname=", 200, desec.clone()),
        ("GET /domains/mydomain.com/rrsets/?subname=", 200, desec),
        ("PATCH", 200, json!([])),
    ]);
    replace("desec", &calls).unwrap();
    let body =
        json!([{"subname": "rocketchat-public-key", "type": "TXT", "ttl": 3600, "records": ["\"whole\" \"key\""]}]);
    assert_eq!(calls.changes(), [format!("PATCH /domains/mydomain.com/rrsets/ {body}")]);
}

#[test]
fn google_deletes_exactly_what_was_there_in_the_same_change() {
    let zones = json!({"managedZones": [{"name": "internal", "visibility": "private"}, {"name": "main", "visibility": "public"}]});
    let set = json!({"name": format!("{NAME}."), "type": "TXT", "ttl": 60, "rrdatas": ["\"half\"", "\"other\""]});
    let read = json!({"rrsets": [set]});
    let responses = |status| {
        vec![
            ("GET /projects/acme/managedZones?dnsName=mydomain.com.", 200, zones.clone()),
            ("GET /projects/acme/managedZones/main/rrsets", 200, read.clone()),
            ("GET /projects/acme/managedZones/main/rrsets", 200, read.clone()),
            ("POST", status, json!({})),
        ]
    };
    let calls = script(responses(200));
    replace("google", &calls).unwrap();
    let added = json!({"name": format!("{NAME}."), "type": "TXT", "ttl": 3600, "rrdatas": ["\"whole\" \"key\""]});
    let body = json!({"deletions": [set], "additions": [added]});
    assert_eq!(calls.changes(), [format!("POST /projects/acme/managedZones/main/changes {body}")]);
    assert_eq!(replace("google", &script(responses(412))), Err(Failure::Overtaken));
}

#[test]
fn route_53_deletes_exactly_what_was_there_in_the_same_batch() {
    let zones = "<HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>mydomain.com.</Name><Config><PrivateZone>true</PrivateZone>\
                 </Config></HostedZone><HostedZone><Id>/hostedzone/Z2</Id><Name>mydomain.com.</Name><Config><PrivateZone>false\
                 </PrivateZone></Config></HostedZone></HostedZones>";
    let set = |more: &str| {
        format!(
            "<ResourceRecordSet><Name>{NAME}.</Name><Type>TXT</Type>{more}<TTL>60</TTL><ResourceRecords><ResourceRecord><Value>\
             &quot;half&quot;</Value></ResourceRecord><ResourceRecord><Value>\"other\"</Value></ResourceRecord></ResourceRecords>\
             </ResourceRecordSet>"
        )
    };
    let responses = |more: &str, status, text: &str| {
        vec![
            ("GET /2013-04-01/hostedzonesbyname?dnsname=mydomain.com", 200, Value::from(zones)),
            ("GET /2013-04-01/hostedzone/Z2/rrset?", 200, Value::from(set(more))),
            ("GET /2013-04-01/hostedzone/Z2/rrset?", 200, Value::from(set(more))),
            ("POST /2013-04-01/hostedzone/Z2/rrset/", status, Value::from(text)),
        ]
    };
    let calls = script(responses("", 200, "<ChangeInfo/>"));
    replace("route53", &calls).unwrap();
    let sent = calls.changes().remove(0);
    let (delete, create) = sent.split_once("<Action>CREATE</Action>").unwrap();
    assert!(delete.contains("<TTL>60</TTL>") && delete.contains("<Value>\"half\"</Value>"), "{delete}");
    assert!(create.contains("<TTL>3600</TTL>") && create.contains("<Value>\"whole\" \"key\"</Value>"), "{create}");
    let text = "<Code>InvalidChangeBatch</Code><Message>[Tried to delete resource record set, but the values provided do not \
                match the current values]</Message>";
    assert_eq!(replace("route53", &script(responses("", 400, text))), Err(Failure::Overtaken));
    let weighted = script(responses("<SetIdentifier>blue</SetIdentifier>", 200, ""));
    assert!(matches!(replace("route53", &weighted), Err(Failure::Special(..))));
}

#[test]
fn azure_is_given_the_strings_of_one_record_and_the_etag() {
    let id = "/subscriptions/acme/resourceGroups/g/providers/Microsoft.Network/dnszones/mydomain.com";
    let set =
        json!({"etag": "e1", "properties": {"TTL": 60, "TXTRecords": [{"value": ["half"]}, {"value": ["other"]}]}});
    let mut responses = vec![(
        "GET /subscriptions/acme/providers/Microsoft.Network/dnszones?",
        200,
        json!({"value": [{"id": id, "name": "mydomain.com"}]}),
    )];
    for _ in 0..2 {
        responses.push((
            "GET /subscriptions/acme/resourceGroups/g/providers/Microsoft.Network/dnszones/mydomain.com/SRV",
            404,
            json!({}),
        ));
        responses.push((
            "GET /subscriptions/acme/resourceGroups/g/providers/Microsoft.Network/dnszones/mydomain.com/TXT",
            200,
            set.clone(),
        ));
        responses.push((
            "GET /subscriptions/acme/resourceGroups/g/providers/Microsoft.Network/dnszones/mydomain.com/CNAME",
            404,
            json!({}),
        ));
    }
    responses.push(("PUT", 200, json!({})));
    let calls = script(responses);
    replace("azure", &calls).unwrap();
    let body = json!({"properties": {"TTL": 3600, "TXTRecords": [{"value": ["wholekey"]}]}});
    let path = format!("{id}/TXT/rocketchat-public-key?api-version=2018-05-01");
    assert_eq!(calls.changes(), [format!("PUT {path} {body}")]);
}

#[test]
fn a_zone_that_the_account_does_not_have_and_one_that_it_has_twice_are_distinguished() {
    let none = script(vec![("GET /zones", 200, json!({"success": true, "result": []}))]);
    assert_eq!(replace("cloudflare", &none), Err(Failure::NoZone("mydomain.com".into())));
    let twice = script(vec![("GET /zones", 200, json!({"result": [{"id": "a"}, {"id": "b"}]}))]);
    assert_eq!(replace("cloudflare", &twice), Err(Failure::ManyZones("mydomain.com".into(), 2)));
    let refused = script(vec![("GET /zones", 403, json!({"errors": [{"message": "no permission"}]}))]);
    assert!(
        matches!(replace("cloudflare", &refused), Err(Failure::Credentials(403, text)) if text.contains("no permission"))
    );
}
