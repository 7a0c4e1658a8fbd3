//! What is known about a domain from one check to the next. Decides which changes are confirmed and which of them are announced.
//!
//! Three steps: a check finds something; what two checks in a row agree on is confirmed; the difference between what is
//! confirmed and what was announced last becomes a message. So a message is written only about changes, and what began and
//! ended during a silence is never announced.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::message::{Change, Message};
use super::{DAY, Finding, Property, Snapshot, Verdict};
use crate::dns::name::Domain;
use crate::severity::Severity;

/// Checks that are kept to recognise an unstable domain.
const KEPT_CHECKS: usize = 10;
/// Changes between failing and working among those, from which on the domain counts as unstable.
const UNSTABLE: u32 = 3;
/// Checks in a row without such a change that end it.
const SETTLED: usize = 5;

/// What to announce, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Findings below it do not lead to messages.
    pub severity: Severity,
    /// Checks in a row that confirm a change.
    pub confirm: u32,
    /// Days before the certificate expires on which to announce it.
    pub certificate_days: Vec<i64>,
    /// Days after which a key counts as old.
    pub key_days: Option<i64>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { severity: Severity::Error, confirm: 2, certificate_days: vec![14, 7, 3, 1], key_days: None }
    }
}

/// A problem, and when it was found first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub finding: Finding,
    pub since: i64,
}

/// A value, and when it was found first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// `None` when it was known and no longer is.
    pub text: Option<String>,
    pub since: i64,
}

/// A change that one check found and that later ones have to confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Candidate {
    /// What the checks found; `None` for a problem that is gone.
    text: Option<String>,
    first: i64,
    count: u32,
}

/// Everything that is kept of a domain. The default is a domain that was never checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DomainState {
    /// The last check.
    pub snapshot: Option<Snapshot>,
    /// The confirmed problems, by check.
    pub problems: BTreeMap<String, Problem>,
    /// The confirmed values.
    pub values: BTreeMap<Property, Value>,
    /// While the domain is unstable: since when.
    pub unstable: Option<i64>,
    problem_candidates: BTreeMap<String, Candidate>,
    value_candidates: BTreeMap<Property, Candidate>,
    /// Whether the last checks failed, oldest first.
    outcomes: Vec<bool>,
    announced: BTreeMap<String, Problem>,
    announced_values: BTreeMap<Property, Option<String>>,
    announced_unstable: bool,
    /// The expiry that was announced, and how many days before.
    announced_certificate: Option<(i64, i64)>,
    /// The key whose age was announced.
    announced_key: Option<String>,
}

impl DomainState {
    /// Takes in what a check found. The message holds what was not announced yet; there is none while `silent`.
    pub fn take(&mut self, domain: &Domain, snapshot: Snapshot, rules: &Rules, silent: bool) -> Option<Message> {
        let time = snapshot.time;
        if snapshot.verdict != Verdict::Unknown {
            self.confirm_problems(&snapshot, rules);
            self.confirm_values(&snapshot, rules);
            self.judge_stability(&snapshot, rules);
        }
        self.snapshot = Some(snapshot);
        if silent {
            return None;
        }
        let changes = self.announce(time, rules);
        let open = self.problems.keys().cloned().collect();
        (!changes.is_empty()).then(|| Message { domain: domain.clone(), time, open, changes })
    }

    /// While it is announced that the domain is unstable: since when it is.
    pub fn announced_unstable(&self) -> Option<i64> {
        self.unstable.filter(|_| self.announced_unstable)
    }

    /// The problems that were announced.
    pub fn announced(&self) -> impl Iterator<Item = &Problem> {
        self.announced.values()
    }

    fn confirm_problems(&mut self, snapshot: &Snapshot, rules: &Rules) {
        let found: BTreeMap<&str, &Finding> =
            snapshot.at_least(rules.severity).map(|finding| (finding.check.as_str(), finding)).collect();
        let mut checks: Vec<String> = found.keys().map(|check| (*check).to_owned()).collect();
        checks.extend(self.problems.keys().cloned());
        checks.sort();
        checks.dedup();
        self.problem_candidates.retain(|check, _| checks.contains(check));
        for check in checks {
            let finding = found.get(check.as_str());
            if finding.is_some() == self.problems.contains_key(&check) {
                self.problem_candidates.remove(&check);
                continue;
            }
            let fresh = Candidate { text: None, first: snapshot.time, count: 0 };
            let candidate = self.problem_candidates.entry(check.clone()).or_insert(fresh);
            candidate.count += 1;
            if candidate.count < rules.confirm {
                continue;
            }
            let since = candidate.first;
            self.problem_candidates.remove(&check);
            match finding {
                Some(finding) => drop(self.problems.insert(check, Problem { finding: (*finding).clone(), since })),
                None => drop(self.problems.remove(&check)),
            }
        }
    }

    fn confirm_values(&mut self, snapshot: &Snapshot, rules: &Rules) {
        for property in [Property::Key, Property::Url, Property::Release] {
            // While a server does not answer, what it would report is not gone.
            let Some(text) = snapshot.properties.get(&property) else {
                self.value_candidates.remove(&property);
                continue;
            };
            let known = self.values.get(&property);
            if known.is_some_and(|value| value.text.as_ref() == Some(text)) {
                self.value_candidates.remove(&property);
                continue;
            }
            let fresh = Candidate { text: Some(text.clone()), first: snapshot.time, count: 0 };
            let candidate = self.value_candidates.entry(property).or_insert_with(|| fresh.clone());
            if candidate.text.as_ref() != Some(text) {
                *candidate = fresh;
            }
            candidate.count += 1;
            // The first value of all is no change.
            if known.is_none() || candidate.count >= rules.confirm {
                let value = Value { text: Some(text.clone()), since: candidate.first };
                self.value_candidates.remove(&property);
                self.values.insert(property, value);
            }
        }
    }

    fn judge_stability(&mut self, snapshot: &Snapshot, rules: &Rules) {
        self.outcomes.push(snapshot.at_least(rules.severity).next().is_some());
        let excess = self.outcomes.len().saturating_sub(KEPT_CHECKS);
        self.outcomes.drain(..excess);
        let lately = &self.outcomes[self.outcomes.len().saturating_sub(SETTLED)..];
        let steady = lately.len() == SETTLED && lately.iter().all(|failed| Some(failed) == lately.first());
        match self.unstable {
            None if self.turns() >= UNSTABLE => self.unstable = Some(snapshot.time),
            Some(_) if steady => {
                self.unstable = None;
                // What led to it must not count again.
                self.outcomes.drain(..self.outcomes.len() - 1);
            }
            _ => {}
        }
    }

    /// How often the kept checks changed between failing and working.
    fn turns(&self) -> u32 {
        self.outcomes.windows(2).filter(|pair| pair[0] != pair[1]).count().try_into().unwrap_or(u32::MAX)
    }

    /// What differs from what was announced last.
    fn announce(&mut self, time: i64, rules: &Rules) -> Vec<Change> {
        let mut changes = Vec::new();
        match self.unstable {
            Some(since) if !self.announced_unstable => {
                self.announced_unstable = true;
                changes.push(Change::Unstable { changes: self.turns(), since });
            }
            Some(_) => {}
            None => {
                if std::mem::take(&mut self.announced_unstable) {
                    changes.push(Change::Settled { since: time });
                }
                self.announce_problems(time, &mut changes);
            }
        }
        self.announce_values(&mut changes);
        self.remind(time, rules, &mut changes);
        changes
    }

    fn announce_problems(&mut self, time: i64, changes: &mut Vec<Change>) {
        for (check, problem) in &self.problems {
            let worse = |known: &Problem| known.finding.severity < problem.finding.severity;
            if self.announced.get(check).is_none_or(worse) {
                changes.push(Change::Started { finding: problem.finding.clone(), since: problem.since });
            }
        }
        for (check, known) in &self.announced {
            if !self.problems.contains_key(check) {
                let (finding, since) = (known.finding.clone(), known.since);
                changes.push(Change::Ended { finding, since, until: time });
            }
        }
        self.announced = self.problems.clone();
    }

    fn announce_values(&mut self, changes: &mut Vec<Change>) {
        for (property, value) in &self.values {
            let known = self.announced_values.insert(*property, value.text.clone());
            let Some(from) = known.filter(|known| *known != value.text) else { continue };
            changes.push(Change::Property { property: *property, from, to: value.text.clone(), since: value.since });
        }
    }

    /// Ages, ahead of time.
    fn remind(&mut self, time: i64, rules: &Rules, changes: &mut Vec<Change>) {
        let until = self.snapshot.as_ref().and_then(|snapshot| snapshot.certificate_until);
        if let Some(until) = until.filter(|until| *until > time) {
            let step = rules.certificate_days.iter().copied().filter(|days| until - time <= days * DAY).min();
            let known = self.announced_certificate.filter(|(known, _)| *known == until).map(|(_, days)| days);
            if let Some(step) = step.filter(|step| known.is_none_or(|known| *step < known)) {
                self.announced_certificate = Some((until, step));
                changes.push(Change::Certificate { days: (until - time) / DAY, until });
            }
        }
        let Some(key) = self.values.get(&Property::Key) else { return };
        let days = (time - key.since) / DAY;
        if rules.key_days.is_some_and(|limit| days >= limit) && self.announced_key != key.text {
            self.announced_key.clone_from(&key.text);
            changes.push(Change::KeyAge { days, since: key.since });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::MINUTE;
    use super::super::message::Kind;
    use super::*;

    const EVERY: i64 = 5 * MINUTE;

    fn snapshot(time: i64, failing: &[&str]) -> Snapshot {
        let finding = |check: &&str| Finding {
            check: check.to_string(),
            severity: Severity::Error,
            what: "it is wrong".into(),
            means: "messages are lost".into(),
            fix: "fix it".into(),
        };
        Snapshot {
            time,
            verdict: if failing.is_empty() { Verdict::Ok } else { Verdict::Failing },
            findings: failing.iter().map(finding).collect(),
            properties: BTreeMap::from([(Property::Key, "k1".to_owned())]),
            certificate_until: None,
            latency: Some(20),
            elapsed: 100,
        }
    }

    /// Runs one check every five minutes and gives the kinds of the messages with the number of the check.
    fn run(state: &mut DomainState, checks: &[Snapshot], silent: impl Fn(i64) -> bool) -> Vec<(i64, Kind)> {
        let domain: Domain = "peer.example".parse().unwrap();
        let rules = Rules { key_days: Some(365), ..Rules::default() };
        let take = |check: &Snapshot| {
            let message = state.take(&domain, check.clone(), &rules, silent(check.time))?;
            Some((check.time / EVERY, message.kind()))
        };
        checks.iter().filter_map(take).collect()
    }

    /// `o` works, `x` fails, `?` cannot be known.
    fn pattern(text: &str) -> Vec<Snapshot> {
        let check = |(at, c): (usize, char)| {
            let time = at as i64 * EVERY;
            match c {
                'x' => snapshot(time, &["tls-chain"]),
                '?' => Snapshot { verdict: Verdict::Unknown, ..snapshot(time, &[]) },
                _ => snapshot(time, &[]),
            }
        };
        text.chars().enumerate().map(check).collect()
    }

    fn messages(text: &str) -> Vec<(i64, Kind)> {
        run(&mut DomainState::default(), &pattern(text), |_| false)
    }

    #[test]
    fn a_failure_is_announced_once_after_two_checks_and_its_end_too() {
        assert_eq!(messages("oooo"), []);
        assert_eq!(messages("ooxo"), [], "one failed check is no failure");
        assert_eq!(messages("ooxxxxxx"), [(3, Kind::Problem)]);
        assert_eq!(messages("ooxxxxooooo"), [(3, Kind::Problem), (7, Kind::Recovery)]);
        assert_eq!(messages("xx"), [(1, Kind::Problem)], "a domain that never worked");
    }

    #[test]
    fn an_outage_of_the_watcher_changes_nothing() {
        assert_eq!(messages("oo????oo"), []);
        assert_eq!(messages("ooxx????xxoo"), [(3, Kind::Problem), (11, Kind::Recovery)]);
        assert_eq!(messages("oox?x"), [(4, Kind::Problem)], "what is unknown neither confirms nor denies");
    }

    #[test]
    fn a_server_that_flaps_is_one_message_until_it_settles() {
        assert_eq!(messages("oxoxoxoxoxoxoxoxoxox"), [(3, Kind::Unstable)]);
        assert_eq!(messages("oxoxoxoxoooooooooo"), [(3, Kind::Unstable), (12, Kind::Settled)]);
        let found = messages("oxoxoxoxxxxxxxx");
        assert_eq!(found, [(3, Kind::Unstable), (11, Kind::Problem)], "what stays is announced with the end");
    }

    #[test]
    fn a_silence_hides_what_ends_in_it_and_postpones_the_rest() {
        let silent = |from: i64, to: i64| move |time: i64| (from..to).contains(&(time / EVERY));
        let run = |text: &str, from, to| run(&mut DomainState::default(), &pattern(text), silent(from, to));
        assert_eq!(run("oooxxxooooo", 2, 9), []);
        assert_eq!(run("oooxxxxxxxx", 2, 9), [(9, Kind::Problem)]);
        assert_eq!(run("xxxxooooooo", 3, 9), [(1, Kind::Problem), (9, Kind::Recovery)]);
    }

    #[test]
    fn another_key_is_announced_with_both() {
        let mut checks = pattern("oooooo");
        for check in &mut checks[3..] {
            check.properties.insert(Property::Key, "k2".into());
        }
        // One answer of an old cache in between is no change.
        checks[1].properties.insert(Property::Key, "k0".into());
        assert_eq!(run(&mut DomainState::default(), &checks, |_| false), [(4, Kind::Change)]);
    }

    #[test]
    fn ages_are_announced_ahead_of_time_and_once_each() {
        let checks: Vec<Snapshot> = (0..400)
            .map(|day| Snapshot { certificate_until: Some(20 * DAY + 100), ..snapshot(day * DAY, &[]) })
            .collect();
        let found = run(&mut DomainState::default(), &checks, |_| false);
        let days: Vec<i64> = found.iter().map(|(at, _)| at * EVERY / DAY).collect();
        assert_eq!(days, [7, 14, 18, 20, 365]);
        assert!(found.iter().all(|(_, kind)| *kind == Kind::Reminder));
    }

    #[test]
    fn the_state_survives_the_database() {
        let mut state = DomainState::default();
        run(&mut state, &pattern("ooxxo"), |_| false);
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<DomainState>(&text).unwrap(), state);
    }
}
