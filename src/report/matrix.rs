//! Which server answers what: name servers and resolvers by record, with what differs marked.

use crate::count::counted;
use crate::dns::record::{Outcome, Query, RData};
use crate::facts::dns::{DnsFacts, Role};
use crate::facts::server::{Resolved, ServerView};
use crate::key::diagnosis;
use crate::report::{Cell, Matrix, Row};
use crate::rocketchat::generation::questions;

/// The matrix of a domain, with a server's own resolver when that was queried; `None` when nobody was.
pub fn matrix(dns: &DnsFacts, view: Option<&ServerView>) -> Option<Matrix> {
    let exists = |question: &Query| dns.replies(question).any(|(_, reply)| !reply.outcome.records().is_empty());
    let mut asked = questions(&dns.domain);
    asked.retain(|question| exists(question) || is_needed(question));
    let suffix = format!(".{}", dns.domain);
    let columns =
        asked.iter().map(|question| format!("{} {}", question.kind, question.name.trim_end_matches(&suffix))).collect();
    let published: Vec<Option<(&Outcome, String)>> = asked
        .iter()
        .map(|question| dns.published(question).map(|reply| (&reply.outcome, description(&reply.outcome))))
        .collect();
    let cells = |at: usize| {
        let pairs = asked.iter().zip(&published);
        pairs.map(|(question, published)| cell(dns, at, question, published.as_ref())).collect()
    };
    let mut rows: Vec<Row> = dns
        .observers
        .iter()
        .enumerate()
        .filter(|(_, observer)| observer.role != Role::Parent)
        .map(|(at, observer)| Row {
            observer: observer.to_string(),
            role: if observer.role == Role::Authority { "name server" } else { "resolver" },
            cells: cells(at),
        })
        .collect();
    rows.extend(view.map(|view| Row {
        observer: format!("in {}", view.base.url_host()),
        role: "server's resolver",
        cells: asked.iter().map(|question| view_cell(dns, view, question)).collect(),
    }));
    (!rows.is_empty()).then_some(Matrix { columns, rows })
}

/// The records that every domain should have are shown even when nobody has them.
fn is_needed(question: &Query) -> bool {
    question.name.starts_with("_rocketchat._https.") || question.name.starts_with("rocketchat-public-key.")
}

fn cell(dns: &DnsFacts, observer: usize, question: &Query, published: Option<&(&Outcome, String)>) -> Cell {
    let seen = dns.observations.iter().find(|seen| seen.observer == observer && seen.question == *question);
    let Some(seen) = seen else { return not_queried() };
    let outcome = &seen.reply.outcome;
    // Looking into a key takes time, and most servers say the same.
    let same = published.filter(|(known, _)| data(known).eq(data(outcome)) && !outcome.records().is_empty());
    let text = same.map_or_else(|| description(outcome), |(_, text)| text.clone());
    Cell { differs: published.is_some_and(|(_, published)| *published != text), failure: failure(outcome), text }
}

fn view_cell(dns: &DnsFacts, view: &ServerView, question: &Query) -> Cell {
    let Some(resolved) = view.resolved.iter().find(|(name, _)| *name == question.name).map(|(_, resolved)| resolved)
    else {
        return not_queried();
    };
    let published = dns.outcome(question);
    let differs = !resolved.agrees(published);
    let (text, failure) = match resolved {
        Resolved::Unknown(_) => return not_queried(),
        // It has the first record only, and no reason when there is none.
        Resolved::Nothing(_) if !differs => (description(published), failure(published)),
        Resolved::Nothing(_) => ("nothing".to_owned(), Some("nothing".to_owned())),
        _ if !differs => (description(published), None),
        Resolved::Srv { target, port } => (format!("{target}:{port}"), None),
        Resolved::Txt(text) => (key_text(text.as_bytes()), None),
    };
    Cell { text, differs, failure }
}

fn not_queried() -> Cell {
    let text = "not queried".to_owned();
    Cell { failure: Some(text.clone()), text, differs: false }
}

/// Why there are no records, as short as it gets.
fn failure(outcome: &Outcome) -> Option<String> {
    match outcome {
        _ if !outcome.records().is_empty() => None,
        Outcome::NxDomain | Outcome::NoData => Some("none".into()),
        Outcome::Unreachable(_) => Some("unreachable".into()),
        Outcome::Malformed(_) => Some("malformed".into()),
        outcome => Some(outcome.to_string()),
    }
}

fn data(outcome: &Outcome) -> impl Iterator<Item = &RData> {
    outcome.records().iter().map(|rr| &rr.data)
}

/// The answer in a few words; the text of a TXT record never, it could be a secret.
fn description(outcome: &Outcome) -> String {
    let mut parts: Vec<String> = outcome
        .records()
        .iter()
        .filter_map(|rr| match &rr.data {
            RData::Srv { target, port, .. } => Some(format!("{target}:{port}")),
            RData::Txt(strings) => {
                let text: Vec<u8> = strings.iter().flat_map(|string| string.0.iter().copied()).collect();
                Some(key_text(&text))
            }
            _ => None,
        })
        .collect();
    // Servers may turn the order of an RRset from answer to answer.
    parts.sort();
    if parts.is_empty() { outcome.to_string() } else { parts.join(" + ") }
}

fn key_text(text: &[u8]) -> String {
    let diagnosis = diagnosis::examine(text);
    match (&diagnosis.verified, diagnosis.defects.first()) {
        (Some(key), _) => format!("RSA-{} {}", key.bits(), key.fingerprint().short()),
        (None, Some(defect)) => format!("{} ({})", counted(text.len(), "byte"), defect.kind),
        (None, None) => counted(text.len(), "byte"),
    }
}
