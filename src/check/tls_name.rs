//! Was the certificate made for the host that the SRV record names?

use super::stage::Stage;
use super::{Check, Judge, Needs, sessions};
use crate::facts::peer::PeerFacts;
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "tls-name",
    title: "the certificate names the SRV target",
    page: include_str!("../../docs/checks/tls-name.md"),
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
    let host = facts.base.as_ref().map(|base| base.host.as_str()).unwrap_or_default();
    let Some(session) = sessions.iter().find(|session| !session.name_fits) else {
        return Verdict::pass(format!("made for `{host}`"));
    };
    let names = session.chain.first().map(|leaf| match leaf.names.is_empty() {
        true => leaf.subject.clone(),
        false => leaf.names.join(", "),
    });
    let names = names.unwrap_or_default();
    let means = "servers compare it with the SRV target, not with the federation domain: \
                 `Hostname/IP does not match certificate's altnames`";
    let fix = format!("Get a certificate for `{host}`, or name a host in the SRV record that the certificate covers.");
    let what = format!("the certificate is not made for `{host}`");
    vec![Problem::new(Severity::Error, what, means, fix).seen([format!("made for {names}")]).into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::peer_sample::{sample, session};
    use crate::check::sample::problems;

    #[test]
    fn another_name_is_an_error() {
        let mut facts = sample();
        assert!(problems(judge(&facts)).is_empty());
        session(&mut facts).name_fits = false;
        let found = problems(judge(&facts));
        assert!(found[0].evidence[0].contains("chat.mydomain.com"), "{found:?}");
    }
}
