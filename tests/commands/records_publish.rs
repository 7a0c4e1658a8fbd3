//! `records apply` and `records undo` at PowerDNS over its HTTP API and at Route 53 as moto plays it: zones with records of others,
//! a key in two halves, an alias in the way, a second writer, a provider that is busy or fails half-way.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::records::with_key;
use super::records_servers::{PowerDns, power_dns};
use crate::support::fault_proxy::{Fault, FaultProxy, forward};
use crate::support::name_servers::unbound;
use crate::support::world::World;
use crate::support::{Fedctl, Ran, programs};

pub const KEY_NAME: &str = "rocketchat-public-key.mydomain.com.";

/// A request to the API of PowerDNS, past fedctl.
pub fn pdns(api: SocketAddr, method: &str, body: &Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = format!(
        "{method} /api/v1/servers/localhost/zones/mydomain.com. HTTP/1.1\r\nHost: {api}\r\nX-API-Key: test\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let response = String::from_utf8(forward(api, request.as_bytes())).unwrap();
    assert!(response.starts_with("HTTP/1.1 2"), "{response}");
    serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap_or_default()
}

pub fn set(name: &str, kind: &str, values: &[&str]) -> Value {
    let records: Vec<Value> = values.iter().map(|value| json!({"content": value, "disabled": false})).collect();
    json!({"name": name, "type": kind, "ttl": 77, "changetype": "REPLACE", "records": records})
}

/// All records but SOA, as `NAME TYPE VALUE`, sorted.
pub fn zone(api: SocketAddr) -> Vec<String> {
    let answer = pdns(api, "GET", &Value::Null);
    let mut lines = Vec::new();
    for set in answer["rrsets"].as_array().unwrap().iter().filter(|set| set["type"] != "SOA") {
        for record in set["records"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            lines.push(format!("{} {} {}", text(&set["name"]), text(&set["type"]), text(&record["content"])));
        }
    }
    lines.sort();
    lines
}

/// A server whose zone has records of others and a key in two records.
fn world() -> Option<(Fedctl, String, PowerDns)> {
    let (fedctl, key) = with_key();
    let server = power_dns(&fedctl)?;
    let (first, second) = (format!("\"{}\"", &key[..255]), format!("\"{}\"", &key[255..]));
    let sets = [
        set("mydomain.com.", "NS", &["ns1.mydomain.com."]),
        set("ns1.mydomain.com.", "A", &["127.0.0.1"]),
        set("chat.mydomain.com.", "A", &["198.51.100.7"]),
        set("www.mydomain.com.", "TXT", &["\"mine\""]),
        set("mydomain.com.", "TXT", &["\"v=spf1 -all\""]),
        set(KEY_NAME, "TXT", &[&second, &first]),
    ];
    pdns(server.api, "PATCH", &json!({"rrsets": sets}));
    Some((fedctl.env("PDNS_API_KEY", "test"), key, server))
}

fn run(fedctl: &Fedctl, server: &PowerDns, endpoint: &str, words: &[&str]) -> Ran {
    let (dns, near) = (server.dns.to_string(), format!("ns1.mydomain.com:53={}", server.dns));
    let mut args = vec!["records"];
    args.extend(words);
    args.extend(["--resolver", &dns, "--connect-to", &near, "--endpoint", endpoint, "--settle", "20s"]);
    fedctl.run(&args)
}

const APPLY: [&str; 8] =
    ["apply", "mydomain.com", "--target", "chat.mydomain.com", "--key", "federation.pub", "--provider", "powerdns"];

fn apply(fedctl: &Fedctl, server: &PowerDns, endpoint: &str) -> Ran {
    let words: Vec<&str> = APPLY.into_iter().chain(["--yes", "--undo", "before.json"]).collect();
    run(fedctl, server, endpoint, &words)
}

#[test]
fn powerdns_is_changed_verified_and_brought_back() {
    let Some((fedctl, key, server)) = world() else { return };
    let (api, before) = (format!("http://{}", server.api), zone(server.api));
    let plan = run(&fedctl, &server, &api, &APPLY);
    assert_eq!((plan.status, plan.stdout.as_str()), (0, ""), "{}", plan.stderr);
    assert!(plan.stderr.contains("  -  TXT  rocketchat-public-key  187 bytes"), "{}", plan.stderr);
    assert!(
        plan.stderr.contains("  +  SRV  _rocketchat._https     1 1 443 chat.mydomain.com., TTL 3600"),
        "{}",
        plan.stderr
    );
    assert!(plan.stderr.contains("     6 other records are not changed\n"), "{}", plan.stderr);
    assert!(plan.stderr.contains("Apply this plan? [y/N] \nnothing was changed"), "{}", plan.stderr);
    assert_eq!(zone(server.api), before, "without an answer nothing is changed");

    let done = apply(&fedctl, &server, &api);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("1 of 1 authoritative servers serve the new records"), "{}", done.stderr);
    assert!(done.stdout.contains("equals the key that was published"), "{}", done.stdout);
    let mut expected: Vec<String> = before.iter().filter(|line| !line.starts_with(KEY_NAME)).cloned().collect();
    expected.push(format!("{KEY_NAME} TXT \"{}\" \"{}\"", &key[..255], &key[255..]));
    for label in ["_https", "_tcp"] {
        expected.push(format!("_rocketchat.{label}.mydomain.com. SRV 1 1 443 chat.mydomain.com."));
    }
    expected.sort();
    assert_eq!(zone(server.api), expected, "one record for the key, and the records of others as they were");

    let mode = fedctl.path("before.json").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let all = format!("{}{}{}{}", done.stdout, done.stderr, plan.stderr, fedctl.read("before.json"));
    assert!(!all.contains("\"test\"") && !all.contains("api-key"), "{all}");

    let again = run(&fedctl, &server, &api, &APPLY);
    assert!(again.status == 0 && again.stderr.contains("there is nothing to do"), "{}", again.stderr);
    let back = run(&fedctl, &server, &api, &["undo", "before.json", "--yes"]);
    assert_eq!(back.status, 0, "{}", back.stderr);
    assert_eq!(zone(server.api), before);
    let twice = run(&fedctl, &server, &api, &["undo", "before.json", "--yes"]);
    assert!(twice.status == 2 && twice.stderr.contains("are not as apply left them"), "{}", twice.stderr);
}

#[test]
fn wait_lasts_until_the_resolvers_have_the_new_key() {
    let Some((fedctl, key, server)) = world() else { return };
    let mut halves = set(KEY_NAME, "TXT", &[&format!("\"{}\"", &key[..255]), &format!("\"{}\"", &key[255..])]);
    halves["ttl"] = json!(5);
    // Only the key changes: the absence of a name would be cached for an hour.
    let srv = |label: &str| set(&format!("_rocketchat.{label}.mydomain.com."), "SRV", &["1 1 443 chat.mydomain.com."]);
    pdns(server.api, "PATCH", &json!({"rrsets": [halves, srv("_https"), srv("_tcp")]}));
    let Some(resolver) = unbound(&[("mydomain.com", server.dns)]) else { return };
    let (addr, near) = (resolver.addr.to_string(), format!("ns1.mydomain.com:53={}", server.dns));
    let flags = ["--resolver", &addr, "--connect-to", &near];
    let stale = fedctl.run(&[&["dns-check", "mydomain.com"][..], &flags].concat());
    assert_eq!(stale.status, 1, "the resolver keeps the halves: {}", stale.stdout);
    let endpoint = format!("http://{}", server.api);
    let words = ["--endpoint", &endpoint, "--yes", "--undo", "before", "--wait", "60s"];
    let ran = fedctl.run(&[&["records"], &APPLY[..], &words, &flags].concat());
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("is up to date"), "{}", ran.stdout);
}

#[test]
fn an_alias_in_the_way_is_refused() {
    let Some((fedctl, _, server)) = world() else { return };
    let gone = json!({"name": KEY_NAME, "type": "TXT", "changetype": "DELETE"});
    pdns(server.api, "PATCH", &json!({"rrsets": [gone]}));
    pdns(server.api, "PATCH", &json!({"rrsets": [set(KEY_NAME, "CNAME", &["key.elsewhere.example."])]}));
    let before = zone(server.api);
    let ran = apply(&fedctl, &server, &format!("http://{}", server.api));
    assert!(ran.status == 2 && ran.stderr.contains("is an alias (CNAME)"), "{}", ran.stderr);
    assert_eq!(zone(server.api), before);
    assert!(!fedctl.path("before.json").exists());
}

#[test]
fn a_foreign_record_at_the_name_of_the_key_is_left_alone_and_reported() {
    let Some((fedctl, key, server)) = world() else { return };
    let half = format!("\"{}\"", &key[..255]);
    pdns(server.api, "PATCH", &json!({"rrsets": [set(KEY_NAME, "TXT", &[&half, "\"site-verification=1\""])]}));
    let ran = apply(&fedctl, &server, &format!("http://{}", server.api));
    let line = "left alone, because it is not a piece of a key: \"site-verification=1\"";
    assert!(ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ").contains(line), "{}", ran.stderr);
    assert_eq!(ran.status, 1, "dns-check reports the second record: {}", ran.stdout);
    let left: Vec<String> = zone(server.api).into_iter().filter(|line| line.starts_with(KEY_NAME)).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.contains(&format!("{KEY_NAME} TXT \"site-verification=1\"")), "{left:?}");
}

#[test]
fn a_second_writer_between_plan_and_change_is_noticed() {
    let Some((fedctl, _, server)) = world() else { return };
    let api = server.api;
    // The first GET is for the plan, the second counts, the third is the look right before the change.
    let proxy = FaultProxy::start(api, move |line, before| {
        if line.starts_with("GET") && before == 2 {
            pdns(api, "PATCH", &json!({"rrsets": [set(KEY_NAME, "TXT", &["\"of somebody else\""])]}));
        }
        Fault::Pass
    });
    let ran = apply(&fedctl, &server, &proxy.url());
    assert!(
        ran.status == 2 && ran.stderr.contains("have changed since the plan was made; nothing was changed"),
        "{}",
        ran.stderr
    );
    assert!(zone(api).contains(&format!("{KEY_NAME} TXT \"of somebody else\"")));
    assert!(!fedctl.path("before.json").exists(), "there is nothing to undo");
    assert!(!proxy.seen.lock().unwrap().iter().any(|request| request.starts_with("PATCH")));
}

#[test]
fn a_busy_provider_gets_the_request_again_and_a_lost_response_is_no_loss() {
    let Some((fedctl, key, server)) = world() else { return };
    let busy = FaultProxy::start(server.api, |line, before| match (line.starts_with("PATCH"), before) {
        (_, 0) => Fault::Answer("429 Too Many Requests\r\nRetry-After: 0"),
        (true, 1) => Fault::Answer("503 Service Unavailable\r\nRetry-After: 0"),
        (true, 2) => Fault::Cut,
        _ => Fault::Pass,
    });
    let ran = apply(&fedctl, &server, &busy.url());
    assert!(ran.status == 2 && ran.stderr.contains("was not completed"), "{}", ran.stderr);
    assert!(fedctl.path("before.json").exists(), "what was there is kept");
    let again = run(&fedctl, &server, &busy.url(), &APPLY);
    assert!(again.status == 0 && again.stderr.contains("there is nothing to do"), "{}", again.stderr);
    assert!(zone(server.api).contains(&format!("{KEY_NAME} TXT \"{}\" \"{}\"", &key[..255], &key[255..])));

    let never = FaultProxy::start(server.api, |_, _| Fault::Answer("429 Too Many Requests\r\nRetry-After: 0"));
    let ran = run(&fedctl, &server, &never.url(), &APPLY);
    assert!(ran.status == 2 && ran.stderr.contains("still answers 429"), "{}", ran.stderr);
}

#[test]
fn wrong_credentials_are_reported_without_showing_them() {
    let Some((fedctl, _, server)) = world() else { return };
    let api = format!("http://{}", server.api);
    fedctl.write("token", "hunter2-hunter2\n");
    Command::new("chmod").arg("600").arg(fedctl.path("token")).status().unwrap();
    let words = |more: [&'static str; 2]| APPLY.into_iter().chain(more).collect::<Vec<_>>();
    for more in [["--token-file", "token"], ["--token-command", "cat token"]] {
        let ran = run(&fedctl, &server, &api, &words(more));
        assert!(ran.status == 2 && ran.stderr.contains("does not accept the credentials (401)"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    let ran = run(&fedctl, &server, &api, &words(["--token-command", "echo test"]));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let away = run(&fedctl, &server, "http://192.0.2.1:8081", &APPLY);
    assert!(away.stderr.contains("would be sent to 192.0.2.1 without TLS"), "{}", away.stderr);
}

/// moto's server; it is killed when dropped.
pub struct Moto {
    pub addr: SocketAddr,
    child: Child,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn moto() -> Option<Moto> {
    let python = programs::python(&["moto.server"])?;
    let addr = programs::free_port();
    let mut command = Command::new(python);
    command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &addr.port().to_string()]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (start, running) = (Instant::now(), Moto { addr, child });
    while std::net::TcpStream::connect(addr).is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "moto does not answer");
        std::thread::sleep(Duration::from_millis(100));
    }
    Some(running)
}

impl Moto {
    /// Another client of a server that somebody else stops.
    pub fn at(addr: SocketAddr) -> Self {
        Self { addr, child: Command::new("true").spawn().unwrap() }
    }

    fn send(&self, method: &str, path: &str, body: &str) -> String {
        let authorization =
            "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/route53/aws4_request, SignedHeaders=host, Signature=x";
        let request = format!(
            "{method} /2013-04-01/{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {authorization}\r\nContent-Length: {}\r\n\r\n{body}",
            self.addr,
            body.len()
        );
        let response = String::from_utf8(forward(self.addr, request.as_bytes())).unwrap();
        assert!(response.starts_with("HTTP/1.1 2"), "{response}");
        response
    }

    /// A zone of its own.
    pub fn create(&self) -> String {
        let create = "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Name>mydomain.com</Name>\
                      <CallerReference>1</CallerReference></CreateHostedZoneRequest>";
        let made = self.send("POST", "hostedzone", create);
        made.split("<Id>/hostedzone/").nth(1).unwrap().split('<').next().unwrap().to_owned()
    }

    pub fn change(&self, zone: &str, name: &str, kind: &str, values: &[String]) {
        let values: String =
            values.iter().map(|value| format!("<ResourceRecord><Value>{value}</Value></ResourceRecord>")).collect();
        let set =
            format!("<Name>{name}</Name><Type>{kind}</Type><TTL>77</TTL><ResourceRecords>{values}</ResourceRecords>");
        let change = format!("<Change><Action>UPSERT</Action><ResourceRecordSet>{set}</ResourceRecordSet></Change>");
        let body = format!(
            "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch>\
             <Changes>{change}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        self.send("POST", &format!("hostedzone/{zone}/rrset/"), &body);
    }

    /// All values, as the service lists them.
    pub fn values(&self, zone: &str) -> Vec<String> {
        let list = self.send("GET", &format!("hostedzone/{zone}/rrset"), "");
        let after = list.split("<Value>").skip(1);
        after
            .map(|part| part.split("</Value>").next().unwrap().replace("&quot;", "\"").replace("&#34;", "\""))
            .collect()
    }
}

#[test]
fn route_53_is_recognised_from_the_delegation_and_changed_in_one_batch() {
    let Some(moto) = moto() else { return };
    let (fedctl, key) = with_key();
    let fedctl = fedctl.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "hunter2");
    let zone = moto.create();
    let halves = [format!("\"{}\"", &key[255..]), format!("\"{}\"", &key[..255])];
    moto.change(&zone, KEY_NAME, "TXT", &halves);

    let mut world = World::new();
    let delegation = "$TTL 60\n@ IN SOA ns-7.awsdns-01.com. host 5 60 60 60 60\n@ IN NS ns-7.awsdns-01.com.\n";
    world.serve("ns-7.awsdns-01.com", &[("mydomain.com", delegation.into())], &[]);
    let flags = world.flags();
    let run = |endpoint: &str, words: &[&str]| {
        let mut args = vec!["records"];
        args.extend(words);
        args.extend(["--endpoint", endpoint, "--no-verify"]);
        args.extend(flags.iter().map(String::as_str));
        fedctl.run(&args)
    };
    let words = [
        "apply",
        "mydomain.com",
        "--target",
        "chat.mydomain.com",
        "--key",
        "federation.pub",
        "--yes",
        "--undo",
        "before",
    ];
    let url = format!("http://{}", moto.addr);

    let (upstream, id, other) = (moto.addr, zone.clone(), vec!["\"of somebody else\"".to_owned()]);
    let racing = {
        let (other, id) = (other.clone(), id.clone());
        let mut reads = 0;
        FaultProxy::start(upstream, move |line, _| {
            reads += usize::from(line.contains("name=rocketchat-public-key"));
            // The second look at the key is the one right before the change.
            if reads == 2 {
                reads += 1;
                Moto::at(upstream).change(&id, KEY_NAME, "TXT", &other);
            }
            Fault::Pass
        })
    };
    let ran = run(&racing.url(), &words);
    assert!(ran.status == 2 && ran.stderr.contains("have changed since the plan was made"), "{}", ran.stderr);
    assert!(moto.values(&zone).contains(&other[0]), "nothing was changed");
    moto.change(&zone, KEY_NAME, "TXT", &halves);

    let done = run(&url, &words);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(done.stderr.contains(&format!("zone mydomain.com at Route 53 ({zone}), serial 5")), "{}", done.stderr);
    assert!(done.stderr.contains("     2 other record sets are not changed\n"), "{}", done.stderr);
    let values = moto.values(&zone);
    assert!(values.contains(&format!("\"{}\" \"{}\"", &key[..255], &key[255..])), "{values:?}");
    assert_eq!(values.iter().filter(|value| value.as_str() == "1 1 443 chat.mydomain.com.").count(), 2, "{values:?}");
    assert!(!values.contains(&halves[0]), "{values:?}");
    assert!(!format!("{}{}", done.stderr, fedctl.read("before")).contains("hunter2"));

    let back = run(&url, &["undo", "before", "--yes"]);
    assert_eq!(back.status, 0, "{}", back.stderr);
    let values = moto.values(&zone);
    assert!(halves.iter().all(|half| values.contains(half)), "{values:?}");
    assert!(!values.iter().any(|value| value.contains("443")), "{values:?}");
}
