//! Does the chain of certificates lead to an authority that Node trusts?

use super::stage::Stage;
use super::{Check, Judge, Needs, sessions};
use crate::facts::peer::PeerFacts;
use crate::facts::tls::{Session, Trust};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "tls-chain",
    title: "the certificate chain ends at an authority that servers trust",
    page: include_str!("../../docs/checks/tls-chain.md"),
    stage: Some(Stage::Tls),
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Peer(judge),
};

fn judge(facts: &PeerFacts) -> Vec<Verdict> {
    let sessions = match sessions(facts) {
        Ok(sessions) => sessions,
        Err(why) => return Verdict::skip(why),
    };
    let mut verdicts: Vec<Verdict> = Vec::new();
    for session in &sessions {
        if let Some(problem) = problem(session).map(Verdict::from)
            && !verdicts.contains(&problem)
        {
            verdicts.push(problem);
        }
    }
    if verdicts.is_empty() {
        let issuer = sessions.first().and_then(|session| session.chain.first()).map(|leaf| leaf.issuer.as_str());
        return Verdict::pass(format!("issued by `{}`", issuer.unwrap_or_default()));
    }
    verdicts
}

fn problem(session: &Session) -> Option<Problem> {
    let (what, fix) = match (&session.trust, session.chain.as_slice()) {
        // Times are tls-expiry's affair.
        (Trust::Trusted | Trust::Expired | Trust::NotYetValid, _) => return None,
        (Trust::UnknownIssuer, [leaf]) if leaf.self_issued => (
            "the certificate is self-signed".to_owned(),
            "Get a certificate from an authority (Let's Encrypt is free), or give yours to every peer with \
             NODE_EXTRA_CA_CERTS=FILE.",
        ),
        (Trust::UnknownIssuer, [leaf]) => (
            format!("the intermediate certificate `{}` is missing", leaf.issuer),
            "Serve the whole chain: fullchain.pem instead of cert.pem. With your own certificate authority, give peers its certificate (NODE_EXTRA_CA_CERTS=FILE), and add --ca-file FILE here.",
        ),
        (Trust::UnknownIssuer, [.., last]) => (
            format!(
                "the chain ends at `{}`, which no server trusts",
                if last.self_issued { &last.subject } else { &last.issuer }
            ),
            "With your own certificate authority, give peers its certificate with NODE_EXTRA_CA_CERTS=FILE in the \
             environment of their servers, and add --ca-file FILE here.",
        ),
        (Trust::UnknownIssuer, []) => ("no certificate was sent".to_owned(), "Configure a certificate in the proxy."),
        (Trust::Other(why), _) => {
            (format!("the chain does not verify: {why}"), "Renew the certificate and serve its whole chain.")
        }
    };
    let evidence = session.chain.iter().enumerate().map(|(at, certificate)| {
        format!("{} \"{}\", issued by \"{}\"", at + 1, certificate.subject, certificate.issuer)
    });
    let log = session.node_error().unwrap_or_default();
    let means = match session.chain.len() {
        1 => format!("browsers may fetch it, Node does not: servers log `{log}` and drop the message"),
        _ => format!("servers log `{log}` and drop the message"),
    };
    Some(Problem::new(Severity::Error, what, means, fix).seen(evidence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{sample, session};
    use crate::check::sample::problems;

    #[test]
    fn a_missing_intermediate_a_self_signed_one_and_a_private_authority_differ() {
        assert!(problems(judge(&sample())).is_empty());
        let judged = |keep: usize, own: bool| {
            let mut facts = sample();
            facts.addresses.truncate(1);
            let session = session(&mut facts);
            session.trust = Trust::UnknownIssuer;
            session.chain.truncate(keep);
            session.chain[keep - 1].self_issued = own;
            problems(judge(&facts)).remove(0)
        };
        let missing = judged(1, false);
        assert!(
            missing.what.contains("`R11` is missing")
                && missing.means.contains("unable to verify the first certificate")
        );
        assert!(judged(1, true).what.contains("self-signed"));
        assert!(judged(2, true).means.contains("self signed certificate in certificate chain"));
        assert!(judged(2, false).means.contains("unable to get local issuer certificate"));
    }

    #[test]
    fn an_expired_one_is_left_to_its_own_check() {
        let mut facts = sample();
        session(&mut facts).trust = Trust::Expired;
        assert!(problems(judge(&facts)).is_empty());
    }
}
