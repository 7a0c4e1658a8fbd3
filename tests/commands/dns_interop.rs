//! The main job with real parts: what `records` prints is loaded by named-checkzone, served by named, and passed by `dns-check`
//! asking that named directly and through unbound.

use std::process::Command;

use crate::support::name_servers::{named, unbound};
use crate::support::{Fedctl, programs};

const DOMAIN: &str = "mydomain.com";

fn published(fedctl: &Fedctl, more: &[&str]) -> String {
    fedctl.ok(&["keygen"]);
    let mut args =
        vec!["records", DOMAIN, "--target", "chat.mydomain.com", "--key", "federation.pub", "--format", "zone", "-q"];
    args.extend(more);
    let records = fedctl.ok(&args);
    format!(
        "$TTL 3600\n@ IN SOA ns1 hostmaster 7 3600 600 86400 300\n@ IN NS ns1\nns1 IN A 127.0.0.1\nchat IN A 198.51.100.7\n{records}"
    )
}

#[test]
fn what_is_printed_is_loaded_served_and_found() {
    let fedctl = Fedctl::new();
    let zone = published(&fedctl, &[]);
    let Some(checkzone) = programs::find("named-checkzone") else { return };
    let file = fedctl.write("zone", &zone);
    let output = Command::new(checkzone).arg(DOMAIN).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let Some(named) = named(&[(DOMAIN, &zone)]) else { return };
    let to_named = format!("ns1.mydomain.com:53={}", named.addr);
    let direct = named.addr.to_string();
    let description = fedctl.ok(&["dns-check", DOMAIN, "--key", "federation.key", "--resolver", &direct]);
    assert!(
        description.contains("ns1.mydomain.com answers") && description.contains("equals federation.key"),
        "{description}"
    );
    let Some(unbound) = unbound(&[(DOMAIN, named.addr)]) else { return };
    let resolver = unbound.addr.to_string();
    let description = fedctl.ok(&[
        "dns-check",
        DOMAIN,
        "--key",
        "federation.key",
        "--target",
        "chat.mydomain.com",
        "--port",
        "443",
        "--resolver",
        &resolver,
        "--connect-to",
        &to_named,
    ]);
    assert!(description.contains("resolvers") && description.contains("is up to date"), "{description}");
}

#[test]
fn real_servers_disagree_and_a_resolver_lags() {
    let fedctl = Fedctl::new();
    let zone = published(&fedctl, &[]).replace("@ IN NS ns1\n", "@ IN NS ns1\n@ IN NS ns2\nns2 IN A 127.0.0.1\n");
    let old = zone.replace("rocketchat-public-key", "rocketchat-public_key").replace("hostmaster 7", "hostmaster 6");
    let (Some(first), Some(second)) = (named(&[(DOMAIN, &zone)]), named(&[(DOMAIN, &old)])) else { return };
    let Some(unbound) = unbound(&[(DOMAIN, second.addr)]) else { return };
    let args = [
        "dns-check".to_owned(),
        "--format".into(),
        "json".into(),
        DOMAIN.to_owned(),
        "--resolver".into(),
        unbound.addr.to_string(),
        "--connect-to".into(),
        format!("ns1.mydomain.com:53={}", first.addr),
        "--connect-to".into(),
        format!("ns2.mydomain.com:53={}", second.addr),
    ];
    let ran = fedctl.run(&args);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    for part in ["the name servers disagree about TXT", "ns2.mydomain.com has 6", "does not return what is published"] {
        assert!(ran.stdout.contains(part), "no `{part}` in {}", ran.stdout);
    }
}
