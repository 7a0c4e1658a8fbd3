//! The zoo on the embedded servers, and on the real ones.

use std::net::SocketAddr;

use super::scenario::Scenario;
use super::{complaint, looked_at, scenarios};
use crate::support::Fedctl;
use crate::support::name_servers::{named_with, unbound_with};
use crate::support::world::World;

/// Nothing listens here.
const DEAD: &str = "127.0.0.1:1";
const NAMES: [&str; 3] = ["ns1", "ns2", "ns3"];

/// The root and `example`, which delegates to the name servers of each zone.
fn above(scenarios: &[&Scenario]) -> Vec<(&'static str, String)> {
    let soa = "$TTL 3600\n@ IN SOA top.example. hostmaster.example. 1 3600 600 86400 300\n@ IN NS top.example.\n";
    let glue: String = NAMES.map(|name| format!("{name}.zoo IN A 127.0.0.1\n")).concat();
    let delegation = |scenario: &&Scenario| -> String {
        let origin = scenario.origin();
        scenario.parent.iter().map(|server| format!("{origin}. IN NS {server}.zoo.example.\n")).collect()
    };
    let delegations: String =
        scenarios.iter().filter(|scenario| !scenario.servers.is_empty()).map(delegation).collect();
    vec![
        (".", format!("{soa}example. IN NS top.example.\ntop.example. IN A 127.0.0.1\n")),
        ("example", format!("{soa}top IN A 127.0.0.1\n{glue}{delegations}")),
    ]
}

/// The zones of the first name server and of the second.
fn below<'a>(scenarios: &[&'a Scenario]) -> [Vec<(&'a str, String)>; 2] {
    let there = || scenarios.iter().filter(|scenario| !scenario.servers.is_empty());
    let first = there().map(|scenario| (scenario.origin(), scenario.fresh())).collect();
    let second = there().filter_map(|scenario| Some((scenario.origin(), scenario.second()?))).collect();
    [first, second]
}

fn network(resolver: SocketAddr, top: SocketAddr, first: SocketAddr, second: SocketAddr) -> Vec<String> {
    let at = |name: &str, addr: &str| ["--connect-to".to_owned(), format!("{name}:53={addr}")];
    let mut flags = vec!["--resolver".to_owned(), resolver.to_string()];
    flags.extend(at("top.example", &top.to_string()));
    flags.extend(at("ns1.zoo.example", &first.to_string()));
    flags.extend(at("ns2.zoo.example", &second.to_string()));
    flags.extend(at("ns3.zoo.example", DEAD));
    flags
}

fn judge(scenarios: &[&Scenario], network: &[String], formats: &[&str]) {
    let reports = looked_at(&Fedctl::new(), scenarios, network, formats);
    let complaints: Vec<String> =
        scenarios.iter().filter_map(|scenario| complaint(scenario, &reports[&scenario.domain])).collect();
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), scenarios.len(), complaints.join("\n\n"));
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[test]
fn the_embedded_servers_lead_to_exactly_these_findings() {
    let scenarios = scenarios();
    let scenarios: Vec<&Scenario> = scenarios.iter().filter(|scenario| scenario.real_only.is_none()).collect();
    let faults = |pick: fn(&Scenario) -> &'static [&'static str]| -> Vec<String> {
        scenarios
            .iter()
            .flat_map(|scenario| pick(scenario).iter().map(|fault| fault.replace('$', &scenario.domain)))
            .collect()
    };
    let both = faults(|scenario| scenario.faults);
    let all: Vec<String> = both.iter().cloned().chain(faults(|scenario| scenario.second_faults)).collect();
    let [first, second] = below(&scenarios);
    let mut world = World::new();
    let top = world.serve("top.example", &above(&scenarios), &[]);
    let one = world.serve("ns1.zoo.example", &first, &borrowed(&both));
    let two = world.serve("ns2.zoo.example", &second, &borrowed(&all));
    let resolver = world.resolver();
    judge(&scenarios, &network(resolver, top, one, two), &["human", "json"]);
}

#[test]
fn the_real_servers_lead_to_the_same_findings() {
    let scenarios = scenarios();
    let scenarios: Vec<&Scenario> = scenarios.iter().filter(|scenario| scenario.embedded_only.is_none()).collect();
    let [first, second] = below(&scenarios);
    let lenient = "check-names ignore; check-integrity no;";
    let serve = |zones: &[(&str, String)]| {
        let zones: Vec<(&str, &str)> = zones.iter().map(|(origin, text)| (*origin, text.as_str())).collect();
        named_with(&zones, "", lenient)
    };
    let (Some(top), Some(one), Some(two)) = (serve(&above(&scenarios)), serve(&first), serve(&second)) else { return };
    let mut stubs = vec![(".", top.addr), ("example", top.addr)];
    stubs.extend(first.iter().map(|(origin, _)| (*origin, one.addr)));
    // Holds one zone for signed, which is not.
    let anchor = format!("trust-anchor: \"bogus.example. DS 4711 8 2 {}\"", "AB".repeat(32));
    let Some(unbound) = unbound_with(&stubs, &anchor) else { return };
    judge(&scenarios, &network(unbound.addr, top.addr, one.addr, two.addr), &["json"]);
}
