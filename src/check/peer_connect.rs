//! Does every address accept connections?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::PeerFacts;
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
    let failed: Vec<_> = facts.addresses.iter().filter(|address| address.connect.is_err()).collect();
    if failed.is_empty() {
        let count = facts.addresses.len();
        return Verdict::pass(if count == 1 { "connects".into() } else { format!("all {count} connect") });
    }
    let port = base.port;
    let (all, family) = (failed.len() == facts.addresses.len(), failed.iter().all(|address| address.addr.is_ipv6()));
    let (severity, what, means) = match (all, family) {
        (true, _) => (
            Severity::Error,
            format!("nothing can be connected to at `{}` port {port}", base.host),
            "no server can deliver anything: `ECONNREFUSED` or `ETIMEDOUT` in its log, and the event is lost",
        ),
        (false, true) => (
            Severity::Warning,
            format!("`{}` port {port} cannot be reached over IPv6, which its AAAA record promises", base.host),
            "servers with IPv6 that try it first fail or lose their two seconds on it",
        ),
        (false, false) => (
            Severity::Warning,
            format!(
                "{} of {} addresses of `{}` port {port} cannot be reached",
                failed.len(),
                facts.addresses.len(),
                base.host
            ),
            "servers take one address and do not try the next: some messages are lost",
        ),
    };
    let fix =
        format!("open port {port} on every address in the firewall and in the proxy, or take the address out of DNS");
    vec![Problem::new(severity, what, means, fix).seen(shown).into()]
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
    fn without_an_address_nothing_is_judged() {
        let mut facts = sample();
        facts.addresses.clear();
        assert!(matches!(judge(&facts)[..], [Verdict::Skip { .. }]));
    }
}
