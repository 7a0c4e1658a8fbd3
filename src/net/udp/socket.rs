//! One socket, with the queries that wait at it.

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::Instant;

use super::window::Window;
use super::{Received, Request, batch};
use crate::dns::codec::HEADER;

/// Queries that may wait at one socket at the same time: that many responses fit into its buffer.
pub const IN_FLIGHT: usize = 48;
/// Identifiers of queries that are over, which are kept: a late response to one of them is not forged.
const LATE: usize = 256;

/// A connected socket.
pub struct Socket {
    pub udp: Arc<UdpSocket>,
    /// By identifier.
    open: HashMap<u16, Query>,
    over: VecDeque<u16>,
    /// The identifiers of those that are to be sent.
    outgoing: Vec<u16>,
}

/// A query with a place at a socket.
struct Query {
    request: Request,
    /// When it was first sent, and when last.
    begun: Instant,
    sent: Instant,
    until: Until,
    /// When that is over.
    due: Instant,
    /// The other form was sent.
    is_other: bool,
    /// Why a response that came was not accepted as the answer.
    foreign: Option<&'static str>,
}

/// What a query waits for before it is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Answers usually come sooner.
    Patience,
    Third,
    /// Then the other form is sent.
    TwoThirds,
    End,
}

impl Socket {
    pub fn connect(to: SocketAddr) -> io::Result<Self> {
        let local: SocketAddr =
            if to.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
        let socket = std::net::UdpSocket::bind(local)?;
        socket.connect(to)?;
        socket.set_nonblocking(true)?;
        let udp = Arc::new(UdpSocket::from_std(socket)?);
        Ok(Self { udp, open: HashMap::new(), over: VecDeque::new(), outgoing: Vec::new() })
    }

    /// The queries that were sent and wait for an answer.
    pub fn in_flight(&self) -> usize {
        self.open.len()
    }

    /// Gives a query a free identifier, to be sent at the next opportunity; returns when it is repeated: after a third of its time, or
    /// sooner when answers usually come sooner.
    pub fn add(&mut self, mut request: Request, now: Instant, patience: Option<Duration>) -> Instant {
        let third = request.wait / 3;
        let (until, after) = match patience.filter(|patience| *patience < third) {
            Some(patience) => (Until::Patience, patience),
            None => (Until::Third, third),
        };
        loop {
            let id: u16 = rand::random();
            if let Entry::Vacant(free) = self.open.entry(id) {
                set_id(&mut request.query, id);
                let due = now + after;
                free.insert(Query { request, begun: now, sent: now, until, due, is_other: false, foreign: None });
                self.outgoing.push(id);
                return due;
            }
        }
    }

    /// Sends what is to be sent.
    pub async fn send(&mut self) {
        let outgoing = std::mem::take(&mut self.outgoing);
        let queries: Vec<&[u8]> =
            outgoing.iter().filter_map(|id| Some(self.open.get(id)?.request.query.as_slice())).collect();
        let mut left = queries.as_slice();
        while !left.is_empty() {
            match self.udp.async_io(Interest::WRITABLE, || batch::send(&self.udp, left)).await {
                Ok(sent) => left = &left[sent..],
                // It belongs to a query that was sent before, and the system tells it once.
                Err(error) => return self.fail(error.kind()),
            }
        }
    }

    /// Ends all queries with the error that the system holds for the socket.
    pub fn take_error(&mut self) {
        let taken = || self.udp.take_error()?.ok_or_else(|| io::ErrorKind::WouldBlock.into());
        if let Ok(error) = self.udp.try_io(Interest::ERROR, taken) {
            self.fail(error.kind());
        }
    }

    /// Ends all queries.
    pub fn fail(&mut self, error: io::ErrorKind) {
        for id in self.open.keys().copied().collect::<Vec<_>>() {
            if let Some(query) = self.close(id) {
                let _ = query.request.answer.send(Err(error.into()));
            }
        }
    }

    /// Repeats or ends the queries whose time has come, and drops those that nobody waits for any more. Returns when to look again.
    pub fn repeat(&mut self, now: Instant, window: &mut Window) -> Option<Instant> {
        let mut over = Vec::new();
        for (id, query) in &mut self.open {
            if query.request.answer.is_closed() {
                over.push(*id);
            } else if query.due <= now {
                match query.advance(*id, now) {
                    Next::Send => self.outgoing.push(*id),
                    Next::Wait => {}
                    Next::End => over.push(*id),
                }
            }
        }
        for id in over {
            if let Some(query) = self.close(id).filter(|query| !query.request.answer.is_closed()) {
                window.gave_up();
                let received = query.foreign.map_or(Received::Nothing, Received::Foreign);
                let _ = query.request.answer.send(Ok((received, now - query.begun)));
            }
        }
        self.open.values().map(|query| query.due).min()
    }

    /// Gives a response to its query. What is not a response to a query that waits may be late, or forged, and is dropped.
    pub fn deliver(&mut self, datagram: &[u8], now: Instant, window: &mut Window) {
        let [high, low, flags, ..] = datagram else { return };
        if flags & 0x80 == 0 {
            return;
        }
        let id = u16::from_be_bytes([*high, *low]);
        let Some(query) = self.open.get_mut(&id) else { return self.note_foreign(id, datagram) };
        if is_foreign(datagram, question(&query.request.query)) {
            query.foreign = Some("the response is to another question");
        } else if let Some(query) = self.close(id) {
            query.update(window, now);
            let received = Received::Response { bytes: datagram.to_vec(), late: query.is_other };
            let _ = query.request.answer.send(Ok((received, now - query.begun)));
        }
    }

    /// A response with an identifier that no query has, to the question of one that waits.
    fn note_foreign(&mut self, id: u16, datagram: &[u8]) {
        let rest = &datagram[HEADER.min(datagram.len())..];
        let repeated = |query: &&mut Query| rest.starts_with(question(&query.request.query));
        if let Some(query) = self.open.values_mut().find(repeated).filter(|_| !self.over.contains(&id)) {
            query.foreign = Some("the response has another identifier than the query");
        }
    }

    /// Takes a query out; its identifier is known for a while.
    fn close(&mut self, id: u16) -> Option<Query> {
        let query = self.open.remove(&id)?;
        self.over.push_back(id);
        if self.over.len() > LATE {
            self.over.pop_front();
        }
        Some(query)
    }
}

/// What to do with a query whose time has come.
enum Next {
    Send,
    Wait,
    End,
}

impl Query {
    fn advance(&mut self, id: u16, now: Instant) -> Next {
        let wait = self.request.wait;
        let (until, after) = match self.until {
            Until::Patience => (Until::Third, wait / 3),
            Until::Third => (Until::TwoThirds, wait * 2 / 3),
            Until::TwoThirds => (Until::End, wait),
            Until::End => return Next::End,
        };
        (self.until, self.due) = (until, self.begun + after);
        if until == Until::End {
            let Some(mut other) = (self.request.other)(&self.request.query) else { return Next::Wait };
            set_id(&mut other, id);
            (self.request.query, self.is_other) = (other, true);
        }
        self.sent = now;
        Next::Send
    }

    /// What an answer shows of its server. One that is only slow does not answer at once when the query is repeated.
    fn update(&self, window: &mut Window, now: Instant) {
        if self.until == Until::End {
            return;
        }
        window.took(now - self.begun);
        match self.sent > self.begun && now - self.sent < self.request.wait / 12 {
            true => window.lost(self.sent, now),
            false => window.answered(),
        }
    }
}

/// The identifier is in the first two bytes (RFC 1035 section 4.1.1).
fn set_id(query: &mut [u8], id: u16) {
    if let Some(place) = query.first_chunk_mut() {
        *place = id.to_be_bytes();
    }
}

/// The one question of a query: the name and four bytes behind the header (RFC 1035 section 4.1.2). Names in queries are not
/// compressed.
pub fn question(query: &[u8]) -> &[u8] {
    let mut end = HEADER;
    while let Some(length) = query.get(end).filter(|length| **length > 0) {
        end += 1 + usize::from(*length);
    }
    query.get(HEADER..end + 5).unwrap_or_default()
}

/// True for a response that repeats another question; errors may come without one, and the case may differ.
pub fn is_foreign(datagram: &[u8], question: &[u8]) -> bool {
    let count = datagram.get(4..6).map_or(0, |count| u16::from_be_bytes([count[0], count[1]]));
    let repeated = datagram.get(HEADER..HEADER + question.len());
    count == 1 && datagram.len() > HEADER && !repeated.is_some_and(|repeated| repeated.eq_ignore_ascii_case(question))
}
