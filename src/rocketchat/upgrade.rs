//! From one release to another: what stops, which peers notice, what must be done before, during and after, and what is lost.

use serde::Serialize;

use super::boundary;
use super::life::{GATE_VARIABLE, Life};
use super::quirks::{self, Area, Quirk};
use super::release::Release;
use crate::severity::Severity;

/// When a step is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// What the new release does not do any more.
    Stops,
    /// What it means for the domains that the server federates with. Its name in JSON is older than the term.
    #[serde(rename = "partners")]
    Peers,
    Before,
    During,
    After,
    /// What does not come back.
    Lost,
}

/// One thing to know or to do. A line of the text that begins with two spaces is to be copied as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub when: When,
    pub text: String,
}

/// A domain that the server federates with, and its release where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub domain: String,
    pub release: Option<Release>,
}

/// Why there is no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlan {
    /// The releases are equal, or the second is the older one.
    NotNewer,
    /// No release of this number is known.
    Unknown(Release),
}

/// An upgrade.
#[derive(Debug, Clone, Copy)]
struct Upgrade<'a> {
    from: Release,
    to: Release,
    domain: &'a str,
}

/// The steps for the server of `domain`.
pub fn plan(from: Release, to: Release, domain: &str, peers: &[Peer]) -> Result<Vec<Step>, NoPlan> {
    let releases = [from, to].into_iter().chain(peers.iter().filter_map(|peer| peer.release));
    if let Some(release) = releases.into_iter().find(|release| Life::of(*release) == Life::Unknown) {
        return Err(NoPlan::Unknown(release));
    }
    if to <= from {
        return Err(NoPlan::NotNewer);
    }
    let upgrade = Upgrade { from, to, domain };
    let all = [
        (When::Stops, upgrade.stops()),
        (When::Peers, upgrade.peers(peers)),
        (When::Before, upgrade.before()),
        (When::During, upgrade.during()),
        (When::After, upgrade.after()),
        (When::Lost, upgrade.lost()),
    ];
    let steps = all.into_iter().flat_map(|(when, texts)| texts.into_iter().map(move |text| Step { when, text }));
    Ok(steps.collect())
}

impl Upgrade<'_> {
    fn crosses(&self, boundary: Release) -> bool {
        self.from < boundary && self.to >= boundary
    }

    /// True when classic federation does less than before.
    fn ends_something(&self) -> bool {
        [boundary::CANNOT_SEND, boundary::GATE, boundary::REMOVED].into_iter().any(|boundary| self.crosses(boundary))
    }

    fn stops(&self) -> Vec<String> {
        let mut all = Vec::new();
        if self.crosses(boundary::SECOND_PROTOCOL) {
            let first = boundary::SECOND_PROTOCOL;
            all.push(format!(
                "From {first} on the server cannot federate with peers on 1.x, which have another protocol."
            ));
        }
        if self.crosses(boundary::CANNOT_SEND) {
            let first = boundary::CANNOT_SEND;
            all.push(format!("From {first} on the server sends nothing to peers, whatever is published."));
        }
        if self.crosses(boundary::GATE) {
            let first = boundary::GATE;
            all.push(format!("From {first} on every federation route answers 400 unless {GATE_VARIABLE} is set."));
        }
        if self.crosses(boundary::REMOVED) {
            let first = boundary::REMOVED;
            all.push(format!("{first} has no classic federation: its settings are hidden and its code is removed."));
        }
        all.extend(self.new_faults());
        all
    }

    /// Faults of the new release that the old one does not have.
    fn new_faults(&self) -> impl Iterator<Item = String> {
        let Self { from, to, .. } = *self;
        let listed = [quirks::SENDING_BROKEN.id, quirks::CLOSED.id];
        let counts = move |quirk: &&'static Quirk| {
            quirk.severity >= Severity::Warning
                && !matches!(quirk.area, Area::Hub | Area::Screens | Area::Protocol)
                && !listed.contains(&quirk.id)
                && !quirk.is_in(from)
        };
        quirks::of(to)
            .into_iter()
            .filter(counts)
            .map(move |quirk| format!("{to}: {}. What helps: {}.", quirk.what, quirk.fix))
    }

    fn peers(&self, peers: &[Peer]) -> Vec<String> {
        let classic = Life::of(self.from) != Life::Removed;
        if !classic || !(self.ends_something() || self.crosses(boundary::SECOND_PROTOCOL)) {
            return Vec::new();
        }
        if peers.is_empty() {
            let text = "Name the domains that you federate with, and their releases where you know them:\n  fedctl upgrade plan \
                        --from FROM --to TO --peer peer.example=6.2";
            return vec![text.replace("FROM", &self.from.to_string()).replace(" TO ", &format!(" {} ", self.to))];
        }
        peers.iter().map(|peer| self.peer(peer)).collect()
    }

    /// What one peer notices.
    fn peer(&self, peer: &Peer) -> String {
        let domain = &peer.domain;
        let Some(release) = peer.release else {
            return format!(
                "{domain}: {} Its release:\n  fedctl handshake {domain}",
                self.noticed(boundary::LAST_SENDER)
            );
        };
        format!("{domain}, {release}: {}", self.noticed(release))
    }

    fn noticed(&self, peer: Release) -> String {
        let (theirs, ours) = (Life::of(peer), Life::of(self.to));
        let old = |release: Release| release < boundary::SECOND_PROTOCOL;
        if theirs == Life::Removed {
            let again = match ours {
                Life::Removed => "can be reached again, by native federation",
                _ => "can be reached again when both sides have native federation",
            };
            return format!("not affected, since its release has no classic federation; it {again}.");
        }
        if old(peer) != old(self.to) {
            return "cut off in both directions: one side speaks the protocol of 1.x, the other that of 2.0 and later."
                .into();
        }
        match ours {
            Life::Removed => "cut off in both directions until it has native federation too; shared rooms end.".into(),
            Life::Closed if theirs.sends() => {
                format!("receives nothing from you; what it sends is refused unless {GATE_VARIABLE} is set.")
            }
            Life::ReceivesOnly if theirs.sends() => "receives nothing from you; what it sends arrives.".into(),
            Life::Closed | Life::ReceivesOnly => "cut off in both directions: neither release can send.".into(),
            Life::Works | Life::Unknown => "not affected.".into(),
        }
    }

    fn before(&self) -> Vec<String> {
        let (domain, mut all) = (self.domain, Vec::new());
        if self.crosses(boundary::SECOND_PROTOCOL) {
            all.push(format!(
                "Publish the records that 2.0 and later read, beside the old ones:\n  fedctl records {domain} \
                 --target HOST --key FILE"
            ));
        }
        if self.ends_something() {
            all.push(
                "Agree on a date with every peer: until both sides have the same kind of federation, nothing \
             arrives."
                    .into(),
            );
            all.push("Back up the key pair of the server:\n  fedctl key backup --help".into());
        }
        if self.crosses(boundary::REMOVED) {
            all.extend(native_records(domain));
        }
        all
    }

    fn during(&self) -> Vec<String> {
        let mut all = Vec::new();
        if self.crosses(boundary::GATE) {
            let stop = match Life::of(self.to) {
                Life::Removed => format!("If the server stops at a release from {} on the way, set", boundary::GATE),
                _ => "Set".to_owned(),
            };
            all.push(format!("{stop} {GATE_VARIABLE}=true in its environment, to go on receiving. It cannot send."));
        }
        if self.crosses(boundary::REMOVED) {
            let domain = self.domain;
            all.push("Check that your licence has the module federation.".into());
            all.push(format!(
                "Switch on Federation_Service_Enabled, set Federation_Service_Domain to {domain}, and restart the server."
            ));
            all.push(
                "Keep the value of Federation_Service_Matrix_Signing_Key: it is the identity of the server.".into(),
            );
        }
        all
    }

    fn after(&self) -> Vec<String> {
        let Self { to, domain, .. } = self;
        if Life::of(*to) != Life::Removed {
            let text = format!("Check your setup:\n  fedctl doctor --domain {domain}");
            return Some(text).filter(|_| Life::of(*to).sends()).into_iter().collect();
        }
        let mut all = vec![format!("Check the records and the server:\n  fedctl dns-check {domain} --release {to}")];
        if self.crosses(boundary::REMOVED) {
            all.push(
                "Remove the records of classic federation when no peer needs them: SRV at _rocketchat, TXT at \
             rocketchat-public-key. dns-check lists what is left."
                    .into(),
            );
        }
        all
    }

    fn lost(&self) -> Vec<String> {
        let mut all = Vec::new();
        if self.crosses(boundary::SECOND_PROTOCOL) {
            all.push("Remote users of 1.x are renamed, and events that wait to be sent are dropped.".to_owned());
        }
        if self.crosses(boundary::REMOVED) {
            let domain = self.domain;
            all.push(format!(
                "Rooms, users and messages of classic federation are not converted. Users are named \
             @ann:{domain}, not ann@{domain}."
            ));
        }
        all
    }
}

/// What native federation, which speaks the Matrix protocol, needs before the first request.
fn native_records(domain: &str) -> Vec<String> {
    vec![
        format!(
            "Name the server in a file, at https://{domain}/.well-known/matrix/server:\n  \
             {{\"m.server\":\"chat.{domain}:443\"}}\nOr publish an \
             SRV record:\n  _matrix-fed._tcp.{domain}. 3600 IN SRV 10 0 443 chat.{domain}.\nOr let the server listen at port 8448 of {domain}."
        ),
        format!(
            "With the SRV record or port 8448 the certificate must be valid for {domain}; with the file, for the host \
             that it names."
        ),
        "In the proxy, pass /_matrix/ to the server and allow large bodies.".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(domain: &str, release: Option<&str>) -> Peer {
        Peer { domain: domain.to_owned(), release: release.map(|release| release.parse().unwrap()) }
    }

    fn steps(from: &str, to: &str) -> Result<Vec<Step>, NoPlan> {
        let peers = [
            peer("peer.example", None),
            peer("old.example", Some("1.3.5")),
            peer("classic.example", Some("6.2")),
            peer("silent.example", Some("6.5")),
            peer("native.example", Some("8.0")),
        ];
        plan(from.parse().unwrap(), to.parse().unwrap(), "mydomain.com", &peers)
    }

    fn has(steps: &[Step], when: When, part: &str) -> bool {
        steps.iter().any(|step| step.when == when && step.text.contains(part))
    }

    #[test]
    fn each_boundary_that_is_crossed_has_its_steps() {
        let all = steps("6.2", "7.11").unwrap();
        for (when, part) in [
            (When::Stops, "6.3.0 on the server sends nothing"),
            (When::Stops, "answers 400"),
            (When::Before, "with every peer"),
            (When::Before, "\n  _matrix-fed._tcp.mydomain.com. 3600 IN SRV"),
            (When::During, "If the server stops at a release from 7.0.0"),
            (When::After, "\n  fedctl dns-check mydomain.com --release 7.11.0"),
            (When::Lost, "not converted"),
        ] {
            assert!(has(&all, when, part), "{part}: {all:?}");
        }
        let gate = steps("6.5", "7.5").unwrap();
        assert!(has(&gate, When::During, "Set ENABLE") && !has(&gate, When::Before, "well-known"), "{gate:?}");
        let within = steps("3.18.3", "6.2").unwrap();
        assert!(within.iter().all(|step| step.when == When::After), "{within:?}");
    }

    #[test]
    fn each_peer_has_what_it_notices() {
        for (from, to, peer, part) in [
            ("6.2", "7.11", "peer.example", "cut off in both directions until it has native"),
            ("6.2", "7.11", "peer.example", "\n  fedctl handshake peer.example"),
            ("6.2", "7.11", "classic.example, 6.2.0", "cut off in both directions until"),
            ("6.2", "7.11", "native.example, 8.0.0", "by native federation"),
            ("6.2", "6.5", "classic.example", "what it sends arrives"),
            ("6.2", "6.5", "silent.example", "neither release can send"),
            ("6.2", "7.5", "classic.example", "is refused unless ENABLE"),
            ("1.3.5", "6.2", "old.example", "one side speaks the protocol of 1.x"),
            ("1.3.5", "6.2", "classic.example", "not affected"),
        ] {
            let all = steps(from, to).unwrap();
            let listed = all.iter().filter(|step| step.when == When::Peers && step.text.contains(part));
            assert!(listed.clone().any(|step| step.text.starts_with(peer)), "{from} {to} {peer}: {all:?}");
        }
        let unnamed = plan(Release(6, 2, 0), Release(7, 11, 0), "mydomain.com", &[]).unwrap();
        assert!(has(&unnamed, When::Peers, "--from 6.2.0 --to 7.11.0 --peer"), "{unnamed:?}");
    }

    #[test]
    fn the_first_protocol_and_new_faults_are_steps_too() {
        let first = steps("1.3.5", "6.2").unwrap();
        assert!(has(&first, When::Stops, "peers on 1.x") && has(&first, When::Lost, "renamed"), "{first:?}");
        let silent = steps("3.2.0", "3.5.0").unwrap();
        assert!(has(&silent, When::Stops, "3.5.0: ") && has(&silent, When::Stops, "3.6.3"), "{silent:?}");
    }

    #[test]
    fn beyond_the_end_only_native_federation_is_checked() {
        let after = steps("7.11", "8.0").unwrap();
        assert!(after.iter().all(|step| step.when == When::After), "{after:?}");
        assert!(has(&after, When::After, "--release 8.0.0"));
    }

    #[test]
    fn a_step_back_and_an_unknown_release_have_no_plan() {
        assert_eq!(steps("6.2", "6.2"), Err(NoPlan::NotNewer));
        assert_eq!(steps("6.2", "99.0.0"), Err(NoPlan::Unknown(Release(99, 0, 0))));
    }
}
