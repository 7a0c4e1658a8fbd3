//! Is the peer fast enough for servers, which wait two seconds?

use super::stage::Stage;
use super::{Check, Judge, Needs};
use crate::facts::peer::{Exchange, PeerFacts};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "peer-latency",
    title: "the peer responds well within two seconds",
    page: include_str!("../../docs/checks/peer-latency.md"),
    stage: Some(Stage::Speed),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

/// What servers wait for an answer, in milliseconds, connecting included.
const LIMIT: u32 = 2000;
const UNEASY: u32 = 1000;

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    // How long a large message takes is the affair of peer-body.
    let asked = [&facts.info, &facts.search, &facts.users, &facts.ping, &facts.latest];
    let answered = asked.into_iter().flatten().filter(|exchange| exchange.outcome.is_ok());
    let Some(slowest) = answered.max_by_key(|exchange| exchange.elapsed) else {
        return Verdict::skip(if facts.info.is_some() { "nothing was answered" } else { facts.unreached() });
    };
    let shown = format!("{} ms for {}", slowest.elapsed, slowest.path);
    let (severity, what, means) = match slowest.elapsed {
        ..UNEASY => return Verdict::pass(format!("at most {} ms", slowest.elapsed)),
        UNEASY..=LIMIT => (
            Severity::Warning,
            format!("the peer needs {shown}"),
            "servers wait 2000 ms, once: under load messages will be lost",
        ),
        _ => (
            Severity::Error,
            format!("the peer needs {shown}, and servers wait 2000 ms"),
            "the sender logs `[IGNORED] Error … ETIMEDOUT`, and the event is lost for this peer",
        ),
    };
    let fix = "Check the load of the server and its database, and the latency of the network.";
    vec![Problem::new(severity, what, means, fix).seen(asked.into_iter().flatten().map(Exchange::shown)).into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::sample;
    use crate::check::sample::problems;

    #[test]
    fn two_seconds_are_the_limit() {
        for (elapsed, severity) in [
            (10, None),
            (999, None),
            (1500, Some(Severity::Warning)),
            (2000, Some(Severity::Warning)),
            (2001, Some(Severity::Error)),
        ] {
            let mut facts = sample();
            facts.ping.as_mut().unwrap().elapsed = elapsed;
            assert_eq!(problems(judge(&facts)).first().map(|problem| problem.severity), severity, "{elapsed}");
        }
    }
}
