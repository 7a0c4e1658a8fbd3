//! What a hub knows, for its operator and for programs.

use serde_json::{Value, json};

use super::fill::hang;
use super::key::pretty;
use crate::count::counted;
use crate::dns::name::Domain;
use crate::key::PublicKey;
use crate::rocketchat::hub::ledger::{Action, Closed, Ledger, Peer, Proposal};
use crate::rocketchat::hub::registration::Entry;
use crate::rocketchat::hub::transfer::{Exported, SCHEMA, time_text};

fn fingerprint(entry: &Entry) -> String {
    PublicKey::from_pem(&entry.public_key).map(|key| key.fingerprint().to_string()).unwrap_or_default()
}

fn short(entry: &Entry) -> String {
    PublicKey::from_pem(&entry.public_key).map(|key| key.fingerprint().short()).unwrap_or_default()
}

/// Columns as wide as their widest cell, but the last.
fn table(rows: &[[String; 4]], width: usize) -> String {
    let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let (a, b, c) = (widest(0), widest(1), widest(2));
    let line = |row: &[String; 4]| {
        let [first, second, third, last] = row;
        hang(format!("{first:<a$}  {second:<b$}  {third:<c$}  {last}").trim_end(), width, 4)
    };
    rows.iter().map(line).collect()
}

/// One line for each entry.
pub fn list(peers: &[Peer], width: usize) -> String {
    let row =
        |peer: &Peer| [peer.domain.to_string(), peer.entry.url.clone(), short(&peer.entry), time_text(peer.confirmed)];
    if peers.is_empty() {
        return "no entries\n".into();
    }
    format!("{}\n{}\n", table(&peers.iter().map(row).collect::<Vec<_>>(), width), counted(peers.len(), "entry"))
}

/// The form that can be imported.
pub fn list_json(peers: &[Peer]) -> anyhow::Result<String> {
    let peers: Vec<Exported> = peers.iter().map(Exported::from).collect();
    pretty(&json!({"schema": SCHEMA, "peers": peers}))
}

fn options(proposal: &Proposal) -> (&'static str, String) {
    match &proposal.request {
        Action::Serve(entry) => ("serve", format!("{}  {}", entry.url, short(entry))),
        Action::Remove => ("remove", String::new()),
    }
}

/// One line for each proposal that waits.
pub fn pending(open: &[Proposal], width: usize) -> String {
    if open.is_empty() {
        return "nothing waits for confirmation\n".into();
    }
    let row = |proposal: &Proposal| {
        let (kind, what) = options(proposal);
        [proposal.domain.to_string(), kind.to_owned(), state(proposal, i64::MIN).to_owned(), what]
    };
    table(&open.iter().map(row).collect::<Vec<_>>(), width)
}

fn state(proposal: &Proposal, now: i64) -> &'static str {
    match (proposal.closed, proposal.mail_due) {
        (Some(Closed::Confirmed), _) => "confirmed",
        (Some(Closed::Refused), _) => "refused",
        (Some(Closed::Void), _) => "void",
        (None, _) if now >= proposal.expires => "expired",
        (None, None) => "mailed",
        (None, Some(_)) if proposal.attempts == 0 => "mail due",
        (None, Some(_)) => "mail failing",
    }
}

fn proposal_json(proposal: &Proposal, now: i64) -> Value {
    let entry = match &proposal.request {
        Action::Serve(entry) => Some(entry),
        Action::Remove => None,
    };
    json!({
        "domain": proposal.domain,
        "request": options(proposal).0,
        "url": entry.map(|entry| &entry.url),
        "public_key": entry.map(|entry| &entry.public_key),
        "state": state(proposal, now),
        "created": time_text(proposal.created),
        "expires": time_text(proposal.expires),
        "mail_attempts": proposal.attempts,
    })
}

/// For programs; no tokens.
pub fn pending_json(open: &[Proposal]) -> anyhow::Result<String> {
    let pending: Vec<Value> = open.iter().map(|proposal| proposal_json(proposal, i64::MIN)).collect();
    pretty(&json!({"schema": SCHEMA, "pending": pending}))
}

/// Everything about one domain.
pub fn show(domain: &Domain, ledger: &Ledger, now: i64, width: usize) -> String {
    let mut out = format!("{domain}\n\n");
    let mut row = |name: &str, value: &str| out += &hang(&format!("  {name:<12}{value}"), width, 14);
    match &ledger.peer {
        Some(peer) => {
            row("url", &peer.entry.url);
            row("key sha256", &fingerprint(&peer.entry));
            row("since", &time_text(peer.since));
            row("confirmed", &time_text(peer.confirmed));
            out += &format!("\n{}\n", peer.entry.public_key);
        }
        None => out += "  not served\n",
    }
    let rows: Vec<[String; 4]> = ledger
        .proposals
        .iter()
        .map(|proposal| {
            let (kind, what) = options(proposal);
            [format!("  {}", time_text(proposal.created)), kind.into(), state(proposal, now).into(), what]
        })
        .collect();
    if !rows.is_empty() {
        out += &format!("\n  asked\n{}", table(&rows, width));
    }
    out
}

/// Everything about one domain, for programs.
pub fn show_json(domain: &Domain, ledger: &Ledger, now: i64) -> anyhow::Result<String> {
    let proposals: Vec<Value> = ledger.proposals.iter().map(|proposal| proposal_json(proposal, now)).collect();
    pretty(&json!({
        "schema": SCHEMA,
        "domain": domain,
        "served": ledger.peer.as_ref().map(Exported::from),
        "fingerprint": ledger.peer.as_ref().map(|peer| fingerprint(&peer.entry)),
        "proposals": proposals,
    }))
}
