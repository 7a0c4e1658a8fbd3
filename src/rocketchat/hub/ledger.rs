//! Who is served, who has asked, and what a link may change.
//!
//! Every function looks at the ledger of one domain and says what to change; the store applies that in the transaction in
//! which it was read. The secret of a link exists only in the mail: a token is made when the mail goes out, and a second
//! attempt at the mail gets a second token.

use super::registration::Entry;
use super::token::{Token, TokenHash, new_id};
use crate::dns::name::Domain;

/// Seconds in a day.
const DAY: i64 = 86_400;
/// How far the clocks of two hubs with one store may differ, in seconds.
const CLOCK_TOLERANCE: i64 = 3600;
/// How often one mail is tried before the proposal is given up.
const ATTEMPTS_MAX: u32 = 8;

/// An entry that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub domain: Domain,
    pub entry: Entry,
    /// When the domain was first confirmed, in seconds since 1970.
    pub since: i64,
    /// When this entry was confirmed, in seconds since 1970.
    pub confirmed: i64,
}

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Serve(Entry),
    Remove,
}

/// How a proposal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Its link was followed and confirmed.
    Confirmed,
    /// Its link was followed and refused.
    Refused,
    /// Overtaken by a later decision, or its mail could not be sent.
    Void,
}

/// A request that waits for its confirmation, or waited. Times are in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub id: String,
    pub domain: Domain,
    pub request: Action,
    /// `None` until its mail is under way.
    pub token: Option<TokenHash>,
    pub created: i64,
    pub expires: i64,
    /// When its mail is to be tried next; `None` when it was sent, or given up.
    pub mail_due: Option<i64>,
    pub attempts: u32,
    pub closed: Option<Closed>,
}

impl Proposal {
    /// True while its link can be followed.
    pub fn is_open(&self, now: i64) -> bool {
        self.closed.is_none() && now < self.expires
    }
}

/// Everything the hub knows about one domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    pub peer: Option<Peer>,
    pub proposals: Vec<Proposal>,
}

/// What the store is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Serve(Peer),
    Forget(Domain),
    Put(Proposal),
}

/// How long a link works, and how many mails a domain gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Seconds.
    pub link_lifetime: i64,
    /// Mails to one domain in any 24 hours.
    pub mails_per_day: usize,
    /// The same request gets no second mail for so many seconds.
    pub mail_again_after: i64,
}

impl Default for Terms {
    fn default() -> Self {
        Self { link_lifetime: 2 * DAY, mails_per_day: 5, mail_again_after: 900 }
    }
}

/// The result of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requested {
    /// This very entry is served already.
    Served,
    /// A mail goes out.
    Mailed,
    /// A mail about the same request was sent a moment ago.
    Waiting,
    /// There is nothing to remove.
    Unknown,
    /// Too many mails; seconds to wait.
    TooMany(i64),
}

/// Somebody asks that an entry be served, or removed.
pub fn ask(ledger: &Ledger, domain: &Domain, request: Action, now: i64, terms: Terms) -> (Vec<Change>, Requested) {
    match (&request, &ledger.peer) {
        (Action::Serve(entry), Some(peer)) if peer.entry == *entry => return (Vec::new(), Requested::Served),
        (Action::Remove, None) => return (Vec::new(), Requested::Unknown),
        _ => {}
    }
    // A clock that was set back leaves proposals in the future: they must not count until that time comes.
    let is_past = |created: i64| created <= now + CLOCK_TOLERANCE;
    let fresh = |proposal: &&Proposal| now < proposal.created + terms.mail_again_after && is_past(proposal.created);
    let same = |proposal: &&Proposal| proposal.is_open(now) && proposal.request == request;
    if ledger.proposals.iter().filter(same).any(|proposal| fresh(&proposal)) {
        return (Vec::new(), Requested::Waiting);
    }
    // Only who reads the mails can refuse: a refused one does not count, so that strangers cannot use up the owner's mails.
    let is_counted = |proposal: &&Proposal| {
        proposal.created > now - DAY && is_past(proposal.created) && proposal.closed != Some(Closed::Refused)
    };
    let mut recent: Vec<i64> = ledger.proposals.iter().filter(is_counted).map(|proposal| proposal.created).collect();
    recent.sort_unstable();
    if let Some(frees) = recent.len().checked_sub(terms.mails_per_day.max(1)).and_then(|at| recent.get(at)) {
        return (Vec::new(), Requested::TooMany(frees + DAY - now));
    }
    let proposal = Proposal {
        id: new_id(),
        domain: domain.clone(),
        request,
        token: None,
        created: now,
        expires: now + terms.link_lifetime,
        mail_due: Some(now),
        attempts: 0,
        closed: None,
    };
    (vec![Change::Put(proposal)], Requested::Mailed)
}

/// A mail that is to go out now.
#[derive(Debug)]
pub struct MailJob {
    pub proposal: Proposal,
    pub token: Token,
    /// What is served now, for the reader to compare.
    pub served: Option<Peer>,
}

/// Takes the mail of a proposal in hand: makes its token, and puts off the next attempt, so that neither a second process nor
/// this one after a crash sends it at the same time. The first of two tokens stops working.
pub fn take_mail_job(ledger: &Ledger, id: &str, now: i64, terms: Terms) -> (Vec<Change>, Option<MailJob>) {
    let due = |proposal: &&Proposal| proposal.id == id && proposal.mail_due.is_some_and(|due| due <= now);
    let Some(found) = ledger.proposals.iter().find(due) else { return (Vec::new(), None) };
    if !found.is_open(now) || found.attempts >= ATTEMPTS_MAX {
        let given_up = Proposal { mail_due: None, closed: found.closed.or(Some(Closed::Void)), ..found.clone() };
        return (vec![Change::Put(given_up)], None);
    }
    let token = Token::generate(id);
    let wait = 60 << found.attempts.min(7);
    let proposal = Proposal {
        token: Some(token.hash()),
        mail_due: Some(now + wait),
        attempts: found.attempts + 1,
        expires: now + terms.link_lifetime,
        ..found.clone()
    };
    let job = MailJob { proposal: proposal.clone(), token, served: ledger.peer.clone() };
    (vec![Change::Put(proposal)], Some(job))
}

/// The mail server has taken the mail of this attempt.
pub fn mail_sent(ledger: &Ledger, id: &str, attempt: u32) -> Vec<Change> {
    let found = ledger.proposals.iter().find(|proposal| proposal.id == id && proposal.attempts == attempt);
    found.map(|found| vec![Change::Put(Proposal { mail_due: None, ..found.clone() })]).unwrap_or_default()
}

/// Why a link does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dead {
    /// No such link was ever mailed, or its mail was replaced by a later one.
    Unknown,
    Expired,
    /// It was used: confirmed or refused.
    Used(Closed),
}

/// The proposal that a link is about.
pub fn follow<'a>(ledger: &'a Ledger, token: &Token, now: i64) -> Result<&'a Proposal, Dead> {
    let proposal = ledger.proposals.iter().find(|proposal| proposal.id == token.id()).ok_or(Dead::Unknown)?;
    if !proposal.token.is_some_and(|hash| hash.is_of(token)) {
        return Err(Dead::Unknown);
    }
    match proposal.closed {
        Some(closed) => Err(Dead::Used(closed)),
        None if now >= proposal.expires => Err(Dead::Expired),
        None => Ok(proposal),
    }
}

/// The reader of the mail decides. A decision voids what was requested before it, so that an old mail cannot undo it.
pub fn decide(ledger: &Ledger, token: &Token, accept: bool, now: i64) -> (Vec<Change>, Result<Proposal, Dead>) {
    let proposal = match follow(ledger, token, now) {
        Ok(proposal) => proposal.clone(),
        Err(dead) => return (Vec::new(), Err(dead)),
    };
    let closed = if accept { Closed::Confirmed } else { Closed::Refused };
    let close = |proposal: &Proposal, closed| {
        Change::Put(Proposal { closed: Some(closed), mail_due: None, ..proposal.clone() })
    };
    let mut changes = vec![close(&proposal, closed)];
    if accept {
        changes.push(match &proposal.request {
            Action::Remove => Change::Forget(proposal.domain.clone()),
            Action::Serve(entry) => Change::Serve(Peer {
                domain: proposal.domain.clone(),
                entry: entry.clone(),
                since: ledger.peer.as_ref().map_or(now, |peer| peer.since),
                confirmed: now,
            }),
        });
        let overtaken = |other: &&Proposal| {
            other.id != proposal.id
                && other.closed.is_none()
                && (other.created <= proposal.created || other.request == proposal.request)
        };
        changes.extend(ledger.proposals.iter().filter(overtaken).map(|other| close(other, Closed::Void)));
    }
    (changes, Ok(proposal))
}

/// The operator takes an entry out: it is no longer served, and no link that was mailed before brings it back. Tells whether
/// there was anything to take out.
pub fn evict(ledger: &Ledger, domain: &Domain) -> (Vec<Change>, bool) {
    let open = ledger.proposals.iter().filter(|proposal| proposal.closed.is_none());
    let void = |proposal: &Proposal| Proposal { closed: Some(Closed::Void), mail_due: None, ..proposal.clone() };
    let mut changes: Vec<Change> = open.map(|proposal| Change::Put(void(proposal))).collect();
    if ledger.peer.is_some() {
        changes.push(Change::Forget(domain.clone()));
    }
    let any = !changes.is_empty();
    (changes, any)
}

/// Proposals created before this moment are no longer needed: not for their link, not for counting mails.
pub fn forget_before(now: i64, terms: Terms) -> i64 {
    now - DAY - terms.link_lifetime * 2 - (60 << 8)
}

#[cfg(test)]
mod tests;
