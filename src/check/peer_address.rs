//! Has the target addresses that the world can reach?

use std::net::IpAddr;

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::dns::record::Query;
use crate::endpoint::{Reach, reach};
use crate::facts::peer::PeerFacts;
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-address",
    title: "the peer's host has addresses that can be reached from anywhere",
    page: include_str!("../../docs/checks/peer-address.md"),
    stage: Some(Stage::Connect),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let Some(base) = &facts.base else { return Verdict::skip("no address to call was discovered") };
    let addresses: Vec<String> = facts.addresses.iter().map(|address| address.addr.ip().to_string()).collect();
    if addresses.is_empty() {
        return vec![none(facts, &base.host).into()];
    }
    let local: Vec<String> = facts
        .addresses
        .iter()
        .filter(|address| !address.override_to && is_local(address.addr.ip()))
        .map(|address| address.addr.ip().to_string())
        .collect();
    if local.is_empty() {
        return Verdict::pass(format!("{}: {}", base.host, addresses.join(", ")));
    }
    let what = format!("`{}` has an address that exists only inside a network: {}", base.host, local.join(", "));
    let means =
        "peers outside that network cannot connect to it; if the host has other addresses too, they fail occasionally";
    let fix = format!(
        "Publish the public address of `{}`, and resolve it to the private one only inside the network.",
        base.host
    );
    vec![Problem::new(Severity::Warning, what, means, fix).into()]
}

fn none(facts: &PeerFacts, host: &str) -> Problem {
    let of_host = |(question, _): &&(Query, _)| question.name.eq_ignore_ascii_case(host);
    let evidence = facts
        .records
        .answers
        .iter()
        .filter(of_host)
        .map(|(question, outcome)| format!("{} {host}: {outcome}", question.kind));
    Problem::new(
        Severity::Error,
        format!("`{host}` has no address"),
        "servers find the SRV record and cannot connect to its target: `getaddrinfo ENOTFOUND`",
        format!("Publish an A or AAAA record for `{host}`, or name another host in the SRV record."),
    )
    .seen(evidence)
}

fn is_local(ip: IpAddr) -> bool {
    reach(ip) != Reach::World
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::sample;
    use crate::check::sample::problems;

    #[test]
    fn public_addresses_pass_and_private_ones_are_reported() {
        assert!(problems(judge(&sample())).is_empty());
        for local in ["10.1.2.3", "127.0.0.1", "192.168.1.1", "fd00::1", "fe80::1", "::1"] {
            let mut facts = sample();
            facts.addresses[0].addr.set_ip(local.parse().unwrap());
            let found = problems(judge(&facts));
            assert!(found.len() == 1 && found[0].what.contains(local), "{local}: {found:?}");
            facts.addresses[0].override_to = true;
            assert!(problems(judge(&facts)).is_empty(), "the user requested this override");
        }
    }

    #[test]
    fn no_address_is_an_error() {
        let mut facts = sample();
        facts.addresses.clear();
        assert_eq!(problems(judge(&facts))[0].severity, Severity::Error);
    }
}
