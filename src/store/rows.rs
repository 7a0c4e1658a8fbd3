//! Rows and values, the same for both databases.

use anyhow::Context as _;

use crate::dns::name::Domain;
use crate::rocketchat::hub::ledger::{Action, Closed, Peer, Proposal};
use crate::rocketchat::hub::registration::Entry;
use crate::rocketchat::hub::token::TokenHash;

/// A row of `hub_peers`.
pub struct PeerRow {
    pub domain: String,
    pub url: String,
    pub public_key: String,
    pub since: i64,
    pub confirmed: i64,
}

impl From<&Peer> for PeerRow {
    fn from(peer: &Peer) -> Self {
        Self {
            domain: peer.domain.to_string(),
            url: peer.entry.url.clone(),
            public_key: peer.entry.public_key.clone(),
            since: peer.since,
            confirmed: peer.confirmed,
        }
    }
}

impl PeerRow {
    pub fn into_peer(self) -> anyhow::Result<Peer> {
        Ok(Peer {
            domain: domain(&self.domain)?,
            entry: Entry { url: self.url, public_key: self.public_key },
            since: self.since,
            confirmed: self.confirmed,
        })
    }
}

/// A row of `hub_proposals`; without a URL it asks for removal.
pub struct ProposalRow {
    pub id: String,
    pub domain: String,
    pub url: Option<String>,
    pub public_key: Option<String>,
    pub token: Option<String>,
    pub created: i64,
    pub expires: i64,
    pub mail_due: Option<i64>,
    pub attempts: i64,
    pub closed: Option<String>,
}

impl From<&Proposal> for ProposalRow {
    fn from(proposal: &Proposal) -> Self {
        let (url, public_key) = match &proposal.request {
            Action::Serve(entry) => (Some(entry.url.clone()), Some(entry.public_key.clone())),
            Action::Remove => (None, None),
        };
        Self {
            id: proposal.id.clone(),
            domain: proposal.domain.to_string(),
            url,
            public_key,
            token: proposal.token.map(TokenHash::to_text),
            created: proposal.created,
            expires: proposal.expires,
            mail_due: proposal.mail_due,
            attempts: proposal.attempts.into(),
            closed: proposal.closed.map(|closed| closed_text(closed).to_owned()),
        }
    }
}

impl ProposalRow {
    pub fn into_proposal(self) -> anyhow::Result<Proposal> {
        let request = match (self.url, self.public_key) {
            (Some(url), Some(public_key)) => Action::Serve(Entry { url, public_key }),
            _ => Action::Remove,
        };
        let token = match self.token {
            Some(text) => Some(TokenHash::from_text(&text).context("the database contains a damaged token hash")?),
            None => None,
        };
        Ok(Proposal {
            id: self.id,
            domain: domain(&self.domain)?,
            request,
            token,
            created: self.created,
            expires: self.expires,
            mail_due: self.mail_due,
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            closed: self.closed.as_deref().map(closed).transpose()?,
        })
    }
}

fn closed_text(closed: Closed) -> &'static str {
    match closed {
        Closed::Confirmed => "confirmed",
        Closed::Refused => "refused",
        Closed::Void => "void",
    }
}

fn closed(text: &str) -> anyhow::Result<Closed> {
    match text {
        "confirmed" => Ok(Closed::Confirmed),
        "refused" => Ok(Closed::Refused),
        "void" => Ok(Closed::Void),
        other => anyhow::bail!("the database contains an unknown state `{other}`"),
    }
}

fn domain(text: &str) -> anyhow::Result<Domain> {
    text.parse::<Domain>().context("the database contains an invalid domain")
}
