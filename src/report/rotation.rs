//! Changing the key of a domain: when to do what. The protocol has one key for each domain, and peers cache it for an hour.
//!
//! Nothing makes the change seamless: between publishing and switching, and while peers have the old key cached, messages cannot be
//! opened. The plan keeps that time as short as it can be, and says how long it is.

use serde::Serialize;

use super::propagation::PEER_MEMORY;
use crate::facts::dns::{DnsFacts, Role};
use crate::facts::zone::ZoneFailure;
use crate::rocketchat::generation::key_question;

/// The TTL to go down to before the change, in seconds: resolvers honour it, and mistakes can be fixed quickly.
pub const LOW_TTL: u32 = 60;
/// Seconds for a person to publish a record and to restart a server.
const HANDS: u32 = 300;

/// One step; times are in seconds from the beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub id: &'static str,
    /// When it may begin at the earliest.
    pub at_s: u32,
    pub title: String,
    /// What to type, one line for each command.
    pub commands: Vec<String>,
    /// Why then, and what to look out for.
    pub why: String,
}

/// One state of the rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rehearsed {
    pub state: &'static str,
    pub passed: bool,
    /// Whether messages should pass.
    pub expected: bool,
    /// Why they did not.
    pub trouble: String,
    /// The requests that were sent, a line each.
    #[serde(skip)]
    pub requests: Vec<String>,
}

impl Rehearsed {
    /// True when the result is the one of the plan.
    pub fn is_right(&self) -> bool {
        self.expected == self.passed
    }
}

/// What the times are made of, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Clocks {
    /// The TTL of the key's record now; the zone's negative TTL when there is none.
    pub ttl: u32,
    /// The TTL during the change.
    pub low_ttl: u32,
    /// How long a secondary may take to fetch the zone when it is not notified (the SOA's refresh).
    pub refresh: u32,
}

/// Why the times of a rotation are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoClocks {
    #[error("{0}")]
    Zone(ZoneFailure),
    #[error("{0} has no key that could be replaced")]
    NoKey(String),
}

impl Clocks {
    /// From what the name servers answer.
    pub fn of(dns: &DnsFacts, low_ttl: u32) -> Result<Self, NoClocks> {
        let zone = dns.zone.as_ref().map_err(|why| NoClocks::Zone(why.clone()))?;
        let question = key_question(&dns.domain);
        let authoritative = dns.replies(&question).filter(|(observer, _)| observer.role == Role::Authority);
        let ttl = authoritative.flat_map(|(_, reply)| reply.outcome.records()).map(|rr| rr.ttl).max();
        let ttl = ttl.ok_or_else(|| NoClocks::NoKey(question.name.clone()))?;
        // With one name server there is nobody to fetch the zone.
        let refresh = if zone.servers.len() > 1 { zone.refresh() } else { 0 };
        Ok(Self { ttl, low_ttl: low_ttl.min(ttl), refresh })
    }

    /// Seconds until nobody holds the record with its old TTL.
    pub fn lowered(&self) -> u32 {
        self.ttl.saturating_add(self.refresh)
    }

    /// Seconds after publishing until every resolver has the new key.
    pub fn spread(&self) -> u32 {
        self.low_ttl.saturating_add(self.refresh)
    }

    /// Seconds after publishing until no peer has the old key cached.
    pub fn forgotten(&self) -> u32 {
        self.spread().saturating_add(PEER_MEMORY)
    }
}

/// The names that the commands use.
#[derive(Debug, Clone)]
pub struct Names {
    pub domain: String,
    /// The file of the key in use.
    pub old: String,
    /// The file of the next private key, and of its public half.
    pub next: String,
    pub next_public: String,
    /// The options of `fedctl records` for the host, the port and the protocol that are published.
    pub place: String,
}

/// The steps, in order.
pub fn steps(clocks: &Clocks, names: &Names) -> Vec<Step> {
    let change = clocks.lowered().saturating_add(HANDS);
    let mut steps = before(clocks, names).to_vec();
    steps.extend(publish_and_switch(clocks, names, change));
    steps.extend(after(clocks, names, change));
    steps
}

fn step(id: &'static str, at_s: u32, title: &str, commands: Vec<String>, why: String) -> Step {
    Step { id, at_s, title: title.to_owned(), commands, why }
}

/// What can be done at any time before the change.
fn before(clocks: &Clocks, names: &Names) -> [Step; 2] {
    let Names { domain, old, next, next_public, place } = names;
    let Clocks { ttl, low_ttl, .. } = clocks;
    [
        step(
            "prepare",
            0,
            "Make the next key, and the script that puts it into the server",
            vec![
                format!("fedctl keygen --private {next} --public {next_public}"),
                format!(
                    "fedctl keygen --from-private {next} --form mongosh --private next-key.js --public {next_public} --force"
                ),
            ],
            "Keep the old private key: it is needed to go back.".into(),
        ),
        step(
            "lower-ttl",
            0,
            "Publish the current key with a short TTL",
            vec![format!("fedctl records {domain} {place} --key {old} --ttl {low_ttl}")],
            format!(
                "Resolvers may have cached the current record for {ttl} s. Continue when all of them have the short TTL."
            ),
        ),
    ]
}

/// The change itself.
fn publish_and_switch(clocks: &Clocks, names: &Names, change: u32) -> [Step; 2] {
    let Names { domain, next_public, place, .. } = names;
    let low_ttl = clocks.low_ttl;
    [
        step(
            "publish",
            change,
            "Publish the next key",
            vec![format!("fedctl records {domain} {place} --key {next_public} --ttl {low_ttl}")],
            "From now on peers that query the domain find the next key, and cannot exchange messages with the server until \
             it has that key. Continue at once."
                .into(),
        ),
        step(
            "switch",
            change,
            "Stop the server, put the next key in, start it",
            vec!["mongosh DATABASE next-key.js".to_owned(), "rm next-key.js".to_owned()],
            "The script replaces both documents of rocketchat_federation_keys. It contains the private key.".into(),
        ),
    ]
}

/// What shows that it worked, and what ends it.
fn after(clocks: &Clocks, names: &Names, change: u32) -> [Step; 2] {
    let Names { domain, next, next_public, place, .. } = names;
    [
        step(
            "verify",
            change.saturating_add(HANDS),
            "Verify the records, and test the exchange with a peer",
            vec![
                format!("fedctl dns-check {domain} --key {next_public}"),
                format!("fedctl handshake PEER --domain {domain} --key {next}"),
            ],
            format!(
                "Resolvers have it after {} s at the latest. Peers from 3.4 on use the old key for up to an hour more, and \
                 1.x until a request fails. Ask their admins to restart, or wait.",
                clocks.spread()
            ),
        ),
        step(
            "raise-ttl",
            change.saturating_add(clocks.forgotten()),
            "Publish the next key with its usual TTL, and delete the old one",
            vec![
                format!("fedctl records {domain} {place} --key {next_public} --ttl {}", clocks.ttl),
                "fedctl doctor".to_owned(),
            ],
            "No peer has the old key cached any more. From 2.0 on, lost messages arrive with the next message of each room: \
             receivers request the events that they miss."
                .into(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_comes_before_the_memory_that_it_waits_for() {
        let clocks = Clocks { ttl: 3600, low_ttl: 60, refresh: 900 };
        let [domain, old, next, next_public, place] = ["d", "o", "n", "p", "--target h"].map(str::to_owned);
        let names = Names { domain, old, next, next_public, place };
        let steps = steps(&clocks, &names);
        let at = |id: &str| steps.iter().find(|step| step.id == id).unwrap().at_s;
        assert!(steps.windows(2).all(|pair| pair[0].at_s <= pair[1].at_s));
        assert!(at("publish") - at("lower-ttl") >= 3600 + 900);
        assert_eq!(at("publish"), at("switch"));
        assert!(at("raise-ttl") - at("publish") >= 60 + 900 + 3600);
    }

    #[test]
    fn the_clocks_come_from_the_zone() {
        let mut dns = crate::facts::sample::sample();
        assert_eq!(Clocks::of(&dns, 60), Ok(Clocks { ttl: 3600, low_ttl: 60, refresh: 3600 }));
        assert_eq!(Clocks::of(&dns, 7200).map(|clocks| clocks.low_ttl), Ok(3600));
        dns.observations.retain(|seen| !seen.question.name.starts_with("rocketchat-public-key"));
        assert!(matches!(Clocks::of(&dns, 60), Err(NoClocks::NoKey(_))));
    }
}
