//! Does every address accept connections?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::{AddressFacts, PeerFacts};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-connect",
    title: "every address of the peer accepts connections",
    page: include_str!("../../docs/checks/peer-connect.md"),
    stage: Some(Stage::Connect),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let Some(base) = &facts.base else { return Verdict::skip("no address to call was discovered") };
    if facts.addresses.is_empty() {
        return Verdict::skip("the host has no address");
    }
    let shown = facts.addresses.iter().map(|address| match &address.connect {
        Ok(elapsed) => format!("{}: connected, {elapsed} ms", address.addr),
        Err(why) => format!("{}: {why}", address.addr),
    });
    if let Some(why) = facts.unreachable_from_here() {
        return Verdict::skip(format!("could not be checked from here: {why}"));
    }
    let (unrouted, tried): (Vec<&AddressFacts>, Vec<_>) =
        facts.addresses.iter().partition(|address| address.is_unrouted());
    let failed: Vec<_> = tried.iter().filter(|address| address.connect.is_err()).collect();
    if failed.is_empty() {
        return Verdict::pass(connected(facts, tried.len(), unrouted.first().copied()));
    }
    let port = base.port;
    let (all, family) = (failed.len() == tried.len(), failed.iter().all(|address| address.addr.is_ipv6()));
    let (severity, what, means) = match (all, family) {
        (true, is_6) if !unrouted.is_empty() => (
            Severity::Error,
            format!(
                "no address of `{}` accepts connections at port {port} over {}, and this machine has {}",
                base.host,
                if is_6 { "IPv6" } else { "IPv4" },
                facts.missing_route()
            ),
            "servers that use these addresses deliver nothing: `ECONNREFUSED` or `ETIMEDOUT` in their log, and the event is lost",
        ),
        (true, _) => (
            Severity::Error,
            format!("no address of `{}` accepts connections at port {port}", base.host),
            "no server can deliver anything: `ECONNREFUSED` or `ETIMEDOUT` in its log, and the event is lost",
        ),
        (false, true) => (
            Severity::Warning,
            format!("`{}` port {port} cannot be reached over IPv6, although it has an AAAA record", base.host),
            "servers with IPv6 try it first, and fail or lose their two seconds",
        ),
        (false, false) => (
            Severity::Warning,
            format!("{} of {} addresses of `{}` port {port} cannot be reached", failed.len(), tried.len(), base.host),
            "servers use one address and do not try the next: some messages are lost",
        ),
    };
    let fix =
        format!("Open port {port} on every address in the firewall and in the proxy, or remove the address from DNS.");
    vec![Problem::new(severity, what, means, fix).seen(shown).into()]
}

/// That all addresses connect but those that cannot be tried from here.
fn connected(facts: &PeerFacts, count: usize, unrouted: Option<&AddressFacts>) -> String {
    let passed = if count == 1 { "connects".to_owned() } else { format!("all {count} connect") };
    let why = |address: &AddressFacts| {
        let (ip, route) = (address.addr.ip(), facts.missing_route());
        format!("{passed}; {ip} could not be checked from here: this machine has {route}")
    };
    unrouted.map_or_else(|| passed.clone(), why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::sample;
    use crate::check::sample::problems;
    use crate::facts::peer::ConnectFailure;

    #[test]
    fn one_dead_address_warns_and_all_dead_ones_are_an_error() {
        let mut facts = sample();
        assert!(problems(judge(&facts)).is_empty());
        facts.addresses[1].connect = Err(ConnectFailure::Timeout(5000));
        let found = problems(judge(&facts));
        assert!(found[0].severity == Severity::Warning && found[0].what.contains("IPv6"), "{found:?}");
        facts.addresses.reverse();
        facts.addresses[1].connect = Err(ConnectFailure::Refused);
        assert_eq!(problems(judge(&facts))[0].severity, Severity::Error);
    }

    #[test]
    fn a_machine_without_a_route_reports_nothing_about_the_peer() {
        let mut facts = sample();
        let [v4, v6] = [false, true]
            .map(|is_6| facts.addresses.iter().position(|address| address.addr.is_ipv6() == is_6).unwrap());
        facts.addresses[v6].connect = Err(ConnectFailure::NoRoute);
        let Verdict::Pass { note } = &judge(&facts)[0] else { panic!() };
        assert!(note.contains("could not be checked from here: this machine has no IPv6 route"), "{note}");
        facts.addresses[v4].connect = Err(ConnectFailure::Refused);
        let found = problems(judge(&facts));
        assert!(
            found[0].severity == Severity::Error && found[0].what.contains("over IPv4, and this machine has no IPv6")
        );
        facts.addresses[v4].connect = Err(ConnectFailure::NoRoute);
        let Verdict::Skip { why } = &judge(&facts)[0] else { panic!() };
        assert!(why.contains("could not be checked from here: this machine has no IPv4 and no IPv6 route"), "{why}");
    }

    #[test]
    fn without_an_address_nothing_is_judged() {
        let mut facts = sample();
        facts.addresses.clear();
        assert!(matches!(judge(&facts)[..], [Verdict::Skip { .. }]));
    }
}
