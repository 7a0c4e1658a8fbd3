//! The queries of one server: which wait for their turn, which were sent, and when one is repeated.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::io::{Interest, Ready};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::Request;
use super::socket::{IN_FLIGHT, Socket};
use super::window::Window;

/// Queries that are taken over, and datagrams that are read, before the others get their turn.
const BURST: usize = 64;
/// How often a server with queries that wait for their turn looks which of the others nobody waits for any more.
const LOOK: Duration = Duration::from_millis(100);

/// The task of one server.
pub struct Server {
    to: SocketAddr,
    sockets: Vec<Socket>,
    /// The sockets, as soon as there is something to read.
    readable: FuturesUnordered<BoxFuture<'static, (usize, io::Result<Ready>)>>,
    window: Window,
    waiting: VecDeque<Request>,
    /// No query is to be repeated before.
    due: Instant,
    buffer: Vec<u8>,
}

impl Server {
    pub fn new(to: SocketAddr) -> Self {
        Self {
            to,
            sockets: Vec::new(),
            readable: FuturesUnordered::new(),
            window: Window::new(),
            waiting: VecDeque::new(),
            due: Instant::now(),
            buffer: vec![0; usize::from(u16::MAX)],
        }
    }

    /// Sends queries and hands out responses until nobody can have a query any more.
    pub async fn run(mut self, mut requests: mpsc::UnboundedReceiver<Request>) {
        let (mut new, mut timer) = (Vec::with_capacity(BURST), pin!(sleep_until(self.due)));
        loop {
            tokio::select! {
                count = requests.recv_many(&mut new, BURST) => {
                    if count == 0 {
                        return;
                    }
                    // Queries that tasks make in the same turn go out together: a name server on the same machine would
                    // otherwise be woken for each of them.
                    tokio::task::yield_now().await;
                    self.waiting.extend(new.drain(..));
                    self.waiting.extend(std::iter::from_fn(|| requests.try_recv().ok()).take(BURST));
                }
                Some((at, ready)) = self.readable.next() => self.read(at, ready),
                () = timer.as_mut(), if self.in_flight() > 0 => self.repeat(Instant::now()),
            }
            self.fill(Instant::now());
            for socket in &mut self.sockets {
                socket.send().await;
            }
            if timer.deadline() != self.due {
                timer.as_mut().reset(self.due);
            }
        }
    }

    /// The queries that were sent and wait for an answer.
    fn in_flight(&self) -> usize {
        self.sockets.iter().map(Socket::in_flight).sum()
    }

    /// Gives those that wait their turn a place, as many as there are.
    fn fill(&mut self, now: Instant) {
        let patience = self.window.patience();
        for _ in self.in_flight()..self.window.size() {
            let Some(request) = self.waiting.pop_front() else { return };
            if request.answer.is_closed() {
                continue;
            }
            match self.free_socket() {
                Ok(socket) => {
                    let due = socket.add(request, now, patience);
                    let is_first = self.in_flight() == 1;
                    self.due = if is_first { due } else { self.due.min(due) };
                }
                Err(error) => drop(request.answer.send(Err(error))),
            }
        }
        if !self.waiting.is_empty() {
            self.due = self.due.min(now + LOOK);
        }
    }

    /// The first socket with room, or a new one.
    fn free_socket(&mut self) -> io::Result<&mut Socket> {
        let at = match self.sockets.iter().position(|socket| socket.in_flight() < IN_FLIGHT) {
            Some(at) => at,
            None => {
                self.sockets.push(Socket::connect(self.to)?);
                let at = self.sockets.len() - 1;
                self.wait_for(at);
                at
            }
        };
        Ok(&mut self.sockets[at])
    }

    fn wait_for(&mut self, at: usize) {
        let udp = Arc::clone(&self.sockets[at].udp);
        // A closed port makes the socket ready, but not for reading.
        self.readable.push(Box::pin(async move { (at, udp.ready(Interest::READABLE | Interest::ERROR).await) }));
    }

    /// Hands each datagram of a socket to the query with its identifier. An error of the socket is for all that wait there.
    fn read(&mut self, at: usize, ready: io::Result<Ready>) {
        let Ok(ready) = ready else { return };
        let socket = &mut self.sockets[at];
        if ready.is_error() {
            socket.take_error();
        }
        let now = Instant::now();
        for _ in 0..BURST {
            match socket.udp.try_recv(&mut self.buffer) {
                Ok(length) => socket.deliver(&self.buffer[..length], now, &mut self.window),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => socket.fail(error.kind()),
            }
        }
        self.wait_for(at);
    }

    /// Repeats or ends the queries whose time has come, and drops those that nobody waits for any more.
    fn repeat(&mut self, now: Instant) {
        let next = self.sockets.iter_mut().filter_map(|socket| socket.repeat(now, &mut self.window)).min();
        self.due = next.unwrap_or(now);
    }
}
