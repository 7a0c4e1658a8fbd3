//! Is the certificate of the server valid for the name that native federation expects?

use super::{Check, Judge, Needs};
use crate::facts::dns::DnsFacts;
use crate::facts::native::{Destination, NativeFacts, Way};
use crate::facts::tls::{Certificate, Session};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "native-tls",
    title: "the certificate is valid for the name of native federation",
    page: include_str!("../../docs/checks/native-tls.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Native(judge),
};

fn judge(_: &DnsFacts, facts: &NativeFacts) -> Vec<Verdict> {
    let Some(to) = &facts.destination else { return Verdict::skip(super::NO_BASE) };
    let Some(tls) = facts.server.as_ref().and_then(|server| server.tls.as_ref()) else {
        return Verdict::skip(super::NO_CONNECTION);
    };
    let session = match &tls.outcome {
        Ok(session) => session,
        Err(why) => {
            let what = format!("there is no TLS handshake with {}: {why}", to.authority());
            let fix = "Enable TLS at the port: native federation has no plain http.";
            return vec![Problem::new(Severity::Error, what, "servers cannot connect", fix).into()];
        }
    };
    match session.node_error() {
        None => Verdict::pass(format!("made for {}", to.name)),
        Some(error) if session.name_fits => vec![untrusted(to, session, error).into()],
        Some(error) => vec![wrong_name(to, session, error).into()],
    }
}

fn untrusted(to: &Destination, session: &Session, error: &str) -> Problem {
    let what = format!("servers do not trust the certificate of {}: {error}", to.authority());
    let fix = "Serve the full chain of a valid certificate from a public authority.";
    Problem::new(Severity::Error, what, "servers close the connection", fix).seen(names(session))
}

fn wrong_name(to: &Destination, session: &Session, error: &str) -> Problem {
    let what = format!("the certificate of {} is not valid for {}", to.authority(), to.name);
    let rule = match to.way {
        Way::File => "with a well-known file it must be valid for the host that the file names",
        Way::Srv(_) => "with an SRV record it must be valid for the name before the record, not for the target",
        Way::Port => "at port 8448 it must be valid for the name that was called",
    };
    let fix = match to.way {
        Way::File => format!("Get a certificate for {}, or name a host in the file that it covers.", to.name),
        Way::Srv(_) | Way::Port => {
            format!("Get a certificate for {}, or name the server in a well-known file instead.", to.name)
        }
    };
    Problem::new(Severity::Error, what, format!("{rule}: `{error}`"), fix).seen(names(session))
}

fn names(session: &Session) -> Option<String> {
    let shown = |leaf: &Certificate| if leaf.names.is_empty() { leaf.subject.clone() } else { leaf.names.join(", ") };
    session.chain.first().map(|leaf| format!("made for {}", shown(leaf)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample as dns};
    use crate::facts::native::sample::{by_srv, sample, session};
    use crate::facts::tls::{NoSession, Trust};
    use crate::rocketchat::native::SrvLabel;

    fn spoil(facts: &mut NativeFacts, spoil: impl FnOnce(&mut Session)) -> Vec<Problem> {
        let mut tls = session("chat.mydomain.com");
        spoil(tls.outcome.as_mut().unwrap());
        facts.server.as_mut().unwrap().tls = Some(tls);
        problems(judge(&dns(), facts))
    }

    #[test]
    fn the_name_depends_on_the_way() {
        assert_eq!(judge(&dns(), &sample()), Verdict::pass("made for chat.mydomain.com"));
        let mut facts = by_srv(SrvLabel::MatrixFed, "chat.mydomain.com");
        let found = spoil(&mut facts, |session| session.name_fits = false);
        assert!(found[0].what.ends_with("not valid for mydomain.com"), "{found:?}");
        assert!(found[0].means.contains("not for the target"), "{found:?}");
    }

    #[test]
    fn a_bad_chain_and_no_tls_at_all_are_errors() {
        let found = spoil(&mut sample(), |session| session.trust = Trust::Expired);
        assert!(found[0].what.contains("certificate has expired"), "{found:?}");
        let mut facts = sample();
        facts.server.as_mut().unwrap().tls.as_mut().unwrap().outcome = Err(NoSession::NotTls);
        assert!(problems(judge(&dns(), &facts))[0].what.contains("not TLS"));
    }
}
