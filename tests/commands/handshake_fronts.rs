//! What stands before a peer: a content delivery network, and a load balancer that drops requests.

use std::collections::HashMap;

use serde_json::Value;

use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::peers::{Peer, Peers, findings};

/// A healthy peer behind a proxy, and the domains that lead to the proxy.
fn behind(decide: impl FnMut(&str, usize) -> Fault + Send + 'static) -> (Peers, Peers) {
    let peers = Peers::start(&Peer { https: false, ..Peer::default() });
    let proxy = FaultProxy::start(peers.addr, decide);
    let outside = Peers::around(proxy.addr);
    (peers, outside)
}

fn passed(report: &Value, id: &str) -> String {
    let all = report["passed"].as_array().unwrap();
    let found = all.iter().find(|passed| passed["id"] == id).unwrap_or_else(|| panic!("{report}"));
    found["note"].as_str().unwrap().to_owned()
}

#[test]
fn a_content_delivery_network_is_named() {
    for (fields, named) in [
        ("Server: cloudflare\r\nCF-RAY: 8a1b2c3d4e5f-FRA\r\n", "Cloudflare (cf-ray: 8a1b2c3d4e5f-FRA)"),
        ("Server: cloudflare\r\n", "Cloudflare (server: cloudflare)"),
        ("Via: 1.1 varnish\r\n", "Varnish (via: 1.1 varnish)"),
        ("Via: 1.1 gate.lan\r\n", "a proxy (via: 1.1 gate.lan)"),
    ] {
        let (_peers, outside) = behind(move |_, _| Fault::Through(fields));
        let report = outside.report(&["-v"]);
        assert_eq!(passed(&report, "peer-http"), format!("JSON from the server, through {named}"), "{report}");
        assert_eq!(report["verdict"], "clean", "{report}");
    }
}

#[test]
fn a_network_that_answers_itself_is_named_in_the_finding() {
    let refusal = "403 Forbidden\r\nServer: cloudflare\r\nCF-RAY: 8a1b2c3d4e5f-FRA\r\nContent-Type: text/html";
    let (_peers, outside) = behind(move |_, _| Fault::Answer(refusal));
    let report = outside.report(&[]);
    let found = report["findings"].as_array().unwrap().iter().find(|found| found["id"] == "peer-http").unwrap();
    assert!(found["evidence"].to_string().contains("came through Cloudflare"), "{found}");
}

#[test]
fn a_peer_that_drops_every_second_request_is_reported_as_that_alone() {
    // Of each kind of request the first, the third, the fifth is dropped.
    let mut seen: HashMap<String, usize> = HashMap::new();
    let (_peers, outside) = behind(move |line, _| {
        let count = seen.entry(line.to_owned()).or_default();
        *count += 1;
        if *count % 2 == 1 { Fault::Cut } else { Fault::Pass }
    });
    let report = outside.report(&["--fail-on", "notice"]);
    let mut found = findings(&report);
    found.retain(|id| !matches!(id.as_str(), "warning peer-latency" | "notice tls-protocol"));
    assert_eq!(found, ["warning peer-http"], "{report}");
    let http = report["findings"].as_array().unwrap().iter().find(|found| found["id"] == "peer-http").unwrap();
    assert!(http["what"].as_str().unwrap().starts_with("the peer drops requests: "), "{http}");
    assert!(http["fix"].as_str().unwrap().contains("load balancer"), "{http}");
    let text = report["findings"].to_string();
    assert!(!text.contains("client_max_body_size") && !text.contains("body"), "{text}");
}
