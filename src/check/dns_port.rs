//! Does the port fit the protocol that the SRV name promises?

use super::{Check, Judge, Needs};
use crate::dns::record::{Query, RData, RecordType};
use crate::facts::dns::{DnsFacts, Expected};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::generation::SrvLabel;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-port",
    title: "the port fits the protocol",
    page: include_str!("../../docs/checks/dns-port.md"),
    stage: None,
    minor: true,
    needs: Needs::Servers,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    let ports: Vec<(SrvLabel, u16, String)> = SrvLabel::ALL
        .into_iter()
        .filter_map(|label| {
            let outcome = dns.outcome(&Query::new(label.owner(&dns.domain), RecordType::Srv));
            // dns-wildcard has said that nobody meant it.
            if dns.is_wildcard(RecordType::Srv, outcome) {
                return None;
            }
            outcome.records().iter().find_map(|rr| match &rr.data {
                RData::Srv { port, target, .. } => Some((label, *port, target.clone())),
                _ => None,
            })
        })
        .collect();
    if ports.is_empty() {
        return Verdict::skip("there is no SRV record");
    }
    let http = ports.iter().any(|(label, ..)| *label == SrvLabel::Http);
    let problems: Vec<Verdict> = ports
        .iter()
        .filter_map(|(label, port, target)| {
            let (spoken, usual) = match (label, port) {
                (SrvLabel::Https, 80) => ("https", "plain http"),
                (SrvLabel::Tcp, 80) if !http => ("https (1.2 and 1.3 by the protocol record)", "plain http"),
                (SrvLabel::Http, 443) => ("plain http", "https"),
                _ => return None,
            };
            let owner = label.owner(&dns.domain);
            let place = if *label == SrvLabel::Tcp { "beside it" } else { "instead" };
            let right =
                if *port == 80 { SrvLabel::Http.owner(&dns.domain) } else { SrvLabel::Https.owner(&dns.domain) };
            Some(Problem::new(
                Severity::Warning,
                format!("SRV {owner} leads to port {port}, the usual port of {usual}; peers use {spoken} there"),
                "if the port does not accept it, every request fails",
                with_line(
                    &format!("If {target}:{port} speaks {usual}, publish {right} {place}. If not, check it:"),
                    &format!("fedctl handshake {}", dns.domain),
                ),
            ))
        })
        .map(Verdict::from)
        .collect();
    if problems.is_empty() {
        return Verdict::pass(
            ports
                .iter()
                .map(|(_, port, _)| port.to_string())
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, set, srv};

    #[test]
    fn a_port_of_the_other_protocol_is_warned_about() {
        assert_eq!(judge(&sample(), &Expected::default()), Verdict::pass("443"));
        for (label, port, count) in
            [(SrvLabel::Https, 80, 1), (SrvLabel::Http, 443, 1), (SrvLabel::Tcp, 80, 1), (SrvLabel::Http, 80, 0)]
        {
            let mut dns = sample();
            let question = Query::new(label.owner(&dns.domain), RecordType::Srv);
            set(&mut dns, &question, srv("chat.mydomain.com", port));
            assert_eq!(problems(judge(&dns, &Expected::default())).len(), count, "{label:?} {port}");
        }
    }
}
