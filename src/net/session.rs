//! The limits of one observation. A zone decides how many servers, addresses and records it has; what that may cost in time,
//! queries and memory is decided here.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::Net;
use super::ask::{ask, over_tcp, responses, send};
use super::cache::Cache;
use crate::dns::codec::Flags;
use crate::dns::record::{Outcome, Query, RecordType, Response};
use crate::facts::dns::{LeftOut, Observer, Role};

/// Name servers of one zone that are queried. The largest zones have 13.
pub const SERVERS: usize = 13;
/// Addresses of one name server that are queried.
pub const ADDRESSES: usize = 4;
/// Addresses of all name servers that are queried.
pub const ALL_ADDRESSES: usize = 26;
/// SRV targets whose addresses are looked up.
pub const TARGETS: usize = 8;
/// Queries for one domain.
const QUERIES: usize = 1500;
/// Queries at a time.
const PARALLEL: usize = 256;
/// Queries of which all answers are waited for together.
const TOGETHER: usize = 64;

/// One observation of one domain.
pub struct Session<'a> {
    pub net: &'a Net,
    end: Instant,
    sent: AtomicUsize,
    refused: AtomicUsize,
    late: AtomicUsize,
    places: Semaphore,
    /// The way down to the zone and the records of its apex have questions in common.
    cache: Cache,
}

impl<'a> Session<'a> {
    /// The deadline of the network counts from now.
    pub fn new(net: &'a Net) -> Self {
        let counter = || AtomicUsize::new(0);
        let (sent, refused, late) = (counter(), counter(), counter());
        let (end, places) = (Instant::now() + net.deadline, Semaphore::new(PARALLEL));
        Self { net, end, sent, refused, late, places, cache: Cache::default() }
    }

    /// The answer, or `None` when a limit was reached.
    pub async fn ask(&self, server: SocketAddr, question: &Query, flags: Flags) -> Option<Response> {
        match is_kept(question) {
            true => self.cache.response(server, question, flags, || self.send(server, question, flags)).await,
            false => self.send(server, question, flags).await,
        }
    }

    /// The same for what other domains of the run ask for, too.
    pub async fn ask_common(&self, server: SocketAddr, question: &Query, flags: Flags) -> Option<Response> {
        match &self.net.cache {
            Some(cache) => cache.response(server, question, flags, || self.send(server, question, flags)).await,
            None => self.ask(server, question, flags).await,
        }
    }

    async fn send(&self, server: SocketAddr, question: &Query, flags: Flags) -> Option<Response> {
        let _place = self.places.acquire().await.ok()?;
        let wait = self.wait()?;
        Some(settled(ask(&self.net.sockets, server, question, flags, wait).await, flags))
    }

    /// The answers of an observer to several questions, which are sent one behind the other without waiting for answers.
    pub async fn ask_all(&self, observer: &Observer, questions: &[&Query]) -> Vec<Option<Response>> {
        let flags = flags(observer);
        let (kept, others): (Vec<&Query>, Vec<&Query>) = questions.iter().partition(|question| is_kept(question));
        let kept = join_all(kept.into_iter().map(|question| self.ask(observer.addr, question, flags)));
        let (kept, others) = futures_util::join!(kept, self.send_all(observer.addr, &others, flags));
        let (mut kept, mut others) = (kept.into_iter(), others.into_iter());
        questions.iter().map(|question| if is_kept(question) { kept.next() } else { others.next() }?).collect()
    }

    async fn send_all(&self, server: SocketAddr, questions: &[&Query], flags: Flags) -> Vec<Option<Response>> {
        let (sockets, mut answers) = (&self.net.sockets, Vec::with_capacity(questions.len()));
        for some in questions.chunks(TOGETHER) {
            // The semaphore is never closed.
            let _places = self.places.acquire_many(some.len() as u32).await;
            let mut sent = Vec::with_capacity(some.len());
            for question in some {
                // When a limit is reached, it is for all that follow.
                if let Some(wait) = self.wait() {
                    sent.push(send(sockets, server, question, flags, wait).await);
                }
            }
            let mut replies = responses(sockets, sent).await.into_iter();
            answers.extend(some.iter().map(|_| replies.next().map(|reply| settled(reply, flags))));
        }
        answers
    }

    /// The same over TCP from the start.
    pub async fn ask_tcp(&self, server: SocketAddr, question: &Query, flags: Flags) -> Option<Response> {
        let _place = self.places.acquire().await.ok()?;
        let wait = self.wait()?;
        Some(over_tcp(&self.net.sockets, server, question, flags, wait).await)
    }

    /// Queries an observer as its role requires: resolvers to recurse, name servers not to.
    pub async fn ask_one(&self, observer: &Observer, question: &Query) -> Option<Response> {
        self.ask(observer.addr, question, flags(observer)).await
    }

    /// How long the next answer may take.
    fn wait(&self) -> Option<Duration> {
        if self.sent.fetch_add(1, Ordering::Relaxed) >= QUERIES {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            self.late.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.net.timeout.min(left))
    }

    /// The queries that were not sent.
    pub fn left_out(&self) -> Vec<LeftOut> {
        let (refused, late) = (self.refused.load(Ordering::Relaxed), self.late.load(Ordering::Relaxed));
        let refused = Some(LeftOut::Queries(refused)).filter(|_| refused > 0);
        let late = Some(LeftOut::Late(late)).filter(|_| late > 0);
        refused.into_iter().chain(late).collect()
    }
}

/// True for what the way down to the zone asks for too.
fn is_kept(question: &Query) -> bool {
    matches!(question.kind, RecordType::Ns | RecordType::Soa)
}

fn flags(observer: &Observer) -> Flags {
    match observer.role {
        Role::Resolver => Flags::RESOLVER,
        Role::Authority | Role::Parent => Flags::AUTHORITY,
    }
}

/// A resolver that neither answers nor looks for the answer.
fn settled(mut reply: Response, flags: Flags) -> Response {
    let is_empty = reply.outcome == Outcome::NoData && reply.authority.is_empty() && reply.aliases.is_empty();
    if flags.recurse && is_empty && !reply.recursion && !reply.authoritative {
        reply.outcome = Outcome::NoRecursion;
    }
    reply
}
