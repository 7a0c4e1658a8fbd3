//! Takes the steps: sends, waits for what the peer calls back for, and notes both.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::listener::Arrivals;
use crate::dns::name::Domain;
use crate::facts::call::{CallFailure, Outgoing};
use crate::facts::drill::{Arrived, DrillFacts, Purpose, Request, Taken};
use crate::facts::peer::{Exchange, HttpFailure};
use crate::rocketchat::boundary;
use crate::rocketchat::drill::cast::{Cast, IMAGE, upload_document};
use crate::rocketchat::drill::expectation::{Outcome, expectations};
use crate::rocketchat::drill::old_script::OldScript;
use crate::rocketchat::drill::script::{Part, Script};
use crate::rocketchat::drill::step::Step;
use crate::rocketchat::events::dispatch_values;
use crate::serve::peer::handler::{Handler, now};
use crate::term::signals::Stop;

/// How long the peer may take to call back; servers do it at once or never.
const CALL_BACK: Duration = Duration::from_secs(5);
/// A peer that answers before it looks at a message may still be at the last one.
const PAUSE: Duration = Duration::from_millis(300);
/// Requests for one route that a server allows in a minute, where that is limited.
const REQUESTS_MAX: usize = 10;
/// What is left free for events that the peer asks for.
const RESERVE: usize = 2;
/// A little more than the minute of the peer's clock.
const MINUTE: Duration = Duration::from_secs(61);

/// The steps that go together in one request to a peer whose answers say nothing: so the whole drill stays below the limit.
const GROUPS: &[&[Step]] = &[
    &[Step::Message, Step::ReactionOn, Step::ReactionOff, Step::Edit],
    &[Step::Mute, Step::Unmute, Step::DeleteMessage, Step::Remove, Step::Leave],
];

/// A drill that is going on.
pub struct Player<'a> {
    pub handler: Arc<Handler>,
    pub arrivals: Arc<Arrivals>,
    pub cast: &'a Cast,
    /// The peer allows ten requests a minute and route, if it is a server on another machine.
    pub is_limited: bool,
    /// Is called before each step, and before waiting.
    pub announce: &'a (dyn Fn(&str) + Sync),
    sent: VecDeque<Instant>,
    under_way: Option<UnderWay>,
}

/// A request whose answer has not come yet.
struct UnderWay {
    at: u32,
    purpose: Purpose,
    parts: Vec<Part>,
    exchange: BoxFuture<'static, Exchange>,
    /// What is noted when nobody waits for the answer.
    cut: Exchange,
}

impl<'a> Player<'a> {
    /// A drill that has sent nothing yet.
    pub fn new(
        handler: Arc<Handler>,
        arrivals: Arc<Arrivals>,
        cast: &'a Cast,
        is_limited: bool,
        announce: &'a (dyn Fn(&str) + Sync),
    ) -> Self {
        Self { handler, arrivals, cast, is_limited, announce, sent: VecDeque::new(), under_way: None }
    }

    /// Takes the steps that were chosen until a signal stops them, and removes the room. A second signal leaves the room.
    pub async fn play(&mut self, facts: &mut DrillFacts, stop: &mut Stop) {
        self.handler.keep_upload(&self.cast.upload, upload_document(self.cast, now()), IMAGE);
        let steps: VecDeque<Step> = facts.steps().into_iter().filter(|step| *step > Step::LookUp).collect();
        let is_stopped = tokio::select! {
            () = self.take(facts, steps) => false,
            () = stop.requested() => true,
        };
        if is_stopped {
            facts.stopped = Some(self.arrivals.now());
            (self.announce)("stopping; Ctrl-C again leaves the room at the peer");
        }
        let again = async {
            if !is_stopped {
                stop.requested().await;
            }
            stop.requested().await;
        };
        let is_cut = tokio::select! {
            () = self.clean_up(facts) => false,
            () = again => true,
        };
        if is_cut {
            facts.stopped.get_or_insert(self.arrivals.now());
            self.note(facts, None);
        }
        facts.arrivals = self.arrivals.all();
    }

    async fn take(&mut self, facts: &mut DrillFacts, steps: VecDeque<Step>) {
        match facts.is_first_protocol() {
            true => self.play_old(facts, steps).await,
            false => self.play_new(facts, steps).await,
        }
    }

    /// Removes the room, once the peer is done with what it was sent before: a room that is deleted too early comes back.
    async fn clean_up(&mut self, facts: &mut DrillFacts) {
        self.answered(facts).await;
        if facts.stopped.is_some() && facts.is_blind() {
            tokio::time::sleep(PAUSE).await;
        }
        if !facts.options.keep_room && !facts.requests.is_empty() && !facts.is_first_protocol() {
            let parts = self.part(Step::DeleteRoom).into_iter().collect();
            self.send(facts, Purpose::Steps, parts).await;
        }
    }

    async fn play_old(&mut self, facts: &mut DrillFacts, steps: VecDeque<Step>) {
        for step in steps {
            let script = OldScript { cast: self.cast, time: now() };
            let Some(part) = script.part(step) else { continue };
            self.send(facts, Purpose::Steps, vec![part]).await;
        }
    }

    async fn play_new(&mut self, facts: &mut DrillFacts, mut steps: VecDeque<Step>) {
        let kept = [Step::Remove, Step::Leave, Step::DeleteRoom];
        steps.retain(|step| *step != Step::DeleteRoom && !(facts.options.keep_room && kept.contains(step)));
        while let Some(step) = steps.pop_front() {
            let group = GROUPS.iter().find(|group| facts.is_blind() && group.contains(&step));
            let mut parts: Vec<Part> = self.part(step).into_iter().collect();
            while let Some(next) = steps.front().copied().filter(|next| group.is_some_and(|group| group.contains(next)))
            {
                parts.extend(self.part(next));
                steps.pop_front();
            }
            if !parts.is_empty() {
                self.send(facts, Purpose::Steps, parts).await;
            }
            if step == Step::DirectRoom && self.is_roomless(facts) {
                // One event shows what became of the room; more would only be requested again and again.
                steps.retain(|step| facts.is_blind() && *step == Step::Message);
            }
        }
        self.ask_what_is_stored(facts).await;
    }

    fn part(&self, step: Step) -> Option<Part> {
        let (release, time) = (boundary::LAST_SENDER, now());
        self.handler.with(|documents| Script { cast: self.cast, documents, release, time }.part(step))
    }

    /// The peer did not take the room, or its release is known for that.
    fn is_roomless(&self, facts: &DrillFacts) -> bool {
        let Some(request) = facts.requests.first() else { return true };
        match request.taken() {
            Taken::Applied => false,
            Taken::Accepted => {
                let expected = expectations(facts.judged_as(), &self.cast.peer, &[&request.parts]);
                expected.iter().flatten().any(|expected| matches!(expected.outcome, Outcome::Fails(_)))
            }
            Taken::Rejected(_) | Taken::Unanswered => true,
        }
    }

    async fn send(&mut self, facts: &mut DrillFacts, purpose: Purpose, parts: Vec<Part>) {
        let Some(step) = parts.first().map(|part| part.step) else { return };
        (self.announce)(&step.name());
        let reserve = if step == Step::DeleteRoom { 0 } else { RESERVE };
        self.keep_pace(facts, reserve).await;
        let events: Vec<_> = parts.iter().flat_map(|part| part.sent.iter().cloned()).collect();
        let outgoing = match (facts.is_first_protocol(), events.first()) {
            (true, Some(event)) => Outgoing::Event(event.to_string()),
            _ => Outgoing::Dispatch(dispatch_values(&events)),
        };
        let at = self.dispatch(facts, purpose, parts, outgoing).await;
        let Some(request) = facts.requests.last() else { return };
        let (taken, is_blind) =
            (matches!(request.taken(), Taken::Applied | Taken::Accepted), request.taken() == Taken::Accepted);
        match step {
            Step::File if taken && self.can_call(facts) => {
                let is_ours =
                    |what: &Arrived| matches!(what, Arrived::Fetched { upload, .. } if *upload == self.cast.upload);
                self.arrivals.wait(at, CALL_BACK, is_ours).await;
            }
            Step::Recovery if purpose == Purpose::Steps => Box::pin(self.recover(facts, at, taken)).await,
            _ if is_blind => tokio::time::sleep(PAUSE).await,
            _ => {}
        }
    }

    /// Makes a request and notes what came of it; when it was made.
    async fn dispatch(
        &mut self,
        facts: &mut DrillFacts,
        purpose: Purpose,
        parts: Vec<Part>,
        outgoing: Outgoing,
    ) -> u32 {
        let (at, handler, peer) = (self.arrivals.now(), self.handler.clone(), self.cast.peer.clone());
        self.sent.push_back(Instant::now());
        let cut = failed(&outgoing, HttpFailure::Closed("the drill was stopped".into()));
        let exchange = async move { call(&handler, &peer, outgoing).await }.boxed();
        self.under_way = Some(UnderWay { at, purpose, parts, exchange, cut });
        self.answered(facts).await;
        at
    }

    /// Waits for the answer to the request that is under way, also when the wait for it was ended before.
    async fn answered(&mut self, facts: &mut DrillFacts) {
        if let Some(under_way) = &mut self.under_way {
            let exchange = (&mut under_way.exchange).await;
            self.note(facts, Some(exchange));
        }
    }

    fn note(&mut self, facts: &mut DrillFacts, exchange: Option<Exchange>) {
        if let Some(UnderWay { at, purpose, parts, cut, .. }) = self.under_way.take() {
            facts.requests.push(Request { at, purpose, parts, exchange: exchange.unwrap_or(cut) });
        }
    }

    fn can_call(&self, facts: &DrillFacts) -> bool {
        facts.judged_as() < boundary::CANNOT_SEND
    }

    /// Waits for the question about the withheld event and for what is sent then. Without a question the event is sent here, so
    /// that the steps after it find their parents.
    async fn recover(&mut self, facts: &mut DrillFacts, at: u32, taken: bool) {
        if taken && self.can_call(facts) && self.asked(at).await {
            return;
        }
        let parts = facts.requests.last().map(|request| request.parts.clone()).unwrap_or_default();
        let both = |mut part: Part| {
            part.sent.splice(0..0, std::mem::take(&mut part.withheld));
            part
        };
        self.send(facts, Purpose::Repair, parts.into_iter().map(both).collect()).await;
    }

    /// True when the peer requested events of the room; then they were also sent to it.
    async fn asked(&mut self, at: u32) -> bool {
        let is_question = |what: &Arrived| matches!(what, Arrived::Question { room, .. } if *room == self.cast.room);
        if !self.arrivals.wait(at, CALL_BACK, is_question).await {
            return false;
        }
        self.sent.push_back(Instant::now());
        let is_answered = |what: &Arrived| matches!(what, Arrived::Delivered { .. } | Arrived::Undelivered { .. });
        self.arrivals.wait(at, CALL_BACK, is_answered).await;
        true
    }

    /// From a peer whose answers say nothing, its question says what it has stored since the last one.
    async fn ask_what_is_stored(&mut self, facts: &mut DrillFacts) {
        facts.arrivals = self.arrivals.all();
        let is_open = |request: &Request| request.parts.iter().any(|part| facts.named(part, request.at).is_none());
        if !facts.is_blind() || !facts.requests.iter().any(is_open) {
            return;
        }
        let (release, time) = (boundary::LAST_SENDER, now());
        let event = self.handler.with(|documents| Script { cast: self.cast, documents, release, time }.question());
        self.keep_pace(facts, 1).await;
        let outgoing = Outgoing::Dispatch(dispatch_values(&[event]));
        let at = self.dispatch(facts, Purpose::Question, Vec::new(), outgoing).await;
        self.asked(at).await;
    }

    /// Waits when the peer would refuse the next request.
    async fn keep_pace(&mut self, facts: &DrillFacts, reserve: usize) {
        let has_own_limit = facts.release().is_some_and(|release| release >= boundary::SENDS_AGAIN);
        if !self.is_limited || has_own_limit {
            return;
        }
        while self.sent.len() + reserve >= REQUESTS_MAX {
            let Some(first) = self.sent.pop_front() else { return };
            let rest = MINUTE.saturating_sub(first.elapsed());
            if !rest.is_zero() {
                (self.announce)(&format!("waiting {} s: the peer allows ten requests a minute", rest.as_secs()));
                tokio::time::sleep(rest).await;
            }
        }
    }
}

/// Makes a request; one that could not be sent is a failed exchange like any other.
pub async fn call(handler: &Handler, to: &Domain, outgoing: Outgoing) -> Exchange {
    let unsent = failed(&outgoing, HttpFailure::Connect(String::new()));
    handler.call(to, outgoing).await.unwrap_or_else(|failure| Exchange {
        outcome: Err(match failure {
            CallFailure::Http(failure) => failure,
            other => HttpFailure::Connect(other.to_string()),
        }),
        ..unsent
    })
}

/// The exchange that a request is without an answer.
fn failed(outgoing: &Outgoing, failure: HttpFailure) -> Exchange {
    let (method, path) = match outgoing {
        Outgoing::Upload(_) => ("GET", "federation.uploads"),
        Outgoing::User(_) => ("GET", "federation.users.getByUsername"),
        Outgoing::OldUser(_) => ("GET", "federation.users"),
        Outgoing::Dispatch(_) => ("POST", "federation.events.dispatch"),
        Outgoing::Latest(_) => ("POST", "federation.events.requestFromLatest"),
        Outgoing::Event(_) => ("POST", "federation.events"),
    };
    Exchange {
        method: method.to_owned(),
        path: format!("/api/v1/{path}"),
        elapsed: 0,
        outcome: Err(failure),
        dropped: None,
    }
}
