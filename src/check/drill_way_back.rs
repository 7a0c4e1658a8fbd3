//! Do the records of the drill domain lead to the drill, so that the peer can call back?

use super::drill::unsent;
use super::{Check, Judge, Needs};
use crate::dns::name::Domain;
use crate::facts::drill::{DrillFacts, WayBack};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::drill::step::Step;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "drill-way-back",
    title: "the records of the drill domain lead to the drill",
    page: include_str!("../../docs/checks/drill-way-back.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Steps(&[Step::WayBack], judge),
};

fn judge(facts: &DrillFacts, step: Step) -> Verdict {
    match (&facts.way_back, unsent(facts, step)) {
        (Some(way_back), _) => verdict(way_back, &facts.domain, &facts.listened()),
        (None, why) => Verdict::Skip { why: why.unwrap_or_default() },
    }
}

/// What a way back means, for a drill that listens at an address.
pub fn verdict(way_back: &WayBack, domain: &Domain, listened: &str) -> Verdict {
    let prepare = format!("fedctl drill --prepare --domain {domain} --key FILE --listen {listened}");
    let lost = "the peer cannot find or open anything from this domain, so no step would succeed";
    let problem = match way_back {
        WayBack::Here { url } => return Verdict::Pass { note: format!("{url} leads here, with the key of the drill") },
        WayBack::NoRecords { why } => Problem::new(
            Severity::Error,
            format!("the records of {domain} cannot be used"),
            lost,
            with_line("Publish the records:", &prepare),
        )
        .seen([why.clone()]),
        WayBack::NoKey { why } => Problem::new(
            Severity::Error,
            format!("the published key of {domain} cannot be used"),
            lost,
            with_line("Publish the key:", &prepare),
        )
        .seen([why.clone()]),
        WayBack::OtherKey { published } => Problem::new(
            Severity::Error,
            format!("{domain} publishes another key than the one in use"),
            lost,
            with_line(
                "Give the private key that belongs to the published one with --key, or publish this one:",
                &prepare,
            ),
        )
        .seen([format!("published {published}")]),
        WayBack::Elsewhere { url, exchange } => Problem::new(
            Severity::Warning,
            format!("a request from here to {url} does not arrive at {listened}"),
            "if the same is true for the peer, it cannot fetch files or request lost events",
            with_line(
                "Make the --listen address reachable at the host and port of the SRV record: open the firewall, or \
                 forward /api/v1/federation. in the proxy. Then check again:",
                &prepare,
            ),
        )
        .seen([exchange.shown()]),
    };
    problem.into()
}

/// Nothing listens, because neither the records nor the command line say where.
pub fn unlistened(domain: &Domain) -> Verdict {
    let fix = format!("fedctl drill --prepare --domain {domain} --key FILE --listen ADDR:PORT");
    Problem::new(
        Severity::Error,
        format!("whether {domain} leads here was not tried: there is no address to listen on"),
        "the peer must be able to call back for files and lost events",
        with_line("Publish the records, and name the address behind them:", &fix),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::drill_sample::sample;

    fn severity(way_back: WayBack) -> Option<Severity> {
        let mut facts = sample("6.2.0");
        facts.way_back = Some(way_back);
        match judge(&facts, Step::WayBack) {
            Verdict::Problem(problem) => Some(problem.severity),
            _ => None,
        }
    }

    #[test]
    fn without_records_or_key_no_step_can_succeed() {
        let facts = sample("6.2.0");
        assert_eq!(severity(facts.way_back.unwrap()), None);
        assert_eq!(severity(WayBack::NoRecords { why: "NXDOMAIN".into() }), Some(Severity::Error));
        assert_eq!(severity(WayBack::OtherKey { published: "00".into() }), Some(Severity::Error));
        let exchange = facts.look_up.unwrap();
        let elsewhere = WayBack::Elsewhere { url: "https://drill.example:443".into(), exchange: Box::new(exchange) };
        assert_eq!(severity(elsewhere), Some(Severity::Warning));
    }
}
