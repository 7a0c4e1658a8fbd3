//! Is the certificate in time, and for how long?

use super::stage::Stage;
use super::{Check, Judge, Needs, date, sessions};
use crate::count::counted;
use crate::facts::peer::PeerFacts;
use crate::facts::tls::Certificate;
use crate::report::{Problem, Verdict, with_line};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "tls-expiry",
    title: "the certificates are valid now",
    page: include_str!("../../docs/checks/tls-expiry.md"),
    stage: Some(Stage::Tls),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

const DAY: i64 = 24 * 60 * 60;
/// Automatic renewal happens well before.
const SOON: i64 = 14 * DAY;

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let sessions = match sessions(facts) {
        Ok(sessions) => sessions,
        Err(why) => return Verdict::skip(why),
    };
    let sent: Vec<&Certificate> = sessions.iter().flat_map(|session| &session.chain).collect();
    let Some(first) = sent.iter().min_by_key(|certificate| certificate.not_after) else {
        return Verdict::skip("no certificate was sent");
    };
    let now = facts.time;
    if let Some(early) = sent.iter().find(|certificate| certificate.not_before > now) {
        return vec![problem(
            Severity::Error,
            format!("the certificate `{}` is valid only from {} on", early.subject, date(early.not_before)),
            "servers log `certificate is not yet valid` and drop the message",
            "Check the clocks of the machine that issued it and of this one.",
        )];
    }
    let (subject, until) = (&first.subject, date(first.not_after));
    let renew = &with_line(
        "Renew it and reload the proxy. With certbot, this shows why automatic renewal failed:",
        "certbot renew --dry-run",
    );
    match first.not_after - now {
        ..0 => vec![problem(
            Severity::Error,
            format!("the certificate `{subject}` expired on {until}"),
            "servers log `certificate has expired` and drop every message",
            renew,
        )],
        left @ 0..SOON => vec![problem(
            Severity::Warning,
            format!("the certificate `{subject}` expires on {until}, in {}", counted(left / DAY, "day")),
            "from then on servers drop every message; automatic renewal should have happened by now",
            renew,
        )],
        _ => Verdict::pass(format!("until {until}")),
    }
}

fn problem(severity: Severity, what: String, means: &str, fix: &str) -> Verdict {
    Problem::new(severity, what, means, fix).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{sample, session};
    use crate::check::sample::problems;

    #[test]
    fn each_time_has_its_verdict() {
        let judged = |from: i64, until: i64| {
            let mut facts = sample();
            let now = facts.time;
            let leaf = &mut session(&mut facts).chain[0];
            (leaf.not_before, leaf.not_after) = (now + from, now + until);
            problems(judge(&facts)).first().map(|problem| (problem.severity, problem.what.clone()))
        };
        assert_eq!(judged(-DAY, 60 * DAY), None);
        assert_eq!(judged(-DAY, SOON), None);
        assert!(matches!(judged(-DAY, 3 * DAY), Some((Severity::Warning, what)) if what.contains("in 3 days")));
        assert!(matches!(judged(-DAY, -1), Some((Severity::Error, what)) if what.contains("expired on")));
        assert!(matches!(judged(DAY, 60 * DAY), Some((Severity::Error, what)) if what.contains("from")));
    }
}
