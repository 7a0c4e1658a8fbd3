//! Tests of `ledger`.

use super::*;

fn domain() -> Domain {
    "mydomain.com".parse().unwrap()
}

fn serve(url: &str) -> Action {
    Action::Serve(Entry { url: url.into(), public_key: "key".into() })
}

/// A hub of one domain: the ledger, with changes applied as the store does.
#[derive(Default)]
struct Hub {
    ledger: Ledger,
}

impl Hub {
    fn apply(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Serve(peer) => self.ledger.peer = Some(peer),
                Change::Forget(_) => self.ledger.peer = None,
                Change::Put(proposal) => {
                    self.ledger.proposals.retain(|known| known.id != proposal.id);
                    self.ledger.proposals.push(proposal);
                }
            }
        }
    }

    fn ask(&mut self, request: Action, now: i64) -> Requested {
        let (changes, asked) = ask(&self.ledger, &domain(), request, now, Terms::default());
        self.apply(changes);
        asked
    }

    /// Asks, and reads the mail.
    fn mail(&mut self, request: Action, now: i64) -> Token {
        assert_eq!(self.ask(request, now), Requested::Mailed);
        self.post(now).unwrap()
    }

    fn post(&mut self, now: i64) -> Option<Token> {
        let due = |proposal: &&Proposal| proposal.mail_due.is_some_and(|due| due <= now);
        let id = self.ledger.proposals.iter().find(due)?.id.clone();
        let (changes, job) = take_mail_job(&self.ledger, &id, now, Terms::default());
        self.apply(changes);
        let job = job?;
        let changes = mail_sent(&self.ledger, &id, job.proposal.attempts);
        self.apply(changes);
        Some(job.token)
    }

    fn decide(&mut self, token: &Token, accept: bool, now: i64) -> Result<Proposal, Dead> {
        let (changes, decided) = decide(&self.ledger, token, accept, now);
        self.apply(changes);
        decided
    }

    fn url(&self) -> Option<&str> {
        self.ledger.peer.as_ref().map(|peer| peer.entry.url.as_str())
    }
}

#[test]
fn nothing_counts_before_it_is_confirmed() {
    let mut hub = Hub::default();
    let first = hub.mail(serve("a"), 0);
    assert_eq!(hub.url(), None);
    hub.decide(&first, true, 10).unwrap();
    assert_eq!(hub.url(), Some("a"));
    assert_eq!(hub.ask(serve("a"), 20), Requested::Served);
    let change = hub.mail(serve("b"), 20);
    assert_eq!(hub.url(), Some("a"), "the old entry stays served");
    hub.decide(&change, true, 30).unwrap();
    let peer = hub.ledger.peer.clone().unwrap();
    assert_eq!((peer.entry.url.as_str(), peer.since, peer.confirmed), ("b", 10, 30));
    let removal = hub.mail(Action::Remove, 40);
    assert_eq!(hub.url(), Some("b"));
    hub.decide(&removal, true, 50).unwrap();
    assert_eq!(hub.url(), None);
    assert_eq!(hub.ask(Action::Remove, 60), Requested::Unknown);
}

#[test]
fn a_link_works_once_and_for_a_limited_time() {
    let mut hub = Hub::default();
    let token = hub.mail(serve("a"), 0);
    assert_eq!(hub.decide(&token, true, 2 * DAY), Err(Dead::Expired));
    assert_eq!(hub.url(), None);
    hub.decide(&token, true, 2 * DAY - 1).unwrap();
    assert_eq!(hub.decide(&token, true, 2 * DAY - 1), Err(Dead::Used(Closed::Confirmed)));
    let forged = Token::generate(token.id());
    assert_eq!(hub.decide(&forged, true, 1), Err(Dead::Unknown), "a forger does not learn that it was used");
    assert_eq!(hub.decide(&Token::generate(&new_id()), true, 1), Err(Dead::Unknown));
}

#[test]
fn a_refused_change_leaves_everything_as_it_was() {
    let mut hub = Hub::default();
    let first = hub.mail(serve("a"), 0);
    hub.decide(&first, true, 1).unwrap();
    let hijack = hub.mail(serve("evil"), 2);
    hub.decide(&hijack, false, 3).unwrap();
    assert_eq!(hub.decide(&hijack, true, 4), Err(Dead::Used(Closed::Refused)));
    assert_eq!(hub.url(), Some("a"));
}

#[test]
fn a_decision_voids_older_requests_but_not_younger_ones() {
    let mut hub = Hub::default();
    let old = hub.mail(serve("old"), 0);
    let new = hub.mail(serve("new"), 1);
    let later = hub.mail(serve("later"), 2);
    hub.decide(&new, true, 3).unwrap();
    assert_eq!(hub.decide(&old, true, 4), Err(Dead::Used(Closed::Void)));
    hub.decide(&later, true, 5).unwrap();
    assert_eq!(hub.url(), Some("later"));
}

#[test]
fn a_stranger_does_not_silence_the_owner_link() {
    let mut hub = Hub::default();
    let owner = hub.mail(serve("a"), 0);
    for (at, url) in [(1, "x"), (2, "y"), (3, "z"), (4, "q")] {
        assert_eq!(hub.ask(serve(url), at), Requested::Mailed);
    }
    assert_eq!(hub.ask(serve("r"), 5), Requested::TooMany(DAY - 5));
    assert_eq!(hub.ask(serve("a"), 6), Requested::Waiting);
    hub.decide(&owner, true, 7).unwrap();
    assert_eq!(hub.url(), Some("a"));
    assert_eq!(hub.ask(serve("s"), 8), Requested::TooMany(DAY - 8), "a decision does not refill the allowance");
    assert_eq!(hub.ask(serve("s"), DAY), Requested::Mailed);
}

#[test]
fn an_owner_who_refuses_the_requests_of_strangers_gets_through() {
    let mut hub = Hub::default();
    let strangers: Vec<Token> = ["x", "y", "z", "q", "r"].iter().map(|url| hub.mail(serve(url), 0)).collect();
    assert_eq!(hub.ask(serve("a"), 1), Requested::TooMany(DAY - 1));
    hub.decide(&strangers[3], false, 2).unwrap();
    let owner = hub.mail(serve("a"), 3);
    hub.decide(&owner, true, 4).unwrap();
    assert_eq!(hub.url(), Some("a"));
}

#[test]
fn the_same_request_is_mailed_again_after_a_while() {
    let mut hub = Hub::default();
    let first = hub.mail(serve("a"), 0);
    assert_eq!(hub.ask(serve("a"), 899), Requested::Waiting);
    let second = hub.mail(serve("a"), 900);
    hub.decide(&second, true, 901).unwrap();
    assert_eq!(hub.decide(&first, true, 902), Err(Dead::Used(Closed::Void)));
}

#[test]
fn what_the_operator_removes_no_old_link_restores() {
    let mut hub = Hub::default();
    let first = hub.mail(serve("a"), 0);
    hub.decide(&first, true, 1).unwrap();
    let change = hub.mail(serve("b"), 2);
    let (changes, any) = evict(&hub.ledger, &domain());
    hub.apply(changes);
    assert!(any && hub.url().is_none());
    assert_eq!(hub.decide(&change, true, 3), Err(Dead::Used(Closed::Void)));
    assert!(!evict(&hub.ledger, &domain()).1);
}

#[test]
fn a_mail_that_fails_is_tried_again_with_another_token_and_then_given_up() {
    let mut hub = Hub::default();
    hub.ask(serve("a"), 0);
    let id = hub.ledger.proposals[0].id.clone();
    let (changes, first) = take_mail_job(&hub.ledger, &id, 0, Terms::default());
    hub.apply(changes);
    assert!(take_mail_job(&hub.ledger, &id, 59, Terms::default()).1.is_none(), "taken in hand");
    let (changes, second) = take_mail_job(&hub.ledger, &id, 60, Terms::default());
    hub.apply(changes);
    assert!(mail_sent(&hub.ledger, &id, 1).is_empty(), "the first attempt is over");
    assert_eq!(follow(&hub.ledger, &first.unwrap().token, 61), Err(Dead::Unknown));
    assert!(follow(&hub.ledger, &second.unwrap().token, 61).is_ok());
    let mut now = 60;
    for _ in 0..20 {
        now += DAY;
        let (changes, _) = take_mail_job(&hub.ledger, &id, now, Terms::default());
        hub.apply(changes);
    }
    assert_eq!((hub.ledger.proposals[0].mail_due, hub.ledger.proposals[0].closed), (None, Some(Closed::Void)));
}

#[test]
fn a_clock_that_was_set_back_locks_no_domain_out() {
    let (mut hub, year) = (Hub::default(), 365 * DAY);
    for at in 0..5 {
        assert_eq!(hub.ask(serve(&format!("https://{at}")), year), Requested::Mailed);
    }
    assert_eq!(hub.ask(serve("https://6"), year), Requested::TooMany(DAY));
    assert_eq!(hub.ask(serve("https://6"), 100), Requested::Mailed);
}
