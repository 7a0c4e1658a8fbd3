//! Everything that was seen in DNS about one domain.
//!
//! Facts are serialisable, so that a run can be saved and judged again, and they hold the time, so that judging needs no clock.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

pub use super::zone::{Circular, Elsewhere, LeftOut, StaleGlue, ZoneCut, ZoneFailure};
use crate::dns::name::{Domain, Host};
use crate::dns::provider::{DnsProvider, recognise};
use crate::dns::record::{Outcome, Query, RData, RecordType, Response};
use crate::key::PublicKey;
use crate::key::{diagnosis, node_rsa};
use crate::rocketchat::discovery::{DiscoveryResult, discovery};
use crate::rocketchat::generation::{GENERATIONS, questions};
use crate::rocketchat::life::Life;
use crate::rocketchat::release::Release;

/// Where an answer came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Observer {
    pub role: Role,
    /// The name server's name, or how the resolver was named.
    pub name: String,
    /// Where the question went.
    pub addr: SocketAddr,
}

impl fmt::Display for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A name server of the zone.
    Authority,
    /// A name server of the parent zone.
    Parent,
    Resolver,
}

/// The name of the observer that stands for a zone file.
pub const ZONE_FILE: &str = "the zone file";

/// One question to one observer, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Index into [`DnsFacts::observers`].
    pub observer: usize,
    pub question: Query,
    pub reply: Response,
}

/// A question beside the records: asked once, to find out one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    pub purpose: Purpose,
    /// Index into [`DnsFacts::observers`].
    pub observer: usize,
    pub question: Query,
    pub reply: Response,
}

/// Why a [`Probe`] was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Over TCP from the start.
    Tcp,
    /// With CD, after SERVFAIL: an answer now means that the resolver holds the zone for forged (RFC 4035 section 4.9.2).
    Unchecked,
    /// For a name that nobody can have created.
    Wildcard,
    /// For the alias of a name that gives no records.
    Alias,
    /// For the address of the host that is proposed as target.
    Host,
    /// For a text at a name where nobody needs one: a private key may be there.
    Text,
    /// For a name that people create by mistake.
    NearMiss {
        /// What the mistake is, as in "an underscore too many".
        mistake: String,
        /// The name that servers ask for.
        meant: String,
    },
}

/// Everything that was seen in DNS about one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsFacts {
    pub domain: Domain,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// `Err` says why no zone was found.
    pub zone: Result<ZoneCut, ZoneFailure>,
    pub observers: Vec<Observer>,
    pub observations: Vec<Observation>,
    #[serde(default)]
    pub probes: Vec<Probe>,
    /// Targets that no resolver can look up.
    #[serde(default)]
    pub elsewhere: Vec<Elsewhere>,
    /// What was not looked at.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
}

impl DnsFacts {
    /// The replies to one question, with who gave each.
    pub fn replies<'a>(&'a self, question: &Query) -> impl Iterator<Item = (&'a Observer, &'a Response)> {
        self.observations
            .iter()
            .filter(move |seen| seen.question.kind == question.kind && seen.question.name == question.name)
            .filter_map(|seen| Some((self.observers.get(seen.observer)?, &seen.reply)))
    }

    /// The discovery result of every generation, oldest first.
    pub fn discoveries(&self) -> Vec<DiscoveryResult> {
        // The generations ask the same questions.
        let known: Vec<(Query, &Outcome)> =
            questions(&self.domain).into_iter().map(|query| (query.clone(), self.outcome(&query))).collect();
        let outcome = |query: &Query| known.iter().find(|(known, _)| known == query).map(|(_, outcome)| *outcome);
        let answer = |query: &Query| outcome(query).unwrap_or_else(|| self.outcome(query));
        GENERATIONS.iter().map(|generation| discovery(generation, &self.domain, answer)).collect()
    }

    /// The reply that stands for the published state: the first authoritative answer, else a resolver's, else any failure.
    pub fn published(&self, question: &Query) -> Option<&Response> {
        // A name server that holds only the alias does not have the records at its end, and a lame one has none.
        let complete = |reply: &Response| {
            reply.outcome.is_answer()
                && !reply.is_referral()
                && (reply.aliases.is_empty() || !reply.outcome.is_absent())
                && (reply.authoritative || !reply.outcome.is_absent())
        };
        let rank = |observer: &Observer, reply: &Response| match (observer.role, reply.outcome.is_answer()) {
            (Role::Authority, _) if complete(reply) && !self.is_stray(observer) => 0,
            (Role::Resolver, true) => 1,
            (Role::Authority, true) => 2,
            (Role::Authority, false) => 3,
            (Role::Resolver, false) => 4,
            (Role::Parent, _) => 5,
        };
        // Most often the first one is complete, and no other need be looked at.
        let first = self.replies(question).find(|(observer, reply)| rank(observer, reply) == 0);
        let best = || self.replies(question).min_by_key(|(observer, reply)| rank(observer, reply));
        first.or_else(best).map(|(_, reply)| reply)
    }

    /// True when nothing of the domain exists and no zone below a registry's holds it: nobody has registered it, or it is not
    /// delegated.
    pub fn is_undelegated(&self) -> bool {
        if matches!(self.zone, Err(ZoneFailure::Unregistered { .. })) {
            return true;
        }
        // A text holds what will be published: nothing is known about the delegation.
        if matches!(self.zone, Err(ZoneFailure::NotAsked)) {
            return false;
        }
        let above = self.zone.as_ref().map_or(true, |zone| {
            let apex = zone.apex.as_str();
            apex != self.domain.as_str() && psl::suffix_str(apex) == Some(apex)
        });
        above && questions(&self.domain).iter().all(|question| *self.outcome(question) == Outcome::NxDomain)
    }

    /// The DNS provider of the zone, recognised by its name servers and its SOA.
    pub fn host(&self) -> Option<&'static DnsProvider> {
        let zone = self.zone.as_ref().ok()?;
        recognise(zone.server_names())
    }

    /// An instruction, and below it the command that prints the records for the zone's host, with what to watch for there.
    pub fn publish(&self, sentence: &str, expected: &Expected) -> String {
        let target = expected.target.as_ref().map_or_else(|| self.likely_target(), ToString::to_string);
        let port = expected.port.map(|port| format!(" --port {port}")).unwrap_or_default();
        let key = if expected.key_source.is_empty() { "federation.pub" } else { &expected.key_source };
        let line = format!("fedctl records {} --target {target}{port} --key {key}", self.domain);
        match self.host() {
            Some(host) => {
                format!(
                    "{sentence}\n  {line} --format {}\nThis zone is hosted at {}: {}.",
                    host.format, host.name, host.trap
                )
            }
            None => format!("{sentence}\n  {line}"),
        }
    }

    /// True when a name that nobody can have created has the same records: a wildcard gave them.
    pub fn is_wildcard(&self, kind: RecordType, outcome: &Outcome) -> bool {
        let sorted = |outcome: &Outcome| {
            let mut data: Vec<RData> = outcome.records().iter().map(|rr| rr.data.clone()).collect();
            data.sort();
            data
        };
        let data = sorted(outcome);
        !data.is_empty()
            && self
                .probed(|purpose| *purpose == Purpose::Wildcard)
                .any(|(_, stranger)| stranger.question.kind == kind && sorted(&stranger.reply.outcome) == data)
    }

    /// True when a name of the domain has its records from a wildcard.
    pub fn has_only_wildcard(&self, question: &Query) -> bool {
        self.is_wildcard(question.kind, self.outcome(question))
    }

    /// The wrong names that were queried and hold a record of the queried type; of TXT records, a key or a piece of one.
    pub fn near_misses(&self) -> impl Iterator<Item = &Probe> {
        let fits = |probe: &Probe| {
            let outcome = &probe.reply.outcome;
            outcome.records().iter().any(|rr| match &rr.data {
                // A private key is no record to move.
                RData::Txt(_) => rr
                    .data
                    .joined()
                    .is_some_and(|text| node_rsa::is_key_like(&text) && !diagnosis::hold_secret(&[text])),
                data => probe.question.kind == RecordType::Srv && matches!(data, RData::Srv { .. }),
            }) && !self.is_wildcard(probe.question.kind, outcome)
        };
        self.probed(|purpose| matches!(purpose, Purpose::NearMiss { .. }))
            .map(|(_, probe)| probe)
            .filter(move |probe| fits(probe))
    }

    /// True when a zone file was looked at, which nobody has published yet.
    pub fn is_unpublished(&self) -> bool {
        self.in_role(Role::Resolver).any(|resolver| resolver.name == ZONE_FILE)
    }

    /// Why nothing is known about the domain, when that is not its fault: no resolver could be used, or this machine reaches no
    /// name server.
    pub fn unchecked(&self) -> Option<String> {
        if !self.is_unresponsive() {
            return None;
        }
        match &self.zone {
            Err(failure) if failure.is_outside() => Some(failure.to_string()),
            _ if self.left_out.iter().any(|left_out| matches!(left_out, LeftOut::Late(_))) => {
                Some("nothing answered within the time of --deadline".into())
            }
            Ok(_) if !self.observations.is_empty() => {
                let mut outcomes = self.observations.iter().map(|seen| &seen.reply.outcome);
                outcomes
                    .all(|outcome| *outcome == Outcome::NoRoute)
                    .then(|| "no server: no route from this machine".into())
            }
            _ => None,
        }
    }

    /// True when servers of some release find a URL and a key that works.
    pub fn is_usable(&self) -> bool {
        self.discoveries().iter().any(DiscoveryResult::is_usable)
    }

    /// True when nobody answered anything, so that nothing is known about the domain. The parent zone only delegates.
    pub fn is_unresponsive(&self) -> bool {
        let is_parent = |index: usize| self.observers.get(index).is_some_and(|observer| observer.role == Role::Parent);
        self.observations.iter().all(|seen| !seen.reply.outcome.is_answer() || is_parent(seen.observer))
    }

    /// The observers that play this role.
    pub fn in_role(&self, role: Role) -> impl Iterator<Item = &Observer> {
        self.observers.iter().filter(move |observer| observer.role == role)
    }

    /// The probes of a purpose, with who answered.
    pub fn probed<'a>(
        &'a self,
        is: impl Fn(&Purpose) -> bool + 'a,
    ) -> impl Iterator<Item = (&'a Observer, &'a Probe)> + 'a {
        let of_purpose = self.probes.iter().filter(move |probe| is(&probe.purpose));
        of_purpose.filter_map(|probe| Some((self.observers.get(probe.observer)?, probe)))
    }

    /// The outcome that stands for the published state; a question that was never asked counts as a timeout.
    pub fn outcome(&self, question: &Query) -> &Outcome {
        self.published(question).map_or(&Outcome::Timeout, |reply| &reply.outcome)
    }
}

/// What the admin says should be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    pub key: Option<PublicKey>,
    /// How the key was named, for messages.
    pub key_source: String,
    pub target: Option<Host>,
    pub port: Option<u16>,
    /// Releases with classic federation that must be able to use the domain.
    pub releases: Vec<Release>,
    pub kinds: Kinds,
    /// The server is contacted too: from where its addresses can be reached is judged there.
    pub is_contacted: bool,
}

/// The kinds of federation that a domain must work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kinds {
    #[default]
    Classic,
    Both,
    Native,
}

impl Kinds {
    /// What the named releases have; `native` when it was requested as well.
    pub fn of(releases: &[Release], native: bool) -> Self {
        let has_native = |release: &&Release| Life::of(**release) == Life::Removed;
        let count = releases.iter().filter(has_native).count();
        match (count > 0 || native, count > 0 && count == releases.len()) {
            (_, true) => Self::Native,
            (true, false) => Self::Both,
            (false, false) => Self::Classic,
        }
    }

    pub fn classic(self) -> bool {
        self != Self::Native
    }

    pub fn native(self) -> bool {
        self != Self::Classic
    }
}
