//! What a release does with the events of a drill: the same model of a receiver that plays such a server is given the events
//! that were sent.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::script::Part;
use crate::dns::name::Domain;
use crate::rocketchat::boundary;
use crate::rocketchat::events::LatestRequest;
use crate::rocketchat::events::chain;
use crate::rocketchat::events::documents::{Collection, Documents};
use crate::rocketchat::events::kind::Kind;
use crate::rocketchat::events::receiver::{Asked, Receiver, Step as Taken};
use crate::rocketchat::events::thrown::{INVALID_URL, ServerError};
use crate::rocketchat::release::Release;

/// What becomes of the events of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    pub outcome: Outcome,
    /// The peer asks for events that it lacks.
    pub asks: bool,
    /// The peer fetches a file.
    pub fetches: bool,
}

/// How it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Applied,
    /// The release has no handler for it, and says nothing.
    Ignored,
    Fails(ServerError),
    /// An event before it in the same request failed, and the rest was dropped.
    Dropped,
}

/// Plays a peer of this release that is sent these requests, each with its parts.
pub fn expectations(release: Release, peer: &Domain, requests: &[&[Part]]) -> Vec<Vec<Expectation>> {
    let mut play =
        Play { release, peer, theirs: Documents::default(), ours: Documents::default(), ended: HashMap::new() };
    requests.iter().map(|parts| play.request(parts)).collect()
}

struct Play<'a> {
    release: Release,
    peer: &'a Domain,
    theirs: Documents,
    ours: Documents,
    /// How each event ended, by its identifier.
    ended: HashMap<String, Outcome>,
}

impl Play<'_> {
    fn request(&mut self, parts: &[Part]) -> Vec<Expectation> {
        for event in parts.iter().flat_map(|part| part.withheld.iter().chain(&part.sent)) {
            if Kind::of(text(event, "type")).is_some_and(Kind::is_stored) {
                self.ours.put(Collection::Events, text(event, "_id"), event.clone());
            }
        }
        let ids = parts.iter().flat_map(|part| &part.sent).map(|event| text(event, "_id").to_owned());
        self.ended.extend(ids.map(|id| (id, Outcome::Dropped)));
        let mut signs = vec![(false, false); parts.len()];
        let events = parts.iter().enumerate().flat_map(|(at, part)| part.sent.iter().map(move |event| (at, event)));
        for (at, event) in events {
            let (asks, fetches) = self.take(event);
            signs[at] = (signs[at].0 || asks, signs[at].1 || fetches);
            // What is missing is sent with all that follows it, and a failure drops the rest.
            if asks || matches!(self.ended.get(text(event, "_id")), Some(Outcome::Fails(_))) {
                break;
            }
        }
        let expected =
            |(part, (asks, fetches)): (&Part, (bool, bool))| Expectation { outcome: self.outcome(part), asks, fetches };
        parts.iter().zip(signs).map(expected).collect()
    }

    /// The worst end of the events of a part.
    fn outcome(&self, part: &Part) -> Outcome {
        let ends = || part.sent.iter().filter_map(|event| self.ended.get(text(event, "_id")));
        let worst =
            ends().find(|end| matches!(end, Outcome::Fails(_))).or(ends().find(|end| **end != Outcome::Applied));
        worst.cloned().unwrap_or(Outcome::Applied)
    }

    /// Whether it requested events, and whether it fetched a file.
    fn take(&mut self, event: &Value) -> (bool, bool) {
        let id = text(event, "_id").to_owned();
        let cannot_send = self.release >= boundary::CANNOT_SEND;
        let invalid = || Outcome::Fails(ServerError(INVALID_URL.into()));
        let taken = self.receiver().take(event);
        let (end, asks, fetches) = match taken {
            Err(error) => (Outcome::Fails(error), false, false),
            Ok(Taken::Done) if self.is_ignored(event) => (Outcome::Ignored, false, false),
            Ok(Taken::Done) => (Outcome::Applied, false, false),
            Ok(Taken::Fetch { .. } | Taken::Ask { .. }) if cannot_send => (invalid(), false, false),
            Ok(Taken::Fetch { .. }) => {
                let finished = self.receiver().finish(event, &json!({}), "copy");
                (finished.map_or_else(Outcome::Fails, |()| Outcome::Applied), false, true)
            }
            Ok(Taken::Ask { request, .. }) => {
                self.deliver(&request);
                // The event itself was among those that were sent.
                let end = self.ended.get(&id).filter(|end| **end != Outcome::Dropped).cloned();
                (end.unwrap_or(Outcome::Dropped), true, false)
            }
        };
        self.ended.insert(id, end);
        (asks, fetches)
    }

    /// Sends what is requested, up to the first failure.
    fn deliver(&mut self, asked: &Asked) {
        let room = asked.context.get("roomId").and_then(Value::as_str).unwrap_or_default();
        let known = asked.known.clone().unwrap_or_default();
        let request = LatestRequest { latest_event_ids: known, ..LatestRequest::all_of(self.peer, room) };
        for event in chain::latest(&self.ours, &request).unwrap_or_default() {
            let end = match self.receiver().take(&event) {
                Ok(Taken::Fetch { .. }) => self
                    .receiver()
                    .finish(&event, &json!({}), "copy")
                    .map_or_else(Outcome::Fails, |()| Outcome::Applied),
                Ok(_) => Outcome::Applied,
                Err(error) => Outcome::Fails(error),
            };
            let is_failure = matches!(end, Outcome::Fails(_));
            self.ended.insert(text(&event, "_id").to_owned(), end);
            if is_failure {
                break;
            }
        }
    }

    fn is_ignored(&self, event: &Value) -> bool {
        let is_stored = Kind::of(text(event, "type")).is_some_and(Kind::is_stored);
        is_stored && self.theirs.get(Collection::Events, text(event, "_id")).is_none()
    }

    fn receiver(&mut self) -> Receiver<'_> {
        Receiver { release: self.release, own: self.peer, documents: &mut self.theirs }
    }
}

fn text<'a>(event: &'a Value, member: &str) -> &'a str {
    event.get(member).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::cast::tests::cast;
    use super::super::script::tests::parts;
    use super::super::step::Step;
    use super::*;

    /// The steps that do not end well in a release, when each is sent alone and the withheld event is sent at last.
    fn exceptions(release: &str) -> Vec<(Step, Outcome)> {
        let cast = cast();
        let mut requests: Vec<Vec<Part>> = parts(&cast).into_iter().map(|part| vec![part]).collect();
        let recovery = requests.iter().position(|parts| parts[0].step == Step::Recovery).unwrap();
        let mut both = requests[recovery][0].clone();
        both.sent.splice(0..0, both.withheld.drain(..));
        requests.insert(recovery + 1, vec![both]);
        let slices: Vec<&[Part]> = requests.iter().map(Vec::as_slice).collect();
        let expected = expectations(release.parse().unwrap(), &cast.peer, &slices);
        let ends =
            requests.iter().zip(expected).map(|(parts, mut expected)| (parts[0].step, expected.remove(0).outcome));
        ends.filter(|(_, outcome)| *outcome != Outcome::Applied).collect()
    }

    fn fails(text: &str) -> Outcome {
        Outcome::Fails(ServerError(text.to_owned()))
    }

    #[test]
    fn each_release_has_the_exceptions_that_were_recorded() {
        let no_success = || fails("Cannot read property 'success' of undefined");
        for release in ["2.0.0", "2.4.14"] {
            assert_eq!(exceptions(release), [(Step::Leave, Outcome::Ignored)], "{release}");
        }
        for release in ["3.0.10", "3.1.0"] {
            assert_eq!(exceptions(release), [(Step::Leave, no_success())], "{release}");
        }
        for release in ["3.2.0", "3.3.0", "3.4.0", "3.6.3", "3.18.7", "4.1.6", "4.2.0", "4.5.7", "5.3.0", "6.2.12"] {
            assert_eq!(exceptions(release), [], "{release}");
        }
        for release in ["6.3.0", "6.13.1"] {
            let invalid = || fails("Invalid URL");
            assert_eq!(exceptions(release), [(Step::File, invalid()), (Step::Recovery, invalid())], "{release}");
        }
        let broken = exceptions("3.0.9");
        assert_eq!(broken[0], (Step::DirectRoom, no_success()));
        assert!(broken.iter().any(|(step, _)| *step == Step::Message), "{broken:?}");
    }

    #[test]
    fn a_failure_drops_what_follows_in_the_same_request() {
        let cast = cast();
        let all = parts(&cast);
        let one = [all[0].clone(), all[2].clone()];
        let expected = expectations("3.0.9".parse().unwrap(), &cast.peer, &[&one]);
        assert_eq!(expected[0][1].outcome, Outcome::Dropped);
    }
}
