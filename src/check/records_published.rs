//! Does DNS answer the records of a plan?

use super::{Check, Judge, Needs};
use crate::count::counted;
use crate::dns::record::{CharacterString, Query, RData, Rr};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::change::Change;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "records-published",
    title: "DNS answers the records that should be published",
    page: include_str!("../../docs/checks/records-published.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Command,
};

/// Records that some name servers have as planned and others do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partial {
    pub question: Query,
    /// The name servers that answer as planned.
    pub servers: Vec<String>,
    /// The others, each with what it answers.
    pub others: Vec<String>,
}

/// One verdict for each name and type, and one for each record that servers read before those of the plan.
pub fn judge(domain: &str, changes: &[Change], partial: &[Partial], in_the_way: &[String]) -> Vec<Verdict> {
    let print = format!("fedctl records diff {domain} --provider auto");
    let fix = with_line("Print what to publish, in the form of your DNS provider:", &print);
    let verdict = |change: &Change| {
        let partial = partial.iter().find(|partial| partial.question == change.question);
        match (change.is_needed(), partial) {
            (_, Some(partial)) => disagreement(partial).into(),
            (true, None) => difference(change, &fix).into(),
            (false, None) => {
                Verdict::Pass { note: format!("{} {} is published", change.question.kind, change.question.name) }
            }
        }
    };
    let extra = |what: &String| {
        let means = "servers read this record and ignore those of the plan";
        Problem::new(Severity::Error, what.clone(), means, "Delete this record.").into()
    };
    changes.iter().map(verdict).chain(in_the_way.iter().map(extra)).collect()
}

fn difference(change: &Change, fix: &str) -> Problem {
    let (kind, name) = (change.question.kind.to_string(), &change.question.name);
    let (what, means) = match change.before.is_empty() {
        true => (format!("{kind} {name} is missing"), "servers that need this record cannot reach the domain"),
        false => (format!("{kind} {name} differs"), "servers read what is published, and not what is planned"),
    };
    let row = |label: &'static str| move |rr: &Rr| format!("{label:<9} {}", description(&rr.data));
    let seen = change.before.iter().map(row("published")).chain(change.after.iter().map(row("planned")));
    Problem::new(Severity::Error, what, means, fix).seen(seen)
}

fn disagreement(partial: &Partial) -> Problem {
    let Partial { question, servers, others } = partial;
    let what = format!("not every name server has {} {} as planned", question.kind, question.name);
    let means = "which response a peer gets is random, and it caches the response";
    let fix = "Publish the same zone everywhere: raise the SOA serial on the primary, and check that the zone transfer works.";
    let seen = servers.iter().map(|server| format!("{server}: as planned")).chain(others.iter().cloned());
    Problem::new(Severity::Error, what, means, fix).seen(seen)
}

/// Data in a few words; a long text by its length.
fn description(data: &RData) -> String {
    match data {
        RData::Srv { priority, weight, port, target } => format!("{priority} {weight} {port} {target}."),
        other => match other.joined() {
            Some(value) if value.len() <= 20 => format!("{:?}", CharacterString(value)),
            Some(value) => counted(value.len(), "byte"),
            None => "another type".into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::problems;
    use crate::dns::record::RecordType;

    #[test]
    fn what_is_missing_and_what_differs_are_two_things() {
        let rr = |text: &str| Rr {
            name: "rocketchat-public-key.mydomain.com".into(),
            ttl: 60,
            data: RData::Txt(vec![CharacterString(text.as_bytes().to_vec())]),
        };
        let question = Query::new("rocketchat-public-key.mydomain.com", RecordType::Txt);
        let change = |before| Change { question: question.clone(), before, after: vec![rr("new")] };
        let changes = [change(vec![rr("new")]), change(vec![rr("old")]), change(Vec::new())];
        let verdicts = judge("mydomain.com", &changes, &[], &["`x` is published too".into()]);
        assert!(matches!(verdicts[0], Verdict::Pass { .. }));
        let found = problems(verdicts);
        assert!(found[0].what.ends_with("differs") && found[1].what.ends_with("is missing"), "{found:?}");
        assert_eq!(found[0].evidence, ["published \"old\"", "planned   \"new\""]);
        assert_eq!(found[2].what, "`x` is published too");
    }
}
