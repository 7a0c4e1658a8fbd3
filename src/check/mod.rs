//! The catalogue: one question a file. A check judges facts and nothing else, so it can be run again on a saved observation.

pub mod details;
mod dns_delegation;
mod dns_dnssec;
pub mod dns_generations;
mod dns_limits;
pub mod dns_near_miss;
pub mod dns_port;
pub mod dns_protocol;
mod dns_release;
pub mod dns_resolvers;
mod dns_serials;
pub mod dns_servers;
pub mod dns_srv;
pub mod dns_target;
mod dns_transport;
mod dns_ttl;
mod dns_wildcard;
pub mod dns_wizard;
mod dns_zone;
pub mod drill;
mod drill_delete;
mod drill_file;
pub mod drill_leftovers;
mod drill_look_up;
mod drill_member;
mod drill_message;
mod drill_mute;
mod drill_reaction;
mod drill_recovery;
mod drill_room;
#[cfg(test)]
mod drill_sample;
pub mod drill_way_back;
mod hub_answer;
mod hub_audience;
pub mod hub_entry;
mod hub_mail;
#[cfg(test)]
mod hub_sample;
mod hub_server;
mod hub_url;
pub mod key_file;
pub mod key_inspection;
pub mod key_match;
pub mod key_record;
mod key_secret;
pub mod key_strength;
pub mod key_text;
pub mod mesh;
pub mod native_file;
pub mod native_server;
pub mod native_srv;
pub mod native_tls;
pub mod native_unused;
#[cfg(test)]
mod own_sample;
mod peer_address;
pub mod peer_body;
mod peer_bypass;
pub mod peer_connect;
mod peer_discovery;
pub mod peer_exposure;
pub mod peer_federation;
pub mod peer_http;
mod peer_identity;
pub mod peer_latency;
pub mod peer_ping;
pub mod peer_release;
mod peer_round_trip;
#[cfg(test)]
mod peer_sample;
mod records_alias;
pub mod records_published;
mod records_text;
pub mod rotate_rehearsal;
pub mod run_change;
mod server_discovery;
mod server_domain;
mod server_enabled;
mod server_key;
pub mod server_loopback;
pub mod server_release;
pub mod server_resolver;
mod server_site;
pub mod stage;
pub mod tls_chain;
pub mod tls_expiry;
pub mod tls_name;
pub mod tls_protocol;
pub mod watch;

#[cfg(test)]
mod sample;

use self::stage::Stage;
use crate::facts::dns::{DnsFacts, Expected};
use crate::facts::drill::DrillFacts;
use crate::facts::hub::HubFacts;
use crate::facts::native::NativeFacts;
use crate::facts::peer::PeerFacts;
use crate::facts::published::Published;
use crate::facts::server::{OwnFacts, ServerView};
use crate::facts::tls::Session;
use crate::report::{Line, Verdict};
use crate::rocketchat::drill::step::Step;
use crate::severity::Severity;

/// One check.
#[derive(Debug)]
pub struct Check {
    /// Stable, `<area>-<subject>`; never renamed, never used again.
    pub id: &'static str,
    /// What it asks, in a few words.
    pub title: &'static str,
    /// Its page, in Markdown.
    pub page: &'static str,
    /// The stage of a handshake that it judges; for checks of a peer.
    pub stage: Option<Stage>,
    /// Shown only when something is wrong, or with -v.
    pub minor: bool,
    /// What is needed to judge.
    pub needs: Needs,
    pub judge: Judge,
}

/// What a check needs: decides what `records lint` runs on a text that nothing serves yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// The content of the key record is enough.
    KeyValue,
    /// The records of the domain are enough.
    Records,
    /// Answers of servers.
    Servers,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy)]
pub enum Judge {
    /// The records of a domain, and what its admin expects.
    Dns(fn(&DnsFacts, &Expected) -> Vec<Verdict>),
    /// What native federation finds, and the records beside it.
    Native(fn(&DnsFacts, &NativeFacts) -> Vec<Verdict>),
    /// What a peer did.
    Peer(fn(&PeerFacts) -> Vec<Verdict>),
    /// A text that is about to be published.
    Text(fn(&Published) -> Vec<Verdict>),
    /// What a hub did, and what is to be registered there.
    Hub(fn(&HubFacts) -> Vec<Verdict>),
    /// Steps of a drill.
    Steps(&'static [Step], fn(&DrillFacts, Step) -> Verdict),
    /// The end of a drill.
    Drill(fn(&DrillFacts) -> Vec<Verdict>),
    /// Your setup.
    Own(fn(&OwnFacts) -> Vec<Verdict>),
    /// What one command compares or tries out itself.
    Command,
}

/// Why a check is skipped when there is nothing to judge.
const UNRESPONSIVE: &str = "no server answered, so nothing is known about the records";
const UNDELEGATED: &str = "the domain does not exist; see dns-zone";
const NOT_CLASSIC: &str = "every named release has native federation, which does not read this";
const NO_BASE: &str = "no address to call was discovered";
const NO_CONNECTION: &str = "no connection could be made";

/// Every check, in the order of a report.
pub const CHECKS: &[Check] = &[
    key_secret::CHECK,
    dns_zone::CHECK,
    dns_delegation::CHECK,
    dns_servers::CHECK,
    dns_srv::CHECK,
    dns_target::CHECK,
    dns_port::CHECK,
    key_record::CHECK,
    key_text::CHECK,
    key_strength::CHECK,
    key_match::CHECK,
    dns_near_miss::CHECK,
    dns_protocol::CHECK,
    dns_wildcard::CHECK,
    dns_transport::CHECK,
    dns_limits::CHECK,
    dns_dnssec::CHECK,
    dns_ttl::CHECK,
    dns_wizard::CHECK,
    dns_resolvers::CHECK,
    dns_generations::CHECK,
    dns_release::CHECK,
    native_file::CHECK,
    native_srv::CHECK,
    native_tls::CHECK,
    native_server::CHECK,
    native_unused::CHECK,
    peer_discovery::CHECK,
    peer_address::CHECK,
    peer_connect::CHECK,
    tls_protocol::CHECK,
    tls_chain::CHECK,
    tls_name::CHECK,
    tls_expiry::CHECK,
    peer_http::CHECK,
    peer_release::CHECK,
    peer_federation::CHECK,
    peer_identity::CHECK,
    peer_ping::CHECK,
    peer_body::CHECK,
    peer_latency::CHECK,
    peer_round_trip::CHECK,
    peer_bypass::CHECK,
    peer_exposure::CHECK,
    drill_way_back::CHECK,
    drill_look_up::CHECK,
    drill_room::CHECK,
    drill_message::CHECK,
    drill_reaction::CHECK,
    drill_file::CHECK,
    drill_recovery::CHECK,
    drill_mute::CHECK,
    drill_member::CHECK,
    drill_delete::CHECK,
    drill_leftovers::CHECK,
    records_text::CHECK,
    records_alias::CHECK,
    records_published::CHECK,
    run_change::CHECK,
    rotate_rehearsal::CHECK,
    hub_url::CHECK,
    hub_server::CHECK,
    hub_mail::CHECK,
    hub_audience::CHECK,
    hub_answer::CHECK,
    hub_entry::CHECK,
    key_file::CHECK,
    server_loopback::CHECK,
    server_enabled::CHECK,
    server_domain::CHECK,
    server_key::CHECK,
    server_discovery::CHECK,
    server_site::CHECK,
    server_resolver::CHECK,
    server_release::CHECK,
];

/// The check with this id.
pub fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}

/// The checks of records that concern every kind of federation.
const GENERAL: [&Check; 6] = [
    &dns_zone::CHECK,
    &dns_delegation::CHECK,
    &dns_servers::CHECK,
    &dns_transport::CHECK,
    &dns_limits::CHECK,
    &dns_dnssec::CHECK,
];

/// Judges the records of a domain; beside them what a server's own resolver says, when it was queried.
pub fn judge_dns(dns: &DnsFacts, expected: &Expected, view: Option<&ServerView>) -> Vec<Line> {
    let concerns = |check: &Check| expected.kinds.classic() || GENERAL.iter().any(|general| general.id == check.id);
    lines(|check| match (check.judge, view) {
        (Judge::Dns(judge), _) if concerns(check) => judge(dns, expected),
        (Judge::Dns(_), _) => Verdict::skip(NOT_CLASSIC),
        (_, Some(view)) if check.id == server_resolver::CHECK.id => {
            server_resolver::compare(dns, &server_resolver::all_questions(&dns.domain), &view.resolved, &view.targets)
        }
        _ => Vec::new(),
    })
}

/// Judges what native federation finds at a domain.
pub fn judge_native(dns: &DnsFacts, native: &NativeFacts) -> Vec<Line> {
    lines(|check| match check.judge {
        Judge::Native(judge) => judge(dns, native),
        _ => Vec::new(),
    })
}

/// Judges a text that is about to be published.
pub fn judge_text(text: &Published) -> Vec<Line> {
    lines(|check| match check.judge {
        Judge::Text(judge) => judge(text),
        _ => Vec::new(),
    })
}

/// Judges a peer.
pub fn judge_peer(facts: &PeerFacts) -> Vec<Line> {
    lines(|check| match check.judge {
        Judge::Peer(_) if facts.unchecked.is_some() => Verdict::skip(UNRESPONSIVE),
        Judge::Peer(judge) => judge(facts),
        _ => Vec::new(),
    })
}

/// Judges a drill: why the peer could not be talked to, then each step, then what stays.
pub fn judge_drill(facts: &DrillFacts) -> Vec<Line> {
    let mut all = Vec::new();
    if !drill::is_possible(facts) {
        let is_error =
            |line: &Line| matches!(&line.verdict, Verdict::Problem(found) if found.severity == Severity::Error);
        all.extend(judge_peer(&facts.peer).into_iter().filter(is_error));
    }
    all.extend(judge_steps(facts).into_iter().map(|(_, line)| line));
    all.extend(lines(|check| match check.judge {
        Judge::Drill(judge) => judge(facts),
        _ => Vec::new(),
    }));
    all
}

/// The steps of a drill in order, each with what came of it.
pub fn judge_steps(facts: &DrillFacts) -> Vec<(Step, Line)> {
    let judge = |step: &Step| {
        CHECKS.iter().find_map(|check| match check.judge {
            Judge::Steps(steps, judge) if steps.contains(step) => {
                Some((*step, Line { id: check.id, minor: check.minor, verdict: judge(facts, *step) }))
            }
            _ => None,
        })
    };
    Step::all(facts.is_first_protocol()).iter().filter_map(judge).collect()
}

/// Judges a registration, or a look-up at a hub.
pub fn judge_hub(facts: &HubFacts) -> Vec<Line> {
    lines(|check| match check.judge {
        Judge::Hub(judge) => judge(facts),
        _ => Vec::new(),
    })
}

/// Judges your setup: the key file, the records, the server as peers see it, and its settings.
pub fn judge_own(own: &OwnFacts) -> Vec<Line> {
    lines(|check| match check.judge {
        Judge::Dns(judge) => judge(&own.dns, &own.expected),
        // The release is judged once, with all that is known about it.
        Judge::Peer(_) if check.id == peer_release::CHECK.id => Vec::new(),
        Judge::Peer(_) if own.dns.unchecked().is_some() => Verdict::skip(UNRESPONSIVE),
        Judge::Peer(judge) => judge(&own.peer),
        Judge::Own(judge) => judge(own),
        Judge::Hub(judge) => own.hub.as_ref().map(judge).unwrap_or_default(),
        Judge::Text(_) | Judge::Steps(..) | Judge::Drill(_) | Judge::Native(_) | Judge::Command => Vec::new(),
    })
}

/// A day in UTC; the argument is in seconds since 1970.
fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| "a date out of range".into(), |time| time.strftime("%Y-%m-%d").to_string())
}

fn lines(judge: impl Fn(&Check) -> Vec<Verdict>) -> Vec<Line> {
    let lines = |check: &'static Check| {
        let line = |verdict| Line { id: check.id, minor: check.minor, verdict };
        judge(check).into_iter().map(line).collect::<Vec<_>>()
    };
    CHECKS.iter().flat_map(lines).collect()
}

/// The TLS handshakes that ended well, or why there is none to look at.
fn sessions(facts: &PeerFacts) -> Result<Vec<&Session>, &'static str> {
    let base = facts.base.as_ref().ok_or(NO_BASE)?;
    if !base.https {
        return Err("the records name plain http");
    }
    let shakes = facts.addresses.iter().filter_map(|address| address.tls.as_ref());
    let sessions: Vec<&Session> = shakes.clone().filter_map(|tls| tls.outcome.as_ref().ok()).collect();
    match (sessions.is_empty(), shakes.count()) {
        (false, _) => Ok(sessions),
        (true, 0) => Err(NO_CONNECTION),
        (true, _) => Err("there was no TLS handshake"),
    }
}

#[cfg(test)]
mod tests;
