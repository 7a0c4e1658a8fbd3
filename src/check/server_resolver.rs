//! Does the server's own resolver see what is published?

use std::net::IpAddr;

use super::dns_resolvers::{address, rewritten_text};
use super::{Check, Judge, Needs};
use crate::count::counted;
use crate::dns::name::Domain;
use crate::dns::record::{Outcome, Query, RecordType};
use crate::endpoint::{Reach, reach};
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
    compare(&own.dns, &questions(&own.dns), &server.resolved, &server.targets)
}

/// What the server's resolver says beside what is published. The targets are those that it gives, with their addresses as others
/// find them.
pub fn compare(
    dns: &DnsFacts,
    questions: &[Query],
    resolved: &[(String, Resolved)],
    targets: &[(Query, Outcome)],
) -> Vec<Verdict> {
    let (mut found, mut unknown) = (Vec::new(), None);
    let of = |question: &Query| resolved.iter().find(|(name, _)| *name == question.name).map(|(_, resolved)| resolved);
    let sees_zone = questions.iter().any(|question| {
        let published = dns.outcome(question);
        !published.records().is_empty() && of(question).is_some_and(|resolved| resolved.agrees(published))
    });
    for question in questions {
        let published = dns.outcome(question);
        match of(question) {
            None => {}
            Some(Resolved::Unknown(why)) => unknown = Some(why.clone()),
            Some(resolved) if resolved.agrees(published) => {}
            Some(resolved) => {
                let cause = cause(dns, question, resolved, targets, sees_zone);
                found.push(problem(question, resolved, published, cause).into());
            }
        }
    }
    match (found.is_empty(), unknown) {
        (false, _) => found,
        (true, Some(why)) => {
            Verdict::skip(format!("the server cannot be queried (releases before 3.17 have no such route): {why}"))
        }
        (true, None) => Verdict::pass("it returns the same SRV record and key"),
    }
}

/// Why the server's resolver answers otherwise, as far as anything shows it.
enum Cause {
    /// The published text arrives changed.
    Rewritten(&'static str),
    /// Another server that was queried answers the same.
    Shared(String),
    /// Its target has addresses that exist only inside a network.
    OwnView(IpAddr),
    /// It has the published version of another name, so it will have this one in so many seconds.
    Cached(u32),
    /// An older answer in a cache, for so many seconds, or a version of the zone that only its network has.
    Unclear(u32),
}

fn cause(
    dns: &DnsFacts,
    question: &Query,
    resolved: &Resolved,
    targets: &[(Query, Outcome)],
    sees_zone: bool,
) -> Cause {
    let published = dns.outcome(question);
    if let Resolved::Txt(text) = resolved
        && let Some(truth) = published.records().iter().find_map(|rr| rr.data.joined())
        && let Some(how) = rewritten_text(&truth, text.as_bytes())
    {
        return Cause::Rewritten(how);
    }
    let addresses = |host: &str| -> Vec<IpAddr> {
        let of_host = targets.iter().filter(|(question, _)| question.name.eq_ignore_ascii_case(host));
        of_host.flat_map(|(_, outcome)| outcome.records()).filter_map(|rr| address(&rr.data)).collect()
    };
    let inside: Vec<IpAddr> = resolved.target().map(addresses).unwrap_or_default();
    if let Some(first) = inside.first()
        && inside.iter().all(|ip| matches!(reach(*ip), Reach::Inside(_)))
    {
        return Cause::OwnView(*first);
    }
    let mut others = dns.replies(question).filter(|(_, reply)| reply.outcome.is_answer());
    if let Some((observer, _)) = others.find(|(_, reply)| resolved.agrees(&reply.outcome)) {
        return Cause::Shared(format!("{} ({})", observer.name, observer.addr.ip()));
    }
    let ttl = published.records().iter().map(|rr| rr.ttl).max();
    let absent = dns.zone.as_ref().ok().and_then(|zone| zone.soa.as_ref()).map(|soa| soa.minimum);
    let left = if matches!(resolved, Resolved::Nothing(_)) { absent.or(ttl) } else { ttl.or(absent) }.unwrap_or(0);
    if sees_zone { Cause::Cached(left) } else { Cause::Unclear(left) }
}

const RESTART: &str = "Then restart the server, which caches answers for an hour.";

fn problem(question: &Query, resolved: &Resolved, published: &Outcome, cause: Cause) -> Problem {
    let seen = match resolved {
        Resolved::Srv { target, port } => format!("{target}:{port}"),
        Resolved::Txt(text) if text == WITHHELD => "a PRIVATE key, which is not shown here".into(),
        Resolved::Txt(text) => format!("a text of {}", counted(text.chars().count(), "character")),
        Resolved::Nothing(why) | Resolved::Unknown(why) => why.chars().take(120).collect(),
    };
    let name = &question.name;
    let uses = "a server uses what its own resolver returns: events for a peer go there, and without its own records nothing \
                that its users write is kept or sent";
    let (severity, what, means, fix) = match &cause {
        Cause::Rewritten(how) => (
            Severity::Error,
            format!("the server's own resolver changes the text at {name}: {how}"),
            "the server cannot read the key; what is published is right, and time does not change this",
            "Use another resolver in the server's network, or fix the proxy or firewall that rewrites DNS answers."
                .into(),
        ),
        Cause::OwnView(_) => (
            Severity::Notice,
            format!("the server's own resolver has its own version of {name} (split horizon)"),
            "the server uses this version, all others what is published; this is no old cache, and time does not change it",
            "Nothing, if this is intended. If not, publish the same records in the internal version of the zone."
                .into(),
        ),
        Cause::Shared(_) => (
            Severity::Error,
            format!("the server's own resolver gives an answer for {name} that is not what is published"),
            uses,
            format!("Fix what gives the same answer first. {RESTART}"),
        ),
        Cause::Cached(left) => (
            Severity::Error,
            format!("the server's own resolver has an older answer for {name}"),
            uses,
            format!("Wait {left} s, or flush the cache of that resolver. {RESTART}"),
        ),
        Cause::Unclear(left) => (
            Severity::Error,
            format!("the server's own resolver sees something else at {name}"),
            uses,
            format!(
                "Check again in {left} s. If it is the same then, the resolver has its own version of the zone (split \
                 horizon): publish the same records there, or give the server a resolver that knows the public zone. {RESTART}"
            ),
        ),
    };
    let lines = [format!("server     {seen}"), format!("published  {published}")].into_iter();
    let more = match cause {
        Cause::Shared(observer) => Some(format!("the same as from {observer}")),
        Cause::OwnView(ip) => Some(format!("{} has the address {ip}", resolved.target().unwrap_or_default())),
        Cause::Cached(_) => Some("another name is as published, so it asks the public zone".to_owned()),
        Cause::Rewritten(_) | Cause::Unclear(_) => None,
    };
    Problem::new(severity, what, means, fix).seen(lines.chain(more))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_sample::sample;
    use crate::check::sample::{problems, set_at};
    use crate::dns::record::{RData, Rr};

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

    #[test]
    fn the_cause_is_named_as_far_as_it_shows() {
        let found = |change: &dyn Fn(&mut OwnFacts)| {
            let mut own = sample();
            change(&mut own);
            let mut found = problems(judge(&own));
            assert_eq!(found.len(), 1, "{found:?}");
            let found = found.remove(0);
            format!("{}: {} {} {}", found.severity, found.what, found.fix, found.evidence.join(" "))
        };
        let resolved = |own: &mut OwnFacts, at: usize, value| own.server.as_mut().unwrap().resolved[at].1 = value;
        let srv = |target: &str| Resolved::Srv { target: target.into(), port: 443 };
        // The other name is as published.
        let cached = found(&|own| resolved(own, 0, srv("old.mydomain.com")));
        assert!(cached.contains("an older answer") && cached.contains("Wait 3600 s"), "{cached}");
        let absent = found(&|own| resolved(own, 1, Resolved::Nothing("queryTxt ENOTFOUND".into())));
        assert!(absent.contains("an older answer"), "{absent}");
        let inside = found(&|own| {
            resolved(own, 0, srv("chat.inside.example"));
            let data = RData::A("10.0.0.7".parse().unwrap());
            let outcome = Outcome::Found(vec![Rr { name: "chat.inside.example".into(), ttl: 60, data }]);
            own.server.as_mut().unwrap().targets = vec![(Query::new("chat.inside.example", RecordType::A), outcome)];
        });
        assert!(
            inside.starts_with("notice") && inside.contains("split horizon") && inside.contains("10.0.0.7"),
            "{inside}"
        );
        let cut = found(&|own| {
            let Resolved::Txt(text) = own.server.as_ref().unwrap().resolved[1].1.clone() else { panic!() };
            resolved(own, 1, Resolved::Txt(text[..255].to_owned()));
        });
        assert!(cut.contains("cuts the text off") && !cut.contains("Wait"), "{cut}");
        let shared = found(&|own| {
            resolved(own, 0, srv("old.mydomain.com"));
            let question = Query::new("_rocketchat._https.mydomain.com", RecordType::Srv);
            set_at(&mut own.dns, 2, &question, crate::check::sample::srv("old.mydomain.com", 443));
        });
        assert!(shared.contains("the same as from"), "{shared}");
        let mut own = sample();
        resolved(&mut own, 0, srv("old.mydomain.com"));
        resolved(&mut own, 1, Resolved::Nothing("queryTxt ENOTFOUND".into()));
        let both = problems(judge(&own));
        assert!(
            both.iter().all(|found| found.fix.contains("split horizon") && found.fix.contains("Check again")),
            "{both:?}"
        );
    }
}
