//! Do the SRV records of native federation lead to a host?

use super::{Check, Judge, Needs};
use crate::dns::record::{Outcome, RData, RecordType};
use crate::facts::dns::DnsFacts;
use crate::facts::native::{File, NativeFacts, NoServer, Way};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::native::SrvLabel;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "native-srv",
    title: "the SRV records of native federation lead to a host",
    page: include_str!("../../docs/checks/native-srv.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Native(judge),
};

fn judge(_: &DnsFacts, facts: &NativeFacts) -> Vec<Verdict> {
    if matches!(&facts.destination, Some(to) if to.way == Way::File) {
        return Verdict::skip("the well-known file names a port or an address, so servers query no SRV records");
    }
    let base = facts.base();
    let Some((label, target, port)) = facts.srv() else { return none(facts, &base) };
    let owner = label.owner(&base);
    if target.is_empty() {
        let what = format!("SRV {owner} has the target `.`: there is no server");
        let fix = with_line("Publish the host of your server:", &line(&base, facts));
        return vec![Problem::new(Severity::Error, what, "servers cannot find the domain", fix).into()];
    }
    let mut found: Vec<Verdict> = Vec::new();
    found.extend(no_address(facts, &owner, &target).map(Verdict::from));
    found.extend(alias(facts, &owner, &target).map(Verdict::from));
    if label == SrvLabel::Matrix {
        let means =
            "Rocket.Chat does not query this old name when there is no _matrix-fed record; other Matrix servers do";
        let fix = with_line(
            "Publish the same record under the current name:",
            &format!("{}. 3600 IN SRV 10 0 {port} {target}.", SrvLabel::MatrixFed.owner(&base)),
        );
        let what = format!("there is SRV {owner} and no {}", SrvLabel::MatrixFed.owner(&base));
        found.push(Problem::new(Severity::Error, what, means, fix).into());
    }
    if found.is_empty() { Verdict::pass(format!("{owner} leads to {target}:{port}")) } else { found }
}

/// No SRV record: fine when a file or port 8448 is meant, unknown when the look-up failed.
fn none(facts: &NativeFacts, base: &str) -> Vec<Verdict> {
    let failed = SrvLabel::ALL.into_iter().find_map(|label| {
        let outcome = facts.outcome(&label.owner(base), RecordType::Srv)?;
        (!outcome.is_answer()).then(|| format!("SRV {}: {outcome}", label.owner(base)))
    });
    match failed {
        Some(why) => Verdict::skip(format!("it could not be looked up ({why})")),
        None => Verdict::pass(format!("none; servers call port 8448 of {base}")),
    }
}

fn no_address(facts: &NativeFacts, owner: &str, target: &str) -> Option<Problem> {
    let why = facts.server.as_ref()?.addr.as_ref().err().filter(|why| matches!(why, NoServer::NoAddress(_)))?;
    let outcome = facts.outcome(target, RecordType::A);
    if outcome.is_some_and(|outcome| !outcome.is_answer()) {
        return None;
    }
    let seen = outcome.map_or_else(|| why.to_string(), |outcome: &Outcome| format!("A {target}: {outcome}"));
    let fix = with_line("Give the target an address, or name another host:", &format!("{target}. 3600 IN A ADDRESS"));
    let what = format!("the target {target} of SRV {owner} has no address");
    Some(Problem::new(Severity::Error, what, "servers cannot connect", fix).seen([seen]))
}

/// RFC 2782: the target must not be an alias.
fn alias(facts: &NativeFacts, owner: &str, target: &str) -> Option<Problem> {
    let chain: Vec<String> = facts
        .response(target, RecordType::A)?
        .aliases
        .iter()
        .filter_map(|rr| match &rr.data {
            RData::Cname(to) => Some(format!("{} is an alias of {to}", rr.name)),
            _ => None,
        })
        .collect();
    let what = format!("the target {target} of SRV {owner} is an alias (CNAME)");
    let means = "the standard forbids it (RFC 2782), and some Matrix servers do not follow it";
    let fix = "Use the name at the end of the chain as the target, or give the target its own addresses.";
    (!chain.is_empty()).then(|| Problem::new(Severity::Warning, what, means, fix).seen(chain))
}

fn line(base: &str, facts: &NativeFacts) -> String {
    let host = match facts.file.content() {
        File::Names(delegation) => delegation.host,
        File::None(_) | File::Unusable(_) => format!("chat.{}", facts.domain),
    };
    format!("{}. 3600 IN SRV 10 0 443 {host}.", SrvLabel::MatrixFed.owner(base))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample as dns};
    use crate::dns::record::Rr;
    use crate::facts::call::NoAddress;
    use crate::facts::native::sample::{answered, by_srv, sample};

    const TARGET: &str = "chat.mydomain.com";

    #[test]
    fn a_current_record_with_an_address_is_fine() {
        assert!(matches!(judge(&dns(), &sample())[..], [Verdict::Skip { .. }]));
        let [Verdict::Pass { note }] = &judge(&dns(), &by_srv(SrvLabel::MatrixFed, TARGET))[..] else { panic!() };
        assert!(note.ends_with("chat.mydomain.com:443"), "{note}");
    }

    #[test]
    fn the_old_name_alone_an_alias_and_a_missing_address_are_named() {
        let old = problems(judge(&dns(), &by_srv(SrvLabel::Matrix, TARGET)));
        assert!(
            old.len() == 1 && old[0].fix.contains("_matrix-fed._tcp.mydomain.com. 3600 IN SRV 10 0 443"),
            "{old:?}"
        );

        let mut facts = by_srv(SrvLabel::MatrixFed, TARGET);
        let rr = Rr { name: TARGET.into(), ttl: 60, data: RData::Cname("proxy.example".into()) };
        facts.answers.last_mut().unwrap().1.aliases = vec![rr];
        assert!(problems(judge(&dns(), &facts))[0].what.contains("is an alias"));

        let mut facts = by_srv(SrvLabel::MatrixFed, TARGET);
        facts.answers.pop();
        facts.answers.push(answered(TARGET, RecordType::A, None));
        facts.server.as_mut().unwrap().addr =
            Err(NoServer::NoAddress(NoAddress { host: TARGET.into(), outcome: None }));
        assert!(problems(judge(&dns(), &facts))[0].what.contains("has no address"));
    }

    #[test]
    fn a_target_of_a_dot_is_an_error_and_no_record_is_none() {
        let found = problems(judge(&dns(), &by_srv(SrvLabel::MatrixFed, "")));
        assert!(found[0].what.contains("there is no server"), "{found:?}");
        let mut facts = by_srv(SrvLabel::MatrixFed, TARGET);
        facts.answers =
            SrvLabel::ALL.map(|label| answered(&label.owner("mydomain.com"), RecordType::Srv, None)).to_vec();
        facts.destination.as_mut().unwrap().way = Way::Port;
        assert_eq!(judge(&dns(), &facts), Verdict::pass("none; servers call port 8448 of mydomain.com"));
        facts.answers[0].1.outcome = Outcome::ServFail;
        assert!(matches!(judge(&dns(), &facts)[..], [Verdict::Skip { .. }]));
    }
}
