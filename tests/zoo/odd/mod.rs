//! Odd domains: those that work in an unusual way, and those whose name servers, resolvers or middleboxes misbehave. Each has its
//! own delegation, its own servers at their own addresses, and its own resolvers.

mod keys;
mod names;
mod paths;
mod resolvers;
mod servers;
mod targets;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use fedctl::commands::network::dns_client;
use fedctl::serve::dns::{Config, Running, View, Zone, start, start_resolver};
use fedctl::severity::Severity;
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{A, NS};
use hickory_proto::rr::{Name, RData, Record};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::scenario::{KEYS, Keys};
use crate::support::Fedctl;
use crate::support::bent_server::{self, Act, Bend, Over};
use crate::support::name_servers::{Server, knotd_with, nsd_with, power_dns_with};
use crate::support::world::HERE;

/// Domains that are looked at at a time.
const PARALLEL: usize = 6;
/// Nothing listens here.
const DEAD: &str = "127.0.0.1:1";
/// An address where no server runs.
const NOBODY: &str = "192.0.2.99";
/// What stands behind the SRV records, unless a scenario says otherwise.
pub const CHAT: &str = "chat IN A 198.51.100.7\n";
pub const SRV: &str = "_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._tcp IN SRV 1 1 443 chat\n";

/// A name server.
pub struct Place {
    /// As NS records name it.
    pub name: String,
    /// The address in its A record and in the glue.
    pub ip: &'static str,
    /// Origin and records of each zone.
    pub zones: Vec<(String, String)>,
    pub bend: Option<Bend>,
    /// It accepts TCP connections.
    pub tcp: bool,
}

pub struct Odd {
    pub domain: &'static str,
    /// What is odd about it.
    pub mistake: &'static str,
    /// Records of the zone `example` above it.
    pub parent: String,
    pub places: Vec<Place>,
    pub above: Option<Bend>,
    /// What each resolver does to the responses.
    pub resolvers: Vec<Option<Bend>>,
    /// More arguments.
    pub flags: &'static [&'static str],
    /// `clean`, `problems` or `unknown`.
    pub verdict: &'static str,
    /// What must be found; anything else must not.
    pub must: Vec<(Severity, &'static str)>,
    /// Words that the findings must hold, and words that would mislead.
    pub words: &'static [&'static str],
    pub never: &'static [&'static str],
}

/// A zone with the name servers ns1 and ns2.
pub fn zone(domain: &str, serial: u32, records: &str) -> String {
    format!(
        "$TTL 3600\n@ IN SOA ns1.{domain}. hostmaster.{domain}. {serial} 3600 600 86400 300\n@ IN NS ns1.{domain}.\n\
         @ IN NS ns2.{domain}.\nns1 IN A 192.0.2.53\nns2 IN A 192.0.2.54\n{records}"
    )
}

pub fn place(name: impl Into<String>, ip: &'static str, zones: Vec<(String, String)>) -> Place {
    Place { name: name.into(), ip, zones, bend: None, tcp: true }
}

/// The delegation to ns1 and ns2, with their addresses.
pub fn delegation(domain: &str) -> String {
    format!(
        "{domain}. IN NS ns1.{domain}.\n{domain}. IN NS ns2.{domain}.\nns1.{domain}. IN A 192.0.2.53\nns2.{domain}. IN A 192.0.2.54\n"
    )
}

/// The records of a healthy domain.
pub fn healthy(keys: &Keys) -> String {
    format!("{CHAT}{SRV}{}", super::scenario::key(&keys.own))
}

impl Odd {
    /// A domain with two healthy name servers that hold these records, and one resolver.
    pub fn new(domain: &'static str, mistake: &'static str, records: fn(&Keys) -> String) -> Self {
        let held = || vec![(domain.to_owned(), zone(domain, 2, &records(&KEYS)))];
        Self {
            domain,
            mistake,
            parent: delegation(domain),
            places: vec![
                place(format!("ns1.{domain}"), "192.0.2.53", held()),
                place(format!("ns2.{domain}"), "192.0.2.54", held()),
            ],
            above: None,
            resolvers: vec![None],
            flags: &[],
            verdict: "clean",
            must: Vec::new(),
            words: &[],
            never: &[],
        }
    }

    pub fn finds(self, verdict: &'static str, must: &[(Severity, &'static str)]) -> Self {
        Self { verdict, must: must.to_vec(), ..self }
    }

    pub fn mentioning(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }

    pub fn never(self, never: &'static [&'static str]) -> Self {
        Self { never, ..self }
    }

    /// Both name servers do this.
    pub fn bent(mut self, bend: Bend) -> Self {
        self.places.iter_mut().for_each(|place| place.bend = Some(bend));
        self
    }

    /// The second name server does this.
    pub fn second_bent(mut self, bend: Bend) -> Self {
        self.places[1].bend = Some(bend);
        self
    }

    pub fn without_tcp(mut self) -> Self {
        self.places.iter_mut().for_each(|place| place.tcp = false);
        self
    }
}

fn scenarios() -> Vec<Odd> {
    let themes: [fn() -> Vec<Odd>; 6] = [
        paths::scenarios,
        names::scenarios,
        servers::scenarios,
        targets::scenarios,
        resolvers::scenarios,
        keys::scenarios,
    ];
    themes.iter().flat_map(|theme| theme()).collect()
}

/// Each domain with the zone that its first name server holds, when that is its own.
pub fn zones() -> Vec<(String, String)> {
    let held = |odd: Odd| {
        let (origin, zone) = odd.places.into_iter().next()?.zones.into_iter().next()?;
        (origin == odd.domain).then_some((origin, zone))
    };
    scenarios().into_iter().filter_map(held).collect()
}

/// The servers of one scenario; they stop when dropped.
struct Staged {
    _servers: Vec<Running>,
    flags: Vec<String>,
}

/// With `real`, a real server holds the zone of the domain and answers for all of its name servers.
fn stage(runtime: &Runtime, odd: &Odd, real: Option<SocketAddr>) -> Staged {
    let mut servers = Vec::new();
    let mut serve = |zones: &[(String, String)]| {
        let zones = zones.iter().map(|(origin, text)| Zone::parse(text, Some(origin), HERE).unwrap()).collect();
        let listen = SocketAddr::new(HERE, 0);
        let running = runtime.block_on(start(Config { listen, zones, faults: Vec::new() })).unwrap();
        servers.push(running);
        servers[servers.len() - 1].addr
    };
    let soa = "$TTL 3600\n@ IN SOA top.example. hostmaster.example. 1 3600 600 86400 300\n@ IN NS top.example.\n";
    let top = serve(&[
        (".".to_owned(), format!("{soa}example. IN NS top.example.\ntop.example. IN A 192.0.2.1\n")),
        ("example".to_owned(), format!("{soa}top IN A 192.0.2.1\n{}", odd.parent)),
    ]);
    let top = bent_server::start(top, delegating(&odd.parent, odd.above), true);
    let mut flags: Vec<String> = Vec::new();
    let mut connect = |ip: &str, addr: &str| flags.extend(["--connect-to".to_owned(), format!("{ip}:53={addr}")]);
    connect("192.0.2.1", &top.to_string());
    connect(NOBODY, DEAD);
    let mut known: HashMap<String, SocketAddr> = HashMap::from([("top.example".to_owned(), top)]);
    for place in &odd.places {
        let backend = real.unwrap_or_else(|| serve(&place.zones));
        let addr = match place.bend {
            None if place.tcp => backend,
            bend => bent_server::start(backend, bend.unwrap_or(|_, _, _| Act::Send), place.tcp),
        };
        connect(place.ip, &addr.to_string());
        known.entry(place.name.clone()).or_insert(addr);
    }
    let view = View { root: top, forward: dns_client(Duration::from_millis(300)), servers: known };
    for bend in &odd.resolvers {
        let running = runtime.block_on(start_resolver(SocketAddr::new(HERE, 0), view.clone())).unwrap();
        let addr = bend.map_or(running.addr, |bend| bent_server::start(running.addr, bend, true));
        servers.push(running);
        flags.extend(["--resolver".to_owned(), addr.to_string()]);
    }
    Staged { _servers: servers, flags }
}

/// Answers with delegations, and with the addresses of their name servers (glue), as parent zones do.
fn delegating(
    parent: &str,
    bend: Option<Bend>,
) -> impl Fn(&Message, &mut Message, Over) -> Act + Send + Sync + 'static {
    let name = |text: &str| Name::from_ascii(text).unwrap();
    let of_type = |kind: &str| -> Vec<(Name, String)> {
        let lines = parent.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let fits = lines.filter(|words| words.len() == 4 && words[2] == kind);
        fits.map(|words| (name(words[0]), words[3].to_owned())).collect()
    };
    let (servers, glue) = (of_type("NS"), of_type("A"));
    move |query, response, over| {
        let asked = &query.queries[0];
        let below = |zone: &Name| zone.num_labels() > 1 && zone.zone_of(asked.name());
        let delegated: Vec<&(Name, String)> = servers.iter().filter(|(zone, _)| below(zone)).collect();
        if !delegated.is_empty() {
            response.answers.clear();
            response.metadata.authoritative = false;
            response.metadata.response_code = ResponseCode::NoError;
            let ns = |(zone, server): &&(Name, String)| {
                Record::from_rdata(zone.clone(), 3600, RData::NS(NS(Name::from_ascii(server).unwrap())))
            };
            response.authorities = delegated.iter().map(ns).collect();
            let named = |host: &Name| delegated.iter().any(|(_, server)| Name::from_ascii(server).unwrap() == *host);
            let a =
                |(host, ip): &(Name, String)| Record::from_rdata(host.clone(), 3600, RData::A(A(ip.parse().unwrap())));
            response.additionals = glue.iter().filter(|(host, _)| named(host)).map(a).collect();
        }
        bend.map_or(Act::Send, |bend| bend(query, response, over))
    }
}

fn report(fedctl: &Fedctl, runtime: &Runtime, odd: &Odd, real: Option<SocketAddr>) -> Value {
    let staged = stage(runtime, odd, real);
    let mut args: Vec<String> = ["dns-check", odd.domain, "--format", "json"].map(str::to_owned).into();
    args.extend(odd.flags.iter().map(|flag| (*flag).to_owned()));
    if !odd.flags.contains(&"--timeout") {
        args.extend(["--timeout", "1500ms"].map(str::to_owned));
    }
    args.extend(staged.flags);
    let ran = fedctl.run(&args);
    let refused = || serde_json::json!({ "verdict": "refused", "findings": [], "unchecked": ran.stderr });
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| refused())
}

/// What a report says otherwise than the scenario.
fn complaint(odd: &Odd, report: &Value) -> Option<String> {
    let findings = report["findings"].as_array().unwrap();
    let word = |finding: &Value, member: &str| finding[member].as_str().unwrap().to_owned();
    let mut found: Vec<(String, String)> =
        findings.iter().map(|finding| (word(finding, "id"), word(finding, "severity"))).collect();
    let mut wanted: Vec<(String, String)> =
        odd.must.iter().map(|(severity, id)| ((*id).to_owned(), severity.to_string())).collect();
    let secret = found.iter().position(|(id, _)| id == "key-secret");
    found.sort();
    wanted.sort();
    let text = findings.iter().map(Value::to_string).collect::<String>();
    let unlisted: Vec<&&str> = odd.words.iter().filter(|words| !text.contains(**words)).collect();
    let misleads: Vec<&&str> = odd.never.iter().filter(|words| text.contains(**words)).collect();
    let verdict = report["verdict"].as_str().unwrap_or_default();
    let is_first = secret.is_none_or(|at| at == 0);
    let right = found == wanted && unlisted.is_empty() && misleads.is_empty() && verdict == odd.verdict && is_first;
    (!right).then(|| {
        let Odd { domain, mistake, .. } = odd;
        let shown: Vec<String> = findings
            .iter()
            .map(|finding| {
                let part = |member: &str| finding[member].to_string();
                format!(
                    "  {} {} {}\n      means {}\n      fix {}\n      seen {}",
                    word(finding, "severity"),
                    word(finding, "id"),
                    part("what"),
                    part("means"),
                    part("fix"),
                    part("evidence")
                )
            })
            .collect();
        format!(
            "### {domain}: {mistake}\n  wanted {} {wanted:?}\n  not mentioned {unlisted:?}, misleading {misleads:?}, key-secret at {secret:?}\n  got {verdict} {found:?} {}\n{}",
            odd.verdict,
            report["unchecked"],
            shown.join("\n")
        )
    })
}

#[test]
fn every_odd_domain_gets_its_verdict_and_its_one_cause() {
    let scenarios = scenarios();
    let names: BTreeMap<&str, &str> = scenarios.iter().map(|odd| (odd.domain, odd.mistake)).collect();
    assert_eq!(names.len(), scenarios.len(), "a domain comes twice");
    // Most of the time is spent on waiting for servers that do not answer.
    let part = |at: usize| {
        let (runtime, fedctl) = (Runtime::new().unwrap(), Fedctl::new());
        let own = scenarios.iter().skip(at).step_by(PARALLEL);
        own.filter_map(|odd| complaint(odd, &report(&fedctl, &runtime, odd, None))).collect::<Vec<String>>()
    };
    let complaints: Vec<String> = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..PARALLEL)
            .map(|at| {
                let part = &part;
                scope.spawn(move || part(at))
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), scenarios.len(), complaints.join("\n\n"));
}

/// Those that real servers can hold: nothing is bent, all name servers have the same zone, and no alias is at its apex.
fn held_by_real_servers(odd: &Odd) -> Option<(&'static str, &str)> {
    let (origin, zone) = odd.places.first()?.zones.first()?;
    let plain = odd.above.is_none() && odd.resolvers.iter().all(Option::is_none) && origin == odd.domain;
    let own = |place: &Place| {
        place.bend.is_none() && place.tcp && place.zones.len() == 1 && place.zones[0] == (origin.clone(), zone.clone())
    };
    (plain && odd.places.iter().all(own) && odd.parent == delegation(odd.domain)).then_some((odd.domain, zone.as_str()))
}

/// Judges every domain that a real server can hold with that server in the place of the embedded ones.
fn compare(name: &str, start: impl FnOnce(&[(&str, &str)]) -> Option<Server>) {
    let scenarios = scenarios();
    let fits = |odd: &Odd, zone: &str| !has_sets(zone) && !OTHERWISE.contains(&(name, odd.domain));
    let held = |odd: &&Odd| held_by_real_servers(odd).is_some_and(|(_, zone)| fits(odd, zone));
    let fitting: Vec<&Odd> = scenarios.iter().filter(held).collect();
    assert!(fitting.len() > 40, "{}", fitting.len());
    let zones: Vec<(&str, &str)> = fitting.iter().filter_map(|odd| held_by_real_servers(odd)).collect();
    let Some(server) = start(&zones) else { return };
    let (runtime, fedctl) = (Runtime::new().unwrap(), Fedctl::new());
    let judged = |odd: &&Odd| complaint(odd, &report(&fedctl, &runtime, odd, Some(server.addr)));
    let complaints: Vec<String> = fitting.iter().filter_map(judged).collect();
    assert!(complaints.is_empty(), "{name}, {} of {}:\n{}", complaints.len(), fitting.len(), complaints.join("\n\n"));
}

/// What a server gives otherwise than it was written, with the program.
const OTHERWISE: &[(&str, &str)] = &[
    // It follows no more than ten aliases, so the chain is longer than fedctl goes in single steps.
    ("pdns", "endless-chain.example"),
];

/// True when several records of one type are at one name: servers sort them or change their order.
fn has_sets(zone: &str) -> bool {
    let key = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let kind = words.iter().find(|word| matches!(**word, "A" | "AAAA" | "SRV" | "TXT"))?;
        Some((words.first()?.to_string(), (*kind).to_owned()))
    };
    let mut keys: Vec<(String, String)> = zone.lines().filter_map(key).collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    keys.len() < all
}

#[test]
fn nsd_leads_to_the_same_findings() {
    compare("nsd", nsd_with);
}

#[test]
fn knot_leads_to_the_same_findings() {
    compare("knotd", knotd_with);
}

#[test]
fn power_dns_leads_to_the_same_findings() {
    compare("pdns", power_dns_with);
}
