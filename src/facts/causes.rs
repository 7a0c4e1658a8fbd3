//! What explains the answers: delegations that differ, wildcards, broken signatures, and secrets.

use std::collections::BTreeSet;

use super::dns::{DnsFacts, Observer, Purpose, Role, StaleGlue};
use crate::dns::name::{Host, is_same};
use crate::dns::record::{Outcome, Query, RData, RecordType, Response};
use crate::endpoint::missing_route;
use crate::key::diagnosis;
use crate::rocketchat::generation::SrvLabel;

impl DnsFacts {
    /// The name servers that the parent zone names, and those that the zone names itself.
    pub fn sides(&self) -> [BTreeSet<String>; 2] {
        [Role::Parent, Role::Authority].map(|role| self.named_by(role).map(str::to_ascii_lowercase).collect())
    }

    /// The name servers that those in this role give for the zone.
    fn named_by(&self, role: Role) -> impl Iterator<Item = &str> {
        let apex = self.zone.as_ref().ok().map(|zone| zone.apex.as_str());
        let in_role = move |index: usize| self.observers.get(index).is_some_and(|observer| observer.role == role);
        let asked = self.observations.iter().filter(move |seen| {
            seen.question.kind == RecordType::Ns && apex == Some(&seen.question.name) && in_role(seen.observer)
        });
        asked.flat_map(|seen| named(&seen.reply, &seen.question.name))
    }

    /// True for a name server that only one side of the delegation names, or that the parent zone has under an old address, beside
    /// others that both sides agree on.
    pub fn is_stray(&self, observer: &Observer) -> bool {
        if observer.role != Role::Authority {
            return false;
        }
        // Most servers are named by both sides, which is seen without the whole of either.
        let [in_parent, in_child] =
            [Role::Parent, Role::Authority].map(|role| self.named_by(role).any(|name| is_same(name, &observer.name)));
        let is_one_sided = || {
            let [parent, child] = self.sides();
            !parent.is_disjoint(&child)
        };
        (in_parent != in_child && is_one_sided()) || self.stale_glue(observer).is_some()
    }

    /// What each name server that both sides of the delegation agree on gives for a question; without those that this machine has
    /// no route to.
    pub fn answers<'a>(&'a self, question: &Query) -> impl Iterator<Item = (&'a Observer, &'a Response)> {
        self.replies(question).filter(|(observer, reply)| {
            observer.role == Role::Authority && !self.is_stray(observer) && reply.outcome != Outcome::NoRoute
        })
    }

    /// The route that this machine lacks when it can query no server in this role.
    pub fn missing_route(&self, role: Role) -> Option<&'static str> {
        let asked = self.observations.iter().filter_map(|seen| Some((self.observers.get(seen.observer)?, &seen.reply)));
        let (servers, outcomes): (Vec<&Observer>, Vec<&Outcome>) = asked
            .filter(|(observer, _)| observer.role == role)
            .map(|(observer, reply)| (observer, &reply.outcome))
            .unzip();
        let is_cut_off = !outcomes.is_empty() && outcomes.iter().all(|outcome| **outcome == Outcome::NoRoute);
        is_cut_off.then(|| missing_route(servers.iter().map(|server| server.addr.ip())))
    }

    /// The records that some name server has for a question, else what is published.
    pub fn anywhere(&self, question: &Query) -> &Outcome {
        let found = self.answers(question).find(|(_, reply)| !reply.outcome.records().is_empty());
        found.map_or_else(|| self.outcome(question), |(_, reply)| &reply.outcome)
    }

    /// The glue by which this server was found, when it is an old address.
    pub fn stale_glue(&self, observer: &Observer) -> Option<&StaleGlue> {
        let zone = self.zone.as_ref().ok()?;
        zone.stale_glue.iter().find(|glue| glue.server == observer.name && glue.addr == observer.addr)
    }

    /// The host to name in a command: the one that the SRV records name, or the usual one when it may exist, else a word to replace.
    pub fn likely_target(&self) -> String {
        let usual = self.usual_target();
        let mut probed = self.probed(|purpose| *purpose == Purpose::Host);
        let absent = probed.any(|(_, probe)| probe.reply.outcome.is_absent());
        self.named_target().unwrap_or(if absent { "HOST".to_owned() } else { usual })
    }

    /// The host that the SRV records name.
    pub fn named_target(&self) -> Option<String> {
        SrvLabel::ALL.iter().find_map(|label| {
            let outcome = self.outcome(&Query::new(label.owner(&self.domain), RecordType::Srv));
            outcome.records().iter().find_map(|rr| match &rr.data {
                RData::Srv { target, .. } => {
                    Some(target.to_ascii_lowercase()).filter(|name| name.parse::<Host>().is_ok())
                }
                _ => None,
            })
        })
    }

    /// The host that most admins choose.
    pub fn usual_target(&self) -> String {
        format!("chat.{}", self.domain)
    }

    /// True for a domain of the lab, whose servers are all on this machine.
    pub fn is_lab(&self) -> bool {
        self.zone.as_ref().is_ok_and(|zone| zone.server_names().any(|name| name.ends_with(".lab.test")))
    }

    /// Where a private key, or a part of one, can be read.
    pub fn secrets(&self) -> BTreeSet<&str> {
        let seen = self.observations.iter().map(|seen| (&seen.question, &seen.reply));
        let probed = self.probes.iter().map(|probe| (&probe.question, &probe.reply));
        let holds = |reply: &Response| {
            let values: Vec<Vec<u8>> = reply.outcome.records().iter().filter_map(|rr| rr.data.joined()).collect();
            !values.is_empty() && diagnosis::hold_secret(&values)
        };
        seen.chain(probed).filter(|(_, reply)| holds(reply)).map(|(question, _)| question.name.as_str()).collect()
    }

    /// The resolvers that hold a zone for forged: they answer only with validation switched off. With each, the queried record.
    pub fn bogus(&self) -> Vec<(&Observer, &Query)> {
        let answered = self.probed(|purpose| *purpose == Purpose::Unchecked);
        answered
            .filter(|(_, probe)| probe.reply.outcome.is_answer())
            .map(|(who, probe)| (who, &probe.question))
            .collect()
    }

    /// The name that a wildcard makes an alias of, when it answers for every name that has no records.
    pub fn wildcard_alias(&self) -> Option<&str> {
        let mut strangers = self.probed(|purpose| *purpose == Purpose::Wildcard);
        strangers.find_map(|(_, probe)| match &probe.reply.aliases.first()?.data {
            // DNAME keeps the label.
            RData::Cname(to) if to.split('.').next() != probe.question.name.split('.').next() => Some(to.as_str()),
            _ => None,
        })
    }

    /// True when only the wildcard that is an alias answers for a name.
    pub fn is_wildcard_alias(&self, question: &Query) -> bool {
        let Some(wildcard) = self.wildcard_alias() else { return false };
        self.outcome(question).records().is_empty() && self.alias_chain(&question.name).second() == Some(wildcard)
    }
}

/// NS records of the answer, or of a referral in the authority section (RFC 1034 section 4.3.2 step 3b).
fn named<'a>(reply: &'a Response, apex: &'a str) -> impl Iterator<Item = &'a str> {
    let all = reply.outcome.records().iter().chain(&reply.authority);
    all.filter_map(move |rr| match &rr.data {
        RData::Ns(name) if is_same(&rr.name, apex) || rr.name.is_empty() => Some(name.as_str()),
        _ => None,
    })
}
