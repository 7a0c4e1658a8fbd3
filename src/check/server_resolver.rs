//! Does the server's own resolver see what is published?

use super::{Check, Judge, Needs};
use crate::dns::name::Domain;
use crate::dns::record::{Outcome, Query, RecordType};
use crate::facts::dns::DnsFacts;
use crate::facts::evidence::WITHHELD;
use crate::facts::server::{OwnFacts, Resolved};
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::{SrvLabel, key_question};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "server-resolver",
    title: "the server's own resolver returns what is published",
    page: include_str!("../../docs/checks/server-resolver.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Own(judge),
};

/// The names to have your server look up: the SRV record that it would use, and its key.
pub fn questions(own: &DnsFacts) -> Vec<Query> {
    let srv = SrvLabel::ALL.iter().map(|label| Query::new(label.owner(&own.domain), RecordType::Srv));
    let published = srv.into_iter().find(|question| !own.outcome(question).records().is_empty());
    published.into_iter().chain([key_question(&own.domain)]).collect()
}

/// Every name that decides about a domain: the SRV names and the key.
pub fn all_questions(domain: &Domain) -> Vec<Query> {
    let srv = SrvLabel::ALL.iter().map(|label| Query::new(label.owner(domain), RecordType::Srv));
    srv.chain([key_question(domain)]).collect()
}

fn judge(own: &OwnFacts) -> Vec<Verdict> {
    let server = match &own.server {
        Ok(server) => server,
        Err(why) => return Verdict::skip(why.to_string()),
    };
    if let Err(why) = &server.settings {
        return Verdict::skip(why.to_string());
    }
    compare(&own.dns, &questions(&own.dns), &server.resolved)
}

/// What the server's resolver says beside what is published.
pub fn compare(dns: &DnsFacts, questions: &[Query], resolved: &[(String, Resolved)]) -> Vec<Verdict> {
    let (mut found, mut unknown) = (Vec::new(), None);
    for question in questions {
        let published = dns.outcome(question);
        match resolved.iter().find(|(name, _)| *name == question.name).map(|(_, resolved)| resolved) {
            None => {}
            Some(Resolved::Unknown(why)) => unknown = Some(why.clone()),
            Some(resolved) if resolved.agrees(&published) => {}
            Some(resolved) => found.push(problem(question, resolved, &published).into()),
        }
    }
    match (found.is_empty(), unknown) {
        (false, _) => found,
        (true, Some(why)) => {
            Verdict::skip(format!("the server cannot be queried (releases before 3.17 have no such route): {why}"))
        }
        (true, None) => Verdict::pass("it sees the same SRV record and key"),
    }
}

fn problem(question: &Query, resolved: &Resolved, published: &Outcome) -> Problem {
    let seen = match resolved {
        Resolved::Srv { target, port } => format!("{target}:{port}"),
        Resolved::Txt(text) if text == WITHHELD => "a PRIVATE key, which is not shown here".into(),
        Resolved::Txt(text) => format!("a text of {} characters", text.chars().count()),
        Resolved::Nothing(why) | Resolved::Unknown(why) => why.chars().take(120).collect(),
    };
    let what = format!("the server's own resolver sees something else at {}", question.name);
    let means = "a server uses what its own resolver returns: events for a peer go there, and without its own records nothing \
                 that its users write is kept or sent";
    let fix = "use a resolver in the server's container or host that knows the zone; when it was wrong until now, restart the \
               server, which remembers answers for an hour";
    Problem::new(Severity::Error, what, means, fix)
        .seen([format!("server     {seen}"), format!("published  {published}")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_sample::sample;
    use crate::check::sample::problems;

    #[test]
    fn what_the_server_sees_is_compared_with_what_is_published() {
        let mut own = sample();
        assert!(matches!(judge(&own)[..], [Verdict::Pass { .. }]));
        let resolved = |own: &mut OwnFacts, at: usize, value| own.server.as_mut().unwrap().resolved[at].1 = value;
        resolved(&mut own, 1, Resolved::Txt("-----BEGIN".into()));
        assert!(problems(judge(&own))[0].evidence[0].contains("a text of 10 characters"));
        resolved(&mut own, 0, Resolved::Nothing("queryTxt ENOTFOUND".into()));
        assert_eq!(problems(judge(&own)).len(), 2);
        resolved(&mut own, 0, Resolved::Unknown("404".into()));
        resolved(&mut own, 1, Resolved::Unknown("404".into()));
        assert!(matches!(judge(&own)[..], [Verdict::Skip { .. }]));
    }
}
